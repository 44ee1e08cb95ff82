//! Fuzz target: entry bundles and their paths.
#![no_main]

use attest_evidence::bundle::{self, Place};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for width in [0, 1, 2, 255, bundle::BUNDLE_EVENTS] {
        if let Ok(events) = bundle::decode(bytes, width) {
            assert_eq!(bundle::encode(events).as_deref(), Ok(bytes));
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Some(place) = Place::parse(text)
    {
        assert_eq!(place.path(), text);
    }
});
