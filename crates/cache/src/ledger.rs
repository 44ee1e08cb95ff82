//! Vouchers, ledger lines and books as stored.

use crate::{
    error::CacheError,
    import::LineDetail,
    log::{WriteTx, digest},
    open::Cache,
    values::{amount, date_from_day, day_from_date, integers, json_integers},
};
use attest_domain::{Amount, Date, Digest, LedgerLineId, Span, ledger::LedgerBook};
use sqlx::{Row, sqlite::SqliteRow};

/// A ledger line with its voucher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    /// Row.
    pub row: i64,
    /// Id.
    pub id: LedgerLineId,
    /// Row of the document.
    pub document: i64,
    /// Digest of the document.
    pub sha256: Digest,
    /// Voucher series.
    pub series: String,
    /// Voucher number.
    pub number: String,
    /// Voucher date.
    pub voucher_date: Option<Date>,
    /// Voucher text.
    pub voucher_text: Option<String>,
    /// Account.
    pub account: String,
    /// Signed amount.
    pub amount: Amount,
    /// Currency of the books.
    pub currency: String,
    /// Date of the line.
    pub date: Option<Date>,
    /// Text of the line.
    pub text: Option<String>,
    /// Dimension and object pairs.
    pub objects: Vec<(String, String)>,
    /// Quantity.
    pub quantity: Option<Amount>,
    /// Bytes in the original.
    pub span: Span,
    /// Row of the voucher.
    pub voucher: i64,
}

impl LedgerRow {
    /// The line's text, else its voucher's.
    #[must_use]
    pub fn shown_text(&self) -> Option<&str> {
        self.text.as_deref().or(self.voucher_text.as_deref())
    }
}

/// A voucher as it identifies itself across exports, with the lines that count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoucherKey {
    /// Row.
    pub id: i64,
    /// Series.
    pub series: String,
    /// Number.
    pub number: String,
    /// Day.
    pub day: i64,
    /// Lines: row, account, amount, text.
    pub lines: Vec<(i64, String, Amount, Option<String>)>,
}

const COLUMNS: &str = "l.id, l.uid, l.document_id, d.sha256, v.series, v.number, v.day, v.text, l.account, l.amount_m, \
     l.amount_s, l.currency, l.day, l.text, l.detail, l.span_start, l.span_end, l.voucher_id";
const FROM: &str =
    "ledger_line l join voucher v on v.id = l.voucher_id join document d on d.id = l.document_id";

