//! One deposit: the section from record 05 to record 15, with its payments.

use super::record::Record;
use crate::{
    Item,
    check_digits::{is_bankgiro, is_ocr, is_plusgiro, is_swedish_business_number},
    lines::{Content, Ids, Line, Output, Stop, span},
};
use attest_domain::{
    Amount, Currency, Finding, Severity,
    finding::{Refusal, Said},
    said,
    statement::{
        AccountIdentification, BalanceCheck, Counterparty, Entry, EntryStatus, ReferredDocument, Statement,
        StatementKind, StructuredReference, Transaction, join_text,
    },
};
use std::collections::HashSet;

/// Most payments of one deposit, which are held together until record 15 comes.
const PAYMENTS_MAX: usize = 250_000;
/// Most records of one deposit.
const RECORDS_MAX: u32 = 1_000_000;
/// Most numbers remembered as warned about.
const WARNED_MAX: usize = 10_000;

/// Counts for record 70.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) payments: u64,
    pub(super) deductions: u64,
    pub(super) extra: u64,
    pub(super) deposits: u64,
}

/// The section being read.
#[derive(Default)]
pub(super) struct Deposit {
    account: AccountIdentification,
    content: Content,
    start: usize,
    first_payment: Option<usize>,
    payments: Vec<Payment>,
    records: u32,
}

/// A payment or deduction with the records that explain it.
struct Payment {
    transaction: Transaction,
    start: usize,
    end: usize,
    /// Street, place, organisation number: for people to read.
    address: Vec<String>,
}

/// What has been warned about already: a payer comes again and again.
pub(super) type Warned = HashSet<String>;

fn finding(
    line: &Line<'_>,
    code: &'static str,
    severity: Severity,
    path: &str,
    text: impl Into<Said>,
) -> Finding {
    Finding::new(code, severity, text).at(line.number, path).spanning(line.span())
}

impl Deposit {
    /// Record 05.
    pub(super) fn new(
        record: &Record,
        line: &Line<'_>,
        warned: &mut Warned,
        output: &mut Output<'_, '_>,
    ) -> Result<Self, Stop> {
        let bankgiro = record.number_text(3, 12);
        let plusgiro = record.number_text(13, 22);
        let (number, scheme, valid): (_, _, fn(&str) -> bool) = match (bankgiro, plusgiro) {
            (Some(number), _) => (Some(number), "BGNR", is_bankgiro),
            (None, Some(number)) => (Some(number), "PGNR", is_plusgiro),
            (None, None) => (None, "BGNR", is_bankgiro),
        };
        if let Some(number) = number.as_deref().filter(|number| !valid(number))
            && warned.insert(number.to_owned())
        {
            let text = said!("The receiving number {number} has a wrong check digit.", number = number);
            output.finding(finding(line, "account.check_digit", Severity::Warning, "05", text))?;
        }
        let account = AccountIdentification {
            scheme: number.is_some().then(|| scheme.to_owned()),
            other: number,
            currency: Currency::parse(&record.text(23, 25)),
            ..AccountIdentification::default()
        };
        let mut deposit = Self { account, start: line.start, ..Self::default() };
        deposit.content.add(line.bytes);
        Ok(deposit)
    }

    pub(super) fn has_payments(&self) -> bool {
        !self.payments.is_empty()
    }

    /// Records 20 to 29.
    pub(super) fn record(
        &mut self,
        code: &str,
        record: &Record,
        line: &Line<'_>,
        counts: &mut Counts,
        warned: &mut Warned,
        output: &mut Output<'_, '_>,
    ) -> Result<(), Stop> {
        self.content.add(line.bytes);
        self.records += 1;
        self.start = self.start.min(line.start);
        if self.payments.len() >= PAYMENTS_MAX || self.records > RECORDS_MAX {
            let text = said!(
                "This deposit has more than {most} payments or records. Ask for smaller files.",
                most = if self.records > RECORDS_MAX {
                    RECORDS_MAX.to_string()
                } else {
                    PAYMENTS_MAX.to_string()
                },
            );
            return Err(Refusal::new("document.item_too_large", text).at(line.number, code).into());
        }
        if matches!(code, "20" | "21") {
            return self.payment(code, record, line, counts, output);
        }
        if matches!(code, "22" | "23") {
            counts.extra += 1;
        }
        let Some(payment) = self.payments.last_mut() else {
            let text = said!("Record {record} follows no payment and was passed over.", record = code);
            return output.finding(finding(line, "bgmax.record_stray", Severity::Error, code, text));
        };
        payment.end = line.end();
        let transaction = &mut payment.transaction;
        match code {
            "22" | "23" => extra_reference(code, record, line, transaction, output)?,
            "25" => transaction.remittance.extend(record.some_text(3, 92)),
            "26" => {
                transaction.counterparty.name =
                    join_text([record.text(3, 37), record.text(38, 72)].iter().map(String::as_str));
            }
            "27" => payment
                .address
                .extend(join_text([record.text(3, 37), record.text(38, 46)].iter().map(String::as_str))),
            "28" => payment
                .address
                .extend(join_text([record.text(3, 37), record.text(38, 72)].iter().map(String::as_str))),
            _ => {
                if let Some(number) = record.number_text(3, 14) {
                    if !is_swedish_business_number(&number)
                        && warned.len() < WARNED_MAX
                        && warned.insert(number.clone())
                    {
                        let text = said!(
                            "The payer's organisation number {number} has a wrong check digit or shape.",
                            number = number,
                        );
                        output.finding(finding(
                            line,
                            "organisation_number.check_digit",
                            Severity::Warning,
                            code,
                            text,
                        ))?;
                    }
                    payment.address.push(format!("org. no. {number}"));
                }
            }
        }
        Ok(())
    }

