//! Placing the rows of a reconciliation: which group or open line stands on which display line. Pure.

use crate::view::{ReviewFilter, SectionKind, SectionView};
use attest_cache::review::GroupHead;
use std::collections::HashSet;

/// What a row of the list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum RowKey {
    /// Heading of a section.
    Heading,
    /// A proposal, match or write-off.
    Group(i64),
    /// A bank entry that is in no group.
    Entry(i64),
    /// A ledger line that is in no group.
    Line(i64),
}

impl RowKey {
    /// The number by which the window names it: two bits of kind below the row.
    pub(crate) fn handle(self) -> i64 {
        match self {
            Self::Heading => 0,
            Self::Group(row) => row << 2 | 1,
            Self::Entry(row) => row << 2 | 2,
            Self::Line(row) => row << 2 | 3,
        }
    }

    pub(crate) fn from_handle(handle: i64) -> Self {
        match handle & 3 {
            1 => Self::Group(handle >> 2),
            2 => Self::Entry(handle >> 2),
            3 => Self::Line(handle >> 2),
            _ => Self::Heading,
        }
    }
}

/// A row and where its display lines start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) key: RowKey,
    pub(crate) section: SectionKind,
    /// Index of its first display line.
    pub(crate) start: u32,
}

/// The placed rows and what the headings say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct List {
    pub(crate) rows: Vec<Row>,
    pub(crate) lines: u32,
    pub(crate) sections: Vec<SectionView>,
}

/// What the list is made from.
#[derive(Debug, Default)]
pub(crate) struct Material {
    /// Groups in the period.
    pub(crate) heads: Vec<GroupHead>,
    /// Bank entries in no group, as `(day, row)`.
    pub(crate) entries: Vec<(i64, i64)>,
    /// Ledger lines in no group, as `(day, row)`.
    pub(crate) ledger: Vec<(i64, i64)>,
    /// Rows on hold of either side.
    pub(crate) held_entries: HashSet<i64>,
    pub(crate) held_ledger: HashSet<i64>,
}

const SECTIONS: [SectionKind; 4] =
    [SectionKind::Needs, SectionKind::Suggested, SectionKind::Held, SectionKind::Confirmed];

struct Candidate {
    day: i64,
    key: RowKey,
    height: u32,
    bank: u32,
    ledger: u32,
    by_rule: bool,
}

/// Places everything in the order of sections and days; equal days in the order of kinds and rows.
pub(crate) fn place(material: &Material, filter: ReviewFilter) -> List {
    let mut sections: [Vec<Candidate>; 4] = Default::default();
    for head in &material.heads {
        let section = match head.section {
            0 => 0,
            1 => 1,
            _ => 3,
        };
        let height = head.bank.max(head.ledger + u32::from(head.differs)).max(1);
        sections[section].push(Candidate {
            day: head.day,
            key: RowKey::Group(head.id),
            height,
            bank: head.bank,
            ledger: head.ledger,
            by_rule: if section == 1 { head.safe } else { head.by_rule },
        });
    }
    for (day, row) in &material.entries {
        let section = if material.held_entries.contains(row) { 2 } else { 0 };
        let key = RowKey::Entry(*row);
        sections[section].push(Candidate { day: *day, key, height: 1, bank: 1, ledger: 0, by_rule: false });
    }
    for (day, row) in &material.ledger {
        let section = if material.held_ledger.contains(row) { 2 } else { 0 };
        let key = RowKey::Line(*row);
        sections[section].push(Candidate { day: *day, key, height: 1, bank: 0, ledger: 1, by_rule: false });
    }
    let mut list = List::default();
    for (kind, mut candidates) in SECTIONS.into_iter().zip(sections) {
        if candidates.is_empty() || !shows(filter, kind) {
            continue;
        }
        candidates.sort_unstable_by_key(|candidate| (candidate.day, candidate.key));
        list.push_section(kind, &candidates);
    }
    list
}

fn shows(filter: ReviewFilter, kind: SectionKind) -> bool {
    matches!(
        (filter, kind),
        (ReviewFilter::All, _)
            | (ReviewFilter::Needs, SectionKind::Needs)
            | (ReviewFilter::Suggested, SectionKind::Suggested)
            | (ReviewFilter::Held, SectionKind::Held)
            | (ReviewFilter::Confirmed, SectionKind::Confirmed)
    )
}

