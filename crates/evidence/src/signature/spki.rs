//! `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7) as certificates and key files hold it, in DER and nothing else.

use super::{KeyError, Kind, PublicKey, rsa::RsaKey};
use ::spki::{
    ObjectIdentifier, SubjectPublicKeyInfoRef,
    der::{self, Decode as _, Reader as _, SliceReader, asn1::UintRef},
};

const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] when it is not DER to the last byte, [`KeyError::Unsupported`] for a kind or curve
    /// without a place here, [`KeyError::Size`] for an RSA key that is too short or too long.
    pub fn parse_spki(der: &[u8]) -> Result<Self, KeyError> {
        let info = SubjectPublicKeyInfoRef::from_der(der)
            .map_err(|_| KeyError::Malformed("it is no SubjectPublicKeyInfo in DER"))?;
        let key = info
            .subject_public_key
            .as_bytes()
            .ok_or(KeyError::Malformed("the key does not end with a byte"))?;
        let parameters = info.algorithm.parameters;
        match info.algorithm.oid {
            ED25519 if parameters.is_none() => Self::parse_ed25519(key),
            // Curves written out instead of named are how keys were forged (CVE-2020-0601).
            EC if parameters.is_some_and(|curve| curve.decode_as() == Ok(P256)) => Self::parse_p256(key),
            RSA if parameters.is_some_and(|null| null.is_null()) => parse_rsa(key),
            _ => Err(KeyError::Unsupported),
        }
    }
}

/// `RSAPublicKey` (RFC 8017 §A.1.1).
fn parse_rsa(der: &[u8]) -> Result<PublicKey, KeyError> {
    let read = || -> der::Result<_> {
        let mut reader = SliceReader::new(der)?;
        let numbers = reader
            .sequence(|inner| Ok::<_, der::Error>((UintRef::decode(inner)?, UintRef::decode(inner)?)))?;
        reader.finish()?;
        Ok(numbers)
    };
    let (modulus, exponent) = read().map_err(|_| KeyError::Malformed("it is no RSAPublicKey in DER"))?;
    Ok(PublicKey(Kind::Rsa(RsaKey::parse(modulus.as_bytes(), exponent.as_bytes())?)))
}
