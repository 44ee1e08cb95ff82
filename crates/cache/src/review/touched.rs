//! Which groups committed transactions have changed, so that a list in memory is mended instead of read again.

use crate::open::Cache;
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// More groups than this are read again with all others: mending would cost more.
const GROUPS_MAX: usize = 5_000;

/// Groups that were made, changed or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touched {
    /// These.
    Groups(BTreeSet<i64>),
    /// So many that all must be read again.
    Everything,
}

impl Default for Touched {
    fn default() -> Self {
        Self::Groups(BTreeSet::new())
    }
}

impl Touched {
    /// Adds what another knows.
    pub fn merge(&mut self, other: Self) {
        match other {
            Self::Everything => *self = Self::Everything,
            Self::Groups(more) => self.extend(more),
        }
    }

    pub(crate) fn extend(&mut self, more: impl IntoIterator<Item = i64>) {
        if let Self::Groups(groups) = self {
            groups.extend(more);
            if groups.len() > GROUPS_MAX {
                *self = Self::Everything;
            }
        }
    }
}

/// What has been committed since somebody last asked.
#[derive(Debug, Default)]
pub(crate) struct Committed(Mutex<Touched>);

impl Committed {
    pub(crate) fn add(&self, touched: Touched) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).merge(touched);
    }
}

impl Cache {
    /// The groups that transactions committed since the last call have changed. A read that began before a commit
    /// may or may not have seen it; mending twice does no harm.
    #[must_use]
    pub fn take_touched(&self) -> Touched {
        std::mem::take(&mut *self.committed.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_groups_are_everything_and_stay_so() {
        let mut touched = Touched::default();
        touched.extend([3, 1, 3]);
        assert_eq!(touched, Touched::Groups(BTreeSet::from([1, 3])));
        touched.merge(Touched::Groups((0..=5_000).collect()));
        assert_eq!(touched, Touched::Everything);
        touched.merge(Touched::Groups(BTreeSet::from([9])));
        assert_eq!(touched, Touched::Everything);
    }
}
