//! `cargo xtask demo`: builds the programs, makes the demo company, and opens the window on its backend.
//!
//! Without a display it does the same on a virtual one and walks the main job through the real window, keeping
//! screenshots in light and dark. It ends well only if every part did.

use crate::{
    install::{self, Need},
    log::Log,
    project::Project,
    session,
};
use anyhow::{Context, Result, bail};
use std::{
    env, fs,
    path::Path,
    process::{Command, ExitCode},
};

/// Entries of the demo company: twelve months of a trading company of middling size.
const ENTRIES: &str = "6000";
/// The seed of the demo company, so that everybody sees the same one.
const SEED: &str = "2026";

/// `cargo xtask demo`.
pub(crate) fn run(project: &Project) -> Result<ExitCode> {
    let mut log = Log::create(&project.scratch("log")?.join("demo.log"))?;
    let walks = cfg!(target_os = "linux")
        && env::var_os("DISPLAY").is_none()
        && env::var_os("WAYLAND_DISPLAY").is_none();
    let mut needs = vec![Need::BuildPackages, Need::NpmPackages];
    if walks {
        needs.extend([Need::WindowPackages, Need::Tool(&install::TAURI_DRIVER)]);
    }
    install::ensure(project, &needs, &mut log)?;
    build(project, &mut log)?;
    let company = make_company(project, &mut log)?;
    show(project, &company, walks, &mut log)
}

fn build(project: &Project, log: &mut Log) -> Result<()> {
    log.run(project.npm(&["run", "build"])).context("the interface could not be built")?;
    let mut command = project.cargo(&["build", "--locked", "--bins"]);
    for package in ["attest-app", "attest-cli", "attest-backend", "attest-simulators", "attest-tests"] {
        command.args(["--package", package]);
    }
    log.run(command).context("the build failed")
}

/// Generates the company's bank and ledger files in a fresh folder.
fn make_company(project: &Project, log: &mut Log) -> Result<std::path::PathBuf> {
    let folder = project.scratch("demo")?;
    fs::remove_dir_all(&folder).context("the folder of the demo is ours to empty")?;
    fs::create_dir_all(&folder)?;
    let company = folder.join("company");
    let mut command = Command::new(project.built("debug", "attest-generate"));
    command.args(["--entries", ENTRIES, "--seed", SEED, "--out"]).arg(&company);
    log.run(project.at_root(command)).context("the demo company could not be made")?;
    Ok(company)
}

/// Opens the window on the company, connected to its backend, and waits until it is closed; or walks through it.
fn show(project: &Project, company: &Path, walks: bool, log: &mut Log) -> Result<ExitCode> {
    let folder = project.scratch("demo")?;
    let mut command = Command::new(project.built("debug", "attest-demo"));
    command.arg("--company").arg(company).arg("--out").arg(&folder);
    let command = if walks {
        command.arg("--walk");
        session::wrap(project, &command)?
    } else {
        project.at_root(command)
    };
    let outcome = log.run(command);
    log.say(&format!("Everything it made: {}", folder.display()));
    if let Err(error) = outcome {
        bail!("the demo failed: {error:#}");
    }
    Ok(ExitCode::SUCCESS)
}
