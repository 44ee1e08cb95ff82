//! The desk against the real database and real files: journeys of a controller, and what must hold whatever happens.

#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on says so by failing, and its lists are short"
)]

mod atomicity;
mod beginning;
mod canary;
mod catalogues;
mod company;
mod continuity;
mod decisions;
mod freshness;
mod kill;
mod office;
mod random_decisions;
mod sealing;
mod searching;
mod supersession;
mod tables;
mod taking_back;
