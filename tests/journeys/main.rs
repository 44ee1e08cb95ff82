//! Journeys across crates, through the command line as automation uses it: its JSON is a contract.

mod import;
mod matching;
mod refusals;
mod signing_in;
mod together;

use anyhow::{Context, Result, ensure};
use attest_tests::programs::{Ran, Workspace};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A generated company and an empty workspace, in a folder that goes away with it.
struct Scene {
    folder: TempDir,
    files: Vec<PathBuf>,
    workspace: Workspace,
}

impl Scene {
    /// A company with one krona account in a dozen statements.
    fn with_one_account(entries: u32) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let entries = entries.to_string();
        let arguments = ["--single-account", "12", "--entries", &entries, "--seed", "11"];
        let files = attest_tests::company::generate_with(folder.path(), &arguments)?;
        let workspace = Workspace::at(folder.path())?;
        Ok(Self { folder, files, workspace })
    }

    /// Where the company's files are.
    fn company(&self) -> PathBuf {
        self.folder.path().join("company")
    }

    /// Imports files and gives one object for each.
    fn import(&self, files: &[PathBuf]) -> Result<Vec<Value>> {
        let mut arguments = vec![PathBuf::from("import")];
        arguments.extend_from_slice(files);
        done(&self.workspace.attest(&arguments)?)
    }

    /// Runs a command that must succeed and gives its lines.
    fn list(&self, arguments: &[&str]) -> Result<Vec<Value>> {
        done(&self.workspace.attest(arguments)?)
    }
}

fn done(ran: &Ran) -> Result<Vec<Value>> {
    ensure!(ran.code == 0, "exit {}: {}", ran.code, ran.stderr);
    ran.lines()
}

/// A member that is text.
fn text<'v>(value: &'v Value, member: &str) -> Result<&'v str> {
    value[member].as_str().with_context(|| format!("no text `{member}` in {value}"))
}

/// A member that is a count.
fn count(value: &Value, member: &str) -> Result<u64> {
    value[member].as_u64().with_context(|| format!("no count `{member}` in {value}"))
}

/// An amount such as `-12.5` in ten-thousandths, so that sums are exact.
fn ten_thousandths(amount: &str) -> Result<i128> {
    let (sign, digits) = amount.strip_prefix('-').map_or((1, amount), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    ensure!(fraction.len() <= 4, "{amount} has more than four decimals");
    let value: i128 =
        format!("{whole}{fraction:0<4}").parse().with_context(|| format!("no amount: {amount}"))?;
    Ok(sign * value)
}

/// SHA-256 of a file as the system's own tool says it, independent of our code.
fn system_digest(file: &Path) -> Result<Option<String>> {
    let Ok(output) = std::process::Command::new("sha256sum").arg(file).output() else { return Ok(None) };
    let line = String::from_utf8(output.stdout)?;
    Ok(line.split_whitespace().next().map(|digest| digest.trim_start_matches('\\').to_owned()))
}
