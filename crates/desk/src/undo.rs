//! Undo and redo: new events that take earlier ones back. The steps are read from the log, so they survive a
//! restart; the log itself only ever grows.

use crate::{
    Desk, Session,
    decide::{Written, perform},
    error::DeskError,
    journal::Act,
    view::UndoView,
};
use attest_cache::{
    Side,
    log::{DecisionRow, StoredEvent, WriteTx},
    stale::Freshness,
};
use attest_domain::{
    Date,
    command::{Command, DifferenceReason, LineId, MatchedBy},
    decide::Refusal,
    event::{Event, action},
    limits::TEXT_CHARS_MAX,
    state::{self, holds, line_ids},
};
use attest_evidence::{disclosure, leaf};
use serde_json::Value;
use uuid::Uuid;

/// Decisions looked back over for steps to take back.
const LOOK_BACK: u32 = 2_000;

/// A step, and the first event of the decision it goes back to through any number of undos and redos.
#[derive(Clone, Debug)]
struct Step {
    row: DecisionRow,
    origin: u64,
}

/// The steps that can be taken back, and those taken back that can be done again; newest last.
#[derive(Debug, Default)]
struct Steps {
    undo: Vec<Step>,
    redo: Vec<Step>,
}

/// Replays the decisions: an act that reverts the newest step is its undo, one that reverts the newest undo a redo.
fn steps(newest_first: Vec<DecisionRow>) -> Steps {
    let mut steps = Steps::default();
    for act in newest_first.into_iter().rev() {
        match act.reverts {
            None => {
                steps.undo.push(Step { origin: act.first, row: act });
                steps.redo.clear();
            }
            Some(first) => {
                // Not always the newest: steps whose lines have gone since are passed over.
                let at = |steps: &[Step]| steps.iter().rposition(|step| step.row.first == first);
                if let Some(at) = at(&steps.undo) {
                    let Step { origin, .. } = steps.undo.remove(at);
                    steps.redo.push(Step { row: act, origin });
                } else if let Some(at) = at(&steps.redo) {
                    let Step { origin, .. } = steps.redo.remove(at);
                    steps.undo.push(Step { row: act, origin });
                }
                // Otherwise it reverts something beyond what was looked back over.
            }
        }
    }
    steps
}

impl Desk {
    /// What undo and redo would do next.
    pub(crate) async fn undo_state(
        &self,
        session: &Session,
    ) -> Result<(Option<UndoView>, Option<UndoView>), DeskError> {
        let steps = steps(session.cache.list_decisions(LOOK_BACK).await?);
        Ok((newest_possible(session, &steps.undo).await?, newest_possible(session, &steps.redo).await?))
    }
}

/// The newest step that can still be taken back: later documents may have taken its lines away.
async fn newest_possible(session: &Session, steps: &[Step]) -> Result<Option<UndoView>, DeskError> {
    for Step { row: step, .. } in steps.iter().rev() {
        if step.events > 1 || is_possible(session, step).await? {
            return Ok(Some(describe(session, step).await?));
        }
    }
    Ok(None)
}

