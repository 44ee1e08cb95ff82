//! Fuzz target: ISO 20022 pain.001 and pain.002.
#![no_main]

use attest_formats::pain::{Item, read};
use libfuzzer_sys::fuzz_target;
use std::ops::ControlFlow;

fuzz_target!(|bytes: &[u8]| {
    let _ = read(bytes, &mut |item| {
        let span = match item {
            Item::Instruction(one) => one.span,
            Item::PaymentStatus(one) => one.span,
            _ => return ControlFlow::Continue(()),
        };
        assert!(span.start < span.end && span.end <= bytes.len() as u64, "a payment has bytes in the document");
        ControlFlow::Continue(())
    });
});
