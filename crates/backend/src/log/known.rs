//! What a transaction knows of the store: looked up for all its commands at once, and kept up to date by what it writes.
//!
//! A command asks a handful of questions; asked one by one they would cost more than everything else. Nothing here is
//! a cache between transactions: it ends with the transaction that holds the log's head.

use super::{append::Appender, lane::Job};
use crate::{
    commands::facts::{self, LineRow},
    store::StoreError,
};
use attest_domain::{Currency, command::LineId, event::Event};
use attest_evidence::leaf;
use attest_wire::Command;
use sqlx::Row as _;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// The newest version of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Newest {
    pub(crate) version: u64,
    /// Position of its event.
    pub(crate) seq: u64,
}

/// What was looked up.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Position and fingerprint of the events of the keys that are asked for.
    pub(super) keys: HashMap<Uuid, (u64, Vec<u8>)>,
    /// Objects; `None` where there is none.
    objects: HashMap<String, Option<Newest>>,
    /// Lines; `None` where there is none.
    lines: HashMap<LineId, Option<LineRow>>,
    /// Bank accounts of ledger accounts.
    pub(crate) bank_accounts: HashMap<(String, Currency), Option<String>>,
}

impl Known {
    pub(super) fn note_object(&mut self, id: String, newest: Newest) {
        self.objects.insert(id, Some(newest));
    }

    /// Has lines read again, because they were changed.
    pub(crate) fn forget_lines(&mut self, lines: impl IntoIterator<Item = LineId>) {
        for line in lines {
            self.lines.remove(&line);
        }
    }
}

/// Ids as the one parameter that [`crate::store::Dialect::among`] takes.
pub(crate) fn list(ids: impl IntoIterator<Item = impl Into<serde_json::Value>>) -> String {
    serde_json::Value::from_iter(ids).to_string()
}

impl Appender<'_> {
    /// Looks up what the jobs will ask for.
    pub(super) async fn look_up(&mut self, jobs: &[Job]) -> Result<(), StoreError> {
        let (mut keys, mut objects, mut lines) = (Vec::new(), HashSet::new(), HashSet::new());
        for prepared in jobs.iter().flat_map(|job| &job.submissions) {
            let submission = &prepared.submission;
            keys.push(submission.key.to_string());
            if prepared.refused.is_some() {
                continue;
            }
            objects.extend(submission.object.map(|id| id.to_string()));
            objects.extend(submission.brings_back.clone());
            objects.extend(match &submission.command {
                Command::Unmatch { match_id: id, .. }
                | Command::Withdraw { comment: id, .. }
                | Command::RefuseDocument { sha256: id, .. } => Some(id.clone()),
                _ => None,
            });
            lines.extend(prepared.decision.iter().flat_map(attest_domain::command::Command::lines));
        }
        let sql = format!(
            "select id, seq, fingerprint from event where tenant = $1 and id in ({})",
            self.backend.store.dialect.among(2)
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(&self.name)
            .bind(list(keys))
            .fetch_all(&mut *self.tx)
            .await?;
        for row in rows {
            let id: String = row.get(0);
            let key = Uuid::parse_str(&id).map_err(|_| StoreError::stored("event id", &id))?;
            self.known.keys.insert(key, (row.get::<i64, _>(1).cast_unsigned(), row.get(2)));
        }
        self.look_up_objects(objects.into_iter().collect()).await?;
        self.look_up_lines(lines.into_iter().collect()).await
    }

    async fn look_up_objects(&mut self, ids: Vec<String>) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "select id, version, seq from object where tenant = $1 and id in ({})",
            self.backend.store.dialect.among(2)
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(&self.name)
            .bind(list(ids.iter().map(String::as_str)))
            .fetch_all(&mut *self.tx)
            .await?;
        for id in ids {
            self.known.objects.insert(id, None);
        }
        for row in rows {
            let (version, seq) = (row.get::<i64, _>(1).cast_unsigned(), row.get::<i64, _>(2).cast_unsigned());
            self.known.objects.insert(row.get(0), Some(Newest { version, seq }));
        }
        Ok(())
    }

    async fn look_up_lines(&mut self, ids: Vec<LineId>) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let rows = facts::load_lines(self, &ids).await?;
        for id in ids {
            self.known.lines.insert(id, None);
        }
        for row in rows {
            self.known.lines.insert(row.fact.id, Some(row));
        }
        Ok(())
    }

    /// The newest version of an object.
    pub(crate) async fn find_newest(&mut self, id: &str) -> Result<Option<Newest>, StoreError> {
        if !self.known.objects.contains_key(id) {
            self.look_up_objects(vec![id.to_owned()]).await?;
        }
        Ok(self.known.objects.get(id).copied().flatten())
    }

    /// The newest event about an object.
    pub(crate) async fn find_newest_event(&mut self, id: &str) -> Result<Option<Event>, StoreError> {
        let Some(newest) = self.find_newest(id).await? else { return Ok(None) };
        let stored: Vec<u8>;
        let bytes = match self.pending.leaf(newest.seq) {
            Some(bytes) => bytes,
            None => {
                stored = sqlx::query_scalar("select leaf from event where tenant = $1 and seq = $2")
                    .bind(&self.name)
                    .bind(newest.seq.cast_signed())
                    .fetch_one(&mut *self.tx)
                    .await?;
                &stored
            }
        };
        leaf::decode(bytes).map(Some).map_err(|error| StoreError::stored("event", error))
    }

    /// The lines that there are, in the order asked for.
    pub(crate) async fn find_lines(&mut self, ids: &[LineId]) -> Result<Vec<LineRow>, StoreError> {
        let missing: HashSet<LineId> =
            ids.iter().filter(|id| !self.known.lines.contains_key(id)).copied().collect();
        self.look_up_lines(missing.into_iter().collect()).await?;
        Ok(ids.iter().filter_map(|id| self.known.lines.get(id).cloned().flatten()).collect())
    }
}
