//! The signatures that evidence rests on, verified in the strictest reading of their standards.
//!
//! A [`PublicKey`] verifies what its kind can make and nothing else: the [`Algorithm`] a message names about itself
//! chooses between encodings, never between kinds of keys. One key has one representation, so that two keys are the
//! same exactly if their thumbprints are.
//!
//! Crates: `ed25519-dalek` and `p256` for the curves. RSA is worked out here on `crypto-bigint`, which `p256` brings
//! anyway: verification is one power and one comparison ([RFC 8017 §8.2.2]), holds no secret and so needs no constant
//! time. The crate `rsa` has an unfixed advisory about its private keys (RUSTSEC-2023-0071), `ring` and `aws-lc-rs`
//! are C and assembler that an offline verifier would carry for this alone.
//!
//! **Absent on purpose:** private keys, RSA-PSS, SHA-1, curves but P-256, X.509 names and dates.
//!
//! [RFC 8017 §8.2.2]: https://www.rfc-editor.org/rfc/rfc8017#section-8.2.2

mod jwk;
mod rsa;
mod spki;

use ed25519_dalek::{Signature, VerifyingKey};
use p256::ecdsa::{self, signature::Verifier as _};
use rsa::RsaKey;
use std::fmt;

/// How a signature is made and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519 (RFC 8032), 64 bytes.
    Ed25519,
    /// ECDSA on P-256 with SHA-256 as r ‖ s of 32 bytes each (IEEE P1363): what JWS calls ES256.
    EcdsaP256,
    /// ECDSA on P-256 with SHA-256 as the DER of `ECDSA-Sig-Value` (RFC 3279): X.509, OCSP, hardware.
    EcdsaP256Der,
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017): XML signatures, OCSP, what JWS calls RS256.
    RsaSha256,
    /// RSASSA-PKCS1-v1_5 with SHA-512: the certificates of the Swedish banks' authorities.
    RsaSha512,
}

impl Algorithm {
    /// The algorithm that the `alg` of a JWS header names (RFC 7518 §3.1, RFC 8037, RFC 9864).
    ///
    /// `None` for every other, above all for `none` and the symmetric ones.
    #[must_use]
    pub fn parse_jose(name: &str) -> Option<Self> {
        match name {
            "ES256" => Some(Self::EcdsaP256),
            "RS256" => Some(Self::RsaSha256),
            "EdDSA" | "Ed25519" => Some(Self::Ed25519),
            _ => None,
        }
    }
}

/// Why a key is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a key in its one encoding.
    #[error("This is no public key: {0}.")]
    Malformed(&'static str),
    /// A key of a kind, curve or encoding that nothing here verifies.
    #[error("Keys of this kind are not supported.")]
    Unsupported,
    /// An RSA modulus outside 2048 to 8192 bits: too weak, or too much work for a verifier.
    #[error("An RSA key has 2048 to 8192 bits, this one has {0}.")]
    Size(u32),
    /// A JWK with private members; a key that was shown is not a secret any more (RFC 9449 §4.2).
    #[error("The key holds private parts, which must never be sent.")]
    Private,
    /// A JWK that says it is for something else than these signatures (`use`, `key_ops`, `alg`).
    #[error("The key is meant for another purpose.")]
    Purpose,
}

/// Why a signature is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The key is of another kind than the algorithm.
    #[error("The signature is said to be of another kind than its key.")]
    Algorithm,
    /// Changed message, changed signature, another key, or another spelling of the signature than the one allowed.
    #[error("The signature does not hold: the message was changed or another key signed it.")]
    Invalid,
}

/// A key that signatures are verified with: Ed25519, P-256, or RSA of 2048 to 8192 bits.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(Kind);

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    Ed25519(VerifyingKey),
    P256(ecdsa::VerifyingKey),
    Rsa(RsaKey),
}

impl PublicKey {
    /// The P-256 key at a point as SEC 1 writes it uncompressed: 0x04 ‖ x ‖ y, 65 bytes.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] for another encoding and for what is not on the curve.
    pub fn parse_p256(point: &[u8]) -> Result<Self, KeyError> {
        // SEC 1 also has compressed and hybrid points; one key has one spelling here.
        if point.len() != 65 || point[0] != 0x04 {
            return Err(KeyError::Malformed("the point is not written out in 65 bytes"));
        }
        let key = ecdsa::VerifyingKey::from_sec1_bytes(point)
            .map_err(|_| KeyError::Malformed("the point is not on the curve"))?;
        Ok(Self(Kind::P256(key)))
    }

    fn parse_ed25519(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes = bytes.try_into().map_err(|_| KeyError::Malformed("the key has not 32 bytes"))?;
        match VerifyingKey::from_bytes(bytes) {
            Ok(key) if !key.is_weak() => Ok(Self(Kind::Ed25519(key))),
            _ => Err(KeyError::Malformed("the key is no point of full order")),
        }
    }

    /// Verifies a signature over a message; the hash is taken here.
    ///
    /// ECDSA signatures with either s are valid (as the standards have it), so a signature's bytes identify nothing.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let p256 = |key: &ecdsa::VerifyingKey, read: Result<ecdsa::Signature, _>| {
            read.is_ok_and(|signature| key.verify(message, &signature).is_ok())
        };
        let holds = match (&self.0, algorithm) {
            (Kind::Ed25519(key), Algorithm::Ed25519) => Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
            (Kind::P256(key), Algorithm::EcdsaP256) => p256(key, ecdsa::Signature::from_slice(signature)),
            (Kind::P256(key), Algorithm::EcdsaP256Der) => p256(key, ecdsa::Signature::from_der(signature)),
            (Kind::Rsa(key), Algorithm::RsaSha256) => key.holds_sha256(message, signature),
            (Kind::Rsa(key), Algorithm::RsaSha512) => key.holds_sha512(message, signature),
            _ => return Err(SignatureError::Algorithm),
        };
        if holds { Ok(()) } else { Err(SignatureError::Invalid) }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.0 {
            Kind::Ed25519(_) => "Ed25519",
            Kind::P256(_) => "P-256",
            Kind::Rsa(_) => "RSA",
        };
        write!(formatter, "PublicKey({kind} {})", self.thumbprint())
    }
}

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
