//! The evidence core against vectors that others published.

mod vectors;
