//! `cargo xtask test`: everything CI runs, as named steps with their times and a summary that tells the truth.
//!
//! Steps go on after a failure, so that one run shows all that is wrong; the last lines of what failed are
//! repeated at the end. The build is made once, by the step `build`; the later steps use its programs.

use crate::{
    arrows, codegen, fuzz,
    install::{self, Need},
    log::{Counts, Log},
    project::Project,
    python,
    services::Services,
    session, tidy,
};
use anyhow::{Context, Result, bail};
use std::{
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

/// One step of the tests.
struct Step {
    name: &'static str,
    about: &'static str,
    needs: &'static [Need],
    run: fn(&Project, &mut Log) -> Result<Ended>,
}

/// How a step ended that did not fail.
enum Ended {
    Passed,
    /// It cannot be done on this system; the reason is shown.
    NotHere(&'static str),
}

const BUILD: Need = Need::BuildPackages;
const STEPS: &[Step] = &[
    Step { name: "fmt", about: "the sources are formatted", needs: &[], run: step_fmt },
    Step {
        name: "tidy",
        about: "sizes, headers, leftovers, machine paths, lock files",
        needs: &[],
        run: step_tidy,
    },
    Step { name: "arrows", about: "the dependency table of the workspace", needs: &[], run: step_arrows },
    Step {
        name: "deny",
        about: "licences, bans and sources of dependencies",
        needs: &[Need::Tool(&install::DENY)],
        run: step_deny,
    },
    Step {
        name: "ui",
        about: "lint, types, tests and build of the interface",
        needs: &[Need::NpmPackages],
        run: step_ui,
    },
    Step { name: "clippy", about: "lints, warnings are errors", needs: &[BUILD], run: step_clippy },
    Step { name: "build", about: "the whole workspace with its tests", needs: &[BUILD], run: step_build },
    Step {
        name: "codegen",
        about: "TypeScript types are those of the Rust ones",
        needs: &[BUILD, Need::Tool(&install::NEXTEST)],
        run: step_codegen,
    },
    Step {
        name: "nextest",
        about: "unit, integration and journey tests",
        needs: &[
            BUILD,
            Need::Tool(&install::NEXTEST),
            Need::PostgresPackages,
            Need::PythonPackages,
            Need::Python(&python::SCHEMATHESIS),
            Need::Python(&python::MOTO),
        ],
        run: step_nextest,
    },
    Step { name: "doctests", about: "examples in the documentation", needs: &[BUILD], run: step_doctests },
    Step {
        name: "fuzz",
        about: "seeds replayed, then 15 s per parser",
        needs: &[Need::Tool(&install::FUZZ)],
        run: step_fuzz,
    },
    Step {
        name: "e2e",
        about: "flows through the real window",
        needs: &[
            BUILD,
            Need::WindowPackages,
            Need::NpmPackages,
            Need::Tool(&install::NEXTEST),
            Need::Tool(&install::TAURI_DRIVER),
        ],
        run: step_e2e,
    },
];

/// One line of the summary.
struct Row {
    name: &'static str,
    took: Duration,
    counts: Counts,
    verdict: Verdict,
    tail: Vec<String>,
}

enum Verdict {
    Passed,
    NotHere(&'static str),
    Failed(String),
}

/// `cargo xtask test [--only A,B] [--skip A,B] [--list]`.
pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<ExitCode> {
    let Some(steps) = chosen(arguments)? else {
        for step in STEPS {
            println!("{:<9} {}", step.name, step.about);
        }
        return Ok(ExitCode::SUCCESS);
    };
    let mut rows = vec![prepare(project, &steps)?];
    if matches!(rows[0].verdict, Verdict::Passed) {
        for step in &steps {
            rows.push(take(project, step.name, step.run)?);
        }
    }
    Ok(summarise(&rows))
}

/// The steps asked for, in their order; `None` when only the list is wanted.
fn chosen(arguments: &[String]) -> Result<Option<Vec<&'static Step>>> {
    let mut only: Option<Vec<&str>> = None;
    let mut skip: Vec<&str> = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut names = || -> Result<Vec<&str>> {
            let list = words.next().with_context(|| format!("{word} needs the names of steps"))?;
            list.split(',').map(known).collect()
        };
        match word.as_str() {
            "--list" => return Ok(None),
            "--only" => only.get_or_insert_default().extend(names()?),
            "--skip" => skip.extend(names()?),
            other => bail!(
                "there is no option `{other}`\nusage: cargo xtask test [--only A,B] [--skip A,B] [--list]"
            ),
        }
    }
    let wanted = |step: &&Step| {
        only.as_ref().is_none_or(|names| names.contains(&step.name)) && !skip.contains(&step.name)
    };
    Ok(Some(STEPS.iter().filter(wanted).collect()))
}

fn known(name: &str) -> Result<&str> {
    if STEPS.iter().any(|step| step.name == name) {
        return Ok(name);
    }
    let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
    bail!("there is no step `{name}`; there are {}", names.join(", "))
}

fn prepare(project: &Project, steps: &[&Step]) -> Result<Row> {
    let needs: Vec<Need> = steps.iter().flat_map(|step| step.needs).copied().collect();
    take(project, "prepare", |project, log| install::ensure(project, &needs, log).map(|()| Ended::Passed))
}

fn take(
    project: &Project,
    name: &'static str,
    run: impl FnOnce(&Project, &mut Log) -> Result<Ended>,
) -> Result<Row> {
    println!("\n=== {name}");
    let mut log = Log::create(&project.scratch("log")?.join(format!("{name}.log")))?;
    let start = Instant::now();
    let verdict = match run(project, &mut log) {
        Ok(Ended::Passed) => Verdict::Passed,
        Ok(Ended::NotHere(reason)) => {
            log.say(reason);
            Verdict::NotHere(reason)
        }
        Err(error) => {
            let message = format!("{error:#}");
            log.say(&format!("FAILED: {message}"));
            Verdict::Failed(message)
        }
    };
    let tail = match verdict {
        Verdict::Failed(_) => {
            log.tail().map(str::to_owned).chain([format!("(all of it: {})", log.path().display())]).collect()
        }
        Verdict::Passed | Verdict::NotHere(_) => Vec::new(),
    };
    Ok(Row { name, took: start.elapsed(), counts: log.counts(), verdict, tail })
}

/// Prints what failed once more, then the table and the closing line.
fn summarise(rows: &[Row]) -> ExitCode {
    for row in rows.iter().filter(|row| !row.tail.is_empty()) {
        println!("\n--- end of {}", row.name);
        for line in &row.tail {
            println!("{line}");
        }
    }
    println!("\nstep           time   tests  result");
    let mut total = Counts::default();
    let mut failed_steps = 0;
    for row in rows {
        let tests = row.counts.passed + row.counts.failed;
        let result = match &row.verdict {
            Verdict::Passed => "passed".to_owned(),
            Verdict::NotHere(reason) => format!("not run: {reason}"),
            Verdict::Failed(message) => format!("FAILED: {}", message.lines().next().unwrap_or_default()),
        };
        println!("{:<10} {:>6.1} s  {tests:>6}  {result}", row.name, row.took.as_secs_f64());
        total.passed += row.counts.passed;
        total.failed += row.counts.failed;
        // a step that no runner counted is one check: it passed, or it failed (it did not compile, say)
        match &row.verdict {
            Verdict::Passed => total.passed += u64::from(tests == 0),
            Verdict::NotHere(_) => {}
            Verdict::Failed(_) => {
                failed_steps += 1;
                total.failed += u64::from(row.counts.failed == 0);
            }
        }
    }
    let took: Duration = rows.iter().map(|row| row.took).sum();
    println!("{:<10} {:>6.1} s", "all", took.as_secs_f64());
    println!("\n{} passed, {} failed", total.passed, total.failed);
    if failed_steps == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn passed(outcome: Result<()>) -> Result<Ended> {
    outcome.map(|()| Ended::Passed)
}

/// Fails with everything that a check of this program found.
fn nothing_found(violations: &[String], log: &mut Log) -> Result<Ended> {
    for violation in violations {
        log.say(violation);
    }
    if violations.is_empty() { Ok(Ended::Passed) } else { bail!("{} found", violations.len()) }
}

fn step_fmt(project: &Project, log: &mut Log) -> Result<Ended> {
    passed(log.run(project.cargo(&["fmt", "--all", "--check"])))
}

fn step_tidy(project: &Project, log: &mut Log) -> Result<Ended> {
    nothing_found(&tidy::violations(project)?, log)
}

fn step_arrows(project: &Project, log: &mut Log) -> Result<Ended> {
    nothing_found(&arrows::violations(project)?, log)
}

fn step_deny(project: &Project, log: &mut Log) -> Result<Ended> {
    let advisories = advisories_are_reachable();
    let mut checks = vec!["deny", "--locked", "check", "licenses", "bans", "sources"];
    if advisories {
        checks.push("advisories");
    } else {
        log.say("The advisory database is a git repository that cannot be reached from here: advisories are not checked.");
    }
    passed(log.run(project.cargo(&checks)))
}

/// Whether the database of advisories can be fetched, asked with a short patience.
fn advisories_are_reachable() -> bool {
    let mut command = Command::new("git");
    command.args(["ls-remote", "--exit-code", "https://github.com/rustsec/advisory-db", "HEAD"]);
    command
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_HTTP_LOW_SPEED_LIMIT", "1")
        .env("GIT_HTTP_LOW_SPEED_TIME", "10");
    command.output().is_ok_and(|output| output.status.success())
}

fn step_ui(project: &Project, log: &mut Log) -> Result<Ended> {
    for script in ["lint", "typecheck", "test", "build"] {
        log.run(project.npm(&["run", script]))?;
    }
    Ok(Ended::Passed)
}

fn step_clippy(project: &Project, log: &mut Log) -> Result<Ended> {
    // `--all-targets` leaves out the flows through the window, which no plain test run takes either
    for targets in [&["--all-targets"][..], &["--test", "e2e"]] {
        let mut command = project.cargo(&["clippy", "--locked", "--workspace"]);
        command.args(targets).args(["--", "-D", "warnings"]);
        log.run(command)?;
    }
    Ok(Ended::Passed)
}

fn step_build(project: &Project, log: &mut Log) -> Result<Ended> {
    log.run(project.cargo(&["build", "--locked", "--workspace", "--all-targets"]))?;
    passed(log.run(project.cargo(&["build", "--locked", "--workspace", "--test", "e2e"])))
}

fn step_codegen(project: &Project, log: &mut Log) -> Result<Ended> {
    passed(codegen::check(project, codegen::Build::Workspace, log))
}

/// Seed of the property tests.
const PROPTEST_SEED: &str = "PROPTEST_RNG_SEED";

fn step_nextest(project: &Project, log: &mut Log) -> Result<Ended> {
    let mut command = project.cargo(&["nextest", "run", "--locked", "--workspace", "--no-fail-fast"]);
    // the tests by which ts-rs writes the generated types belong to the step before
    command.args(["-E", "not test(/export_bindings_/)"]);
    // The same commit gets the same verdict; new cases are looked for by fuzzing and by plain `cargo nextest run`.
    if std::env::var_os(PROPTEST_SEED).is_none() {
        command.env(PROPTEST_SEED, "20261120");
    }
    let services = Services::start(project, log)?;
    services.introduce(&mut command);
    passed(log.run(command))
}

fn step_doctests(project: &Project, log: &mut Log) -> Result<Ended> {
    passed(log.run(project.cargo(&["test", "--locked", "--workspace", "--doc"])))
}

fn step_fuzz(project: &Project, log: &mut Log) -> Result<Ended> {
    if cfg!(windows) {
        return Ok(Ended::NotHere("the fuzzer's run-time library is not built on Windows"));
    }
    passed(fuzz::run_targets(project, &fuzz::list_targets(project)?, &fuzz::TEST_RUN, log))
}

fn step_e2e(project: &Project, log: &mut Log) -> Result<Ended> {
    if !cfg!(target_os = "linux") {
        return Ok(Ended::NotHere("the window is driven on Linux, where WebKit has a WebDriver"));
    }
    let command =
        project.cargo(&["nextest", "run", "--locked", "--workspace", "--profile", "e2e", "--test", "e2e"]);
    let mut command = session::wrap(project, &command)?;
    command.env("RUST_LIB_BACKTRACE", "0"); // what the window says is the message; where it was asked is noise
    passed(log.run(command))
}
