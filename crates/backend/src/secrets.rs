//! The one secret of an installation and what is derived from it: the key of each tenant's log.
//!
//! It is 32 random bytes in the data folder, readable by the service alone. Whoever has it can sign in the name of
//! every log kept here; it belongs into the backup of secrets, not into that of data.

use attest_evidence::note::{NoteError, NoteSigner};
use data_encoding::HEXLOWER;
use hkdf::Hkdf;
use sha2::Sha256;
use std::{io::Write as _, path::Path};
use uuid::Uuid;
use zeroize::Zeroizing;

const FILE: &str = "secret.key";

/// Derives the keys of an installation.
#[derive(Clone)]
pub(crate) struct Secrets(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for Secrets {
    /// Never the secret.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secrets")
    }
}

impl Secrets {
    /// Reads the secret of the folder, or makes one where there is none and no database either: a new secret beside
    /// old logs would sign what nobody could verify.
    pub(crate) fn open(folder: &Path, may_make: bool) -> std::io::Result<Self> {
        let path = folder.join(FILE);
        match std::fs::read(&path) {
            Ok(bytes) => {
                let bytes: [u8; 32] = bytes.try_into().map_err(|_| {
                    std::io::Error::other(format!("{} is not the 32 bytes it was made with", path.display()))
                })?;
                Ok(Self(Zeroizing::new(bytes)))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && may_make => {
                let mut bytes = Zeroizing::new([0; 32]);
                getrandom::fill(bytes.as_mut_slice()).map_err(std::io::Error::other)?;
                let mut options = std::fs::OpenOptions::new();
                options.write(true).create_new(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let mut file = options.open(&path)?;
                file.write_all(bytes.as_slice())?;
                file.sync_all()?;
                Ok(Self(bytes))
            }
            Err(error) => {
                Err(std::io::Error::other(format!("the installation's secret {}: {error}", path.display())))
            }
        }
    }

    /// 32 bytes for one purpose.
    pub(crate) fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let mut derived = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, self.0.as_slice())
            .expand(purpose.as_bytes(), derived.as_mut_slice())
            .expect("32 bytes are few enough");
        derived
    }

    /// What tells this secret from another without telling it.
    pub(crate) fn fingerprint(&self) -> String {
        HEXLOWER.encode(&self.derive("fingerprint v1")[..16])
    }

    /// The signer of a tenant's log.
    pub(crate) fn log_signer(&self, host: &str, tenant: Uuid) -> Result<NoteSigner, NoteError> {
        NoteSigner::from_seed(&format!("{host}/t/{tenant}"), &self.derive(&format!("log key v1 {tenant}")))
    }
}
