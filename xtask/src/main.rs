//! The project's own commands: `cargo xtask demo|test|bench|fuzz|codegen|arrows|tidy|services|session`.
//!
//! Stays small and quick to compile: it starts other programs and reads their output. Whatever needs the
//! product's crates (benches, window flows) is a package of its own that these commands run.

mod arrows;
mod bench;
mod bucket;
mod codegen;
mod demo;
mod fuzz;
mod install;
mod log;
mod postgres;
mod project;
mod python;
mod services;
mod session;
mod test;
mod tidy;

use anyhow::{Result, bail};
use project::Project;
use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  demo                     install, build, generate the demo company and open the app on it;
                           without a display: walk the main job on a virtual one and keep screenshots
  test [--only A,B] [--skip A,B] [--list]
                           everything CI runs, as named steps
  bench [NAME…] [--json]   measure in release against baselines of the same run
  fuzz [TARGET] [--seconds N]
                           fuzz one parser, or each in turn (60 s each unless told)
  codegen [--check]        write the TypeScript types of the IPC from the Rust ones
  arrows                   check the dependency table of the workspace
  tidy                     check sizes, headers and leftovers in the sources
  services -- PROGRAM…     run a program beside the servers that tests speak to
  session -- PROGRAM…      run a program on a virtual display with an unlocked, throw-away keychain";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<ExitCode> {
    let project = Project::find()?;
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", arguments),
    };
    match command {
        "demo" => demo::run(&project),
        "test" => test::run(&project, rest),
        "bench" => bench::run(&project, rest),
        "fuzz" => fuzz::run(&project, rest),
        "codegen" => codegen::run(&project, rest),
        "arrows" => report("arrows", &arrows::violations(&project)?),
        "tidy" => report("tidy", &tidy::violations(&project)?),
        "services" => services::run(&project, rest),
        "session" => session::run(&project, rest),
        session::INNER => session::run_inner(rest),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("there is no command `{other}`\n\n{USAGE}"),
    }
}

/// Prints what a check found; finding nothing is success.
fn report(check: &str, violations: &[String]) -> Result<ExitCode> {
    for violation in violations {
        println!("{violation}");
    }
    if violations.is_empty() {
        println!("{check}: nothing found");
        return Ok(ExitCode::SUCCESS);
    }
    bail!("{check}: {} found", violations.len())
}
