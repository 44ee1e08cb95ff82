//! Applying what was verified, a batch in one transaction: events, projections, and how far the log is applied; with
//! the last batch the checkpoint.
//!
//! What was decided here stands provisionally at the end of the log. It is taken off, the verified events are put in
//! its place, and what is still waiting is put back behind them: after each batch what is shown is the log up to there
//! and what was decided here. Where both sides touched the same things the projection is made again from the log, so
//! that every replica ends up with the same.

use super::{
    batch::{Batch, Leaf, word},
    withheld,
};
use crate::{
    Session,
    error::DeskError,
    import::{import_pulled, refuse_pulled},
    project::Effects,
    propose::account_object,
    replay,
    workspace::REPLAY,
};
use attest_cache::{
    checkpoint::StoredCheckpoint,
    log::{StoredEvent, WriteTx},
    outbox::{OutboxRow, OutboxState},
    staged::StoredPull,
};
use attest_domain::{
    Digest,
    event::{Event, action},
};
use attest_evidence::{bundle::BUNDLE_EVENTS, disclosure, leaf, tree::Frontier};
use attest_remote::RemoteError;
use std::{
    collections::{BTreeSet, HashMap},
    ops::BitOrAssign,
    sync::Arc,
};
use uuid::Uuid;

/// What a pull has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Changed {
    /// Nothing.
    Nothing,
    /// What was decided here has its place in the log; nothing that is shown is another for it.
    Confirmed,
    /// The log has grown; lists are read again.
    Grown,
    /// The projection has to be made again from the log.
    Replay,
}

impl BitOrAssign for Changed {
    fn bitor_assign(&mut self, other: Self) {
        *self = (*self).max(other);
    }
}

/// A provisional event on its way from one place in the log to another.
struct Provisional {
    stored: StoredEvent,
    event: Event,
    /// Its command; `None` where that was taken out.
    row: Option<OutboxRow>,
}

/// Applies a batch of the verified stretch, and notes in `pull` how far that brings it.
pub(super) async fn apply(
    session: &Arc<Session>,
    batch: Batch,
    pull: &mut StoredPull,
) -> Result<Changed, DeskError> {
    let mut tx = session.begin().await?;
    let provisional = take(&mut tx, batch.from).await?;
    store(session, &mut tx, &batch).await?;
    let touched: BTreeSet<String> = provisional.iter().flat_map(|one| touches(&one.event)).collect();
    let own: HashMap<Uuid, usize> =
        provisional.iter().enumerate().map(|(place, one)| (one.event.id, place)).collect();
    let mut seen = vec![false; provisional.len()];
    let mut changed = Changed::Confirmed;
    let mut run = Run::default();
    for leaf in &batch.leaves {
        let event = &leaf.event;
        let Some(place) = own.get(&event.id).copied() else {
            changed |= if conflicts(event, &touched, provisional.is_empty()) {
                Changed::Replay
            } else {
                Changed::Grown
            };
            run.carry_out(session, &mut tx, leaf, batch.withheld.contains(&event.seq)).await?;
            continue;
        };
        if says_the_same(&provisional[place].event, event) {
            // Its effect is here already, unless it came in another order than it was decided in.
            if seen[..place].contains(&false) {
                changed |= Changed::Replay;
            }
            follow(&mut tx, event).await?;
        } else {
            changed |= Changed::Replay;
        }
        tx.remove_outbox(&event.id.to_string()).await?;
        seen[place] = true;
    }
    run.finish(&mut tx).await?;
    let missing = batch.leaves.iter().filter(|leaf| batch.withheld.contains(&leaf.event.seq));
    withheld::note(session, &mut tx, missing, batch.concealed_from).await?;
    // What a first sync fetches it fetches with the rights as they are.
    if batch.leaves.iter().any(|leaf| withheld::concerns_rights(session, &leaf.event))
        && tx.find_checkpoint().await?.is_some()
    {
        tx.ask_withheld().await?;
    }
    let documents = batch.leaves.iter().filter_map(|leaf| document_of(&leaf.event)).collect();
    let pulled = Pulled { known: batch.from, size: batch.grown.size(), documents };
    let left = provisional.into_iter().zip(seen).filter(|(_, seen)| !seen).map(|(one, _)| one).collect();
    changed |= put_back(session, &mut tx, left, &pulled).await?;
    let reached =
        StoredPull { applied: batch.grown.size(), nodes: batch.grown.nodes().to_vec(), ..pull.clone() };
    let whole = reached.applied == reached.size;
    if whole {
        close(session, &mut tx, &reached, &batch.grown).await?;
    } else {
        tx.put_pull(&reached).await?;
        tx.unstage_bundles(reached.applied / u64::from(BUNDLE_EVENTS)).await?;
    }
    note_replay(&mut tx, changed).await?;
    session.commit(tx).await?;
    if whole {
        session.seal.keep(reached.note.clone());
    }
    *pull = reached;
    Ok(changed)
}

