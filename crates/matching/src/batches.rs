//! Puts together the groups that the documents themselves describe: the payments inside a bank entry, and the
//! lines that share a batch or payment reference.
//!
//! Invariants: a line is used once within a group; each side may be the one with the batch.
//! Deliberately absent: groups found only because amounts add up (see `sums`).

use crate::Cancelled;
use crate::candidates::{Arena, Candidate, Index, Pass};
use crate::prepare::{Part, Prepared, Unit, merge};
use crate::progress::Progress;
use crate::reference::Class;
use crate::scoring::{Centibits, Model, TIE, days_between};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Lines looked at for one payment of a batch.
const PER_PART_MAX: usize = 64;
/// Most lines of one side that share a reference and are taken as a group.
const SHARED_LINES_MAX: usize = 2_000;
/// What one payment found by its reference adds, and the most all of them together add.
const PART_BITS: Centibits = 500;
const PARTS_BITS_MAX: Centibits = 2_000;
/// Groups kept of those that differ by lines that would do as well.
const SOLUTIONS_KEPT: usize = 5;

/// Groups described by parts and by shared references.
pub(crate) fn find_batches<'p, 'a>(
    prepared: &'p Prepared<'a>,
    index: &Index,
    model: &Model<'p, 'a>,
    arena: &mut Arena<'_>,
    found: &mut Vec<Candidate>,
    progress: &mut Progress<'_>,
) -> Result<(), Cancelled> {
    for side in [0, 1] {
        let amounts = open_by_amount(prepared, 1 - side);
        for (number, parts) in (0_u32..).zip(&prepared.sides[side].parts) {
            progress.tick()?;
            if parts.len() > 1 {
                Batch { prepared, index, model, amounts: &amounts, side, number, parts }.offer(arena, found);
            }
        }
    }
    for key in 0..prepared.references.list.len() {
        by_shared_reference(prepared, index, model, u32::try_from(key).unwrap_or(u32::MAX), arena, found);
    }
    Ok(())
}

type ByAmount = HashMap<(u32, i128), Vec<u32>>;

fn open_by_amount(prepared: &Prepared<'_>, side: usize) -> ByAmount {
    let mut map = ByAmount::new();
    let side = &prepared.sides[side];
    for (number, unit) in (0_u32..).zip(&side.units[..side.lines.len()]) {
        map.entry((unit.currency, unit.amount)).or_default().push(number);
    }
    map
}

/// A batch whose payments are looked for on the other side.
struct Batch<'b, 'p, 'a> {
    prepared: &'p Prepared<'a>,
    index: &'b Index,
    model: &'b Model<'p, 'a>,
    amounts: &'b ByAmount,
    side: usize,
    number: u32,
    parts: &'p [Part],
}

/// The line taken for a payment, and others that would have done as well.
struct Taken {
    line: u32,
    equals: Vec<u32>,
}

