//! Every shared SIE sample against figures worked out apart from the program (tests/fixtures/expected).

use crate::lines_support::{Content, content, corpus, samples};
use attest_domain::{
    Amount,
    ledger::{LedgerBalanceKind, LedgerLineStatus},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn described(content: &Content) -> Value {
    let book = &content.books[0];
    let balances: serde_json::Map<_, _> = [
        ("IB", LedgerBalanceKind::Opening),
        ("UB", LedgerBalanceKind::Closing),
        ("RES", LedgerBalanceKind::Result),
        ("OIB", LedgerBalanceKind::ObjectOpening),
        ("OUB", LedgerBalanceKind::ObjectClosing),
        ("PSALDO", LedgerBalanceKind::Period),
        ("PBUDGET", LedgerBalanceKind::Budget),
    ]
    .into_iter()
    .map(|(name, kind)| {
        (name.to_owned(), json!(book.balances.iter().filter(|balance| balance.kind == kind).count()))
    })
    .collect();
    let with = |status| content.lines.iter().filter(move |line| line.status == status);
    let mut sums = BTreeMap::<&str, Amount>::new();
    for line in with(LedgerLineStatus::Normal) {
        *sums.entry(&line.account).or_default() += line.amount;
    }
    let encoding = content.findings.iter().find(|finding| finding.code == "encoding.unexpected");
    let encoding = match encoding.map(|finding| finding.message.as_str()) {
        Some(message) if message.contains("UTF-8") => "UTF-8",
        Some(_) => "Latin",
        None => "CP437",
    };
    json!({
        "encoding": encoding, "format": content.format, "company": book.company,
        "accounts": book.accounts.len(), "dimensions": book.dimensions.len(), "objects": book.objects.len(),
        "years": book.years.len(), "balances": balances, "vouchers": content.vouchers.len(),
        "unbalanced": content.findings.iter().filter(|finding| finding.code == "voucher.unbalanced").count(),
        "lines": with(LedgerLineStatus::Normal).count(), "added": with(LedgerLineStatus::Added).count(),
        "removed": with(LedgerLineStatus::Removed).count(),
        "sums": sums.iter().map(|(account, sum)| ((*account).to_owned(), json!(sum.to_string()))).collect::<serde_json::Map<_, _>>(),
    })
}

#[test]
fn every_sample_reads_with_the_figures_worked_out_by_hand() {
    for (name, mut expected, bytes) in corpus("sie") {
        let content = content(&bytes).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        if let Some(checksum) = expected.as_object_mut().unwrap().remove("checksum") {
            assert_eq!(
                content.has("sie.checksum_differs"),
                checksum["stated"] != checksum["computed"],
                "{name}"
            );
            if content.has("sie.checksum_differs") {
                assert!(
                    content.the("sie.checksum_differs").message.contains(&checksum["computed"].to_string())
                );
            }
        }
        let mut described = described(&content);
        for figures in [&mut described, &mut expected] {
            // Sums are compared as numbers: the scale follows the order of addition.
            for (_, sum) in figures["sums"].as_object_mut().unwrap() {
                *sum = json!(Amount::parse(sum.as_str().unwrap()).unwrap().normalized().to_string());
            }
        }
        assert_eq!(described, expected, "{name}");
    }
}

#[test]
fn the_known_faults_of_the_samples_are_found() {
    let faults: &[(&str, &[&str])] = &[
        ("Sie4j-bl-2021-utf8-crlf.se", &["encoding.letters_lost", "encoding.unexpected"]),
        ("Sie4j-blblov-2-errors.se", &["sie.value_missing", "ledger_account.number_invalid"]),
        ("Sie4j-blblov-4e-missing-sru.se", &["sie.value_missing"]),
        ("Sie4j-kassasystem-4i-bad-date.si", &["voucher.date_invalid", "sie.unquoted"]),
        ("Sie4j-kassasystem-4i-imbalanced.si", &["voucher.unbalanced", "sie.already_read"]),
        ("jsisie-softone-xe-4e.se", &["voucher.unbalanced"]),
        ("sie-barsoom-4e.se", &["voucher.unbalanced"]),
        ("sie4sdk-sie4sdk-4e-ksumma.si", &["sie.checksum_differs"]),
    ];
    for (name, bytes) in samples("sie") {
        let content = content(&bytes).unwrap();
        for code in faults.iter().filter(|fault| fault.0 == name).flat_map(|fault| fault.1) {
            assert!(content.has(code), "{name} lacks {code}: {:?}", content.codes());
        }
    }
}

#[test]
fn spans_of_lines_and_vouchers_lead_back_to_their_records() {
    for (name, bytes) in samples("sie") {
        let content = content(&bytes).unwrap();
        let cut = |span: attest_domain::Span| {
            &bytes[usize::try_from(span.start).unwrap()..usize::try_from(span.end).unwrap()]
        };
        for voucher in &content.vouchers {
            let text = cut(voucher.span).trim_ascii();
            assert!(text.starts_with(b"#VER") && text.ends_with(b"}"), "{name} {voucher:?}");
        }
        for line in &content.lines {
            let text = cut(line.span).trim_ascii_start();
            let label: &[u8] = match line.status {
                LedgerLineStatus::Normal => b"#TRANS",
                LedgerLineStatus::Added => b"#RTRANS",
                LedgerLineStatus::Removed => b"#BTRANS",
            };
            assert!(text.starts_with(label) && !text.contains(&b'\n'), "{name} {line:?}");
        }
    }
}
