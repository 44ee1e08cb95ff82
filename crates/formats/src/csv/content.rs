//! Where no header tells: columns recognised by what they hold, as a first suggestion for a person.

use super::{
    guess::{DATE_PATTERNS, Found, roles_of},
    table::{Row, Text},
    values::{parse_amount, parse_date},
    words::Role,
};
use attest_domain::finding::Refusal;
use std::collections::BTreeMap;

/// Rows looked at.
const SAMPLE_ROWS: usize = 60;
/// Rows of the same width that make a table.
const TABLE_ROWS_MIN: usize = 2;

/// The table in a text whose header says nothing known; `None` where there is none with dates and amounts.
pub(super) fn found(text: &Text<'_>) -> Result<Option<Found>, Refusal> {
    let start = text.text.trim_start_matches('\u{feff}').trim_start();
    if start.starts_with(['<', '{', '[', '%', '#']) || start.contains('\0') {
        return Ok(None);
    }
    for delimiter in [';', '\t', ',', '|'] {
        if let Some(found) = with_delimiter(text, delimiter)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn with_delimiter(text: &Text<'_>, delimiter: char) -> Result<Option<Found>, Refusal> {
    let mut rows = text.rows(delimiter);
    let mut sample: Vec<Row<'_>> = Vec::new();
    while sample.len() < SAMPLE_ROWS
        && let Some(row) = rows.next()?
    {
        sample.push(row);
    }
    let Some(width) = common_width(&sample) else { return Ok(None) };
    let is_data = |row: &Row<'_>| row.cells.len() == width && row.cells.iter().any(|cell| is_date(cell));
    let Some(start) = sample.iter().position(is_data) else { return Ok(None) };
    // Spreadsheets pad what stands above the header to the width of the table, so that a row of names has several.
    let names = |row: &Row<'_>| row.cells.iter().filter(|cell| !cell.trim().is_empty()).count() >= 2;
    let header = sample[..start].iter().rposition(|row| row.cells.len() == width && names(row));
    let (headed, first) = (header.is_some(), header.unwrap_or(start));
    let data: Vec<&Row<'_>> = sample[first + usize::from(headed)..]
        .iter()
        .filter(|row| row.cells.len() == width && !row.is_blank())
        .collect();
    let mut roles = if headed { roles_of(&sample[first]) } else { BTreeMap::new() };
    suggest(&mut roles, &data, width);
    let dated = roles.contains_key(&Role::Booked) || roles.contains_key(&Role::Valued);
    let valued = [Role::Amount, Role::Debit, Role::Credit].iter().any(|role| roles.contains_key(role));
    if data.is_empty() || !dated || !valued {
        return Ok(None);
    }
    let header = &sample[first];
    let names = if headed { header.cells.as_slice() } else { &[] };
    Ok(Some(Found {
        delimiter,
        above: first,
        line: header.line,
        headed,
        header: names.iter().map(|cell| cell.trim().to_owned()).collect(),
        roles,
    }))
}

/// The number of cells most rows have, where at least two rows have two cells or more.
fn common_width(sample: &[Row<'_>]) -> Option<usize> {
    let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
    for row in sample.iter().filter(|row| row.cells.len() >= 2 && !row.is_blank()) {
        *widths.entry(row.cells.len()).or_default() += 1;
    }
    let (width, count) = widths.into_iter().max_by_key(|(_, count)| *count)?;
    (count >= TABLE_ROWS_MIN).then_some(width)
}

/// Adds date, amount and text where no name told them.
fn suggest(roles: &mut BTreeMap<Role, Vec<(usize, usize)>>, data: &[&Row<'_>], width: usize) {
    let taken = |roles: &BTreeMap<Role, Vec<(usize, usize)>>, place: usize| {
        roles.values().flatten().any(|(taken, _)| *taken == place)
    };
    let cells = |place: usize| data.iter().filter_map(move |row| row.cell(Some(place)));
    let mostly = |place: usize, is: fn(&str) -> bool| {
        let (yes, all) = cells(place).fold((0, 0), |(yes, all), cell| (yes + usize::from(is(cell)), all + 1));
        yes > 0 && yes * 2 > all
    };
    let dates: Vec<usize> = (0..width).filter(|place| mostly(*place, is_date)).collect();
    if !roles.contains_key(&Role::Booked) && !roles.contains_key(&Role::Valued) {
        let free = dates.iter().find(|place| !taken(roles, **place)).copied();
        roles.extend(free.map(|place| (Role::Booked, vec![(place, 0)])));
    }
    let sided = roles.contains_key(&Role::Debit) || roles.contains_key(&Role::Credit);
    if !sided && !roles.contains_key(&Role::Amount) {
        let amount = (0..width)
            .find(|place| !dates.contains(place) && !taken(roles, *place) && mostly(*place, is_amount));
        roles.extend(amount.map(|place| (Role::Amount, vec![(place, 0)])));
    }
    if !roles.contains_key(&Role::Text) {
        let letters = |place: usize| -> usize {
            cells(place).map(|cell| cell.chars().filter(|c| c.is_alphabetic()).count()).sum()
        };
        let text = (0..width).filter(|place| !taken(roles, *place)).max_by_key(|place| letters(*place));
        roles.extend(text.filter(|place| letters(*place) > 0).map(|place| (Role::Text, vec![(place, 0)])));
    }
}

fn is_date(cell: &str) -> bool {
    DATE_PATTERNS.iter().any(|pattern| parse_date(cell, pattern).is_some())
}

/// An amount that no number of a voucher or an account looks like: with decimals or a sign.
fn is_amount(cell: &str) -> bool {
    let read = |decimal, thousands| parse_amount(cell, decimal, Some(thousands)).is_some();
    let signed = cell.starts_with(['-', '+', '\u{2212}', '(']) || cell.ends_with('-');
    (cell.contains([',', '.']) || signed)
        && [(',', ' '), ('.', ' '), (',', '.'), ('.', ',')].into_iter().any(|(d, t)| read(d, t))
}
