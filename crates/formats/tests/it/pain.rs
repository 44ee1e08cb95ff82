//! Payment files and banks' answers: every real file under `shared/samples` with the figures that `derive_pain.py`
//! worked out from it, files of our own for each rule, and what must never be read.

use attest_domain::{
    Amount, Finding, Span,
    finding::Refusal,
    payment::{
        InformationStatus, Initiation, PaymentInformation, PaymentInstruction, PaymentStatus, Status,
        StatusReport,
    },
};
use attest_formats::pain::{Item, read};
use attest_testkit::find_shared;
use serde_json::{Value, json};
use std::{fs, ops::ControlFlow};

#[derive(Default)]
struct Reading {
    format: String,
    initiation: Option<Initiation>,
    informations: Vec<PaymentInformation>,
    instructions: Vec<PaymentInstruction>,
    report: Option<StatusReport>,
    statuses: Vec<InformationStatus>,
    payments: Vec<PaymentStatus>,
    findings: Vec<Finding>,
}

impl Reading {
    fn codes(&self) -> Vec<(&str, &str)> {
        let told = |one: &'_ Finding| one.path.clone().unwrap_or_default();
        assert!(self.findings.iter().all(|one| !told(one).contains("//")));
        self.findings.iter().map(|one| (one.code.as_ref(), one.path.as_deref().unwrap_or_default())).collect()
    }
}

fn read_all(bytes: &[u8]) -> Result<Reading, Refusal> {
    let mut reading = Reading::default();
    let format = read(bytes, &mut |item| {
        match item {
            Item::Initiation(one) => assert!(reading.initiation.replace(*one).is_none()),
            Item::Information(one) => reading.informations.push(*one),
            Item::Instruction(one) => {
                assert_eq!(one.information as usize + 1, reading.informations.len(), "after its information");
                reading.instructions.push(*one);
            }
            Item::Report(one) => assert!(reading.report.replace(*one).is_none()),
            Item::InformationStatus(one) => reading.statuses.push(*one),
            Item::PaymentStatus(one) => reading.payments.push(*one),
            Item::Finding(one) => reading.findings.push(one),
        }
        ControlFlow::Continue(())
    })?;
    reading.format = format.expect("the sink takes everything").name;
    Ok(reading)
}

fn plain(amount: Amount) -> String {
    if amount.is_zero() { "0".to_owned() } else { amount.normalized().to_string() }
}

fn differs(reading: &Reading, path: &str) -> Vec<&'static str> {
    let has = |code: &str| reading.codes().contains(&(code, path));
    let wrong = [("count", has("payment.count_differs")), ("sum", has("payment.sum_differs"))];
    wrong.into_iter().filter(|(_, wrong)| *wrong).map(|(label, _)| label).collect()
}

fn instruction_figures(one: &PaymentInstruction) -> Value {
    let structured: Vec<_> = one.refs.structured.iter().map(|reference| &reference.value).collect();
    let documents: Vec<_> = one.documents.iter().map(|document| &document.number).collect();
    json!({
        "instruction": one.refs.instruction, "end_to_end": one.refs.end_to_end,
        "amount": plain(one.amount), "currency": one.currency.code(),
        "creditor": one.creditor.name, "account": one.creditor.account,
        "structured": structured, "remittance": one.remittance, "documents": documents,
    })
}

fn initiation_figures(reading: &Reading) -> Value {
    let head = reading.initiation.as_ref().unwrap();
    let informations: Vec<Value> = reading
        .informations
        .iter()
        .map(|one| {
            let of_it = reading.instructions.iter().filter(|payment| payment.information == one.ordinal);
            json!({
                "id": one.id, "execution": one.execution.map(|day| day.to_string()), "debtor": one.debtor,
                "account": one.account.iban.as_ref().or(one.account.other.as_ref()),
                "service_level": one.kind.service_level,
                "payments": of_it.map(instruction_figures).collect::<Vec<_>>(),
                "differs": differs(reading, &format!("PmtInf[{}]", one.ordinal)),
            })
        })
        .collect();
    json!({
        "format": reading.format, "message": head.message, "initiator": head.initiator,
        "differs": differs(reading, "GrpHdr"), "informations": informations,
    })
}

