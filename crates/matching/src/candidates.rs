//! Finds the pairs of units worth weighing, by reference, by amount and by how texts begin, without ever
//! comparing every line with every other.
//!
//! Invariants: every list is ordered by (value, day, position), so the outcome does not depend on hash order;
//! work per line is bounded by the constants below. Deliberately absent: weights (see `scoring`) and groups that
//! have to be put together first (see `batches` and `sums`).

use crate::Cancelled;
use crate::prepare::{Prepared, Unit};
use crate::progress::Progress;
use crate::scoring::{Centibits, Model, ReferenceAgreement, Verdict, days_between};
use std::collections::HashMap;

/// Units of one amount that are all looked at; of more, the nearest in time and those with the same beginning.
const SAME_AMOUNT_MAX: usize = 24;
/// Pairs of one reference that are all looked at; of more, those with equal amounts.
const SAME_REFERENCE_PAIRS_MAX: usize = 256;
/// Units looked at for one line and reference.
const PER_REFERENCE_MAX: usize = 16;
/// Lines near an amount that are looked at within the tolerance.
const NEAR_AMOUNT_MAX: usize = 400;
/// Candidates kept for one line of those with unequal amounts.
const NEAR_KEPT: usize = 8;
/// Below this a pair is not kept: sixteen to one against.
const WEIGHT_MIN: Centibits = -400;

/// The pass a candidate comes from; the names are part of the command line's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pass {
    Reference,
    Batch,
    AmountDate,
    Sum,
}

impl Pass {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Batch => "batch",
            Self::AmountDate => "amount_date",
            Self::Sum => "sum",
        }
    }
}

/// Two units that may belong together.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    /// Numbers of the units in the [`Arena`].
    pub(crate) units: [u32; 2],
    pub(crate) verdict: Verdict,
    pub(crate) pass: Pass,
    /// What the making of the group adds to the weight, and why; the verdict's weight includes it.
    pub(crate) batch: Option<(Centibits, String)>,
    /// Solutions known to be as good as this one, itself included; more than one is never confirmed.
    pub(crate) solutions: u32,
    /// Lines of equal amount within reach, for the count where only some of them were weighed.
    pub(crate) crowd: u32,
}

/// The units of both sides, and those made on the way.
pub(crate) struct Arena<'p> {
    base: [&'p [Unit]; 2],
    made: [Vec<Unit>; 2],
}

impl<'p> Arena<'p> {
    pub(crate) fn new(prepared: &'p Prepared<'_>) -> Self {
        Self {
            base: [0, 1].map(|side| prepared.sides[side].units.as_slice()),
            made: [Vec::new(), Vec::new()],
        }
    }

    pub(crate) fn unit(&self, side: usize, number: u32) -> &Unit {
        let number = number as usize;
        self.base[side].get(number).unwrap_or_else(|| &self.made[side][number - self.base[side].len()])
    }

    /// Keeps a unit and gives its number.
    pub(crate) fn keep(&mut self, side: usize, unit: Unit) -> u32 {
        self.made[side].push(unit);
        u32::try_from(self.base[side].len() + self.made[side].len() - 1).unwrap_or(u32::MAX)
    }
}

/// Units by what they are found by.
pub(crate) struct Index {
    /// Units by (currency, amount), each list by (first day, number).
    by_amount: [HashMap<(u32, i128), Vec<u32>>; 2],
    /// Units that carry a reference in a field or in text, by its number.
    pub(crate) by_reference: [Vec<Vec<u32>>; 2],
    /// Right lines by (currency, how the text begins), each list by amount.
    by_lead: HashMap<(u32, String), Vec<u32>>,
    /// Right lines by (currency, amount).
    sorted: Vec<(u32, i128, u32)>,
}

