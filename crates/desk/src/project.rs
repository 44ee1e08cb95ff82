//! Applying an event of the log to the reconciliation: after a decision, and where [`crate::replay`] meets one that it
//! does not carry out together with others.

use crate::{error::DeskError, propose::combination};
use attest_cache::{
    Side, day_from_date,
    log::WriteTx,
    review::{FoundLine, GroupKind, NewGroup, Settled},
    shelf::Confirmed,
};
use attest_domain::{
    Amount, Date,
    command::LineId,
    event::{Event, action},
    state::{holds, line_ids, side_ids},
};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// What carries an event out: under which act dissolved groups are set aside, and where that leaves lines free.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// Log position of the decision's first event; negative where the decision is taken back, 0 where nothing is
    /// decided here: on a rebuild, and for what was pulled.
    pub(crate) act: i64,
    /// Account and day of the proposals that were dissolved.
    pub(crate) dissolved: BTreeSet<(i64, i64)>,
}

/// Applies one event of a cash movement.
pub(crate) async fn apply(tx: &mut WriteTx, event: &Event, effects: &mut Effects) -> Result<(), DeskError> {
    let after = event.after.as_ref();
    match event.action.as_str() {
        action::MATCH | action::WRITE_OFF => settle(tx, event, effects).await?,
        action::UNMATCH => {
            if let Some(group) = tx.find_match(&event.object.id).await? {
                if group.was_proposed() {
                    // It becomes the proposal it was, so that undo gives back exactly what was there.
                    let contradicted = group.reasons.contains("\"contradiction\"");
                    tx.reopen_group(group.id, contradicted).await?;
                } else if effects.act == 0 {
                    tx.delete_group(group.id).await?;
                } else {
                    tx.shelve_match(group.id, effects.act).await?;
                }
                if effects.act == 0 {
                    // Its lines are open again, and nobody has proposed for them here.
                    effects.dissolved.insert((group.account, group.day));
                }
                for (line, until) in holds(after) {
                    for line in find_lines(vec![line], tx).await? {
                        tx.set_hold(line.side, line.row, Some(day_from_date(until))).await?;
                    }
                }
            }
        }
        action::REJECT | action::RECONSIDER => {
            let lines = combination(&side_ids(after, "bank"), &side_ids(after, "ledger"));
            tx.set_rejected(&lines, event.action == action::REJECT).await?;
            // Reconsidered lines give up what was proposed in its place.
            let lines = find_lines(line_ids(after), tx).await?;
            free(tx, &lines, effects).await?;
        }
        action::HOLD | action::RELEASE => hold(tx, event, effects).await?,
        action::COMMENT | action::WITHDRAW => {
            let by = if event.action == action::COMMENT { 1 } else { -1 };
            for line in find_lines(line_ids(after), tx).await? {
                tx.count_comment(line.side, line.row, by).await?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// All lines of an event get the day it tells for all, else their own, else none.
async fn hold(tx: &mut WriteTx, event: &Event, effects: &mut Effects) -> Result<(), DeskError> {
    let after = event.after.as_ref();
    let until = after.and_then(|after| after.get("until")).and_then(Value::as_str);
    let until: Option<Date> = until.and_then(|until| until.parse().ok());
    let own: HashMap<LineId, Date> = holds(after).into_iter().collect();
    for id in line_ids(after) {
        let lines = find_lines(vec![id], tx).await?;
        free(tx, &lines, effects).await?;
        for line in &lines {
            let day = own.get(&id).copied().or(until).map(day_from_date);
            tx.set_hold(line.side, line.row, day).await?;
        }
    }
    Ok(())
}

/// A match or write-off takes its lines out of every proposal and off hold. Where it is the proposal of exactly these
/// lines, or one that undo has set aside, that becomes the match again.
async fn settle(tx: &mut WriteTx, event: &Event, effects: &mut Effects) -> Result<(), DeskError> {
    let after = event.after.as_ref();
    let ids = line_ids(after);
    let named = ids.len();
    let lines = find_lines(ids, tx).await?;
    if lines.len() < named || lines.iter().any(|line| line.match_id.is_some()) {
        // A later document took a line away, made two into one or gave it to an older match. The event stays, the
        // match does not stand and the lines that are left are open.
        tracing::info!(
            seq = event.seq,
            "a match does not stand: its lines are settled otherwise or not here any more"
        );
        return Ok(());
    }
    for line in lines.iter().filter(|line| line.held_until.is_some()) {
        tx.set_hold(line.side, line.row, None).await?;
    }
    let rows =
        |side: Side| lines.iter().filter(|line| line.side == side).map(|line| line.row).collect::<Vec<_>>();
    let by_rule = is_by_rule(event);
    let word = |name: &str| after.and_then(|after| after.get(name)).and_then(Value::as_str);
    let confirmed = Confirmed {
        match_id: &event.object.id,
        at: &event.at,
        by_rule,
        difference_reason: word("difference_reason"),
        confidence: word("confidence"),
    };
    let (bank, ledger) = (rows(Side::Bank), rows(Side::Ledger));
    if let (Some(_), Some(group)) =
        (confirmed.confidence, tx.find_same_proposal(&bank, &ledger, confirmed.confidence).await?)
    {
        let reason = confirmed.difference_reason;
        tx.confirm_group(group, &event.object.id, &event.at, by_rule, reason).await?;
        return Ok(());
    }
    free(tx, &lines, effects).await?;
    if effects.act != 0 && tx.unshelve_match(-effects.act, &bank, &ledger, confirmed).await? {
        return Ok(());
    }
    let lines: Vec<&FoundLine> = lines.iter().collect();
    let Some(account) = account_of(tx, &lines).await? else {
        // Its documents are gone or not read any more; the event stays, the lines are nowhere to be shown.
        tracing::warn!(seq = event.seq, "a match speaks of lines that are not here");
        return Ok(());
    };
    tx.insert_group(&made_group(event, account, &lines)).await?;
    Ok(())
}

/// The group of a decision that was not proposed here.
pub(crate) fn made_group(event: &Event, account: i64, lines: &[&FoundLine]) -> NewGroup {
    let rows =
        |side: Side| lines.iter().filter(|line| line.side == side).map(|line| line.row).collect::<Vec<_>>();
    let after = event.after.as_ref();
    let text =
        |name: &str| after.and_then(|after| after.get(name)).and_then(Value::as_str).map(str::to_owned);
    let day = lines.iter().filter(|line| line.side == Side::Bank).map(|line| line.day).min();
    NewGroup {
        account,
        kind: if event.action == action::MATCH { GroupKind::Match } else { GroupKind::WriteOff },
        day: day.or(lines.iter().map(|line| line.day).min()).unwrap_or(0),
        bank: rows(Side::Bank),
        ledger: rows(Side::Ledger),
        difference: text("difference").and_then(|text| Amount::parse(&text).ok()).unwrap_or_default(),
        difference_reason: text("difference_reason"),
        confidence: text("confidence"),
        safe: false,
        by_rule: is_by_rule(event),
        alternatives: 0,
        reasons: "[]".to_owned(),
        pass: String::new(),
        match_id: Some(event.object.id.clone()),
        at: Some(event.at.clone()),
    }
}

/// Whether a rule confirmed a match.
pub(crate) fn is_by_rule(event: &Event) -> bool {
    event.after.as_ref().and_then(|after| after.get("by")).is_some_and(Value::is_object)
}

/// The account in whose list a decision is shown.
pub(crate) async fn account_of(tx: &mut WriteTx, lines: &[&FoundLine]) -> Result<Option<i64>, DeskError> {
    if let Some(account) = lines.iter().find_map(|line| line.account) {
        return Ok(Some(account));
    }
    for line in lines {
        if let Some(number) = &line.ledger_account {
            return Ok(tx.find_account_of_ledger(number, &line.currency).await?);
        }
    }
    Ok(None)
}

/// Dissolves the proposals that lines are in.
async fn free(tx: &mut WriteTx, lines: &[FoundLine], effects: &mut Effects) -> Result<(), DeskError> {
    for side in [Side::Bank, Side::Ledger] {
        let rows: Vec<i64> = lines.iter().filter(|line| line.side == side).map(|line| line.row).collect();
        if rows.is_empty() {
            continue;
        }
        if effects.act == 0 {
            // Nobody takes it back here, so nothing has to come back.
            let found = tx.find_proposed(side, &rows).await?;
            effects.dissolved.extend(found.values().map(|group| (group.account, group.day)));
            let dissolved = found.into_values().map(|group| group.id).collect();
            tx.settle(&Settled { dissolved, ..Settled::default() }).await?;
        } else {
            effects.dissolved.extend(tx.shelve_proposals(side, &rows, effects.act).await?);
        }
    }
    Ok(())
}

/// The lines that are here, each once; one that another replaced is followed.
pub(crate) async fn find_lines(ids: Vec<LineId>, tx: &mut WriteTx) -> Result<Vec<FoundLine>, DeskError> {
    let mut found: Vec<FoundLine> = Vec::with_capacity(ids.len());
    for id in ids {
        let line = match id {
            LineId::Bank(id) => tx.find_line(Side::Bank, &id.0).await?,
            LineId::Ledger(id) => tx.find_line(Side::Ledger, &id.0).await?,
        };
        if let Some(line) =
            line.filter(|line| !found.iter().any(|other| (other.side, other.row) == (line.side, line.row)))
        {
            found.push(line);
        }
    }
    Ok(found)
}
