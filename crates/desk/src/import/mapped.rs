//! A mapping between its two forms, the reader's and the window's, and what is still needed before it can be used.

use crate::{
    error::DeskError,
    view::{ColumnRole, RowProblemView, TableKind, TableMapping, TablePreview, TableQuestion, TableRowView},
};
use attest_domain::{Currency, finding::Refusal};
use attest_formats::{
    check_digits::{is_iban, looks_like_iban},
    csv::{self, Column, Columns, Constants, Kind, Mapping, PreviewRow},
};

/// Rows that are shown.
const ROWS_SHOWN: usize = 60;
/// Columns that are shown; a table of a bank has a dozen.
const COLUMNS_SHOWN: usize = 64;

/// The first rows of a file, read with the window's mapping or with a suggested one. What cannot be read is said in
/// the preview.
///
/// # Errors
/// [`DeskError::Argument`] for a separator that is no character.
pub(super) fn preview(
    bytes: &[u8],
    mapping: Option<&TableMapping>,
    suggested: &Mapping,
) -> Result<TablePreview, DeskError> {
    let (mapping, unknown_currency) = match mapping {
        Some(view) => (from_view(bytes, view)?, unknown_currency(view)),
        None => (suggested.clone(), false),
    };
    let read = match csv::preview(bytes, &mapping, ROWS_SHOWN) {
        Ok(read) => read,
        Err(refusal) => return Ok(unreadable(&mapping, refusal)),
    };
    let widest = read.rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
    let width = widest.max(read.header.len()).min(COLUMNS_SHOWN);
    let mut header = read.header.clone();
    header.resize(width, String::new());
    let need = need(&mapping, unknown_currency, read.read, read.refusal.as_ref());
    let (need, need_message) = need.map_or((None, None), |(code, message)| (Some(code), message));
    Ok(TablePreview {
        mapping: to_view(&mapping, &read.header, width),
        header,
        rows: read.rows.iter().map(row_view).collect(),
        read: read.read,
        unread: read.unread.iter().map(row_view).collect(),
        unread_count: read.unread_count,
        more: read.more,
        need,
        need_message,
        ..empty()
    })
}

/// The mapping as the reader takes it, when nothing is missing.
///
/// # Errors
/// [`DeskError::Argument`] naming what is missing.
pub(super) fn confirm(bytes: &[u8], view: &TableMapping) -> Result<Mapping, DeskError> {
    let mapping = from_view(bytes, view)?;
    let read = csv::preview(bytes, &mapping, 0)?;
    match need(&mapping, unknown_currency(view), read.read, read.refusal.as_ref()) {
        None => Ok(mapping),
        Some((need, _)) => Err(DeskError::Argument { what: "complete mapping", value: need }),
    }
}

fn unreadable(mapping: &Mapping, refusal: Refusal) -> TablePreview {
    TablePreview {
        mapping: to_view(mapping, &[], 0),
        need: Some(refusal.code.into_owned()),
        need_message: Some(refusal.message),
        ..empty()
    }
}

fn empty() -> TablePreview {
    TablePreview {
        table: 0,
        name: String::new(),
        question: TableQuestion::New,
        like: None,
        doubt: None,
        mapping: to_view(&Mapping::default(), &[], 0),
        header: Vec::new(),
        rows: Vec::new(),
        read: 0,
        unread: Vec::new(),
        unread_count: 0,
        more: false,
        need: None,
        need_message: None,
        accounts: Vec::new(),
    }
}

/// What must be told before the table can be imported, the first thing first.
fn need(
    mapping: &Mapping,
    unknown_currency: bool,
    read: u32,
    refusal: Option<&Refusal>,
) -> Option<(String, Option<String>)> {
    let columns = &mapping.columns;
    let bare = |code: &str| Some((code.to_owned(), None));
    if columns.booked.is_none() {
        return bare("booked");
    }
    if columns.amount.is_none() && columns.debit.is_none() && columns.credit.is_none() {
        return bare("amount");
    }
    let account = mapping.constants.account.as_deref();
    match (mapping.kind, account) {
        (Kind::Ledger, None) if columns.account.is_none() => return bare("ledgerAccount"),
        (Kind::Bank, None) => return bare("account"),
        (Kind::Bank, Some(account)) if looks_like_iban(account) && !is_iban(account) => {
            return bare("account.check_digit");
        }
        _ => {}
    }
    if unknown_currency {
        return bare("currency.unknown");
    }
    if columns.currency.is_none() && mapping.constants.currency.is_none() {
        return bare("currency");
    }
    match refusal {
        Some(refusal) => Some((refusal.code.to_string(), Some(refusal.message.clone()))),
        None if read == 0 => bare("rows"),
        None => None,
    }
}

fn unknown_currency(view: &TableMapping) -> bool {
    said(view.currency.as_deref()).is_some_and(|code| Currency::parse(&code.to_uppercase()).is_none())
}

/// A text that says something.
fn said(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn character(text: &str, what: &'static str) -> Result<char, DeskError> {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(DeskError::Argument { what, value: text.to_owned() }),
    }
}

