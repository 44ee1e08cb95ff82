//! The audit view of the log: who did what to what, when, on which evidence (DESIGN §4), for lists and for programs;
//! and what an erasure does to a replica.
//!
//! What is told of an event is what stands in its leaf. What it conceals is told where it is held here, and otherwise
//! why it is not: `erased` where the log says so, else `withheld`.
//! The names of members are a contract (docs/formats/cli.md). Memory is that of one page, however long the log is.

use crate::{Desk, Session, error::DeskError};
use attest_cache::{
    audit::{AuditFilter, AuditRow},
    log::WriteTx,
};
use attest_domain::{
    Date, Digest,
    drafts::read_erasure,
    event::{Actor, Event, EvidenceRef, Object, action},
};
use attest_evidence::{disclosure, leaf};
use serde::Serialize;
use serde_json::Value;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
use uuid::Uuid;

/// Events read at once.
const PAGE: u32 = 1_000;

/// Which events are wanted. What is absent narrows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// First day, UTC.
    pub from: Option<Date>,
    /// Last day, UTC.
    pub to: Option<Date>,
    /// Kind, id or role of the actor.
    pub actor: Option<String>,
    /// The action; `*` stands for anything, as in `cash_movement.*`.
    pub action: Option<String>,
    /// Id of the object, or of a line that the event speaks of.
    pub object: Option<String>,
    /// From the beginning of the log on; from its end back where false.
    pub oldest_first: bool,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditItem {
    /// Position.
    pub seq: u64,
    /// Id.
    pub id: Uuid,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Who.
    pub actor: Actor,
    /// What, as `object.verb`.
    pub action: String,
    /// On what.
    pub object: Object,
    /// Joins the events of one act.
    pub trace: Option<Uuid>,
    /// First event of the act that is taken back or done again.
    pub reverts: Option<Uuid>,
    /// Code of the reason.
    pub reason: Option<String>,
    /// State before, as far as it changed.
    pub before: Option<Value>,
    /// State after.
    pub after: Option<Value>,
    /// What it conceals, in the order of the digests.
    pub disclosures: Vec<DisclosureItem>,
    /// What it rests on.
    pub evidence: Vec<EvidenceRef>,
    /// The leaf hash, made again from the bytes.
    pub leaf: Digest,
    /// Whether no checkpoint covers it yet: it was decided here and is not in the service's log.
    pub provisional: bool,
}

/// Something that an event conceals.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DisclosureItem {
    /// Digest in the leaf.
    pub digest: String,
    /// `held`, `withheld` or `erased`.
    pub state: &'static str,
    /// What it is called; `null` unless it is held.
    pub name: Option<String>,
    /// What it says.
    pub value: Option<Value>,
}

/// Where the log stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditHead {
    /// The company.
    pub tenant: Uuid,
    /// Name of the log in its checkpoints.
    pub origin: Option<String>,
    /// Whose signature it goes by, as a C2SP verifier key.
    pub key: String,
    /// Events that the checkpoint covers.
    pub size: u64,
    /// Their root, hex.
    pub root: Option<String>,
    /// Its short code.
    pub code: Option<String>,
    /// Events that no checkpoint covers yet.
    pub provisional: u64,
    /// Whether the log does not continue what was verified before.
    pub frozen: bool,
    /// The checkpoint, a signed note.
    pub checkpoint: Option<String>,
    /// When the newest event was written that the checkpoint covers: so far the log is verified here.
    pub verified: Option<String>,
    /// When a sync ended well last; absent in a standalone workspace.
    pub synced: Option<String>,
}

/// Events, page by page.
#[derive(Debug)]
pub struct AuditPages {
    session: Arc<Session>,
    filter: AuditFilter,
    actor: Option<String>,
    covered: u64,
    after: Option<u64>,
    ended: bool,
}

impl Desk {
    /// Events of the log.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or what the database says.
    pub async fn open_audit(&self, query: AuditQuery) -> Result<AuditPages, DeskError> {
        let session = self.session().await?;
        // In a connected workspace what was decided here stands behind what is verified.
        let covered = if session.author.connected { session.cache.count_verified().await? } else { u64::MAX };
        let filter = AuditFilter {
            from: query.from.map(|day| day.to_string()),
            // Instants of a day begin with it, so they lie before the day that follows.
            until: query.to.and_then(|day| day.tomorrow().ok()).map(|day| day.to_string()),
            action: query.action,
            object: query.object,
            newest_first: !query.oldest_first,
        };
        Ok(AuditPages { session, filter, actor: query.actor, covered, after: None, ended: false })
    }

