//! The arithmetic of a SIE file: balances against transactions, voucher numbers, the checksum.

use super::{Source, head::Checksum, head::Head, record::Record};
use crate::lines::{Output, Stop};
use attest_domain::{Amount, Finding, Severity, finding::Refusal, ledger::LedgerBalanceKind, said};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Most ranges of missing voucher numbers that one finding spells out.
const GAPS_SHOWN: usize = 10;
/// Most series whose numbers are followed; no company has as many.
const SERIES_MAX: usize = 10_000;
/// Most accounts with lines; charts have some hundreds.
const ACCOUNTS_MAX: usize = 100_000;

/// What is summed up while the vouchers go by.
#[derive(Default)]
pub(super) struct Totals {
    /// Σ of the lines of the current year per account.
    sums: HashMap<String, Amount>,
    /// Numbers per series with the line of each.
    numbers: BTreeMap<String, Vec<(u64, u64)>>,
    lines: u64,
}

impl Totals {
    /// Adds a line that counts. `None` when the sum, or the number of accounts, is too large to be true.
    pub(super) fn line(&mut self, account: &str, amount: Amount, in_year: bool) -> Option<()> {
        self.lines += 1;
        if !in_year {
            return Some(());
        }
        if let Some(sum) = self.sums.get_mut(account) {
            *sum = sum.checked_add(amount)?;
        } else if self.sums.len() < ACCOUNTS_MAX {
            self.sums.insert(account.to_owned(), amount);
        } else {
            return None;
        }
        Some(())
    }

    /// Remembers a voucher number; series without numbers (import files) leave no trace.
    pub(super) fn number(&mut self, series: &str, number: &str, line: u64) {
        if let Ok(number) = number.parse::<u64>()
            && number > 0
        {
            if let Some(numbers) = self.numbers.get_mut(series) {
                numbers.push((number, line));
            } else if self.numbers.len() < SERIES_MAX {
                self.numbers.insert(series.to_owned(), vec![(number, line)]);
            }
        }
    }
}

/// All checks that need the whole file.
pub(super) fn check(
    source: &Source<'_>,
    head: &Head,
    mut totals: Totals,
    output: &mut Output<'_, '_>,
) -> Result<(), Stop> {
    check_numbers(&mut totals.numbers, output)?;
    check_balances(head, &totals, output)?;
    match &head.checksum {
        Some(checksum) => check_sum_of_file(source, checksum, output),
        None => Ok(()),
    }
}

fn check_numbers(
    numbers: &mut BTreeMap<String, Vec<(u64, u64)>>,
    output: &mut Output<'_, '_>,
) -> Result<(), Stop> {
    for (series, numbers) in numbers {
        numbers.sort_unstable();
        let shown = if series.is_empty() { "–" } else { series };
        let mut gaps = Vec::new();
        let (mut missing, mut first_line) = (0_u64, None);
        for pair in numbers.windows(2) {
            let ((before, _), (after, line)) = (pair[0], pair[1]);
            if before == after {
                let text = said!(
                    "Series {series} has the number {number} more than once.",
                    series = shown,
                    number = after,
                );
                output.finding(
                    Finding::new("voucher.number_duplicate", Severity::Warning, text).at(line, "#VER"),
                )?;
            } else if after - before > 1 {
                missing = missing.saturating_add(after - before - 1);
                first_line.get_or_insert(line);
                if gaps.len() < GAPS_SHOWN {
                    let (from, to) = (before + 1, after - 1);
                    gaps.push(if from == to { from.to_string() } else { format!("{from}–{to}") });
                }
            }
        }
        if let Some(line) = first_line {
            let text = said!(
                "Series {series} lacks {missing} voucher numbers: {numbers}.",
                series = shown,
                missing = missing,
                numbers =
                    format_args!("{}{}", gaps.join(", "), if gaps.len() == GAPS_SHOWN { " …" } else { "" }),
            );
            output.finding(Finding::new("voucher.number_gap", Severity::Warning, text).at(line, "#VER"))?;
        }
    }
    Ok(())
}

/// What kind of account this is by `#KTYP`, else by the first digit of the BAS chart.
fn is_balance_account(head: &Head, account: &str) -> Option<bool> {
    match head.account_kinds.get(account) {
        Some('T' | 'S') => Some(true),
        Some('K' | 'I') => Some(false),
        _ => match account.bytes().next() {
            Some(b'1' | b'2') => Some(true),
            Some(b'3'..=b'8') => Some(false),
            _ => None,
        },
    }
}

