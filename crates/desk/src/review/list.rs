//! Placing the rows of a reconciliation: which group or open line stands on which display line. Pure.

use crate::view::{ReviewFilter, SectionKind, SectionView};
use attest_cache::review::GroupHead;

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

/// Something that may stand in a list: a group or a line in no group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) day: i64,
    pub(crate) key: RowKey,
    /// Display lines it takes.
    height: u32,
    pub(crate) bank: u32,
    ledger: u32,
    by_rule: bool,
}

impl From<&GroupHead> for Candidate {
    fn from(head: &GroupHead) -> Self {
        Self {
            day: head.day,
            key: RowKey::Group(head.id),
            height: head.bank.max(head.ledger + u32::from(head.differs)).max(1),
            bank: head.bank,
            ledger: head.ledger,
            by_rule: if head.section == 1 { head.safe } else { head.by_rule },
        }
    }
}

impl Candidate {
    pub(crate) fn entry(day: i64, row: i64) -> Self {
        Self { day, key: RowKey::Entry(row), height: 1, bank: 1, ledger: 0, by_rule: false }
    }

    pub(crate) fn line(day: i64, row: i64) -> Self {
        Self { day, key: RowKey::Line(row), height: 1, bank: 0, ledger: 1, by_rule: false }
    }
}

const SECTIONS: [SectionKind; 4] =
    [SectionKind::Needs, SectionKind::Suggested, SectionKind::Held, SectionKind::Confirmed];

/// The candidates of every section in the order of the list: days, then kinds and rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sections([Vec<Candidate>; 4]);

impl Sections {
    /// Puts a group into its section; [`Sections::sort`] follows.
    pub(crate) fn push_group(&mut self, head: &GroupHead) {
        let section = match head.section {
            0 => 0,
            1 => 1,
            _ => 3,
        };
        self.0[section].push(head.into());
    }

    /// Puts a line in no group into its section; [`Sections::sort`] follows.
    pub(crate) fn push_line(&mut self, line: Candidate, held: bool) {
        self.0[if held { 2 } else { 0 }].push(line);
    }

    /// Puts everything into order. Cheap where most is in order already.
    pub(crate) fn sort(&mut self) {
        for section in &mut self.0 {
            section.sort_by_key(|candidate| (candidate.day, candidate.key));
        }
    }

    /// Takes out the groups and lines that are not to be kept, and all lines in no group, to be put back where they
    /// belong now.
    pub(crate) fn retain(&mut self, keeps: impl Fn(RowKey) -> bool) -> Vec<Candidate> {
        let mut lines = Vec::new();
        for section in &mut self.0 {
            section.retain(|candidate| {
                let is_group = matches!(candidate.key, RowKey::Group(_));
                let kept = keeps(candidate.key);
                if kept && !is_group {
                    lines.push(*candidate);
                }
                kept && is_group
            });
        }
        lines
    }

    /// The candidates of one section in the days from `from` to `to`.
    fn days(&self, section: usize, days: (i64, i64)) -> &[Candidate] {
        let all = &self.0[section];
        let first = all.partition_point(|candidate| candidate.day < days.0);
        let last = all.partition_point(|candidate| candidate.day <= days.1);
        &all[first..last]
    }

    /// Bank entries in the sections, in their order.
    pub(crate) fn count_entries(&self, days: (i64, i64)) -> [u32; 4] {
        [0, 1, 2, 3].map(|section| self.days(section, days).iter().map(|candidate| candidate.bank).sum())
    }
}

