//! One MT940 or MT942 message while its fields come in: entries go out as they end, the statement at its end.

use super::{
    details::{self, Details},
    field::{BalanceField, LineField, SwiftDate, parse_amount, parse_balance, parse_line},
};
use crate::arithmetic::broken_balance;
use crate::{
    Item,
    check_digits::{is_iban, is_wrong_creditor_reference, looks_like_iban},
    lines::{Content, Ids, Output, Stop, span},
};
use attest_domain::{
    Amount, Currency, Finding, Severity,
    finding::{Refusal, Said, cut},
    said,
    statement::{
        AccountIdentification, Balance, BalanceCheck, BankCode, Counterparty, Entry, EntryStatus, References,
        Statement, StatementKind, Transaction,
    },
};

/// Most fields of one message beside its entries.
const HEADER_FIELDS_MAX: u32 = 10_000;

/// A field with all its lines.
#[derive(Debug)]
pub(super) struct Field {
    /// Digits and letter, such as `60F`.
    pub(super) tag: String,
    /// Line it begins on, from 1.
    pub(super) line: u64,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Its lines without the tag.
    pub(super) text: Vec<String>,
}

impl Field {
    fn first(&self) -> &str {
        self.text.first().map_or("", |text| text.trim())
    }
}

/// An entry whose `:86:` may still come.
struct Pending {
    line: LineField,
    field_line: u64,
    supplementary: Vec<String>,
    details: Option<(Vec<String>, (usize, usize))>,
    start: usize,
    end: usize,
}

/// The message being read.
pub(super) struct Message {
    ordinal: u32,
    first_line: u64,
    start: usize,
    end: usize,
    intraday: bool,
    statement: Statement,
    currency: Option<Currency>,
    content: Content,
    pending: Option<Pending>,
    entries: u32,
    /// `:86:` that belong to no entry.
    notes: Vec<(u64, String)>,
    interim_closing: bool,
    /// `:90D:` and `:90C:`: number and unsigned sum.
    totals: Vec<(u64, bool, u64, Amount)>,
    /// Fields beside the entries, so that they stay few.
    header_fields: u32,
    /// Number and sum of debits and credits given.
    given: [(u64, Amount); 2],
    /// Entries that could not be read.
    left_out: u64,
}

impl Message {
    pub(super) fn new(ordinal: u32, field: &Field) -> Self {
        let reference = details_text(field.first());
        let statement = Statement {
            ordinal,
            kind: StatementKind::Statement,
            reference,
            account: AccountIdentification::default(),
            electronic_sequence: None,
            legal_sequence: None,
            created: None,
            from: None,
            to: None,
            page: None,
            copy: None,
            balances: Vec::new(),
            opening: None,
            closing: None,
            entries: 0,
            sum: Amount::ZERO,
            balance: BalanceCheck::Uncheckable,
            content: Content::default().digest(),
            span: span(field.start, field.end),
        };
        Self {
            ordinal,
            first_line: field.line,
            start: field.start,
            end: field.end,
            intraday: false,
            statement,
            currency: None,
            content: Content::default(),
            pending: None,
            entries: 0,
            notes: Vec::new(),
            interim_closing: false,
            totals: Vec::new(),
            header_fields: 0,
            given: [(0, Amount::ZERO); 2],
            left_out: 0,
        }
    }

    /// MT942 by what it holds.
    pub(super) fn is_intraday(&self) -> bool {
        self.intraday
    }

    fn path(&self) -> String {
        format!("MT[{}]", self.ordinal + 1)
    }

    fn finding(
        &self,
        field: &Field,
        code: &'static str,
        severity: Severity,
        text: impl Into<Said>,
    ) -> Finding {
        Finding::new(code, severity, text)
            .at(field.line, format!("{}/:{}:", self.path(), field.tag))
            .spanning(span(field.start, field.end))
    }

