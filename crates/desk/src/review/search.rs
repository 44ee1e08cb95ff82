//! One search over amount, reference, party and text: lower-case needles of an account's lines in memory.
//!
//! Built once per account when first needed and dropped on lock and after every import.

use crate::{Session, error::DeskError, propose::ALL_DAYS};
use attest_cache::{Side, accounts::AccountRow};
use memchr::memmem;
use std::collections::HashSet;

/// Searchable text of many lines, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Needles {
    text: String,
    /// Row and the end of its text.
    ends: Vec<(i64, usize)>,
}

impl Needles {
    fn push(&mut self, row: i64, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
        self.ends.push((row, self.text.len()));
    }

    /// Rows in whose text every word occurs.
    fn find(&self, words: &[String]) -> HashSet<i64> {
        let mut hits: Option<HashSet<i64>> = None;
        for word in words {
            let mut found = HashSet::new();
            let mut line = 0;
            for at in memmem::find_iter(self.text.as_bytes(), word.as_bytes()) {
                line += self.ends[line..].partition_point(|(_, end)| *end <= at);
                found.insert(self.ends[line].0);
            }
            hits = Some(match hits {
                None => found,
                Some(before) => before.intersection(&found).copied().collect(),
            });
        }
        hits.unwrap_or_default()
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
        let mut index = Self::default();
        let bank = session.cache.load_needles(Side::Bank, account, ALL_DAYS).await?;
        let ledger = session.cache.load_needles(Side::Ledger, account, ALL_DAYS).await?;
        for (needles, texts) in [(&mut index.bank, bank), (&mut index.ledger, ledger)] {
            for text in texts {
                // Rows are separated by 0x1E, the row number from its text by 0x1F.
                for record in text.to_lowercase().split('\u{1E}') {
                    if let Some((row, text)) = record.split_once('\u{1F}') {
                        needles.push(row.parse().unwrap_or(0), text);
                    }
                }
            }
        }
        Ok(index)
    }

    /// Rows of bank entries and of ledger lines that the search finds.
    pub(crate) fn find(&self, search: &str) -> (HashSet<i64>, HashSet<i64>) {
        let words = words(search);
        (self.bank.find(&words), self.ledger.find(&words))
    }
}

/// Splits a search into words; a number may be written with spaces, a comma and a true minus sign.
fn words(search: &str) -> Vec<String> {
    let search = search.trim().to_lowercase().replace(['\u{A0}', '\u{202F}'], " ").replace('\u{2212}', "-");
    let number = search.chars().all(|letter| letter.is_ascii_digit() || " .,-".contains(letter));
    if number {
        let plain: String = search.chars().filter(|letter| *letter != ' ').collect();
        return vec![decimal(&plain)];
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
    }

    #[test]
    fn every_word_must_occur_in_the_same_line() {
        let mut needles = Needles::default();
        needles.push(1, "48210.00 nordlys as ocr 789456");
        needles.push(2, "48210.00 havnen aps");
        needles.push(3, "nordlys energi");
        let find = |search: &str| {
            let mut rows: Vec<_> = needles.find(&words(search)).into_iter().collect();
            rows.sort_unstable();
            rows
        };
        assert_eq!(find("Nordlys"), [1, 3]);
        assert_eq!(find("nordlys ocr"), [1]);
        assert_eq!(find("48 210,00"), [1, 2]);
        assert_eq!(find("bergman"), Vec::<i64>::new());
    }
}