    /// Where the log stands.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or what the database says.
    pub async fn audit_head(&self) -> Result<AuditHead, DeskError> {
        let session = self.session().await?;
        let stored = session.cache.find_checkpoint().await?;
        let signed = stored.as_ref().and_then(|stored| session.seal.open(&stored.note));
        let size = signed.as_ref().map_or(0, |signed| signed.size);
        let newest = match size.checked_sub(1) {
            Some(newest) => session.cache.list_events(newest, 1).await?.into_iter().next(),
            None => None,
        };
        Ok(AuditHead {
            tenant: session.author.tenant,
            key: session.seal.verifier_key().to_string(),
            size,
            root: signed.as_ref().map(|signed| signed.root.to_string()),
            code: signed.as_ref().map(|signed| signed.root.short()),
            origin: signed.map(|signed| signed.origin),
            provisional: match session.author.connected {
                true => session.cache.log_head().await?.size - session.cache.count_verified().await?,
                false => 0,
            },
            frozen: session.seal.frozen().is_some(),
            checkpoint: stored.map(|stored| stored.note),
            synced: self.sync_state().await?.synced,
            verified: newest.map(|newest| leaf::decode(&newest.leaf)).transpose()?.map(|event| event.at),
        })
    }
}

impl AuditPages {
    /// The next page; empty behind the last.
    ///
    /// # Errors
    /// What the database says; an event that cannot be read.
    pub async fn next_page(&mut self) -> Result<Vec<AuditItem>, DeskError> {
        while !self.ended {
            let rows = self.session.cache.list_audit(&self.filter, self.after, PAGE).await?;
            let Some(last) = rows.last() else {
                self.ended = true;
                break;
            };
            self.after = Some(last.seq);
            let mut events = Vec::with_capacity(rows.len());
            for row in rows {
                let event = leaf::decode(&row.leaf)?;
                if self.actor.as_deref().is_none_or(|wanted| is_by(&event, wanted)) {
                    events.push((event, row));
                }
            }
            if !events.is_empty() {
                let erased = find_erased(&self.session, &events).await?;
                let covered = self.covered;
                return Ok(events
                    .into_iter()
                    .map(|(event, row)| item(event, &row, &erased, covered))
                    .collect());
            }
        }
        Ok(Vec::new())
    }
}

/// Whether an event is by this kind, id or role.
fn is_by(event: &Event, wanted: &str) -> bool {
    let kind = serde_json::to_value(event.actor.kind).ok();
    event.actor.id == wanted
        || event.actor.role.as_deref() == Some(wanted)
        || kind.as_ref().and_then(Value::as_str) == Some(wanted)
}

/// The digests of what the log says was erased of these events.
async fn find_erased(session: &Session, events: &[(Event, AuditRow)]) -> Result<BTreeSet<String>, DeskError> {
    let lacking = events.iter().filter(|(event, row)| row.disclosures.len() < event.sd.len());
    let ids: Vec<String> = lacking.map(|(event, _)| event.id.to_string()).collect();
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    erased_of(session, &ids).await
}

/// The digests that the log says were erased of the events with these ids.
pub(crate) async fn erased_of(session: &Session, ids: &[String]) -> Result<BTreeSet<String>, DeskError> {
    let mut erased = BTreeSet::new();
    for bytes in session.cache.list_erasures(ids).await? {
        erased.extend(read_erasure(&leaf::decode(&bytes)?).into_iter().flat_map(|(_, digests)| digests));
    }
    Ok(erased)
}

fn item(event: Event, row: &AuditRow, erased: &BTreeSet<String>, covered: u64) -> AuditItem {
    let mut held: HashMap<String, (String, Value)> = HashMap::new();
    for text in &row.disclosures {
        if let Ok(revealed) = disclosure::reveal(text, &event.sd) {
            held.insert(disclosure::digest(text), revealed);
        }
    }
    let disclosures = event.sd.iter().map(|digest| {
        let (name, value) = held.remove(digest).unzip();
        let state = match &name {
            Some(_) => "held",
            None if erased.contains(digest) => "erased",
            None => "withheld",
        };
        DisclosureItem { digest: digest.clone(), state, name, value }
    });
    AuditItem {
        disclosures: disclosures.collect(),
        seq: event.seq,
        id: event.id,
        at: event.at,
        actor: event.actor,
        action: event.action,
        object: event.object,
        trace: event.trace,
        reverts: event.reverts,
        reason: event.reason.map(|reason| reason.code),
        before: event.before,
        after: event.after,
        evidence: event.evidence,
        leaf: leaf::hash(&row.leaf),
        provisional: row.seq >= covered,
    }
}

/// Carries out an erasure: what this replica holds of it goes, and the name of a document with its disclosure.
pub(crate) async fn erase(tx: &mut WriteTx, event: &Event) -> Result<(), DeskError> {
    let Some((seq, digests)) = read_erasure(event) else { return Ok(()) };
    tx.erase_disclosures(&digests).await?;
    let Some(bytes) = tx.find_leaf(seq).await? else { return Ok(()) };
    let erased = leaf::decode(&bytes)?;
    let tells = matches!(erased.action.as_str(), action::DOCUMENT_IMPORT | action::DOCUMENT_REFUSE);
    if let Some(sha256) = Digest::parse(&erased.object.id).filter(|_| tells) {
        // As one whose name is withheld.
        tx.rename_document(&sha256, &sha256.short()).await?;
    }
    Ok(())
}
