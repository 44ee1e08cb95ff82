//! Key and passphrase in memory: wiped when dropped, never printed.

use crate::error::Error;
use data_encoding::HEXLOWER;
use hkdf::Hkdf;
use sha2::Sha256;
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// Bytes of the cache key (AES-256).
pub const KEY_BYTES: usize = 32;

/// Least number of characters of a passphrase.
pub const PASSPHRASE_CHARS_MIN: usize = 12;

/// The raw key of the cache. Boxed so that moving it leaves no copy behind; wiped when dropped.
pub struct Secret(Box<[u8; KEY_BYTES]>);

impl Secret {
    /// The key itself, for the call that opens the database.
    #[must_use]
    pub fn expose(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// Another key that follows from this one and from what it is for: HKDF-SHA256 (RFC 5869) without salt. It gives
    /// nothing of this key away.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Self {
        let mut derived = Self(Box::new([0; KEY_BYTES]));
        Hkdf::<Sha256>::new(None, &*self.0)
            .expand(purpose.as_bytes(), &mut *derived.0)
            .expect("HKDF-SHA256 gives up to 8,160 bytes");
        derived
    }

    /// 64 lower-case hex digits: keychains that keep text only (KDE Wallet) hold it unharmed.
    pub(crate) fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(HEXLOWER.encode(&*self.0))
    }

    /// Reads what [`Secret::to_hex`] wrote; `None` for anything else.
    pub(crate) fn parse_hex(text: &[u8]) -> Option<Self> {
        if text.len() != KEY_BYTES * 2 {
            return None;
        }
        let mut secret = Self(Box::new([0; KEY_BYTES]));
        HEXLOWER.decode_mut(text, &mut *secret.0).ok()?;
        Some(secret)
    }

    /// Copies a key out of a buffer that its owner wipes.
    pub(crate) fn copy_from(bytes: &[u8]) -> Option<Self> {
        let mut secret = Self(Box::new([0; KEY_BYTES]));
        if bytes.len() != KEY_BYTES {
            return None;
        }
        secret.0.copy_from_slice(bytes);
        Some(secret)
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(redacted)")
    }
}

/// A passphrase as typed; wiped when dropped.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// UTF-8 bytes exactly as typed: nothing is trimmed or normalised.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(crate) fn refuse_short(&self) -> Result<(), Error> {
        if self.0.chars().count() < PASSPHRASE_CHARS_MIN {
            return Err(Error::PassphraseTooShort);
        }
        Ok(())
    }
}

impl From<String> for Passphrase {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Passphrase(redacted)")
    }
}

/// Makes a random key from the operating system's generator.
///
/// # Errors
/// [`Error::Random`] when the system has none to give.
pub fn make_key() -> Result<Secret, Error> {
    let mut secret = Secret(Box::new([0; KEY_BYTES]));
    make_random(&mut *secret.0)?;
    Ok(secret)
}

/// Fills a buffer with random bytes.
pub(crate) fn make_random(buffer: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(buffer).map_err(Error::Random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derived_key_is_that_of_its_purpose_for_ever() {
        // A permanent vector, worked out with Python's hmac: if it breaks, device keys change.
        let key = Secret::copy_from(&[7; KEY_BYTES]).expect("32 bytes");
        let derived = key.derive("attest device key v1");
        assert_eq!(*derived.to_hex(), "6cdb20f058858cce9febb805fcea6a8e378c9c5fc633bfd8b6f95fd291312c00");
        assert_ne!(derived.expose(), key.derive("attest device key v2").expose());
        assert_ne!(derived.expose(), key.expose());
    }
}