    /// Takes the next field of the message.
    pub(super) fn field(&mut self, field: Field, ids: &Ids, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        for line in &field.text {
            self.content.add(line.as_bytes());
        }
        self.end = field.end;
        match field.tag.as_str() {
            "61" => {
                self.close_entry(ids, output)?;
                self.open_entry(field, output)
            }
            "86" => {
                match self.pending.as_mut().filter(|pending| pending.details.is_none()) {
                    Some(pending) => {
                        pending.end = field.end;
                        pending.details = Some((field.text, (field.start, field.end)));
                    }
                    None => {
                        self.count_header_field(&field)?;
                        self.note(&field);
                    }
                }
                Ok(())
            }
            _ => {
                self.close_entry(ids, output)?;
                self.count_header_field(&field)?;
                self.header(&field, output)
            }
        }
    }

    fn count_header_field(&mut self, field: &Field) -> Result<(), Refusal> {
        self.header_fields += 1;
        if self.header_fields <= HEADER_FIELDS_MAX {
            return Ok(());
        }
        let text = said!(
            "The message has more than {most} fields beside its entries. The file is damaged.",
            most = HEADER_FIELDS_MAX,
        );
        Err(Refusal::new("document.item_too_large", text).at(field.line, format!(":{}:", field.tag)))
    }

    /// A `:86:` about the statement. Danske Bank gives the account's IBAN there.
    fn note(&mut self, field: &Field) {
        let text = field.text.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        if self.statement.account.iban.is_none() && text.contains("IBAN") {
            self.statement.account.iban =
                text.split_whitespace().find(|word| looks_like_iban(word)).map(ToOwned::to_owned);
        }
        self.notes.push((field.line, text));
    }

    fn header(&mut self, field: &Field, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        match field.tag.as_str() {
            "25" | "25P" => self.account(field, output),
            "28" | "28C" => {
                self.sequence(field.first());
                Ok(())
            }
            "60F" => self.balance(field, "OPBD", output),
            "60M" | "62M" => self.balance(field, "ITBD", output),
            "62F" => self.balance(field, "CLBD", output),
            "64" => self.balance(field, "CLAV", output),
            "65" => self.balance(field, "FWAV", output),
            "34F" => {
                self.intraday = true;
                self.currency = self.currency.or_else(|| field.first().get(..3).and_then(Currency::parse));
                Ok(())
            }
            "13" | "13D" => {
                self.intraday = true;
                self.statement.created = details_text(field.first());
                Ok(())
            }
            "90D" | "90C" => self.total(field, output),
            "21" => Ok(()),
            _ => {
                let text = said!(
                    "The field {record} is not part of MT940 or MT942 and was passed over.",
                    record = format_args!(":{}:", field.tag),
                );
                output.finding(self.finding(field, "document.record_unknown", Severity::Info, text))
            }
        }
    }

    /// `:25:` an IBAN, `BIC/account`, `bank code/account` or a plain number.
    fn account(&mut self, field: &Field, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        let compact: String = field.first().chars().filter(|c| !c.is_whitespace()).collect();
        let (servicer, number) = match compact.split_once('/') {
            Some((bank, number)) if is_bic(bank) => (Some(bank.to_owned()), number.to_owned()),
            _ => (None, compact),
        };
        let account = &mut self.statement.account;
        account.servicer = servicer;
        // Dutch banks add the currency behind the IBAN.
        let iban = [number.as_str(), number.get(..number.len().saturating_sub(3)).unwrap_or("")]
            .into_iter()
            .find(|text| is_iban(text))
            .or_else(|| looks_like_iban(&number).then_some(number.as_str()));
        match iban {
            Some(iban) => account.iban = Some(iban.to_owned()),
            None => account.other = details_text(&number),
        }
        match account.iban.clone().filter(|iban| !is_iban(iban)) {
            Some(iban) => {
                let text = said!(
                    "The account {number} looks like an IBAN, but its check digits or length are wrong.",
                    number = iban,
                );
                output.finding(self.finding(field, "account.check_digit", Severity::Warning, text))
            }
            None => Ok(()),
        }
    }

