//! The log as stored, and the transaction through which everything is written.
//!
//! Events and the projections they cause go through one [`WriteTx`] and become visible together.

use crate::{
    error::CacheError,
    import::{ROWS_PER_INSERT, insert_sql},
    open::Cache,
    review::{Committed, Touched},
};
use attest_domain::Digest;
use sqlx::{Row, Sqlite, SqliteConnection, SqliteExecutor, Transaction};
use std::{collections::BTreeSet, sync::Arc};

/// The columns of an event in the order they are bound; the bench inserts the same rows bare.
pub const EVENT_COLUMNS: &str = "seq, leaf, hash, action, object_id, actor, at, trace, reverts, uid";

/// The one open write transaction. Dropping it without [`WriteTx::commit`] leaves no trace.
#[derive(Debug)]
pub struct WriteTx {
    pub(crate) tx: Transaction<'static, Sqlite>,
    /// Groups this transaction has changed; told to `committed` once that is so.
    pub(crate) touched: Touched,
    committed: Arc<Committed>,
}

/// An event ready to be stored: its canonical bytes and what the columns repeat of it.
#[derive(Clone, Debug)]
pub struct NewEvent<'e> {
    /// Position; must be the next one.
    pub seq: u64,
    /// Id of the event.
    pub id: String,
    /// Canonical bytes.
    pub leaf: &'e [u8],
    /// Leaf hash.
    pub hash: Digest,
    /// Action.
    pub action: &'e str,
    /// Id of the object.
    pub object_id: &'e str,
    /// `user`, `system` or `bank`.
    pub actor: &'e str,
    /// When.
    pub at: &'e str,
    /// Joins the events of one act.
    pub trace: Option<String>,
    /// First event of the act that this one takes back or does again.
    pub reverts: Option<u64>,
    /// Disclosures, digest and text.
    pub disclosures: &'e [(String, String)],
    /// Ids of the lines it speaks of.
    pub lines: &'e [String],
}

/// An event read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Position.
    pub seq: u64,
    /// Canonical bytes.
    pub leaf: Vec<u8>,
    /// First event of the act that this one takes back or does again.
    pub reverts: Option<u64>,
    /// Disclosures that are still kept.
    pub disclosures: Vec<String>,
}

/// Where the log stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// Number of events.
    pub size: u64,
    /// Leaf hash of the newest; `None` in an empty log.
    pub newest: Option<Digest>,
}

impl Cache {
    /// Begins the one write transaction; waits until the one before it has ended.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn begin(&self) -> Result<WriteTx, CacheError> {
        Ok(WriteTx {
            tx: self.writer.begin_with("begin immediate").await?,
            touched: Touched::default(),
            committed: self.committed.clone(),
        })
    }

    /// The size of the log and its newest leaf.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn log_head(&self) -> Result<LogHead, CacheError> {
        let row = sqlx::query("select seq, hash from event order by seq desc limit 1")
            .fetch_optional(&self.reader)
            .await?;
        Ok(match row {
            None => LogHead { size: 0, newest: None },
            Some(row) => LogHead {
                size: row.get::<i64, _>(0).cast_unsigned() + 1,
                newest: Some(digest(&row.get::<Vec<u8>, _>(1))?),
            },
        })
    }

    /// Events from `start` on, in order, at most `limit`.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_events(&self, start: u64, limit: u32) -> Result<Vec<StoredEvent>, CacheError> {
        let rows = sqlx::query(
            "select e.seq, e.leaf, e.reverts,
                    (select json_group_array(d.text) from disclosure d where d.event_seq = e.seq)
             from event e where e.seq >= ? order by e.seq limit ?",
        )
        .bind(start.cast_signed())
        .bind(limit)
        .fetch_all(&self.reader)
        .await?;
        rows.iter().map(stored_event).collect()
    }

    /// The stored leaf hashes from `start` on, in order, at most `limit`.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_leaf_hashes(&self, start: u64, limit: u32) -> Result<Vec<Digest>, CacheError> {
        let rows = sqlx::query("select hash from event where seq >= ? order by seq limit ?")
            .bind(start.cast_signed())
            .bind(limit)
            .fetch_all(&self.reader)
            .await?;
        rows.iter().map(|row| digest(&row.get::<Vec<u8>, _>(0))).collect()
    }

    /// Events about a line, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_events_about(&self, line: &str, limit: u32) -> Result<Vec<StoredEvent>, CacheError> {
        list_events_about(&self.reader, line, limit).await
    }

    /// Events about an object, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_events_of(&self, object: &str, limit: u32) -> Result<Vec<StoredEvent>, CacheError> {
        let rows = sqlx::query(
            "select e.seq, e.leaf, e.reverts,
                    (select json_group_array(d.text) from disclosure d where d.event_seq = e.seq)
             from event e where e.object_id = ? order by e.seq desc limit ?",
        )
        .bind(object)
        .bind(limit)
        .fetch_all(&self.reader)
        .await?;
        rows.iter().map(stored_event).collect()
    }

    /// The newest events of people about cash movements, newest first: what undo and redo are found in.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_decisions(&self, limit: u32) -> Result<Vec<DecisionRow>, CacheError> {
        list_decisions(&mut *self.reader.acquire().await?, limit).await
    }
}

