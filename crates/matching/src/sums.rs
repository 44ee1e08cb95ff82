//! Finds groups whose amounts add up to a line of the other side: daily takings, collective payments, instalments.
//!
//! Only lines still open after the other passes take part. A group must hang together (same party or beginning of
//! text, or same day) and lie within the window; the sum is exact. Subsets are counted: more than one solution is
//! ambiguous, a search that did not finish proposes nothing unless it already found several.
//! Invariants: work is bounded by the constants below. Deliberately absent: sums with a difference.

use crate::Cancelled;
use crate::assignment::Choice;
use crate::candidates::{Arena, Candidate, Pass};
use crate::prepare::{Prepared, Unit, merge};
use crate::progress::Progress;
use crate::scoring::{Centibits, Model, days_between};
use crate::subset;
use attest_domain::reconciliation::MatchRules;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A line in a chosen candidate of at least this weight (sixty-four to one) that is corroborated is not open.
const SETTLED: Centibits = 600;
/// Most lines of a whole group.
const WHOLE_LINES_MAX: usize = 400;
/// Most items subsets are searched among; of more there are too many possibilities anyway.
const SUBSET_ITEMS_MAX: usize = 40;
/// Lines that share a word before the word stops being a link.
const WORD_LINES_MAX: usize = 2_000;
/// Days between a target and a same-day group that is searched for subsets without a common word.
const DAY_GROUP_REACH: i32 = 3;
/// Items of one day that are searched for subsets without a common word.
const DAY_GROUP_MAX: usize = 16;
/// Steps for one target, and for a whole run.
const STEPS_EACH: u64 = 100_000;
const STEPS_ALL: u64 = 30_000_000;

/// Lines of each side that no certain candidate has taken.
pub(crate) fn open_lines(
    found: &[Candidate],
    choices: &[Choice],
    chosen: &[bool],
    sizes: [usize; 2],
) -> [Vec<bool>; 2] {
    let mut open = sizes.map(|n| vec![true; n]);
    for ((candidate, choice), _) in found.iter().zip(choices).zip(chosen).filter(|(_, chosen)| **chosen) {
        let verdict = &candidate.verdict;
        if verdict.weight >= SETTLED
            && verdict.corroborated
            && !verdict.contradiction
            && verdict.difference == 0
        {
            for side in [0, 1] {
                choice.lines[side].iter().for_each(|line| open[side][*line as usize] = false);
            }
        }
    }
    open
}

/// Adds candidates whose amounts add up.
pub(crate) fn find_sums(
    prepared: &Prepared<'_>,
    model: &Model<'_, '_>,
    rules: &MatchRules,
    open: &[Vec<bool>; 2],
    arena: &mut Arena<'_>,
    found: &mut Vec<Candidate>,
    progress: &mut Progress<'_>,
) -> Result<(), Cancelled> {
    let mut steps = STEPS_ALL;
    for items_side in [0, 1] {
        let items = Items::new(prepared, items_side, &open[items_side]);
        let mut search = Search { prepared, model, rules, items: &items, steps: &mut steps };
        search.whole_groups(&open[1 - items_side], arena, found);
        for (target, _) in (0_u32..).zip(&open[1 - items_side]).filter(|(_, open)| **open) {
            progress.tick()?;
            search.subsets(target, arena, found);
        }
        count_solutions(1 - items_side, arena, found);
    }
    Ok(())
}

/// Sets for every sum how many different groups add up to its target, whichever way they were found.
fn count_solutions(targets_side: usize, arena: &Arena<'_>, found: &mut [Candidate]) {
    let mut groups: HashMap<u32, BTreeSet<&[u32]>> = HashMap::new();
    let is_sum = |c: &Candidate| {
        c.pass == Pass::Sum && arena.unit(targets_side, c.units[targets_side]).members.len() == 1
    };
    for candidate in found.iter().filter(|c| is_sum(c)) {
        let members = &arena.unit(1 - targets_side, candidate.units[1 - targets_side]).members;
        groups.entry(candidate.units[targets_side]).or_default().insert(members);
    }
    for candidate in found.iter_mut().filter(|c| is_sum(c)) {
        let different = groups.get(&candidate.units[targets_side]).map_or(1, BTreeSet::len);
        candidate.solutions = candidate.solutions.max(u32::try_from(different).unwrap_or(u32::MAX));
    }
}

/// Currency, sign, the day if it is one day's, the party's word if it is one party's.
type GroupKey = (u32, bool, Option<i32>, Option<u32>);