    /// `:28C:` statement number and, where given, the number of the page. Nought means not numbered.
    fn sequence(&mut self, text: &str) {
        let (number, page) = match text.split_once('/') {
            Some((number, page)) => (number, page.trim().parse().ok()),
            None => (text, None),
        };
        self.statement.electronic_sequence = number.trim().parse().ok().filter(|number| *number > 0);
        self.statement.page = page.map(|page| (page, true));
    }

    fn balance(&mut self, field: &Field, kind: &str, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        let Some(BalanceField { amount, currency, date }) = parse_balance(field.first()) else {
            let text = said!("The balance \"{found}\" cannot be read.", found = field.first());
            return output.finding(self.finding(field, "balance.unreadable", Severity::Error, text));
        };
        if !matches!(date, SwiftDate::Day(_)) {
            let text = said!(
                "The date of the balance \"{found}\" is no day of the calendar.",
                found = field.first()
            );
            output.finding(self.finding(field, "balance.date_invalid", Severity::Warning, text))?;
        }
        match field.tag.as_str() {
            "60F" | "60M" => {
                self.statement.opening = Some(amount);
                self.statement.from = date.day();
                self.currency = Some(currency);
                self.statement.account.currency = Some(currency);
            }
            "62F" | "62M" => {
                self.statement.closing = Some(amount);
                self.statement.to = date.day();
                self.interim_closing = field.tag == "62M";
                if self.currency.is_some_and(|opening| opening != currency) {
                    let text = said!(
                        "Opening and closing balance have different currencies: {currencies}.",
                        currencies = format_args!(
                            "{}, {currency}",
                            self.currency.map(|currency| currency.to_string()).unwrap_or_default()
                        ),
                    );
                    output.finding(self.finding(
                        field,
                        "statement.currencies_differ",
                        Severity::Error,
                        text,
                    ))?;
                }
            }
            _ => {}
        }
        let balance = Balance { kind: kind.to_owned(), amount, currency: Some(currency), date: date.day() };
        self.statement.balances.push(balance);
        Ok(())
    }

    /// `:90D:` number, currency, sum.
    fn total(&mut self, field: &Field, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        self.intraday = true;
        let text = field.first();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let count = text[..digits].parse::<u64>().ok();
        let sum = text.get(digits + 3..).and_then(parse_amount);
        match count.zip(sum) {
            Some((count, sum)) => self.totals.push((field.line, field.tag == "90C", count, sum)),
            None => {
                let text = said!("The total \"{found}\" cannot be read.", found = text);
                output.finding(self.finding(field, "balance.unreadable", Severity::Warning, text))?;
            }
        }
        Ok(())
    }

    fn open_entry(&mut self, field: Field, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        let line = match parse_line(field.first()) {
            Ok(line) => line,
            Err(part) => {
                let mut text =
                    said!("\"{found}\" cannot be read. This entry was left out.", found = field.first());
                text.message = format!("The {part} of {}", text.message);
                self.left_out += 1;
                return output.finding(self.finding(&field, "entry.unreadable", Severity::Error, text));
            }
        };
        for (name, date) in [("value", Some(line.valued)), ("entry", line.booked)] {
            let done = match date {
                Some(SwiftDate::Clamped(day)) => format!("{day} was taken"),
                Some(SwiftDate::Invalid) => "it was left empty".to_owned(),
                _ => continue,
            };
            let mut text = said!("\"{found}\" is no day of the calendar", found = field.first());
            text.message = format!("The {name} date of {}; {done}.", text.message);
            output.finding(self.finding(&field, "entry.date_invalid", Severity::Warning, text))?;
        }
        if self.currency.is_none() {
            let text = said!(
                "No balance before \"{found}\" tells its currency. The entry was left out.",
                found = field.first(),
            );
            self.left_out += 1;
            return output.finding(self.finding(&field, "entry.unreadable", Severity::Error, text));
        }
        self.pending = Some(Pending {
            line,
            field_line: field.line,
            start: field.start,
            end: field.end,
            supplementary: field.text.into_iter().skip(1).filter_map(|text| details_text(&text)).collect(),
            details: None,
        });
        Ok(())
    }

