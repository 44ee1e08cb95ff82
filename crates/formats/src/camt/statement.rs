//! A statement: its head, its balances, and the arithmetic that is checked when it ends.

use super::{
    content::Record,
    draft::{Money, compact, meaningful, parse_date, parse_indicator},
    entry::signed,
    leaf::Text,
    tree::Node,
    walk::Walk,
};
use crate::arithmetic::broken_balance;
use crate::{Item, lines::Stop};
use attest_domain::{
    Amount, Currency, Date, Digest, Severity,
    finding::cut,
    said,
    statement::{AccountIdentification, Balance, BalanceCheck, EntryStatus, Statement, StatementKind},
};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// Number and unsigned sum of entries in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Total {
    count: u64,
    sum: Amount,
}

impl Total {
    fn plus(self, other: Self) -> Self {
        Self { count: self.count + other.count, sum: self.sum + other.sum }
    }
}

/// What `TxsSummry` says of one group of entries.
#[derive(Clone, Copy, Debug, Default)]
struct Announced {
    count: Option<u64>,
    sum: Option<Amount>,
}

/// A balance while it is read.
#[derive(Debug, Default)]
struct BalanceDraft {
    kind: Option<String>,
    money: Option<Money>,
    /// What stands where the amount should, when it cannot be read.
    unreadable: Option<String>,
    credit: Option<bool>,
    date: Option<Date>,
}

/// A statement while it is read.
#[derive(Debug, Default)]
pub(super) struct StatementDraft<'d> {
    /// `Stmt`, `Rpt` or `Ntfctn`.
    pub(super) element: &'d str,
    place: usize,
    start: u64,
    pub(super) account: AccountIdentification,
    reference: Option<String>,
    electronic_sequence: Option<u64>,
    legal_sequence: Option<u64>,
    created: Option<String>,
    from: Option<Date>,
    to: Option<Date>,
    page: Option<(Option<u32>, bool)>,
    copy: Option<String>,
    balances: Vec<Balance>,
    balance: BalanceDraft,
    announced: [Announced; 3],
    net: Option<Amount>,
    net_credit: Option<bool>,
    /// `Ntry` elements opened so far, unreadable ones included.
    pub(super) elements: u64,
    given: u64,
    pub(super) unreadable: u64,
    pub(super) status_missing: u64,
    /// Booked and other entries, credits and debits.
    totals: [[Total; 2]; 2],
    /// Σ of the booked entries by currency.
    sums: BTreeMap<Currency, Amount>,
    /// The currency of the first booked entry.
    first_currency: Option<Currency>,
    content: Sha256,
}

impl<'d> StatementDraft<'d> {
    pub(super) fn new(place: usize, start: u64, element: &'d str) -> Self {
        Self { place, start, element, ..Self::default() }
    }

    /// Counts an entry; only booked ones enter the sum.
    pub(super) fn add(&mut self, amount: Amount, currency: Currency, status: EntryStatus) {
        self.given += 1;
        let booked = status == EntryStatus::Booked;
        let total = &mut self.totals[usize::from(!booked)][usize::from(amount.is_negative())];
        *total = total.plus(Total { count: 1, sum: amount.abs() });
        if booked {
            self.first_currency.get_or_insert(currency);
            *self.sums.entry(currency).or_default() += amount;
        }
    }

    /// Adds an entry's record to the digest of the content.
    pub(super) fn record(&mut self, record: &[u8]) {
        self.content.update(record);
    }

    /// The currency of the account, else of a booked balance, else of the entries.
    pub(super) fn currency(&self) -> Option<Currency> {
        let of_balance = || {
            let booked = |kind: &&Balance| matches!(kind.kind.as_str(), "OPBD" | "PRCD" | "CLBD");
            self.balances.iter().find(booked).or(self.balances.first()).and_then(|balance| balance.currency)
        };
        self.account.currency.or_else(of_balance).or(self.first_currency)
    }

    pub(super) fn account_leaf(&mut self, leaf: Node, text: &Text<'_>) {
        match leaf {
            Node::Iban => self.account.iban = Some(compact(text)),
            Node::Bban => {
                (self.account.other, self.account.scheme) = (Some(compact(text)), Some("BBAN".to_owned()))
            }
            Node::Id | Node::Upic if self.account.other.is_none() => self.account.other = Some(compact(text)),
            Node::Cd | Node::Prtry => self.account.scheme = Some(text.to_string()),
            _ => {}
        }
    }

    pub(super) fn servicer_leaf(&mut self, leaf: Node, text: Text<'_>) {
        match leaf {
            Node::Bic => self.account.servicer = Some(text.into_owned()),
            Node::MmbId => {
                self.account.servicer.get_or_insert_with(|| text.into_owned());
            }
            _ => {}
        }
    }

