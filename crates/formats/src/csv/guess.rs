//! A mapping guessed from the file itself, with a preview and the reasons, for a person to confirm.

use super::{
    mapping::{Column, Columns, Constants, Kind, Mapping},
    rows::{Table, figures},
    table::{Row, Text},
    values::{parse_amount, parse_date},
    words::{Role, currency_in, home_currency, role_of},
};
use attest_domain::{Amount, Currency, Date, finding::Refusal};
use serde::Serialize;
use std::collections::BTreeMap;

/// Rows looked at for separators and date patterns.
const SAMPLE_ROWS: usize = 200;
/// Rows of the preview.
const PREVIEW_ROWS: usize = 20;
/// Rows above the header that are looked past.
const PREAMBLE_ROWS_MAX: usize = 20;

/// What was guessed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Guess {
    /// The mapping, ready to be used or corrected.
    pub mapping: Mapping,
    /// The header's cells.
    pub header: Vec<String>,
    /// The first rows, read with the mapping.
    pub preview: Vec<PreviewRow>,
    /// Why the mapping is what it is, one sentence each.
    pub reasons: Vec<String>,
}

/// One row of a preview.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PreviewRow {
    /// Line in the file, from 1.
    pub line: u64,
    /// The cells as they are.
    pub cells: Vec<String>,
    /// Booking day as read.
    pub booked: Option<Date>,
    /// Value day as read.
    pub valued: Option<Date>,
    /// Signed amount as read.
    pub amount: Option<Amount>,
    /// Currency as read.
    pub currency: Option<Currency>,
    /// Text as read.
    pub text: Option<String>,
    /// Balance as read.
    pub balance: Option<Amount>,
    /// Why the row would be left out.
    pub problem: Option<String>,
}

/// Guesses how to read a CSV file that has a header in a Nordic language or English.
///
/// # Errors
/// [`Refusal`] `csv.not_understood` when no header names a date and an amount, or no row below it has both;
/// the limits of [`super::read`] apply.
pub fn guess(bytes: &[u8]) -> Result<Guess, Refusal> {
    let text = Text::decode(bytes, None)?;
    let found = header_of(&text)?;
    let mut reasons =
        vec![format!("Line {} looks like a header with cells parted by {:?}.", found.line, found.delimiter)];
    let mut mapping = Mapping {
        delimiter: found.delimiter,
        encoding: Some(text.encoding.to_ascii_lowercase()),
        skip_rows: found.above,
        ..Mapping::default()
    };
    columns_of(&found, &mut mapping, &mut reasons);
    let samples = samples(&text, &found)?;
    separators(&found, &samples, &mut mapping, &mut reasons);
    date_pattern(&found, &samples, &mut mapping, &mut reasons)?;
    currency(&found, &mut mapping, &mut reasons);
    if mapping.kind == Kind::Ledger && mapping.columns.account.is_none() {
        mapping.kind = Kind::Bank;
    }
    own_account(&found, &samples, &mut mapping, &mut reasons);
    let preview = preview(&text, &mapping)?;
    if preview.iter().all(|row| row.problem.is_some()) {
        return Err(not_understood("none of the first rows has both a date and an amount"));
    }
    Ok(Guess { mapping, header: found.header, preview, reasons })
}

/// True when a header names a date and an amount, whatever stands below it.
pub(super) fn has_header(bytes: &[u8]) -> bool {
    Text::decode(bytes, None).and_then(|text| header_of(&text).map(|_| ())).is_ok()
}

fn not_understood(why: &str) -> Refusal {
    let text =
        format!("This table is not understood: {why}. Write a mapping for it (attest import --mapping).");
    Refusal::new("csv.not_understood", text)
}

/// The header that was found.
struct Found {
    delimiter: char,
    /// Rows above it.
    above: usize,
    line: u64,
    header: Vec<String>,
    roles: BTreeMap<Role, Vec<(usize, usize)>>,
}

impl Found {
    /// The column with the most telling name for a role.
    fn best(&self, role: Role) -> Option<usize> {
        self.roles.get(&role)?.iter().min_by_key(|(place, rank)| (*rank, *place)).map(|(place, _)| *place)
    }

    fn amounts(&self) -> Vec<usize> {
        [Role::Amount, Role::Debit, Role::Credit, Role::Balance]
            .into_iter()
            .filter_map(|role| self.best(role))
            .collect()
    }
}

