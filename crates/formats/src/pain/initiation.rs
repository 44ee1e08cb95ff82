//! pain.001: payments as they are given to a bank.

use super::{
    Item, Place, Reader,
    element::{Element, local},
    party,
};
use crate::{lines::Stop, xml::Token};
use attest_domain::{
    Amount, Currency, Severity,
    payment::{Initiation, PaymentInformation, PaymentInstruction, PaymentKind},
    said,
    statement::References,
};

/// What a head announces, and what was found.
#[derive(Default)]
struct Totals {
    count: u64,
    /// `None` once it is beyond what can be counted, or an amount did not read.
    sum: Option<Amount>,
}

impl Totals {
    fn new() -> Self {
        Self { count: 0, sum: Some(Amount::default()) }
    }

    fn add(&mut self, amount: Option<Amount>) {
        self.count += 1;
        self.sum = self.sum.zip(amount).and_then(|(sum, amount)| sum.checked_add(amount));
    }
}

/// Reads from behind the start tag of the message to its end.
pub(super) fn read<'d>(reader: &mut Reader<'d, '_, '_>) -> Result<(), Stop> {
    let mut totals = Totals::new();
    let (mut head, mut informations) = (None, 0);
    loop {
        match reader.xml.next()? {
            Token::Start { name, attributes, closed } => match local(name) {
                "GrpHdr" => {
                    let (element, place) = reader.element(name, attributes, closed)?;
                    let initiation = read_head(&element);
                    head = Some((initiation.count, initiation.sum, place));
                    reader.item(Item::Initiation(Box::new(initiation)))?;
                }
                "PmtInf" if !closed => {
                    information(reader, informations, &mut totals)?;
                    informations += 1;
                }
                _ => drop(reader.element(name, attributes, closed)?),
            },
            Token::End | Token::Complete => break,
            Token::Text(_) | Token::Character(_) => {}
        }
    }
    match head {
        Some((count, sum, place)) => compare(reader, &place, "GrpHdr", count, sum, &totals),
        None => Ok(()),
    }
}

fn read_head(head: &Element<'_>) -> Initiation {
    Initiation {
        message: head.reference_at(&["MsgId"]),
        created: head.text_at(&["CreDtTm"]),
        count: head.number_at(&["NbOfTxs"]).and_then(|count| count.parse().ok()),
        sum: head.child("CtrlSum").and_then(Element::amount),
        initiator: party::name(head.child("InitgPty")),
    }
}

/// Reads one payment information: its own fields stand before its payments.
fn information<'d>(reader: &mut Reader<'d, '_, '_>, ordinal: u32, all: &mut Totals) -> Result<(), Stop> {
    let start = reader.xml.start();
    let place = Place { start, end: reader.xml.end(), line: reader.xml.line(start) };
    let mut fields = Element::default();
    let mut totals = Totals::new();
    let mut told = None;
    loop {
        match reader.xml.next()? {
            Token::Start { name, attributes, closed } if local(name) == "CdtTrfTxInf" => {
                if told.is_none() {
                    told = Some(tell(reader, ordinal, &fields, &place)?);
                }
                let (element, place) = reader.element(name, attributes, closed)?;
                let path = format!("PmtInf[{ordinal}]/CdtTrfTxInf[{}]", totals.count);
                let amount = instruction(reader, (ordinal, totals.count), &element, &place, &path)?;
                totals.add(amount);
                all.add(amount);
            }
            Token::Start { name, attributes, closed } => {
                fields.push(reader.element(name, attributes, closed)?.0);
            }
            Token::End | Token::Complete => break,
            Token::Text(_) | Token::Character(_) => {}
        }
    }
    let (count, sum) = match told {
        Some(told) => told,
        None => tell(reader, ordinal, &fields, &place)?,
    };
    compare(reader, &place, &format!("PmtInf[{ordinal}]"), count, sum, &totals)
}