impl List {
    fn push_section(&mut self, kind: SectionKind, candidates: &[Candidate]) {
        let mut view = SectionView {
            kind,
            start: self.lines,
            groups: u32::try_from(candidates.len()).unwrap_or(u32::MAX),
            entries: 0,
            ledger_lines: 0,
            by_rule: 0,
        };
        self.rows.push(Row { key: RowKey::Heading, section: kind, start: self.lines });
        self.lines += 1;
        for candidate in candidates {
            self.rows.push(Row { key: candidate.key, section: kind, start: self.lines });
            self.lines += candidate.height;
            view.entries += candidate.bank;
            view.ledger_lines += candidate.ledger;
            view.by_rule += u32::from(candidate.by_rule);
        }
        self.sections.push(view);
    }

    /// Rows that touch the display lines from `start` to `end`, each with the line behind its last.
    pub(crate) fn window(&self, start: u32, end: u32) -> Vec<(Row, u32)> {
        let first = self.rows.partition_point(|row| row.start <= start).saturating_sub(1);
        self.rows[first.min(self.rows.len())..]
            .iter()
            .enumerate()
            .take_while(|(_, row)| row.start < end)
            .map(|(offset, row)| {
                let next = self.rows.get(first + offset + 1).map_or(self.lines, |next| next.start);
                (*row, next)
            })
            .collect()
    }

    /// The row behind (or, at the end, before) this one in the same section: where the eye goes after a decision.
    pub(crate) fn neighbour(&self, key: RowKey) -> Option<RowKey> {
        let at = self.rows.iter().position(|row| row.key == key)?;
        let open = |row: &&Row| row.key != RowKey::Heading && row.section == self.rows[at].section;
        self.rows[at + 1..]
            .iter()
            .find(open)
            .or_else(|| self.rows[..at].iter().rev().find(open))
            .map(|row| row.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(id: i64, section: i64, day: i64, bank: u32, ledger: u32, differs: bool) -> GroupHead {
        GroupHead { id, section, day, bank, ledger, differs, safe: section == 1, by_rule: false }
    }

    fn material() -> Material {
        Material {
            heads: vec![head(1, 3, 5, 1, 1, false), head(2, 1, 4, 1, 2, true), head(3, 0, 9, 1, 2, false)],
            entries: vec![(7, 70), (3, 30)],
            ledger: vec![(3, 31)],
            held_entries: HashSet::from([70]),
            held_ledger: HashSet::new(),
        }
    }

    #[test]
    fn every_line_stands_in_exactly_one_section_and_place() {
        let list = place(&material(), ReviewFilter::All);
        let kinds: Vec<_> =
            list.sections.iter().map(|section| (section.kind, section.start, section.groups)).collect();
        assert_eq!(
            kinds,
            [
                (SectionKind::Needs, 0, 3),
                (SectionKind::Suggested, 5, 1),
                (SectionKind::Held, 9, 1),
                (SectionKind::Confirmed, 11, 1)
            ]
        );
        assert_eq!(list.lines, 13);
        let mut covered = 0;
        for (row, end) in list.window(0, list.lines) {
            assert_eq!(row.start, covered);
            covered = end;
        }
        assert_eq!(covered, list.lines);
    }

    #[test]
    fn a_window_begins_with_the_row_that_reaches_into_it() {
        let list = place(&material(), ReviewFilter::All);
        // The suggestion has three lines (two ledger lines and a difference): 6, 7, 8.
        let window = list.window(7, 8);
        assert_eq!(window.len(), 1);
        assert_eq!((window[0].0.key, window[0].0.start, window[0].1), (RowKey::Group(2), 6, 9));
    }

    #[test]
    fn after_a_decision_the_next_row_of_the_section_is_selected() {
        let list = place(&material(), ReviewFilter::All);
        assert_eq!(list.neighbour(RowKey::Entry(30)), Some(RowKey::Line(31)));
        assert_eq!(list.neighbour(RowKey::Group(3)), Some(RowKey::Line(31)));
        assert_eq!(list.neighbour(RowKey::Group(2)), None);
    }

    #[test]
    fn handles_name_rows_and_back() {
        for key in [RowKey::Group(7), RowKey::Entry(7), RowKey::Line(7), RowKey::Heading] {
            assert_eq!(RowKey::from_handle(key.handle()), key);
        }
    }
}
