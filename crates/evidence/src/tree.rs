//! The Merkle tree of RFC 6962 by its right edge: what a replica keeps to check the next leaves of a log.
//!
//! A leaf is SHA-256(0x00 ‖ bytes) ([`crate::leaf::hash`]), a node SHA-256(0x01 ‖ left ‖ right). A tree of n leaves
//! splits at the largest power of two below n, so it is a row of perfect subtrees of falling size: the [`Frontier`],
//! one hash for each bit that is set in n.

use attest_domain::Digest;
use sha2::{Digest as _, Sha256};

/// Leaves a tree can have: positions fit the signed 64 bits of every store.
pub const SIZE_MAX: u64 = i64::MAX as u64;

/// The hash of an inner node.
#[must_use]
pub fn hash_children(left: &Digest, right: &Digest) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update([0x01]);
    hasher.update(left.0);
    hasher.update(right.0);
    Digest(hasher.finalize().into())
}

/// The root of a tree without leaves: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Digest {
    Digest(Sha256::digest([]).into())
}

/// The perfect subtrees that cover the first leaves of a tree, widest first.
///
/// Invariant: `nodes` holds one hash for each bit set in `size`, from the highest bit down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    nodes: Vec<Digest>,
}

/// Why hashes cannot be put together to a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrontierError {
    /// Not one hash for each perfect subtree.
    #[error("The frontier of {size} events has {expected} hashes; {found} were given.")]
    Count {
        /// Leaves.
        size: u64,
        /// Bits set in the size.
        expected: u32,
        /// Hashes given.
        found: usize,
    },
    /// A subtree that does not begin where one of its height can begin.
    #[error("A subtree of height {height} cannot begin behind {size} events.")]
    Misplaced {
        /// Leaves before it.
        size: u64,
        /// Its height; 2^height leaves.
        height: u32,
    },
    /// More leaves than a position can count.
    #[error("A log has at most {SIZE_MAX} events.")]
    TooLarge,
}

impl Frontier {
    /// The frontier of `size` leaves from its hashes, widest subtree first.
    ///
    /// # Errors
    /// [`FrontierError::Count`] when there are more or fewer than `size` has bits, [`FrontierError::TooLarge`].
    pub fn from_nodes(size: u64, nodes: Vec<Digest>) -> Result<Self, FrontierError> {
        if size > SIZE_MAX {
            return Err(FrontierError::TooLarge);
        }
        let expected = size.count_ones();
        if usize::try_from(expected) != Ok(nodes.len()) {
            return Err(FrontierError::Count { size, expected, found: nodes.len() });
        }
        Ok(Self { size, nodes })
    }

    /// Number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Hashes of the perfect subtrees, widest first.
    #[must_use]
    pub fn nodes(&self) -> &[Digest] {
        &self.nodes
    }

    /// Appends one leaf by its hash.
    ///
    /// # Errors
    /// [`FrontierError::TooLarge`] behind the last position.
    pub fn push(&mut self, leaf: Digest) -> Result<(), FrontierError> {
        self.push_subtree(0, leaf)
    }

    /// Appends leaves by their hashes, in order.
    ///
    /// # Errors
    /// [`FrontierError::TooLarge`] at the first one behind the last position; those before it are in.
    pub fn append(&mut self, leaves: impl IntoIterator<Item = Digest>) -> Result<(), FrontierError> {
        leaves.into_iter().try_for_each(|leaf| self.push(leaf))
    }

    /// Appends a perfect subtree of 2^`height` leaves by its hash.
    ///
    /// # Errors
    /// [`FrontierError::Misplaced`] when no subtree of that height begins here, [`FrontierError::TooLarge`].
    pub fn push_subtree(&mut self, height: u32, hash: Digest) -> Result<(), FrontierError> {
        let leaves = 1_u64.checked_shl(height).ok_or(FrontierError::TooLarge)?;
        let size = self.size.checked_add(leaves).filter(|size| *size <= SIZE_MAX);
        let size = size.ok_or(FrontierError::TooLarge)?;
        if !self.size.is_multiple_of(leaves) {
            return Err(FrontierError::Misplaced { size: self.size, height });
        }
        let mut hash = hash;
        // Each run of set bits above is a subtree of the same width that is complete now.
        let joined = (self.size >> height).trailing_ones();
        for _ in 0..joined {
            let left = self.nodes.pop().expect("one node for each bit set in the size");
            hash = hash_children(&left, &hash);
        }
        self.nodes.push(hash);
        self.size = size;
        Ok(())
    }

