//! Mappings, guesses and rows of CSV files, on fixtures of our own.

use crate::lines_support::{Content, content, content_with, fixture};
use attest_domain::{
    Amount, Severity,
    statement::{BalanceCheck, StatementKind},
};
use attest_formats::{
    Family,
    csv::{self, Column, Kind, Mapping, guess, read_lines},
    detect,
};
use attest_testkit::find_shared;
use proptest::prelude::*;

fn read(name: &str) -> Content {
    content(&fixture(&format!("csv/{name}"))).unwrap_or_else(|refusal| panic!("{name}: {refusal}"))
}

fn mapping(name: &str) -> Mapping {
    Mapping::parse(&String::from_utf8(fixture(&format!("csv/{name}"))).unwrap()).unwrap()
}

fn amounts(content: &Content) -> Vec<String> {
    content.entries.iter().map(|entry| entry.amount.to_string()).collect()
}

#[test]
fn a_swedish_export_is_guessed_in_every_encoding_and_newest_first() {
    for name in ["bank-utf8.csv", "bank-utf8-bom.csv", "bank-windows-1252.csv", "bank-utf16.csv"] {
        let bytes = fixture(&format!("csv/{name}"));
        let content = read(name);
        assert_eq!(amounts(&content), ["-1250.00", "-0.50", "10000.00"], "{name}");
        let statement = &content.statements[0];
        assert_eq!((statement.kind, statement.balance), (StatementKind::Listing, BalanceCheck::Ok), "{name}");
        assert_eq!(statement.opening, Some(Amount::ZERO), "{name}");
        assert_eq!(statement.closing, Amount::parse("8749.50").ok(), "{name}");
        assert_eq!(
            content.entries[2].counterparty().unwrap().name.as_deref(),
            Some("Åkerbärs Trävaror AB"),
            "{name}"
        );
        assert_eq!(content.entries[0].text().as_deref(), Some("Hyra; februari"), "{name}");
        assert_eq!(content.the("csv.guessed").severity, Severity::Info);
        let span = content.entries[1].span;
        let row = &bytes[usize::try_from(span.start).unwrap()..usize::try_from(span.end).unwrap()];
        let row: Vec<u8> = row.iter().copied().filter(|byte| *byte != 0).collect();
        assert!(
            row.starts_with(b"2024-02-02;2024-02-02;-0,50") && row.ends_with(b";9 999,50"),
            "{name}: {row:?}"
        );
    }
}

#[test]
fn the_exports_of_the_neighbours_are_guessed_too() {
    let norwegian = read("norwegian-in-out.csv");
    assert_eq!(amounts(&norwegian), ["-12000.00", "1250.50"]);
    assert_eq!(norwegian.entries[0].currency.code(), "NOK");
    assert_eq!(norwegian.entries[1].servicer_reference.as_deref(), Some("AR2"));
    let danish = read("danish.csv");
    assert_eq!(amounts(&danish), ["1250.00", "-50.00"]);
    assert_eq!((danish.entries[0].currency.code(), danish.statements[0].balance), ("DKK", BalanceCheck::Ok));
    assert_eq!(danish.entries[0].booked, Some("2024-02-09".parse().unwrap()));
    let finnish = read("finnish.csv");
    assert_eq!(
        (amounts(&finnish), finnish.entries[0].currency.code()),
        (vec!["150.00".to_owned(), "-20.00".to_owned()], "EUR")
    );
    let reference = &finnish.entries[0].transactions[0].refs.structured[0];
    assert_eq!((reference.kind.as_deref(), reference.value.as_str()), (Some("RF"), "RF6810003"));
}

