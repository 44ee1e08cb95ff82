//! Sync: connecting a workspace to a backend, pulling its verified log, pushing what was decided here (DESIGN §5).
//!
//! Invariants: nothing that was fetched changes anything before the root over all new leaves is the one that was
//! signed; what was decided here is shown at once, marked, and never lost; a log that contradicts itself freezes.

mod apply;
mod batch;
mod conflicts;
mod keep;
mod pull;
mod push;
mod withheld;
mod work;

use crate::{
    Desk, Session,
    connection::{self, Connection},
    error::DeskError,
    journal::instant,
    view::{MembershipView, SignedInWith, SyncPhase, SyncView},
    workspace::REPLAY,
};
use attest_remote::{Remote, RemoteError};
use attest_wire::tenant::Me;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{sync::watch, time::timeout};
use zeroize::Zeroizing;

pub(crate) use apply::assign;

pub use crate::connection::{Internet, Network};
pub use attest_remote::is_identity;
pub use work::{Policy, Worked};

/// How the service calls what programs sign in with.
const PROGRAM_AUTHS: [&str; 2] = ["key", "certificate"];

/// What a person gives to connect.
#[derive(Clone)]
pub struct ConnectRequest {
    /// `https://` and the host.
    pub server: String,
    /// The one certificate to trust (PEM); the system's where absent.
    pub certificate: Option<String>,
    /// An API key.
    pub key: Zeroizing<String>,
    /// Which company, where the key is for several: its id or name.
    pub tenant: Option<String>,
    /// Passphrase of the new workspace; a key in the keychain where absent.
    pub passphrase: Option<String>,
}

impl std::fmt::Debug for ConnectRequest {
    /// Never the secrets.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ConnectRequest").field("server", &self.server).finish_non_exhaustive()
    }
}

/// How far the sync that runs has come, how the last one ended, and who keeps the session in sync.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    told: Mutex<Told>,
    wake: Arc<keep::Wake>,
    /// Whether somebody keeps it in sync already.
    kept: AtomicBool,
    /// Events of a batch; 0 for as many as is usual.
    batch_events: AtomicU32,
    /// Becomes true when the session ends.
    stopped: watch::Sender<bool>,
}

#[derive(Clone, Debug, Default)]
struct Told {
    running: bool,
    /// Events verified, or applied, of how many there are.
    events: Option<(u64, u64)>,
    applying: bool,
    synced: Option<String>,
    error: Option<(String, String)>,
    /// Times that something came of a sync.
    changes: u64,
}

/// When the last sync of an earlier session ended well.
const SYNCED: &str = "synced";
/// How long keeping it may hold up a lock.
const KEEP_MAX: Duration = Duration::from_millis(500);

impl Session {
    /// Keeps when the last sync ended well, for the session after this one. Written once, because each sync would
    /// otherwise cost a transaction more.
    pub(crate) async fn keep_synced_at(&self) {
        let Some(at) = self.progress.told().synced else { return };
        let kept = async {
            let mut tx = self.cache.begin().await?;
            tx.put_meta(SYNCED, &at).await?;
            tx.commit().await
        };
        // Locking waits for nobody who still writes.
        if !matches!(timeout(KEEP_MAX, kept).await, Ok(Ok(()))) {
            tracing::info!("when the last sync was is not kept");
        }
    }
}

impl Progress {
    fn tell(&self, change: impl FnOnce(&mut Told)) {
        change(&mut self.told.lock().expect("no holder panics"));
    }

    fn told(&self) -> Told {
        self.told.lock().expect("no holder panics").clone()
    }

    /// Something was written that may have to be sent.
    pub(crate) fn written(&self) {
        self.wake.written();
    }

    /// The session ends: nothing is begun any more.
    pub(crate) fn stop(&self) {
        self.stopped.send_replace(true);
    }

    /// Credentials have changed: what was wrong with the old ones is past.
    pub(crate) fn signed_in(&self) {
        self.tell(|told| told.error = None);
        self.wake.ask();
    }

    pub(super) fn verifying(&self, done: u64, total: u64) {
        self.tell(|told| (told.events, told.applying) = (Some((done, total)), false));
    }

    pub(super) fn applying(&self, done: u64, total: u64) {
        self.tell(|told| (told.events, told.applying) = (Some((done, total)), true));
    }

