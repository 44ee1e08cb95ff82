//! Signatures and keys made by another implementation (`tests/fixtures/make_signatures.py`): what OpenSSL signed holds,
//! what was forged or changed by a single bit does not.

use attest_evidence::signature::{Algorithm, KeyError, PublicKey, SignatureError};
use data_encoding::BASE64;
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A row of the fixture.
struct Case {
    name: String,
    spki: Vec<u8>,
    jwk: Value,
    thumbprint: String,
    algorithm: Algorithm,
    signature: Vec<u8>,
}

fn fixture() -> Value {
    serde_json::from_str(include_str!("../fixtures/signatures.json")).expect("JSON")
}

fn message() -> Vec<u8> {
    fixture()["message"].as_str().expect("a text").as_bytes().to_vec()
}

fn bytes(value: &Value) -> Vec<u8> {
    BASE64.decode(value.as_str().expect("a text").as_bytes()).expect("base64")
}

fn cases(list: &str) -> Vec<Case> {
    let rows = fixture()[list].as_array().expect("a list").clone();
    assert!(!rows.is_empty());
    let case = |row: &Value| Case {
        name: row["name"].as_str().expect("a text").to_owned(),
        spki: bytes(&row["spki"]),
        jwk: row["jwk"].clone(),
        thumbprint: row["thumbprint"].as_str().expect("a text").to_owned(),
        algorithm: match row["algorithm"].as_str().expect("a text") {
            "Ed25519" => Algorithm::Ed25519,
            "EcdsaP256" => Algorithm::EcdsaP256,
            "EcdsaP256Der" => Algorithm::EcdsaP256Der,
            "RsaSha256" => Algorithm::RsaSha256,
            "RsaSha512" => Algorithm::RsaSha512,
            other => panic!("{other}"),
        },
        signature: bytes(&row["signature"]),
    };
    rows.iter().map(case).collect()
}

fn flip(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[bit / 8] ^= 1 << (bit % 8);
    changed
}

/// The bits to change one at a time: every third of an elliptic curve's, every 13th of an RSA key or signature, which
/// have thousands. Both steps meet every place in a byte.
fn probes(bytes: &[u8]) -> impl Iterator<Item = usize> + use<> {
    (0..bytes.len() * 8).step_by(if bytes.len() > 128 { 13 } else { 3 })
}

#[test]
fn what_another_implementation_signed_holds_under_its_key_in_both_spellings() {
    for case in cases("signed") {
        let key = PublicKey::parse_spki(&case.spki).unwrap();
        assert_eq!(key.verify(case.algorithm, &message(), &case.signature), Ok(()), "{}", case.name);
        assert_eq!(PublicKey::parse_jwk(&case.jwk).as_ref(), Ok(&key), "{}", case.name);
        assert_eq!(key.to_jwk(), case.jwk);
        assert_eq!(key.thumbprint(), case.thumbprint);
    }
}

#[test]
fn forged_signatures_do_not_hold() {
    for case in cases("forged") {
        let key = PublicKey::parse_spki(&case.spki).unwrap();
        let held = key.verify(case.algorithm, &message(), &case.signature);
        assert_eq!(held, Err(SignatureError::Invalid), "{}", case.name);
    }
}

#[test]
fn a_changed_bit_of_a_signature_or_message_is_rejected() {
    let message = message();
    for case in cases("signed") {
        let key = PublicKey::parse_spki(&case.spki).unwrap();
        let rejected = |message: &[u8], signature: &[u8]| {
            key.verify(case.algorithm, message, signature) == Err(SignatureError::Invalid)
        };
        for bit in probes(&case.signature) {
            assert!(
                rejected(&message, &flip(&case.signature, bit)),
                "{}, bit {bit} of the signature",
                case.name
            );
        }
        for bit in (0..message.len() * 8).step_by(13) {
            assert!(
                rejected(&flip(&message, bit), &case.signature),
                "{}, bit {bit} of the message",
                case.name
            );
        }
        for length in 0..case.signature.len() {
            assert!(rejected(&message, &case.signature[..length]), "{}, {length} bytes", case.name);
        }
    }
}

#[test]
fn a_changed_bit_of_a_key_makes_another_key_or_none() {
    let message = message();
    for case in cases("signed") {
        for bit in probes(&case.spki) {
            let held = PublicKey::parse_spki(&flip(&case.spki, bit))
                .map(|key| key.verify(case.algorithm, &message, &case.signature));
            assert!(!matches!(held, Ok(Ok(()))), "{}, bit {bit} of the key", case.name);
        }
    }
}

