//! Imports as the window sees them: one at a time, with progress ten times a second and an end in every case.
//!
//! Files from the command line, from later starts and from drops wait for their turn; the button's files are
//! refused while another import runs, because its user waits for an answer.

use crate::{
    files,
    guard::{error_view, guarded},
    shell::Shell,
};
use attest_desk::{
    import::Watch,
    view::{ErrorView, ImportProgress, ImportResult, ImportStatus, TableMapping, TableView},
};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// Event: an import went on. Payload [`ImportProgress`].
const IMPORT_PROGRESS: &str = "import-progress";
/// How often progress is passed on.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

impl Shell {
    /// Takes files and folders nobody waits for: imported now, or when the workspace is open and idle.
    pub(crate) fn receive(&self, named: Vec<PathBuf>) {
        self.known().waiting.extend(named);
        self.import_waiting();
    }

    /// Starts the import of what waits, if it can run now.
    pub(crate) fn import_waiting(&self) {
        let named = {
            let mut known = self.known();
            if !known.is_open() || known.importing || known.waiting.is_empty() {
                return;
            }
            known.importing = true;
            std::mem::take(&mut known.waiting)
        };
        self.start_import(named);
    }

    /// Starts the import of files the user chose; answers its number at once.
    pub(crate) fn import_chosen(&self, named: Vec<PathBuf>) -> Result<u32, ErrorView> {
        self.take_turn()?;
        Ok(self.start_import(named))
    }

    /// Imports a table whose columns the user confirmed; answers with those that still wait.
    pub(crate) async fn import_table(
        &self,
        table: u32,
        mapping: TableMapping,
    ) -> Result<Vec<TableView>, ErrorView> {
        self.take_turn()?;
        let (desk, watch) = (self.desk().clone(), self.desk().watch_import());
        let job = watch.clone();
        let work = guarded(async move || {
            desk.import_table(table, mapping, &job).await.map_err(|error| error.view())?;
            desk.list_tables().await.map_err(|error| error.view())
        });
        let outcome = self.follow(work, &watch).await;
        self.known().importing = false;
        self.refresh().await;
        outcome
    }

    /// Reserves the turn to import.
    fn take_turn(&self) -> Result<(), ErrorView> {
        let mut known = self.known();
        if known.importing {
            return Err(error_view("import.running", "An import is running. Wait for it, or stop it first."));
        }
        known.importing = true;
        Ok(())
    }

    /// Lets an import run by itself; the caller has reserved the turn.
    fn start_import(&self, named: Vec<PathBuf>) -> u32 {
        let (shell, watch) = (self.clone(), self.desk().watch_import());
        let job = watch.job();
        tauri::async_runtime::spawn(async move {
            if let Err(error) = shell.run_import(named, &watch).await {
                shell.emit(IMPORT_PROGRESS, &ended_by(&error, &watch));
            }
            shell.known().importing = false;
            // Tells the window what changed, and starts what waited meanwhile.
            shell.refresh().await;
        });
        job
    }

    /// Runs an import to its end, telling the window how it goes.
    async fn run_import(&self, named: Vec<PathBuf>, watch: &Arc<Watch>) -> Result<(), ErrorView> {
        let listed = async move || {
            files::list_files(&named).map_err(|error| error_view("import.unlistable", error.to_string()))
        };
        let files = guarded(listed).await?;
        let (desk, job) = (self.desk().clone(), watch.clone());
        let work =
            guarded(async move || desk.import_asking(&files, &job).await.map_err(|error| error.view()));
        self.follow(work, watch).await.map(|_| ())
    }

    /// Tells the window how an import goes until it has ended.
    async fn follow<T>(
        &self,
        work: impl Future<Output = Result<T, ErrorView>>,
        watch: &Watch,
    ) -> Result<T, ErrorView> {
        tokio::pin!(work);
        let mut ticks = tokio::time::interval(PROGRESS_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut told = None;
        let outcome = loop {
            tokio::select! {
                outcome = &mut work => break outcome,
                _ = ticks.tick() => {
                    let progress = watch.progress().filter(|progress| !progress.finished);
                    if progress.is_some() && progress != told {
                        self.emit(IMPORT_PROGRESS, &progress);
                        told = progress;
                    }
                }
            }
        };
        if let Some(progress) = watch.progress() {
            self.emit(IMPORT_PROGRESS, &progress);
        }
        outcome
    }
}

/// The end of an import that failed as a whole, in the form of an import: the reason stands as its last result.
fn ended_by(error: &ErrorView, watch: &Watch) -> ImportProgress {
    let mut progress = watch.progress().unwrap_or_else(|| ImportProgress {
        job: watch.job(),
        files_done: 0,
        files_total: 0,
        file: String::new(),
        bytes_done: 0,
        bytes_total: 0,
        lines: 0,
        finished: true,
        matching: false,
        results: Vec::new(),
    });
    progress.finished = true;
    progress.matching = false;
    progress.results.push(ImportResult {
        file: progress.file.clone(),
        status: ImportStatus::Refused,
        lines: 0,
        errors: 1,
        warnings: 0,
        message: Some(error.message.clone()),
        finding: None,
    });
    progress
}