    fn close_entry(&mut self, ids: &Ids, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        let (Some(pending), Some(currency)) = (self.pending.take(), self.currency) else { return Ok(()) };
        let ordinal = self.entries;
        self.entries += 1;
        let path = format!("{}/61[{}]", self.path(), ordinal + 1);
        let amount = pending.line.amount;
        let status = if pending.line.expected { EntryStatus::Pending } else { EntryStatus::Booked };
        self.statement.entries += 1;
        let side = &mut self.given[usize::from(!amount.is_negative())];
        let overflow = || {
            Refusal::new(
                "amount.overflow",
                "The amounts add up to more than can be counted. The file is damaged.",
            )
        };
        side.0 += 1;
        side.1 = side.1.checked_add(amount.abs()).ok_or_else(overflow)?;
        if status == EntryStatus::Booked {
            self.statement.sum = self.statement.sum.checked_add(amount).ok_or_else(overflow)?;
        }
        let entry = entry_of(pending, self.ordinal, ordinal, currency, ids, &path, output)?;
        output.item(Item::Entry(Box::new(Entry { status, ..entry })))
    }

    /// Ends the message: last entry, checks, statement. `last` tells that nothing follows in the file.
    pub(super) fn close(mut self, last: bool, ids: &Ids, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        self.close_entry(ids, output)?;
        let path = self.path();
        if !self.intraday && self.statement.closing.is_none() {
            let text =
                "The message ends without a closing balance (:62F:): the file is cut off. Ask for it again.";
            if last {
                return Err(Refusal::new("document.truncated", text).at(self.first_line, path).into());
            }
            let text = "The message has no closing balance (:62F:); what it should add up to is not known.";
            output.finding(
                Finding::new("statement.closing_missing", Severity::Error, text)
                    .at(self.first_line, path.clone()),
            )?;
        }
        if let Some((line, _)) = self.notes.first() {
            let text = self.notes.iter().map(|note| note.1.as_str()).collect::<Vec<_>>().join(" · ");
            let text = said!("The bank adds about the statement: {text}", text = cut(&text, 500));
            output.finding(
                Finding::new("statement.note", Severity::Info, text).at(*line, format!("{path}/:86:")),
            )?;
        }
        self.check_totals(output)?;
        let mut statement = self.statement;
        if let (Some(opening), Some(closing)) = (statement.opening, statement.closing) {
            let reached = opening.checked_add(statement.sum);
            statement.balance =
                if reached == Some(closing) { BalanceCheck::Ok } else { BalanceCheck::Broken };
            if statement.balance == BalanceCheck::Broken {
                let reached = reached.unwrap_or_default();
                let (code, text) = broken_balance(
                    opening,
                    statement.sum,
                    closing,
                    (reached, closing - reached),
                    self.left_out,
                );
                let finding = Finding::new(code, Severity::Error, text);
                output.finding(finding.at(self.first_line, path))?;
            }
        }
        statement.kind = if self.intraday { StatementKind::Report } else { StatementKind::Statement };
        statement.account.currency = statement.account.currency.or(self.currency);
        statement.page = statement.page.map(|(page, _)| (page, !self.interim_closing));
        statement.content = self.content.digest();
        statement.span = span(self.start, self.end);
        output.item(Item::Statement(Box::new(statement)))
    }

    fn check_totals(&self, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        for (line, credit, count, sum) in &self.totals {
            let (given_count, given_sum) = self.given[usize::from(*credit)];
            if (given_count, given_sum) != (*count, *sum) {
                let side = if *credit { "credits" } else { "debits" };
                let mut text = said!(
                    "The bank announces {announced}; the message holds {found}.",
                    announced = format_args!("{count} × {sum}"),
                    found = format_args!("{given_count} × {given_sum}"),
                );
                text.message = format!("{} ({side}, number × sum)", text.message.trim_end_matches('.'));
                let path = format!("{}/:90{}:", self.path(), if *credit { 'C' } else { 'D' });
                output.finding(
                    Finding::new("statement.totals_differ", Severity::Error, text).at(*line, path),
                )?;
            }
        }
        Ok(())
    }
}

