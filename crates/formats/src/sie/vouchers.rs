//! The vouchers of a SIE file and their lines, given one by one.

use super::{
    Source,
    checks::Totals,
    head::{Head, decimal_comma, is_voucher_label, note_spelling, objects_odd},
    record::Record,
};
use crate::{
    Item,
    lines::{Ids, Line, Lines, Output, Stop, span},
};
use attest_domain::{
    Amount, Currency, Date, Finding, Severity,
    finding::{Refusal, Said},
    ledger::{LedgerLine, LedgerLineStatus, Voucher},
    said,
};
use std::{collections::HashSet, fmt::Write as _};

/// Most vouchers of one file; a year of a large company stays far below.
const VOUCHERS_MAX: u32 = 5_000_000;
/// Most accounts outside the chart that are named one by one.
const UNDECLARED_MAX: usize = 1_000;

/// The voucher whose lines are being read.
struct Open {
    ordinal: u32,
    /// `A 12`, for messages.
    name: String,
    line: u64,
    date: Option<Date>,
    /// Whether its lines count towards the balances of the current year.
    in_year: bool,
    /// The opening brace has come.
    in_block: bool,
    lines: u32,
    sum: Amount,
    /// A line could not be read, so the sum says nothing.
    incomplete: bool,
}

/// Reads all vouchers and returns the sums for the checks at the end.
pub(super) fn read_vouchers(
    source: &Source<'_>,
    head: &Head,
    ids: &Ids,
    output: &mut Output<'_, '_>,
) -> Result<Totals, Stop> {
    let mut reader = Reader {
        head,
        ids,
        output,
        currency: head.book.currency.unwrap_or(Currency::SEK),
        year: head.year_of(0),
        open: None,
        vouchers: 0,
        totals: Totals::default(),
        undeclared: HashSet::new(),
        path: String::new(),
    };
    let mut lines = source.lines();
    let mut record = Record::new(source.charset);
    while let Some(line) = lines.next()? {
        match line.bytes.trim_ascii().first() {
            None | Some(0x1A) => {}
            Some(b'#') => {
                if record.fill(&line) {
                    let label = record.label();
                    if is_voucher_label(&label) {
                        reader.record(&record, &label, &line, &lines)?;
                    }
                }
            }
            Some(b'{') => reader.open_block(&line)?,
            Some(b'}') => reader.close_block(&line)?,
            Some(_) => {
                let text = "This line is neither a record nor a brace and was passed over.";
                reader.output.finding(on_line("sie.line_unknown", Severity::Warning, &line, text))?;
            }
        }
    }
    reader.close(None)?;
    Ok(reader.totals)
}

fn on_line(code: &'static str, severity: Severity, line: &Line<'_>, text: impl Into<Said>) -> Finding {
    Finding::new(code, severity, text).at(line.number, "line").spanning(line.span())
}

struct Reader<'r, 's, 'f> {
    head: &'r Head,
    ids: &'r Ids,
    output: &'r mut Output<'s, 'f>,
    currency: Currency,
    year: Option<(Date, Date)>,
    open: Option<Open>,
    vouchers: u32,
    totals: Totals,
    undeclared: HashSet<String>,
    path: String,
}

