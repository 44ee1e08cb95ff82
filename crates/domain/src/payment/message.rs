//! What payment files say: instructions as they are given to a bank (pain.001), and what the bank answers (pain.002).
//!
//! The words are those of ISO 20022. Everything that a file may leave out is optional here; what a payment needs is for
//! the rules to ask.

use crate::{
    amount::{Amount, Currency},
    ids::Span,
    statement::{AccountIdentification, Counterparty, References, ReferredDocument},
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The head of a payment file (`GrpHdr` of pain.001).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Initiation {
    /// `MsgId`.
    pub message: Option<String>,
    /// `CreDtTm`, as given.
    pub created: Option<String>,
    /// `NbOfTxs`.
    pub count: Option<u64>,
    /// `CtrlSum`: over all amounts, whatever their currencies.
    pub sum: Option<Amount>,
    /// Name of the initiating party.
    pub initiator: Option<String>,
}

/// One debit of one account on one day (`PmtInf`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentInformation {
    /// Position in the file, from 0.
    pub ordinal: u32,
    /// `PmtInfId`.
    pub id: Option<String>,
    /// `PmtMtd`: `TRF`, `CHK` or `TRA`.
    pub method: Option<String>,
    /// `BtchBookg`: booked as one sum.
    pub batch_booking: Option<bool>,
    /// `NbOfTxs`.
    pub count: Option<u64>,
    /// `CtrlSum`.
    pub sum: Option<Amount>,
    /// How it is paid, unless a payment says otherwise.
    pub kind: PaymentKind,
    /// `ReqdExctnDt`.
    pub execution: Option<Date>,
    /// Name of the debtor.
    pub debtor: Option<String>,
    /// The account that is debited, with its bank.
    pub account: AccountIdentification,
    /// `ChrgBr`.
    pub charge_bearer: Option<String>,
}

/// How something is paid (`PmtTpInf`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentKind {
    /// `InstrPrty`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub priority: Option<String>,
    /// `SvcLvl`: `SEPA`, `NURG`, `URGP` …
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub service_level: Option<String>,
    /// `LclInstrm`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub local_instrument: Option<String>,
    /// `CtgyPurp`: `SUPP`, `SALA` …
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub category_purpose: Option<String>,
}

/// One payment (`CdtTrfTxInf`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentInstruction {
    /// Ordinal of its payment information in the file.
    pub information: u32,
    /// Position in that, from 0.
    pub ordinal: u32,
    /// The element's bytes in the original document.
    pub span: Span,
    /// `InstrId`, `EndToEndId`, `UETR` and the creditor's references.
    pub refs: References,
    /// `InstdAmt`, or what `EqvtAmt` is worth.
    pub amount: Amount,
    /// Currency of `amount`.
    pub currency: Currency,
    /// The currency in which the creditor gets what `EqvtAmt` is worth (`CcyOfTrf`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub transfer_currency: Option<Currency>,
    /// How it is paid, where it says so itself.
    pub kind: PaymentKind,
    /// `ChrgBr`, where it says so itself.
    pub charge_bearer: Option<String>,
    /// Who is paid.
    pub creditor: Counterparty,
    /// `Purp`.
    pub purpose: Option<String>,
    /// Unstructured remittance lines, as given.
    pub remittance: Vec<String>,
    /// Invoices and credit notes.
    pub documents: Vec<ReferredDocument>,
}

/// What a bank says of a payment, one of its parts or the whole file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// `ACCP`, `RJCT` …: an open list, of which banks know more every year.
    pub code: String,
    /// Why.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub reasons: Vec<StatusReason>,
}

/// One reason (`StsRsnInf`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusReason {
    /// The code, or the bank's own.
    pub code: Option<String>,
    /// Additional information, joined with a space.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
    /// Who says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub originator: Option<String>,
}

/// The head of a status report (`GrpHdr` and `OrgnlGrpInfAndSts` of pain.002).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusReport {
    /// `MsgId` of the report itself.
    pub message: Option<String>,
    /// `CreDtTm`, as given.
    pub created: Option<String>,
    /// `OrgnlMsgId`: the file it answers.
    pub original: Option<String>,
    /// `OrgnlMsgNmId`, as given: banks write what they like.
    pub original_name: Option<String>,
    /// `GrpSts`.
    pub status: Option<Status>,
}

/// What it says of one payment information (`OrgnlPmtInfAndSts`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InformationStatus {
    /// Position in the report, from 0.
    pub ordinal: u32,
    /// `OrgnlPmtInfId`.
    pub original: Option<String>,
    /// `PmtInfSts`.
    pub status: Option<Status>,
}

/// What it says of one payment (`TxInfAndSts`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentStatus {
    /// Ordinal of the payment information in the report; `None` where it stands outside of any.
    pub information: Option<u32>,
    /// Position in that, from 0.
    pub ordinal: u32,
    /// The element's bytes in the original document.
    pub span: Span,
    /// `OrgnlInstrId`, `OrgnlEndToEndId`, `OrgnlUETR` and `AcctSvcrRef`.
    pub refs: References,
    /// `TxSts`.
    pub status: Option<Status>,
    /// `AccptncDtTm`, as given.
    pub accepted: Option<String>,
    /// The amount it repeats (`OrgnlTxRef/Amt`).
    pub amount: Option<Amount>,
    /// Currency of `amount`.
    pub currency: Option<Currency>,
}
