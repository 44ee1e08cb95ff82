//! The same money told twice is counted once: redelivered, corrected, provisional and doubled documents
//! (rules: formats fact sheet 1.7 and 1.8).
//!
//! Nothing is thrown away. What does not count stays as evidence and points at what counts instead.

use crate::error::DeskError;
use attest_cache::{
    bank::{EntryKey, StatementRow},
    day_from_date,
    import::DocumentSlot,
    ledger::VoucherKey,
    log::WriteTx,
};
use attest_domain::{Amount, Date, Finding, Severity, statement::EntryStatus};
use std::collections::{BTreeSet, HashMap};

/// What is decided about a new statement when it meets an older one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    /// The same figures again.
    Redelivered,
    /// The same statement with other figures: the first stays in force until a person has looked.
    Conflicting,
}

/// Marks everything in a new document that another already tells, and the other way round.
pub(crate) async fn apply(
    tx: &mut WriteTx,
    slot: DocumentSlot,
    findings: &mut Vec<Finding>,
    accounts: &BTreeSet<i64>,
    has_book: bool,
) -> Result<(), DeskError> {
    for account in accounts {
        let statements = tx.list_statements(Some(*account)).await?;
        let (new, old): (Vec<_>, Vec<_>) = statements.into_iter().partition(|statement| statement.document == slot.document);
        let mut standing = Vec::new();
        for statement in new {
            if let Some((verdict, other)) = meet(&statement, &old) {
                mark_repeated(tx, &statement, other, &verdict, findings).await?;
            } else {
                standing.push(statement);
            }
        }
        settle_precedence(tx, &standing, &old).await?;
        for statement in standing.iter().filter(|statement| statement.kind == "notification") {
            mark_doubles(tx, statement, findings).await?;
        }
        let chain: Vec<StatementRow> = tx.list_statements(Some(*account)).await?;
        check_chain(&chain, slot.document, findings);
    }
    if has_book {
        repeat_vouchers(tx, slot, findings).await?;
    }
    tx.repoint_groups().await?;
    Ok(())
}

/// Compares a new statement with the ones that count already.
fn meet<'s>(new: &StatementRow, old: &'s [StatementRow]) -> Option<(Verdict, &'s StatementRow)> {
    let counted = || old.iter().filter(|other| other.state == "current" && other.kind == new.kind);
    if let Some(same) = old.iter().find(|other| other.kind == new.kind && other.content == new.content) {
        return Some((Verdict::Redelivered, same));
    }
    if new.kind != "statement" {
        return None; // intraday reports repeat their ids with growing content
    }
    counted().find(|other| is_same_statement(new, other)).map(|other| (Verdict::Conflicting, other))
}

/// Same id, or same sequence number in the same year; and the same period, so that pages and banks that
/// reuse ids are not taken for corrections.
fn is_same_statement(new: &StatementRow, other: &StatementRow) -> bool {
    let same_period = new.from == other.from && new.to == other.to && new.opening == other.opening;
    let same_id = new.reference.is_some() && new.reference == other.reference;
    let same_sequence = new.sequence.is_some() && new.sequence == other.sequence;
    same_period && new.to.is_some() && (same_id || same_sequence)
}

async fn mark_repeated(
    tx: &mut WriteTx,
    statement: &StatementRow,
    other: &StatementRow,
    verdict: &Verdict,
    findings: &mut Vec<Finding>,
) -> Result<(), DeskError> {
    let reference = statement.reference.as_deref().unwrap_or("without an id");
    let (state, finding) = match verdict {
        Verdict::Redelivered => (
            "redelivered",
            Finding::new(
                "statement.redelivered",
                Severity::Info,
                format!(
                    "Statement {reference} has the same figures as in \"{}\". It is kept as evidence and counted once.",
                    other.document_name
                ),
            ),
        ),
        Verdict::Conflicting => (
            "conflicting",
            Finding::new(
                "statement.conflicting",
                Severity::Error,
                format!(
                    "Statement {reference} is already here from \"{}\" with other figures: {} entries with sum {} there, \
                     {} entries with sum {} here. The first one counts. Ask the bank which is right.",
                    other.document_name, other.entries, other.sum, statement.entries, statement.sum
                ),
            ),
        ),
    };
    findings.push(finding);
    tx.set_statement_state(statement.id, state, Some(other.id)).await?;
    let keys = tx.list_entry_keys(statement.id).await?;
    let known = tx.list_entry_keys(other.id).await?;
    for (entry, twin) in pair(&keys, &known) {
        tx.supersede_entry(entry, twin, state).await?;
    }
    Ok(())
}

