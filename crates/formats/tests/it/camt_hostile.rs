//! Hostile and broken camt files: refused whole, with the right reason, the right line, and quickly.

use crate::camt_support::read_all;
use attest_domain::{finding::Refusal, limits::FINDINGS_MAX, statement::Entry};
use attest_testkit::find_shared;
use std::{
    fs,
    time::{Duration, Instant},
};

/// What a refusal may take: the second that is promised, and ten in a build without optimisation.
const ALLOWED: Duration = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 1 });

/// A message around `body` below `Stmt`.
fn message(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">\n\
         <BkToCstmrStmt><Stmt>\n{body}\n</Stmt></BkToCstmrStmt></Document>"
    )
}

/// The refusal of a document, decided in the time that is allowed.
fn refused(bytes: &[u8]) -> Refusal {
    let start = Instant::now();
    let refusal = read_all(bytes).expect_err("refused");
    assert!(start.elapsed() < ALLOWED, "{} took {:?}", refusal.code, start.elapsed());
    assert!(refusal.line.is_some() && refusal.message.len() < 400, "{refusal:?}");
    refusal
}

#[track_caller]
fn check(bytes: &[u8], code: &str, line: u64) {
    let refusal = refused(bytes);
    assert_eq!((refusal.code.as_ref(), refusal.line), (code, Some(line)), "{}", refusal.message);
}

#[test]
fn entity_bombs_are_refused_at_their_document_type() {
    let mut bomb = String::from("<?xml version=\"1.0\"?>\n<!DOCTYPE Document [\n<!ENTITY a0 \"ha\">\n");
    for level in 1..64 {
        let before = level - 1;
        bomb += &format!("<!ENTITY a{level} \"{}\">\n", format!("&a{before};").repeat(10));
    }
    check(format!("{bomb}]>\n<Document>&a63;</Document>").as_bytes(), "xml.doctype", 2);
    check(bomb.as_bytes(), "xml.doctype", 2);
    let outside = "<!DOCTYPE Document SYSTEM \"file:///etc/passwd\"><Document/>";
    check(outside.as_bytes(), "xml.doctype", 1);
    check(message("<Id>&a0;</Id>").as_bytes(), "xml.entity", 4);
}

#[test]
fn a_second_byte_order_mark_moves_no_offset() {
    let text = message(
        "<Id>1</Id><Ntry><Amt Ccy=\"SEK\">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts></Ntry>",
    );
    let marked = format!("\u{FEFF}\u{FEFF}{text}");
    let (plain, twice) =
        (read_all(text.as_bytes()).expect("read"), read_all(marked.as_bytes()).expect("read"));
    let span = |entries: &[Entry]| {
        let [entry] = entries else { panic!("one entry") };
        (entry.span.start, entry.span.end)
    };
    let (start, end) = span(&plain.entries);
    assert_eq!(span(&twice.entries), (start + 6, end + 6));
    let wide: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(span(&read_all(&wide).expect("read").entries), (2 * start + 4, 2 * end + 4));
    // A fuzzer's: the name of an element of other letters lies behind the second mark.
    let letters: Vec<u8> = "\u{FEFF}\u{FEFF}<Ŀxŭ<Ŀxŭht>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused(&letters);
}

#[test]
fn a_message_name_that_ends_in_letters_of_many_bytes_is_no_version_and_no_panic() {
    for (name, message) in [
        ("BkToCstmrStmtVäö", "camt.053"),
        ("BkToCstmrAcctRptV€", "camt.052"),
        ("BkToCstmrDbtCdtNtfctnV\u{1F600}", "camt.054"),
        ("BkToCstmrStmtV01", "camt.053.001.01"),
    ] {
        let text = format!("<Document><{name}><Stmt><Id>1</Id></Stmt></{name}></Document>");
        let reading = read_all(text.as_bytes()).expect("read");
        assert_eq!(reading.format.expect("a format").name, message, "{name}");
    }
}

