//! One lane a tenant: submissions that arrive while a transaction runs wait for each other and share the next one.
//!
//! That is what makes many writers of one log cheap: they would have to queue for its head anyway. The transaction
//! runs in a task of its own, so that a caller who hangs up takes nobody else's commands along.

use super::append::append;
use crate::{commands::Prepared, error::ApiError, identity::Membership, state::Backend, store::StoreError};
use attest_wire::Answer;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::oneshot;
use uuid::Uuid;

/// Submissions that share one transaction at the most.
const SHARED_MAX: usize = 512;
/// Times a transaction is tried while other processes are faster.
const TRIES: u32 = 12;

/// Submissions of one request, ready to be decided.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) member: Membership,
    pub(crate) submissions: Vec<Prepared>,
    answer: oneshot::Sender<Result<Vec<Answer>, ApiError>>,
}

#[derive(Debug, Default)]
struct Lane {
    waiting: Mutex<Vec<Job>>,
    turn: tokio::sync::Mutex<()>,
}

/// The lanes of all tenants that were written to.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    lanes: Mutex<HashMap<Uuid, Arc<Lane>>>,
}

impl Lanes {
    fn of(&self, tenant: Uuid) -> Arc<Lane> {
        self.lanes.lock().expect("no holder panics").entry(tenant).or_default().clone()
    }
}

/// Appends what the rules make of the submissions, and answers each. Events are durable when this returns.
pub(crate) async fn submit(
    backend: &Arc<Backend>,
    member: Membership,
    submissions: Vec<Prepared>,
) -> Result<Vec<Answer>, ApiError> {
    let (answer, answered) = oneshot::channel();
    let tenant = member.tenant;
    let lane = backend.lanes.of(tenant);
    lane.waiting.lock().expect("no holder panics").push(Job { member, submissions, answer });
    let (backend, own) = (backend.clone(), lane.clone());
    // Whoever gets the turn carries out what waits, its own included; the others find themselves answered.
    tokio::spawn(async move {
        let _turn = own.turn.lock().await;
        let jobs = take(&mut own.waiting.lock().expect("no holder panics"));
        if !jobs.is_empty() {
            carry_out(&backend, tenant, jobs).await;
        }
    });
    answered.await.unwrap_or_else(|_| Err(ApiError::Bug("a submission was dropped unanswered".to_owned())))
}

/// The jobs that fit one transaction, in their order.
fn take(waiting: &mut Vec<Job>) -> Vec<Job> {
    let mut submissions = 0;
    let fits = waiting.iter().take_while(|job| {
        let first = submissions == 0;
        submissions += job.submissions.len();
        first || submissions <= SHARED_MAX
    });
    let count = fits.count();
    waiting.drain(..count).collect()
}

async fn carry_out(backend: &Arc<Backend>, tenant: Uuid, mut jobs: Vec<Job>) {
    match try_append(backend, tenant, &jobs).await {
        Ok(answers) => {
            backend.sealer.wake(backend, tenant);
            for (job, answers) in jobs.into_iter().zip(answers) {
                // A caller that hung up asks again with the same keys.
                drop(job.answer.send(Ok(answers)));
            }
        }
        // What one of them ran into is not the others' affair.
        Err(StoreError::Stored { .. } | StoreError::Database(_)) if jobs.len() > 1 => {
            for job in jobs.drain(..) {
                Box::pin(carry_out(backend, tenant, vec![job])).await;
            }
        }
        Err(error) => {
            tracing::error!(%tenant, %error, "commands could not be appended");
            for job in jobs {
                let told = match &error {
                    StoreError::Damaged => ApiError::Store(StoreError::Damaged),
                    error if error.is_passing() => ApiError::Store(StoreError::Overtaken),
                    error => ApiError::Bug(error.to_string()),
                };
                drop(job.answer.send(Err(told)));
            }
        }
    }
}

/// Appends, again and again where that can help.
async fn try_append(
    backend: &Arc<Backend>,
    tenant: Uuid,
    jobs: &[Job],
) -> Result<Vec<Vec<Answer>>, StoreError> {
    let mut tried = 0;
    loop {
        match append(backend, tenant, jobs).await {
            Err(error) if error.is_passing() && tried < TRIES => {
                tried += 1;
                tokio::time::sleep(pause(tried)).await;
            }
            outcome => return outcome,
        }
    }
}

/// Longer from try to try, and never the same for two processes.
fn pause(tried: u32) -> Duration {
    let mut chance = [0; 2];
    // Without chance two processes only meet once more often.
    let _without = getrandom::fill(&mut chance);
    let most = 2_u64 << tried.min(7);
    Duration::from_millis(1 + u64::from(u16::from_le_bytes(chance)) % most)
}
