//! The demo company's files, made by its generator.

use crate::programs::find_program;
use anyhow::{Context, Result, bail};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Writes a company with about `entries` bank entries below `folder` and lists its files in order of name.
///
/// # Errors
/// When the generator fails.
pub fn generate(folder: &Path, entries: u32, seed: u64) -> Result<Vec<PathBuf>> {
    generate_with(folder, &["--entries", &entries.to_string(), "--seed", &seed.to_string()])
}

/// As [`generate`], with arguments of the generator.
///
/// # Errors
/// When the generator fails.
pub fn generate_with(folder: &Path, arguments: &[&str]) -> Result<Vec<PathBuf>> {
    let company = folder.join("company");
    let output = Command::new(find_program("attest-generate")?)
        .args(arguments)
        .arg("--out")
        .arg(&company)
        .output()
        .context("attest-generate did not start")?;
    if !output.status.success() {
        bail!("attest-generate failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    list_files(&company)
}

/// Every file of a company that a controller would import: bank and ledger files, not the ground truth.
///
/// # Errors
/// When the folder cannot be read.
pub fn list_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for child in std::fs::read_dir(&next).with_context(|| format!("cannot read {}", next.display()))? {
            let path = child?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "xml" || ending == "se") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
