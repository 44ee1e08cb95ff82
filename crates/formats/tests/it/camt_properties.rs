//! Properties of the camt reader that hold for any input, found by trying.

use crate::camt_support::read_all;
use attest_domain::{
    Amount,
    statement::{BalanceCheck, EntryStatus},
};
use proptest::prelude::*;

/// One entry: minor units, credit, status.
fn entries() -> impl Strategy<Value = Vec<(i64, bool, &'static str)>> {
    let status = prop::sample::select(vec!["BOOK", "PDNG", "INFO", ""]);
    prop::collection::vec((0_i64..1_000_000_000, any::<bool>(), status), 0..40)
}

fn money(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor.abs() % 100)
}

fn statement(opening: i64, closing: i64, entries: &[(i64, bool, &str)]) -> String {
    let direction = |credit: bool| if credit { "CRDT" } else { "DBIT" };
    let balance = |code: &str, minor: i64| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"SEK\">{}</Amt><CdtDbtInd>{}</CdtDbtInd></Bal>",
            money(minor.abs()),
            direction(minor >= 0)
        )
    };
    let entry = |(minor, credit, status): &(i64, bool, &str)| {
        let status = if status.is_empty() { String::new() } else { format!("<Sts>{status}</Sts>") };
        format!(
            "<Ntry><Amt Ccy=\"SEK\">{}</Amt><CdtDbtInd>{}</CdtDbtInd>{status}</Ntry>\n",
            money(*minor),
            direction(*credit)
        )
    };
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.04\"><BkToCstmrStmt><Stmt>{}{}{}</Stmt></BkToCstmrStmt></Document>",
        balance("OPBD", opening),
        balance("CLBD", closing),
        entries.iter().map(entry).collect::<String>()
    )
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = read_all_xml(&bytes);
    }

    #[test]
    fn random_markup_never_panics(text in "(<[A-Za-z:/!?\\[\\]-]{0,8}( [a-z]{1,3}=[\"'][a-z&;]{0,3}[\"'])?/?>|[a-z&;#0-9åé]{0,6}){0,60}") {
        let _ = read_all_xml(format!("<Document><BkToCstmrStmt><Stmt><Ntry>{text}").as_bytes());
    }

    #[test]
    fn a_valid_file_with_changed_bytes_never_panics(
        given in entries(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let mut bytes = statement(100, 200, &given).into_bytes();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = read_all_xml(&bytes);
    }

    #[test]
    fn the_sum_is_that_of_the_booked_entries_and_decides_the_balance(
        opening in -1_000_000_000_i64..1_000_000_000,
        given in entries(),
        error in prop::sample::select(vec![0_i64, 0, 0, 1, -100]),
    ) {
        // Independently of the reader: minor units of what was put in.
        let booked: i64 = given
            .iter()
            .filter(|(_, _, status)| matches!(*status, "BOOK" | ""))
            .map(|(minor, credit, _)| if *credit { *minor } else { -*minor })
            .sum();
        let reading = read_all(statement(opening, opening + booked + error, &given).as_bytes()).unwrap();
        let [read] = reading.statements.as_slice() else { panic!("one statement") };
        prop_assert_eq!(read.sum, Amount::from_parts(booked, 2));
        let emitted: Amount = reading
            .entries
            .iter()
            .filter(|entry| entry.status == EntryStatus::Booked)
            .map(|entry| entry.amount)
            .sum();
        prop_assert_eq!(emitted, read.sum);
        prop_assert_eq!(reading.entries.len(), given.len());
        let expected = if error == 0 { BalanceCheck::Ok } else { BalanceCheck::Broken };
        prop_assert_eq!(read.balance, expected);
        prop_assert_eq!(reading.codes().contains(&"statement.balance_broken"), error != 0);
    }

    #[test]
    fn encodings_change_no_figure(given in entries(), text in "[åäöÅÄÖéü a-z]{1,30}") {
        let utf_8 = statement(0, 0, &given).replace("<Stmt>", &format!("<Stmt><Id>{text}</Id>"));
        let head = |label: &str| format!("<?xml version=\"1.0\" encoding=\"{label}\"?>{utf_8}");
        let latin: Vec<u8> = head("ISO-8859-1").chars().map(|one| u8::try_from(u32::from(one)).unwrap()).collect();
        let wide: Vec<u8> = head("UTF-16").encode_utf16().flat_map(u16::to_be_bytes).collect();
        let of_utf_8 = read_all(utf_8.as_bytes()).unwrap().statements.remove(0);
        for bytes in [latin, wide] {
            let other = read_all(&bytes).unwrap().statements.remove(0);
            prop_assert_eq!(&other.reference, &of_utf_8.reference);
            prop_assert_eq!(other.content, of_utf_8.content);
        }
    }
}

/// Reads as camt whatever the bytes look like, so that nothing is turned away before the reader.
fn read_all_xml(bytes: &[u8]) -> Result<(), attest_domain::finding::Refusal> {
    let context = attest_formats::ReadContext { digest: attest_domain::Digest([0; 32]), csv_mapping: None };
    attest_formats::camt::read(bytes, &context, &mut |_| std::ops::ControlFlow::Continue(())).map(|_| ())
}
