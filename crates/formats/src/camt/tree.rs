//! Which elements of a camt message are read, as a tree: a parent and a local name give the next node.
//!
//! One table for every version from .01 to .14: a name that only some versions have stands beside the others,
//! because no version uses a name at the same place for something else.
//! Absent on purpose: namespaces and the order of elements; banks get both wrong.

/// A place in the message that matters. Leaves are named after their element and told apart by their parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Node {
    // Containers.
    Outside,
    Skip,
    Document,
    Message,
    Header,
    Paging,
    Statement,
    Period,
    Account,
    AccountId,
    AccountOther,
    AccountScheme,
    Owner,
    Servicer,
    Institution,
    Balance,
    BalanceType,
    BalanceDate,
    Summary,
    TotalAll,
    TotalCredits,
    TotalDebits,
    NetTotal,
    Entry,
    BookingDate,
    ValueDate,
    BankCode,
    Domain,
    Family,
    BankProprietary,
    Amounts,
    Instructed,
    Transacted,
    CounterValue,
    Exchange,
    Charges,
    ChargeRecord,
    ChargeType,
    Batch,
    Details,
    Transaction,
    References,
    Parties,
    Debtor,
    Creditor,
    UltimateDebtor,
    UltimateCreditor,
    PartyChoice,
    DebtorAccount,
    CreditorAccount,
    Agents,
    DebtorAgent,
    CreditorAgent,
    Purpose,
    Remittance,
    Structured,
    CreditorReference,
    CreditorReferenceType,
    InvoiceInformation,
    InvoiceType,
    InvoiceAmounts,
    TypedAmount,
    Return,
    Originator,
    ReturnReason,
    // Leaves; `Status`, `RelatedDate` hold text in some versions and an element in others.
    Status,
    RelatedDate,
    Id,
    Ccy,
    Nm,
    Iban,
    Bban,
    Upic,
    Cd,
    Prtry,
    Bic,
    MmbId,
    PgNb,
    LastPgInd,
    ElectronicSequence,
    LegalSequence,
    Created,
    From,
    To,
    Copy,
    Amt,
    Direction,
    Dt,
    DtTm,
    Count,
    Sum,
    NetAmt,
    NtryRef,
    Reversal,
    ServicerRef,
    SubFamily,
    Issuer,
    Rate,
    Unit,
    AddtlNtryInf,
    MsgId,
    PmtInfId,
    InstrId,
    EndToEndId,
    TxId,
    MndtId,
    ClearingRef,
    Uetr,
    Ustrd,
    Ref,
    Nb,
    RemittedAmt,
    CreditNoteAmt,
    DueAmt,
    AddtlRmtInf,
    AddtlInf,
    AddtlTxInf,
    Included,
    Bearer,
    TotalCharges,
    BatchTotal,
}

impl Node {
    /// True when the text of the element is read.
    #[inline]
    pub(super) fn is_leaf(self) -> bool {
        self >= Node::Status
    }
}

/// The node that `name` opens below `parent`; [`Node::Skip`] for what is not read.
#[inline]
pub(super) fn child(parent: Node, name: &[u8]) -> Node {
    if parent == Node::Skip {
        return Node::Skip;
    }
    if parent >= Node::Transaction {
        return transaction_child(parent, name);
    }
    if parent >= Node::Entry {
        return entry_child(parent, name);
    }
    statement_child(parent, name)
}

