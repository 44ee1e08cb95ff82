//! `attest-bench [NAME…] [--json]`: one NDJSON line per figure, each measured beside its baseline.
//!
//! Best of several runs: what is wanted is the cost of the work, not of the neighbours. Goals are those of the
//! issues; a missed goal is said (`met: false`) and fails nothing. Started by `cargo xtask bench`, which builds
//! everything in release and gives the window a session.

mod backend;
mod bare;
mod cache;
mod evidence;
mod figure;
mod formats;
mod matching;
mod process;
mod seeded;
mod sync;
mod window;

use anyhow::{Result, bail};
use figure::Bench;
use std::process::ExitCode;

/// Every figure there is, by group.
fn registry() -> Vec<Bench> {
    [
        formats::BENCHES,
        cache::BENCHES,
        matching::BENCHES,
        evidence::BENCHES,
        backend::BENCHES,
        sync::BENCHES,
        window::BENCHES,
    ]
    .concat()
}

fn main() -> ExitCode {
    match seeded::serve_if_asked().unwrap_or_else(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let (flags, names): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|word| word.starts_with('-'));
    let only_json = flags.iter().any(|flag| flag == "--json");
    let all = registry();
    let is_meant =
        |bench: &Bench, name: &str| bench.name == name || bench.name.starts_with(&format!("{name}."));
    if let Some(unknown) = names.iter().find(|name| !all.iter().any(|bench| is_meant(bench, name))) {
        let known: Vec<&str> = all.iter().map(|bench| bench.name).collect();
        bail!("there is no figure `{unknown}`; there are {}", known.join(", "));
    }
    let mut failed = Vec::new();
    for bench in all.iter().filter(|bench| names.is_empty() || names.iter().any(|name| is_meant(bench, name)))
    {
        match (bench.run)() {
            Ok(figure) => {
                println!("{}", bench.line(&figure)?);
                if !only_json {
                    eprintln!("{}", bench.sentence(&figure));
                }
            }
            Err(error) => {
                eprintln!("{}: not measured: {error:#}", bench.name);
                failed.push(bench.name);
            }
        }
    }
    if !failed.is_empty() {
        bail!("not measured: {}", failed.join(", "));
    }
    Ok(())
}
