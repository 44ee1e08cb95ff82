//! Builders for bank entries, ledger lines and matching's lines: every field a test does not name is plain.

use crate::{amount, currency, day};
use attest_domain::{
    Currency, EntryId, LedgerLineId, Span,
    ledger::{LedgerLine, LedgerLineStatus},
    reconciliation::{Line, LinePart, LineReference},
    statement::{Counterparty, Entry, EntryStatus, StructuredReference, Transaction},
};

fn reference(kind: &str, value: &str) -> LineReference {
    LineReference { kind: kind.to_owned(), value: value.to_owned() }
}

/// Sixteen bytes that differ for each pair of places.
fn id_bytes(outer: u32, inner: u32) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&outer.to_be_bytes());
    bytes[4..8].copy_from_slice(&inner.to_be_bytes());
    bytes
}

/// Builds a [`Line`] of either side of a reconciliation.
#[derive(Clone, Debug)]
pub struct LineBuilder(Line);

/// A line of `amount_text` kronor on 17 October 2026 with nothing else known.
#[must_use]
pub fn line(id: &str, amount_text: &str) -> LineBuilder {
    LineBuilder(Line {
        id: id.to_owned(),
        date: Some(day("2026-10-17")),
        amount: amount(amount_text),
        currency: Some(Currency::SEK),
        references: Vec::new(),
        counterparty: None,
        counterparty_account: None,
        text: String::new(),
        group: None,
        parts: Vec::new(),
    })
}

impl LineBuilder {
    /// Another day.
    #[must_use]
    pub fn on(mut self, date: &str) -> Self {
        self.0.date = Some(day(date));
        self
    }

    /// Another currency.
    #[must_use]
    pub fn currency(mut self, code: &str) -> Self {
        self.0.currency = Some(currency(code));
        self
    }

    /// One more structured reference.
    #[must_use]
    pub fn reference(mut self, kind: &str, value: &str) -> Self {
        self.0.references.push(reference(kind, value));
        self
    }

    /// The other side's name.
    #[must_use]
    pub fn party(mut self, name: &str) -> Self {
        self.0.counterparty = Some(name.to_owned());
        self
    }

    /// The other side's account.
    #[must_use]
    pub fn party_account(mut self, account: &str) -> Self {
        self.0.counterparty_account = Some(account.to_owned());
        self
    }

    /// Free text.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        text.clone_into(&mut self.0.text);
        self
    }

    /// The voucher or batch it belongs to.
    #[must_use]
    pub fn group(mut self, group: &str) -> Self {
        self.0.group = Some(group.to_owned());
        self
    }

    /// One more payment inside the line.
    #[must_use]
    pub fn part(mut self, amount_text: &str, kind: &str, value: &str) -> Self {
        self.0.parts.push(LinePart {
            amount: Some(amount(amount_text)),
            references: vec![reference(kind, value)],
            counterparty: None,
            text: String::new(),
        });
        self
    }

    /// The line.
    #[must_use]
    pub fn build(self) -> Line {
        self.0
    }
}

/// Builds a booked [`Entry`] of the first statement of a document.
#[derive(Clone, Debug)]
pub struct EntryBuilder(Entry);

/// Entry number `ordinal` (from 0) of `amount_text` kronor, booked on 17 October 2026, without details.
#[must_use]
pub fn entry(ordinal: u32, amount_text: &str) -> EntryBuilder {
    EntryBuilder(Entry {
        id: EntryId(id_bytes(0, ordinal)),
        statement: 0,
        ordinal,
        span: Span { start: u64::from(ordinal) * 100, end: u64::from(ordinal) * 100 + 100 },
        amount: amount(amount_text),
        currency: Currency::SEK,
        reversal: false,
        status: EntryStatus::Booked,
        booked: Some(day("2026-10-17")),
        valued: Some(day("2026-10-17")),
        reference: None,
        servicer_reference: None,
        bank_code: None,
        batch: None,
        charges: Vec::new(),
        exchange: None,
        additional: None,
        transactions: Vec::new(),
    })
}

