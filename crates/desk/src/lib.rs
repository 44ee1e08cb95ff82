//! What a controller does with the program, one file per use case; windows and command lines only forward.
//!
//! [`Desk`] is the handle they share. Each use case loads facts, decides purely, and applies the result in one
//! transaction together with its events.
//! **Absent on purpose:** windows, terminals, HTTP.

mod browser;
mod chain;
mod clock;
mod connection;
mod decide;
mod documents;
mod error;
mod export;
mod history;
mod journal;
mod project;
mod propose;
mod rebuild;
mod replay;
mod review;
mod seal;
mod sign_in;
mod source;
mod supersede;
pub mod sync;
mod undo;
mod workspace;

pub mod audit;
pub mod doctor;
pub mod home;
pub mod import;
pub mod listing;
pub mod view;

pub use browser::open_in_browser;
pub use clock::{Clock, SystemClock};
pub use error::DeskError;
pub use sign_in::{SignInUnderway, SignedIn};

use attest_cache::Cache;
use journal::Author;
use std::{
    fs::File,
    path::PathBuf,
    sync::{Arc, Mutex, Weak},
};
use tokio::sync::{OnceCell, RwLock, watch};

/// The desk: one workspace folder, open or locked. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Desk {
    pub(crate) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) dir: PathBuf,
    pub(crate) exports: PathBuf,
    pub(crate) session: RwLock<Option<Arc<Session>>>,
    pub(crate) locked_because: Mutex<String>,
    pub(crate) imports: Mutex<import::Running>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) network: Arc<dyn sync::Network>,
    /// Held while the workspace is being opened or made, so that nobody opens it twice.
    pub(crate) door: tokio::sync::Mutex<()>,
    /// Ends when everything of the session before has let go of the folder.
    pub(crate) leaving: Mutex<Option<watch::Receiver<()>>>,
    /// Proposing that runs outside an import.
    pub(crate) proposing: Mutex<Weak<import::Watch>>,
    keychain: OnceCell<bool>,
    /// Events that a pull applies in one transaction; 0 for as many as is usual.
    pub(crate) batch_events: std::sync::atomic::AtomicU32,
}

impl Shared {
    async fn keychain_available(&self) -> bool {
        let probe =
            || async { workspace::blocking(attest_keychain::keychain_available).await.unwrap_or(false) };
        *self.keychain.get_or_init(probe).await
    }

    /// Waits for work of the session before, which still holds the folder.
    async fn wait_until_left(&self) {
        let leaving = self.leaving.lock().expect("no holder panics").take();
        if let Some(mut leaving) = leaving {
            // Nothing is ever sent: it ends with the sender.
            while leaving.changed().await.is_ok() {}
        }
    }

    fn cancel_proposing(&self) {
        if let Some(watch) = self.proposing.lock().expect("no holder panics").upgrade() {
            watch.cancel();
        }
    }

    fn locked_because(&self) -> String {
        self.locked_because.lock().expect("no holder panics").clone()
    }
}

/// An open workspace. Everything in clear hangs on this and goes when it does.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) cache: Cache,
    pub(crate) author: Author,
    pub(crate) seal: seal::Seal,
    pub(crate) views: Mutex<review::Views>,
    /// Tables that wait for a person.
    pub(crate) tables: Mutex<import::Tables>,
    /// Held by the sync that runs.
    pub(crate) syncing: tokio::sync::Mutex<()>,
    pub(crate) progress: sync::Progress,
    /// The person who is signed in, once something was asked.
    pub(crate) sign_in: tokio::sync::Mutex<Option<Arc<attest_remote::SignIn>>>,
    /// Held for its lock on the folder.
    _lock: File,
    /// Goes last, and tells those who wait that all else is gone.
    pub(crate) present: watch::Sender<()>,
}

impl Session {
    pub(crate) fn new(cache: Cache, author: Author, seal: seal::Seal, lock: File) -> Self {
        let (views, tables, present) = (Mutex::default(), Mutex::default(), watch::Sender::new(()));
        let (syncing, progress) = (tokio::sync::Mutex::default(), sync::Progress::default());
        let sign_in = tokio::sync::Mutex::default();
        Self { cache, author, seal, views, tables, syncing, progress, sign_in, _lock: lock, present }
    }

    /// Today by the desk's clock, as a stored day.
    pub(crate) fn today(&self) -> i64 {
        attest_cache::day_from_date(self.author.clock.today())
    }

    /// Drops what was read into memory.
    pub(crate) fn forget(&self) {
        // All is read again, so nothing is left to mend.
        let _ = self.cache.take_touched();
        self.views.lock().expect("no holder panics").forget();
    }
}

impl Desk {
    /// A desk on a workspace folder, locked. `exports` is where exported files go.
    #[must_use]
    pub fn new(dir: PathBuf, exports: PathBuf) -> Self {
        Self::with_clock(dir, exports, Arc::new(SystemClock))
    }

    /// A desk that lives by another clock than the machine's.
    #[must_use]
    pub fn with_clock(dir: PathBuf, exports: PathBuf, clock: Arc<dyn Clock>) -> Self {
        Self::with_network(dir, exports, clock, Arc::new(sync::Internet))
    }

    /// A desk that lives by another clock and another network than the machine's.
    #[must_use]
    pub fn with_network(
        dir: PathBuf,
        exports: PathBuf,
        clock: Arc<dyn Clock>,
        network: Arc<dyn sync::Network>,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                dir,
                exports,
                session: RwLock::new(None),
                locked_because: Mutex::new("start".to_owned()),
                imports: Mutex::default(),
                clock,
                network,
                door: tokio::sync::Mutex::default(),
                leaving: Mutex::default(),
                proposing: Mutex::default(),
                keychain: OnceCell::new(),
                batch_events: Default::default(),
            }),
        }
    }

    /// The workspace folder.
    #[must_use]
    pub fn dir(&self) -> &std::path::Path {
        &self.shared.dir
    }

    /// The folder that exports are written to.
    #[must_use]
    pub fn exports(&self) -> &std::path::Path {
        &self.shared.exports
    }
}
