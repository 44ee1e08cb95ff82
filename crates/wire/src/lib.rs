//! The types of the backend's HTTP interface, version 1: what `remote` sends and `backend` answers.
//!
//! Amounts and digests are strings. A field that is not known is refused in what is sent, so that a client never
//! believes it was understood; in what is answered it is passed over, so that an older client goes on working.
//! The bytes of events, checkpoints, bundles and documents travel as they are stored and have no types here.

pub mod command;
pub mod identity;
pub mod problem;
pub mod tenant;

pub use command::{Answer, Batch, BatchAnswer, Command, Line, Outcome, Side, Submission};
pub use problem::Problem;

/// Media type of a signed checkpoint and of other text notes.
pub const NOTE_TYPE: &str = "text/plain; charset=utf-8";
/// Media type of entry bundles and documents.
pub const BYTES_TYPE: &str = "application/octet-stream";
/// Media type of a [`Problem`] (RFC 9457).
pub const PROBLEM_TYPE: &str = "application/problem+json";
/// Most commands in one [`Batch`].
pub const BATCH_COMMANDS_MAX: usize = 256;
