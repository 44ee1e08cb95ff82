//! What the camt tests share: reading a document whole, and the figures that are compared.

use attest_domain::{
    Digest, Finding,
    finding::Refusal,
    statement::{Entry, Statement},
};
use attest_formats::{Format, Item, Outcome, ReadContext, read};
use std::ops::ControlFlow;

/// Everything a document turned into.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Reading {
    pub(crate) format: Option<Format>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) statements: Vec<Statement>,
    pub(crate) findings: Vec<Finding>,
}

impl Reading {
    pub(crate) fn codes(&self) -> Vec<&str> {
        self.findings.iter().map(|finding| finding.code.as_ref()).collect()
    }
}

/// Reads a document with a fixed digest.
pub(crate) fn read_all(bytes: &[u8]) -> Result<Reading, Refusal> {
    let context = ReadContext { digest: Digest([7; 32]), csv_mapping: None };
    let mut reading = Reading::default();
    let outcome = read(bytes, &context, &mut |item| {
        match item {
            Item::Entry(entry) => reading.entries.push(*entry),
            Item::Statement(statement) => reading.statements.push(*statement),
            Item::Finding(finding) => reading.findings.push(finding),
            Item::Book(_) | Item::Voucher(_) | Item::LedgerLine(_) => {
                panic!("a camt message holds no ledger")
            }
        }
        ControlFlow::Continue(())
    })?;
    match outcome {
        Outcome::Read(format) => reading.format = Some(format),
        Outcome::Cancelled => panic!("nobody cancelled"),
    }
    Ok(reading)
}
