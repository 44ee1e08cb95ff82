//! The transaction that appends: the head of the log is held, every command is decided on the facts as they are then,
//! and the head is swapped only from the size that was found.

use super::lane::Job;
use crate::{
    clock::instant,
    commands::{self, Prepared, apply},
    identity::Membership,
    state::Backend,
    store::StoreError,
};
use attest_domain::event::{Actor, Draft, Event};
use attest_evidence::{
    compose::{Composed, Stamp, compose},
    disclosure::SALT_BYTES,
};
use attest_wire::{Answer, Outcome, Submission};
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
}

/// Decides and appends all submissions of the jobs in one transaction; answers by job.
pub(super) async fn append(
    backend: &Backend,
    tenant: Uuid,
    jobs: &[Job],
) -> Result<Vec<Vec<Answer>>, StoreError> {
    let mut appender = Appender::begin(backend, tenant).await?;
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
        let sql =
            format!("select size from log_head where tenant = $1{}", backend.store.dialect.for_update());
        let size: Option<i64> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(&name).fetch_optional(&mut *tx).await?;
        let seq = size.ok_or_else(|| StoreError::stored("tenant without a log", &name))?.cast_unsigned();
        Ok(Self { backend, tx, tenant, name, start: seq, seq })
    }

    /// Swaps the head from the size that was found; nothing is kept where somebody else has swapped it.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
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
        if let Some(outcome) = self.find_answered(submission.key, &prepared.fingerprint).await? {
            return Ok(outcome);
        }
        match commands::decide(self, member, prepared).await? {
            commands::Decided::Draft(draft) => {
                let event = self.write(member, submission, &prepared.fingerprint, *draft).await?;
                apply::apply(self, &event, prepared).await?;
                Ok(Outcome::Accepted { seq: event.seq })
            }
            commands::Decided::Outcome(outcome) => Ok(outcome),
        }
    }

    /// The answer of a key that was used before.
    async fn find_answered(&mut self, key: Uuid, fingerprint: &[u8]) -> Result<Option<Outcome>, StoreError> {
        let row = sqlx::query("select seq, fingerprint from event where tenant = $1 and id = $2")
            .bind(&self.name)
            .bind(key.to_string())
            .fetch_optional(&mut *self.tx)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(if row.get::<Vec<u8>, _>(1) == fingerprint {
            Outcome::Accepted { seq: row.get::<i64, _>(0).cast_unsigned() }
        } else {
            Outcome::Refused {
                code: "key.reused".to_owned(),
                message: "This key belongs to another command. Use a new one.".to_owned(),
                because: Some(row.get::<i64, _>(0).cast_unsigned()),
            }
        }))
    }

    async fn write(
        &mut self,
        member: &Membership,
        submission: &Submission,
        fingerprint: &[u8],
        draft: Draft,
    ) -> Result<Event, StoreError> {
        let stamp = Stamp {
            tenant: self.tenant,
            seq: self.seq,
            id: submission.key,
            at: instant(self.backend.clock.now()),
            actor: member.actor(),
            trace: submission.trace,
            reverts: submission.reverts,
        };
        self.put(stamp, draft, fingerprint).await
    }

    /// Writes an event of the service itself, such as the first one of a log.
    pub(crate) async fn write_own(&mut self, actor: Actor, draft: Draft) -> Result<Event, StoreError> {
        let stamp = Stamp {
            tenant: self.tenant,
            seq: self.seq,
            id: Uuid::now_v7(),
            at: instant(self.backend.clock.now()),
            actor,
            trace: None,
            reverts: None,
        };
        self.put(stamp, draft, &[]).await
    }

    async fn put(&mut self, stamp: Stamp, draft: Draft, fingerprint: &[u8]) -> Result<Event, StoreError> {
        let mut salts = vec![[0; SALT_BYTES]; draft.sensitive.len()];
        for salt in &mut salts {
            getrandom::fill(salt).map_err(|error| StoreError::stored("source of chance", error))?;
        }
        let Composed { event, bytes, hash, disclosures } =
            compose(stamp, draft, &salts).map_err(|error| StoreError::stored("event", error))?;
        sqlx::query(
            "insert into event (tenant, seq, leaf, hash, id, fingerprint) values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&self.name)
        .bind(event.seq.cast_signed())
        .bind(bytes)
        .bind(hash.0.to_vec())
        .bind(event.id.to_string())
        .bind(fingerprint.to_vec())
        .execute(&mut *self.tx)
        .await?;
        for made in disclosures {
            sqlx::query("insert into disclosure (tenant, seq, digest, text) values ($1, $2, $3, $4)")
                .bind(&self.name)
                .bind(event.seq.cast_signed())
                .bind(made.digest)
                .bind(made.text)
                .execute(&mut *self.tx)
                .await?;
        }
        self.seq += 1;
        Ok(event)
    }
}
