//! `key.json`, the document beside the cache that says where its key is. It never holds the key in clear.
//!
//! Its checksum tells a damaged file from a wrong passphrase; it is no protection against forgery (the
//! passphrase and the keychain are).

use crate::{
    Database,
    error::Error,
    secret::{Passphrase, Secret},
    store::StoreKind,
    wrap::{Cost, Wrapped, wrap_key},
};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};
use uuid::Uuid;

/// Name of the document inside the workspace's folder.
pub const KEY_FILE_NAME: &str = "key.json";
const VERSION: u32 = 1;
/// A key file is below 1 KiB; more than this is not one.
const KEY_FILE_BYTES_MAX: u64 = 16 * 1024;

/// Who holds the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyHolder {
    /// The operating system's keychain.
    Keychain,
    /// The user's memory: the key is wrapped by a passphrase.
    Passphrase,
}

/// Where the key of one workspace is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFile {
    v: u32,
    workspace: Uuid,
    fingerprint: Hex<16>,
    key: Place,
    checksum: Hex<32>,
}

/// The place itself, with what is needed to go there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Place {
    Keychain { store: StoreKind, account: String },
    Passphrase(Wrapped),
}

impl KeyFile {
    pub(crate) fn with_keychain(workspace: Uuid, key: &Secret, store: StoreKind, account: String) -> Self {
        Self::sealed(workspace, derive_fingerprint(workspace, key), Place::Keychain { store, account })
    }

    pub(crate) fn with_passphrase(
        workspace: Uuid,
        key: &Secret,
        passphrase: &Passphrase,
        cost: Cost,
    ) -> Result<Self, Error> {
        let fingerprint = derive_fingerprint(workspace, key);
        let wrapped = wrap_key(key, passphrase, cost, &bound_text(workspace, fingerprint))?;
        Ok(Self::sealed(workspace, fingerprint, Place::Passphrase(wrapped)))
    }

    fn sealed(workspace: Uuid, fingerprint: Hex<16>, key: Place) -> Self {
        let mut file = Self { v: VERSION, workspace, fingerprint, key, checksum: Hex([0; 32]) };
        file.checksum = file.derive_checksum();
        file
    }

    /// Which workspace the key belongs to.
    #[must_use]
    pub fn workspace(&self) -> Uuid {
        self.workspace
    }

    /// Who holds the key.
    #[must_use]
    pub fn holder(&self) -> KeyHolder {
        match self.key {
            Place::Keychain { .. } => KeyHolder::Keychain,
            Place::Passphrase(_) => KeyHolder::Passphrase,
        }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.key
    }

    /// Whether a key is the one this file stands for.
    #[must_use]
    pub fn is_key(&self, key: &Secret) -> bool {
        derive_fingerprint(self.workspace, key) == self.fingerprint
    }

    pub(crate) fn bound_text(&self) -> String {
        bound_text(self.workspace, self.fingerprint)
    }

    /// The document as it is written: JSON for people to look at, ending in a line break.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a key file has string keys only");
        text.push('\n');
        text
    }

    /// Reads a document that [`KeyFile::render`] wrote.
    ///
    /// # Errors
    /// [`Error::TooNew`], or [`Error::Corrupt`] for anything that is not exactly what was written, spacing
    /// aside.
    pub fn parse(text: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Version {
            v: u32,
        }
        let corrupt = |what| move |_| Error::Corrupt { what };
        let version: Version = serde_json::from_str(text).map_err(corrupt("it is not a JSON document"))?;
        if version.v > VERSION {
            return Err(Error::TooNew { found: version.v });
        }
        let file: Self = serde_json::from_str(text).map_err(corrupt("a field is missing or misspelt"))?;
        if file.v != VERSION || file.checksum != file.derive_checksum() {
            return Err(Error::Corrupt { what: "its checksum does not fit" });
        }
        match &file.key {
            Place::Passphrase(wrapped) if !wrapped.argon2id.is_accepted() => {
                Err(Error::Corrupt { what: "its passphrase parameters are out of bounds" })
            }
            _ => Ok(file),
        }
    }

    fn derive_checksum(&self) -> Hex<32> {
        let blank = Self { checksum: Hex([0; 32]), ..self.clone() };
        let bytes = serde_json::to_vec(&blank).expect("a key file has string keys only");
        Hex(Sha256::digest(bytes).into())
    }
}

