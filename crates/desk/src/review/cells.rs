//! What stands on the display lines: figures and texts of entries, ledger lines and groups.

use super::list::{Row, RowKey};
use crate::{
    Session,
    error::DeskError,
    history,
    view::{BankCell, GroupView, LedgerCell, LineKind, MiddleKind, ReasonView, ReviewLine},
};
use attest_cache::{
    Side,
    bank::EntryRow,
    date_from_day,
    ledger::LedgerRow,
    review::{GroupKind, GroupRow, LineMark},
};
use attest_domain::{Amount, reconciliation::Reason};
use std::{collections::HashMap, ops::Range};

/// Everything that the rows of a window are drawn from.
struct Drawing {
    groups: HashMap<i64, GroupRow>,
    members: HashMap<i64, (Vec<i64>, Vec<i64>)>,
    entries: HashMap<i64, EntryRow>,
    ledger: HashMap<i64, LedgerRow>,
    marks: HashMap<(Side, i64), LineMark>,
    /// Display lines that are drawn; a group of thousands may reach far beyond them.
    drawn: Range<u32>,
    decimals: u32,
}

impl Drawing {
    async fn load(
        session: &Session,
        rows: &[Row],
        drawn: Range<u32>,
        decimals: u32,
    ) -> Result<Self, DeskError> {
        let mut groups = Vec::new();
        let (mut entries, mut ledger) = (Vec::new(), Vec::new());
        for row in rows {
            match row.key {
                RowKey::Heading => {}
                RowKey::Group(id) => groups.push(id),
                RowKey::Entry(id) => entries.push(id),
                RowKey::Line(id) => ledger.push(id),
            }
        }
        let mut members: HashMap<i64, (Vec<i64>, Vec<i64>)> = HashMap::new();
        for (group, side, row) in session.cache.load_group_lines(&groups).await? {
            let sides = members.entry(group).or_default();
            match side {
                Side::Bank => sides.0.push(row),
                Side::Ledger => sides.1.push(row),
            }
        }
        for row in rows {
            if let RowKey::Group(id) = row.key
                && let Some((bank, lines)) = members.get(&id)
            {
                entries.extend(part(bank, *row, &drawn));
                ledger.extend(part(lines, *row, &drawn));
            }
        }
        Ok(Self {
            groups: session
                .cache
                .load_groups(&groups)
                .await?
                .into_iter()
                .map(|group| (group.id, group))
                .collect(),
            members,
            entries: session
                .cache
                .load_entries(&entries)
                .await?
                .into_iter()
                .map(|row| (row.row, row))
                .collect(),
            ledger: session
                .cache
                .load_ledger_lines(&ledger)
                .await?
                .into_iter()
                .map(|row| (row.row, row))
                .collect(),
            marks: session.cache.list_marks().await?,
            drawn,
            decimals,
        })
    }

    fn amount(&self, amount: Amount) -> String {
        amount.with_decimals(self.decimals).to_string()
    }

    fn mark(&self, side: Side, row: i64) -> LineMark {
        self.marks.get(&(side, row)).copied().unwrap_or_default()
    }

    fn bank(&self, row: i64) -> Option<BankCell> {
        let entry = &self.entries.get(&row)?.entry;
        let party = entry.counterparty().and_then(|party| party.name.clone().or(party.ultimate.clone()));
        let text = entry.text().unwrap_or_default();
        let detail = match (&party, reference(entry)) {
            (_, Some(reference)) => reference,
            (Some(_), None) => text.clone(),
            (None, None) => String::new(),
        };
        Some(BankCell {
            id: entry.id.to_string(),
            booked: entry.booked.or(entry.valued).map(|day| day.to_string()),
            party: party.unwrap_or(text),
            detail,
            amount: self.amount(entry.amount),
            payments: u32::try_from(entry.transactions.len()).unwrap_or(u32::MAX),
            commented: self.mark(Side::Bank, row).comments > 0,
        })
    }

