//! What tests of several crates share: values by their text, builders for lines and entries, a fixed clock and
//! scratch folders.
//!
//! A development dependency only. Wrong texts panic at once, because a test that misspells a date has a bug.
//! **Absent on purpose:** mocks; tests run the real thing or the simulators.

mod build;
mod scratch;

pub use build::{EntryBuilder, LedgerLineBuilder, LineBuilder, entry, ledger_line, line};
pub use scratch::Scratch;

use attest_domain::{Amount, Currency};
use jiff::{Timestamp, civil::Date};
use std::path::{Path, PathBuf};

/// The moment at which tests take place: Friday 20 November 2026, 08:14:03.512 UTC.
///
/// # Panics
/// Never: the text is a moment.
#[must_use]
pub fn now() -> Timestamp {
    "2026-11-20T08:14:03.512Z".parse().expect("a moment in RFC 3339")
}

/// The day `YYYY-MM-DD`.
///
/// # Panics
/// When the text is no day.
#[must_use]
pub fn day(text: &str) -> Date {
    text.parse().unwrap_or_else(|error| panic!("\"{text}\" is no day: {error}"))
}

/// The amount `text`, with the scale it is written with.
///
/// # Panics
/// When the text is no amount.
#[must_use]
pub fn amount(text: &str) -> Amount {
    Amount::parse(text).unwrap_or_else(|error| panic!("\"{text}\" is no amount: {error}"))
}

/// The currency `text`.
///
/// # Panics
/// When the text is not three letters.
#[must_use]
pub fn currency(text: &str) -> Currency {
    Currency::parse(text).unwrap_or_else(|| panic!("\"{text}\" is no currency"))
}

/// A folder or file of the shared samples and vectors: below `$ATTEST_SHARED`, otherwise below `shared` beside the
/// repository. Where it is absent, says which test is skipped and answers nothing.
#[must_use]
pub fn find_shared(path: &str, test: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let found = std::env::var_os("ATTEST_SHARED").map_or_else(beside, PathBuf::from).join(path);
    if found.exists() {
        Some(found)
    } else {
        println!("skipped {test}: no {path} here (set ATTEST_SHARED)");
        None
    }
}
