//! Swedish BankID signatures, verified offline and in full.
//!
//! What BankID hands over when an order completes (`completionData.signature` and `.ocspResponse`) is evidence by
//! itself: [`verify`] needs the two texts and the roots, no service and no clock. It takes the steps of the vendor's
//! profile: the digests of what was signed and of the certificates, the signature over both, the chain to a root that
//! the verifier brings, judged at the time of the OCSP response; that response's signature, its signer's right to give
//! it, the status in it, and the nonce by which it belongs to this signature and no other.
//!
//! A verified signature proves that a person signed *something*. [`Signed::require`] is the other half: the purpose,
//! the person, and the bytes that were to be signed.
//!
//! **Absent on purpose:** SHA-1 signatures, which the profile still has; prefixes, transforms and other XML than BankID
//! sends.

mod ocsp;
mod xml;

use crate::{
    base64,
    signature::Algorithm,
    x509::{Certificate, ChainError, verify_chain},
};
use ::spki::ObjectIdentifier;
use ocsp::Response;
use sha2::{Digest as _, Sha256};
use std::fmt;
use x509_cert::{
    der::asn1::{PrintableStringRef, Utf8StringRef},
    ext::pkix::KeyUsages,
};
use xml::{Element, Malformed};

const DECLARATION: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="no"?>"#;
const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const TYPES: &str = "http://www.bankid.com/signature/v1.0.0/types";
/// The person, the bank's authority for customers, the bank's; four is one to spare.
const CHAIN_MAX: usize = 4;

const SURNAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.4");
const SERIAL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.5");
const GIVEN_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.42");

/// What BankID handed over, as it came: the nonce is over the text, not over what it decodes to.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    /// `completionData.signature`.
    pub signature: &'a str,
    /// `completionData.ocspResponse`.
    pub ocsp: &'a str,
}

/// The roots that a verifier trusts. They come from the verifier, never from the evidence.
#[derive(Clone, Debug)]
pub struct Roots {
    production: Vec<Certificate>,
    /// Roots of test environments; none unless somebody asked for them.
    test: Vec<Certificate>,
}

impl Roots {
    /// Roots under which real people sign.
    #[must_use]
    pub fn production(roots: Vec<Certificate>) -> Self {
        Self { production: roots, test: Vec::new() }
    }

    /// The same, and roots of test environments. What is verified under those says so ([`Signed::test`]).
    #[must_use]
    pub fn with_test(mut self, roots: Vec<Certificate>) -> Self {
        self.test = roots;
        self
    }
}

/// What a signature was given for (`funcId`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Signing in: says who it is and approves nothing.
    Identification,
    /// Signing a text.
    Signing,
}

/// What the person signed with, by the policy of the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// BankID in a file on a computer.
    File,
    /// BankID on a smart card.
    Card,
    /// Mobile BankID.
    Mobile,
    /// Nordea e-id.
    Nordea,
}

/// What was proved.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    /// For what.
    pub purpose: Purpose,
    /// The person's number, twelve digits.
    pub personal_number: String,
    /// The person's name, as the bank wrote it into the certificate.
    pub given_name: String,
    /// The same.
    pub surname: String,
    /// The text that was shown, as bytes; `None` where none was.
    pub visible: Option<Vec<u8>>,
    /// How it was shown: `plaintext` where absent.
    pub visible_format: Option<String>,
    /// What was signed without being shown.
    pub non_visible: Option<Vec<u8>>,
    /// When, by the OCSP response, in seconds since 1970.
    pub produced: u64,
    /// With what.
    pub carrier: Carrier,
    /// Whom the person saw as asking.
    pub relying_party: String,
    /// A root of a test environment vouches for it: no real person has signed.
    pub test: bool,
}

impl fmt::Debug for Signed {
    /// Never who, and never what.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Signed")
            .field("purpose", &self.purpose)
            .field("produced", &self.produced)
            .field("test", &self.test)
            .finish_non_exhaustive()
    }
}

