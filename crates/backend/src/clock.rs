//! What time it is, asked here alone, so that a simulation can say so.

use attest_domain::Date;
use jiff::{Timestamp, tz::TimeZone};
use std::fmt;

/// The clock a backend is given.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The instant.
    fn now(&self) -> Timestamp;

    /// The day in UTC.
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

/// An instant as it is stored and sent: RFC 3339 in UTC with milliseconds.
#[must_use]
pub fn instant(at: Timestamp) -> String {
    format!("{at:.3}")
}
