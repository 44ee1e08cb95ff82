//! What the MT940 and MT942 reader makes of every oddity, on fixtures of our own.

use crate::lines_support::{Content, content, fixture};
use attest_domain::{
    Amount, Date,
    statement::{BalanceCheck, EntryStatus, StatementKind},
};
use attest_formats::{detect, mt940};
use proptest::prelude::*;

fn read(name: &str) -> Content {
    content(&fixture(&format!("mt940/{name}"))).unwrap_or_else(|refusal| panic!("{name}: {refusal}"))
}

fn amount(text: &str) -> Amount {
    Amount::parse(text).unwrap()
}

fn day(text: &str) -> Option<Date> {
    Some(text.parse().unwrap())
}

#[test]
fn signs_dates_and_references_of_the_first_statement_are_right() {
    let content = read("oddities.sta");
    let entries: Vec<_> = content.entries.iter().filter(|entry| entry.statement == 0).collect();
    let amounts: Vec<_> = entries.iter().map(|entry| entry.amount.to_string()).collect();
    assert_eq!(amounts, ["-250.00", "1250", "-50.00", "25.50", "0.00"], "RC takes away and RD gives back");
    assert_eq!(
        entries.iter().map(|entry| entry.reversal).collect::<Vec<_>>(),
        [false, false, true, true, false]
    );
    let booked: Vec<_> = entries.iter().map(|entry| entry.booked).collect();
    let expected =
        [day("2024-01-02"), day("2024-01-02"), day("2023-12-31"), day("2024-01-03"), day("2023-02-28")];
    assert_eq!(booked, expected, "the entry date crosses the year either way");
    assert_eq!(entries[0].valued, day("2023-12-31"));
    assert_eq!(entries[0].servicer_reference.as_deref(), Some("BANK-1"));
    assert_eq!(entries[0].reference, None);
    assert_eq!(entries[0].text().as_deref(), Some("Hyra januari lokal 12"));
    assert_eq!(entries[1].reference.as_deref(), Some("Invoice 17"));
    assert_eq!(
        entries[1].text().as_deref(),
        Some("/OCMT/ Invoice 17"),
        "without a text the references speak"
    );
    let details = &entries[2].transactions[0];
    assert_eq!(details.refs.end_to_end.as_deref(), Some("E2E-77"));
    assert_eq!(
        (details.counterparty.name.as_deref(), details.counterparty.account.as_deref()),
        (Some("Kund AS"), Some("NO9386011117947"))
    );
    assert_eq!(details.remittance, ["Faktura 17"]);
    assert_eq!(entries[4].text().as_deref(), Some("ränta"));
}

#[test]
fn statements_carry_account_sequence_balances_and_their_arithmetic() {
    let content = read("oddities.sta");
    assert_eq!(content.format, "MT940");
    let [first, second, third] = content.statements.as_slice() else { panic!("three statements") };
    assert_eq!(first.account.other.as_deref(), Some("1234-56-78901"));
    assert_eq!(first.account.servicer.as_deref(), Some("DABASESX"));
    assert_eq!(
        first.account.iban.as_deref(),
        Some("SE4550000000058398257466"),
        "the bank's note tells the IBAN"
    );
    assert_eq!((first.electronic_sequence, first.page), (Some(42), Some((1, true))));
    assert_eq!(
        first.balances.iter().map(|balance| balance.kind.as_str()).collect::<Vec<_>>(),
        ["OPBD", "CLBD", "CLAV", "FWAV"]
    );
    assert_eq!(
        (first.sum, first.balance, first.kind),
        (amount("975.50"), BalanceCheck::Ok, StatementKind::Statement)
    );
    assert_eq!((first.from, first.to), (day("2023-12-29"), day("2024-01-04")));
    assert_eq!(
        (second.balance, second.electronic_sequence, second.page),
        (BalanceCheck::Broken, Some(43), None)
    );
    assert_eq!(content.the("statement.balance_broken").path.as_deref(), Some("MT[2]"));
    assert_eq!((third.opening, third.electronic_sequence), (Some(amount("-1.00")), None));
    assert_eq!(third.page, Some((2, false)), "an interim closing balance means that pages follow");
    assert_eq!(third.account.other.as_deref(), Some("5080-1"));
}

#[test]
fn everything_odd_is_a_finding() {
    let content = read("oddities.sta");
    assert_eq!(content.the("mt940.outside_message").line, Some(1));
    assert_eq!(content.the("statement.note").line, Some(7));
    assert_eq!(content.the("document.record_unknown").path.as_deref(), Some("MT[1]/:99:"));
    assert_eq!(content.the("entry.date_invalid").line, Some(16));
    assert!(content.the("entry.unreadable").message.contains("12,xx"));
    let wrong: Vec<_> =
        content.findings.iter().filter(|finding| finding.code == "account.check_digit").collect();
    assert_eq!(
        wrong.iter().map(|finding| finding.path.as_deref()).collect::<Vec<_>>(),
        [Some("MT[2]/:25:"), Some("MT[2]/61[1]")]
    );
}

#[test]
fn an_intraday_report_keeps_expected_entries_apart_and_checks_its_totals() {
    let content = read("intraday.sta");
    assert_eq!((content.format.as_str(), content.statements[0].kind), ("MT942", StatementKind::Report));
    let states: Vec<_> = content.entries.iter().map(|entry| entry.status).collect();
    assert_eq!(states, [EntryStatus::Booked, EntryStatus::Pending, EntryStatus::Booked]);
    assert_eq!(content.statements[0].sum, amount("70.00"), "what is expected is not summed");
    assert_eq!(content.statements[0].balance, BalanceCheck::Uncheckable);
    assert_eq!(content.statements[0].created.as_deref(), Some("2401051200+0100"));
    assert_eq!(content.the("statement.totals_differ").path.as_deref(), Some("MT[1]/:90C:"));
}

