//! The end of an entry: its sign, currency, transactions and the checks between them.

use super::{
    content::Record,
    draft::{EntryDraft, Money, TransactionDraft, exchange},
    walk::Walk,
};
use crate::{Item, lines::Stop};
use attest_domain::{
    Amount, Currency, Severity,
    finding::{Said, cut},
    said,
    statement::{BankCode, Entry, Transaction},
};
use std::borrow::Cow;

/// The most transactions whose storage is kept for the next entry.
const SPARE_TRANSACTIONS_MAX: usize = 1_000;

/// An amount with the sign of its direction. ISO amounts have no sign of their own; one that has a minus keeps it.
pub(super) fn signed(amount: Amount, credit: bool) -> Amount {
    if credit || amount.is_negative() { amount } else { -amount }
}

impl<'d> TransactionDraft<'d> {
    /// `Amt`, else `AmtDtls/TxAmt/Amt` (up to .02 there is no `Amt`).
    pub(super) fn money(&self) -> Option<Money> {
        match self.own {
            None if !self.unreadable => self.amounts[1].money,
            own => own,
        }
    }
}

impl<'d> Walk<'d, '_, '_> {
    /// Hands the entry over, or says why it cannot.
    pub(super) fn finish_entry(&mut self) -> Result<(), Stop> {
        // Version .01 has the batch beside the transactions, not around them.
        self.check_batch("Btch")?;
        self.write_entry_path();
        let mut draft = std::mem::take(&mut self.entry);
        let Some(money) = draft.money else { return self.leave_entry_out(&draft) };
        let currency = self.entry_currency(&draft, money)?;
        let credit = match draft.credit {
            Some(credit) => credit,
            None => self.guess_direction(&draft)?,
        };
        if money.amount.is_negative() {
            self.note_entry(
                &draft,
                "entry.amount_signed",
                Severity::Warning,
                "Amt",
                "The amount has a sign of its own, which ISO 20022 does not allow; it was read as negative.",
            )?;
        }
        let amount = signed(money.amount, credit);
        let span = self.span_from(draft.start);
        let id = self.ids.entry(&self.entry_path);
        if draft.batches > 1 {
            self.note_entry(
                &draft,
                "entry.batch_several",
                Severity::Info,
                "NtryDtls/Btch",
                "The entry names several batches; the first is kept as its link, all were checked.",
            )?;
        }
        self.check_details(&draft, amount, currency)?;
        let reversal = draft.reversal;
        let bank_code = bank_code(&draft);
        let own = &self.statement.account;
        let transactions: Vec<Transaction> =
            draft.transactions.drain(..).map(|draft| draft.finish(credit, reversal, currency, own)).collect();
        if draft.transactions.capacity() <= SPARE_TRANSACTIONS_MAX {
            self.spare = std::mem::take(&mut draft.transactions);
        }
        let status = draft.status.unwrap_or_default();
        self.statement.status_missing += u64::from(draft.status.is_none());
        self.statement.add(amount, currency, status);
        let entry = Box::new(Entry {
            id,
            statement: self.statements,
            ordinal: u32::try_from(self.statement.elements - 1).unwrap_or(u32::MAX),
            span,
            amount,
            currency,
            reversal,
            status,
            booked: draft.booked,
            valued: draft.valued,
            reference: draft.reference.map(Cow::into_owned),
            servicer_reference: draft.servicer_reference.map(Cow::into_owned),
            bank_code,
            batch: draft.batch,
            charges: draft.charges,
            exchange: exchange(&draft.amounts, amount, currency),
            additional: draft.additional.map(Cow::into_owned),
            transactions,
        });
        self.content.clear();
        Record(&mut self.content).entry(&entry);
        self.statement.record(&self.content);
        self.give(Item::Entry(entry))
    }

    fn leave_entry_out(&mut self, draft: &EntryDraft<'_>) -> Result<(), Stop> {
        self.statement.unreadable += 1;
        let message = said!(
            "The amount \"{found}\" cannot be read. The entry is left out, so the statement cannot balance.",
            found = cut(draft.unreadable.as_deref().unwrap_or_default(), 60),
        );
        self.note_entry(draft, "entry.unreadable", Severity::Error, "Amt", message)
    }

    /// The currency of the amount, else of the account, else of the opening balance, else `XXX` (ISO 4217: none).
    fn entry_currency(&mut self, draft: &EntryDraft<'_>, money: Money) -> Result<Currency, Stop> {
        if let Some(currency) = money.currency {
            return Ok(currency);
        }
        let known = self.statement.currency();
        let taken = known.or_else(|| Currency::parse("XXX")).unwrap_or(Currency::SEK);
        let message = said!(
            "The amount names no currency; that of the account, {currency}, was taken. XXX stands for none.",
            currency = taken,
        );
        self.note_entry(draft, "entry.currency_missing", Severity::Warning, "Amt", message)?;
        Ok(taken)
    }

