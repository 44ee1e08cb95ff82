//! Accounts, statements and entries as stored, and the marks that keep each counted once.

use crate::{
    error::CacheError,
    import::EntryDetail,
    log::{WriteTx, digest},
    open::Cache,
    values::{amount, date_from_day, integers, json_integers, status_from_number},
};
use attest_domain::{
    Amount, Currency, Date, Digest, EntryId, Span,
    statement::{Entry, EntryStatus},
};
use sqlx::{Row, SqliteExecutor, sqlite::SqliteRow};

/// A statement with its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementRow {
    /// Row.
    pub id: i64,
    /// Row of the document.
    pub document: i64,
    /// Digest of the document.
    pub sha256: Digest,
    /// File name of the document.
    pub document_name: String,
    /// Format of the document.
    pub format: String,
    /// Position in the document, from 0.
    pub ordinal: u32,
    /// Row of the account.
    pub account: i64,
    /// `statement`, `report`, `notification` or `listing`.
    pub kind: String,
    /// The bank's id.
    pub reference: Option<String>,
    /// Electronic, else legal sequence number.
    pub sequence: Option<u64>,
    /// Creation time as given.
    pub created: Option<String>,
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub to: Option<Date>,
    /// Opening balance.
    pub opening: Option<Amount>,
    /// Closing balance.
    pub closing: Option<Amount>,
    /// Σ booked entries.
    pub sum: Amount,
    /// Number of entries.
    pub entries: u64,
    /// `ok`, `broken`, `uncheckable`.
    pub balance: String,
    /// Digest of the content.
    pub content: Digest,
    /// Page of a paginated message.
    pub page: Option<i64>,
    /// `current`, `redelivered`, `superseded`, `conflicting`.
    pub state: String,
}

/// What identifies an entry across documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryKey {
    /// Row.
    pub id: i64,
    /// Day.
    pub day: i64,
    /// Amount.
    pub amount: Amount,
    /// Status.
    pub status: EntryStatus,
    /// The bank's reference.
    pub servicer: Option<String>,
    /// Reference shown to people.
    pub reference: Option<String>,
    /// Counterparty.
    pub party: Option<String>,
}

/// An entry with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    /// Row.
    pub row: i64,
    /// Row of the document.
    pub document: i64,
    /// Digest of the document.
    pub sha256: Digest,
    /// Row of the statement.
    pub statement: i64,
    /// The entry itself.
    pub entry: Entry,
}

const STATEMENT_COLUMNS: &str = "s.id, s.document_id, d.sha256, d.name, d.format, s.account_id, s.kind, s.reference, \
     coalesce(s.electronic_sequence, s.legal_sequence), s.created, s.day_from, s.day_to, s.opening_m, s.opening_s, \
     s.closing_m, s.closing_s, s.sum_m, s.sum_s, s.entries, s.balance, s.content, s.state, s.ordinal, s.page";

const ENTRY_COLUMNS: &str = "e.id, e.uid, e.statement_id, e.ordinal, e.span_start, e.span_end, e.booked, e.valued, \
     e.amount_m, e.amount_s, e.currency, e.status, e.servicer, e.detail, s.document_id, d.sha256, s.ordinal";

