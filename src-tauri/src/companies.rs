//! The companies of the window: which there are, which one is shown, and what concerns all of them.
//!
//! Each has a [`Shell`] of its own with its desk. A command names the company it is for, and an event the one it is
//! about, so that a question asked in one company is never answered by another, whichever is shown by then.

use crate::{
    guard::error_view,
    idle::{Due, IdleClock, TICK},
    shell::Shell,
    window,
};
use attest_desk::{
    Desk,
    home::Home,
    view::{CompaniesView, ErrorView, RemovedCompany, SettingsView, WorkspaceState},
};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};
use tauri::{
    AppHandle, Emitter, Manager, Wry,
    ipc::{CommandArg, CommandItem, InvokeBody, InvokeError},
};

/// Event: a company came or went, or one of them is in another state. Payload [`CompaniesView`].
const COMPANIES_CHANGED: &str = "companies-changed";
/// How long closing the workspaces may take when the program ends.
const CLOSE_MAX: Duration = Duration::from_secs(5);

/// What a start opens.
#[derive(Debug)]
pub(crate) enum Opened {
    /// The companies of a folder.
    Home(Home),
    /// One workspace, whatever else there is.
    Workspace(PathBuf),
}

#[derive(Debug)]
struct State {
    home: Option<Home>,
    list: Vec<Shell>,
    shown: u32,
    next: u32,
    idle: IdleClock,
}

/// The companies; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Companies {
    app: AppHandle,
    /// Where exported files go, where this user has a folder for documents.
    exports: Option<PathBuf>,
    state: Arc<Mutex<State>>,
}

impl Companies {
    /// Locked desks on what was opened.
    pub(crate) fn new(app: AppHandle, exports: Option<PathBuf>, opened: Opened) -> Self {
        let state = State {
            home: None,
            list: Vec::new(),
            shown: 0,
            next: 0,
            idle: IdleClock::new(Instant::now(), SystemTime::now()),
        };
        let companies = Self { app, exports, state: Arc::new(Mutex::new(state)) };
        match opened {
            Opened::Workspace(dir) => {
                companies.put(dir, None);
            }
            Opened::Home(home) => {
                let places: Vec<_> =
                    home.places().map(|place| (home.path(&place.folder), place.folder.clone())).collect();
                let shown = home.shown().map(str::to_owned);
                companies.state().home = Some(home);
                for (path, folder) in places {
                    let is_shown = shown.as_deref() == Some(folder.as_str());
                    let shell = companies.put(path, Some(folder));
                    if is_shown {
                        companies.state().shown = shell.id();
                    }
                }
            }
        }
        companies
    }

    /// Puts a locked desk behind the others.
    fn put(&self, dir: PathBuf, folder: Option<String>) -> Shell {
        let exports = self.exports.clone().unwrap_or_else(|| dir.join("exports"));
        let mut state = self.state();
        let shell = Shell::new(self.app.clone(), state.next, folder, Desk::new(dir, exports));
        state.next += 1;
        state.list.push(shell.clone());
        shell
    }

    /// What is known; hold it briefly and never while waiting.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All companies.
    pub(crate) fn list(&self) -> Vec<Shell> {
        self.state().list.clone()
    }

    /// The company of a number.
    pub(crate) fn find(&self, id: u64) -> Option<Shell> {
        self.state().list.iter().find(|shell| u64::from(shell.id()) == id).cloned()
    }

    /// The company that is shown.
    pub(crate) fn shown(&self) -> Shell {
        let state = self.state();
        let shown = state.list.iter().find(|shell| shell.id() == state.shown);
        shown.or_else(|| state.list.first()).cloned().expect("there is always a company")
    }

    /// The user did something.
    pub(crate) fn touch(&self) {
        self.state().idle.touch(Instant::now());
    }

