//! Writing events: drafts from the rules become leaves of the log, with free text concealed.

use crate::{clock::Clock, error::DeskError};
use attest_cache::log::{NewEvent, WriteTx};
use attest_domain::event::{Actor, ActorKind, Draft, Event};
use attest_evidence::{
    compose::{Composed, Stamp, compose},
    disclosure::SALT_BYTES,
    leaf,
};
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
        let mut salts = vec![[0; SALT_BYTES]; draft.sensitive.len()];
        for salt in &mut salts {
            getrandom::fill(salt).map_err(DeskError::Random)?;
        }
        let reverts = match act.reverts {
            Some(first) => tx.find_leaf(first).await?.map(|bytes| leaf::decode(&bytes)).transpose()?,
            None => None,
        };
        let stamp = Stamp {
            tenant: self.tenant,
            seq: tx.next_seq().await?,
            id: make_id(),
            at: instant(self.clock.now()),
            actor: self.actor(),
            trace: act.trace,
            reverts: reverts.map(|event| event.id),
        };
        let Composed { event, bytes, hash, disclosures } = compose(stamp, draft, &salts)?;
        let disclosures: Vec<(String, String)> =
            disclosures.into_iter().map(|made| (made.digest, made.text)).collect();
        tx.append_event(&NewEvent {
            seq: event.seq,
            leaf: &bytes,
            hash,
            action: &event.action,
            object_id: &event.object.id,
            actor: "user",
            at: &event.at,
            trace: event.trace.map(|trace| trace.to_string()),
            reverts: act.reverts,
            disclosures: &disclosures,
            lines: &event.lines(),
        })
        .await?;
        Ok(event)
    }
}
