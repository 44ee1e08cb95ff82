//! What the window's commands share: the desk, the idle clock, and what is known of the workspace without asking.
//!
//! Every change of the workspace passes [`Shell::change`], so that window, auto-lock and waiting files follow its
//! state wherever the change came from. Imports are in `import`, sync in `sync`.

use crate::{
    guard::guarded,
    idle::{Due, IdleClock, TICK},
    window,
};
use attest_desk::{
    Desk,
    view::{ErrorView, SettingsView, StatusView, WorkspaceState},
};
use serde::Serialize;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};
use tauri::{AppHandle, Emitter};

/// Event: the workspace is in another state. Payload [`StatusView`].
const WORKSPACE_CHANGED: &str = "workspace-changed";
/// Event: files hover over the window, or no longer. Payload [`DragState`].
const DRAG_STATE: &str = "drag-state";
/// How long closing the workspace may take when the program ends.
const CLOSE_MAX: Duration = Duration::from_secs(5);

/// Whether files are being dragged over the window.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DragState {
    over: bool,
}

/// What the shell knows about the workspace without asking.
#[derive(Debug)]
pub(crate) struct Known {
    /// Whether it is open, as last heard.
    pub(crate) open: bool,
    /// Whether an import runs; there is one at a time.
    pub(crate) importing: bool,
    /// Files and folders to import as soon as it is open and nothing else is being imported.
    pub(crate) waiting: Vec<PathBuf>,
    limit: Duration,
    idle: IdleClock,
    /// Files exported since the start, as the window was told their paths.
    exported: Vec<String>,
    /// The certificate chosen for connecting (PEM).
    pub(crate) certificate: Option<String>,
}

/// Shared by all commands; cheap to clone.
#[derive(Clone)]
pub(crate) struct Shell {
    app: AppHandle,
    desk: Desk,
    known: Arc<Mutex<Known>>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Shell {
    /// A shell around a locked desk. `waiting` is imported once the workspace is open.
    pub(crate) fn new(app: AppHandle, desk: Desk, waiting: Vec<PathBuf>) -> Self {
        let idle = IdleClock::new(Instant::now(), SystemTime::now());
        let limit = limit(&desk.settings());
        let known = Known {
            open: false,
            importing: false,
            waiting,
            limit,
            idle,
            exported: Vec::new(),
            certificate: None,
        };
        Self { app, desk, known: Arc::new(Mutex::new(known)), turn: Arc::default() }
    }

    /// The desk.
    pub(crate) fn desk(&self) -> &Desk {
        &self.desk
    }

    /// The application.
    pub(crate) fn app(&self) -> &AppHandle {
        &self.app
    }

    /// What is known; hold it briefly and never while waiting.
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The user did something.
    pub(crate) fn touch(&self) {
        self.known().idle.touch(Instant::now());
    }

    /// Whether the workspace is open, as last heard.
    pub(crate) fn is_open(&self) -> bool {
        self.known().open
    }

    /// Makes one change of the workspace, or asks for its state, while no other does: a status told late would
    /// show a locked workspace as open.
    pub(crate) async fn change(
        &self,
        call: impl Future<Output = Result<StatusView, ErrorView>>,
    ) -> Result<StatusView, ErrorView> {
        let _turn = self.turn.lock().await;
        let status = call.await?;
        self.note(&status);
        Ok(status)
    }

    /// Takes notice of a status and passes it on to the window. Whoever hears first that the workspace is no
    /// longer open loads the window anew, so that nothing stays in it; opening it starts what waited for that.
    fn note(&self, status: &StatusView) {
        let open = status.workspace == WorkspaceState::Open;
        let was_open = {
            let mut known = self.known();
            if open && !known.open {
                known.idle.touch(Instant::now());
            }
            known.limit = limit(&status.settings);
            std::mem::replace(&mut known.open, open)
        };
        self.emit(WORKSPACE_CHANGED, status);
        if was_open && !open {
            window::blank(&self.app);
        }
        if open && !was_open {
            self.keep_synced();
        }
        self.import_waiting();
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
        let desk = self.desk.clone();
        let locked = guarded(async move || desk.lock(because).await.map_err(|error| error.view()));
        let answer = self.change(locked).await;
        if let Err(error) = &answer {
            // What cannot be closed must not stay readable.
            tracing::error!(code = error.code, "the workspace could not be closed, so the program ends");
            self.app.exit(1);
        }
        answer
    }

    /// Locks if open, for those who do not wait.
    pub(crate) fn lock_unasked(&self, because: &'static str) {
        if self.is_open() {
            let shell = self.clone();
            tauri::async_runtime::spawn(async move { shell.lock(because).await });
        }
    }

    /// Locks and waits for it, for the moment before the machine sleeps. Not for async threads.
    pub(crate) fn lock_now(&self, because: &'static str) {
        if self.is_open() {
            // The answer has gone to the window already.
            let _ = tauri::async_runtime::block_on(self.lock(because));
        }
    }

    /// Watches the clock for as long as the program runs.
    pub(crate) async fn watch_idle(self) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let due = {
                let mut known = self.known();
                let limit = known.limit;
                known.idle.tick(Instant::now(), SystemTime::now(), limit)
            };
            match due {
                Some(Due::Idle) => self.lock_unasked("idle"),
                Some(Due::Slept) => self.lock_unasked("system"),
                None => {}
            }
        }
    }

    /// Closes the workspace when the program ends, so that the next start finds it tidy.
    pub(crate) fn close(&self) {
        let desk = self.desk.clone();
        let closed = async move { tokio::time::timeout(CLOSE_MAX, desk.lock("start")).await };
        if tauri::async_runtime::block_on(closed).is_err() {
            tracing::warn!("the workspace did not close in time; the next start recovers it");
        }
    }

    /// Files hover over the window, or no longer. A locked window takes none, and says so by staying dull.
    pub(crate) fn drag(&self, over: bool) {
        self.emit(DRAG_STATE, &DragState { over: over && self.is_open() });
    }

    /// Tells the window something.
    pub(crate) fn emit<T: Serialize + Clone>(&self, event: &str, payload: &T) {
        if let Err(error) = self.app.emit_to(window::LABEL, event, payload) {
            tracing::warn!("{event} did not reach the window: {error}");
        }
    }
}

fn limit(settings: &SettingsView) -> Duration {
    Duration::from_secs(u64::from(settings.auto_lock_minutes.clamp(1, 60)) * 60)
}