impl Reader<'_, '_, '_> {
    fn record(
        &mut self,
        record: &Record<'_>,
        label: &str,
        line: &Line<'_>,
        rest: &Lines<'_>,
    ) -> Result<(), Stop> {
        note_spelling(record, self.output)?;
        match label {
            "#VER" => self.voucher(record, line, rest),
            "#RTRANS" => self.line(record, label, line, LedgerLineStatus::Added),
            "#BTRANS" => self.line(record, label, line, LedgerLineStatus::Removed),
            _ => self.line(record, label, line, LedgerLineStatus::Normal),
        }
    }

    /// `#VER series number date text registered sign`
    fn voucher(&mut self, record: &Record<'_>, line: &Line<'_>, rest: &Lines<'_>) -> Result<(), Stop> {
        self.close(Some(line))?;
        let ordinal = self.vouchers;
        if ordinal == VOUCHERS_MAX {
            let text =
                said!("The file has more than {most} vouchers. Ask for it in parts.", most = VOUCHERS_MAX);
            return Err(Refusal::new("document.item_too_large", text).at(record.line, "#VER").into());
        }
        self.vouchers += 1;
        let text = |place| record.text(place).map(|text| text.trim().to_owned()).unwrap_or_default();
        let (series, number) = (text(0), text(1));
        let name = if series.is_empty() && number.is_empty() {
            format!("no. {} of the file", ordinal + 1)
        } else {
            format!("{series} {number}").trim().to_owned()
        };
        let date = self.voucher_date(record, &name, 2)?;
        let registered = match record.date(4) {
            Some(Ok(date)) => Some(date),
            Some(Err(given)) => {
                let text = said!(
                    "\"{found}\" is no day of the calendar; the voucher is kept without a day of registration.",
                    found = given,
                );
                self.output.finding(record.finding("voucher.registered_invalid", Severity::Warning, text))?;
                None
            }
            None => None,
        };
        let outside = date.zip(self.year).filter(|(date, year)| *date < year.0 || *date > year.1);
        if let Some((date, year)) = outside {
            let text = said!(
                "Voucher {voucher} is dated {date}, outside the financial year {from} to {to}.",
                voucher = name,
                date = date,
                from = year.0,
                to = year.1,
            );
            self.output.finding(record.finding("voucher.date_outside_year", Severity::Warning, text))?;
        }
        self.totals.number(&series, &number, record.line);
        let end = end_of_block(line, rest)?;
        self.open = Some(Open {
            ordinal,
            name,
            line: record.line,
            date,
            in_year: outside.is_none(),
            in_block: record.opens_block(),
            lines: 0,
            sum: Amount::ZERO,
            incomplete: false,
        });
        let text = record.text(3).map(|text| text.trim().to_owned());
        let span = span(line.start, end);
        self.output.item(Item::Voucher(Box::new(Voucher {
            ordinal,
            series,
            number,
            date,
            text,
            registered,
            span,
        })))
    }

    fn voucher_date(&mut self, record: &Record<'_>, name: &str, place: usize) -> Result<Option<Date>, Stop> {
        let given = match record.date(place) {
            Some(Ok(date)) => return Ok(Some(date)),
            Some(Err(given)) => given,
            None => String::new(),
        };
        let text = said!(
            "\"{found}\" is no day of the calendar of the form YYYYMMDD. Voucher {voucher} is kept without a date.",
            found = given,
            voucher = name,
        );
        self.output.finding(record.finding("voucher.date_invalid", Severity::Error, text))?;
        Ok(None)
    }

    /// `#TRANS account {objects} amount date text quantity sign`
    fn line(
        &mut self,
        record: &Record<'_>,
        label: &str,
        line: &Line<'_>,
        status: LedgerLineStatus,
    ) -> Result<(), Stop> {
        let Some(open) = &mut self.open else {
            let text = said!("{record} stands outside a voucher and was passed over.", record = label);
            return self.output.finding(
                record.finding("sie.line_outside_voucher", Severity::Error, text).spanning(line.span()),
            );
        };
        if !open.in_block {
            open.in_block = true;
            let text = said!(
                "Voucher {voucher} has lines but no opening brace; they were read.",
                voucher = open.name
            );
            self.output.finding(record.finding("sie.brace_missing", Severity::Warning, text))?;
        }
        let position = open.lines;
        open.lines += 1;
        let amount = match record.amount(1) {
            Some(Ok((amount, comma))) => {
                if comma {
                    self.output.finding(decimal_comma(record))?;
                }
                amount
            }
            unreadable => {
                open.incomplete |= status == LedgerLineStatus::Normal;
                let given = unreadable.and_then(Result::err).unwrap_or_default();
                let finding = line_unreadable(record, &given, &open.name);
                return self.output.finding(finding.spanning(line.span()));
            }
        };
        let account = record.text(0).map(|text| text.into_owned()).unwrap_or_default();
        let date = match record.date(2) {
            Some(Ok(date)) => Some(date),
            Some(Err(given)) => {
                self.output.finding(line_date_invalid(record, &given))?;
                open.date
            }
            None => open.date,
        };
        let (objects, odd) = record.objects();
        if odd {
            self.output.finding(objects_odd(record))?;
        }
        self.path.clear();
        write!(self.path, "VER[{}]/{}[{}]", open.ordinal + 1, label.trim_start_matches('#'), position + 1)
            .expect("writing to a string cannot fail");
        let item = LedgerLine {
            id: self.ids.ledger_line(&self.path),
            voucher: open.ordinal,
            ordinal: position,
            account,
            amount,
            currency: self.currency,
            date,
            text: record.text(3).map(|text| text.trim().to_owned()),
            quantity: record.amount(4).and_then(Result::ok).map(|(quantity, _)| quantity),
            objects,
            status,
            span: line.span(),
        };
        if status == LedgerLineStatus::Normal {
            open.sum = open.sum.checked_add(amount).ok_or_else(|| sum_overflow(record))?;
            let in_year = open.in_year;
            self.totals.line(&item.account, amount, in_year).ok_or_else(|| sum_overflow(record))?;
        }
        self.note_undeclared(&item.account, record)?;
        self.output.item(Item::LedgerLine(Box::new(item)))
    }

    fn note_undeclared(&mut self, account: &str, record: &Record<'_>) -> Result<(), Stop> {
        let known = self.head.declared.is_empty()
            || self.head.declared.contains(account)
            || self.undeclared.contains(account);
        if known || self.undeclared.len() >= UNDECLARED_MAX {
            return Ok(());
        }
        self.undeclared.insert(account.to_owned());
        let text = said!(
            "Account {account} is not in the chart (#KONTO) of this file; this is its first line.",
            account = account,
        );
        self.output.finding(record.finding("ledger_account.undeclared", Severity::Warning, text))
    }

    fn open_block(&mut self, line: &Line<'_>) -> Result<(), Stop> {
        match &mut self.open {
            Some(open) if !open.in_block => {
                open.in_block = true;
                Ok(())
            }
            _ => self.output.finding(on_line(
                "sie.brace_stray",
                Severity::Warning,
                line,
                "This brace belongs to no voucher.",
            )),
        }
    }

    fn close_block(&mut self, line: &Line<'_>) -> Result<(), Stop> {
        if self.open.is_none() {
            return self.output.finding(on_line(
                "sie.brace_stray",
                Severity::Warning,
                line,
                "This brace belongs to no voucher.",
            ));
        }
        self.close(None)
    }

    /// Ends the open voucher, if there is one; `next` is the `#VER` that came before its closing brace.
    fn close(&mut self, next: Option<&Line<'_>>) -> Result<(), Stop> {
        let Some(open) = self.open.take() else { return Ok(()) };
        if let Some(next) = next {
            let text = said!(
                "Voucher {voucher} has no closing brace before the next voucher; it ends there.",
                voucher = open.name,
            );
            self.output.finding(on_line("sie.brace_missing", Severity::Warning, next, text))?;
        }
        let path = format!("VER[{}]", open.ordinal + 1);
        if open.lines == 0 {
            let text = said!("Voucher {voucher} has no lines.", voucher = open.name);
            self.output
                .finding(Finding::new("voucher.empty", Severity::Info, text).at(open.line, path.clone()))?;
        }
        if !open.sum.is_zero() && !open.incomplete {
            let text = said!(
                "Voucher {voucher} does not balance: debit and credit differ by {difference}.",
                voucher = open.name,
                difference = open.sum,
            );
            self.output
                .finding(Finding::new("voucher.unbalanced", Severity::Error, text).at(open.line, path))?;
        }
        Ok(())
    }
}