#[test]
fn a_statement_that_is_cut_off_is_refused() {
    let refusal = content(&fixture("mt940/truncated.sta")).unwrap_err();
    assert_eq!((refusal.code.as_ref(), refusal.line), ("document.truncated", Some(3)));
}

#[test]
fn a_redelivery_has_the_same_content_and_another_id() {
    let file = String::from_utf8(fixture("mt940/oddities.sta")).unwrap();
    let again = read("oddities.sta");
    let other = content(file.replace("STMT-0042", "STMT-9042").replace("\r\n", "\n").as_bytes()).unwrap();
    assert_eq!(other.statements[0].content, again.statements[0].content);
    assert_ne!(other.entries[0].id, again.entries[0].id);
    let changed = content(file.replace("Hyra januari", "Hyra februari").as_bytes()).unwrap();
    assert_ne!(changed.statements[0].content, again.statements[0].content);
}

#[test]
fn latin_text_is_read_where_the_file_is_no_utf_8() {
    let text = ":20:X\n:25:1\n:28C:1\n:60F:C240101SEK1,\n:61:240102C1,NTRFNONREF\n:86:Försäljning\n:62F:C240102SEK2,\n-\n";
    let latin = content(&encoding_rs::WINDOWS_1252.encode(text).0).unwrap();
    assert_eq!(latin.entries[0].text().as_deref(), Some("Försäljning"));
}

#[test]
fn only_swift_messages_are_taken_for_swift_messages() {
    assert_eq!(detect(&fixture("mt940/oddities.sta")).unwrap().name, "MT940");
    assert_eq!(detect(&fixture("mt940/intraday.sta")).unwrap().name, "MT942");
    for text in [
        "",
        ":20:x",
        ":20:x\n:25:y\n",
        "see :20: and :25: and :60F:",
        "<a>\n:20\n</a>",
        ":25:a\n:60F:b\n:20:c",
    ] {
        assert_eq!(mt940::detect(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn opening_plus_entries_is_the_closing_balance_that_is_accepted(minor in prop::collection::vec(-999_999_i64..999_999, 0..10), off in 0_i64..2) {
        let swift = |minor: i64| Amount::from_parts(minor.abs(), 2).to_string().replace('.', ",");
        let mark = |minor: i64| if minor < 0 { 'D' } else { 'C' };
        let lines: String = minor.iter().map(|m| format!(":61:2401020102{}{}NTRFNONREF\n", mark(*m), swift(*m))).collect();
        let closing = 1_000 + minor.iter().sum::<i64>() + off;
        let file = format!(
            ":20:X\n:25:1\n:28C:1\n:60F:C240101SEK10,00\n{lines}:62F:{}240102SEK{}\n-\n", mark(closing), swift(closing)
        );
        let content = content(file.as_bytes()).unwrap();
        let expected = if off == 0 { BalanceCheck::Ok } else { BalanceCheck::Broken };
        prop_assert_eq!(content.statements[0].balance, expected);
        prop_assert_eq!(content.entries.len(), minor.len());
    }

    #[test]
    fn a_spoilt_file_is_read_or_refused_without_panic(
        name in prop::sample::select(vec!["oddities.sta", "intraday.sta"]),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = fixture(&format!("mt940/{name}"));
        for (place, byte) in edits {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        let _ = content(&bytes);
    }

    #[test]
    fn any_statement_line_and_text_is_read_without_panic(line in ".{0,80}", text in ".{0,200}", words in "(/[A-Z]{3,4}/.{0,8}){0,6}") {
        let file = format!(":20:X\n:25:{line}\n:28C:1\n:60F:C240101SEK1,\n:61:{line}\n:86:{text}\n:61:240102C1,NTRF\n:86:{words}\n:61:240102C1,NTRF\n:86:166?20{text}\n:62F:C240101SEK1,\n-");
        let _ = content(file.as_bytes());
    }
}

#[test]
fn a_file_cut_before_its_last_closing_balance_is_refused() {
    let bytes = fixture("mt940/intraday.sta");
    let statement =
        b":20:X\n:25:1\n:28C:1\n:60F:C240101SEK1,\n:61:240102C1,NTRFNONREF\n:86:text\n:62F:C240102SEK2,\n";
    for cut in 1..statement.len() - 18 {
        assert!(content(&statement[..cut]).is_err(), "{}", String::from_utf8_lossy(&statement[..cut]));
    }
    for percent in 1..=100 {
        let _ = content(&bytes[..bytes.len() * percent / 100]);
    }
}

#[test]
fn fields_without_end_are_refused() {
    let head = ":20:X\n:25:1\n:28C:1\n:60F:C240101SEK1,\n";
    let long = format!("{head}:61:240102C1,NTRFNONREF\n:86:{}", "x\n".repeat(2_000));
    assert_eq!(content(long.as_bytes()).unwrap_err().code, "document.item_too_large");
    let many = format!("{head}{}", ":64:C240101SEK1,\n".repeat(20_000));
    assert_eq!(content(many.as_bytes()).unwrap_err().code, "document.item_too_large");
}
