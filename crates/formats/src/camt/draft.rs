//! What is known of an entry and of a transaction while their elements are still open.
//!
//! Text is borrowed from the document until it is certain that it is kept.

use attest_domain::{
    Amount, Currency, Date,
    statement::{
        BankCode, Batch, Charge, Counterparty, EntryStatus, Exchange, ReferredDocument, StructuredReference,
        Transaction,
    },
};
use rust_decimal::Decimal;
use std::borrow::Cow;

/// An unsigned amount as given, with the currency of its attribute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Money {
    pub(super) amount: Amount,
    pub(super) currency: Option<Currency>,
}

/// One of `InstdAmt`, `TxAmt`, `CntrValAmt` with the exchange rate beside it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Foreign {
    pub(super) money: Option<Money>,
    pub(super) rate: Option<Decimal>,
    pub(super) unit: Option<Currency>,
}

/// `AmtDtls`: instructed, transaction and counter value amounts, in the order in which they are preferred.
pub(super) type Amounts = [Foreign; 3];

/// The foreign amount: the first whose currency is not that of the entry (facts, formats 1.6).
///
/// The rate is the one beside it, else the one beside another amount that turns the foreign amount into the
/// entry's within rounding. The entry's amount is never touched.
pub(super) fn exchange(amounts: &Amounts, entry: Amount, currency: Currency) -> Option<Exchange> {
    let (foreign, other) = amounts.iter().find_map(|foreign| {
        let money = foreign.money?;
        money.currency.filter(|other| *other != currency).map(|other| (foreign, (money, other)))
    })?;
    let (money, other) = other;
    let fits = |candidate: &&Foreign| candidate.rate.is_some_and(|rate| converts(money.amount, rate, entry));
    let source = if foreign.rate.is_some() { Some(foreign) } else { amounts.iter().find(fits) };
    Some(Exchange {
        amount: money.amount.abs(),
        currency: other,
        rate: source.and_then(|source| source.rate),
        unit: source.and_then(|source| source.unit),
    })
}

/// Does `foreign × rate` or `foreign ÷ rate` give `entry`, to one in a thousand (rates are rounded)?
fn converts(foreign: Amount, rate: Decimal, entry: Amount) -> bool {
    let (foreign, entry) = (foreign.abs().decimal(), entry.abs().decimal());
    let tolerance = entry / Decimal::ONE_THOUSAND + Decimal::new(1, 2);
    [foreign.checked_mul(rate), foreign.checked_div(rate)]
        .into_iter()
        .flatten()
        .any(|product| (product - entry).abs() <= tolerance)
}

/// One `Chrgs` while it is read: itself one charge up to .02, a list of records with a total from .03.
#[derive(Clone, Debug, Default)]
pub(super) struct ChargeDraft {
    pub(super) money: Option<Money>,
    pub(super) credit: bool,
    pub(super) included: Option<bool>,
    pub(super) kind: Option<String>,
    pub(super) total: Option<Money>,
    pub(super) records: usize,
}

impl ChargeDraft {
    /// Ends one record and keeps the total for the end of the list.
    pub(super) fn finish_record(&mut self) -> Option<Charge> {
        let (total, records) = (self.total, self.records + 1);
        let draft = std::mem::replace(self, Self { total, records, ..Self::default() });
        draft.charge()
    }

    /// Ends the list. The total counts only where nothing stands beside it, or it would count twice.
    pub(super) fn finish_list(&mut self) -> Option<Charge> {
        let mut draft = std::mem::take(self);
        if draft.money.is_none() && draft.records == 0 {
            draft.money = draft.total.filter(|total| !total.amount.is_zero());
        }
        draft.charge()
    }

    fn charge(self) -> Option<Charge> {
        let Self { money, credit, included, kind, .. } = self;
        let Money { amount, currency } = money?;
        let amount = if credit { amount } else { -amount };
        Some(Charge { amount, currency, included, kind })
    }
}

/// One side of a payment.
#[derive(Clone, Debug, Default)]
pub(super) struct PartyDraft<'d> {
    pub(super) name: Option<Cow<'d, str>>,
    pub(super) account: Option<Cow<'d, str>>,
    pub(super) scheme: Option<Cow<'d, str>>,
    pub(super) agent: Option<Cow<'d, str>>,
    pub(super) clearing: Option<Cow<'d, str>>,
    pub(super) ultimate: Option<Cow<'d, str>>,
}

impl PartyDraft<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.name.is_none() && self.account.is_none() && self.ultimate.is_none()
    }

    pub(super) fn counterparty(self) -> Counterparty {
        let ultimate = self.ultimate.filter(|ultimate| self.name.as_deref() != Some(ultimate));
        Counterparty {
            name: self.name.map(Cow::into_owned),
            account: self.account.map(|account| compact(&account)),
            scheme: self.scheme.map(Cow::into_owned),
            agent: self.agent.or(self.clearing).map(Cow::into_owned),
            ultimate: ultimate.map(Cow::into_owned),
        }
    }
}

/// The text without white space.
pub(crate) fn compact(text: &str) -> String {
    if text.contains(char::is_whitespace) { text.split_whitespace().collect() } else { text.to_owned() }
}