#[test]
fn a_key_verifies_no_signature_of_another_kind_or_another_key() {
    let all = cases("signed");
    for (at, case) in all.iter().enumerate() {
        let key = PublicKey::parse_spki(&case.spki).unwrap();
        for (place, other) in all.iter().enumerate() {
            let same = case.spki == other.spki;
            let held = key.verify(other.algorithm, &message(), &other.signature);
            assert_eq!(held.is_ok(), same, "{} by {}", other.name, case.name);
            assert!(at != place || held.is_ok());
        }
        let others = match case.algorithm {
            Algorithm::Ed25519 => [Algorithm::EcdsaP256, Algorithm::RsaSha256],
            Algorithm::EcdsaP256 | Algorithm::EcdsaP256Der => [Algorithm::Ed25519, Algorithm::RsaSha256],
            Algorithm::RsaSha256 | Algorithm::RsaSha512 => [Algorithm::Ed25519, Algorithm::EcdsaP256Der],
        };
        for algorithm in others {
            let held = key.verify(algorithm, &message(), &case.signature);
            assert_eq!(held, Err(SignatureError::Algorithm), "{}", case.name);
        }
    }
}

#[test]
fn keys_of_other_kinds_and_sizes_are_refused() {
    let keys = fixture()["refused_keys"].as_array().unwrap().clone();
    let held: Vec<_> = keys
        .iter()
        .map(|key| (key["name"].as_str().unwrap(), PublicKey::parse_spki(&bytes(&key["spki"])).unwrap_err()))
        .collect();
    let expected = vec![
        ("a modulus of 1024 bits", KeyError::Size(1024)),
        ("P-384", KeyError::Unsupported),
        ("the curve of Bitcoin", KeyError::Unsupported),
        ("a compressed point", KeyError::Malformed("the point is not written out in 65 bytes")),
        ("for PSS alone", KeyError::Unsupported),
    ];
    assert_eq!(held, expected);
    for case in cases("signed") {
        let longer = [case.spki.as_slice(), &[0]].concat();
        assert!(PublicKey::parse_spki(&longer).is_err(), "{}: a byte after the key", case.name);
    }
}

/// The fixture's JWK of one kind, with some members put in or replaced.
fn jwk(kty: &str, members: &Value) -> Value {
    let case = cases("signed").into_iter().find(|case| case.jwk["kty"] == kty).expect("each kind is there");
    let mut jwk = case.jwk;
    for (name, value) in members.as_object().expect("members") {
        jwk[name] = value.clone();
    }
    jwk
}

#[test]
fn a_jwk_says_nothing_that_contradicts_its_use() {
    for (kty, alg) in [("EC", "ES256"), ("RSA", "RS256"), ("OKP", "EdDSA")] {
        let read = |members: &Value| PublicKey::parse_jwk(&jwk(kty, members)).map(|_| ());
        let fitting = json!({"use": "sig", "key_ops": ["verify"], "alg": alg, "kid": "1", "x5c": []});
        assert_eq!(read(&fitting), Ok(()), "{kty}");
        for other in [
            json!({"use": "enc"}),
            json!({"key_ops": ["encrypt"]}),
            json!({"key_ops": "verify"}),
            json!({"alg": "none"}),
            json!({"alg": "HS256"}),
            json!({"alg": "PS256"}),
            json!({"alg": null}),
        ] {
            assert_eq!(read(&other), Err(KeyError::Purpose), "{kty} {other}");
        }
        for private in ["d", "p", "k", "oth"] {
            assert_eq!(read(&json!({private: "AQAB"})), Err(KeyError::Private), "{kty} {private}");
        }
    }
}