/// Looks for the first row in which one delimiter gives a header that names a date and an amount.
fn header_of(text: &Text<'_>) -> Result<Found, Refusal> {
    for delimiter in [';', '\t', ',', '|'] {
        let mut rows = text.rows(delimiter);
        for above in 0..=PREAMBLE_ROWS_MAX {
            let Some(row) = rows.next()? else { break };
            let mut roles: BTreeMap<Role, Vec<(usize, usize)>> = BTreeMap::new();
            for (place, cell) in row.cells.iter().enumerate() {
                if let Some((role, rank)) = role_of(cell) {
                    roles.entry(role).or_default().push((place, rank));
                }
            }
            let dated = roles.contains_key(&Role::Booked) || roles.contains_key(&Role::Valued);
            let sided = roles.contains_key(&Role::Debit) && roles.contains_key(&Role::Credit);
            if row.cells.len() >= 2 && dated && (sided || roles.contains_key(&Role::Amount)) {
                let header = row.cells.iter().map(|cell| cell.trim().to_owned()).collect();
                return Ok(Found { delimiter, above, line: row.line, header, roles });
            }
        }
    }
    Err(not_understood("no row names a date and an amount"))
}

fn columns_of(found: &Found, mapping: &mut Mapping, reasons: &mut Vec<String>) {
    let column = |role| {
        let place: usize = found.best(role)?;
        let name = &found.header[place];
        // Two columns of one name are told apart by number.
        let twice =
            found.header.iter().filter(|other| other.to_lowercase() == name.to_lowercase()).count() > 1;
        Some(if twice { Column::Number(place + 1) } else { Column::Name(name.clone()) })
    };
    let ledger = found.roles.contains_key(&Role::Voucher) && found.roles.contains_key(&Role::Account);
    mapping.kind = if ledger { Kind::Ledger } else { Kind::Bank };
    if ledger {
        reasons.push("It has accounts and voucher numbers, so it is a ledger.".to_owned());
    }
    let amount = column(Role::Amount);
    let sided = amount.is_none();
    mapping.columns = Columns {
        booked: column(Role::Booked).or_else(|| column(Role::Valued)),
        valued: column(Role::Valued),
        debit: if sided { column(Role::Debit) } else { None },
        credit: if sided { column(Role::Credit) } else { None },
        amount,
        currency: column(Role::Currency),
        text: column(Role::Text).into_iter().collect(),
        reference: column(Role::Reference),
        counterparty: column(Role::Counterparty),
        counterparty_account: column(Role::CounterpartyAccount),
        balance: if ledger { None } else { column(Role::Balance) },
        id: column(Role::Id),
        account: if ledger { column(Role::Account) } else { None },
        voucher: if ledger { column(Role::Voucher) } else { None },
    };
}

/// The first rows below the header.
fn samples<'a>(text: &'a Text<'a>, found: &Found) -> Result<Vec<Row<'a>>, Refusal> {
    let mut rows = text.rows(found.delimiter);
    for _ in 0..=found.above {
        rows.next()?;
    }
    let mut samples = Vec::new();
    while let Some(row) = rows.next()?
        && samples.len() < SAMPLE_ROWS
    {
        if !row.is_blank() {
            samples.push(row);
        }
    }
    Ok(samples)
}

