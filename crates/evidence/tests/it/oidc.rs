//! What providers say of a person: tokens of another implementation's making, in each of which one thing is wrong.

use attest_domain::Digest;
use attest_evidence::{
    jws::JwsError,
    oidc::{Commitment, Evidence, Expected, Rejected, nonce, require_text, verify},
};
use data_encoding::HEXLOWER;
use serde_json::Value;

struct Fixture(Value);

impl Fixture {
    fn load() -> Self {
        let text = include_str!("../fixtures/oidc.json");
        Self(serde_json::from_str(text).expect("JSON"))
    }

    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().expect("a text")
    }

    fn bytes<const N: usize>(&self, name: &str) -> [u8; N] {
        let bytes = HEXLOWER.decode(self.text(name).as_bytes()).expect("hexadecimal");
        bytes.try_into().expect("as many bytes")
    }

    fn outcome(
        &self,
        token: &str,
        commitment: Commitment<'_>,
        salt: Option<&[u8; 16]>,
    ) -> Result<(), Rejected> {
        let evidence = Evidence { id_token: token, jwks: &self.0["jwks"], salt };
        let expected = Expected {
            issuer: self.text("issuer"),
            client: self.text("client"),
            acr: &["urn:grn:authn:dk:mitid:high", self.text("acr")],
            person: "sub",
            commitment,
        };
        let found = verify(&evidence, &expected)?;
        assert_eq!(
            (found.person.as_str(), found.issued),
            ("f3c1", self.0["issued"].as_u64().expect("a time"))
        );
        Ok(())
    }
}

fn verdict(outcome: &Result<(), Rejected>) -> &'static str {
    match outcome {
        Ok(()) => "holds",
        Err(Rejected::Token(JwsError::Malformed(_))) => "malformed",
        Err(Rejected::Token(JwsError::Unsupported)) => "unsupported",
        Err(Rejected::Token(JwsError::Key)) => "key",
        Err(Rejected::Token(JwsError::Signature)) => "signature",
        Err(Rejected::Issuer) => "issuer",
        Err(Rejected::Audience) => "audience",
        Err(Rejected::Assurance) => "assurance",
        Err(Rejected::Person) => "person",
        Err(Rejected::Nonce) => "nonce",
        Err(Rejected::Time) => "time",
        Err(Rejected::Text) => "text",
    }
}

#[test]
fn a_token_holds_or_is_refused_for_the_one_thing_that_is_wrong() {
    let fixture = Fixture::load();
    let (digest, salt) = (Digest(fixture.bytes("digest")), fixture.bytes("salt"));
    let cases = fixture.0["cases"].as_array().expect("cases");
    assert!(cases.len() > 30, "{} cases", cases.len());
    for case in cases {
        let token = case["token"].as_str().expect("a token");
        let found = verdict(&fixture.outcome(token, Commitment::Approval(digest), Some(&salt)));
        assert_eq!(case["verdict"], found, "{}", case["name"]);
    }
}

#[test]
fn an_approval_is_of_one_digest_and_one_salt() {
    let fixture = Fixture::load();
    let (digest, salt) = (Digest(fixture.bytes("digest")), fixture.bytes("salt"));
    let token = fixture.0["cases"][0]["token"].as_str().expect("a token");
    let outcome = |commitment, salt: Option<&[u8; 16]>| fixture.outcome(token, commitment, salt);
    assert_eq!(nonce(&digest, &salt), fixture.text("nonce"));
    assert_eq!(outcome(Commitment::SignIn(fixture.text("nonce")), None), Ok(()));
    let mut other = digest;
    other.0[31] ^= 1;
    assert_eq!(outcome(Commitment::Approval(other), Some(&salt)), Err(Rejected::Nonce));
    assert_eq!(outcome(Commitment::Approval(digest), Some(&[0; 16])), Err(Rejected::Nonce));
    assert_eq!(outcome(Commitment::Approval(digest), None), Err(Rejected::Nonce));
}

#[test]
fn no_byte_of_a_token_can_be_changed() {
    let fixture = Fixture::load();
    let (digest, salt) = (Digest(fixture.bytes("digest")), fixture.bytes("salt"));
    for case in &fixture.0["cases"].as_array().expect("cases")[..2] {
        let token = case["token"].as_str().expect("a token").as_bytes();
        let holds = |bytes: &[u8]| {
            let text = std::str::from_utf8(bytes).ok();
            text.is_some_and(|text| fixture.outcome(text, Commitment::Approval(digest), Some(&salt)).is_ok())
        };
        assert!(holds(token));
        let mut bytes = token.to_vec();
        for at in 0..token.len() {
            for other in [token[at] ^ 1, b'A', b'.', b'='].into_iter().filter(|other| *other != token[at]) {
                bytes[at] = other;
                assert!(!holds(&bytes), "byte {at} may be {other}");
            }
            bytes[at] = token[at];
            assert!(!holds(&[&token[..at], &token[at + 1..]].concat()), "byte {at} may be missing");
        }
    }
}

#[test]
fn a_transaction_token_says_which_text_was_shown() {
    let fixture = Fixture::load();
    let says =
        |claim: &str, text: &str| require_text(fixture.text("transaction"), &fixture.0["jwks"], claim, text);
    assert_eq!(says("text", fixture.text("text")), Ok(()));
    assert_eq!(says("plain", fixture.text("text")), Ok(()));
    assert_eq!(says("text", "Another"), Err(Rejected::Text));
    assert_eq!(says("missing", fixture.text("text")), Err(Rejected::Text));
}