/// Makes the checkpoint that the stretch was verified by the log's own.
async fn close(
    session: &Session,
    tx: &mut WriteTx,
    pull: &StoredPull,
    grown: &Frontier,
) -> Result<(), DeskError> {
    let signed = session.seal.open(&pull.note);
    if signed.is_none_or(|signed| (signed.size, signed.root) != (grown.size(), grown.root())) {
        return Err(DeskError::Bug("what was staged is not what was verified".to_owned()));
    }
    let (size, nodes, note) = (pull.size, pull.nodes.clone(), pull.note.clone());
    tx.put_checkpoint(&StoredCheckpoint { size, nodes, note }).await?;
    tx.remove_pull().await?;
    tx.clear_staged().await?;
    Ok(())
}

/// Stores the events of a batch.
async fn store(session: &Session, tx: &mut WriteTx, batch: &Batch) -> Result<(), DeskError> {
    let lines: Vec<Vec<String>> = batch.leaves.iter().map(|leaf| leaf.event.lines()).collect();
    let mut rows = Vec::with_capacity(batch.leaves.len());
    let mut ids: HashMap<Uuid, u64> = HashMap::new();
    for (leaf, lines) in batch.leaves.iter().zip(&lines) {
        let event = &leaf.event;
        let reverts = match event.reverts {
            None => None,
            Some(id) => match ids.get(&id) {
                Some(seq) => Some(*seq),
                None => tx.find_event_position(&id.to_string()).await?,
            },
        };
        ids.insert(event.id, event.seq);
        rows.push(session.author.row(event, &leaf.bytes, leaf.hash, reverts, &leaf.disclosures, lines));
    }
    match tx.append_events(&rows).await {
        // The id of an event, or what it conceals, is another one's.
        Err(error) if error.is_repeated() => Err(RemoteError::Garbled("event").into()),
        stored => Ok(stored?),
    }
}

/// Takes back what was refused, or is in the log in another event, where nothing new was pulled.
pub(super) async fn settle(session: &Arc<Session>, known: &Frontier) -> Result<Changed, DeskError> {
    let ends = |row: &OutboxRow| match row.state {
        OutboxState::Waiting => false,
        OutboxState::Accepted(seq) => seq < known.size(),
        OutboxState::Refused { .. } => true,
    };
    let mut tx = session.begin().await?;
    let ended: BTreeSet<String> =
        tx.list_outbox().await?.into_iter().filter(ends).map(|row| row.key).collect();
    if ended.is_empty() {
        return Ok(Changed::Nothing);
    }
    let provisional = take(&mut tx, known.size()).await?;
    if !provisional.iter().any(|one| ended.contains(&one.event.id.to_string())) {
        // Only refusals that nobody has looked at yet; their events are gone already.
        return Ok(Changed::Nothing);
    }
    let pulled = Pulled { known: known.size(), size: known.size(), documents: BTreeSet::new() };
    let changed = put_back(session, &mut tx, provisional, &pulled).await?;
    note_replay(&mut tx, changed).await?;
    session.commit(tx).await?;
    Ok(changed)
}