    fn ledger(&self, row: i64) -> Option<LedgerCell> {
        let line = self.ledger.get(&row)?;
        Some(LedgerCell {
            id: line.id.to_string(),
            date: line.date.or(line.voucher_date).map(|day| day.to_string()),
            voucher: format!("{} {}", line.series, line.number).trim().to_owned(),
            text: line.shown_text().unwrap_or_default().to_owned(),
            amount: self.amount(line.amount),
            commented: self.mark(Side::Ledger, row).comments > 0,
        })
    }

    fn group_lines(&self, row: Row, group: &GroupRow) -> Vec<ReviewLine> {
        let empty = (Vec::new(), Vec::new());
        let (bank, ledger) = self.members.get(&group.id).unwrap_or(&empty);
        let differs = !group.difference.is_zero();
        let height = bank.len().max(ledger.len() + usize::from(differs)).max(1);
        places(row, height, &self.drawn)
            .map(|at| {
                let mut line = blank(row, at);
                line.bank = bank.get(at).and_then(|row| self.bank(*row));
                line.ledger = ledger.get(at).and_then(|row| self.ledger(*row));
                if at == 0 {
                    self.put_verdict(&mut line, group);
                }
                if differs && at == ledger.len() {
                    if at > 0 {
                        line.middle = MiddleKind::Difference;
                    }
                    line.ledger = Some(difference_cell(group, self.amount(group.difference)));
                }
                line
            })
            .collect()
    }

    fn put_verdict(&self, line: &mut ReviewLine, group: &GroupRow) {
        line.confidence.clone_from(&group.confidence);
        line.safe = group.safe;
        line.count = group.alternatives;
        line.when.clone_from(&group.at);
        line.middle = match group.kind {
            GroupKind::Ambiguous => MiddleKind::Equal,
            GroupKind::Contradicts => MiddleKind::Contradicts,
            GroupKind::Proposal => MiddleKind::Confidence,
            GroupKind::Match if group.by_rule => MiddleKind::ByRule,
            GroupKind::Match => MiddleKind::ByUser,
            GroupKind::WriteOff => MiddleKind::WrittenOff,
        };
    }

    fn single(&self, row: Row, side: Side, id: i64) -> ReviewLine {
        let mut line = blank(row, 0);
        match side {
            Side::Bank => line.bank = self.bank(id),
            Side::Ledger => line.ledger = self.ledger(id),
        }
        line.middle = MiddleKind::NoMatch;
        if row.section == crate::view::SectionKind::Held {
            line.middle = MiddleKind::Held;
            line.when = self.mark(side, id).held_until.and_then(date_from_day).map(|day| day.to_string());
        }
        line
    }
}

/// The reference that helps a person most: a creditor reference, an invoice, else the end-to-end or batch id.
fn reference(entry: &attest_domain::statement::Entry) -> Option<String> {
    let batch = || entry.batch.as_ref()?.payment_information.clone();
    let [only] = entry.transactions.as_slice() else { return batch() };
    let structured = only.refs.structured.first().map(|reference| match &reference.kind {
        Some(kind) => format!("{kind} {}", reference.value),
        None => reference.value.clone(),
    });
    structured
        .or_else(|| only.documents.iter().find_map(|document| document.number.clone()))
        .or_else(|| only.refs.end_to_end.clone())
        .or_else(batch)
}

fn difference_cell(group: &GroupRow, amount: String) -> LedgerCell {
    LedgerCell {
        id: String::new(),
        date: None,
        voucher: String::new(),
        text: group.difference_reason.clone().unwrap_or_default(),
        amount,
        commented: false,
    }
}

fn blank(row: Row, at: usize) -> ReviewLine {
    let kind = match (row.key, at) {
        (RowKey::Heading, _) => LineKind::Section,
        (_, 0) => LineKind::First,
        _ => LineKind::More,
    };
    ReviewLine {
        index: row.start + u32::try_from(at).unwrap_or(0),
        kind,
        section: row.section,
        group: row.key.handle(),
        bank: None,
        middle: MiddleKind::None,
        confidence: None,
        safe: false,
        count: 0,
        when: None,
        ledger: None,
    }
}

