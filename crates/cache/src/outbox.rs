//! What was decided here and the backend has not taken yet: commands in their order, and the provisional events that
//! stand for them at the end of the log until it has.

use crate::{
    error::CacheError,
    log::{StoredEvent, WriteTx, digest, stored_event},
    open::Cache,
};
use attest_domain::Digest;
use sqlx::{Row, SqliteExecutor, sqlite::SqliteRow};

/// What became of a command so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutboxState {
    /// Not answered yet.
    Waiting,
    /// An event of the backend's log that has not been pulled yet.
    Accepted(u64),
    /// Refused.
    Refused {
        /// Stable code.
        code: String,
        /// In words.
        message: String,
        /// Position of the event that stands in the way.
        because: Option<u64>,
    },
}

/// A command in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// Row; rows are in the order in which they were decided.
    pub id: i64,
    /// Idempotency key and id of the event.
    pub key: String,
    /// JSON of the command as it is sent.
    pub submission: String,
    /// The document that has to be delivered first.
    pub sha256: Option<Digest>,
    /// What became of it.
    pub state: OutboxState,
    /// When it was decided.
    pub made: String,
}

/// How many commands wait and how many were refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxCount {
    /// Not in the verified log yet.
    pub waiting: u64,
    /// Refused, and no person has looked yet.
    pub refused: u64,
}

const COLUMNS: &str = "id, key, submission, sha256, state, seq, code, message, because, made";

impl Cache {
    /// Commands in the order in which they were decided.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_outbox(&self) -> Result<Vec<OutboxRow>, CacheError> {
        list(&self.reader).await
    }

    /// See [`OutboxCount`].
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn count_outbox(&self) -> Result<OutboxCount, CacheError> {
        let row = sqlx::query(
            "select count(*) filter (where state <> 'refused'), count(*) filter (where state = 'refused')
             from outbox",
        )
        .fetch_one(&self.reader)
        .await?;
        let count = |index: usize| row.get::<i64, _>(index).cast_unsigned();
        Ok(OutboxCount { waiting: count(0), refused: count(1) })
    }
}

impl WriteTx {
    /// See [`Cache::list_outbox`].
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_outbox(&mut self) -> Result<Vec<OutboxRow>, CacheError> {
        list(&mut *self.tx).await
    }

    /// Puts a command at the end of the outbox.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn add_outbox(
        &mut self,
        key: &str,
        submission: &str,
        sha256: Option<&Digest>,
        made: &str,
    ) -> Result<(), CacheError> {
        sqlx::query(
            "insert into outbox (key, submission, sha256, state, made) values (?, ?, ?, 'waiting', ?)",
        )
        .bind(key)
        .bind(submission)
        .bind(sha256.map(|sha256| sha256.0.to_vec()))
        .bind(made)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Notes what the backend answered.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn answer_outbox(&mut self, key: &str, state: &OutboxState) -> Result<(), CacheError> {
        let (name, seq, code, message, because) = match state {
            OutboxState::Waiting => ("waiting", None, None, None, None),
            OutboxState::Accepted(seq) => ("accepted", Some(*seq), None, None, None),
            OutboxState::Refused { code, message, because } => {
                ("refused", None, Some(code), Some(message), *because)
            }
        };
        sqlx::query("update outbox set state = ?, seq = ?, code = ?, message = ?, because = ? where key = ?")
            .bind(name)
            .bind(seq.map(u64::cast_signed))
            .bind(code)
            .bind(message)
            .bind(because.map(u64::cast_signed))
            .bind(key)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Takes a command out: its event is in the verified log, or a person has seen that it never will be.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn remove_outbox(&mut self, key: &str) -> Result<(), CacheError> {
        sqlx::query("delete from outbox where key = ?").bind(key).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Takes the provisional events off the end of the log, from position `verified` on, and answers them.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn take_provisional(&mut self, verified: u64) -> Result<Vec<StoredEvent>, CacheError> {
        let rows = sqlx::query(
            "select e.seq, e.leaf, e.reverts,
                    (select json_group_array(d.text) from disclosure d where d.event_seq = e.seq)
             from event e where e.seq >= ? order by e.seq",
        )
        .bind(verified.cast_signed())
        .fetch_all(&mut *self.tx)
        .await?;
        let events: Vec<StoredEvent> = rows.iter().map(stored_event).collect::<Result<_, _>>()?;
        if !events.is_empty() {
            for sql in [
                "delete from event_line where seq >= ?",
                "delete from disclosure where event_seq >= ?",
                "delete from event where seq >= ?",
            ] {
                sqlx::query(sql).bind(verified.cast_signed()).execute(&mut *self.tx).await?;
            }
        }
        Ok(events)
    }

    /// Position of the event with this id.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_event_position(&mut self, id: &str) -> Result<Option<u64>, CacheError> {
        let seq: Option<i64> = sqlx::query_scalar("select seq from event where uid = ?")
            .bind(id)
            .fetch_optional(&mut *self.tx)
            .await?;
        Ok(seq.map(i64::cast_unsigned))
    }

    /// Moves the event that a document came with to its place in the verified log.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn move_document_event(&mut self, sha256: &Digest, seq: u64) -> Result<(), CacheError> {
        sqlx::query("update document set event_seq = ? where sha256 = ?")
            .bind(seq.cast_signed())
            .bind(sha256.0.as_slice())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

impl WriteTx {
    /// Marks a document whose import the backend refused: no event of the log speaks of it any more.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn disown_document(&mut self, sha256: &Digest) -> Result<(), CacheError> {
        sqlx::query("update document set event_seq = -1 where sha256 = ?")
            .bind(sha256.0.as_slice())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Drops the documents that no event speaks of, after their figures were.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn delete_disowned(&mut self) -> Result<(), CacheError> {
        sqlx::raw_sql(
            "delete from document_chunk where document_id in (select id from document where event_seq = -1);
             delete from finding where document_id in (select id from document where event_seq = -1);
             delete from document where event_seq = -1;",
        )
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}

async fn list<'e>(executor: impl SqliteExecutor<'e>) -> Result<Vec<OutboxRow>, CacheError> {
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!("select {COLUMNS} from outbox order by id")))
        .fetch_all(executor)
        .await?;
    rows.iter().map(outbox_row).collect()
}

fn outbox_row(row: &SqliteRow) -> Result<OutboxRow, CacheError> {
    let position = |index: usize| row.get::<Option<i64>, _>(index).map(i64::cast_unsigned);
    let text = |index: usize| row.get::<Option<String>, _>(index).unwrap_or_default();
    let state = match row.get::<String, _>(4).as_str() {
        "waiting" => OutboxState::Waiting,
        "accepted" => OutboxState::Accepted(position(5).unwrap_or_default()),
        "refused" => OutboxState::Refused { code: text(6), message: text(7), because: position(8) },
        other => return Err(CacheError::stored("state of the outbox", other)),
    };
    let sha256: Option<Vec<u8>> = row.get(3);
    Ok(OutboxRow {
        id: row.get(0),
        key: row.get(1),
        submission: row.get(2),
        sha256: sha256.as_deref().map(digest).transpose()?,
        state,
        made: row.get(9),
    })
}
