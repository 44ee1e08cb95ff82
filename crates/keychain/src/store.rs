//! The keychain of each platform, one caller at a time.
//!
//! Two entries per workspace under the service [`SERVICE`]: its key in hex ([`derive_account`]) and the last
//! checkpoint of its log ([`derive_checkpoint_account`]).

use crate::{error::Error, secret::Secret};
use keyring_core::{CredentialStore, Entry};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};
use uuid::Uuid;
use zeroize::Zeroizing;

/// Service name of every entry.
const SERVICE: &str = "Attest";

/// What the account names of checkpoints begin with.
const CHECKPOINT: &str = "checkpoint";

/// How long [`keychain_available`] waits for an answer.
const PROBE_MAX: Duration = Duration::from_secs(3);

/// The kinds of keychain there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoreKind {
    /// Linux: GNOME Keyring, KDE Wallet and others behind the Secret Service.
    SecretService,
    /// Windows Credential Manager, stored for this machine only.
    WindowsCredentialManager,
    /// The user's login keychain on macOS.
    MacosKeychain,
}

impl StoreKind {
    /// The kind this program uses on this system.
    pub const HERE: Option<Self> = if cfg!(target_os = "macos") {
        Some(Self::MacosKeychain)
    } else if cfg!(target_os = "windows") {
        Some(Self::WindowsCredentialManager)
    } else if cfg!(unix) {
        Some(Self::SecretService)
    } else {
        None
    };
}

impl fmt::Display for StoreKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::SecretService => "the Secret Service of a Linux desktop",
            Self::WindowsCredentialManager => "the Windows Credential Manager",
            Self::MacosKeychain => "the macOS keychain",
        })
    }
}

/// The account name of a workspace's entry.
pub(crate) fn derive_account(workspace: Uuid) -> String {
    format!("cache-key {workspace}")
}

/// The account name of the entry with the last checkpoint of a workspace's log.
pub(crate) fn derive_checkpoint_account(workspace: Uuid) -> String {
    format!("{CHECKPOINT} {workspace}")
}

pub(crate) fn no_store() -> Error {
    Error::KeychainUnavailable { detail: "none is known for this operating system".to_owned() }
}

/// An open keychain with what its platform wants to be told about every entry.
pub(crate) struct Keychain {
    store: Arc<CredentialStore>,
    modifiers: HashMap<&'static str, &'static str>,
}

/// Runs one piece of work with the keychain while no other runs.
///
/// It gets a thread of its own: D-Bus calls block, which a thread of an async runtime does not allow.
pub(crate) fn in_turn<T: Send>(work: impl FnOnce(&Keychain) -> Result<T, Error> + Send) -> Result<T, Error> {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    thread::scope(|scope| scope.spawn(|| open_keychain().and_then(|keychain| work(&keychain))).join())
        .unwrap_or_else(|_| Err(Error::KeychainUnavailable { detail: "its client stopped".to_owned() }))
}

/// Whether this machine has a keychain that answers and can take an entry. Never asks the user anything, and
/// answers `false` after three seconds of silence.
#[must_use]
pub fn keychain_available() -> bool {
    let (tell, hear) = mpsc::channel();
    // Detached on purpose: a keychain that hangs must not hang the caller.
    let started = thread::Builder::new().name("keychain-probe".to_owned()).spawn(move || {
        // A receiver that has given up no longer wants the answer.
        let _ = tell.send(probe());
    });
    started.is_ok() && hear.recv_timeout(PROBE_MAX).unwrap_or(false)
}

