//! The key of a device, and the proofs it makes that a token is used by whoever it was given to (DPoP, RFC 9449).
//!
//! ES256 alone, as the backend takes it.

use crate::error::RemoteError;
use attest_evidence::signature::PublicKey;
use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

/// Length of a private key.
const KEY_BYTES: usize = 32;

/// A P-256 key made on this device.
#[derive(Clone)]
pub struct DeviceKey(SigningKey);

impl std::fmt::Debug for DeviceKey {
    /// Never the key.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("DeviceKey")
    }
}

/// What a proof says beside its key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claims<'c> {
    pub(crate) method: &'c str,
    /// `https://host[:port]` and the path.
    pub(crate) address: &'c str,
    /// Seconds since 1970, by the service's clock as far as it is known.
    pub(crate) at: i64,
    pub(crate) nonce: Option<&'c str>,
    /// The access token it comes with.
    pub(crate) token: Option<&'c str>,
}

impl DeviceKey {
    /// Makes a key.
    ///
    /// # Errors
    /// [`RemoteError::Setup`] when the system gives no random bytes.
    pub fn make() -> Result<Self, RemoteError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        loop {
            getrandom::fill(bytes.as_mut_slice())
                .map_err(|error| RemoteError::Setup(format!("the system gives no random bytes: {error}")))?;
            // All but one in 2³² is a key.
            if let Some(key) = Self::from_bytes(bytes.as_slice()) {
                return Ok(key);
            }
        }
    }

    /// The key of these 32 bytes, big-endian; `None` where they are none.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        SigningKey::from_slice(bytes).ok().map(Self)
    }

    /// Its 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.to_bytes().to_vec())
    }

    /// Its thumbprint (RFC 7638), base64url.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        PublicKey::parse_jwk(&self.jwk()).expect("a public key of P-256").thumbprint()
    }

    fn jwk(&self) -> Value {
        let point = self.0.verifying_key().to_sec1_point(false);
        let (x, y) = point.as_bytes()[1..].split_at(KEY_BYTES);
        json!({"kty": "EC", "crv": "P-256", "x": BASE64URL_NOPAD.encode(x), "y": BASE64URL_NOPAD.encode(y)})
    }

    /// Makes a proof for one request.
    pub(crate) fn prove(&self, claims: Claims<'_>) -> String {
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()});
        let mut body = json!({
            "jti": Uuid::new_v4().to_string(),
            "htm": claims.method,
            "htu": claims.address,
            "iat": claims.at,
        });
        if let Some(nonce) = claims.nonce {
            body["nonce"] = nonce.into();
        }
        if let Some(token) = claims.token {
            body["ath"] = BASE64URL_NOPAD.encode(&Sha256::digest(token.as_bytes())).into();
        }
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(&body));
        let signature: Signature = self.0.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attest_evidence::signature::Algorithm;

    #[test]
    fn a_proof_holds_under_the_key_it_names_and_says_what_it_is_for() {
        let key = DeviceKey::make().unwrap();
        let again = DeviceKey::from_bytes(&key.to_bytes()).unwrap();
        assert_eq!(again.thumbprint(), key.thumbprint());
        let claims = Claims {
            method: "GET",
            address: "https://log.example/v1/me",
            at: 7,
            nonce: Some("n"),
            token: Some("t"),
        };
        let proof = again.prove(claims);
        let (signed, signature) = proof.rsplit_once('.').unwrap();
        let (header, body) = signed.split_once('.').unwrap();
        let read = |part: &str| -> Value {
            serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
        };
        let public = PublicKey::parse_jwk(&read(header)["jwk"]).unwrap();
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
        public.verify(Algorithm::EcdsaP256, signed.as_bytes(), &signature).unwrap();
        let body = read(body);
        assert_eq!((&body["htm"], &body["htu"]), (&"GET".into(), &"https://log.example/v1/me".into()));
        assert_eq!((&body["iat"], &body["nonce"]), (&7.into(), &"n".into()));
        assert_eq!(body["ath"], BASE64URL_NOPAD.encode(&Sha256::digest(b"t")));
        assert_ne!(key.prove(claims), proof, "each has an identifier of its own");
    }
}