impl EntryBuilder {
    /// Another booking and value day.
    #[must_use]
    pub fn on(mut self, date: &str) -> Self {
        self.0.booked = Some(day(date));
        self.0.valued = self.0.booked;
        self
    }

    /// Another currency.
    #[must_use]
    pub fn currency(mut self, code: &str) -> Self {
        self.0.currency = currency(code);
        self
    }

    /// Pending or for information instead of booked.
    #[must_use]
    pub fn status(mut self, status: EntryStatus) -> Self {
        self.0.status = status;
        self
    }

    /// The bank's own reference (`AcctSvcrRef`).
    #[must_use]
    pub fn servicer_reference(mut self, value: &str) -> Self {
        self.0.servicer_reference = Some(value.to_owned());
        self
    }

    /// The bank's own line (`AddtlNtryInf`).
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.0.additional = Some(text.to_owned());
        self
    }

    /// One more payment inside: its amount, the other side's name and a structured reference, empty for none.
    #[must_use]
    pub fn payment(mut self, amount_text: &str, party: &str, structured: &str) -> Self {
        let ordinal = u32::try_from(self.0.transactions.len()).expect("fewer payments than 32 bits count");
        let mut payment = Transaction {
            ordinal,
            span: self.0.span,
            amount: Some(amount(amount_text)),
            currency: Some(self.0.currency),
            counterparty: Counterparty { name: Some(party.to_owned()), ..Counterparty::default() },
            ..Transaction::default()
        };
        if !structured.is_empty() {
            let value = structured.to_owned();
            payment.refs.structured.push(StructuredReference { kind: Some("SCOR".to_owned()), value });
        }
        self.0.transactions.push(payment);
        self
    }

    /// The entry.
    #[must_use]
    pub fn build(self) -> Entry {
        self.0
    }
}

/// Builds a [`LedgerLine`].
#[derive(Clone, Debug)]
pub struct LedgerLineBuilder(LedgerLine);

/// Line `ordinal` of voucher `voucher` (both from 0): `amount_text` kronor on account 1930, 17 October 2026.
#[must_use]
pub fn ledger_line(voucher: u32, ordinal: u32, amount_text: &str) -> LedgerLineBuilder {
    LedgerLineBuilder(LedgerLine {
        id: LedgerLineId(id_bytes(voucher, ordinal)),
        voucher,
        ordinal,
        account: "1930".to_owned(),
        amount: amount(amount_text),
        currency: Currency::SEK,
        date: Some(day("2026-10-17")),
        text: None,
        quantity: None,
        objects: Vec::new(),
        status: LedgerLineStatus::Normal,
        span: Span { start: 0, end: 0 },
    })
}

impl LedgerLineBuilder {
    /// Another day.
    #[must_use]
    pub fn on(mut self, date: &str) -> Self {
        self.0.date = Some(day(date));
        self
    }

    /// Another account.
    #[must_use]
    pub fn account(mut self, account: &str) -> Self {
        account.clone_into(&mut self.0.account);
        self
    }

    /// Another currency.
    #[must_use]
    pub fn currency(mut self, code: &str) -> Self {
        self.0.currency = currency(code);
        self
    }

    /// The line's own text.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.0.text = Some(text.to_owned());
        self
    }

    /// The line.
    #[must_use]
    pub fn build(self) -> LedgerLine {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builders_name_what_they_were_told_and_ids_differ() {
        let built =
            line("e1", "-12.50").on("2026-10-01").reference("ocr", "1230").party("Nordlys AS").build();
        assert_eq!((built.amount.to_string(), built.references.len()), ("-12.50".to_owned(), 1));
        let first = entry(0, "10.00").payment("10.00", "Nordlys AS", "1230").build();
        assert_eq!(first.counterparty().and_then(|party| party.name.as_deref()), Some("Nordlys AS"));
        assert_ne!(first.id, entry(1, "10.00").build().id);
        assert_ne!(ledger_line(0, 1, "1").build().id, ledger_line(1, 0, "1").build().id);
    }
}