    /// The balance with one of the codes, in the statement's currency if there is one, else in any.
    fn find_balance(&self, kinds: &[&str], last: bool) -> Option<&Balance> {
        let currency = self.currency();
        kinds.iter().find_map(|kind| {
            let of_kind = || self.balances.iter().filter(|balance| balance.kind == *kind);
            let mut fitting: Vec<&Balance> =
                of_kind().filter(|balance| balance.currency == currency).collect();
            if fitting.is_empty() {
                fitting = of_kind().collect();
            }
            // A statement over several days may carry one balance a day.
            if last {
                fitting.into_iter().max_by_key(|balance| balance.date)
            } else {
                fitting.into_iter().min_by_key(|balance| balance.date)
            }
        })
    }
}

impl<'d> Walk<'d, '_, '_> {
    pub(super) fn statement_leaf(&mut self, parent: Node, leaf: Node, text: Text<'d>) -> Result<(), Stop> {
        match (parent, leaf) {
            (Node::Statement, _) => return self.head_leaf(leaf, text),
            (Node::Period, _) => {
                let date = parse_date(&text);
                if date.is_none() {
                    self.unreadable("statement.period_invalid", "FrToDt", &text, "a date")?;
                }
                if leaf == Node::From { self.statement.from = date } else { self.statement.to = date }
            }
            (Node::Paging, _) => self.page_leaf(leaf, &text),
            (Node::Account, Node::Ccy) => {
                self.statement.account.currency = Currency::parse(&text);
                if self.statement.account.currency.is_none() {
                    self.unreadable("account.currency_invalid", "Acct/Ccy", &text, "a currency code")?;
                }
            }
            (Node::Account, Node::Nm) => self.statement.account.name = Some(text.into_owned()),
            (Node::Owner, Node::Nm) => self.statement.account.owner = Some(text.into_owned()),
            (Node::Balance | Node::BalanceType | Node::BalanceDate, _) => {
                return self.balance_leaf(leaf, text);
            }
            (Node::TotalAll | Node::TotalCredits | Node::TotalDebits | Node::NetTotal, _) => {
                return self.total_leaf(parent, leaf, &text);
            }
            _ => {}
        }
        Ok(())
    }

