//! The signatures that evidence rests on, verified in the strictest reading of their standards.

use ed25519_dalek::{Signature, VerifyingKey};

/// Whether an Ed25519 signature (RFC 8032) over `message` holds: canonical scalars, no key and no point of small order.
/// Anything of another length does not.
#[must_use]
pub fn verify_ed25519(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Ok(key) = <&[u8; 32]>::try_from(key) else { return false };
    let (Ok(key), Ok(signature)) = (VerifyingKey::from_bytes(key), Signature::from_slice(signature)) else {
        return false;
    };
    key.verify_strict(message, &signature).is_ok()
}
