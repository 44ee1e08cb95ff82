//! From a draft to what is written: an event with its free text concealed, its canonical bytes and its leaf hash.
//!
//! Chance and the clock are passed in, so that desktop and backend write with the same code.

use crate::{
    disclosure::{self, Disclosure, SALT_BYTES},
    leaf::{self, LeafError},
};
use attest_domain::{
    Digest,
    event::{Actor, Draft, ENVELOPE_VERSION, Event, ReasonCode},
};
use uuid::Uuid;

/// What a log adds to a draft.
#[derive(Clone, Debug, PartialEq)]
pub struct Stamp {
    /// Whose log.
    pub tenant: Uuid,
    /// Position.
    pub seq: u64,
    /// Id of the event.
    pub id: Uuid,
    /// When, RFC 3339 in UTC with milliseconds.
    pub at: String,
    /// Who.
    pub actor: Actor,
    /// Joins the events of one act.
    pub trace: Option<Uuid>,
    /// First event of the act that is taken back or done again.
    pub reverts: Option<Uuid>,
}

/// An event ready to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Composed {
    /// The event.
    pub event: Event,
    /// Its canonical bytes.
    pub bytes: Vec<u8>,
    /// Leaf hash of the bytes.
    pub hash: Digest,
    /// Its disclosures, in the order of their digests.
    pub disclosures: Vec<Disclosure>,
}

/// Writes the event of a draft. `salts` has a fresh random salt for each sensitive member, in their order.
///
/// # Errors
/// [`LeafError`] when the event is larger than a log takes or cannot be written canonically.
///
/// # Panics
/// When there are fewer salts than sensitive members: a member without a salt of its own could be guessed.
pub fn compose(stamp: Stamp, draft: Draft, salts: &[[u8; SALT_BYTES]]) -> Result<Composed, LeafError> {
    assert!(salts.len() >= draft.sensitive.len(), "a salt for each sensitive member");
    let concealed = draft.sensitive.iter().zip(salts);
    let mut disclosures: Vec<Disclosure> =
        concealed.map(|((name, value), salt)| disclosure::conceal(*salt, name, value)).collect();
    // Sorted, so that the order of the digests tells nothing about the members.
    disclosures.sort_by(|one, other| one.digest.cmp(&other.digest));
    let event = Event {
        v: ENVELOPE_VERSION,
        tenant: stamp.tenant,
        seq: stamp.seq,
        id: stamp.id,
        at: stamp.at,
        actor: stamp.actor,
        action: draft.action.to_owned(),
        object: draft.object,
        trace: stamp.trace,
        reverts: stamp.reverts,
        reason: draft.reason.map(|code| ReasonCode { code }),
        before: draft.before,
        after: draft.after,
        evidence: draft.evidence,
        sd: disclosures.iter().map(|made| made.digest.clone()).collect(),
    };
    let bytes = leaf::encode(&event)?;
    let hash = leaf::hash(&bytes);
    Ok(Composed { event, bytes, hash, disclosures })
}