/// The open lines of the side that is added up, by what makes them hang together.
struct Items {
    side: usize,
    by_word: HashMap<(u32, bool, u32), Vec<u32>>,
    by_day: BTreeMap<(u32, bool, i32), Vec<u32>>,
    groups: BTreeMap<GroupKey, Vec<u32>>,
}

impl Items {
    fn new(prepared: &Prepared<'_>, side: usize, open: &[bool]) -> Self {
        let mut items =
            Self { side, by_word: HashMap::new(), by_day: BTreeMap::new(), groups: BTreeMap::new() };
        let units = &prepared.sides[side].units;
        for (number, unit) in (0_u32..).zip(&units[..open.len()]).filter(|(n, _)| open[*n as usize]) {
            if unit.amount == 0 {
                continue;
            }
            let sign = unit.amount > 0;
            for word in strong_words(prepared, unit) {
                items.by_word.entry((unit.currency, sign, word)).or_default().push(number);
            }
            let day = unit.days.map(|d| d.0);
            if let Some(day) = day {
                items.by_day.entry((unit.currency, sign, day)).or_default().push(number);
            }
            let party = party_word(prepared, unit);
            // A set: without a party or a date two of the keys are the same, and a line counts once.
            for key in BTreeSet::from([(day, party), (None, party), (day, None)]) {
                if key != (None, None) {
                    items.groups.entry((unit.currency, sign, key.0, key.1)).or_default().push(number);
                }
            }
        }
        for list in items.by_word.values_mut() {
            list.sort_by_key(|number| (units[*number as usize].days, *number));
        }
        items
    }
}

fn strong_words<'u>(prepared: &'u Prepared<'_>, unit: &'u Unit) -> impl Iterator<Item = u32> + 'u {
    unit.words.iter().copied().filter(|word| !prepared.weak_words[*word as usize])
}

/// The word that stands for a line's party: the first of its name, else the first telling one of its text.
fn party_word(prepared: &Prepared<'_>, unit: &Unit) -> Option<u32> {
    unit.party.first().copied().or_else(|| {
        unit.lead.split(' ').find_map(|token| {
            strong_words(prepared, unit).find(|word| prepared.words.list[*word as usize] == token)
        })
    })
}

struct Search<'s, 'p, 'a> {
    prepared: &'p Prepared<'a>,
    model: &'s Model<'p, 'a>,
    rules: &'s MatchRules,
    items: &'s Items,
    steps: &'s mut u64,
}

