//! What verified events speak of and the member could not have so far: to be asked for again, less and less often, and
//! at once when the member's rights have changed.

use crate::{
    error::CacheError,
    log::{WriteTx, digest},
    open::Cache,
};
use attest_domain::Digest;
use sqlx::Row;

/// Something that is to be asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Again<T> {
    /// What.
    pub what: T,
    /// Position of the event it is about, or the first one.
    pub seq: u64,
    /// Times it was asked for in vain.
    pub tries: u32,
}

impl Cache {
    /// Documents that are due at this second, in the order of their imports, at most `limit`.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_withheld(&self, now: i64, limit: u32) -> Result<Vec<Again<Digest>>, CacheError> {
        let rows = sqlx::query(
            "select sha256, event_seq, tries from withheld where due <= ? order by event_seq limit ?",
        )
        .bind(now)
        .bind(limit)
        .fetch_all(&self.reader)
        .await?;
        rows.iter()
            .map(|row| {
                let what = digest(&row.get::<Vec<u8>, _>(0))?;
                Ok(Again { what, seq: row.get::<i64, _>(1).cast_unsigned(), tries: row.get(2) })
            })
            .collect()
    }

    /// From where on disclosures are due at this second.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_withheld_disclosures(&self, now: i64) -> Result<Option<Again<()>>, CacheError> {
        let row = sqlx::query("select start, tries from withheld_disclosures where due <= ?")
            .bind(now)
            .fetch_optional(&self.reader)
            .await?;
        Ok(row.map(|row| Again { what: (), seq: row.get::<i64, _>(0).cast_unsigned(), tries: row.get(1) }))
    }
}

impl WriteTx {
    /// Notes that a document could not be had, once more where it is noted.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn withhold(&mut self, sha256: &Digest, event_seq: u64, due: i64) -> Result<(), CacheError> {
        sqlx::query(
            "insert into withheld (sha256, event_seq, tries, due) values (?, ?, 1, ?)
             on conflict (sha256) do update set tries = tries + 1, due = excluded.due",
        )
        .bind(sha256.0.as_slice())
        .bind(event_seq.cast_signed())
        .bind(due)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Forgets that a document could not be had: it is here.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn remove_withheld(&mut self, sha256: &Digest) -> Result<(), CacheError> {
        sqlx::query("delete from withheld where sha256 = ?")
            .bind(sha256.0.as_slice())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Notes that the disclosures from a position on could not be had, once more where it is noted.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn withhold_disclosures(&mut self, start: u64, due: i64) -> Result<(), CacheError> {
        sqlx::query(
            "insert into withheld_disclosures (only, start, tries, due) values (1, ?, 1, ?)
             on conflict (only) do update set start = min(start, excluded.start), tries = tries + 1,
                 due = excluded.due",
        )
        .bind(start.cast_signed())
        .bind(due)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Notes how far disclosures have been asked for again; `None` where all of them were.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn put_withheld_disclosures(&mut self, start: Option<u64>) -> Result<(), CacheError> {
        match start {
            Some(start) => {
                sqlx::query("update withheld_disclosures set start = ?, tries = 0")
                    .bind(start.cast_signed())
                    .execute(&mut *self.tx)
                    .await?
            }
            None => sqlx::query("delete from withheld_disclosures").execute(&mut *self.tx).await?,
        };
        Ok(())
    }

    /// Has everything asked for again with the next occasion, all disclosures included: the member's rights are others.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn ask_withheld(&mut self) -> Result<(), CacheError> {
        sqlx::query("update withheld set tries = 0, due = 0").execute(&mut *self.tx).await?;
        sqlx::query(
            "insert into withheld_disclosures (only, start, tries, due) values (1, 0, 0, 0)
             on conflict (only) do update set start = 0, tries = 0, due = 0",
        )
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Keeps disclosures of an event that are not kept yet; answers how many those were.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn add_disclosures(
        &mut self,
        event_seq: u64,
        disclosures: &[(String, String)],
    ) -> Result<u64, CacheError> {
        let mut added = 0;
        for (digest, text) in disclosures {
            let sql = "insert or ignore into disclosure (digest, event_seq, text) values (?, ?, ?)";
            let query = sqlx::query(sql).bind(digest).bind(event_seq.cast_signed()).bind(text);
            added += query.execute(&mut *self.tx).await?.rows_affected();
        }
        Ok(added)
    }
}
