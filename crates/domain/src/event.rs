//! The envelope of the log: every change of state is one of these, and nothing else changes state (DESIGN §4).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::ids::Digest;

/// Version of the envelope that this program writes.
pub const ENVELOPE_VERSION: u8 = 1;

/// Names of the actions, as `object.verb`.
pub mod action {
    /// The workspace came to be; always the first event.
    pub const WORKSPACE_CREATE: &str = "workspace.create";
    /// A person went on with a log that does not continue its last checkpoint.
    pub const LOG_RESUME: &str = "log.resume";
    /// A document was read and kept.
    pub const DOCUMENT_IMPORT: &str = "document.import";
    /// A document was refused whole; this event is its only trace.
    pub const DOCUMENT_REFUSE: &str = "document.refuse";
    /// A bank account was given its ledger account.
    pub const ACCOUNT_ASSIGN: &str = "account.assign";
    /// Lines were confirmed to belong together.
    pub const MATCH: &str = "cash_movement.match";
    /// A confirmed match or write-off was dissolved.
    pub const UNMATCH: &str = "cash_movement.unmatch";
    /// A proposal was turned down.
    pub const REJECT: &str = "cash_movement.reject";
    /// A turned-down proposal may be proposed again.
    pub const RECONSIDER: &str = "cash_movement.reconsider";
    /// Lines were put off.
    pub const HOLD: &str = "cash_movement.hold";
    /// Lines were taken off hold.
    pub const RELEASE: &str = "cash_movement.release";
    /// A line was commented on.
    pub const COMMENT: &str = "cash_movement.comment";
    /// A comment was withdrawn.
    pub const WITHDRAW: &str = "cash_movement.withdraw";
    /// Lines were settled without a counterpart.
    pub const WRITE_OFF: &str = "cash_movement.write_off";
    /// Somebody became a member.
    pub const MEMBER_ADD: &str = "member.add";
    /// A member's role or scope was changed.
    pub const MEMBER_CHANGE: &str = "member.change";
    /// Somebody is a member no more.
    pub const MEMBER_REMOVE: &str = "member.remove";
    /// What an event conceals was destroyed.
    pub const DISCLOSURE_ERASE: &str = "disclosure.erase";
    /// A reconciliation left the workspace as a file.
    pub const EXPORT: &str = "reconciliation.export";
}

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    /// A person.
    User,
    /// This program by a rule.
    System,
    /// A bank channel.
    Bank,
}

/// Who did it, in which role, proven how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Person, program or bank.
    pub kind: ActorKind,
    /// Stable id; in a standalone workspace the workspace's own device user.
    pub id: String,
    /// Role the person acted in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub role: Option<String>,
    /// How the person was authenticated (`device` in a standalone workspace).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub auth: Option<String>,
    /// Order reference of a signature.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub order: Option<String>,
}

/// What was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Kind of object: `document`, `cash_movement`, `account`, `workspace`, `reconciliation`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its version after this event, from 1.
    pub version: u64,
}

/// Why, as a code; free text is a disclosure, never part of the leaf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonCode {
    /// Stable code.
    pub code: String,
}

/// A document or signature an event rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceRef {
    /// `document`, `eid-signature` …
    pub kind: String,
    /// Digest of its bytes.
    pub sha256: Digest,
}

/// An event as it is written. Its canonical bytes are the leaf; they are never re-serialised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Version of the envelope.
    pub v: u8,
    /// The tenant whose log this is.
    pub tenant: Uuid,
    /// Position in the log, from 0 without gaps.
    pub seq: u64,
    /// Id of the event.
    pub id: Uuid,
    /// When, RFC 3339 in UTC with milliseconds.
    pub at: String,
    /// Who.
    pub actor: Actor,
    /// What, as `object.verb`.
    pub action: String,
    /// On what.
    pub object: Object,
    /// Joins the events of one act, such as accepting many proposals at once.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trace: Option<Uuid>,
    /// Id of the first event of the act that this one takes back, or does again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reverts: Option<Uuid>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<ReasonCode>,
    /// State before, as far as it changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<Value>,
    /// State after, as far as it changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<Value>,
    /// What it rests on.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub evidence: Vec<EvidenceRef>,
    /// Digests of the disclosures: members that may be withheld or erased (RFC 9901).
    #[serde(rename = "_sd", skip_serializing_if = "Vec::is_empty", default)]
    pub sd: Vec<String>,
}

impl Event {
    /// Ids of the lines it speaks of.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for state in [&self.before, &self.after].into_iter().flatten() {
            for side in ["bank", "ledger"] {
                let ids = state.get(side).and_then(Value::as_array).into_iter().flatten();
                lines.extend(ids.filter_map(Value::as_str).map(str::to_owned));
            }
        }
        lines
    }
}

/// What [`decide`](crate::decide::decide) wants written; position, id, time and actor come from the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// What, as `object.verb`.
    pub action: &'static str,
    /// On what.
    pub object: Object,
    /// Why.
    pub reason: Option<String>,
    /// State before.
    pub before: Option<Value>,
    /// State after.
    pub after: Option<Value>,
    /// What it rests on.
    pub evidence: Vec<EvidenceRef>,
    /// Free text and names: written as disclosures, name and value.
    pub sensitive: Vec<(&'static str, String)>,
}
