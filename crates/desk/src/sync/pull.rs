//! Pulling: the signed checkpoint, the bundles up to it, and the root over all new leaves before anything is applied.

use super::apply::{self, Changed, Verified};
use crate::{
    Session,
    connection::Connection,
    error::DeskError,
    journal::now,
    seal::{frontier, grow, root_at},
    workspace::blocking,
};
use attest_cache::{
    checkpoint::Fork,
    import::{CHUNK_BYTES, CompressedChunk},
};
use attest_domain::event::{Event, action};
use attest_evidence::{
    bundle::{self, Place},
    checkpoint::Checkpoint,
    disclosure, leaf,
    tree::Frontier,
};
use attest_remote::{Remote, RemoteError};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

/// Times a checkpoint is asked for until it covers what was accepted, and the pause between.
const ASKS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// Pulls until the log covers `reached` events: a checkpoint follows an answer, it does not come with it.
pub(super) async fn pull_to(
    session: &Arc<Session>,
    connection: &Connection,
    remote: &Remote,
    reached: u64,
    changed: &mut Changed,
) -> Result<(), DeskError> {
    for _ in 0..ASKS {
        *changed |= pull(session, connection, remote).await?;
        let stored = session.cache.find_checkpoint().await?;
        if stored.is_some_and(|stored| stored.size >= reached) {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Pulls what is new.
pub(super) async fn pull(
    session: &Arc<Session>,
    connection: &Connection,
    remote: &Remote,
) -> Result<Changed, DeskError> {
    let note = remote.checkpoint(connection.tenant).await?;
    let (checkpoint, note) = Checkpoint::open(&note, &connection.verifier_key()?)
        .map_err(|error| DeskError::Untrusted(error.to_string()))?;
    let note = note.to_string();
    let stored = session.cache.find_checkpoint().await?;
    let known = stored.as_ref().map_or(Ok(Frontier::default()), frontier)?;
    if checkpoint.size <= known.size() {
        let root = if checkpoint.size == known.size() {
            known.root()
        } else {
            let shorter = || DeskError::Bug("the log is shorter than its checkpoint".to_owned());
            root_at(&session.cache, checkpoint.size).await?.ok_or_else(shorter)?
        };
        if root != checkpoint.root {
            return freeze(session, &note).await;
        }
        if checkpoint.size < known.size() {
            return Err(DeskError::Behind { shown: checkpoint.size, known: known.size() });
        }
        return apply::settle(session, &known).await;
    }
    let mut grown = stage(session, connection, remote, &checkpoint, &known).await?;
    if grown.root() != checkpoint.root {
        // Perhaps bytes were damaged on the way or are left from another try: once more, all of it.
        clear_staged(session).await?;
        grown = stage(session, connection, remote, &checkpoint, &known).await?;
        if grown.root() != checkpoint.root {
            clear_staged(session).await?;
            // Bytes that are wrong prove nothing; a log that has this root and other old events does.
            let whole = fetch_whole(connection, remote, &checkpoint).await?;
            return if whole == checkpoint.root {
                freeze(session, &note).await
            } else {
                Err(RemoteError::Garbled("bundle").into())
            };
        }
    }
    let verified = prepare(session, connection, remote, &known, &grown, note).await?;
    apply::apply(session, connection, verified).await
}

/// The root over all events as they are served now, the old ones included.
async fn fetch_whole(
    connection: &Connection,
    remote: &Remote,
    checkpoint: &Checkpoint,
) -> Result<attest_domain::Digest, DeskError> {
    let mut whole = Frontier::default();
    while let Some(place) = Place::of(whole.size(), checkpoint.size) {
        let bytes = remote.bundle(connection.tenant, place).await?;
        let leaves = bundle::decode(&bytes, place.width).map_err(|_| RemoteError::Garbled("bundle"))?;
        grow(&mut whole, leaves.into_iter().map(leaf::hash))?;
    }
    Ok(whole.root())
}

/// Drops what was fetched and is not what the log says.
async fn clear_staged(session: &Session) -> Result<(), DeskError> {
    let mut tx = session.begin().await?;
    tx.clear_staged().await?;
    session.commit(tx).await
}

/// Keeps both checkpoints and makes the workspace read-only.
async fn freeze(session: &Arc<Session>, found: &str) -> Result<Changed, DeskError> {
    let kept = session.cache.find_checkpoint().await?.map(|stored| stored.note).unwrap_or_default();
    let fork = Fork { found: found.to_owned(), kept, noticed: now() };
    let mut tx = session.begin().await?;
    tx.add_fork(&fork).await?;
    tx.clear_staged().await?;
    session.commit(tx).await?;
    session.seal.freeze(&fork);
    Err(DeskError::Frozen)
}

/// Fetches what is not staged yet. Answers the frontier over all of it, whatever it says.
async fn stage(
    session: &Arc<Session>,
    connection: &Connection,
    remote: &Remote,
    checkpoint: &Checkpoint,
    known: &Frontier,
) -> Result<Frontier, DeskError> {
    let mut grown = known.clone();
    while grown.size() < checkpoint.size {
        session.progress.events(grown.size(), checkpoint.size);
        let place = Place::of(grown.size(), checkpoint.size)
            .ok_or_else(|| DeskError::Bug("a bundle behind the end of the log".to_owned()))?;
        let staged = session.cache.find_staged_bundle(place.index, place.width).await?;
        let bytes = match staged {
            Some(bytes) => bytes,
            None => {
                let bytes = remote.bundle(connection.tenant, place).await?;
                let mut tx = session.begin().await?;
                tx.stage_bundle(place.index, place.width, &bytes).await?;
                session.commit(tx).await?;
                bytes
            }
        };
        let skip = usize::try_from(grown.size() - place.start()).unwrap_or(usize::MAX);
        let Ok(leaves) = bundle::decode(&bytes, place.width) else {
            clear_staged(session).await?;
            return Err(RemoteError::Garbled("bundle").into());
        };
        grow(&mut grown, leaves[skip..].iter().map(|bytes| leaf::hash(bytes)))?;
    }
    Ok(grown)
}

/// Reads the verified events and fetches the documents and disclosures they speak of, as far as the member may see
/// them.
async fn prepare(
    session: &Arc<Session>,
    connection: &Connection,
    remote: &Remote,
    known: &Frontier,
    grown: &Frontier,
    note: String,
) -> Result<Verified, DeskError> {
    let mut withheld = Vec::new();
    let mut from = known.size();
    while from < grown.size() {
        for (event, _) in events_of(session, connection, from, grown.size()).await? {
            from = event.seq + 1;
            if event.action == action::DOCUMENT_IMPORT
                && !fetch_document(session, connection, remote, &event).await?
            {
                withheld.push(event.seq);
            }
        }
    }
    let mut disclosures: HashMap<u64, Vec<String>> = HashMap::new();
    let mut from = known.size();
    while from < grown.size() {
        match remote.disclosures(connection.tenant, from, grown.size()).await {
            Ok(page) => {
                from = page.next;
                for one in page.disclosures {
                    disclosures.entry(one.seq).or_default().push(one.text);
                }
            }
            // A member that may see none of them still replicates the log.
            Err(error) if error.is_absent() => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Verified { known: known.clone(), grown: grown.clone(), note, disclosures, withheld })
}

/// The staged events of one bundle from `from` on, with their bytes.
pub(super) async fn events_of(
    session: &Session,
    connection: &Connection,
    from: u64,
    size: u64,
) -> Result<Vec<(Event, Vec<u8>)>, DeskError> {
    let missing = || DeskError::Bug("a staged bundle is not there any more".to_owned());
    let place = Place::of(from, size).ok_or_else(missing)?;
    let bytes = session.cache.find_staged_bundle(place.index, place.width).await?.ok_or_else(missing)?;
    let leaves = bundle::decode(&bytes, place.width).map_err(|_| RemoteError::Garbled("bundle"))?;
    let skip = usize::try_from(from - place.start()).unwrap_or(usize::MAX);
    let mut events = Vec::with_capacity(leaves.len());
    for (seq, bytes) in (from..).zip(leaves.into_iter().skip(skip)) {
        let event = leaf::decode(bytes).map_err(|_| RemoteError::Garbled("event"))?;
        if event.seq != seq || event.tenant != connection.tenant {
            return Err(RemoteError::Garbled("event").into());
        }
        events.push((event, bytes.to_vec()));
    }
    Ok(events)
}

/// Fetches the document of an import unless it is here. Answers whether it could be had.
async fn fetch_document(
    session: &Arc<Session>,
    connection: &Connection,
    remote: &Remote,
    event: &Event,
) -> Result<bool, DeskError> {
    let sha256 = event.evidence.iter().find(|evidence| evidence.kind == "document");
    let Some(sha256) = sha256.map(|evidence| evidence.sha256) else { return Ok(false) };
    let here = session.cache.find_document(&sha256).await?;
    if here.is_some_and(|document| !document.refused) || session.cache.is_staged(&sha256).await? {
        return Ok(true);
    }
    let bytes = match remote.document(connection.tenant, &sha256).await {
        Ok(bytes) => bytes,
        Err(error) if error.is_absent() => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let chunks = blocking(move || {
        bytes.chunks(CHUNK_BYTES).map(CompressedChunk::compress).collect::<Result<Vec<_>, _>>()
    })
    .await??;
    let mut tx = session.begin().await?;
    tx.stage_document(&sha256, &chunks).await?;
    session.commit(tx).await?;
    Ok(true)
}

/// The disclosures that belong to an event, as they are stored; others are passed over.
pub(super) fn revealed(event: &Event, texts: Option<&Vec<String>>) -> Vec<(String, String)> {
    let texts = texts.into_iter().flatten();
    // By digest: told twice, each still stands once.
    let revealed: BTreeMap<String, String> = texts
        .filter(|text| disclosure::reveal(text, &event.sd).is_ok())
        .map(|text| (disclosure::digest(text), text.clone()))
        .collect();
    revealed.into_iter().collect()
}
