//! What the SIE reader makes of every oddity, on fixtures of our own.

use crate::lines_support::{Content, content, fixture};
use attest_domain::{
    Amount, Severity,
    ledger::{LedgerBalanceKind, LedgerLineStatus},
};
use attest_formats::detect;
use proptest::prelude::*;

fn read(name: &str) -> Content {
    content(&fixture(&format!("sie/{name}"))).unwrap_or_else(|refusal| panic!("{name}: {refusal}"))
}

fn amount(text: &str) -> Amount {
    Amount::parse(text).unwrap()
}

#[test]
fn a_whole_ledger_reads_the_same_in_every_encoding_and_with_either_line_end() {
    let plain = read("4e-cp437.se");
    assert_eq!((plain.format.as_str(), plain.codes()), ("SIE 4E", vec![]));
    assert_eq!(plain.books[0].company.as_deref(), Some("Åkerbärs Trävaror AB"));
    assert_eq!(plain.books[0].years.len(), 2);
    assert_eq!(plain.vouchers.len(), 2);
    assert_eq!(plain.vouchers[0].registered, Some("2024-01-06".parse().unwrap()));
    let line = &plain.lines[1];
    assert_eq!(
        (line.account.as_str(), line.amount, line.voucher, line.ordinal),
        ("3001", amount("-1000.00"), 0, 1)
    );
    assert_eq!(line.objects, [("1".to_owned(), "Nord".to_owned()), ("6".to_owned(), "0015".to_owned())]);
    assert_eq!(line.date, plain.vouchers[0].date, "a line without a date has its voucher's");
    assert_eq!(plain.lines[3].date, Some("2024-01-31".parse().unwrap()));
    assert_eq!(
        (plain.lines[3].text.as_deref(), plain.lines[3].quantity),
        (Some("Avgift januari"), Some(amount("1")))
    );
    for name in ["4e-latin1.se", "4e-utf8.se", "4e-utf8-bom.se", "4e-lf.se"] {
        let other = read(name);
        assert_eq!(other.books, plain.books, "{name}");
        let figures = |content: &Content| -> Vec<_> {
            content.lines.iter().map(|line| (line.account.clone(), line.amount, line.text.clone())).collect()
        };
        assert_eq!(figures(&other), figures(&plain), "{name}");
        assert_eq!(other.has("encoding.unexpected"), name != "4e-lf.se", "{name}");
        assert!(
            other.lines.iter().all(|line| plain.lines.iter().all(|known| known.id != line.id)),
            "ids follow the document"
        );
    }
}

#[test]
fn the_type_is_told_by_what_the_file_holds() {
    for (name, format) in [
        ("type1.se", "SIE 1"),
        ("type2.se", "SIE 2"),
        ("type3.se", "SIE 3"),
        ("type-missing.se", "SIE 1"),
        ("4i-minimal.si", "SIE 4I"),
        ("4e-cp437.se", "SIE 4E"),
    ] {
        let content = read(name);
        assert_eq!(content.format, format, "{name}");
        assert_eq!(format!("SIE {}", content.books[0].kind), format, "{name}");
    }
    let kinds =
        |name: &str| read(name).books[0].balances.iter().map(|balance| balance.kind).collect::<Vec<_>>();
    assert!(kinds("type2.se").contains(&LedgerBalanceKind::Period));
    assert!(kinds("type3.se").contains(&LedgerBalanceKind::ObjectClosing));
    assert_eq!(detect(&fixture("sie/4e-cp437.se")).unwrap().name, "SIE 4");
}

#[test]
fn the_checksum_is_counted_in_cp437_whatever_the_file_is_stored_in() {
    assert!(!read("4e-checksum.se").has("sie.checksum_differs"));
    assert!(!read("4e-checksum-utf8.se").has("sie.checksum_differs"));
    assert_eq!(read("4e-checksum-wrong.se").the("sie.checksum_differs").severity, Severity::Error);
}

