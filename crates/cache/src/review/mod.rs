//! The reconciliation as stored: groups of lines, marks on single lines, and the sums and texts over both.

mod changes;
mod groups;
mod lines;
mod many;
mod needles;
mod sums;
mod touched;

pub use groups::{GroupHead, GroupKind, GroupRow, NewGroup};
pub use lines::{FoundLine, LineMark};
pub use many::{CommentChange, ConfirmedGroup, ProposedGroup, Settled};
pub use touched::Touched;

pub(crate) use touched::Committed;
