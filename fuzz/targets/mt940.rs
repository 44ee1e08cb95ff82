//! Fuzz target: SWIFT MT940 and MT942.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| attest_fuzz::check(attest_formats::mt940::read, bytes));
