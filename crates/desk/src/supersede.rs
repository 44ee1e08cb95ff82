//! The same money told twice is counted once: redelivered, corrected, provisional and doubled documents
//! (rules: formats fact sheet 1.7 and 1.8).
//!
//! Nothing is thrown away. What does not count stays as evidence and points at what counts instead.

use crate::{chain, error::DeskError};
use attest_cache::{
    bank::{EntryKey, StatementRow},
    day_from_date,
    import::DocumentSlot,
    ledger::VoucherKey,
    log::WriteTx,
};
use attest_domain::{Amount, Date, Finding, Severity, said, statement::EntryStatus};
use std::collections::{BTreeSet, HashMap};

/// What is decided about a new statement when it meets an older one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// The same figures again.
    Redelivered,
    /// The same statement with other figures: the first stays in force until a person has looked.
    Conflicting,
    /// The same entries in a statement over other days, beside this many.
    Covered(usize),
}

/// Marks everything in a new document that another already tells, and the other way round. Answers the remarks about
/// how its statements follow others, which are kept already.
pub(crate) async fn apply(
    tx: &mut WriteTx,
    slot: DocumentSlot,
    findings: &mut Vec<Finding>,
    accounts: &BTreeSet<i64>,
    has_book: bool,
) -> Result<Vec<Finding>, DeskError> {
    let mut compared = Vec::new();
    for account in accounts {
        let statements = tx.list_statements_near(*account, slot.document).await?;
        let (new, mut old): (Vec<_>, Vec<_>) =
            statements.into_iter().partition(|statement| statement.document == slot.document);
        let mut standing = Vec::new();
        for statement in new {
            let met = match meet(&statement, &old) {
                None => retold(tx, &statement, &old).await?.map(|other| (Verdict::Redelivered, other)),
                met => met,
            };
            if let Some((verdict, other)) = met {
                mark_repeated(tx, &statement, &[other], verdict, findings).await?;
                continue;
            }
            match lies_across(tx, &statement, &old, findings).await? {
                Across::Told => continue,
                Across::Nothing => {}
                Across::Replaces => {
                    old = tx.list_statements_near(*account, slot.document).await?;
                    old.retain(|other| other.document != slot.document);
                }
            }
            standing.push(statement);
        }
        settle_precedence(tx, *account, &standing, &old).await?;
        for statement in standing.iter().filter(|statement| statement.kind == "notification") {
            mark_doubles(tx, statement, findings).await?;
        }
        let near = tx.list_statements_near(*account, slot.document).await?;
        compared.extend(chain::compare(tx, &near, slot.document).await?);
    }
    let changed = if has_book { Some(repeat_vouchers(tx, slot, findings).await?) } else { None };
    tx.repoint_groups().await?;
    // The event of this import comes next.
    let seq = tx.next_seq().await?;
    tx.mark_touched_stale(slot, changed.as_ref(), seq).await?;
    Ok(compared)
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
    others: &[&StatementRow],
    verdict: Verdict,
    findings: &mut Vec<Finding>,
) -> Result<(), DeskError> {
    let Some(first) = others.first() else { return Ok(()) };
    let (state, finding) = match verdict {
        Verdict::Redelivered => (
            "redelivered",
            Finding::new(
                "statement.redelivered",
                Severity::Info,
                said!(
                    "Statement {statement} has the same figures as in \"{document}\". It is kept as evidence and \
                     counted once.",
                    document = first.document_name,
                    statement = chain::name(statement),
                ),
            ),
        ),
        Verdict::Conflicting => {
            let mut said = said!(
                "Statement {statement} is already here from \"{document}\" with other figures.",
                document = first.document_name,
                statement = chain::name(statement),
            );
            said.message.push_str(&format!(
                " {} entries with sum {} there, {} entries with sum {} here. The first one counts. Ask the bank \
                 which is right.",
                first.entries, first.sum, statement.entries, statement.sum
            ));
            ("conflicting", Finding::new("statement.conflicting", Severity::Error, said))
        }
        Verdict::Covered(count) => ("redelivered", overlapping(statement, first, count)),
    };
    findings.push(finding);
    tx.set_statement_state(statement.id, state, Some(first.id)).await?;
    let mut known = Vec::new();
    for other in others {
        known.extend(tx.list_entry_keys(other.id).await?);
    }
    for (entry, twin) in pair(&tx.list_entry_keys(statement.id).await?, &known, true) {
        tx.supersede_entry(entry, twin, state).await?;
    }
    Ok(())
}

fn overlapping(statement: &StatementRow, first: &StatementRow, count: usize) -> Finding {
    let said = said!(
        "Statement {statement} covers the same days as {count} others that are here (\"{document}\") and tells the \
         same entries. They are counted once; all are kept.",
        count = count,
        document = first.document_name,
        statement = chain::name(statement),
    );
    Finding::new("statement.overlapping", Severity::Info, said)
}

