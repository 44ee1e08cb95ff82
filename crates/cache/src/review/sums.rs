//! Sums over the lines that count: the figures of the equation.

use crate::{
    error::CacheError,
    open::Cache,
    values::{Side, amount},
};
use attest_domain::Amount;
use sqlx::Row;

impl Cache {
    /// Σ of the booked entries that count, up to a day.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn sum_entries(&self, account: i64, to: i64) -> Result<Amount, CacheError> {
        let rows = sqlx::query(
            "select e.amount_s, sum(e.amount_m) from entry e
             where e.statement_id in (select id from statement where account_id = ? and state = 'current')
               and e.status = 0 and e.day <= ?
               and not exists (select 1 from superseded_entry x where x.entry_id = e.id) group by 1",
        )
        .bind(account)
        .bind(to)
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.iter().map(|row| amount(row.get(1), row.get(0))).sum())
    }

    /// Σ of the lines of a ledger account in the days from `from` to `to`.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn sum_ledger(&self, account: &str, currency: &str, days: (i64, i64)) -> Result<Amount, CacheError> {
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
        let sql = match side {
            Side::Bank => {
                "select e.amount_s, sum(e.amount_m) from review_group g join group_line l on l.group_id = g.id
                 join entry e on e.id = l.line_id
                 where g.account_id = ? and g.section = 3 and l.side = 0 and e.day <= ? group by 1"
            }
            Side::Ledger => {
                "select e.amount_s, sum(e.amount_m) from review_group g join group_line l on l.group_id = g.id
                 join ledger_line e on e.id = l.line_id
                 where g.account_id = ? and g.section = 3 and l.side = 1 and e.day <= ? group by 1"
            }
        };
        let rows = sqlx::query(sql).bind(account).bind(to).fetch_all(&self.reader).await?;
        Ok(rows.iter().map(|row| amount(row.get(1), row.get(0))).sum())
    }
}
