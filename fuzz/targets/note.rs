//! Fuzz target: signed notes, checkpoints and verifier keys.
#![no_main]

use attest_evidence::{
    checkpoint::Checkpoint,
    note::{SignedNote, VerifierKey},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(note) = SignedNote::parse(bytes) {
        // Base64 has one spelling, so what was read is what is written.
        assert_eq!(note.to_string().as_bytes(), bytes);
        if let Ok(checkpoint) = Checkpoint::parse(note.text()) {
            assert!(note.text().starts_with(&checkpoint.to_string()));
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(key) = VerifierKey::parse(text)
    {
        assert_eq!(key.to_string(), text);
    }
});
