//! Published vectors (`shared/vectors`): each that must hold holds, each that must not is rejected.

use attest_domain::Digest;
use attest_evidence::{
    disclosure,
    note::{SignedNote, VerifierKey},
    proof::{Subtree, verify_consistency, verify_inclusion},
    signature::{self, Algorithm, PublicKey},
};
use data_encoding::{BASE64, HEXLOWER};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

fn load(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a file"))
        .unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

fn list_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files.extend(list_files(&path)) } else { files.push(path) }
    }
    files
}

/// A hash of 32 bytes; any other is what a verifier must not accept.
fn hash(value: &Value) -> Option<Digest> {
    let text = value.as_str().unwrap_or_default();
    BASE64.decode(text.as_bytes()).expect("base64").try_into().ok().map(Digest)
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a size")
}

fn hashes(value: &Value) -> Option<Vec<Digest>> {
    value.as_array().map_or_else(|| Some(Vec::new()), |hashes| hashes.iter().map(hash).collect())
}

/// What came of the vectors of one kind.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    carried_out: usize,
    /// A hash in them has not 32 bytes, so that there is nothing to carry out.
    unreadable: usize,
    /// Those among them that were said to hold.
    said_to_hold: usize,
}

fn check(folder: &Path, tally: &mut Tally, holds: impl Fn(&Value) -> Option<bool>) {
    for file in list_files(folder) {
        let vector = load(&file);
        let expected = !vector["wantErr"].as_bool().expect("a verdict");
        match holds(&vector) {
            Some(held) => {
                assert_eq!(held, expected, "{}", file.display());
                tally.carried_out += 1;
            }
            None => {
                tally.unreadable += 1;
                tally.said_to_hold += usize::from(expected);
            }
        }
    }
}

#[test]
fn merkle_proofs_hold_exactly_where_the_vectors_say_so() {
    let Some(folder) = attest_testkit::find_shared("vectors/merkle", "merkle proofs") else { return };
    let included = |vector: &Value, subtree: Subtree| {
        let (leaf, root) = (hash(&vector["leafHash"])?, hash(&vector["root"])?);
        let proof = hashes(&vector["proof"])?;
        Some(verify_inclusion(&leaf, number(&vector["leafIdx"]), subtree, &root, &proof).is_ok())
    };
    let consistent = |vector: &Value, subtree: Subtree, size: u64| {
        let proof = hashes(&vector["proof"])?;
        let (before, after) = (hash(&vector["root1"])?, hash(&vector["root2"])?);
        Some(verify_consistency(subtree, size, &before, &after, &proof).is_ok())
    };
    let part = |vector: &Value| Subtree { start: number(&vector["start"]), end: number(&vector["end"]) };
    let mut tally = Tally::default();
    check(&folder.join("inclusion"), &mut tally, |vector| {
        included(vector, Subtree::whole(number(&vector["treeSize"])))
    });
    check(&folder.join("consistency"), &mut tally, |vector| {
        consistent(vector, Subtree::whole(number(&vector["size1"])), number(&vector["size2"]))
    });
    check(&folder.join("subtreeinclusion"), &mut tally, |vector| included(vector, part(vector)));
    check(&folder.join("subtreeconsistency"), &mut tally, |vector| {
        consistent(vector, part(vector), number(&vector["size"]))
    });
    assert_eq!(tally.carried_out + tally.unreadable, 518);
    // "don't care" roots of 12 bytes, equal or never looked at
    assert_eq!(tally.said_to_hold, 4, "{tally:?}");
}

