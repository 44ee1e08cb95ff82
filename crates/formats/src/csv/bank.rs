//! Rows of a bank's export: entries, one statement per currency, and the running balance.

use super::{
    mapping::Mapping,
    rows::{Figures, RowProblem, Table, figures, structured},
    table::Row,
};
use crate::{
    Item,
    check_digits::{is_iban, is_wrong_creditor_reference, looks_like_iban},
    lines::{Content, Ids, Output, Stop},
};
use attest_domain::{
    Amount, Currency, Date, Finding, Severity, Span,
    finding::Refusal,
    limits::FINDINGS_MAX,
    said,
    statement::{
        AccountIdentification, Balance, BalanceCheck, Counterparty, Entry, EntryStatus, Statement,
        StatementKind, Transaction,
    },
};

/// The rows of one currency.
struct Listing {
    currency: Currency,
    sum: Amount,
    entries: u32,
    from: Date,
    to: Date,
    content: Content,
    span: Span,
    chain: Chain,
    /// A row without a balance, or one that could not be read, leaves the chain unproven.
    uncheckable: bool,
}

/// Line, amount and balance of a row.
#[derive(Clone, Copy)]
struct Step {
    line: u64,
    amount: Amount,
    balance: Amount,
}

/// The running balance, followed both ways at once because files come oldest or newest first.
#[derive(Default)]
struct Chain {
    first: Option<Step>,
    last: Option<Step>,
    oldest_first: Breaks,
    newest_first: Breaks,
}

/// The steps that do not hold in one direction: older row, newer row.
#[derive(Default)]
struct Breaks {
    count: u64,
    kept: Vec<(Step, Step)>,
}

impl Breaks {
    fn check(&mut self, older: Step, newer: Step) {
        if older.balance.checked_add(newer.amount) != Some(newer.balance) {
            self.count += 1;
            if self.kept.len() < FINDINGS_MAX {
                self.kept.push((older, newer));
            }
        }
    }
}

impl Chain {
    fn add(&mut self, step: Step) {
        if let Some(last) = self.last {
            self.oldest_first.check(last, step);
            self.newest_first.check(step, last);
        }
        self.first.get_or_insert(step);
        self.last = Some(step);
    }
}

/// Reads all rows as entries.
pub(super) fn read(
    table: &mut Table<'_>,
    mapping: &Mapping,
    ids: &Ids,
    output: &mut Output<'_, '_>,
) -> Result<(), Stop> {
    let mut listings: Vec<Listing> = Vec::new();
    let mut number = 0_u64;
    while let Some(row) = table.next()? {
        number += 1;
        let figures = match figures(&row, &table.places, mapping) {
            Ok(figures) => figures,
            Err(problem) => {
                output.finding(problem.finding(&row))?;
                listings.iter_mut().for_each(|listing| listing.uncheckable = true);
                continue;
            }
        };
        let Some(currency) = figures.currency else {
            output.finding(RowProblem::no_currency().finding(&row))?;
            continue;
        };
        let place = listings.iter().position(|listing| listing.currency == currency).unwrap_or_else(|| {
            listings.push(Listing::new(currency, &figures, row.span));
            listings.len() - 1
        });
        let listing = &mut listings[place];
        let ordinal = listing.entries;
        listing.add(&row, &figures)?;
        let statement = u32::try_from(place).unwrap_or(u32::MAX);
        let entry =
            entry(&row, table, figures, currency, (statement, ordinal), &format!("row[{number}]"), ids);
        note_check_digits(&row, &entry.transactions, output)?;
        output.item(Item::Entry(Box::new(entry)))?;
    }
    if listings.is_empty() {
        return Err(
            Refusal::new("csv.no_rows", "No row of this file could be read with this mapping.").into()
        );
    }
    for (place, listing) in (0_u32..).zip(listings) {
        let statement = listing.close(place, mapping, output)?;
        output.item(Item::Statement(Box::new(statement)))?;
    }
    Ok(())
}

fn entry(
    row: &Row<'_>,
    table: &Table<'_>,
    figures: Figures,
    currency: Currency,
    (statement, ordinal): (u32, u32),
    path: &str,
    ids: &Ids,
) -> Entry {
    let places = &table.places;
    let text = |place| row.cell(place).map(ToOwned::to_owned);
    let mut transaction = Transaction {
        span: row.span,
        amount: Some(figures.amount),
        currency: Some(currency),
        counterparty: Counterparty {
            name: text(places.counterparty),
            account: row.cell(places.counterparty_account).map(|account| account.replace(' ', "")),
            ..Counterparty::default()
        },
        remittance: figures.text.into_iter().collect(),
        ..Transaction::default()
    };
    transaction.refs.structured.extend(row.cell(places.reference).map(|value| structured(value, currency)));
    Entry {
        id: ids.entry(path),
        statement,
        ordinal,
        span: row.span,
        amount: figures.amount,
        currency,
        reversal: false,
        status: EntryStatus::Booked,
        booked: Some(figures.booked),
        valued: figures.valued,
        reference: None,
        servicer_reference: text(places.id),
        bank_code: None,
        batch: None,
        charges: Vec::new(),
        exchange: None,
        additional: None,
        transactions: vec![transaction],
    }
}

