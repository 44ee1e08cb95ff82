//! Bytes to values: what banks and ERPs send becomes statements, entries, vouchers and ledger lines.
//!
//! One entry point, [`read`], takes a whole document and hands its figures to a sink one by one, so that
//! memory does not grow with the number of entries. Everything a document says ends up as an item or as a
//! [`Finding`]; a document that cannot be trusted as a whole is a [`Refusal`].
//!
//! **Absent on purpose:** files, clocks, databases, and any opinion about other documents
//! (duplicates and supersession are decided where several documents are in sight).

mod arithmetic;
pub mod bgmax;
pub mod camt;
pub mod check_digits;
pub mod csv;
pub mod encoding;
pub mod excerpt;
mod lines;
pub mod mt940;
pub mod pain;
pub mod sie;
mod xml;

use attest_domain::{
    Digest, Finding, Severity,
    finding::Refusal,
    ledger::{LedgerBook, LedgerLine, Voucher},
    limits::{DOCUMENT_BYTES_MAX, FINDINGS_MAX},
    said,
    statement::{Entry, Statement},
};
use std::{fmt, ops::ControlFlow};

/// What a document turns into, in the order of the document.
///
/// Entries come before the [`Statement`] they belong to (its sums are known only then), joined by
/// `entry.statement == statement.ordinal`. A voucher comes before its lines. A book comes before its vouchers.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A bank entry.
    Entry(Box<Entry>),
    /// A statement whose entries have all been given.
    Statement(Box<Statement>),
    /// The head of a ledger document.
    Book(Box<LedgerBook>),
    /// A voucher whose lines follow.
    Voucher(Box<Voucher>),
    /// A ledger line.
    LedgerLine(Box<LedgerLine>),
    /// A remark.
    Finding(Finding),
}

/// The families of documents that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// ISO 20022 camt.052, .053 and .054.
    Camt,
    /// SIE types 1 to 4.
    Sie,
    /// SWIFT MT940 and MT942.
    Mt940,
    /// Bankgiro Inbetalningar.
    BgMax,
    /// Delimited text, read through a mapping.
    Csv,
}

/// The format of a document: its family and the exact name with version.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Format {
    /// Which reader reads it.
    pub family: Family,
    /// Name with version: `camt.053.001.08`, `SIE 4E`, `MT940`, `BgMax 1`, `CSV`.
    pub name: String,
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

/// What the caller knows about a document.
#[derive(Clone, Copy, Debug)]
pub struct ReadContext<'a> {
    /// SHA-256 of the document, from which the ids of its lines follow.
    pub digest: Digest,
    /// How to read a CSV file; without one the reader guesses and says what it guessed.
    pub csv_mapping: Option<&'a csv::Mapping>,
}

/// How a reading ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The whole document was read.
    Read(Format),
    /// The sink asked to stop.
    Cancelled,
}

/// The receiver of items; answers [`ControlFlow::Break`] to stop reading.
pub type Sink<'s> = dyn FnMut(Item) -> ControlFlow<()> + 's;

/// Tells what a document is by looking at its first bytes, never at its name.
///
/// # Errors
/// [`Refusal`] `document.empty`, `document.too_large` or `format.unknown`, saying what was found instead.
pub fn detect(bytes: &[u8]) -> Result<Format, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::new("document.empty", "The file is empty. Ask for it to be sent again."));
    }
    if bytes.len() as u64 > DOCUMENT_BYTES_MAX {
        return Err(Refusal::new(
            "document.too_large",
            format!(
                "The file has {} bytes; the most that is read is {DOCUMENT_BYTES_MAX}. Ask for it in parts.",
                bytes.len()
            ),
        ));
    }
    let head = encoding::head(bytes);
    [camt::detect, sie::detect, bgmax::detect, mt940::detect, csv::detect]
        .iter()
        .find_map(|detect| detect(&head))
        .ok_or_else(|| {
            Refusal::new(
                "format.unknown",
                "This is no camt, SIE, MT940, BgMax or CSV file. If it is an archive, unpack it first; \
                 if it is a table, export it as CSV.",
            )
        })
}

/// Reads a whole document into `sink`: at most [`FINDINGS_MAX`] findings, the last of which counts the rest.
///
/// # Errors
/// A [`Refusal`] when the document cannot be trusted as a whole; items given before it must be dropped.
pub fn read(bytes: &[u8], context: &ReadContext<'_>, sink: &mut Sink<'_>) -> Result<Outcome, Refusal> {
    let format = if context.csv_mapping.is_some() {
        Format { family: Family::Csv, name: "CSV".to_owned() }
    } else {
        detect(bytes)?
    };
    let mut held_back = 0_u64;
    let mut findings = 0_usize;
    let mut limited = |item: Item| {
        if matches!(item, Item::Finding(_)) {
            findings += 1;
            if findings >= FINDINGS_MAX {
                held_back += 1;
                return ControlFlow::Continue(());
            }
        }
        sink(item)
    };
    let outcome = match format.family {
        Family::Camt => camt::read(bytes, context, &mut limited),
        Family::Sie => sie::read(bytes, context, &mut limited),
        Family::Mt940 => mt940::read(bytes, context, &mut limited),
        Family::BgMax => bgmax::read(bytes, context, &mut limited),
        Family::Csv => csv::read(bytes, context, &mut limited),
    }?;
    if held_back > 0 && outcome != Outcome::Cancelled {
        let message = said!(
            "{count} more findings of this file are not listed. Correct those above first.",
            count = held_back,
        );
        let more = Finding::new("document.more_findings", Severity::Warning, message);
        if sink(Item::Finding(more)).is_break() {
            return Ok(Outcome::Cancelled);
        }
    }
    Ok(outcome)
}
