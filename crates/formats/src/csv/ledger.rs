//! Rows of a ledger export: vouchers and their lines.

use super::{
    mapping::Mapping,
    rows::{Figures, Table, figures, unreadable},
    table::Row,
};
use crate::{
    Item,
    lines::{Ids, Output, Stop},
};
use attest_domain::{
    Currency,
    finding::Refusal,
    ledger::{LedgerBook, LedgerLine, LedgerLineStatus, Voucher},
    said,
};

/// Most lines of one voucher, which are held together until it ends.
const VOUCHER_LINES_MAX: usize = 250_000;

/// A voucher whose rows are being gathered.
struct Gathered {
    key: Option<String>,
    voucher: Voucher,
    lines: Vec<LedgerLine>,
}

/// Reads all rows as ledger lines. Neighbouring rows of one voucher number are one voucher; without a voucher
/// column every row is its own.
pub(super) fn read(
    table: &mut Table<'_>,
    mapping: &Mapping,
    ids: &Ids,
    output: &mut Output<'_, '_>,
) -> Result<(), Stop> {
    output.item(Item::Book(Box::new(LedgerBook {
        kind: "CSV".to_owned(),
        company: mapping.constants.name.clone(),
        currency: mapping.constants.currency,
        ..LedgerBook::default()
    })))?;
    let mut open: Option<Gathered> = None;
    let (mut number, mut vouchers) = (0_u64, 0_u32);
    while let Some(row) = table.next()? {
        number += 1;
        let figures = match figures(&row, &table.places, mapping) {
            Ok(figures) => figures,
            Err(problem) => {
                output.finding(problem.finding(&row))?;
                continue;
            }
        };
        let account = row.cell(table.places.account).or(mapping.constants.account.as_deref());
        let (Some(account), Some(currency)) = (account, figures.currency) else {
            output.finding(unreadable(&row, "nothing tells its account or its currency"))?;
            continue;
        };
        let key = row.cell(table.places.voucher).map(ToOwned::to_owned);
        let goes_on = open.as_ref().is_some_and(|open| key.is_some() && open.key == key);
        if !goes_on {
            give(open.take(), output)?;
            open = Some(Gathered {
                voucher: voucher(&row, &figures, key.as_deref(), vouchers),
                key,
                lines: Vec::new(),
            });
            vouchers += 1;
        }
        if let Some(open) = &mut open {
            if open.lines.len() >= VOUCHER_LINES_MAX {
                let text = said!(
                    "This voucher has more than {most} lines: the voucher column is the wrong one.",
                    most = VOUCHER_LINES_MAX,
                );
                return Err(Refusal::new("document.item_too_large", text).at(row.line, "row").into());
            }
            open.voucher.span.end = row.span.end;
            let ordinal = u32::try_from(open.lines.len()).unwrap_or(u32::MAX);
            let id = ids.ledger_line(&format!("row[{number}]"));
            open.lines.push(line(&row, figures, account, currency, open.voucher.ordinal, ordinal, id));
        }
    }
    give(open, output)?;
    if vouchers == 0 {
        return Err(
            Refusal::new("csv.no_rows", "No row of this file could be read with this mapping.").into()
        );
    }
    Ok(())
}

fn voucher(row: &Row<'_>, figures: &Figures, key: Option<&str>, ordinal: u32) -> Voucher {
    let (series, number) = split_voucher(key.unwrap_or_default());
    Voucher {
        ordinal,
        series,
        number,
        date: Some(figures.booked),
        text: figures.text.clone(),
        registered: None,
        span: row.span,
    }
}

fn line(
    row: &Row<'_>,
    figures: Figures,
    account: &str,
    currency: Currency,
    voucher: u32,
    ordinal: u32,
    id: attest_domain::LedgerLineId,
) -> LedgerLine {
    LedgerLine {
        id,
        voucher,
        ordinal,
        account: account.to_owned(),
        amount: figures.amount,
        currency,
        date: Some(figures.booked),
        text: figures.text,
        quantity: None,
        objects: Vec::new(),
        status: LedgerLineStatus::Normal,
        span: row.span,
    }
}

fn give(gathered: Option<Gathered>, output: &mut Output<'_, '_>) -> Result<(), Stop> {
    let Some(gathered) = gathered else { return Ok(()) };
    output.item(Item::Voucher(Box::new(gathered.voucher)))?;
    gathered.lines.into_iter().try_for_each(|line| output.item(Item::LedgerLine(Box::new(line))))
}

/// `A 12`, `A12` and `A-12` are number 12 of series A; anything else is a number without a series.
fn split_voucher(key: &str) -> (String, String) {
    let digits = key.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (series, number) = key.split_at(key.len() - digits);
    let series = series.trim_end_matches([' ', '-', '/', ':']);
    if digits > 0 && series.chars().all(char::is_alphanumeric) {
        (series.to_owned(), number.to_owned())
    } else {
        (String::new(), key.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voucher_number_is_parted_from_its_series() {
        for (key, series, number) in [
            ("A 12", "A", "12"),
            ("A12", "A", "12"),
            ("LEV-7", "LEV", "7"),
            ("12", "", "12"),
            ("x y", "", "x y"),
            ("", "", ""),
        ] {
            assert_eq!(split_voucher(key), (series.to_owned(), number.to_owned()), "{key}");
        }
    }
}