fn status_figures(status: Option<&Status>) -> Value {
    let reasons = |status: &Status| -> Vec<Value> {
        status.reasons.iter().map(|reason| json!([reason.code, reason.text])).collect()
    };
    json!(status.map(|status| json!([status.code, reasons(status)])))
}

fn report_figures(reading: &Reading) -> Value {
    let head = reading.report.as_ref().unwrap();
    let payment = |one: &PaymentStatus| {
        json!({
            "instruction": one.refs.instruction, "end_to_end": one.refs.end_to_end,
            "status": status_figures(one.status.as_ref()),
        })
    };
    let informations: Vec<Value> = reading
        .statuses
        .iter()
        .map(|one| {
            let of_it = reading.payments.iter().filter(|payment| payment.information == Some(one.ordinal));
            json!({
                "original": one.original, "status": status_figures(one.status.as_ref()),
                "payments": of_it.map(payment).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "format": reading.format, "message": head.message, "original": head.original,
        "status": status_figures(head.status.as_ref()), "informations": informations,
    })
}

/// Every span leads to the element it is said to be of.
fn check_spans(bytes: &[u8], reading: &Reading) {
    let cut = |span: Span| {
        let range = usize::try_from(span.start).unwrap()..usize::try_from(span.end).unwrap();
        String::from_utf8_lossy(&bytes[range]).into_owned()
    };
    for span in reading.instructions.iter().map(|one| one.span) {
        let text = cut(span);
        assert!(text.starts_with('<') && text.ends_with("CdtTrfTxInf>"), "{text:.80}");
    }
    for span in reading.payments.iter().map(|one| one.span) {
        let text = cut(span);
        assert!(text.starts_with('<') && text.ends_with("TxInfAndSts>"), "{text:.80}");
    }
}

fn check_folder(folder: &str, figures: impl Fn(&Reading) -> Value) {
    let Some(samples) = find_shared("samples", folder) else { return };
    let expected = format!("{}/../../tests/fixtures/expected/{folder}.json", env!("CARGO_MANIFEST_DIR"));
    let expected: Value = serde_json::from_slice(&fs::read(expected).unwrap()).unwrap();
    for (name, expected) in expected.as_object().unwrap() {
        let bytes = fs::read(samples.join(folder).join(name)).unwrap();
        let reading = read_all(&bytes).unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"));
        check_spans(&bytes, &reading);
        assert_eq!(figures(&reading), *expected, "{name}");
    }
    let files = fs::read_dir(samples.join(folder)).unwrap();
    let xml =
        files.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|ending| ending == "xml"));
    assert_eq!(xml.count(), expected.as_object().unwrap().len());
}

#[test]
fn every_pain001_sample_reads_as_worked_out() {
    check_folder("pain001", initiation_figures);
}

#[test]
fn every_pain002_sample_reads_as_worked_out() {
    check_folder("pain002", report_figures);
}

const PAYMENT: &str = "<CdtTrfTxInf><PmtId><InstrId>I-1</InstrId><EndToEndId>NOTPROVIDED</EndToEndId></PmtId>\
    <Amt><InstdAmt Ccy=\"SEK\">100.50</InstdAmt></Amt><Cdtr><Nm>Nordlys &amp; Co AB</Nm></Cdtr>\
    <CdtrAcct><Id><Othr><Id>5050 1055</Id><SchmeNm><Prtry>BGNR</Prtry></SchmeNm></Othr></Id></CdtrAcct>\
    <RmtInf><Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>1234567890037</Ref></CdtrRefInf></Strd></RmtInf>\
    </CdtTrfTxInf>";

fn initiation(head: &str, fields: &str, payments: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"><CstmrCdtTrfInitn>\
         <GrpHdr><MsgId>M-1</MsgId>{head}</GrpHdr><PmtInf><PmtInfId>P-1</PmtInfId>{fields}{payments}</PmtInf>\
         </CstmrCdtTrfInitn></Document>"
    )
}

