//! The seal on the log: every change signs a new checkpoint with the device's key, and a copy outside the cache shows
//! a log that was put back to an earlier day.
//!
//! Invariants: a checkpoint is signed in the transaction of the events it covers; the copy is written behind it and so
//! is never ahead of what is durable. A log that does not continue its copy freezes the workspace: it can be read and
//! exported, both checkpoints are kept, and only a person's [`Desk::resume_log`] goes on, which is itself an event.
//! **Not protected against:** cache and copy put back together. In passphrase mode the copy is a file beside the cache,
//! so a whole folder put back is not noticed.

use crate::{
    Desk, Session,
    error::DeskError,
    journal::{Act, now},
    view::{CheckpointView, FreezeReason, FreezeView},
    workspace::blocking,
};
use attest_cache::{
    Cache,
    checkpoint::{Fork, StoredCheckpoint},
    log::WriteTx,
};
use attest_domain::{Digest, drafts::log_resumed};
use attest_evidence::{
    checkpoint::Checkpoint,
    leaf,
    note::{NoteSigner, VerifierKey},
    tree::Frontier,
};
use attest_keychain::{KeyFile, Secret, find_checkpoint, keep_checkpoint};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// What the device's key is derived for.
const DEVICE_KEY: &str = "attest device key v1";
/// Events whose hashes are made again at once.
const PAGE: u32 = 1_000;

/// Signs the log of one workspace and keeps the copy.
#[derive(Debug)]
pub(crate) struct Seal {
    authority: Authority,
    place: Arc<Place>,
    /// Why nothing may be written.
    frozen: Mutex<Option<FreezeView>>,
    keeping: Mutex<Option<JoinHandle<()>>>,
}

/// Whose checkpoints the log goes by.
#[derive(Debug)]
pub(crate) enum Authority {
    /// A standalone log: signed here, with a key of this device.
    Device(NoteSigner),
    /// A connected one: signed by the backend, whose key was given when the workspace was connected.
    Backend(VerifierKey),
}

impl Authority {
    pub(crate) fn device(tenant: Uuid, key: &Secret) -> Result<Self, DeskError> {
        NoteSigner::from_seed(&derive_origin(tenant), key.derive(DEVICE_KEY).expose())
            .map(Self::Device)
            .map_err(|error| DeskError::Bug(error.to_string()))
    }

    fn key(&self) -> VerifierKey {
        match self {
            Self::Device(signer) => signer.verifier_key(),
            Self::Backend(key) => key.clone(),
        }
    }
}

/// Where the copy goes, and the newest that has not gone there yet.
#[derive(Debug)]
struct Place {
    dir: PathBuf,
    key_file: KeyFile,
    waiting: Mutex<Option<String>>,
}

/// The name a standalone log signs under.
fn derive_origin(tenant: Uuid) -> String {
    format!("standalone/t/{tenant}")
}

impl Seal {
    pub(crate) fn new(dir: &Path, key_file: KeyFile, authority: Authority) -> Self {
        let place = Place { dir: dir.to_owned(), key_file, waiting: Mutex::default() };
        Self { authority, place: Arc::new(place), frozen: Mutex::default(), keeping: Mutex::default() }
    }

    /// Whose signature the log goes by.
    pub(crate) fn verifier_key(&self) -> VerifierKey {
        self.authority.key()
    }

    /// Why the workspace is read-only, if it is.
    pub(crate) fn frozen(&self) -> Option<FreezeView> {
        self.frozen.lock().expect("no holder panics").clone()
    }

    /// Signs what the transaction has appended. Answers the note, or nothing where nothing was appended.
    /// What a connected workspace appends is provisional and covered by no checkpoint.
    async fn sign(&self, tx: &mut WriteTx) -> Result<Option<String>, DeskError> {
        let Authority::Device(signer) = &self.authority else { return Ok(None) };
        let stored = tx.find_checkpoint().await?;
        let mut frontier = stored.as_ref().map_or(Ok(Frontier::default()), frontier)?;
        let hashes = tx.list_hashes_from(frontier.size()).await?;
        if stored.is_some() && hashes.is_empty() {
            return Ok(None);
        }
        grow(&mut frontier, hashes)?;
        put(signer, tx, &frontier).await.map(Some)
    }

    /// Has the copy written by a thread of its own; of several, the newest.
    pub(crate) fn keep(&self, note: String) {
        let idle = self.place.waiting.lock().expect("no holder panics").replace(note).is_none();
        let mut keeping = self.keeping.lock().expect("no holder panics");
        if idle || keeping.as_ref().is_none_or(JoinHandle::is_finished) {
            let place = self.place.clone();
            let before = keeping.take();
            *keeping = Some(tokio::spawn(async move {
                if let Some(before) = before {
                    drop(before.await);
                }
                drop(tokio::task::spawn_blocking(move || place.write()).await);
            }));
        }
    }