impl Batch<'_, '_, '_> {
    /// Finds the payments, first by reference, then by amount, and offers the group, with the swaps that are as
    /// good.
    fn offer(&self, arena: &mut Arena<'_>, found: &mut Vec<Candidate>) {
        let mut used: BTreeSet<u32> = BTreeSet::new();
        let mut taken: Vec<Taken> = Vec::new();
        let mut rest: Vec<&Part> = Vec::new();
        for part in self.parts {
            match self.by_reference(part, &used) {
                Some(best) => {
                    used.insert(best.line);
                    taken.push(best);
                }
                None => rest.push(part),
            }
        }
        let by_reference = taken.len();
        for part in rest {
            if let Some(best) = self.by_amount(part, &used) {
                used.insert(best.line);
                taken.push(best);
            }
        }
        if used.len() < 2 || used.len() * 2 < self.parts.len() {
            return;
        }
        let mut groups: BTreeSet<Vec<u32>> = BTreeSet::new();
        for one in &taken {
            for equal in one.equals.iter().filter(|line| !used.contains(line)) {
                let swapped = used.iter().map(|line| if *line == one.line { *equal } else { *line });
                let mut group: Vec<u32> = swapped.collect();
                group.sort_unstable();
                groups.insert(group);
            }
        }
        let solutions = u32::try_from(groups.len() + 1).unwrap_or(u32::MAX);
        let all = [used.into_iter().collect()].into_iter().chain(groups).take(SOLUTIONS_KEPT);
        for group in all {
            self.offer_lines(&group, by_reference, solutions, arena, found);
        }
    }

    fn offer_lines(
        &self,
        group: &[u32],
        by_reference: usize,
        solutions: u32,
        arena: &mut Arena<'_>,
        found: &mut Vec<Candidate>,
    ) {
        let other = 1 - self.side;
        let theirs = &self.prepared.sides[other];
        let members: Vec<&Unit> = group.iter().map(|line| &theirs.units[*line as usize]).collect();
        let bonus = (PART_BITS * i32::try_from(by_reference).unwrap_or(4).min(4)).min(PARTS_BITS_MAX);
        let (count, parts) = (group.len(), self.parts.len());
        let detail = format!("{count} of {parts} payments of the batch found, {by_reference} by reference");
        let merged = arena.keep(other, merge(&members));
        let units = if self.side == 0 { [self.number, merged] } else { [merged, self.number] };
        offer_group(self.model, arena, units, (bonus, detail), by_reference == parts, solutions, found);
    }

    /// The line that carries a reference of the part and its amount; without an amount, the only one that carries
    /// the reference.
    fn by_reference(&self, part: &Part, used: &BTreeSet<u32>) -> Option<Taken> {
        let other = 1 - self.side;
        let theirs = &self.prepared.sides[other];
        for (class, key) in &part.unit.references {
            if *class == Class::PaymentInformation {
                continue; // names the batch, not the payment
            }
            let lines = self.index.by_reference[other][*key as usize].iter().take(PER_PART_MAX);
            let fits = |line: &&u32| {
                let unit = &theirs.units[**line as usize];
                (**line as usize) < theirs.lines.len()
                    && unit.currency == part.unit.currency
                    && !used.contains(*line)
                    && part.amount.is_none_or(|amount| amount == unit.amount)
            };
            let options: Vec<u32> = lines.filter(fits).copied().collect();
            match options.split_first() {
                Some((first, [])) => return Some(Taken { line: *first, equals: Vec::new() }),
                Some((first, equals)) if part.amount.is_some() => {
                    return Some(Taken { line: *first, equals: equals.to_vec() });
                }
                _ => {}
            }
        }
        None
    }

    /// The likeliest line of the part's amount within the window.
    fn by_amount(&self, part: &Part, used: &BTreeSet<u32>) -> Option<Taken> {
        let theirs = &self.prepared.sides[1 - self.side];
        let amount = part.amount?;
        let near = |line: &&u32| {
            let gap = days_between(&part.unit, &theirs.units[**line as usize]);
            !used.contains(*line) && gap.is_none_or(|gap| gap <= self.model.days_max)
        };
        let list = self.amounts.get(&(part.unit.currency, amount))?;
        let weigh = |line: &u32| {
            let (ours, other) = (&part.unit, &theirs.units[*line as usize]);
            let verdict =
                if self.side == 0 { self.model.weigh(ours, other) } else { self.model.weigh(other, ours) };
            (verdict.weight, *line)
        };
        let options: Vec<(Centibits, u32)> = list.iter().filter(near).take(PER_PART_MAX).map(weigh).collect();
        let (best, line) = options.iter().copied().max_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)))?;
        let equals = options.iter().filter(|o| o.1 != line && o.0 + TIE > best).map(|o| o.1).collect();
        Some(Taken { line, equals })
    }
}

