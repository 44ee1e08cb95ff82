//! What banks send: accounts, statements, entries and the transactions inside them.
//!
//! The words are those of ISO 20022 camt (statement, entry, transaction, servicer); MT940, BgMax and CSV
//! are read into the same shapes.

use crate::{
    amount::{Amount, Currency},
    ids::{Digest, EntryId, Span},
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What kind of message a statement came in; decides precedence when two tell of the same entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatementKind {
    /// camt.053, MT940: the booked truth of a period.
    Statement,
    /// camt.052, MT942: intraday, provisional, superseded by the statement of that day.
    Report,
    /// camt.054, BgMax: details of entries, never a balance of its own.
    Notification,
    /// Rows of a CSV export, with whatever the mapping provides.
    Listing,
}

/// An account as one document names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AccountIdentification {
    /// The IBAN without spaces, where given.
    pub iban: Option<String>,
    /// The identifier of another scheme (BBAN, bankgiro number …), as given without spaces.
    pub other: Option<String>,
    /// The scheme of `other`, such as `BBAN` or `BGNR`.
    pub scheme: Option<String>,
    /// Currency of the account.
    pub currency: Option<Currency>,
    /// Name of the account, where given.
    pub name: Option<String>,
    /// Owner's name.
    pub owner: Option<String>,
    /// BIC of the bank that services the account.
    pub servicer: Option<String>,
}

impl AccountIdentification {
    /// The number by which documents of one account find each other: an IBAN is reduced to the national
    /// number (for Sweden without the three digits of the bank), separators and leading zeros are dropped.
    /// Empty when the document names no account.
    #[must_use]
    pub fn key(&self) -> String {
        let compact = |text: &str| -> String {
            text.chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|letter| letter.to_ascii_uppercase())
                .collect()
        };
        let number = match (&self.iban, &self.other) {
            (Some(iban), _) if iban.len() > 4 => {
                let iban = compact(iban);
                let skip = if iban.starts_with("SE") && iban.len() == 24 { 7 } else { 4 };
                iban.get(skip..).unwrap_or_default().to_owned()
            }
            (_, Some(other)) => compact(other),
            _ => String::new(),
        };
        number.trim_start_matches('0').to_owned()
    }
}

impl AccountIdentification {
    /// What an account is stored and spoken of under: [`AccountIdentification::key`] and the currency.
    #[must_use]
    pub fn full_key(&self) -> String {
        let currency = self.currency.map_or_else(|| "XXX".to_owned(), |currency| currency.to_string());
        format!("{}/{currency}", self.key())
    }
}

/// One balance of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// The code (`OPBD`, `CLBD`, `PRCD` …) or the proprietary type.
    pub kind: String,
    /// Signed: overdrawn is negative.
    pub amount: Amount,
    /// Currency of the balance.
    pub currency: Option<Currency>,
    /// Day of the balance.
    pub date: Option<Date>,
}

/// Does opening + Σ booked entries = closing hold?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BalanceCheck {
    /// It does.
    Ok,
    /// It does not; a finding tells both figures.
    Broken,
    /// The bank gave no opening or no closing booked balance.
    Uncheckable,
}

/// A statement, report or notification without its entries, which go before it in the stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Position in the document, from 0.
    pub ordinal: u32,
    /// What kind of message it is.
    pub kind: StatementKind,
    /// The bank's id of the statement (`Stmt/Id`, `:20:`).
    pub reference: Option<String>,
    /// The account.
    pub account: AccountIdentification,
    /// `ElctrncSeqNb` or `:28C:`.
    pub electronic_sequence: Option<u64>,
    /// `LglSeqNb`.
    pub legal_sequence: Option<u64>,
    /// When the bank made it (`CreDtTm`), as given.
    pub created: Option<String>,
    /// First day of the period.
    pub from: Option<Date>,
    /// Last day of the period.
    pub to: Option<Date>,
    /// Page number and whether it is the last, for paginated messages.
    pub page: Option<(u32, bool)>,
    /// `CpyDplctInd`: CODU, COPY or DUPL.
    pub copy: Option<String>,
    /// All balances, as given.
    pub balances: Vec<Balance>,
    /// The opening balance that was used for the check: OPBD, else PRCD.
    pub opening: Option<Amount>,
    /// The closing booked balance.
    pub closing: Option<Amount>,
    /// Number of entries, whatever their status.
    pub entries: u64,
    /// Σ of the booked entries.
    pub sum: Amount,
    /// The arithmetic of the statement.
    pub balance: BalanceCheck,
    /// Digest over the figures without file ids and creation times: equal for a redelivery.
    pub content: Digest,
    /// The statement's bytes in the original document.
    pub span: Span,
}