/// The service may run without a default collection (headless sessions, WSL); an entry would have no home.
#[cfg(all(unix, not(target_os = "macos")))]
fn probe() -> bool {
    let default = || -> zbus::Result<zbus::zvariant::OwnedObjectPath> {
        let bus = zbus::blocking::Connection::session()?;
        let reply = bus.call_method(
            Some("org.freedesktop.secrets"),
            "/org/freedesktop/secrets",
            Some("org.freedesktop.Secret.Service"),
            "ReadAlias",
            &"default",
        )?;
        reply.body().deserialize()
    };
    default().is_ok_and(|path| path.as_str() != "/")
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn probe() -> bool {
    open_keychain().is_ok()
}

/// The login keychain; the protected one needs a provisioning profile, which this program does not ship with.
#[cfg(target_os = "macos")]
fn open_keychain() -> Result<Keychain, Error> {
    let store = apple_native_keyring_store::keychain::Store::new().map_err(explain)?;
    Ok(Keychain { store, modifiers: HashMap::new() })
}

/// Entries stay on this machine: by default they would roam with the user's profile.
#[cfg(target_os = "windows")]
fn open_keychain() -> Result<Keychain, Error> {
    let store = windows_native_keyring_store::Store::new().map_err(explain)?;
    Ok(Keychain { store, modifiers: HashMap::from([("persistence", "Local")]) })
}

/// The label is what the user sees in the desktop's list of passwords.
#[cfg(all(unix, not(target_os = "macos")))]
fn open_keychain() -> Result<Keychain, Error> {
    let store = zbus_secret_service_keyring_store::Store::new().map_err(explain)?;
    Ok(Keychain { store, modifiers: HashMap::from([("label", "Attest: a workspace")]) })
}

#[cfg(not(any(unix, target_os = "windows")))]
fn open_keychain() -> Result<Keychain, Error> {
    Err(no_store())
}

impl Keychain {
    fn entry(&self, account: &str) -> Result<Entry, Error> {
        let modifiers = (!self.modifiers.is_empty()).then_some(&self.modifiers);
        self.store.build(SERVICE, account, modifiers).map_err(explain)
    }

    /// Stores a new key and reads it back. An entry that exists is never overwritten.
    pub(crate) fn add_key(&self, account: &str, key: &Secret) -> Result<(), Error> {
        let entry = self.entry(account)?;
        match entry.get_secret().map(Zeroizing::new) {
            Err(keyring_core::Error::NoEntry) => {}
            Ok(_) | Err(keyring_core::Error::Ambiguous(_)) => return Err(Error::EntryExists),
            Err(error) => return Err(explain(error)),
        }
        entry.set_secret(key.to_hex().as_bytes()).map_err(explain)?;
        let again = entry.get_secret().map(Zeroizing::new).map_err(explain)?;
        if *again == key.to_hex().as_bytes() { Ok(()) } else { Err(Error::RoundTrip) }
    }

    /// Reads a key.
    pub(crate) fn load_key(&self, account: &str) -> Result<Secret, Error> {
        match self.entry(account)?.get_secret().map(Zeroizing::new) {
            Ok(text) => Secret::parse_hex(&text).ok_or(Error::KeyMismatch),
            Err(keyring_core::Error::NoEntry) => Err(Error::KeyMissing { account: account.to_owned() }),
            Err(error) => Err(explain(error)),
        }
    }

    /// Keeps a text that is no secret, in place of the one before.
    pub(crate) fn put_text(&self, account: &str, text: &str) -> Result<(), Error> {
        self.entry(account)?.set_secret(text.as_bytes()).map_err(explain)
    }

    /// The text that was kept last.
    pub(crate) fn find_text(&self, account: &str) -> Result<Option<String>, Error> {
        match self.entry(account)?.get_secret() {
            Ok(text) => Ok(Some(String::from_utf8_lossy(&text).into_owned())),
            Err(keyring_core::Error::NoEntry) => Ok(None),
            Err(error) => Err(explain(error)),
        }
    }

    /// Removes an entry; one that is gone is fine.
    pub(crate) fn remove_key(&self, account: &str) -> Result<(), Error> {
        match self.entry(account)?.delete_credential() {
            Ok(()) | Err(keyring_core::Error::NoEntry) => Ok(()),
            Err(error) => Err(explain(error)),
        }
    }
}

/// The platform's error in our words. Only `Display` is used: `Debug` of some variants holds the secret.
fn explain(error: keyring_core::Error) -> Error {
    match error {
        keyring_core::Error::NoStorageAccess(cause) => Error::KeychainRefused { detail: cause.to_string() },
        keyring_core::Error::Ambiguous(entries) => Error::KeychainAmbiguous { count: entries.len() },
        keyring_core::Error::PlatformFailure(cause) => {
            Error::KeychainUnavailable { detail: cause.to_string() }
        }
        other => Error::KeychainUnavailable { detail: other.to_string() },
    }
}

#[cfg(test)]
mod tests {
    //! The rules around an entry, on the in-memory store that `keyring-core` ships for tests; the real
    //! keychain is in `tests/it/keychain.rs`.

    use super::*;
    use crate::make_key;
    use keyring_core::mock;

    fn memory() -> Keychain {
        let store = mock::Store::new().expect("the in-memory store needs nothing");
        Keychain { store, modifiers: HashMap::new() }
    }

    #[test]
    fn a_key_comes_back_as_it_was_stored() {
        let (store, key) = (memory(), make_key().unwrap());
        store.add_key("a", &key).unwrap();
        assert_eq!(store.load_key("a").unwrap().expose(), key.expose());
    }

    #[test]
    fn an_entry_that_exists_is_never_overwritten() {
        let (store, first) = (memory(), make_key().unwrap());
        store.add_key("a", &first).unwrap();
        let refused = store.add_key("a", &make_key().unwrap()).unwrap_err();
        assert!(matches!(refused, Error::EntryExists));
        assert_eq!(store.load_key("a").unwrap().expose(), first.expose());
    }

    #[test]
    fn a_missing_key_stays_missing() {
        let store = memory();
        assert!(matches!(store.load_key("a"), Err(Error::KeyMissing { account }) if account == "a"));
        assert!(matches!(store.load_key("a"), Err(Error::KeyMissing { .. })));
    }

    #[test]
    fn an_entry_that_is_no_key_is_refused_without_showing_it() {
        let store = memory();
        store.entry("a").unwrap().set_secret(b"correct horse battery").unwrap();
        let refused = store.load_key("a").unwrap_err();
        assert!(matches!(refused, Error::KeyMismatch));
        assert!(!format!("{refused:?} {refused}").contains("horse"));
    }

    #[test]
    fn what_a_keychain_found_malformed_is_not_repeated_in_the_error() {
        let cause = "bad format".into();
        let error = explain(keyring_core::Error::BadDataFormat(b"canary".to_vec(), cause));
        assert!(!format!("{error:?}{error}").contains("canary"));
        assert!(!format!("{error:?}").contains("99, 97, 110"));
    }

    #[test]
    fn the_last_text_that_was_kept_is_found() {
        let store = memory();
        assert_eq!(store.find_text("checkpoint a").unwrap(), None);
        store.put_text("checkpoint a", "one").unwrap();
        store.put_text("checkpoint a", "two").unwrap();
        assert_eq!(store.find_text("checkpoint a").unwrap().as_deref(), Some("two"));
        assert_eq!(store.find_text("checkpoint b").unwrap(), None);
    }

    #[test]
    fn removing_twice_is_fine() {
        let store = memory();
        store.add_key("a", &make_key().unwrap()).unwrap();
        store.remove_key("a").unwrap();
        store.remove_key("a").unwrap();
        assert!(matches!(store.load_key("a"), Err(Error::KeyMissing { .. })));
    }
}
