//! BgMax (Bankgiro Inbetalningar): what was paid to a Swedish bankgiro number, deposit by deposit.
//!
//! Decisions: every deposit (record 05 to record 15) is a statement of kind notification with one entry, the
//! amount the bank books (record 15), and one transaction per payment (20) or deduction (21, negative). The
//! account is the bankgiro number with scheme `BGNR` (`PGNR` for a plusgiro number), the sequence the deposit's
//! serial, the reference `number/year/serial`, by which a redelivered deposit is known. References stand in
//! `structured`, with type `OCR` where the bank checked them; extra references (22, 23) also as documents.
//! Address and organisation number of the payer are text. The id of an entry comes from the path `15[n]`,
//! counted from 1. A file without its end record (70) is refused.
//!
//! **Absent on purpose:** images of paper slips and the two oldest layouts, gone since 2010.

mod deposit;
mod record;

use crate::{
    Family, Format, Outcome, ReadContext, Sink,
    lines::{Ids, Line, Lines, Output, Stop, finish},
};
use attest_domain::{Finding, Severity, finding::Refusal, said};
use deposit::{Counts, Deposit, Warned};
use record::Record;
use std::collections::HashSet;

/// Most unknown record codes that are named one by one.
const UNKNOWN_MAX: usize = 1_000;

/// Recognises BgMax from the decoded head: the first record is 01 and names the layout.
#[must_use]
pub fn detect(head: &str) -> Option<Format> {
    let first = head.trim_start_matches('\u{feff}').lines().find(|line| !line.trim().is_empty())?;
    first.starts_with("01BGMAX").then(|| format_of(&Record::new(first).0))
}

fn format_of(record: &Record) -> Format {
    let version = record.number_text(23, 24).unwrap_or_else(|| "1".to_owned());
    Format { family: Family::BgMax, name: format!("BgMax {version}") }
}

/// Reads the document.
///
/// # Errors
/// A [`Refusal`] `bgmax.no_start`, `document.truncated`, `document.item_too_large` or `line.too_long`.
pub fn read(bytes: &[u8], context: &ReadContext<'_>, sink: &mut Sink<'_>) -> Result<Outcome, Refusal> {
    finish(read_all(bytes, context, &mut Output::new(sink)))
}

fn read_all(bytes: &[u8], context: &ReadContext<'_>, output: &mut Output<'_, '_>) -> Result<Format, Stop> {
    let start = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let utf8 = std::str::from_utf8(bytes).is_ok();
    let mut reader = Reader {
        ids: Ids::new(context.digest),
        deposit: None,
        counts: Counts::default(),
        format: None,
        ended: false,
        tabs: false,
        unknown: HashSet::new(),
        warned: Warned::new(),
    };
    let mut lines = Lines::new(bytes, start);
    let mut last = 1;
    while let Some(line) = lines.next()? {
        if line.bytes.trim_ascii().is_empty() || line.bytes == b"\x1A" {
            continue;
        }
        last = line.number;
        let text = if utf8 {
            String::from_utf8_lossy(line.bytes)
        } else {
            encoding_rs::WINDOWS_1252.decode_without_bom_handling(line.bytes).0
        };
        let (record, tabs) = Record::new(&text);
        reader.note_tabs(tabs, &line, output)?;
        reader.record(&record, &line, output)?;
    }
    if !reader.ended {
        let text = "The file ends without its end record (70): it is cut off. Ask for it again.";
        return Err(Refusal::new("document.truncated", text).at(last, "70").into());
    }
    reader.format.ok_or_else(no_start)
}

fn no_start() -> Stop {
    Refusal::new("bgmax.no_start", "The file does not begin with a BgMax start record (01).")
        .at(1, "01")
        .into()
}

struct Reader {
    ids: Ids,
    deposit: Option<Deposit>,
    counts: Counts,
    format: Option<Format>,
    ended: bool,
    tabs: bool,
    unknown: HashSet<String>,
    warned: Warned,
}