/// One act of a person: one event, or the events that share a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRow {
    /// Position of its first event.
    pub first: u64,
    /// Position of its last event.
    pub last: u64,
    /// Number of events.
    pub events: u64,
    /// Action of its events.
    pub action: String,
    /// First event of the act it takes back or does again.
    pub reverts: Option<u64>,
}

async fn list_events_about<'e>(
    executor: impl SqliteExecutor<'e>,
    line: &str,
    limit: u32,
) -> Result<Vec<StoredEvent>, CacheError> {
    let rows = sqlx::query(
        "select e.seq, e.leaf, e.reverts,
                (select json_group_array(d.text) from disclosure d where d.event_seq = e.seq)
         from event_line l join event e on e.seq = l.seq where l.line = ? order by e.seq desc limit ?",
    )
    .bind(line)
    .bind(limit)
    .fetch_all(executor)
    .await?;
    rows.iter().map(stored_event).collect()
}

async fn list_decisions(
    connection: &mut SqliteConnection,
    limit: u32,
) -> Result<Vec<DecisionRow>, CacheError> {
    let rows = sqlx::query(
        "select min(seq), max(seq), count(*), min(action), trace, min(reverts)
         from (select * from event where actor = 'user' and action glob 'cash_movement.*'
               order by seq desc limit ?)
         group by coalesce(trace, seq) order by min(seq) desc",
    )
    .bind(limit)
    .fetch_all(&mut *connection)
    .await?;
    let mut acts: Vec<DecisionRow> = rows
        .iter()
        .map(|row| DecisionRow {
            first: row.get::<i64, _>(0).cast_unsigned(),
            last: row.get::<i64, _>(1).cast_unsigned(),
            events: row.get::<i64, _>(2).cast_unsigned(),
            action: row.get(3),
            reverts: row.get::<Option<i64>, _>(5).map(i64::cast_unsigned),
        })
        .collect();
    let trace: Option<String> = rows.last().and_then(|row| row.get(4));
    if let (Some(oldest), Some(trace)) = (acts.last_mut(), trace) {
        // The limit may have cut through it. Its events are neighbours: they came in one transaction.
        let before: Option<i64> = sqlx::query_scalar(
            "select seq from event where seq < ? and trace is not ? order by seq desc limit 1",
        )
        .bind(oldest.first.cast_signed())
        .bind(trace)
        .fetch_optional(&mut *connection)
        .await?;
        oldest.first = before.map_or(0, |seq| seq.cast_unsigned() + 1);
        oldest.events = oldest.last - oldest.first + 1;
    }
    Ok(acts)
}

/// The same questions inside the write transaction, where its own changes are visible.
impl WriteTx {
    /// See [`Cache::list_events_about`].
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_events_about(
        &mut self,
        line: &str,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, CacheError> {
        list_events_about(&mut *self.tx, line, limit).await
    }

    /// See [`Cache::list_decisions`].
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_decisions(&mut self, limit: u32) -> Result<Vec<DecisionRow>, CacheError> {
        list_decisions(&mut self.tx, limit).await
    }

    /// Events of a person about cash movements from `first` to `last`, in order.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_act(&mut self, first: u64, last: u64) -> Result<Vec<StoredEvent>, CacheError> {
        let rows = sqlx::query(
            "select e.seq, e.leaf, e.reverts,
                    (select json_group_array(d.text) from disclosure d where d.event_seq = e.seq)
             from event e where e.seq between ? and ? and e.actor = 'user' and e.action glob 'cash_movement.*'
             order by e.seq",
        )
        .bind(first.cast_signed())
        .bind(last.cast_signed())
        .fetch_all(&mut *self.tx)
        .await?;
        rows.iter().map(stored_event).collect()
    }

    /// Canonical bytes of the event at a position.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_leaf(&mut self, seq: u64) -> Result<Option<Vec<u8>>, CacheError> {
        Ok(sqlx::query_scalar("select leaf from event where seq = ?")
            .bind(seq.cast_signed())
            .fetch_optional(&mut *self.tx)
            .await?)
    }

    /// Leaf of the newest event about an object.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_newest_leaf(&mut self, object_id: &str) -> Result<Option<Vec<u8>>, CacheError> {
        Ok(sqlx::query_scalar("select leaf from event where object_id = ? order by seq desc limit 1")
            .bind(object_id)
            .fetch_optional(&mut *self.tx)
            .await?)
    }
}

