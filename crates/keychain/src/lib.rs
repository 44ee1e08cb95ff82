//! The key of the encrypted cache: made once, kept in the operating system's keychain or wrapped by a
//! passphrase, and never written anywhere in clear.
//!
//! What is on disk is the [`KeyFile`], a small JSON document beside the cache that says where the key is.
//!
//! Invariants
//! - A new key is made only where no encrypted database exists ([`Database`]): a second key would make the
//!   first one's data unreadable for ever.
//! - A key is handed out only after its way back was tried: the keychain returned the same bytes, or the
//!   wrapped key opened again.
//! - A key that opens is checked against [`KeyFile`]'s fingerprint, so that a foreign key is never mistaken
//!   for a damaged database.
//! - Calls to the keychain never overlap, so they never reorder (`facts`: stores do not promise an order).
//!
//! All calls block: Argon2id takes a good part of a second by intent, and a locked keychain may ask its user.
//! From an async program call them on a blocking thread.
//!
//! **What it does not protect against:** another program of the same user can ask the Windows and Linux
//! keychains for the same entry. The keychain defends against a stolen disk and other users.
//!
//! **Absent on purpose:** a plaintext fallback, a reset, sessions and timers (the desk locks), logging.

mod checkpoint;
mod error;
mod key_file;
mod secret;
mod store;
mod wrap;

pub use checkpoint::{find_checkpoint, keep_checkpoint};
pub use error::Error;
pub use key_file::{KEY_FILE_NAME, KeyFile, KeyHolder, read_key_file, write_key_file};
pub use secret::{KEY_BYTES, PASSPHRASE_CHARS_MIN, Passphrase, Secret, make_key};
pub use store::{StoreKind, keychain_available};
pub use wrap::Cost;

use uuid::Uuid;

/// Whether an encrypted database already lies in the workspace; the caller looks, this crate decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// None: a key may be made.
    Absent,
    /// One is there: only the key it was made with will do.
    Present,
}

impl Database {
    fn refuse_present(self) -> Result<(), Error> {
        match self {
            Self::Absent => Ok(()),
            Self::Present => Err(Error::DatabaseExists),
        }
    }
}

/// Makes a key for a new workspace and stores it in this machine's keychain.
///
/// The entry is read back before anything is returned. The caller writes the [`KeyFile`] before it creates
/// the database.
///
/// # Errors
/// [`Error::DatabaseExists`], [`Error::EntryExists`] when the keychain already has a key for this workspace,
/// [`Error::KeychainUnavailable`] or [`Error::KeychainRefused`].
pub fn create_in_keychain(workspace: Uuid, database: Database) -> Result<(KeyFile, Secret), Error> {
    database.refuse_present()?;
    let key = make_key()?;
    let kind = store::StoreKind::HERE.ok_or_else(store::no_store)?;
    let account = store::derive_account(workspace);
    store::in_turn(|keychain| keychain.add_key(&account, &key))?;
    Ok((KeyFile::with_keychain(workspace, &key, kind, account), key))
}

/// Makes a key for a new workspace and wraps it with a passphrase.
///
/// # Errors
/// [`Error::DatabaseExists`], [`Error::PassphraseTooShort`], or [`Error::Random`] when the system gives no
/// random bytes.
pub fn create_with_passphrase(
    workspace: Uuid,
    passphrase: &Passphrase,
    cost: Cost,
    database: Database,
) -> Result<(KeyFile, Secret), Error> {
    database.refuse_present()?;
    passphrase.refuse_short()?;
    let key = make_key()?;
    let file = KeyFile::with_passphrase(workspace, &key, passphrase, cost)?;
    Ok((file, key))
}

/// Fetches the key a [`KeyFile`] stands for. `passphrase` is used in passphrase mode only.
///
/// # Errors
/// [`Error::StoreChanged`] before anything is asked when the key lies in another kind of keychain;
/// [`Error::KeyMissing`] when the keychain has no such entry (nothing is made in its place);
/// [`Error::KeyMismatch`] when it has another key; [`Error::PassphraseMissing`]; [`Error::WrongPassphrase`].
pub fn unlock(file: &KeyFile, passphrase: Option<&Passphrase>) -> Result<Secret, Error> {
    let key = match file.place() {
        key_file::Place::Keychain { store: made_with, account } => {
            if StoreKind::HERE != Some(*made_with) {
                return Err(Error::StoreChanged { made_with: *made_with });
            }
            store::in_turn(|keychain| keychain.load_key(account))?
        }
        key_file::Place::Passphrase(wrapped) => {
            let passphrase = passphrase.ok_or(Error::PassphraseMissing)?;
            wrap::unwrap_key(wrapped, passphrase, &file.bound_text())?
        }
    };
    if file.is_key(&key) { Ok(key) } else { Err(Error::KeyMismatch) }
}

/// Wraps the same key with another passphrase; the data need no new encryption.
///
/// The caller replaces the old file by [`write_key_file`]; until then the old passphrase holds.
///
/// # Errors
/// [`Error::WrongPassphrase`] for the old one, [`Error::PassphraseTooShort`] for the new one,
/// [`Error::NoPassphraseMode`] when the key lies in a keychain.
pub fn change_passphrase(
    file: &KeyFile,
    old: &Passphrase,
    new: &Passphrase,
    cost: Cost,
) -> Result<KeyFile, Error> {
    if file.holder() != KeyHolder::Passphrase {
        return Err(Error::NoPassphraseMode);
    }
    new.refuse_short()?;
    let key = unlock(file, Some(old))?;
    KeyFile::with_passphrase(file.workspace(), &key, new, cost)
}

/// Removes the keychain entries of a workspace whose creation was given up. In passphrase mode there is none.
///
/// # Errors
/// [`Error::DatabaseExists`] while data still need the key; what the keychain says. An entry that is already
/// gone is no error.
pub fn remove_from_keychain(file: &KeyFile, database: Database) -> Result<(), Error> {
    database.refuse_present()?;
    match file.place() {
        key_file::Place::Keychain { account, .. } => store::in_turn(|keychain| {
            keychain.remove_key(&store::derive_checkpoint_account(file.workspace()))?;
            keychain.remove_key(account)
        }),
        key_file::Place::Passphrase(_) => Ok(()),
    }
}
