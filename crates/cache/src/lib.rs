//! The encrypted local database: open, migrate, project, query.
//!
//! The only crate that knows sqlx and SQLCipher. One connection writes, a few read (`query_only`).
//! Documents and the log are kept as they came; everything else is a projection that can be made again.
//! **Absent on purpose:** deciding anything. Rules live in `attest-domain`, use cases in `attest-desk`.

pub mod accounts;
pub mod audit;
pub mod bank;
pub mod checkpoint;
pub mod documents;
mod error;
mod findings;
pub mod import;
pub mod ledger;
pub mod log;
pub mod mappings;
mod open;
pub mod outbox;
pub mod review;
pub mod shelf;
pub mod staged;
pub mod stale;
mod values;
pub mod withheld;

pub use error::CacheError;
pub use open::{Cache, CacheKey, Health};
pub use values::{Side, date_from_day, day_from_date};
