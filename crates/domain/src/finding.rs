//! What was noticed about a document: the alternative to dropping something in silence.

use crate::{finding_codes, ids::Span};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap};

/// The figures and names a sentence was made with, by name, so that a window can say the same in its language.
pub type Parameters = BTreeMap<Cow<'static, str>, String>;

/// An English sentence together with the values in it; [`said!`](crate::said) makes both at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The sentence.
    pub message: String,
    /// What stands in its gaps.
    pub parameters: Parameters,
}

impl From<String> for Said {
    fn from(message: String) -> Self {
        Self { message, parameters: Parameters::new() }
    }
}

impl From<&str> for Said {
    fn from(message: &str) -> Self {
        message.to_owned().into()
    }
}

/// Writes a sentence and keeps the values in it by name: `said!("{count} vouchers", count = 3)`. A variable that only
/// stands in the sentence, as words of its language do, is no value and is not kept.
#[macro_export]
macro_rules! said {
    ($text:literal $(, $name:ident = $value:expr)* $(,)?) => {{
        // All values before the sentence, so that no name of one hides what another is made of.
        let parameters: $crate::finding::Parameters =
            [$((::std::borrow::Cow::Borrowed(::std::stringify!($name)), $value.to_string())),*].into();
        $crate::finding::Said {
            message: ::std::format!($text, $($name = parameters[::std::stringify!($name)]),*),
            parameters,
        }
    }};
}

/// The first characters of a text from a document, as many as fit into a sentence.
#[must_use]
pub fn cut(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(end, _)| &text[..end])
}

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
/// `code` is one of [`finding_codes::CODES`]; interfaces translate it with the parameters. `message` is the English
/// sentence with the figures filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable name of the kind of remark.
    pub code: Cow<'static, str>,
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
    /// The values in the message by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub parameters: Parameters,
}

impl Finding {
    /// A finding without a place; add one with [`Finding::at`].
    #[must_use]
    pub fn new(code: &'static str, severity: Severity, said: impl Into<Said>) -> Self {
        let Said { message, parameters } = said.into();
        debug_assert_eq!(finding_codes::objection(code, Some(severity), &parameters), None);
        Self { code: code.into(), severity, line: None, path: None, message, span: None, parameters }
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
    /// Stable dotted name of the reason (`xml.doctype`, `document.truncated`, `format.unknown`), one of
    /// [`finding_codes::CODES`].
    pub code: Cow<'static, str>,
    /// Line in the file, counted from 1.
    pub line: Option<u64>,
    /// Path or record where reading stopped.
    pub path: Option<String>,
    /// What happened and what to do next.
    pub message: String,
    /// The values in the message by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub parameters: Parameters,
}

impl Refusal {
    /// A refusal without a place.
    #[must_use]
    pub fn new(code: &'static str, said: impl Into<Said>) -> Self {
        let Said { message, parameters } = said.into();
        debug_assert_eq!(finding_codes::objection(code, None, &parameters), None);
        Self { code: code.into(), line: None, path: None, message, parameters }
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
            parameters: self.parameters,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_keeps_what_stands_in_its_gaps() {
        let said = said!("Voucher {voucher} differs by {difference}.", voucher = "A 7", difference = 5);
        assert_eq!(said.message, "Voucher A 7 differs by 5.");
        let kept: Vec<_> =
            said.parameters.iter().map(|(name, value)| (name.as_ref(), value.as_str())).collect();
        assert_eq!(kept, [("difference", "5"), ("voucher", "A 7")]);
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!((cut("åäö", 2), cut("åäö", 3), cut("", 4)), ("åä", "åäö", ""));
    }

    #[test]
    #[should_panic(expected = "is not listed")]
    fn a_code_that_is_not_listed_is_noticed_by_whoever_tests_it() {
        let _ = Finding::new("statement.invented", Severity::Info, "…");
    }
}