/// Booked statements replace intraday reports of their days; notifications only detail what statements book.
async fn settle_precedence(tx: &mut WriteTx, new: &[StatementRow], old: &[StatementRow]) -> Result<(), DeskError> {
    let current = |kind: &'static str| {
        move |statement: &&StatementRow| statement.kind == kind && statement.state == "current"
    };
    let all = || new.iter().chain(old);
    for report in all().filter(current("report")) {
        let covering: Vec<_> = all().filter(current("statement")).filter(|statement| covers(statement, report)).collect();
        if let Some(first) = covering.first() {
            let mut known = Vec::new();
            for statement in &covering {
                known.extend(tx.list_entry_keys(statement.id).await?);
            }
            for (entry, twin) in pair(&tx.list_entry_keys(report.id).await?, &known) {
                tx.supersede_entry(entry, twin, "superseded").await?;
            }
            tx.set_statement_state(report.id, "superseded", Some(first.id)).await?;
        }
    }
    let booked = all().filter(current("statement")).next().is_some() || all().filter(current("report")).next().is_some();
    if booked {
        for notification in all().filter(current("notification")) {
            tx.set_statement_state(notification.id, "detail", None).await?;
        }
    }
    Ok(())
}

/// Whether the statement's period reaches over the whole of the report's.
fn covers(statement: &StatementRow, report: &StatementRow) -> bool {
    let start = |row: &StatementRow| row.from.or(row.to);
    match (start(statement), statement.to, start(report), report.to.or(report.from)) {
        (Some(from), Some(to), Some(report_from), Some(report_to)) => from <= report_from && report_to <= to,
        _ => false,
    }
}

/// Finds for each entry the one that tells the same, by the bank's reference, else by day, amount and reference.
/// Equal-looking entries pair off one by one.
fn pair(entries: &[EntryKey], known: &[EntryKey]) -> Vec<(i64, Option<i64>)> {
    let mut by_servicer: HashMap<(&str, Amount), Vec<i64>> = HashMap::new();
    let mut by_look: HashMap<(i64, Amount, Option<&str>), Vec<i64>> = HashMap::new();
    let mut taken = BTreeSet::new();
    for key in known.iter().rev().filter(|key| key.status == EntryStatus::Booked) {
        if let Some(servicer) = &key.servicer {
            by_servicer.entry((servicer, key.amount)).or_default().push(key.id);
        }
        by_look.entry((key.day, key.amount, key.reference.as_deref())).or_default().push(key.id);
    }
    let mut next = |candidates: Option<&mut Vec<i64>>| -> Option<i64> {
        let candidates = candidates?;
        while let Some(id) = candidates.pop() {
            if taken.insert(id) {
                return Some(id);
            }
        }
        None
    };
    entries
        .iter()
        .map(|key| {
            let named = key.servicer.as_deref().and_then(|servicer| next(by_servicer.get_mut(&(servicer, key.amount))));
            let twin =
                named.or_else(|| next(by_look.get_mut(&(key.day, key.amount, key.reference.as_deref()))));
            (key.id, twin)
        })
        .collect()
}

/// A deposit told by BgMax and by camt.054 is a suspected double: counted once, both kept.
async fn mark_doubles(tx: &mut WriteTx, statement: &StatementRow, findings: &mut Vec<Finding>) -> Result<(), DeskError> {
    for key in tx.list_entry_keys(statement.id).await? {
        if let Some((twin, document)) = tx.list_notification_twins(key.id).await?.into_iter().next() {
            tx.supersede_entry(key.id, Some(twin), "double").await?;
            findings.push(Finding::new(
                "entry.suspected_double",
                Severity::Warning,
                format!(
                    "The deposit of {} is also told by \"{document}\", on the same day with the same amount. \
                     It is counted once; both are kept.",
                    key.amount
                ),
            ));
        }
    }
    Ok(())
}

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
    let restarted = year(statement.to) != year(before.to) && statement.sequence.is_some_and(|number| number <= 1);
    match (before.sequence, statement.sequence) {
        (Some(last), Some(this)) if this > last + 1 && !restarted => Continuity::Gap,
        _ if balanced == Some(false) => Continuity::Break,
        _ => Continuity::Ok,
    }
}

