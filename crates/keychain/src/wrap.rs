//! A key inside a passphrase: Argon2id (RFC 9106) derives the wrapping key, XChaCha20-Poly1305 wraps.
//!
//! Everything in the clear beside it (workspace, parameters, salt, fingerprint) is bound as associated data,
//! so a wrapped key cannot be carried into another workspace's file.

use crate::{
    error::Error,
    key_file::Hex,
    secret::{KEY_BYTES, Passphrase, Secret, make_random},
};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Least memory accepted, in KiB: OWASP's floor for Argon2id.
const MEMORY_KIB_MIN: u32 = 19 * 1024;
/// Most memory accepted, in KiB (1 GiB): a forged file must not be able to exhaust the machine.
const MEMORY_KIB_MAX: u32 = 1024 * 1024;
/// Least and most passes accepted.
const PASSES: std::ops::RangeInclusive<u32> = 2..=16;
/// Least and most lanes accepted.
const LANES: std::ops::RangeInclusive<u32> = 1..=16;

/// What one guess of the passphrase costs: the parameters of Argon2id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Cost {
    /// RFC 9106 §4, second recommended option (3 passes, 4 lanes), with 128 MiB instead of 64: a quarter of a
    /// second on one idle core, so that a slow laptop still unlocks within the second an unlock may take.
    pub const RECOMMENDED: Self = Self { memory_kib: 128 * 1024, passes: 3, lanes: 4 };
    /// The least this program accepts (OWASP: 19 MiB, 2 passes, 1 lane), for slow machines and tests.
    pub const LEAST: Self = Self { memory_kib: MEMORY_KIB_MIN, passes: 2, lanes: 1 };

    /// Parameters between [`Cost::LEAST`] and 1 GiB, 16 passes, 16 lanes.
    ///
    /// # Errors
    /// [`Error::Cost`] outside those bounds.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, Error> {
        let cost = Self { memory_kib, passes, lanes };
        if cost.is_accepted() { Ok(cost) } else { Err(Error::Cost { memory_kib, passes, lanes }) }
    }

    pub(crate) fn is_accepted(self) -> bool {
        (MEMORY_KIB_MIN..=MEMORY_KIB_MAX).contains(&self.memory_kib)
            && PASSES.contains(&self.passes)
            && LANES.contains(&self.lanes)
    }
}

/// A wrapped key with all that is needed, besides the passphrase, to open it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wrapped {
    pub(crate) argon2id: Cost,
    salt: Hex<16>,
    nonce: Hex<24>,
    sealed: Hex<{ KEY_BYTES + 16 }>,
}

/// Wraps a key and opens it once more before it returns.
pub(crate) fn wrap_key(
    key: &Secret,
    passphrase: &Passphrase,
    cost: Cost,
    bound: &str,
) -> Result<Wrapped, Error> {
    let (mut salt, mut nonce) = ([0; 16], [0; 24]);
    make_random(&mut salt)?;
    make_random(&mut nonce)?;
    let bound_all = bound_bytes(bound, cost, &salt);
    let cipher = derive_cipher(passphrase, cost, &salt)?;
    let message = Payload { msg: key.expose(), aad: &bound_all };
    let sealed = cipher
        .encrypt(&XNonce::from(nonce), message)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .expect("32 bytes are within the cipher's limit and gain a tag of 16");
    let wrapped = Wrapped { argon2id: cost, salt: Hex(salt), nonce: Hex(nonce), sealed: Hex(sealed) };
    let again = open(&wrapped, &cipher, &bound_all)?;
    if again.expose() == key.expose() { Ok(wrapped) } else { Err(Error::RoundTrip) }
}

/// Opens a wrapped key. A wrong passphrase and a forged file look alike to the cipher; an accidentally
/// damaged file was already refused by its checksum, so what is left is called a wrong passphrase.
pub(crate) fn unwrap_key(wrapped: &Wrapped, passphrase: &Passphrase, bound: &str) -> Result<Secret, Error> {
    let cipher = derive_cipher(passphrase, wrapped.argon2id, &wrapped.salt.0)?;
    open(wrapped, &cipher, &bound_bytes(bound, wrapped.argon2id, &wrapped.salt.0))
}

fn open(wrapped: &Wrapped, cipher: &XChaCha20Poly1305, bound_all: &[u8]) -> Result<Secret, Error> {
    let message = Payload { msg: &wrapped.sealed.0, aad: bound_all };
    let plain = cipher
        .decrypt(&XNonce::from(wrapped.nonce.0), message)
        .map(Zeroizing::new)
        .map_err(|_| Error::WrongPassphrase)?;
    Secret::copy_from(&plain).ok_or(Error::Corrupt { what: "the wrapped key has the wrong length" })
}

fn derive_cipher(passphrase: &Passphrase, cost: Cost, salt: &[u8]) -> Result<XChaCha20Poly1305, Error> {
    let Cost { memory_kib, passes, lanes } = cost;
    let refused = |_| Error::Cost { memory_kib, passes, lanes };
    let params = Params::new(memory_kib, passes, lanes, Some(KEY_BYTES)).map_err(refused)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut wrapping = Zeroizing::new([0; KEY_BYTES]);
    argon2.hash_password_into(passphrase.as_bytes(), salt, &mut *wrapping).map_err(refused)?;
    Ok(XChaCha20Poly1305::new((&*wrapping).into()))
}

fn bound_bytes(bound: &str, cost: Cost, salt: &[u8]) -> Vec<u8> {
    let Cost { memory_kib, passes, lanes } = cost;
    let mut bytes = format!("{bound}\nargon2id {memory_kib} {passes} {lanes}\n").into_bytes();
    bytes.extend_from_slice(salt);
    bytes
}