/// Hands on what stands before the payments; answers what it announces.
fn tell(
    reader: &mut Reader<'_, '_, '_>,
    ordinal: u32,
    fields: &Element<'_>,
    place: &Place,
) -> Result<(Option<u64>, Option<Amount>), Stop> {
    let execution = fields.child("ReqdExctnDt");
    let date = execution.and_then(Element::date);
    if let (Some(execution), None) = (execution, date) {
        let found = execution.shown();
        let said = said!(
            "\"{found}\" is no day, so the payments have no execution date. Correct the file.",
            found = found
        );
        let path = format!("PmtInf[{ordinal}]/ReqdExctnDt");
        reader.remark("payment.date_invalid", Severity::Error, place, &path, said)?;
    }
    let debtor = party::name(fields.child("Dbtr"));
    let agent = party::agent(fields.child("DbtrAgt"));
    let information = PaymentInformation {
        ordinal,
        id: fields.reference_at(&["PmtInfId"]),
        method: fields.text_at(&["PmtMtd"]),
        batch_booking: fields.at(&["BtchBookg"]).and_then(|one| crate::camt::parse_indicator(one.text()?)),
        count: fields.number_at(&["NbOfTxs"]).and_then(|count| count.parse().ok()),
        sum: fields.child("CtrlSum").and_then(Element::amount),
        kind: kind(fields.child("PmtTpInf")),
        execution: date,
        account: party::account(fields.child("DbtrAcct"), agent, debtor.clone()),
        debtor,
        charge_bearer: fields.text_at(&["ChrgBr"]),
    };
    let announced = (information.count, information.sum);
    reader.item(Item::Information(Box::new(information)))?;
    Ok(announced)
}

fn kind(kind: Option<&Element<'_>>) -> PaymentKind {
    let Some(kind) = kind else { return PaymentKind::default() };
    PaymentKind {
        priority: kind.text_at(&["InstrPrty"]),
        service_level: kind.code_at(&["SvcLvl"]),
        local_instrument: kind.code_at(&["LclInstrm"]),
        category_purpose: kind.code_at(&["CtgyPurp"]),
    }
}

/// Hands on one payment; answers its amount.
fn instruction(
    reader: &mut Reader<'_, '_, '_>,
    (information, ordinal): (u32, u64),
    payment: &Element<'_>,
    place: &Place,
    path: &str,
) -> Result<Option<Amount>, Stop> {
    let instructed = payment.at(&["Amt", "InstdAmt"]);
    let stated = instructed.or_else(|| payment.at(&["Amt", "EqvtAmt", "Amt"]));
    let money = stated.and_then(|stated| stated.amount().zip(stated.currency()));
    // A negative amount is none that a bank takes.
    let Some((amount, currency)) = money.filter(|(amount, _)| !amount.is_negative()) else {
        let found = stated.map(Element::shown).unwrap_or_default();
        let said = said!(
            "\"{found}\" is no amount with a currency, so this payment was left out. Correct the file.",
            found = found
        );
        reader.remark("payment.unreadable", Severity::Error, place, path, said)?;
        return Ok(None);
    };
    let remittance = payment.child("RmtInf");
    let instruction = PaymentInstruction {
        information,
        ordinal: u32::try_from(ordinal).unwrap_or(u32::MAX),
        span: reader.span(place),
        refs: References {
            instruction: payment.reference_at(&["PmtId", "InstrId"]),
            end_to_end: payment.reference_at(&["PmtId", "EndToEndId"]),
            uetr: payment.reference_at(&["PmtId", "UETR"]),
            structured: party::references(remittance),
            ..References::default()
        },
        amount,
        currency,
        transfer_currency: payment
            .at(&["Amt", "EqvtAmt", "CcyOfTrf"])
            .and_then(Element::text)
            .and_then(Currency::parse),
        kind: kind(payment.child("PmtTpInf")),
        charge_bearer: payment.text_at(&["ChrgBr"]),
        creditor: party::creditor(payment),
        purpose: payment.code_at(&["Purp"]),
        remittance: remittance
            .into_iter()
            .flat_map(|remittance| remittance.children("Ustrd"))
            .filter_map(|line| line.text().map(str::to_owned))
            .collect(),
        documents: party::documents(remittance),
    };
    reader.item(Item::Instruction(Box::new(instruction)))?;
    Ok(Some(amount))
}

/// Says where a head announces something else than there is.
fn compare(
    reader: &mut Reader<'_, '_, '_>,
    place: &Place,
    path: &str,
    count: Option<u64>,
    sum: Option<Amount>,
    totals: &Totals,
) -> Result<(), Stop> {
    if let Some(announced) = count.filter(|count| *count != totals.count) {
        let said = said!(
            "The file announces {announced} payments, {found} are there. Ask whoever made it for the whole file.",
            announced = announced,
            found = totals.count
        );
        reader.remark("payment.count_differs", Severity::Error, place, path, said)?;
    }
    if let Some((announced, found)) = sum.zip(totals.sum).filter(|(announced, found)| announced != found) {
        let said = said!(
            "The file announces a sum of {announced}, its payments make {found}. Ask whoever made it for another file.",
            announced = announced,
            found = found
        );
        reader.remark("payment.sum_differs", Severity::Error, place, path, said)?;
    }
    Ok(())
}