/// Why evidence is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// Not the form in which BankID signs.
    #[error("The signature does not have the form of a BankID signature: {0}.")]
    Profile(&'static str),
    /// The signed text is not the one that was signed.
    #[error("What was signed has been changed.")]
    Content,
    /// The certificates are not those that were signed along.
    #[error("The certificates of the signature have been changed.")]
    KeyInfo,
    /// The signature itself does not hold.
    #[error("The signature does not hold: it was changed, or another key made it.")]
    Signature,
    /// The certificates.
    #[error("The signer's certificate is not trusted: {0}.")]
    Chain(#[from] ChainError),
    /// The certificate is none of a person's BankID.
    #[error("The signer's certificate is not that of a person's BankID: {0}.")]
    Person(&'static str),
    /// The OCSP response.
    #[error("The bank's answer about the certificate is not taken: {0}.")]
    Ocsp(&'static str),
    /// It answers for another certificate.
    #[error("The bank's answer is about another certificate.")]
    OtherCertificate,
    /// It belongs to another signature.
    #[error("The bank's answer belongs to another signature.")]
    OtherSignature,
    /// The certificate was not good.
    #[error("The bank did not call the certificate good.")]
    Revoked,
}

/// What a verified signature lacks of what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// A sign-in given for an approval, or the other way round.
    #[error("The signature was given for another purpose.")]
    Purpose,
    /// Somebody else's.
    #[error("Another person signed.")]
    Person,
    /// The shown text is another.
    #[error("Another text was shown than the one to be signed.")]
    Visible,
    /// The digest that was signed along is another.
    #[error("Something else was signed than what was shown here.")]
    NonVisible,
    /// Only a test root vouches for it, or a real one in a test.
    #[error("The signature is from a test environment.")]
    Test,
}

/// What was to be signed, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// For what.
    pub purpose: Purpose,
    /// By whom; `None` where that is what one wants to learn.
    pub personal_number: Option<&'a str>,
    /// The text to be shown.
    pub visible: Option<&'a [u8]>,
    /// What was to be signed along.
    pub non_visible: Option<&'a [u8]>,
    /// Whether a signature from a test environment will do.
    pub test: bool,
}

impl Signed {
    /// Whether this is the signature that was asked for.
    ///
    /// # Errors
    /// [`Mismatch`].
    pub fn require(&self, expected: &Expected<'_>) -> Result<(), Mismatch> {
        let checks = [
            (self.test && !expected.test, Mismatch::Test),
            (self.purpose != expected.purpose, Mismatch::Purpose),
            (expected.personal_number.is_some_and(|number| number != self.personal_number), Mismatch::Person),
            (self.visible.as_deref() != expected.visible, Mismatch::Visible),
            (self.non_visible.as_deref() != expected.non_visible, Mismatch::NonVisible),
        ];
        checks.into_iter().find(|(wrong, _)| *wrong).map_or(Ok(()), |(_, mismatch)| Err(mismatch))
    }
}

/// Verifies evidence under roots.
///
/// # Errors
/// [`Rejected`], with the first step that failed.
pub fn verify(evidence: &Evidence<'_>, roots: &Roots) -> Result<Signed, Rejected> {
    let xml = decode(evidence.signature).ok_or(Rejected::Profile("it is not written in base64"))?;
    let document = Document::parse(&xml)?;
    document.verify_signature()?;
    let response = decode(evidence.ocsp).ok_or(Rejected::Ocsp("it is not written in base64"))?;
    let response = Response::parse(&response)?;
    let produced = response.produced();
    let test = match verify_chain(&document.chain, &roots.production, produced) {
        Ok(_) => false,
        Err(ChainError::Root) => verify_chain(&document.chain, &roots.test, produced).map(|_| true)?,
        Err(error) => return Err(error.into()),
    };
    let (leaf, issuer) = (&document.chain[0], &document.chain[1]);
    response.verify(leaf, issuer, evidence.signature)?;
    document.told(produced, test)
}

/// Texts longer than any evidence are not decoded.
fn decode(text: &str) -> Option<Vec<u8>> {
    const TEXT_MAX: usize = 700 * 1024;
    (text.len() <= TEXT_MAX).then(|| base64::decode(text)).flatten()
}

/// The parts of a signature, cut out and decoded.
struct Document<'a> {
    info: &'a str,
    signature: Vec<u8>,
    /// The person's, then its issuer's, and so on; two at least.
    chain: Vec<Certificate>,
    root: Element<'a>,
}

impl<'a> Document<'a> {
    fn parse(xml: &'a [u8]) -> Result<Self, Rejected> {
        let form = |_: Malformed| Rejected::Profile("its XML is not of that kind");
        let text = std::str::from_utf8(xml).map_err(|_| form(Malformed))?;
        let root = xml::parse(text, DECLARATION).map_err(form)?;
        check_frame(&root).map_err(form)?;
        check_ids(&root)?;
        let [info, value, key_info, object] = root.children.as_slice() else {
            return Err(form(Malformed));
        };
        let data = object.child("bankIdSignedData").map_err(form)?;
        check_signed_info(info, data, key_info)?;
        let signature = base64::decode(value.text);
        let signature = signature.ok_or(Rejected::Profile("its value is not written in base64"))?;
        let chain = read_chain(key_info.child("X509Data").map_err(form)?)?;
        Ok(Self { info: info.raw, signature, chain, root })
    }

