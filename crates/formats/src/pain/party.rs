//! Parties, accounts and agents, which both messages write the same way.

use super::element::Element;
use attest_domain::{
    Amount, Currency,
    statement::{AccountIdentification, Counterparty, ReferredDocument, StructuredReference},
};

/// `Nm` of a party; some banks put the party into `Pty` (from .09 on).
pub(super) fn name(party: Option<&Element<'_>>) -> Option<String> {
    let party = party?;
    party.text_at(&["Nm"]).or_else(|| party.text_at(&["Pty", "Nm"]))
}

/// BIC or clearing number of an agent.
pub(super) fn agent(agent: Option<&Element<'_>>) -> Option<String> {
    let institution = agent?.child("FinInstnId")?;
    institution
        .number_at(&["BIC"])
        .or_else(|| institution.number_at(&["BICFI"]))
        .or_else(|| institution.number_at(&["ClrSysMmbId", "MmbId"]))
        .or_else(|| institution.number_at(&["Othr", "Id"]))
}

/// An account with its bank and its owner.
pub(super) fn account(
    account: Option<&Element<'_>>,
    servicer: Option<String>,
    owner: Option<String>,
) -> AccountIdentification {
    let Some(account) = account else {
        return AccountIdentification { servicer, owner, ..AccountIdentification::default() };
    };
    AccountIdentification {
        iban: account.number_at(&["Id", "IBAN"]),
        other: account.number_at(&["Id", "Othr", "Id"]),
        scheme: account.code_at(&["Id", "Othr", "SchmeNm"]),
        currency: account.child("Ccy").and_then(Element::text).and_then(Currency::parse),
        name: account.text_at(&["Nm"]),
        owner,
        servicer,
    }
}

/// The creditor of a payment with account and bank.
pub(super) fn creditor(payment: &Element<'_>) -> Counterparty {
    let account = account(payment.child("CdtrAcct"), None, None);
    let scheme = account.scheme.filter(|_| account.iban.is_none());
    Counterparty {
        name: name(payment.child("Cdtr")),
        account: account.iban.or(account.other),
        scheme,
        agent: agent(payment.child("CdtrAgt")),
        ultimate: name(payment.child("UltmtCdtr")),
    }
}

/// Creditor references in `RmtInf/Strd`.
pub(super) fn references(remittance: Option<&Element<'_>>) -> Vec<StructuredReference> {
    let structured = remittance.into_iter().flat_map(|remittance| remittance.children("Strd"));
    let reference = |one: &Element<'_>| {
        let value =
            one.number_at(&["CdtrRefInf", "Ref"]).or_else(|| one.number_at(&["CdtrRefInf", "CdtrRef"]))?;
        let kind = one.code_at(&["CdtrRefInf", "Tp", "CdOrPrtry"]);
        Some(StructuredReference { kind, value })
    };
    structured.filter_map(reference).collect()
}

/// Invoices and credit notes in `RmtInf/Strd`. A credit note takes away.
pub(super) fn documents(remittance: Option<&Element<'_>>) -> Vec<ReferredDocument> {
    let structured = remittance.into_iter().flat_map(|remittance| remittance.children("Strd"));
    let read = |one: &Element<'_>| {
        let amount = |name: &str| one.at(&["RfrdDocAmt", name]).and_then(Element::amount);
        let credited = amount("CdtNoteAmt").map(|amount| -amount.abs());
        let amount: Option<Amount> = amount("RmtdAmt").or(credited).or_else(|| amount("DuePyblAmt"));
        one.children("RfrdDocInf")
            .map(|document| ReferredDocument {
                kind: document.code_at(&["Tp", "CdOrPrtry"]),
                number: document.text_at(&["Nb"]),
                date: document.child("RltdDt").and_then(Element::date),
                amount,
            })
            .collect::<Vec<_>>()
    };
    structured.flat_map(read).collect()
}
