//! Turns chosen candidates into proposals: finds their rivals, and says which are certain, which need a person,
//! and which are one of several equal solutions.
//!
//! A rival is equally good when it is within [`TIE`] of the chosen candidate and nothing else clearly wants the
//! lines it would need. Rivals also lower the confidence by how close they come.
//! Invariants: no automatic decision with a contradiction, with an equal rival, without corroboration beyond
//! amount and date, or with an unexplained difference. A line is in at most one proposal that is not ambiguous.

use crate::assignment::Choice;
use crate::candidates::{Arena, Candidate, Pass};
use crate::prepare::{Prepared, amount_of};
use crate::scoring::{Centibits, Model, ReferenceAgreement, TIE, confidence, sort_reasons, weight_of};
use attest_domain::reconciliation::{Decision, MatchRules, Proposal, Reason};
use std::collections::BTreeMap;

/// Equal solutions that are listed for one chosen candidate, itself included.
const ALTERNATIVES_SHOWN: usize = 5;
/// Rivals looked at for one line.
const RIVALS_MAX: usize = 64;

/// Lines of a displaced group for which another place is looked for.
const DISPLACED_LINES_MAX: usize = 8;

/// What the proposals are made from.
pub(crate) struct Outcome<'o, 'p, 'a> {
    pub(crate) prepared: &'p Prepared<'a>,
    pub(crate) model: &'o Model<'p, 'a>,
    pub(crate) arena: &'o Arena<'p>,
    pub(crate) rules: &'o MatchRules,
    /// Sorted, in step with `choices`.
    pub(crate) candidates: &'o [Candidate],
    pub(crate) choices: &'o [Choice],
    pub(crate) chosen: &'o [bool],
}

/// Candidates by line.
struct Lines {
    of: [Vec<Vec<u32>>; 2],
    /// The chosen candidate that uses a line.
    holder: [Vec<Option<u32>>; 2],
}

/// Makes the proposals, sorted by their lines.
pub(crate) fn propose(outcome: &Outcome<'_, '_, '_>) -> Vec<Proposal> {
    let lines = lines(outcome);
    let mut proposals: BTreeMap<[Vec<u32>; 2], Proposal> = BTreeMap::new();
    for (number, candidate) in outcome.candidates.iter().enumerate().filter(|(n, _)| outcome.chosen[*n]) {
        let rivals = rivals(outcome, &lines, number);
        let equal: Vec<usize> = rivals.iter().filter(|r| r.equal).map(|r| r.number).collect();
        let solutions = u32::try_from(equal.len() + 1).unwrap_or(u32::MAX).max(candidate.solutions);
        if solutions == 1 {
            let p = confidence(candidate.verdict.weight, rivals.iter().map(|r| r.lead));
            if p >= outcome.rules.suggest_threshold {
                let decision = decide(outcome, candidate, p);
                proposals
                    .insert(outcome.choices[number].lines.clone(), proposal(outcome, number, p, decision, 1));
            }
            continue;
        }
        // Any one of them is as likely as the next; together they must be worth showing.
        let together =
            candidate.verdict.weight.saturating_add(100 * i32::try_from(solutions.ilog2()).unwrap_or(0));
        if together < weight_of(outcome.rules.suggest_threshold) {
            continue;
        }
        let solutions = if equal.is_empty() { solutions } else { solutions.max(candidate.crowd) };
        for shown in [number].into_iter().chain(equal).take(ALTERNATIVES_SHOWN) {
            let weight = outcome.candidates[shown].verdict.weight;
            let p = confidence(weight, (1..solutions.min(1_000)).map(|_| 0));
            let entry = proposal(outcome, shown, p, Decision::Ambiguous, solutions);
            let slot = proposals.entry(outcome.choices[shown].lines.clone()).or_insert_with(|| entry.clone());
            if slot.alternatives < entry.alternatives {
                *slot = entry;
            }
        }
    }
    proposals.into_values().collect()
}

fn lines(outcome: &Outcome<'_, '_, '_>) -> Lines {
    let sizes = [0, 1].map(|side| outcome.prepared.sides[side].lines.len());
    let mut lines = Lines { of: sizes.map(|n| vec![Vec::new(); n]), holder: sizes.map(|n| vec![None; n]) };
    for (number, choice) in (0_u32..).zip(outcome.choices) {
        for side in [0, 1] {
            for line in &choice.lines[side] {
                lines.of[side][*line as usize].push(number);
                if outcome.chosen[number as usize] {
                    lines.holder[side][*line as usize] = Some(number);
                }
            }
        }
    }
    lines
}

struct Rival {
    number: usize,
    /// How much less likely everything is with the rival in place.
    lead: Centibits,
    equal: bool,
}

