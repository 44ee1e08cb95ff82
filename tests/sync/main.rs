//! A backend and several desks over a real connection: what one decides the others see, what they decide at once is
//! settled by rules, and nothing that the backend says is believed before it is verified.

#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on says so by failing, and its lists are short"
)]

mod batches;
mod company;
mod kept;
mod machines;
mod network;
#[allow(dead_code, reason = "the desk's tests use all of it")]
#[path = "../../crates/desk/tests/it/office.rs"]
mod office;
mod restoring;
mod signing_in;
mod together;
mod working;
