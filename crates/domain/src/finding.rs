//! What was noticed about a document: the alternative to dropping something in silence.

use crate::ids::Span;
use serde::{Deserialize, Serialize};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing, nothing to do.
    Info,
    /// Read, but something about it is odd: a failed check digit, an unusual spelling.
    Warning,
    /// A figure cannot be trusted until somebody has looked: a broken balance, an unreadable row.
    Error,
}

/// One remark about a document, precise enough to find the place in a text editor.
///
/// `code` is stable and dotted, `subject.what` in lower case (`statement.balance_broken`);
/// interfaces translate it. `message` is the English sentence with the figures filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable name of the kind of remark.
    pub code: std::borrow::Cow<'static, str>,
    /// How much it matters.
    pub severity: Severity,
    /// Line in the original file, counted from 1.
    pub line: Option<u64>,
    /// Path of the element (`Stmt[1]/Ntry[3]/Amt`), record label or column.
    pub path: Option<String>,
    /// What happened and what to do, in one or two plain sentences.
    pub message: String,
    /// The bytes concerned, where there are any.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub span: Option<Span>,
}

impl Finding {
    /// A finding without a place; add one with [`Finding::at`].
    #[must_use]
    pub fn new(code: &'static str, severity: Severity, message: impl Into<String>) -> Self {
        Self { code: code.into(), severity, line: None, path: None, message: message.into(), span: None }
    }

    /// Adds the line (from 1) and the path.
    #[must_use]
    pub fn at(mut self, line: u64, path: impl Into<String>) -> Self {
        self.line = Some(line);
        self.path = Some(path.into());
        self
    }

    /// Adds the bytes concerned.
    #[must_use]
    pub fn spanning(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }
}

/// Why a document is refused whole: nothing of it enters the workspace but the refusal event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// Stable dotted name of the reason (`xml.doctype`, `xml.truncated`, `format.unknown`).
    pub code: std::borrow::Cow<'static, str>,
    /// Line in the file, counted from 1.
    pub line: Option<u64>,
    /// Path or record where reading stopped.
    pub path: Option<String>,
    /// What happened and what to do next.
    pub message: String,
}

impl Refusal {
    /// A refusal without a place.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: code.into(), line: None, path: None, message: message.into() }
    }

    /// Adds the line (from 1) and the path.
    #[must_use]
    pub fn at(mut self, line: u64, path: impl Into<String>) -> Self {
        self.line = Some(line);
        self.path = Some(path.into());
        self
    }

    /// The refusal as a finding, for lists that show both.
    #[must_use]
    pub fn into_finding(self) -> Finding {
        Finding {
            code: self.code,
            severity: Severity::Error,
            line: self.line,
            path: self.path,
            message: self.message,
            span: None,
        }
    }
}
