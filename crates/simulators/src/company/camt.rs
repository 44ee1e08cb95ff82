//! Writes bank bookings as camt.053.001.02 or .08, element by element in the order of the schema.
//!
//! The dialect follows what Nordic banks send: OPBD and CLBD with a credit line before the amount of CLBD,
//! totals, one `NtryDtls` per entry, `Btch` on batches, proprietary codes beside the ISO ones.

use super::model::{BankEntry, Foreign, PartyAccount, Payment, Remittance, push_amount};
use jiff::civil::Date;
use std::fmt::Write as _;

const FITS: &str = "a String takes everything";

/// Which version of the message a bank sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V02,
    V08,
}

/// What never changes about an account.
#[derive(Clone, Debug)]
pub(crate) struct AccountHead {
    pub(crate) version: Version,
    pub(crate) iban: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) name: &'static str,
    pub(crate) bic: &'static str,
    pub(crate) owner: &'static str,
    pub(crate) organisation: &'static str,
    /// Prefix of the bank's own references.
    pub(crate) prefix: &'static str,
}

/// The figures of one statement, known once its entries are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Totals {
    pub(crate) sequence: u64,
    pub(crate) from: Date,
    pub(crate) to: Date,
    pub(crate) opening: i64,
    pub(crate) closing: i64,
    pub(crate) credits: (u64, i64),
    pub(crate) debits: (u64, i64),
}

/// Appends text with the five characters XML reserves escaped.
fn escaped(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            other => out.push(other),
        }
    }
}

fn element(out: &mut String, name: &str, text: &str) {
    write!(out, "<{name}>").expect(FITS);
    escaped(out, text);
    write!(out, "</{name}>").expect(FITS);
}

fn amount(out: &mut String, name: &str, currency: &str, minor: i64) {
    write!(out, "<{name} Ccy=\"{currency}\">").expect(FITS);
    push_amount(out, minor.abs());
    write!(out, "</{name}>").expect(FITS);
}

fn direction(minor: i64) -> &'static str {
    if minor < 0 { "<CdtDbtInd>DBIT</CdtDbtInd>" } else { "<CdtDbtInd>CRDT</CdtDbtInd>" }
}

/// Everything before the first entry.
pub(crate) fn head(account: &AccountHead, totals: &Totals) -> String {
    let version = match account.version {
        Version::V02 => "02",
        Version::V08 => "08",
    };
    let (from, to, prefix) = (totals.from, totals.to, account.prefix);
    let created = super::calendar::shifted(to, 1);
    let id = format!("{prefix}{}{:05}", to.strftime("%y%m%d"), totals.sequence);
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}\">\n<BkToCstmrStmt>\n\
         <GrpHdr><MsgId>M{id}</MsgId><CreDtTm>{created}T02:50:52+01:00</CreDtTm></GrpHdr>\n<Stmt>\n\
         <Id>{id}</Id><ElctrncSeqNb>{sequence}</ElctrncSeqNb><LglSeqNb>{sequence}</LglSeqNb>\n\
         <CreDtTm>{created}T02:35:35+01:00</CreDtTm>\n\
         <FrToDt><FrDtTm>{from}T00:00:00+01:00</FrDtTm><ToDtTm>{to}T23:59:59+01:00</ToDtTm></FrToDt>\n\
         <Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{currency}</Ccy>",
        sequence = totals.sequence,
        iban = account.iban,
        currency = account.currency,
    );
    element(&mut out, "Nm", account.name);
    out.push_str("<Ownr>");
    element(&mut out, "Nm", account.owner);
    write!(out, "<Id><OrgId><Othr><Id>{}</Id></Othr></OrgId></Id></Ownr>", account.organisation).expect(FITS);
    let bic = if account.version == Version::V02 { "BIC" } else { "BICFI" };
    writeln!(out, "<Svcr><FinInstnId><{bic}>{}</{bic}></FinInstnId></Svcr></Acct>", account.bic).expect(FITS);
    balance(&mut out, account, ("OPBD", totals.opening, from));
    balance(&mut out, account, ("CLBD", totals.closing, to));
    balance(&mut out, account, ("CLAV", totals.closing, to));
    summary(&mut out, account.version, totals);
    out
}

/// SEB and others state the unused credit line inside the closing balances, before the amount.
fn balance(out: &mut String, account: &AccountHead, (code, minor, date): (&str, i64, Date)) {
    write!(out, "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>").expect(FITS);
    if account.currency == "SEK" && code != "OPBD" {
        out.push_str("<CdtLine><Incl>false</Incl>");
        amount(out, "Amt", account.currency, 250_000_000);
        out.push_str("</CdtLine>");
    }
    amount(out, "Amt", account.currency, minor);
    writeln!(out, "{}<Dt><Dt>{date}</Dt></Dt></Bal>", direction(minor)).expect(FITS);
}

