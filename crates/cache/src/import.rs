//! Writing a document and its figures: many rows per statement, all inside one transaction.

use crate::{
    error::CacheError,
    log::WriteTx,
    values::{amount_parts, day_from_date, status_number},
};
use attest_domain::{
    Digest,
    ledger::{LedgerBook, LedgerLine, LedgerLineStatus, Voucher},
    statement::{
        AccountIdentification, BalanceCheck, BankCode, Batch, Charge, Entry, Exchange, Statement,
        StatementKind, Transaction,
    },
};
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Row};
use std::sync::Arc;

/// Rows of one insert statement. 500 is where sqlx stops gaining.
pub const ROWS_PER_INSERT: usize = 500;
/// Bytes of a document in one compressed piece.
pub const CHUNK_BYTES: usize = 1024 * 1024;
/// zstd level 1: bank files shrink about twentyfold at the speed of reading them.
const ZSTD_LEVEL: i32 = 1;

/// Where the rows of one document go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentSlot {
    /// Row of the document.
    pub document: i64,
    /// Row of statement 0.
    pub statements: i64,
    /// Row of voucher 0.
    pub vouchers: i64,
}

/// What is known about a document when its import ends.
#[derive(Clone, Debug)]
pub struct DocumentSummary {
    /// Format with version; empty for a refused document.
    pub format: String,
    /// Whether it was refused whole.
    pub refused: bool,
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
    /// Number of ledger lines that count.
    pub ledger_lines: u64,
    /// Errors, warnings, informations.
    pub findings: [u64; 3],
}

/// The part of an entry that has no column of its own.
#[derive(Debug, Serialize)]
struct EntryDetailRef<'e> {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reversal: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: &'e Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bank_code: &'e Option<BankCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: &'e Option<Batch>,
    #[serde(skip_serializing_if = "<[Charge]>::is_empty")]
    charges: &'e [Charge],
    #[serde(skip_serializing_if = "Option::is_none")]
    exchange: &'e Option<Exchange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional: &'e Option<String>,
    #[serde(skip_serializing_if = "<[Transaction]>::is_empty")]
    transactions: &'e [Transaction],
}

/// [`EntryDetailRef`] read back.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct EntryDetail {
    #[serde(default)]
    pub(crate) reversal: bool,
    pub(crate) reference: Option<String>,
    pub(crate) bank_code: Option<BankCode>,
    pub(crate) batch: Option<Batch>,
    #[serde(default)]
    pub(crate) charges: Vec<Charge>,
    pub(crate) exchange: Option<Exchange>,
    pub(crate) additional: Option<String>,
    #[serde(default)]
    pub(crate) transactions: Vec<Transaction>,
}

/// The part of a ledger line that has no column of its own.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct LineDetail {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) quantity: Option<attest_domain::Amount>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) objects: Vec<(String, String)>,
}

/// `insert into TABLE (COLUMNS) values (?, …), (?, …) …` for `rows` rows.
pub(crate) fn insert_sql(table: &str, columns: &str, rows: usize) -> AssertSqlSafe<Arc<str>> {
    let width = columns.split(',').count();
    let row = format!("({})", vec!["?"; width].join(","));
    let sql = format!("insert into {table} ({columns}) values {}", vec![row.as_str(); rows].join(","));
    // Only constants of this file and counts enter the text.
    AssertSqlSafe(Arc::from(sql))
}

/// The columns of `entry` in the order they are bound; the bench inserts the same rows bare.
pub const ENTRY_COLUMNS: &str = "uid, statement_id, ordinal, span_start, span_end, day, booked, valued, amount_m, \
     amount_s, currency, status, payments, party, reference, text, servicer, detail";
const LINE_COLUMNS: &str = "uid, voucher_id, document_id, ordinal, account, currency, day, amount_m, amount_s, status, \
     text, detail, span_start, span_end";