#[test]
fn a_guess_shows_its_rows_and_reasons_and_its_mapping_reads_the_same() {
    let bytes = fixture("csv/bank-windows-1252.csv");
    let guess = guess(&bytes).unwrap();
    assert_eq!(guess.mapping.encoding.as_deref(), Some("windows-1252"));
    assert_eq!(guess.mapping.columns.booked, Some(Column::Name("Bokföringsdag".to_owned())));
    assert_eq!(guess.preview.len(), 3);
    assert_eq!(guess.preview[0].amount, Amount::parse("-1250").ok());
    assert!(guess.preview.iter().all(|row| row.problem.is_none()));
    assert!(guess.reasons.iter().any(|reason| reason.contains("SEK")), "{:?}", guess.reasons);
    let again = Mapping::parse(&guess.mapping.to_toml()).unwrap();
    assert_eq!(again, guess.mapping);
    let (guessed, mapped) = (content(&bytes).unwrap(), content_with(&bytes, Some(&again)).unwrap());
    assert_eq!((guessed.entries, guessed.statements), (mapped.entries, mapped.statements));
    assert!(mapped.findings.is_empty());
}

#[test]
fn rows_that_cannot_be_read_are_errors_that_name_them_and_the_rest_is_read() {
    let content = read("bad-rows.csv");
    assert_eq!(amounts(&content), ["100.00", "-30.00"]);
    let lines: Vec<_> = content
        .findings
        .iter()
        .filter(|f| f.code == "csv.row_unreadable")
        .map(|f| (f.severity, f.line.unwrap()))
        .collect();
    assert_eq!(lines, [(Severity::Error, 3), (Severity::Error, 4), (Severity::Error, 7)]);
    assert_eq!(content.statements[0].balance, BalanceCheck::Uncheckable, "rows are missing from the chain");
}

#[test]
fn a_running_balance_that_breaks_names_the_row() {
    let content = read("balance-broken.csv");
    assert_eq!(content.statements[0].balance, BalanceCheck::Broken);
    assert_eq!(content.the("statement.running_balance_broken").line, Some(4));
}

#[test]
fn every_currency_of_a_file_is_its_own_listing() {
    let content = read("currencies.csv");
    let listings: Vec<_> = content
        .statements
        .iter()
        .map(|s| (s.account.currency.unwrap().to_string(), s.sum.to_string(), s.balance))
        .collect();
    assert_eq!(
        listings,
        [("SEK".into(), "70.00".into(), BalanceCheck::Ok), ("EUR".into(), "20.00".into(), BalanceCheck::Ok)]
    );
    assert_eq!(
        content.entries.iter().map(|entry| (entry.statement, entry.ordinal)).collect::<Vec<_>>(),
        [(0, 0), (1, 0), (0, 1)]
    );
}

#[test]
fn a_file_without_a_header_is_read_by_number_and_not_without_a_mapping() {
    let bytes = fixture("csv/no-header.txt");
    assert_eq!(detect(&bytes).unwrap_err().code, "format.unknown");
    let content = content_with(&bytes, Some(&mapping("no-header.toml"))).unwrap();
    assert_eq!(amounts(&content), ["-15.00", "1200.00"]);
    let account = &content.statements[0].account;
    assert_eq!(
        (account.iban.as_deref(), account.name.as_deref()),
        (Some("FI2112345600000785"), Some("Euro account"))
    );
    assert_eq!(content.entries[0].transactions[0].refs.structured[0].kind.as_deref(), Some("RF"));
}

#[test]
fn ledger_rows_become_vouchers_and_lines() {
    let content = read("ledger.csv");
    assert_eq!(guess(&fixture("csv/ledger.csv")).unwrap().mapping.kind, Kind::Ledger);
    let vouchers: Vec<_> = content.vouchers.iter().map(|v| (v.series.as_str(), v.number.as_str())).collect();
    assert_eq!(vouchers, [("A", "1"), ("A", "2")]);
    let lines: Vec<_> = content
        .lines
        .iter()
        .map(|l| (l.voucher, l.ordinal, l.account.as_str(), l.amount.to_string()))
        .collect();
    let expected = [
        (0, 0, "1510", "1250.00"),
        (0, 1, "3001", "-1000.00"),
        (0, 2, "2610", "-250.00"),
        (1, 0, "1930", "-50.00"),
    ];
    assert_eq!(
        lines,
        expected.map(|(voucher, ordinal, account, amount)| (voucher, ordinal, account, amount.to_owned()))
    );
    let card = content_with(&fixture("csv/ledger-card.csv"), Some(&mapping("ledger-card.toml"))).unwrap();
    let lines: Vec<_> =
        card.lines.iter().map(|l| (l.account.as_str(), l.amount.to_string(), l.currency.code())).collect();
    assert_eq!(
        lines,
        [("1920", "-50.00".to_owned(), "NOK"), ("1920", "10.00".to_owned(), "NOK")],
        "the sign is turned round"
    );
}

