//! The bytes of the log: what is hashed, kept and later exported.
//!
//! An event is written once as RFC 8785 canonical JSON ([`leaf`]); from then on its bytes are the truth.
//! Free text and names go into [`disclosure`]s, so that they can be withheld or erased while every digest
//! stays valid.
//! Events are the leaves of a Merkle [`tree`]; a [`checkpoint`], signed as a [`note`], fixes its size and root, and
//! [`proof`]s tie events and longer logs to it. [`bundle`]s are how events travel.
//! [`bankid`] verifies what a person signed, down to a root that the verifier brings, [`oidc`] what a provider said of a
//! person.
//! **Absent on purpose:** files, clocks and randomness; salts are passed in.

pub mod bankid;
mod base64;
pub mod bundle;
pub mod checkpoint;
pub mod compose;
pub mod disclosure;
pub mod jws;
pub mod leaf;
pub mod note;
pub mod oidc;
pub mod proof;
pub mod signature;
pub mod tree;
pub mod x509;