impl WriteTx {
    /// Makes the row of a document and tells where its figures go.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn insert_document(
        &mut self,
        sha256: &Digest,
        name: &str,
        bytes: u64,
        imported_at: &str,
        mapping: Option<&str>,
    ) -> Result<DocumentSlot, CacheError> {
        let row = sqlx::query(
            "insert into document (sha256, name, format, bytes, refused, imported_at, event_seq, statements,
                 entries, transactions, vouchers, ledger_lines, errors, warnings, infos, mapping)
             values (?, ?, '', ?, 0, ?, 0, 0, 0, 0, 0, 0, 0, 0, 0, ?)
             returning id,
                 (select coalesce(max(id), 0) + 1 from statement),
                 (select coalesce(max(id), 0) + 1 from voucher)",
        )
        .bind(sha256.0.as_slice())
        .bind(name)
        .bind(bytes.cast_signed())
        .bind(imported_at)
        .bind(mapping)
        .fetch_one(&mut *self.tx)
        .await?;
        Ok(DocumentSlot { document: row.get(0), statements: row.get(1), vouchers: row.get(2) })
    }

    /// Completes the row of a document, whose remarks are kept already: they are counted here.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn finish_document(
        &mut self,
        slot: DocumentSlot,
        summary: &DocumentSummary,
    ) -> Result<(), CacheError> {
        sqlx::query(
            "update document set format = ?, refused = ?, event_seq = ?, statements = ?, entries = ?,
                 transactions = ?, vouchers = ?, ledger_lines = ?
             where id = ?",
        )
        .bind(&summary.format)
        .bind(summary.refused)
        .bind(summary.event_seq.cast_signed())
        .bind(summary.statements.cast_signed())
        .bind(summary.entries.cast_signed())
        .bind(summary.transactions.cast_signed())
        .bind(summary.vouchers.cast_signed())
        .bind(summary.ledger_lines.cast_signed())
        .bind(slot.document)
        .execute(&mut *self.tx)
        .await?;
        self.count_findings(slot.document).await
    }

    /// Keeps the format of a document as soon as it is known: what is compared with others depends on it.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn set_document_format(&mut self, slot: DocumentSlot, format: &str) -> Result<(), CacheError> {
        sqlx::query("update document set format = ? where id = ?")
            .bind(format)
            .bind(slot.document)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Keeps one piece of a document; `position` is its offset.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn insert_chunk(
        &mut self,
        document: i64,
        position: u64,
        chunk: &CompressedChunk,
    ) -> Result<(), CacheError> {
        sqlx::query("insert into document_chunk (document_id, position, length, data) values (?, ?, ?, ?)")
            .bind(document)
            .bind(position.cast_signed())
            .bind(i64::try_from(chunk.length).expect("a chunk has at most a mebibyte"))
            .bind(chunk.data.as_slice())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Keeps entries.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn insert_entries(
        &mut self,
        slot: DocumentSlot,
        entries: &[Box<Entry>],
    ) -> Result<(), CacheError> {
        for rows in entries.chunks(ROWS_PER_INSERT) {
            let mut query = sqlx::query(insert_sql("entry", ENTRY_COLUMNS, rows.len()));
            for entry in rows {
                let (mantissa, scale) = amount_parts(entry.amount)?;
                let booked = entry.booked.map(day_from_date);
                let valued = entry.valued.map(day_from_date);
                let single = entry.transactions.first().filter(|_| entry.transactions.len() == 1);
                query = query
                    .bind(entry.id.0.as_slice())
                    .bind(slot.statements + i64::from(entry.statement))
                    .bind(i64::from(entry.ordinal))
                    .bind(entry.span.start.cast_signed())
                    .bind(entry.span.end.cast_signed())
                    .bind(booked.or(valued).unwrap_or(0))
                    .bind(booked)
                    .bind(valued)
                    .bind(mantissa)
                    .bind(scale)
                    .bind(entry.currency.code())
                    .bind(status_number(entry.status))
                    .bind(i64::try_from(entry.transactions.len()).unwrap_or(i64::MAX))
                    .bind(
                        entry
                            .counterparty()
                            .and_then(|party| party.name.as_deref().or(party.ultimate.as_deref())),
                    )
                    .bind(display_reference(entry, single))
                    .bind(entry.text())
                    .bind(entry.servicer_reference.as_deref())
                    .bind(entry_detail(entry)?);
            }
            query.execute(&mut *self.tx).await?;
        }
        Ok(())
    }

    /// Keeps ledger lines. A line without a date of its own takes its voucher's, which the reader has filled in.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn insert_ledger_lines(
        &mut self,
        slot: DocumentSlot,
        lines: &[Box<LedgerLine>],
    ) -> Result<(), CacheError> {
        for rows in lines.chunks(ROWS_PER_INSERT) {
            let mut query = sqlx::query(insert_sql("ledger_line", LINE_COLUMNS, rows.len()));
            for line in rows {
                let (mantissa, scale) = amount_parts(line.amount)?;
                let detail = LineDetail { quantity: line.quantity, objects: line.objects.clone() };
                let status = match line.status {
                    LedgerLineStatus::Normal => 0_i64,
                    LedgerLineStatus::Added => 1,
                    LedgerLineStatus::Removed => 2,
                };
                query = query
                    .bind(line.id.0.as_slice())
                    .bind(slot.vouchers + i64::from(line.voucher))
                    .bind(slot.document)
                    .bind(i64::from(line.ordinal))
                    .bind(line.account.as_str())
                    .bind(line.currency.code())
                    .bind(line.date.map_or(0, day_from_date))
                    .bind(mantissa)
                    .bind(scale)
                    .bind(status)
                    .bind(line.text.as_deref())
                    .bind(to_json(&detail)?)
                    .bind(line.span.start.cast_signed())
                    .bind(line.span.end.cast_signed());
            }
            query.execute(&mut *self.tx).await?;
        }
        Ok(())
    }

    /// Keeps vouchers.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn insert_vouchers(
        &mut self,
        slot: DocumentSlot,
        vouchers: &[Box<Voucher>],
    ) -> Result<(), CacheError> {
        const COLUMNS: &str = "id, document_id, ordinal, series, number, day, text, span_start, span_end";
        for rows in vouchers.chunks(ROWS_PER_INSERT) {
            let mut query = sqlx::query(insert_sql("voucher", COLUMNS, rows.len()));
            for voucher in rows {
                query = query
                    .bind(slot.vouchers + i64::from(voucher.ordinal))
                    .bind(slot.document)
                    .bind(i64::from(voucher.ordinal))
                    .bind(voucher.series.as_str())
                    .bind(voucher.number.as_str())
                    .bind(voucher.date.map_or(0, day_from_date))
                    .bind(voucher.text.as_deref())
                    .bind(voucher.span.start.cast_signed())
                    .bind(voucher.span.end.cast_signed());
            }
            query.execute(&mut *self.tx).await?;
        }
        Ok(())
    }

    /// Keeps the head of a ledger document.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn insert_book(&mut self, slot: DocumentSlot, book: &LedgerBook) -> Result<(), CacheError> {
        sqlx::query("insert into book (document_id, company, organisation_number, currency, detail) values (?, ?, ?, ?, ?)")
            .bind(slot.document)
            .bind(book.company.as_deref())
            .bind(book.organisation_number.as_deref())
            .bind(book.currency.unwrap_or(attest_domain::Currency::SEK).code())
            .bind(to_json(book)?)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Keeps a statement and answers its account; a new account is made where the number is unknown.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn insert_statement(
        &mut self,
        slot: DocumentSlot,
        statement: &Statement,
    ) -> Result<i64, CacheError> {
        let account = self.ensure_account(&statement.account).await?;
        let (from, to) = self.find_period(slot.statements + i64::from(statement.ordinal), statement).await?;
        let (sum_m, sum_s) = amount_parts(statement.sum)?;
        let opening = statement.opening.map(amount_parts).transpose()?;
        let closing = statement.closing.map(amount_parts).transpose()?;
        sqlx::query(
            "insert into statement (id, document_id, ordinal, account_id, kind, reference, electronic_sequence,
                 legal_sequence, created, day_from, day_to, opening_m, opening_s, closing_m, closing_s, sum_m, sum_s,
                 entries, balance, content, span_start, span_end, page, state)
             values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'current')",
        )
        .bind(slot.statements + i64::from(statement.ordinal))
        .bind(slot.document)
        .bind(i64::from(statement.ordinal))
        .bind(account)
        .bind(kind_name(statement.kind))
        .bind(statement.reference.as_deref())
        .bind(statement.electronic_sequence.map(u64::cast_signed))
        .bind(statement.legal_sequence.map(u64::cast_signed))
        .bind(statement.created.as_deref())
        .bind(from)
        .bind(to)
        .bind(opening.map(|parts| parts.0))
        .bind(opening.map(|parts| parts.1))
        .bind(closing.map(|parts| parts.0))
        .bind(closing.map(|parts| parts.1))
        .bind(sum_m)
        .bind(sum_s)
        .bind(statement.entries.cast_signed())
        .bind(balance_name(statement.balance))
        .bind(statement.content.0.as_slice())
        .bind(statement.span.start.cast_signed())
        .bind(statement.span.end.cast_signed())
        .bind(statement.page.map(|(number, _)| i64::from(number)))
        .execute(&mut *self.tx)
        .await?;
        Ok(account)
    }

    /// First and last day of a statement. Many banks leave the period out; then the days of the booked balances say
    /// it, else the days of the entries, which are stored before their statement.
    async fn find_period(
        &mut self,
        row: i64,
        statement: &Statement,
    ) -> Result<(Option<i64>, Option<i64>), CacheError> {
        let (from, to) = (statement.from.map(day_from_date), statement.to.map(day_from_date));
        if from.is_some() && to.is_some() {
            return Ok((from, to));
        }
        let entries = sqlx::query("select min(day), max(day) from entry where statement_id = ? and day <> 0")
            .bind(row)
            .fetch_one(&mut *self.tx)
            .await?;
        let of_balance = |kind: &str| {
            let days = statement.balances.iter().filter(|balance| balance.kind == kind);
            days.filter_map(|balance| balance.date).map(day_from_date).collect::<Vec<_>>()
        };
        let any = || statement.balances.iter().filter_map(|balance| balance.date).map(day_from_date);
        let to = to
            .or_else(|| of_balance("CLBD").into_iter().max())
            .or(entries.get(1))
            .or_else(|| any().max())
            .or(from);
        let from = from.or_else(|| of_balance("OPBD").into_iter().min()).or(entries.get(0)).or(to);
        Ok((from.min(to), to))
    }

    async fn ensure_account(&mut self, account: &AccountIdentification) -> Result<i64, CacheError> {
        let currency = account.currency.map_or_else(|| "XXX".to_owned(), |currency| currency.to_string());
        let key = account.full_key();
        let id: i64 = sqlx::query_scalar(
            "insert into account (key, iban, number, scheme, currency, name, owner, servicer)
             values (?, ?, ?, ?, ?, ?, ?, ?)
             on conflict (key) do update set
                 iban = coalesce(account.iban, excluded.iban), number = coalesce(account.number, excluded.number),
                 scheme = coalesce(account.scheme, excluded.scheme), name = coalesce(account.name, excluded.name),
                 owner = coalesce(account.owner, excluded.owner),
                 servicer = coalesce(account.servicer, excluded.servicer)
             returning id",
        )
        .bind(key)
        .bind(account.iban.as_deref())
        .bind(account.other.as_deref())
        .bind(account.scheme.as_deref())
        .bind(currency)
        .bind(account.name.as_deref())
        .bind(account.owner.as_deref())
        .bind(account.servicer.as_deref())
        .fetch_one(&mut *self.tx)
        .await?;
        Ok(id)
    }
}