#[test]
fn a_file_that_is_cut_off_is_refused() {
    for (name, label) in [("4e-checksum-truncated.se", "#KSUMMA"), ("truncated-voucher.se", "#VER")] {
        let refusal = content(&fixture(&format!("sie/{name}"))).unwrap_err();
        assert_eq!(
            (refusal.code.as_ref(), refusal.path.as_deref()),
            ("document.truncated", Some(label)),
            "{name}"
        );
        assert!(refusal.line.is_some());
    }
}

#[test]
fn every_oddity_of_the_head_is_a_finding_with_its_line() {
    let content = read("4e-oddities.se");
    for (code, line) in [
        ("sie.already_read", 1),
        ("sie.unquoted", 6),
        ("organisation_number.check_digit", 7),
        ("document.record_unknown", 13),
        ("sie.value_missing", 15),
        ("ledger_account.number_invalid", 18),
        ("ledger.period_invalid", 25),
        ("sie.date_invalid", 4),
    ] {
        assert_eq!(content.the(code).line, Some(line), "{code}");
    }
    let book = &content.books[0];
    assert_eq!(book.company.as_deref(), Some("Åkerbärs Trävaror AB"));
    assert_eq!(book.program.as_deref(), Some("Say \"cheese\" 1.0"));
    assert_eq!(book.currency.unwrap().code(), "EUR");
    assert_eq!(book.dimensions, [(1, "Kostnadsställe".to_owned(), None), (21, "Grupp".to_owned(), Some(1))]);
    assert_eq!(book.objects, [(1, "N".to_owned(), "Nord".to_owned())]);
    assert!(book.accounts.contains(&("3001".to_owned(), "C:\\Temp".to_owned())), "a backslash is itself");
    assert_eq!(book.balances.len(), 8, "the balance of a thousand in words is a finding");
}

#[test]
fn every_oddity_of_the_vouchers_is_a_finding_and_nothing_else_is_lost() {
    let content = read("4e-oddities.se");
    assert_eq!(content.vouchers.len(), 6);
    assert_eq!(content.vouchers[0].text.as_deref(), Some("Tab\\\\bar och \"citat\""));
    assert_eq!(content.vouchers[1].date, None);
    assert_eq!(content.the("voucher.date_invalid").path.as_deref(), Some("#VER"));
    assert!(content.lines.iter().any(|line| line.amount == amount("5.50") && line.date.is_none()));
    assert!(content.the("voucher.date_outside_year").message.contains("2025-12-31"));
    assert!(content.has("ledger_line.date_invalid"));
    assert!(content.the("ledger_account.undeclared").message.contains("4000"));
    assert!(content.the("voucher.number_gap").message.contains("3–4"));
    assert!(content.the("voucher.number_duplicate").message.contains('5'));
    assert_eq!(content.the("voucher.empty").path.as_deref(), Some("VER[6]"));
    assert!(content.the("voucher.unbalanced").message.contains("10.00"), "history does not count");
    for code in [
        "sie.decimal_comma",
        "sie.objects_odd",
        "sie.brace_stray",
        "sie.line_outside_voucher",
        "sie.line_unknown",
        "sie.brace_missing",
        "sie.quote_open",
        "ledger_line.unreadable",
        "ledger.closing_differs",
        "ledger.result_differs",
    ] {
        assert!(content.has(code), "{code} is missing in {:?}", content.codes());
    }
    let history: Vec<_> =
        content.lines.iter().filter(|line| line.status != LedgerLineStatus::Normal).collect();
    assert_eq!(
        history.iter().map(|line| line.status).collect::<Vec<_>>(),
        [LedgerLineStatus::Removed, LedgerLineStatus::Added]
    );
}

#[test]
fn a_line_longer_than_any_record_is_refused_with_its_number() {
    let mut bytes = fixture("sie/4i-minimal.si");
    bytes.extend_from_slice(b"#PROSA ");
    bytes.resize(bytes.len() + 70_000, b'x');
    let refusal = content(&bytes).unwrap_err();
    assert_eq!((refusal.code.as_ref(), refusal.line), ("line.too_long", Some(13)));
}