    fn head_leaf(&mut self, leaf: Node, text: Text<'d>) -> Result<(), Stop> {
        match leaf {
            Node::Id => self.statement.reference = meaningful(&text).map(str::to_owned),
            Node::Created => self.statement.created = Some(text.into_owned()),
            Node::Copy => self.statement.copy = Some(text.into_owned()),
            Node::AddtlInf => {
                let message = said!("The bank adds: \"{text}\"", text = cut(&text, 500));
                return self.note("statement.note", Severity::Info, "AddtlInf", message);
            }
            Node::ElectronicSequence | Node::LegalSequence => {
                let number = text.parse().ok();
                let legal = leaf == Node::LegalSequence;
                if number.is_none() {
                    let path = if legal { "LglSeqNb" } else { "ElctrncSeqNb" };
                    self.unreadable("statement.sequence_invalid", path, &text, "a number")?;
                }
                if legal {
                    self.statement.legal_sequence = number;
                } else {
                    self.statement.electronic_sequence = number;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn page_leaf(&mut self, leaf: Node, text: &str) {
        let in_header = self.above(1) == Node::Header;
        let page = if in_header { &mut self.page } else { &mut self.statement.page };
        let page = page.get_or_insert((None, true));
        match leaf {
            Node::PgNb => page.0 = text.parse().ok(),
            _ => page.1 = parse_indicator(text).unwrap_or(true),
        }
    }

    fn balance_leaf(&mut self, leaf: Node, text: Text<'d>) -> Result<(), Stop> {
        match leaf {
            Node::Amt => match Amount::parse(&text) {
                Ok(amount) => {
                    let currency = self.amount_currency("Bal/Amt")?;
                    self.statement.balance.money = Some(Money { amount, currency });
                }
                Err(_) => self.statement.balance.unreadable = Some(text.into_owned()),
            },
            Node::Direction => self.statement.balance.credit = self.direction(&text)?,
            Node::Cd | Node::Prtry => self.statement.balance.kind = Some(text.into_owned()),
            Node::Dt | Node::DtTm => {
                self.statement.balance.date = self.date("balance.date_invalid", "Bal/Dt", &text)?
            }
            _ => {}
        }
        Ok(())
    }

    fn total_leaf(&mut self, parent: Node, leaf: Node, text: &str) -> Result<(), Stop> {
        match leaf {
            Node::Direction => {
                self.statement.net_credit = self.direction(text)?;
                return Ok(());
            }
            Node::NetAmt => self.statement.net = Amount::parse(text).ok(),
            _ => {}
        }
        let place = match parent {
            Node::TotalCredits => 1,
            Node::TotalDebits => 2,
            _ => 0,
        };
        match leaf {
            Node::Count => self.statement.announced[place].count = text.parse().ok(),
            Node::Sum => self.statement.announced[place].sum = Amount::parse(text).ok(),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn finish_balance(&mut self) -> Result<(), Stop> {
        let draft = std::mem::take(&mut self.statement.balance);
        let kind = draft.kind.unwrap_or_else(|| "-".to_owned());
        let Some(money) = draft.money else {
            let found = draft.unreadable.unwrap_or_default();
            let mut message = said!(
                "has no amount that can be read (\"{found}\"); it was left out.",
                found = cut(&found, 60)
            );
            message.message = format!("The balance {kind:.40} {}", message.message);
            return self.note("balance.unreadable", Severity::Warning, "Bal/Amt", message);
        };
        if draft.credit.is_none() {
            let message = said!(
                "The balance {balance} does not say whether it is a credit or a debit; it was read as a credit.",
                balance = cut(&kind, 40),
            );
            self.note("balance.direction_missing", Severity::Warning, "Bal/CdtDbtInd", message)?;
        }
        let amount = signed(money.amount, draft.credit.unwrap_or(true));
        self.statement.balances.push(Balance { kind, amount, currency: money.currency, date: draft.date });
        Ok(())
    }

    /// Checks the statement and hands it over.
    pub(super) fn finish_statement(&mut self) -> Result<(), Stop> {
        let draft = std::mem::take(&mut self.statement);
        let path = format!("{}[{}]", draft.element, self.statements);
        let sum = self.sum(&draft, &path)?;
        self.check_statuses(&draft, &path)?;
        self.check_summary(&draft, &path)?;
        let opening = self.opening(&draft, &path)?;
        let closing = draft.find_balance(&["CLBD"], true).cloned();
        let page = draft.page.or(self.page).map(|(number, last)| (number.unwrap_or(1), last));
        let partial = page.is_some_and(|page| page != (1, true));
        let balance =
            self.check_balance(&draft, &path, (opening.as_ref(), sum, closing.as_ref()), partial)?;
        let span = self.span_from(draft.start);
        let mut statement = Box::new(Statement {
            ordinal: self.statements,
            kind: self.kind,
            reference: draft.reference,
            account: draft.account,
            electronic_sequence: draft.electronic_sequence,
            legal_sequence: draft.legal_sequence,
            created: draft.created,
            from: draft.from,
            to: draft.to,
            page,
            copy: draft.copy,
            balances: draft.balances,
            opening: opening.map(|balance| balance.amount),
            closing: closing.map(|balance| balance.amount),
            entries: draft.given,
            sum,
            balance,
            content: Digest([0; 32]),
            span,
        });
        self.content.clear();
        Record(&mut self.content).statement(&statement);
        statement.content = Digest(draft.content.chain_update(&self.content).finalize().into());
        self.statements += 1;
        self.give(Item::Statement(statement))
    }

    /// Σ of the booked entries in the statement's currency.
    fn sum(&mut self, draft: &StatementDraft<'_>, path: &str) -> Result<Amount, Stop> {
        let currency = draft.currency();
        let (own, others): (Vec<_>, Vec<_>) =
            draft.sums.iter().partition(|(other, _)| Some(**other) == currency);
        if let (false, Some(currency)) = (others.is_empty(), currency) {
            let listed: Vec<String> =
                others.iter().take(5).map(|(other, sum)| format!("{sum} {other}")).collect();
            let mut message = said!(
                "but booked entries are in another currency ({currencies}); they are not in the sum.",
                currencies = listed.join(", "),
            );
            message.message = format!("The statement is in {currency}, {}", message.message);
            self.note_at(
                "statement.currencies_differ",
                Severity::Warning,
                draft.place,
                path.to_owned(),
                message,
            )?;
        }
        Ok(own.iter().map(|(_, sum)| **sum).sum())
    }

    fn check_statuses(&mut self, draft: &StatementDraft<'_>, path: &str) -> Result<(), Stop> {
        if draft.status_missing == 0 {
            return Ok(());
        }
        let message = said!(
            "{count} entries carry no status; they were read as booked.",
            count = draft.status_missing,
        );
        self.note_at("entry.status_missing", Severity::Info, draft.place, format!("{path}/Ntry/Sts"), message)
    }

    /// OPBD, else PRCD; both with different amounts is a finding in itself.
    fn opening(&mut self, draft: &StatementDraft<'_>, path: &str) -> Result<Option<Balance>, Stop> {
        let opening = draft.find_balance(&["OPBD"], false);
        let previous = draft.find_balance(&["PRCD"], false);
        if let (Some(opening), Some(previous)) = (opening, previous)
            && opening.amount != previous.amount
        {
            let message = said!(
                "The opening balance (OPBD) is {opening}, the previous closing balance (PRCD) {previous}; a booking between the two is missing here.",
                opening = opening.amount,
                previous = previous.amount,
            );
            self.note_at(
                "statement.opening_differs",
                Severity::Warning,
                draft.place,
                format!("{path}/Bal"),
                message,
            )?;
        }
        Ok(opening.or(previous).cloned())
    }

    /// opening + Σ booked = closing, to the last decimal.
    fn check_balance(
        &mut self,
        draft: &StatementDraft<'_>,
        path: &str,
        (opening, sum, closing): (Option<&Balance>, Amount, Option<&Balance>),
        partial: bool,
    ) -> Result<BalanceCheck, Stop> {
        let (Some(opening), Some(closing)) = (opening, closing) else {
            if draft.unreadable > 0 {
                return Ok(BalanceCheck::Broken);
            }
            if self.kind != StatementKind::Notification {
                let missing = if opening.is_none() { "opening (OPBD or PRCD)" } else { "closing (CLBD)" };
                let message = format!(
                    "The bank gives no {missing} booked balance, so the arithmetic cannot be checked."
                );
                self.note_at(
                    "statement.balance_uncheckable",
                    Severity::Info,
                    draft.place,
                    format!("{path}/Bal"),
                    message,
                )?;
            }
            return Ok(BalanceCheck::Uncheckable);
        };
        let expected = opening.amount + sum;
        if expected == closing.amount && opening.currency == closing.currency && draft.unreadable == 0 {
            return Ok(BalanceCheck::Ok);
        }
        let shown = |balance: &Balance| match balance.currency {
            Some(currency) => format!("{} {currency}", balance.amount),
            None => balance.amount.to_string(),
        };
        let (code, mut said) = broken_balance(
            shown(opening),
            sum,
            shown(closing),
            (expected, closing.amount - expected),
            draft.unreadable,
        );
        // Other pages can explain a difference, but not two currencies.
        let is_page = partial && draft.unreadable == 0 && opening.currency == closing.currency;
        let (code, severity, check) = if is_page {
            said.message.push_str(" This is one page of several; the pages together must balance.");
            ("statement.page_unbalanced", Severity::Warning, BalanceCheck::Uncheckable)
        } else {
            (code, Severity::Error, BalanceCheck::Broken)
        };
        self.note_at(code, severity, draft.place, format!("{path}/Bal"), said)?;
        Ok(check)
    }

    /// `TxsSummry` against the entries. Banks differ in whether pending ones count, so either reading will do.
    fn check_summary(&mut self, draft: &StatementDraft<'_>, path: &str) -> Result<(), Stop> {
        let [booked, other] = draft.totals;
        let every = [booked[0].plus(other[0]), booked[1].plus(other[1])];
        for (place, name) in ["TtlNtries", "TtlCdtNtries", "TtlDbtNtries"].into_iter().enumerate() {
            let readings = [booked, every].map(|[credits, debits]| match place {
                0 => credits.plus(debits),
                1 => credits,
                _ => debits,
            });
            let Announced { count, sum } = draft.announced[place];
            let wrong_count =
                count.filter(|count| draft.unreadable == 0 && readings.iter().all(|one| one.count != *count));
            let wrong_sum =
                sum.filter(|sum| draft.unreadable == 0 && readings.iter().all(|one| one.sum != *sum));
            if let Some(count) = wrong_count {
                let message = said!(
                    "The summary announces {announced} entries; {found} are given.",
                    announced = count,
                    found = readings[1].count,
                );
                self.note_at(
                    "statement.totals_differ",
                    Severity::Warning,
                    draft.place,
                    format!("{path}/TxsSummry/{name}/NbOfNtries"),
                    message,
                )?;
            }
            if let Some(sum) = wrong_sum {
                let message = said!(
                    "The summary announces a sum of {announced}; the entries add up to {found}.",
                    announced = sum,
                    found = readings[1].sum,
                );
                self.note_at(
                    "statement.totals_differ",
                    Severity::Warning,
                    draft.place,
                    format!("{path}/TxsSummry/{name}/Sum"),
                    message,
                )?;
            }
        }
        let nets = [booked, every].map(|[credits, debits]| credits.sum - debits.sum);
        if let Some(net) = draft.net {
            let announced = draft.net_credit.map_or(net, |credit| signed(net, credit));
            let fits = |one: &Amount| {
                if draft.net_credit.is_some() { *one == announced } else { one.abs() == net.abs() }
            };
            if draft.unreadable == 0 && !nets.iter().any(fits) {
                let message = said!(
                    "The summary announces a net of {announced}; the entries give {found}.",
                    announced = announced,
                    found = nets[1],
                );
                self.note_at(
                    "statement.totals_differ",
                    Severity::Warning,
                    draft.place,
                    format!("{path}/TxsSummry/TtlNtries"),
                    message,
                )?;
            }
        }
        Ok(())
    }
}