impl Cache {
    /// Ledger lines that count, in the order of documents, after row `after`.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_ledger_lines(
        &self,
        account: Option<&str>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<LedgerRow>, CacheError> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select {COLUMNS} from {FROM} where (? is null or l.account = ?) and l.status = 0 and l.id > ?
               and not exists (select 1 from superseded_line x where x.line_id = l.id)
             order by l.id limit ?"
        )))
        .bind(account)
        .bind(account)
        .bind(after)
        .bind(limit)
        .fetch_all(&self.reader)
        .await?;
        rows.iter().map(ledger_row).collect()
    }

    /// Ledger lines by row, in no particular order.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn load_ledger_lines(&self, rows: &[i64]) -> Result<Vec<LedgerRow>, CacheError> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select {COLUMNS} from json_each(?) j join ledger_line l on l.id = j.value
             join voucher v on v.id = l.voucher_id join document d on d.id = l.document_id"
        )))
        .bind(json_integers(rows.iter().copied()))
        .fetch_all(&self.reader)
        .await?;
        rows.iter().map(ledger_row).collect()
    }

    /// The ledger line with this id.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_ledger_line(&self, id: &LedgerLineId) -> Result<Option<LedgerRow>, CacheError> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("select {COLUMNS} from {FROM} where l.uid = ?")))
            .bind(id.0.as_slice())
            .fetch_optional(&self.reader)
            .await?;
        row.as_ref().map(ledger_row).transpose()
    }

    /// Lines of a ledger account that count and are in no group, each packed as `day << 32 | row`, unsorted.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn pack_open_lines(
        &self,
        account: &str,
        currency: &str,
        days: (i64, i64),
    ) -> Result<Vec<i64>, CacheError> {
        self.pack_lines_by(
            "select json_group_array((day << 32) | id) from ledger_line l
             where account = ? and currency = ? and status = 0 and day between ? and ?
               and not exists (select 1 from group_line g where g.side = 1 and g.line_id = l.id)",
            account,
            currency,
            days,
        )
        .await
    }

    /// Those of these lines that count, belong to the ledger account and are in no group; packed likewise.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_open_lines(
        &self,
        account: &str,
        currency: &str,
        rows: &[i64],
    ) -> Result<Vec<i64>, CacheError> {
        let row = sqlx::query(
            "select json_group_array((l.day << 32) | l.id) from ledger_line l
             where l.id in (select value from json_each(?)) and l.account = ? and l.currency = ? and l.status = 0
               and not exists (select 1 from group_line g where g.side = 1 and g.line_id = l.id)
               and not exists (select 1 from superseded_line x where x.line_id = l.id)",
        )
        .bind(json_integers(rows.iter().copied()))
        .bind(account)
        .bind(currency)
        .fetch_one(&self.reader)
        .await?;
        Ok(integers(&crate::open::aggregate(&row)))
    }

    /// Lines of a ledger account that count, each packed as `day << 32 | row`, unsorted.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn pack_ledger_lines(
        &self,
        account: &str,
        currency: &str,
        days: (i64, i64),
    ) -> Result<Vec<i64>, CacheError> {
        self.pack_lines_by(
            "select json_group_array((day << 32) | id) from ledger_line
             where account = ? and currency = ? and status = 0 and day between ? and ?",
            account,
            currency,
            days,
        )
        .await
    }

    async fn pack_lines_by(
        &self,
        sql: &'static str,
        account: &str,
        currency: &str,
        days: (i64, i64),
    ) -> Result<Vec<i64>, CacheError> {
        let row = sqlx::query(sql)
            .bind(account)
            .bind(currency)
            .bind(days.0)
            .bind(days.1)
            .fetch_one(&self.reader)
            .await?;
        let mut packed = integers(&crate::open::aggregate(&row));
        let superseded =
            self.list_superseded("select json_group_array(line_id) from superseded_line").await?;
        if !superseded.is_empty() {
            packed.retain(|value| superseded.binary_search(&(value & 0xFFFF_FFFF)).is_err());
        }
        Ok(packed)
    }

    /// All heads of ledger documents, oldest first, with the row of their document.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_books(&self) -> Result<Vec<(i64, LedgerBook)>, CacheError> {
        let rows = sqlx::query("select document_id, detail from book order by document_id")
            .fetch_all(&self.reader)
            .await?;
        rows.iter()
            .map(|row| {
                let book =
                    serde_json::from_str(row.get(1)).map_err(|error| CacheError::stored("book", error))?;
                Ok((row.get(0), book))
            })
            .collect()
    }

    /// Ledger accounts with lines in a currency, busiest first, with how many lines each has.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_ledger_accounts(&self, currency: &str) -> Result<Vec<(String, u64)>, CacheError> {
        let rows = sqlx::query(
            "select account, count(*) from ledger_line where currency = ? and status = 0
             group by account order by count(*) desc, account",
        )
        .bind(currency)
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get::<i64, _>(1).cast_unsigned())).collect())
    }
}