#[test]
fn equal_lines_of_one_voucher_stay_two_lines_with_two_ids() {
    let file =
        "#FLAGGA 0\n#SIETYP 4\n#VER A 1 20240101\n{\n#TRANS 1 {} 5\n#TRANS 1 {} 5\n#TRANS 2 {} -10\n}\n";
    let content = content(file.as_bytes()).unwrap();
    assert_eq!(content.lines.len(), 3);
    assert_ne!(content.lines[0].id, content.lines[1].id);
    assert_eq!(content.lines[0].id, crate::lines_support::content(file.as_bytes()).unwrap().lines[0].id);
}

fn voucher(amounts: &[i64]) -> String {
    let lines: String =
        amounts.iter().map(|minor| format!("#TRANS 1930 {{}} {}\n", Amount::from_parts(*minor, 2))).collect();
    format!("#FLAGGA 0\n#SIETYP 4\n#VER A 1 20240101 \"x\"\n{{\n{lines}}}\n")
}

proptest! {
    #[test]
    fn a_voucher_is_found_unbalanced_exactly_when_its_sum_is_not_nought(
        mut amounts in prop::collection::vec(-100_000_i64..100_000, 1..8),
        balance in any::<bool>(),
    ) {
        if balance {
            amounts.push(-amounts.iter().sum::<i64>());
        }
        let content = content(voucher(&amounts).as_bytes()).unwrap();
        prop_assert_eq!(content.has("voucher.unbalanced"), amounts.iter().sum::<i64>() != 0);
        prop_assert_eq!(content.lines.len(), amounts.len());
    }

    #[test]
    fn a_spoilt_file_is_read_or_refused_without_panic(
        name in prop::sample::select(vec!["4e-oddities.se", "4e-utf8.se", "4e-checksum.se"]),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = fixture(&format!("sie/{name}"));
        for (place, byte) in edits {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        let _ = content(&bytes);
    }

    #[test]
    fn any_bytes_behind_a_flag_are_read_or_refused_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = content(&[b"#FLAGGA 0\n#SIETYP 4\n#VER A 1 20240101\n{\n", bytes.as_slice()].concat());
    }
}

#[test]
fn a_file_with_a_checksum_cannot_be_cut_unnoticed() {
    let bytes = fixture("sie/4e-checksum.se");
    for percent in 1..100 {
        let cut = &bytes[..bytes.len() * percent / 100];
        // The checksum starts in the second line: from there on every cut is noticed.
        if let Ok(content) = content(cut) {
            let noticed = content.has("sie.checksum_differs");
            assert!(cut.len() < 30 || noticed, "{percent} % was read: {:?}", content.codes());
        }
    }
}

#[test]
fn a_flood_of_names_is_held_within_limits() {
    let words = "a ".repeat(30_000);
    let file = format!("#FLAGGA 0\n#SIETYP 4\n{}", format!("#PROGRAM {words}\n").repeat(20));
    assert!(content(file.as_bytes()).is_ok(), "long records cost no more than their length");
    let labels = "#X\n".repeat(500_001);
    let refusal = content(format!("#FLAGGA 0\n#SIETYP 4\n{labels}").as_bytes()).unwrap_err();
    assert_eq!(refusal.code, "document.item_too_large");
}

#[test]
fn account_and_period_in_each_other_s_place_are_put_right_with_one_warning() {
    let records = "#PBUDGET 0 1930 202401 -5\n#PBUDGET 0 1930 202402 -6\n#PBUDGET 0 202403 1930 -7\n";
    let content = content(format!("#FLAGGA 0\n#SIETYP 2\n{records}").as_bytes()).unwrap();
    let balances: Vec<_> = content.books[0]
        .balances
        .iter()
        .map(|b| (b.account.as_str(), b.period.as_deref().unwrap()))
        .collect();
    assert_eq!(balances, [("1930", "202401"), ("1930", "202402"), ("1930", "202403")]);
    content.the("sie.fields_swapped");
}
