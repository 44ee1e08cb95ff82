//! Payments: what a batch is, who has to approve it, and what may happen to it next.
//!
//! A batch is fixed as bytes before anybody signs, and everything from then on speaks of their digest: the text in
//! the eID app, the approvals, the file for the bank. An edit makes other bytes, so it voids what was signed.
//! **Absent on purpose:** the bytes themselves and signatures (`attest-evidence`), files for banks (`attest-formats`).

mod batch;
mod message;
mod policy;

pub use batch::{Act, Approval, Batch, Change, Circumstances, Facts, Refusal, State, decide, is_approved};
pub use message::{
    InformationStatus, Initiation, PaymentInformation, PaymentInstruction, PaymentKind, PaymentStatus,
    Status, StatusReason, StatusReport,
};
pub use policy::{APPROVALS_MIN, Policy, PolicyError, Requirement, Rule};
