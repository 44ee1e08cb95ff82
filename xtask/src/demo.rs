//! `cargo xtask demo`: builds the application, makes the demo company and opens the window on it.
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
    build(project, walks, &mut log)?;
    let company = make_company(project, &mut log)?;
    if walks { walk(project, &company, &mut log) } else { open(project, &company, &mut log) }
}

fn build(project: &Project, walks: bool, log: &mut Log) -> Result<()> {
    log.run(project.npm(&["run", "build"])).context("the interface could not be built")?;
    let mut packages = vec!["attest-app", "attest-cli", "attest-simulators"];
    if walks {
        packages.extend(["attest-tests", "attest-backend"]);
    }
    let mut command = project.cargo(&["build", "--locked", "--bins"]);
    for package in packages {
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

/// Opens the window on the company and waits until it is closed.
fn open(project: &Project, company: &Path, log: &mut Log) -> Result<ExitCode> {
    let workspace = project.scratch("demo")?.join("workspace");
    log.say(&format!("company:   {}", company.display()));
    log.say(&format!("workspace: {}", workspace.display()));
    let mut command = Command::new(project.built("debug", "attest-app"));
    command.arg("--workspace").arg(&workspace).arg(company);
    log.run(project.at_root(command)).context("the application failed")?;
    Ok(ExitCode::SUCCESS)
}

/// Walks the main job through the real window on a virtual display.
fn walk(project: &Project, company: &Path, log: &mut Log) -> Result<ExitCode> {
    let folder = project.scratch("demo")?;
    let mut command = Command::new(project.built("debug", "attest-walk"));
    command.arg("--company").arg(company).arg("--out").arg(&folder);
    let outcome = log.run(session::wrap(project, &command)?);
    log.say(&format!("Files and screenshots: {}", folder.display()));
    if let Err(error) = outcome {
        bail!("the walk through the main job failed: {error:#}");
    }
    Ok(ExitCode::SUCCESS)
}
