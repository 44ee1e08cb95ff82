//! Amounts and dates as people and banks write them in tables.

use attest_domain::{Amount, Date};

/// Reads an amount with the given decimal and thousands separators.
///
/// A minus may be ASCII or typographic, in front or behind; parentheses mean minus; a currency around the
/// figure is passed over. Thousands must stand in groups of three, so that `1.5` is never read as 15.
pub(super) fn parse_amount(text: &str, decimal: char, thousands: Option<char>) -> Option<Amount> {
    let text = text.trim();
    let (text, bracketed) = match text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        Some(inner) => (inner.trim(), true),
        None => (text, false),
    };
    let bare = text.trim_matches(|c: char| c.is_alphabetic() || is_space(c) || matches!(c, '€' | '$' | '£'));
    let (bare, negative) = strip_sign(bare)?;
    let bare = bare.trim_matches(is_space);
    let (whole, fraction) = match bare.rsplit_once(decimal) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (bare, None),
    };
    let mut digits = String::with_capacity(bare.len() + 1);
    if negative != bracketed {
        digits.push('-');
    }
    let separates =
        |c: char| thousands.is_some_and(|separator| c == separator || (is_space(separator) && is_space(c)));
    let groups: Vec<&str> = whole.split(separates).collect();
    if groups.len() > 1
        && (groups[0].is_empty() || groups[0].len() > 3 || groups[1..].iter().any(|group| group.len() != 3))
    {
        return None;
    }
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !groups.iter().copied().chain(fraction).all(is_number) {
        return None;
    }
    groups.iter().for_each(|group| digits.push_str(group));
    if let Some(fraction) = fraction.filter(|fraction| !fraction.is_empty()) {
        digits.push('.');
        digits.push_str(fraction);
    }
    Amount::parse(&digits).ok()
}

/// Blanks that separate thousands: the space, the no-break space and its narrow sister, the apostrophe.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '’')
}

/// Takes one sign off either end.
fn strip_sign(text: &str) -> Option<(&str, bool)> {
    let is_minus = |c: char| matches!(c, '-' | '\u{2212}' | '\u{2013}');
    let front = text
        .strip_prefix(is_minus)
        .map(|rest| (rest, true))
        .or_else(|| text.strip_prefix('+').map(|rest| (rest, false)));
    let back = |text: &'_ str| text.ends_with(is_minus);
    match front {
        Some((rest, _)) if back(rest) => None,
        Some(found) => Some(found),
        None => Some(text.strip_suffix(is_minus).map_or((text, false), |rest| (rest, true))),
    }
}

/// Reads a date by a pattern of `YYYY`, `YY`, `MM`, `DD` (two digits), `M`, `D` (one or two) and literals.
/// What follows a complete date after a blank or `T`, a time of day, is passed over.
pub(super) fn parse_date(text: &str, pattern: &str) -> Option<Date> {
    let (mut text, mut pattern) = (text.trim(), pattern.trim());
    let (mut year, mut month, mut day) = (None, None, None);
    while let Some(sign) = pattern.chars().next() {
        let run = pattern.chars().take_while(|c| *c == sign).count();
        let (slot, least, most) = match (sign, run) {
            ('Y', 4) => (&mut year, 4, 4),
            ('Y', 2) => (&mut year, 2, 2),
            ('M', 2) => (&mut month, 2, 2),
            ('D', 2) => (&mut day, 2, 2),
            ('M', 1) => (&mut month, 1, 2),
            ('D', 1) => (&mut day, 1, 2),
            ('Y' | 'M' | 'D', _) => return None,
            _ => {
                text = text.strip_prefix(sign)?;
                pattern = &pattern[sign.len_utf8()..];
                continue;
            }
        };
        let digits = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if digits < least {
            return None;
        }
        *slot = text[..digits]
            .parse::<i16>()
            .ok()
            .map(|value| if (sign, run) == ('Y', 2) { 2000 + value } else { value });
        text = &text[digits..];
        pattern = &pattern[run..];
    }
    let rest_is_time = text.is_empty() || text.starts_with([' ', 'T']);
    if !rest_is_time {
        return None;
    }
    Date::new(year?, i8::try_from(month?).ok()?, i8::try_from(day?).ok()?).ok()
}

