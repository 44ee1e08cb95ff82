//! What the BgMax reader makes of every oddity, on fixtures of our own.

use crate::lines_support::{Content, content, fixture};
use attest_domain::{Amount, statement::StatementKind};
use attest_formats::{bgmax, detect};
use proptest::prelude::*;

fn read(name: &str) -> Content {
    content(&fixture(&format!("bgmax/{name}"))).unwrap_or_else(|refusal| panic!("{name}: {refusal}"))
}

fn amount(text: &str) -> Amount {
    Amount::parse(text).unwrap()
}

#[test]
fn a_deposit_is_one_entry_with_its_payments_and_deductions() {
    let content = read("two-deposits.txt");
    assert_eq!((content.format.as_str(), content.codes()), ("BgMax 1", vec![]));
    let (statement, entry) = (&content.statements[0], &content.entries[0]);
    assert_eq!(statement.kind, StatementKind::Notification);
    assert_eq!(
        (statement.account.other.as_deref(), statement.account.scheme.as_deref()),
        (Some("50501055"), Some("BGNR"))
    );
    assert_eq!(
        (statement.reference.as_deref(), statement.electronic_sequence),
        (Some("50501055/2024/7"), Some(7))
    );
    assert_eq!((entry.amount, entry.booked), (amount("1500.00"), Some("2024-03-15".parse().unwrap())));
    let amounts: Vec<_> =
        entry.transactions.iter().map(|transaction| transaction.amount.unwrap().to_string()).collect();
    assert_eq!(amounts, ["1250.00", "-50.00", "300.00"]);
    let payment = &entry.transactions[0];
    assert_eq!(payment.refs.structured[0].kind.as_deref(), Some("OCR"));
    assert_eq!(payment.refs.structured[0].value, "123067");
    assert_eq!(payment.refs.servicer.as_deref(), Some("000000000001"));
    assert_eq!(payment.counterparty.name.as_deref(), Some("Björkdungens Bygg AB avd. Öst"));
    assert_eq!(
        (payment.counterparty.account.as_deref(), payment.counterparty.scheme.as_deref()),
        (Some("54029681"), Some("BGNR"))
    );
    assert_eq!(payment.additional.as_deref(), Some("Sågvägen 4 12345, Åmål, org. no. 5563343689"));
}

#[test]
fn extra_references_are_invoices_and_credit_notes_of_their_payment() {
    let content = read("two-deposits.txt");
    let payment = &content.entries[0].transactions[2];
    let documents: Vec<_> = payment
        .documents
        .iter()
        .map(|document| {
            (
                document.kind.as_deref().unwrap(),
                document.number.as_deref().unwrap(),
                document.amount.unwrap().to_string(),
            )
        })
        .collect();
    assert_eq!(documents, [("CINV", "1230", "400.00".to_owned()), ("CREN", "4564", "-100.00".to_owned())]);
    assert_eq!(payment.refs.structured.len(), 2);
    assert_eq!(payment.remittance, ["Faktura 1230 minus kredit 4564"]);
    let free = &content.entries[1].transactions[0].refs.structured[0];
    assert_eq!(
        (free.kind.as_deref(), free.value.as_str()),
        (None, "Tack för hjälpen"),
        "a free reference is no OCR"
    );
}

#[test]
fn a_file_stored_as_utf_8_reads_like_the_original() {
    let (latin, utf8) = (read("two-deposits.txt"), read("two-deposits-utf8.txt"));
    let names = |content: &Content| -> Vec<_> {
        content
            .entries
            .iter()
            .flat_map(|e| &e.transactions)
            .map(|t| (t.counterparty.name.clone(), t.amount))
            .collect()
    };
    assert_eq!(names(&latin), names(&utf8));
}