    /// The root over all leaves.
    #[must_use]
    pub fn root(&self) -> Digest {
        let mut nodes = self.nodes.iter().rev();
        match nodes.next() {
            None => empty_root(),
            Some(narrowest) => nodes.fold(*narrowest, |right, left| hash_children(left, &right)),
        }
    }
}

/// The perfect subtrees that cover the leaves from `start` up to `end` as `(height, index)`, from left to right;
/// a subtree's first leaf is `index << height`.
pub fn cover(start: u64, end: u64) -> impl Iterator<Item = (u32, u64)> {
    let mut at = start;
    std::iter::from_fn(move || {
        let left = end.checked_sub(at).filter(|left| *left > 0)?;
        let height = at.trailing_zeros().min(left.ilog2());
        let index = at >> height;
        at += 1 << height;
        Some((height, index))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leaf;
    use proptest::prelude::*;

    fn leaves(count: u64) -> Vec<Digest> {
        (0..count).map(|index| leaf::hash(&index.to_be_bytes())).collect()
    }

    /// The definition of RFC 6962 §2.1, word by word.
    fn defined_root(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => empty_root(),
            [leaf] => *leaf,
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                hash_children(&defined_root(&leaves[..split]), &defined_root(&leaves[split..]))
            }
        }
    }

    #[test]
    fn the_root_is_the_one_that_the_standard_defines_at_every_size() {
        let all = leaves(130);
        let mut frontier = Frontier::default();
        for (size, leaf) in all.iter().enumerate() {
            assert_eq!(frontier.root(), defined_root(&all[..size]), "{size} leaves");
            frontier.push(*leaf).unwrap();
        }
    }

    #[test]
    fn a_frontier_reads_back_from_its_hashes_and_from_no_other_number_of_them() {
        let mut frontier = Frontier::default();
        frontier.append(leaves(11)).unwrap();
        let again = Frontier::from_nodes(11, frontier.nodes().to_vec()).unwrap();
        assert_eq!(again, frontier);
        let expected = FrontierError::Count { size: 12, expected: 2, found: 3 };
        assert_eq!(Frontier::from_nodes(12, frontier.nodes().to_vec()), Err(expected));
        assert_eq!(Frontier::from_nodes(u64::MAX, Vec::new()), Err(FrontierError::TooLarge));
    }

    #[test]
    fn a_subtree_joins_only_where_one_of_its_height_begins() {
        let mut frontier = Frontier::default();
        frontier.append(leaves(6)).unwrap();
        assert!(frontier.push_subtree(1, empty_root()).is_ok());
        frontier.append(leaves(1)).unwrap();
        assert_eq!(
            frontier.push_subtree(1, empty_root()),
            Err(FrontierError::Misplaced { size: 9, height: 1 })
        );
        assert_eq!(frontier.push_subtree(64, empty_root()), Err(FrontierError::TooLarge));
        assert_eq!(frontier.push_subtree(63, empty_root()), Err(FrontierError::TooLarge));
    }

    proptest! {
        #[test]
        fn a_tree_grown_by_any_cover_of_subtrees_has_the_same_root(size in 0_u64..300, cut in 0_u64..300) {
            let all = leaves(size);
            let cut = cut.min(size);
            let mut frontier = Frontier::default();
            for (height, index) in cover(0, cut).chain(cover(cut, size)) {
                let (first, width) = (usize::try_from(index << height).unwrap(), 1 << height);
                frontier.push_subtree(height, defined_root(&all[first..first + width])).unwrap();
            }
            prop_assert_eq!(frontier.root(), defined_root(&all));
        }
    }
}