impl Cache {
    /// All statements in the order of accounts and periods.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_statements(&self, account: Option<i64>) -> Result<Vec<StatementRow>, CacheError> {
        list_statements(&self.reader, account).await
    }

    /// Entries that count, in the order they came, after row `after`: one page of an account's days, or of all.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_entries(
        &self,
        account: Option<i64>,
        days: (i64, i64),
        after: i64,
        limit: u32,
    ) -> Result<Vec<EntryRow>, CacheError> {
        // `cross join` keeps entries outermost, so that a page costs what it holds, never a whole statement.
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select {ENTRY_COLUMNS} from entry e cross join statement s on s.id = e.statement_id
             join document d on d.id = s.document_id
             where e.id > ? and e.day between ? and ? and s.state = 'current'
               and (? is null or s.account_id = ?)
               and not exists (select 1 from superseded_entry x where x.entry_id = e.id)
             order by e.id limit ?"
        )))
        .bind(after)
        .bind(days.0)
        .bind(days.1)
        .bind(account)
        .bind(account)
        .bind(limit)
        .fetch_all(&self.reader)
        .await?;
        rows.iter().map(entry_row).collect()
    }

    /// Entries by row, in no particular order.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn load_entries(&self, rows: &[i64]) -> Result<Vec<EntryRow>, CacheError> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select {ENTRY_COLUMNS} from json_each(?) j join entry e on e.id = j.value
             join statement s on s.id = e.statement_id join document d on d.id = s.document_id"
        )))
        .bind(json_integers(rows.iter().copied()))
        .fetch_all(&self.reader)
        .await?;
        rows.iter().map(entry_row).collect()
    }

    /// The entry with this id.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_entry(&self, id: &EntryId) -> Result<Option<EntryRow>, CacheError> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select {ENTRY_COLUMNS} from entry e join statement s on s.id = e.statement_id
             join document d on d.id = s.document_id where e.uid = ?"
        )))
        .bind(id.0.as_slice())
        .fetch_optional(&self.reader)
        .await?;
        row.as_ref().map(entry_row).transpose()
    }

    /// What tells the entries of a statement from those of another.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_entry_keys(&self, statement: i64) -> Result<Vec<EntryKey>, CacheError> {
        list_entry_keys(&self.reader, statement).await
    }

    /// Booked entries of an account that count and are in no group, each packed as `day << 32 | row`, unsorted.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn pack_open_entries(&self, account: i64, days: (i64, i64)) -> Result<Vec<i64>, CacheError> {
        self.pack_entries_by(
            "select json_group_array((e.day << 32) | e.id) from entry e
             where e.statement_id in (select id from statement where account_id = ? and state = 'current')
               and e.status = 0 and e.day between ? and ?
               and not exists (select 1 from group_line g where g.side = 0 and g.line_id = e.id)",
            account,
            days,
        )
        .await
    }

    /// Those of these entries that are booked, count, belong to the account and are in no group; packed likewise.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_open_entries(&self, account: i64, rows: &[i64]) -> Result<Vec<i64>, CacheError> {
        let row = sqlx::query(
            "select json_group_array((e.day << 32) | e.id) from entry e
             where e.id in (select value from json_each(?)) and e.status = 0
               and e.statement_id in (select id from statement where account_id = ? and state = 'current')
               and not exists (select 1 from group_line g where g.side = 0 and g.line_id = e.id)
               and not exists (select 1 from superseded_entry x where x.entry_id = e.id)",
        )
        .bind(json_integers(rows.iter().copied()))
        .bind(account)
        .fetch_one(&self.reader)
        .await?;
        Ok(integers(&crate::open::aggregate(&row)))
    }

    /// Booked entries of an account that count, each packed as `day << 32 | row`, unsorted.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn pack_entries(&self, account: i64, days: (i64, i64)) -> Result<Vec<i64>, CacheError> {
        self.pack_entries_by(
            "select json_group_array((e.day << 32) | e.id) from entry e
             where e.statement_id in (select id from statement where account_id = ? and state = 'current')
               and e.status = 0 and e.day between ? and ?",
            account,
            days,
        )
        .await
    }

    async fn pack_entries_by(
        &self,
        sql: &'static str,
        account: i64,
        days: (i64, i64),
    ) -> Result<Vec<i64>, CacheError> {
        let row = sqlx::query(sql).bind(account).bind(days.0).bind(days.1).fetch_one(&self.reader).await?;
        let mut packed = integers(&crate::open::aggregate(&row));
        let superseded =
            self.list_superseded("select json_group_array(entry_id) from superseded_entry").await?;
        if !superseded.is_empty() {
            packed.retain(|value| superseded.binary_search(&(value & 0xFFFF_FFFF)).is_err());
        }
        Ok(packed)
    }

    pub(crate) async fn list_superseded(&self, sql: &'static str) -> Result<Vec<i64>, CacheError> {
        let mut rows = integers(&crate::open::aggregate(&sqlx::query(sql).fetch_one(&self.reader).await?));
        rows.sort_unstable();
        Ok(rows)
    }

    /// Pending and information entries of an account in these days.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn count_pending(&self, account: i64, days: (i64, i64)) -> Result<u64, CacheError> {
        let count: i64 = sqlx::query_scalar(
            "select count(*) from entry e
             where e.statement_id in (select id from statement where account_id = ? and state = 'current')
               and e.status in (1, 2) and e.day between ? and ?
               and not exists (select 1 from superseded_entry x where x.entry_id = e.id)",
        )
        .bind(account)
        .bind(days.0)
        .bind(days.1)
        .fetch_one(&self.reader)
        .await?;
        Ok(count.cast_unsigned())
    }
}