    /// Without `CdtDbtInd` the sign is that of the details when they agree, else credit; either way it is an
    /// error to look at.
    fn guess_direction(&mut self, draft: &EntryDraft<'_>) -> Result<bool, Stop> {
        let mut directions = draft.transactions.iter().map(|transaction| transaction.credit);
        let first = directions.next().flatten();
        let agreed = first.filter(|credit| directions.all(|other| other == Some(*credit)));
        let message = match agreed {
            Some(credit) => format!(
                "The entry does not say whether it is a credit or a debit; its transactions do: {}.",
                if credit { "credit" } else { "debit" }
            ),
            None => "The entry does not say whether it is a credit or a debit; it was read as a credit."
                .to_owned(),
        };
        self.note_entry(draft, "entry.direction_missing", Severity::Error, "CdtDbtInd", message)?;
        Ok(agreed.unwrap_or(true))
    }

    /// Compares the sum of the details with the entry. The entry counts; charges may explain the difference.
    fn check_details(
        &mut self,
        draft: &EntryDraft<'_>,
        amount: Amount,
        currency: Currency,
    ) -> Result<(), Stop> {
        if draft.transactions.is_empty() {
            return Ok(());
        }
        let sum = sum(&draft.transactions, !amount.is_negative(), currency);
        let Some(sum) = sum.filter(|sum| *sum != amount) else { return Ok(()) };
        let of_transactions = draft.transactions.iter().flat_map(|one| &one.value.charges);
        let charged: Amount = draft
            .charges
            .iter()
            .chain(of_transactions)
            .filter(|charge| charge.currency.is_none_or(|other| other == currency))
            .map(|charge| charge.amount)
            .sum();
        let difference = amount - sum;
        if difference.abs() == charged.abs() {
            return Ok(());
        }
        let message = said!(
            "The entry is {amount}, its transactions add up to {sum}; {difference} is not explained. \
             The entry counts.",
            amount = format_args!("{amount} {currency}"),
            sum = sum,
            difference = difference,
        );
        self.note_entry(draft, "entry.details_differ", Severity::Info, "NtryDtls", message)
    }

    /// Compares one batch with the transactions beside it: number and total. `path` leads to the batch.
    pub(super) fn check_batch(&mut self, path: &str) -> Result<(), Stop> {
        let group = std::mem::take(&mut self.entry.group);
        let Some(batch) = group.batch else { return Ok(()) };
        let transactions = self.entry.transactions.get(group.first..).unwrap_or_default();
        let count = transactions.len() as u64;
        let of_entry = || self.entry.money.and_then(|money| money.currency);
        let currency = group.currency.or_else(of_entry);
        let credit = self.entry.credit.unwrap_or(true);
        let total = currency.and_then(|currency| sum(transactions, credit, currency)).map(Amount::abs);
        let wrong_count = batch.count.filter(|announced| count > 0 && *announced != count);
        let wrong_total =
            batch.total.zip(total).filter(|(announced, total)| count > 0 && announced.abs() != *total);
        self.entry.batch.get_or_insert(batch);
        if let Some(announced) = wrong_count {
            let message = said!(
                "The batch announces {announced} transactions; {found} are given.",
                announced = announced,
                found = count,
            );
            self.note_batch("entry.batch_count_differs", &format!("{path}/NbOfTxs"), message)?;
        }
        if let Some((announced, total)) = wrong_total {
            let message = said!(
                "The batch announces a total of {announced}; its transactions add up to {found}.",
                announced = announced,
                found = total,
            );
            self.note_batch("entry.batch_total_differs", &format!("{path}/TtlAmt"), message)?;
        }
        Ok(())
    }

    #[cold]
    fn note_batch(&mut self, code: &'static str, path: &str, message: Said) -> Result<(), Stop> {
        self.write_entry_path();
        let path = format!("{}/{path}", self.entry_path);
        self.note_at(code, Severity::Warning, self.entry.place, path, message)
    }

    /// A finding at the start of an entry that has been closed.
    #[cold]
    fn note_entry(
        &mut self,
        draft: &EntryDraft<'_>,
        code: &'static str,
        severity: Severity,
        path: &str,
        message: impl Into<Said>,
    ) -> Result<(), Stop> {
        let path = format!("{}/{path}", self.entry_path);
        self.note_at(code, severity, draft.place, path, message)
    }
}

/// Σ of the transactions, or `None` when one has no amount or another currency.
fn sum(transactions: &[TransactionDraft<'_>], credit: bool, currency: Currency) -> Option<Amount> {
    transactions.iter().try_fold(Amount::ZERO, |sum, transaction| {
        let money = transaction.money()?;
        let same = money.currency.is_none_or(|other| other == currency);
        same.then(|| sum + signed(money.amount, transaction.credit.unwrap_or(credit)))
    })
}

/// The entry's code, else that of its only transaction.
fn bank_code(draft: &EntryDraft<'_>) -> Option<BankCode> {
    let empty = BankCode::default();
    if draft.bank_code != empty {
        return Some(draft.bank_code.clone());
    }
    match draft.transactions.as_slice() {
        [only] if only.bank_code != empty => Some(only.bank_code.clone()),
        _ => None,
    }
}
