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
        let statements = tx.list_statements_near(*account, slot.document).await?;
        let (new, old): (Vec<_>, Vec<_>) =
            statements.into_iter().partition(|statement| statement.document == slot.document);
        let mut standing = Vec::new();
        for statement in new {
            let met = match meet(&statement, &old) {
                None => retold(tx, &statement, &old).await?.map(|other| (Verdict::Redelivered, other)),
                met => met,
            };
            if let Some((verdict, other)) = met {
                mark_repeated(tx, &statement, other, &verdict, findings).await?;
            } else {
                standing.push(statement);
            }
        }
        settle_precedence(tx, *account, &standing, &old).await?;
        for statement in standing.iter().filter(|statement| statement.kind == "notification") {
            mark_doubles(tx, statement, findings).await?;
        }
        let chain: Vec<StatementRow> = tx.list_statements_near(*account, slot.document).await?;
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
    // Another format never has the same content; whether it tells the same is looked at entry by entry.
    let counted = || counted().filter(|other| is_same_format(new, other));
    counted().find(|other| is_same_statement(new, other)).map(|other| (Verdict::Conflicting, other))
}

/// Same id, or same sequence number from the same opening balance; and the same period and page, so that pages
/// and banks that reuse ids or numbers are not taken for corrections.
fn is_same_statement(new: &StatementRow, other: &StatementRow) -> bool {
    let same_period = new.to.is_some() && (new.from, new.to, new.page) == (other.from, other.to, other.page);
    let same_id = new.reference.is_some() && new.reference == other.reference;
    let same_sequence =
        new.sequence.is_some() && new.sequence == other.sequence && new.opening == other.opening;
    same_period && (same_id || same_sequence)
}

fn is_same_format(one: &StatementRow, other: &StatementRow) -> bool {
    let family = |row: &StatementRow| row.format.get(..4).unwrap_or_default().to_owned();
    family(one) == family(other)
}

/// The statement of another format (MT940 beside camt.053) that tells the same entries between the same balances.
async fn retold<'s>(
    tx: &mut WriteTx,
    new: &StatementRow,
    old: &'s [StatementRow],
) -> Result<Option<&'s StatementRow>, DeskError> {
    let figures = |row: &StatementRow| Some((row.to?, row.opening?, row.closing?, row.entries, row.sum));
    if new.kind != "statement" || figures(new).is_none() {
        return Ok(None);
    }
    let same = |other: &&StatementRow| {
        other.kind == new.kind
            && other.state == "current"
            && !is_same_format(new, other)
            && figures(other) == figures(new)
    };
    for other in old.iter().filter(same) {
        let mut both = [Vec::new(), Vec::new()];
        for (amounts, statement) in both.iter_mut().zip([new, other]) {
            *amounts = tx
                .list_entry_keys(statement.id)
                .await?
                .into_iter()
                .map(|key| (key.day, key.amount))
                .collect();
            amounts.sort_unstable();
        }
        if both[0] == both[1] {
            return Ok(Some(other));
        }
    }
    Ok(None)
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
    for (entry, twin) in pair(&keys, &known, true) {
        tx.supersede_entry(entry, twin, state).await?;
    }
    Ok(())
}

/// Booked statements replace intraday reports of their days; of two reports of a day the later word counts;
/// notifications only detail what statements book.
async fn settle_precedence(
    tx: &mut WriteTx,
    account: i64,
    new: &[StatementRow],
    old: &[StatementRow],
) -> Result<(), DeskError> {
    let current = |kind: &'static str| {
        move |statement: &&StatementRow| statement.kind == kind && statement.state == "current"
    };
    let all = || new.iter().chain(old);
    let mut replaced = BTreeSet::new();
    for report in all().filter(current("report")) {
        let covering: Vec<_> =
            all().filter(current("statement")).filter(|statement| covers(statement, report)).collect();
        if let Some(first) = covering.first() {
            follow(tx, report, &covering, "superseded").await?;
            tx.set_statement_state(report.id, "superseded", Some(first.id)).await?;
            replaced.insert(report.id);
        }
    }
    for report in new.iter().filter(current("report")).filter(|report| !replaced.contains(&report.id)) {
        for older in old.iter().filter(current("report")).filter(|older| !replaced.contains(&older.id)) {
            if overlaps(report, older) {
                grow(tx, older, report).await?;
            }
        }
    }
    if tx.has_bookings(account).await? {
        for notification in all().filter(current("notification")) {
            let told: Vec<_> = all()
                .filter(|other| {
                    matches!(other.kind.as_str(), "statement" | "report") && other.state == "current"
                })
                .filter(|other| !replaced.contains(&other.id) && overlaps(other, notification))
                .collect();
            follow(tx, notification, &told, "detail").await?;
            tx.set_statement_state(notification.id, "detail", None).await?;
        }
    }
    Ok(())
}

/// Every entry of a statement that does not count any more points at the one that tells it now, where there is one.
async fn follow(
    tx: &mut WriteTx,
    from: &StatementRow,
    to: &[&StatementRow],
    reason: &str,
) -> Result<(), DeskError> {
    let mut known = Vec::new();
    for statement in to {
        known.extend(tx.list_entry_keys(statement.id).await?);
    }
    known.retain(|key| key.status == EntryStatus::Booked);
    for (entry, twin) in pair(&tx.list_entry_keys(from.id).await?, &known, true) {
        tx.supersede_entry(entry, twin, reason).await?;
    }
    Ok(())
}

