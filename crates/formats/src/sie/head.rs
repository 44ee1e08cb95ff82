//! Everything in a SIE file outside its vouchers: identification, chart, dimensions, balances.

use super::{Source, charset::Charset, record::Record};
use crate::{
    check_digits::is_swedish_business_number,
    lines::{Output, Stop},
};
use attest_domain::{
    Currency, Date, Finding, Severity,
    finding::Refusal,
    ledger::{LedgerBalance, LedgerBalanceKind, LedgerBook},
    said,
};
use std::collections::{HashMap, HashSet};

/// Most head records of one file; a chart with all its budgets and object balances stays far below.
const HEAD_RECORDS_MAX: usize = 500_000;

/// Labels of SIE 4B that are read or knowingly passed over, with the number of values they must carry.
const LABELS: &[(&str, usize)] = &[
    ("#ADRESS", 0),
    ("#BKOD", 0),
    ("#DIM", 2),
    ("#ENHET", 2),
    ("#FLAGGA", 1),
    ("#FNAMN", 1),
    ("#FNR", 0),
    ("#FORMAT", 1),
    ("#FTYP", 0),
    ("#GEN", 1),
    ("#IB", 3),
    ("#KONTO", 2),
    ("#KPTYP", 1),
    ("#KSUMMA", 0),
    ("#KTYP", 2),
    ("#OBJEKT", 3),
    ("#OIB", 3),
    ("#OMFATTN", 1),
    ("#ORGNR", 1),
    ("#OUB", 3),
    ("#PBUDGET", 4),
    ("#PROGRAM", 1),
    ("#PROSA", 0),
    ("#PSALDO", 4),
    ("#RAR", 3),
    ("#RES", 3),
    ("#SIETYP", 1),
    ("#SRU", 2),
    ("#TAXAR", 1),
    ("#UB", 3),
    ("#UNDERDIM", 3),
    ("#VALUTA", 1),
];

/// Records of vouchers, which the other pass reads.
pub(super) fn is_voucher_label(label: &str) -> bool {
    matches!(label, "#VER" | "#TRANS" | "#RTRANS" | "#BTRANS")
}

/// What the head says.
#[derive(Default)]
pub(super) struct Head {
    pub(super) book: LedgerBook,
    /// Account numbers of the chart.
    pub(super) declared: HashSet<String>,
    /// `#KTYP`: T asset, S debt, K cost, I income.
    pub(super) account_kinds: HashMap<String, char>,
    /// Lines of the first and the last `#KSUMMA`, and the value of the last.
    pub(super) checksum: Option<Checksum>,
    sie_type: Option<String>,
    records: usize,
    seen: HashSet<&'static str>,
    unknown: HashSet<String>,
    /// Kinds of balances whose account and period had to be exchanged.
    swapped: HashSet<LedgerBalanceKind>,
}

/// Where `#KSUMMA` starts and ends.
pub(super) struct Checksum {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) value: Option<String>,
}

/// Reads every record outside vouchers. Findings go out as they are noticed, the book is the caller's to give.
pub(super) fn read_head(source: &Source<'_>, output: &mut Output<'_, '_>) -> Result<Head, Stop> {
    let mut head = Head::default();
    if source.charset != Charset::Cp437 {
        output.finding(Finding::new(
            "encoding.unexpected",
            Severity::Warning,
            said!(
                "The file is written in {found}; SIE allows {announced} only. It was read as {found}.",
                announced = "CP437 (PC8)",
                found = source.charset.name(),
            ),
        ))?;
    }
    let mut lines = source.lines();
    let mut record = Record::new(source.charset);
    let mut has_vouchers = false;
    while let Some(line) = lines.next()? {
        let bytes = line.bytes.trim_ascii_start();
        if bytes.first() != Some(&b'#') || bytes.starts_with(b"#TRANS") {
            continue;
        }
        if record.fill(&line) {
            let label = record.label();
            if is_voucher_label(&label) {
                has_vouchers = true;
            } else {
                head.record(&record, &label, output)?;
            }
        }
    }
    head.finish(has_vouchers, output)?;
    Ok(head)
}

