//! The EU service: it keeps tenants' logs and documents, knows who people are, and is what desktops and workers sync
//! with (DESIGN §6).
//!
//! Small on purpose. It reads documents only to know what the rules must know of their lines; projecting, matching
//! and rendering are the replicas' work.
//!
//! Invariants: nothing is appended but through `attest_domain::decide` and under a compare-and-swap of the log's size;
//! no checkpoint is signed over bytes that were not read back and hashed again; another tenant's ids answer as if
//! they did not exist.

mod api;
pub mod backup;
pub mod clock;
mod commands;
pub mod config;
mod documents;
mod erase;
mod error;
mod extract;
mod identity;
mod inbox;
mod log;
mod metrics;
pub mod operate;
mod secrets;
pub mod serve;
mod state;
pub mod store;
mod tenants;
mod tls;

pub use config::Config;
pub use serve::{Running, start};
pub use state::Backend;