#[test]
fn every_oddity_is_a_finding() {
    let content = read("oddities.txt");
    for code in [
        "bgmax.test_file",
        "reference.check_digit",
        "reference.wrong",
        "organisation_number.check_digit",
        "document.record_unknown",
        "transaction.amount_invalid",
        "entry.batch_total_differs",
        "entry.batch_count_differs",
        "entry.date_invalid",
        "account.check_digit",
        "bgmax.deposit_missing",
        "bgmax.totals_differ",
    ] {
        content.the(code);
    }
    assert_eq!(content.codes().iter().filter(|code| **code == "bgmax.record_stray").count(), 2);
    let statement = &content.statements[0];
    assert_eq!(
        (statement.account.other.as_deref(), statement.account.scheme.as_deref()),
        (Some("2865434"), Some("PGNR"))
    );
    assert_eq!((content.entries[0].amount, content.entries[0].booked), (amount("300.00"), None));
    assert_eq!(content.entries[0].transactions[2].amount, None, "a payment without a readable amount stays");
}

#[test]
fn tabs_are_widened_with_a_warning() {
    let content = read("tabs.txt");
    content.the("bgmax.tabs");
    assert_eq!(content.entries[0].transactions[0].amount, Some(amount("123.00")));
    assert!(!content.has("entry.batch_total_differs"));
}

#[test]
fn a_file_without_its_end_record_is_refused() {
    let refusal = content(&fixture("bgmax/truncated.txt")).unwrap_err();
    assert_eq!(refusal.code, "document.truncated");
    assert_eq!(detect(&fixture("bgmax/tabs.txt")).unwrap().name, "BgMax 1");
    assert_eq!(bgmax::detect("01BGMIN"), None);
}

#[test]
fn spans_of_payments_cover_the_records_that_explain_them() {
    let bytes = fixture("bgmax/two-deposits.txt");
    let content = content(&bytes).unwrap();
    let span = content.entries[0].transactions[2].span;
    let text = &bytes[usize::try_from(span.start).unwrap()..usize::try_from(span.end).unwrap()];
    let codes: Vec<_> = text
        .split(|byte| *byte == b'\n')
        .map(|line| String::from_utf8_lossy(&line[..2]).into_owned())
        .collect();
    assert_eq!(codes, ["20", "22", "23", "25"]);
}

proptest! {
    #[test]
    fn a_spoilt_file_is_read_or_refused_without_panic(
        name in prop::sample::select(vec!["oddities.txt", "two-deposits.txt", "two-deposits-utf8.txt"]),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..30),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = fixture(&format!("bgmax/{name}"));
        for (place, byte) in edits {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        let _ = content(&bytes);
    }
}

#[test]
fn a_file_cut_anywhere_before_its_end_record_is_refused() {
    let bytes = fixture("bgmax/two-deposits.txt");
    let end = bytes.windows(4).rposition(|window| window == b"\r\n70").unwrap();
    for cut in 1..end {
        assert!(content(&bytes[..cut]).is_err(), "{cut}");
    }
}

#[test]
fn a_deposit_without_end_is_refused() {
    let head = String::from_utf8(fixture("bgmax/truncated.txt")[..164].to_vec()).unwrap();
    let refusal = content(format!("{head}{}", "20\n".repeat(260_000)).as_bytes()).unwrap_err();
    assert_eq!(refusal.code, "document.item_too_large");
}

#[test]
fn a_second_deposit_of_one_section_begins_with_its_first_payment() {
    let file = String::from_utf8(fixture("bgmax/two-deposits-utf8.txt")).unwrap();
    let lines: Vec<&str> = file.lines().collect();
    let second_section = lines.iter().rposition(|line| line.starts_with("05")).unwrap();
    let joined: Vec<&str> = lines
        .iter()
        .enumerate()
        .filter(|(place, _)| *place != second_section)
        .map(|(_, line)| *line)
        .collect();
    let bytes = joined.join("\n").into_bytes();
    let content = content(&bytes).unwrap();
    assert_eq!(content.statements.len(), 2);
    assert_eq!(content.statements[1].account, content.statements[0].account);
    assert!(bytes[usize::try_from(content.statements[1].span.start).unwrap()..].starts_with(b"20"));
}
