//! The last guard before a proposal may confirm itself: a line with a twin outside the proposal never does.
//!
//! Twins are lines of one side that nothing but their id tells apart. Whatever the assignment made of the other
//! one, choosing between them is arbitrary, so a person chooses.

use attest_domain::{
    Amount, Currency, Date,
    reconciliation::{Decision, Line, LineReference, Proposal},
};
use std::collections::HashMap;

/// Everything about a line but its id, its group and its parts: more lines than necessary count as twins.
type Look<'l> =
    (Option<Date>, Amount, Option<Currency>, &'l [LineReference], Option<&'l str>, Option<&'l str>, &'l str);

fn look(line: &Line) -> Look<'_> {
    (
        line.date,
        line.amount,
        line.currency,
        &line.references,
        line.counterparty.as_deref(),
        line.counterparty_account.as_deref(),
        &line.text,
    )
}

/// Leaves to a person every automatic proposal that holds some but not all of the lines that look alike.
pub(crate) fn defer(proposals: &mut [Proposal], left: &[Line], right: &[Line]) {
    let sides = [left, right].map(|lines| {
        let mut counts: HashMap<Look<'_>, usize> = HashMap::with_capacity(lines.len());
        for line in lines {
            *counts.entry(look(line)).or_default() += 1;
        }
        let by_id: HashMap<&str, &Line> = lines.iter().map(|line| (line.id.as_str(), line)).collect();
        (counts, by_id)
    });
    for proposal in proposals.iter_mut().filter(|proposal| proposal.decision == Decision::Auto) {
        let ids = [&proposal.left, &proposal.right];
        let arbitrary = ids.iter().zip(&sides).any(|(ids, (counts, by_id))| {
            let mut held: HashMap<Look<'_>, usize> = HashMap::new();
            for line in ids.iter().filter_map(|id| by_id.get(id.as_str())) {
                *held.entry(look(line)).or_default() += 1;
            }
            held.iter().any(|(look, count)| counts.get(look).is_some_and(|all| all > count))
        });
        if arbitrary {
            proposal.decision = Decision::Suggest;
        }
    }
}