fn year(day: Option<Date>) -> Option<i16> {
    day.map(Date::year)
}

/// Statements of an account that form a chain, in order, each with what precedes it.
pub(crate) fn chain(statements: &[StatementRow]) -> Vec<(Option<&StatementRow>, &StatementRow)> {
    let mut last: Option<&StatementRow> = None;
    statements
        .iter()
        .filter(|statement| statement.state == "current" && statement.kind == "statement")
        .map(|statement| (last.replace(statement), statement))
        .collect()
}

fn check_chain(statements: &[StatementRow], document: i64, findings: &mut Vec<Finding>) {
    for (before, statement) in chain(statements) {
        let touches = statement.document == document || before.is_some_and(|before| before.document == document);
        let Some(before) = before.filter(|_| touches) else { continue };
        let named = |row: &StatementRow| {
            row.reference.clone().or(row.sequence.map(|number| number.to_string())).unwrap_or_else(|| row.document_name.clone())
        };
        let (code, what) = match continuity(Some(before), statement) {
            Continuity::First | Continuity::Ok => continue,
            Continuity::Gap => ("statement.gap", "A statement is missing"),
            Continuity::Break => ("statement.break", "The balance does not go on"),
        };
        let amount = |amount: Option<Amount>| amount.map_or_else(|| "unknown".to_owned(), |amount| amount.to_string());
        findings.push(Finding::new(
            // The code is chosen from two constants above.
            code,
            Severity::Warning,
            format!(
                "{what} between {} (closing {}) and {} (opening {}). Ask the bank for the statement in between.",
                named(before),
                amount(before.closing),
                named(statement),
                amount(statement.opening)
            ),
        ));
    }
}

/// A later export of the same books tells the same vouchers again. Unchanged ones are counted once, where they
/// were first; a changed one counts in its new form, and matches follow its lines where account and amount stay.
async fn repeat_vouchers(tx: &mut WriteTx, slot: DocumentSlot, findings: &mut Vec<Finding>) -> Result<(), DeskError> {
    let mut repeated = 0_u64;
    for (new, old) in tx.list_repeated_vouchers(slot.document).await? {
        if same_lines(&new, &old) {
            repeated += 1;
            for (line, twin) in new.lines.iter().zip(&old.lines) {
                tx.supersede_line(line.0, Some(twin.0), "repeated").await?;
            }
            continue;
        }
        let mut free: Vec<_> = new.lines.iter().collect();
        for line in &old.lines {
            let twin = free.iter().position(|other| other.1 == line.1 && other.2 == line.2).map(|at| free.remove(at).0);
            tx.supersede_line(line.0, twin, "changed").await?;
        }
        findings.push(Finding::new(
            "voucher.changed",
            Severity::Warning,
            format!(
                "Voucher {} {} differs from the one imported before. The new one counts; matches whose lines are gone \
                 are open again.",
                new.series, new.number
            ),
        ));
    }
    if repeated > 0 {
        findings.push(Finding::new(
            "voucher.repeated",
            Severity::Info,
            format!("{repeated} vouchers are already here unchanged. They are counted once."),
        ));
    }
    Ok(())
}

fn same_lines(new: &VoucherKey, old: &VoucherKey) -> bool {
    new.day == old.day
        && new.lines.len() == old.lines.len()
        && new.lines.iter().zip(&old.lines).all(|(one, other)| (&one.1, one.2) == (&other.1, other.2))
}

/// First and last day of a month written `YYYY-MM`, as stored days.
pub(crate) fn month_days(month: &str) -> Result<(i64, i64), DeskError> {
    let wrong = || DeskError::Argument { what: "month (YYYY-MM)", value: month.to_owned() };
    let first: Date = format!("{month}-01").parse().map_err(|_| wrong())?;
    Ok((day_from_date(first), day_from_date(first.last_of_month())))
}
