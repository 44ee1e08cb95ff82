//! What can go wrong with a key, each with the sentence that tells its user what to do next.
//!
//! No variant carries key material or a passphrase, not even in `Debug`.

use crate::{secret::PASSPHRASE_CHARS_MIN, store::StoreKind};
use std::{io, path::PathBuf};

/// A refusal or failure around the key of the cache.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no keychain, or it does not answer.
    #[error(
        "This machine's keychain does not answer ({detail}). Sign in to the desktop and try again, or create the workspace with a passphrase."
    )]
    KeychainUnavailable {
        /// The platform's words.
        detail: String,
    },
    /// The keychain is locked, or its user dismissed the question.
    #[error("The keychain refused access ({detail}). Unlock it and try again; nothing was changed.")]
    KeychainRefused {
        /// The platform's words.
        detail: String,
    },
    /// Several entries claim to be the key.
    #[error(
        "The keychain holds {count} entries for this workspace. Remove the ones that are not the key, then try again; nothing was changed."
    )]
    KeychainAmbiguous {
        /// How many.
        count: usize,
    },
    /// The keychain did not give back what was stored in it.
    #[error(
        "The keychain did not give back the key that was stored in it, so it is not used. Try again, or create the workspace with a passphrase."
    )]
    RoundTrip,
    /// The keychain works but has no key for this workspace.
    #[error(
        "The keychain has no key for this workspace (entry \"{account}\"). Nothing was changed. Restore the keychain or sign in as the user who created the workspace; without the key the data cannot be read."
    )]
    KeyMissing {
        /// Account name of the entry looked for.
        account: String,
    },
    /// A key was found, but not the one this workspace was made with.
    #[error(
        "The key that was found is not the one this workspace was made with. The data are not damaged; bring back the key file and the keychain entry that belong to it."
    )]
    KeyMismatch,
    /// The entry for a new workspace is already taken.
    #[error(
        "The keychain already has a key for this workspace, and it is not overwritten. Open the existing workspace, or start a new one in another folder."
    )]
    EntryExists,
    /// The key was put into another kind of keychain than this machine has.
    #[error(
        "The key of this workspace was stored in {made_with}, which this system does not use. Open the workspace where it was created; nothing was changed."
    )]
    StoreChanged {
        /// Where the key was stored.
        made_with: StoreKind,
    },
    /// A new key was asked for although an encrypted database exists.
    #[error(
        "An encrypted database already exists here, and a new key would make it unreadable for ever. Bring back its key file, or choose another folder."
    )]
    DatabaseExists,
    /// The database is there but the document that says where its key is has gone.
    #[error(
        "The key file {path} is missing although the encrypted database is there. Restore it from a backup; no new key is made."
    )]
    KeyFileMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// Passphrase mode, and none was given.
    #[error("This workspace opens with a passphrase. Enter it.")]
    PassphraseMissing,
    /// Keychain mode, and a passphrase was to be changed.
    #[error("This workspace opens with the keychain; it has no passphrase to change.")]
    NoPassphraseMode,
    /// Too short to resist guessing.
    #[error(
        "A passphrase needs at least {PASSPHRASE_CHARS_MIN} characters. Four or more words are easy to remember."
    )]
    PassphraseTooShort,
    /// The passphrase does not open the key.
    #[error("The passphrase is wrong. Check the keyboard layout and caps lock; nothing was changed.")]
    WrongPassphrase,
    /// Argon2id cannot run with these parameters.
    #[error(
        "The passphrase parameters are outside what this program accepts: memory {memory_kib} KiB, {passes} passes, {lanes} lanes."
    )]
    Cost {
        /// Memory in KiB.
        memory_kib: u32,
        /// Passes.
        passes: u32,
        /// Lanes.
        lanes: u32,
    },
    /// The key file is damaged; this is never what a wrong passphrase looks like.
    #[error(
        "The key file is damaged: {what}. Restore it from a backup; the database itself was not touched."
    )]
    Corrupt {
        /// What is wrong with it.
        what: &'static str,
    },
    /// A newer version of the program wrote it.
    #[error("The key file has version {found}; this program reads version 1. Update the program.")]
    TooNew {
        /// Version found.
        found: u32,
    },
    /// A key file of another workspace would be overwritten.
    #[error("The key file {path} belongs to another workspace and is not overwritten.")]
    OtherWorkspace {
        /// Which file.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("{path}: {source}")]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// The system has no random bytes to give.
    #[error("The operating system gives no random bytes, so no key can be made: {0}")]
    Random(getrandom::Error),
}

impl Error {
    /// A stable code for windows and scripts to act on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::KeychainUnavailable { .. } => "key.keychain_unavailable",
            Self::KeychainRefused { .. } => "key.keychain_refused",
            Self::KeychainAmbiguous { .. } => "key.keychain_ambiguous",
            Self::RoundTrip => "key.round_trip",
            Self::KeyMissing { .. } => "key.missing",
            Self::KeyMismatch => "key.mismatch",
            Self::EntryExists => "key.entry_exists",
            Self::StoreChanged { .. } => "key.store_changed",
            Self::DatabaseExists => "key.database_exists",
            Self::KeyFileMissing { .. } => "key.file_missing",
            Self::PassphraseMissing => "key.passphrase_missing",
            Self::NoPassphraseMode => "key.no_passphrase_mode",
            Self::PassphraseTooShort => "key.passphrase_short",
            Self::WrongPassphrase => "key.wrong",
            Self::Cost { .. } => "key.cost",
            Self::Corrupt { .. } => "key.corrupt",
            Self::TooNew { .. } => "key.too_new",
            Self::OtherWorkspace { .. } => "key.other_workspace",
            Self::Io { .. } => "key.io",
            Self::Random(_) => "key.random",
        }
    }
}
