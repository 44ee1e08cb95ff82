//! Members that may be withheld or erased: RFC 9901 disclosures.
//!
//! A disclosure is base64url of the JSON array salt, name, value; its digest is base64url of the SHA-256 over
//! those ASCII characters. The leaf carries the digest, the disclosure is kept beside the log.

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Bytes of salt in each disclosure; RFC 9901 §9.3 recommends at least 128 bits.
pub const SALT_BYTES: usize = 16;

/// A disclosure and the digest that stands for it in the leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// The base64url text that is kept and, where allowed, shown.
    pub text: String,
    /// The digest that goes into `_sd`.
    pub digest: String,
}

/// Why a disclosure cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DisclosureError {
    /// No base64url of a three-member JSON array of salt, name and value.
    #[error("The disclosure is damaged: it is no base64url of salt, name and value.")]
    Malformed,
    /// It is not the one the event speaks of.
    #[error("The disclosure does not belong to the event: its digest is not among the event's.")]
    Foreign,
}

/// Makes the disclosure of one member from a fresh salt.
#[must_use]
pub fn conceal(salt: [u8; SALT_BYTES], name: &str, value: &str) -> Disclosure {
    let array =
        Value::from(vec![Value::from(BASE64URL_NOPAD.encode(&salt)), Value::from(name), Value::from(value)]);
    let text = BASE64URL_NOPAD.encode(array.to_string().as_bytes());
    let digest = digest(&text);
    Disclosure { text, digest }
}

/// The digest of a disclosure's text.
#[must_use]
pub fn digest(text: &str) -> String {
    BASE64URL_NOPAD.encode(&Sha256::digest(text.as_bytes()))
}

/// Reads a disclosure after checking that the event's `_sd` speaks of it.
///
/// # Errors
/// [`DisclosureError`] when it is damaged or belongs to another event.
pub fn reveal(text: &str, sd: &[String]) -> Result<(String, Value), DisclosureError> {
    if !sd.contains(&digest(text)) {
        return Err(DisclosureError::Foreign);
    }
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| DisclosureError::Malformed)?;
    match serde_json::from_slice::<[Value; 3]>(&bytes) {
        Ok([Value::String(_), Value::String(name), value]) => Ok((name, value)),
        _ => Err(DisclosureError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_the_standard_s_example_is_reproduced() {
        // RFC 9901 §4.2.3.
        let text = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0";
        assert_eq!(digest(text), "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0");
    }

    #[test]
    fn a_disclosure_reads_back_only_for_its_event() {
        let made = conceal([3; SALT_BYTES], "note", "Fråga Havnen ApS");
        let (name, value) = reveal(&made.text, std::slice::from_ref(&made.digest)).unwrap();
        assert_eq!((name.as_str(), value.as_str()), ("note", Some("Fråga Havnen ApS")));
        assert!(matches!(reveal(&made.text, &[]), Err(DisclosureError::Foreign)));
    }

    #[test]
    fn equal_values_have_unequal_digests() {
        let one = conceal([1; SALT_BYTES], "note", "x");
        let two = conceal([2; SALT_BYTES], "note", "x");
        assert_ne!(one.digest, two.digest);
    }
}
