//! Bank accounts as stored, and the ledger accounts they are reconciled with.

use crate::{error::CacheError, log::WriteTx, open::Cache};
use sqlx::{Row, sqlite::SqliteRow};

/// A bank account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Row.
    pub id: i64,
    /// Normalised number and currency.
    pub key: String,
    /// IBAN.
    pub iban: Option<String>,
    /// Other number.
    pub number: Option<String>,
    /// Currency.
    pub currency: String,
    /// Name given by the bank.
    pub name: Option<String>,
    /// Owner.
    pub owner: Option<String>,
    /// BIC of the bank.
    pub servicer: Option<String>,
    /// Ledger account it is reconciled with.
    pub ledger_account: Option<String>,
    /// Log position of the newest change its proposals do not know yet.
    pub stale: Option<i64>,
}

impl Cache {
    /// All accounts that have a statement, by key.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_accounts(&self) -> Result<Vec<AccountRow>, CacheError> {
        let rows = sqlx::query(
            "select id, key, iban, number, currency, name, owner, servicer, ledger_account, stale
             from account order by key",
        )
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.iter().map(account_row).collect())
    }

    /// Months that the statements of an account reach into, newest first, as `YYYY-MM`. Statements without a
    /// period are placed by their entries.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_months(&self, account: i64) -> Result<Vec<String>, CacheError> {
        Ok(sqlx::query_scalar(
            "with recursive period(day_from, day_to) as (
                 select coalesce(day_from, day_to), day_to from statement
                 where account_id = ?1 and state = 'current' and day_to is not null
                 union select e.day, e.day from statement s join entry e on e.statement_id = s.id
                 where s.account_id = ?1 and s.state = 'current' and s.day_to is null and e.day <> 0),
             month(first, day_to) as (
                 select date(day_from * 86400, 'unixepoch', 'start of month'), date(day_to * 86400, 'unixepoch')
                 from period
                 union select date(first, '+1 month'), day_to from month where date(first, '+1 month') <= day_to)
             select distinct substr(first, 1, 7) from month order by 1 desc limit 600",
        )
        .bind(account)
        .fetch_all(&self.reader)
        .await?)
    }

    /// Booked entries of an account that count and are neither suggested nor confirmed.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn count_open(&self, account: i64) -> Result<u64, CacheError> {
        let count: i64 = sqlx::query_scalar(
            "with booked as (select id from statement where account_id = ?1 and state = 'current')
             select (select count(*) from entry where statement_id in (select id from booked) and status = 0)
                  - (select count(*) from superseded_entry x join entry e on e.id = x.entry_id
                     where e.statement_id in (select id from booked) and e.status = 0)
                  - (select coalesce(sum(bank), 0) from review_group where account_id = ?1 and section in (1, 3))",
        )
        .bind(account)
        .fetch_one(&self.reader)
        .await?;
        Ok(count.max(0).cast_unsigned())
    }
}

impl WriteTx {
    /// Row and key of every account.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_account_keys(&mut self) -> Result<Vec<(i64, String)>, CacheError> {
        let rows = sqlx::query("select id, key from account").fetch_all(&mut *self.tx).await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Normalised number and currency of an account.
    ///
    /// # Errors
    /// [`CacheError`] when there is no such account.
    pub async fn find_account_key(&mut self, account: i64) -> Result<String, CacheError> {
        Ok(sqlx::query_scalar("select key from account where id = ?")
            .bind(account)
            .fetch_one(&mut *self.tx)
            .await?)
    }

    /// Gives an account its ledger account.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn set_ledger_account(&mut self, account: i64, ledger_account: &str) -> Result<(), CacheError> {
        sqlx::query("update account set ledger_account = ? where id = ?")
            .bind(ledger_account)
            .bind(account)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

fn account_row(row: &SqliteRow) -> AccountRow {
    AccountRow {
        id: row.get(0),
        key: row.get(1),
        iban: row.get(2),
        number: row.get(3),
        currency: row.get(4),
        name: row.get(5),
        owner: row.get(6),
        servicer: row.get(7),
        ledger_account: row.get(8),
        stale: row.get(9),
    }
}
