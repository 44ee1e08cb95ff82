//! Every shared BgMax sample against figures worked out apart from the program.

use crate::lines_support::{content, corpus};
use attest_domain::statement::StatementKind;
use serde_json::json;

#[test]
fn every_sample_reads_with_the_figures_worked_out_by_hand() {
    for (name, wanted, bytes) in corpus("bgmax") {
        let content = content(&bytes).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        assert_eq!(content.format, "BgMax 1");
        assert_eq!(!content.has("bgmax.totals_differ"), wanted["totals_agree"], "{name}");
        let deposits = wanted["deposits"].as_array().unwrap();
        assert_eq!(
            (content.statements.len(), content.entries.len()),
            (deposits.len(), deposits.len()),
            "{name}"
        );
        for ((statement, entry), wanted) in content.statements.iter().zip(&content.entries).zip(deposits) {
            assert_eq!(statement.kind, StatementKind::Notification);
            assert_eq!(
                (&json!(statement.account.other), statement.account.scheme.as_deref()),
                (&wanted["bankgiro"], Some("BGNR"))
            );
            assert_eq!(json!(statement.electronic_sequence), wanted["serial"], "{name}");
            assert_eq!(json!(entry.amount.minor(2)), wanted["amount"], "{name}");
            assert_eq!(json!(entry.currency), wanted["currency"], "{name}");
            // One publisher's anonymised file has a date in the year 1010.
            let implausible = wanted["date"].as_str().unwrap().starts_with("1010");
            assert_eq!(
                entry.booked.map(|date| date.to_string()).map_or(json!("1010-03-24"), |date| json!(date)),
                wanted["date"]
            );
            assert_eq!(implausible, entry.booked.is_none());
            let (plus, minus): (Vec<_>, Vec<_>) = entry
                .transactions
                .iter()
                .map(|transaction| transaction.amount.unwrap())
                .partition(|amount| !amount.is_negative());
            assert_eq!(
                (json!(plus.len()), json!(minus.len())),
                (wanted["payments"].clone(), wanted["deductions"].clone())
            );
            let sum: attest_domain::Amount = plus.into_iter().chain(minus).sum();
            assert_eq!(json!(sum.minor(2)), wanted["sum"], "{name}");
            let extra: usize = entry.transactions.iter().map(|transaction| transaction.documents.len()).sum();
            assert_eq!(json!(extra), wanted["extra"], "{name}");
            assert!(
                !content.has("entry.batch_total_differs") && !content.has("entry.batch_count_differs"),
                "{name}"
            );
        }
    }
}
