//! The transaction that appends: the head of the log is held, every command is decided on the facts as they are then,
//! and the head is swapped only from the size that was found.

use super::{
    known::{Known, Newest},
    lane::Job,
    pending::Pending,
};
use crate::{
    clock::instant,
    commands::{self, Prepared, apply},
    identity::Membership,
    state::Backend,
    store::StoreError,
};
use attest_domain::event::{Actor, Draft, Event};
use attest_evidence::{
    compose::{Stamp, compose},
    disclosure::SALT_BYTES,
    leaf::LeafError,
};
use attest_wire::{Answer, Outcome};
use sqlx::{Any, Row as _, Transaction};
use uuid::Uuid;

/// The open transaction of one tenant's log.
pub(crate) struct Appender<'b> {
    pub(crate) backend: &'b Backend,
    pub(crate) tx: Transaction<'static, Any>,
    pub(crate) tenant: Uuid,
    /// The tenant as it stands in the store.
    pub(crate) name: String,
    /// Size of the log when its head was taken hold of.
    start: u64,
    /// Position of the next event.
    pub(crate) seq: u64,
    /// What was looked up.
    pub(crate) known: Known,
    /// What is not written yet.
    pub(super) pending: Pending,
}

/// Decides and appends all submissions of the jobs in one transaction; answers by job.
pub(super) async fn append(
    backend: &Backend,
    tenant: Uuid,
    jobs: &[Job],
) -> Result<Vec<Vec<Answer>>, StoreError> {
    let mut appender = Appender::begin(backend, tenant).await?;
    appender.look_up(jobs).await?;
    let mut all = Vec::with_capacity(jobs.len());
    for job in jobs {
        let mut answers = Vec::with_capacity(job.submissions.len());
        for prepared in &job.submissions {
            let outcome = appender.submit(&job.member, prepared).await?;
            answers.push(Answer { key: prepared.submission.key, outcome });
        }
        all.push(answers);
    }
    appender.commit().await?;
    Ok(all)
}

impl<'b> Appender<'b> {
    /// Holds the head of the tenant's log.
    pub(crate) async fn begin(backend: &'b Backend, tenant: Uuid) -> Result<Self, StoreError> {
        let mut tx = backend.store.begin().await?;
        let name = tenant.to_string();
        let sql = format!(
            "select size, damage from log_head where tenant = $1{}",
            backend.store.dialect.for_update()
        );
        let head = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&name).fetch_optional(&mut *tx).await?;
        let head = head.ok_or_else(|| StoreError::stored("tenant without a log", &name))?;
        if head.get::<Option<String>, _>(1).is_some() {
            // Nothing that follows could be signed, so nothing may be said to be kept.
            return Err(StoreError::Damaged);
        }
        let seq = head.get::<i64, _>(0).cast_unsigned();
        let (known, pending) = (Known::default(), Pending::default());
        Ok(Self { backend, tx, tenant, name, start: seq, seq, known, pending })
    }

    /// Swaps the head from the size that was found; nothing is kept where somebody else has swapped it.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        self.flush().await?;
        if self.seq != self.start {
            let swapped = sqlx::query("update log_head set size = $1 where tenant = $2 and size = $3")
                .bind(self.seq.cast_signed())
                .bind(&self.name)
                .bind(self.start.cast_signed())
                .execute(&mut *self.tx)
                .await?;
            if swapped.rows_affected() != 1 {
                return Err(StoreError::Overtaken);
            }
        }
        self.tx.commit().await?;
        Ok(())
    }

    async fn submit(&mut self, member: &Membership, prepared: &Prepared) -> Result<Outcome, StoreError> {
        let submission = &prepared.submission;
        if let Some(outcome) = self.find_answered(submission.key, &prepared.fingerprint) {
            return Ok(outcome);
        }
        if let Some(outcome) = &prepared.refused {
            return Ok(outcome.clone());
        }
        let (draft, account) = match commands::decide(self, member, prepared).await? {
            commands::Decided::Draft { draft, account } => (draft, account),
            commands::Decided::Outcome(outcome) => return Ok(outcome),
        };
        let stamp = Stamp {
            tenant: self.tenant,
            seq: self.seq,
            id: submission.key,
            at: instant(self.backend.clock.now()),
            actor: member.actor(),
            trace: submission.trace,
            reverts: submission.reverts,
        };
        Ok(match self.put(stamp, *draft, &prepared.fingerprint, account.as_deref())? {
            Ok(event) => {
                apply::apply(self, &event, prepared).await?;
                Outcome::Accepted { seq: event.seq }
            }
            Err(too_large) => {
                let message = too_large.to_string();
                Outcome::Refused { code: "event.too_large".to_owned(), message, because: None }
            }
        })
    }

    /// The answer of a key that was used before.
    fn find_answered(&self, key: Uuid, fingerprint: &[u8]) -> Option<Outcome> {
        let (seq, answered) = self.known.keys.get(&key)?;
        Some(if answered == fingerprint {
            Outcome::Accepted { seq: *seq }
        } else {
            Outcome::Refused {
                code: "key.reused".to_owned(),
                message: "This key belongs to another command. Use a new one.".to_owned(),
                because: Some(*seq),
            }
        })
    }

    /// Writes an event of the service itself, such as the first one of a log.
    pub(crate) fn write_own(&mut self, actor: Actor, draft: Draft) -> Result<Event, StoreError> {
        let stamp = Stamp {
            tenant: self.tenant,
            seq: self.seq,
            id: Uuid::now_v7(),
            at: instant(self.backend.clock.now()),
            actor,
            trace: None,
            reverts: None,
        };
        self.put(stamp, draft, &[], None)?.map_err(|error| StoreError::stored("event", error))
    }

    /// Has an event written with the transaction, unless it is larger than a log takes.
    fn put(
        &mut self,
        stamp: Stamp,
        draft: Draft,
        fingerprint: &[u8],
        account: Option<&str>,
    ) -> Result<Result<Event, LeafError>, StoreError> {
        let mut salts = vec![[0; SALT_BYTES]; draft.sensitive.len()];
        for salt in &mut salts {
            getrandom::fill(salt).map_err(|error| StoreError::stored("source of chance", error))?;
        }
        let composed = match compose(stamp, draft, &salts) {
            Ok(composed) => composed,
            Err(error @ LeafError::TooLarge(_)) => return Ok(Err(error)),
            Err(error) => return Err(StoreError::stored("event", error)),
        };
        let event = self.pending.push(composed, fingerprint, account);
        self.known.keys.insert(event.id, (event.seq, fingerprint.to_vec()));
        self.seq += 1;
        Ok(Ok(event))
    }

    /// Notes what an event makes of its object.
    pub(crate) fn put_object(&mut self, event: &Event) {
        let (id, version, seq) = (event.object.id.clone(), event.object.version, event.seq);
        self.known.note_object(id.clone(), Newest { version, seq });
        self.pending.put_object(id, version, seq);
    }
}
