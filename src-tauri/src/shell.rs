//! What the commands of one company share: its desk, and what is known of its workspace without asking.
//!
//! Every change of the workspace passes [`Shell::change`], so that window, auto-lock and waiting files follow its
//! state wherever the change came from. Imports are in `import`, sync in `sync`, the companies together in
//! `companies`.

use crate::{companies::Companies, guard::guarded, sign_in::Browsing, window};
use attest_desk::{
    Desk,
    view::{ErrorView, ListedCompany, SettingsView, StatusView, SyncPhase, SyncView, WorkspaceState},
};
use serde::Serialize;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tauri::{AppHandle, Emitter, Manager};

/// Event: the workspace is in another state. Payload [`StatusView`].
const WORKSPACE_CHANGED: &str = "workspace-changed";
/// Event: files hover over the window, or no longer. Payload [`DragState`].
const DRAG_STATE: &str = "drag-state";

/// An event of one company, so that no other takes it for its own.
#[derive(Clone, Serialize)]
struct Told<'a, T> {
    company: u32,
    said: &'a T,
}

/// Whether files are being dragged over the window.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DragState {
    over: bool,
}

/// What the shell knows about the workspace without asking.
#[derive(Debug)]
pub(crate) struct Known {
    /// Its state, as last heard.
    state: WorkspaceState,
    /// Whether an import runs; there is one at a time.
    pub(crate) importing: bool,
    /// Files and folders to import as soon as it is open and nothing else is being imported.
    pub(crate) waiting: Vec<PathBuf>,
    limit: Duration,
    /// What the company calls itself, and its number; kept while it is locked, and never written down.
    name: Option<String>,
    number: Option<String>,
    /// Where its sync stands, while it is open.
    sync: Option<SyncView>,
    frozen: bool,
    /// Files exported since the start, as the window was told their paths.
    exported: Vec<String>,
    /// The certificate chosen for connecting (PEM).
    pub(crate) certificate: Option<String>,
    /// A person's sign-in by the browser.
    pub(crate) browsing: Browsing,
}

impl Known {
    /// Whether the workspace is open.
    pub(crate) fn is_open(&self) -> bool {
        self.state == WorkspaceState::Open
    }
}

