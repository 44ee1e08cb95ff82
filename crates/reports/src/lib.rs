//! What people read: today CSV, typed and safe to open in a spreadsheet.
//!
//! **Absent on purpose:** files and figures of its own; a report renders what it is given.

pub mod csv;