#[test]
fn a_hundred_thousand_attributes_are_refused_without_comparing_them() {
    let attributes: String = (0..100_000).map(|index| format!(" a{index}=\"1\"")).collect();
    check(message(&format!("<Ntry{attributes}/>")).as_bytes(), "xml.attributes", 4);
    let same = " a=\"1\"".repeat(100_000);
    check(message(&format!("<Ntry{same}/>")).as_bytes(), "xml.malformed", 4);
    let namespaces: String = (0..100_000).map(|index| format!(" xmlns:n{index}=\"u\"")).collect();
    check(format!("<Document{namespaces}/>").as_bytes(), "xml.attributes", 1);
}

#[test]
fn depth_is_bounded_wherever_it_grows() {
    check(message(&"<Ntry>".repeat(10_000)).as_bytes(), "xml.depth", 4);
    check("<a>".repeat(1_000_000).as_bytes(), "xml.depth", 1);
    check(message(&"<Svcr><FinInstnId>".repeat(5_000)).as_bytes(), "xml.depth", 4);
}

#[test]
fn a_text_longer_than_any_in_a_bank_message_is_refused() {
    check(message(&format!("<Id>{}</Id>", "x".repeat(8 << 20))).as_bytes(), "xml.text", 4);
    check(message(&format!("<Id><![CDATA[{}]]></Id>", "x".repeat(2 << 20))).as_bytes(), "xml.text", 4);
    check(message(&format!("<Id>{}</Id>", "&#65;".repeat((1 << 20) + 1))).as_bytes(), "xml.text", 4);
}

#[test]
fn size_is_bounded_before_anything_is_read() {
    let refusal = read_all(&vec![0; (256 << 20) + 1]).unwrap_err();
    assert_eq!(refusal.code, "document.too_large");
    assert_eq!(read_all(b"").unwrap_err().code, "document.empty");
    let long = format!(
        "<Ntry {}/>",
        (0..64).map(|n| format!("a{n}=\"{}\" ", "x".repeat(1 << 16))).collect::<String>()
    );
    let start = Instant::now();
    assert!(read_all(message(&long).as_bytes()).is_ok(), "long attributes are read past");
    assert!(start.elapsed() < ALLOWED);
}

#[test]
fn what_must_be_held_until_an_entry_ends_is_bounded() {
    let entry = |inside: String| message(&format!("<Ntry><Amt Ccy=\"SEK\">1</Amt><NtryDtls>{inside}"));
    check(entry("<TxDtls/>".repeat(100_001)).as_bytes(), "document.item_too_large", 4);
    let lines = "<Ustrd>a</Ustrd>".repeat(1_000_001);
    let refusal = read_all(entry(format!("<TxDtls><RmtInf>{lines}")).as_bytes()).unwrap_err();
    assert_eq!(refusal.code, "document.item_too_large");
}

#[test]
fn every_currency_there_could_be_costs_no_more_than_one() {
    let letters = || (b'A'..=b'Z').map(char::from);
    let codes =
        letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| format!("{a}{b}{c}"))));
    let entries: String = codes
        .map(|code| format!("<Ntry><Amt Ccy=\"{code}\">1</Amt><CdtDbtInd>CRDT</CdtDbtInd></Ntry>\n"))
        .collect();
    let start = Instant::now();
    let reading = read_all(message(&entries).as_bytes()).unwrap();
    assert_eq!((reading.entries.len(), reading.statements[0].sum.to_string()), (17_576, "1".to_owned()));
    assert!(start.elapsed() < ALLOWED, "{:?}", start.elapsed());
}

#[test]
fn control_characters_are_refused() {
    check(message("<Id>a\u{1}b</Id>").as_bytes(), "xml.malformed", 4);
    check(message("<Id>a&#1;b</Id>").as_bytes(), "xml.entity", 4);
    check(message("<Id>a\0b</Id>").as_bytes(), "xml.malformed", 4);
}

