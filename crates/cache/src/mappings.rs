//! The CSV mappings that documents were read with: what a person once said about files with such a header.

use crate::{error::CacheError, log::WriteTx, open::Cache};
use sqlx::Row;

/// A CSV mapping and the document that was read with it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingRow {
    /// Row of the document.
    pub document: i64,
    /// Its file name.
    pub name: String,
    /// The mapping, as TOML.
    pub mapping: String,
}

impl Cache {
    /// The mappings that documents were read with, each once, the one used last first.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_mappings(&self, limit: u32) -> Result<Vec<MappingRow>, CacheError> {
        let rows = sqlx::query(
            "select max(id) as newest, name, mapping from document where mapping is not null and refused = 0
             group by mapping order by newest desc limit ?",
        )
        .bind(limit)
        .fetch_all(&self.reader)
        .await?;
        let mapping = |row: &sqlx::sqlite::SqliteRow| MappingRow {
            document: row.get(0),
            name: row.get(1),
            mapping: row.get(2),
        };
        Ok(rows.iter().map(mapping).collect())
    }

    /// Accounts of the statements in documents that were read with a mapping.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_mapping_accounts(&self, mapping: &str) -> Result<Vec<i64>, CacheError> {
        Ok(sqlx::query_scalar(
            "select distinct account_id from statement
             where document_id in (select id from document where mapping = ? and refused = 0) order by 1",
        )
        .bind(mapping)
        .fetch_all(&self.reader)
        .await?)
    }
}

impl WriteTx {
    /// Name of the last document before this one that was read with the same mapping.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_like_mapped(&mut self, document: i64) -> Result<Option<String>, CacheError> {
        Ok(sqlx::query_scalar(
            "select before.name from document this join document before on before.mapping = this.mapping
             where this.id = ? and before.id < this.id and before.refused = 0 order by before.id desc limit 1",
        )
        .bind(document)
        .fetch_optional(&mut *self.tx)
        .await?)
    }
}
