//! Fuzz target: public keys (SPKI, JWK) and the signatures verified with them.
#![no_main]

use attest_evidence::signature::{Algorithm, PublicKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let jwk = serde_json::from_slice(bytes).ok();
    let keys = [PublicKey::parse_spki(bytes).ok(), jwk.and_then(|jwk| PublicKey::parse_jwk(&jwk).ok())];
    for key in keys.into_iter().flatten() {
        // A key has one spelling and so one thumbprint.
        let again = PublicKey::parse_jwk(&key.to_jwk()).expect("what was read is written");
        assert_eq!(again, key);
        assert_eq!(again.thumbprint(), key.thumbprint());
        // Nobody signed the key's own bytes with parts of them.
        for algorithm in [
            Algorithm::Ed25519,
            Algorithm::EcdsaP256,
            Algorithm::EcdsaP256Der,
            Algorithm::RsaSha256,
            Algorithm::RsaSha512,
        ] {
            for length in [0, 64, 72, 256, bytes.len()] {
                let signature = bytes.get(..length).unwrap_or(bytes);
                assert!(key.verify(algorithm, bytes, signature).is_err());
            }
        }
    }
});
