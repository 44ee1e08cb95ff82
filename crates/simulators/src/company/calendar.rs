//! Bank days: which days a Swedish bank books, and how a year of work spreads over them.

use super::random::Random;
use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

/// Easter Sunday of a year (Gregorian computus in integer arithmetic).
fn easter(year: i16) -> Date {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let day_of_march = h + l - 7 * m + 22;
    Date::constant(year, 3, 1) + (i64::from(day_of_march) - 1).days()
}

/// False on Saturdays, Sundays and the days Swedish banks are closed.
pub(crate) fn is_bank_day(date: Date) -> bool {
    if matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) {
        return false;
    }
    let fixed = [(1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26), (12, 31)]
        .contains(&(date.month(), date.day()));
    let midsummer_eve =
        date.month() == 6 && (19..=25).contains(&date.day()) && date.weekday() == Weekday::Friday;
    let from_easter = days_between(easter(date.year()), date);
    !(fixed || midsummer_eve || [-2, 1, 39].contains(&from_easter))
}

/// Days from `from` to `to`, negative when `to` is earlier.
pub(crate) fn days_between(from: Date, to: Date) -> i64 {
    i64::from(from.until(to).expect("civil dates lie close enough for days").get_days())
}

/// `date` moved by a number of days.
pub(crate) fn shifted(date: Date, days: i64) -> Date {
    date.saturating_add(days.days())
}

/// The first bank day at least `days` after `date`.
pub(crate) fn bank_day_after(date: Date, days: i64) -> Date {
    let mut day = shifted(date, days);
    while !is_bank_day(day) {
        day = shifted(day, 1);
    }
    day
}

/// First and last day of the twelve months that begin with `year`-`month`.
pub(crate) fn twelve_months(year: i16, month: i8) -> (Date, Date) {
    let first = Date::new(year, month.clamp(1, 12), 1).unwrap_or(Date::constant(2025, 11, 1));
    (first, first.saturating_add(12.months()).saturating_sub(1.day()))
}

/// All bank days from `first` to `last`.
pub(crate) fn bank_days(first: Date, last: Date) -> Vec<Date> {
    first.series(1.day()).take_while(|day| *day <= last).filter(|day| is_bank_day(*day)).collect()
}

/// How many of `total` entries fall on each day: fuller Mondays and month ends, exact in sum.
pub(crate) fn spread(total: u64, days: &[Date], random: &mut Random) -> Vec<u64> {
    let weights: Vec<u64> = days
        .iter()
        .map(|day| {
            let weekday = if day.weekday() == Weekday::Monday { 130 } else { 100 };
            let month_end = if day.day() >= 25 || day.day() <= 2 { 150 } else { 100 };
            weekday * month_end * (75 + random.below(51))
        })
        .collect();
    let all: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    let mut passed = 0_u128;
    let mut given = 0_u64;
    weights
        .iter()
        .map(|weight| {
            passed += u128::from(*weight);
            let so_far = u64::try_from(u128::from(total) * passed / all).expect("no more than the total");
            let today = so_far - given;
            given = so_far;
            today
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banks_are_closed_on_weekends_and_swedish_holidays() {
        for closed in
            ["2026-10-17", "2026-10-18", "2026-04-03", "2026-04-06", "2026-05-14", "2026-06-19", "2025-12-24"]
        {
            assert!(!is_bank_day(closed.parse().unwrap()), "{closed}");
        }
        for open in ["2026-10-16", "2026-04-02", "2026-04-07", "2026-06-18", "2025-12-23"] {
            assert!(is_bank_day(open.parse().unwrap()), "{open}");
        }
    }

    #[test]
    fn twelve_months_end_the_day_before_they_began() {
        let (first, last) = twelve_months(2025, 11);
        assert_eq!((first.to_string(), last.to_string()), ("2025-11-01".into(), "2026-10-31".into()));
    }

    #[test]
    fn the_spread_gives_out_every_entry() {
        let (first, last) = twelve_months(2025, 11);
        let days = bank_days(first, last);
        for total in [0, 1, 999, 1_000_000] {
            let quotas = spread(total, &days, &mut Random::seeded(1, "spread"));
            assert_eq!(quotas.iter().sum::<u64>(), total);
        }
    }
}