/// All lines that carry one reference on either side, where their sums agree.
fn by_shared_reference(
    prepared: &Prepared<'_>,
    index: &Index,
    model: &Model<'_, '_>,
    key: u32,
    arena: &mut Arena<'_>,
    found: &mut Vec<Candidate>,
) {
    let lines = |side: usize| -> Vec<u32> {
        let side_lines = prepared.sides[side].lines.len();
        let list = &index.by_reference[side][key as usize];
        if list.len() > SHARED_LINES_MAX {
            return Vec::new();
        }
        list.iter().copied().filter(|number| (*number as usize) < side_lines).collect()
    };
    let (left, right) = (lines(0), lines(1));
    if left.is_empty() || right.is_empty() || left.len() + right.len() < 3 {
        return;
    }
    let currencies: BTreeSet<u32> =
        left.iter().map(|l| prepared.sides[0].units[*l as usize].currency).collect();
    for currency in currencies {
        let of = |side: usize, list: &[u32]| -> Vec<u32> {
            let units = &prepared.sides[side].units;
            list.iter().copied().filter(|n| units[*n as usize].currency == currency).collect()
        };
        let (left, right) = (of(0, &left), of(1, &right));
        if right.is_empty() || left.len() + right.len() < 3 {
            continue;
        }
        // One against all of the other side, and all against all.
        let sum = |side: usize, list: &[u32]| -> i128 {
            list.iter().map(|n| prepared.sides[side].units[*n as usize].amount).sum()
        };
        let (left_sum, right_sum) = (sum(0, &left), sum(1, &right));
        if (left_sum - right_sum).abs() <= model.tolerance && left_sum != 0 {
            shared_group(prepared, model, (&left, &right), key, arena, found);
        }
        for (side, list, total) in [(0, &left, right_sum), (1, &right, left_sum)] {
            if list.len() < 2 {
                continue;
            }
            let fits = |n: &&u32| prepared.sides[side].units[**n as usize].amount == total && total != 0;
            for number in list.iter().filter(fits).take(4) {
                let one = [*number];
                let groups: (&[u32], &[u32]) = if side == 0 { (&one, &right) } else { (&left, &one) };
                if groups.0.len() + groups.1.len() > 2 {
                    shared_group(prepared, model, groups, key, arena, found);
                }
            }
        }
    }
}

fn shared_group(
    prepared: &Prepared<'_>,
    model: &Model<'_, '_>,
    (left, right): (&[u32], &[u32]),
    key: u32,
    arena: &mut Arena<'_>,
    found: &mut Vec<Candidate>,
) {
    let merged = |side: usize, list: &[u32], arena: &mut Arena<'_>| match list {
        [only] => *only,
        _ => {
            let members: Vec<&Unit> = list.iter().map(|n| &prepared.sides[side].units[*n as usize]).collect();
            let unit = merge(&members);
            arena.keep(side, unit)
        }
    };
    let units = [merged(0, left, arena), merged(1, right, arena)];
    let detail =
        format!("{} and {} lines share {}", left.len(), right.len(), prepared.references.list[key as usize]);
    offer_group(model, arena, units, (200, detail), false, 1, found);
}

/// Weighs a group and keeps it when it is not hopeless.
pub(crate) fn offer_group(
    model: &Model<'_, '_>,
    arena: &Arena<'_>,
    units: [u32; 2],
    batch: (Centibits, String),
    corroborated: bool,
    solutions: u32,
    found: &mut Vec<Candidate>,
) {
    let mut verdict = model.weigh(arena.unit(0, units[0]), arena.unit(1, units[1]));
    verdict.weight += batch.0;
    verdict.corroborated |= corroborated;
    if verdict.weight > -400 {
        found.push(Candidate { units, verdict, pass: Pass::Batch, batch: Some(batch), solutions, crowd: 0 });
    }
}

/// Removes candidates that propose the same lines twice, keeping the heavier; and those a person rejected.
pub(crate) fn dedup(found: &mut Vec<Candidate>, arena: &Arena<'_>, rejected: &HashSet<[Vec<u32>; 2]>) {
    let lines = |c: &Candidate| [0, 1].map(|side| arena.unit(side, c.units[side]).members.clone());
    let mut keyed: Vec<([Vec<u32>; 2], Candidate)> = found.drain(..).map(|c| (lines(&c), c)).collect();
    keyed.retain(|(lines, _)| !rejected.contains(lines));
    keyed.sort_by(|a, b| {
        a.0.cmp(&b.0).then(b.1.verdict.weight.cmp(&a.1.verdict.weight)).then(a.1.pass.cmp(&b.1.pass))
    });
    keyed.dedup_by(|b, a| {
        let same = a.0 == b.0;
        if same {
            a.1.solutions = a.1.solutions.max(b.1.solutions);
        }
        same
    });
    found.extend(keyed.into_iter().map(|(_, c)| c));
}
