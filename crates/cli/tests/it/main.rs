//! Journeys through the real program on fixtures of our own: its answers, key by key, and its exit codes.

#![expect(clippy::unwrap_used, reason = "helpers of tests: whatever is not there fails the test")]

mod audit;
mod contract;
mod journeys;
mod scene;
