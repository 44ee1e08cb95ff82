//! Fuzz target: delimited text, with the mapping guessed.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| attest_fuzz::check(attest_formats::csv::read, bytes));