/// Notes with what was pulled that the projection has to be made again, so that an end in between is made up for.
async fn note_replay(tx: &mut WriteTx, changed: Changed) -> Result<(), DeskError> {
    if changed == Changed::Replay {
        tx.put_meta(REPLAY, "due").await?;
    }
    Ok(())
}

async fn take(tx: &mut WriteTx, verified: u64) -> Result<Vec<Provisional>, DeskError> {
    let mut rows: HashMap<String, OutboxRow> =
        tx.list_outbox().await?.into_iter().map(|row| (row.key.clone(), row)).collect();
    let stored = tx.take_provisional(verified).await?;
    stored
        .into_iter()
        .map(|stored| {
            let event = leaf::decode(&stored.leaf)?;
            let row = rows.remove(&event.id.to_string());
            Ok(Provisional { stored, event, row })
        })
        .collect()
}

/// Puts what still waits behind the verified events. What was refused, or stands in another event, is left out, and
/// its effect with it.
async fn put_back(
    session: &Session,
    tx: &mut WriteTx,
    provisional: Vec<Provisional>,
    pulled: &Pulled,
) -> Result<Changed, DeskError> {
    let mut changed = Changed::Nothing;
    for one in provisional {
        let key = one.event.id.to_string();
        match one.row.as_ref().map(|row| &row.state) {
            Some(OutboxState::Waiting) => {}
            Some(OutboxState::Accepted(seq)) if *seq >= pulled.size => {}
            Some(OutboxState::Accepted(seq)) if !stands_at(tx, *seq, &one.event).await? => {
                // It is not there: what was answered was not so, and it is sent again.
                tx.answer_outbox(&key, &OutboxState::Waiting).await?;
            }
            Some(OutboxState::Accepted(_)) => {
                // Another event says it, such as the import of the same document by somebody else.
                tx.remove_outbox(&key).await?;
                changed |= Changed::Replay;
                continue;
            }
            Some(OutboxState::Refused { .. }) | None => {
                if let Some(sha256) = document_of(&one.event)
                    && !pulled.stands(tx, &sha256).await?
                {
                    // Its figures count for nobody else either. It can be imported again.
                    tx.disown_document(&sha256).await?;
                }
                changed |= Changed::Replay;
                continue;
            }
        }
        let mut event = one.event;
        event.seq = tx.next_seq().await?;
        let reverts = match event.reverts {
            Some(id) => tx.find_event_position(&id.to_string()).await?,
            None => None,
        };
        let bytes = leaf::encode(&event)?;
        let disclosures: Vec<(String, String)> =
            one.stored.disclosures.into_iter().map(|text| (disclosure::digest(&text), text)).collect();
        session.author.store(tx, &event, &bytes, leaf::hash(&bytes), reverts, &disclosures).await?;
        // A document that somebody else has imported meanwhile came with that import.
        if let Some(sha256) = document_of(&event)
            && !pulled.stands(tx, &sha256).await?
        {
            tx.move_document_event(&sha256, event.seq).await?;
        }
    }
    Ok(changed)
}

/// Whether the event at a position is about the same.
async fn stands_at(tx: &mut WriteTx, seq: u64, event: &Event) -> Result<bool, DeskError> {
    let Some(bytes) = tx.find_leaf(seq).await? else { return Ok(false) };
    let standing = leaf::decode(&bytes)?;
    Ok(standing.id == event.id
        || (document_of(event).is_some() && document_of(&standing) == document_of(event)))
}

/// What was pulled before the provisional events are put back.
struct Pulled {
    /// Events that were verified before.
    known: u64,
    /// Events that are now.
    size: u64,
    /// Documents that the new ones speak of.
    documents: BTreeSet<Digest>,
}

