//! Keeping a connected workspace in sync while it is open: after unlocking, when the backend says that its log has
//! grown, shortly after each decision, and when a person asks.
//!
//! Invariants: one keeper for each session, which ends with it; after failures it pauses, longer each time; without
//! credentials it waits for a person.

use super::is_signed_out;
use crate::{Desk, connection::Connection, error::DeskError, view::SyncView};
use attest_remote::breaker::Breaker;
use std::{future::pending, sync::atomic::Ordering, time::Duration};
use tokio::{
    pin,
    sync::Notify,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

/// How long decisions are gathered before they are sent.
const GATHER: Duration = Duration::from_secs(1);
/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(150);

/// What wakes the keeper, which must not hold the session itself.
#[derive(Debug, Default)]
pub(crate) struct Wake {
    /// A person asks.
    asked: Notify,
    /// Something was written here.
    written: Notify,
}

impl Wake {
    pub(super) fn ask(&self) {
        self.asked.notify_one();
    }

    pub(super) fn written(&self) {
        self.written.notify_one();
    }
}

/// Tells where sync stands, and nothing twice.
struct Teller<F> {
    tell: F,
    told: Option<SyncView>,
}

impl<F: FnMut(&SyncView)> Teller<F> {
    async fn look(&mut self, desk: &Desk) -> Result<SyncView, DeskError> {
        let view = desk.sync_state().await?;
        if self.told.as_ref() != Some(&view) {
            (self.tell)(&view);
            self.told = Some(view.clone());
        }
        Ok(view)
    }
}

/// What the keeper waits for after a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    /// It went well: for signals and decisions.
    Well,
    /// It failed: for the pause to end.
    Failed(Duration),
    /// Nothing will help but a person.
    Stuck,
}

impl Desk {
    /// Keeps the open workspace in sync until it is locked, and tells every change of state. Answers at once where
    /// that is done already.
    ///
    /// # Errors
    /// [`DeskError::Locked`], [`DeskError::NotConnected`].
    pub async fn keep_synced(&self, tell: impl FnMut(&SyncView) + Send) -> Result<(), DeskError> {
        let (wake, mut stopped) = {
            let session = self.session().await?;
            Connection::require(&session.cache).await?;
            if session.progress.kept.swap(true, Ordering::Relaxed) {
                return Ok(());
            }
            (session.progress.wake.clone(), session.progress.stopped.subscribe())
        };
        let mut teller = Teller { tell, told: None };
        tokio::select! {
            // It ends with the session, also where that goes without a word.
            _ = stopped.wait_for(|stopped| *stopped) => Ok(()),
            ended = self.keep(&wake, &mut teller) => match ended {
                // The lock was noticed inside before it was told.
                Err(DeskError::Locked) => Ok(()),
                ended => ended,
            },
        }
    }

    /// Has the keeper sync now, whatever it is waiting for.
    ///
    /// # Errors
    /// [`DeskError::Locked`], [`DeskError::NotConnected`].
    pub async fn ask_sync(&self) -> Result<SyncView, DeskError> {
        let session = self.session().await?;
        Connection::require(&session.cache).await?;
        session.progress.wake.ask();
        drop(session);
        self.sync_state().await
    }

    async fn keep<F: FnMut(&SyncView)>(&self, wake: &Wake, teller: &mut Teller<F>) -> Result<(), DeskError> {
        let (mut sending, mut hearing) = (Breaker::default(), Breaker::default());
        loop {
            let after = match self.sync_told(teller).await {
                Ok(_) => {
                    sending.succeed();
                    After::Well
                }
                Err(DeskError::Frozen) => After::Stuck,
                Err(error) if is_signed_out(error.code()) => After::Stuck,
                Err(_) => After::Failed(sending.fail(chance())),
            };
            teller.look(self).await?;
            self.rest(wake, teller, after, &mut hearing).await?;
        }
    }

    /// One sync, with its progress.
    async fn sync_told<F: FnMut(&SyncView)>(&self, teller: &mut Teller<F>) -> Result<SyncView, DeskError> {
        let sync = self.sync();
        pin!(sync);
        let mut ticks = interval(TELL_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                outcome = &mut sync => return outcome,
                _ = ticks.tick() => {
                    teller.look(self).await?;
                }
            }
        }
    }

    /// Waits until there is a reason to sync.
    async fn rest<F: FnMut(&SyncView)>(
        &self,
        wake: &Wake,
        teller: &mut Teller<F>,
        after: After,
        hearing: &mut Breaker,
    ) -> Result<(), DeskError> {
        let mut due = match after {
            After::Failed(pause) => Some(Instant::now() + pause),
            After::Well | After::Stuck => None,
        };
        let ear = self.hear();
        pin!(ear);
        let mut listening = after == After::Well;
        loop {
            let pause = async move {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                () = wake.asked.notified() => return Ok(()),
                () = pause => return Ok(()),
                () = wake.written.notified() => {
                    let view = teller.look(self).await?;
                    if after == After::Well && view.waiting > 0 {
                        due.get_or_insert_with(|| Instant::now() + GATHER);
                    }
                }
                heard = &mut ear, if listening => match heard {
                    Ok(true) => {
                        hearing.succeed();
                        return Ok(());
                    }
                    Err(DeskError::Locked) => return Err(DeskError::Locked),
                    // Nobody tells any more: whether the service is there shows when it is asked.
                    Ok(false) | Err(_) => {
                        listening = false;
                        let pause = Instant::now() + hearing.fail(chance());
                        due = Some(due.map_or(pause, |due| due.min(pause)));
                    }
                },
            }
        }
    }
}

/// How chance fell, for pauses that do not end everywhere at once.
fn chance() -> u8 {
    let mut byte = [0];
    match getrandom::fill(&mut byte) {
        Ok(()) => byte[0],
        // The pause is its shortest then.
        Err(_) => 0,
    }
}
