//! The first rows of a file as a mapping reads them, beside the cells as they are.

use super::{
    mapping::{Kind, Mapping},
    rows::{RowProblem, Table, figures},
    table::{Row, Text},
};
use attest_domain::{Amount, Currency, Date, finding::Refusal};
use serde::Serialize;

/// Rows that are read for a preview; more are not looked at.
pub const PREVIEW_ROWS_MAX: u32 = 2_000;
/// Bytes from which the header of a kept file is read again.
const HEADER_BYTES_MAX: usize = 256 * 1024;

/// A file as a mapping reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// The header's cells; empty where the mapping has none.
    pub header: Vec<String>,
    /// The first rows.
    pub rows: Vec<PreviewRow>,
    /// Rows among the first [`PREVIEW_ROWS_MAX`] that read.
    pub read: u32,
    /// The first rows that do not read, at most as many as are shown.
    pub unread: Vec<PreviewRow>,
    /// How many of the first [`PREVIEW_ROWS_MAX`] rows do not read.
    pub unread_count: u32,
    /// Whether there are rows behind those.
    pub more: bool,
    /// Why the mapping can read nothing at all; the rows then have cells only.
    pub refusal: Option<Refusal>,
}

/// One row of a preview.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PreviewRow {
    /// Line in the file, from 1.
    pub line: u64,
    /// The cells as they are.
    pub cells: Vec<String>,
    /// Booking day as read.
    pub booked: Option<Date>,
    /// Value day as read.
    pub valued: Option<Date>,
    /// Signed amount as read.
    pub amount: Option<Amount>,
    /// Currency as read.
    pub currency: Option<Currency>,
    /// Text as read.
    pub text: Option<String>,
    /// Balance as read.
    pub balance: Option<Amount>,
    /// Ledger account as read; ledgers only.
    pub account: Option<String>,
    /// Why the row would be left out.
    pub problem: Option<RowProblem>,
}

/// Reads the first rows with a mapping, whether or not it can work; `shown` of them are kept.
///
/// # Errors
/// A [`Refusal`] when the file is no table for this delimiter and encoding: `csv.header_missing`,
/// `encoding.unknown`, `encoding.unsupported`, `encoding.undecodable`, or a limit.
pub fn preview(bytes: &[u8], mapping: &Mapping, shown: usize) -> Result<Preview, Refusal> {
    let text = Text::decode(bytes, mapping.encoding.as_deref())?;
    let (mut table, refusal) = match (Table::open(&text, mapping), mapping.check()) {
        (Ok(table), checked) => (table, checked.err()),
        (Err(refusal), _) if refusal.code == "csv.column_missing" => {
            let bare = Mapping { columns: super::Columns::default(), ..mapping.clone() };
            (Table::open(&text, &bare)?, Some(refusal))
        }
        (Err(refusal), _) => return Err(refusal),
    };
    let mut preview = Preview {
        header: table.header.clone(),
        rows: Vec::new(),
        read: 0,
        unread: Vec::new(),
        unread_count: 0,
        more: false,
        refusal,
    };
    while let Some(row) = table.next()? {
        if preview.read + preview.unread_count >= PREVIEW_ROWS_MAX {
            preview.more = true;
            break;
        }
        let works = preview.refusal.is_none();
        let row = if works { read_row(&row, &table, mapping) } else { bare_row(&row) };
        if row.problem.is_some() {
            preview.unread_count += 1;
            if preview.unread.len() < shown {
                preview.unread.push(row.clone());
            }
        } else {
            preview.read += 1;
        }
        if preview.rows.len() < shown {
            preview.rows.push(row);
        }
    }
    if preview.refusal.is_some() {
        preview.read = 0;
    }
    Ok(preview)
}

fn read_row(row: &Row<'_>, table: &Table<'_>, mapping: &Mapping) -> PreviewRow {
    let ledger = mapping.kind == Kind::Ledger;
    let account = row.cell(table.places.account).or(mapping.constants.account.as_deref());
    let read = figures(row, &table.places, mapping).and_then(|figures| match (figures.currency, account) {
        (None, _) => Err(RowProblem::no_currency()),
        (_, None) if ledger => Err(RowProblem::no_account()),
        _ => Ok(figures),
    });
    let mut shown = bare_row(row);
    match read {
        Ok(figures) => {
            shown.booked = Some(figures.booked);
            shown.valued = figures.valued;
            shown.amount = Some(figures.amount);
            shown.currency = figures.currency;
            shown.text = figures.text;
            shown.balance = figures.balance;
            shown.account = account.filter(|_| ledger).map(ToOwned::to_owned);
        }
        Err(problem) => shown.problem = Some(problem),
    }
    shown
}

fn bare_row(row: &Row<'_>) -> PreviewRow {
    PreviewRow {
        line: row.line,
        cells: row.cells.iter().map(ToString::to_string).collect(),
        booked: None,
        valued: None,
        amount: None,
        currency: None,
        text: None,
        balance: None,
        account: None,
        problem: None,
    }
}

/// The header as a mapping finds it at the start of a file, of which the first piece is enough; `None` where
/// there is none. Two files with the same header are read the same way.
#[must_use]
pub fn header_of(start: &[u8], mapping: &Mapping) -> Option<Vec<String>> {
    if !mapping.header {
        return None;
    }
    let text = Text::decode(whole_lines(start), mapping.encoding.as_deref()).ok()?;
    let bare = Mapping { columns: super::Columns::default(), ..mapping.clone() };
    let header = Table::open(&text, &bare).ok()?.header;
    Some(header.iter().map(|cell| cell.to_lowercase()).collect())
}

/// The start of a file without a line, or a character, that is cut in two.
fn whole_lines(bytes: &[u8]) -> &[u8] {
    let head = &bytes[..bytes.len().min(HEADER_BYTES_MAX)];
    let Some(end) = memchr::memrchr(b'\n', head) else { return head };
    match head {
        // The line end of UTF-16 has two bytes, the second of which is the zero in little-endian files.
        [0xFF, 0xFE, ..] => &head[..(end + 2).min(head.len()) & !1],
        _ => &head[..=end],
    }
}
