//! A mapping guessed from the file itself, with a preview and the reasons, for a person to confirm.

use super::{
    content,
    mapping::{Column, Columns, Constants, Kind, Mapping},
    preview::{PreviewRow, preview},
    table::{Row, Text},
    values::{parse_amount, parse_date},
    words::{Role, currency_in, home_currency, role_of},
};
use crate::check_digits::is_iban;
use attest_domain::{Currency, finding::Refusal};
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
    /// Another date pattern that reads as many dates, so that only a person can tell which is meant.
    pub doubt: Option<String>,
}

/// Guesses how to read a CSV file that has a header in a Nordic language or English.
///
/// # Errors
/// [`Refusal`] `csv.not_understood` when no header names a date and an amount, or no row below it has both;
/// the limits of [`super::read`] apply.
pub fn guess(bytes: &[u8]) -> Result<Guess, Refusal> {
    let text = Text::decode(bytes, None)?;
    let guess = derive(bytes, &text, header_of(&text)?)?;
    if guess.preview.iter().all(|row| row.problem.is_some()) {
        return Err(not_understood("none of the first rows has both a date and an amount"));
    }
    Ok(guess)
}

/// Guesses as [`guess`] does and, where no header tells, by what the columns hold; for a person to correct.
///
/// # Errors
/// [`Refusal`] `csv.not_understood` when the file is no table with dates and amounts; the limits of
/// [`super::read`] apply.
pub fn sketch(bytes: &[u8]) -> Result<Guess, Refusal> {
    let mut guess = match guess(bytes) {
        Ok(guess) => guess,
        Err(refusal) if refusal.code == "csv.not_understood" => {
            let text = Text::decode(bytes, None)?;
            let found = content::found(&text)?.ok_or(refusal)?;
            derive(bytes, &text, found)?
        }
        Err(refusal) => return Err(refusal),
    };
    // Next month's file may be the first with an å, and is then in the encoding it says itself.
    guess.mapping.encoding = None;
    let told =
        guess.header.iter().any(|cell| currency_in(cell).is_some()) || home_currency(&guess.header).is_some();
    if !told {
        // Whoever confirms it can tell; nothing need be assumed.
        guess.mapping.constants.currency = None;
    }
    Ok(guess)
}

/// The mapping that follows from where the header and the telling columns are.
fn derive(bytes: &[u8], text: &Text<'_>, found: Found) -> Result<Guess, Refusal> {
    let mut reasons = Vec::new();
    if found.headed {
        let text =
            format!("Line {} looks like a header with cells parted by {:?}.", found.line, found.delimiter);
        reasons.push(text);
    }
    let mut mapping = Mapping {
        delimiter: found.delimiter,
        encoding: Some(text.encoding.to_ascii_lowercase()),
        skip_rows: found.above,
        header: found.headed,
        ..Mapping::default()
    };
    columns_of(&found, &mut mapping, &mut reasons);
    let samples = samples(text, &found)?;
    separators(&found, &samples, &mut mapping, &mut reasons);
    let doubt = date_pattern(&found, &samples, &mut mapping, &mut reasons)?;
    currency(&found, &mut mapping, &mut reasons);
    if mapping.kind == Kind::Ledger && mapping.columns.account.is_none() {
        mapping.kind = Kind::Bank;
    }
    own_account(text, &found, &mut mapping, &mut reasons)?;
    let preview = preview(bytes, &mapping, PREVIEW_ROWS)?.rows;
    Ok(Guess { mapping, header: found.header, preview, reasons, doubt })
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
pub(super) struct Found {
    pub(super) delimiter: char,
    /// Rows above it, or above the data where there is none.
    pub(super) above: usize,
    pub(super) line: u64,
    /// Whether there is one; the columns go by number otherwise.
    pub(super) headed: bool,
    pub(super) header: Vec<String>,
    /// Columns that may have a role, with how telling their names are.
    pub(super) roles: BTreeMap<Role, Vec<(usize, usize)>>,
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
            let roles = roles_of(&row);
            let dated = roles.contains_key(&Role::Booked) || roles.contains_key(&Role::Valued);
            let sided = roles.contains_key(&Role::Debit) && roles.contains_key(&Role::Credit);
            if row.cells.len() >= 2 && dated && (sided || roles.contains_key(&Role::Amount)) {
                let header = row.cells.iter().map(|cell| cell.trim().to_owned()).collect();
                return Ok(Found { delimiter, above, line: row.line, headed: true, header, roles });
            }
        }
    }
    Err(not_understood("no row names a date and an amount"))
}

