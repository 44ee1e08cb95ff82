//! Sealing: a checkpoint is signed only over bytes that were read back from the store and hashed again.
//!
//! Any process may seal; the head of the log is swapped from the size that was found, and two that seal the same
//! events sign the same text. Bytes that do not hash to what was appended stop the sealing of that log for good: the
//! damage is noted, and a person has to restore it.

use crate::{
    state::Backend,
    store::{Store, StoreError},
};
use attest_domain::Digest;
use attest_evidence::{
    bundle::{self, BUNDLE_EVENTS},
    checkpoint::Checkpoint,
    leaf,
    tree::Frontier,
};
use sqlx::Row as _;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::{Notify, watch};
use uuid::Uuid;

/// Events hashed and signed at once.
const PAGE: i64 = 4_096;
/// When a log that could not be sealed is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// Level of compression of bundles. They are written once and read often.
const ZSTD_LEVEL: i32 = 9;

/// Where a log stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) size: u64,
    pub(crate) signed: u64,
    pub(crate) nodes: Vec<Digest>,
    pub(crate) note: String,
    pub(crate) damage: Option<String>,
}

/// Wakes the sealing of logs and tells who waits how far they are signed.
#[derive(Debug, Default)]
pub(crate) struct Sealer {
    logs: Mutex<HashMap<Uuid, Sealing>>,
}

#[derive(Clone, Debug)]
struct Sealing {
    wake: Arc<Notify>,
    signed: watch::Sender<u64>,
}

impl Sealer {
    fn of(&self, backend: &Arc<Backend>, tenant: Uuid) -> Sealing {
        let mut logs = self.logs.lock().expect("no holder panics");
        logs.entry(tenant)
            .or_insert_with(|| {
                let sealing = Sealing { wake: Arc::default(), signed: watch::Sender::new(0) };
                tokio::spawn(keep_sealed(Arc::downgrade(backend), tenant, sealing.clone()));
                sealing
            })
            .clone()
    }

    /// Has what was appended to a log signed soon.
    pub(crate) fn wake(&self, backend: &Arc<Backend>, tenant: Uuid) {
        self.of(backend, tenant).wake.notify_one();
    }

    /// How far this process knows the log to be signed; changes as it grows.
    pub(crate) fn watch(&self, backend: &Arc<Backend>, tenant: Uuid) -> watch::Receiver<u64> {
        self.of(backend, tenant).signed.subscribe()
    }
}

/// Seals whenever woken, for as long as the service runs; what fails is tried again before long.
async fn keep_sealed(backend: std::sync::Weak<Backend>, tenant: Uuid, sealing: Sealing) {
    loop {
        sealing.wake.notified().await;
        let Some(backend) = backend.upgrade() else { return };
        match seal(&backend, tenant).await {
            Ok(signed) => {
                sealing.signed.send_replace(signed);
            }
            Err(error) => {
                tracing::error!(%tenant, %error, "a log could not be sealed");
                tokio::time::sleep(AGAIN).await;
                sealing.wake.notify_one();
            }
        }
    }
}

/// Reads the head of a log.
pub(crate) async fn find_head(store: &Store, tenant: Uuid) -> Result<Option<Head>, StoreError> {
    let row = sqlx::query("select size, signed, nodes, note, damage from log_head where tenant = $1")
        .bind(tenant.to_string())
        .fetch_optional(&store.reader)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let nodes: Vec<u8> = row.get(2);
    Ok(Some(Head {
        size: row.get::<i64, _>(0).cast_unsigned(),
        signed: row.get::<i64, _>(1).cast_unsigned(),
        nodes: nodes.chunks(32).map(digest).collect::<Result<_, _>>()?,
        note: row.get(3),
        damage: row.get(4),
    }))
}

pub(crate) fn digest(bytes: &[u8]) -> Result<Digest, StoreError> {
    bytes.try_into().map(Digest).map_err(|_| StoreError::stored("digest", format!("{} bytes", bytes.len())))
}

