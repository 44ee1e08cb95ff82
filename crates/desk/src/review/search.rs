//! One search over amount, reference, party and text: lower-case needles of an account's lines in memory.
//!
//! Built once per account when first needed and dropped on lock and after every import.

use crate::{Session, error::DeskError, propose::ALL_DAYS, workspace::blocking};
use attest_cache::{Side, accounts::AccountRow};
use memchr::memmem;

/// Searchable text of many lines, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Needles {
    text: String,
    /// Row and the end of its text.
    ends: Vec<(i64, usize)>,
}

impl Needles {
    /// Reads texts in which rows are separated by 0x1E and the row number from its text by 0x1F.
    fn read(texts: &[String]) -> Self {
        let mut needles = Self::default();
        for text in texts {
            for record in text.to_lowercase().split('\u{1E}') {
                if let Some((row, text)) = record.split_once('\u{1F}') {
                    needles.push(row.parse().unwrap_or(0), text);
                }
            }
        }
        needles
    }

    fn push(&mut self, row: i64, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
        self.ends.push((row, self.text.len()));
    }

    /// Rows in whose text every word occurs.
    fn find(&self, words: &[String]) -> Rows {
        let mut hits: Option<Rows> = None;
        for word in words {
            let found = self.find_word(word);
            hits = Some(match hits {
                None => found,
                Some(before) => before.intersection(&found),
            });
        }
        hits.unwrap_or_default()
    }

    fn find_word(&self, word: &str) -> Rows {
        let mut found = Rows::default();
        let finder = memmem::Finder::new(word);
        let (mut at, mut line) = (0, 0);
        while let Some(hit) = finder.find(&self.text.as_bytes()[at..]) {
            line = self.line_at(line, at + hit);
            let (row, end) = self.ends[line];
            found.insert(row);
            // One hit is enough for a line.
            at = end;
        }
        found
    }

    /// The line that holds a place, searched from a line before it in growing steps: the next hit is mostly near.
    fn line_at(&self, from: usize, place: usize) -> usize {
        let (mut low, mut step) = (from, 1);
        while low + step < self.ends.len() && self.ends[low + step].1 <= place {
            low += step;
            step *= 2;
        }
        let high = (low + step + 1).min(self.ends.len());
        low + self.ends[low..high].partition_point(|(_, end)| *end <= place)
    }
}

/// A set of rows, one bit each: rows are numbered from one up, so a set of all of them costs little.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows(Vec<u64>);

impl Rows {
    pub(crate) fn insert(&mut self, row: i64) {
        let row = usize::try_from(row).unwrap_or(0);
        if self.0.len() <= row / 64 {
            self.0.resize(row / 64 + 1, 0);
        }
        self.0[row / 64] |= 1 << (row % 64);
    }

    pub(crate) fn contains(&self, row: i64) -> bool {
        let row = usize::try_from(row).unwrap_or(0);
        self.0.get(row / 64).is_some_and(|bits| bits & (1 << (row % 64)) != 0)
    }

    fn intersection(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, other)| one & other).collect())
    }
}

/// The needles of both sides of one account.
#[derive(Debug, Default)]
pub(crate) struct Index {
    bank: Needles,
    ledger: Needles,
}

impl Index {
    pub(crate) async fn load(session: &Session, account: &AccountRow) -> Result<Self, DeskError> {
        let bank = session.cache.load_needles(Side::Bank, account, ALL_DAYS).await?;
        let bank = blocking(move || Needles::read(&bank)).await?;
        let ledger = session.cache.load_needles(Side::Ledger, account, ALL_DAYS).await?;
        let ledger = blocking(move || Needles::read(&ledger)).await?;
        Ok(Self { bank, ledger })
    }

    /// Rows of bank entries and of ledger lines that the search finds.
    pub(crate) fn find(&self, search: &str) -> (Rows, Rows) {
        let words = words(search);
        // Side by side: each is a walk through tens of megabytes.
        std::thread::scope(|scope| {
            let bank = scope.spawn(|| self.bank.find(&words));
            let ledger = self.ledger.find(&words);
            (bank.join().expect("a search does not panic"), ledger)
        })
    }
}

/// Splits a search into words; a number may be written with spaces, a comma and a true minus sign.
fn words(search: &str) -> Vec<String> {
    let search = search.trim().to_lowercase().replace(['\u{A0}', '\u{202F}'], " ").replace('\u{2212}', "-");
    let number = search.chars().all(|letter| letter.is_ascii_digit() || " .,-".contains(letter));
    if number {
        let plain: String = search.chars().filter(|letter| *letter != ' ').collect();
        let number = decimal(&plain);
        // Separators alone are no number; a text may hold them.
        return vec![if number.is_empty() { plain } else { number }];
    }
    search.split_whitespace().map(str::to_owned).collect()
}

/// `1.234,50`, `1,234.50` and `1234,5` as stored: the last separator is the decimal one if one or two digits follow.
fn decimal(text: &str) -> String {
    match text.rfind([',', '.']) {
        Some(at) if (1..=2).contains(&(text.len() - at - 1)) => {
            format!("{}.{}", text[..at].replace([',', '.'], ""), &text[at + 1..])
        }
        Some(_) => text.replace([',', '.'], ""),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_found_however_it_is_written() {
        for written in ["286114.37", "286 114,37", "286,114.37", "286.114,37", "−286114,37"] {
            assert!(words(written)[0].ends_with("286114.37"), "{written}");
        }
        assert_eq!(words("412"), ["412"]);
        assert_eq!(words(" , "), [","]);
    }

    #[test]
    fn every_word_must_occur_in_the_same_line() {
        let mut needles = Needles::default();
        needles.push(1, "48210.00 nordlys as ocr 789456");
        needles.push(2, "48210.00 havnen aps");
        needles.push(3, "nordlys energi");
        let find = |search: &str| {
            let rows = needles.find(&words(search));
            (0..9).filter(|row| rows.contains(*row)).collect::<Vec<i64>>()
        };
        assert_eq!(find("Nordlys"), [1, 3]);
        assert_eq!(find("nordlys ocr"), [1]);
        assert_eq!(find("48 210,00"), [1, 2]);
        assert_eq!(find("bergman"), Vec::<i64>::new());
    }
    #[test]
    fn a_word_is_found_in_every_line_that_has_it_however_far_apart_and_often() {
        let mut needles = Needles::default();
        for row in 1..=1_000 {
            let text = if row % 97 == 0 || row > 990 { "ocr ocr 7 ocr" } else { "nothing here" };
            needles.push(row, text);
        }
        let rows = needles.find(&words("ocr"));
        for row in 1..=1_000 {
            assert_eq!(rows.contains(row), row % 97 == 0 || row > 990, "{row}");
        }
        assert!(!rows.contains(0) && !rows.contains(100_000));
    }
}
