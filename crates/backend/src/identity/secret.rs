//! Random tokens, their digests, and keyed digests.

use crate::error::ApiError;
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// 256 random bits as text, behind a prefix by which scanners find a leaked one.
pub(crate) fn make_token(prefix: &str) -> Result<String, ApiError> {
    Ok(format!("{prefix}{}", BASE64URL_NOPAD.encode(&make_bytes::<32>()?)))
}

/// Random bytes.
pub(crate) fn make_bytes<const N: usize>() -> Result<[u8; N], ApiError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| ApiError::Bug(error.to_string()))?;
    Ok(bytes)
}

/// What is kept of a token. Looking a digest up tells nothing about the token by its time.
pub(crate) fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

fn hmac(key: &[u8], parts: &[&str]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        // With their lengths, so that no two lists of parts are the same message.
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac
}

/// Keyed digest of some texts.
pub(crate) fn mac(key: &[u8], parts: &[&str]) -> Vec<u8> {
    hmac(key, parts).finalize().into_bytes().to_vec()
}

/// The same as text.
pub(crate) fn mac_text(key: &[u8], parts: &[&str]) -> String {
    BASE64URL_NOPAD.encode(&mac(key, parts))
}

/// Whether a text is the keyed digest of some texts; the time it takes tells nothing.
pub(crate) fn holds(key: &[u8], parts: &[&str], text: &str) -> bool {
    BASE64URL_NOPAD.decode(text.as_bytes()).is_ok_and(|tag| hmac(key, parts).verify_slice(&tag).is_ok())
}