    /// Events that are applied in one transaction at the most.
    pub(super) fn batch_events(&self) -> u32 {
        match self.batch_events.load(Ordering::Relaxed) {
            0 => batch::EVENTS,
            events => events,
        }
    }
}

impl Desk {
    /// Makes a workspace that replicates a company's log, and opens it. Nothing is pulled yet.
    ///
    /// # Errors
    /// What the backend says of the key; [`DeskError::ChooseCompany`] when the company has to be chosen;
    /// [`DeskError::WorkspaceExists`].
    pub async fn connect(&self, request: ConnectRequest) -> Result<(), DeskError> {
        let (server, certificate) = (&request.server, request.certificate.as_deref());
        let me = self.holder(server, certificate, &request.key).await?;
        let ConnectRequest { server, certificate, key, tenant, passphrase } = request;
        let connection = Connection::new(&server, certificate, &me, tenant.as_deref())?;
        self.create_connected(Connection { key, ..connection }, None, passphrase).await
    }

    /// Sets how many events a pull applies in one transaction at the most, for machines with little memory. Rounded up
    /// to whole bundles; it begins with the next sync.
    pub fn set_batch_events(&self, events: u32) {
        self.shared.batch_events.store(events, Ordering::Relaxed);
    }

    /// The companies of whoever has a key.
    ///
    /// # Errors
    /// What the backend says of the key.
    pub async fn list_memberships(
        &self,
        server: &str,
        certificate: Option<&str>,
        key: &Zeroizing<String>,
    ) -> Result<Vec<MembershipView>, DeskError> {
        let me = self.holder(server, certificate, key).await?;
        Ok(me.tenants.iter().map(MembershipView::of).collect())
    }

    /// Who has a key.
    async fn holder(
        &self,
        server: &str,
        certificate: Option<&str>,
        key: &Zeroizing<String>,
    ) -> Result<Me, DeskError> {
        let network = self.shared.network.as_ref();
        Ok(connection::remote(network, server, certificate, key)?.me().await?)
    }

    /// Pulls what is new, pushes what was decided here, and pulls what came of it. One at a time; a second one waits.
    ///
    /// # Errors
    /// [`DeskError::NotConnected`], [`DeskError::Frozen`], [`DeskError::Remote`] when the backend cannot be reached:
    /// what was decided here is kept then.
    pub async fn sync(&self) -> Result<SyncView, DeskError> {
        let session = self.session().await?;
        let connection = Connection::require(&session.cache).await?;
        let turn = session.syncing.lock().await;
        if session.seal.frozen().is_some() {
            return Err(DeskError::Frozen);
        }
        let events = self.shared.batch_events.load(Ordering::Relaxed);
        session.progress.batch_events.store(events, Ordering::Relaxed);
        session.progress.tell(|told| told.running = true);
        let outcome = self.exchange(&session, &connection).await;
        let now = instant(session.author.clock.now());
        session.progress.tell(|told| {
            told.running = false;
            told.events = None;
            match &outcome {
                Ok(()) => (told.synced, told.error) = (Some(now), None),
                Err(error) => told.error = Some((error.code().to_owned(), error.to_string())),
            }
        });
        drop(turn);
        outcome?;
        self.sync_state().await
    }

    async fn exchange(&self, session: &Arc<Session>, connection: &Connection) -> Result<(), DeskError> {
        let mut changed = apply::Changed::Nothing;
        let outcome = self.converse(session, connection, &mut changed).await;
        if session.seal.frozen().is_some() {
            return outcome;
        }
        // What was pulled is shown whole, also where the conversation broke off behind it, now or the last time.
        if session.cache.find_meta(REPLAY).await?.as_deref() == Some("due") {
            changed = apply::Changed::Replay;
            self.rebuild().await?;
        } else if changed == apply::Changed::Grown {
            session.forget();
            self.finish_proposing(session, &self.watch_proposing()).await?;
        }
        if changed != apply::Changed::Nothing {
            session.progress.tell(|told| told.changes += 1);
        }
        outcome
    }

    async fn converse(
        &self,
        session: &Arc<Session>,
        connection: &Connection,
        changed: &mut apply::Changed,
    ) -> Result<(), DeskError> {
        let remote = self.remote(session, connection).await?;
        pull::pull(session, connection, &remote, changed).await?;
        withheld::ask(session, connection, &remote, changed).await?;
        if let Some(reached) = push::push(session, connection, &remote).await? {
            pull::pull_to(session, connection, &remote, reached, changed).await?;
        }
        Ok(())
    }