/// Whether an entry is final.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryStatus {
    /// Booked: counts in the balance. The default where a bank leaves the status out.
    #[default]
    Booked,
    /// Pending: never matched, never summed.
    Pending,
    /// For information only.
    Info,
}

/// `BkTxCd`: the bank's code for the kind of entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BankCode {
    /// ISO domain, such as `PMNT`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub domain: Option<String>,
    /// ISO family, such as `RCDT`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub family: Option<String>,
    /// ISO sub-family, such as `ESCT`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sub_family: Option<String>,
    /// The bank's own code.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proprietary: Option<String>,
    /// Who issued the bank's own code.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub issuer: Option<String>,
}

/// `NtryDtls/Btch`: the link from a batch entry to the payment file that caused it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Message id of the payment file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message: Option<String>,
    /// Payment information id (`PmtInfId`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub payment_information: Option<String>,
    /// Number of transactions the bank announces.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub count: Option<u64>,
    /// Total the bank announces, unsigned as given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub total: Option<Amount>,
}

/// One charge on an entry or transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// Signed like an entry: what was charged is negative.
    pub amount: Amount,
    /// Currency of the charge.
    pub currency: Option<Currency>,
    /// Whether the charge is included in the entry's amount.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub included: Option<bool>,
    /// Type or bearer, as given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<String>,
}

/// An amount in another currency and the rate beside it (`AmtDtls`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// Unsigned amount in the foreign currency.
    pub amount: Amount,
    /// The foreign currency.
    pub currency: Currency,
    /// The rate as given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rate: Option<rust_decimal::Decimal>,
    /// Currency the rate quotes (`UnitCcy`), as given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unit: Option<Currency>,
}

/// A structured creditor reference: OCR, KID, viitenumero, RF, FIK, QRR …
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StructuredReference {
    /// The type as given (`SCOR`, `QRR`), else what its shape shows (`RF`, `OCR`).
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The reference as given.
    pub value: String,
}

/// An invoice or credit note a payment refers to (`RfrdDocInf`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferredDocument {
    /// `CINV`, `CREN` …
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<String>,
    /// The document's number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub number: Option<String>,
    /// The document's date.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub date: Option<Date>,
    /// Remitted amount; a credit note's is negative.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub amount: Option<Amount>,
}

/// The references of one transaction. Placeholders (`NOTPROVIDED`, a lone dash) are left out by the reader.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct References {
    /// Message id of the payment file (`MsgId`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message: Option<String>,
    /// `PmtInfId`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub payment_information: Option<String>,
    /// `InstrId`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub instruction: Option<String>,
    /// `EndToEndId`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub end_to_end: Option<String>,
    /// `TxId`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub transaction: Option<String>,
    /// `AcctSvcrRef`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub servicer: Option<String>,
    /// `ClrSysRef`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clearing: Option<String>,
    /// `UETR`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub uetr: Option<String>,
    /// `MndtId`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mandate: Option<String>,
    /// Structured creditor references.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub structured: Vec<StructuredReference>,
}

/// The other side of a payment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Counterparty {
    /// Name as the bank gives it, often truncated.
    pub name: Option<String>,
    /// IBAN or other account number, without spaces.
    pub account: Option<String>,
    /// Scheme of an account that is no IBAN (`BGNR`, `BBAN`, `OCR`, `MOBNB`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scheme: Option<String>,
    /// BIC or clearing id of the other bank.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agent: Option<String>,
    /// The ultimate debtor or creditor, where another than `name`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ultimate: Option<String>,
}

impl Counterparty {
    /// True when nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Why a payment came back (`RtrInf`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// Reason code, such as `AC04`.
    pub reason: Option<String>,
    /// Additional information, joined with a space.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
    /// Who returned it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub originator: Option<String>,
}

