//! The documents of a workspace and the remarks about them.

use crate::{
    Desk,
    error::DeskError,
    import::FindingReport,
    view::{DocumentView, DocumentsView, FindingView, ImportStatus},
};
use attest_cache::documents::DocumentRow;
use attest_domain::{Severity, limits::PAGE_ROWS_MAX};

impl Desk {
    /// A page of documents, newest first.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or what the database says.
    pub async fn list_documents(&self, offset: u64, limit: u32) -> Result<DocumentsView, DeskError> {
        let session = self.session().await?;
        let (total, rows) = session.cache.list_documents(offset, limit.min(PAGE_ROWS_MAX)).await?;
        Ok(DocumentsView { total, rows: rows.into_iter().map(document_view).collect() })
    }

    /// The remarks about a document, worst first.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or what the database says.
    pub async fn list_findings(&self, document: i64) -> Result<Vec<FindingView>, DeskError> {
        let session = self.session().await?;
        Ok(session.cache.list_findings(document).await?.into_iter().map(finding_view).collect())
    }
}

fn document_view(row: DocumentRow) -> DocumentView {
    DocumentView {
        id: row.id,
        code: row.sha256.short(),
        sha256: row.sha256.to_string(),
        name: row.name,
        format: row.format,
        bytes: row.bytes,
        imported_at: row.imported_at,
        status: if row.refused { ImportStatus::Refused } else { ImportStatus::New },
        statements: row.statements,
        entries: row.entries,
        ledger_lines: row.ledger_lines,
        errors: row.findings[0],
        warnings: row.findings[1],
        infos: row.findings[2],
        log_seq: row.event_seq,
    }
}

/// A remark for the window.
pub(crate) fn finding_view(finding: impl Into<FindingReport>) -> FindingView {
    let finding = finding.into();
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    FindingView {
        code: finding.code,
        severity: severity.to_owned(),
        line: finding.line,
        path: finding.path,
        message: finding.message,
        parameters: finding.parameters.into_iter().map(|(name, value)| (name.into_owned(), value)).collect(),
    }
}