impl Index {
    pub(crate) fn new(prepared: &Prepared<'_>) -> Self {
        let references = prepared.references.list.len();
        let mut by_amount = [HashMap::new(), HashMap::new()];
        let mut by_reference = [vec![Vec::new(); references], vec![Vec::new(); references]];
        for side in [0, 1] {
            let units = &prepared.sides[side].units;
            for (number, unit) in (0_u32..).zip(units) {
                let list: &mut Vec<u32> = by_amount[side].entry((unit.currency, unit.amount)).or_default();
                list.push(number);
                let mut keys: Vec<u32> =
                    unit.references.iter().map(|r| r.1).chain(unit.text_references.iter().copied()).collect();
                keys.sort_unstable();
                keys.dedup();
                keys.iter().for_each(|key| by_reference[side][*key as usize].push(number));
            }
            for list in by_amount[side].values_mut() {
                list.sort_by_key(|number| (units[*number as usize].days, *number));
            }
        }
        let right = &prepared.sides[1];
        let mut by_lead: HashMap<(u32, String), Vec<u32>> = HashMap::new();
        let mut sorted = Vec::with_capacity(right.lines.len());
        for (number, unit) in (0_u32..).zip(&right.units[..right.lines.len()]) {
            sorted.push((unit.currency, unit.amount, number));
            if let Some(key) = lead_key(unit) {
                by_lead.entry((unit.currency, key)).or_default().push(number);
            }
        }
        sorted.sort_unstable();
        for list in by_lead.values_mut() {
            list.sort_by_key(|number| (right.units[*number as usize].amount, *number));
        }
        Self { by_amount, by_reference, by_lead, sorted }
    }
}

/// How a text begins: its first word and the first letter of the second, which survives truncation.
fn lead_key(unit: &Unit) -> Option<String> {
    let mut words = unit.lead.split(' ').filter(|w| !w.is_empty());
    let mut key = words.next()?.to_owned();
    if let Some(initial) = words.next().and_then(|w| w.chars().next()) {
        key.push(' ');
        key.push(initial);
    }
    Some(key)
}

/// Weighs a pair and keeps it when it is not hopeless.
pub(crate) struct Collector<'m, 'p, 'a> {
    pub(crate) model: &'m Model<'p, 'a>,
    pub(crate) found: Vec<Candidate>,
}

impl Collector<'_, '_, '_> {
    fn offer(&mut self, units: [u32; 2], left: &Unit, right: &Unit, crowd: u32) {
        let verdict = self.model.weigh(left, right);
        if verdict.weight < WEIGHT_MIN || left.currency != right.currency {
            return;
        }
        let pass = match verdict.reference {
            ReferenceAgreement::None if left.members.len() + right.members.len() > 2 => Pass::Batch,
            ReferenceAgreement::None => Pass::AmountDate,
            _ => Pass::Reference,
        };
        self.found.push(Candidate { units, verdict, pass, batch: None, solutions: 1, crowd });
    }
}

/// Pairs that share a reference or an amount.
pub(crate) fn find_pairs(
    prepared: &Prepared<'_>,
    index: &Index,
    collector: &mut Collector<'_, '_, '_>,
    progress: &mut Progress<'_>,
) -> Result<(), Cancelled> {
    let [left, right] = [0, 1].map(|side| &prepared.sides[side].units);
    let mut numbers: Vec<u32> = Vec::new();
    for (number, unit) in (0_u32..).zip(left) {
        progress.tick()?;
        numbers.clear();
        pairs_by_reference(prepared, index, unit, &mut numbers);
        let crowd = pairs_by_amount(prepared, index, collector.model, number, unit, &mut numbers);
        numbers.sort_unstable();
        numbers.dedup();
        for other in &numbers {
            collector.offer([number, *other], unit, &right[*other as usize], crowd);
        }
        if unit.members.len() == 1 && number as usize == unit.members[0] as usize {
            near_amounts(prepared, index, number, unit, &numbers, collector);
        }
    }
    Ok(())
}

fn pairs_by_reference(prepared: &Prepared<'_>, index: &Index, unit: &Unit, numbers: &mut Vec<u32>) {
    let right = &prepared.sides[1].units;
    let keys = unit.references.iter().map(|r| r.1).chain(unit.text_references.iter().copied());
    for key in keys {
        let [ours, theirs] = [0, 1].map(|side| &index.by_reference[side][key as usize]);
        let few = ours.len() * theirs.len() <= SAME_REFERENCE_PAIRS_MAX;
        // Groups, and lines of an overused reference, only where the amounts agree.
        let single = |other: &Unit| unit.members.len() == 1 && other.members.len() == 1;
        let same_sign = |other: &Unit| other.amount.signum() == unit.amount.signum();
        let fits = |other: &&u32| {
            let other = &right[**other as usize];
            other.currency == unit.currency
                && same_sign(other)
                && (other.amount == unit.amount || (few && single(other)))
        };
        numbers.extend(theirs.iter().take(SAME_REFERENCE_PAIRS_MAX * 8).filter(fits).take(PER_REFERENCE_MAX));
    }
}

