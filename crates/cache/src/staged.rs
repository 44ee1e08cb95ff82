//! What was fetched from the backend and is not applied yet, so that a pull goes on where it was cut short.

use crate::{error::CacheError, import::CompressedChunk, log::WriteTx, open::Cache};
use attest_domain::Digest;
use sqlx::Row;

impl Cache {
    /// The bytes of a staged bundle, unpacked; `None` where none of this width is staged.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer or the bytes do not unpack.
    pub async fn find_staged_bundle(&self, index: u64, width: u16) -> Result<Option<Vec<u8>>, CacheError> {
        let bytes: Option<Vec<u8>> =
            sqlx::query_scalar("select bytes from staged_bundle where idx = ? and width = ?")
                .bind(index.cast_signed())
                .bind(width)
                .fetch_optional(&self.reader)
                .await?;
        bytes
            .map(|bytes| {
                zstd::decode_all(bytes.as_slice()).map_err(|error| CacheError::stored("bundle", error))
            })
            .transpose()
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
    /// Keeps a fetched bundle in place of a narrower one.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn stage_bundle(&mut self, index: u64, width: u16, bytes: &[u8]) -> Result<(), CacheError> {
        let packed = zstd::encode_all(bytes, 1).map_err(|error| CacheError::stored("bundle", error))?;
        sqlx::query(
            "insert into staged_bundle (idx, width, bytes) values (?, ?, ?)
             on conflict (idx) do update set width = excluded.width, bytes = excluded.bytes",
        )
        .bind(index.cast_signed())
        .bind(width)
        .bind(packed)
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