/// Signs what was appended. Answers how far the log is signed now.
pub(crate) async fn seal(backend: &Backend, tenant: Uuid) -> Result<u64, StoreError> {
    loop {
        let head = find_head(&backend.store, tenant).await?;
        let head = head.ok_or_else(|| StoreError::stored("tenant without a log", tenant))?;
        if head.signed == head.size || head.damage.is_some() {
            return Ok(head.signed);
        }
        step(backend, tenant, &head).await?;
    }
}

/// Signs one page.
async fn step(backend: &Backend, tenant: Uuid, head: &Head) -> Result<(), StoreError> {
    let name = tenant.to_string();
    let mut frontier = Frontier::from_nodes(head.signed, head.nodes.clone())
        .map_err(|error| StoreError::stored("frontier", error))?;
    // From the start of the bundle that is open, so that it can be written when it is full.
    let start = head.signed - head.signed % u64::from(BUNDLE_EVENTS);
    let rows = sqlx::query(
        "select seq, leaf, hash from event where tenant = $1 and seq >= $2 and seq < $3 order by seq limit $4",
    )
    .bind(&name)
    .bind(start.cast_signed())
    .bind(head.size.cast_signed())
    .bind(PAGE)
    .fetch_all(&backend.store.reader)
    .await?;
    let mut leaves: Vec<Vec<u8>> = Vec::with_capacity(rows.len());
    for (expected, row) in (start..).zip(&rows) {
        let (seq, leaf): (i64, Vec<u8>) = (row.get(0), row.get(1));
        let hash = leaf::hash(&leaf);
        if seq.cast_unsigned() != expected || hash != digest(&row.get::<Vec<u8>, _>(2))? {
            return note_damage(backend, &name, expected).await;
        }
        if expected >= head.signed {
            frontier.push(hash).map_err(|error| StoreError::stored("log", error))?;
        }
        leaves.push(leaf);
    }
    if frontier.size() == head.signed {
        return note_damage(backend, &name, head.signed).await;
    }
    let note = sign(backend, tenant, &frontier)?;
    let mut tx = backend.store.begin().await?;
    let nodes: Vec<u8> = frontier.nodes().iter().flat_map(|node| node.0).collect();
    let swapped = sqlx::query(
        "update log_head set signed = $1, nodes = $2, note = $3 where tenant = $4 and signed = $5 and damage is null",
    )
    .bind(frontier.size().cast_signed())
    .bind(nodes)
    .bind(&note)
    .bind(&name)
    .bind(head.signed.cast_signed())
    .execute(&mut *tx)
    .await?;
    if swapped.rows_affected() == 1 {
        for (number, full) in leaves.chunks_exact(usize::from(BUNDLE_EVENTS)).enumerate() {
            let bytes = bundle::encode(full.iter().map(Vec::as_slice))
                .map_err(|error| StoreError::stored("bundle", error))?;
            let bytes = zstd::encode_all(bytes.as_slice(), ZSTD_LEVEL)
                .map_err(|error| StoreError::stored("bundle", error))?;
            sqlx::query("insert into bundle (tenant, idx, bytes) values ($1, $2, $3) on conflict do nothing")
                .bind(&name)
                .bind((start / u64::from(BUNDLE_EVENTS) + number as u64).cast_signed())
                .bind(bytes)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// The checkpoint of a frontier.
pub(crate) fn sign(backend: &Backend, tenant: Uuid, frontier: &Frontier) -> Result<String, StoreError> {
    let signer = backend
        .secrets
        .log_signer(&backend.config.host, tenant)
        .map_err(|error| StoreError::stored("log key", error))?;
    let origin = signer.verifier_key().name().to_owned();
    let checkpoint = Checkpoint { origin, size: frontier.size(), root: frontier.root() };
    let note = checkpoint.sign(&signer).map_err(|error| StoreError::stored("checkpoint", error))?;
    Ok(note.to_string())
}

async fn note_damage(backend: &Backend, tenant: &str, seq: u64) -> Result<(), StoreError> {
    tracing::error!(
        tenant,
        seq,
        "stored bytes are not those that were appended; this log is not signed any more"
    );
    let mut tx = backend.store.begin().await?;
    sqlx::query("update log_head set damage = $1 where tenant = $2")
        .bind(format!("The bytes of event {seq} are not those that were appended."))
        .bind(tenant)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}
