//! When the workspace locks itself: after minutes without input, and when the machine slept.
//!
//! Sleep shows as wall time running ahead of the monotonic clock between two ticks; that needs no help from the
//! operating system and works on all of them, at the moment the machine wakes. Linux also says so beforehand
//! (see `session`).

use std::time::{Duration, Instant, SystemTime};

/// How often the clock is looked at.
pub(crate) const TICK: Duration = Duration::from_secs(5);
/// Wall time ahead of the monotonic clock by more than this is sleep, not a corrected clock.
const SLEEP_MIN: Duration = Duration::from_secs(60);

/// Why the workspace should lock now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// No input for the set time.
    Idle,
    /// The machine slept.
    Slept,
}

/// The last input and the last tick.
#[derive(Debug)]
pub(crate) struct IdleClock {
    touched: Instant,
    ticked: (Instant, SystemTime),
}

impl IdleClock {
    /// Starts with an input now.
    pub(crate) fn new(now: Instant, wall: SystemTime) -> Self {
        Self { touched: now, ticked: (now, wall) }
    }

    /// Notes an input.
    pub(crate) fn touch(&mut self, now: Instant) {
        self.touched = now;
    }

    /// Notes that time passed, and says whether to lock.
    pub(crate) fn tick(&mut self, now: Instant, wall: SystemTime, limit: Duration) -> Option<Due> {
        let (instant, clock) = std::mem::replace(&mut self.ticked, (now, wall));
        let passed = now.saturating_duration_since(instant);
        // A clock set back gives an error, which is no sleep.
        let wall_passed = wall.duration_since(clock).unwrap_or_default();
        if now.saturating_duration_since(self.touched) >= limit {
            Some(Due::Idle)
        } else if wall_passed.saturating_sub(passed) > SLEEP_MIN {
            Some(Due::Slept)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(600);

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn start() -> (IdleClock, Instant, SystemTime) {
        let (now, wall) = (Instant::now(), SystemTime::now());
        (IdleClock::new(now, wall), now, wall)
    }

    #[test]
    fn the_workspace_locks_after_the_set_time_and_not_before() {
        let (mut clock, now, wall) = start();
        assert_eq!(clock.tick(now + seconds(599), wall + seconds(599), LIMIT), None);
        assert_eq!(clock.tick(now + seconds(600), wall + seconds(600), LIMIT), Some(Due::Idle));
    }

    #[test]
    fn input_starts_the_time_anew() {
        let (mut clock, now, wall) = start();
        clock.touch(now + seconds(500));
        assert_eq!(clock.tick(now + seconds(1099), wall + seconds(1099), LIMIT), None);
        assert_eq!(clock.tick(now + seconds(1100), wall + seconds(1100), LIMIT), Some(Due::Idle));
    }

    #[test]
    fn sleep_locks_on_waking() {
        let (mut clock, now, wall) = start();
        assert_eq!(clock.tick(now + seconds(5), wall + seconds(3600), LIMIT), Some(Due::Slept));
        assert_eq!(clock.tick(now + seconds(10), wall + seconds(3605), LIMIT), None);
    }

    #[test]
    fn a_corrected_clock_is_no_sleep() {
        let (mut clock, now, wall) = start();
        assert_eq!(clock.tick(now + seconds(5), wall + seconds(35), LIMIT), None);
        assert_eq!(clock.tick(now + seconds(10), wall - seconds(3600), LIMIT), None);
    }
}
