//! What tests across crates share: finding the built programs, making a company, driving the real window.
//!
//! Programs are run as their users run them; nothing here reaches into the crates of the product.

pub mod company;
pub mod driver;
pub mod flows;
pub mod person;
pub mod programs;
pub mod together;
pub mod window;