#[test]
fn a_jwk_has_one_spelling() {
    let refused = |kty: &str, members: Value| {
        let held = PublicKey::parse_jwk(&jwk(kty, &members));
        assert!(matches!(held, Err(KeyError::Malformed(_))), "{kty} {members}: {held:?}");
    };
    let coordinate = jwk("EC", &json!({}))["x"].as_str().unwrap().to_owned();
    refused("EC", json!({"x": format!("{coordinate}=")}));
    refused("EC", json!({"x": "AQAB"}));
    refused("EC", json!({"y": coordinate}));
    refused("EC", json!({"x": null}));
    refused("EC", json!({"x": 7}));
    refused("RSA", json!({"e": ""}));
    refused("RSA", json!({"e": "AAEAAQ"}));
    refused("RSA", json!({"e": "AQ"}));
    refused("RSA", json!({"e": "AQAA"}));
    refused("RSA", json!({"e": "AQAAAAE"}));
    refused("RSA", json!({"e": "AQAB "}));
    refused("RSA", json!({"n": ""}));
    refused("OKP", json!({"x": "AQAB"}));
    // the point of order one
    refused("OKP", json!({"x": "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}));
    for other in
        [json!({"kty": "oct"}), json!({"kty": "OKP", "crv": "X25519"}), json!([]), json!(null), json!({})]
    {
        assert_eq!(PublicKey::parse_jwk(&other), Err(KeyError::Unsupported), "{other}");
    }
    assert_eq!(PublicKey::parse_jwk(&jwk("EC", &json!({"crv": "P-384"}))), Err(KeyError::Unsupported));
}

#[test]
fn an_rsa_modulus_is_odd_and_neither_short_nor_endless() {
    let read = |bytes: usize, first: u8, last: u8| {
        let mut modulus = vec![first];
        modulus.resize(bytes, last);
        let text = data_encoding::BASE64URL_NOPAD.encode(&modulus);
        PublicKey::parse_jwk(&jwk("RSA", &json!({ "n": text }))).map(|_| ())
    };
    assert_eq!(read(256, 0x80, 0x01), Ok(()));
    assert_eq!(read(256, 0x7f, 0x01), Err(KeyError::Size(2047)));
    assert_eq!(read(1024, 0xff, 0x01), Ok(()));
    assert_eq!(read(1025, 0x01, 0x01), Err(KeyError::Size(8193)));
    assert_eq!(read(1 << 20, 0xff, 0x01), Err(KeyError::Size(1 << 23)));
    assert_eq!(read(256, 0x80, 0x02), Err(KeyError::Malformed("the modulus is even")));
    assert!(matches!(read(257, 0x00, 0xff), Err(KeyError::Malformed(_))));
}

#[test]
fn a_jws_algorithm_is_known_by_its_name_alone() {
    assert_eq!(Algorithm::parse_jose("ES256"), Some(Algorithm::EcdsaP256));
    assert_eq!(Algorithm::parse_jose("RS256"), Some(Algorithm::RsaSha256));
    assert_eq!(Algorithm::parse_jose("EdDSA"), Some(Algorithm::Ed25519));
    for other in ["none", "None", "", "HS256", "es256", "ES256K", "PS256", "RS1", "ES384"] {
        assert_eq!(Algorithm::parse_jose(other), None, "{other}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_p256_signature_holds_for_its_message_in_both_spellings_and_for_no_other(
        seed in prop::array::uniform32(1_u8..),
        message in prop::collection::vec(any::<u8>(), 1..200),
        bit in any::<prop::sample::Index>(),
    ) {
        let signer = SigningKey::from_slice(&seed).unwrap();
        let key = PublicKey::parse_p256(signer.verifying_key().to_sec1_point(false).as_bytes()).unwrap();
        prop_assert_eq!(PublicKey::parse_jwk(&key.to_jwk()), Ok(key.clone()));
        let made: Signature = signer.sign(&message);
        let der = made.to_der();
        for (algorithm, signature) in
            [(Algorithm::EcdsaP256, made.to_bytes().to_vec()), (Algorithm::EcdsaP256Der, der.as_bytes().to_vec())]
        {
            prop_assert_eq!(key.verify(algorithm, &message, &signature), Ok(()));
            let changed = flip(&signature, bit.index(signature.len() * 8));
            prop_assert_eq!(key.verify(algorithm, &message, &changed), Err(SignatureError::Invalid));
            let changed = flip(&message, bit.index(message.len() * 8));
            prop_assert_eq!(key.verify(algorithm, &changed, &signature), Err(SignatureError::Invalid));
        }
    }

    #[test]
    fn no_bytes_make_a_verifier_fail_in_another_way_than_by_refusing(
        key in prop::collection::vec(any::<u8>(), 0..400),
        signature in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        prop_assert!(PublicKey::parse_spki(&key).is_err());
        for case in cases("signed").iter().take(6) {
            let held = PublicKey::parse_spki(&case.spki).unwrap().verify(case.algorithm, &key, &signature);
            prop_assert_eq!(held, Err(SignatureError::Invalid));
        }
    }
}