impl WriteTx {
    /// Vouchers of other documents that share series, number and financial year with one of this document, both with lines:
    /// `(this document's, the other's)`. Only vouchers that are counted are compared. Those that are there came before,
    /// whatever row their document has: a replica reads documents again in the order of the log.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_repeated_vouchers(
        &mut self,
        document: i64,
    ) -> Result<Vec<(VoucherKey, VoucherKey)>, CacheError> {
        let pairs = sqlx::query(
            "select n.id, o.id, n.day, o.day, nb.detail from voucher n join book nb on nb.document_id = n.document_id
             join voucher o on o.series = n.series and o.number = n.number and o.document_id <> n.document_id
             join book ob on ob.document_id = o.document_id and ob.currency = nb.currency
                  and coalesce(ob.organisation_number, '') = coalesce(nb.organisation_number, '')
                  and coalesce(ob.company, '') = coalesce(nb.company, '')
             where n.document_id = ? and n.number <> ''
               and exists (select 1 from ledger_line l where l.voucher_id = o.id and l.status = 0
                           and not exists (select 1 from superseded_line x where x.line_id = l.id))",
        )
        .bind(document)
        .fetch_all(&mut *self.tx)
        .await?;
        let Some(pair) = pairs.first() else { return Ok(Vec::new()) };
        let book: LedgerBook =
            serde_json::from_str(pair.get(4)).map_err(|error| CacheError::stored("book", error))?;
        let mut repeated = Vec::with_capacity(pairs.len());
        for pair in pairs.iter().filter(|pair| same_year(&book, pair.get(2), pair.get(3))) {
            repeated.push((self.load_voucher(pair.get(0)).await?, self.load_voucher(pair.get(1)).await?));
        }
        Ok(repeated)
    }

    async fn load_voucher(&mut self, id: i64) -> Result<VoucherKey, CacheError> {
        let voucher = sqlx::query("select series, number, day from voucher where id = ?")
            .bind(id)
            .fetch_one(&mut *self.tx)
            .await?;
        let lines = sqlx::query(
            "select id, account, amount_m, amount_s, text from ledger_line
             where voucher_id = ? and status = 0 order by ordinal",
        )
        .bind(id)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(VoucherKey {
            id,
            series: voucher.get(0),
            number: voucher.get(1),
            day: voucher.get(2),
            lines: lines
                .iter()
                .map(|row| (row.get(0), row.get(1), amount(row.get(2), row.get(3)), row.get(4)))
                .collect(),
        })
    }

    /// Says that a ledger line does not count, and which one does.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn supersede_line(
        &mut self,
        line: i64,
        instead: Option<i64>,
        reason: &str,
    ) -> Result<(), CacheError> {
        sqlx::query("insert or replace into superseded_line (line_id, instead, reason) values (?, ?, ?)")
            .bind(line)
            .bind(instead)
            .bind(reason)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

/// Numbers start again every financial year, which need not be a calendar year; the calendar stands in where the
/// book does not say.
fn same_year(book: &LedgerBook, one: i64, other: i64) -> bool {
    let mut years = book.years.iter().map(|(_, start, end)| day_from_date(*start)..=day_from_date(*end));
    match years.find(|year| year.contains(&one)) {
        Some(year) => year.contains(&other),
        None => date_from_day(one).map(Date::year) == date_from_day(other).map(Date::year),
    }
}

fn ledger_row(row: &SqliteRow) -> Result<LedgerRow, CacheError> {
    let uid: [u8; 16] = row
        .get::<Vec<u8>, _>(1)
        .try_into()
        .map_err(|bytes: Vec<u8>| CacheError::stored("ledger line id", format!("{} bytes", bytes.len())))?;
    let detail: LineDetail =
        serde_json::from_str(row.get(14)).map_err(|error| CacheError::stored("ledger line", error))?;
    // Day 0 stands for a day that the document did not give.
    let day = |column: usize| Some(row.get::<i64, _>(column)).filter(|day| *day != 0).and_then(date_from_day);
    Ok(LedgerRow {
        row: row.get(0),
        id: LedgerLineId(uid),
        document: row.get(2),
        sha256: digest(&row.get::<Vec<u8>, _>(3))?,
        series: row.get(4),
        number: row.get(5),
        voucher_date: day(6),
        voucher_text: row.get(7),
        account: row.get(8),
        amount: amount(row.get(9), row.get(10)),
        currency: row.get(11),
        date: day(12),
        text: row.get(13),
        objects: detail.objects,
        quantity: detail.quantity,
        span: Span {
            start: row.get::<i64, _>(15).cast_unsigned(),
            end: row.get::<i64, _>(16).cast_unsigned(),
        },
        voucher: row.get(17),
    })
}