/// Tries the pairs of decimal and thousands separators in use and keeps the one that reads most amounts.
fn separators(found: &Found, samples: &[Row<'_>], mapping: &mut Mapping, reasons: &mut Vec<String>) {
    let places = found.amounts();
    let texts: Vec<&str> =
        samples.iter().flat_map(|row| places.iter().filter_map(|place| row.cell(Some(*place)))).collect();
    let read = |decimal, thousands| {
        texts.iter().filter(|text| parse_amount(text, decimal, thousands).is_some()).count()
    };
    let pairs =
        [(',', None), ('.', None), (',', Some(' ')), ('.', Some(' ')), (',', Some('.')), ('.', Some(','))];
    // The first of the best wins, so the plain spelling is kept where it is enough.
    let mut best = (0, pairs[0]);
    for (decimal, thousands) in pairs {
        let count = read(decimal, thousands);
        if count > best.0 {
            best = (count, (decimal, thousands));
        }
    }
    (mapping.decimal, mapping.thousands) = best.1;
    // Larger amounts may come further down; blanks between groups of three are never misread.
    mapping.thousands = mapping.thousands.or(Some(' '));
    let thousands = match mapping.thousands {
        Some(separator) if separator != ' ' => format!("{separator:?}"),
        _ => "blanks or nothing".to_owned(),
    };
    reasons.push(format!(
        "{} of {} amounts read with decimals behind {:?} and {thousands} between thousands.",
        best.0,
        texts.len(),
        mapping.decimal
    ));
}

/// Tries date patterns and keeps the first that reads most days.
fn date_pattern(
    found: &Found,
    samples: &[Row<'_>],
    mapping: &mut Mapping,
    reasons: &mut Vec<String>,
) -> Result<(), Refusal> {
    const PATTERNS: &[&str] = &[
        "YYYY-MM-DD",
        "YYYYMMDD",
        "DD.MM.YYYY",
        "D.M.YYYY",
        "DD-MM-YYYY",
        "DD/MM/YYYY",
        "MM/DD/YYYY",
        "YYYY/MM/DD",
        "YYYY.MM.DD",
        "DD.MM.YY",
        "YY-MM-DD",
        "YYMMDD",
    ];
    let place = found.best(Role::Booked).or_else(|| found.best(Role::Valued));
    let texts: Vec<&str> = samples.iter().filter_map(|row| row.cell(place)).collect();
    let read = |pattern: &str| texts.iter().filter(|text| parse_date(text, pattern).is_some()).count();
    let mut best = (0, "");
    for pattern in PATTERNS {
        let count = read(pattern);
        if count > best.0 {
            best = (count, pattern);
        }
    }
    if best.0 == 0 {
        return Err(not_understood("its dates follow no known pattern"));
    }
    mapping.date_format = best.1.to_owned();
    reasons.push(format!("{} of {} dates read as {}.", best.0, texts.len(), best.1));
    let other = match best.1 {
        "DD/MM/YYYY" => "MM/DD/YYYY",
        _ => return Ok(()),
    };
    if read(other) == best.0 {
        reasons.push(format!("The dates would read as {other} too; check the preview."));
    }
    Ok(())
}

/// Takes the currency from a header cell, else from the language, where no column has it.
fn currency(found: &Found, mapping: &mut Mapping, reasons: &mut Vec<String>) {
    if mapping.columns.currency.is_some() {
        return;
    }
    let named = found.amounts().into_iter().find_map(|place| currency_in(&found.header[place]));
    let code = match (named, home_currency(&found.header)) {
        (Some(code), _) => {
            reasons.push(format!("The header names the currency {code}."));
            Some(code)
        }
        (None, Some(code)) => {
            reasons.push(format!(
                "No column tells the currency; by its language the file is taken to be in {code}."
            ));
            Some(code)
        }
        (None, None) => {
            reasons.push("Nothing tells the currency; SEK is assumed.".to_owned());
            Some("SEK")
        }
    };
    mapping.constants = Constants { currency: code.and_then(Currency::parse), ..Constants::default() };
}

/// A bank's export that names its own account in every row tells the account.
fn own_account(found: &Found, samples: &[Row<'_>], mapping: &mut Mapping, reasons: &mut Vec<String>) {
    if mapping.kind != Kind::Bank {
        return;
    }
    let Some(place) = found.best(Role::Account) else { return };
    let mut accounts = samples.iter().filter_map(|row| row.cell(Some(place)));
    if let Some(first) = accounts.next()
        && accounts.all(|account| account == first)
    {
        reasons.push(format!("The account is {first} in every row."));
        mapping.constants.account = Some(first.to_owned());
    }
}

fn preview(text: &Text<'_>, mapping: &Mapping) -> Result<Vec<PreviewRow>, Refusal> {
    let mut table = Table::open(text, mapping)?;
    let mut preview = Vec::new();
    while preview.len() < PREVIEW_ROWS
        && let Some(row) = table.next()?
    {
        let read = figures(&row, &table.places, mapping);
        let known = read.as_ref().ok();
        preview.push(PreviewRow {
            line: row.line,
            cells: row.cells.iter().map(ToString::to_string).collect(),
            booked: known.map(|figures| figures.booked),
            valued: known.and_then(|figures| figures.valued),
            amount: known.map(|figures| figures.amount),
            currency: known.and_then(|figures| figures.currency),
            text: known.and_then(|figures| figures.text.clone()),
            balance: known.and_then(|figures| figures.balance),
            problem: read.err().map(|finding| finding.message),
        });
    }
    Ok(preview)
}
