//! What a member could not have when its event was pulled: it is asked for again, so that a wider role, an account more
//! or a fault of the service that has passed brings it.
//!
//! Asked for at once when the log tells that this member's rights have changed, otherwise less and less often, so that
//! what a member may never have costs next to nothing.

use super::{
    apply::Changed,
    batch::{self, Leaf, revealed, word},
};
use crate::{Session, connection::Connection, error::DeskError, import::import_pulled, workspace::REPLAY};
use attest_cache::withheld::Again;
use attest_domain::{
    Digest,
    event::{Event, action},
};
use attest_evidence::leaf;
use attest_remote::Remote;
use std::{collections::BTreeMap, sync::Arc};

/// The first pause in seconds, and how often it doubles at the most: an hour, up to a day and a half.
const PAUSE: i64 = 3_600;
const DOUBLINGS: u32 = 5;
/// Documents that are asked for until all of them are refused.
const DOCUMENTS: u32 = 16;
/// Pages of disclosures that are asked for in one sync.
const PAGES: usize = 64;

/// The second from which something is asked for again that was asked for in vain so often.
pub(super) fn due(session: &Session, tries: u32) -> i64 {
    session.author.clock.now().as_second() + (PAUSE << tries.min(DOUBLINGS))
}

/// Whether an event tells that the rights of this member have changed.
pub(super) fn concerns_rights(session: &Session, event: &Event) -> bool {
    [action::MEMBER_ADD, action::MEMBER_CHANGE].contains(&event.action.as_str())
        && event.object.id == session.author.actor.id
}

/// Asks for what is due.
pub(super) async fn ask(
    session: &Arc<Session>,
    connection: &Connection,
    remote: &Remote,
    changed: &mut Changed,
) -> Result<(), DeskError> {
    let now = session.author.clock.now().as_second();
    // Names come before the documents that are called by them.
    if let Some(again) = session.cache.find_withheld_disclosures(now).await? {
        ask_disclosures(session, connection, remote, again, changed).await?;
    }
    loop {
        let due = session.cache.list_withheld(now, DOCUMENTS).await?;
        let mut came = false;
        for again in &due {
            came |= ask_document(session, connection, remote, again, changed).await?;
        }
        if !came {
            return Ok(());
        }
    }
}

/// Asks for one document, and imports it in its place in the log. Answers whether it is here now.
async fn ask_document(
    session: &Arc<Session>,
    connection: &Connection,
    remote: &Remote,
    again: &Again<Digest>,
    changed: &mut Changed,
) -> Result<bool, DeskError> {
    let sha256 = again.what;
    let here = session.cache.find_document(&sha256).await?.is_some_and(|document| !document.refused);
    if !here && !session.cache.is_staged(&sha256).await? {
        let Some(chunks) = batch::fetch(connection, remote, sha256).await? else {
            let mut tx = session.begin().await?;
            tx.withhold(&sha256, again.seq, due(session, again.tries)).await?;
            session.commit(tx).await?;
            return Ok(false);
        };
        batch::stage(session, &mut vec![(sha256, chunks)]).await?;
    }
    let stored = session.cache.list_events(again.seq, 1).await?.into_iter().next();
    let mut tx = session.begin().await?;
    if let Some(stored) = stored.filter(|_| !here) {
        let event = leaf::decode(&stored.leaf)?;
        let name = word(&revealed(&event, stored.disclosures), &event, "name");
        import_pulled(session, &mut tx, &event, name).await?;
        // What the log says behind it was said without it.
        tx.put_meta(REPLAY, "due").await?;
        *changed |= Changed::Replay;
    }
    tx.unstage_document(&sha256).await?;
    tx.remove_withheld(&sha256).await?;
    session.commit(tx).await?;
    Ok(true)
}

/// Asks for disclosures again, some pages with each sync.
async fn ask_disclosures(
    session: &Arc<Session>,
    connection: &Connection,
    remote: &Remote,
    again: Again<()>,
    changed: &mut Changed,
) -> Result<(), DeskError> {
    let size = session.cache.count_verified().await?;
    let mut from = again.seq;
    for _ in 0..PAGES {
        if from >= size {
            break;
        }
        let page = match remote.disclosures(connection.tenant, from, size).await {
            Ok(page) => page,
            Err(error) if error.is_absent() => {
                let mut tx = session.begin().await?;
                tx.withhold_disclosures(from, due(session, again.tries)).await?;
                return session.commit(tx).await;
            }
            Err(error) => return Err(error.into()),
        };
        let mut texts: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        for one in page.disclosures {
            texts.entry(one.seq).or_default().push(one.text);
        }
        from = page.next;
        let mut found = Vec::with_capacity(texts.len());
        let mut tx = session.begin().await?;
        for (seq, texts) in texts {
            if let Some(bytes) = tx.find_leaf(seq).await? {
                found.push((leaf::decode(&bytes)?, texts));
            }
        }
        let ids: Vec<String> = found.iter().map(|(event, _)| event.id.to_string()).collect();
        let erased = crate::audit::erased_of(session, &ids).await?;
        for (event, texts) in found {
            let mut disclosures = revealed(&event, texts);
            // What was erased does not come back, whoever still has it.
            disclosures.retain(|(digest, _)| !erased.contains(digest));
            if tx.add_disclosures(event.seq, &disclosures).await? == 0 {
                continue;
            }
            *changed |= Changed::Grown;
            let is_document =
                [action::DOCUMENT_IMPORT, action::DOCUMENT_REFUSE].contains(&event.action.as_str());
            if let (true, Some(sha256), Some(name)) =
                (is_document, Digest::parse(&event.object.id), word(&disclosures, &event, "name"))
            {
                tx.rename_document(&sha256, &name).await?;
            }
        }
        tx.put_withheld_disclosures((from < size).then_some(from)).await?;
        session.commit(tx).await?;
    }
    Ok(())
}

/// Notes with a batch what could not be had of it.
pub(super) async fn note(
    session: &Session,
    tx: &mut attest_cache::log::WriteTx,
    withheld: impl Iterator<Item = &Leaf>,
    concealed_from: Option<u64>,
) -> Result<(), DeskError> {
    for leaf in withheld {
        if let Some(sha256) = batch::evidence_of(&leaf.event) {
            tx.withhold(&sha256, leaf.event.seq, due(session, 0)).await?;
        }
    }
    if let Some(start) = concealed_from {
        tx.withhold_disclosures(start, due(session, 0)).await?;
    }
    Ok(())
}
