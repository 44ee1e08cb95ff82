//! What the text of a leaf element means, by its parent: statement, entry and what both levels share.
//!
//! Empty text counts as a missing element, but for amounts, where it is one that cannot be read.

use super::{
    draft::{Foreign, Money, meaningful, parse_date, parse_indicator},
    tree::Node,
    walk::{CurrencyAttribute, Walk},
};
use crate::lines::Stop;
use attest_domain::{Amount, Currency, Date, Severity, finding::cut, said, statement::EntryStatus};
use rust_decimal::Decimal;
use std::borrow::Cow;

/// The text of a leaf.
pub(super) type Text<'d> = Cow<'d, str>;

impl<'d> Walk<'d, '_, '_> {
    /// Takes the text of a closed leaf to where it belongs.
    pub(super) fn take_leaf(&mut self, parent: Node, leaf: Node, text: Text<'d>) -> Result<(), Stop> {
        if text.is_empty() && !matches!(leaf, Node::Amt) {
            return Ok(());
        }
        match parent {
            Node::Entry => self.entry_leaf(leaf, text),
            Node::References => {
                self.reference_leaf(leaf, &text);
                Ok(())
            }
            Node::BookingDate | Node::ValueDate => self.date_leaf(parent, &text),
            Node::Status => self.status(&text),
            Node::BankCode | Node::Domain | Node::Family | Node::BankProprietary => {
                self.bank_code_leaf(parent, leaf, text);
                Ok(())
            }
            Node::Instructed | Node::Transacted | Node::CounterValue => self.foreign_amount(parent, &text),
            Node::Exchange => self.rate_leaf(leaf, &text),
            Node::Charges | Node::ChargeRecord | Node::ChargeType => self.charge_leaf(leaf, text),
            Node::Batch => self.batch_leaf(leaf, &text),
            Node::AccountId | Node::AccountOther | Node::AccountScheme => self.account_leaf(leaf, text),
            Node::Institution | Node::DebtorAgent | Node::CreditorAgent | Node::Servicer => {
                self.agent_leaf(leaf, text);
                Ok(())
            }
            parent if parent >= Node::Transaction => self.transaction_leaf(parent, leaf, text),
            parent => self.statement_leaf(parent, leaf, text),
        }
    }

    fn entry_leaf(&mut self, leaf: Node, text: Text<'d>) -> Result<(), Stop> {
        match leaf {
            Node::Amt => {
                match Amount::parse(&text) {
                    Ok(amount) => {
                        let currency = self.amount_currency("Amt")?;
                        self.entry.money = Some(Money { amount, currency });
                    }
                    Err(_) => self.entry.unreadable = Some(text.into_owned()),
                }
                return Ok(());
            }
            Node::Direction => self.entry.credit = self.direction(&text)?,
            Node::Status => return self.status(&text),
            Node::Reversal => match parse_indicator(&text) {
                Some(reversal) => self.entry.reversal = reversal,
                None => self.unreadable("entry.reversal_invalid", "RvslInd", &text, "true or false")?,
            },
            Node::NtryRef => self.entry.reference = meaningful_text(text),
            Node::ServicerRef => self.entry.servicer_reference = meaningful_text(text),
            Node::AddtlNtryInf => self.entry.additional = Some(text),
            _ => {}
        }
        Ok(())
    }

    fn date_leaf(&mut self, parent: Node, text: &str) -> Result<(), Stop> {
        let booked = parent == Node::BookingDate;
        let path = if booked { "BookgDt" } else { "ValDt" };
        let date = self.date("entry.date_invalid", path, text)?;
        if booked {
            self.entry.booked = date;
        } else {
            self.entry.valued = date;
        }
        Ok(())
    }

    fn status(&mut self, text: &str) -> Result<(), Stop> {
        self.entry.status = Some(match text {
            "BOOK" => EntryStatus::Booked,
            "PDNG" | "FUTR" => EntryStatus::Pending,
            "INFO" => EntryStatus::Info,
            other => {
                let message = said!(
                    "The status \"{found}\" is none of BOOK, PDNG, INFO; the entry was read as booked.",
                    found = cut(other, 40),
                );
                self.note("entry.status_invalid", Severity::Warning, "Sts", message)?;
                EntryStatus::Booked
            }
        });
        Ok(())
    }

    fn bank_code_leaf(&mut self, parent: Node, leaf: Node, text: Text<'d>) {
        let code = match self.entry.transactions.last_mut() {
            Some(transaction) if self.in_transaction => &mut transaction.bank_code,
            _ => &mut self.entry.bank_code,
        };
        let place = match (parent, leaf) {
            (Node::Domain, Node::Cd) => &mut code.domain,
            (Node::Family, Node::Cd) => &mut code.family,
            (Node::Family, Node::SubFamily) => &mut code.sub_family,
            (Node::BankProprietary, Node::Cd) => &mut code.proprietary,
            (Node::BankProprietary, Node::Issuer) => &mut code.issuer,
            _ => return,
        };
        *place = Some(text.into_owned());
    }