    /// Record 20 (payment) or 21 (deduction).
    fn payment(
        &mut self,
        code: &str,
        record: &Record,
        line: &Line<'_>,
        counts: &mut Counts,
        output: &mut Output<'_, '_>,
    ) -> Result<(), Stop> {
        let count = if code == "20" { &mut counts.payments } else { &mut counts.deductions };
        *count += 1;
        self.first_payment.get_or_insert(line.start);
        let amount = record.amount(38, 55);
        if amount.is_none() {
            let text = said!(
                "\"{found}\" is no amount in öre; the payment is kept without one.",
                found = record.text(38, 55),
            );
            output.finding(finding(line, "transaction.amount_invalid", Severity::Error, code, text))?;
        }
        let account = record.number_text(3, 12);
        let mut transaction = Transaction {
            ordinal: u32::try_from(self.payments.len()).unwrap_or(u32::MAX),
            amount: amount.map(|amount| if code == "21" { -amount } else { amount }),
            currency: self.account.currency,
            counterparty: Counterparty {
                scheme: account.is_some().then(|| "BGNR".to_owned()),
                account,
                ..Counterparty::default()
            },
            ..Transaction::default()
        };
        transaction.refs.servicer = record.some_text(58, 69);
        if let Some(value) = record.some_text(13, 37) {
            let kind = reference_kind(record, &value, line, code, output)?;
            transaction.refs.structured.push(StructuredReference { kind, value });
        }
        self.payments.push(Payment { transaction, start: line.start, end: line.end(), address: Vec::new() });
        Ok(())
    }

    /// Record 15: checks the section and gives its entry and statement.
    pub(super) fn close(
        mut self,
        record: &Record,
        line: &Line<'_>,
        ordinal: u32,
        ids: &Ids,
        output: &mut Output<'_, '_>,
    ) -> Result<AccountIdentification, Stop> {
        self.content.add(line.bytes);
        self.start = self.start.min(line.start);
        let path = format!("15[{}]", ordinal + 1);
        self.check(record, line, &path, output)?;
        let currency =
            Currency::parse(&record.text(69, 71)).or(self.account.currency).unwrap_or(Currency::SEK);
        let serial = record.number_text(46, 50);
        let date = record.date(38, 45);
        let amount = record.amount(51, 68).or_else(|| self.sum()).unwrap_or_default();
        let account = self.account.clone();
        let end = line.end();
        let target = record.number_text(3, 37).map(|number| format!("to account {number}"));
        let additional = ["Bankgiro deposit".to_owned()]
            .into_iter()
            .chain(serial.clone())
            .chain(target)
            .collect::<Vec<_>>();
        let year = date.map(|date| date.year().to_string());
        let key =
            [account.other.clone(), year, serial.clone()].into_iter().flatten().collect::<Vec<_>>().join("/");
        output.item(Item::Entry(Box::new(Entry {
            id: ids.entry(&path),
            statement: ordinal,
            ordinal: 0,
            span: span(self.first_payment.unwrap_or(line.start), end),
            amount,
            currency,
            reversal: false,
            status: EntryStatus::Booked,
            booked: date,
            valued: date,
            reference: serial.clone(),
            servicer_reference: None,
            bank_code: None,
            batch: None,
            charges: Vec::new(),
            exchange: None,
            additional: join_text(additional.iter().map(String::as_str)),
            transactions: self.payments.into_iter().map(Payment::finish).collect(),
        })))?;
        output.item(Item::Statement(Box::new(Statement {
            ordinal,
            kind: StatementKind::Notification,
            reference: Some(key).filter(|key| !key.is_empty()),
            account: AccountIdentification { currency: Some(currency), ..account.clone() },
            electronic_sequence: serial.and_then(|serial| serial.parse().ok()),
            legal_sequence: None,
            created: None,
            from: date,
            to: date,
            page: None,
            copy: None,
            balances: Vec::new(),
            opening: None,
            closing: None,
            entries: 1,
            sum: amount,
            balance: BalanceCheck::Uncheckable,
            content: self.content.digest(),
            span: span(self.start, end),
        })))?;
        Ok(account)
    }