/// The places of a row of some height that are drawn.
fn places(row: Row, height: usize, drawn: &Range<u32>) -> Range<usize> {
    let place = |line: u32| usize::try_from(line.saturating_sub(row.start)).unwrap_or(usize::MAX).min(height);
    place(drawn.start)..place(drawn.end)
}

/// The lines of one side of a row that are drawn.
fn part<'a>(lines: &'a [i64], row: Row, drawn: &Range<u32>) -> &'a [i64] {
    &lines[places(row, lines.len(), drawn)]
}

/// Those of the display lines of these rows that are `drawn`.
pub(crate) async fn lines(
    session: &Session,
    rows: &[Row],
    drawn: Range<u32>,
    decimals: u32,
) -> Result<Vec<ReviewLine>, DeskError> {
    let drawing = Drawing::load(session, rows, drawn, decimals).await?;
    let mut lines = Vec::new();
    for row in rows.iter().copied() {
        match row.key {
            RowKey::Heading => lines.push(blank(row, 0)),
            RowKey::Entry(id) => lines.push(drawing.single(row, Side::Bank, id)),
            RowKey::Line(id) => lines.push(drawing.single(row, Side::Ledger, id)),
            RowKey::Group(id) => match drawing.groups.get(&id) {
                Some(group) => lines.extend(drawing.group_lines(row, group)),
                // Dissolved since the list was made; the window is told to reload by the event.
                None => return Err(DeskError::StaleView),
            },
        }
    }
    Ok(lines)
}

/// A group in full, with its history.
pub(crate) async fn group(
    session: &Session,
    row: Row,
    handle: i64,
    decimals: u32,
) -> Result<GroupView, DeskError> {
    let drawing = Drawing::load(session, &[row], 0..u32::MAX, decimals).await?;
    let empty = (Vec::new(), Vec::new());
    let (bank, ledger, found) = match row.key {
        RowKey::Heading => return Err(DeskError::StaleView),
        RowKey::Entry(id) => (vec![id], Vec::new(), None),
        RowKey::Line(id) => (Vec::new(), vec![id], None),
        RowKey::Group(id) => {
            let group = drawing.groups.get(&id).ok_or(DeskError::StaleView)?;
            let (bank, ledger) = drawing.members.get(&id).unwrap_or(&empty);
            (bank.clone(), ledger.clone(), Some(group))
        }
    };
    let bank_cells: Vec<BankCell> = bank.iter().filter_map(|row| drawing.bank(*row)).collect();
    let ledger_cells: Vec<LedgerCell> = ledger.iter().filter_map(|row| drawing.ledger(*row)).collect();
    let sum: Amount =
        bank.iter().filter_map(|row| drawing.entries.get(row)).map(|row| row.entry.amount).sum::<Amount>()
            - ledger.iter().filter_map(|row| drawing.ledger.get(row)).map(|row| row.amount).sum();
    let reasons: Vec<Reason> =
        found.map(|group| serde_json::from_str(&group.reasons).unwrap_or_default()).unwrap_or_default();
    let held = bank.iter().map(|row| (Side::Bank, *row)).chain(ledger.iter().map(|row| (Side::Ledger, *row)));
    let held_until = held.filter_map(|(side, row)| drawing.mark(side, row).held_until).max();
    let mut ids: Vec<String> = bank_cells.iter().map(|cell| cell.id.clone()).collect();
    ids.extend(ledger_cells.iter().map(|cell| cell.id.clone()));
    Ok(GroupView {
        group: handle,
        section: row.section,
        bank: bank_cells,
        ledger: ledger_cells,
        difference: drawing.amount(sum),
        confidence: found.and_then(|group| group.confidence.clone()),
        reasons: reasons
            .into_iter()
            .map(|reason| ReasonView { field: reason.field, weight: reason.weight, detail: reason.detail })
            .collect(),
        history: history::of_lines(session, &ids).await?,
        held_until: held_until.and_then(date_from_day).map(|day| day.to_string()),
    })
}
