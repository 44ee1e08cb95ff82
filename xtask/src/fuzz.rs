//! Fuzzing of the parsers: the committed seeds are replayed, then each target runs for a while.
//!
//! `fuzz/` is a workspace of its own, because its crates need the fuzzer's build flags. It is built on the
//! stable tool chain (`RUSTC_BOOTSTRAP`) and without a sanitizer: our code has no `unsafe`, what is looked for
//! are panics, endless loops and memory that grows with a small input.

use crate::{install, log::Log, project::Project};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::PathBuf,
    process::{Command, ExitCode},
};

/// What a target runs in the test command.
pub(crate) const TEST_RUN: Run = Run { seconds: 15, seed: Some(20_022) };
/// Seconds a target runs by `cargo xtask fuzz` unless told.
const DEFAULT_SECONDS: u32 = 60;

/// `cargo xtask fuzz [TARGET] [--seconds N]`.
pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<ExitCode> {
    let mut seconds = DEFAULT_SECONDS;
    let mut chosen = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seconds" => {
                let value = words.next().context("--seconds needs a number")?;
                seconds = value.parse().with_context(|| format!("`{value}` is no number of seconds"))?;
            }
            flag if flag.starts_with('-') => bail!("usage: cargo xtask fuzz [TARGET] [--seconds N]"),
            target => chosen.push(target.to_owned()),
        }
    }
    let mut log = Log::create(&project.scratch("log")?.join("fuzz.log"))?;
    install::ensure(project, &[install::Need::Tool(&install::FUZZ)], &mut log)?;
    let all = list_targets(project)?;
    if let Some(unknown) = chosen.iter().find(|target| !all.contains(target)) {
        bail!("there is no target `{unknown}`; there are {}", all.join(", "));
    }
    let targets = if chosen.is_empty() { all } else { chosen };
    run_targets(project, &targets, &Run { seconds, seed: None }, &mut log)?;
    Ok(ExitCode::SUCCESS)
}

/// The targets, which are the files of `fuzz/targets`.
pub(crate) fn list_targets(project: &Project) -> Result<Vec<String>> {
    let mut targets = Vec::new();
    for file in fs::read_dir(project.path("fuzz/targets")).context("fuzz/targets is missing")? {
        let path = file?.path();
        if path.extension().is_some_and(|ending| ending == "rs") {
            targets.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    targets.sort();
    Ok(targets)
}

/// How long a target runs, and from which random numbers.
pub(crate) struct Run {
    pub(crate) seconds: u32,
    /// `None` draws another seed each time, as a search should. The test command fixes it, so that its verdict
    /// is one on the commit and not on the draw.
    pub(crate) seed: Option<u32>,
}

/// Builds all targets, then replays the seeds of each and runs it.
pub(crate) fn run_targets(project: &Project, targets: &[String], run: &Run, log: &mut Log) -> Result<()> {
    log.run(fuzzer(project, &["build"])).context("the fuzz targets could not be built")?;
    let mut failed = Vec::new();
    for target in targets {
        let outcome = run_target(project, target, run, log);
        log.count(outcome.is_ok());
        if let Err(error) = outcome {
            log.say(&format!("{target}: {error:#}"));
            failed.push(target.as_str());
        }
    }
    if !failed.is_empty() {
        bail!("an input that fails lies in fuzz/artifacts/{{{}}}", failed.join(","));
    }
    Ok(())
}

fn run_target(project: &Project, target: &str, run: &Run, log: &mut Log) -> Result<()> {
    let seeds = project.path("fuzz/seeds").join(target);
    if fs::read_dir(&seeds).map_or(0, Iterator::count) == 0 {
        bail!("no seeds in fuzz/seeds/{target}");
    }
    let corpus: PathBuf = project.path("fuzz/corpus").join(target);
    fs::create_dir_all(&corpus)?;
    let limit = format!("-max_total_time={}", run.seconds);
    // New inputs go to the first folder; the seeds are read first and every one of them is executed.
    let mut command = fuzzer(project, &["run", target]);
    command.arg(corpus).arg(seeds).args(["--", &limit, "-timeout=5", "-rss_limit_mb=512", "-max_len=16384"]);
    if let Some(seed) = run.seed {
        command.arg(format!("-seed={seed}"));
    }
    // it reports every input that reaches something new; what matters is the end, and an alarm
    let matters =
        |line: &str| ["Done ", "==", "thread ", "SUMMARY"].iter().any(|start| line.starts_with(start));
    log.run_saying(command, matters)
}

fn fuzzer(project: &Project, arguments: &[&str]) -> Command {
    let (verb, rest) = arguments.split_at(1);
    let mut command =
        Command::new(project.tools().join("bin").join(format!("cargo-fuzz{}", std::env::consts::EXE_SUFFIX)));
    command.arg("fuzz").args(verb).args(["--sanitizer", "none"]).args(rest);
    let mut command = project.at_root(command);
    command.env("RUSTC_BOOTSTRAP", "1").env_remove("CARGO_TARGET_DIR");
    command
}
