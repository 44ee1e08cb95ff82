//! Time-based one-time codes (RFC 6238): SHA-1, six digits, 30 seconds, one step of tolerance to either side.
//!
//! Written out on `hmac` and `sha1`, which are in the tree anyway: it is one HMAC and one truncation, and a crate for
//! it would bring its own idea of secrets, addresses and pictures. SHA-1 is what every authenticator supports; HMAC
//! does not rest on its collisions.
//!
//! A secret is nowhere stored: it is derived from the installation's secret and a random salt.

use attest_wire::percent_encoded;
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use zeroize::Zeroizing;

/// Length of a time step, in seconds.
const STEP: i64 = 30;

/// The secret that an authenticator shares with us, 160 bits (RFC 4226 §4).
pub(crate) struct TotpSecret(Zeroizing<[u8; 20]>);

impl TotpSecret {
    /// Takes the first 20 bytes of what was derived for a person.
    pub(crate) fn new(derived: &[u8; 32]) -> Self {
        let mut secret = Zeroizing::new([0; 20]);
        secret.copy_from_slice(&derived[..20]);
        Self(secret)
    }

    /// The step within one of `now` (seconds since 1970) whose code this is. All three are computed in any case.
    pub(crate) fn find_step(&self, code: &str, now: i64) -> Option<i64> {
        let current = now.div_euclid(STEP);
        let mut found = None;
        for step in [current - 1, current, current + 1] {
            let expected = format!("{:06}", hotp(self.0.as_slice(), step) % 1_000_000);
            if bool::from(subtle::ConstantTimeEq::ct_eq(expected.as_bytes(), code.as_bytes())) {
                found = Some(step);
            }
        }
        found
    }

    /// The address that authenticators read (`otpauth://totp/…`).
    pub(crate) fn to_uri(&self, host: &str, name: &str) -> String {
        let issuer = percent_encoded(&format!("Attest {host}"));
        let secret = Zeroizing::new(BASE32_NOPAD.encode(self.0.as_slice()));
        format!(
            "otpauth://totp/{issuer}:{}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period=30",
            percent_encoded(name),
            secret.as_str()
        )
    }
}

/// RFC 4226 §5.3 before the reduction to digits.
fn hotp(secret: &[u8], counter: i64) -> u32 {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(&counter.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest[19] & 0x0f);
    let bytes = [digest[offset], digest[offset + 1], digest[offset + 2], digest[offset + 3]];
    u32::from_be_bytes(bytes) & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standards() {
        // RFC 6238 appendix B, SHA-1, eight digits.
        for (seconds, code) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            assert_eq!(hotp(b"12345678901234567890", seconds / STEP) % 100_000_000, code);
        }
        // RFC 4226 appendix D.
        let codes: Vec<u32> =
            (0..10).map(|counter| hotp(b"12345678901234567890", counter) % 1_000_000).collect();
        assert_eq!(
            codes,
            [755_224, 287_082, 359_152, 969_429, 338_314, 254_676, 287_922, 162_583, 399_871, 520_489]
        );
    }

    #[test]
    fn a_code_counts_one_step_early_or_late_and_no_more() {
        let secret = TotpSecret(Zeroizing::new(*b"12345678901234567890"));
        assert_eq!(secret.find_step("287082", 59), Some(1));
        assert_eq!(secret.find_step("287082", 0), Some(1));
        assert_eq!(secret.find_step("287082", 89), Some(1));
        assert_eq!(secret.find_step("287082", 90), None);
        assert_eq!(secret.find_step("28708", 59), None);
        assert_eq!(secret.find_step("94287082", 59), None);
    }

    #[test]
    fn an_authenticator_reads_the_secret_from_the_address() {
        let secret = TotpSecret(Zeroizing::new(*b"12345678901234567890"));
        assert_eq!(
            secret.to_uri("attest.example", "a b@example.org"),
            "otpauth://totp/Attest%20attest.example:a%20b%40example.org?\
             secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Attest%20attest.example&algorithm=SHA1&digits=6&period=30"
        );
    }
}