    /// What the switcher shows.
    pub(crate) fn view(&self) -> CompaniesView {
        let state = self.state();
        let label = |folder: Option<&str>| {
            let home = state.home.as_ref()?;
            home.places().find(|place| Some(place.folder.as_str()) == folder)?.label.clone()
        };
        let removed = state.home.iter().flat_map(|home| {
            home.removed().map(|place| RemovedCompany {
                folder: place.folder.clone(),
                label: place.label.clone(),
                path: home.path(&place.folder).display().to_string(),
            })
        });
        CompaniesView {
            shown: state.shown,
            companies: state.list.iter().map(|shell| shell.company(label(shell.folder()))).collect(),
            several: state.home.is_some(),
            removed: removed.collect(),
        }
    }

    /// Tells the window where the companies are.
    pub(crate) fn tell(&self) {
        if let Err(error) = self.app.emit_to(window::LABEL, COMPANIES_CHANGED, &self.view()) {
            tracing::warn!("{COMPANIES_CHANGED} did not reach the window: {error}");
        }
    }

    /// Shows another company. A place in which nothing was made meanwhile is given up.
    pub(crate) fn show(&self, id: u32) -> Result<(), ErrorView> {
        let shell = self.find(id.into()).ok_or_else(unknown)?;
        {
            let mut state = self.state();
            let left = std::mem::replace(&mut state.shown, id);
            if left != id {
                state.leave(left);
            }
            if let (Some(home), Some(folder)) = (state.home.as_mut(), shell.folder()) {
                note(home.show(folder));
            }
        }
        window::follow_theme(&self.app, shell.desk().settings().theme);
        self.tell();
        Ok(())
    }

    /// Makes room for one more company and shows it: it is made, or connected, by what the window asks next.
    pub(crate) async fn add(&self) -> Result<(), ErrorView> {
        let settings = self.shown().desk().settings();
        let place = {
            let mut state = self.state();
            let home = state.home.as_mut().ok_or_else(one_only)?;
            let folder = home.add();
            (home.path(&folder), folder)
        };
        self.open(place, Some(settings)).await
    }

    /// Puts a company back that was taken off the list, and shows it.
    pub(crate) async fn put_back(&self, folder: String) -> Result<(), ErrorView> {
        let place = {
            let mut state = self.state();
            let home = state.home.as_mut().ok_or_else(one_only)?;
            home.put_back(&folder).map_err(|error| error.view())?;
            (home.path(&folder), folder)
        };
        self.open(place, None).await
    }

    async fn open(
        &self,
        (path, folder): (PathBuf, String),
        settings: Option<SettingsView>,
    ) -> Result<(), ErrorView> {
        let shell = self.put(path, Some(folder));
        if let Some(settings) = settings {
            note(shell.desk().save_settings(settings));
        }
        shell.refresh().await;
        self.show(shell.id())
    }

    /// What a company is called while it is locked.
    pub(crate) fn label(&self, shell: &Shell, label: &str) -> Result<(), ErrorView> {
        {
            let mut state = self.state();
            let (Some(home), Some(folder)) = (state.home.as_mut(), shell.folder()) else {
                return Err(one_only());
            };
            home.label(folder, label).map_err(|error| error.view())?;
        }
        self.tell();
        Ok(())
    }

    /// Takes a company off the list, locked; its data stay where they are.
    pub(crate) async fn remove(&self, shell: &Shell) -> Result<(), ErrorView> {
        let Some(folder) = shell.folder().map(str::to_owned) else { return Err(one_only()) };
        if self.list().len() == 1 {
            return Err(error_view("company.last", "This is the only company of the list."));
        }
        if shell.is_open() {
            shell.lock("asked").await?;
        }
        let next = {
            let mut state = self.state();
            let home = state.home.as_mut().ok_or_else(one_only)?;
            home.remove(&folder).map_err(|error| error.view())?;
            state.list.retain(|one| one.id() != shell.id());
            if state.shown == shell.id() { state.list[0].id() } else { state.shown }
        };
        self.show(next)
    }