/// One payment inside an entry (`NtryDtls/TxDtls`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// Position in the entry, from 0.
    pub ordinal: u32,
    /// Its bytes in the original document.
    pub span: Span,
    /// Signed: own `Amt`, else `AmtDtls/TxAmt`; own direction, else the entry's.
    pub amount: Option<Amount>,
    /// Currency of `amount`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub currency: Option<Currency>,
    /// References.
    pub refs: References,
    /// The other side.
    pub counterparty: Counterparty,
    /// Unstructured remittance lines as given; [`Transaction::text`] joins them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub remittance: Vec<String>,
    /// Invoices and credit notes.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub documents: Vec<ReferredDocument>,
    /// `AddtlTxInf`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub additional: Option<String>,
    /// `Purp`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub purpose: Option<String>,
    /// Charges.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub charges: Vec<Charge>,
    /// Foreign amount.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exchange: Option<Exchange>,
    /// Return information.
    #[serde(rename = "return", skip_serializing_if = "Option::is_none", default)]
    pub returned: Option<Return>,
}

impl Transaction {
    /// The remittance lines joined with a space, then the additional information.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        join_text(self.remittance.iter().map(String::as_str).chain(self.additional.as_deref()))
    }
}

/// Joins the parts that say something with a space; `None` when none does.
#[must_use]
pub fn join_text<'a>(parts: impl Iterator<Item = &'a str>) -> Option<String> {
    let text = parts.map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// One booking on the account (`Ntry`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The same on every replica.
    pub id: EntryId,
    /// Ordinal of its statement in the document.
    pub statement: u32,
    /// Position in the statement, from 0.
    pub ordinal: u32,
    /// The element's bytes in the original document.
    pub span: Span,
    /// Signed: credit positive, debit negative. A reversal never flips the sign (facts, formats 1.3).
    pub amount: Amount,
    /// Currency.
    pub currency: Currency,
    /// `RvslInd`: this entry reverses an earlier one.
    pub reversal: bool,
    /// Booked, pending or information.
    pub status: EntryStatus,
    /// Booking day.
    pub booked: Option<Date>,
    /// Value day.
    pub valued: Option<Date>,
    /// `NtryRef`.
    pub reference: Option<String>,
    /// `AcctSvcrRef`, the most stable key where present.
    pub servicer_reference: Option<String>,
    /// Kind of entry.
    pub bank_code: Option<BankCode>,
    /// Link to the payment file of a batch booking.
    pub batch: Option<Batch>,
    /// Charges at entry level.
    pub charges: Vec<Charge>,
    /// Foreign amount at entry level.
    pub exchange: Option<Exchange>,
    /// `AddtlNtryInf`.
    pub additional: Option<String>,
    /// The payments inside. Empty when the bank gave no details.
    pub transactions: Vec<Transaction>,
}

impl Statement {
    /// Gives the account the currency of the balances, else that of its entries: many banks name it only beside the
    /// amounts, and the account is the same one all the same.
    pub fn settle_currency(&mut self, of_entries: Option<Currency>) {
        self.account.currency = (self.account.currency)
            .or_else(|| self.balances.iter().find_map(|balance| balance.currency))
            .or(of_entries);
    }
}

impl Entry {
    /// The counterparty of an entry with a single payment; a batch has none.
    #[must_use]
    pub fn counterparty(&self) -> Option<&Counterparty> {
        match self.transactions.as_slice() {
            [only] if !only.counterparty.is_empty() => Some(&only.counterparty),
            _ => None,
        }
    }

    /// Text for people: the single payment's remittance, then the bank's own line.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let single = match self.transactions.as_slice() {
            [only] => only.text(),
            _ => None,
        };
        match (&single, &self.additional) {
            (Some(text), Some(additional)) if text.contains(additional.trim()) => single,
            _ => join_text(single.as_deref().into_iter().chain(self.additional.as_deref())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iban_and_national_number_of_one_account_meet() {
        let iban = AccountIdentification {
            iban: Some("SE45 5000 0000 0583 9825 7466".into()),
            ..Default::default()
        };
        let bban = AccountIdentification { other: Some("5839-82 574 66".into()), ..Default::default() };
        assert_eq!(iban.key(), "58398257466");
        assert_eq!(iban.key(), bban.key());
        let norwegian = AccountIdentification { iban: Some("NO9386011117947".into()), ..Default::default() };
        assert_eq!(norwegian.key(), "86011117947");
        assert_eq!(AccountIdentification::default().key(), "");
    }
}