    /// Waits until the copy is written.
    pub(crate) async fn settle(&self) {
        let keeping = self.keeping.lock().expect("no holder panics").take();
        if let Some(keeping) = keeping {
            drop(keeping.await);
        }
    }

    /// Compares the log with its checkpoint and with the copy, and freezes what does not fit. A log that was never
    /// signed, as an earlier version left it, is signed after its hashes were made again from its bytes.
    pub(crate) async fn check(&self, cache: &Cache) -> Result<(), DeskError> {
        if let Some(fork) = cache.find_open_fork().await? {
            self.freeze(&fork);
            return Ok(());
        }
        let place = self.place.clone();
        let kept = blocking(move || find_checkpoint(&place.dir, &place.key_file)).await??;
        let stored = cache.find_checkpoint().await?;
        if stored.is_none() && kept.is_none() {
            let Authority::Device(signer) = &self.authority else { return Ok(()) };
            let frontier = hash_again(cache).await?;
            let mut tx = cache.begin().await?;
            let note = put(signer, &mut tx, &frontier).await?;
            tx.commit().await?;
            self.keep(note);
            return Ok(());
        }
        if self.continues(cache, stored.as_ref(), kept.as_deref()).await? {
            if let (Some(stored), true) = (&stored, kept.as_ref() != stored.as_ref().map(|one| &one.note)) {
                self.keep(stored.note.clone());
            }
            return Ok(());
        }
        let found = stored.map(|stored| stored.note).unwrap_or_default();
        let fork = Fork { found, kept: kept.unwrap_or_default(), noticed: now() };
        let mut tx = cache.begin().await?;
        tx.add_fork(&fork).await?;
        tx.commit().await?;
        self.freeze(&fork);
        Ok(())
    }

    /// Whether the log is what its checkpoint says and continues what the copy says.
    async fn continues(
        &self,
        cache: &Cache,
        stored: Option<&StoredCheckpoint>,
        kept: Option<&str>,
    ) -> Result<bool, DeskError> {
        let Some(stored) = stored else { return Ok(false) };
        let Some(signed) = self.open(&stored.note) else { return Ok(false) };
        let frontier = frontier(stored)?;
        let appended = cache.log_head().await?.size;
        let whole = (signed.size, signed.root) == (frontier.size(), frontier.root())
            && match self.authority {
                Authority::Device(_) => signed.size == appended,
                // Behind it stand provisional events.
                Authority::Backend(_) => signed.size <= appended,
            };
        let Some(kept) = kept.filter(|kept| *kept != stored.note) else { return Ok(whole) };
        let Some(kept) = self.open(kept) else { return Ok(false) };
        if !whole || kept.size > signed.size {
            return Ok(false);
        }
        Ok(root_at(cache, kept.size).await? == Some(kept.root))
    }

    /// What is wrong with the checkpoint when the whole tree is made again from the events' bytes.
    pub(crate) async fn examine(&self, cache: &Cache) -> Result<Option<String>, DeskError> {
        let Some(stored) = cache.find_checkpoint().await? else {
            return Ok(Some("The log was never signed.".to_owned()));
        };
        let frontier = match self.authority {
            Authority::Device(_) => hash_again(cache).await?,
            Authority::Backend(_) => hash_up_to(cache, stored.size).await?,
        };
        Ok(match self.open(&stored.note) {
            None => Some("The checkpoint is not signed by this device.".to_owned()),
            Some(signed) if (signed.size, signed.root) != (frontier.size(), frontier.root()) => {
                Some(format!(
                    "The checkpoint says {} events with the code {}; the events are {} with the code {}.",
                    signed.size,
                    signed.root.short(),
                    frontier.size(),
                    frontier.root().short()
                ))
            }
            Some(_) if self.frozen().is_some() => Some(
                "The log does not continue the checkpoint that was kept outside the database.".to_owned(),
            ),
            Some(_) => None,
        })
    }

    pub(crate) fn open(&self, note: &str) -> Option<Checkpoint> {
        Checkpoint::open(note.as_bytes(), &self.authority.key()).ok().map(|(checkpoint, _)| checkpoint)
    }

    /// Makes the workspace read-only; `fork` is kept already.
    pub(crate) fn freeze(&self, fork: &Fork) {
        let view = |checkpoint: Option<Checkpoint>| {
            checkpoint.map(|one| CheckpointView { size: one.size, code: one.root.short() })
        };
        let (found, kept) = (self.open(&fork.found), self.open(&fork.kept));
        let reason = match (&found, &kept) {
            (Some(found), Some(kept)) if found.size < kept.size => FreezeReason::RolledBack,
            (None, Some(_)) => FreezeReason::RolledBack,
            _ => FreezeReason::Contradicts,
        };
        let freeze =
            FreezeView { reason, found: view(found), kept: view(kept), noticed: fork.noticed.clone() };
        *self.frozen.lock().expect("no holder panics") = Some(freeze);
    }
}

