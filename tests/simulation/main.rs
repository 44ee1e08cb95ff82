//! One backend and three desks in one process, with a network, clocks and an operator that a seed decides: whatever
//! happens, everything ends up with the same and nothing is lost or doubled (facts/security.md §9.1, T6).
//!
//! The database, the encryption, the interface and the rules are the real ones; only the network and the clocks are
//! not. `ATTEST_SEED=n` runs one seed and tells its steps.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod desks;
mod network;
#[allow(dead_code, reason = "the desk's tests use all of it")]
#[path = "../../crates/desk/tests/it/office.rs"]
mod office;
mod papers;
mod schedule;
mod seeds;
mod world;
