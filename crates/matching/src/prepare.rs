//! Reduces lines to what is compared: minor units, day numbers, interned words and references.
//!
//! Invariants: lines are taken in the order of their ids, so everything numbered here is independent of the
//! input's order; amounts are whole numbers at [`SCALE`] decimals. A line whose id is not unique on its side, or
//! whose amount has more than [`SCALE`] decimals, takes no part (no guess about what was meant).
//! Deliberately absent: scoring.

use crate::{reference, text};
use attest_domain::amount::{Amount, Currency};
use attest_domain::reconciliation::{Line, LinePart};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, HashMap};

/// Decimals all amounts are brought to: as many as the domain reads.
pub(crate) const SCALE: u32 = 6;
/// Largest amount taken part, in units of 10⁻⁶: 18 digits before the point, so that sums of 79,000 lines still
/// fit a decimal.
const MINOR_MAX: u128 = 1_000_000_000_000_000_000_000_000;
/// Largest number of lines in one voucher or batch that is looked at as a whole.
const GROUP_LINES_MAX: usize = 2_000;

/// An amount as a whole number at [`SCALE`] decimals.
pub(crate) fn minor(amount: Amount) -> Option<i128> {
    let decimal = amount.decimal().normalize();
    let missing = SCALE.checked_sub(decimal.scale())?;
    let minor = decimal.mantissa().checked_mul(10_i128.pow(missing))?;
    (minor.unsigned_abs() <= MINOR_MAX).then_some(minor)
}

/// The amount of a whole number at [`SCALE`], shown with `scale` decimals.
pub(crate) fn amount_of(minor: i128, scale: u32) -> Amount {
    let mut decimal = Decimal::try_from_i128_with_scale(minor, SCALE).unwrap_or_default();
    decimal.rescale(scale.min(SCALE));
    Amount::from(decimal)
}

/// Strings by number, with how many lines of each side carry them.
#[derive(Default)]
pub(crate) struct Words {
    numbers: HashMap<String, u32>,
    /// The strings themselves.
    pub(crate) list: Vec<String>,
    /// Lines that carry the string, left and right.
    pub(crate) frequency: [Vec<u32>; 2],
}

impl Words {
    fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        let number = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.numbers.insert(word.to_owned(), number);
        self.list.push(word.to_owned());
        self.frequency.iter_mut().for_each(|f| f.push(0));
        number
    }

    fn count(&mut self, side: usize, numbers: &[u32]) {
        for number in numbers {
            self.frequency[side][*number as usize] += 1;
        }
    }

    /// Lines of both sides that carry the word.
    pub(crate) fn lines(&self, number: u32) -> u32 {
        self.frequency[0][number as usize] + self.frequency[1][number as usize]
    }
}

/// A line, or several that are looked at as one.
#[derive(Clone, Default)]
pub(crate) struct Unit {
    /// Positions of its lines on its side, ascending.
    pub(crate) members: Vec<u32>,
    /// Number of its currency.
    pub(crate) currency: u32,
    /// Sum at [`SCALE`] decimals.
    pub(crate) amount: i128,
    /// First and last day, counted from an arbitrary one; `None` where no line has a date.
    pub(crate) days: Option<(i32, i32)>,
    /// Structured references by class, sorted.
    pub(crate) references: Vec<(reference::Class, u32)>,
    /// What looks like a reference in text, sorted.
    pub(crate) text_references: Vec<u32>,
    /// Words that tell something, of text and name, sorted.
    pub(crate) words: Vec<u32>,
    /// Words of the counterparty's name without its legal form, in order.
    pub(crate) party: Vec<u32>,
    /// Folded counterparty account, letters and digits only.
    pub(crate) account: Option<String>,
    /// The folded text.
    pub(crate) lead: String,
}

/// One side's lines and units; the first units are the lines themselves, in order.
pub(crate) struct Side<'a> {
    /// Lines by id.
    pub(crate) lines: Vec<&'a Line>,
    /// The lines as units, then vouchers and batches taken as a whole.
    pub(crate) units: Vec<Unit>,
    /// For each line the units of its parts (empty unless there are two or more).
    pub(crate) parts: Vec<Vec<Part>>,
}

/// A payment inside a batch.
pub(crate) struct Part {
    /// Its amount, where the bank gave one.
    pub(crate) amount: Option<i128>,
    /// What it is compared by; `members` holds the batch's own line.
    pub(crate) unit: Unit,
}

