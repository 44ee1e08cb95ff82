//! What time it is: asked here and nowhere else where a decision depends on it, so that tests can say so.

use attest_domain::Date;
use jiff::{Timestamp, tz::TimeZone};
use std::fmt;

/// A clock that a desk is given.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The instant.
    fn now(&self) -> Timestamp;

    /// The day in UTC; a hold that ends on it is over.
    fn today(&self) -> Date {
        TimeZone::UTC.to_datetime(self.now()).date()
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