/// A piece of a document, compressed.
#[derive(Clone, Debug)]
pub struct CompressedChunk {
    pub(crate) length: usize,
    pub(crate) data: Vec<u8>,
}

impl CompressedChunk {
    /// Compresses a piece of at most [`CHUNK_BYTES`].
    ///
    /// # Errors
    /// [`CacheError`] when zstd has no memory.
    pub fn compress(bytes: &[u8]) -> Result<Self, CacheError> {
        let data =
            zstd::bulk::compress(bytes, ZSTD_LEVEL).map_err(|error| CacheError::stored("document", error))?;
        Ok(Self { length: bytes.len(), data })
    }

    /// Bytes it takes packed.
    #[must_use]
    pub fn packed_len(&self) -> usize {
        self.data.len()
    }
}

/// What helps a person to tell an entry from others: a creditor reference, else the id of the payment.
fn display_reference<'e>(entry: &'e Entry, single: Option<&'e Transaction>) -> Option<&'e str> {
    let batch = entry.batch.as_ref().and_then(|batch| batch.payment_information.as_deref());
    let Some(transaction) = single else { return batch };
    let refs = &transaction.refs;
    (refs.structured.first().map(|reference| reference.value.as_str()))
        .or(transaction.documents.iter().find_map(|document| document.number.as_deref()))
        .or(refs.end_to_end.as_deref())
        .or(batch)
}

