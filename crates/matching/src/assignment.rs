//! Chooses which candidates hold together: the set of greatest total weight in which no line is used twice.
//!
//! Works per connected component, so one file's crowd does not touch another's. Components of pairs with up to
//! [`EXACT_LINES_MAX`] lines are solved exactly (successive best augmenting paths); components with groups and at
//! most [`EXHAUSTIVE_MAX`] candidates exactly by trying; larger ones best first and then improved by exchanges until
//! none helps or [`ROUNDS_MAX`] is reached (so there the optimum is local, not proved).
//! Invariants: input sorted by [`sort_key`]; the answer depends on nothing else. Deliberately absent: what a weight means.

use crate::scoring::Centibits;
use std::collections::{BTreeMap, HashMap};

/// Left lines of a component up to which pairs are solved exactly.
const EXACT_LINES_MAX: usize = 48;
/// Candidates of a component up to which pairs are solved exactly.
const EXACT_EDGES_MAX: usize = 400;
/// Candidates of a component with groups up to which all choices are tried (2^14 at most).
const EXHAUSTIVE_MAX: usize = 14;
/// Passes of improvement over a large component.
const ROUNDS_MAX: usize = 8;

/// What the choice is made from: the lines a candidate uses and its weight.
pub(crate) struct Choice {
    /// Lines used on the left and on the right, ascending.
    pub(crate) lines: [Vec<u32>; 2],
    pub(crate) weight: Centibits,
}

impl Choice {
    /// A candidate worth less than nothing is taken only where its lines are free anyway.
    fn worth(&self) -> i64 {
        i64::from(self.weight.max(1))
    }

    fn is_pair(&self) -> bool {
        self.lines.iter().all(|side| side.len() == 1)
    }

    fn nodes(&self, left_lines: u32) -> impl Iterator<Item = u32> + '_ {
        self.lines[0].iter().copied().chain(self.lines[1].iter().map(move |line| line + left_lines))
    }
}

/// Best first; ties by the lines, which are in order of their ids.
pub(crate) fn sort_key(choice: &Choice) -> (std::cmp::Reverse<Centibits>, &[Vec<u32>; 2]) {
    (std::cmp::Reverse(choice.weight), &choice.lines)
}

/// Marks the chosen candidates. `choices` sorted by [`sort_key`]; `left_lines` and `right_lines` count the lines.
pub(crate) fn assign(choices: &[Choice], left_lines: usize, right_lines: usize) -> Vec<bool> {
    let left = u32::try_from(left_lines).unwrap_or(u32::MAX);
    let mut parents: Vec<u32> = (0..left.saturating_add(u32::try_from(right_lines).unwrap_or(0))).collect();
    for choice in choices {
        let mut nodes = choice.nodes(left);
        if let Some(first) = nodes.next() {
            nodes.for_each(|node| unite(&mut parents, first, node));
        }
    }
    let mut components: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (number, choice) in choices.iter().enumerate() {
        if let Some(node) = choice.nodes(left).next() {
            components.entry(root(&mut parents, node)).or_default().push(number);
        }
    }
    let mut chosen = vec![false; choices.len()];
    for members in components.values() {
        solve(choices, members, left, &mut chosen);
    }
    chosen
}

fn root(parents: &mut [u32], mut node: u32) -> u32 {
    while parents[node as usize] != node {
        let grandparent = parents[parents[node as usize] as usize];
        parents[node as usize] = grandparent;
        node = grandparent;
    }
    node
}

fn unite(parents: &mut [u32], a: u32, b: u32) {
    let (a, b) = (root(parents, a), root(parents, b));
    parents[a.max(b) as usize] = a.min(b);
}

fn solve(choices: &[Choice], members: &[usize], left: u32, chosen: &mut [bool]) {
    if let [only] = members {
        chosen[*only] = true;
        return;
    }
    let pairs = members.iter().all(|m| choices[*m].is_pair());
    if pairs && members.len() <= EXACT_EDGES_MAX {
        let mut lefts: Vec<u32> = members.iter().map(|m| choices[*m].lines[0][0]).collect();
        lefts.sort_unstable();
        lefts.dedup();
        if lefts.len() <= EXACT_LINES_MAX {
            best_pairs(choices, members, chosen);
            return;
        }
    }
    if !pairs && members.len() <= EXHAUSTIVE_MAX {
        let mut search = Exhaustive { choices, members, left, best: (0, 0), used: Vec::new() };
        search.visit(0, 0, 0);
        let best = search.best.1;
        members.iter().enumerate().for_each(|(bit, m)| chosen[*m] = best >> bit & 1 == 1);
        return;
    }
    best_first(choices, members, left, chosen);
}

