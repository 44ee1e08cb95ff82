//! What a pull applies in one transaction: some staged bundles, decoded once, with the documents and disclosures their
//! events speak of, as far as the member may have them.
//!
//! Invariant: what is in memory at once does not grow with the log. A batch ends with a bundle, at [`EVENTS`] events or
//! at [`BYTES`] bytes of them, whichever comes first.

use crate::{Session, connection::Connection, error::DeskError, seal::grow, workspace::blocking};
use attest_cache::{
    import::{CHUNK_BYTES, CompressedChunk},
    staged::PackedBundle,
};
use attest_domain::{
    Digest,
    event::{Event, action},
};
use attest_evidence::{
    bundle::{self, BUNDLE_EVENTS, Place},
    disclosure, leaf,
    tree::Frontier,
};
use attest_remote::{Remote, RemoteError};
use futures_util::{StreamExt as _, stream};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use uuid::Uuid;

/// Events of a batch at the most.
pub(super) const EVENTS: u32 = 16_384;
/// Bytes of events in a batch at which it ends.
const BYTES: usize = 16 * 1024 * 1024;
/// Documents that are asked for at once.
const DOCUMENTS_AHEAD: usize = 8;
/// Bytes of documents that are staged with one transaction at the least, while more come.
const STAGED_BYTES: usize = 8 * 1024 * 1024;

/// An event of a batch.
pub(super) struct Leaf {
    pub(super) event: Event,
    pub(super) bytes: Vec<u8>,
    pub(super) hash: Digest,
    /// What was revealed of what it conceals: digest and text.
    pub(super) disclosures: Vec<(String, String)>,
}

/// Verified events that are applied in one transaction.
pub(super) struct Batch {
    /// Position of the first.
    pub(super) from: u64,
    /// The tree behind the last.
    pub(super) grown: Frontier,
    pub(super) leaves: Vec<Leaf>,
    /// Positions of imports whose document the member may not have.
    pub(super) withheld: BTreeSet<u64>,
    /// Position from which the member may not have disclosures.
    pub(super) concealed_from: Option<u64>,
}

/// Reads the batch that follows `known` in a log of `size` events.
pub(super) async fn load(
    session: &Session,
    connection: &Connection,
    known: Frontier,
    size: u64,
) -> Result<Batch, DeskError> {
    let missing = || DeskError::Bug("a staged bundle is not there any more".to_owned());
    let from = known.size();
    let place = Place::of(from, size).ok_or_else(missing)?;
    let most = session.progress.batch_events().div_ceil(u32::from(BUNDLE_EVENTS));
    let bundles = session.cache.load_staged_bundles(place.index, most, BYTES as u64).await?;
    if bundles.first().is_none_or(|first| first.index != place.index) {
        return Err(missing());
    }
    let tenant = connection.tenant;
    blocking(move || decode(&bundles, tenant, known, size)).await?
}

/// The events of bundles from the end of `grown` on.
fn decode(
    bundles: &[PackedBundle],
    tenant: Uuid,
    mut grown: Frontier,
    size: u64,
) -> Result<Batch, DeskError> {
    let from = grown.size();
    let (mut leaves, mut read) = (Vec::new(), 0);
    for packed in bundles {
        let seq = from + leaves.len() as u64;
        let place = Place::of(seq, size);
        if read >= BYTES || place != Some(Place { index: packed.index, width: packed.width }) {
            break;
        }
        let bytes = packed.unpack()?;
        read += bytes.len();
        let events = bundle::decode(&bytes, packed.width).map_err(|_| RemoteError::Garbled("bundle"))?;
        let skip = usize::try_from(seq - packed.index * u64::from(BUNDLE_EVENTS)).unwrap_or(usize::MAX);
        for (seq, bytes) in (seq..).zip(events.into_iter().skip(skip)) {
            let event = leaf::decode(bytes).map_err(|_| RemoteError::Garbled("event"))?;
            if event.seq != seq || event.tenant != tenant {
                return Err(RemoteError::Garbled("event").into());
            }
            leaves.push(Leaf {
                event,
                bytes: bytes.to_vec(),
                hash: leaf::hash(bytes),
                disclosures: Vec::new(),
            });
        }
    }
    grow(&mut grown, leaves.iter().map(|leaf| leaf.hash))?;
    Ok(Batch { from, grown, leaves, withheld: BTreeSet::new(), concealed_from: None })
}

