//! The newest checkpoint of the log and the tree's right edge beside it, written with the events they cover.

use crate::{
    error::CacheError,
    log::{WriteTx, digest},
    open::Cache,
};
use attest_domain::Digest;
use sqlx::{Row, SqliteExecutor};

/// How far the log was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// Number of events it covers.
    pub size: u64,
    /// The tree's perfect subtrees at that size, widest first.
    pub nodes: Vec<Digest>,
    /// The signed note.
    pub note: String,
}

/// Two checkpoints of one log of which neither continues the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The note in the cache; empty where there was none.
    pub found: String,
    /// The note that was kept outside.
    pub kept: String,
    /// When it was noticed.
    pub noticed: String,
}

impl Cache {
    /// The newest checkpoint; `None` in a log that was never signed.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer or the row is damaged.
    pub async fn find_checkpoint(&self) -> Result<Option<StoredCheckpoint>, CacheError> {
        find_checkpoint(&self.reader).await
    }

    /// The fork that nobody has gone on from yet.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_open_fork(&self) -> Result<Option<Fork>, CacheError> {
        let row = sqlx::query(
            "select found, kept, noticed from fork where resumed is null order by id desc limit 1",
        )
        .fetch_optional(&self.reader)
        .await?;
        Ok(row.map(|row| Fork { found: row.get(0), kept: row.get(1), noticed: row.get(2) }))
    }
}

impl WriteTx {
    /// See [`Cache::find_checkpoint`].
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer or the row is damaged.
    pub async fn find_checkpoint(&mut self) -> Result<Option<StoredCheckpoint>, CacheError> {
        find_checkpoint(&mut *self.tx).await
    }

    /// The leaf hashes of events from `start` on, in order, those of this transaction too.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_hashes_from(&mut self, start: u64) -> Result<Vec<Digest>, CacheError> {
        let rows = sqlx::query("select hash from event where seq >= ? order by seq")
            .bind(start.cast_signed())
            .fetch_all(&mut *self.tx)
            .await?;
        rows.iter().map(|row| digest(&row.get::<Vec<u8>, _>(0))).collect()
    }

    /// Keeps a checkpoint in place of the one before.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn put_checkpoint(&mut self, checkpoint: &StoredCheckpoint) -> Result<(), CacheError> {
        let nodes: Vec<u8> = checkpoint.nodes.iter().flat_map(|node| node.0).collect();
        sqlx::query(
            "insert into checkpoint (only, size, nodes, note) values (1, ?, ?, ?)
             on conflict (only) do update set size = excluded.size, nodes = excluded.nodes, note = excluded.note",
        )
        .bind(checkpoint.size.cast_signed())
        .bind(nodes)
        .bind(&checkpoint.note)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Keeps both sides of a contradiction.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn add_fork(&mut self, fork: &Fork) -> Result<(), CacheError> {
        sqlx::query("insert into fork (found, kept, noticed) values (?, ?, ?)")
            .bind(&fork.found)
            .bind(&fork.kept)
            .bind(&fork.noticed)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Notes the event by which a person went on from every open fork.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn resume_forks(&mut self, seq: u64) -> Result<(), CacheError> {
        sqlx::query("update fork set resumed = ? where resumed is null")
            .bind(seq.cast_signed())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

async fn find_checkpoint<'e>(
    executor: impl SqliteExecutor<'e>,
) -> Result<Option<StoredCheckpoint>, CacheError> {
    let Some(row) = sqlx::query("select size, nodes, note from checkpoint").fetch_optional(executor).await?
    else {
        return Ok(None);
    };
    let nodes: Vec<u8> = row.get(1);
    Ok(Some(StoredCheckpoint {
        size: row.get::<i64, _>(0).cast_unsigned(),
        nodes: nodes.chunks(32).map(digest).collect::<Result<_, _>>()?,
        note: row.get(2),
    }))
}
