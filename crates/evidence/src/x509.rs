//! Certificates (RFC 5280) as far as evidence needs them: one given chain to one known root, judged at a given time.
//!
//! No path is searched for and nothing is fetched: what was signed names its chain in order, and the anchor comes from
//! whoever verifies. What is not understood and marked critical is refused; so is DER that has another spelling.
//!
//! **Absent on purpose:** revocation lists, name constraints, policy trees (the authorities of BankID carry a policy of
//! their own kind, so a tree would refuse the people below them; the policy of the person's certificate is read
//! instead).

use crate::signature::{Algorithm, PublicKey};
use ::spki::ObjectIdentifier;
use sha2::{Digest as _, Sha256};
use x509_cert::{
    Certificate as Parsed,
    der::{Any, Decode as _, Encode as _, asn1::Null, referenced::OwnedToRef as _},
    ext::pkix::{BasicConstraints, CertificatePolicies, ExtendedKeyUsage, KeyUsage, KeyUsages},
    name::Name,
    spki::AlgorithmIdentifierOwned,
};

const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
/// Extensions that are looked at, or whose meaning is that nothing more has to be (§4.2).
const UNDERSTOOD: [ObjectIdentifier; 4] = [
    ObjectIdentifier::new_unwrap("2.5.29.15"), // key usage
    ObjectIdentifier::new_unwrap("2.5.29.19"), // basic constraints
    ObjectIdentifier::new_unwrap("2.5.29.32"), // certificate policies
    ObjectIdentifier::new_unwrap("2.5.29.37"), // extended key usage
];

/// Why a certificate or a chain is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// No certificate in DER, or one with a key or an algorithm that nothing here verifies.
    #[error("a certificate cannot be read")]
    Malformed,
    /// Something critical that is not understood here, or said twice.
    #[error("a certificate holds a condition that is not known here")]
    Extension,
    /// The issuer that a certificate names is not the one that follows.
    #[error("the certificates do not belong together")]
    Issuer,
    /// A certificate that its issuer did not sign.
    #[error("a certificate was changed, or another authority signed it")]
    Signature,
    /// Somebody who may not issue certificates did, or more of them than allowed.
    #[error("a certificate was issued by somebody who may not")]
    Authority,
    /// Not valid at the time in question.
    #[error("a certificate was not valid at that time")]
    Expired,
    /// The chain does not end at a known root.
    #[error("the certificates lead to no root that is trusted")]
    Root,
}

/// A certificate, with the bytes it came as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    parsed: Parsed,
    der: Vec<u8>,
    key: PublicKey,
}

impl Certificate {
    /// Reads a certificate in DER, to its last byte.
    ///
    /// # Errors
    /// [`ChainError::Malformed`], [`ChainError::Extension`].
    pub fn parse(der: &[u8]) -> Result<Self, ChainError> {
        let parsed = Parsed::from_der(der).map_err(|_| ChainError::Malformed)?;
        // The signed part is written again to be verified, so that must be what was read.
        if parsed.to_der().map_err(|_| ChainError::Malformed)? != der {
            return Err(ChainError::Malformed);
        }
        let tbs = parsed.tbs_certificate();
        if parsed.signature_algorithm() != tbs.signature() {
            return Err(ChainError::Malformed);
        }
        let info = tbs.subject_public_key_info().owned_to_ref().to_der();
        let key = info.ok().and_then(|info| PublicKey::parse_spki(&info).ok());
        let certificate = Self { key: key.ok_or(ChainError::Malformed)?, der: der.to_vec(), parsed };
        certificate.check_extensions()?;
        Ok(certificate)
    }

    fn check_extensions(&self) -> Result<(), ChainError> {
        let extensions = self.parsed.tbs_certificate().extensions().map(Vec::as_slice).unwrap_or_default();
        for (at, extension) in extensions.iter().enumerate() {
            let again = extensions[..at].iter().any(|before| before.extn_id == extension.extn_id);
            if again || (extension.critical && !UNDERSTOOD.contains(&extension.extn_id)) {
                return Err(ChainError::Extension);
            }
        }
        Ok(())
    }