    /// The backend as the member of the open workspace sees it.
    async fn remote(&self, session: &Session, connection: &Connection) -> Result<Remote, DeskError> {
        let transport = connection.reach(self.shared.network.as_ref())?;
        Ok(Remote::new(transport, session.credentials(connection).await?))
    }

    /// Signs in again with a key of the same member, and takes the certificate to trust from now on where one is given.
    ///
    /// # Errors
    /// [`DeskError::NotConnected`]; what the backend says of the key; [`DeskError::OtherMember`] for another member's.
    pub async fn sign_in(
        &self,
        key: Zeroizing<String>,
        certificate: Option<String>,
    ) -> Result<(), DeskError> {
        let session = self.session().await?;
        let connection = Connection::require(&session.cache).await?;
        let certificate = certificate.or_else(|| connection.certificate.clone());
        let me = self.holder(&connection.server, certificate.as_deref(), &key).await?;
        let renewed = Connection { key, certificate, ..connection.renewed(&me)? };
        self.renew(&session, renewed, None).await
    }

    /// Waits for the backend to tell that its log has grown; returns when it has, or hung up.
    ///
    /// # Errors
    /// [`DeskError::NotConnected`], [`DeskError::Remote`].
    pub async fn wait_for_signal(&self) -> Result<(), DeskError> {
        self.hear().await.map(|_| ())
    }

    /// Waits for a signal. Answers whether the log has grown; the backend hung up where it has not.
    async fn hear(&self) -> Result<bool, DeskError> {
        let (remote, tenant, known) = {
            let session = self.session().await?;
            let connection = Connection::require(&session.cache).await?;
            let known = session.cache.find_checkpoint().await?.map_or(0, |stored| stored.size);
            (self.remote(&session, &connection).await?, connection.tenant, known)
        };
        let mut signals = remote.signals(tenant).await?;
        while let Some(size) = signals.next().await? {
            if size > known {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Where sync stands. Answers in a standalone workspace too.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or what the database says.
    pub async fn sync_state(&self) -> Result<SyncView, DeskError> {
        let session = self.session().await?;
        let Some(connection) = Connection::find(&session.cache).await? else {
            return Ok(SyncView::standalone());
        };
        let count = session.cache.count_outbox().await?;
        let told = session.progress.told();
        let signed_in = session.signed_in(&connection).await?;
        let phase = match (&told.error, session.seal.frozen(), told.running) {
            (_, Some(_), _) => SyncPhase::Frozen,
            _ if signed_in.is_none() => SyncPhase::SignedOut,
            (_, None, true) => SyncPhase::Syncing,
            (Some((code, _)), None, false) if is_signed_out(code) => SyncPhase::SignedOut,
            (Some((code, _)), None, false) if is_offline(code) => SyncPhase::Offline,
            (Some(_), None, false) => SyncPhase::Failed,
            (None, None, false) => SyncPhase::Idle,
        };
        let (events_done, events_total) = told.events.unzip();
        let (error_code, error) = told.error.unzip();
        Ok(SyncView {
            phase,
            server: Some(connection.server),
            company: Some(connection.company),
            role: Some(connection.role),
            region: connection.region,
            signs_in_with: Some(match PROGRAM_AUTHS.contains(&connection.auth.as_str()) {
                true => SignedInWith::Key,
                false => SignedInWith::Browser,
            }),
            signed_in,
            waiting: count.waiting,
            refused: count.refused,
            events_done,
            events_total,
            applying: told.applying,
            synced: match told.synced {
                None => session.cache.find_meta(SYNCED).await?,
                synced => synced,
            },
            error_code,
            error,
            changes: told.changes,
        })
    }

    /// Keys of what was decided here and is not in the verified log, what was refused included; oldest first.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or what the database says.
    pub async fn list_unsent(&self) -> Result<Vec<String>, DeskError> {
        let session = self.session().await?;
        Ok(session.cache.list_outbox().await?.into_iter().map(|row| row.key).collect())
    }
}

fn is_offline(code: &str) -> bool {
    let unreachable = RemoteError::Unreachable(String::new()).code();
    [unreachable, RemoteError::Timeout.code()].contains(&code)
}

fn is_signed_out(code: &str) -> bool {
    code == "remote.signed_out"
}