fn statement_child(parent: Node, name: &[u8]) -> Node {
    match (parent, name) {
        (Node::Outside, b"Document") => Node::Document,
        (Node::Outside | Node::Document, name) if is_message(name) => Node::Message,
        (Node::Outside, _) => Node::Outside,
        (Node::Message, b"Stmt" | b"Rpt" | b"Ntfctn") => Node::Statement,
        (Node::Message, b"GrpHdr") => Node::Header,
        (Node::Header, b"MsgPgntn") => Node::Paging,
        (Node::Paging, b"PgNb") => Node::PgNb,
        (Node::Paging, b"LastPgInd") => Node::LastPgInd,
        (Node::Statement, name) => below_statement(name),
        (Node::Period, b"FrDtTm") => Node::From,
        (Node::Period, b"ToDtTm") => Node::To,
        (Node::Account | Node::AccountId | Node::AccountOther | Node::AccountScheme, name) => {
            account_child(parent, name)
        }
        (Node::Owner, b"Nm") => Node::Nm,
        (Node::Owner, b"Pty") => Node::Owner,
        (Node::Servicer | Node::Institution, name) => institution_child(name),
        (Node::Balance, b"Amt") => Node::Amt,
        (Node::Balance, b"CdtDbtInd") => Node::Direction,
        (Node::Balance, b"Tp") | (Node::BalanceType, b"CdOrPrtry") => Node::BalanceType,
        (Node::Balance, b"Dt") => Node::BalanceDate,
        (Node::BalanceType, b"Cd") => Node::Cd,
        (Node::BalanceType, b"Prtry") => Node::Prtry,
        (Node::BalanceDate, name) => date_child(name),
        (Node::Summary, b"TtlNtries") => Node::TotalAll,
        (Node::Summary, b"TtlCdtNtries") => Node::TotalCredits,
        (Node::Summary, b"TtlDbtNtries") => Node::TotalDebits,
        (Node::TotalAll | Node::TotalCredits | Node::TotalDebits, b"NbOfNtries") => Node::Count,
        (Node::TotalAll | Node::TotalCredits | Node::TotalDebits, b"Sum") => Node::Sum,
        (Node::TotalAll, b"TtlNetNtryAmt") | (Node::NetTotal, b"Amt") => Node::NetAmt,
        (Node::TotalAll, b"TtlNetNtry") => Node::NetTotal,
        (Node::TotalAll | Node::NetTotal, b"CdtDbtInd") => Node::Direction,
        _ => Node::Skip,
    }
}

/// The root of a camt.052, .053 or .054 message; version .01 has its number in the name.
fn is_message(name: &[u8]) -> bool {
    super::kind_of(name).is_some()
}

fn below_statement(name: &[u8]) -> Node {
    match name {
        b"Ntry" => Node::Entry,
        b"Bal" => Node::Balance,
        b"Id" => Node::Id,
        b"Acct" => Node::Account,
        b"ElctrncSeqNb" => Node::ElectronicSequence,
        b"LglSeqNb" => Node::LegalSequence,
        b"CreDtTm" => Node::Created,
        b"FrToDt" => Node::Period,
        b"CpyDplctInd" => Node::Copy,
        b"StmtPgntn" | b"RptPgntn" | b"NtfctnPgntn" => Node::Paging,
        b"TxsSummry" => Node::Summary,
        b"AddtlStmtInf" | b"AddtlRptInf" | b"AddtlNtfctnInf" => Node::AddtlInf,
        _ => Node::Skip,
    }
}

fn account_child(parent: Node, name: &[u8]) -> Node {
    match (parent, name) {
        (Node::AccountOther, b"Id") => Node::Id,
        (Node::Account | Node::DebtorAccount | Node::CreditorAccount, b"Id") => Node::AccountId,
        (Node::AccountId, b"IBAN") => Node::Iban,
        (Node::AccountId, b"BBAN") => Node::Bban,
        (Node::AccountId, b"UPIC") => Node::Upic,
        (Node::AccountId, b"Othr" | b"PrtryAcct") => Node::AccountOther,
        (Node::AccountOther, b"SchmeNm") => Node::AccountScheme,
        (Node::AccountScheme, b"Cd") => Node::Cd,
        (Node::AccountScheme, b"Prtry") => Node::Prtry,
        (Node::Account, b"Ccy") => Node::Ccy,
        (Node::Account, b"Nm") => Node::Nm,
        (Node::Account, b"Ownr") => Node::Owner,
        (Node::Account, b"Svcr") => Node::Servicer,
        _ => Node::Skip,
    }
}

/// Below an agent, and below every level of nesting that versions put between it and its BIC.
fn institution_child(name: &[u8]) -> Node {
    match name {
        b"FinInstnId" | b"CmbndId" | b"ClrSysMmbId" | b"NmAndAdr" => Node::Institution,
        b"BIC" | b"BICFI" => Node::Bic,
        b"MmbId" | b"Id" => Node::MmbId,
        b"Nm" => Node::Nm,
        _ => Node::Skip,
    }
}

fn date_child(name: &[u8]) -> Node {
    match name {
        b"Dt" => Node::Dt,
        b"DtTm" => Node::DtTm,
        _ => Node::Skip,
    }
}

