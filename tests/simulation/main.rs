//! One backend and three desks in one process, with a network, clocks and an operator that a seed decides: whatever
//! happens, everything ends up with the same and nothing is lost or doubled (facts/security.md §9.1, T6).
//!
//! Beside it a malicious server, which has the key of the log where that helps it (T7): scripted lies, and honest
//! answers changed as a seed decides. Each is noticed before anything that is shown has changed.
//!
//! The database, the encryption, the interface and the rules are the real ones; only the network and the clocks are
//! not. `ATTEST_SEED=n` runs one seed and tells its steps.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod book;
mod desks;
mod generated;
mod malice;
mod network;
#[allow(
    dead_code,
    clippy::cast_possible_truncation,
    reason = "the desk's tests use all of it, on small lists"
)]
#[path = "../../crates/desk/tests/it/office.rs"]
mod office;
mod papers;
mod schedule;
mod scripted;
mod seeds;
mod world;