fn report(group: &str, information: &str, payments: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt>\
         <GrpHdr><MsgId>R-1</MsgId></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>M-1</OrgnlMsgId>{group}</OrgnlGrpInfAndSts>\
         <OrgnlPmtInfAndSts><OrgnlPmtInfId>P-1</OrgnlPmtInfId>{information}{payments}</OrgnlPmtInfAndSts>\
         </CstmrPmtStsRpt></Document>"
    )
}

#[test]
fn a_payment_is_read_with_everything_it_says() {
    let day = "<ReqdExctnDt><Dt>2026-11-24</Dt></ReqdExctnDt>";
    let file = initiation("<NbOfTxs>1</NbOfTxs><CtrlSum>100.5</CtrlSum>", day, PAYMENT);
    let reading = read_all(file.as_bytes()).unwrap();
    assert_eq!(
        (reading.format.as_str(), reading.codes().len()),
        ("pain.001.001.09", 0),
        "{:?}",
        reading.findings
    );
    let (information, payment) = (&reading.informations[0], &reading.instructions[0]);
    assert_eq!(information.execution.map(|day| day.to_string()).as_deref(), Some("2026-11-24"));
    assert_eq!((payment.amount.to_string().as_str(), payment.currency.code()), ("100.50", "SEK"));
    assert_eq!(payment.creditor.name.as_deref(), Some("Nordlys & Co AB"));
    assert_eq!(payment.creditor.account.as_deref(), Some("50501055"));
    assert_eq!(payment.creditor.scheme.as_deref(), Some("BGNR"));
    assert_eq!(payment.refs.structured[0].kind.as_deref(), Some("SCOR"));
    assert_eq!(
        (payment.refs.end_to_end.as_deref(), payment.refs.instruction.as_deref()),
        (None, Some("I-1"))
    );
}

#[test]
fn what_a_head_announces_is_compared_with_what_is_there() {
    for (head, fields, codes) in [
        ("<NbOfTxs>3</NbOfTxs>", "", vec![("payment.count_differs", "GrpHdr")]),
        ("<CtrlSum>201.01</CtrlSum>", "", vec![("payment.sum_differs", "GrpHdr")]),
        ("", "<NbOfTxs>1</NbOfTxs>", vec![("payment.count_differs", "PmtInf[0]")]),
        ("", "<CtrlSum>1</CtrlSum>", vec![("payment.sum_differs", "PmtInf[0]")]),
        ("<NbOfTxs>2</NbOfTxs><CtrlSum>201.000</CtrlSum>", "<NbOfTxs>2</NbOfTxs>", vec![]),
    ] {
        let file = initiation(head, fields, &PAYMENT.repeat(2));
        assert_eq!(read_all(file.as_bytes()).unwrap().codes(), codes, "{head}{fields}");
    }
}

#[test]
fn a_payment_without_an_amount_is_left_out_and_told() {
    for amount in [
        "<InstdAmt Ccy=\"SEK\">1,50</InstdAmt>",
        "<InstdAmt>5</InstdAmt>",
        "<InstdAmt Ccy=\"SEK\">-5</InstdAmt>",
        "",
    ] {
        let payment = PAYMENT.replace("<InstdAmt Ccy=\"SEK\">100.50</InstdAmt>", amount);
        let file =
            initiation("<NbOfTxs>2</NbOfTxs><CtrlSum>100.50</CtrlSum>", "", &format!("{payment}{PAYMENT}"));
        let reading = read_all(file.as_bytes()).unwrap();
        assert_eq!(reading.instructions.len(), 1, "{amount}");
        // Its amount is not known, so no sum can be held against the one announced.
        assert_eq!(reading.codes(), [("payment.unreadable", "PmtInf[0]/CdtTrfTxInf[0]")], "{amount}");
    }
}

#[test]
fn a_day_that_is_none_is_told() {
    let file = initiation("", "<ReqdExctnDt>YYYY-MM-DD</ReqdExctnDt>", PAYMENT);
    let reading = read_all(file.as_bytes()).unwrap();
    assert_eq!(reading.codes(), [("payment.date_invalid", "PmtInf[0]/ReqdExctnDt")]);
    assert_eq!(reading.informations[0].execution, None);
}