#[test]
fn a_mapping_that_cannot_work_is_refused_with_the_reason() {
    for (toml, says) in [
        ("kind = 3", "kind"),
        ("colour = 1", "colour"),
        ("[columns]\namount = 1", "columns.booked"),
        ("[columns]\nbooked = 1", "columns.amount"),
        ("date_format = \"DD.MM\"\n[columns]\nbooked = 1\namount = 2", "DD.MM"),
        ("thousands = \",\"\n[columns]\nbooked = 1\namount = 2", "separator"),
        ("kind = \"ledger\"\n[columns]\nbooked = 1\namount = 2", "constants.account"),
    ] {
        let refusal = Mapping::parse(toml).unwrap_err();
        assert_eq!(refusal.code, "csv.mapping_invalid", "{toml}");
        assert!(refusal.message.contains(says), "{toml}: {}", refusal.message);
    }
    assert_eq!(Mapping::parse("delimiter = \";\"\ncolour = 1").unwrap_err().line, Some(2));
    let wrong = Mapping::parse("[columns]\nbooked = \"Dag\"\namount = 2").unwrap();
    let refusal = content_with(&fixture("csv/bank-utf8.csv"), Some(&wrong)).unwrap_err();
    assert_eq!(refusal.code, "csv.column_missing");
    assert!(refusal.message.contains("Rubrik"), "the columns that are there are named");
    let zero = Mapping::parse("[columns]\nbooked = 0\namount = 2").unwrap();
    assert_eq!(content_with(b"a;b\n", Some(&zero)).unwrap_err().code, "csv.mapping_invalid");
    let nothing = Mapping::parse("[columns]\nbooked = 1\namount = 2").unwrap();
    assert_eq!(content_with(b"a;b\nx;y\n", Some(&nothing)).unwrap_err().code, "csv.no_rows");
}

#[test]
fn only_a_table_with_dates_and_amounts_is_taken_for_csv() {
    assert_eq!(detect(&fixture("csv/bank-windows-1252.csv")).unwrap().family, Family::Csv);
    for text in [
        "date, amount and other words\nin a letter, of sorts\n",
        "<?xml version=\"1.0\"?><date>;<amount>\n",
        "{\"date\":1,\"amount\":2}",
        "a;b;c\n1;2;3\n",
        "date;amount\n",
        "date;amount\nyesterday;much\n",
    ] {
        assert_eq!(csv::detect(text), None, "{text}");
    }
}

#[test]
fn the_two_sides_of_a_match_are_read_by_name() {
    let (lines, findings) = read_lines(&fixture("csv/left.csv")).unwrap();
    assert_eq!(lines.iter().map(|line| line.id.as_str()).collect::<Vec<_>>(), ["l1", "l2"]);
    let first = &lines[0];
    assert_eq!(
        (first.amount, first.date),
        (Amount::parse("-15.00").unwrap(), Some("2024-01-31".parse().unwrap()))
    );
    assert_eq!((first.text.as_str(), first.counterparty.as_deref()), ("coffee", Some("Kaffe AB")));
    assert_eq!((first.references[0].value.as_str(), first.currency.unwrap().code()), ("RF481245", "SEK"));
    assert_eq!((lines[1].currency, lines[1].references.len()), (None, 0));
    assert_eq!(findings.iter().map(|finding| finding.line.unwrap()).collect::<Vec<_>>(), [4, 5, 6, 7]);
    let refusal = read_lines(b"id,amount,x\n1,2,3\n").unwrap_err();
    assert_eq!(refusal.code, "csv.column_missing");
    assert!(refusal.message.contains("date"));
    assert_eq!(
        read_lines("id;date;amount\n1;2024-01-01;1 234,50\n".as_bytes()).unwrap().0[0].amount.to_string(),
        "1234.50"
    );
}

