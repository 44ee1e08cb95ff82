//! SWIFT fields: `:61:` statement lines and balances, taken apart without judging them.

use attest_domain::{Amount, Currency, Date};

/// A date as SWIFT writes it, after the calendar has been asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SwiftDate {
    /// A day of the calendar.
    Day(Date),
    /// A day behind the end of its month (30 February, from value dating in months of 30 days), moved to the
    /// month's last day.
    Clamped(Date),
    /// No day at all.
    Invalid,
}

impl SwiftDate {
    pub(super) fn day(self) -> Option<Date> {
        match self {
            Self::Day(date) | Self::Clamped(date) => Some(date),
            Self::Invalid => None,
        }
    }
}

/// Makes a day; one behind the end of a month becomes its last.
fn day(year: i16, month: i8, day: i8) -> SwiftDate {
    match Date::new(year, month, day) {
        Ok(date) => SwiftDate::Day(date),
        Err(_) if (29..=31).contains(&day) => Date::new(year, month, 1)
            .map_or(SwiftDate::Invalid, |first| SwiftDate::Clamped(first.last_of_month())),
        Err(_) => SwiftDate::Invalid,
    }
}

fn two_digits(text: &str, place: usize) -> Option<i8> {
    text.get(place..place + 2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
}

/// Reads `YYMMDD`; years from 80 on belong to the last century.
pub(super) fn parse_date(text: &str) -> SwiftDate {
    let parts = (two_digits(text, 0), two_digits(text, 2), two_digits(text, 4));
    let (Some(year), Some(month), Some(date)) = parts else { return SwiftDate::Invalid };
    let century = if year >= 80 { 1900 } else { 2000 };
    day(century + i16::from(year), month, date)
}

/// Reads `MMDD` in the year that brings it nearest to `value`.
fn parse_entry_date(text: &str, value: Date) -> SwiftDate {
    let (Some(month), Some(date)) = (two_digits(text, 0), two_digits(text, 2)) else {
        return SwiftDate::Invalid;
    };
    let distance = |made: &SwiftDate| {
        made.day().and_then(|made| made.since(value).ok()).map_or(i32::MAX, |span| span.get_days().abs())
    };
    (value.year() - 1..=value.year() + 1)
        .map(|year| day(year, month, date))
        .min_by_key(|made| (distance(made), matches!(made, SwiftDate::Clamped(_))))
        .unwrap_or(SwiftDate::Invalid)
}

/// Reads a SWIFT amount: digits and one decimal comma (some banks write a point).
pub(super) fn parse_amount(text: &str) -> Option<Amount> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b'.')) {
        return None;
    }
    Amount::parse(text.replace(',', ".").trim_end_matches('.')).ok()
}

/// `:60F:` and its like: `C|D YYMMDD CCY amount`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BalanceField {
    pub(super) amount: Amount,
    pub(super) currency: Currency,
    pub(super) date: SwiftDate,
}

/// Reads a balance. `None` when its mark, currency or amount cannot be read.
pub(super) fn parse_balance(text: &str) -> Option<BalanceField> {
    let text = text.trim();
    let negative = match text.get(..1)? {
        "C" => false,
        "D" => true,
        _ => return None,
    };
    let amount = parse_amount(text.get(10..)?)?;
    Some(BalanceField {
        amount: if negative { -amount } else { amount },
        currency: Currency::parse(text.get(7..10)?)?,
        date: parse_date(text.get(1..7)?),
    })
}

/// `:61:` taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LineField {
    pub(super) valued: SwiftDate,
    /// The entry date with its year, where one is given.
    pub(super) booked: Option<SwiftDate>,
    /// Signed: `RC` takes away what a credit gave, `RD` gives back what a debit took.
    pub(super) amount: Amount,
    /// `RC` or `RD`.
    pub(super) reversal: bool,
    /// `EC` or `ED`: expected, not booked.
    pub(super) expected: bool,
    /// Type with its leading letter, such as `NTRF`.
    pub(super) kind: String,
    /// Reference of the account's owner.
    pub(super) owner_reference: Option<String>,
    /// Reference of the bank, behind `//`.
    pub(super) bank_reference: Option<String>,
}