    /// Keeps preferences for every company: they are of the machine and its user.
    pub(crate) fn save_settings(&self, settings: &SettingsView, but: &Shell) {
        for shell in self.list() {
            if shell.id() != but.id() && shell.state() != WorkspaceState::Absent {
                note(shell.desk().save_settings(settings.clone()));
            }
        }
    }

    /// A company was made in its place: the list is written down.
    pub(crate) fn made(&self, shell: &Shell) {
        if let (Some(home), Some(folder)) = (self.state().home.as_mut(), shell.folder()) {
            note(home.show(folder));
        }
    }

    /// Locks every company that is open, then empties the window once.
    pub(crate) async fn lock_all(&self, because: &'static str) -> Result<(), ErrorView> {
        let mut work = tokio::task::JoinSet::new();
        for shell in self.list().into_iter().filter(Shell::is_open) {
            work.spawn(async move { shell.close_desk(because).await });
        }
        if work.is_empty() {
            return Ok(());
        }
        let outcome = work.join_all().await.into_iter().find_map(Result::err);
        window::blank(&self.app);
        outcome.map_or(Ok(()), Err)
    }

    /// Locks all and waits for it, for the moment before the machine sleeps. Not for async threads.
    pub(crate) fn lock_now(&self, because: &'static str) {
        // The answers have gone to the window already.
        let _ = tauri::async_runtime::block_on(self.lock_all(because));
    }

    /// Watches the clock for as long as the program runs.
    pub(crate) async fn watch_idle(self) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // The most careful of the open ones speaks for all.
            let limit = self.list().iter().filter(|shell| shell.is_open()).map(Shell::limit).min();
            let due =
                self.state().idle.tick(Instant::now(), SystemTime::now(), limit.unwrap_or(Duration::MAX));
            let because = match due {
                Some(Due::Idle) => "idle",
                Some(Due::Slept) => "system",
                None => continue,
            };
            let companies = self.clone();
            tauri::async_runtime::spawn(async move { companies.lock_all(because).await });
        }
    }

    /// Closes the workspaces when the program ends, so that the next start finds them tidy.
    pub(crate) fn close(&self) {
        let shells = self.list();
        let closed = async move {
            let mut work = tokio::task::JoinSet::new();
            for shell in shells {
                let desk = shell.desk().clone();
                work.spawn(async move { desk.lock("start").await });
            }
            tokio::time::timeout(CLOSE_MAX, work.join_all()).await
        };
        if tauri::async_runtime::block_on(closed).is_err() {
            tracing::warn!("a workspace did not close in time; the next start recovers it");
        }
    }
}

impl State {
    /// Gives up a place in which nothing was made.
    fn leave(&mut self, id: u32) {
        let Some(at) = self.list.iter().position(|shell| shell.id() == id) else { return };
        if self.list.len() == 1 || self.list[at].state() != WorkspaceState::Absent {
            return;
        }
        if let (Some(home), Some(folder)) = (self.home.as_mut(), self.list[at].folder()) {
            home.leave(folder);
            self.list.remove(at);
        }
    }
}

/// A list that could not be written costs its order and labels at the next start; the work goes on.
fn note<T>(outcome: Result<T, attest_desk::DeskError>) {
    if let Err(error) = outcome {
        tracing::warn!(code = error.code(), "the list of companies could not be kept");
    }
}

fn unknown() -> ErrorView {
    error_view("company.unknown", "There is no such company in this window.")
}

fn one_only() -> ErrorView {
    error_view("company.one_only", "This window was opened on one workspace folder and shows no other.")
}

/// Each command of a company says which: `company`, the number from [`CompaniesView`].
impl<'de> CommandArg<'de, Wry> for Shell {
    fn from_command(command: CommandItem<'de, Wry>) -> Result<Self, InvokeError> {
        let id = match command.message.payload() {
            InvokeBody::Json(arguments) => arguments.get("company").and_then(|id| id.as_u64()),
            InvokeBody::Raw(_) => None,
        };
        let companies = command.message.webview_ref().state::<Companies>();
        id.and_then(|id| companies.find(id)).ok_or_else(|| InvokeError::from(unknown()))
    }
}
