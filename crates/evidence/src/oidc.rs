//! What an OpenID Provider said of a person, verified offline: an id_token with the keys that were published then.
//!
//! Most eIDs leave no signature of the person's own. What remains is the provider's word, and what ties it to an
//! approval is the `nonce` of the request, which comes back signed: it commits to the purpose and to the digest of what
//! was approved ([`nonce`], by a salt that is kept as evidence too). Where a broker gives a transaction token it says
//! which text was shown; [`require_text`] compares it.
//!
//! For an encrypted token (Finnish Trust Network) the evidence is the signed one inside: decrypting needs a key that
//! no auditor has.
//!
//! **Absent on purpose:** discovery, fetching keys, decryption, and the present time: `iat` is the provider's word.

use crate::jws::{self, JwsError};
use attest_domain::Digest;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

pub use crate::bankid::Purpose;

/// What was kept of an authentication.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The signed token, as it was received or decrypted.
    pub id_token: &'a str,
    /// The provider's keys (JWKS) as they were published when it was received.
    pub jwks: &'a Value,
    /// Salt of the nonce, where there was something to approve.
    pub salt: Option<&'a [u8; 16]>,
}

/// What was asked for, and of whom.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The provider (`iss`), to the letter.
    pub issuer: &'a str,
    /// We (`aud`).
    pub client: &'a str,
    /// Levels of assurance that will do (`acr`).
    pub acr: &'a [&'a str],
    /// The claim that says who the person is, the same at every sign-in: `sub`, or a national number.
    pub person: &'a str,
    /// For what, and the digest of what was approved; zero bytes for a sign-in.
    pub commitment: Commitment<'a>,
}

/// What a nonce says.
#[derive(Clone, Copy, Debug)]
pub enum Commitment<'a> {
    /// A sign-in, by the nonce that was sent.
    SignIn(&'a str),
    /// An approval of what has this digest.
    Approval(Digest),
}

/// What was proved.
#[derive(Clone, PartialEq)]
pub struct Authenticated {
    /// The person, by the claim that was asked for.
    pub person: String,
    /// The level of assurance that was reached.
    pub acr: String,
    /// When the provider says that it gave the token, in seconds since 1970.
    pub issued: u64,
    /// All that the provider said.
    pub claims: Map<String, Value>,
}

impl std::fmt::Debug for Authenticated {
    /// Never who.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut told = formatter.debug_struct("Authenticated");
        told.field("acr", &self.acr).field("issued", &self.issued).finish_non_exhaustive()
    }
}

/// Why evidence is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The token itself.
    #[error(transparent)]
    Token(#[from] JwsError),
    /// Somebody else's.
    #[error("The token is from another provider.")]
    Issuer,
    /// Given to somebody else.
    #[error("The token was given to somebody else.")]
    Audience,
    /// Not strong enough, or not said how strong.
    #[error("The person was not authenticated as strongly as was asked for.")]
    Assurance,
    /// It does not say who.
    #[error("The token does not say who the person is.")]
    Person,
    /// Given for another request or another approval.
    #[error("The token was given for something else.")]
    Nonce,
    /// Its times are missing or contradict each other.
    #[error("The times in the token are no times of a sign-in.")]
    Time,
    /// The text that was shown is another.
    #[error("Another text was shown than the one to be approved.")]
    Text,
}

/// The nonce of a request that approves what has `digest`: base64url of SHA-256 over version, digest and salt, 43
/// characters.
#[must_use]
pub fn nonce(digest: &Digest, salt: &[u8; 16]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(b"attest/approval-nonce/v1\n");
    hasher.update(digest.0);
    hasher.update(salt);
    BASE64URL_NOPAD.encode(&hasher.finalize())
}

/// Verifies evidence against what was asked for.
///
/// # Errors
/// [`Rejected`], with the first thing that is wrong.
pub fn verify(evidence: &Evidence<'_>, expected: &Expected<'_>) -> Result<Authenticated, Rejected> {
    let claims = jws::verify(evidence.id_token, evidence.jwks)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    if text("iss") != Some(expected.issuer) {
        return Err(Rejected::Issuer);
    }
    if !is_for(&claims, expected.client) {
        return Err(Rejected::Audience);
    }
    let wanted = match (expected.commitment, evidence.salt) {
        (Commitment::SignIn(nonce), _) => Some(nonce.to_owned()),
        (Commitment::Approval(digest), Some(salt)) => Some(nonce(&digest, salt)),
        (Commitment::Approval(_), None) => None,
    };
    if wanted.is_none() || text("nonce") != wanted.as_deref() {
        return Err(Rejected::Nonce);
    }
    let acr = text("acr").filter(|acr| expected.acr.contains(acr)).ok_or(Rejected::Assurance)?;
    let person = text(expected.person).ok_or(Rejected::Person)?;
    let time = |name: &str| claims.get(name).and_then(Value::as_u64);
    let issued = time("iat").filter(|issued| time("exp").is_some_and(|until| until > *issued));
    let issued = issued.ok_or(Rejected::Time)?;
    let (person, acr) = (person.to_owned(), acr.to_owned());
    Ok(Authenticated { person, acr, issued, claims })
}

/// The audience is us: alone, or among several where the token says that it was given to us (OIDC Core §3.1.3.7).
fn is_for(claims: &Map<String, Value>, client: &str) -> bool {
    let authorized = claims.get("azp").is_none_or(|party| party == client);
    authorized
        && match claims.get("aud") {
            Some(Value::String(one)) => one == client,
            Some(Value::Array(several)) => {
                several.iter().any(|one| one == client) && (several.len() == 1 || claims.contains_key("azp"))
            }
            _ => false,
        }
}

/// Whether a broker's transaction token, under its archived keys, says that `text` was shown: in the claim `claim`,
/// which holds it in base64 or as it is.
///
/// # Errors
/// [`Rejected::Token`], [`Rejected::Text`].
pub fn require_text(token: &str, jwks: &Value, claim: &str, text: &str) -> Result<(), Rejected> {
    let claims = jws::verify(token, jwks)?;
    let said = claims.get(claim).and_then(Value::as_str).ok_or(Rejected::Text)?;
    if said == text || data_encoding::BASE64.encode(text.as_bytes()) == said {
        Ok(())
    } else {
        Err(Rejected::Text)
    }
}