/// Tells one key from another without giving anything away: 16 bytes of a digest over 256 random bits.
fn derive_fingerprint(workspace: Uuid, key: &Secret) -> Hex<16> {
    let mut hasher = Sha256::new();
    hasher.update(b"attest cache key fingerprint v1\0");
    hasher.update(workspace.as_bytes());
    hasher.update(key.expose());
    let digest: [u8; 32] = hasher.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Hex(bytes)
}

fn bound_text(workspace: Uuid, fingerprint: Hex<16>) -> String {
    format!("attest key file v{VERSION}\n{workspace}\n{}", HEXLOWER.encode(&fingerprint.0))
}

/// Reads the key file of a workspace's folder; `None` when neither it nor a database is there.
///
/// # Errors
/// [`Error::KeyFileMissing`] when there is a database but no key file, [`Error::Corrupt`], [`Error::TooNew`],
/// [`Error::Io`].
pub fn read_key_file(dir: &Path, database: Database) -> Result<Option<KeyFile>, Error> {
    let path = dir.join(KEY_FILE_NAME);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return match database {
                Database::Absent => Ok(None),
                Database::Present => Err(Error::KeyFileMissing { path }),
            };
        }
        Err(source) => return Err(Error::Io { path, source }),
    };
    let mut bytes = Vec::new();
    file.take(KEY_FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(at(&path))?;
    if bytes.len() as u64 > KEY_FILE_BYTES_MAX {
        return Err(Error::Corrupt { what: "it is far too long" });
    }
    let text = String::from_utf8(bytes).map_err(|_| Error::Corrupt { what: "it is not text" })?;
    KeyFile::parse(&text).map(Some)
}

/// Writes the key file of a workspace's folder so that a crash leaves the old one or the new one, whole.
///
/// # Errors
/// [`Error::OtherWorkspace`] when the file there belongs to another workspace; a file there that cannot be
/// read is not overwritten either; [`Error::Io`].
pub fn write_key_file(dir: &Path, file: &KeyFile) -> Result<(), Error> {
    let path = dir.join(KEY_FILE_NAME);
    if let Some(old) = read_key_file(dir, Database::Absent)?
        && old.workspace != file.workspace
    {
        return Err(Error::OtherWorkspace { path });
    }
    replace_file(&path, file.render().as_bytes())
}

/// Replaces a file so that a crash leaves the old one or the new one, whole.
pub(crate) fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let new = path.with_added_extension("new");
    write_through(&new, bytes).map_err(at(&new))?;
    fs::rename(&new, path).map_err(at(path))?;
    let dir = path.parent().unwrap_or(Path::new("."));
    sync_folder(dir).map_err(at(dir))
}

/// Writes and waits until the bytes are on the disk (on macOS `sync_all` is `F_FULLFSYNC`).
fn write_through(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the rename itself durable.
#[cfg(unix)]
fn sync_folder(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Windows has no handle to sync a folder by; NTFS journals the rename.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "same signature as on unix")]
fn sync_folder(_dir: &Path) -> io::Result<()> {
    Ok(())
}

pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path: PathBuf = path.to_owned();
    move |source| Error::Io { path, source }
}

/// Bytes written as lower-case hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hex<const N: usize>(pub(crate) [u8; N]);

impl<const N: usize> Serialize for Hex<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&HEXLOWER.encode(&self.0))
    }
}

impl<'de, const N: usize> Deserialize<'de> for Hex<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| D::Error::custom("hex digits of another length were expected"))
    }
}