/// A transaction while it is read.
#[derive(Debug, Default)]
pub(super) struct TransactionDraft<'d> {
    /// Everything that needs no decision.
    pub(super) value: Transaction,
    pub(super) own: Option<Money>,
    pub(super) unreadable: bool,
    pub(super) amounts: Amounts,
    pub(super) credit: Option<bool>,
    pub(super) bank_code: BankCode,
    pub(super) debtor: PartyDraft<'d>,
    pub(super) creditor: PartyDraft<'d>,
    pub(super) reference: Option<StructuredReference>,
    pub(super) issuer: Option<String>,
    pub(super) invoice: ReferredDocument,
    pub(super) invoice_due: Option<Amount>,
    pub(super) typed: (Option<Amount>, Option<Cow<'d, str>>),
}

/// What one `NtryDtls` holds, for the check of its batch.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) batch: Option<Batch>,
    pub(super) currency: Option<Currency>,
    /// Index of the first transaction of this group.
    pub(super) first: usize,
}

/// An entry while it is read.
#[derive(Debug, Default)]
pub(super) struct EntryDraft<'d> {
    /// Offset of `<Ntry` in the decoded text.
    pub(super) place: usize,
    /// The same in the original bytes.
    pub(super) start: u64,
    pub(super) money: Option<Money>,
    /// What stands where the amount should, when it cannot be read.
    pub(super) unreadable: Option<String>,
    pub(super) credit: Option<bool>,
    pub(super) status: Option<EntryStatus>,
    pub(super) reversal: bool,
    pub(super) booked: Option<Date>,
    pub(super) valued: Option<Date>,
    pub(super) reference: Option<Cow<'d, str>>,
    pub(super) servicer_reference: Option<Cow<'d, str>>,
    pub(super) bank_code: BankCode,
    pub(super) batch: Option<Batch>,
    pub(super) batches: usize,
    pub(super) charges: Vec<Charge>,
    pub(super) amounts: Amounts,
    pub(super) additional: Option<Cow<'d, str>>,
    pub(super) transactions: Vec<TransactionDraft<'d>>,
    pub(super) group: Group,
}

/// A date from `YYYY-MM-DD`, with whatever time and zone stand behind it: the bank's own calendar day.
pub(crate) fn parse_date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let behind = bytes.get(10);
    if bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    if !matches!(behind, None | Some(b'T' | b'Z' | b'+' | b'-' | b' ')) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| {
        bytes[range].iter().try_fold(0_i16, |number, byte| {
            byte.is_ascii_digit().then(|| number * 10 + i16::from(byte - b'0'))
        })
    };
    let small = |range| number(range).and_then(|number| i8::try_from(number).ok());
    Date::new(number(0..4)?, small(5..7)?, small(8..10)?).ok()
}

/// `true`, `false`, `1` or `0`, the spellings of XML Schema.
pub(crate) fn parse_indicator(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// A reference that says something: neither empty nor one of the placeholders that banks write.
pub(crate) fn meaningful(text: &str) -> Option<&str> {
    let placeholder = matches!(text, "" | "-" | "NOTPROVIDED") || text.eq_ignore_ascii_case("notprovided");
    (!placeholder).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str, currency: &str) -> Option<Money> {
        Some(Money { amount: Amount::parse(text).unwrap(), currency: Currency::parse(currency) })
    }

    #[test]
    fn a_date_is_the_bank_s_calendar_day_whatever_stands_behind_it() {
        let day = Date::constant(2024, 2, 29);
        for text in ["2024-02-29", "2024-02-29T23:59:59.123+02:00", "2024-02-29Z", "2024-02-29+01:00"] {
            assert_eq!(parse_date(text), Some(day), "{text}");
        }
        for text in ["2023-02-29", "2024-2-29", "YYYY-MM-DD", "20240229", "2024-02-291", "", "2024-02-2å"] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn the_foreign_amount_is_the_first_in_another_currency_than_the_entry() {
        let sek = Currency::SEK;
        let mut amounts = Amounts::default();
        amounts[0].money = money("100.00", "SEK");
        amounts[1].money = money("9.00", "EUR");
        amounts[0].rate = Some(Decimal::new(1111, 2));
        let found = exchange(&amounts, Amount::parse("-100.00").unwrap(), sek).unwrap();
        assert_eq!((found.amount.to_string(), found.currency.code()), ("9.00".to_owned(), "EUR"));
        assert_eq!(found.rate, Some(Decimal::new(1111, 2)), "the rate beside another amount fits");
        amounts[0].rate = Some(Decimal::new(5, 0));
        assert_eq!(exchange(&amounts, Amount::parse("-100.00").unwrap(), sek).unwrap().rate, None);
        amounts[1].money = money("100.00", "SEK");
        assert_eq!(exchange(&amounts, Amount::parse("-100.00").unwrap(), sek), None);
    }

    #[test]
    fn placeholders_are_no_references() {
        for text in ["NOTPROVIDED", "NotProvided", "-", ""] {
            assert_eq!(meaningful(text), None);
        }
        assert_eq!(meaningful("E2E-1"), Some("E2E-1"));
    }
}