fn details_text(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn is_bic(text: &str) -> bool {
    matches!(text.len(), 8 | 11)
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && text.bytes().take(6).all(|byte| byte.is_ascii_uppercase())
}

/// Tells of an account and of references that prove themselves wrong.
fn note_check_digits(
    counterparty: &Counterparty,
    refs: &References,
    field_line: u64,
    path: &str,
    output: &mut Output<'_, '_>,
) -> Result<(), Stop> {
    if let Some(account) =
        counterparty.account.as_deref().filter(|account| looks_like_iban(account) && !is_iban(account))
    {
        let text = said!(
            "The counterparty's account {number} looks like an IBAN, but its check digits or length are wrong.",
            number = account,
        );
        output.finding(Finding::new("account.check_digit", Severity::Warning, text).at(field_line, path))?;
    }
    for reference in refs.structured.iter().filter(|reference| is_wrong_creditor_reference(&reference.value))
    {
        let text = said!(
            "{reference} looks like an RF reference, but its check digits are wrong.",
            reference = reference.value,
        );
        output
            .finding(Finding::new("reference.check_digit", Severity::Warning, text).at(field_line, path))?;
    }
    Ok(())
}

/// Puts `:61:` and `:86:` together.
fn entry_of(
    pending: Pending,
    statement: u32,
    ordinal: u32,
    currency: Currency,
    ids: &Ids,
    path: &str,
    output: &mut Output<'_, '_>,
) -> Result<Entry, Stop> {
    let Pending { line, field_line, supplementary, details, start, end } = pending;
    let (text, transaction_span) = details.unwrap_or_else(|| (Vec::new(), (start, end)));
    let Details { code, posting_text, refs, mut counterparty, remittance, purpose, returned, exchange } =
        details::parse(&text);
    // Some banks put the other side's account where references go.
    counterparty.account = counterparty.account.or_else(|| {
        supplementary.iter().chain(&line.owner_reference).find_map(|text| details::lone_iban(text))
    });
    note_check_digits(&counterparty, &refs, field_line, path, output)?;
    let mut additional: Vec<&str> = {
        let told = supplementary.iter().filter(|text| counterparty.account.as_deref() != Some(text.as_str()));
        posting_text.iter().chain(told).map(String::as_str).collect()
    };
    if remittance.is_empty() {
        additional.extend(line.owner_reference.as_deref());
    }
    let additional = attest_domain::statement::join_text(additional.into_iter());
    let transaction = Transaction {
        ordinal: 0,
        span: span(transaction_span.0, transaction_span.1),
        amount: Some(line.amount),
        currency: Some(currency),
        refs,
        counterparty,
        remittance,
        purpose,
        returned,
        exchange: exchange.clone(),
        ..Transaction::default()
    };
    let proprietary = match code {
        Some(code) => format!("{}+{code}", line.kind),
        None => line.kind,
    };
    let empty = transaction.remittance.is_empty()
        && transaction.counterparty.is_empty()
        && transaction.refs == References::default();
    Ok(Entry {
        id: ids.entry(path),
        statement,
        ordinal,
        span: span(start, end),
        amount: line.amount,
        currency,
        reversal: line.reversal,
        status: EntryStatus::Booked,
        booked: line.booked.unwrap_or(line.valued).day().or_else(|| line.valued.day()),
        valued: line.valued.day(),
        reference: line.owner_reference,
        servicer_reference: line.bank_reference,
        bank_code: details_text(&proprietary)
            .map(|code| BankCode { proprietary: Some(code), ..BankCode::default() }),
        batch: None,
        charges: Vec::new(),
        exchange,
        additional,
        transactions: if empty { Vec::new() } else { vec![transaction] },
    })
}
