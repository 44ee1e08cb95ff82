//! Journeys through the real program on fixtures of our own: its answers, key by key, and its exit codes.

mod contract;
mod journeys;
mod scene;
