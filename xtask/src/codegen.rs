//! The TypeScript types of the IPC, written by `ts-rs` from the Rust types of `attest-desk` and committed.
//!
//! `ts-rs` writes one file per type from inside tests named `export_bindings_…`. They are run with another
//! target folder, so that a check leaves the sources alone and a type that is gone leaves no file behind.

use crate::{log::Log, project::Project};
use anyhow::{Context, Result, bail};
use std::{collections::BTreeMap, fs, path::Path, process::ExitCode};

const GENERATED: &str = "ui/src/ipc/generated";

/// Which build the types are taken from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// Only the crate that holds them: quick when working on it.
    Alone,
    /// The build of the whole workspace, which the test command has made anyway.
    Workspace,
}

/// `cargo xtask codegen [--check]`.
pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<ExitCode> {
    let mut log = Log::create(&project.scratch("log")?.join("codegen.log"))?;
    match arguments {
        [] => {
            let fresh = generate(project, Build::Alone, &mut log)?;
            write(project, &fresh)?;
            log.say(&format!("{} types in {GENERATED}", fresh.len()));
        }
        [flag] if flag == "--check" => check(project, Build::Alone, &mut log)?,
        _ => bail!("usage: cargo xtask codegen [--check]"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Fails when the committed types are not what the Rust types say.
pub(crate) fn check(project: &Project, build: Build, log: &mut Log) -> Result<()> {
    let fresh = generate(project, build, log)?;
    let committed = load(&project.path(GENERATED))?;
    let names: std::collections::BTreeSet<&String> = fresh.keys().chain(committed.keys()).collect();
    let stale: Vec<&str> = names
        .into_iter()
        .filter(|name| fresh.get(*name) != committed.get(*name))
        .map(String::as_str)
        .collect();
    if !stale.is_empty() {
        bail!("{GENERATED} is stale ({}); run `cargo xtask codegen` and commit", stale.join(", "));
    }
    log.say(&format!("{} types are up to date", fresh.len()));
    Ok(())
}

fn generate(project: &Project, build: Build, log: &mut Log) -> Result<BTreeMap<String, String>> {
    let folder = project.scratch("generated")?;
    fs::remove_dir_all(&folder).context("the folder for generated types is ours to empty")?;
    fs::create_dir_all(&folder)?;
    let scope: &[&str] = match build {
        Build::Alone => &["--package", "attest-desk", "--lib"],
        Build::Workspace => &["--workspace"],
    };
    // Later than the project's own setting, which sends the types straight into the sources.
    let settings = project.scratch("settings")?.join("codegen.toml");
    let value = folder.display().to_string();
    let text = format!("[env]\nTS_RS_EXPORT_DIR = {{ value = {value:?}, relative = false, force = true }}\n");
    fs::write(&settings, text)?;
    let mut command = project.cargo(&["nextest", "run", "--locked", "--config"]);
    command.arg(&settings);
    command.args(scope).args(["--status-level", "fail", "-E", "test(/export_bindings_/)"]);
    log.run(command).context("the types could not be written")?;
    let fresh = load(&folder)?;
    if fresh.is_empty() {
        bail!("no type was written; does attest-desk still export any?");
    }
    Ok(fresh)
}

fn write(project: &Project, fresh: &BTreeMap<String, String>) -> Result<()> {
    let folder = project.path(GENERATED);
    for name in load(&folder)?.keys().filter(|name| !fresh.contains_key(*name)) {
        fs::remove_file(folder.join(name))?;
    }
    fs::create_dir_all(&folder)?;
    for (name, text) in fresh {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// Files below a folder by relative path; a folder that is missing has none.
fn load(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let Ok(children) = fs::read_dir(&next) else { continue };
        for child in children {
            let path = child?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = crate::project::slashed(path.strip_prefix(folder)?);
                files.insert(name, fs::read_to_string(&path)?.replace("\r\n", "\n"));
            }
        }
    }
    Ok(files)
}