impl Head {
    fn record(&mut self, record: &Record<'_>, label: &str, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        self.records += 1;
        if self.records > HEAD_RECORDS_MAX {
            let text = said!(
                "The file has more than {most} records outside vouchers. Ask for one year at a time.",
                most = HEAD_RECORDS_MAX,
            );
            return Err(Refusal::new("document.item_too_large", text).at(record.line, label).into());
        }
        note_spelling(record, output)?;
        let Some((known, values)) = LABELS.iter().find(|(known, _)| *known == label) else {
            if self.unknown.insert(label.to_owned()) {
                let text = said!(
                    "The label {record} is not part of SIE 4 and was passed over, here and wherever it comes again.",
                    record = label,
                );
                output.finding(record.finding("document.record_unknown", Severity::Info, text))?;
            }
            return Ok(());
        };
        self.seen.insert(known);
        if let Some(missing) = (0..*values).find(|place| record.text(*place).is_none()) {
            let mut text = said!("{record} lacks a value. What it should say is not known.", record = label);
            text.message =
                format!("{label} lacks value {} of {values}. What it should say is not known.", missing + 1);
            output.finding(record.finding("sie.value_missing", Severity::Warning, text))?;
            if !matches!(label, "#KONTO" | "#OBJEKT" | "#DIM") || missing == 0 {
                return Ok(());
            }
        }
        self.identification(record, label, output)?;
        self.chart(record, label, output)?;
        match label {
            "#IB" => self.balance(record, LedgerBalanceKind::Opening, output),
            "#UB" => self.balance(record, LedgerBalanceKind::Closing, output),
            "#RES" => self.balance(record, LedgerBalanceKind::Result, output),
            "#OIB" => self.balance(record, LedgerBalanceKind::ObjectOpening, output),
            "#OUB" => self.balance(record, LedgerBalanceKind::ObjectClosing, output),
            "#PSALDO" => self.balance(record, LedgerBalanceKind::Period, output),
            "#PBUDGET" => self.balance(record, LedgerBalanceKind::Budget, output),
            _ => Ok(()),
        }
    }

    fn identification(
        &mut self,
        record: &Record<'_>,
        label: &str,
        output: &mut Output<'_, '_>,
    ) -> Result<(), Stop> {
        match label {
            "#FLAGGA" if record.text(0).as_deref() == Some("1") => output.finding(record.finding(
                "sie.already_read",
                Severity::Warning,
                "#FLAGGA is 1: another program has read this file already. Check that it is not booked twice.",
            ))?,
            "#SIETYP" => self.sie_type = record.text(0).map(Into::into),
            "#PROGRAM" => self.book.program = record.joined(),
            "#FNAMN" => {
                self.book.company = record.joined();
                if record.text_count() > 1 {
                    let text = "The company name has blanks but no quotes; its words were put together again.";
                    output.finding(record.finding("sie.unquoted", Severity::Info, text))?;
                }
            }
            "#ORGNR" => self.organisation_number(record, output)?,
            "#GEN" => self.book.generated = date_or_finding(record, 0, output)?,
            "#VALUTA" => match record.text(0).and_then(|text| Currency::parse(&text)) {
                Some(currency) => self.book.currency = Some(currency),
                None => {
                    let text = "The currency is not three letters; SEK is assumed.";
                    output.finding(record.finding("ledger.currency_invalid", Severity::Warning, text))?;
                }
            },
            "#RAR" => self.year(record, output)?,
            "#KSUMMA" => {
                let value = record.text(0).map(Into::into);
                let first = self.checksum.as_ref().map_or(record.line, |checksum| checksum.first);
                self.checksum = Some(Checksum { first, last: record.line, value });
            }
            _ => {}
        }
        Ok(())
    }

    fn organisation_number(&mut self, record: &Record<'_>, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        let number = record.text(0).map(|text| text.trim().to_owned());
        if let Some(number) = number.as_deref().filter(|number| !is_swedish_business_number(number)) {
            let text = said!(
                "{number} is no Swedish organisation number: its check digit or shape is wrong.",
                number = number,
            );
            output.finding(record.finding("organisation_number.check_digit", Severity::Warning, text))?;
        }
        self.book.organisation_number = number;
        Ok(())
    }

