//! Fuzz target: BgMax.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| attest_fuzz::check(attest_formats::bgmax::read, bytes));