/// Places what the filter shows of the days, as far as it is `wanted`.
pub(crate) fn place(
    sections: &Sections,
    days: (i64, i64),
    filter: ReviewFilter,
    wanted: impl Fn(RowKey) -> bool,
) -> List {
    let mut list = List::default();
    for (at, kind) in SECTIONS.into_iter().enumerate().filter(|(_, kind)| shows(filter, *kind)) {
        list.push_section(kind, sections.days(at, days), &wanted);
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
    /// Adds a section, heading first; an empty one is left out.
    fn push_section(
        &mut self,
        kind: SectionKind,
        candidates: &[Candidate],
        wanted: &impl Fn(RowKey) -> bool,
    ) {
        let (heading, start) = (self.rows.len(), self.lines);
        self.rows.push(Row { key: RowKey::Heading, section: kind, start });
        self.lines += 1;
        let mut view = SectionView { kind, start, groups: 0, entries: 0, ledger_lines: 0, by_rule: 0 };
        for candidate in candidates.iter().filter(|candidate| wanted(candidate.key)) {
            self.rows.push(Row { key: candidate.key, section: kind, start: self.lines });
            self.lines += candidate.height;
            view.groups += 1;
            view.entries += candidate.bank;
            view.ledger_lines += candidate.ledger;
            view.by_rule += u32::from(candidate.by_rule);
        }
        if view.groups == 0 {
            self.rows.truncate(heading);
            self.lines = start;
        } else {
            self.sections.push(view);
        }
    }

    /// Rows that touch the display lines from `start` to `end`.
    pub(crate) fn window(&self, start: u32, end: u32) -> &[Row] {
        if start >= end.min(self.lines) {
            return &[];
        }
        let first = self.rows.partition_point(|row| row.start <= start).saturating_sub(1);
        let last = self.rows.partition_point(|row| row.start < end).max(first);
        &self.rows[first..last]
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

    fn sections() -> Sections {
        let mut sections = Sections::default();
        for head in [head(1, 3, 5, 1, 1, false), head(2, 1, 4, 1, 2, true), head(3, 0, 9, 1, 2, false)] {
            sections.push_group(&head);
        }
        sections.push_line(Candidate::entry(7, 70), true);
        sections.push_line(Candidate::entry(3, 30), false);
        sections.push_line(Candidate::line(3, 31), false);
        sections.sort();
        sections
    }

    fn place_all() -> List {
        place(&sections(), (i64::MIN, i64::MAX), ReviewFilter::All, |_| true)
    }

    #[test]
    fn every_line_stands_in_exactly_one_section_and_place() {
        let list = place_all();
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
        let starts: Vec<u32> = list.window(0, list.lines).iter().map(|row| row.start).collect();
        assert_eq!(starts, [0, 1, 2, 3, 5, 6, 9, 10, 11, 12]);
    }

    #[test]
    fn a_window_begins_with_the_row_that_reaches_into_it() {
        let list = place_all();
        // The suggestion has three lines (two ledger lines and a difference): 6, 7, 8.
        let window = list.window(7, 8);
        assert_eq!(window.len(), 1);
        assert_eq!((window[0].key, window[0].start), (RowKey::Group(2), 6));
    }

    #[test]
    fn nothing_stands_in_a_window_behind_the_end_or_the_wrong_way_round() {
        let list = place_all();
        for (start, end) in [(13, 20), (99, 100), (8, 8), (9, 3), (0, 0)] {
            assert!(list.window(start, end).is_empty(), "{start}..{end}");
        }
    }

    #[test]
    fn after_a_decision_the_next_row_of_the_section_is_selected() {
        let list = place_all();
        assert_eq!(list.neighbour(RowKey::Entry(30)), Some(RowKey::Line(31)));
        assert_eq!(list.neighbour(RowKey::Group(3)), Some(RowKey::Line(31)));
        assert_eq!(list.neighbour(RowKey::Group(2)), None);
    }

    #[test]
    fn days_search_and_filter_leave_out_rows_and_empty_headings() {
        let list = place(&sections(), (3, 5), ReviewFilter::All, |key| key != RowKey::Line(31));
        let keys: Vec<_> = list.rows.iter().map(|row| row.key).collect();
        let heading = RowKey::Heading;
        assert_eq!(keys, [heading, RowKey::Entry(30), heading, RowKey::Group(2), heading, RowKey::Group(1)]);
        assert_eq!(list.lines, 8);
        let held = place(&sections(), (0, 9), ReviewFilter::Held, |_| true);
        assert_eq!((held.lines, held.sections.len()), (2, 1));
        assert_eq!(sections().count_entries((0, 9)), [2, 1, 1, 1]);
    }

    #[test]
    fn handles_name_rows_and_back() {
        for key in [RowKey::Group(7), RowKey::Entry(7), RowKey::Line(7), RowKey::Heading] {
            assert_eq!(RowKey::from_handle(key.handle()), key);
        }
    }
}
