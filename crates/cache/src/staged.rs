//! What was fetched from the backend and is not applied yet, so that a pull goes on where it was cut short, and how far
//! a verified stretch is applied.

use crate::{
    error::CacheError,
    import::{CHUNK_BYTES, CompressedChunk, DocumentSlot},
    log::{WriteTx, digest},
    open::Cache,
};
use attest_domain::Digest;
use sqlx::Row;
use std::collections::BTreeMap;

/// A stretch of the log that was verified and is applied in batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPull {
    /// Number of events the log has at its end.
    pub size: u64,
    /// The signed note that says so.
    pub note: String,
    /// Events that are applied.
    pub applied: u64,
    /// The tree's perfect subtrees at that size, widest first.
    pub nodes: Vec<Digest>,
}

/// A bundle as it is staged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedBundle {
    /// Its number.
    pub index: u64,
    /// Events in it.
    pub width: u16,
    packed: Vec<u8>,
}

impl PackedBundle {
    /// Compresses a bundle.
    ///
    /// # Errors
    /// [`CacheError`] when zstd has no memory.
    pub fn pack(index: u64, width: u16, bytes: &[u8]) -> Result<Self, CacheError> {
        let packed = zstd::bulk::compress(bytes, 1).map_err(|error| CacheError::stored("bundle", error))?;
        Ok(Self { index, width, packed })
    }

    /// The bytes of the bundle.
    ///
    /// # Errors
    /// [`CacheError`] when they do not unpack.
    pub fn unpack(&self) -> Result<Vec<u8>, CacheError> {
        zstd::decode_all(self.packed.as_slice()).map_err(|error| CacheError::stored("bundle", error))
    }
}

impl Cache {
    /// The stretch that is verified and not wholly applied; `None` where nothing is under way.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer or the row is damaged.
    pub async fn find_pull(&self) -> Result<Option<StoredPull>, CacheError> {
        let row =
            sqlx::query("select size, note, applied, nodes from pull").fetch_optional(&self.reader).await?;
        let Some(row) = row else { return Ok(None) };
        let nodes: Vec<u8> = row.get(3);
        Ok(Some(StoredPull {
            size: row.get::<i64, _>(0).cast_unsigned(),
            note: row.get(1),
            applied: row.get::<i64, _>(2).cast_unsigned(),
            nodes: nodes.chunks(32).map(digest).collect::<Result<_, _>>()?,
        }))
    }

    /// How many events of the log are verified and applied: what stands behind them was decided here.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn count_verified(&self) -> Result<u64, CacheError> {
        let size: i64 = sqlx::query_scalar(
            "select coalesce((select applied from pull), (select size from checkpoint), 0)",
        )
        .fetch_one(&self.reader)
        .await?;
        Ok(size.cast_unsigned())
    }

    /// Number and width of every staged bundle.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_staged(&self) -> Result<BTreeMap<u64, u16>, CacheError> {
        let rows = sqlx::query("select idx, width from staged_bundle").fetch_all(&self.reader).await?;
        Ok(rows.iter().map(|row| (row.get::<i64, _>(0).cast_unsigned(), row.get(1))).collect())
    }

    /// Staged bundles from number `first` on, in order: at most `limit`, and no more than `bytes` of them packed, but
    /// one in any case.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn load_staged_bundles(
        &self,
        first: u64,
        limit: u32,
        bytes: u64,
    ) -> Result<Vec<PackedBundle>, CacheError> {
        let rows = sqlx::query(
            "select b.idx, b.width, b.bytes from (
                 select idx, sum(length(bytes)) over (order by idx) - length(bytes) as before
                 from (select idx, bytes from staged_bundle where idx >= ? order by idx limit ?)) w
             join staged_bundle b on b.idx = w.idx where w.before < ? order by b.idx",
        )
        .bind(first.cast_signed())
        .bind(limit)
        .bind(i64::try_from(bytes).unwrap_or(i64::MAX))
        .fetch_all(&self.reader)
        .await?;
        let bundle = |row: &sqlx::sqlite::SqliteRow| PackedBundle {
            index: row.get::<i64, _>(0).cast_unsigned(),
            width: row.get(1),
            packed: row.get(2),
        };
        Ok(rows.iter().map(bundle).collect())
    }

    /// Whether a document was fetched whole.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn is_staged(&self, sha256: &Digest) -> Result<bool, CacheError> {
        let found: i64 = sqlx::query_scalar("select count(*) from staged_chunk where sha256 = ?")
            .bind(sha256.0.as_slice())
            .fetch_one(&self.reader)
            .await?;
        Ok(found > 0)
    }

    /// The bytes of a staged document; empty where it is not staged.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer or the bytes do not unpack.
    pub async fn load_staged(&self, sha256: &Digest) -> Result<Vec<u8>, CacheError> {
        let rows = sqlx::query("select data from staged_chunk where sha256 = ? order by position")
            .bind(sha256.0.as_slice())
            .fetch_all(&self.reader)
            .await?;
        let mut bytes = Vec::new();
        for row in rows {
            let data: Vec<u8> = row.get(0);
            zstd::stream::copy_decode(data.as_slice(), &mut bytes)
                .map_err(|error| CacheError::stored("document", error))?;
        }
        Ok(bytes)
    }
}

