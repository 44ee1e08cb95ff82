//! The OCSP response (RFC 6960) that comes with a BankID signature: that the certificate was good, and when.
//!
//! The response is the only time a signature has, and its nonce ties it to that one signature: 20 bytes of SHA-1 over
//! the signature as it was received, then 12 of chance. They stand in the extension as they are, not as an
//! `OCTET STRING` as RFC 8954 has it.

use super::Rejected;
use crate::x509::{Certificate, algorithm};
use ::spki::ObjectIdentifier;
use sha1::{Digest as _, Sha1};
use x509_cert::{
    der::{
        Any, Decode as _, Encode as _, Enumerated, Sequence,
        asn1::{BitString, ContextSpecific, GeneralizedTime, Null, OctetString},
        oid::db::rfc5912::ID_KP_OCSP_SIGNING,
    },
    ext::{Extensions, pkix::KeyUsages},
    name::Name,
    serial_number::SerialNumber,
    spki::AlgorithmIdentifierOwned,
};

const ID_PKIX_OCSP_BASIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.1");
const ID_PKIX_OCSP_NONCE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.2");
const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
/// Longest response: one answer and one certificate take 2 KB.
const BYTES_MAX: usize = 16 * 1024;
const NONCE_BYTES: usize = 32;
/// How long before its response a status may have been looked up, in seconds. BankID looks it up for the response.
const STATUS_AGE_MAX: u64 = 3600;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enumerated)]
#[asn1(type = "ENUMERATED")]
#[repr(u32)]
enum ResponseStatus {
    Successful = 0,
    MalformedRequest = 1,
    InternalError = 2,
    TryLater = 3,
    SigRequired = 5,
    Unauthorized = 6,
}

#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
struct OcspResponse {
    status: ResponseStatus,
    #[asn1(context_specific = "0", optional = "true", tag_mode = "EXPLICIT")]
    bytes: Option<ResponseBytes>,
}

#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
struct ResponseBytes {
    kind: ObjectIdentifier,
    response: OctetString,
}

#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
struct BasicResponse {
    data: ResponseData,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
    #[asn1(context_specific = "0", optional = "true", tag_mode = "EXPLICIT")]
    certificates: Option<Vec<Any>>,
}

/// `ResponseData`; its version is 1, which DER leaves out, so one that is written is refused.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
struct ResponseData {
    /// The responder by name. Naming it by key is allowed and not what BankID does.
    responder: ContextSpecific<Name>,
    produced: GeneralizedTime,
    responses: Vec<SingleResponse>,
    #[asn1(context_specific = "1", optional = "true", tag_mode = "EXPLICIT")]
    extensions: Option<Extensions>,
}

#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
struct SingleResponse {
    id: CertId,
    status: Any,
    this_update: GeneralizedTime,
    #[asn1(context_specific = "0", optional = "true", tag_mode = "EXPLICIT")]
    next_update: Option<GeneralizedTime>,
    #[asn1(context_specific = "1", optional = "true", tag_mode = "EXPLICIT")]
    extensions: Option<Extensions>,
}

#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
struct CertId {
    algorithm: AlgorithmIdentifierOwned,
    issuer_name: OctetString,
    issuer_key: OctetString,
    serial: SerialNumber,
}

/// `good [0] IMPLICIT NULL`.
const GOOD: [u8; 2] = [0x80, 0x00];

/// A response that was read, of which nothing is believed yet.
pub(super) struct Response {
    basic: BasicResponse,
    responder: Certificate,
}

impl Response {
    /// Reads a response in DER, to its last byte.
    pub(super) fn parse(der: &[u8]) -> Result<Self, Rejected> {
        if der.len() > BYTES_MAX {
            return Err(Rejected::Ocsp("it is longer than such a response is"));
        }
        let unreadable = Rejected::Ocsp("it cannot be read");
        let outer = OcspResponse::from_der(der).map_err(|_| unreadable)?;
        if outer.to_der().ok().as_deref() != Some(der) {
            return Err(unreadable);
        }
        let bytes = match (outer.status, outer.bytes) {
            (ResponseStatus::Successful, Some(bytes)) if bytes.kind == ID_PKIX_OCSP_BASIC => bytes,
            _ => return Err(Rejected::Ocsp("it holds no answer")),
        };
        let basic = BasicResponse::from_der(bytes.response.as_bytes()).map_err(|_| unreadable)?;
        if basic.to_der().ok().as_deref() != Some(bytes.response.as_bytes()) {
            return Err(unreadable);
        }
        let responder = match basic.certificates.as_deref() {
            Some([one]) => one.to_der().ok().and_then(|der| Certificate::parse(&der).ok()),
            _ => None,
        };
        let responder = responder.ok_or(Rejected::Ocsp("it brings not the one certificate of its signer"))?;
        Ok(Self { basic, responder })
    }