/// Fetches the documents and disclosures that the events of a batch speak of. Nothing is written meanwhile but what is
/// staged.
pub(super) async fn complete(
    session: &Arc<Session>,
    connection: &Connection,
    remote: &Remote,
    batch: &mut Batch,
) -> Result<(), DeskError> {
    stage_documents(session, connection, remote, batch).await?;
    let concealing = |leaf: &&Leaf| !leaf.event.sd.is_empty();
    let first = batch.leaves.iter().find(concealing).map(|leaf| leaf.event.seq);
    let last = batch.leaves.iter().rev().find(concealing).map(|leaf| leaf.event.seq);
    let (Some(mut from), Some(last)) = (first, last) else { return Ok(()) };
    let mut texts: HashMap<u64, Vec<String>> = HashMap::new();
    while from <= last {
        match remote.disclosures(connection.tenant, from, last + 1).await {
            Ok(page) => {
                from = page.next;
                for one in page.disclosures {
                    texts.entry(one.seq).or_default().push(one.text);
                }
            }
            // A member that may see none of them still replicates the log.
            Err(error) if error.is_absent() => {
                batch.concealed_from = Some(from);
                break;
            }
            Err(error) => return Err(error.into()),
        }
    }
    let mut leaves = std::mem::take(&mut batch.leaves);
    batch.leaves = blocking(move || {
        for leaf in &mut leaves {
            leaf.disclosures = revealed(&leaf.event, texts.remove(&leaf.event.seq).unwrap_or_default());
        }
        leaves
    })
    .await?;
    Ok(())
}

/// The disclosures that belong to an event, as they are stored; others are passed over.
pub(super) fn revealed(event: &Event, texts: Vec<String>) -> Vec<(String, String)> {
    // By digest: told twice, each still stands once.
    let revealed: BTreeMap<String, String> = texts
        .into_iter()
        .filter(|text| disclosure::reveal(text, &event.sd).is_ok())
        .map(|text| (disclosure::digest(&text), text))
        .collect();
    revealed.into_iter().collect()
}

/// A text of this name among the disclosures of an event.
pub(super) fn word(disclosures: &[(String, String)], event: &Event, wanted: &str) -> Option<String> {
    disclosures.iter().find_map(|(_, text)| match disclosure::reveal(text, &event.sd) {
        Ok((name, value)) if name == wanted => value.as_str().map(str::to_owned),
        _ => None,
    })
}

/// Stages the documents of a batch's imports that are not here.
async fn stage_documents(
    session: &Arc<Session>,
    connection: &Connection,
    remote: &Remote,
    batch: &mut Batch,
) -> Result<(), DeskError> {
    let mut wanted = Vec::new();
    for leaf in batch.leaves.iter().filter(|leaf| leaf.event.action == action::DOCUMENT_IMPORT) {
        let Some(sha256) = evidence_of(&leaf.event) else {
            batch.withheld.insert(leaf.event.seq);
            continue;
        };
        let here = session.cache.find_document(&sha256).await?;
        if here.is_none_or(|document| document.refused) && !session.cache.is_staged(&sha256).await? {
            wanted.push((leaf.event.seq, sha256));
        }
    }
    let fetch = |(seq, sha256)| async move { Ok((seq, sha256, fetch(connection, remote, sha256).await?)) };
    let mut fetching = stream::iter(wanted).map(fetch).buffered(DOCUMENTS_AHEAD);
    let (mut ready, mut bytes) = (Vec::new(), 0);
    while let Some(fetched) = fetching.next().await {
        let (seq, sha256, chunks): (u64, Digest, Option<Vec<CompressedChunk>>) =
            fetched.map_err(|error: DeskError| error)?;
        let Some(chunks) = chunks else {
            batch.withheld.insert(seq);
            continue;
        };
        bytes += chunks.iter().map(CompressedChunk::packed_len).sum::<usize>();
        ready.push((sha256, chunks));
        if bytes >= STAGED_BYTES {
            stage(session, &mut ready).await?;
            bytes = 0;
        }
    }
    stage(session, &mut ready).await
}