/// What a statement is to those over other days that hold its own, or lie within them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Across {
    /// They tell all its entries.
    Told,
    /// It tells all of theirs and more, and counts in their place.
    Replaces,
    /// They tell different figures, or there are none.
    Nothing,
}

/// Recognises a statement over other days that tells the same entries: a monthly one beside the daily ones, or a
/// daily one that comes after its month. What tells other entries is left alone: [`chain::compare`] remarks it.
async fn lies_across(
    tx: &mut WriteTx,
    new: &StatementRow,
    old: &[StatementRow],
    findings: &mut Vec<Finding>,
) -> Result<Across, DeskError> {
    if new.kind != "statement" {
        return Ok(Across::Nothing);
    }
    let counted = || old.iter().filter(|other| other.state == "current" && other.kind == new.kind);
    let mine = booked(tx, new).await?;
    for outer in counted().filter(|other| chain::contains(other, new)) {
        let theirs = within(booked(tx, outer).await?, &[new]);
        // Two without entries may as well follow one another.
        let follows = outer.closing == new.opening || new.closing == outer.opening;
        if theirs == mine && !(mine.is_empty() && follows) {
            mark_repeated(tx, new, &[outer], Verdict::Covered(1), findings).await?;
            return Ok(Across::Told);
        }
    }
    let inner: Vec<&StatementRow> = counted().filter(|other| chain::contains(new, other)).collect();
    let mut theirs = Vec::new();
    for statement in &inner {
        theirs.extend(booked(tx, statement).await?);
    }
    theirs.sort_unstable();
    if theirs.is_empty() || theirs != within(mine.clone(), &inner) {
        return Ok(Across::Nothing);
    }
    if theirs.len() == mine.len() {
        mark_repeated(tx, new, &inner, Verdict::Covered(inner.len()), findings).await?;
        return Ok(Across::Told);
    }
    findings.push(overlapping(new, inner[0], inner.len()));
    for statement in inner {
        tx.set_statement_state(statement.id, "superseded", Some(new.id)).await?;
        follow(tx, statement, &[new], "superseded").await?;
    }
    Ok(Across::Replaces)
}

/// Days and amounts of a statement's booked entries, in order.
async fn booked(tx: &mut WriteTx, statement: &StatementRow) -> Result<Vec<(i64, Amount)>, DeskError> {
    let keys = tx.list_entry_keys(statement.id).await?;
    let booked = keys.into_iter().filter(|key| key.status == EntryStatus::Booked);
    let mut figures: Vec<_> = booked.map(|key| (key.day, key.amount)).collect();
    figures.sort_unstable();
    Ok(figures)
}

/// The entries on days that any of the statements covers.
fn within(mut entries: Vec<(i64, Amount)>, statements: &[&StatementRow]) -> Vec<(i64, Amount)> {
    let periods: Vec<_> = statements
        .iter()
        .filter_map(|row| Some((day_from_date(row.from.or(row.to)?), day_from_date(row.to?))))
        .collect();
    entries.retain(|(day, _)| periods.iter().any(|(from, to)| from <= day && day <= to));
    entries
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
            let said = said!(
                "The deposit of {amount} is also told by \"{document}\", on the same day with the same amount. \
                 It is counted once; both are kept.",
                amount = key.amount,
                document = document,
            );
            findings.push(Finding::new("entry.suspected_double", Severity::Warning, said));
        }
    }
    Ok(())
}

/// A later export of the same books tells the same vouchers again. Unchanged ones are counted once, where they
/// were first; a changed one counts in its new form, and matches follow its lines where account and amount stay.
async fn repeat_vouchers(
    tx: &mut WriteTx,
    slot: DocumentSlot,
    findings: &mut Vec<Finding>,
) -> Result<BTreeSet<String>, DeskError> {
    let mut repeated = 0_u64;
    let mut changed = BTreeSet::new();
    for (new, old) in tx.list_repeated_vouchers(slot.document).await? {
        if same_lines(&new, &old) {
            repeated += 1;
            for (line, twin) in new.lines.iter().zip(&old.lines) {
                tx.supersede_line(line.0, Some(twin.0), "repeated").await?;
            }
            continue;
        }
        changed.extend(old.lines.iter().map(|line| line.1.clone()));
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
            said!(
                "Voucher {voucher} differs from the one imported before. The new one counts; matches whose lines are \
                 gone are open again.",
                voucher = format_args!("{} {}", new.series, new.number),
            ),
        ));
    }
    if repeated > 0 {
        findings.push(Finding::new(
            "voucher.repeated",
            Severity::Info,
            said!("{count} vouchers are already here unchanged. They are counted once.", count = repeated),
        ));
    }
    Ok(changed)
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
