//! Which workspace, opened with which key.

use crate::{args::Args, error::CliError, output::Output};
use attest_desk::Desk;
use std::{fs, path::PathBuf};

/// The name of the desktop app towards the operating system, so that both find the same workspace.
const IDENTIFIER: &str = "se.attest.desktop";

/// A workspace folder and the passphrase, where one was given.
pub(crate) struct Place {
    desk: Desk,
    passphrase: Option<String>,
}

impl Place {
    pub(crate) fn of(args: &Args) -> Result<Self, CliError> {
        let dir = args.workspace.clone().or_else(default_workspace).ok_or(CliError::NoFolder)?;
        let passphrase = args.passphrase_file.clone().map(load_passphrase).transpose()?;
        let exports = dir.join("exports");
        Ok(Self { desk: Desk::new(dir, exports), passphrase })
    }

    /// Opens the workspace; the desk is given back with the reason where it does not.
    pub(crate) async fn open(self) -> Result<Desk, (Desk, CliError)> {
        match self.desk.unlock(self.passphrase).await {
            Ok(_) => Ok(self.desk),
            Err(error) => Err((self.desk, error.into())),
        }
    }

    /// The passphrase that was given.
    pub(crate) fn passphrase(&self) -> Option<String> {
        self.passphrase.clone()
    }

    /// Opens the workspace, or makes it where there is none, and says so.
    pub(crate) async fn open_or_create(self, output: &Output) -> Result<Desk, CliError> {
        match self.desk.unlock(self.passphrase.clone()).await {
            Err(error) if error.code() == "workspace.absent" => {
                let how = if self.passphrase.is_some() {
                    "with the passphrase"
                } else {
                    "with a key in the keychain"
                };
                self.desk.create_workspace(self.passphrase).await?;
                output.tell(&format!("Made a workspace in {} {how}.", self.desk.dir().display()));
            }
            other => drop(other?),
        }
        Ok(self.desk)
    }
}

fn default_workspace() -> Option<PathBuf> {
    dirs::data_local_dir().map(|dir| dir.join(IDENTIFIER).join("workspace"))
}

/// The first line of the file, without its end; the rest is a mistake nobody should depend on.
fn load_passphrase(path: PathBuf) -> Result<String, CliError> {
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(CliError::Unreadable { path, source }),
    };
    match text.lines().next().filter(|line| !line.is_empty()) {
        Some(line) => Ok(line.to_owned()),
        None => Err(CliError::PassphraseEmpty(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_workspace_is_the_desktop_apps() {
        let config: serde_json::Value =
            serde_json::from_str(include_str!("../../../src-tauri/tauri.conf.json")).unwrap();
        assert_eq!(config["identifier"], IDENTIFIER);
    }
}
