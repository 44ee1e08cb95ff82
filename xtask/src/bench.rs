//! `cargo xtask bench`: one NDJSON line per figure, measured in release beside its baseline of the same run.
//!
//! The measuring is done by the package `attest-bench`; this command builds what it needs and gives the lines
//! of the window a session. It never fails because a goal is missed: `met` says so.

use crate::{
    install::{self, Need},
    log::Log,
    project::Project,
    services::{self, Services},
    session,
};
use anyhow::{Context, Result, bail};
use std::process::{Command, ExitCode};

/// Figures that need the real window.
const WINDOW_PREFIX: &str = "ui.";
/// Figures that need a database server.
const BACKEND_PREFIX: &str = "backend";

/// `cargo xtask bench [NAME…] [--json]`.
pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<ExitCode> {
    let (flags, names): (Vec<&String>, Vec<&String>) =
        arguments.iter().partition(|word| word.starts_with('-'));
    if let Some(unknown) = flags.iter().find(|flag| flag.as_str() != "--json") {
        bail!("there is no option `{unknown}`\nusage: cargo xtask bench [NAME…] [--json]");
    }
    let meant = |prefix: &str| names.is_empty() || names.iter().any(|name| name.starts_with(prefix));
    let (window, backend) = (meant(WINDOW_PREFIX), meant(BACKEND_PREFIX));
    let mut log = Log::quiet(&project.scratch("log")?.join("bench.log"))?;
    let mut needs = vec![Need::BuildPackages];
    if window {
        needs.extend([Need::NpmPackages, Need::WindowPackages, Need::Tool(&install::TAURI_DRIVER)]);
    }
    if backend {
        needs.extend(services::NEEDS);
        needs.push(Need::NginxPackages);
    }
    install::ensure(project, &needs, &mut log)?;
    build(project, window, &mut log)?;

    let mut command = Command::new(project.built("release", "attest-bench"));
    command.args(&names).args(&flags);
    let command = if window && cfg!(target_os = "linux") {
        session::wrap(project, &command)?
    } else {
        project.at_root(command)
    };
    let mut command = command;
    let servers = if backend { Some(Services::start(project, &mut log)?) } else { None };
    if let Some(servers) = &servers {
        servers.introduce(&mut command);
    }
    let status = command.status().context("attest-bench did not start")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Builds everything measured in one go, so that shared crates are compiled once.
fn build(project: &Project, window: bool, log: &mut Log) -> Result<()> {
    let mut packages = vec!["attest-bench", "attest-cli", "attest-simulators"];
    if window {
        log.run(project.npm(&["run", "build"])).context("the interface could not be built")?;
        packages.extend(["attest-app", "attest-blank"]);
    }
    let mut command = project.cargo(&["build", "--release", "--locked", "--bins"]);
    if window {
        command.args(["--features", "attest-app/automation"]); // else a release build lets nobody drive it
    }
    for package in packages {
        command.args(["--package", package]);
    }
    log.run(command).context("the release build failed")
}
