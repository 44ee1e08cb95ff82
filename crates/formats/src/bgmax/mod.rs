//! To be written.
use crate::{Format, Outcome, ReadContext, Sink};
use attest_domain::finding::Refusal;

/// Recognises the format from the decoded head of a document.
#[must_use]
pub fn detect(_head: &str) -> Option<Format> {
    None
}

/// Reads the document.
///
/// # Errors
/// A [`Refusal`] when it cannot be trusted as a whole.
pub fn read(_bytes: &[u8], _context: &ReadContext<'_>, _sink: &mut Sink<'_>) -> Result<Outcome, Refusal> {
    Err(Refusal::new("format.unknown", "not yet"))
}