#[test]
fn each_level_of_an_answer_may_be_missing() {
    let one = "<TxInfAndSts><OrgnlInstrId>I-1</OrgnlInstrId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC01</Cd></Rsn>\
        <AddtlInf>Wrong</AddtlInf><AddtlInf>account</AddtlInf></StsRsnInf></TxInfAndSts>";
    let reading = read_all(report("", "", one).as_bytes()).unwrap();
    assert_eq!(reading.format, "pain.002.001.10");
    assert_eq!((reading.report.unwrap().status, reading.statuses[0].status.clone()), (None, None));
    let status = reading.payments[0].status.as_ref().unwrap();
    assert_eq!((status.code.as_str(), status.reasons[0].text.as_deref()), ("RJCT", Some("Wrong account")));
    let reading = read_all(report("<GrpSts>ACTC</GrpSts>", "", "").as_bytes()).unwrap();
    assert_eq!(reading.report.unwrap().status.unwrap().code, "ACTC");
    let reading = read_all(report("", "<PmtInfSts>XYZ1</PmtInfSts>", "").as_bytes()).unwrap();
    assert_eq!(reading.statuses[0].status.as_ref().unwrap().code, "XYZ1", "the list is open");
}

#[test]
fn an_answer_that_contradicts_itself_is_told_and_kept() {
    let one = "<TxInfAndSts><TxSts>RJCT</TxSts></TxInfAndSts>";
    for (group, information, payments, paths) in [
        ("<GrpSts>ACCP</GrpSts>", "<PmtInfSts>RJCT</PmtInfSts>", "", vec!["OrgnlPmtInfAndSts[0]"]),
        ("<GrpSts>RJCT</GrpSts>", "<PmtInfSts>ACCP</PmtInfSts>", "", vec!["OrgnlPmtInfAndSts[0]"]),
        ("", "<PmtInfSts>ACSP</PmtInfSts>", one, vec!["OrgnlPmtInfAndSts[0]/TxInfAndSts[0]"]),
        ("<GrpSts>ACCP</GrpSts>", "", one, vec!["OrgnlPmtInfAndSts[0]/TxInfAndSts[0]"]),
        ("<GrpSts>PART</GrpSts>", "<PmtInfSts>PART</PmtInfSts>", one, vec![]),
    ] {
        let reading = read_all(report(group, information, payments).as_bytes()).unwrap();
        let told: Vec<_> = reading.codes().into_iter().map(|(code, path)| (code, path.to_owned())).collect();
        let expected: Vec<_> =
            paths.into_iter().map(|path| ("status.contradicts", path.to_owned())).collect();
        assert_eq!(told, expected, "{group}{information}{payments}");
    }
}

#[test]
fn what_cannot_be_trusted_as_a_whole_is_refused() {
    let whole = initiation("", "", PAYMENT);
    let deep = format!("{}{}", "<a>".repeat(70), "</a>".repeat(70));
    for (file, code) in [
        (whole[..whole.len() - 30].to_owned(), "document.truncated"),
        (format!("<!DOCTYPE x>{whole}"), "xml.doctype"),
        (whole.replace("I-1", "&nbsp;"), "xml.entity"),
        (whole.replace(PAYMENT, &deep), "xml.depth"),
        (
            whole.replace(PAYMENT, &PAYMENT.replace("<Cdtr>", &"<x/>".repeat(20_001))),
            "document.item_too_large",
        ),
        ("<Document><CstmrDrctDbtInitn/></Document>".to_owned(), "format.unknown"),
        (String::new(), "xml.malformed"),
    ] {
        let refused = read_all(file.as_bytes()).err().map(|refusal| refusal.code.into_owned());
        assert_eq!(refused.as_deref(), Some(code), "{file:.100}");
    }
}

#[test]
fn who_wants_no_more_is_given_no_more() {
    let file = initiation("", "", &PAYMENT.repeat(5));
    let mut seen = 0;
    let outcome = read(file.as_bytes(), &mut |item| {
        seen += usize::from(matches!(item, Item::Instruction(_)));
        if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((outcome, seen), (Ok(None), 2));
}