impl Reader {
    fn note_tabs(&mut self, tabs: bool, line: &Line<'_>, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        if !tabs || self.tabs {
            return Ok(());
        }
        self.tabs = true;
        let text =
            "Tabs stand where the columns want blanks: an editor changed the file. They were widened again.";
        output.finding(
            Finding::new("bgmax.tabs", Severity::Warning, text).at(line.number, "line").spanning(line.span()),
        )
    }

    fn record(&mut self, record: &Record, line: &Line<'_>, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        let code = record.code();
        if self.format.is_none() && code != "01" {
            return Err(no_start());
        }
        match code.as_str() {
            "01" => {
                self.format.get_or_insert_with(|| format_of(record));
                if record.text(45, 45) == "T" {
                    let text = "The bank marks this as a test file.";
                    output.finding(
                        Finding::new("bgmax.test_file", Severity::Warning, text).at(line.number, "01"),
                    )?;
                }
                Ok(())
            }
            "05" => {
                self.drop_open(line, output)?;
                self.deposit = Some(Deposit::new(record, line, &mut self.warned, output)?);
                Ok(())
            }
            "20" | "21" | "22" | "23" | "25" | "26" | "27" | "28" | "29" => match &mut self.deposit {
                Some(deposit) => {
                    deposit.record(&code, record, line, &mut self.counts, &mut self.warned, output)
                }
                None => self.stray(&code, line, output),
            },
            "15" => match self.deposit.take() {
                Some(deposit) => {
                    let ordinal = u32::try_from(self.counts.deposits).unwrap_or(u32::MAX);
                    self.counts.deposits += 1;
                    let account = deposit.close(record, line, ordinal, &self.ids, output)?;
                    self.deposit = Some(Deposit::continued(account));
                    Ok(())
                }
                None => self.stray(&code, line, output),
            },
            "70" => {
                self.drop_open(line, output)?;
                self.deposit = None;
                self.ended = true;
                self.totals(record, line, output)
            }
            _ => {
                if self.unknown.len() < UNKNOWN_MAX && self.unknown.insert(code.clone()) {
                    let text = said!(
                        "Records of code {record} are not part of BgMax and were passed over.",
                        record = code
                    );
                    output.finding(
                        Finding::new("document.record_unknown", Severity::Info, text).at(line.number, code),
                    )?;
                }
                Ok(())
            }
        }
    }

    fn stray(&self, code: &str, line: &Line<'_>, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        let text = said!("Record {record} stands outside a section (05) and was passed over.", record = code);
        output.finding(
            Finding::new("bgmax.record_stray", Severity::Error, text)
                .at(line.number, code)
                .spanning(line.span()),
        )
    }

    /// Tells of payments whose deposit record never came.
    fn drop_open(&self, line: &Line<'_>, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        if !self.deposit.as_ref().is_some_and(Deposit::has_payments) {
            return Ok(());
        }
        let text = "The payments before this record have no deposit (15), so no amount that was booked; they were left out.";
        output.finding(Finding::new("bgmax.deposit_missing", Severity::Error, text).at(line.number, "15"))
    }

    fn totals(&self, record: &Record, line: &Line<'_>, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        let stated = Counts {
            payments: record.count(3, 10).unwrap_or(0),
            deductions: record.count(11, 18).unwrap_or(0),
            extra: record.count(19, 26).unwrap_or(0),
            deposits: record.count(27, 34).unwrap_or(0),
        };
        if stated == self.counts {
            return Ok(());
        }
        let shown = |counts: &Counts| {
            let Counts { payments, deductions, extra, deposits } = counts;
            format!("{payments} / {deductions} / {extra} / {deposits}")
        };
        let text = said!(
            "The end record counts payments / deductions / extra references / deposits {announced}; the file holds {found}.",
            announced = shown(&stated),
            found = shown(&self.counts),
        );
        output.finding(Finding::new("bgmax.totals_differ", Severity::Error, text).at(line.number, "70"))
    }
}
