//! What the tests of the line-based readers share: reading a document whole, samples, expected figures.

use attest_domain::{
    Digest, Finding,
    finding::Refusal,
    ledger::{LedgerBook, LedgerLine, Voucher},
    statement::{Entry, Statement},
};
use attest_formats::{Item, Outcome, ReadContext, csv::Mapping, read};
use attest_testkit::find_shared;
use sha2::{Digest as _, Sha256};
use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};

/// Everything a document gave, sorted by kind.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) format: String,
    pub(crate) books: Vec<LedgerBook>,
    pub(crate) vouchers: Vec<Voucher>,
    pub(crate) lines: Vec<LedgerLine>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) statements: Vec<Statement>,
    pub(crate) findings: Vec<Finding>,
}

impl Content {
    pub(crate) fn codes(&self) -> Vec<&str> {
        self.findings.iter().map(|finding| finding.code.as_ref()).collect()
    }

    pub(crate) fn has(&self, code: &str) -> bool {
        self.findings.iter().any(|finding| finding.code == code)
    }

    /// The only finding with this code.
    pub(crate) fn the(&self, code: &str) -> &Finding {
        let mut found = self.findings.iter().filter(|finding| finding.code == code);
        let first = found.next().unwrap_or_else(|| panic!("no finding {code} among {:?}", self.codes()));
        assert!(found.next().is_none(), "{code} comes once");
        first
    }
}

/// Reads a document as the product does.
pub(crate) fn content(bytes: &[u8]) -> Result<Content, Refusal> {
    content_with(bytes, None)
}

/// Reads a document with a CSV mapping.
pub(crate) fn content_with(bytes: &[u8], csv_mapping: Option<&Mapping>) -> Result<Content, Refusal> {
    let mut content = Content::default();
    let context = ReadContext { digest: Digest(Sha256::digest(bytes).into()), csv_mapping };
    let outcome = read(bytes, &context, &mut |item| {
        match item {
            Item::Entry(entry) => content.entries.push(*entry),
            Item::Statement(statement) => content.statements.push(*statement),
            Item::Book(book) => content.books.push(*book),
            Item::Voucher(voucher) => content.vouchers.push(*voucher),
            Item::LedgerLine(line) => content.lines.push(*line),
            Item::Finding(finding) => content.findings.push(finding),
        }
        ControlFlow::Continue(())
    })?;
    match outcome {
        Outcome::Read(format) => content.format = format.name,
        Outcome::Cancelled => panic!("nobody cancelled"),
    }
    Ok(content)
}

/// The repository's fixtures.
pub(crate) fn fixture(path: &str) -> Vec<u8> {
    let file = fixtures().join(path);
    std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

pub(crate) fn fixtures() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures")).to_path_buf()
}

/// Expected figures by file name.
pub(crate) fn expected(name: &str) -> serde_json::Map<String, serde_json::Value> {
    let value: serde_json::Value =
        serde_json::from_slice(&fixture(&format!("expected/{name}.json"))).unwrap();
    value.as_object().unwrap().clone()
}

/// The shared samples of one family by file name; says so and gives none where they are not at hand.
pub(crate) fn samples(family: &str) -> Vec<(String, Vec<u8>)> {
    let Some(folder) = find_shared(&format!("samples/{family}"), &format!("the {family} corpus")) else {
        return Vec::new();
    };
    let mut samples: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap())
        .map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap()))
        .collect();
    samples.sort();
    samples
}

/// The samples and the repository's own fixtures for which figures were worked out, by file name.
pub(crate) fn corpus(family: &str) -> Vec<(String, serde_json::Value, Vec<u8>)> {
    let mut expected = expected(family);
    let samples = samples(family);
    let with_samples = !samples.is_empty();
    let own = std::fs::read_dir(fixtures().join(family)).unwrap().map(|file| file.unwrap());
    let own = own.map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap()));
    let found: Vec<_> = samples
        .into_iter()
        .chain(own)
        .filter_map(|(name, bytes)| expected.remove(&name).map(|figures| (name, figures, bytes)))
        .collect();
    assert!(!found.is_empty() && (expected.is_empty() || !with_samples), "not found: {:?}", expected.keys());
    found
}
