//! Single lines of either side: found by id, held, commented on, turned down.

use crate::{
    error::CacheError,
    log::WriteTx,
    open::Cache,
    values::{Side, amount, json_integers},
};
use attest_domain::Amount;
use sqlx::{Row, SqliteExecutor};
use std::collections::HashMap;

/// Marks on one line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineMark {
    /// Day until which it is on hold.
    pub held_until: Option<i64>,
    /// Comments that have not been withdrawn.
    pub comments: i64,
}

/// A line found by its id, with what the rules ask of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundLine {
    /// Side.
    pub side: Side,
    /// Row.
    pub row: i64,
    /// Amount.
    pub amount: Amount,
    /// Currency.
    pub currency: String,
    /// Status number of an entry; 0 for a ledger line that counts.
    pub status: i64,
    /// Day.
    pub day: i64,
    /// Id of the confirmed match it is in.
    pub match_id: Option<String>,
    /// Day until which it is on hold.
    pub held_until: Option<i64>,
    /// Bank account of an entry.
    pub account: Option<i64>,
    /// Ledger account of a ledger line.
    pub ledger_account: Option<String>,
}

impl Cache {
    /// All marks on lines.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_marks(&self) -> Result<HashMap<(Side, i64), LineMark>, CacheError> {
        let rows = sqlx::query("select side, line_id, held_until, comments from line_mark")
            .fetch_all(&self.reader)
            .await?;
        Ok(rows
            .iter()
            .map(|row| {
                let mark = LineMark { held_until: row.get(2), comments: row.get(3) };
                ((Side::from_number(row.get(0)), row.get(1)), mark)
            })
            .collect())
    }

    /// Where lines went that another tells instead: uid and the uid of the one that counts in its place.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_followers(
        &self,
        side: Side,
        uids: &[[u8; 16]],
    ) -> Result<Vec<([u8; 16], [u8; 16])>, CacheError> {
        let mut followers = Vec::new();
        for uid in uids {
            let row: Option<Vec<u8>> = match (self.find_line(side, uid).await?, side) {
                (None, _) => None,
                (Some(line), Side::Bank) => {
                    sqlx::query_scalar("select uid from entry where id = ?")
                        .bind(line.row)
                        .fetch_optional(&self.reader)
                        .await?
                }
                (Some(line), Side::Ledger) => {
                    let query = sqlx::query_scalar("select uid from ledger_line where id = ?");
                    query.bind(line.row).fetch_optional(&self.reader).await?
                }
            };
            if let Some(now) = row.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()).filter(|now| now != uid)
            {
                followers.push((*uid, now));
            }
        }
        Ok(followers)
    }

    /// Ids of the lines that a line has taken the place of, itself included: what was decided about them holds for it.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_predecessors(&self, uid: &[u8; 16]) -> Result<Vec<[u8; 16]>, CacheError> {
        let rows: Vec<Vec<u8>> = sqlx::query_scalar(
            "with recursive b(id) as (
                 select id from entry where uid = ?1
                 union select x.entry_id from b join superseded_entry x on x.instead = b.id),
             l(id) as (
                 select id from ledger_line where uid = ?1
                 union select x.line_id from l join superseded_line x on x.instead = l.id)
             select e.uid from b join entry e on e.id = b.id
             union all select e.uid from l join ledger_line e on e.id = l.id",
        )
        .bind(uid.as_slice())
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.into_iter().filter_map(|bytes| bytes.try_into().ok()).collect())
    }

    /// Combinations that were turned down.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_rejected(&self) -> Result<Vec<String>, CacheError> {
        Ok(sqlx::query_scalar("select lines from rejected order by lines").fetch_all(&self.reader).await?)
    }

    /// The line with this id, following it to the one that counts in its place; `None` when it does not count and
    /// nothing counts in its place.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_line(&self, side: Side, uid: &[u8; 16]) -> Result<Option<FoundLine>, CacheError> {
        find_line(&self.reader, side, uid).await
    }
}

impl WriteTx {
    /// See [`Cache::find_line`].
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_line(&mut self, side: Side, uid: &[u8; 16]) -> Result<Option<FoundLine>, CacheError> {
        find_line(&mut *self.tx, side, uid).await
    }

