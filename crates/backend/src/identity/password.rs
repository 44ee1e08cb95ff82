//! Passwords: Argon2id under a key of the installation, few at a time.
//!
//! Every check costs the same whether the person exists or not, and runs beside the requests, never among them.

use crate::{error::ApiError, secrets::Secrets};
use argon2::{Algorithm, Argon2, Params, Version};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// Memory of one hash, in KiB, and passes over it: twice the least that OWASP names (46 MiB with one pass).
const MEMORY: u32 = 47_104;
const PASSES: u32 = 2;
/// Hashes at a time: together they take at most 184 MiB and as many threads.
const AT_A_TIME: usize = 4;
/// How long a check waits for its turn before the person is asked to come back.
const PATIENCE: Duration = Duration::from_secs(10);
/// Fewest characters of a password that stands beside a second factor.
pub(crate) const PASSWORD_MIN: usize = 12;
/// Most bytes: beyond that it is no password but work for us.
pub(crate) const PASSWORD_BYTES_MAX: usize = 1_024;

/// What is kept of a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) hash: Vec<u8>,
    pub(crate) salt: Vec<u8>,
    pub(crate) memory: u32,
    pub(crate) passes: u32,
}

/// Hashes and checks passwords.
pub(crate) struct Passwords {
    pepper: Zeroizing<[u8; 32]>,
    turns: Arc<Semaphore>,
    checks: AtomicU64,
}

impl Passwords {
    pub(crate) fn new(secrets: &Secrets) -> Self {
        Self {
            pepper: secrets.derive("passwords v1"),
            turns: Arc::new(Semaphore::new(AT_A_TIME)),
            checks: AtomicU64::new(0),
        }
    }

    /// Passwords hashed since the start.
    pub(crate) fn checks(&self) -> u64 {
        self.checks.load(Ordering::Relaxed)
    }

    /// Hashes a new password.
    pub(crate) async fn store(&self, password: &str) -> Result<Stored, ApiError> {
        let salt = super::secret::make_bytes::<16>()?.to_vec();
        let hash = self.hash(password, salt.clone(), MEMORY, PASSES).await?;
        Ok(Stored { hash, salt, memory: MEMORY, passes: PASSES })
    }

    /// Whether it is the password. `None` costs the same and never holds.
    pub(crate) async fn check(&self, password: &str, stored: Option<&Stored>) -> Result<bool, ApiError> {
        let (salt, memory, passes) = match stored {
            Some(stored) => (stored.salt.clone(), stored.memory, stored.passes),
            None => (vec![0; 16], MEMORY, PASSES),
        };
        let hash = self.hash(password, salt, memory, passes).await?;
        let expected = stored.map_or(vec![0; 32], |stored| stored.hash.clone());
        Ok(bool::from(hash.ct_eq(&expected)) && stored.is_some())
    }

    async fn hash(
        &self,
        password: &str,
        salt: Vec<u8>,
        memory: u32,
        passes: u32,
    ) -> Result<Vec<u8>, ApiError> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned())
            .await
            .map_err(|_| ApiError::TooMany(5))?
            .map_err(|error| ApiError::Bug(error.to_string()))?;
        let (pepper, password) = (self.pepper.clone(), Zeroizing::new(password.to_owned()));
        self.checks.fetch_add(1, Ordering::Relaxed);
        let hashed = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let parameters = Params::new(memory, passes, 1, Some(32))?;
            let argon2 =
                Argon2::new_with_secret(pepper.as_slice(), Algorithm::Argon2id, Version::V0x13, parameters)?;
            let mut hash = vec![0; 32];
            argon2.hash_password_into(password.as_bytes(), &salt, &mut hash)?;
            Ok::<_, argon2::Error>(hash)
        });
        hashed
            .await
            .map_err(|error| ApiError::Bug(error.to_string()))?
            .map_err(|error| ApiError::Bug(format!("a password could not be hashed: {error}")))
    }
}
