//! Fuzz target: ISO 20022 camt XML.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| attest_fuzz::check(attest_formats::camt::read, bytes));
