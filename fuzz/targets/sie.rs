//! Fuzz target: SIE 4 ledger files.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| attest_fuzz::check(attest_formats::sie::read, bytes));
