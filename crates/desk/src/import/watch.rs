//! Watching an import while it runs, and stopping it.

use crate::{Desk, view::ImportProgress};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

/// The import that runs or ran last.
#[derive(Debug, Default)]
pub struct Running {
    job: u32,
    current: Option<Arc<Watch>>,
}

/// What an import tells while it runs, and how it is stopped.
#[derive(Debug, Default)]
pub struct Watch {
    job: u32,
    stop: AtomicBool,
    pub(super) lines: AtomicU64,
    pub(super) bytes: AtomicU64,
    state: std::sync::Mutex<Option<ImportProgress>>,
}

impl Watch {
    /// Asks the import to stop; the file at hand leaves no trace.
    pub fn cancel(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Number by which the window knows this import.
    #[must_use]
    pub fn job(&self) -> u32 {
        self.job
    }

    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut ImportProgress)) {
        let mut state = self.state.lock().expect("no holder panics");
        change(state.get_or_insert_with(|| ImportProgress {
            job: self.job,
            files_done: 0,
            files_total: 0,
            file: String::new(),
            bytes_done: 0,
            bytes_total: 0,
            lines: 0,
            finished: false,
            matching: false,
            results: Vec::new(),
        }));
    }

    /// Where the import stands.
    #[must_use]
    pub fn progress(&self) -> Option<ImportProgress> {
        let mut progress = self.state.lock().expect("no holder panics").clone()?;
        progress.lines = self.lines.load(Ordering::Relaxed);
        progress.bytes_done = self.bytes.load(Ordering::Relaxed);
        Some(progress)
    }
}

impl Desk {
    /// Registers an import before it starts, so that it can be watched and cancelled.
    #[must_use]
    pub fn watch_import(&self) -> Arc<Watch> {
        let mut running = self.shared.imports.lock().expect("no holder panics");
        running.job += 1;
        let watch = Arc::new(Watch { job: running.job, ..Watch::default() });
        running.current = Some(watch.clone());
        watch
    }

    /// Stops the import with this number, or whichever runs.
    pub fn cancel_import(&self, job: Option<u32>) {
        let running = self.shared.imports.lock().expect("no holder panics");
        if let Some(watch) = running.current.as_ref().filter(|watch| job.is_none_or(|job| job == watch.job)) {
            watch.cancel();
        }
    }

    /// Where the running or last import stands.
    #[must_use]
    pub fn import_state(&self) -> Option<ImportProgress> {
        self.shared.imports.lock().expect("no holder panics").current.as_ref()?.progress()
    }
}
