//! The last checkpoint of a workspace's log, kept outside the cache: a cache that was put back to an earlier day is
//! consistent in itself, and only this copy shows that something is missing.
//!
//! It is no secret. In keychain mode it is an entry of its own; in passphrase mode there is no keychain, and it is a
//! file beside the cache, which shows a cache put back alone but not a whole folder put back.

use crate::{
    error::Error,
    key_file::{KeyFile, KeyHolder, at, replace_file},
    store,
};
use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// Name of the file in passphrase mode.
const CHECKPOINT_FILE: &str = "checkpoint";

/// Keeps a checkpoint in place of the one before.
///
/// # Errors
/// What the keychain says, or [`Error::Io`].
pub fn keep_checkpoint(dir: &Path, file: &KeyFile, note: &str) -> Result<(), Error> {
    match file.holder() {
        KeyHolder::Keychain => {
            let account = store::derive_checkpoint_account(file.workspace());
            store::in_turn(|keychain| keychain.put_text(&account, note))
        }
        KeyHolder::Passphrase => replace_file(&path(dir), note.as_bytes()),
    }
}

/// The checkpoint that was kept last; `None` when none was.
///
/// # Errors
/// What the keychain says, or [`Error::Io`].
pub fn find_checkpoint(dir: &Path, file: &KeyFile) -> Result<Option<String>, Error> {
    match file.holder() {
        KeyHolder::Keychain => {
            let account = store::derive_checkpoint_account(file.workspace());
            store::in_turn(|keychain| keychain.find_text(&account))
        }
        KeyHolder::Passphrase => match fs::read(path(dir)) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(at(&path(dir))(source)),
        },
    }
}

fn path(dir: &Path) -> PathBuf {
    dir.join(CHECKPOINT_FILE)
}
