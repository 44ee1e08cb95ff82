//! What is told of each imported file, to the command line and to the window.

use crate::{
    documents::finding_view,
    view::{ImportResult, ImportStatus},
};
use attest_cache::documents::DocumentRow;
use attest_domain::{
    Digest, Finding, Severity,
    finding::{Parameters, Refusal},
};
use serde::Serialize;

/// What became of one file, as the command line prints it (DESIGN §11).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileReport {
    /// File name as given.
    pub file: String,
    /// Digest, where the file could be read.
    pub sha256: Option<Digest>,
    /// Format with version.
    pub format: Option<String>,
    /// `new`, `already-here`, `refused`; `waiting` only where tables are asked about.
    pub status: &'static str,
    /// Statements in it.
    pub statements: u64,
    /// Entries in it.
    pub entries: u64,
    /// Transactions inside entries.
    pub transactions: u64,
    /// Vouchers in it.
    pub vouchers: u64,
    /// Ledger lines in it that count.
    pub ledger_lines: u64,
    /// Remarks.
    pub findings: Vec<FindingReport>,
}

/// A remark as the command line prints it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FindingReport {
    /// Code.
    pub code: String,
    /// Severity.
    pub severity: Severity,
    /// Line from 1.
    pub line: Option<u64>,
    /// Path.
    pub path: Option<String>,
    /// Sentence.
    pub message: String,
    /// The values in the sentence, for those who translate it; the command line does not.
    #[serde(skip)]
    pub parameters: Parameters,
}

impl From<Finding> for FindingReport {
    fn from(finding: Finding) -> Self {
        let Finding { code, severity, line, path, message, span: _, parameters } = finding;
        Self { code: code.into_owned(), severity, line, path, message, parameters }
    }
}

pub(super) fn count_findings(findings: &[Finding]) -> [u64; 3] {
    let of =
        |severity: Severity| findings.iter().filter(|finding| finding.severity == severity).count() as u64;
    [of(Severity::Error), of(Severity::Warning), of(Severity::Info)]
}

pub(super) fn unread(name: &str, refusal: Refusal) -> FileReport {
    refused(name, refusal.into_finding())
}

pub(super) fn refused(name: &str, finding: Finding) -> FileReport {
    FileReport { findings: vec![finding.into()], ..nothing(name, "refused") }
}

/// A table that was put aside.
pub(super) fn waiting(name: &str, sha256: &Digest) -> FileReport {
    FileReport { sha256: Some(*sha256), ..nothing(name, "waiting") }
}

fn nothing(name: &str, status: &'static str) -> FileReport {
    FileReport {
        file: name.to_owned(),
        sha256: None,
        format: None,
        status,
        statements: 0,
        entries: 0,
        transactions: 0,
        vouchers: 0,
        ledger_lines: 0,
        findings: Vec::new(),
    }
}

pub(super) fn already_here(name: &str, document: &DocumentRow, findings: Vec<Finding>) -> FileReport {
    FileReport {
        file: name.to_owned(),
        sha256: Some(document.sha256),
        format: Some(document.format.clone()),
        status: "already-here",
        statements: document.statements,
        entries: document.entries,
        transactions: document.transactions,
        vouchers: document.vouchers,
        ledger_lines: document.ledger_lines,
        findings: findings.into_iter().map(FindingReport::from).collect(),
    }
}

pub(super) fn result(report: &FileReport) -> ImportResult {
    let count = |severity: Severity| {
        report.findings.iter().filter(|finding| finding.severity == severity).count() as u64
    };
    let status = match report.status {
        "new" => ImportStatus::New,
        "already-here" => ImportStatus::AlreadyHere,
        "waiting" => ImportStatus::Waiting,
        _ => ImportStatus::Refused,
    };
    let message = || {
        let finding = report.findings.first()?;
        Some(match finding.line {
            Some(line) => format!("Line {line}: {}", finding.message),
            None => finding.message.clone(),
        })
    };
    ImportResult {
        file: report.file.clone(),
        status,
        lines: report.entries + report.ledger_lines,
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        message: if status == ImportStatus::Refused { message() } else { None },
        finding: if status == ImportStatus::Refused {
            report.findings.first().cloned().map(finding_view)
        } else {
            None
        },
    }
}

pub(super) fn cancelled(name: &str) -> ImportResult {
    ImportResult {
        file: name.to_owned(),
        status: ImportStatus::Cancelled,
        lines: 0,
        errors: 0,
        warnings: 0,
        message: None,
        finding: None,
    }
}