/// Candidates that would need a line of the chosen one, best first.
fn rivals(outcome: &Outcome<'_, '_, '_>, lines: &Lines, number: usize) -> Vec<Rival> {
    let mine = &outcome.choices[number];
    let mut others: Vec<u32> = Vec::new();
    for side in [0, 1] {
        for line in &mine.lines[side] {
            let list = lines.of[side][*line as usize].iter().filter(|n| **n as usize != number);
            others.extend(list.take(RIVALS_MAX));
        }
    }
    others.sort_unstable();
    others.dedup();
    let mut rivals = Vec::new();
    for other in others.into_iter().map(|n| n as usize).filter(|n| !outcome.chosen[*n]) {
        let rival = &outcome.choices[other];
        let weight = rival.weight;
        let mut displaced: Vec<u32> = [0, 1]
            .into_iter()
            .flat_map(|side| {
                rival.lines[side].iter().filter_map(move |line| lines.holder[side][*line as usize])
            })
            .filter(|holder| *holder as usize != number)
            .collect();
        displaced.sort_unstable();
        displaced.dedup();
        // What each displaced candidate loses, after it has taken the best of what is left to it.
        let lost: Vec<Centibits> =
            displaced.iter().map(|holder| loss(outcome, lines, number, other, *holder as usize)).collect();
        let lead = mine.weight - weight + lost.iter().sum::<Centibits>();
        // Sums of the same target are counted, not weighed: a nearer date makes none of them the right one.
        let several = outcome.candidates[number].solutions > 1 && outcome.candidates[other].solutions > 1;
        // A sum would add up with a twin of its line as well, so it holds none against an equal claim.
        let held = |holder: &u32| {
            let holder = *holder as usize;
            outcome.candidates[holder].pass != Pass::Sum && outcome.choices[holder].weight >= weight + TIE
        };
        let wanted = displaced.iter().zip(&lost).any(|(holder, lost)| held(holder) && *lost >= TIE);
        rivals.push(Rival {
            number: other,
            lead: lead.max(0),
            equal: several || lead < TIE || (weight + TIE > mine.weight && !wanted),
        });
    }
    rivals
}

/// What `holder` loses when `rival` takes the place of `chosen`: its weight less that of the best other candidate
/// for its lines among those that are then free.
fn loss(
    outcome: &Outcome<'_, '_, '_>,
    lines: &Lines,
    chosen: usize,
    rival: usize,
    holder: usize,
) -> Centibits {
    let (mine, held, taken) = (&outcome.choices[chosen], &outcome.choices[holder], &outcome.choices[rival]);
    let has = |choice: &Choice, side: usize, line: &u32| choice.lines[side].binary_search(line).is_ok();
    let usable = |candidate: usize| {
        let choice = &outcome.choices[candidate];
        let free = |side: usize, line: &u32| {
            !has(taken, side, line)
                && (has(mine, side, line)
                    || has(held, side, line)
                    || lines.holder[side][*line as usize].is_none())
        };
        candidate != holder && (0..2).all(|side| choice.lines[side].iter().all(|line| free(side, line)))
    };
    let mut best = 0;
    for side in [0, 1] {
        for line in held.lines[side].iter().take(DISPLACED_LINES_MAX) {
            // Lists are best first.
            let list = lines.of[side][*line as usize].iter().take(RIVALS_MAX).map(|n| *n as usize);
            let other = list.filter(|n| !outcome.chosen[*n]).find(|n| usable(*n));
            best = best.max(other.map_or(0, |n| outcome.choices[n].weight));
        }
    }
    (held.weight.max(0) - best).max(0)
}

fn decide(outcome: &Outcome<'_, '_, '_>, candidate: &Candidate, p: f64) -> Decision {
    let verdict = &candidate.verdict;
    let explained = verdict.difference == 0
        || (verdict.reference == ReferenceAgreement::Structured
            && verdict.difference.abs() <= outcome.model.tolerance);
    let certain = p >= outcome.rules.auto_threshold;
    if certain && verdict.corroborated && explained && !verdict.contradiction {
        Decision::Auto
    } else {
        Decision::Suggest
    }
}

fn proposal(
    outcome: &Outcome<'_, '_, '_>,
    number: usize,
    p: f64,
    decision: Decision,
    alternatives: u32,
) -> Proposal {
    let candidate = &outcome.candidates[number];
    let choice = &outcome.choices[number];
    let ids = |side: usize| -> Vec<String> {
        choice.lines[side]
            .iter()
            .map(|l| outcome.prepared.sides[side].lines[*l as usize].id.clone())
            .collect()
    };
    let scale = [0, 1]
        .into_iter()
        .flat_map(|side| choice.lines[side].iter().map(move |l| (side, *l as usize)))
        .map(|(side, line)| outcome.prepared.sides[side].lines[line].amount.decimal().scale())
        .max()
        .unwrap_or(0);
    let [left, right] = [0, 1].map(|side| outcome.arena.unit(side, candidate.units[side]));
    let mut reasons = outcome.model.explain(left, right);
    if let Some((weight, detail)) = &candidate.batch {
        reasons.push(Reason {
            field: "batch".into(),
            weight: f64::from(*weight) / 100.0,
            detail: detail.clone(),
        });
        sort_reasons(&mut reasons);
    }
    Proposal {
        left: ids(0),
        right: ids(1),
        confidence: p,
        decision,
        difference: amount_of(candidate.verdict.difference, scale),
        reasons,
        alternatives,
        pass: candidate.pass.name().into(),
    }
}
