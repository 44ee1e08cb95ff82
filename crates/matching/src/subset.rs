//! Which items add up to a target: exact, in whole minor units, counting the solutions, within a budget of steps.
//!
//! Invariants: items and target positive; the answer says whether the search was complete, so that uniqueness is
//! only claimed where it is proved. Deliberately absent: approximate sums.

/// Solutions that are kept; more are only counted.
const SOLUTIONS_KEPT: usize = 5;

/// What a search found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// The first solutions, each as ascending item positions.
    pub(crate) solutions: Vec<Vec<usize>>,
    /// How many there are, as far as the search went.
    pub(crate) count: u32,
    /// True when every combination was considered.
    pub(crate) complete: bool,
    /// Steps spent.
    pub(crate) steps: u64,
}

/// Looks for sets of 2 to `most` items that add up to `target` in at most `budget` steps.
pub(crate) fn find(items: &[i128], target: i128, most: usize, budget: u64) -> Found {
    let mut order: Vec<usize> = (0..items.len()).filter(|i| items[*i] > 0 && items[*i] <= target).collect();
    order.sort_by(|a, b| items[*b].cmp(&items[*a]).then(a.cmp(b)));
    let mut rest: Vec<i128> = vec![0; order.len() + 1];
    for (at, item) in order.iter().enumerate().rev() {
        rest[at] = rest[at + 1] + items[*item];
    }
    let mut search = Search { items, order, rest, most, budget, taken: Vec::new(), found: Found::default() };
    search.found.complete = search.visit(0, target);
    search.found
}

struct Search<'i> {
    items: &'i [i128],
    order: Vec<usize>,
    /// Sum of the items from a position on.
    rest: Vec<i128>,
    most: usize,
    budget: u64,
    taken: Vec<usize>,
    found: Found,
}

impl Search<'_> {
    /// False when the budget ran out. Recursion is as deep as items are taken, `most` at the utmost.
    fn visit(&mut self, from: usize, missing: i128) -> bool {
        if missing == 0 {
            if self.taken.len() >= 2 {
                self.found.count = self.found.count.saturating_add(1);
                if self.found.solutions.len() < SOLUTIONS_KEPT {
                    let mut solution = self.taken.clone();
                    solution.sort_unstable();
                    self.found.solutions.push(solution);
                }
            }
            return true;
        }
        if self.taken.len() == self.most {
            return true;
        }
        let slots = i128::try_from(self.most - self.taken.len()).unwrap_or(i128::MAX);
        for at in from..self.order.len() {
            self.found.steps += 1;
            if self.found.steps > self.budget {
                return false;
            }
            let item = self.items[self.order[at]];
            // Everything that is left, or the largest ones as often as may be taken, is not enough.
            if self.rest[at] < missing || item.saturating_mul(slots) < missing {
                return true;
            }
            if item <= missing {
                self.taken.push(self.order[at]);
                let complete = self.visit(at + 1, missing - item);
                self.taken.pop();
                if !complete {
                    return false;
                }
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solutions_are_counted_and_uniqueness_is_only_claimed_when_proved() {
        let one = find(&[100, 250, 70, 33], 350, 12, 10_000);
        assert_eq!((one.count, one.complete, one.solutions), (1, true, vec![vec![0, 1]]));
        let two = find(&[100, 250, 100], 350, 12, 10_000);
        assert_eq!((two.count, two.complete), (2, true));
    }

    #[test]
    fn a_single_item_is_no_sum_and_more_than_allowed_is_none() {
        assert_eq!(find(&[100, 30], 100, 12, 1_000).count, 0);
        assert_eq!(find(&[1, 1, 1], 3, 2, 1_000).count, 0);
    }

    #[test]
    fn sixty_items_without_a_solution_stop_at_the_budget() {
        // Even numbers never add up to an odd target.
        let items: Vec<i128> = (0..60).map(|i| 1_000_000 + 2 * i * i * 7919).collect();
        let found = find(&items, 30_000_001, 30, 50_000);
        assert!(!found.complete && found.count == 0 && found.steps <= 50_001);
    }
}