fn entry_child(parent: Node, name: &[u8]) -> Node {
    match (parent, name) {
        (Node::Entry, name) => below_entry(name),
        (Node::BookingDate | Node::ValueDate, name) => date_child(name),
        (Node::BankCode, b"Domn") => Node::Domain,
        (Node::BankCode, b"Prtry") => Node::BankProprietary,
        (Node::Domain, b"Fmly") => Node::Family,
        (Node::Domain | Node::Family | Node::BankProprietary, b"Cd") => Node::Cd,
        (Node::Family, b"SubFmlyCd") => Node::SubFamily,
        (Node::BankProprietary, b"Issr") => Node::Issuer,
        (Node::Amounts, b"InstdAmt") => Node::Instructed,
        (Node::Amounts, b"TxAmt") => Node::Transacted,
        (Node::Amounts, b"CntrValAmt") => Node::CounterValue,
        (Node::Instructed | Node::Transacted | Node::CounterValue, b"Amt") => Node::Amt,
        (Node::Instructed | Node::Transacted | Node::CounterValue, b"CcyXchg") => Node::Exchange,
        (Node::Exchange, b"XchgRate") => Node::Rate,
        (Node::Exchange, b"UnitCcy") => Node::Unit,
        (Node::Charges, b"Rcrd") => Node::ChargeRecord,
        (Node::Charges, b"TtlChrgsAndTaxAmt") => Node::TotalCharges,
        (Node::Charges | Node::ChargeRecord, name) => charge_child(name),
        (Node::ChargeType, b"Cd") => Node::Cd,
        (Node::ChargeType, b"Prtry") => Node::ChargeType,
        (Node::ChargeType, b"Id" | b"PrtryCd") => Node::Prtry,
        (Node::Batch, b"MsgId") => Node::MsgId,
        (Node::Batch, b"PmtInfId") => Node::PmtInfId,
        (Node::Batch, b"NbOfTxs") => Node::Count,
        (Node::Batch, b"TtlAmt") => Node::BatchTotal,
        (Node::Details, b"TxDtls") => Node::Transaction,
        (Node::Details, b"Btch") => Node::Batch,
        _ => Node::Skip,
    }
}

fn below_entry(name: &[u8]) -> Node {
    match name {
        b"NtryDtls" => Node::Details,
        b"Amt" => Node::Amt,
        b"CdtDbtInd" => Node::Direction,
        b"Sts" => Node::Status,
        b"BookgDt" => Node::BookingDate,
        b"ValDt" => Node::ValueDate,
        b"BkTxCd" => Node::BankCode,
        b"NtryRef" => Node::NtryRef,
        b"AcctSvcrRef" => Node::ServicerRef,
        b"RvslInd" => Node::Reversal,
        b"AddtlNtryInf" => Node::AddtlNtryInf,
        b"AmtDtls" => Node::Amounts,
        b"Chrgs" => Node::Charges,
        // Version .01 has no NtryDtls.
        b"TxDtls" => Node::Transaction,
        b"Btch" => Node::Batch,
        _ => Node::Skip,
    }
}

fn charge_child(name: &[u8]) -> Node {
    match name {
        b"Amt" => Node::Amt,
        b"CdtDbtInd" => Node::Direction,
        b"ChrgInclInd" => Node::Included,
        b"Tp" => Node::ChargeType,
        b"Br" => Node::Bearer,
        _ => Node::Skip,
    }
}

fn transaction_child(parent: Node, name: &[u8]) -> Node {
    match (parent, name) {
        (Node::Transaction, name) => below_transaction(name),
        (Node::References, name) => reference_child(name),
        (Node::Parties, name) => party_child(name),
        (
            Node::Debtor | Node::Creditor | Node::UltimateDebtor | Node::UltimateCreditor | Node::PartyChoice,
            b"Nm",
        ) => Node::Nm,
        (Node::Debtor | Node::Creditor | Node::UltimateDebtor | Node::UltimateCreditor, b"Pty") => {
            Node::PartyChoice
        }
        (Node::Debtor | Node::Creditor | Node::UltimateDebtor | Node::UltimateCreditor, b"Agt") => {
            Node::Institution
        }
        (Node::DebtorAccount | Node::CreditorAccount, name) => account_child(parent, name),
        (Node::Agents, b"DbtrAgt") => Node::DebtorAgent,
        (Node::Agents, b"CdtrAgt") => Node::CreditorAgent,
        (Node::DebtorAgent | Node::CreditorAgent, name) => institution_child(name),
        (Node::Remittance, b"Ustrd") => Node::Ustrd,
        (Node::Remittance, b"Strd") => Node::Structured,
        (Node::Purpose, b"Cd") | (Node::ReturnReason, b"Cd") | (Node::Status, b"Cd") => Node::Cd,
        (Node::Purpose, b"Prtry") | (Node::ReturnReason, b"Prtry") | (Node::Status, b"Prtry") => Node::Prtry,
        (Node::Return, b"Orgtr" | b"RtrOrgtr") => Node::Originator,
        (Node::Return, b"Rsn" | b"RtrRsn") => Node::ReturnReason,
        (Node::Return, b"AddtlInf" | b"AddtlRtrRsnInf") => Node::AddtlInf,
        (Node::Originator, b"Nm") => Node::Nm,
        (Node::Originator, b"Pty") => Node::Originator,
        _ => structured_child(parent, name),
    }
}

