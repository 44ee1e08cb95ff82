//! The reconciliation engine: lines of two sides and rules in, proposals with reasons and confidence out.
//!
//! Pure and deterministic: the same lines in any order give the same proposals, byte for byte. Passes from
//! certain to weak only differ in how candidates are found; all compete in one assignment per connected component,
//! so a weak early guess never keeps a line from a later exact fit.
//!
//! | module | question |
//! | --- | --- |
//! | `prepare`, `text`, `reference` | what is compared? |
//! | `candidates`, `batches`, `sums`, `subset` | what could belong together? |
//! | `scoring` | how much does the evidence say? |
//! | `assignment` | which candidates hold at the same time? |
//! | `ambiguity`, `twins` | is it certain, a suggestion, or one of several equal solutions? |
//!
//! **Calling it on open lines.** The engine has no memory. A caller passes only lines that are neither confirmed nor
//! held, and the combinations a person has rejected ([`Rejected`]); after new lines arrive it calls again with what
//! is still open. Proposals do not depend on confirmed lines except through the rarity of words and amounts.
//!
//! Deliberately absent: learning from history, exchange rates, splitting a line.

mod ambiguity;
mod assignment;
mod batches;
mod candidates;
mod prepare;
mod progress;
mod reference;
mod scoring;
mod subset;
mod sums;
mod text;
mod twins;

use assignment::{Choice, assign, sort_key};
use attest_domain::reconciliation::{Line, MatchRules, Proposal};
use candidates::{Arena, Candidate, Collector, Index};
use progress::Progress;
use scoring::Model;
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

/// The run was stopped by the caller's hook; there is no partial result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

impl std::fmt::Display for Cancelled {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("matching was cancelled")
    }
}
impl std::error::Error for Cancelled {}

/// A combination a person has rejected: exactly these lines are not proposed together again. A larger or smaller
/// group that contains them may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Ids of the left side, in any order.
    pub left: Vec<String>,
    /// Ids of the right side, in any order.
    pub right: Vec<String>,
}

/// Proposes matches between two sides, sorted by their ids.
///
/// Every id is in at most one proposal that is not [`Ambiguous`](attest_domain::reconciliation::Decision::Ambiguous).
#[must_use]
pub fn propose(left: &[Line], right: &[Line], rules: &MatchRules) -> Vec<Proposal> {
    // The hook never stops the run.
    propose_with(left, right, rules, &[], &mut |_, _| ControlFlow::Continue(())).unwrap_or_default()
}

/// As [`propose`], without the rejected combinations, and with a hook that is told `(done, total)` (in lines looked
/// at, all passes together) every thousand lines and may stop the run.
///
/// # Errors
/// [`Cancelled`] when the hook breaks.
pub fn propose_with(
    left: &[Line],
    right: &[Line],
    rules: &MatchRules,
    rejected: &[Rejected],
    hook: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Vec<Proposal>, Cancelled> {
    let lines = (left.len() + right.len()) as u64;
    let mut progress = Progress::new(lines * 4, hook);
    progress.report()?;
    let prepared = prepare::prepare(left, right);
    let model = Model::new(&prepared, rules);
    let index = Index::new(&prepared);
    let mut arena = Arena::new(&prepared);
    let rejected = rejected_lines(&prepared, rejected);
    progress.report()?;

    let mut collector = Collector { model: &model, found: Vec::new() };
    candidates::find_pairs(&prepared, &index, &mut collector, &mut progress)?;
    let mut found = collector.found;
    batches::find_batches(&prepared, &index, &model, &mut arena, &mut found, &mut progress)?;
    batches::dedup(&mut found, &arena, &rejected);
    progress.report()?;

    let sizes = [0, 1].map(|side| prepared.sides[side].lines.len());
    let (mut found, mut choices) = sorted(found, &arena);
    let mut chosen = assign(&choices, sizes[0], sizes[1]);
    let open = sums::open_lines(&found, &choices, &chosen, sizes);
    let before = found.len();
    sums::find_sums(&prepared, &model, rules, &open, &mut arena, &mut found, &mut progress)?;
    if found.len() > before {
        batches::dedup(&mut found, &arena, &rejected);
        (found, choices) = sorted(found, &arena);
        chosen = assign(&choices, sizes[0], sizes[1]);
    }
    progress.report()?;
    let outcome = ambiguity::Outcome {
        prepared: &prepared,
        model: &model,
        arena: &arena,
        rules,
        candidates: &found,
        choices: &choices,
        chosen: &chosen,
    };
    let mut proposals = ambiguity::propose(&outcome);
    twins::defer(&mut proposals, left, right);
    progress.finish()?;
    Ok(proposals)
}

/// Candidates in the order the assignment needs, with what it looks at.
fn sorted(found: Vec<Candidate>, arena: &Arena<'_>) -> (Vec<Candidate>, Vec<Choice>) {
    let mut both: Vec<(Choice, Candidate)> = found
        .into_iter()
        .map(|candidate| {
            let lines = [0, 1].map(|side| arena.unit(side, candidate.units[side]).members.clone());
            (Choice { lines, weight: candidate.verdict.weight }, candidate)
        })
        .collect();
    both.sort_by(|a, b| sort_key(&a.0).cmp(&sort_key(&b.0)));
    let (choices, candidates) = both.into_iter().unzip();
    (candidates, choices)
}

/// Rejected combinations as line positions; ids that are not among the lines make a combination moot.
fn rejected_lines(prepared: &prepare::Prepared<'_>, rejected: &[Rejected]) -> HashSet<[Vec<u32>; 2]> {
    if rejected.is_empty() {
        return HashSet::new();
    }
    let positions = [0, 1].map(|side| {
        let lines = (0_u32..).zip(&prepared.sides[side].lines);
        lines.map(|(position, line)| (line.id.as_str(), position)).collect::<HashMap<_, _>>()
    });
    let find = |side: usize, ids: &[String]| -> Option<Vec<u32>> {
        let mut found: Vec<u32> =
            ids.iter().map(|id| positions[side].get(id.as_str()).copied()).collect::<Option<_>>()?;
        found.sort_unstable();
        found.dedup();
        Some(found)
    };
    rejected.iter().filter_map(|r| Some([find(0, &r.left)?, find(1, &r.right)?])).collect()
}
