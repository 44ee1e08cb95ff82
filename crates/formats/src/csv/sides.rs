//! The two files of `attest match --left a.csv --right b.csv`: lines with id, date and amount.

use super::{
    rows::unreadable,
    table::{Row, Text},
    values::{parse_amount, parse_date},
};
use attest_domain::{
    Currency, Finding, Severity,
    finding::Refusal,
    reconciliation::{Line, LineReference},
    said,
};
use std::collections::HashSet;

/// Reads a file with a header `id,date,amount` and optional `currency,text,reference,counterparty`.
///
/// Cells are parted by comma, semicolon or tab, whichever makes the header read; columns may stand in any order
/// and others are ignored. Dates are `YYYY-MM-DD`; amounts have a decimal point, or a comma where that is not
/// the delimiter. Rows that cannot be read, and ids that come twice, are error findings.
///
/// # Errors
/// [`Refusal`] `csv.column_missing` when `id`, `date` or `amount` is not in the header; limits as in
/// [`super::read`].
pub fn read_lines(bytes: &[u8]) -> Result<(Vec<Line>, Vec<Finding>), Refusal> {
    let text = Text::decode(bytes, None)?;
    let first = text.text.lines().next().unwrap_or_default();
    let delimiter =
        [',', ';', '\t'].into_iter().find(|delimiter| first.split(*delimiter).count() >= 3).unwrap_or(',');
    let mut rows = text.rows(delimiter);
    let header: Vec<String> = match rows.next()? {
        Some(row) => row.cells.iter().map(|cell| cell.trim().to_lowercase()).collect(),
        None => Vec::new(),
    };
    let place = |name: &str| header.iter().position(|cell| cell == name);
    let needed = |name: &str| {
        place(name).ok_or_else(|| {
            let text = said!(
                "The header lacks the column {column}. It needs id, date and amount; it has: {columns}.",
                column = name,
                columns = header.join(", "),
            );
            Refusal::new("csv.column_missing", text).at(1, "header")
        })
    };
    let columns = LineColumns {
        id: needed("id")?,
        date: needed("date")?,
        amount: needed("amount")?,
        currency: place("currency"),
        text: place("text"),
        reference: place("reference"),
        counterparty: place("counterparty"),
    };
    let (mut lines, mut findings, mut ids) = (Vec::new(), Vec::new(), HashSet::new());
    while let Some(row) = rows.next()? {
        if row.is_blank() {
            continue;
        }
        match columns.line(&row, delimiter) {
            Ok(line) if ids.insert(line.id.clone()) => lines.push(line),
            Ok(line) => findings.push(unreadable(&row, &format!("the id {} came before", line.id))),
            Err(why) => findings.push(unreadable(&row, &why)),
        }
    }
    if lines.is_empty() && findings.is_empty() {
        findings.push(Finding::new(
            "document.no_content",
            Severity::Warning,
            "The file has a header and no rows.",
        ));
    }
    Ok((lines, findings))
}

struct LineColumns {
    id: usize,
    date: usize,
    amount: usize,
    currency: Option<usize>,
    text: Option<usize>,
    reference: Option<usize>,
    counterparty: Option<usize>,
}

impl LineColumns {
    fn line(&self, row: &Row<'_>, delimiter: char) -> Result<Line, String> {
        let needed = |place, name: &str| row.cell(Some(place)).ok_or_else(|| format!("it has no {name}"));
        let (date, amount) = (needed(self.date, "date")?, needed(self.amount, "amount")?);
        let read = parse_amount(amount, '.', None)
            .or_else(|| if delimiter == ',' { None } else { parse_amount(amount, ',', Some(' ')) })
            .ok_or_else(|| format!("\"{amount}\" is no amount"))?;
        let currency = match row.cell(self.currency) {
            Some(code) => Some(Currency::parse(code).ok_or_else(|| format!("\"{code}\" is no currency"))?),
            None => None,
        };
        let reference = row.cell(self.reference);
        Ok(Line {
            id: needed(self.id, "id")?.to_owned(),
            date: Some(
                parse_date(date, "YYYY-MM-DD").ok_or_else(|| format!("\"{date}\" is no day YYYY-MM-DD"))?,
            ),
            amount: read,
            currency,
            references: reference
                .map(|value| LineReference { kind: "structured".to_owned(), value: value.to_owned() })
                .into_iter()
                .collect(),
            counterparty: row.cell(self.counterparty).map(ToOwned::to_owned),
            counterparty_account: None,
            text: row.cell(self.text).unwrap_or_default().to_owned(),
            group: None,
            parts: Vec::new(),
        })
    }
}