/// A later intraday report may tell the entries of an earlier one again. Without references only one that starts
/// at the same balance is known to be such a report: otherwise equal payments may well be two.
async fn grow(tx: &mut WriteTx, older: &StatementRow, newer: &StatementRow) -> Result<(), DeskError> {
    let cumulative = (older.from, older.opening) == (newer.from, newer.opening);
    let earlier = tx.list_entry_keys(older.id).await?;
    let later = tx.list_entry_keys(newer.id).await?;
    for (entry, twin) in pair(&earlier, &later, cumulative) {
        let status = |keys: &[EntryKey], id: i64| keys.iter().find(|key| key.id == id).map(|key| key.status);
        let booked = |keys: &[EntryKey], id: i64| status(keys, id) == Some(EntryStatus::Booked);
        if let Some(twin) = twin.filter(|twin| booked(&later, *twin) || !booked(&earlier, entry)) {
            tx.supersede_entry(entry, Some(twin), "repeated").await?;
        }
    }
    Ok(())
}

/// Whether two periods share a day.
fn overlaps(one: &StatementRow, other: &StatementRow) -> bool {
    let days = |row: &StatementRow| Some((row.from.or(row.to)?, row.to.or(row.from)?));
    match (days(one), days(other)) {
        (Some((from, to)), Some((other_from, other_to))) => from <= other_to && other_from <= to,
        _ => false,
    }
}

/// Whether the statement's period reaches over the whole of the report's.
fn covers(statement: &StatementRow, report: &StatementRow) -> bool {
    let start = |row: &StatementRow| row.from.or(row.to);
    match (start(statement), statement.to, start(report), report.to.or(report.from)) {
        (Some(from), Some(to), Some(report_from), Some(report_to)) => from <= report_from && report_to <= to,
        _ => false,
    }
}

/// Finds for each entry the one that tells the same: by the bank's reference first; then, with `by_look`, by day,
/// amount and reference, unless the bank's references contradict. Equal-looking entries pair off one by one.
fn pair(entries: &[EntryKey], known: &[EntryKey], by_look: bool) -> Vec<(i64, Option<i64>)> {
    let mut named: HashMap<(&str, Amount), Vec<usize>> = HashMap::new();
    let mut looks: HashMap<(i64, Amount, Option<&str>), Vec<usize>> = HashMap::new();
    for (at, key) in known.iter().enumerate().rev() {
        if let Some(servicer) = &key.servicer {
            named.entry((servicer, key.amount)).or_default().push(at);
        }
        looks.entry((key.day, key.amount, key.reference.as_deref())).or_default().push(at);
    }
    let mut twins: Vec<Option<usize>> = entries
        .iter()
        .map(|key| named.get_mut(&(key.servicer.as_deref()?, key.amount)).and_then(Vec::pop))
        .collect();
    let mut taken: BTreeSet<usize> = twins.iter().flatten().copied().collect();
    // Where one reference came back, the bank keeps them, and two different ones are two payments.
    let keeps = !taken.is_empty();
    for (key, twin) in entries.iter().zip(&mut twins).filter(|(_, twin)| by_look && twin.is_none()) {
        let Some(candidates) = looks.get(&(key.day, key.amount, key.reference.as_deref())) else { continue };
        let free = candidates.iter().rev().copied().find(|at| {
            !(taken.contains(at) || keeps && key.servicer.is_some() && known[*at].servicer.is_some())
        });
        taken.extend(free);
        *twin = free;
    }
    entries.iter().zip(twins).map(|(key, twin)| (key.id, twin.map(|at| known[at].id))).collect()
}

/// A deposit told by BgMax and by camt.054 is a suspected double: counted once, both kept.
async fn mark_doubles(
    tx: &mut WriteTx,
    statement: &StatementRow,
    findings: &mut Vec<Finding>,
) -> Result<(), DeskError> {
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
        let touches =
            statement.document == document || before.is_some_and(|before| before.document == document);
        let Some(before) = before.filter(|_| touches) else { continue };
        let named = |row: &StatementRow| {
            row.reference
                .clone()
                .or(row.sequence.map(|number| number.to_string()))
                .unwrap_or_else(|| row.document_name.clone())
        };
        let (code, what) = match continuity(Some(before), statement) {
            Continuity::First | Continuity::Ok => continue,
            Continuity::Gap => ("statement.gap", "A statement is missing"),
            Continuity::Break => ("statement.break", "The balance does not go on"),
        };
        let amount =
            |amount: Option<Amount>| amount.map_or_else(|| "unknown".to_owned(), |amount| amount.to_string());
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
async fn repeat_vouchers(
    tx: &mut WriteTx,
    slot: DocumentSlot,
    findings: &mut Vec<Finding>,
) -> Result<(), DeskError> {
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
            let twin = free
                .iter()
                .position(|other| other.1 == line.1 && other.2 == line.2)
                .map(|at| free.remove(at).0);
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
