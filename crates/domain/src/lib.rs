//! The vocabulary of Attest and the rules that need nothing but values.
//!
//! Layer 0: every other crate speaks in these types.
//! **Absent on purpose:** input and output, the clock, randomness, hashing, databases.
//! Whatever a rule needs to know (the time, an id, a limit) is passed in.

pub mod amount;
pub mod command;
pub mod decide;
pub mod drafts;
pub mod event;
pub mod finding;
pub mod finding_codes;
pub mod ids;
pub mod ledger;
pub mod limits;
pub mod payment;
pub mod reconciliation;
pub mod roles;
pub mod state;
pub mod statement;

pub use amount::{Amount, Currency};
pub use finding::{Finding, Severity};
pub use ids::{Digest, EntryId, LedgerLineId, Span};
/// A calendar day without a time zone, written `YYYY-MM-DD`.
pub use jiff::civil::Date;