/// Shared by all commands of a company; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Shell {
    app: AppHandle,
    id: u32,
    folder: Option<String>,
    desk: Desk,
    known: Arc<Mutex<Known>>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Shell {
    /// A shell around a locked desk. `folder` is its place in the list, where there is one.
    pub(crate) fn new(app: AppHandle, id: u32, folder: Option<String>, desk: Desk) -> Self {
        let known = Known {
            state: WorkspaceState::Absent,
            importing: false,
            waiting: Vec::new(),
            limit: limit(&desk.settings()),
            name: None,
            number: None,
            sync: None,
            frozen: false,
            exported: Vec::new(),
            certificate: None,
            browsing: Browsing::No,
        };
        Self { app, id, folder, desk, known: Arc::new(Mutex::new(known)), turn: Arc::default() }
    }

    /// By which window and commands name the company.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Its place in the list.
    pub(crate) fn folder(&self) -> Option<&str> {
        self.folder.as_deref()
    }

    /// The desk.
    pub(crate) fn desk(&self) -> &Desk {
        &self.desk
    }

    /// The application.
    pub(crate) fn app(&self) -> &AppHandle {
        &self.app
    }

    /// The companies it is one of.
    pub(crate) fn companies(&self) -> Companies {
        self.app.state::<Companies>().inner().clone()
    }

    /// What is known; hold it briefly and never while waiting.
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state of the workspace, as last heard.
    pub(crate) fn state(&self) -> WorkspaceState {
        self.known().state
    }

    /// Whether the workspace is open, as last heard.
    pub(crate) fn is_open(&self) -> bool {
        self.known().is_open()
    }

    /// After how long without input it locks.
    pub(crate) fn limit(&self) -> Duration {
        self.known().limit
    }

    /// What the switcher shows of it.
    pub(crate) fn company(&self, label: Option<String>) -> ListedCompany {
        let known = self.known();
        ListedCompany {
            id: self.id,
            label,
            name: known.name.clone(),
            organisation_number: known.number.clone(),
            workspace: known.state,
            sync: known.sync.clone(),
            frozen: known.frozen,
            importing: known.importing,
        }
    }

    /// Makes one change of the workspace, or asks for its state, while no other does: a status told late would
    /// show a locked workspace as open. Whoever closes it loads the window anew, so that nothing stays in it.
    pub(crate) async fn change(
        &self,
        call: impl Future<Output = Result<StatusView, ErrorView>>,
    ) -> Result<StatusView, ErrorView> {
        let (status, closed) = self.change_quietly(call).await?;
        if closed {
            window::blank(&self.app);
        }
        Ok(status)
    }

    async fn change_quietly(
        &self,
        call: impl Future<Output = Result<StatusView, ErrorView>>,
    ) -> Result<(StatusView, bool), ErrorView> {
        let _turn = self.turn.lock().await;
        let status = call.await?;
        let closed = self.note(&status);
        Ok((status, closed))
    }

    /// Takes notice of a status and passes it on to the window; opening it starts what waited for that. Answers
    /// whether it was open and is no longer.
    fn note(&self, status: &StatusView) -> bool {
        let now = status.workspace;
        let before = {
            let mut known = self.known();
            known.limit = limit(&status.settings);
            if now == WorkspaceState::Open {
                known.frozen = status.freeze.is_some();
                let name = status.company.clone();
                known.name = name.or_else(|| known.sync.as_ref()?.company.clone()).or(known.name.take());
                known.number = status.organisation_number.clone().or(known.number.take());
            } else {
                (known.sync, known.frozen) = (None, false);
            }
            std::mem::replace(&mut known.state, now)
        };
        self.emit(WORKSPACE_CHANGED, status);
        let (was_open, is_open) = (before == WorkspaceState::Open, now == WorkspaceState::Open);
        if is_open && !was_open {
            self.companies().touch();
            self.companies().made(self);
            self.keep_synced();
        }
        self.companies().tell();
        self.import_waiting();
        was_open && !is_open
    }

    /// Takes notice of where sync stands, and passes it on.
    pub(crate) fn note_sync(&self, event: &str, view: &SyncView) {
        let news = {
            let mut known = self.known();
            if known.state != WorkspaceState::Open {
                return;
            }
            if known.name.is_none() {
                known.name.clone_from(&view.company);
            }
            let shown = |view: &SyncView| (view.phase, view.waiting, view.refused, view.synced.clone());
            let news = known.sync.as_ref().map(shown) != Some(shown(view));
            known.sync = (view.phase != SyncPhase::Standalone).then(|| view.clone());
            news
        };
        self.emit(event, view);
        if news {
            self.companies().tell();
        }
    }

    /// Asks the desk anew and tells the window.
    pub(crate) async fn refresh(&self) {
        let desk = self.desk.clone();
        let asked = guarded(async move || desk.status().await.map_err(|error| error.view()));
        if let Err(error) = self.change(asked).await {
            tracing::warn!(code = error.code, "the status could not be told");
        }
    }

    /// Remembers a file the window may ask to be shown.
    pub(crate) fn exported(&self, path: &str) {
        self.known().exported.push(path.to_owned());
    }

    /// The path of an exported file; none for any other path.
    pub(crate) fn find_exported(&self, path: &str) -> Option<PathBuf> {
        self.known().exported.iter().find(|known| *known == path).map(PathBuf::from)
    }

    /// Locks: closes everything in the desk, then the window is loaded anew (see [`Shell::change`]).
    pub(crate) async fn lock(&self, because: &'static str) -> Result<StatusView, ErrorView> {
        let (status, closed) = self.lock_desk(because).await?;
        if closed {
            window::blank(&self.app);
        }
        Ok(status)
    }

    /// Locks; the window is emptied by whoever locks several.
    pub(crate) async fn close_desk(&self, because: &'static str) -> Result<(), ErrorView> {
        self.lock_desk(because).await.map(|_| ())
    }

    async fn lock_desk(&self, because: &'static str) -> Result<(StatusView, bool), ErrorView> {
        let desk = self.desk.clone();
        let locked = guarded(async move || desk.lock(because).await.map_err(|error| error.view()));
        let answer = self.change_quietly(locked).await;
        if let Err(error) = &answer {
            // What cannot be closed must not stay readable.
            tracing::error!(code = error.code, "the workspace could not be closed, so the program ends");
            self.app.exit(1);
        }
        answer
    }

    /// Files hover over the window, or no longer. A locked window takes none, and says so by staying dull.
    pub(crate) fn drag(&self, over: bool) {
        self.emit(DRAG_STATE, &DragState { over: over && self.is_open() });
    }

    /// Tells the window something of this company.
    pub(crate) fn emit<T: Serialize + Clone>(&self, event: &str, said: &T) {
        if let Err(error) = self.app.emit_to(window::LABEL, event, Told { company: self.id, said }) {
            tracing::warn!("{event} did not reach the window: {error}");
        }
    }
}

fn limit(settings: &SettingsView) -> Duration {
    Duration::from_secs(u64::from(settings.auto_lock_minutes.clamp(1, 60)) * 60)
}
