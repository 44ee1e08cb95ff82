//! Whether a table can be imported without a question: what it is, and whether a person has said so before.
//!
//! A person's answer is the mapping stored with the document it was given for. A file with the same header is read
//! with the same mapping, but only where something proves that it is of the same account too, because two accounts
//! of one bank come in files that look alike: the file names its account, or its balances go on from those that are
//! known, or, without balances, its days do.

use crate::{Session, error::DeskError, view::TableQuestion, workspace::blocking};
use attest_cache::{bank::StatementRow, mappings::MappingRow};
use attest_domain::{Currency, Digest, Span, statement::Statement};
use attest_formats::{
    Family, Item, ReadContext,
    csv::{self, Guess, Kind, Mapping},
};
use std::{ops::ControlFlow, sync::Arc};

/// Mappings that are compared with a new table; nobody has more banks.
const MAPPINGS_MAX: u32 = 500;

/// What is known about how a table is to be read.
#[derive(Debug)]
pub(super) enum Judgement {
    /// As a person said before: the mapping and its TOML.
    Known(Box<Mapping>, String),
    /// A person must be asked, with this to begin with.
    Asked(Box<Question>),
}

/// What a person is asked about a table.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) why: TableQuestion,
    /// Document with the same header.
    pub(super) like: Option<String>,
    /// Mapping to begin with.
    pub(super) mapping: Mapping,
    /// Another date pattern that reads as well.
    pub(super) doubt: Option<String>,
}

/// Whether the new file is of the account that the mapping names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proof {
    Same,
    None,
    OtherBalance,
}

/// Judges a file; `None` where it is no table that can be read.
pub(super) async fn judge(
    session: &Session,
    bytes: &Arc<Vec<u8>>,
    digest: Digest,
) -> Result<Option<Judgement>, DeskError> {
    let looked_at = bytes.clone();
    let Some(guess) = blocking(move || table_in(&looked_at)).await? else { return Ok(None) };
    let mut like: Vec<(MappingRow, Mapping, Vec<u8>)> = Vec::new();
    for row in session.cache.list_mappings(MAPPINGS_MAX).await? {
        let Ok(mapping) = Mapping::parse(&row.mapping) else { continue };
        let Some(header) = csv::header_of(bytes, &mapping) else { continue };
        let (_, start) = session.cache.load_document_around(row.document, Span { start: 0, end: 1 }).await?;
        if csv::header_of(&start, &mapping) == Some(header) {
            like.push((row, mapping, start));
        }
    }
    let Some((newest, ..)) = like.first() else {
        return Ok(Some(asked(TableQuestion::New, None, guess.mapping, guess.doubt)));
    };
    let newest = newest.name.clone();
    let told = guess.mapping.constants.account.as_deref();
    let mut why = TableQuestion::Account;
    let mut same: Vec<&(MappingRow, Mapping, Vec<u8>)> = Vec::new();
    for known in &like {
        let (row, mapping, start) = known;
        let proof = match told {
            _ if mapping.kind == Kind::Ledger && mapping.columns.account.is_some() => Proof::Same,
            Some(told) if names(mapping, told) || told_by(start).as_deref() == Some(told) => Proof::Same,
            Some(_) => Proof::None,
            None if mapping.kind == Kind::Ledger => Proof::None,
            None => goes_on(session, bytes, digest, row, mapping).await?,
        };
        match proof {
            Proof::Same
                if same.iter().all(|(_, other, _)| other.constants.account != mapping.constants.account) =>
            {
                same.push(known);
            }
            Proof::OtherBalance if like.len() == 1 => why = TableQuestion::Balance,
            _ => {}
        }
    }
    if let [(row, mapping, _)] = same.as_slice() {
        return Ok(Some(Judgement::Known(Box::new(mapping.clone()), row.mapping.clone())));
    }
    let mut mapping = like[0].1.clone();
    if let Some(told) = told {
        mapping.constants.account = Some(told.to_owned());
        mapping.constants.scheme = None;
        mapping.constants.name = None;
    }
    Ok(Some(asked(why, Some(newest), mapping, None)))
}

