//! The evidence core against vectors that others published, and against what other implementations made.

mod bankid;
mod oidc;
mod signatures;
mod vectors;