    /// The bytes it came as.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 over the DER: what people compare.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(&self.der).into()
    }

    /// The key it is about.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The subject.
    #[must_use]
    pub fn subject(&self) -> &Name {
        self.parsed.tbs_certificate().subject()
    }

    pub(crate) fn issuer(&self) -> &Name {
        self.parsed.tbs_certificate().issuer()
    }

    /// The serial number as its issuer gave it, most significant byte first.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        self.parsed.tbs_certificate().serial_number().as_bytes()
    }

    /// The bits of the subject's key, without the algorithm: what OCSP names an issuer's key by.
    pub(crate) fn key_bits(&self) -> &[u8] {
        self.parsed.tbs_certificate().subject_public_key_info().subject_public_key.raw_bytes()
    }

    /// Object identifiers of the policies it was issued under.
    #[must_use]
    pub fn policies(&self) -> Vec<ObjectIdentifier> {
        let policies = self.parsed.tbs_certificate().get_extension::<CertificatePolicies>();
        let policies = policies.ok().flatten().map(|(_, policies)| policies.0).unwrap_or_default();
        policies.into_iter().map(|policy| policy.policy_identifier).collect()
    }

    pub(crate) fn may(&self, usage: KeyUsages) -> bool {
        let found = self.parsed.tbs_certificate().get_extension::<KeyUsage>();
        matches!(found, Ok(Some((_, usages))) if usages.0.contains(usage))
    }

    pub(crate) fn is_meant_for(&self, purpose: ObjectIdentifier) -> bool {
        let found = self.parsed.tbs_certificate().get_extension::<ExtendedKeyUsage>();
        matches!(found, Ok(Some((_, purposes))) if purposes.0.contains(&purpose))
    }

    fn constraints(&self) -> Option<BasicConstraints> {
        let found = self.parsed.tbs_certificate().get_extension::<BasicConstraints>();
        found.ok().flatten().map(|(_, constraints)| constraints)
    }

    pub(crate) fn is_authority(&self) -> bool {
        self.constraints().is_some_and(|constraints| constraints.ca)
    }

    /// Whether it was valid at a time, in seconds since 1970.
    pub(crate) fn was_valid(&self, at: u64) -> bool {
        let validity = self.parsed.tbs_certificate().validity();
        let (from, until) = (validity.not_before, validity.not_after);
        (from.to_unix_duration().as_secs()..=until.to_unix_duration().as_secs()).contains(&at)
    }

    /// Whether `issuer` issued it: by name, by its right to, and by its signature.
    pub(crate) fn verify_issuer(&self, issuer: &Self) -> Result<(), ChainError> {
        if self.issuer() != issuer.subject() {
            return Err(ChainError::Issuer);
        }
        if !issuer.is_authority() || !issuer.may(KeyUsages::KeyCertSign) {
            return Err(ChainError::Authority);
        }
        let algorithm = algorithm(self.parsed.signature_algorithm()).ok_or(ChainError::Malformed)?;
        let signed = self.parsed.tbs_certificate().to_der().map_err(|_| ChainError::Malformed)?;
        let signature = self.parsed.signature().as_bytes().ok_or(ChainError::Malformed)?;
        issuer.key.verify(algorithm, &signed, signature).map_err(|_| ChainError::Signature)
    }
}

/// The algorithm of a signature in a certificate or an OCSP response; `None` for every other spelling.
pub(crate) fn algorithm(identifier: &AlgorithmIdentifierOwned) -> Option<Algorithm> {
    if identifier.parameters != Some(Any::from(Null)) {
        return None;
    }
    match identifier.oid {
        RSA_SHA256 => Some(Algorithm::RsaSha256),
        RSA_SHA512 => Some(Algorithm::RsaSha512),
        _ => None,
    }
}

/// Verifies a chain, leaf first and without its root, at a time in seconds since 1970. Answers the root it leads to.
///
/// # Errors
/// [`ChainError`].
pub fn verify_chain<'r>(
    chain: &[Certificate],
    roots: &'r [Certificate],
    at: u64,
) -> Result<&'r Certificate, ChainError> {
    let (leaf, authorities) = chain.split_first().ok_or(ChainError::Malformed)?;
    if leaf.is_authority() {
        return Err(ChainError::Authority);
    }
    let last = chain.last().ok_or(ChainError::Malformed)?;
    // Two roots may share a name; the one that signed counts.
    let named: Vec<&Certificate> = roots.iter().filter(|root| root.subject() == last.issuer()).collect();
    let signed = named.iter().find(|root| last.verify_issuer(root).is_ok());
    let root = match (signed, named.first()) {
        (Some(root), _) => *root,
        (None, Some(root)) => return last.verify_issuer(root).map(|()| *root),
        (None, None) => return Err(ChainError::Root),
    };
    for pair in chain.windows(2) {
        pair[0].verify_issuer(&pair[1])?;
    }
    for (below, authority) in authorities.iter().chain([root]).enumerate() {
        let most = authority.constraints().and_then(|constraints| constraints.path_len_constraint);
        if most.is_some_and(|most| below > usize::from(most)) {
            return Err(ChainError::Authority);
        }
    }
    if !chain.iter().chain([root]).all(|certificate| certificate.was_valid(at)) {
        return Err(ChainError::Expired);
    }
    Ok(root)
}
