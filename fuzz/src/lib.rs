//! What every fuzz target does with its bytes: read them through a sink that holds the parser to its contract.
//!
//! A parser may refuse; it may not panic, loop, point outside the document or read the same bytes differently.

use attest_domain::{Digest, finding::Refusal};
use attest_formats::{Item, Outcome, ReadContext, Sink};
use std::ops::ControlFlow;

/// A parser, as `attest_formats` exposes one per family.
pub type Reader = fn(&[u8], &ReadContext<'_>, &mut Sink<'_>) -> Result<Outcome, Refusal>;

/// Reads `bytes` twice with one parser and checks what comes out.
///
/// # Panics
/// When the parser breaks its contract; that is what the fuzzer looks for.
pub fn check(reader: Reader, bytes: &[u8]) {
    let (first, items) = run(reader, bytes);
    let (second, items_again) = run(reader, bytes);
    assert_eq!(first, second, "the same bytes ended differently");
    assert_eq!(items, items_again, "the same bytes were read differently");
    for item in &items {
        check_span(item, bytes.len() as u64);
    }
}

fn run(reader: Reader, bytes: &[u8]) -> (Result<Outcome, Refusal>, Vec<Item>) {
    let context = ReadContext { digest: Digest([7; 32]), csv_mapping: None };
    let mut items = Vec::new();
    let outcome = reader(bytes, &context, &mut |item| {
        items.push(item);
        ControlFlow::Continue(())
    });
    (outcome, items)
}

/// Every figure points into the document it came from.
fn check_span(item: &Item, length: u64) {
    let span = match item {
        Item::Entry(entry) => entry.span,
        Item::Statement(statement) => statement.span,
        Item::Voucher(voucher) => voucher.span,
        Item::LedgerLine(line) => line.span,
        Item::Book(_) | Item::Finding(_) => return,
    };
    assert!(span.start <= span.end && span.end <= length, "{span:?} lies outside {length} bytes");
}
