//! Pulling: the signed checkpoint, the bundles up to it, and the root over all new leaves before anything is applied.

use super::{
    apply::{self, Changed},
    batch,
};
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
    staged::{PackedBundle, StoredPull},
};
use attest_domain::Digest;
use attest_evidence::{
    bundle::{self, Place},
    checkpoint::Checkpoint,
    leaf,
    tree::Frontier,
};
use attest_remote::{Remote, RemoteError};
use futures_util::{StreamExt as _, stream};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Times a checkpoint is asked for until it covers what was accepted, and the pause between.
const ASKS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);
/// Bundles that are asked for at once.
const BUNDLES_AHEAD: usize = 8;
/// Bundles and bytes of them that are hashed and staged together at the most.
const GROUP_BUNDLES: usize = 64;
const GROUP_BYTES: usize = 8 * 1024 * 1024;

/// Pulls until the log covers `reached` events: a checkpoint follows an answer, it does not come with it.
pub(super) async fn pull_to(
    session: &Arc<Session>,
    connection: &Connection,
    remote: &Remote,
    reached: u64,
    changed: &mut Changed,
) -> Result<(), DeskError> {
    for _ in 0..ASKS {
        pull(session, connection, remote, changed).await?;
        let stored = session.cache.find_checkpoint().await?;
        if stored.is_some_and(|stored| stored.size >= reached) {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Pulls what is new. `changed` tells what came of it, also where this ends early.
pub(super) async fn pull(
    session: &Arc<Session>,
    connection: &Connection,
    remote: &Remote,
    changed: &mut Changed,
) -> Result<(), DeskError> {
    let note = remote.checkpoint(connection.tenant).await?;
    let (checkpoint, note) = Checkpoint::open(&note, &connection.verifier_key()?)
        .map_err(|error| DeskError::Untrusted(error.to_string()))?;
    let note = note.to_string();
    if let Some(pull) = session.cache.find_pull().await? {
        let verified = session.seal.open(&pull.note);
        if verified.is_some_and(|one| one.size == checkpoint.size && one.root != checkpoint.root) {
            return freeze(session, &note).await;
        }
        finish(session, connection, remote, pull, changed).await?;
    }
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
        *changed |= apply::settle(session, &known).await?;
        return Ok(());
    }
    if stage(session, connection, remote, &checkpoint, &known).await? != checkpoint.root {
        // Perhaps bytes were damaged on the way or are left from another try: once more, all of it.
        clear_staged(session).await?;
        if stage(session, connection, remote, &checkpoint, &known).await? != checkpoint.root {
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
    let pull =
        StoredPull { size: checkpoint.size, note, applied: known.size(), nodes: known.nodes().to_vec() };
    let mut tx = session.begin().await?;
    tx.put_pull(&pull).await?;
    session.commit(tx).await?;
    finish(session, connection, remote, pull, changed).await
}

/// Applies what is verified and not applied yet. What turns out to be no log is let go of unless some of it is shown
/// already: it need not be this that is signed the next time.
async fn finish(
    session: &Arc<Session>,
    connection: &Connection,
    remote: &Remote,
    mut pull: StoredPull,
    changed: &mut Changed,
) -> Result<(), DeskError> {
    let begun = session.cache.find_checkpoint().await?.map_or(0, |stored| stored.size);
    let outcome = apply_batches(session, connection, remote, &mut pull, changed).await;
    if matches!(outcome, Err(DeskError::Remote(RemoteError::Garbled(_)))) && pull.applied == begun {
        clear_staged(session).await?;
    }
    outcome
}

async fn apply_batches(
    session: &Arc<Session>,
    connection: &Connection,
    remote: &Remote,
    pull: &mut StoredPull,
    changed: &mut Changed,
) -> Result<(), DeskError> {
    let applied = Frontier::from_nodes(pull.applied, pull.nodes.clone())
        .map_err(|error| DeskError::Bug(format!("the pull in the cache is damaged: {error}")))?;
    let mut loaded = batch::load(session, connection, applied, pull.size).await;
    loop {
        session.progress.applying(pull.applied, pull.size);
        let mut batch = loaded?;
        batch::complete(session, connection, remote, &mut batch).await?;
        let behind = batch.grown.clone();
        if behind.size() == pull.size {
            *changed |= apply::apply(session, batch, pull).await?;
            return Ok(());
        }
        // The next is read while this one is written; nothing is sent meanwhile.
        let size = pull.size;
        let (outcome, next) =
            tokio::join!(apply::apply(session, batch, pull), batch::load(session, connection, behind, size));
        *changed |= outcome?;
        loaded = next;
    }
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
    tx.remove_pull().await?;
    session.commit(tx).await
}

/// Keeps both checkpoints and makes the workspace read-only.
async fn freeze(session: &Arc<Session>, found: &str) -> Result<(), DeskError> {
    let kept = match session.cache.find_pull().await? {
        Some(pull) => Some(pull.note),
        None => session.cache.find_checkpoint().await?.map(|stored| stored.note),
    };
    let fork = Fork { found: found.to_owned(), kept: kept.unwrap_or_default(), noticed: now() };
    let mut tx = session.begin().await?;
    tx.add_fork(&fork).await?;
    tx.clear_staged().await?;
    session.commit(tx).await?;
    session.seal.freeze(&fork);
    Err(DeskError::Frozen)
}

/// Fetches what is not staged yet and answers the root over all of it, whatever it says. While one group of bundles is
/// hashed and staged, the next is fetched.
async fn stage(
    session: &Arc<Session>,
    connection: &Connection,
    remote: &Remote,
    checkpoint: &Checkpoint,
    known: &Frontier,
) -> Result<Digest, DeskError> {
    let staged = session.cache.list_staged().await?;
    let mut grown = known.clone();
    session.progress.verifying(grown.size(), checkpoint.size);
    let mut group = fetch_group(session, connection, remote, &staged, grown.size(), checkpoint.size).await?;
    while !group.is_empty() {
        let behind = group.last().map_or(0, |last| last.place.start() + u64::from(last.place.width));
        let (absorbed, next) = tokio::join!(
            absorb(session, group, grown),
            fetch_group(session, connection, remote, &staged, behind, checkpoint.size)
        );
        grown = absorbed?;
        session.progress.verifying(grown.size(), checkpoint.size);
        group = next?;
    }
    Ok(grown.root())
}

/// A bundle on its way to be staged.
struct Fetched {
    place: Place,
    bytes: Vec<u8>,
    /// Whether it is staged already.
    staged: bool,
}

/// Some bundles from event `from` on, those that are staged included.
async fn fetch_group(
    session: &Session,
    connection: &Connection,
    remote: &Remote,
    staged: &BTreeMap<u64, u16>,
    from: u64,
    size: u64,
) -> Result<Vec<Fetched>, DeskError> {
    let first = Place::of(from, size);
    let places =
        std::iter::successors(first, |place| Place::of(place.start() + u64::from(place.width), size));
    let fetch = |place: Place| async move {
        if staged.get(&place.index) == Some(&place.width) {
            let packed = session.cache.load_staged_bundles(place.index, 1, u64::MAX).await?.pop();
            if let Some(packed) = packed {
                return Ok(Fetched { place, bytes: packed.unpack()?, staged: true });
            }
        }
        let bytes = remote.bundle(connection.tenant, place).await?;
        Ok::<_, DeskError>(Fetched { place, bytes, staged: false })
    };
    let mut fetching = stream::iter(places.take(GROUP_BUNDLES)).map(fetch).buffered(BUNDLES_AHEAD);
    let (mut group, mut bytes) = (Vec::new(), 0);
    while let Some(fetched) = fetching.next().await {
        let fetched = fetched?;
        bytes += fetched.bytes.len();
        group.push(fetched);
        if bytes >= GROUP_BYTES {
            break;
        }
    }
    Ok(group)
}

/// Hashes the new events of a group, and stages what is not staged. Answers the frontier behind it.
async fn absorb(
    session: &Arc<Session>,
    group: Vec<Fetched>,
    mut grown: Frontier,
) -> Result<Frontier, DeskError> {
    let hashed = blocking(move || {
        let mut packed = Vec::new();
        for one in &group {
            let leaves = bundle::decode(&one.bytes, one.place.width)
                .map_err(|_| DeskError::from(RemoteError::Garbled("bundle")))?;
            let skip = usize::try_from(grown.size().saturating_sub(one.place.start())).unwrap_or(usize::MAX);
            grow(&mut grown, leaves.iter().skip(skip).map(|bytes| leaf::hash(bytes)))?;
            if !one.staged {
                packed.push(PackedBundle::pack(one.place.index, one.place.width, &one.bytes)?);
            }
        }
        Ok::<_, DeskError>((grown, packed))
    })
    .await?;
    let (grown, packed) = match hashed {
        Ok(hashed) => hashed,
        Err(error) => {
            clear_staged(session).await?;
            return Err(error);
        }
    };
    if !packed.is_empty() {
        let mut tx = session.begin().await?;
        tx.stage_bundles(&packed).await?;
        session.commit(tx).await?;
    }
    Ok(grown)
}