/// Both sides, ready to be compared.
pub(crate) struct Prepared<'a> {
    /// Left (bank) and right (ledger).
    pub(crate) sides: [Side<'a>; 2],
    /// Words of names and texts.
    pub(crate) words: Words,
    /// Words that are common bank vocabulary or numbers: no evidence by themselves.
    pub(crate) weak_words: Vec<bool>,
    /// Normalised references.
    pub(crate) references: Words,
}

/// Prepares both sides.
pub(crate) fn prepare<'a>(left: &'a [Line], right: &'a [Line]) -> Prepared<'a> {
    let mut words = Words::default();
    let mut references = Words::default();
    let mut currencies: BTreeMap<Option<Currency>, u32> = BTreeMap::new();
    for line in left.iter().chain(right) {
        currencies.insert(line.currency, 0);
    }
    for (number, slot) in (0_u32..).zip(currencies.values_mut()) {
        *slot = number;
    }
    let sides = [left, right].map(|input| {
        let lines = usable_lines(input);
        Side { units: Vec::with_capacity(lines.len()), parts: Vec::with_capacity(lines.len()), lines }
    });
    let mut prepared =
        Prepared { sides, words: Words::default(), weak_words: Vec::new(), references: Words::default() };
    for (number, side) in prepared.sides.iter_mut().enumerate() {
        for (position, line) in (0_u32..).zip(&side.lines) {
            let mut unit = line_unit(line, position, currencies[&line.currency], &mut words, &mut references);
            let parts = part_units(line, &unit, &mut words, &mut references);
            if let [only] = parts.as_slice() {
                absorb(&mut unit, &only.unit);
            }
            words.count(number, &unit.words);
            let mut keys: Vec<u32> =
                unit.references.iter().map(|r| r.1).chain(unit.text_references.iter().copied()).collect();
            keys.extend(parts.iter().flat_map(|p| p.unit.references.iter().map(|r| r.1)));
            keys.sort_unstable();
            keys.dedup();
            references.count(number, &keys);
            side.units.push(unit);
            side.parts.push(if parts.len() > 1 { parts } else { Vec::new() });
        }
        add_groups(side);
    }
    prepared.weak_words = words.list.iter().map(|w| text::is_common(w) || !text::is_word(w)).collect();
    prepared.words = words;
    prepared.references = references;
    prepared
}

/// Lines by id, without those whose id is not unique or whose amount is out of range.
fn usable_lines(input: &[Line]) -> Vec<&Line> {
    let mut lines: Vec<&Line> = input.iter().collect();
    lines.sort_by(|a, b| a.id.cmp(&b.id));
    let unique = |i: usize| {
        (i == 0 || lines[i - 1].id != lines[i].id) && (i + 1 == lines.len() || lines[i + 1].id != lines[i].id)
    };
    let keep: Vec<bool> = (0..lines.len()).map(|i| unique(i) && minor(lines[i].amount).is_some()).collect();
    let mut kept = keep.into_iter();
    lines.retain(|_| kept.next().unwrap_or(false));
    lines
}

fn day_number(date: jiff::civil::Date) -> i32 {
    // Days since 0000-03-01 (proleptic Gregorian), the usual civil count.
    let (year, month, day) = (i32::from(date.year()), i32::from(date.month()), i32::from(date.day()));
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2) / 5
        + day
        - 1
}

fn line_unit(line: &Line, position: u32, currency: u32, words: &mut Words, references: &mut Words) -> Unit {
    let mut unit = described(&line.references, line.counterparty.as_deref(), &line.text, words, references);
    unit.members = vec![position];
    unit.currency = currency;
    unit.amount = minor(line.amount).unwrap_or_default();
    unit.days = line.date.map(|date| (day_number(date), day_number(date)));
    unit.account = line.counterparty_account.as_deref().and_then(reference::normalize);
    unit
}

/// The words and references of a line or a part.
fn described(
    given: &[attest_domain::reconciliation::LineReference],
    counterparty: Option<&str>,
    free_text: &str,
    words: &mut Words,
    references: &mut Words,
) -> Unit {
    let name = text::fold(counterparty.unwrap_or_default());
    let lead = text::fold(free_text);
    let party: Vec<u32> = name
        .split(' ')
        .filter(|t| !t.is_empty() && !text::is_legal_form(t))
        .map(|token| words.number(token))
        .collect();
    let mut all: Vec<u32> =
        lead.split(' ').filter(|t| !t.is_empty()).take(24).map(|token| words.number(token)).collect();
    all.extend(party.iter().copied());
    all.sort_unstable();
    all.dedup();
    let mut structured: Vec<_> = reference::structured(given)
        .into_iter()
        .map(|(class, value)| (class, references.number(&value)))
        .collect();
    structured.sort_unstable();
    let mut in_text: Vec<u32> =
        reference::in_text(free_text).iter().map(|value| references.number(value)).collect();
    in_text.sort_unstable();
    Unit { references: structured, text_references: in_text, words: all, party, lead, ..Unit::default() }
}