/// The reader's form: columns by name where the header has the name once.
fn from_view(bytes: &[u8], view: &TableMapping) -> Result<Mapping, DeskError> {
    let mut mapping = Mapping {
        kind: match view.kind {
            TableKind::Bank => Kind::Bank,
            TableKind::Ledger => Kind::Ledger,
        },
        delimiter: character(&view.delimiter, "delimiter")?,
        encoding: view.encoding.clone(),
        skip_rows: usize::try_from(view.skip_rows).unwrap_or(usize::MAX),
        header: view.header,
        decimal: character(&view.decimal, "decimal separator")?,
        thousands: match view.thousands.as_deref() {
            Some(text) => Some(character(text, "thousands separator")?),
            None => None,
        },
        date_format: view.date_format.clone(),
        flip_sign: view.flip_sign,
        columns: Columns::default(),
        constants: Constants {
            account: said(view.account.as_deref()).map(ToOwned::to_owned),
            scheme: view.scheme.clone(),
            currency: said(view.currency.as_deref()).and_then(|code| Currency::parse(&code.to_uppercase())),
            name: view.name.clone(),
        },
    };
    // A file that cannot be opened so is told of by whoever reads it next.
    let header = csv::preview(bytes, &mapping, 0).map(|preview| preview.header).unwrap_or_default();
    mapping.columns = columns_from_view(view, &header);
    Ok(mapping)
}

fn columns_from_view(view: &TableMapping, header: &[String]) -> Columns {
    let ledger = view.kind == TableKind::Ledger;
    let places = |role: ColumnRole| {
        let of_role = move |(place, of): (usize, &Option<ColumnRole>)| (*of == Some(role)).then_some(place);
        view.columns.iter().enumerate().filter_map(of_role)
    };
    let one = |role| places(role).next().map(|place| Column::of(place, header));
    Columns {
        booked: one(ColumnRole::Booked),
        valued: one(ColumnRole::Valued),
        amount: one(ColumnRole::Amount),
        debit: one(ColumnRole::Debit),
        credit: one(ColumnRole::Credit),
        currency: one(ColumnRole::Currency),
        text: places(ColumnRole::Text).map(|place| Column::of(place, header)).collect(),
        reference: one(ColumnRole::Reference),
        counterparty: one(ColumnRole::Counterparty),
        counterparty_account: one(ColumnRole::CounterpartyAccount),
        balance: one(ColumnRole::Balance).filter(|_| !ledger),
        id: one(ColumnRole::Id),
        account: one(ColumnRole::Account).filter(|_| ledger),
        voucher: one(ColumnRole::Voucher).filter(|_| ledger),
    }
}

/// The window's form: what each column holds.
fn to_view(mapping: &Mapping, header: &[String], width: usize) -> TableMapping {
    let mut roles: Vec<Option<ColumnRole>> = vec![None; width];
    let columns = &mapping.columns;
    let single = [
        (ColumnRole::Booked, &columns.booked),
        (ColumnRole::Amount, &columns.amount),
        (ColumnRole::Debit, &columns.debit),
        (ColumnRole::Credit, &columns.credit),
        (ColumnRole::Valued, &columns.valued),
        (ColumnRole::Currency, &columns.currency),
        (ColumnRole::Reference, &columns.reference),
        (ColumnRole::Counterparty, &columns.counterparty),
        (ColumnRole::CounterpartyAccount, &columns.counterparty_account),
        (ColumnRole::Balance, &columns.balance),
        (ColumnRole::Id, &columns.id),
        (ColumnRole::Account, &columns.account),
        (ColumnRole::Voucher, &columns.voucher),
    ];
    let texts = columns.text.iter().map(|column| (ColumnRole::Text, column));
    let named = single.into_iter().filter_map(|(role, column)| Some((role, column.as_ref()?)));
    for (role, column) in named.chain(texts) {
        // A column that means two things is shown as the first, which is what the other follows from.
        if let Some(slot) = column.place(header).and_then(|place| roles.get_mut(place)) {
            slot.get_or_insert(role);
        }
    }
    TableMapping {
        kind: match mapping.kind {
            Kind::Bank => TableKind::Bank,
            Kind::Ledger => TableKind::Ledger,
        },
        delimiter: mapping.delimiter.to_string(),
        encoding: mapping.encoding.clone(),
        skip_rows: u32::try_from(mapping.skip_rows).unwrap_or(u32::MAX),
        header: mapping.header,
        decimal: mapping.decimal.to_string(),
        thousands: mapping.thousands.map(String::from),
        date_format: mapping.date_format.clone(),
        flip_sign: mapping.flip_sign,
        columns: roles,
        account: mapping.constants.account.clone(),
        scheme: mapping.constants.scheme.clone(),
        currency: mapping.constants.currency.map(|currency| currency.code().to_owned()),
        name: mapping.constants.name.clone(),
    }
}

fn row_view(row: &PreviewRow) -> TableRowView {
    let mut cells = row.cells.clone();
    cells.truncate(COLUMNS_SHOWN);
    TableRowView {
        line: row.line,
        cells,
        booked: row.booked.map(|day| day.to_string()),
        valued: row.valued.map(|day| day.to_string()),
        amount: row.amount.map(|amount| amount.to_string()),
        currency: row.currency.map(|currency| currency.code().to_owned()),
        text: row.text.clone(),
        balance: row.balance.map(|amount| amount.to_string()),
        account: row.account.clone(),
        problem: row
            .problem
            .as_ref()
            .map(|problem| RowProblemView { code: problem.code.to_owned(), value: problem.value.clone() }),
    }
}
