//! Sums over the lines that count: the figures of the equation.

use crate::{
    error::CacheError,
    log::WriteTx,
    open::Cache,
    values::{Side, amount},
};
use attest_domain::Amount;
use sqlx::Row;

impl Cache {
    /// Σ of the booked entries that count, in the days from `from` to `to`.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn sum_entries(&self, account: i64, days: (i64, i64)) -> Result<Amount, CacheError> {
        let rows = sqlx::query(
            "select e.amount_s, sum(e.amount_m) from entry e
             where e.statement_id in (select id from statement where account_id = ? and state = 'current')
               and e.status = 0 and e.day between ? and ?
               and not exists (select 1 from superseded_entry x where x.entry_id = e.id) group by 1",
        )
        .bind(account)
        .bind(days.0)
        .bind(days.1)
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.iter().map(|row| amount(row.get(1), row.get(0))).sum())
    }

    /// Σ of the lines of a ledger account in the days from `from` to `to`.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn sum_ledger(
        &self,
        account: &str,
        currency: &str,
        days: (i64, i64),
    ) -> Result<Amount, CacheError> {
        let rows = sqlx::query(
            "select amount_s, sum(amount_m) from ledger_line l
             where account = ? and currency = ? and status = 0 and day between ? and ?
               and not exists (select 1 from superseded_line x where x.line_id = l.id) group by 1",
        )
        .bind(account)
        .bind(currency)
        .bind(days.0)
        .bind(days.1)
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.iter().map(|row| amount(row.get(1), row.get(0))).sum())
    }

    /// Σ of the lines of one side, up to a day, that are in a confirmed match or write-off of this account.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn sum_settled(&self, account: i64, side: Side, to: i64) -> Result<Amount, CacheError> {
        let rows = sqlx::query(
            "select scale, sum(mantissa) from settled_day where account_id = ? and side = ? and day <= ? group by 1",
        )
        .bind(account)
        .bind(side.number())
        .bind(to)
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.iter().map(|row| amount(row.get(1), row.get(0))).sum())
    }
}

impl WriteTx {
    /// Adds the lines of groups to the sums by day when they are confirmed, or takes them off when they are not
    /// any more. Groups that are not confirmed are left alone.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub(crate) async fn count_settled(&mut self, groups: &str, added: bool) -> Result<(), CacheError> {
        for sql in [
            "insert into settled_day (account_id, side, day, scale, mantissa)
             select g.account_id, 0, e.day, e.amount_s, ? * sum(e.amount_m)
             from json_each(?) j join review_group g on g.id = j.value and g.section = 3
             join group_line l on l.group_id = g.id and l.side = 0 join entry e on e.id = l.line_id
             where true group by 1, 3, 4
             on conflict do update set mantissa = mantissa + excluded.mantissa",
            "insert into settled_day (account_id, side, day, scale, mantissa)
             select g.account_id, 1, e.day, e.amount_s, ? * sum(e.amount_m)
             from json_each(?) j join review_group g on g.id = j.value and g.section = 3
             join group_line l on l.group_id = g.id and l.side = 1 join ledger_line e on e.id = l.line_id
             where true group by 1, 3, 4
             on conflict do update set mantissa = mantissa + excluded.mantissa",
        ] {
            let sign = if added { 1 } else { -1 };
            sqlx::query(sql).bind(sign).bind(groups).execute(&mut *self.tx).await?;
        }
        Ok(())
    }

    /// Makes the sums by day anew, after groups were moved to other lines.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub(crate) async fn recount_settled(&mut self) -> Result<(), CacheError> {
        sqlx::query("delete from settled_day").execute(&mut *self.tx).await?;
        let all: String =
            sqlx::query_scalar("select json_group_array(id) from review_group where section = 3")
                .fetch_one(&mut *self.tx)
                .await?;
        self.count_settled(&all, true).await
    }
}
