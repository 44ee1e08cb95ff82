//! Reports how far a run is and lets the caller stop it.

use crate::Cancelled;
use std::ops::ControlFlow;

/// Lines between two reports.
const STEP: u64 = 1_024;

/// Counts lines worked on and asks the caller now and then whether to go on.
pub(crate) struct Progress<'h> {
    done: u64,
    total: u64,
    hook: &'h mut dyn FnMut(u64, u64) -> ControlFlow<()>,
}

impl<'h> Progress<'h> {
    pub(crate) fn new(total: u64, hook: &'h mut dyn FnMut(u64, u64) -> ControlFlow<()>) -> Self {
        Self { done: 0, total, hook }
    }

    /// One more line done.
    pub(crate) fn tick(&mut self) -> Result<(), Cancelled> {
        self.done += 1;
        if self.done.is_multiple_of(STEP) { self.report() } else { Ok(()) }
    }

    /// Tells the caller now; `done` never exceeds `total`.
    pub(crate) fn report(&mut self) -> Result<(), Cancelled> {
        match (self.hook)(self.done.min(self.total), self.total) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Cancelled),
        }
    }

    /// Everything is done.
    pub(crate) fn finish(&mut self) -> Result<(), Cancelled> {
        self.done = self.total;
        self.report()
    }
}