/// The roles that the cells of a row name.
pub(super) fn roles_of(row: &Row<'_>) -> BTreeMap<Role, Vec<(usize, usize)>> {
    let mut roles: BTreeMap<Role, Vec<(usize, usize)>> = BTreeMap::new();
    for (place, cell) in row.cells.iter().enumerate() {
        if let Some((role, rank)) = role_of(cell) {
            roles.entry(role).or_default().push((place, rank));
        }
    }
    roles
}

fn columns_of(found: &Found, mapping: &mut Mapping, reasons: &mut Vec<String>) {
    let column = |role| {
        let place: usize = found.best(role)?;
        Some(Column::of(place, if found.headed { &found.header } else { &[] }))
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
    for _ in 0..found.above + usize::from(found.headed) {
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

/// Date patterns in use, the likelier ones first.
pub(super) const DATE_PATTERNS: &[&str] = &[
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
    "D/M/YYYY",
    "M/D/YYYY",
];

/// Tries date patterns and keeps the first that reads most days; tells of one that would read as many.
fn date_pattern(
    found: &Found,
    samples: &[Row<'_>],
    mapping: &mut Mapping,
    reasons: &mut Vec<String>,
) -> Result<Option<String>, Refusal> {
    let place = found.best(Role::Booked).or_else(|| found.best(Role::Valued));
    let texts: Vec<&str> = samples.iter().filter_map(|row| row.cell(place)).collect();
    let read = |pattern: &str| texts.iter().filter(|text| parse_date(text, pattern).is_some()).count();
    let mut best = (0, "");
    for pattern in DATE_PATTERNS {
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
        "D/M/YYYY" => "M/D/YYYY",
        _ => return Ok(None),
    };
    if read(other) < best.0 {
        return Ok(None);
    }
    reasons.push(format!("The dates would read as {other} too; check the preview."));
    Ok(Some(other.to_owned()))
}

/// Takes the currency from a header cell, else from the language, where no column has it.
fn currency(found: &Found, mapping: &mut Mapping, reasons: &mut Vec<String>) {
    if mapping.columns.currency.is_some() {
        return;
    }
    let named = found
        .amounts()
        .into_iter()
        .find_map(|place| currency_in(found.header.get(place).map_or("", String::as_str)));
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

/// A bank's export tells its own account in every row, or as the one IBAN above the header.
fn own_account(
    text: &Text<'_>,
    found: &Found,
    mapping: &mut Mapping,
    reasons: &mut Vec<String>,
) -> Result<(), Refusal> {
    if mapping.kind != Kind::Bank {
        return Ok(());
    }
    let place = found.best(Role::Account);
    let mut above: Vec<String> = Vec::new();
    let mut account: Option<String> = None;
    let mut rows = text.rows(found.delimiter);
    let mut number = 0;
    // All rows, not a sample: a second account may come far down.
    while let Some(row) = rows.next()? {
        number += 1;
        if number <= found.above {
            above.extend(row.cells.iter().flat_map(|cell| ibans_in(cell)));
        } else if place.is_none() {
            break;
        } else if number > found.above + usize::from(found.headed)
            && let Some(cell) = row.cell(place)
        {
            if account.as_deref().is_some_and(|account| account != cell) {
                return Ok(());
            }
            account.get_or_insert_with(|| cell.to_owned());
        }
    }
    above.dedup();
    match (account, above.as_slice()) {
        (Some(account), _) => {
            reasons.push(format!("The account is {account} in every row."));
            mapping.constants.account = Some(account);
        }
        (None, [iban]) => {
            reasons.push(format!("Above the header stands the account {iban}."));
            mapping.constants.account = Some(iban.clone());
        }
        _ => {}
    }
    Ok(())
}

/// IBANs in a cell above the header, which may stand behind a word and be parted by blanks.
fn ibans_in(cell: &str) -> Option<String> {
    let tail = cell.rsplit(':').next().unwrap_or(cell).replace(' ', "");
    is_iban(&tail).then_some(tail)
}