    fn year(&mut self, record: &Record<'_>, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        let number = record.text(0).and_then(|text| text.parse::<i32>().ok());
        let (start, end) = (date_or_finding(record, 1, output)?, date_or_finding(record, 2, output)?);
        match (number, start, end) {
            (Some(number), Some(start), Some(end)) if start <= end => {
                self.book.years.push((number, start, end))
            }
            (_, Some(_), Some(_)) => {
                let text = "The financial year has no number, or ends before it begins. It was left out.";
                output.finding(record.finding("ledger.year_invalid", Severity::Warning, text))?;
            }
            _ => {}
        }
        Ok(())
    }

    fn chart(&mut self, record: &Record<'_>, label: &str, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        let text = |place| record.text(place).map(|text| text.into_owned()).unwrap_or_default();
        match label {
            "#KONTO" => {
                let number = text(0);
                note_account_number(record, &number, output)?;
                self.declared.insert(number.clone());
                self.book.accounts.push((number, text(1)));
            }
            "#SRU" | "#ENHET" => note_account_number(record, &text(0), output)?,
            "#KTYP" => {
                if let Some(kind) = text(1).chars().next() {
                    self.account_kinds.insert(text(0), kind.to_ascii_uppercase());
                }
            }
            "#DIM" | "#UNDERDIM" => match text(0).parse() {
                Ok(number) => self.book.dimensions.push((number, text(1), text(2).parse().ok())),
                Err(_) => output.finding(dimension_invalid(record))?,
            },
            "#OBJEKT" => match text(0).parse() {
                Ok(number) => self.book.objects.push((number, text(1), text(2))),
                Err(_) => output.finding(dimension_invalid(record))?,
            },
            _ => {}
        }
        Ok(())
    }

    /// `#IB year account balance`, with a period before the account and objects before the balance where due.
    fn balance(
        &mut self,
        record: &Record<'_>,
        kind: LedgerBalanceKind,
        output: &mut Output<'_, '_>,
    ) -> Result<(), Stop> {
        let with_period = matches!(kind, LedgerBalanceKind::Period | LedgerBalanceKind::Budget);
        let amount_place = if with_period { 3 } else { 2 };
        let Some(year) = record.text(0).and_then(|text| text.parse::<i32>().ok()) else {
            let text = said!(
                "The year \"{found}\" of this balance is no whole number. The balance was left out.",
                found = record.text(0).unwrap_or_default(),
            );
            return output.finding(record.finding("ledger.balance_unreadable", Severity::Error, text));
        };
        let text = |place| record.text(place).map(|text| text.into_owned());
        let (mut period, mut account) = if with_period { (text(1), text(2)) } else { (None, text(1)) };
        if let (Some(given), Some(behind)) = (&period, &account)
            && !is_period(given)
        {
            if is_period(behind) {
                std::mem::swap(&mut period, &mut account);
                if self.swapped.insert(kind) {
                    let text = "Account and period stand in each other's place, here and in the records like it; they were put right.";
                    output.finding(record.finding("sie.fields_swapped", Severity::Warning, text))?;
                }
            } else {
                let text = said!("{found} is no month of the form YYYYMM.", found = given);
                output.finding(record.finding("ledger.period_invalid", Severity::Warning, text))?;
            }
        }
        let account = account.unwrap_or_default();
        note_account_number(record, &account, output)?;
        let amount = match record.amount(amount_place) {
            Some(Ok((amount, comma))) => {
                if comma {
                    output.finding(decimal_comma(record))?;
                }
                amount
            }
            unreadable => {
                let given = unreadable.and_then(Result::err).unwrap_or_default();
                let mut text = said!("\"{found}\" is no amount. The balance was left out.", found = given);
                text.message.push_str(&format!(" It is that of account {account}."));
                return output.finding(record.finding("ledger.balance_unreadable", Severity::Error, text));
            }
        };
        let (objects, odd) = record.objects();
        if odd {
            output.finding(objects_odd(record))?;
        }
        self.book.balances.push(LedgerBalance { kind, year, period, account, objects, amount });
        Ok(())
    }