    fn foreign(&mut self, kind: Node) -> Option<&mut Foreign> {
        let amounts = match self.entry.transactions.last_mut() {
            Some(transaction) if self.in_transaction => &mut transaction.amounts,
            _ => &mut self.entry.amounts,
        };
        match kind {
            Node::Instructed => Some(&mut amounts[0]),
            Node::Transacted => Some(&mut amounts[1]),
            Node::CounterValue => Some(&mut amounts[2]),
            _ => None,
        }
    }

    fn foreign_amount(&mut self, kind: Node, text: &str) -> Result<(), Stop> {
        let Ok(amount) = Amount::parse(text) else {
            return self.unreadable("entry.foreign_amount_invalid", "AmtDtls", text, "an amount");
        };
        let currency = self.amount_currency("AmtDtls")?;
        if let Some(foreign) = self.foreign(kind) {
            foreign.money = Some(Money { amount, currency });
        }
        Ok(())
    }

    fn rate_leaf(&mut self, leaf: Node, text: &str) -> Result<(), Stop> {
        let rate = Decimal::from_str_exact(text).ok();
        if leaf == Node::Rate && rate.is_none() {
            return self.unreadable(
                "entry.exchange_rate_invalid",
                "AmtDtls/CcyXchg/XchgRate",
                text,
                "a number",
            );
        }
        let kind = self.above(1);
        let Some(foreign) = self.foreign(kind) else { return Ok(()) };
        match leaf {
            Node::Rate => foreign.rate = rate,
            Node::Unit => foreign.unit = Currency::parse(text),
            _ => {}
        }
        Ok(())
    }

    fn charge_leaf(&mut self, leaf: Node, text: Text<'d>) -> Result<(), Stop> {
        match leaf {
            Node::Amt | Node::TotalCharges => {
                let Ok(amount) = Amount::parse(&text) else {
                    return self.unreadable("entry.charge_invalid", "Chrgs", &text, "an amount");
                };
                let currency = self.amount_currency("Chrgs")?;
                let money = Some(Money { amount, currency });
                if leaf == Node::Amt { self.charge.money = money } else { self.charge.total = money }
            }
            Node::Direction => self.charge.credit = self.direction(&text)?.unwrap_or(false),
            Node::Included => self.charge.included = parse_indicator(&text),
            Node::Cd | Node::Prtry => self.charge.kind = Some(text.into_owned()),
            Node::Bearer => {
                self.charge.kind.get_or_insert_with(|| text.into_owned());
            }
            _ => {}
        }
        Ok(())
    }

    fn batch_leaf(&mut self, leaf: Node, text: &str) -> Result<(), Stop> {
        let currency = self.currency.currency();
        let batch = self.entry.group.batch.get_or_insert_default();
        match leaf {
            Node::MsgId => batch.message = meaningful(text).map(str::to_owned),
            Node::PmtInfId => batch.payment_information = meaningful(text).map(str::to_owned),
            Node::Count => {
                batch.count = text.parse().ok();
                if batch.count.is_none() {
                    return self.unreadable("entry.batch_invalid", "NtryDtls/Btch/NbOfTxs", text, "a number");
                }
            }
            Node::BatchTotal => {
                batch.total = Amount::parse(text).ok();
                self.entry.group.currency = currency;
                if self.entry.group.batch.as_ref().is_some_and(|batch| batch.total.is_none()) {
                    return self.unreadable("entry.batch_invalid", "NtryDtls/Btch/TtlAmt", text, "an amount");
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The direction: true for a credit. What is neither is a finding, and `None`.
    pub(super) fn direction(&mut self, text: &str) -> Result<Option<bool>, Stop> {
        match text {
            "CRDT" => Ok(Some(true)),
            "DBIT" => Ok(Some(false)),
            other => {
                self.unreadable("entry.direction_invalid", "CdtDbtInd", other, "CRDT or DBIT")?;
                Ok(None)
            }
        }
    }

    /// A date, or a finding and nothing.
    pub(super) fn date(&mut self, code: &'static str, path: &str, text: &str) -> Result<Option<Date>, Stop> {
        let date = parse_date(text);
        if date.is_none() {
            self.unreadable(code, path, text, "a date")?;
        }
        Ok(date)
    }

    /// The currency of the attribute `Ccy`; one that is there but no code is a finding.
    pub(super) fn amount_currency(&mut self, path: &str) -> Result<Option<Currency>, Stop> {
        if self.currency == CurrencyAttribute::Unreadable {
            let message = "The currency of this amount is no code of three letters; it was left out.";
            self.note("entry.currency_invalid", Severity::Warning, path, message)?;
        }
        Ok(self.currency.currency())
    }

    /// A warning that names what stands there.
    #[cold]
    pub(super) fn unreadable(
        &mut self,
        code: &'static str,
        path: &str,
        text: &str,
        wanted: &str,
    ) -> Result<(), Stop> {
        let message = said!(
            "\"{found}\" is not {wanted}; it was left out. The document shows it as sent.",
            found = cut(text, 60),
        );
        self.note(code, Severity::Warning, path, message)
    }
}

/// The text unless it is a placeholder.
pub(super) fn meaningful_text(text: Text<'_>) -> Option<Text<'_>> {
    meaningful(&text).is_some().then_some(text)
}
