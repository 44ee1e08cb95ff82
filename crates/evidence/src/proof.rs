//! Proofs about a log: that an event is in it, that it only grew, and that a run of events is complete.
//!
//! Inclusion and consistency are those of RFC 6962 §2.1, in the form for subtrees of which the whole tree is one
//! case. A range proof is this project's own: the perfect subtrees left and right of the run.
//! **Strict on purpose:** a proof of another length than its sizes ask for is wrong, and an empty log proves nothing
//! about a longer one.

use crate::tree::{Frontier, FrontierError, cover, empty_root, hash_children};
use attest_domain::Digest;

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Positions and sizes that no tree has.
    #[error("The proof speaks of positions that its tree does not have.")]
    Bounds,
    /// More or fewer hashes than the sizes ask for.
    #[error("The proof does not have as many hashes as its sizes ask for.")]
    Length,
    /// It leads to another root.
    #[error("The proof leads to another root: something in the log was changed, left out or put in.")]
    Root,
}

/// A run of leaves that may be a subtree: it begins where a perfect subtree of at least its width begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subtree {
    /// First leaf.
    pub start: u64,
    /// The leaf behind the last.
    pub end: u64,
}

impl Subtree {
    /// The first `size` leaves.
    #[must_use]
    pub fn whole(size: u64) -> Self {
        Self { start: 0, end: size }
    }

    fn width(self) -> Result<u64, ProofError> {
        let width = self.end.checked_sub(self.start).ok_or(ProofError::Bounds)?;
        let room = width.checked_next_power_of_two().ok_or(ProofError::Bounds)?;
        if width > 0 && !self.start.is_multiple_of(room) { Err(ProofError::Bounds) } else { Ok(width) }
    }
}