async fn list_statements<'e>(
    executor: impl SqliteExecutor<'e>,
    account: Option<i64>,
) -> Result<Vec<StatementRow>, CacheError> {
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
        "select {STATEMENT_COLUMNS} from statement s join document d on d.id = s.document_id
         where ? is null or s.account_id = ?
         order by s.account_id, s.day_to, s.day_from, coalesce(s.electronic_sequence, s.legal_sequence),
                  s.created, s.id"
    )))
    .bind(account)
    .bind(account)
    .fetch_all(executor)
    .await?;
    rows.iter().map(statement_row).collect()
}

async fn list_entry_keys<'e>(
    executor: impl SqliteExecutor<'e>,
    statement: i64,
) -> Result<Vec<EntryKey>, CacheError> {
    let rows = sqlx::query(
        "select id, day, amount_m, amount_s, status, servicer, reference, party from entry
         where statement_id = ? order by ordinal",
    )
    .bind(statement)
    .fetch_all(executor)
    .await?;
    Ok(rows
        .iter()
        .map(|row| EntryKey {
            id: row.get(0),
            day: row.get(1),
            amount: amount(row.get(2), row.get(3)),
            status: status_from_number(row.get(4)),
            servicer: row.get(5),
            reference: row.get(6),
            party: row.get(7),
        })
        .collect())
}

/// The same questions inside the write transaction, where its own changes are visible.
impl WriteTx {
    /// See [`Cache::list_statements`].
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_statements(&mut self, account: Option<i64>) -> Result<Vec<StatementRow>, CacheError> {
        list_statements(&mut *self.tx, account).await
    }

    /// Statements of an account that a new document can have to do with: its own, those with the same content or
    /// overlapping days, notifications that count, and the ones before and behind; in the order of periods.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_statements_near(
        &mut self,
        account: i64,
        document: i64,
    ) -> Result<Vec<StatementRow>, CacheError> {
        const BEFORE: &str = "day_to desc, day_from desc, coalesce(electronic_sequence, legal_sequence) desc, \
             created desc, id desc";
        const BEHIND: &str = "day_to, day_from, coalesce(electronic_sequence, legal_sequence), created, id";
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "with new(first, last) as (
                 select min(coalesce(day_from, day_to)), max(coalesce(day_to, day_from)) from statement
                 where document_id = ?2 and account_id = ?1)
             select {STATEMENT_COLUMNS} from new join statement s join document d on d.id = s.document_id
             where s.account_id = ?1 and (
                 s.document_id = ?2 or new.first is null or coalesce(s.day_to, s.day_from) is null
                 or s.kind = 'notification' and s.state = 'current'
                 or coalesce(s.day_to, s.day_from) >= new.first and coalesce(s.day_from, s.day_to) <= new.last
                 or s.content in (select content from statement where document_id = ?2)
                 or s.id = (select id from statement where account_id = ?1 and kind = 'statement' and state = 'current'
                            and day_to < new.first order by {BEFORE} limit 1)
                 or s.id = (select id from statement where account_id = ?1 and kind = 'statement' and state = 'current'
                            and coalesce(day_from, day_to) > new.last order by {BEHIND} limit 1))
             order by s.day_to, s.day_from, coalesce(s.electronic_sequence, s.legal_sequence), s.created, s.id"
        )))
        .bind(account)
        .bind(document)
        .fetch_all(&mut *self.tx)
        .await?;
        rows.iter().map(statement_row).collect()
    }

    /// Whether a statement or an intraday report of an account counts.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn has_bookings(&mut self, account: i64) -> Result<bool, CacheError> {
        Ok(sqlx::query_scalar(
            "select exists (select 1 from statement where account_id = ? and state = 'current'
                            and kind in ('statement', 'report'))",
        )
        .bind(account)
        .fetch_one(&mut *self.tx)
        .await?)
    }

    /// See [`Cache::list_entry_keys`].
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_entry_keys(&mut self, statement: i64) -> Result<Vec<EntryKey>, CacheError> {
        list_entry_keys(&mut *self.tx, statement).await
    }

    /// Notifications in another format that tell of the same deposit as an entry: same day, amount and currency.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_notification_twins(&mut self, entry: i64) -> Result<Vec<(i64, String)>, CacheError> {
        let rows = sqlx::query(
            "select o.id, d.name from entry e join statement s on s.id = e.statement_id
             join document sd on sd.id = s.document_id
             join entry o on o.day = e.day and o.amount_m = e.amount_m and o.amount_s = e.amount_s
                  and o.currency = e.currency and o.id < e.id
             join statement t on t.id = o.statement_id and t.kind = 'notification' and t.document_id <> s.document_id
             join document d on d.id = t.document_id and substr(d.format, 1, 4) <> substr(sd.format, 1, 4)
             where e.id = ? and not exists (select 1 from superseded_entry x where x.entry_id = o.id)
               and not exists (select 1 from superseded_entry x where x.instead = o.id and x.reason = 'double')
             order by o.id",
        )
        .bind(entry)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }
}