    /// Holds record 15 against the payments before it.
    fn check(
        &self,
        record: &Record,
        line: &Line<'_>,
        path: &str,
        output: &mut Output<'_, '_>,
    ) -> Result<(), Stop> {
        let sum = self.sum();
        let stated = record.amount(51, 68);
        if stated != sum {
            let shown = |amount: Option<Amount>| amount.map_or_else(|| "?".to_owned(), |sum| sum.to_string());
            let text = said!(
                "The deposit says {announced}, but its payments less deductions make {found}.",
                announced = shown(stated),
                found = shown(sum),
            );
            output.finding(finding(line, "entry.batch_total_differs", Severity::Error, path, text))?;
        }
        if let Some(count) = record.count(72, 79).filter(|count| *count != self.payments.len() as u64) {
            let text = said!(
                "The deposit counts {announced} payments, the file holds {found}.",
                announced = count,
                found = self.payments.len(),
            );
            output.finding(finding(line, "entry.batch_count_differs", Severity::Error, path, text))?;
        }
        if record.date(38, 45).is_none() {
            let text = said!(
                "\"{found}\" is no day a deposit can be made on; the deposit is kept without a date.",
                found = record.text(38, 45),
            );
            output.finding(finding(line, "entry.date_invalid", Severity::Warning, path, text))?;
        }
        Ok(())
    }

    /// Σ payments − Σ deductions; `None` when one of them could not be read or the sum is beyond counting.
    fn sum(&self) -> Option<Amount> {
        self.payments
            .iter()
            .try_fold(Amount::from_parts(0, 2), |sum, payment| sum.checked_add(payment.transaction.amount?))
    }

    /// A section for more payments to the same account, after a record 15 without a new record 05.
    pub(super) fn continued(account: AccountIdentification) -> Self {
        // It begins with its first record.
        Self { account, start: usize::MAX, ..Self::default() }
    }
}

impl Payment {
    fn finish(self) -> Transaction {
        let additional = (!self.address.is_empty()).then(|| self.address.join(", "));
        Transaction { span: span(self.start, self.end), additional, ..self.transaction }
    }
}

/// Record 22 or 23: one more invoice, or with 23 a credit note, that the payment is for.
fn extra_reference(
    code: &str,
    record: &Record,
    line: &Line<'_>,
    transaction: &mut Transaction,
    output: &mut Output<'_, '_>,
) -> Result<(), Stop> {
    let amount = record.amount(38, 55).filter(|amount| !amount.is_zero());
    let number = record.some_text(13, 37);
    if let Some(value) = number.clone() {
        let kind = reference_kind(record, &value, line, code, output)?;
        transaction.refs.structured.push(StructuredReference { kind, value });
    }
    let (kind, amount) = if code == "23" { ("CREN", amount.map(|amount| -amount)) } else { ("CINV", amount) };
    transaction.documents.push(ReferredDocument { kind: Some(kind.to_owned()), number, date: None, amount });
    Ok(())
}

/// What the reference code (column 56) says of a reference: 2 and 4 are OCR numbers the bank has checked,
/// 5 is one it found wrong, 3 is free text or several.
fn reference_kind(
    record: &Record,
    value: &str,
    line: &Line<'_>,
    code: &str,
    output: &mut Output<'_, '_>,
) -> Result<Option<String>, Stop> {
    match record.text(56, 56).as_str() {
        "2" | "4" => {
            if !is_ocr(value) {
                let text = said!(
                    "The bank says that {reference} is a correct OCR number, but its check digit is wrong.",
                    reference = value,
                );
                output.finding(finding(line, "reference.check_digit", Severity::Warning, code, text))?;
            }
            Ok(Some("OCR".to_owned()))
        }
        "5" => {
            let text = said!("The bank says that the reference {reference} is wrong.", reference = value);
            output.finding(finding(line, "reference.wrong", Severity::Warning, code, text))?;
            Ok(None)
        }
        _ => Ok(None),
    }
}