/// Tries every set of compatible candidates of a small component; the first of equal ones in order wins.
struct Exhaustive<'c> {
    choices: &'c [Choice],
    members: &'c [usize],
    left: u32,
    best: (i64, u32),
    used: Vec<u32>,
}

impl Exhaustive<'_> {
    fn visit(&mut self, at: usize, worth: i64, taken: u32) {
        let Some(member) = self.members.get(at) else {
            if worth > self.best.0 {
                self.best = (worth, taken);
            }
            return;
        };
        let choice = &self.choices[*member];
        if !choice.nodes(self.left).any(|node| self.used.contains(&node)) {
            let before = self.used.len();
            self.used.extend(choice.nodes(self.left));
            self.visit(at + 1, worth + choice.worth(), taken | 1 << at);
            self.used.truncate(before);
        }
        self.visit(at + 1, worth, taken);
    }
}

/// Maximum-weight matching of pairs: the best augmenting path again and again until none gains.
fn best_pairs(choices: &[Choice], members: &[usize], chosen: &mut [bool]) {
    let mut owner: HashMap<u32, usize> = HashMap::new(); // right line → the chosen candidate that uses it
    let mut busy: HashMap<u32, usize> = HashMap::new(); // left line → the chosen candidate that uses it
    loop {
        // Gains of the best alternating path from a free left line to each right line (Bellman–Ford).
        let mut gain: BTreeMap<u32, (i64, usize)> = BTreeMap::new();
        for _ in 0..=members.len() {
            let mut changed = false;
            for m in members.iter().filter(|m| !chosen[**m]) {
                let (left, right) = (choices[*m].lines[0][0], choices[*m].lines[1][0]);
                let start = match busy.get(&left) {
                    None => Some(0),
                    Some(held) => gain.get(&choices[*held].lines[1][0]).map(|g| g.0 - choices[*held].worth()),
                };
                let Some(total) = start.map(|s| s + choices[*m].worth()) else { continue };
                if gain.get(&right).is_none_or(|best| total > best.0) {
                    gain.insert(right, (total, *m));
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        let free = gain.iter().filter(|(right, _)| !owner.contains_key(right));
        let best = free.max_by(|a, b| a.1.0.cmp(&b.1.0).then(b.0.cmp(a.0)));
        let Some((end, _)) = best.filter(|(_, (total, _))| *total > 0) else { return };
        let mut right = *end;
        loop {
            let m = gain[&right].1;
            let left = choices[m].lines[0][0];
            let held = busy.insert(left, m);
            chosen[m] = true;
            owner.insert(right, m);
            let Some(held) = held else { break };
            chosen[held] = false;
            right = choices[held].lines[1][0];
        }
    }
}

/// Best first, then exchanges: a candidate replaces those in its way when it, together with what the freed lines
/// can then take, is worth more.
fn best_first(choices: &[Choice], members: &[usize], left: u32, chosen: &mut [bool]) {
    let mut holder: HashMap<u32, usize> = HashMap::new();
    let mut of_node: HashMap<u32, Vec<usize>> = HashMap::new();
    for m in members {
        choices[*m].nodes(left).for_each(|node| of_node.entry(node).or_default().push(*m));
    }
    let fill = |holder: &mut HashMap<u32, usize>, chosen: &mut [bool]| {
        for m in members {
            if !chosen[*m] && choices[*m].nodes(left).all(|node| !holder.contains_key(&node)) {
                chosen[*m] = true;
                choices[*m].nodes(left).for_each(|node| _ = holder.insert(node, *m));
            }
        }
    };
    fill(&mut holder, chosen);
    for _ in 0..ROUNDS_MAX {
        let mut improved = false;
        for m in members.iter().filter(|m| !choices[**m].lines[0].is_empty()) {
            if !chosen[*m] {
                improved |= exchange(choices, *m, left, &mut holder, &of_node, chosen);
            }
        }
        if !improved {
            return;
        }
        fill(&mut holder, chosen);
    }
}

/// Puts `m` in place of what is in its way, if that gains.
fn exchange(
    choices: &[Choice],
    m: usize,
    left: u32,
    holder: &mut HashMap<u32, usize>,
    of_node: &HashMap<u32, Vec<usize>>,
    chosen: &mut [bool],
) -> bool {
    let mut out: Vec<usize> = choices[m].nodes(left).filter_map(|node| holder.get(&node).copied()).collect();
    out.sort_unstable();
    out.dedup();
    let mine: Vec<u32> = choices[m].nodes(left).collect();
    let mut freed: Vec<u32> =
        out.iter().flat_map(|o| choices[*o].nodes(left)).filter(|n| !mine.contains(n)).collect();
    let mut gain = choices[m].worth() - out.iter().map(|o| choices[*o].worth()).sum::<i64>();
    let mut refill = Vec::new();
    for node in freed.clone() {
        let usable = |c: &&usize| {
            !out.contains(*c)
                && **c != m
                && choices[**c]
                    .nodes(left)
                    .all(|n| freed.contains(&n) || (!holder.contains_key(&n) && !mine.contains(&n)))
        };
        // Lists are best first.
        let Some(candidate) = of_node[&node].iter().take(64).find(usable).copied() else { continue };
        gain += choices[candidate].worth();
        let taken: Vec<u32> = choices[candidate].nodes(left).collect();
        freed.retain(|n| !taken.contains(n));
        if refill.iter().any(|r: &usize| choices[*r].nodes(left).any(|n| taken.contains(&n))) {
            gain -= choices[candidate].worth();
            continue;
        }
        refill.push(candidate);
    }
    if gain <= 0 {
        return false;
    }
    for o in out {
        chosen[o] = false;
        choices[o].nodes(left).for_each(|node| _ = holder.remove(&node));
    }
    for c in refill.into_iter().chain([m]) {
        chosen[c] = true;
        choices[c].nodes(left).for_each(|node| _ = holder.insert(node, c));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pair(left: u32, right: u32, weight: Centibits) -> Choice {
        Choice { lines: [vec![left], vec![right]], weight }
    }

    fn total(mut choices: Vec<Choice>) -> i64 {
        choices.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
        let chosen = assign(&choices, 8, 8);
        choices.iter().zip(chosen).filter(|(_, c)| *c).map(|(c, _)| c.worth()).sum()
    }

    fn brute(choices: &[Choice], used: &mut Vec<u32>) -> i64 {
        let Some((first, rest)) = choices.split_first() else { return 0 };
        let without = brute(rest, used);
        if first.nodes(8).any(|n| used.contains(&n)) {
            return without;
        }
        let before = used.len();
        used.extend(first.nodes(8));
        let with = first.worth() + brute(rest, used);
        used.truncate(before);
        with.max(without)
    }

    #[test]
    fn a_strong_pair_gives_way_where_two_others_are_worth_more_together() {
        assert_eq!(total(vec![pair(0, 0, 1000), pair(0, 1, 900), pair(1, 0, 900)]), 1800);
    }

    proptest! {
        #[test]
        fn pairs_reach_the_best_total(edges in proptest::collection::btree_map((0_u32..5, 0_u32..5), -200_i32..1500, 0..12)) {
            let choices: Vec<Choice> = edges.into_iter().map(|((l, r), w)| pair(l, r, w)).collect();
            let best = brute(&choices, &mut Vec::new());
            prop_assert_eq!(total(choices), best);
        }

        #[test]
        fn no_line_is_used_twice_even_in_large_components(edges in proptest::collection::btree_map((0_u32..60, 0_u32..60), 1_i32..1500, 120..200)) {
            let mut choices: Vec<Choice> = edges.into_iter().map(|((l, r), w)| {
                let mut right = vec![r, (r + 7) % 60];
                right.sort_unstable();
                Choice { lines: [vec![l], if w % 3 == 0 { right } else { vec![r] }], weight: w }
            }).collect();
            choices.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
            let chosen = assign(&choices, 60, 60);
            let mut used = std::collections::HashSet::new();
            for (choice, _) in choices.iter().zip(&chosen).filter(|(_, c)| **c) {
                for node in choice.nodes(60) {
                    prop_assert!(used.insert(node));
                }
            }
        }
    }
}
