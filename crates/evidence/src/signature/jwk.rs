//! JSON Web Keys (RFC 7517, 7518, 8037) and their thumbprints (RFC 7638), by which DPoP binds a token to a key.

use super::{KeyError, Kind, PublicKey, rsa::RsaKey};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Members that only private and symmetric keys have (RFC 7518 §6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

impl PublicKey {
    /// Reads the public key of a JWK. Members without a meaning here (`kid`, `x5c`, …) are not looked at.
    ///
    /// # Errors
    /// [`KeyError`]; numbers must be written in the one length that RFC 7518 §6 gives them.
    pub fn parse_jwk(jwk: &Value) -> Result<Self, KeyError> {
        let text = |name: &str| jwk[name].as_str();
        let bytes = |name: &str| {
            text(name)
                .and_then(|text| BASE64URL_NOPAD.decode(text.as_bytes()).ok())
                .ok_or(KeyError::Malformed("a number is missing or not base64url"))
        };
        if PRIVATE.iter().any(|name| jwk.get(name).is_some()) {
            return Err(KeyError::Private);
        }
        let (key, algorithms) = match (text("kty"), text("crv")) {
            (Some("EC"), Some("P-256")) => {
                let (x, y) = (bytes("x")?, bytes("y")?);
                if x.len() != 32 {
                    return Err(KeyError::Malformed("a coordinate has not 32 bytes"));
                }
                (Self::parse_p256(&[&[0x04], x.as_slice(), &y].concat())?, &["ES256"][..])
            }
            (Some("OKP"), Some("Ed25519")) => (Self::parse_ed25519(&bytes("x")?)?, &["EdDSA", "Ed25519"][..]),
            (Some("RSA"), _) => (Self(Kind::Rsa(RsaKey::parse(&bytes("n")?, &bytes("e")?)?)), &["RS256"][..]),
            _ => return Err(KeyError::Unsupported),
        };
        let meant = jwk.get("use").is_none_or(|purpose| purpose == "sig")
            && jwk.get("alg").is_none_or(|name| algorithms.iter().any(|known| name == known))
            && jwk.get("key_ops").is_none_or(|list| {
                list.as_array().is_some_and(|list| list.iter().any(|operation| operation == "verify"))
            });
        if meant { Ok(key) } else { Err(KeyError::Purpose) }
    }

    /// The JWK with the required members and no other.
    #[must_use]
    pub fn to_jwk(&self) -> Value {
        let text = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        match &self.0 {
            Kind::Ed25519(key) => json!({"kty": "OKP", "crv": "Ed25519", "x": text(key.as_bytes())}),
            Kind::P256(key) => {
                let point = key.to_sec1_point(false);
                let (x, y) = point.as_bytes()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": text(x), "y": text(y)})
            }
            Kind::Rsa(key) => json!({"kty": "RSA", "n": text(&key.modulus()), "e": text(&key.exponent())}),
        }
    }

    /// The thumbprint (RFC 7638) with SHA-256, base64url without padding: DPoP's `jkt`.
    ///
    /// It is made of the key, not of the JWK that was read, so each key has one.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        // Names in order and no blanks (§3.3), which canonical JSON gives too.
        let bytes = serde_json_canonicalizer::to_vec(&self.to_jwk()).expect("an object of texts");
        BASE64URL_NOPAD.encode(&Sha256::digest(&bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_rsa_key_has_the_thumbprint_of_the_standard_s_example() {
        // RFC 7638 §3.1.
        let jwk = json!({
            "kty": "RSA",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRX\
                  jBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaS\
                  qzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksIN\
                  HaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
            "e": "AQAB",
            "alg": "RS256",
            "kid": "2011-04-29",
        });
        let key = PublicKey::parse_jwk(&jwk).unwrap();
        assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert_eq!(key.to_jwk(), json!({"kty": "RSA", "n": jwk["n"], "e": "AQAB"}));
    }

    #[test]
    fn a_p256_key_has_the_thumbprint_that_dpop_s_example_confirms() {
        // RFC 9449 §4.1 (the key) and §6.1 (its `jkt`).
        let jwk = json!({
            "kty": "EC",
            "crv": "P-256",
            "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
            "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
        });
        let key = PublicKey::parse_jwk(&jwk).unwrap();
        assert_eq!(key.thumbprint(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
        assert_eq!(key.to_jwk(), jwk);
    }

    #[test]
    fn an_ed25519_key_has_the_thumbprint_of_the_standard_s_example() {
        // RFC 8037 §A.3.
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        let key = PublicKey::parse_jwk(&jwk).unwrap();
        assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(key.to_jwk(), jwk);
    }
}