impl Pulled {
    /// Whether a verified event tells the import of a document. Those of provisional ones are behind what was known.
    async fn stands(&self, tx: &mut WriteTx, sha256: &Digest) -> Result<bool, DeskError> {
        let before = tx.find_document(sha256).await?.is_some_and(|document| document.event_seq < self.known);
        Ok(before || self.documents.contains(sha256))
    }
}

/// The document whose import or refusal an event tells.
fn document_of(event: &Event) -> Option<Digest> {
    let tells = matches!(event.action.as_str(), action::DOCUMENT_IMPORT | action::DOCUMENT_REFUSE);
    tells.then(|| Digest::parse(&event.object.id)).flatten()
}

/// What stays as it is but for its place in the log.
async fn follow(tx: &mut WriteTx, event: &Event) -> Result<(), DeskError> {
    if let Some(sha256) = document_of(event) {
        tx.move_document_event(&sha256, event.seq).await?;
    }
    Ok(())
}

/// Whether two events say the same of the same object; who wrote when is the log's to say.
fn says_the_same(one: &Event, other: &Event) -> bool {
    (&one.action, &one.object, &one.before, &one.after)
        == (&other.action, &other.object, &other.before, &other.after)
}

/// What an event has to do with.
fn touches(event: &Event) -> Vec<String> {
    let mut ids = event.lines();
    ids.push(event.object.id.clone());
    ids
}

/// Whether another member's event meets what was decided here. A document may supersede lines of any other.
fn conflicts(event: &Event, touched: &BTreeSet<String>, nothing_waits: bool) -> bool {
    !nothing_waits
        && (event.action == action::DOCUMENT_IMPORT || touches(event).iter().any(|id| touched.contains(id)))
}

/// Events of the log that are carried out one behind the other; those about lines together.
#[derive(Default)]
struct Run<'b> {
    about_lines: Vec<&'b Event>,
}

impl<'b> Run<'b> {
    async fn carry_out(
        &mut self,
        session: &Session,
        tx: &mut WriteTx,
        leaf: &'b Leaf,
        withheld: bool,
    ) -> Result<(), DeskError> {
        let event = &leaf.event;
        let word = |wanted: &str| word(&leaf.disclosures, event, wanted);
        match event.action.as_str() {
            action::DOCUMENT_IMPORT if withheld => Ok(()),
            action::DOCUMENT_IMPORT => {
                self.finish(tx).await?;
                import_pulled(session, tx, event, word("name")).await
            }
            action::DOCUMENT_REFUSE => refuse_pulled(tx, event, word("name")).await,
            action::ACCOUNT_ASSIGN => {
                self.finish(tx).await?;
                assign(tx, event).await
            }
            action::DISCLOSURE_ERASE => crate::audit::erase(tx, event).await,
            _ => {
                self.about_lines.push(event);
                Ok(())
            }
        }
    }

    /// Carries out what was gathered.
    async fn finish(&mut self, tx: &mut WriteTx) -> Result<(), DeskError> {
        let Some(last) = self.about_lines.last() else { return Ok(()) };
        let seq = last.seq;
        let mut effects = Effects::default();
        replay::apply_all(tx, &self.about_lines, &mut effects).await?;
        self.about_lines.clear();
        let accounts: BTreeSet<i64> = effects.dissolved.into_iter().map(|(account, _)| account).collect();
        for account in accounts {
            tx.mark_stale(account, seq).await?;
        }
        Ok(())
    }
}

/// Gives an account the ledger account that an event tells.
pub(crate) async fn assign(tx: &mut WriteTx, event: &Event) -> Result<(), DeskError> {
    let number = event.after.as_ref().and_then(|after| after["ledger_account"].as_str()).unwrap_or_default();
    for (id, key) in tx.list_account_keys().await? {
        if account_object(&key).to_string() == event.object.id {
            tx.set_ledger_account(id, number).await?;
            tx.mark_stale(id, event.seq).await?;
        }
    }
    Ok(())
}
