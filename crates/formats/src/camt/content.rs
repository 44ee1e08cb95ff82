//! The digest by which two deliveries of one statement are known to say the same.
//!
//! SHA-256 over one record per entry, in the order of the document, then one for the statement. A record is the
//! fields below in their order: text as its length (32 bits, little endian; all ones when there is none) and its
//! UTF-8 bytes, amounts as mantissa (64 bits) and scale without trailing zeros, dates as year, month and day.
//! Left out on purpose: ids of the file and the statement, page, copy mark, times of creation, byte spans and
//! paths, so that another file with the same figures has the same digest; and findings, which follow from the rest.

use attest_domain::{
    Amount, Currency, Date,
    statement::{Balance, BankCode, Charge, Entry, EntryStatus, Exchange, Statement, Transaction},
};

/// Appends fields to a record.
pub(super) struct Record<'b>(pub(super) &'b mut Vec<u8>);

impl Record<'_> {
    pub(super) fn entry(&mut self, entry: &Entry) {
        self.amount(entry.amount);
        self.currency(Some(entry.currency));
        self.0.push(u8::from(entry.reversal));
        self.0.push(match entry.status {
            EntryStatus::Booked => b'B',
            EntryStatus::Pending => b'P',
            EntryStatus::Info => b'I',
        });
        self.date(entry.booked);
        self.date(entry.valued);
        self.texts([&entry.reference, &entry.servicer_reference, &entry.additional]);
        if let Some(BankCode { domain, family, sub_family, proprietary, issuer }) = &entry.bank_code {
            self.texts([domain, family, sub_family, proprietary, issuer]);
        }
        if let Some(batch) = &entry.batch {
            self.texts([&batch.message, &batch.payment_information]);
        }
        self.charges(&entry.charges);
        self.exchange(entry.exchange.as_ref());
        self.count(entry.transactions.len());
        for transaction in &entry.transactions {
            self.transaction(transaction);
        }
    }

    fn transaction(&mut self, transaction: &Transaction) {
        match transaction.amount {
            Some(amount) => self.amount(amount),
            None => self.0.push(0xFF),
        }
        self.currency(transaction.currency);
        let refs = &transaction.refs;
        self.texts([&refs.message, &refs.payment_information, &refs.instruction, &refs.end_to_end]);
        self.texts([&refs.transaction, &refs.servicer, &refs.clearing, &refs.uetr, &refs.mandate]);
        self.count(refs.structured.len());
        for reference in &refs.structured {
            self.text(reference.kind.as_deref());
            self.text(Some(&reference.value));
        }
        let party = &transaction.counterparty;
        self.texts([&party.name, &party.account, &party.scheme, &party.agent, &party.ultimate]);
        self.count(transaction.remittance.len());
        for line in &transaction.remittance {
            self.text(Some(line));
        }
        self.count(transaction.documents.len());
        for document in &transaction.documents {
            self.texts([&document.kind, &document.number]);
            self.date(document.date);
            self.amount(document.amount.unwrap_or_default());
        }
        self.texts([&transaction.additional, &transaction.purpose]);
        self.charges(&transaction.charges);
        self.exchange(transaction.exchange.as_ref());
        if let Some(returned) = &transaction.returned {
            self.texts([&returned.reason, &returned.text, &returned.originator]);
        }
    }

    pub(super) fn statement(&mut self, statement: &Statement) {
        self.0.push(statement.kind as u8);
        let account = &statement.account;
        self.texts([&account.iban, &account.other, &account.scheme]);
        self.currency(account.currency);
        self.number(statement.electronic_sequence.unwrap_or(u64::MAX));
        self.number(statement.legal_sequence.unwrap_or(u64::MAX));
        self.date(statement.from);
        self.date(statement.to);
        self.number(statement.entries);
        for Balance { kind, amount, currency, date } in &statement.balances {
            self.text(Some(kind));
            self.amount(*amount);
            self.currency(*currency);
            self.date(*date);
        }
    }

    fn charges(&mut self, charges: &[Charge]) {
        self.count(charges.len());
        for charge in charges {
            self.amount(charge.amount);
            self.currency(charge.currency);
            self.text(charge.kind.as_deref());
        }
    }

    fn exchange(&mut self, exchange: Option<&Exchange>) {
        if let Some(exchange) = exchange {
            self.amount(exchange.amount);
            self.currency(Some(exchange.currency));
            if let Some(rate) = exchange.rate {
                self.amount(Amount::from(rate));
            }
        }
    }

    fn amount(&mut self, amount: Amount) {
        match amount.parts() {
            Some((mut mantissa, mut scale)) => {
                while scale > 0 && mantissa % 10 == 0 {
                    (mantissa, scale) = (mantissa / 10, scale - 1);
                }
                self.0.extend_from_slice(&mantissa.to_le_bytes());
                self.0.push(u8::try_from(scale).unwrap_or(u8::MAX));
            }
            None => self.text(Some(&amount.normalized().to_string())),
        }
    }

    fn currency(&mut self, currency: Option<Currency>) {
        self.0.extend_from_slice(currency.as_ref().map_or(b"---", |currency| currency.code().as_bytes()));
    }

    fn date(&mut self, date: Option<Date>) {
        let (year, month, day) = date.map_or((0, 0, 0), |date| (date.year(), date.month(), date.day()));
        self.0.extend_from_slice(&year.to_le_bytes());
        self.0.extend_from_slice(&[month.unsigned_abs(), day.unsigned_abs()]);
    }

    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn count(&mut self, count: usize) {
        self.0.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
    }

    fn texts<const N: usize>(&mut self, texts: [&Option<String>; N]) {
        for text in texts {
            self.text(text.as_deref());
        }
    }

    fn text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => {
                self.count(text.len());
                self.0.extend_from_slice(text.as_bytes());
            }
            None => self.count(usize::MAX),
        }
    }
}
