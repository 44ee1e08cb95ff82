//! Tests of the readers as their users see them: whole documents in, items out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
mod bgmax_corpus;
mod bgmax_features;
mod camt_corpus;
mod camt_fixtures;
mod camt_hostile;
mod camt_properties;
mod camt_support;
mod check_digits;
mod csv_features;
mod csv_preview;
mod lines_support;
mod mt940_corpus;
mod mt940_features;
mod pain;
mod sie_corpus;
mod sie_features;
