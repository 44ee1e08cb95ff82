//! The log as an auditor lists it: by filter, from either end, page by page.

use crate::{
    error::CacheError,
    log::{WriteTx, digest},
    open::Cache,
};
use attest_domain::{Digest, event::action};
use sqlx::{QueryBuilder, Row, Sqlite};

/// Which events are wanted. What is absent narrows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// From this instant on, RFC 3339 in UTC.
    pub from: Option<String>,
    /// Before this instant.
    pub until: Option<String>,
    /// The action; `*` stands for anything.
    pub action: Option<String>,
    /// Id of the object, or of a line that the event speaks of.
    pub object: Option<String>,
    /// From the end of the log towards its beginning.
    pub newest_first: bool,
}

/// An event as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Position.
    pub seq: u64,
    /// Canonical bytes.
    pub leaf: Vec<u8>,
    /// Leaf hash as it was stored.
    pub hash: Digest,
    /// Disclosures that are kept here.
    pub disclosures: Vec<String>,
}

impl Cache {
    /// The next events behind position `after`, at most `limit`.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_audit(
        &self,
        filter: &AuditFilter,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, CacheError> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "select e.seq, e.leaf, e.hash,
                    (select json_group_array(d.text) from disclosure d where d.event_seq = e.seq)
             from event e where 1 = 1",
        );
        if let Some(after) = after {
            query.push(if filter.newest_first { " and e.seq < " } else { " and e.seq > " });
            query.push_bind(after.cast_signed());
        }
        if let Some(from) = &filter.from {
            query.push(" and e.at >= ").push_bind(from);
        }
        if let Some(until) = &filter.until {
            query.push(" and e.at < ").push_bind(until);
        }
        if let Some(action) = &filter.action {
            query.push(" and e.action glob ").push_bind(action);
        }
        if let Some(object) = &filter.object {
            query.push(" and (e.object_id = ").push_bind(object);
            query.push(" or e.seq in (select l.seq from event_line l where l.line = ").push_bind(object);
            query.push("))");
        }
        query.push(if filter.newest_first { " order by e.seq desc" } else { " order by e.seq" });
        query.push(" limit ").push_bind(limit);
        let rows = query.build().fetch_all(&self.reader).await?;
        rows.iter()
            .map(|row| {
                Ok(AuditRow {
                    seq: row.get::<i64, _>(0).cast_unsigned(),
                    leaf: row.get(1),
                    hash: digest(&row.get::<Vec<u8>, _>(2))?,
                    disclosures: serde_json::from_str(row.get(3))
                        .map_err(|error| CacheError::stored("disclosure", error))?,
                })
            })
            .collect()
    }

    /// The events by which something of the events with these ids was erased, in order.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_erasures(&self, ids: &[String]) -> Result<Vec<Vec<u8>>, CacheError> {
        let ids = serde_json::to_string(ids).map_err(|error| CacheError::stored("id", error))?;
        Ok(sqlx::query_scalar(
            "select leaf from event where object_id in (select value from json_each(?)) and action = ?
             order by seq",
        )
        .bind(ids)
        .bind(action::DISCLOSURE_ERASE)
        .fetch_all(&self.reader)
        .await?)
    }
}

impl WriteTx {
    /// Destroys disclosures by their digests; answers how many were here.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn erase_disclosures(&mut self, digests: &[String]) -> Result<u64, CacheError> {
        let digests = serde_json::to_string(digests).map_err(|error| CacheError::stored("digest", error))?;
        let gone = sqlx::query("delete from disclosure where digest in (select value from json_each(?))")
            .bind(digests)
            .execute(&mut *self.tx)
            .await?;
        Ok(gone.rows_affected())
    }

    /// Calls a document by another name.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn rename_document(&mut self, sha256: &Digest, name: &str) -> Result<(), CacheError> {
        sqlx::query("update document set name = ? where sha256 = ?")
            .bind(name)
            .bind(sha256.0.as_slice())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}
