//! What a person is shown of a table before it is read: suggestions, the first rows, and what tells a header again.

use crate::lines_support::{content_with, fixture};
use attest_formats::csv::{self, Column, Mapping, PREVIEW_ROWS_MAX, header_of, preview, sketch};
use proptest::prelude::*;

const BARE: &str = "[columns]\nbooked = 1\namount = 3\nbalance = 9";

#[test]
fn columns_without_a_known_name_are_suggested_by_what_they_hold() {
    let padded = "report 4;;;;\n;;;;\nRef;When;Why;How much;Left\n7;31.12.2024;Rent;-1.234,50;10,00\n8;31.12.2024;Fee;3,00;9,00\n";
    let sketch = sketch(padded.as_bytes()).unwrap();
    let columns = &sketch.mapping.columns;
    assert_eq!((sketch.mapping.skip_rows, sketch.mapping.header), (2, true));
    assert_eq!(columns.booked, Some(Column::Name("When".to_owned())));
    assert_eq!(columns.amount, Some(Column::Name("How much".to_owned())), "7 is no amount, -1.234,50 is");
    assert_eq!(columns.text, [Column::Name("Why".to_owned())]);
    assert_eq!((sketch.mapping.decimal, sketch.mapping.thousands), (',', Some('.')));
    assert_eq!(sketch.mapping.date_format, "DD.MM.YYYY");
}

#[test]
fn a_table_without_a_header_goes_by_number_and_text_is_no_table() {
    let mapping = sketch(b"2024-01-31,-15.00,coffee\n2024-02-01,3.10,tea\n").unwrap().mapping;
    assert!(!mapping.header);
    assert_eq!(mapping.constants.currency, None, "nothing tells it, so a person is asked");
    assert_eq!(mapping.columns.booked, Some(Column::Number(1)));
    assert_eq!(mapping.columns.amount, Some(Column::Number(2)));
    for text in
        ["", "Dear reader,\nthis is, after all, a letter.\n", "a;b\nc;d\n", "<a>2024-01-01;1,0</a>\n<b/>\n"]
    {
        assert_eq!(sketch(text.as_bytes()).unwrap_err().code, "csv.not_understood", "{text}");
    }
}

#[test]
fn an_iban_above_the_header_is_the_account_unless_there_are_two() {
    let table = "Datum;Belopp;Text\n2024-01-02;1,00;x\n";
    let told =
        |above: &str| sketch(format!("{above}\n{table}").as_bytes()).unwrap().mapping.constants.account;
    let (iban, other) = ("SE45 5000 0000 0583 9825 7466", "FI2112345600000785");
    assert_eq!(told(&format!("Konto: {iban};;")).as_deref(), Some("SE4550000000058398257466"));
    assert_eq!(told(&format!("{iban};{other};")), None);
    assert_eq!(told("SE46 5000 0000 0583 9825 7466;;"), None, "wrong check digits are no account");
}

#[test]
fn a_second_account_far_down_is_seen() {
    let row = |account: &str| format!("2024-01-02;{account};1,00\n");
    let one = format!("Datum;Konto;Belopp\n{}", row("1111").repeat(900));
    assert_eq!(sketch(one.as_bytes()).unwrap().mapping.constants.account.as_deref(), Some("1111"));
    let two = one + &row("2222");
    assert_eq!(sketch(two.as_bytes()).unwrap().mapping.constants.account, None);
}

#[test]
fn a_preview_reads_what_the_reader_reads_and_says_why_a_row_does_not() {
    let bytes = fixture("csv/bad-rows.csv");
    let mapping = sketch(&bytes).unwrap().mapping;
    let seen = preview(&bytes, &mapping, 100).unwrap();
    let read = content_with(&bytes, Some(&mapping)).unwrap();
    assert_eq!(u64::from(seen.read), read.entries.len() as u64);
    let shown: Vec<_> = seen.rows.iter().filter_map(|row| row.amount).collect();
    assert_eq!(shown, read.entries.iter().map(|entry| entry.amount).collect::<Vec<_>>());
    let problems: Vec<_> = seen
        .unread
        .iter()
        .map(|row| row.problem.as_ref().map(|why| (why.code, why.value.as_str())))
        .collect();
    assert_eq!(problems[..2], [Some(("date.unreadable", "2024-02-30")), Some(("amount.unreadable", "tio"))]);
}

#[test]
fn a_mapping_that_cannot_work_still_shows_the_cells() {
    let bytes = fixture("csv/danish.csv");
    let empty = Mapping { delimiter: ',', ..Mapping::default() };
    let seen = preview(&bytes, &empty, 5).unwrap();
    assert_eq!(seen.refusal.unwrap().code, "csv.mapping_invalid");
    assert_eq!((seen.header.len(), seen.rows[0].cells[1].as_str(), seen.read), (4, "Kunde ApS", 0));
    let elsewhere = Mapping::parse("delimiter = \",\"\n[columns]\nbooked = \"Dag\"\namount = 3").unwrap();
    let seen = preview(&bytes, &elsewhere, 5).unwrap();
    assert_eq!((seen.refusal.unwrap().code.as_ref(), seen.header.len()), ("csv.column_missing", 4));
}

#[test]
fn a_long_table_is_looked_at_only_so_far() {
    let most = PREVIEW_ROWS_MAX as usize;
    let table = format!("Datum;Belopp\n{}", "2024-01-02;1,00\n".repeat(most + 1));
    let mapping = sketch(table.as_bytes()).unwrap().mapping;
    let seen = preview(table.as_bytes(), &mapping, 3).unwrap();
    assert_eq!((seen.rows.len(), seen.read, seen.more), (3, PREVIEW_ROWS_MAX, true));
}

#[test]
fn a_header_is_the_same_in_every_encoding_and_from_the_start_of_a_file_alone() {
    let names = ["bank-utf8.csv", "bank-utf8-bom.csv", "bank-windows-1252.csv", "bank-utf16.csv"];
    let mapping = csv::Mapping { encoding: None, ..sketch(&fixture("csv/bank-utf8.csv")).unwrap().mapping };
    let headers: Vec<_> = names
        .iter()
        .map(|name| {
            let bytes = fixture(&format!("csv/{name}"));
            header_of(&bytes[..bytes.len() - 3], &mapping).unwrap()
        })
        .collect();
    assert_eq!(headers[0][0], "bokföringsdag");
    assert!(headers.iter().all(|header| *header == headers[0]), "{headers:?}");
    let numbered = Mapping { header: false, ..mapping };
    assert_eq!(header_of(&fixture("csv/bank-utf8.csv"), &numbered), None);
}

proptest! {
    #[test]
    fn any_table_is_sketched_and_shown_without_panic(
        name in prop::sample::select(vec!["bank-utf8.csv", "bank-utf16.csv", "danish.csv", "no-header.txt", "left.csv"]),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = fixture(&format!("csv/{name}"));
        for (place, byte) in edits {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        let bare = Mapping::parse(BARE).unwrap();
        let _ = preview(&bytes, &bare, 5);
        let _ = header_of(&bytes, &bare);
        if let Ok(guess) = sketch(&bytes) {
            let seen = preview(&bytes, &guess.mapping, 5).unwrap();
            prop_assert_eq!(seen.refusal.filter(|why| why.code == "csv.column_missing"), None);
        }
    }
}
