//! Why a command was refused or failed, with what to do next where the desk cannot know it.

use attest_desk::DeskError;
use attest_domain::finding::Refusal;
use std::{io, path::PathBuf};

#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("{0}{hint}", hint = hint(.0))]
    Desk(#[from] DeskError),
    #[error("{}: {source}. Check the name and that you may read it.", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("The passphrase file {} is empty. Write the passphrase on its first line.", .0.display())]
    PassphraseEmpty(PathBuf),
    #[error("The key file {} is empty. Write the key on its first line.", .0.display())]
    KeyEmpty(PathBuf),
    #[error("Name the service to connect to: `attest login https://HOST`.")]
    ServerMissing,
    #[error(
        "This workspace is connected to {connected}, not to {named}. Name another folder by --workspace DIR."
    )]
    OtherServer { connected: String, named: String },
    #[error("This user has no folder for data. Name a workspace with --workspace DIR.")]
    NoFolder,
    #[error("{}: {refusal}", path.display())]
    Table { path: PathBuf, refusal: Box<Refusal> },
    #[error("{refused} of {files} files refused, for the reasons above. Nothing of them was kept.")]
    Refused { refused: usize, files: usize },
    #[error(
        "{count} problems were found. Nothing was changed; copy the workspace folder before doing anything else."
    )]
    Unsound { count: usize },
    #[error("The answer cannot be written: {0}")]
    Output(#[from] io::Error),
    #[error("The answer cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl CliError {
    /// Stable code for programs.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Desk(error) => error.code(),
            Self::Unreadable { .. } => "file.unreadable",
            Self::PassphraseEmpty(_) => "passphrase.empty",
            Self::KeyEmpty(_) => "key_file.empty",
            Self::ServerMissing => "login.server_missing",
            Self::OtherServer { .. } => "login.other_server",
            Self::NoFolder => "workspace.no_folder",
            Self::Table { refusal, .. } => &refusal.code,
            Self::Refused { .. } => "import.refused",
            Self::Unsound { .. } => "doctor.unsound",
            Self::Output(_) | Self::Json(_) => "output.failed",
        }
    }
}

fn hint(error: &DeskError) -> &'static str {
    match error.code() {
        "workspace.absent" => " `attest import FILE…` makes one.",
        "remote.signed_out" => " `attest login` signs in again.",
        "connect.choose_company" => " Name it by --company COMPANY.",
        "key.keychain_unavailable" | "key.passphrase_missing" => {
            " Name a file with the passphrase by --passphrase-file FILE."
        }
        _ => "",
    }
}