fn summary(out: &mut String, version: Version, totals: &Totals) {
    let (credits, debits) = (totals.credits, totals.debits);
    let net = credits.1 - debits.1;
    write!(out, "<TxsSummry><TtlNtries><NbOfNtries>{}</NbOfNtries><Sum>", credits.0 + debits.0).expect(FITS);
    push_amount(out, credits.1 + debits.1);
    let (open, close) = match version {
        Version::V02 => ("<TtlNetNtryAmt>", "</TtlNetNtryAmt>"),
        Version::V08 => ("<TtlNetNtry><Amt>", "</Amt>"),
    };
    write!(out, "</Sum>{open}").expect(FITS);
    push_amount(out, net.abs());
    write!(out, "{close}{}", direction(net)).expect(FITS);
    if version == Version::V08 {
        out.push_str("</TtlNetNtry>");
    }
    out.push_str("</TtlNtries>");
    for (name, (count, sum)) in [("TtlCdtNtries", credits), ("TtlDbtNtries", debits)] {
        write!(out, "<{name}><NbOfNtries>{count}</NbOfNtries><Sum>").expect(FITS);
        push_amount(out, sum);
        write!(out, "</Sum></{name}>").expect(FITS);
    }
    out.push_str("</TxsSummry>\n");
}

/// Everything behind the last entry.
pub(crate) const FOOT: &str = "</Stmt>\n</BkToCstmrStmt>\n</Document>\n";

/// One entry. `serial` makes the bank's references unique; `reference` counts entries in the statement from 1.
pub(crate) fn entry(
    out: &mut String,
    account: &AccountHead,
    entry: &BankEntry,
    date: Date,
    (serial, reference): (u64, u64),
) {
    write!(out, "<Ntry>\n  <NtryRef>{reference}</NtryRef>\n  ").expect(FITS);
    amount(out, "Amt", account.currency, entry.amount);
    write!(out, "\n  {}\n  ", direction(entry.amount)).expect(FITS);
    if entry.reversal {
        out.push_str("<RvslInd>true</RvslInd>\n  ");
    }
    out.push_str(match account.version {
        Version::V02 => "<Sts>BOOK</Sts>",
        Version::V08 => "<Sts><Cd>BOOK</Cd></Sts>",
    });
    write!(
        out,
        "\n  <BookgDt><Dt>{date}</Dt></BookgDt>\n  <ValDt><Dt>{date}</Dt></ValDt>\n  \
         <AcctSvcrRef>{}{serial:014}</AcctSvcrRef>\n  \
         <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{}</Cd><SubFmlyCd>{}</SubFmlyCd></Fmly></Domn>\
         <Prtry><Cd>{}</Cd></Prtry></BkTxCd>\n  ",
        account.prefix, entry.code.0, entry.code.1, entry.code.2
    )
    .expect(FITS);
    charges(out, account, entry.charge);
    details(out, account, entry, serial);
    element(out, "AddtlNtryInf", &entry.text);
    out.push_str("\n</Ntry>\n");
}

fn charges(out: &mut String, account: &AccountHead, charge: Option<i64>) {
    let Some(charge) = charge else { return };
    let record = match account.version {
        Version::V02 => ("", ""),
        Version::V08 => ("<Rcrd>", "</Rcrd>"),
    };
    write!(out, "<Chrgs>{}", record.0).expect(FITS);
    amount(out, "Amt", account.currency, charge);
    write!(out, "<CdtDbtInd>DBIT</CdtDbtInd>{}</Chrgs>\n  ", record.1).expect(FITS);
}

fn details(out: &mut String, account: &AccountHead, entry: &BankEntry, serial: u64) {
    if entry.payments.is_empty() && entry.batch.is_none() {
        return;
    }
    out.push_str("<NtryDtls>\n");
    if let Some((message, information)) = &entry.batch {
        out.push_str("    <Btch>");
        element(out, "MsgId", message);
        element(out, "PmtInfId", information);
        if !entry.payments.is_empty() {
            let total: i64 = entry.payments.iter().map(|payment| payment.amount).sum();
            write!(out, "<NbOfTxs>{}</NbOfTxs>", entry.payments.len()).expect(FITS);
            amount(out, "TtlAmt", account.currency, total);
            out.push_str(direction(entry.amount));
        }
        out.push_str("</Btch>\n");
    }
    for (place, payment) in entry.payments.iter().enumerate() {
        transaction(out, account, entry, payment, (serial, place));
    }
    out.push_str("  </NtryDtls>\n  ");
}

