//! pain.002: what a bank answers, for the file, for its parts and for single payments. Any of the three may be missing.

use super::{
    Item, Place, Reader,
    element::{Element, local},
    party,
};
use crate::{lines::Stop, xml::Token};
use attest_domain::{
    Severity,
    payment::{InformationStatus, PaymentStatus, Status, StatusReason, StatusReport},
    said,
    statement::{References, join_text},
};

/// Reads from behind the start tag of the message to its end.
pub(super) fn read<'d>(reader: &mut Reader<'d, '_, '_>) -> Result<(), Stop> {
    let mut report = Some(StatusReport::default());
    let mut group = None;
    let (mut informations, mut outside) = (0, 0);
    loop {
        match reader.xml.next()? {
            Token::Start { name, attributes, closed } => match local(name) {
                "GrpHdr" => {
                    let (head, _) = reader.element(name, attributes, closed)?;
                    if let Some(report) = &mut report {
                        report.message = head.reference_at(&["MsgId"]);
                        report.created = head.text_at(&["CreDtTm"]);
                    }
                }
                "OrgnlGrpInfAndSts" => {
                    let (original, _) = reader.element(name, attributes, closed)?;
                    if let Some(report) = &mut report {
                        report.original = original.reference_at(&["OrgnlMsgId"]);
                        report.original_name = original.text_at(&["OrgnlMsgNmId"]);
                        report.status = status(&original, "GrpSts");
                        group = report.status.as_ref().map(|status| status.code.clone());
                    }
                }
                "OrgnlPmtInfAndSts" if !closed => {
                    hand_on(reader, &mut report)?;
                    information(reader, informations, group.as_deref())?;
                    informations += 1;
                }
                // In .02 they stand beside the group.
                "TxInfAndSts" => {
                    hand_on(reader, &mut report)?;
                    let (element, place) = reader.element(name, attributes, closed)?;
                    let path = format!("TxInfAndSts[{outside}]");
                    payment(reader, (None, outside), &element, &place, (group.as_deref(), &path))?;
                    outside += 1;
                }
                _ => drop(reader.element(name, attributes, closed)?),
            },
            Token::End | Token::Complete => return hand_on(reader, &mut report),
            Token::Text(_) | Token::Character(_) => {}
        }
    }
}

fn hand_on(reader: &mut Reader<'_, '_, '_>, report: &mut Option<StatusReport>) -> Result<(), Stop> {
    report.take().map_or(Ok(()), |report| reader.item(Item::Report(Box::new(report))))
}

fn information<'d>(reader: &mut Reader<'d, '_, '_>, ordinal: u32, group: Option<&str>) -> Result<(), Stop> {
    let start = reader.xml.start();
    let place = Place { start, end: reader.xml.end(), line: reader.xml.line(start) };
    let path = format!("OrgnlPmtInfAndSts[{ordinal}]");
    let mut fields = Element::default();
    let mut told: Option<Option<String>> = None;
    let mut payments = 0;
    loop {
        match reader.xml.next()? {
            Token::Start { name, attributes, closed } if local(name) == "TxInfAndSts" => {
                let above = match &told {
                    Some(above) => above.clone(),
                    None => told.insert(tell(reader, ordinal, &fields, (&place, &path), group)?).clone(),
                };
                let (element, place) = reader.element(name, attributes, closed)?;
                let path = format!("{path}/TxInfAndSts[{payments}]");
                let above = above.as_deref().or(group);
                payment(reader, (Some(ordinal), payments), &element, &place, (above, &path))?;
                payments += 1;
            }
            Token::Start { name, attributes, closed } => {
                fields.push(reader.element(name, attributes, closed)?.0);
            }
            Token::End | Token::Complete => break,
            Token::Text(_) | Token::Character(_) => {}
        }
    }
    if told.is_none() {
        tell(reader, ordinal, &fields, (&place, &path), group)?;
    }
    Ok(())
}

/// Hands on what is said of a payment information; answers its code.
fn tell(
    reader: &mut Reader<'_, '_, '_>,
    ordinal: u32,
    fields: &Element<'_>,
    (place, path): (&Place, &str),
    group: Option<&str>,
) -> Result<Option<String>, Stop> {
    let status = status(fields, "PmtInfSts");
    let code = status.as_ref().map(|status| status.code.clone());
    check_below(reader, (place, path), group, code.as_deref())?;
    let original = fields.reference_at(&["OrgnlPmtInfId"]);
    reader.item(Item::InformationStatus(Box::new(InformationStatus { ordinal, original, status })))?;
    Ok(code)
}

fn payment(
    reader: &mut Reader<'_, '_, '_>,
    (information, ordinal): (Option<u32>, u32),
    element: &Element<'_>,
    place: &Place,
    (above, path): (Option<&str>, &str),
) -> Result<(), Stop> {
    let status = status(element, "TxSts");
    check_below(reader, (place, path), above, status.as_ref().map(|status| status.code.as_str()))?;
    let original = element.child("OrgnlTxRef");
    let amount = original.and_then(|original| original.at(&["Amt", "InstdAmt"]));
    let payment = PaymentStatus {
        information,
        ordinal,
        span: reader.span(place),
        refs: References {
            instruction: element.reference_at(&["OrgnlInstrId"]),
            end_to_end: element.reference_at(&["OrgnlEndToEndId"]),
            uetr: element.reference_at(&["OrgnlUETR"]),
            servicer: element.reference_at(&["AcctSvcrRef"]),
            ..References::default()
        },
        status,
        accepted: element.text_at(&["AccptncDtTm"]),
        amount: amount.and_then(Element::amount),
        currency: amount.and_then(Element::currency),
    };
    reader.item(Item::PaymentStatus(Box::new(payment)))
}

/// The status in an element, with the reasons beside it.
fn status(element: &Element<'_>, name: &str) -> Option<Status> {
    let code = element.text_at(&[name])?;
    let reason = |one: &Element<'_>| StatusReason {
        code: one.code_at(&["Rsn"]).or_else(|| one.code_at(&["StsRsn"])),
        text: join_text(
            one.children("AddtlInf").chain(one.children("AddtlStsRsnInf")).filter_map(|line| line.text()),
        ),
        originator: party::name(one.child("Orgtr").or_else(|| one.child("StsOrgtr"))),
    };
    let reasons = element.children("StsRsnInf").map(reason).collect();
    Some(Status { code, reasons })
}

/// ISO's rules of consistency (C10 to C27), which banks break: what is accepted has no part that is rejected, and what
/// is rejected has none that is anything else.
fn check_below(
    reader: &mut Reader<'_, '_, '_>,
    (place, path): (&Place, &str),
    above: Option<&str>,
    below: Option<&str>,
) -> Result<(), Stop> {
    let (Some(above), Some(below)) = (above, below) else { return Ok(()) };
    let accepted = matches!(above, "ACTC" | "ACCP" | "ACSP" | "ACSC" | "ACWC" | "PDNG");
    if (accepted && below == "RJCT") || (above == "RJCT" && below != "RJCT") {
        let said = said!(
            "The bank says {above} of the whole and {below} of this part. The part counts; ask the bank if in doubt.",
            above = above,
            below = below
        );
        return reader.remark("status.contradicts", Severity::Warning, place, path, said);
    }
    Ok(())
}
