//! The evidence core against vectors that others published, and against what other implementations made.

mod signatures;
mod vectors;
