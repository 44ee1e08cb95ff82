//! How the statements of an account follow one another: what is missing, what does not go on, what lies across.
//!
//! Remarks about it belong to a statement and are exchanged whenever a document changes what stands before or behind
//! it, so that a gap is gone with the import of what was missing.

use crate::error::DeskError;
use attest_cache::{bank::StatementRow, log::WriteTx};
use attest_domain::{Amount, Date, Finding, Severity, said};
use std::collections::BTreeSet;

/// What the order of statements tells about a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Continuity {
    First,
    Ok,
    Gap,
    Break,
}

impl Continuity {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Ok => "ok",
            Self::Gap => "gap",
            Self::Break => "break",
        }
    }
}

/// Compares a statement with the one before it: a skipped number is a gap, other figures are a break.
/// A sequence that starts again in a new year is no gap when the balance goes on.
pub(crate) fn continuity(before: Option<&StatementRow>, statement: &StatementRow) -> Continuity {
    let Some(before) = before else { return Continuity::First };
    let balanced = match (before.closing, statement.opening) {
        (Some(closing), Some(opening)) => Some(closing == opening),
        _ => None,
    };
    let restarted =
        year(statement.to) != year(before.to) && statement.sequence.is_some_and(|number| number <= 1);
    match (before.sequence, statement.sequence) {
        (Some(last), Some(this)) if this > last + 1 && !restarted => Continuity::Gap,
        _ if balanced == Some(false) => Continuity::Break,
        _ => Continuity::Ok,
    }
}

fn year(day: Option<Date>) -> Option<i16> {
    day.map(Date::year)
}

/// Statements of an account in order, each with what it is compared with: the one before it.
pub(crate) fn chain(statements: &[StatementRow]) -> Vec<(Option<&StatementRow>, &StatementRow)> {
    links(statements).into_iter().map(|link| (link.before, link.statement)).collect()
}

/// A statement and what it is compared with: the one before it, or one whose days it covers or lies within.
struct Link<'s> {
    before: Option<&'s StatementRow>,
    statement: &'s StatementRow,
    across: bool,
}

fn links(statements: &[StatementRow]) -> Vec<Link<'_>> {
    let mut links: Vec<Link<'_>> = Vec::new();
    let mut last: Option<&StatementRow> = None;
    let counted = statements.iter().filter(|row| row.state == "current" && row.kind == "statement");
    for statement in counted {
        let broken = continuity(last, statement);
        let across = last.filter(|last| {
            matches!(broken, Continuity::Gap | Continuity::Break) && contains(statement, last)
        });
        if let Some(inner) = across {
            links.push(Link { before: Some(inner), statement, across: true });
            continue;
        }
        if let (Some(outer), Continuity::Gap | Continuity::Break) = (last, broken)
            && contains(outer, statement)
        {
            // What came before the longer one is what this one goes on from.
            let at = links.iter().rposition(|link| link.statement.id == outer.id && !link.across);
            last = at.and_then(|at| links.remove(at).before);
            links.push(Link { before: Some(statement), statement: outer, across: true });
        }
        links.push(Link { before: last, statement, across: false });
        last = Some(statement);
    }
    links
}

/// Whether the days of one statement hold all those of another and more.
pub(crate) fn contains(outer: &StatementRow, inner: &StatementRow) -> bool {
    let days = |row: &StatementRow| Some((row.from.or(row.to)?, row.to?));
    match (days(outer), days(inner)) {
        (Some(outer), Some(inner)) => outer.0 <= inner.0 && inner.1 <= outer.1 && outer != inner,
        _ => false,
    }
}

/// Makes the remarks about a new document's place among the statements of an account anew, and answers them.
pub(crate) async fn compare(
    tx: &mut WriteTx,
    statements: &[StatementRow],
    document: i64,
) -> Result<Vec<Finding>, DeskError> {
    // Those that do not count have no place, and nothing to be said about it.
    let mut about: BTreeSet<i64> =
        statements.iter().filter(|row| row.state != "current").map(|row| row.id).collect();
    let mut found = Vec::new();
    for Link { before, statement, across } in links(statements) {
        let Some(before) = before else { continue };
        if statement.document != document && before.document != document {
            continue;
        }
        // Of two that cover the same days the one that came later is the odd one.
        let odd = if across && before.id > statement.id { before } else { statement };
        about.insert(odd.id);
        if let Some(finding) = remark(before, statement, across) {
            found.push((odd.document, odd.id, finding));
        }
    }
    let about: Vec<i64> = about.into_iter().collect();
    tx.replace_comparisons(&about, &found).await?;
    Ok(found.into_iter().map(|(_, _, finding)| finding).collect())
}

fn remark(before: &StatementRow, statement: &StatementRow, across: bool) -> Option<Finding> {
    if across {
        let said = said!(
            "Statement {after} covers days that statement {before} covers too, and they tell different figures. \
             Entries may be counted twice: compare the two and ask the bank which is right.",
            after = name(statement),
            before = name(before),
        );
        return Some(Finding::new("statement.overlap_differs", Severity::Error, said));
    }
    let (code, said) = match continuity(Some(before), statement) {
        Continuity::First | Continuity::Ok => return None,
        Continuity::Gap => (
            "statement.gap",
            said!(
                "A statement is missing between {before} (closing {closing}) and {after} (opening {opening}). \
                 Import it, or ask the bank for it.",
                after = name(statement),
                before = name(before),
                closing = amount(before.closing),
                opening = amount(statement.opening),
            ),
        ),
        Continuity::Break => (
            "statement.break",
            said!(
                "The balance does not go on between {before} (closing {closing}) and {after} (opening {opening}). \
                 Ask the bank for what lies in between.",
                after = name(statement),
                before = name(before),
                closing = amount(before.closing),
                opening = amount(statement.opening),
            ),
        ),
    };
    Some(Finding::new(code, Severity::Warning, said))
}

/// What a person calls a statement: its id, else its number, else its file.
pub(crate) fn name(row: &StatementRow) -> String {
    (row.reference.clone())
        .or(row.sequence.map(|number| number.to_string()))
        .unwrap_or_else(|| row.document_name.clone())
}

fn amount(amount: Option<Amount>) -> String {
    amount.map_or_else(|| "?".to_owned(), |amount| amount.to_string())
}
