//! The circuit breaker: after failures in a row nobody asks for a while, longer each time, and then one does.
//!
//! Pure: what time it is and how chance fell are passed in.

use std::time::Duration;

/// First pause.
const FIRST: Duration = Duration::from_secs(1);
/// Longest pause.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// Counts failures in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    failures: u32,
}

impl Breaker {
    /// It worked.
    pub fn succeed(&mut self) {
        self.failures = 0;
    }

    /// It did not. Answers how long to wait: twice as long each time up to five minutes, of which between half and
    /// all by `chance` (0 to 255), so that a whole office does not come back at the same moment.
    pub fn fail(&mut self, chance: u8) -> Duration {
        let longest = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        longest / 2 + longest / 2 * u32::from(chance) / 255
    }

    /// Failures in a row.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn success_closes_the_circuit() {
        let mut breaker = Breaker::default();
        breaker.fail(0);
        breaker.fail(0);
        breaker.succeed();
        assert_eq!(breaker.fail(255), FIRST);
    }

    proptest! {
        #[test]
        fn pauses_grow_to_a_limit_and_are_never_nothing(failures in 0_u32..100, chance: u8) {
            let mut breaker = Breaker { failures };
            let pause = breaker.fail(chance);
            prop_assert!(pause >= FIRST / 2 && pause <= LONGEST);
            prop_assert!(failures < 9 || pause >= LONGEST / 2);
        }
    }
}