/// The stored detail of an entry, as the bench needs it too.
///
/// # Errors
/// [`CacheError`] when it does not encode, which no value of the domain causes.
pub fn entry_detail(entry: &Entry) -> Result<Vec<u8>, CacheError> {
    serde_json::to_vec(&EntryDetailRef {
        reversal: entry.reversal,
        reference: &entry.reference,
        bank_code: &entry.bank_code,
        batch: &entry.batch,
        charges: &entry.charges,
        exchange: &entry.exchange,
        additional: &entry.additional,
        transactions: &entry.transactions,
    })
    .map_err(|error| CacheError::stored("entry", error))
}

pub(crate) fn to_json(value: &impl Serialize) -> Result<String, CacheError> {
    serde_json::to_string(value).map_err(|error| CacheError::stored("detail", error))
}

fn kind_name(kind: StatementKind) -> &'static str {
    match kind {
        StatementKind::Statement => "statement",
        StatementKind::Report => "report",
        StatementKind::Notification => "notification",
        StatementKind::Listing => "listing",
    }
}

fn balance_name(balance: BalanceCheck) -> &'static str {
    match balance {
        BalanceCheck::Ok => "ok",
        BalanceCheck::Broken => "broken",
        BalanceCheck::Uncheckable => "uncheckable",
    }
}

impl WriteTx {
    /// Removes the row and remarks of a refused document, before it is read again. Its event stays.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn delete_refused(&mut self, document: i64) -> Result<(), CacheError> {
        sqlx::query("delete from finding where document_id = ?")
            .bind(document)
            .execute(&mut *self.tx)
            .await?;
        sqlx::query("delete from document where id = ? and refused = 1")
            .bind(document)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

impl WriteTx {
    /// Where the figures of a kept document go when it is read again.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn reopen_document(&mut self, document: i64) -> Result<DocumentSlot, CacheError> {
        let row = sqlx::query(
            "select (select coalesce(max(id), 0) + 1 from statement), (select coalesce(max(id), 0) + 1 from voucher)",
        )
        .fetch_one(&mut *self.tx)
        .await?;
        Ok(DocumentSlot { document, statements: row.get(0), vouchers: row.get(1) })
    }
}
