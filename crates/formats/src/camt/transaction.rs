//! The transactions of an entry: references, parties, remittance, returns.

use super::{
    draft::{Money, PartyDraft, TransactionDraft, compact, exchange, meaningful},
    entry::signed,
    leaf::{Text, meaningful_text},
    tree::Node,
    walk::Walk,
};
use crate::{check_digits, lines::Stop};
use attest_domain::{
    Amount, Currency, Severity,
    finding::cut,
    said,
    statement::{AccountIdentification, ReferredDocument, Return, StructuredReference, Transaction},
};

impl<'d> Walk<'d, '_, '_> {
    pub(super) fn reference_leaf(&mut self, leaf: Node, text: &str) {
        let Some(transaction) = self.transaction() else { return };
        let refs = &mut transaction.value.refs;
        let place = match leaf {
            Node::EndToEndId => &mut refs.end_to_end,
            Node::MsgId => &mut refs.message,
            Node::PmtInfId => &mut refs.payment_information,
            Node::InstrId => &mut refs.instruction,
            Node::TxId => &mut refs.transaction,
            Node::ServicerRef => &mut refs.servicer,
            Node::ClearingRef => &mut refs.clearing,
            Node::Uetr => &mut refs.uetr,
            Node::MndtId => &mut refs.mandate,
            _ => return,
        };
        *place = meaningful(text).map(str::to_owned);
    }

    pub(super) fn transaction_leaf(&mut self, parent: Node, leaf: Node, text: Text<'d>) -> Result<(), Stop> {
        match (parent, leaf) {
            (Node::Transaction, _) => return self.own_leaf(leaf, text),
            (
                Node::Debtor
                | Node::Creditor
                | Node::UltimateDebtor
                | Node::UltimateCreditor
                | Node::PartyChoice,
                _,
            ) => {
                self.party_name(text);
                return Ok(());
            }
            (Node::RelatedDate, _) | (Node::InvoiceInformation | Node::Structured, Node::RelatedDate) => {
                let date =
                    self.date("transaction.document_date_invalid", "RmtInf/Strd/RfrdDocInf/RltdDt", &text)?;
                if let Some(transaction) = self.transaction() {
                    transaction.invoice.date = date;
                }
                return Ok(());
            }
            (Node::InvoiceAmounts, _) | (Node::TypedAmount, Node::Amt) => {
                return self.invoice_amount(leaf, &text);
            }
            _ => {}
        }
        let Some(transaction) = self.transaction() else { return Ok(()) };
        let value = &mut transaction.value;
        match (parent, leaf) {
            (Node::Remittance, Node::Ustrd) => value.remittance.push(text.into_owned()),
            (Node::Structured, Node::AddtlRmtInf) => value.remittance.push(text.into_owned()),
            (Node::Purpose, _) => value.purpose = Some(text.into_owned()),
            (Node::CreditorReference, Node::Ref) => {
                if let Some(text) = meaningful(&text) {
                    let reference = transaction.reference.get_or_insert_with(empty_reference);
                    reference.value = text.to_owned();
                }
            }
            (Node::CreditorReferenceType, Node::Issuer) => transaction.issuer = Some(text.into_owned()),
            (Node::CreditorReferenceType, _) => {
                transaction.reference.get_or_insert_with(empty_reference).kind = Some(text.into_owned());
            }
            (Node::InvoiceType, _) => transaction.invoice.kind = Some(text.into_owned()),
            (Node::InvoiceInformation, Node::Nb) => {
                transaction.invoice.number = meaningful(&text).map(str::to_owned);
            }
            (Node::TypedAmount, _) => transaction.typed.1 = Some(text),
            (Node::ReturnReason, _) => {
                value.returned.get_or_insert_default().reason = Some(text.into_owned())
            }
            (Node::Originator, _) => {
                value.returned.get_or_insert_default().originator = Some(text.into_owned())
            }
            (Node::Return, Node::AddtlInf) => add_line(value.returned.get_or_insert_default(), &text),
            _ => {}
        }
        Ok(())
    }