impl WriteTx {
    /// Keeps fetched bundles in place of narrower ones.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn stage_bundles(&mut self, bundles: &[PackedBundle]) -> Result<(), CacheError> {
        for bundle in bundles {
            sqlx::query(
                "insert into staged_bundle (idx, width, bytes) values (?, ?, ?)
                 on conflict (idx) do update set width = excluded.width, bytes = excluded.bytes",
            )
            .bind(bundle.index.cast_signed())
            .bind(bundle.width)
            .bind(bundle.packed.as_slice())
            .execute(&mut *self.tx)
            .await?;
        }
        Ok(())
    }

    /// Notes that a staged stretch was verified, or how far it is applied.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn put_pull(&mut self, pull: &StoredPull) -> Result<(), CacheError> {
        let nodes: Vec<u8> = pull.nodes.iter().flat_map(|node| node.0).collect();
        sqlx::query(
            "insert into pull (only, size, note, applied, nodes) values (1, ?, ?, ?, ?)
             on conflict (only) do update set size = excluded.size, note = excluded.note,
                 applied = excluded.applied, nodes = excluded.nodes",
        )
        .bind(pull.size.cast_signed())
        .bind(&pull.note)
        .bind(pull.applied.cast_signed())
        .bind(nodes)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Forgets the verified stretch: all of it is applied.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn remove_pull(&mut self) -> Result<(), CacheError> {
        sqlx::query("delete from pull").execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Drops the staged bundles before a number, whose events are applied.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn unstage_bundles(&mut self, before: u64) -> Result<(), CacheError> {
        sqlx::query("delete from staged_bundle where idx < ?")
            .bind(before.cast_signed())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Makes the staged pieces of a document those of its row.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn adopt_staged(&mut self, slot: DocumentSlot, sha256: &Digest) -> Result<(), CacheError> {
        // A staged piece is numbered, a kept one has its offset.
        sqlx::query(
            "insert into document_chunk (document_id, position, length, data)
             select ?1, position * ?2, length, data from staged_chunk where sha256 = ?3",
        )
        .bind(slot.document)
        .bind(i64::try_from(CHUNK_BYTES).expect("a mebibyte"))
        .bind(sha256.0.as_slice())
        .execute(&mut *self.tx)
        .await?;
        self.unstage_document(sha256).await
    }

    /// Drops what was staged of a document.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn unstage_document(&mut self, sha256: &Digest) -> Result<(), CacheError> {
        sqlx::query("delete from staged_chunk where sha256 = ?")
            .bind(sha256.0.as_slice())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Keeps a fetched document.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn stage_document(
        &mut self,
        sha256: &Digest,
        chunks: &[CompressedChunk],
    ) -> Result<(), CacheError> {
        for (position, chunk) in chunks.iter().enumerate() {
            sqlx::query(
                "insert into staged_chunk (sha256, position, length, data) values (?, ?, ?, ?)
                 on conflict do nothing",
            )
            .bind(sha256.0.as_slice())
            .bind(i64::try_from(position).unwrap_or(i64::MAX))
            .bind(i64::try_from(chunk.length).unwrap_or(i64::MAX))
            .bind(&chunk.data)
            .execute(&mut *self.tx)
            .await?;
        }
        Ok(())
    }

    /// Drops everything staged: it was applied, or it was not what the log says.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn clear_staged(&mut self) -> Result<(), CacheError> {
        sqlx::query("delete from staged_bundle").execute(&mut *self.tx).await?;
        sqlx::query("delete from staged_chunk").execute(&mut *self.tx).await?;
        Ok(())
    }
}