#[test]
fn the_labelled_benchmark_is_read_whole() {
    for side in ["origin", "destination"] {
        let file = format!("bench/splink-transactions-{side}.csv");
        let Some(file) = find_shared(&file, "the labelled benchmark") else { return };
        let bytes = std::fs::read(file).unwrap();
        let (lines, findings) = read_lines(&bytes).unwrap();
        assert_eq!((lines.len(), findings.len()), (45_326, 0));
    }
}

#[test]
fn limits_refuse_with_a_line() {
    let wide = format!("Datum;Belopp\n2024-01-01;1\n{}", ";".repeat(600));
    let refusal = content(wide.as_bytes()).unwrap_err();
    assert_eq!((refusal.code.as_ref(), refusal.line), ("csv.too_many_columns", Some(3)));
    let long = format!("Datum;Belopp\n2024-01-01;1\n{}", "\n".repeat(3) + &"x".repeat(70_000));
    let refusal =
        content_with(long.as_bytes(), Some(&Mapping::parse("[columns]\nbooked = 1\namount = 2").unwrap()))
            .unwrap_err();
    assert_eq!((refusal.code.as_ref(), refusal.line), ("line.too_long", Some(6)));
}

proptest! {
    #[test]
    fn a_spoilt_file_is_read_or_refused_without_panic(
        name in prop::sample::select(vec!["bank-utf8.csv", "bank-utf16.csv", "danish.csv", "finnish.csv", "ledger.csv", "left.csv"]),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = fixture(&format!("csv/{name}"));
        for (place, byte) in edits {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        let _ = content(&bytes);
        let _ = guess(&bytes);
        let _ = read_lines(&bytes);
        let _ = content_with(&bytes, Some(&Mapping::parse("[columns]\nbooked = 1\namount = 3\nbalance = 9").unwrap()));
    }

    #[test]
    fn any_bytes_are_refused_or_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = content(&bytes);
        let _ = guess(&bytes);
        let _ = read_lines(&bytes);
    }

    #[test]
    fn every_row_is_an_entry_or_a_finding(rows in prop::collection::vec((any::<bool>(), -99_999_i64..99_999), 1..20)) {
        let good = rows.iter().filter(|row| row.0).count();
        let table: String = rows
            .iter()
            .map(|(good, minor)| if *good { format!("2024-01-02;{}\n", Amount::from_parts(*minor, 2).to_string().replace('.', ",")) } else { "2024-01-02;inget\n".to_owned() })
            .collect();
        let file = format!("Datum;Belopp\n{table}");
        let mapping = Mapping::parse("[columns]\nbooked = 1\namount = 2\n[constants]\ncurrency = \"SEK\"").unwrap();
        match content_with(file.as_bytes(), Some(&mapping)) {
            Ok(content) => {
                prop_assert_eq!(content.entries.len(), good);
                prop_assert_eq!(content.findings.len(), rows.len() - good);
            }
            Err(refusal) => prop_assert_eq!((refusal.code.as_ref(), good), ("csv.no_rows", 0)),
        }
    }
}

#[test]
fn an_account_every_row_names_is_the_account_of_the_file() {
    let same = "sep=;\nKonto;Datum;Belopp\nSE4550000000058398257466;2024-01-01;1,00\nSE4550000000058398257466;2024-01-02;2,00\n";
    let content_of = |text: &str| content(text.as_bytes()).unwrap();
    assert_eq!(content_of(same).statements[0].account.iban.as_deref(), Some("SE4550000000058398257466"));
    let other = same.replace("SE4550000000058398257466;2024-01-02", "FI2112345600000785;2024-01-02");
    assert_eq!(content_of(&other).statements[0].account.iban, None);
}

#[test]
fn wrong_check_digits_in_a_file_are_warnings() {
    let file = "Datum;Belopp;Referens;Motkonto\n2024-01-01;1,00;RF98123456789012;SE4550000000058398257467\n2024-01-02;1,00;RF481245;SE4550000000058398257466\n";
    let content = content(file.as_bytes()).unwrap();
    assert_eq!(
        (content.the("reference.check_digit").line, content.the("account.check_digit").line),
        (Some(2), Some(2))
    );
    assert_eq!(content.the("reference.check_digit").severity, Severity::Warning);
}
