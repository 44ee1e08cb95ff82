//! What the ERP exports: books, vouchers and ledger lines (SIE's words in English accounting terms).

use crate::{
    amount::{Amount, Currency},
    ids::{LedgerLineId, Span},
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The head of a ledger document: whose books they are and for when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerBook {
    /// SIE type: `1`, `2`, `3`, `4E` or `4I`; other formats say their own.
    pub kind: String,
    /// Company name (`#FNAMN`).
    pub company: Option<String>,
    /// Organisation number (`#ORGNR`), digits and hyphen as given.
    pub organisation_number: Option<String>,
    /// Accounting currency (`#VALUTA`, default SEK).
    pub currency: Option<Currency>,
    /// Program that wrote the file.
    pub program: Option<String>,
    /// Day it was written (`#GEN`).
    pub generated: Option<Date>,
    /// Financial years: number relative to the current one (0, -1 …), first and last day.
    pub years: Vec<(i32, Date, Date)>,
    /// Chart of accounts: number and name.
    pub accounts: Vec<(String, String)>,
    /// Dimensions: number, name, superior dimension.
    pub dimensions: Vec<(u32, String, Option<u32>)>,
    /// Objects: dimension, number, name.
    pub objects: Vec<(u32, String, String)>,
    /// Opening, closing and period balances.
    pub balances: Vec<LedgerBalance>,
}

/// Which balance a [`LedgerBalance`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerBalanceKind {
    /// `#IB`
    Opening,
    /// `#UB`
    Closing,
    /// `#RES`
    Result,
    /// `#OIB`
    ObjectOpening,
    /// `#OUB`
    ObjectClosing,
    /// `#PSALDO`
    Period,
    /// `#PBUDGET`
    Budget,
}

/// A balance the ERP states. Debit is positive, credit negative, everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerBalance {
    /// Which balance.
    pub kind: LedgerBalanceKind,
    /// Year relative to the current one.
    pub year: i32,
    /// `YYYYMM` of a period balance.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub period: Option<String>,
    /// Account number.
    pub account: String,
    /// Dimension and object of an object balance.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub objects: Vec<(String, String)>,
    /// The balance.
    pub amount: Amount,
}

/// A voucher without its lines, which follow it in the stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voucher {
    /// Position in the document, from 0.
    pub ordinal: u32,
    /// Series; may be empty.
    pub series: String,
    /// Number; may be empty in an import file.
    pub number: String,
    /// Day of the voucher.
    pub date: Option<Date>,
    /// Text.
    pub text: Option<String>,
    /// Day of registration.
    pub registered: Option<Date>,
    /// Its bytes in the original document, lines included.
    pub span: Span,
}

/// Whether a line counts (`#TRANS`) or is history (`#BTRANS`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LedgerLineStatus {
    /// Counts in the sum.
    #[default]
    Normal,
    /// `#RTRANS`: added later. Its identical `#TRANS` is the line that counts.
    Added,
    /// `#BTRANS`: removed later.
    Removed,
}

/// One line of a voucher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerLine {
    /// The same on every replica.
    pub id: LedgerLineId,
    /// Ordinal of its voucher in the document.
    pub voucher: u32,
    /// Position in the voucher, from 0.
    pub ordinal: u32,
    /// Account number.
    pub account: String,
    /// Debit positive, credit negative.
    pub amount: Amount,
    /// Currency of the books.
    pub currency: Currency,
    /// The line's own date, else the voucher's.
    pub date: Option<Date>,
    /// The line's own text; the voucher's is shown where it has none.
    pub text: Option<String>,
    /// Quantity.
    pub quantity: Option<Amount>,
    /// Dimension and object pairs.
    pub objects: Vec<(String, String)>,
    /// Whether it counts.
    pub status: LedgerLineStatus,
    /// Its bytes in the original document.
    pub span: Span,
}
