//! The reconciliation as stored: groups of lines, marks on single lines, and the sums and texts over both.

mod changes;
mod groups;
mod lines;
mod needles;
mod sums;

pub use groups::{GroupHead, GroupKind, GroupRow, NewGroup};
pub use lines::{FoundLine, LineMark};
