//! Documents as they were received: lists, and any range of the original bytes.

use crate::{
    error::CacheError,
    log::{WriteTx, digest},
    open::Cache,
};
use attest_domain::{Digest, ids::Span};
use sqlx::Row;

/// A document in lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentRow {
    /// Row.
    pub id: i64,
    /// Digest.
    pub sha256: Digest,
    /// File name as given.
    pub name: String,
    /// Format with version; empty for a refused document.
    pub format: String,
    /// Size.
    pub bytes: u64,
    /// Whether it was refused whole.
    pub refused: bool,
    /// When it came.
    pub imported_at: String,
    /// Position of its event.
    pub event_seq: u64,
    /// Number of statements.
    pub statements: u64,
    /// Number of entries.
    pub entries: u64,
    /// Number of transactions inside entries.
    pub transactions: u64,
    /// Number of vouchers.
    pub vouchers: u64,
    /// Number of ledger lines.
    pub ledger_lines: u64,
    /// Errors, warnings, informations among its findings.
    pub findings: [u64; 3],
    /// CSV mapping it was read with.
    pub mapping: Option<String>,
}

const COLUMNS: &str = "id, sha256, name, format, bytes, refused, imported_at, event_seq, statements, entries, \
     transactions, vouchers, ledger_lines, errors, warnings, infos, mapping";

impl Cache {
    /// The document with this digest.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_document(&self, sha256: &Digest) -> Result<Option<DocumentRow>, CacheError> {
        let row =
            sqlx::query(sqlx::AssertSqlSafe(format!("select {COLUMNS} from document where sha256 = ?")))
                .bind(sha256.0.as_slice())
                .fetch_optional(&self.reader)
                .await?;
        row.as_ref().map(document_row).transpose()
    }

    /// The document in this row.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_document_by_id(&self, id: i64) -> Result<Option<DocumentRow>, CacheError> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("select {COLUMNS} from document where id = ?")))
            .bind(id)
            .fetch_optional(&self.reader)
            .await?;
        row.as_ref().map(document_row).transpose()
    }

    /// Documents, newest first.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_documents(
        &self,
        offset: u64,
        limit: u32,
    ) -> Result<(u64, Vec<DocumentRow>), CacheError> {
        let total: i64 = sqlx::query_scalar("select count(*) from document").fetch_one(&self.reader).await?;
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select {COLUMNS} from document order by id desc limit ? offset ?"
        )))
        .bind(limit)
        .bind(offset.cast_signed())
        .fetch_all(&self.reader)
        .await?;
        Ok((total.cast_unsigned(), rows.iter().map(document_row).collect::<Result<_, _>>()?))
    }

    /// Bytes `span` of a document, and as much around it as lies in the same pieces, with the offset of the first.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer or a piece does not decompress.
    pub async fn load_document_around(
        &self,
        document: i64,
        span: Span,
    ) -> Result<(u64, Vec<u8>), CacheError> {
        let rows = sqlx::query(
            "select position, length, data from document_chunk
             where document_id = ? and position < ? and position + length > ? order by position",
        )
        .bind(document)
        .bind(span.end.max(span.start + 1).cast_signed())
        .bind(span.start.cast_signed())
        .fetch_all(&self.reader)
        .await?;
        let start = rows.first().map_or(0, |row| row.get::<i64, _>(0).cast_unsigned());
        Ok((start, decompress(&rows)?))
    }

    /// A whole document.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer or a piece does not decompress.
    pub async fn load_document(&self, document: i64) -> Result<Vec<u8>, CacheError> {
        let rows = sqlx::query(
            "select position, length, data from document_chunk where document_id = ? order by position",
        )
        .bind(document)
        .fetch_all(&self.reader)
        .await?;
        decompress(&rows)
    }

    /// Lines of the document before byte `position` of its pieces: how many line ends lie in front of a piece.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer or a piece does not decompress.
    pub async fn count_lines_before(&self, document: i64, position: u64) -> Result<u64, CacheError> {
        let mut lines = 0;
        let rows = sqlx::query(
            "select position, length, data from document_chunk where document_id = ? and position < ? order by position",
        )
        .bind(document)
        .bind(position.cast_signed())
        .fetch_all(&self.reader)
        .await?;
        for row in &rows {
            let bytes = decompress(std::slice::from_ref(row))?;
            lines += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        }
        Ok(lines)
    }
}

fn decompress(rows: &[sqlx::sqlite::SqliteRow]) -> Result<Vec<u8>, CacheError> {
    let mut bytes = Vec::new();
    for row in rows {
        let length =
            usize::try_from(row.get::<i64, _>(1)).map_err(|error| CacheError::stored("document", error))?;
        let data: Vec<u8> = row.get(2);
        let piece =
            zstd::bulk::decompress(&data, length).map_err(|error| CacheError::stored("document", error))?;
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

fn document_row(row: &sqlx::sqlite::SqliteRow) -> Result<DocumentRow, CacheError> {
    let count = |column: usize| row.get::<i64, _>(column).cast_unsigned();
    Ok(DocumentRow {
        id: row.get(0),
        sha256: digest(&row.get::<Vec<u8>, _>(1))?,
        name: row.get(2),
        format: row.get(3),
        bytes: count(4),
        refused: row.get(5),
        imported_at: row.get(6),
        event_seq: count(7),
        statements: count(8),
        entries: count(9),
        transactions: count(10),
        vouchers: count(11),
        ledger_lines: count(12),
        findings: [count(13), count(14), count(15)],
        mapping: row.get(16),
    })
}

impl WriteTx {
    /// See [`Cache::find_document`].
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_document(&mut self, sha256: &Digest) -> Result<Option<DocumentRow>, CacheError> {
        let row =
            sqlx::query(sqlx::AssertSqlSafe(format!("select {COLUMNS} from document where sha256 = ?")))
                .bind(sha256.0.as_slice())
                .fetch_optional(&mut *self.tx)
                .await?;
        row.as_ref().map(document_row).transpose()
    }

    /// All documents that were read, in the order of the log: what came first stays in force, on every replica.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_read_documents(&mut self) -> Result<Vec<DocumentRow>, CacheError> {
        let sql = format!("select {COLUMNS} from document where refused = 0 order by event_seq, id");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut *self.tx).await?;
        rows.iter().map(document_row).collect()
    }
}
