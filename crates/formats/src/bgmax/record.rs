//! One 80-column BgMax record and its fields by position.

use attest_domain::{Amount, Date};

/// Columns of a record. Positions count from 1, as in the manual, and columns are characters, so that a file
/// somebody stored as UTF-8 reads like the original.
pub(super) struct Record {
    columns: Vec<char>,
}

impl Record {
    /// Tabs, which some editors put where blanks were, become blanks up to the next eighth column again.
    /// The flag tells of them.
    pub(super) fn new(text: &str) -> (Self, bool) {
        let mut columns = Vec::with_capacity(80);
        let mut tabs = false;
        for c in text.chars() {
            if c == '\t' {
                tabs = true;
                columns.resize((columns.len() / 8 + 1) * 8, ' ');
            } else {
                columns.push(c);
            }
        }
        (Self { columns }, tabs)
    }

    /// The record code, `20` for instance.
    pub(super) fn code(&self) -> String {
        self.columns.iter().take(2).collect()
    }

    /// The columns `from` to `to`, trimmed.
    pub(super) fn text(&self, from: usize, to: usize) -> String {
        let end = to.min(self.columns.len());
        let columns = self.columns.get(from - 1..end).unwrap_or_default();
        columns.iter().collect::<String>().trim().to_owned()
    }

    /// A text, unless it is blank.
    pub(super) fn some_text(&self, from: usize, to: usize) -> Option<String> {
        Some(self.text(from, to)).filter(|text| !text.is_empty())
    }

    /// A number without its leading zeros, unless it is blank or nought.
    pub(super) fn number_text(&self, from: usize, to: usize) -> Option<String> {
        Some(self.text(from, to).trim_start_matches('0').to_owned()).filter(|text| !text.is_empty())
    }

    /// A count.
    pub(super) fn count(&self, from: usize, to: usize) -> Option<u64> {
        digits(&self.text(from, to))?.parse().ok()
    }

    /// An amount in öre, unsigned.
    pub(super) fn amount(&self, from: usize, to: usize) -> Option<Amount> {
        let minor: i64 = digits(&self.text(from, to))?.parse().ok()?;
        Some(Amount::from_parts(minor, 2))
    }

    /// A day `YYYYMMDD`, none before 1990: BgMax is younger.
    pub(super) fn date(&self, from: usize, to: usize) -> Option<Date> {
        crate::lines::parse_compact_date(&self.text(from, to)).filter(|date| date.year() >= 1990)
    }
}

fn digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_from_one_and_may_be_missing() {
        let (record, tabs) = Record::new("15  abc  20240131x000000000000012345");
        assert_eq!((record.code().as_str(), tabs), ("15", false));
        assert_eq!(record.text(3, 9), "abc");
        assert_eq!(record.date(10, 17), Some("2024-01-31".parse().unwrap()));
        assert_eq!(record.amount(19, 36), Some(Amount::from_parts(12_345, 2)));
        assert_eq!((record.text(60, 80), record.amount(60, 80)), (String::new(), None));
        assert_eq!(record.date(3, 9), None);
    }

    #[test]
    fn tabs_are_widened_to_the_columns_they_replaced() {
        let (record, tabs) = Record::new("220003783511\t\t       657965000000000000012300");
        assert!(tabs);
        assert_eq!(record.text(13, 37), "657965");
        assert_eq!(record.amount(38, 55), Some(Amount::from_parts(12_300, 2)));
    }
}
