//! Fuzz target: a BankID signature and its OCSP response, XML and DER with a zero between them.
#![no_main]

use attest_evidence::{
    bankid::{Evidence, Roots, verify},
    x509::Certificate,
};
use data_encoding::BASE64;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

/// The root that the seed leads to, and the seed: nothing else may hold.
static SEED: LazyLock<(Roots, Vec<u8>)> = LazyLock::new(|| {
    let fixture = include_str!("../../crates/evidence/tests/fixtures/bankid.json");
    let fixture: serde_json::Value = serde_json::from_str(fixture).expect("JSON");
    let bytes = |value: &serde_json::Value| BASE64.decode(value.as_str().expect("a text").as_bytes()).expect("base64");
    let root = Certificate::parse(&bytes(&fixture["root"])).expect("a root");
    let case = &fixture["cases"][0];
    let whole = [bytes(&case["signature"]), bytes(&case["ocsp"])].join(&0);
    (Roots::production(Vec::new()).with_test(vec![root]), whole)
});

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (xml, der) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let (roots, seed) = &*SEED;
    let evidence = Evidence { signature: &BASE64.encode(xml), ocsp: &BASE64.encode(der) };
    assert!(verify(&evidence, roots).is_err() || bytes == seed, "something holds that was not signed");
});
