//! The engine: how long ten thousand bank entries take against the ledger of the same company.

use crate::figure::{Bench, Figure, Goal, timed};
use anyhow::{Result, bail, ensure};
use attest_domain::{
    Digest,
    ledger::{LedgerLine, Voucher},
    reconciliation::{Line, LineReference, MatchRules},
    statement::{Entry, EntryStatus, References, Transaction},
};
use attest_formats::{Item, ReadContext};
use attest_tests::company;
use std::{collections::HashMap, fs, ops::ControlFlow, time::Duration};

pub(crate) const BENCHES: &[Bench] =
    &[Bench { name: "matching.10k", unit: "ms", goal: Goal::None, run: ten_thousand }];

/// Bank entries of the company.
const ENTRIES: u64 = 10_000;
/// The ledger account of the company's one bank account.
const LEDGER_ACCOUNT: &str = "1930";
const ROUNDS: u32 = 3;

fn ten_thousand() -> Result<Figure> {
    let folder = tempfile::tempdir()?;
    let entries = ENTRIES.to_string();
    let files = company::generate_with(folder.path(), &["--single-account", "12", "--entries", &entries])?;
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for (number, file) in files.iter().enumerate() {
        read_lines(&fs::read(file)?, number, &mut left, &mut right)?;
    }
    ensure!(left.len() > 9_000 && right.len() > 9_000, "{} and {} lines", left.len(), right.len());
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        best = best.min(timed(&mut || Ok(attest_matching::propose(&left, &right, &MatchRules::default())))?);
    }
    Ok(Figure { value: best.as_secs_f64() * 1e3, baseline: None })
}

/// Reads one document into lines of the side it belongs to.
fn read_lines(bytes: &[u8], number: usize, left: &mut Vec<Line>, right: &mut Vec<Line>) -> Result<()> {
    let context = ReadContext { digest: Digest([7; 32]), csv_mapping: None };
    let mut vouchers = HashMap::new();
    let outcome = attest_formats::read(bytes, &context, &mut |item| {
        match item {
            Item::Entry(entry) if entry.status == EntryStatus::Booked => {
                left.push(bank_line(&entry, format!("{number}-{}-{}", entry.statement, entry.ordinal)));
            }
            Item::Voucher(voucher) => {
                vouchers.insert(voucher.ordinal, voucher);
            }
            Item::LedgerLine(line) if line.account == LEDGER_ACCOUNT => {
                right.push(ledger_line(&line, vouchers.get(&line.voucher).map(AsRef::as_ref)));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    if let Err(refusal) = outcome {
        bail!("a generated file was refused: {refusal:?}");
    }
    Ok(())
}

fn bank_line(entry: &Entry, id: String) -> Line {
    let first = entry.transactions.first();
    Line {
        id,
        date: entry.booked,
        amount: entry.amount,
        currency: Some(entry.currency),
        references: entry.transactions.iter().flat_map(|transaction| references(&transaction.refs)).collect(),
        counterparty: first.and_then(|transaction| transaction.counterparty.name.clone()),
        counterparty_account: first.and_then(|transaction| transaction.counterparty.account.clone()),
        text: entry.transactions.iter().filter_map(Transaction::text).collect::<Vec<_>>().join(" "),
        group: entry.batch.as_ref().and_then(|batch| batch.payment_information.clone()),
        parts: Vec::new(),
    }
}

fn references(refs: &References) -> Vec<LineReference> {
    let end_to_end = refs.end_to_end.iter().map(|value| ("end_to_end", value));
    let structured = refs.structured.iter().map(|reference| ("structured", &reference.value));
    let line = |(kind, value): (&str, &String)| LineReference { kind: kind.to_owned(), value: value.clone() };
    end_to_end.chain(structured).map(line).collect()
}

fn ledger_line(line: &LedgerLine, voucher: Option<&Voucher>) -> Line {
    let text = line.text.clone().or_else(|| voucher.and_then(|voucher| voucher.text.clone()));
    Line {
        id: format!("{}-{}", line.voucher, line.ordinal),
        date: line.date,
        amount: line.amount,
        currency: Some(line.currency),
        references: Vec::new(),
        counterparty: None,
        counterparty_account: None,
        text: text.unwrap_or_default(),
        group: Some(line.voucher.to_string()),
        parts: Vec::new(),
    }
}