impl Search<'_, '_, '_> {
    /// Groups taken whole: all of a party, of a day, of a party on a day.
    fn whole_groups(&mut self, open: &[bool], arena: &mut Arena<'_>, found: &mut Vec<Candidate>) {
        let targets_side = 1 - self.items.side;
        let targets = &self.prepared.sides[targets_side].units;
        let mut by_amount: HashMap<(u32, i128), Vec<u32>> = HashMap::new();
        for (number, unit) in (0_u32..).zip(&targets[..open.len()]).filter(|(n, _)| open[*n as usize]) {
            by_amount.entry((unit.currency, unit.amount)).or_default().push(number);
        }
        let units = &self.prepared.sides[self.items.side].units;
        for ((currency, ..), lines) in
            self.items.groups.iter().filter(|g| (2..=WHOLE_LINES_MAX).contains(&g.1.len()))
        {
            let sum: i128 = lines.iter().map(|n| units[*n as usize].amount).sum();
            let Some(fitting) = by_amount.get(&(*currency, sum)) else { continue };
            let members: Vec<&Unit> = lines.iter().map(|n| &units[*n as usize]).collect();
            let merged = merge(&members);
            if !self.spans_window(&merged) {
                continue;
            }
            let near = |t: &&u32| self.within_window(&targets[**t as usize], &merged);
            let fitting: Vec<u32> = fitting.iter().filter(near).take(8).copied().collect();
            if fitting.is_empty() {
                continue;
            }
            let kept = arena.keep(self.items.side, merged);
            for target in fitting {
                let detail = format!("sum of all {} lines", lines.len());
                self.offer(target, kept, (-100, detail), 1, arena, found);
            }
        }
    }

    /// Subsets of lines that share a word with the target or lie on one day near it.
    fn subsets(&mut self, target: u32, arena: &mut Arena<'_>, found: &mut Vec<Candidate>) {
        let unit = &self.prepared.sides[1 - self.items.side].units[target as usize];
        if unit.amount == 0 {
            return;
        }
        let (currency, sign) = (unit.currency, unit.amount > 0);
        let mut pools: Vec<Vec<u32>> = Vec::new();
        for word in strong_words(self.prepared, unit) {
            if let Some(list) =
                self.items.by_word.get(&(currency, sign, word)).filter(|l| l.len() <= WORD_LINES_MAX)
            {
                pools.push(self.near(unit, list));
            }
        }
        if let Some((day, _)) = unit.days {
            let reach = DAY_GROUP_REACH.min(self.model.days_max);
            let range = (currency, sign, day - reach)..=(currency, sign, day + reach);
            let days = self.items.by_day.range(range).map(|(_, list)| list);
            pools.extend(days.filter(|list| list.len() <= DAY_GROUP_MAX).map(|list| self.near(unit, list)));
        }
        // Where there are more lines than can be searched, a sum found among fewer is not known to be the only one.
        let searched_all = pools.iter().all(|pool| pool.len() <= SUBSET_ITEMS_MAX);
        pools.retain(|pool| (2..=SUBSET_ITEMS_MAX).contains(&pool.len()));
        pools.sort();
        pools.dedup();
        for pool in pools {
            let before = found.len();
            self.subsets_of(target, unit, &pool, arena, found);
            found[before..].iter_mut().for_each(|c| c.verdict.corroborated &= searched_all);
        }
    }

    /// Smaller lines of a list (which is in order of days) within the window; lines without a date take part in
    /// whole groups only.
    fn near(&self, target: &Unit, list: &[u32]) -> Vec<u32> {
        let units = &self.prepared.sides[self.items.side].units;
        let Some((first, last)) = target.days else { return Vec::new() };
        let day = |n: u32| units[n as usize].days.map_or(i32::MIN, |d| d.0);
        let from = list.partition_point(|n| day(*n) < first.saturating_sub(self.model.days_max));
        let in_window =
            list[from..].iter().take_while(|n| day(**n) <= last.saturating_add(self.model.days_max));
        let smaller = in_window.filter(|n| units[**n as usize].amount.abs() < target.amount.abs());
        smaller.take(SUBSET_ITEMS_MAX + 1).copied().collect()
    }

    fn subsets_of(
        &mut self,
        target: u32,
        unit: &Unit,
        pool: &[u32],
        arena: &mut Arena<'_>,
        found: &mut Vec<Candidate>,
    ) {
        let units = &self.prepared.sides[self.items.side].units;
        let amounts: Vec<i128> = pool.iter().map(|n| units[*n as usize].amount.abs()).collect();
        let budget = STEPS_EACH.min(*self.steps);
        let sums = subset::find(&amounts, unit.amount.abs(), self.rules.group_lines_max, budget);
        *self.steps -= sums.steps.min(*self.steps);
        if sums.count == 0 || (!sums.complete && sums.count < 2) {
            return;
        }
        for solution in &sums.solutions {
            let members: Vec<&Unit> = solution.iter().map(|i| &units[pool[*i] as usize]).collect();
            let kept = arena.keep(self.items.side, merge(&members));
            let penalty = -100 - log2_choose(pool.len(), solution.len());
            let more = if sums.complete { "" } else { "at least " };
            let detail = match sums.count {
                1 => format!("only sum of {} among {} lines", solution.len(), pool.len()),
                n => format!("one of {more}{n} sums among {} lines", pool.len()),
            };
            self.offer(target, kept, (penalty, detail), sums.count, arena, found);
        }
    }

    fn within_window(&self, target: &Unit, group: &Unit) -> bool {
        days_between(target, group).is_none_or(|gap| gap <= self.model.days_max)
    }

    fn spans_window(&self, group: &Unit) -> bool {
        group.days.is_none_or(|(from, to)| to - from <= self.model.days_max.saturating_mul(2))
    }

    fn offer(
        &self,
        target: u32,
        group: u32,
        batch: (Centibits, String),
        solutions: u32,
        arena: &Arena<'_>,
        found: &mut Vec<Candidate>,
    ) {
        let units = if self.items.side == 1 { [target, group] } else { [group, target] };
        let mut verdict = self.model.weigh(arena.unit(0, units[0]), arena.unit(1, units[1]));
        verdict.weight += batch.0;
        if verdict.weight > -400 {
            found.push(Candidate {
                units,
                verdict,
                pass: Pass::Sum,
                batch: Some(batch),
                solutions,
                crowd: 0,
            });
        }
    }
}

/// log₂ of the number of ways to take `k` of `n`, in hundredths of a bit.
fn log2_choose(n: usize, k: usize) -> Centibits {
    let mut ways: u128 = 1;
    for i in 0..k.min(n - k) {
        ways = ways * (n - i) as u128 / (i as u128 + 1);
    }
    crate::scoring::log2_ratio(ways, 1)
}
