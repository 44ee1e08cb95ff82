//! SIE types 1 to 4 (E and I): books, vouchers and ledger lines from what Swedish ERPs export.
//!
//! Three passes over the bytes: the head (everything outside vouchers, wherever it stands), the vouchers one
//! by one, and the checks. Only the head, sums per account and voucher numbers are held in memory.
//!
//! Decisions: a type 4 file is `4E` when it holds any balance and `4I` when it holds none, whatever its name
//! says. The id of a line comes from the path `VER[v]/TRANS[t]` (or `RTRANS`, `BTRANS`), both counted from 1,
//! `t` over all lines of the voucher. `#RTRANS` and `#BTRANS` are history and never count. Vouchers dated
//! outside year 0 are given but left out of the balance checks. A voucher cut off by the end of the file,
//! or a `#KSUMMA` that never ends, refuses the file.
//!
//! **Absent on purpose:** SIE 5 (XML), tax codes (`#SRU`), units and addresses, which nothing here needs.

mod charset;
mod checks;
mod head;
mod record;
mod token;
mod vouchers;

use crate::{
    Family, Format, Item, Outcome, ReadContext, Sink,
    lines::{Ids, Lines, Output, Stop, finish},
};
use attest_domain::{Finding, Severity, finding::Refusal};
use charset::Charset;

/// The document and how to read its text.
struct Source<'a> {
    bytes: &'a [u8],
    start: usize,
    charset: Charset,
}

impl<'a> Source<'a> {
    fn lines(&self) -> Lines<'a> {
        Lines::new(self.bytes, self.start)
    }
}

/// Recognises SIE from the decoded head of a document: its first line is a record, and one of the records
/// that identify a file is near. Whether a type 4 file is E or I shows only when it is read.
#[must_use]
pub fn detect(head: &str) -> Option<Format> {
    let text = head.trim_start_matches('\u{feff}').trim_start();
    if !text.starts_with('#') {
        return None;
    }
    let mut kind = None;
    let mut identified = false;
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        match words.next().map(str::to_ascii_uppercase).as_deref() {
            Some("#SIETYP") => kind = words.next().map(|word| word.trim_matches('"').to_owned()),
            Some("#FLAGGA" | "#PROGRAM" | "#FORMAT" | "#GEN" | "#FNAMN") => identified = true,
            _ => {}
        }
    }
    let kind = match (kind.as_deref(), identified) {
        (Some(kind @ ("1" | "2" | "3" | "4")), _) => kind,
        (_, true) => "1",
        _ => return None,
    };
    Some(format_named(kind))
}

fn format_named(kind: &str) -> Format {
    Format { family: Family::Sie, name: format!("SIE {kind}") }
}

/// Reads the document.
///
/// # Errors
/// A [`Refusal`] `document.truncated`, `document.item_too_large`, `line.too_long` or `amount.overflow`.
pub fn read(bytes: &[u8], context: &ReadContext<'_>, sink: &mut Sink<'_>) -> Result<Outcome, Refusal> {
    finish(read_all(bytes, context, &mut Output::new(sink)))
}

fn read_all(bytes: &[u8], context: &ReadContext<'_>, output: &mut Output<'_, '_>) -> Result<Format, Stop> {
    let (charset, start) = Charset::detect(bytes);
    let source = Source { bytes, start, charset };
    let mut head = head::read_head(&source, output)?;
    if charset == Charset::Utf8 && memchr::memmem::find(bytes, "\u{fffd}".as_bytes()).is_some() {
        let text =
            "Letters were lost before the file got here: it holds the sign \u{fffd} where å, ä or ö stood.";
        output.finding(Finding::new("encoding.letters_lost", Severity::Warning, text))?;
    }
    let format = format_named(&head.book.kind);
    output.item(Item::Book(Box::new(head.book.clone())))?;
    // The chart's names have gone out; the checks need balances and kinds only.
    head.book.accounts = Vec::new();
    let totals = vouchers::read_vouchers(&source, &head, &Ids::new(context.digest), output)?;
    checks::check(&source, &head, totals, output)?;
    Ok(format)
}

/// Decodes a piece of a SIE document for people to look at.
pub(crate) fn decode_piece(piece: &[u8]) -> String {
    let (charset, skip) = charset::Charset::detect(piece);
    charset.decode(&piece[skip..]).into_owned()
}