/// IB + Σ = UB per balance account, Σ = RES per result account, Σ UB + Σ RES = 0. Zero balances may be left out.
fn check_balances(head: &Head, totals: &Totals, output: &mut Output<'_, '_>) -> Result<(), Stop> {
    let of = |kind| -> BTreeMap<&str, Amount> {
        let current = head.book.balances.iter().filter(|balance| balance.kind == kind && balance.year == 0);
        current.map(|balance| (balance.account.as_str(), balance.amount)).collect()
    };
    let (opening, closing, result) =
        (of(LedgerBalanceKind::Opening), of(LedgerBalanceKind::Closing), of(LedgerBalanceKind::Result));
    let sum_of = |account: &str| totals.sums.get(account).copied().unwrap_or_default();
    let plus = |a: Amount, b: Amount| a.checked_add(b).unwrap_or_default();

    if head.book.kind == "4E" && totals.lines > 0 {
        let moved = |balance: bool| {
            totals
                .sums
                .keys()
                .map(String::as_str)
                .filter(move |a| is_balance_account(head, a) == Some(balance))
        };
        if !closing.is_empty() {
            let accounts: BTreeSet<&str> = opening
                .keys()
                .chain(closing.keys())
                .copied()
                .chain(moved(true).filter(|a| !result.contains_key(a)))
                .collect();
            for account in accounts {
                let (start, sum) = (opening.get(account).copied().unwrap_or_default(), sum_of(account));
                let stated = closing.get(account).copied().unwrap_or_default();
                if plus(start, sum) != stated {
                    let text = said!(
                        "Account {account}: opening balance and vouchers make {expected}, but the closing balance says {closing}.",
                        account = account,
                        expected = plus(start, sum),
                        closing = stated,
                    );
                    output.finding(
                        Finding::new("ledger.closing_differs", Severity::Error, text)
                            .in_record(format!("#UB 0 {account}")),
                    )?;
                }
            }
        }
        if !result.is_empty() {
            let stated_elsewhere =
                |account: &&str| !opening.contains_key(account) && !closing.contains_key(account);
            let accounts: BTreeSet<&str> =
                result.keys().copied().chain(moved(false).filter(stated_elsewhere)).collect();
            for account in accounts {
                let (stated, sum) = (result.get(account).copied().unwrap_or_default(), sum_of(account));
                if stated != sum {
                    let text = said!(
                        "Account {account}: vouchers make {expected}, but the result says {result}.",
                        account = account,
                        expected = sum,
                        result = stated,
                    );
                    output.finding(
                        Finding::new("ledger.result_differs", Severity::Error, text)
                            .in_record(format!("#RES 0 {account}")),
                    )?;
                }
            }
        }
    }
    check_books(&closing, &result, output)
}

/// Closing balances and results of a year cancel each other out.
fn check_books(
    closing: &BTreeMap<&str, Amount>,
    result: &BTreeMap<&str, Amount>,
    output: &mut Output<'_, '_>,
) -> Result<(), Stop> {
    if !closing.is_empty() && !result.is_empty() {
        let total = closing
            .values()
            .chain(result.values())
            .try_fold(Amount::ZERO, |sum, amount| sum.checked_add(*amount));
        if let Some(total) = total.filter(|total| !total.is_zero()) {
            let text = said!(
                "Closing balances and results of the year add up to {difference} instead of nought.",
                difference = total,
            );
            output.finding(Finding::new("ledger.books_unbalanced", Severity::Warning, text))?;
        }
    }
    Ok(())
}

trait InRecord {
    fn in_record(self, path: String) -> Self;
}

impl InRecord for Finding {
    /// Names the record a sum over the file speaks of; there is no single line to point at.
    fn in_record(mut self, path: String) -> Self {
        self.path = Some(path);
        self
    }
}

/// `#KSUMMA`: CRC-32 over labels and field contents between the first and the last occurrence.
fn check_sum_of_file(
    source: &Source<'_>,
    checksum: &Checksum,
    output: &mut Output<'_, '_>,
) -> Result<(), Stop> {
    if checksum.first == checksum.last {
        let text = "#KSUMMA starts a checksum that never ends: the file is cut off. Ask for it again.";
        return Err(Refusal::new("document.truncated", text).at(checksum.first, "#KSUMMA").into());
    }
    let mut crc = Crc32::new();
    let mut lines = source.lines();
    let mut record = Record::new(source.charset);
    while let Some(line) = lines.next()? {
        if line.number >= checksum.last {
            break;
        }
        if line.number > checksum.first && record.fill(&line) {
            record.checksum_parts(|part| crc.update(part));
        }
    }
    let computed = crc.value();
    let stated = checksum.value.as_deref().unwrap_or("").trim();
    if stated.parse::<u32>() == Ok(computed) {
        return Ok(());
    }
    let text = said!(
        "#KSUMMA says \"{announced}\", but the file's content gives {found}. It was changed after it was written, or written by a program that counts differently.",
        announced = stated,
        found = computed,
    );
    output.finding(Finding::new("sie.checksum_differs", Severity::Error, text).at(checksum.last, "#KSUMMA"))
}

/// CRC-32 with the reflected polynomial EDB88320, start and final inversion FFFFFFFF.
pub(super) struct Crc32 {
    table: [u32; 256],
    state: u32,
}

impl Crc32 {
    pub(super) fn new() -> Self {
        let mut table = [0_u32; 256];
        for (index, slot) in (0_u32..).zip(table.iter_mut()) {
            *slot =
                (0..8).fold(index, |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 });
        }
        Self { table, state: u32::MAX }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let index = (self.state ^ u32::from(*byte)) & 0xFF;
            self.state = (self.state >> 8) ^ self.table[index as usize];
        }
    }

    pub(super) fn value(&self) -> u32 {
        !self.state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_counts_labels_and_contents_only() {
        let mut crc = Crc32::new();
        let mut record = Record::new(super::super::charset::Charset::Cp437);
        let bytes = br#"#KONTO 1915 "Kassa \"special\"""#;
        record.fill(&crate::lines::Line { number: 1, start: 0, bytes });
        record.checksum_parts(|part| crc.update(part));
        assert_eq!(crc.value(), 1_921_122_205);
    }
}
