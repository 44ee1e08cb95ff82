//! Every real camt file under `shared/samples` reads with the figures that `derive_camt.py` worked out from it.

use crate::camt_support::{Reading, read_all};
use attest_domain::{
    Amount,
    statement::{BalanceCheck, Entry, EntryStatus, Statement},
};
use attest_testkit::find_shared;
use serde_json::{Value, json};
use std::fs;

/// The spelling of the expected files: no superfluous zeros.
fn plain(amount: Amount) -> String {
    if amount.is_zero() { "0".to_owned() } else { amount.normalized().to_string() }
}

fn entry_figures(entry: &Entry) -> Value {
    let each = |figure: &dyn Fn(&attest_domain::statement::Transaction) -> Value| {
        entry.transactions.iter().map(figure).collect::<Vec<_>>()
    };
    let structured: Vec<&str> = entry
        .transactions
        .iter()
        .flat_map(|one| &one.refs.structured)
        .map(|reference| reference.value.as_str())
        .collect();
    json!({
        "amount": plain(entry.amount),
        "currency": entry.currency.code(),
        "status": match entry.status {
            EntryStatus::Booked => "booked",
            EntryStatus::Pending => "pending",
            EntryStatus::Info => "info",
        },
        "reversal": entry.reversal,
        "booked": entry.booked.map(|date| date.to_string()),
        "valued": entry.valued.map(|date| date.to_string()),
        "servicer_reference": entry.servicer_reference,
        "transactions": each(&|one| json!(one.amount.map(plain))),
        "end_to_end": each(&|one| json!(one.refs.end_to_end)),
        "structured": structured,
        "counterparties": each(&|one| json!([one.counterparty.name, one.counterparty.account])),
    })
}

fn statement_figures(statement: &Statement, reading: &Reading) -> Value {
    let entries: Vec<&Entry> =
        reading.entries.iter().filter(|entry| entry.statement == statement.ordinal).collect();
    let path = |finding: &attest_domain::Finding| finding.path.clone().unwrap_or_default();
    let left_out = reading
        .findings
        .iter()
        .filter(|finding| finding.code == "entry.unreadable")
        .filter(|finding| path(finding).contains(&format!("[{}]/Ntry", statement.ordinal)))
        .count();
    assert_eq!(statement.entries, entries.len() as u64);
    json!({
        "reference": statement.reference,
        "account": statement.account.iban.as_ref().or(statement.account.other.as_ref()),
        "sequence": statement.electronic_sequence,
        "opening": statement.opening.map(plain),
        "closing": statement.closing.map(plain),
        "sum": plain(statement.sum),
        "balance": match statement.balance {
            BalanceCheck::Ok => "ok",
            BalanceCheck::Broken => "broken",
            BalanceCheck::Uncheckable => "uncheckable",
        },
        "entries": entries.len(),
        "left_out": left_out,
        "transactions": entries.iter().map(|entry| entry.transactions.len()).sum::<usize>(),
        "first": entries.first().map(|entry| entry_figures(entry)),
        "last": entries.last().map(|entry| entry_figures(entry)),
    })
}

/// Every span leads to the element it is said to be of.
fn check_spans(bytes: &[u8], reading: &Reading) {
    let cut = |span: attest_domain::Span| {
        let range = usize::try_from(span.start).unwrap()..usize::try_from(span.end).unwrap();
        std::str::from_utf8(&bytes[range]).unwrap()
    };
    for entry in &reading.entries {
        let text = cut(entry.span);
        assert!(text.starts_with('<') && text.ends_with("Ntry>"), "{text:.80}");
        for transaction in &entry.transactions {
            let text = cut(transaction.span);
            assert!(text.ends_with("TxDtls>") || text == "<TxDtls/>", "{text:.80}");
        }
    }
    for statement in &reading.statements {
        let text = cut(statement.span);
        assert!(["Stmt>", "Rpt>", "Ntfctn>"].iter().any(|end| text.ends_with(end)));
    }
}

fn check_folder(folder: &str) {
    let Some(samples) = find_shared("samples", folder) else { return };
    let expected = format!("{}/../../tests/fixtures/expected/{folder}.json", env!("CARGO_MANIFEST_DIR"));
    let expected: Value = serde_json::from_slice(&fs::read(expected).unwrap()).unwrap();
    let mut names: Vec<String> = fs::read_dir(samples.join(folder))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".xml"))
        .collect();
    names.sort();
    assert_eq!(names, expected.as_object().unwrap().keys().cloned().collect::<Vec<_>>());
    for name in names {
        let bytes = fs::read(samples.join(folder).join(&name)).unwrap();
        let reading = read_all(&bytes).unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"));
        check_spans(&bytes, &reading);
        let statements: Vec<Value> =
            reading.statements.iter().map(|one| statement_figures(one, &reading)).collect();
        let mut expected = expected[&name].clone();
        for statement in expected["statements"].as_array_mut().unwrap() {
            statement.as_object_mut().unwrap().remove("currency");
        }
        let read = json!({ "format": reading.format.unwrap().name, "statements": statements });
        assert_eq!(read, expected, "{name}");
    }
}

#[test]
fn every_camt052_sample_reads_as_worked_out() {
    check_folder("camt052");
}

#[test]
fn every_camt053_sample_reads_as_worked_out() {
    check_folder("camt053");
}

#[test]
fn every_file_of_the_camt053_series_reads_as_worked_out() {
    check_folder("camt053-series");
}

#[test]
fn every_camt054_sample_reads_as_worked_out() {
    check_folder("camt054");
}

#[test]
fn the_series_is_an_unbroken_chain_per_account() {
    let Some(samples) = find_shared("samples", "the series") else { return };
    let mut names: Vec<_> =
        fs::read_dir(samples.join("camt053-series")).unwrap().map(|file| file.unwrap().path()).collect();
    names.sort();
    let mut closings: std::collections::BTreeMap<String, Amount> = std::collections::BTreeMap::new();
    let mut links = 0;
    for name in names {
        for statement in read_all(&fs::read(name).unwrap()).unwrap().statements {
            assert_eq!(statement.balance, BalanceCheck::Ok);
            let account = statement.account.iban.clone().or(statement.account.other.clone()).unwrap();
            if let Some(before) = closings.insert(account, statement.closing.unwrap()) {
                assert_eq!(statement.opening, Some(before));
                links += 1;
            }
        }
    }
    assert_eq!((closings.len(), links), (2, 38));
}
