//! A backend and several desks over a real connection: what one decides the others see, what they decide at once is
//! settled by rules, and nothing that the backend says is believed before it is verified.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod company;
mod kept;
#[allow(dead_code, reason = "the desk's tests use all of it")]
#[path = "../../crates/desk/tests/it/office.rs"]
mod office;
mod restoring;
mod together;
mod working;