    /// Puts a line on hold or, with `None`, takes it off.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn set_hold(&mut self, side: Side, row: i64, until: Option<i64>) -> Result<(), CacheError> {
        sqlx::query(
            "insert into line_mark (side, line_id, held_until) values (?, ?, ?)
             on conflict (side, line_id) do update set held_until = excluded.held_until",
        )
        .bind(side.number())
        .bind(row)
        .bind(until)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Counts a comment up or down.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn count_comment(&mut self, side: Side, row: i64, by: i64) -> Result<(), CacheError> {
        sqlx::query(
            "insert into line_mark (side, line_id, comments) values (?, ?, max(?, 0))
             on conflict (side, line_id) do update set comments = max(comments + ?, 0)",
        )
        .bind(side.number())
        .bind(row)
        .bind(by)
        .bind(by)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Remembers or forgets that a combination was turned down.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn set_rejected(&mut self, lines: &str, rejected: bool) -> Result<(), CacheError> {
        let sql = if rejected {
            "insert or ignore into rejected (lines) values (?)"
        } else {
            "delete from rejected where lines = ?"
        };
        sqlx::query(sql).bind(lines).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Ids of lines by row, for naming them in events.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn load_line_ids(
        &mut self,
        side: Side,
        rows: &[i64],
    ) -> Result<Vec<(i64, [u8; 16])>, CacheError> {
        let sql = match side {
            Side::Bank => "select e.id, e.uid from json_each(?) j join entry e on e.id = j.value",
            Side::Ledger => "select l.id, l.uid from json_each(?) j join ledger_line l on l.id = j.value",
        };
        let rows =
            sqlx::query(sql).bind(json_integers(rows.iter().copied())).fetch_all(&mut *self.tx).await?;
        rows.iter()
            .map(|row| {
                let uid: Vec<u8> = row.get(1);
                let uid = uid.try_into().map_err(|_| CacheError::stored("line id", "not 16 bytes"))?;
                Ok((row.get(0), uid))
            })
            .collect()
    }
}

async fn find_line<'e>(
    executor: impl SqliteExecutor<'e>,
    side: Side,
    uid: &[u8; 16],
) -> Result<Option<FoundLine>, CacheError> {
    let sql = match side {
        Side::Bank => {
            "with recursive chain(id, hops) as (
                 select id, 0 from entry where uid = ?
                 union all select x.instead, hops + 1 from chain join superseded_entry x on x.entry_id = chain.id
                 where x.instead is not null and hops < 16)
             select e.id, e.amount_m, e.amount_s, e.currency, e.status, e.day, g.match_id, m.held_until,
                    s.account_id, null
             from chain join entry e on e.id = chain.id join statement s on s.id = e.statement_id
             left join group_line l on l.side = 0 and l.line_id = e.id
             left join review_group g on g.id = l.group_id and g.section = 3
             left join line_mark m on m.side = 0 and m.line_id = e.id
             where s.state = 'current' and not exists (select 1 from superseded_entry x where x.entry_id = e.id)
             order by chain.hops desc limit 1"
        }
        Side::Ledger => {
            "with recursive chain(id, hops) as (
                 select id, 0 from ledger_line where uid = ?
                 union all select x.instead, hops + 1 from chain join superseded_line x on x.line_id = chain.id
                 where x.instead is not null and hops < 16)
             select e.id, e.amount_m, e.amount_s, e.currency, e.status, e.day, g.match_id, m.held_until,
                    null, e.account
             from chain join ledger_line e on e.id = chain.id
             left join group_line l on l.side = 1 and l.line_id = e.id
             left join review_group g on g.id = l.group_id and g.section = 3
             left join line_mark m on m.side = 1 and m.line_id = e.id
             where e.status = 0 and not exists (select 1 from superseded_line x where x.line_id = e.id)
             order by chain.hops desc limit 1"
        }
    };
    let row = sqlx::query(sql).bind(uid.as_slice()).fetch_optional(executor).await?;
    Ok(row.map(|row| FoundLine {
        side,
        row: row.get(0),
        amount: amount(row.get(1), row.get(2)),
        currency: row.get(3),
        status: row.get(4),
        day: row.get(5),
        match_id: row.get(6),
        held_until: row.get(7),
        account: row.get(8),
        ledger_account: row.get(9),
    }))
}