impl WriteTx {
    /// Makes everything written through this transaction durable and visible.
    ///
    /// # Errors
    /// [`CacheError`]; nothing is kept then.
    pub async fn commit(self) -> Result<(), CacheError> {
        self.tx.commit().await?;
        self.committed.add(self.touched);
        Ok(())
    }

    /// The position the next event must have.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn next_seq(&mut self) -> Result<u64, CacheError> {
        let next: i64 = sqlx::query_scalar("select coalesce(max(seq) + 1, 0) from event")
            .fetch_one(&mut *self.tx)
            .await?;
        Ok(next.cast_unsigned())
    }

    /// Appends an event; see [`WriteTx::append_events`].
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn append_event(&mut self, event: &NewEvent<'_>) -> Result<(), CacheError> {
        self.append_events(std::slice::from_ref(event)).await
    }

    /// Appends events in their order, many rows per statement. A position that is taken or that leaves a gap is
    /// refused by the caller's arithmetic: positions come from [`WriteTx::next_seq`] in the same transaction.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer, or an id or a disclosure is there already.
    pub async fn append_events(&mut self, events: &[NewEvent<'_>]) -> Result<(), CacheError> {
        for rows in events.chunks(ROWS_PER_INSERT) {
            let mut query = sqlx::query(insert_sql("event", EVENT_COLUMNS, rows.len()));
            for event in rows {
                query = query
                    .bind(event.seq.cast_signed())
                    .bind(event.leaf)
                    .bind(event.hash.0.as_slice())
                    .bind(event.action)
                    .bind(event.object_id)
                    .bind(event.actor)
                    .bind(event.at)
                    .bind(event.trace.as_deref())
                    .bind(event.reverts.map(u64::cast_signed))
                    .bind(event.id.as_str());
            }
            query.execute(&mut *self.tx).await?;
        }
        let of = |event: &NewEvent<'_>| event.seq.cast_signed();
        let mut disclosures: Vec<(&str, i64, &str)> = events
            .iter()
            .flat_map(|event| {
                event
                    .disclosures
                    .iter()
                    .map(move |(digest, text)| (digest.as_str(), of(event), text.as_str()))
            })
            .collect();
        // Both tables below are stored by what they are sorted by.
        disclosures.sort_unstable();
        for rows in disclosures.chunks(ROWS_PER_INSERT) {
            let mut query = sqlx::query(insert_sql("disclosure", "digest, event_seq, text", rows.len()));
            for (digest, seq, text) in rows {
                query = query.bind(*digest).bind(*seq).bind(*text);
            }
            query.execute(&mut *self.tx).await?;
        }
        // An event may name a line twice.
        let lines: BTreeSet<(&str, i64)> = events
            .iter()
            .flat_map(|event| event.lines.iter().map(move |line| (line.as_str(), of(event))))
            .collect();
        for rows in lines.into_iter().collect::<Vec<_>>().chunks(ROWS_PER_INSERT) {
            let mut query = sqlx::query(insert_sql("event_line", "line, seq", rows.len()));
            for (line, seq) in rows {
                query = query.bind(*line).bind(*seq);
            }
            query.execute(&mut *self.tx).await?;
        }
        Ok(())
    }

    /// Keeps a fact about the workspace.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn put_meta(&mut self, key: &str, value: &str) -> Result<(), CacheError> {
        sqlx::query("insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value")
            .bind(key)
            .bind(value)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

impl Cache {
    /// A fact about the workspace.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_meta(&self, key: &str) -> Result<Option<String>, CacheError> {
        Ok(sqlx::query_scalar("select value from meta where key = ?")
            .bind(key)
            .fetch_optional(&self.reader)
            .await?)
    }
}

pub(crate) fn digest(bytes: &[u8]) -> Result<Digest, CacheError> {
    bytes.try_into().map(Digest).map_err(|_| CacheError::stored("digest", format!("{} bytes", bytes.len())))
}

pub(crate) fn stored_event(row: &sqlx::sqlite::SqliteRow) -> Result<StoredEvent, CacheError> {
    let disclosures: String = row.get(3);
    Ok(StoredEvent {
        seq: row.get::<i64, _>(0).cast_unsigned(),
        leaf: row.get(1),
        reverts: row.get::<Option<i64>, _>(2).map(i64::cast_unsigned),
        disclosures: serde_json::from_str(&disclosures)
            .map_err(|error| CacheError::stored("disclosure", error))?,
    })
}