    /// When it was made, in seconds since 1970: the time of the signature. Worth nothing before it is verified.
    pub(super) fn produced(&self) -> u64 {
        self.basic.data.produced.to_unix_duration().as_secs()
    }

    /// Whether it says of `leaf`, issued by `issuer`, that it was good, for the signature received as `signature`.
    pub(super) fn verify(
        &self,
        leaf: &Certificate,
        issuer: &Certificate,
        signature: &str,
    ) -> Result<(), Rejected> {
        self.verify_signer(issuer)?;
        let single = match self.basic.data.responses.as_slice() {
            [single] => single,
            _ => return Err(Rejected::Ocsp("it does not answer for one certificate")),
        };
        if !single.id.names(leaf, issuer) {
            return Err(Rejected::OtherCertificate);
        }
        if single.status.to_der().ok().as_deref() != Some(&GOOD) {
            return Err(Rejected::Revoked);
        }
        let (produced, looked) = (self.produced(), single.this_update.to_unix_duration().as_secs());
        let until = single.next_update.map(|time| time.to_unix_duration().as_secs());
        if looked > produced
            || produced - looked > STATUS_AGE_MAX
            || until.is_some_and(|until| until < produced)
        {
            return Err(Rejected::Ocsp("the status is not of the time it was made"));
        }
        if single.extensions.iter().flatten().any(|extension| extension.critical) {
            return Err(Rejected::Ocsp("it holds a condition that is not known here"));
        }
        if self.nonce()?[..20] != Sha1::digest(signature.as_bytes())[..] {
            return Err(Rejected::OtherSignature);
        }
        Ok(())
    }

    /// The responder was delegated by the authority that issued the person's certificate (RFC 6960 §4.2.2.2), and it
    /// signed this.
    fn verify_signer(&self, issuer: &Certificate) -> Result<(), Rejected> {
        let foreign = Rejected::Ocsp("its signer has no right to answer for that authority");
        self.responder.verify_issuer(issuer).map_err(|_| foreign)?;
        let named = &self.basic.data.responder;
        let may = named.tag_number.value() == 1
            && &named.value == self.responder.subject()
            && self.responder.is_meant_for(ID_KP_OCSP_SIGNING)
            && (self.responder.may(KeyUsages::NonRepudiation)
                || self.responder.may(KeyUsages::DigitalSignature))
            && !self.responder.is_authority()
            && self.responder.was_valid(self.produced());
        if !may {
            return Err(foreign);
        }
        let changed = Rejected::Ocsp("it was changed, or somebody else signed it");
        let algorithm = algorithm(&self.basic.algorithm).ok_or(changed)?;
        let signed = self.basic.data.to_der().map_err(|_| changed)?;
        let signature = self.basic.signature.as_bytes().ok_or(changed)?;
        self.responder.key().verify(algorithm, &signed, signature).map_err(|_| changed)
    }

    fn nonce(&self) -> Result<&[u8], Rejected> {
        let mut nonce = None;
        for extension in self.basic.data.extensions.iter().flatten() {
            match extension.extn_id {
                ID_PKIX_OCSP_NONCE if nonce.is_none() => nonce = Some(extension.extn_value.as_bytes()),
                _ if extension.critical => {
                    return Err(Rejected::Ocsp("it holds a condition that is not known here"));
                }
                _ => {}
            }
        }
        nonce.filter(|nonce| nonce.len() == NONCE_BYTES).ok_or(Rejected::OtherSignature)
    }
}

impl CertId {
    fn names(&self, leaf: &Certificate, issuer: &Certificate) -> bool {
        let algorithm = self.algorithm.oid == SHA1
            && self.algorithm.parameters.as_ref().is_none_or(|null| *null == Any::from(Null));
        let name = leaf.issuer().to_der().map(|name| Sha1::digest(&name));
        algorithm
            && name.is_ok_and(|name| self.issuer_name.as_bytes() == &name[..])
            && self.issuer_key.as_bytes() == &Sha1::digest(issuer.key_bits())[..]
            && self.serial.as_bytes() == leaf.serial()
    }
}