pub(super) async fn stage(
    session: &Session,
    ready: &mut Vec<(Digest, Vec<CompressedChunk>)>,
) -> Result<(), DeskError> {
    if ready.is_empty() {
        return Ok(());
    }
    let mut tx = session.begin().await?;
    for (sha256, chunks) in ready.drain(..) {
        tx.stage_document(&sha256, &chunks).await?;
    }
    session.commit(tx).await
}

/// The document that an import rests on.
pub(super) fn evidence_of(event: &Event) -> Option<Digest> {
    event.evidence.iter().find(|evidence| evidence.kind == "document").map(|evidence| evidence.sha256)
}

/// A document in pieces; `None` where the member may not have it.
pub(super) async fn fetch(
    connection: &Connection,
    remote: &Remote,
    sha256: Digest,
) -> Result<Option<Vec<CompressedChunk>>, DeskError> {
    let bytes = match remote.document(connection.tenant, &sha256).await {
        Ok(bytes) => bytes,
        Err(error) if error.is_absent() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let chunks = blocking(move || {
        bytes.chunks(CHUNK_BYTES).map(CompressedChunk::compress).collect::<Result<Vec<_>, _>>()
    })
    .await??;
    Ok(Some(chunks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use attest_domain::event::{Actor, ActorKind, Object};
    use serde_json::json;

    fn event(seq: u64, text: &str) -> Vec<u8> {
        let actor =
            Actor { kind: ActorKind::System, id: "s".to_owned(), role: None, auth: None, order: None };
        leaf::encode(&Event {
            v: 1,
            tenant: Uuid::nil(),
            seq,
            id: Uuid::from_u128(u128::from(seq)),
            at: "2026-11-20T08:14:03.512Z".to_owned(),
            actor,
            action: action::COMMENT.to_owned(),
            object: Object { kind: "cash_movement".to_owned(), id: seq.to_string(), version: 1 },
            trace: None,
            reverts: None,
            reason: None,
            before: None,
            after: Some(json!({ "text": text })),
            evidence: Vec::new(),
            sd: Vec::new(),
        })
        .unwrap()
    }

    fn bundles(size: u64, text: &str) -> Vec<PackedBundle> {
        let places = std::iter::successors(Place::of(0, size), |place| {
            Place::of(place.start() + u64::from(place.width), size)
        });
        let pack = |place: Place| {
            let end = place.start() + u64::from(place.width);
            let events: Vec<Vec<u8>> = (place.start()..end).map(|seq| event(seq, text)).collect();
            let bytes = bundle::encode(events.iter().map(Vec::as_slice)).unwrap();
            PackedBundle::pack(place.index, place.width, &bytes).unwrap()
        };
        places.map(pack).collect()
    }

    #[test]
    fn a_batch_of_large_events_ends_with_the_bundle_that_fills_it() {
        let text = "x".repeat(65_000);
        let batch = decode(&bundles(600, &text), Uuid::nil(), Frontier::default(), 600).unwrap();
        assert_eq!(batch.leaves.len(), 512, "16 MiB are full in the second bundle");
        assert_eq!(batch.grown.size(), 512);
    }

    #[test]
    fn a_batch_begins_in_the_middle_of_a_bundle_where_the_one_before_ended() {
        let bundles = bundles(300, "");
        let whole = decode(&bundles, Uuid::nil(), Frontier::default(), 300).unwrap();
        let mut known = Frontier::default();
        grow(&mut known, whole.leaves[..10].iter().map(|leaf| leaf.hash)).unwrap();
        let rest = decode(&bundles, Uuid::nil(), known, 300).unwrap();
        assert_eq!((rest.from, rest.leaves[0].event.seq, rest.leaves.len()), (10, 10, 290));
        assert_eq!(rest.grown, whole.grown);
    }

    #[test]
    fn an_event_of_another_log_or_place_is_refused() {
        let bundles = bundles(3, "");
        assert!(decode(&bundles, Uuid::max(), Frontier::default(), 3).is_err());
        let moved: Vec<Vec<u8>> = [1, 0, 2].map(|seq| event(seq, "")).to_vec();
        let bytes = bundle::encode(moved.iter().map(Vec::as_slice)).unwrap();
        let moved = [PackedBundle::pack(0, 3, &bytes).unwrap()];
        assert!(decode(&moved, Uuid::nil(), Frontier::default(), 3).is_err());
    }
}