#[test]
fn a_file_cut_at_any_percent_is_refused() {
    let entry = "<Ntry>\n<Amt Ccy=\"SEK\">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
                 <AddtlNtryInf>R&amp;D på Åland</AddtlNtryInf></Ntry>\n";
    let whole = message(&entry.repeat(500));
    read_all(whole.as_bytes()).expect("the whole file reads");
    for percent in 0..100 {
        let cut = &whole.as_bytes()[..whole.len() * percent / 100];
        let refusal = refused_or_empty(cut);
        assert!(
            ["document.truncated", "document.empty", "xml.malformed"].contains(&refusal.code.as_ref()),
            "{percent} %: {refusal:?}"
        );
    }
    let wide: Vec<u8> = whole.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for percent in 1..100 {
        refused_or_empty(&wide[..wide.len() * percent / 100]);
    }
}

fn refused_or_empty(bytes: &[u8]) -> Refusal {
    read_all(bytes).expect_err("a cut file is refused")
}

#[test]
fn a_cut_says_that_the_file_was_cut_and_where() {
    let whole = message("<Id>S</Id>");
    check(&whole.as_bytes()[..whole.len() - 1], "document.truncated", 5);
    check(&whole.as_bytes()[..whole.find("<Id>").unwrap()], "document.truncated", 4);
}

#[test]
fn other_messages_and_other_xml_are_named() {
    let order =
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"><CstmrCdtTrfInitn/></Document>";
    let refusal = refused(order.as_bytes());
    assert_eq!(refusal.code, "format.other_message");
    assert!(refusal.message.contains("payment order") && refusal.message.contains("pain.001.001.09"));
    let refusal = refused(b"<html><body>Log in</body></html>");
    assert_eq!(refusal.code, "format.unknown");
    assert!(refusal.message.contains("\"html\""));
    check(b"<Document/>", "format.unknown", 1);
}

#[test]
fn findings_are_capped_and_the_last_one_counts_the_rest() {
    let entry = "<Ntry><Amt Ccy=\"SEK\">x</Amt></Ntry>\n".repeat(5_000);
    let reading = read_all(message(&entry).as_bytes()).unwrap();
    assert_eq!(reading.findings.len(), FINDINGS_MAX);
    let last = reading.findings.last().unwrap();
    assert_eq!(last.code, "document.more_findings");
    // Every unreadable entry gives one finding, and nothing else is wrong with a statement without balances.
    assert!(last.message.starts_with("4001 more"), "{}", last.message);
}

#[test]
fn a_sink_that_has_enough_stops_the_reading() {
    use attest_formats::{Outcome, ReadContext, read};
    let bytes = message(&"<Ntry><Amt Ccy=\"SEK\">1</Amt><CdtDbtInd>CRDT</CdtDbtInd></Ntry>".repeat(100));
    let context = ReadContext { digest: attest_domain::Digest([0; 32]), csv_mapping: None };
    let mut items = 0;
    let outcome = read(bytes.as_bytes(), &context, &mut |_| {
        items += 1;
        if items == 3 { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
    });
    assert_eq!((outcome, items), (Ok(Outcome::Cancelled), 3));
}

#[test]
fn thousands_of_statements_with_findings_are_read_in_linear_time() {
    let statement = "<Stmt><Ntry><Amt>1</Amt></Ntry></Stmt>\n".repeat(20_000);
    let text = format!("<Document><BkToCstmrStmt>\n{statement}</BkToCstmrStmt></Document>");
    let start = Instant::now();
    assert_eq!(read_all(text.as_bytes()).unwrap().statements.len(), 20_000);
    assert!(start.elapsed() < ALLOWED, "{:?}", start.elapsed());
}

#[test]
fn every_sample_is_refused_when_cut_short() {
    let Some(samples) = find_shared("samples/camt054", "the cut samples") else { return };
    for file in fs::read_dir(samples).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        let end = bytes.trim_ascii_end().len();
        for percent in (1..100).step_by(7) {
            assert!(read_all(&bytes[..end * percent / 100]).is_err());
        }
    }
}