    /// Settles what only the whole head tells: the type, the currency, what is missing.
    fn finish(&mut self, has_vouchers: bool, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        let has_balances = !self.book.balances.is_empty();
        self.book.currency.get_or_insert(Currency::SEK);
        self.book.kind = match self.sie_type.as_deref().map(str::trim) {
            None if has_vouchers => {
                let text = "#SIETYP is missing, which means type 1, but the file has vouchers. It was read as type 4.";
                output.finding(Finding::new("sie.type_missing", Severity::Warning, text))?;
                type_4(has_balances)
            }
            None => "1",
            Some(kind @ ("1" | "2" | "3")) => match kind {
                "1" => "1",
                "2" => "2",
                _ => "3",
            },
            Some("4") => type_4(has_balances),
            Some(other) => {
                let text = said!("{found} is no SIE type. The file was read by what it holds.", found = other);
                output.finding(Finding::new("sie.type_unknown", Severity::Warning, text))?;
                if has_vouchers { type_4(has_balances) } else { "1" }
            }
        }
        .to_owned();
        for label in ["#FLAGGA", "#PROGRAM", "#FORMAT", "#GEN", "#FNAMN"] {
            if !self.seen.contains(label) {
                let text = said!("The mandatory record {record} is missing.", record = label);
                output.finding(Finding::new("sie.record_missing", Severity::Info, text).at(1, label))?;
            }
        }
        Ok(())
    }

    /// First and last day of the financial year with this number.
    pub(super) fn year_of(&self, number: i32) -> Option<(Date, Date)> {
        self.book.years.iter().find(|year| year.0 == number).map(|year| (year.1, year.2))
    }
}

/// Type 4 comes as an export with balances (4E) or as an import without any (4I); the suffix of the file's
/// name is advice only, so what it holds decides.
fn type_4(has_balances: bool) -> &'static str {
    if has_balances { "4E" } else { "4I" }
}

fn is_period(text: &str) -> bool {
    text.len() == 6
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text[4..].parse::<u8>().is_ok_and(|month| (1..=12).contains(&month))
}

fn date_or_finding(
    record: &Record<'_>,
    place: usize,
    output: &mut Output<'_, '_>,
) -> Result<Option<Date>, Stop> {
    match record.date(place) {
        Some(Ok(date)) => Ok(Some(date)),
        Some(Err(text)) => {
            let text = said!("\"{found}\" is no day of the calendar of the form YYYYMMDD.", found = text);
            output.finding(record.finding("sie.date_invalid", Severity::Warning, text))?;
            Ok(None)
        }
        None => Ok(None),
    }
}

/// Tells of open quotes and of characters that do not belong in a record.
pub(super) fn note_spelling(record: &Record<'_>, output: &mut Output<'_, '_>) -> Result<(), Stop> {
    if record.odd.open_quote {
        let text = "A quote is opened and never closed; the field was read to the end of the line.";
        output.finding(record.finding("sie.quote_open", Severity::Warning, text))?;
    }
    if record.odd.open_brace && !record.opens_block() {
        let text = "An object list is opened and never closed; it was read to the end of the line.";
        output.finding(record.finding("sie.brace_open", Severity::Warning, text))?;
    }
    if record.odd.control {
        let text = "The record holds a control character, which SIE does not allow.";
        output.finding(record.finding("sie.control_character", Severity::Warning, text))?;
    }
    Ok(())
}

fn note_account_number(record: &Record<'_>, number: &str, output: &mut Output<'_, '_>) -> Result<(), Stop> {
    if number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    let text = said!(
        "The account number \"{number}\" is not made of digits alone. It was kept as it is.",
        number = number,
    );
    output.finding(record.finding("ledger_account.number_invalid", Severity::Warning, text))
}

fn dimension_invalid(record: &Record<'_>) -> Finding {
    record.finding(
        "sie.dimension_invalid",
        Severity::Warning,
        "The dimension is no whole number. The record was left out.",
    )
}

pub(super) fn objects_odd(record: &Record<'_>) -> Finding {
    let text = "The object list has a dimension without an object. The pairs before it were kept.";
    record.finding("sie.objects_odd", Severity::Warning, text)
}

pub(super) fn decimal_comma(record: &Record<'_>) -> Finding {
    let text = "The amount has a decimal comma; SIE wants a point. It was read as decimals.";
    record.finding("sie.decimal_comma", Severity::Warning, text)
}