/// Whether what a single decision was about is still there.
async fn is_possible(session: &Session, step: &DecisionRow) -> Result<bool, DeskError> {
    let stored = session.cache.list_events(step.first, 1).await?;
    let Some(event) = stored.first().map(|stored| leaf::decode(&stored.leaf)).transpose()? else {
        return Ok(false);
    };
    if matches!(event.action.as_str(), action::MATCH | action::WRITE_OFF) {
        return Ok(session.cache.find_match(&event.object.id).await?.is_some());
    }
    let state = if event.action == action::UNMATCH { event.before.as_ref() } else { event.after.as_ref() };
    for line in line_ids(state) {
        let found = match line {
            LineId::Bank(id) => session.cache.find_line(Side::Bank, &id.0).await?,
            LineId::Ledger(id) => session.cache.find_line(Side::Ledger, &id.0).await?,
        };
        if found.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn describe(session: &Session, step: &DecisionRow) -> Result<UndoView, DeskError> {
    let stored = session.cache.list_events(step.first, 1).await?;
    let mut subject = String::new();
    if let Some(event) = stored.first().map(|stored| leaf::decode(&stored.leaf)).transpose()? {
        let state =
            if event.action == action::UNMATCH { event.before.as_ref() } else { event.after.as_ref() };
        subject = match line_ids(state).first() {
            Some(LineId::Bank(id)) => session.cache.find_entry(id).await?.and_then(|row| {
                row.entry.counterparty().and_then(|party| party.name.clone()).or_else(|| row.entry.text())
            }),
            Some(LineId::Ledger(id)) => {
                session.cache.find_ledger_line(id).await?.and_then(|row| row.shown_text().map(str::to_owned))
            }
            None => None,
        }
        .unwrap_or_default();
    }
    let lines = u32::try_from(step.events).unwrap_or(u32::MAX);
    Ok(UndoView { action: step.action.clone(), seq: step.first, subject, lines })
}

pub(crate) async fn undo(session: &Session, tx: &mut WriteTx) -> Result<Written, DeskError> {
    let undo = steps(tx.list_decisions(LOOK_BACK).await?).undo;
    revert_newest(session, tx, undo, "undo").await
}

pub(crate) async fn redo(session: &Session, tx: &mut WriteTx) -> Result<Written, DeskError> {
    let redo = steps(tx.list_decisions(LOOK_BACK).await?).redo;
    revert_newest(session, tx, redo, "redo").await
}

/// Takes back the newest step of which something is left to take back.
async fn revert_newest(
    session: &Session,
    tx: &mut WriteTx,
    mut steps: Vec<Step>,
    reason: &str,
) -> Result<Written, DeskError> {
    while let Some(step) = steps.pop() {
        let written = revert(session, tx, &step, reason).await?;
        if written.events > 0 {
            return Ok(written);
        }
    }
    Err(DeskError::NothingToUndo)
}

/// Takes the events of an act back, newest first. Events about what is gone are passed over.
///
/// What the act did to the proposals is taken back with it. Where they were made anew since, they are made anew once
/// more: all of an account, so that they are what they were when the same lines were open.
async fn revert(
    session: &Session,
    tx: &mut WriteTx,
    step: &Step,
    reason: &str,
) -> Result<Written, DeskError> {
    let Step { row, origin } = step;
    let stored = tx.list_act(row.first, row.last).await?;
    let act = Act { trace: (row.events > 1).then(Uuid::now_v7), reverts: Some(row.first) };
    let origin = origin.cast_signed();
    let mut written = Written::of(if reason == "undo" { -origin } else { origin });
    let opposite = -written.effects.act;
    tx.shelve_made_for(opposite, written.effects.act).await?;
    for stored in stored.iter().rev() {
        let event = leaf::decode(&stored.leaf)?;
        if let Some(command) = inverse(tx, &event).await? {
            // As the match it was, so that the step that made it can still be taken back.
            written.brings_back = (event.action == action::UNMATCH).then(|| event.object.id.clone());
            match perform(session, tx, &command, act, Some(reason), &mut written).await {
                Ok(_) | Err(DeskError::Decision(Refusal::UnknownLine(_) | Refusal::UnknownMatch)) => {}
                Err(error) => return Err(error),
            }
        }
    }
    if written.events == 0 {
        // Nothing of it is left to take back; what was proposed after it stays too.
        tx.unshelve_proposals(written.effects.act).await?;
        return Ok(written);
    }
    tx.unshelve_proposals(opposite).await?;
    for account in &written.accounts {
        let Freshness { stale, proposed } = tx.find_freshness(*account).await?;
        if stale.is_some() || proposed > row.first.cast_signed() {
            written.whole.insert(*account);
        }
    }
    written.freed.clear();
    written.effects.dissolved.clear();
    Ok(written)
}

/// The command that takes an event back.
async fn inverse(tx: &mut WriteTx, event: &Event) -> Result<Option<Command>, DeskError> {
    let lines = line_ids(event.after.as_ref());
    let before = holds(event.before.as_ref());
    Ok(Some(match event.action.as_str() {
        action::MATCH | action::WRITE_OFF => Command::Unmatch {
            match_id: event.object.id.clone(),
            note: None,
            hold_note: hold_note(tx, &before, event.seq).await?,
            holds: before,
        },
        action::UNMATCH => settle_again(tx, event).await?,
        action::REJECT => Command::Reconsider { lines },
        action::RECONSIDER => Command::Reject { lines },
        action::HOLD | action::RELEASE => {
            let until = |line: &LineId| before.iter().find(|(held, _)| held == line).map(|(_, until)| *until);
            Command::RestoreHolds {
                holds: lines.iter().map(|line| (*line, until(line))).collect(),
                note: hold_note(tx, &before, event.seq).await?,
            }
        }
        action::COMMENT => match lines.first() {
            Some(line) => Command::Withdraw { line: *line, comment: event.object.id.clone() },
            None => return Ok(None),
        },
        action::WITHDRAW => match (lines.first(), text(event.after.as_ref(), "comment")) {
            (Some(line), Some(comment)) => {
                let said = |event: &Event| event.action == action::COMMENT && event.object.id == comment;
                let Some(text) = find_words(tx, line, said).await? else { return Ok(None) };
                Command::Comment { line: *line, text }
            }
            _ => return Ok(None),
        },
        _ => return Ok(None),
    }))
}

/// The match or write-off that an unmatch dissolved.
async fn settle_again(tx: &mut WriteTx, event: &Event) -> Result<Command, DeskError> {
    let before = event.before.as_ref();
    let lines = line_ids(before);
    let reason = text(before, "difference_reason").and_then(|code| DifferenceReason::parse(&code));
    let bank = lines.iter().filter(|line| matches!(line, LineId::Bank(_))).count();
    if bank == 0 || bank == lines.len() {
        let said = |other: &Event| other.action == action::WRITE_OFF && other.object.id == event.object.id;
        let note = match lines.first() {
            Some(line) => find_words(tx, line, said).await?,
            None => None,
        };
        return Ok(Command::WriteOff { lines, reason: reason.unwrap_or(DifferenceReason::Other), note });
    }
    let by = match before
        .and_then(|before| before.get("by"))
        .and_then(|by| by.get("engine"))
        .and_then(Value::as_str)
    {
        Some(engine) => MatchedBy::Rule { engine: engine.to_owned() },
        None => MatchedBy::User,
    };
    Ok(Command::Match { lines, by, confidence: text(before, "confidence"), difference_reason: reason })
}

fn text(state: Option<&Value>, name: &str) -> Option<String> {
    state.and_then(|state| state.get(name)).and_then(Value::as_str).map(str::to_owned)
}

/// What was said when these holds began, before the event at `seq`; different words one below the other.
async fn hold_note(
    tx: &mut WriteTx,
    holds: &[(LineId, Date)],
    seq: u64,
) -> Result<Option<String>, DeskError> {
    let mut notes: Vec<String> = Vec::new();
    for (line, until) in holds {
        let began = |event: &Event| {
            let same_day = text(event.after.as_ref(), "until").is_some_and(|day| day == until.to_string())
                || state::holds(event.after.as_ref()).contains(&(*line, *until));
            event.seq < seq && event.action == action::HOLD && same_day
        };
        notes.extend(find_words(tx, line, began).await?.filter(|note| !notes.contains(note)));
    }
    let all: String = notes.join("\n").chars().take(TEXT_CHARS_MAX).collect();
    Ok(Some(all).filter(|all| !all.is_empty()))
}

/// The free text of the newest event about a line that is the one looked for, while its disclosure is kept.
async fn find_words(
    tx: &mut WriteTx,
    line: &LineId,
    is_it: impl Fn(&Event) -> bool,
) -> Result<Option<String>, DeskError> {
    let stored: Vec<StoredEvent> = tx.list_events_about(&line.to_string(), LOOK_BACK).await?;
    for stored in stored {
        let event = leaf::decode(&stored.leaf)?;
        if is_it(&event) {
            let revealed =
                stored.disclosures.iter().filter_map(|text| disclosure::reveal(text, &event.sd).ok());
            return Ok(revealed.filter_map(|(_, value)| value.as_str().map(str::to_owned)).next());
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(first: u64, reverts: Option<u64>) -> DecisionRow {
        DecisionRow { first, last: first, events: 1, action: "cash_movement.match".to_owned(), reverts }
    }
    fn names(steps: &[Step]) -> Vec<u64> {
        steps.iter().map(|step| step.row.first).collect()
    }

    #[test]
    fn undo_takes_the_newest_step_and_redo_the_newest_undo() {
        let log = vec![act(4, Some(3)), act(3, Some(2)), act(2, None), act(1, None)];
        let found = steps(log);
        // 3 undid 2, 4 redid it: 1 and 4 can be undone, nothing redone.
        assert_eq!((names(&found.undo), names(&found.redo)), (vec![1, 4], vec![]));
    }

    #[test]
    fn a_new_decision_ends_redo() {
        let found = steps(vec![act(3, None), act(2, Some(1)), act(1, None)]);
        assert_eq!((names(&found.undo), names(&found.redo)), (vec![3], vec![]));
    }

    #[test]
    fn every_step_can_be_taken_back_in_turn() {
        let found = steps(vec![act(4, Some(1)), act(3, Some(2)), act(2, None), act(1, None)]);
        assert_eq!((names(&found.undo), names(&found.redo)), (vec![], vec![3, 4]));
        // Both go back to the decisions they took back.
        assert_eq!(found.redo.iter().map(|step| step.origin).collect::<Vec<_>>(), [2, 1]);
    }
}