fn transaction(
    out: &mut String,
    account: &AccountHead,
    entry: &BankEntry,
    payment: &Payment,
    (serial, place): (u64, usize),
) {
    write!(out, "    <TxDtls><Refs>").expect(FITS);
    if let Some((message, _)) = &entry.batch {
        element(out, "MsgId", message);
    }
    write!(out, "<AcctSvcrRef>{}{serial:014}T{place:04}</AcctSvcrRef>", account.prefix).expect(FITS);
    if let Some((_, information)) = &entry.batch {
        element(out, "PmtInfId", information);
    }
    element(out, "EndToEndId", payment.end_to_end.as_deref().unwrap_or("NOTPROVIDED"));
    out.push_str("</Refs>");
    if account.version == Version::V08 {
        amount(out, "Amt", account.currency, payment.amount);
        out.push_str(direction(entry.amount));
    }
    if account.version == Version::V02 || payment.foreign.is_some() {
        amount_details(out, account.currency, payment);
    }
    parties(out, account, entry.amount < 0, payment);
    remittance(out, account.currency, payment);
    if let Some((code, text)) = payment.returned {
        write!(out, "<RtrInf><Rsn><Cd>{code}</Cd></Rsn>").expect(FITS);
        element(out, "AddtlInf", text);
        out.push_str("</RtrInf>");
    }
    out.push_str("</TxDtls>\n");
}

fn amount_details(out: &mut String, currency: &str, payment: &Payment) {
    out.push_str("<AmtDtls>");
    if let Some(Foreign { currency: foreign, minor, rate }) = payment.foreign {
        out.push_str("<InstdAmt>");
        amount(out, "Amt", foreign, minor);
        write!(
            out,
            "<CcyXchg><SrcCcy>{foreign}</SrcCcy><TrgtCcy>{currency}</TrgtCcy><UnitCcy>{foreign}</UnitCcy>\
             <XchgRate>{}.{:04}</XchgRate></CcyXchg></InstdAmt>",
            rate / 10_000,
            rate % 10_000
        )
        .expect(FITS);
    }
    out.push_str("<TxAmt>");
    amount(out, "Amt", currency, payment.amount);
    out.push_str("</TxAmt></AmtDtls>");
}

/// On money out the other side is the creditor, on money in the debtor; a return keeps the roles of the
/// payment that came back.
fn parties(out: &mut String, account: &AccountHead, debit: bool, payment: &Payment) {
    let role = if debit != payment.returned.is_some() { "Cdtr" } else { "Dbtr" };
    if payment.party.is_empty() {
        return;
    }
    out.push_str("\n      <RltdPties>");
    let wrapper = if account.version == Version::V02 { ("", "") } else { ("<Pty>", "</Pty>") };
    write!(out, "<{role}>{}", wrapper.0).expect(FITS);
    element(out, "Nm", &payment.party);
    write!(out, "{}</{role}>", wrapper.1).expect(FITS);
    match &payment.account {
        Some(PartyAccount::Iban(iban)) => {
            write!(out, "<{role}Acct><Id><IBAN>{iban}</IBAN></Id></{role}Acct>").expect(FITS);
        }
        Some(PartyAccount::Bankgiro(number)) => {
            write!(
                out,
                "<{role}Acct><Id><Othr><Id>{number}</Id><SchmeNm><Prtry>BGNR</Prtry></SchmeNm></Othr></Id></{role}Acct>"
            )
            .expect(FITS);
        }
        None => {}
    }
    out.push_str("</RltdPties>");
}

fn remittance(out: &mut String, currency: &str, payment: &Payment) {
    match &payment.remittance {
        Remittance::Nothing => {}
        Remittance::Text(text) => {
            out.push_str("<RmtInf>");
            element(out, "Ustrd", text);
            out.push_str("</RmtInf>");
        }
        Remittance::Reference(reference, iso) => {
            out.push_str("<RmtInf><Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry>");
            out.push_str(if *iso { "<Issr>ISO</Issr></Tp>" } else { "</Tp>" });
            element(out, "Ref", reference);
            out.push_str("</CdtrRefInf></Strd></RmtInf>");
        }
        Remittance::Documents(documents) => {
            out.push_str("<RmtInf>");
            for (number, minor) in documents {
                let (kind, name) = if *minor < 0 { ("CREN", "CdtNoteAmt") } else { ("CINV", "RmtdAmt") };
                write!(out, "<Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>").expect(FITS);
                element(out, "Nb", number);
                out.push_str("</RfrdDocInf><RfrdDocAmt>");
                amount(out, name, currency, *minor);
                out.push_str("</RfrdDocAmt></Strd>");
            }
            out.push_str("</RmtInf>");
        }
    }
}