    fn verify_signature(&self) -> Result<(), Rejected> {
        let key = self.chain[0].key();
        key.verify(Algorithm::RsaSha256, self.info.as_bytes(), &self.signature)
            .map_err(|_| Rejected::Signature)
    }

    /// What the verified document says.
    fn told(&self, produced: u64, test: bool) -> Result<Signed, Rejected> {
        let form = |_: Malformed| Rejected::Profile("what was signed lacks a part");
        let object = self.root.child("Object").map_err(form)?;
        let data = object.child("bankIdSignedData").map_err(form)?;
        let visible = data.find("usrVisibleData").map_err(form)?;
        let charset = visible.is_none_or(|visible| visible.attribute("charset") == Some("UTF-8"));
        let shown = visible.is_none_or(|visible| visible.attribute("visible") == Some("wysiwys"));
        if !charset || !shown {
            return Err(Rejected::Profile("the text was not shown as it stands"));
        }
        let function = data.child("clientInfo").and_then(|client| client.child("funcId")).map_err(form)?;
        let asking = data.child("srvInfo").and_then(|server| server.child("displayName")).map_err(form)?;
        let person = read_person(&self.chain[0], test)?;
        Ok(Signed {
            purpose: match function.text {
                "Identification" => Purpose::Identification,
                "Signing" => Purpose::Signing,
                _ => return Err(Rejected::Profile("its purpose is neither to identify nor to sign")),
            },
            personal_number: person.number,
            given_name: person.given_name,
            surname: person.surname,
            visible: visible.map(decoded).transpose().map_err(form)?,
            visible_format: visible.and_then(|visible| visible.attribute("format")).map(str::to_owned),
            non_visible: data
                .find("usrNonVisibleData")
                .and_then(|one| one.map(decoded).transpose())
                .map_err(form)?,
            produced,
            carrier: person.carrier,
            relying_party: String::from_utf8(decoded(asking).map_err(form)?).map_err(|_| form(Malformed))?,
            test,
        })
    }
}

fn decoded(element: &Element<'_>) -> Result<Vec<u8>, Malformed> {
    if element.children.is_empty() { base64::decode(element.text).ok_or(Malformed) } else { Err(Malformed) }
}

/// The outer elements: these, in this order, each in its namespace, and nothing beside them.
fn check_frame(root: &Element<'_>) -> Result<(), Malformed> {
    let is = |element: &Element<'_>, attributes: &[(&str, &str)], children: &[&str]| {
        element.attributes == attributes && element.names() == children
    };
    let [_, value, key_info, object] = root.children.as_slice() else { return Err(Malformed) };
    let data = object.child("bankIdSignedData")?;
    let certificates = key_info.child("X509Data")?;
    let well = root.name == "Signature"
        && is(root, &[("xmlns", DSIG)], &["SignedInfo", "SignatureValue", "KeyInfo", "Object"])
        && is(value, &[], &[])
        && is(key_info, &[("xmlns", DSIG), ("Id", "bidKeyInfo")], &["X509Data"])
        && certificates.attributes.is_empty()
        && certificates.children.iter().all(|one| one.name == "X509Certificate" && is(one, &[], &[]))
        && is(object, &[], &["bankIdSignedData"])
        && data.attributes == [("xmlns", TYPES), ("Id", "bidSignedData")];
    if well { Ok(()) } else { Err(Malformed) }
}

/// Each reference leads to one element: there are no Ids but the two, however an Id is written, and no element outside
/// the frame bears a name of the frame.
fn check_ids(root: &Element<'_>) -> Result<(), Rejected> {
    let (mut ids, mut frames, mut spaces) = (0, 0, 0);
    root.walk(&mut |element| {
        let has = |wanted: &str| element.attributes.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
        ids += usize::from(has("id"));
        spaces += usize::from(has("xmlns"));
        let frame = ["Signature", "SignedInfo", "KeyInfo", "Object", "bankIdSignedData"];
        frames += usize::from(frame.contains(&element.name));
    });
    if (ids, frames, spaces) == (2, 5, 4) {
        Ok(())
    } else {
        Err(Rejected::Profile("a part of it stands there twice"))
    }
}