fn below_transaction(name: &[u8]) -> Node {
    match name {
        b"Refs" => Node::References,
        b"RltdPties" => Node::Parties,
        b"RmtInf" => Node::Remittance,
        b"AmtDtls" => Node::Amounts,
        b"RltdAgts" => Node::Agents,
        b"Amt" => Node::Amt,
        b"CdtDbtInd" => Node::Direction,
        b"BkTxCd" => Node::BankCode,
        b"Chrgs" => Node::Charges,
        b"Purp" => Node::Purpose,
        b"RtrInf" => Node::Return,
        b"AddtlTxInf" => Node::AddtlTxInf,
        _ => Node::Skip,
    }
}

fn reference_child(name: &[u8]) -> Node {
    match name {
        b"EndToEndId" => Node::EndToEndId,
        b"MsgId" => Node::MsgId,
        b"PmtInfId" => Node::PmtInfId,
        b"InstrId" => Node::InstrId,
        b"TxId" => Node::TxId,
        b"AcctSvcrRef" => Node::ServicerRef,
        b"ClrSysRef" => Node::ClearingRef,
        b"UETR" => Node::Uetr,
        b"MndtId" => Node::MndtId,
        _ => Node::Skip,
    }
}

fn party_child(name: &[u8]) -> Node {
    match name {
        b"Dbtr" => Node::Debtor,
        b"Cdtr" => Node::Creditor,
        b"DbtrAcct" => Node::DebtorAccount,
        b"CdtrAcct" => Node::CreditorAccount,
        b"UltmtDbtr" => Node::UltimateDebtor,
        b"UltmtCdtr" => Node::UltimateCreditor,
        _ => Node::Skip,
    }
}

fn structured_child(parent: Node, name: &[u8]) -> Node {
    match (parent, name) {
        (Node::Structured, b"CdtrRefInf") => Node::CreditorReference,
        (Node::Structured, b"RfrdDocInf") => Node::InvoiceInformation,
        (Node::Structured, b"RfrdDocAmt") => Node::InvoiceAmounts,
        (Node::Structured, b"RfrdDocRltdDt") | (Node::InvoiceInformation, b"RltdDt") => Node::RelatedDate,
        (Node::Structured, b"AddtlRmtInf") => Node::AddtlRmtInf,
        (Node::CreditorReference, b"Ref" | b"CdtrRef") => Node::Ref,
        (Node::CreditorReference, b"Tp" | b"CdtrRefTp") | (Node::CreditorReferenceType, b"CdOrPrtry") => {
            Node::CreditorReferenceType
        }
        (Node::CreditorReferenceType | Node::InvoiceType | Node::TypedAmount, b"Cd") => Node::Cd,
        (Node::CreditorReferenceType | Node::InvoiceType | Node::TypedAmount, b"Prtry") => Node::Prtry,
        (Node::CreditorReferenceType, b"Issr") => Node::Issuer,
        (Node::InvoiceInformation, b"Tp" | b"RfrdDocTp") | (Node::InvoiceType, b"CdOrPrtry") => {
            Node::InvoiceType
        }
        (Node::InvoiceInformation, b"Nb" | b"RfrdDocNb") => Node::Nb,
        (Node::RelatedDate, b"Dt") => Node::Dt,
        (Node::InvoiceAmounts, b"RmtdAmt") => Node::RemittedAmt,
        (Node::InvoiceAmounts, b"CdtNoteAmt") => Node::CreditNoteAmt,
        (Node::InvoiceAmounts, b"DuePyblAmt") => Node::DueAmt,
        (Node::InvoiceAmounts, b"RmtAmtAndTp") | (Node::TypedAmount, b"Tp") => Node::TypedAmount,
        (Node::TypedAmount, b"Amt") => Node::Amt,
        _ => Node::Skip,
    }
}