fn asked(why: TableQuestion, like: Option<String>, mapping: Mapping, doubt: Option<String>) -> Judgement {
    Judgement::Asked(Box::new(Question { why, like, mapping, doubt }))
}

/// The table in a file that is of no other format.
fn table_in(bytes: &[u8]) -> Option<Guess> {
    match attest_formats::detect(bytes) {
        Ok(format) if format.family == Family::Csv => csv::sketch(bytes).ok(),
        Err(refusal) if refusal.code == "format.unknown" => csv::sketch(bytes).ok(),
        _ => None,
    }
}

/// The account that a file names by itself.
fn told_by(start: &[u8]) -> Option<String> {
    let whole = start.iter().rposition(|byte| *byte == b'\n').map_or(start, |end| &start[..=end]);
    csv::sketch(whole).ok()?.mapping.constants.account
}

fn names(mapping: &Mapping, told: &str) -> bool {
    let plain = |text: &str| text.replace(' ', "").to_uppercase();
    mapping.constants.account.as_deref().is_some_and(|account| plain(account) == plain(told))
}

/// Whether a file goes on from what is known of the account that a mapping names.
async fn goes_on(
    session: &Session,
    bytes: &Arc<Vec<u8>>,
    digest: Digest,
    row: &MappingRow,
    mapping: &Mapping,
) -> Result<Proof, DeskError> {
    let (read_from, with) = (bytes.clone(), mapping.clone());
    let Some(new) = blocking(move || statements_in(&read_from, digest, &with)).await? else {
        return Ok(Proof::None);
    };
    let currencies = session.cache.list_accounts().await?;
    let mut proofs = Vec::new();
    for account in session.cache.list_mapping_accounts(&row.mapping).await? {
        let currency =
            currencies.iter().find(|known| known.id == account).map(|known| known.currency.as_str());
        let same =
            |statement: &&Statement| statement.account.currency.as_ref().map(Currency::code) == currency;
        let old = session.cache.list_statements(Some(account)).await?;
        proofs.extend(new.iter().filter(same).map(|statement| continues(statement, &old)));
    }
    Ok(match proofs.as_slice() {
        [] => Proof::None,
        all if all.iter().all(|proof| *proof == Proof::Same) => Proof::Same,
        all if all.contains(&Proof::OtherBalance) => Proof::OtherBalance,
        _ => Proof::None,
    })
}

fn statements_in(bytes: &[u8], digest: Digest, mapping: &Mapping) -> Option<Vec<Statement>> {
    let mut statements = Vec::new();
    let mut sink = |item| {
        if let Item::Statement(statement) = item {
            statements.push(*statement);
        }
        ControlFlow::Continue(())
    };
    let context = ReadContext { digest, csv_mapping: Some(mapping) };
    attest_formats::read(bytes, &context, &mut sink).ok()?;
    Some(statements)
}

/// Whether a statement lies before, behind or over a known one as one account's would.
fn continues(new: &Statement, old: &[StatementRow]) -> Proof {
    let old = || old.iter().filter(|old| old.state == "current");
    if let (Some(opening), Some(closing)) = (new.opening, new.closing) {
        let meets = |old: &StatementRow| {
            old.closing == Some(opening) && old.to <= new.from
                || old.opening == Some(closing) && old.from >= new.to
                || old.opening == Some(opening) && old.from == new.from
                || old.closing == Some(closing) && old.to == new.to
        };
        if old().any(meets) {
            return Proof::Same;
        }
        if old().any(|old| old.closing.is_some()) {
            return Proof::OtherBalance;
        }
    }
    let apart = |old: &StatementRow| old.to < new.from || old.from > new.to;
    if old().next().is_some() && old().all(apart) { Proof::Same } else { Proof::None }
}