/// Signs the log at its frontier.
async fn put(signer: &NoteSigner, tx: &mut WriteTx, frontier: &Frontier) -> Result<String, DeskError> {
    let origin = signer.verifier_key().name().to_owned();
    let checkpoint = Checkpoint { origin, size: frontier.size(), root: frontier.root() };
    let note = checkpoint.sign(signer).map_err(|error| DeskError::Bug(error.to_string()))?;
    let note = note.to_string();
    let nodes = frontier.nodes().to_vec();
    tx.put_checkpoint(&StoredCheckpoint { size: frontier.size(), nodes, note: note.clone() }).await?;
    Ok(note)
}

impl Place {
    fn write(&self) {
        let next = || self.waiting.lock().expect("no holder panics").take();
        while let Some(note) = next() {
            if let Err(error) = keep_checkpoint(&self.dir, &self.key_file, &note) {
                // The next change tries again; until then the older copy still holds.
                tracing::warn!(%error, "the copy of the checkpoint was not written");
            }
        }
    }
}

pub(crate) fn frontier(stored: &StoredCheckpoint) -> Result<Frontier, DeskError> {
    Frontier::from_nodes(stored.size, stored.nodes.clone())
        .map_err(|error| DeskError::Bug(format!("the checkpoint in the cache is damaged: {error}")))
}

pub(crate) fn grow(
    frontier: &mut Frontier,
    leaves: impl IntoIterator<Item = Digest>,
) -> Result<(), DeskError> {
    frontier.append(leaves).map_err(|error| DeskError::Bug(error.to_string()))
}

/// The root that the log had at an earlier size, by the stored hashes; `None` where it is shorter.
pub(crate) async fn root_at(cache: &Cache, size: u64) -> Result<Option<Digest>, DeskError> {
    let mut before = Frontier::default();
    while before.size() < size {
        let left = u32::try_from(size - before.size()).unwrap_or(u32::MAX).min(PAGE);
        let hashes = cache.list_leaf_hashes(before.size(), left).await?;
        if hashes.is_empty() {
            return Ok(None);
        }
        grow(&mut before, hashes)?;
    }
    Ok(Some(before.root()))
}

/// The tree over all events, its leaves made again from their bytes.
async fn hash_again(cache: &Cache) -> Result<Frontier, DeskError> {
    hash_up_to(cache, u64::MAX).await
}

async fn hash_up_to(cache: &Cache, size: u64) -> Result<Frontier, DeskError> {
    let mut frontier = Frontier::default();
    loop {
        let left = u32::try_from(size - frontier.size()).unwrap_or(u32::MAX).min(PAGE);
        let events = cache.list_events(frontier.size(), left).await?;
        if events.is_empty() {
            return Ok(frontier);
        }
        grow(&mut frontier, events.iter().map(|event| leaf::hash(&event.leaf)))?;
    }
}

impl Session {
    /// Begins a change; refused while the workspace is frozen.
    pub(crate) async fn begin(&self) -> Result<WriteTx, DeskError> {
        match self.seal.frozen() {
            Some(_) => Err(DeskError::Frozen),
            None => Ok(self.cache.begin().await?),
        }
    }

    /// Signs what the change has appended to the log, and makes it durable and visible.
    pub(crate) async fn commit(&self, mut tx: WriteTx) -> Result<(), DeskError> {
        let note = self.seal.sign(&mut tx).await?;
        tx.commit().await?;
        if let Some(note) = note {
            self.seal.keep(note);
        }
        if self.author.connected {
            self.progress.written();
        }
        Ok(())
    }
}

impl Desk {
    /// Goes on with a frozen log from where it is: a person has seen both checkpoints and answers for it. Both stay in
    /// the log.
    ///
    /// # Errors
    /// [`DeskError::NotFrozen`], or what the database says.
    pub async fn resume_log(&self) -> Result<(), DeskError> {
        let session = self.session().await?;
        session.seal.frozen().ok_or(DeskError::NotFrozen)?;
        // A backend's log cannot be gone on with from here.
        let Authority::Device(signer) = &session.seal.authority else { return Err(DeskError::Frozen) };
        let fork = session.cache.find_open_fork().await?.ok_or(DeskError::NotFrozen)?;
        let mut tx = session.cache.begin().await?;
        let draft = log_resumed(session.author.tenant, &fork.kept, &fork.found, tx.next_seq().await?);
        let event = session.author.append(&mut tx, draft, Act::default(), None).await?;
        tx.resume_forks(event.seq).await?;
        let mut frontier = hash_again(&session.cache).await?;
        let hashes = tx.list_hashes_from(frontier.size()).await?;
        grow(&mut frontier, hashes)?;
        let note = put(signer, &mut tx, &frontier).await?;
        tx.commit().await?;
        *session.seal.frozen.lock().expect("no holder panics") = None;
        session.seal.keep(note);
        Ok(())
    }
}

/// The code that people compare: the short form of the root.
pub(crate) fn short_code(stored: Option<&StoredCheckpoint>) -> Result<String, DeskError> {
    stored.map_or(Ok(String::new()), |stored| Ok(frontier(stored)?.root().short()))
}