fn line_unreadable(record: &Record<'_>, given: &str, voucher: &str) -> Finding {
    let text = said!(
        "\"{found}\" is no amount. This line of voucher {voucher} was left out.",
        found = given,
        voucher = voucher,
    );
    record.finding("ledger_line.unreadable", Severity::Error, text)
}

fn line_date_invalid(record: &Record<'_>, given: &str) -> Finding {
    let text = said!(
        "\"{found}\" is no day of the calendar; the line has the voucher's date instead.",
        found = given,
    );
    record.finding("ledger_line.date_invalid", Severity::Warning, text)
}

fn sum_overflow(record: &Record<'_>) -> Stop {
    Refusal::new(
        "amount.overflow",
        "The amounts or accounts of this file are more than can be true. It is damaged.",
    )
    .at(record.line, record.label())
    .into()
}

/// Where the voucher that begins on `line` ends: behind its closing brace, or before the next voucher.
///
/// # Errors
/// `document.truncated` when the file ends inside the voucher.
fn end_of_block(line: &Line<'_>, rest: &Lines<'_>) -> Result<usize, Refusal> {
    let mut ahead = rest.clone();
    let mut end = line.end();
    while let Some(next) = ahead.next()? {
        let bytes = next.bytes.trim_ascii();
        if bytes.first() == Some(&b'}') {
            return Ok(next.end());
        }
        if bytes.get(..4).is_some_and(|label| label.eq_ignore_ascii_case(b"#VER")) {
            return Ok(end);
        }
        if !bytes.is_empty() {
            end = next.end();
        }
    }
    Err(Refusal::new(
        "document.truncated",
        "The file ends inside this voucher: its closing brace is missing. Ask for the file again.",
    )
    .at(line.number, "#VER"))
}