/// The one way in which BankID writes what is signed, around the two digests.
fn signed_info(data: &str, key_info: &str) -> String {
    const C14N: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
    let reference = |attributes: &str, digest: &str| {
        format!(
            "<Reference {attributes}><Transforms><Transform Algorithm=\"{C14N}\"></Transform></Transforms>\
             <DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></DigestMethod>\
             <DigestValue>{digest}</DigestValue></Reference>"
        )
    };
    let first = reference(&format!("Type=\"{TYPES}\" URI=\"#bidSignedData\""), data);
    let second = reference("URI=\"#bidKeyInfo\"", key_info);
    format!(
        "<SignedInfo xmlns=\"{DSIG}\"><CanonicalizationMethod Algorithm=\"{C14N}\"></CanonicalizationMethod>\
         <SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"></SignatureMethod>\
         {first}{second}</SignedInfo>"
    )
}

/// `SignedInfo` is the one that belongs to the two elements as they stand.
fn check_signed_info(info: &Element<'_>, data: &Element<'_>, key_info: &Element<'_>) -> Result<(), Rejected> {
    let form = |_: Malformed| Rejected::Profile("it does not say what is signed as BankID does");
    let references: Vec<_> = info.children.iter().filter(|child| child.name == "Reference").collect();
    let [first, second] = references.as_slice() else { return Err(form(Malformed)) };
    let stated = [first, second].map(|one| one.child("DigestValue").map(|value| value.text));
    let [first, second] = [stated[0].map_err(form)?, stated[1].map_err(form)?];
    if info.raw != signed_info(first, second) {
        return Err(form(Malformed));
    }
    let digest = |element: &Element<'_>| data_encoding::BASE64.encode(&Sha256::digest(element.raw));
    if digest(data) != first {
        return Err(Rejected::Content);
    }
    if digest(key_info) != second { Err(Rejected::KeyInfo) } else { Ok(()) }
}

fn read_chain(data: &Element<'_>) -> Result<Vec<Certificate>, Rejected> {
    if !(2..=CHAIN_MAX).contains(&data.children.len()) {
        return Err(Rejected::Profile("it holds too few certificates or too many"));
    }
    let read = |one: &Element<'_>| {
        let der = decoded(one).map_err(|_| ChainError::Malformed)?;
        Certificate::parse(&der)
    };
    Ok(data.children.iter().map(read).collect::<Result<_, ChainError>>()?)
}

struct Person {
    number: String,
    given_name: String,
    surname: String,
    carrier: Carrier,
}

/// Who the certificate is of. Its policies say whether it is a BankID at all: the same authorities issue others too.
fn read_person(leaf: &Certificate, test: bool) -> Result<Person, Rejected> {
    if !leaf.may(KeyUsages::DigitalSignature) && !leaf.may(KeyUsages::NonRepudiation) {
        return Err(Rejected::Person("it is not one to sign with"));
    }
    let policies = leaf.policies();
    let carrier = policies.iter().find_map(|policy| carrier(&policy.to_string(), test));
    let carrier = carrier.ok_or(Rejected::Person("it was issued for something else"))?;
    let number = attribute(leaf, SERIAL_NUMBER).unwrap_or_default();
    if number.len() != 12 || !number.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(Rejected::Person("it names no personal number"));
    }
    let name = |oid| attribute(leaf, oid).ok_or(Rejected::Person("it names no person"));
    Ok(Person { number, given_name: name(GIVEN_NAME)?, surname: name(SURNAME)?, carrier })
}

/// Policies of BankID, in production and in its test environment.
fn carrier(policy: &str, test: bool) -> Option<Carrier> {
    match (policy, test) {
        ("1.2.752.78.1.1", false) | ("1.2.3.4.5", true) => Some(Carrier::File),
        ("1.2.752.78.1.2", false) | ("1.2.3.4.10", true) => Some(Carrier::Card),
        ("1.2.752.78.1.5", false) | ("1.2.3.4.25", true) => Some(Carrier::Mobile),
        ("1.2.752.71.1.3", _) => Some(Carrier::Nordea),
        _ => None,
    }
}

/// The one value of an attribute of the subject.
fn attribute(certificate: &Certificate, oid: ObjectIdentifier) -> Option<String> {
    let mut found = certificate.subject().iter().filter(|attribute| attribute.oid == oid);
    let (Some(one), None) = (found.next(), found.next()) else { return None };
    let utf8 = one.value.decode_as::<Utf8StringRef<'_>>().map(|text| text.as_str().to_owned());
    let printable = || one.value.decode_as::<PrintableStringRef<'_>>().map(|text| text.as_str().to_owned());
    utf8.or_else(|_| printable()).ok()
}
