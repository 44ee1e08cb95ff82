//! BankID signatures: the vendor's own pair, and ours of the same shape, in each of which one thing is wrong.

use attest_evidence::{
    bankid::{Carrier, Evidence, Expected, Mismatch, Purpose, Rejected, Roots, Signed, verify},
    x509::Certificate,
};
use data_encoding::BASE64;
use serde_json::Value;
use std::fs;

fn fixture() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/bankid.json");
    serde_json::from_slice(&fs::read(path).expect("a fixture")).expect("JSON")
}

fn bytes(value: &Value) -> Vec<u8> {
    BASE64.decode(value.as_str().expect("a text").as_bytes()).expect("base64")
}

fn trust(fixture: &Value) -> Roots {
    Roots::production(Vec::new())
        .with_test(vec![Certificate::parse(&bytes(&fixture["root"])).expect("a root")])
}

/// The word by which the fixture calls an outcome.
fn verdict(outcome: Result<Signed, Rejected>, expected: &Expected<'_>) -> &'static str {
    let signed = match outcome {
        Ok(signed) => signed,
        Err(Rejected::Profile(_)) => return "profile",
        Err(Rejected::Content) => return "content",
        Err(Rejected::KeyInfo) => return "key_info",
        Err(Rejected::Signature) => return "signature",
        Err(Rejected::Chain(_)) => return "chain",
        Err(Rejected::Person(_)) => return "person_certificate",
        Err(Rejected::Ocsp(_)) => return "ocsp",
        Err(Rejected::OtherCertificate) => return "other_certificate",
        Err(Rejected::OtherSignature) => return "other_signature",
        Err(Rejected::Revoked) => return "revoked",
    };
    match signed.require(expected) {
        Ok(()) => "holds",
        Err(Mismatch::Purpose) => "purpose",
        Err(Mismatch::Person) => "person",
        Err(Mismatch::Visible) => "visible",
        Err(Mismatch::NonVisible) => "non_visible",
        Err(Mismatch::Test) => "test",
    }
}

#[test]
fn evidence_holds_or_is_refused_for_the_one_thing_that_is_wrong() {
    let fixture = fixture();
    let roots = trust(&fixture);
    let number = fixture["number"].as_str().unwrap();
    let (visible, hidden) = (bytes(&fixture["visible"]), bytes(&fixture["nonVisible"]));
    let cases = fixture["cases"].as_array().unwrap();
    assert!(cases.len() > 60, "{} cases", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let evidence =
            Evidence { signature: case["signature"].as_str().unwrap(), ocsp: case["ocsp"].as_str().unwrap() };
        let without = case["name"] == "it holds without a text that was shown";
        let expected = Expected {
            purpose: if without { Purpose::Identification } else { Purpose::Signing },
            personal_number: Some(number),
            visible: Some(visible.as_slice()).filter(|_| !without),
            non_visible: Some(hidden.as_slice()).filter(|_| !without),
            test: true,
        };
        let outcome = verify(&evidence, &roots);
        let said = format!("{outcome:?}");
        let found = verdict(outcome, &expected);
        if case["verdict"] != found {
            wrong.push(format!("{}: {found} ({said}), not {}", case["name"], case["verdict"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_signature_tells_who_signed_what_and_when() {
    let fixture = fixture();
    let case = &fixture["cases"][0];
    let evidence =
        Evidence { signature: case["signature"].as_str().unwrap(), ocsp: case["ocsp"].as_str().unwrap() };
    let signed = verify(&evidence, &trust(&fixture)).unwrap();
    assert_eq!((signed.purpose, signed.carrier, signed.test), (Purpose::Signing, Carrier::File, true));
    assert_eq!((signed.given_name.as_str(), signed.surname.as_str()), ("Provia", "Provsson"));
    assert_eq!(signed.personal_number, "191212121212");
    assert_eq!(
        (signed.visible, signed.non_visible),
        (Some(bytes(&fixture["visible"])), Some(bytes(&fixture["nonVisible"])))
    );
    assert_eq!(signed.produced, fixture["produced"].as_u64().unwrap());
    assert_eq!((signed.relying_party.as_str(), signed.visible_format), ("Attest prov", None));
}

#[test]
fn a_test_root_counts_only_where_somebody_asked_for_it() {
    let fixture = fixture();
    let case = &fixture["cases"][0];
    let evidence =
        Evidence { signature: case["signature"].as_str().unwrap(), ocsp: case["ocsp"].as_str().unwrap() };
    assert!(matches!(verify(&evidence, &Roots::production(Vec::new())), Err(Rejected::Chain(_))));
    let signed = verify(&evidence, &trust(&fixture)).unwrap();
    let expected = Expected {
        purpose: Purpose::Signing,
        personal_number: None,
        visible: signed.visible.as_deref(),
        non_visible: signed.non_visible.as_deref(),
        test: false,
    };
    assert_eq!(signed.require(&expected), Err(Mismatch::Test));
    // Under a root of production the same certificate has no policy of BankID's.
    let roots = Roots::production(vec![Certificate::parse(&bytes(&fixture["root"])).unwrap()]);
    assert!(matches!(verify(&evidence, &roots), Err(Rejected::Person(_))));
}

#[test]
fn what_is_signed_is_not_told_to_a_log() {
    let fixture = fixture();
    let case = &fixture["cases"][0];
    let evidence =
        Evidence { signature: case["signature"].as_str().unwrap(), ocsp: case["ocsp"].as_str().unwrap() };
    let told = format!("{:?}", verify(&evidence, &trust(&fixture)).unwrap());
    assert!(!told.contains("1912") && !told.contains("Prov"), "{told}");
}

/// Every byte of evidence, changed and left out, in the text that is received and in what it decodes to.
fn assert_no_byte_can_be_changed(signature: &str, ocsp: &str, roots: &Roots) {
    let holds = |signature: &str, ocsp: &str| verify(&Evidence { signature, ocsp }, roots).is_ok();
    assert!(holds(signature, ocsp));
    let signature_holds = |text: &str| holds(text, ocsp);
    let ocsp_holds = |text: &str| holds(signature, text);
    let raw = |holds: &dyn Fn(&str) -> bool, bytes: &[u8]| std::str::from_utf8(bytes).is_ok_and(holds);
    let decode = |text: &str| BASE64.decode(text.as_bytes()).expect("base64");
    let (xml, der) = (decode(signature), decode(ocsp));
    std::thread::scope(|scope| {
        scope.spawn(|| change_each(signature.as_bytes(), &|bytes| raw(&signature_holds, bytes)));
        scope.spawn(|| change_each(ocsp.as_bytes(), &|bytes| raw(&ocsp_holds, bytes)));
        scope.spawn(|| change_each(&xml, &|bytes| signature_holds(&BASE64.encode(bytes))));
        scope.spawn(|| change_each(&der, &|bytes| ocsp_holds(&BASE64.encode(bytes))));
    });
}

fn change_each(original: &[u8], holds: &dyn Fn(&[u8]) -> bool) {
    let mut bytes = original.to_vec();
    for (at, &byte) in original.iter().enumerate() {
        for other in [byte ^ 1, byte ^ 0x20, byte ^ 0x80, b'A'].into_iter().filter(|other| *other != byte) {
            bytes[at] = other;
            assert!(!holds(&bytes), "byte {at} may be {other} instead of {byte}");
        }
        bytes[at] = byte;
        assert!(!holds(&[&original[..at], &original[at + 1..]].concat()), "byte {at} may be missing");
    }
    for more in ["=", "\n", "AAAA"] {
        assert!(!holds(&[original, more.as_bytes()].concat()), "{more:?} may follow");
    }
    assert!(!holds(&[]));
}

#[test]
fn no_byte_of_it_can_be_changed() {
    let fixture = fixture();
    let case = &fixture["cases"][0];
    assert_no_byte_can_be_changed(
        case["signature"].as_str().unwrap(),
        case["ocsp"].as_str().unwrap(),
        &trust(&fixture),
    );
}

fn vendor(folder: &std::path::Path) -> (String, String, Roots) {
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("a sample").trim().to_owned();
    let root = |name: &str| {
        let text = read(name);
        let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let der = BASE64.decode(body.as_bytes()).expect("base64");
        Certificate::parse(&der).expect("a root")
    };
    let roots = Roots::production(vec![root("bankid-root-ca-v1.pem")])
        .with_test(vec![root("bankid-test-root-ca-v1.pem")]);
    (read("bankid-tolvan-signature.b64"), read("bankid-tolvan-ocsp.b64"), roots)
}

#[test]
fn the_vendors_pair_holds() {
    let Some(folder) = attest_testkit::find_shared("eid", "the vendor's pair") else { return };
    let (signature, ocsp, roots) = vendor(&folder);
    let signed = verify(&Evidence { signature: &signature, ocsp: &ocsp }, &roots).unwrap();
    let expected = Expected {
        purpose: Purpose::Identification,
        personal_number: Some("191212121212"),
        visible: Some(b"signeringstext"),
        non_visible: Some(b"ej synlig"),
        test: true,
    };
    assert_eq!(signed.require(&expected), Ok(()));
    assert_eq!((signed.given_name.as_str(), signed.surname.as_str()), ("Tolvan", "Tolvansson"));
    assert_eq!((signed.produced, signed.carrier), (1_663_078_159, Carrier::File)); // 2022-09-13T14:09:19Z
    assert!(signed.test);
}

#[test]
fn no_byte_of_the_vendors_pair_can_be_changed() {
    let Some(folder) = attest_testkit::find_shared("eid", "the vendor's pair, changed") else { return };
    let (signature, ocsp, roots) = vendor(&folder);
    assert_no_byte_can_be_changed(&signature, &ocsp, &roots);
}