/// Warns of references and accounts that look like what they are not.
fn note_check_digits(
    row: &Row<'_>,
    transactions: &[Transaction],
    output: &mut Output<'_, '_>,
) -> Result<(), Stop> {
    for transaction in transactions {
        for reference in transaction
            .refs
            .structured
            .iter()
            .filter(|reference| is_wrong_creditor_reference(&reference.value))
        {
            let text = said!(
                "{reference} looks like an RF reference, but its check digits are wrong.",
                reference = reference.value,
            );
            let finding = Finding::new("reference.check_digit", Severity::Warning, text);
            output.finding(finding.at(row.line, "row").spanning(row.span))?;
        }
        let account = transaction.counterparty.account.as_deref();
        if let Some(account) = account.filter(|account| looks_like_iban(account) && !is_iban(account)) {
            let text = said!(
                "The counterparty's account {number} looks like an IBAN, but its check digits or length are wrong.",
                number = account,
            );
            let finding = Finding::new("account.check_digit", Severity::Warning, text);
            output.finding(finding.at(row.line, "row").spanning(row.span))?;
        }
    }
    Ok(())
}

impl Listing {
    fn new(currency: Currency, first: &Figures, span: Span) -> Self {
        Self {
            currency,
            sum: Amount::ZERO,
            entries: 0,
            from: first.booked,
            to: first.booked,
            content: Content::default(),
            span,
            chain: Chain::default(),
            uncheckable: false,
        }
    }

    fn add(&mut self, row: &Row<'_>, figures: &Figures) -> Result<(), Refusal> {
        self.sum = self.sum.checked_add(figures.amount).ok_or_else(|| {
            let text = "The amounts add up to more than can be counted. The file is damaged, or the decimal separator is wrong.";
            Refusal::new("amount.overflow", text).at(row.line, "row")
        })?;
        self.entries += 1;
        self.from = self.from.min(figures.booked);
        self.to = self.to.max(figures.booked);
        self.span.end = row.span.end;
        row.cells.iter().for_each(|cell| self.content.add(cell.as_bytes()));
        match figures.balance {
            Some(balance) => self.chain.add(Step { line: row.line, amount: figures.amount, balance }),
            None => self.uncheckable = true,
        }
        Ok(())
    }

    /// Tells of every step of the running balance that does not hold, oldest or newest first, whichever fits
    /// more rows. Returns opening and closing balance and whether every step holds.
    fn chain(&self, output: &mut Output<'_, '_>) -> Result<Option<(Amount, Amount, bool)>, Stop> {
        let (Some(first), Some(last)) = (self.chain.first, self.chain.last) else { return Ok(None) };
        if self.uncheckable {
            return Ok(None);
        }
        let newest_first = self.chain.newest_first.count < self.chain.oldest_first.count;
        let (breaks, oldest, newest) = if newest_first {
            (&self.chain.newest_first, last, first)
        } else {
            (&self.chain.oldest_first, first, last)
        };
        for (older, newer) in &breaks.kept {
            let text = said!(
                "The balance {before} and the amount {amount} do not make {after}: a row is missing, or one was changed.",
                before = older.balance,
                amount = newer.amount,
                after = newer.balance,
            );
            let finding = Finding::new("statement.running_balance_broken", Severity::Error, text);
            output.finding(finding.at(newer.line, "row"))?;
        }
        let opening = oldest.balance.checked_add(-oldest.amount);
        Ok(opening.map(|opening| (opening, newest.balance, breaks.count == 0)))
    }

    fn close(self, ordinal: u32, mapping: &Mapping, output: &mut Output<'_, '_>) -> Result<Statement, Stop> {
        let chain = self.chain(output)?;
        let constants = &mapping.constants;
        let number = constants.account.as_deref().map(|account| account.replace(' ', ""));
        let (iban, other) = match number {
            Some(number) if looks_like_iban(&number) => (Some(number), None),
            other => (None, other),
        };
        if let Some(iban) = iban.as_deref().filter(|iban| !is_iban(iban)) {
            let text = said!(
                "The mapping's account {number} looks like an IBAN, but its check digits or length are wrong.",
                number = iban,
            );
            output.finding(Finding::new("account.check_digit", Severity::Warning, text))?;
        }
        let balance = |kind: &str, amount, date| Balance {
            kind: kind.to_owned(),
            amount,
            currency: Some(self.currency),
            date: Some(date),
        };
        let balances = chain
            .map(|(opening, closing, _)| {
                vec![balance("OPBD", opening, self.from), balance("CLBD", closing, self.to)]
            })
            .unwrap_or_default();
        Ok(Statement {
            ordinal,
            kind: StatementKind::Listing,
            reference: None,
            account: AccountIdentification {
                iban,
                scheme: constants.scheme.clone().filter(|_| other.is_some()),
                other,
                currency: Some(self.currency),
                name: constants.name.clone(),
                ..AccountIdentification::default()
            },
            electronic_sequence: None,
            legal_sequence: None,
            created: None,
            from: Some(self.from),
            to: Some(self.to),
            page: None,
            copy: None,
            balances,
            opening: chain.map(|chain| chain.0),
            closing: chain.map(|chain| chain.1),
            entries: u64::from(self.entries),
            sum: self.sum,
            balance: match chain {
                Some((_, _, true)) => BalanceCheck::Ok,
                Some((_, _, false)) => BalanceCheck::Broken,
                None => BalanceCheck::Uncheckable,
            },
            content: self.content.digest(),
            span: self.span,
        })
    }
}
