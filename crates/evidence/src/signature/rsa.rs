//! RSASSA-PKCS1-v1_5 verification (RFC 8017 §8.2.2): the message that must have been signed is encoded anew and
//! compared whole, so nothing that a signature unpacks to is ever parsed.
//!
//! That is why an encoding without the NULL of the hash's parameters is refused, which some verifiers tolerate:
//! §9.2 names one encoding, and every tolerance in this place has been a forgery once (Bleichenbacher, 2006).
//! Exponents from 3 on are taken; the whole comparison is what makes small ones safe.

use super::KeyError;
use crypto_bigint::{
    BoxedUint, Odd,
    modular::{BoxedMontyForm, BoxedMontyParams},
};
use sha2::{Digest as _, Sha256, Sha512};

/// Bits of a modulus: what is strong enough, and what a verifier can be made to work on.
const BITS: std::ops::RangeInclusive<u32> = 2048..=8192;
/// `DigestInfo` up to the digest itself (RFC 8017 §9.2, note 1).
const SHA256_INFO: &[u8] = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
const SHA512_INFO: &[u8] = b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40";

/// A modulus, ready for reckoning, and an exponent.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct RsaKey {
    params: BoxedMontyParams,
    exponent: u32,
}

impl RsaKey {
    /// The key of two unsigned numbers, big end first, without leading zeros.
    pub(super) fn parse(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        if modulus.first().is_none_or(|&byte| byte == 0) || exponent.first().is_none_or(|&byte| byte == 0) {
            return Err(KeyError::Malformed("a number is missing or begins with zeros"));
        }
        // Before any reckoning, as its cost grows with the square of the length.
        let bits = u32::try_from(modulus.len()).map_or(u32::MAX, |bytes| bytes.saturating_mul(8))
            - modulus[0].leading_zeros();
        if !BITS.contains(&bits) {
            return Err(KeyError::Size(bits));
        }
        let modulus = Option::<Odd<BoxedUint>>::from(BoxedUint::from_be_slice_vartime(modulus).into_odd())
            .ok_or(KeyError::Malformed("the modulus is even"))?;
        if exponent.len() > 4 {
            return Err(KeyError::Malformed("the exponent has more than 32 bits"));
        }
        let exponent = exponent.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte));
        if exponent < 3 || exponent % 2 == 0 {
            return Err(KeyError::Malformed("the exponent is even or one"));
        }
        Ok(Self { params: BoxedMontyParams::new_vartime(modulus), exponent })
    }

    /// The modulus, big end first, without leading zeros.
    pub(super) fn modulus(&self) -> Box<[u8]> {
        self.params.modulus().as_ref().to_be_bytes_trimmed_vartime()
    }

    /// The exponent, written the same way.
    pub(super) fn exponent(&self) -> Vec<u8> {
        self.exponent.to_be_bytes().into_iter().skip_while(|&byte| byte == 0).collect()
    }

    pub(super) fn holds_sha256(&self, message: &[u8], signature: &[u8]) -> bool {
        self.holds(SHA256_INFO, &Sha256::digest(message), signature)
    }

    pub(super) fn holds_sha512(&self, message: &[u8], signature: &[u8]) -> bool {
        self.holds(SHA512_INFO, &Sha512::digest(message), signature)
    }

    fn holds(&self, info: &[u8], digest: &[u8], signature: &[u8]) -> bool {
        let modulus: &BoxedUint = self.params.modulus().as_ref();
        let length = modulus.bits_vartime().div_ceil(8) as usize;
        if signature.len() != length {
            return false;
        }
        let number = |bytes: &[u8]| {
            BoxedUint::from_be_slice(bytes, self.params.bits_precision())
                .expect("as many bytes as the modulus has, which the precision was made for")
        };
        let signature = number(signature);
        if signature >= *modulus {
            return false;
        }
        let bits = u32::BITS - self.exponent.leading_zeros();
        let signed = BoxedMontyForm::new(signature, &self.params)
            .pow_bounded_exp(&BoxedUint::from(self.exponent), bits)
            .retrieve();
        // Numbers of one length are equal exactly if their bytes are.
        signed == number(&encode(info, digest, length))
    }
}

/// EMSA-PKCS1-v1_5 (RFC 8017 §9.2): 0x00 0x01, as many 0xFF as fit, 0x00, `DigestInfo`.
fn encode(info: &[u8], digest: &[u8], length: usize) -> Vec<u8> {
    // At least 256 bytes by the smallest key, and 83 taken by the largest digest: more than the 8 that must be 0xFF.
    let fill = length - 3 - info.len() - digest.len();
    [&[0x00, 0x01], vec![0xff; fill].as_slice(), &[0x00], info, digest].concat()
}
