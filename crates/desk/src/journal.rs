//! Writing events: drafts from the rules become leaves of the log, with free text concealed.

use crate::{clock::Clock, error::DeskError};
use attest_cache::log::{NewEvent, WriteTx};
use attest_domain::{
    Digest,
    event::{Actor, ActorKind, Draft, Event},
};
use attest_evidence::{
    compose::{Composed, Stamp, compose},
    disclosure::SALT_BYTES,
    leaf,
};
use attest_wire::{Command, Submission};
use std::sync::Arc;
use uuid::Uuid;

/// Who writes, into whose log.
#[derive(Clone, Debug)]
pub(crate) struct Author {
    pub(crate) tenant: Uuid,
    /// Whose decisions these are.
    pub(crate) actor: Actor,
    /// Whether the log is a backend's: what is written here is provisional until that has it.
    pub(crate) connected: bool,
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

pub(crate) fn instant(at: jiff::Timestamp) -> String {
    format!("{at:.3}")
}

/// A fresh id that sorts by time.
pub(crate) fn make_id() -> Uuid {
    Uuid::now_v7()
}

/// A person in a standalone workspace: known by the device alone.
pub(crate) fn device_user(id: String) -> Actor {
    Actor {
        kind: ActorKind::User,
        id,
        role: Some("controller".to_owned()),
        auth: Some("device".to_owned()),
        order: None,
    }
}

/// What a backend is asked for, where the log is its.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ask {
    pub(crate) command: Command,
    /// Id of the object that the command makes.
    pub(crate) object: Option<Uuid>,
    /// The dissolved match that comes back.
    pub(crate) brings_back: Option<String>,
    /// The document that has to be there first.
    pub(crate) document: Option<Digest>,
}

impl Ask {
    /// A command about no object of its own.
    pub(crate) fn plain(command: Command) -> Self {
        Self { command, object: None, brings_back: None, document: None }
    }
}

impl Author {
    /// Appends one event inside the transaction and answers it as written.
    /// In a connected workspace it is provisional, and `ask` waits in the outbox until the backend has decided.
    pub(crate) async fn append(
        &self,
        tx: &mut WriteTx,
        draft: Draft,
        act: Act,
        ask: Option<Ask>,
    ) -> Result<Event, DeskError> {
        let reason = draft.reason.clone();
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
            actor: self.actor.clone(),
            trace: act.trace,
            reverts: reverts.map(|event| event.id),
        };
        let Composed { event, bytes, hash, disclosures } = compose(stamp, draft, &salts)?;
        let disclosures: Vec<(String, String)> =
            disclosures.into_iter().map(|made| (made.digest, made.text)).collect();
        if self.connected {
            let ask = ask.ok_or_else(|| DeskError::Bug(format!("{} has no command", event.action)))?;
            put_out(tx, &event, reason, ask).await?;
        }
        self.store(tx, &event, &bytes, hash, act.reverts, &disclosures).await?;
        Ok(event)
    }

    /// Stores an event as it stands in its bytes.
    pub(crate) async fn store(
        &self,
        tx: &mut WriteTx,
        event: &Event,
        bytes: &[u8],
        hash: Digest,
        reverts: Option<u64>,
        disclosures: &[(String, String)],
    ) -> Result<(), DeskError> {
        let lines = event.lines();
        tx.append_event(&self.row(event, bytes, hash, reverts, disclosures, &lines)).await?;
        Ok(())
    }

    /// The row of an event, whose `lines` are those it speaks of.
    pub(crate) fn row<'e>(
        &self,
        event: &'e Event,
        bytes: &'e [u8],
        hash: Digest,
        reverts: Option<u64>,
        disclosures: &'e [(String, String)],
        lines: &'e [String],
    ) -> NewEvent<'e> {
        NewEvent {
            seq: event.seq,
            id: event.id.to_string(),
            leaf: bytes,
            hash,
            action: &event.action,
            object_id: &event.object.id,
            actor: match event.actor.kind {
                ActorKind::User if event.actor.id == self.actor.id => "user",
                // Another member's: nothing that undo could take back here.
                ActorKind::User => "member",
                ActorKind::System => "system",
                ActorKind::Bank => "bank",
            },
            at: &event.at,
            trace: event.trace.map(|trace| trace.to_string()),
            reverts,
            disclosures,
            lines,
        }
    }
}

/// Puts the command of a provisional event into the outbox.
async fn put_out(tx: &mut WriteTx, event: &Event, reason: Option<String>, ask: Ask) -> Result<(), DeskError> {
    let submission = Submission {
        key: event.id,
        object: ask.object,
        trace: event.trace,
        reverts: event.reverts,
        reason,
        brings_back: ask.brings_back,
        command: ask.command,
    };
    let json = serde_json::to_string(&submission).map_err(|error| DeskError::Bug(error.to_string()))?;
    tx.add_outbox(&event.id.to_string(), &json, ask.document.as_ref(), &event.at).await?;
    Ok(())
}