#[test]
fn the_published_note_verifies() {
    let Some(file) = attest_testkit::find_shared("vectors/c2sp/signed-note.json", "the signed note") else {
        return;
    };
    let vector = load(&file);
    let key = VerifierKey::parse(vector["verifier_key"].as_str().unwrap()).unwrap();
    let note = SignedNote::parse(vector["note"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!(note.text(), vector["text"].as_str().unwrap());
    assert_eq!(note.verify(std::slice::from_ref(&key)), Ok(vec![&key]));
}

#[test]
fn canonical_json_is_byte_for_byte_the_published_one() {
    let Some(folder) = attest_testkit::find_shared("vectors/jcs", "canonical JSON") else { return };
    let inputs = list_files(&folder.join("input"));
    assert_eq!(inputs.len(), 6);
    for input in inputs {
        let name = input.file_stem().unwrap().to_str().unwrap();
        let written = serde_json_canonicalizer::to_vec(&load(&input)).unwrap();
        let hex = fs::read_to_string(folder.join("outhex").join(format!("{name}.txt"))).unwrap();
        let expected: String = hex.split_whitespace().collect();
        assert_eq!(HEXLOWER.encode(&written), expected.to_ascii_lowercase(), "{name}");
        let output = fs::read(folder.join("output").join(format!("{name}.json"))).unwrap();
        assert_eq!(written, output.trim_ascii_end(), "{name}");
    }
}

#[test]
fn disclosures_have_the_published_digests() {
    let Some(file) = attest_testkit::find_shared("vectors/sd-jwt/disclosures.json", "disclosures") else {
        return;
    };
    let vectors = load(&file);
    let examples = vectors["examples"].as_array().unwrap();
    assert!(!examples.is_empty());
    for example in examples {
        let text = example["disclosure"].as_str().unwrap();
        assert_eq!(disclosure::digest(text), example["sha256"].as_str().unwrap());
        let array: Vec<Value> = serde_json::from_str(example["disclosure_json"].as_str().unwrap()).unwrap();
        let read = disclosure::reveal(text, &[disclosure::digest(text)]);
        match array.as_slice() {
            [_, name, value] => {
                assert_eq!(read.unwrap(), (name.as_str().unwrap().to_owned(), value.clone()));
            }
            // An element of an array has no name. Events conceal members only.
            _ => assert!(read.is_err()),
        }
    }
}

/// Carries out a file of Wycheproof, each key read as `SubjectPublicKeyInfo` and, where it is given, as JWK.
/// Answers with the comments of cases that Wycheproof leaves to the verifier, all of which must have been rejected.
fn check_signatures(file: &str, algorithm: Algorithm) -> Option<Vec<String>> {
    let file = attest_testkit::find_shared(&format!("vectors/wycheproof/{file}"), "published signatures")?;
    let vectors = load(&file);
    let hex = |value: &Value| HEXLOWER.decode(value.as_str().expect("a text").as_bytes()).expect("hex");
    let (mut carried_out, mut left_open) = (0, Vec::new());
    for group in vectors["testGroups"].as_array().expect("groups") {
        let key = PublicKey::parse_spki(&hex(&group["publicKeyDer"])).expect("a key");
        if let Some(jwk) = group.get("publicKeyJwk").or(group.get("keyJwk")) {
            assert_eq!(PublicKey::parse_jwk(jwk).as_ref(), Ok(&key));
        }
        for test in group["tests"].as_array().expect("tests") {
            let (message, signature) = (hex(&test["msg"]), hex(&test["sig"]));
            let held = key.verify(algorithm, &message, &signature).is_ok();
            assert_eq!(held, test["result"] == "valid", "case {}: {}", test["tcId"], test["comment"]);
            if test["result"] == "acceptable" {
                left_open.push(test["comment"].to_string());
            }
            if let Some(raw) = group["publicKey"]["pk"].as_str() {
                let raw = HEXLOWER.decode(raw.as_bytes()).expect("hex");
                assert_eq!(signature::verify_ed25519(&raw, &message, &signature), held);
            }
            carried_out += 1;
        }
    }
    assert_eq!(Some(carried_out), vectors["numberOfTests"].as_u64());
    Some(left_open)
}

#[test]
fn ed25519_signatures_hold_exactly_where_the_vectors_say_so() {
    let Some(left_open) = check_signatures("ed25519_test.json", Algorithm::Ed25519) else { return };
    assert!(left_open.is_empty());
}

#[test]
fn ecdsa_signatures_in_der_hold_exactly_where_the_vectors_say_so() {
    let Some(left_open) = check_signatures("ecdsa_secp256r1_sha256_test.json", Algorithm::EcdsaP256Der)
    else {
        return;
    };
    assert!(left_open.is_empty());
}

#[test]
fn ecdsa_signatures_as_r_and_s_hold_exactly_where_the_vectors_say_so() {
    let Some(left_open) = check_signatures("ecdsa_secp256r1_sha256_p1363_test.json", Algorithm::EcdsaP256)
    else {
        return;
    };
    assert!(left_open.is_empty());
}

#[test]
fn rsa_signatures_hold_exactly_where_the_vectors_say_so() {
    let Some(left_open) = check_signatures("rsa_signature_2048_sha256_test.json", Algorithm::RsaSha256)
    else {
        return;
    };
    // RFC 8017 §9.2 names one encoding, and it has the NULL; the whole encoding is compared (§8.2.2).
    assert_eq!(left_open, ["\"Missing NULL in the ASN encoding\""]);
}

#[test]
fn every_published_vector_has_a_test_here() {
    let Some(folder) = attest_testkit::find_shared("vectors", "the list of vectors") else { return };
    let tested = |path: &Path| {
        let path = path.strip_prefix(&folder).expect("below").to_string_lossy().replace('\\', "/");
        ["merkle/", "jcs/"].iter().any(|part| path.starts_with(part))
            || [
                "SOURCES.md",
                "c2sp/signed-note.json",
                "sd-jwt/disclosures.json",
                "wycheproof/ecdsa_secp256r1_sha256_p1363_test.json",
                "wycheproof/ecdsa_secp256r1_sha256_test.json",
                "wycheproof/ed25519_test.json",
                "wycheproof/rsa_signature_2048_sha256_test.json",
            ]
            .contains(&path.as_str())
    };
    let left_out: Vec<_> = list_files(&folder).into_iter().filter(|path| !tested(path)).collect();
    assert!(left_out.is_empty(), "{left_out:?}");
}
