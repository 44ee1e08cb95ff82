//! How domain values stand in columns.

use crate::error::CacheError;
use attest_domain::{Amount, Date, statement::EntryStatus};

/// A side of a reconciliation as stored: the bank's or the ledger's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Bank entries.
    Bank,
    /// Ledger lines.
    Ledger,
}

impl Side {
    /// The stored number.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::Bank => 0,
            Self::Ledger => 1,
        }
    }

    pub(crate) fn from_number(number: i64) -> Self {
        if number == 0 { Self::Bank } else { Self::Ledger }
    }
}

/// Days from 1970-01-01 to `date`.
#[must_use]
pub fn day_from_date(date: Date) -> i64 {
    let epoch = Date::constant(1970, 1, 1);
    i64::from((date - epoch).get_days())
}

/// The date `day` days after 1970-01-01; `None` outside years -9999 to 9999.
#[must_use]
pub fn date_from_day(day: i64) -> Option<Date> {
    let span = jiff::Span::new().try_days(day).ok()?;
    Date::constant(1970, 1, 1).checked_add(span).ok()
}

/// An amount from its two columns.
pub(crate) fn amount(mantissa: i64, scale: i64) -> Amount {
    Amount::from_parts(mantissa, u32::try_from(scale).unwrap_or(0))
}

/// The two columns of an amount. Parsed amounts have at most 18 digits and always fit; sums may not.
pub(crate) fn amount_parts(amount: Amount) -> Result<(i64, i64), CacheError> {
    let normal = if amount.parts().is_some() { amount } else { amount.normalized() };
    let (mantissa, scale) = normal
        .parts()
        .ok_or_else(|| CacheError::stored("amount", format!("{amount} has too many digits")))?;
    Ok((mantissa, i64::from(scale)))
}

pub(crate) fn status_number(status: EntryStatus) -> i64 {
    match status {
        EntryStatus::Booked => 0,
        EntryStatus::Pending => 1,
        EntryStatus::Info => 2,
    }
}

pub(crate) fn status_from_number(number: i64) -> EntryStatus {
    match number {
        0 => EntryStatus::Booked,
        1 => EntryStatus::Pending,
        _ => EntryStatus::Info,
    }
}

/// Reads the integers of a JSON array that SQLite aggregated.
///
/// One row with a hundred thousand integers costs a fraction of a hundred thousand rows.
pub(crate) fn integers(json: &str) -> Vec<i64> {
    let mut values = Vec::with_capacity(json.len() / 8);
    let (mut value, mut digits, mut negative) = (0_i64, false, false);
    for byte in json.bytes() {
        match byte {
            b'0'..=b'9' => {
                value = value.wrapping_mul(10).wrapping_add(i64::from(byte - b'0'));
                digits = true;
            }
            b'-' => negative = true,
            _ => {
                if digits {
                    values.push(if negative { -value } else { value });
                }
                (value, digits, negative) = (0, false, false);
            }
        }
    }
    values
}

/// Writes integers as a JSON array for `json_each`.
pub(crate) fn json_integers(values: impl IntoIterator<Item = i64>) -> String {
    let mut json = String::from("[");
    for value in values {
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(&value.to_string());
    }
    json.push(']');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_read_back_as_dates() {
        for date in [Date::constant(1970, 1, 1), Date::constant(2026, 11, 20), Date::constant(1899, 12, 31)] {
            assert_eq!(date_from_day(day_from_date(date)), Some(date));
        }
    }

    #[test]
    fn integers_read_back_from_json() {
        let values = [0, -5, 17, i64::MAX];
        assert_eq!(integers(&json_integers(values)), values);
        assert!(integers("[]").is_empty());
    }
}