fn part_units(line: &Line, whole: &Unit, words: &mut Words, references: &mut Words) -> Vec<Part> {
    let part = |part: &LinePart, words: &mut Words, references: &mut Words| {
        let mut unit =
            described(&part.references, part.counterparty.as_deref(), &part.text, words, references);
        let amount = part.amount.and_then(minor);
        unit.members.clone_from(&whole.members);
        unit.currency = whole.currency;
        unit.days = whole.days;
        unit.amount = amount.unwrap_or_default();
        Part { amount, unit }
    };
    line.parts.iter().take(GROUP_LINES_MAX).map(|p| part(p, words, references)).collect()
}

/// Adds what `other` knows about references, words and party.
pub(crate) fn absorb(unit: &mut Unit, other: &Unit) {
    let union = |into: &mut Vec<u32>, from: &[u32]| {
        into.extend_from_slice(from);
        into.sort_unstable();
        into.dedup();
    };
    unit.references.extend_from_slice(&other.references);
    unit.references.sort_unstable();
    unit.references.dedup();
    union(&mut unit.text_references, &other.text_references);
    union(&mut unit.words, &other.words);
    if unit.party.is_empty() {
        unit.party.clone_from(&other.party);
    }
    if unit.lead.is_empty() {
        unit.lead.clone_from(&other.lead);
    }
}

/// Several units as one. The name, account and text survive only where all members agree; the amount is the sum.
pub(crate) fn merge(units: &[&Unit]) -> Unit {
    let mut merged = units.first().map_or_else(Unit::default, |first| (*first).clone());
    for unit in units.iter().skip(1) {
        if merged.party != unit.party {
            merged.party.clear();
        }
        if merged.account != unit.account {
            merged.account = None;
        }
        let common = text::common_lead(&merged.lead, &unit.lead);
        merged.lead.truncate(common);
        merged.references.extend_from_slice(&unit.references);
        merged.text_references.extend_from_slice(&unit.text_references);
        merged.words.extend_from_slice(&unit.words);
        merged.members.extend_from_slice(&unit.members);
        merged.amount += unit.amount;
        merged.days = match (merged.days, unit.days) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
    }
    merged.references.sort_unstable();
    merged.references.dedup();
    for list in [&mut merged.text_references, &mut merged.words, &mut merged.members] {
        list.sort_unstable();
        list.dedup();
    }
    merged
}

/// Adds a unit for every voucher or batch of two or more lines.
fn add_groups(side: &mut Side<'_>) {
    let mut groups: BTreeMap<(&str, u32), Vec<usize>> = BTreeMap::new();
    for (position, line) in side.lines.iter().enumerate() {
        if let Some(group) = line.group.as_deref().filter(|g| !g.is_empty()) {
            groups.entry((group, side.units[position].currency)).or_default().push(position);
        }
    }
    for members in groups.values().filter(|m| (2..=GROUP_LINES_MAX).contains(&m.len())) {
        let units: Vec<&Unit> = members.iter().map(|position| &side.units[*position]).collect();
        let merged = merge(&units);
        side.units.push(merged);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_numbers_follow_the_calendar() {
        let day = |y, m, d| day_number(jiff::civil::date(y, m, d));
        assert_eq!(day(2024, 3, 1) - day(2024, 2, 28), 2);
        assert_eq!(day(2026, 1, 1) - day(2025, 12, 31), 1);
        assert_eq!(day(2100, 3, 1) - day(2100, 2, 28), 1);
    }

    #[test]
    fn amounts_of_different_scales_become_one_minor_unit() {
        let m = |t: &str| minor(Amount::parse(t).unwrap());
        assert_eq!(m("1.50"), m("1.500"));
        assert_eq!(m("999999999999999999"), Some(999_999_999_999_999_999_000_000));
        assert_eq!(amount_of(1_500_000, 2).to_string(), "1.50");
    }
}