    /// `Amt`, `CdtDbtInd` and `AddtlTxInf` of the transaction itself.
    fn own_leaf(&mut self, leaf: Node, text: Text<'d>) -> Result<(), Stop> {
        match leaf {
            Node::Amt => {
                let amount = Amount::parse(&text).ok();
                if amount.is_none() {
                    self.unreadable("transaction.amount_invalid", "Amt", &text, "an amount")?;
                }
                let currency = self.amount_currency("Amt")?;
                if let Some(transaction) = self.transaction() {
                    transaction.unreadable = amount.is_none();
                    transaction.own = amount.map(|amount| Money { amount, currency });
                }
            }
            Node::Direction => {
                let credit = self.direction(&text)?;
                if let Some(transaction) = self.transaction() {
                    transaction.credit = credit;
                }
            }
            Node::AddtlTxInf => {
                if let Some(transaction) = self.transaction() {
                    transaction.value.additional = Some(text.into_owned());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The side of the payment that the open element tells of.
    fn side(&mut self) -> Option<&mut PartyDraft<'d>> {
        let who = self.who;
        let transaction = self.transaction()?;
        match who {
            Node::Debtor | Node::DebtorAccount | Node::DebtorAgent | Node::UltimateDebtor => {
                Some(&mut transaction.debtor)
            }
            Node::Creditor | Node::CreditorAccount | Node::CreditorAgent | Node::UltimateCreditor => {
                Some(&mut transaction.creditor)
            }
            _ => None,
        }
    }

    fn party_name(&mut self, text: Text<'d>) {
        let ultimate = matches!(self.who, Node::UltimateDebtor | Node::UltimateCreditor);
        let text = meaningful_text(text);
        if let Some(side) = self.side() {
            if ultimate { side.ultimate = text } else { side.name = text }
        }
    }

    /// BIC, clearing number or name below an agent, the statement's servicer, or a party that is a bank.
    pub(super) fn agent_leaf(&mut self, leaf: Node, text: Text<'d>) {
        if !self.in_transaction {
            if self.who == Node::Servicer {
                self.statement.servicer_leaf(leaf, text);
            }
            return;
        }
        let party = matches!(self.who, Node::Debtor | Node::Creditor);
        let ultimate = matches!(self.who, Node::UltimateDebtor | Node::UltimateCreditor);
        let Some(text) = meaningful_text(text) else { return };
        let Some(side) = self.side() else { return };
        match leaf {
            Node::Nm if party => side.name = side.name.take().or(Some(text)),
            Node::Nm if ultimate => side.ultimate = side.ultimate.take().or(Some(text)),
            Node::Bic if !ultimate => side.agent = Some(text),
            Node::MmbId if !ultimate => side.clearing = Some(text),
            _ => {}
        }
    }

    /// A number of the statement's own account or of a party's.
    pub(super) fn account_leaf(&mut self, leaf: Node, text: Text<'d>) -> Result<(), Stop> {
        if !self.in_transaction {
            if self.who != Node::Account {
                return Ok(());
            }
            if leaf == Node::Iban {
                self.check_iban(&text, "Acct/Id/IBAN")?;
            }
            self.statement.account_leaf(leaf, &text);
            return Ok(());
        }
        let Some(text) = meaningful_text(text) else { return Ok(()) };
        if leaf == Node::Iban {
            let path = if self.who == Node::DebtorAccount {
                "RltdPties/DbtrAcct/Id/IBAN"
            } else {
                "RltdPties/CdtrAcct/Id/IBAN"
            };
            self.check_iban(&text, path)?;
        }
        let Some(side) = self.side() else { return Ok(()) };
        match leaf {
            Node::Iban => (side.account, side.scheme) = (Some(text), None),
            Node::Cd | Node::Prtry => {
                let wrong =
                    side.account.take_if(|account| text == "BGNR" && !check_digits::is_bankgiro(account));
                side.scheme = Some(text);
                if let Some(number) = wrong {
                    let message = said!(
                        "The check digit of the bankgiro number \"{number}\" is wrong.",
                        number = cut(&number, 40),
                    );
                    side.account = Some(number);
                    return self.note("account.check_digit", Severity::Warning, "RltdPties", message);
                }
            }
            Node::Bban => (side.account, side.scheme) = (Some(text), Some("BBAN".into())),
            Node::Id | Node::Upic if side.account.is_none() => side.account = Some(text),
            _ => {}
        }
        Ok(())
    }

    fn invoice_amount(&mut self, leaf: Node, text: &str) -> Result<(), Stop> {
        let Ok(amount) = Amount::parse(text) else {
            return self.unreadable(
                "transaction.document_amount_invalid",
                "RmtInf/Strd/RfrdDocAmt",
                text,
                "an amount",
            );
        };
        let Some(transaction) = self.transaction() else { return Ok(()) };
        match leaf {
            Node::RemittedAmt => transaction.invoice.amount = Some(amount),
            Node::CreditNoteAmt if transaction.invoice.amount.is_none() => {
                transaction.invoice.amount = Some(-amount)
            }
            Node::DueAmt => transaction.invoice_due = Some(amount),
            Node::Amt => transaction.typed.0 = Some(amount),
            _ => {}
        }
        Ok(())
    }

    /// `RmtAmtAndTp` of .12 and later: the type says which of the older elements it stands for.
    pub(super) fn finish_typed_amount(&mut self) {
        let Some(transaction) = self.transaction() else { return };
        let (Some(amount), kind) = std::mem::take(&mut transaction.typed) else { return };
        match kind.as_deref() {
            Some("DUPA") => transaction.invoice_due = Some(amount),
            Some("CRDN" | "CREN") => transaction.invoice.amount = Some(-amount),
            _ => transaction.invoice.amount = Some(amount),
        }
    }

    pub(super) fn finish_reference(&mut self) -> Result<(), Stop> {
        let Some(transaction) = self.transaction() else { return Ok(()) };
        let issuer = transaction.issuer.take();
        let Some(mut reference) =
            transaction.reference.take().filter(|reference| !reference.value.is_empty())
        else {
            return Ok(());
        };
        let is_rf = has_rf_shape(&reference.value) || issuer.as_deref() == Some("ISO");
        if reference.kind.is_none() {
            let shape = || check_digits::is_ocr(&reference.value).then(|| "OCR".to_owned());
            reference.kind = if is_rf { Some("RF".to_owned()) } else { issuer.or_else(shape) };
        }
        let wrong = is_rf && !check_digits::is_creditor_reference(&reference.value);
        let message = wrong.then(|| {
            said!(
                "The check digits of the RF reference \"{reference}\" are wrong.",
                reference = cut(&reference.value, 40),
            )
        });
        transaction.value.refs.structured.push(reference);
        if let Some(message) = message {
            self.note("reference.check_digit", Severity::Warning, "RmtInf/Strd/CdtrRefInf/Ref", message)?;
        }
        Ok(())
    }

    pub(super) fn finish_structured(&mut self) {
        let Some(transaction) = self.transaction() else { return };
        let due = transaction.invoice_due.take();
        let mut invoice = std::mem::take(&mut transaction.invoice);
        let credit_note = invoice.kind.as_deref() == Some("CREN");
        invoice.amount =
            invoice.amount.or(due).map(|amount| if credit_note { -amount.abs() } else { amount });
        if invoice != ReferredDocument::default() {
            transaction.value.documents.push(invoice);
        }
    }

    /// Closes the open transaction; what needs the entry's figures waits for the end of the entry.
    pub(super) fn finish_transaction(&mut self) {
        let end = self.original(self.xml.end());
        let ordinal = self.entry.transactions.len().saturating_sub(1);
        if let Some(draft) = self.transaction() {
            draft.value.span.end = end;
            draft.value.ordinal = u32::try_from(ordinal).unwrap_or(u32::MAX);
        }
        self.in_transaction = false;
    }
}

fn empty_reference() -> StructuredReference {
    StructuredReference { kind: None, value: String::new() }
}

fn add_line(returned: &mut Return, line: &str) {
    match &mut returned.text {
        Some(text) => {
            text.push(' ');
            text.push_str(line);
        }
        None => returned.text = Some(line.to_owned()),
    }
}

/// `RF` and two digits: an ISO 11649 reference, whatever its type says.
fn has_rf_shape(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.len() > 4 && bytes[..2].eq_ignore_ascii_case(b"RF") && bytes[2..4].iter().all(u8::is_ascii_digit)
}

impl<'d> TransactionDraft<'d> {
    /// Completes the transaction with what only its entry knows.
    pub(super) fn finish(
        self,
        credit: bool,
        reversal: bool,
        currency: Currency,
        own: &AccountIdentification,
    ) -> Transaction {
        let money = self.money();
        let mut value = self.value;
        let credit = self.credit.unwrap_or(credit);
        if let Some(money) = money {
            value.amount = Some(signed(money.amount, credit));
            value.currency = money.currency.or(Some(currency));
        }
        value.exchange = exchange(&self.amounts, money.map_or(Amount::ZERO, |money| money.amount), currency);
        let returned = reversal || value.returned.is_some();
        value.counterparty = counterparty(self.debtor, self.creditor, credit, returned, own).counterparty();
        value
    }
}

/// The other side by direction. In a reversal or a return the bank may name the roles of the original payment:
/// then the other side is the one that is not the account's own.
fn counterparty<'d>(
    debtor: PartyDraft<'d>,
    creditor: PartyDraft<'d>,
    credit: bool,
    returned: bool,
    own: &AccountIdentification,
) -> PartyDraft<'d> {
    let (expected, other) = if credit { (debtor, creditor) } else { (creditor, debtor) };
    let is_own = |party: &PartyDraft<'_>| match &party.account {
        Some(account) => {
            let account = Some(compact(account));
            account == own.iban || account == own.other
        }
        None => party.name.is_some() && party.name.as_deref() == own.owner.as_deref(),
    };
    if returned && !other.is_empty() && (expected.is_empty() || is_own(&expected)) && !is_own(&other) {
        return other;
    }
    expected
}
