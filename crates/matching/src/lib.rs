//! The reconciliation engine.
use attest_domain::reconciliation::{Line, MatchRules, Proposal};

/// Proposes matches between two sides.
#[must_use]
pub fn propose(_left: &[Line], _right: &[Line], _rules: &MatchRules) -> Vec<Proposal> {
    Vec::new()
}
