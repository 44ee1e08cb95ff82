//! Signing in, against a service that listens: what holds, what is refused, and what nobody can tell apart.
//!
//! What rests on the store's transactions runs on both databases, on PostgreSQL where `ATTEST_POSTGRES` names a server.

#![expect(clippy::unwrap_used, reason = "what helpers of tests cannot do is a failed test")]

mod attempts;
mod devices;
mod machines;
mod members;
mod programs;
mod proofs;
mod sign_in;
mod site;
mod tokens;
mod transport;
