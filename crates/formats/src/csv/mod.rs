//! CSV: delimited text from banks and ERPs, read through a mapping that a person wrote or confirmed.
//!
//! Decisions: a bank file becomes one listing per currency, its rows entries with one transaction each; a ledger
//! file becomes a book with vouchers. Without a mapping the reader guesses one from the header and says in an
//! info finding what it guessed. A row that cannot be read is an error finding and nothing else; blank rows are
//! passed over. Where a balance column exists every step is checked, oldest or newest first. Ids come from the
//! path `row[n]`, `n` counted from 1 over the rows that say anything below the header.
//!
//! **Absent on purpose:** spreadsheets (XLSX), and any memory of mappings, which belongs to the workspace.

mod bank;
mod content;
mod guess;
mod ledger;
mod mapping;
mod preview;
mod rows;
mod sides;
mod table;
mod values;
mod words;

pub use guess::{Guess, guess, sketch};
pub use mapping::{Column, Columns, Constants, Kind, Mapping};
pub use preview::{PREVIEW_ROWS_MAX, Preview, PreviewRow, header_of, preview};
pub use rows::RowProblem;
pub use sides::read_lines;

use crate::{
    Family, Format, Outcome, ReadContext, Sink,
    lines::{Ids, Output, Stop, finish},
};
use attest_domain::{Finding, Severity, finding::Refusal, said};

/// Recognises a table whose header names a date and an amount, with a row below it that has both.
///
/// Anything less needs a mapping: random text, XML and tables without a header are not taken for CSV.
#[must_use]
pub fn detect(head: &str) -> Option<Format> {
    let text = head.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with(['<', '{', '[', '%', '#']) || text.contains('\0') {
        return None;
    }
    // The head may end in the middle of a row.
    let whole =
        if head.len() < 4_000 { text } else { text.rsplit_once('\n').map_or(text, |(whole, _)| whole) };
    match guess(whole.as_bytes()) {
        Ok(_) => Some(format()),
        // A table that breaks a limit is refused for that, not for being unknown.
        Err(refusal) if matches!(&*refusal.code, "csv.too_many_columns" | "line.too_long") => {
            guess::has_header(whole.as_bytes()).then(format)
        }
        Err(_) => None,
    }
}

fn format() -> Format {
    Format { family: Family::Csv, name: "CSV".to_owned() }
}

/// Reads the document with the mapping of the context, else with a guessed one.
///
/// # Errors
/// A [`Refusal`] `csv.mapping_invalid`, `csv.column_missing`, `csv.header_missing`, `csv.no_rows`,
/// `csv.not_understood`, `csv.too_many_columns`, `encoding.unknown`, `encoding.unsupported`, `document.item_too_large`,
/// `encoding.undecodable`, `line.too_long` or `amount.overflow`.
pub fn read(bytes: &[u8], context: &ReadContext<'_>, sink: &mut Sink<'_>) -> Result<Outcome, Refusal> {
    finish(read_all(bytes, context, &mut Output::new(sink)))
}

fn read_all(bytes: &[u8], context: &ReadContext<'_>, output: &mut Output<'_, '_>) -> Result<Format, Stop> {
    let guessed;
    let mapping = match context.csv_mapping {
        Some(mapping) => mapping,
        None => {
            guessed = guess(bytes)?;
            let text = format!("No mapping was given; one was guessed. {}", guessed.reasons.join(" "));
            output.finding(Finding::new("csv.guessed", Severity::Info, text).at(1, "header"))?;
            &guessed.mapping
        }
    };
    mapping.check()?;
    let text = table::Text::decode(bytes, mapping.encoding.as_deref())?;
    let mut table = rows::Table::open(&text, mapping)?;
    let ignored = table.ignored();
    if !ignored.is_empty() {
        let text =
            said!("These columns are not mapped and were not read: {columns}.", columns = ignored.join(", "));
        output.finding(Finding::new("csv.columns_ignored", Severity::Info, text).at(1, "header"))?;
    }
    let ids = Ids::new(context.digest);
    match mapping.kind {
        Kind::Bank => bank::read(&mut table, mapping, &ids, output)?,
        Kind::Ledger => ledger::read(&mut table, mapping, &ids, output)?,
    }
    Ok(format())
}