/// Reads the first line of `:61:`. The error says which part it is.
pub(super) fn parse_line(text: &str) -> Result<LineField, &'static str> {
    let valued =
        text.get(..6).filter(|date| date.bytes().all(|byte| byte.is_ascii_digit())).ok_or("value date")?;
    let valued = parse_date(valued);
    let mut rest = &text[6..];
    let entry = rest.get(..4).filter(|date| date.bytes().all(|byte| byte.is_ascii_digit()));
    let booked =
        entry.map(|entry| valued.day().map_or(SwiftDate::Invalid, |valued| parse_entry_date(entry, valued)));
    if entry.is_some() {
        rest = &rest[4..];
    }
    let (mark, after) = ["RC", "RD", "EC", "ED", "C", "D"]
        .into_iter()
        .find_map(|mark| rest.strip_prefix(mark).map(|after| (mark, after)))
        .ok_or("debit or credit mark")?;
    // One letter may follow: the third letter of the currency (`DK829419,78` is a debit, not Denmark).
    let after = match after.as_bytes().first() {
        Some(byte) if byte.is_ascii_alphabetic() => &after[1..],
        _ => after,
    };
    let length =
        after.bytes().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b'.')).count();
    let amount = parse_amount(&after[..length]).ok_or("amount")?;
    let rest = &after[length..];
    // N for a transfer, F for the first advice, S for a SWIFT message; a bank may leave the type out.
    if !matches!(rest.as_bytes().first(), None | Some(b'N' | b'F' | b'S')) {
        return Err("transaction type");
    }
    let kind: String = rest.chars().take(4).collect();
    let (owner, bank) = match rest[kind.len()..].split_once("//") {
        Some((owner, bank)) => (owner, Some(bank)),
        None => (&rest[kind.len()..], None),
    };
    Ok(LineField {
        valued,
        booked,
        amount: if matches!(mark, "D" | "RC" | "ED") { -amount } else { amount },
        reversal: mark.starts_with('R'),
        expected: mark.starts_with('E'),
        kind: kind.trim().to_owned(),
        owner_reference: reference(owner),
        bank_reference: bank.and_then(reference),
    })
}

/// A reference, unless it says that there is none or only where to look for it.
pub(super) fn reference(text: &str) -> Option<String> {
    let text = text.trim();
    let pointer = text.trim_end_matches('+');
    let empty =
        matches!(pointer, "" | "-" | "NONREF" | "NOREF" | "NOTPROVIDED" | "EREF" | "KREF" | "MREF" | "PREF");
    (!empty).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn amount(text: &str) -> Amount {
        Amount::parse(text).unwrap()
    }

    #[test]
    fn the_funds_code_is_not_part_of_the_amount() {
        let line = parse_line("0909290929DK829419,78NTRFDansken").unwrap();
        assert_eq!((line.amount, line.kind.as_str()), (amount("-829419.78"), "NTRF"));
        assert_eq!(line.owner_reference.as_deref(), Some("Dansken"));
        assert_eq!(line.valued, SwiftDate::Day(date("2009-09-29")));
    }

    #[test]
    fn a_reversal_mark_flips_the_sign() {
        let signed = |mark: &str| parse_line(&format!("240102{mark}10,NMSCNONREF")).unwrap();
        assert_eq!(signed("C").amount, amount("10"));
        assert_eq!(signed("D").amount, amount("-10"));
        assert_eq!((signed("RC").amount, signed("RC").reversal), (amount("-10"), true));
        assert_eq!((signed("RDK").amount, signed("RDK").reversal), (amount("10"), true));
        assert_eq!((signed("ED").amount, signed("ED").expected), (amount("-10"), true));
    }

    #[test]
    fn the_entry_date_falls_into_the_year_nearest_to_the_value_date() {
        let booked = |text: &str| parse_line(text).unwrap().booked.unwrap();
        assert_eq!(booked("2312291230C1,NMSC"), SwiftDate::Day(date("2023-12-30")));
        assert_eq!(booked("2312310102C1,NMSC"), SwiftDate::Day(date("2024-01-02")));
        assert_eq!(booked("2401021231C1,NMSC"), SwiftDate::Day(date("2023-12-31")));
    }

    #[test]
    fn a_day_behind_the_end_of_its_month_is_moved_to_the_last() {
        assert_eq!(parse_date("230230"), SwiftDate::Clamped(date("2023-02-28")));
        assert_eq!(parse_date("231301"), SwiftDate::Invalid);
        assert_eq!(parse_date("230100"), SwiftDate::Invalid);
        assert_eq!(parse_date("991231"), SwiftDate::Day(date("1999-12-31")));
    }

    #[test]
    fn balances_are_signed_by_their_mark() {
        let balance = parse_balance("D070903EUR1234718,36").unwrap();
        assert_eq!((balance.amount, balance.currency.code()), (amount("-1234718.36"), "EUR"));
        assert_eq!(parse_balance("C211102EUR0,").unwrap().amount, Amount::ZERO);
        assert_eq!(parse_balance("C130101EUR000000001000,00").unwrap().amount, amount("1000"));
        assert_eq!(parse_balance("X211102EUR0,"), None);
        assert_eq!(parse_balance("C2111"), None);
    }

    #[test]
    fn references_that_say_nothing_are_none() {
        let line = parse_line("0709040904CR300,NTRFTFNr 40005 MSGID//0724710345313905").unwrap();
        assert_eq!(line.owner_reference.as_deref(), Some("TFNr 40005 MSGID"));
        assert_eq!(line.bank_reference.as_deref(), Some("0724710345313905"));
        assert_eq!(parse_line("0709040904DR5,NTRFKREF+//BD7").unwrap().owner_reference, None);
        assert_eq!(parse_line("100722D25,03NOV NONREF").unwrap().kind, "NOV");
    }

    #[test]
    fn the_part_that_cannot_be_read_is_named() {
        assert_eq!(parse_line("2401"), Err("value date"));
        assert_eq!(parse_line("240102X1,"), Err("debit or credit mark"));
        assert_eq!(parse_line("240102Cabc"), Err("amount"));
        assert_eq!(parse_line("240102C1,2,3NTRF"), Err("amount"));
        assert_eq!(parse_line("240102C1,xxNTRF"), Err("transaction type"));
    }
}