/// Units of the same amount within the window; returns how many there are.
fn pairs_by_amount(
    prepared: &Prepared<'_>,
    index: &Index,
    model: &Model<'_, '_>,
    number: u32,
    unit: &Unit,
    numbers: &mut Vec<u32>,
) -> u32 {
    let right = &prepared.sides[1].units;
    let Some(list) = index.by_amount[1].get(&(unit.currency, unit.amount)).filter(|_| unit.amount != 0)
    else {
        return 0;
    };
    let near =
        |other: &&u32| days_between(unit, &right[**other as usize]).is_none_or(|gap| gap <= model.days_max);
    if list.len() <= SAME_AMOUNT_MAX {
        let before = numbers.len();
        numbers.extend(list.iter().filter(near));
        return u32::try_from(numbers.len() - before).unwrap_or(u32::MAX);
    }
    // Of a crowd: those around the same day, starting at the line's own rank among its equals so that a thousand
    // equal lines do not all look at the same few.
    let from =
        list.partition_point(|other| last_day(&right[*other as usize]) < first_day(unit) - model.days_max);
    let to =
        list.partition_point(|other| first_day(&right[*other as usize]) <= last_day(unit) + model.days_max);
    let day = list.partition_point(|other| first_day(&right[*other as usize]) < first_day(unit));
    let ours = &index.by_amount[0][&(unit.currency, unit.amount)];
    let left = &prepared.sides[0].units;
    let same_day = ours.partition_point(|o| first_day(&left[*o as usize]) < first_day(unit));
    let position = ours.iter().skip(same_day).position(|o| *o == number).unwrap_or(0);
    let centre = (day + position).min(to.saturating_sub(1));
    let low = centre.saturating_sub(SAME_AMOUNT_MAX / 2).max(from.min(to));
    numbers.extend(list[low..to.max(low)].iter().take(SAME_AMOUNT_MAX).filter(near));
    if let Some(key) = lead_key(unit)
        && let Some(block) = index.by_lead.get(&(unit.currency, key))
    {
        let at = block.partition_point(|other| right[*other as usize].amount < unit.amount);
        let equal = block[at..].iter().take_while(|other| right[**other as usize].amount == unit.amount);
        numbers.extend(equal.filter(near).take(SAME_AMOUNT_MAX));
    }
    u32::try_from(to.saturating_sub(from)).unwrap_or(u32::MAX)
}

fn first_day(unit: &Unit) -> i32 {
    unit.days.map_or(i32::MIN / 4, |d| d.0)
}

fn last_day(unit: &Unit) -> i32 {
    unit.days.map_or(i32::MIN / 4, |d| d.1)
}

/// Lines whose amounts differ within the tolerance: all of them where the tolerance is fixed and they are few,
/// otherwise those whose text begins alike.
fn near_amounts(
    prepared: &Prepared<'_>,
    index: &Index,
    number: u32,
    unit: &Unit,
    known: &[u32],
    collector: &mut Collector<'_, '_, '_>,
) {
    let model = collector.model;
    let reach = model.reach(unit.amount);
    if reach == 0 || unit.amount == 0 {
        return;
    }
    let right = &prepared.sides[1].units;
    let before = collector.found.len();
    let mut consider = |other: u32| {
        let theirs = &right[other as usize];
        let fits = theirs.amount != unit.amount
            && theirs.amount.signum() == unit.amount.signum()
            && days_between(unit, theirs).is_none_or(|gap| gap <= model.days_max)
            && known.binary_search(&other).is_err();
        if fits {
            collector.offer([number, other], unit, theirs, 0);
        }
    };
    if model.tolerance > 0 {
        let (low, high) = (unit.amount - model.tolerance, unit.amount + model.tolerance);
        let from = index.sorted.partition_point(|entry| *entry < (unit.currency, low, 0));
        let near = index.sorted[from..].iter().take_while(|e| e.0 == unit.currency && e.1 <= high);
        near.take(NEAR_AMOUNT_MAX).for_each(|entry| consider(entry.2));
    }
    if let Some(block) = lead_key(unit).and_then(|key| index.by_lead.get(&(unit.currency, key))) {
        let from = block.partition_point(|other| right[*other as usize].amount < unit.amount - reach);
        let near = block[from..].iter().take_while(|o| right[**o as usize].amount <= unit.amount + reach);
        near.take(NEAR_AMOUNT_MAX).for_each(|other| consider(*other));
    }
    let kept = &mut collector.found[before..];
    kept.sort_by(|a, b| b.verdict.weight.cmp(&a.verdict.weight).then(a.units.cmp(&b.units)));
    let mut tail = collector.found.split_off(before);
    tail.dedup_by(|a, b| a.units == b.units);
    tail.truncate(NEAR_KEPT);
    collector.found.append(&mut tail);
}
