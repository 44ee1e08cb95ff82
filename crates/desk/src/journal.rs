//! Writing events: drafts from the rules become leaves of the log, with free text concealed.

use crate::{clock::Clock, error::DeskError};
use attest_cache::log::{NewEvent, WriteTx};
use attest_domain::event::{Actor, ActorKind, Draft, ENVELOPE_VERSION, Event, ReasonCode};
use attest_evidence::{disclosure, leaf};
use std::sync::Arc;
use uuid::Uuid;

/// Who writes, into whose log.
#[derive(Clone, Debug)]
pub(crate) struct Author {
    pub(crate) tenant: Uuid,
    pub(crate) user: String,
    /// What time it is for everything that is decided.
    pub(crate) clock: Arc<dyn Clock>,
}

/// What joins events to an act and to the act they take back.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Act {
    pub(crate) trace: Option<Uuid>,
    pub(crate) reverts: Option<u64>,
}

/// The instant, RFC 3339 in UTC with milliseconds.
pub(crate) fn now() -> String {
    instant(jiff::Timestamp::now())
}

fn instant(at: jiff::Timestamp) -> String {
    format!("{at:.3}")
}

/// A fresh id that sorts by time.
pub(crate) fn make_id() -> Uuid {
    Uuid::now_v7()
}

impl Author {
    /// A person in a standalone workspace: known by the device alone.
    pub(crate) fn actor(&self) -> Actor {
        Actor {
            kind: ActorKind::User,
            id: self.user.clone(),
            role: Some("controller".to_owned()),
            auth: Some("device".to_owned()),
            order: None,
        }
    }

    /// Appends one event inside the transaction and answers it as written.
    pub(crate) async fn append(&self, tx: &mut WriteTx, draft: Draft, act: Act) -> Result<Event, DeskError> {
        let seq = tx.next_seq().await?;
        let mut disclosures = Vec::with_capacity(draft.sensitive.len());
        for (name, value) in &draft.sensitive {
            let mut salt = [0; disclosure::SALT_BYTES];
            getrandom::fill(&mut salt).map_err(DeskError::Random)?;
            let made = disclosure::conceal(salt, name, value);
            disclosures.push((made.digest, made.text));
        }
        // Sorted, so that the order of the digests tells nothing about the members.
        disclosures.sort();
        let event = Event {
            v: ENVELOPE_VERSION,
            tenant: self.tenant,
            seq,
            id: make_id(),
            at: instant(self.clock.now()),
            actor: self.actor(),
            action: draft.action.to_owned(),
            object: draft.object,
            trace: act.trace,
            reason: draft.reason.map(|code| ReasonCode { code }),
            before: draft.before,
            after: draft.after,
            evidence: draft.evidence,
            sd: disclosures.iter().map(|(digest, _)| digest.clone()).collect(),
        };
        let bytes = leaf::encode(&event)?;
        tx.append_event(&NewEvent {
            seq,
            leaf: &bytes,
            hash: leaf::hash(&bytes),
            action: &event.action,
            object_id: &event.object.id,
            actor: "user",
            at: &event.at,
            trace: event.trace.map(|trace| trace.to_string()),
            reverts: act.reverts,
            disclosures: &disclosures,
            lines: &lines_of(&event),
        })
        .await?;
        Ok(event)
    }
}

/// Ids of the lines an event speaks of.
pub(crate) fn lines_of(event: &Event) -> Vec<String> {
    let mut lines = Vec::new();
    for state in [&event.before, &event.after].into_iter().flatten() {
        for side in ["bank", "ledger"] {
            let ids = state.get(side).and_then(|ids| ids.as_array()).into_iter().flatten();
            lines.extend(ids.filter_map(|id| id.as_str()).map(str::to_owned));
        }
    }
    lines
}
