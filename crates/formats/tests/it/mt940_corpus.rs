//! Every shared MT940 and MT942 sample against figures worked out apart from the program.

use crate::lines_support::{content, corpus};
use attest_domain::statement::BalanceCheck;
use serde_json::{Value, json};

fn number(value: &Value) -> Value {
    match value.as_str() {
        Some(text) => json!(attest_domain::Amount::parse(text).unwrap().normalized().to_string()),
        None => Value::Null,
    }
}

#[test]
fn every_sample_reads_with_the_figures_worked_out_by_hand() {
    for (name, expected, bytes) in corpus("mt940") {
        let content = content(&bytes).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        assert_eq!(content.format, expected["format"], "{name}");
        let wanted = expected["statements"].as_array().unwrap();
        assert_eq!(content.statements.len(), wanted.len(), "{name}");
        for (statement, wanted) in content.statements.iter().zip(wanted) {
            let place = format!("{name} statement {}", statement.ordinal);
            let shown = |amount: attest_domain::Amount| json!(amount.normalized().to_string());
            assert_eq!(json!(statement.electronic_sequence), wanted["sequence"], "{place}");
            assert_eq!(json!(statement.opening.map(shown)), json!(number(&wanted["opening"])), "{place}");
            assert_eq!(json!(statement.closing.map(shown)), json!(number(&wanted["closing"])), "{place}");
            assert_eq!(shown(statement.sum), number(&wanted["sum"]), "{place}");
            assert_eq!(json!(statement.account.currency), wanted["currency"], "{place}");
            assert_eq!(json!(statement.balance), wanted["balance"], "{place}");
            assert_eq!(
                content.findings.iter().filter(|f| f.code == "statement.balance_broken").count(),
                content.statements.iter().filter(|s| s.balance == BalanceCheck::Broken).count(),
            );
            let entries: Vec<_> =
                content.entries.iter().filter(|entry| entry.statement == statement.ordinal).collect();
            assert_eq!(entries.len() as u64, statement.entries, "{place}");
            let wanted = wanted["entries"].as_array().unwrap();
            assert_eq!(entries.len(), wanted.len(), "{place}");
            for (entry, wanted) in entries.iter().zip(wanted) {
                assert_eq!(shown(entry.amount), number(&wanted["amount"]), "{place}");
                let value = entry.valued.unwrap().strftime("%y%m%d").to_string();
                let clamped = content.has("entry.date_invalid");
                assert!(clamped || value == wanted["value"].as_str().unwrap(), "{place} {value}");
                let code = entry.bank_code.as_ref().unwrap().proprietary.clone().unwrap();
                assert_eq!(code.split('+').next().unwrap(), wanted["type"].as_str().unwrap(), "{place}");
                let start = usize::try_from(entry.span.start).unwrap();
                assert!(bytes[start..].starts_with(b":61:"), "{place}");
            }
        }
    }
}