/// True when a pattern names year, month and day, each once.
pub(super) fn is_date_pattern(pattern: &str) -> bool {
    let has = |run: &[&str]| run.iter().any(|run| pattern.contains(run));
    let count = |sign: char| pattern.chars().filter(|c| *c == sign).count();
    has(&["YYYY", "YY"])
        && matches!(count('Y'), 2 | 4)
        && matches!(count('M'), 1 | 2)
        && matches!(count('D'), 1 | 2)
        && (count('M') == 1 || pattern.contains("MM"))
        && (count('D') == 1 || pattern.contains("DD"))
        && (count('Y') == 2 || pattern.contains("YYYY"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nordic_amounts_are_read() {
        let read = |text: &str| parse_amount(text, ',', Some(' ')).map(|amount| amount.to_string());
        for (text, amount) in [
            ("-1 234,56", "-1234.56"),
            ("1\u{a0}234\u{202f}567,8", "1234567.8"),
            ("\u{2212}12,00 kr", "-12.00"),
            ("SEK 12", "12"),
            ("100,00-", "-100.00"),
            ("(5,5)", "-5.5"),
            ("+7", "7"),
            ("0,00", "0.00"),
        ] {
            assert_eq!(read(text).as_deref(), Some(amount), "{text}");
        }
        for text in ["", "-", "1.5", "1,2,3", "12 34", "abc", "--1", "-1-", "1 234 5", " 123 4"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(parse_amount("1.234,50", ',', Some('.')), Amount::parse("1234.50").ok());
        assert_eq!(parse_amount("1.5", ',', Some('.')), None, "no group of three");
        assert_eq!(parse_amount("1,234.50", '.', Some(',')), Amount::parse("1234.50").ok());
    }

    #[test]
    fn dates_follow_their_pattern() {
        let day: Date = "2024-02-09".parse().unwrap();
        for (text, pattern) in [
            ("2024-02-09", "YYYY-MM-DD"),
            ("20240209", "YYYYMMDD"),
            ("09.02.2024", "DD.MM.YYYY"),
            ("9.2.2024", "D.M.YYYY"),
            ("02/09/24", "MM/DD/YY"),
            ("2024-02-09 13:45", "YYYY-MM-DD"),
            ("2024-02-09T13:45:00", "YYYY-MM-DD"),
        ] {
            assert_eq!(parse_date(text, pattern), Some(day), "{text}");
        }
        for text in ["2024-02-30", "2024-2-9", "24-02-09", "2024-02-091", ""] {
            assert_eq!(parse_date(text, "YYYY-MM-DD"), None, "{text}");
        }
        assert!(is_date_pattern("D.M.YYYY") && is_date_pattern("YYMMDD"));
        assert!(!is_date_pattern("YYYY-MM") && !is_date_pattern("YYY-MM-DD") && !is_date_pattern("M/D/Y M"));
    }

    proptest! {
        #[test]
        fn any_text_is_an_amount_or_not_without_panic(text in ".{0,30}") {
            let _ = parse_amount(&text, ',', Some(' '));
            let _ = parse_amount(&text, '.', Some(','));
            let _ = parse_date(&text, "D.M.YYYY");
            let _ = parse_date("2024-01-02", &text);
            let _ = is_date_pattern(&text);
        }

        #[test]
        fn an_amount_written_the_nordic_way_is_read_back(mantissa in -999_999_999_999_i64..999_999_999_999) {
            let amount = Amount::from_parts(mantissa, 2);
            let text = amount.to_string().replace('.', ",");
            prop_assert_eq!(parse_amount(&text, ',', Some(' ')), Some(amount));
        }
    }
}