/// Checks that `leaf` stands at `index` in the subtree with this root.
///
/// # Errors
/// [`ProofError`].
pub fn verify_inclusion(
    leaf: &Digest,
    index: u64,
    subtree: Subtree,
    root: &Digest,
    proof: &[Digest],
) -> Result<(), ProofError> {
    let width = subtree.width()?;
    let mut at = index.checked_sub(subtree.start).filter(|at| *at < width).ok_or(ProofError::Bounds)?;
    let mut last = width - 1;
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if at % 2 == 1 || at == last {
            hash = hash_children(sibling, &hash);
            // A node without a right sibling rises until it has a left one.
            let rise = if at % 2 == 1 { 0 } else { at.trailing_zeros() };
            (at, last) = (at >> rise, last >> rise);
        } else {
            hash = hash_children(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if hash == *root { Ok(()) } else { Err(ProofError::Root) }
}

/// Checks that a subtree with root `before` is part of the tree of `size` leaves with root `after`; with
/// [`Subtree::whole`], that the longer log begins with the shorter one.
///
/// # Errors
/// [`ProofError`]; also when the subtree is empty, unless `before` is the root of nothing and no hashes are given.
pub fn verify_consistency(
    subtree: Subtree,
    size: u64,
    before: &Digest,
    after: &Digest,
    proof: &[Digest],
) -> Result<(), ProofError> {
    let width = subtree.width()?;
    if subtree.end > size {
        return Err(ProofError::Bounds);
    }
    if width == 0 {
        return match proof {
            [] if *before == empty_root() => Ok(()),
            [] => Err(ProofError::Root),
            _ => Err(ProofError::Length),
        };
    }
    // Paths of the subtree's first and last leaf and of the tree's last leaf, read from the leaves up.
    let (mut first, mut last, mut end) = (subtree.start, subtree.end - 1, size - 1);
    let meet = 64 - (first ^ last).leading_zeros();
    // Below this height the subtree's right edge needs no hash: it is the tree's own, or closed.
    let shared = if last == end { meet } else { meet.min(last.trailing_ones()) };
    (first, last, end) = (first >> shared, last >> shared, end >> shared);
    let mut hashes = proof.iter();
    let seed = if first == last { before } else { hashes.next().ok_or(ProofError::Length)? };
    let (mut old, mut new) = (*seed, *seed);
    for sibling in hashes {
        if end == 0 {
            return Err(ProofError::Length);
        }
        if last % 2 == 1 || last == end {
            if first < last {
                old = hash_children(sibling, &old);
            }
            new = hash_children(sibling, &new);
            let rise = if last % 2 == 1 { 0 } else { last.trailing_zeros() };
            (first, last, end) = (first >> rise, last >> rise, end >> rise);
        } else {
            new = hash_children(&new, sibling);
        }
        (first, last, end) = (first >> 1, last >> 1, end >> 1);
    }
    if end != 0 {
        return Err(ProofError::Length);
    }
    if old == *before && new == *after { Ok(()) } else { Err(ProofError::Root) }
}

/// What a proof is made of: the hash over each of these runs of leaves, in this order.
///
/// Planning apart from reading lets a database or a folder of tiles fetch the hashes in its own way: those of
/// [`cover`] for each run, put together by [`hash_run`].
pub type Plan = Vec<Subtree>;

/// Plans the proof that [`verify_inclusion`] checks.
///
/// # Errors
/// [`ProofError::Bounds`] when the leaf does not stand in the subtree.
pub fn plan_inclusion(index: u64, subtree: Subtree) -> Result<Plan, ProofError> {
    subtree.width()?;
    let (mut start, mut end) = (subtree.start, subtree.end);
    if index < start || index >= end {
        return Err(ProofError::Bounds);
    }
    let mut plan = Vec::new();
    while end - start > 1 {
        let middle = split(start, end);
        if index < middle {
            plan.push(Subtree { start: middle, end });
            end = middle;
        } else {
            plan.push(Subtree { start, end: middle });
            start = middle;
        }
    }
    plan.reverse();
    Ok(plan)
}

/// Plans the proof that [`verify_consistency`] checks.
///
/// # Errors
/// [`ProofError::Bounds`] when the tree does not have the subtree.
pub fn plan_consistency(subtree: Subtree, size: u64) -> Result<Plan, ProofError> {
    if subtree.end > size {
        return Err(ProofError::Bounds);
    }
    let mut plan = Vec::new();
    if subtree.width()? == 0 {
        return Ok(plan);
    }
    let (mut start, mut end) = (0, size);
    let mut wanted = subtree;
    // The verifier holds the subtree's hash, but not that of a piece of it.
    let mut whole = true;
    while (start, end) != (wanted.start, wanted.end) {
        let middle = split(start, end);
        if wanted.end <= middle {
            plan.push(Subtree { start: middle, end });
            end = middle;
        } else {
            plan.push(Subtree { start, end: middle });
            if wanted.start < middle {
                (wanted.start, whole) = (middle, false);
            }
            start = middle;
        }
    }
    if !whole {
        plan.push(wanted);
    }
    plan.reverse();
    Ok(plan)
}

/// Where a tree over the leaves from `start` to `end`, two at least, parts.
fn split(start: u64, end: u64) -> u64 {
    start + (1 << (end - start - 1).ilog2())
}

/// The hash over a run from the hashes of its [`cover`], left to right.
///
/// # Errors
/// [`ProofError::Length`] when they are not as many as the cover has subtrees.
pub fn hash_run(run: Subtree, hashes: &[Digest]) -> Result<Digest, ProofError> {
    // A run in a plan begins where its widest subtree does, so it is a tree of its own that begins at nothing.
    let nodes = Frontier::from_nodes(run.width()?, hashes.to_vec()).map_err(|_| ProofError::Length)?;
    Ok(nodes.root())
}

/// Checks that `leaves` are all leaves of a log from `start` on, in order, none left out: `left` and `right` are the
/// hashes of the [`cover`] before and behind them.
///
/// # Errors
/// [`ProofError`].
pub fn verify_range(
    leaves: impl ExactSizeIterator<Item = Digest>,
    start: u64,
    size: u64,
    root: &Digest,
    (left, right): (&[Digest], &[Digest]),
) -> Result<(), ProofError> {
    let end = start.checked_add(leaves.len() as u64).filter(|end| *end <= size).ok_or(ProofError::Bounds)?;
    let mut tree = Frontier::from_nodes(start, left.to_vec()).map_err(|error| match error {
        FrontierError::Count { .. } => ProofError::Length,
        FrontierError::Misplaced { .. } | FrontierError::TooLarge => ProofError::Bounds,
    })?;
    tree.append(leaves).map_err(|_| ProofError::Bounds)?;
    let mut hashes = right.iter();
    for (height, _) in cover(end, size) {
        let hash = hashes.next().ok_or(ProofError::Length)?;
        tree.push_subtree(height, *hash).map_err(|_| ProofError::Bounds)?;
    }
    if hashes.next().is_some() {
        return Err(ProofError::Length);
    }
    if tree.root() == *root { Ok(()) } else { Err(ProofError::Root) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leaf;
    use proptest::prelude::*;

    fn leaves(count: u64) -> Vec<Digest> {
        (0..count).map(|index| leaf::hash(&index.to_be_bytes())).collect()
    }

    fn root(leaves: &[Digest]) -> Digest {
        let mut frontier = Frontier::default();
        frontier.append(leaves.iter().copied()).unwrap();
        frontier.root()
    }

    fn of(leaves: &[Digest], run: Subtree) -> Digest {
        root(&leaves[usize::try_from(run.start).unwrap()..usize::try_from(run.end).unwrap()])
    }

    fn covered(leaves: &[Digest], start: u64, end: u64) -> Vec<Digest> {
        cover(start, end)
            .map(|(height, index)| of(leaves, Subtree { start: index << height, end: (index + 1) << height }))
            .collect()
    }

    fn carry_out(leaves: &[Digest], plan: &[Subtree]) -> Vec<Digest> {
        plan.iter().map(|run| hash_run(*run, &covered(leaves, run.start, run.end)).unwrap()).collect()
    }

    /// Hashes in any proof of inclusion or consistency in a tree of 2^63 leaves.
    const HASHES_MAX: usize = 64;

    /// A size up to 80 and a subtree of it that is allowed.
    fn subtrees() -> impl Strategy<Value = (u64, Subtree)> {
        (1_u64..80, 0_u64..80, 1_u64..80).prop_map(|(size, start, width)| {
            let room = width.next_power_of_two();
            let start = (start % size) / room * room;
            (size, Subtree { start, end: (start + width).min(size) })
        })
    }

    proptest! {
        #[test]
        fn every_leaf_of_every_subtree_is_proved_and_no_other_leaf_or_place_is(
            (size, subtree) in subtrees(), at in any::<proptest::sample::Index>()
        ) {
            let all = leaves(size);
            let width = usize::try_from(subtree.end - subtree.start).unwrap();
            let index = subtree.start + at.index(width) as u64;
            let proof = carry_out(&all, &plan_inclusion(index, subtree).unwrap());
            let whole = of(&all, subtree);
            let leaf = all[usize::try_from(index).unwrap()];
            prop_assert_eq!(verify_inclusion(&leaf, index, subtree, &whole, &proof), Ok(()));
            for other in subtree.start..subtree.end {
                let held = verify_inclusion(&leaf, other, subtree, &whole, &proof).is_ok();
                prop_assert_eq!(held, other == index, "as {}", other);
            }
        }

        #[test]
        fn every_subtree_is_proved_to_be_part_of_its_tree_and_a_changed_hash_is_noticed(
            (size, subtree) in subtrees(), bit in 0_usize..256, at in any::<proptest::sample::Index>()
        ) {
            let all = leaves(size);
            let proof = carry_out(&all, &plan_consistency(subtree, size).unwrap());
            let (before, after) = (of(&all, subtree), root(&all));
            prop_assert_eq!(verify_consistency(subtree, size, &before, &after, &proof), Ok(()));
            let mut changed: Vec<Digest> = [&[before, after][..], &proof].concat();
            let place = at.index(changed.len());
            changed[place].0[bit / 8] ^= 1 << (bit % 8);
            let (ends, rest) = changed.split_at(2);
            prop_assert!(verify_consistency(subtree, size, &ends[0], &ends[1], rest).is_err());
        }

        #[test]
        fn a_run_is_proved_complete_and_nothing_can_be_left_out_moved_or_put_in(
            size in 1_u64..80, start in 0_u64..80, length in 0_u64..80, at in any::<proptest::sample::Index>()
        ) {
            let all = leaves(size);
            let start = start % size;
            let end = (start + length).min(size);
            let (left, right) = (covered(&all, 0, start), covered(&all, end, size));
            let run = all[usize::try_from(start).unwrap()..usize::try_from(end).unwrap()].to_vec();
            let check = |run: Vec<Digest>, start: u64| {
                verify_range(run.into_iter(), start, size, &root(&all), (&left, &right))
            };
            prop_assert_eq!(check(run.clone(), start), Ok(()));
            prop_assert!(check(run.clone(), start + 1).is_err());
            let mut longer = run.clone();
            longer.insert(at.index(run.len() + 1), leaf::hash(b"put in"));
            prop_assert!(check(longer, start).is_err());
            if !run.is_empty() {
                let mut shorter = run.clone();
                shorter.remove(at.index(run.len()));
                prop_assert!(check(shorter, start).is_err());
            }
            if run.len() > 1 {
                let mut moved = run;
                moved.rotate_left(1);
                prop_assert!(check(moved, start).is_err());
            }
        }

        #[test]
        fn no_bounds_bring_a_verifier_down(
            index in any::<u64>(), start in any::<u64>(), end in any::<u64>(), size in any::<u64>(), hashes in 0_usize..70
        ) {
            let some = leaves(1)[0];
            let proof = vec![some; hashes];
            let subtree = Subtree { start, end };
            let _ = verify_inclusion(&some, index, subtree, &some, &proof);
            let _ = verify_consistency(subtree, size, &some, &some, &proof);
            let _ = verify_range(vec![some; 3].into_iter(), start, size, &some, (&proof, &proof));
            if let Ok(plan) = plan_inclusion(index, subtree) {
                prop_assert!(plan.len() <= HASHES_MAX);
            }
            if let Ok(plan) = plan_consistency(subtree, size) {
                prop_assert!(plan.len() <= HASHES_MAX + 1);
            }
        }
    }
}
