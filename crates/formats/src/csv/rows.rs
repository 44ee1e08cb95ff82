//! From rows of cells to figures: what bank and ledger rows have in common.

use super::{
    mapping::{Kind, Mapping, Places},
    table::{Row, Rows, Text},
    values::{parse_amount, parse_date},
};
use crate::check_digits::{is_creditor_reference, is_ocr};
use attest_domain::{
    Amount, Currency, Date, Finding, Severity,
    finding::Refusal,
    statement::{StructuredReference, join_text},
};
use serde::Serialize;

/// A row understood.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figures {
    pub(super) booked: Date,
    pub(super) valued: Option<Date>,
    pub(super) amount: Amount,
    pub(super) currency: Option<Currency>,
    pub(super) balance: Option<Amount>,
    pub(super) text: Option<String>,
}

/// Why a row is left out: a stable code for interfaces, the cell at fault, and a clause for a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowProblem {
    /// `amount.missing`, `amount.unreadable`, `date.missing`, `date.unreadable`, `balance.unreadable`,
    /// `currency.missing`, `currency.unknown` or `account.missing`.
    pub code: &'static str,
    /// The text of the cell that does not read; empty where something is missing.
    pub value: String,
    /// What is wrong, in English, without a capital or a full stop.
    pub why: String,
}

impl RowProblem {
    fn missing(code: &'static str, why: &str) -> Self {
        Self { code, value: String::new(), why: why.to_owned() }
    }

    fn unreadable(code: &'static str, value: &str, why: String) -> Self {
        Self { code, value: value.to_owned(), why }
    }

    pub(super) fn no_currency() -> Self {
        let why = "nothing tells its currency; name it in the mapping (constants.currency)";
        Self::missing("currency.missing", why)
    }

    pub(super) fn no_account() -> Self {
        Self::missing("account.missing", "nothing tells its account")
    }

    /// The finding of the row.
    pub(super) fn finding(&self, row: &Row<'_>) -> Finding {
        unreadable(row, &self.why)
    }
}

/// Rows behind the header, with the mapping's columns found.
pub(super) struct Table<'a> {
    pub(super) places: Places,
    pub(super) header: Vec<String>,
    rows: Rows<'a>,
}

impl<'a> Table<'a> {
    /// Skips what stands above, reads the header and finds the columns.
    ///
    /// # Errors
    /// [`Refusal`] when the file has fewer rows than are to be skipped, a column is missing, or a limit is broken.
    pub(super) fn open(text: &'a Text<'a>, mapping: &Mapping) -> Result<Self, Refusal> {
        let mut rows = text.rows(mapping.delimiter);
        let mut skipped = 0;
        let mut header = Vec::new();
        let mut line = 1;
        while skipped < mapping.skip_rows + usize::from(mapping.header) {
            let Some(row) = rows.next()? else {
                let text =
                    "The file ends before its header: the mapping skips too many rows, or the file is empty.";
                return Err(Refusal::new("csv.header_missing", text).at(line, "header"));
            };
            line = row.line;
            skipped += 1;
            if skipped > mapping.skip_rows {
                header = row.cells.iter().map(|cell| cell.trim().to_owned()).collect();
            }
        }
        Ok(Self { places: Places::find(&mapping.columns, &header, line)?, header, rows })
    }

    /// The next row that says anything.
    pub(super) fn next(&mut self) -> Result<Option<Row<'a>>, Refusal> {
        while let Some(row) = self.rows.next()? {
            if !row.is_blank() {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// Columns nobody reads, by name or number.
    pub(super) fn ignored(&self) -> Vec<String> {
        let used = self.places.used();
        let ignored =
            self.header.iter().enumerate().filter(|(place, name)| !used.contains(place) && !name.is_empty());
        ignored.map(|(_, name)| name.clone()).collect()
    }
}

/// Understands a row, or says why not.
pub(super) fn figures(row: &Row<'_>, places: &Places, mapping: &Mapping) -> Result<Figures, RowProblem> {
    let amount = amount_of(row, places, mapping)?;
    let date = |place, name: &str| match row.cell(place) {
        Some(text) => parse_date(text, &mapping.date_format).map(Some).ok_or_else(|| {
            let why = format!("the {name} \"{text}\" does not read as {}", mapping.date_format);
            RowProblem::unreadable("date.unreadable", text, why)
        }),
        None => Ok(None),
    };
    let valued = date(places.valued, "value day")?;
    // Some banks leave the booking day out of rows not yet final; the value day says as much.
    let booked = date(places.booked, "booking day")?
        .or(valued)
        .ok_or_else(|| RowProblem::missing("date.missing", "it has no date"))?;
    let currency = match row.cell(places.currency) {
        Some(text) => Some(Currency::parse(text).ok_or_else(|| {
            RowProblem::unreadable("currency.unknown", text, format!("\"{text}\" is no currency"))
        })?),
        None => mapping.constants.currency,
    };
    let balance = match row.cell(places.balance) {
        Some(text) => Some(parse_amount(text, mapping.decimal, mapping.thousands).ok_or_else(|| {
            let why = format!("the balance \"{text}\" does not read as an amount");
            RowProblem::unreadable("balance.unreadable", text, why)
        })?),
        None => None,
    };
    let text = join_text(places.text.iter().filter_map(|place| row.cell(Some(*place))));
    Ok(Figures { booked, valued, amount, currency, balance, text })
}

/// The signed amount from one column, or from debit and credit.
fn amount_of(row: &Row<'_>, places: &Places, mapping: &Mapping) -> Result<Amount, RowProblem> {
    let read = |place| match row.cell(place) {
        Some(text) => parse_amount(text, mapping.decimal, mapping.thousands).map(Some).ok_or_else(|| {
            let why =
                format!("the amount \"{text}\" does not read with decimals behind \"{}\"", mapping.decimal);
            RowProblem::unreadable("amount.unreadable", text, why)
        }),
        None => Ok(None),
    };
    let amount = match (read(places.amount)?, read(places.debit)?, read(places.credit)?) {
        (Some(amount), _, _) => amount,
        (None, None, None) => return Err(RowProblem::missing("amount.missing", "it has no amount")),
        (None, debit, credit) => {
            let (debit, credit) = (debit.unwrap_or_default(), credit.unwrap_or_default());
            // Banks write what went out with or without a minus; either way it left the account.
            match mapping.kind {
                Kind::Bank => credit - debit.abs(),
                Kind::Ledger => debit - credit.abs(),
            }
        }
    };
    Ok(if mapping.flip_sign { -amount } else { amount })
}

/// The finding of a row that is left out.
pub(super) fn unreadable(row: &Row<'_>, why: &str) -> Finding {
    let text = format!("This row was left out: {why}.");
    Finding::new("csv.row_unreadable", Severity::Error, text).at(row.line, "row").spanning(row.span)
}

/// A reference with the type its shape shows.
pub(super) fn structured(value: &str, currency: Currency) -> StructuredReference {
    let kind = if is_creditor_reference(value) {
        Some("RF")
    } else if currency == Currency::SEK && value.len() >= 4 && is_ocr(value) {
        Some("OCR")
    } else {
        None
    };
    StructuredReference { kind: kind.map(ToOwned::to_owned), value: value.to_owned() }
}