impl WriteTx {
    /// Says that a statement does not count, and which one does.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn set_statement_state(
        &mut self,
        id: i64,
        state: &str,
        instead: Option<i64>,
    ) -> Result<(), CacheError> {
        sqlx::query("update statement set state = ?, instead = ? where id = ?")
            .bind(state)
            .bind(instead)
            .bind(id)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Says that an entry does not count, and which one does.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn supersede_entry(
        &mut self,
        entry: i64,
        instead: Option<i64>,
        reason: &str,
    ) -> Result<(), CacheError> {
        sqlx::query("insert or replace into superseded_entry (entry_id, instead, reason) values (?, ?, ?)")
            .bind(entry)
            .bind(instead)
            .bind(reason)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

fn statement_row(row: &SqliteRow) -> Result<StatementRow, CacheError> {
    let optional = |mantissa: usize| -> Option<Amount> {
        row.get::<Option<i64>, _>(mantissa).map(|value| amount(value, row.get(mantissa + 1)))
    };
    Ok(StatementRow {
        id: row.get(0),
        document: row.get(1),
        sha256: digest(&row.get::<Vec<u8>, _>(2))?,
        document_name: row.get(3),
        format: row.get(4),
        account: row.get(5),
        kind: row.get(6),
        reference: row.get(7),
        sequence: row.get::<Option<i64>, _>(8).map(i64::cast_unsigned),
        created: row.get(9),
        from: row.get::<Option<i64>, _>(10).and_then(date_from_day),
        to: row.get::<Option<i64>, _>(11).and_then(date_from_day),
        opening: optional(12),
        closing: optional(14),
        sum: amount(row.get(16), row.get(17)),
        entries: row.get::<i64, _>(18).cast_unsigned(),
        balance: row.get(19),
        content: digest(&row.get::<Vec<u8>, _>(20))?,
        state: row.get(21),
        ordinal: u32::try_from(row.get::<i64, _>(22)).unwrap_or(0),
        page: row.get(23),
    })
}

fn entry_row(row: &SqliteRow) -> Result<EntryRow, CacheError> {
    let uid: [u8; 16] = row
        .get::<Vec<u8>, _>(1)
        .try_into()
        .map_err(|bytes: Vec<u8>| CacheError::stored("entry id", format!("{} bytes", bytes.len())))?;
    let detail: EntryDetail = serde_json::from_slice(&row.get::<Vec<u8>, _>(13))
        .map_err(|error| CacheError::stored("entry", error))?;
    let currency: &str = row.get(10);
    let number = |column: usize| u32::try_from(row.get::<i64, _>(column)).unwrap_or(0);
    Ok(EntryRow {
        row: row.get(0),
        document: row.get(14),
        sha256: digest(&row.get::<Vec<u8>, _>(15))?,
        statement: row.get(2),
        entry: Entry {
            id: EntryId(uid),
            statement: number(16),
            ordinal: number(3),
            span: Span {
                start: row.get::<i64, _>(4).cast_unsigned(),
                end: row.get::<i64, _>(5).cast_unsigned(),
            },
            amount: amount(row.get(8), row.get(9)),
            currency: Currency::parse(currency).ok_or_else(|| CacheError::stored("currency", currency))?,
            reversal: detail.reversal,
            status: status_from_number(row.get(11)),
            booked: row.get::<Option<i64>, _>(6).and_then(date_from_day),
            valued: row.get::<Option<i64>, _>(7).and_then(date_from_day),
            reference: detail.reference,
            servicer_reference: row.get(12),
            bank_code: detail.bank_code,
            batch: detail.batch,
            charges: detail.charges,
            exchange: detail.exchange,
            additional: detail.additional,
            transactions: detail.transactions,
        },
    })
}
