//! The types of the backend's HTTP interface, version 1: what `remote` sends and `backend` answers.
//!
//! Amounts and digests are strings. A field that is not known is refused in what is sent, so that a client never
//! believes it was understood; in what is answered it is passed over, so that an older client goes on working.
//! The bytes of events, checkpoints, bundles and documents travel as they are stored and have no types here.

pub mod command;
pub mod identity;
pub mod problem;
pub mod tenant;

pub use command::{Answer, Batch, BatchAnswer, Command, Line, Outcome, Side, Submission};
pub use problem::Problem;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Media type of a signed checkpoint and of other text notes.
pub const NOTE_TYPE: &str = "text/plain; charset=utf-8";
/// Media type of entry bundles and documents.
pub const BYTES_TYPE: &str = "application/octet-stream";
/// Media type of a [`Problem`] (RFC 9457).
pub const PROBLEM_TYPE: &str = "application/problem+json";
/// Most commands in one [`Batch`].
pub const BATCH_COMMANDS_MAX: usize = 256;
/// The one client that people sign in with (RFC 6749 §2.2).
pub const DESKTOP_CLIENT: &str = "attest-desktop";

/// Everything but what never needs to be encoded (RFC 3986 §2.3).
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as a value in a query, a form or a path segment.
#[must_use]
pub fn percent_encoded(text: &str) -> String {
    utf8_percent_encode(text, &RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_any_letters_fits_a_query() {
        assert_eq!(
            percent_encoded("Kontoutdrag åäö 1&2~.xml"),
            "Kontoutdrag%20%C3%A5%C3%A4%C3%B6%201%262~.xml"
        );
    }
}
