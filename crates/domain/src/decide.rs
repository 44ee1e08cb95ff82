//! The rules: command + facts → events or a refusal. Runs the same on every side, and is pure.

use crate::{
    amount::Amount,
    command::{Command, DifferenceReason, Facts, LineFact, LineId, LineState, MatchedBy},
    event::{Draft, Object, action},
    limits::{MATCH_LINES_MAX, TEXT_CHARS_MAX},
    statement::EntryStatus,
};
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Why a command is refused; the person is told and nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No line was named.
    #[error("Nothing is selected. Select at least one line.")]
    NoLines,
    /// More lines than one match takes.
    #[error("{0} lines are selected; one match takes at most {MATCH_LINES_MAX}. Match them in parts.")]
    TooManyLines(usize),
    /// A line was named twice.
    #[error("The line {0} is named twice.")]
    Doubled(LineId),
    /// A line is not in this workspace.
    #[error("The line {0} is not in this workspace any more. Reload the list.")]
    UnknownLine(LineId),
    /// A match takes lines of both sides.
    #[error(
        "A match needs at least one line on each side. To settle a line alone, write it off with a reason."
    )]
    OneSided,
    /// Pending and information entries take no part.
    #[error("The entry {0} is not booked yet. It can be matched when the bank books it.")]
    NotBooked(LineId),
    /// Somebody was faster.
    #[error("The line {line} is already matched. Undo that match first, or reload the list.")]
    AlreadySettled {
        /// The line.
        line: LineId,
        /// The match it is in.
        match_id: String,
    },
    /// Lines of several currencies.
    #[error("The lines are in different currencies and cannot be matched with each other.")]
    MixedCurrencies,
    /// The sides differ and nobody said why.
    #[error("The two sides differ by {0}. Choose a reason for the difference.")]
    UnexplainedDifference(Amount),
    /// The match named does not exist any more.
    #[error("This match has been dissolved already. Reload the list.")]
    UnknownMatch,
    /// A hold into the past.
    #[error("Choose a day after today to hold until; {0} is not.")]
    HoldInThePast(Date),
    /// A line is not on hold.
    #[error("The line {0} is not on hold.")]
    NotHeld(LineId),
    /// A comment or note without text.
    #[error("Write something first.")]
    NoText,
    /// A text over the limit.
    #[error("The text has {0} characters; the most is {TEXT_CHARS_MAX}.")]
    TextTooLong(usize),
}

impl Refusal {
    /// Stable code for interfaces.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoLines => "decision.no_lines",
            Self::TooManyLines(_) => "decision.too_many_lines",
            Self::Doubled(_) => "decision.doubled",
            Self::UnknownLine(_) => "decision.unknown_line",
            Self::OneSided => "decision.one_sided",
            Self::NotBooked(_) => "decision.not_booked",
            Self::AlreadySettled { .. } => "decision.stale",
            Self::MixedCurrencies => "decision.mixed_currencies",
            Self::UnexplainedDifference(_) => "decision.unexplained_difference",
            Self::UnknownMatch => "decision.unknown_match",
            Self::HoldInThePast(_) => "decision.hold_in_the_past",
            Self::NotHeld(_) => "decision.not_held",
            Self::NoText => "decision.no_text",
            Self::TextTooLong(_) => "decision.text_too_long",
        }
    }
}

/// Applies the rules.
///
/// # Errors
/// A [`Refusal`] in words for the person; no event is written then.
pub fn decide(command: &Command, facts: &Facts) -> Result<Draft, Refusal> {
    match command {
        Command::Match { lines, by, confidence, difference_reason } => {
            decide_match(lines, by, confidence.as_deref(), *difference_reason, facts)
        }
        Command::Unmatch { note, holds, hold_note, .. } => {
            decide_unmatch(note.as_deref(), holds, hold_note.as_deref(), facts)
        }
        Command::Reject { lines } => {
            known_lines(lines, facts)?;
            Ok(draft(action::REJECT, &facts.new_id, 1, None, Some(sides(lines))))
        }
        Command::Reconsider { lines } => {
            known_lines(lines, facts)?;
            Ok(draft(action::RECONSIDER, &facts.new_id, 1, None, Some(sides(lines))))
        }
        Command::Hold { lines, until, note } => decide_hold(lines, *until, note.as_deref(), facts),
        Command::Release { lines } => decide_release(lines, facts),
        Command::RestoreHolds { holds, note } => decide_restore_holds(holds, note.as_deref(), facts),
        Command::Comment { line, text } => {
            known_lines(&[*line], facts)?;
            let text = checked_text(text)?;
            let mut comment = draft(action::COMMENT, &facts.new_id, 1, None, Some(sides(&[*line])));
            comment.sensitive.push(("text", text.to_owned()));
            Ok(comment)
        }
        Command::Withdraw { line, comment } => {
            known_lines(&[*line], facts)?;
            let mut after = sides(&[*line]);
            after["comment"] = json!(comment);
            Ok(draft(action::WITHDRAW, comment, 2, None, Some(after)))
        }
        Command::WriteOff { lines, reason, note } => decide_write_off(lines, *reason, note.as_deref(), facts),
    }
}

fn decide_match(
    lines: &[LineId],
    by: &MatchedBy,
    confidence: Option<&str>,
    difference_reason: Option<DifferenceReason>,
    facts: &Facts,
) -> Result<Draft, Refusal> {
    let known = known_lines(lines, facts)?;
    let bank = lines.iter().filter(|line| matches!(line, LineId::Bank(_))).count();
    if bank == 0 || bank == lines.len() {
        return Err(Refusal::OneSided);
    }
    free_to_settle(&known)?;
    let difference = difference(&known);
    if !difference.is_zero() && difference_reason.is_none() {
        return Err(Refusal::UnexplainedDifference(difference));
    }
    let mut after = sides(lines);
    after["currency"] = json!(known[0].currency);
    after["difference"] = json!(difference.to_string());
    if let Some(reason) = difference_reason.filter(|_| !difference.is_zero()) {
        after["difference_reason"] = json!(reason.code());
    }
    if let Some(confidence) = confidence {
        after["confidence"] = json!(confidence);
    }
    after["by"] = match by {
        MatchedBy::User => json!("user"),
        MatchedBy::Rule { engine } => json!({ "engine": engine }),
    };
    let (id, version) = settled_object(facts);
    Ok(draft(action::MATCH, id, version, held_before(&known), Some(after)))
}

fn decide_unmatch(
    note: Option<&str>,
    holds: &[(LineId, Date)],
    hold_note: Option<&str>,
    facts: &Facts,
) -> Result<Draft, Refusal> {
    let matched = facts.matched.as_ref().ok_or(Refusal::UnknownMatch)?;
    let mut after = json!({ "state": "open" });
    if !holds.is_empty() {
        after["held"] = held_state(holds.iter().copied());
    }
    let mut unmatch = draft(
        action::UNMATCH,
        &matched.match_id,
        matched.version + 1,
        Some(matched.after.clone()),
        Some(after),
    );
    if let Some(note) = hold_note {
        unmatch.sensitive.push(("hold_note", checked_text(note)?.to_owned()));
    }
    if let Some(note) = note {
        unmatch.sensitive.push(("note", checked_text(note)?.to_owned()));
    }
    Ok(unmatch)
}

fn decide_hold(lines: &[LineId], until: Date, note: Option<&str>, facts: &Facts) -> Result<Draft, Refusal> {
    let known = known_lines(lines, facts)?;
    if facts.today.is_some_and(|today| until <= today) {
        return Err(Refusal::HoldInThePast(until));
    }
    free_to_settle(&known)?;
    let mut after = sides(lines);
    after["until"] = json!(until);
    let mut hold = draft(action::HOLD, &facts.new_id, 1, held_before(&known), Some(after));
    if let Some(note) = note {
        hold.sensitive.push(("note", checked_text(note)?.to_owned()));
    }
    Ok(hold)
}

fn decide_release(lines: &[LineId], facts: &Facts) -> Result<Draft, Refusal> {
    let known = known_lines(lines, facts)?;
    if let Some(fact) = known.iter().find(|fact| !matches!(fact.state, LineState::Held(_))) {
        return Err(Refusal::NotHeld(fact.id));
    }
    Ok(draft(action::RELEASE, &facts.new_id, 1, held_before(&known), Some(sides(lines))))
}

/// Lines that had no hold are released by it; where every line has one again the event is a hold.
fn decide_restore_holds(
    holds: &[(LineId, Option<Date>)],
    note: Option<&str>,
    facts: &Facts,
) -> Result<Draft, Refusal> {
    let lines: Vec<LineId> = holds.iter().map(|(line, _)| *line).collect();
    let known = known_lines(&lines, facts)?;
    free_to_settle(&known)?;
    let kept = || holds.iter().filter_map(|(line, until)| Some((*line, (*until)?)));
    let mut after = sides(&lines);
    if kept().next().is_some() {
        after["held"] = held_state(kept());
    }
    let action = if kept().count() == holds.len() { action::HOLD } else { action::RELEASE };
    let mut restore = draft(action, &facts.new_id, 1, held_before(&known), Some(after));
    if let Some(note) = note {
        restore.sensitive.push(("note", checked_text(note)?.to_owned()));
    }
    Ok(restore)
}

fn decide_write_off(
    lines: &[LineId],
    reason: DifferenceReason,
    note: Option<&str>,
    facts: &Facts,
) -> Result<Draft, Refusal> {
    let known = known_lines(lines, facts)?;
    free_to_settle(&known)?;
    if reason == DifferenceReason::Other && note.is_none() && facts.today.is_some() {
        return Err(Refusal::NoText);
    }
    let mut after = sides(lines);
    after["currency"] = json!(known[0].currency);
    after["difference"] = json!(difference(&known).to_string());
    after["difference_reason"] = json!(reason.code());
    let (id, version) = settled_object(facts);
    let mut write_off = draft(action::WRITE_OFF, id, version, held_before(&known), Some(after));
    if let Some(note) = note {
        write_off.sensitive.push(("note", checked_text(note)?.to_owned()));
    }
    Ok(write_off)
}

/// Id and version of the match that is made, or of the one that comes back.
fn settled_object(facts: &Facts) -> (&str, u64) {
    facts.dissolved.as_ref().map_or((&facts.new_id, 1), |(id, version)| (id, version + 1))
}

/// The facts in the order of `lines`; refuses unknown, doubled, missing and too many lines.
fn known_lines<'f>(lines: &[LineId], facts: &'f Facts) -> Result<Vec<&'f LineFact>, Refusal> {
    if lines.is_empty() {
        return Err(Refusal::NoLines);
    }
    if lines.len() > MATCH_LINES_MAX {
        return Err(Refusal::TooManyLines(lines.len()));
    }
    let mut seen = BTreeSet::new();
    lines
        .iter()
        .map(|line| {
            if !seen.insert(*line) {
                return Err(Refusal::Doubled(*line));
            }
            facts.lines.iter().find(|fact| fact.id == *line).ok_or(Refusal::UnknownLine(*line))
        })
        .collect()
}

/// Booked, not settled elsewhere, and of one currency. Held lines may be settled: that ends the hold.
fn free_to_settle(known: &[&LineFact]) -> Result<(), Refusal> {
    for fact in known {
        if fact.status != EntryStatus::Booked {
            return Err(Refusal::NotBooked(fact.id));
        }
        if let LineState::Settled { match_id } = &fact.state {
            return Err(Refusal::AlreadySettled { line: fact.id, match_id: match_id.clone() });
        }
        if fact.currency != known[0].currency {
            return Err(Refusal::MixedCurrencies);
        }
    }
    Ok(())
}

/// Σ bank − Σ ledger.
fn difference(known: &[&LineFact]) -> Amount {
    known
        .iter()
        .map(|fact| match fact.id {
            LineId::Bank(_) => fact.amount,
            LineId::Ledger(_) => -fact.amount,
        })
        .sum()
}

/// The lines by side, sorted, as events tell them.
fn sides(lines: &[LineId]) -> Value {
    let mut sorted = lines.to_vec();
    sorted.sort_unstable();
    let of = |bank: bool| -> Vec<String> {
        sorted.iter().filter(|line| matches!(line, LineId::Bank(_)) == bank).map(LineId::to_string).collect()
    };
    json!({ "bank": of(true), "ledger": of(false) })
}

/// Days that lines are on hold until, by side and line, as events tell them.
fn held_state(holds: impl Iterator<Item = (LineId, Date)>) -> Value {
    let mut state = json!({});
    for (line, until) in holds {
        let side = if matches!(line, LineId::Bank(_)) { "bank" } else { "ledger" };
        state[side][line.to_string()] = json!(until);
    }
    state
}

/// The holds that a decision ends or moves, so that taking it back gives each line its own again.
fn held_before(known: &[&LineFact]) -> Option<Value> {
    let held: Vec<(LineId, Date)> = known
        .iter()
        .filter_map(|fact| match fact.state {
            LineState::Held(until) => Some((fact.id, until)),
            LineState::Open | LineState::Settled { .. } => None,
        })
        .collect();
    (!held.is_empty()).then(|| json!({ "held": held_state(held.into_iter()) }))
}

fn checked_text(text: &str) -> Result<&str, Refusal> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(Refusal::NoText),
        count if count > TEXT_CHARS_MAX => Err(Refusal::TextTooLong(count)),
        _ => Ok(text),
    }
}

fn draft(action: &'static str, id: &str, version: u64, before: Option<Value>, after: Option<Value>) -> Draft {
    Draft {
        action,
        object: Object { kind: "cash_movement".to_owned(), id: id.to_owned(), version },
        reason: None,
        before,
        after,
        evidence: Vec::new(),
        sensitive: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        amount::Currency,
        ids::{EntryId, LedgerLineId},
    };

    fn bank(id: u8, amount: &str) -> LineFact {
        LineFact {
            id: LineId::Bank(EntryId([id; 16])),
            amount: Amount::parse(amount).unwrap(),
            currency: Currency::SEK,
            status: EntryStatus::Booked,
            state: LineState::Open,
        }
    }
    fn ledger(id: u8, amount: &str) -> LineFact {
        LineFact { id: LineId::Ledger(LedgerLineId([id; 16])), ..bank(id, amount) }
    }
    fn facts(lines: &[LineFact]) -> Facts {
        Facts {
            today: Some(Date::constant(2026, 11, 20)),
            lines: lines.to_vec(),
            matched: None,
            new_id: "m1".to_owned(),
            dissolved: None,
        }
    }
    fn match_all(lines: &[LineFact], reason: Option<DifferenceReason>) -> Result<Draft, Refusal> {
        let command = Command::Match {
            lines: lines.iter().map(|fact| fact.id).collect(),
            by: MatchedBy::User,
            confidence: None,
            difference_reason: reason,
        };
        decide(&command, &facts(lines))
    }

    #[test]
    fn equal_sides_match() {
        let event = match_all(&[bank(1, "100.00"), ledger(2, "60"), ledger(3, "40.000")], None).unwrap();
        assert_eq!(event.action, action::MATCH);
        assert_eq!(event.after.unwrap()["difference"], "0.000");
    }

    #[test]
    fn a_difference_needs_a_reason_and_keeps_it() {
        let lines = [bank(1, "-100.00"), ledger(2, "-98.00")];
        let difference = Amount::parse("-2").unwrap();
        assert_eq!(match_all(&lines, None), Err(Refusal::UnexplainedDifference(difference)));
        let event = match_all(&lines, Some(DifferenceReason::Fee)).unwrap();
        assert_eq!(event.after.unwrap()["difference_reason"], "fee");
    }

    #[test]
    fn pending_entry_is_never_matched() {
        let pending = LineFact { status: EntryStatus::Pending, ..bank(1, "5") };
        assert_eq!(match_all(&[pending.clone(), ledger(2, "5")], None), Err(Refusal::NotBooked(pending.id)));
    }

    #[test]
    fn settled_line_is_never_matched_again() {
        let settled = LineFact { state: LineState::Settled { match_id: "m0".into() }, ..bank(1, "5") };
        let refused = match_all(&[settled, ledger(2, "5")], None);
        assert!(matches!(refused, Err(Refusal::AlreadySettled { .. })));
    }

    #[test]
    fn one_side_alone_is_no_match() {
        assert_eq!(match_all(&[bank(1, "5"), bank(2, "-5")], None), Err(Refusal::OneSided));
    }

    #[test]
    fn currencies_never_mix() {
        let euro = LineFact { currency: Currency::parse("EUR").unwrap(), ..ledger(2, "5") };
        assert_eq!(match_all(&[bank(1, "5"), euro], None), Err(Refusal::MixedCurrencies));
    }

    #[test]
    fn a_hold_ends_in_the_future() {
        let line = bank(1, "5");
        let today = Date::constant(2026, 11, 20);
        let command = Command::Hold { lines: vec![line.id], until: today, note: None };
        assert_eq!(decide(&command, &facts(&[line])), Err(Refusal::HoldInThePast(today)));
    }

    #[test]
    fn a_match_comes_back_as_the_object_it_was() {
        let lines = [bank(1, "5"), ledger(2, "5")];
        let command = Command::Match {
            lines: lines.iter().map(|fact| fact.id).collect(),
            by: MatchedBy::User,
            confidence: None,
            difference_reason: None,
        };
        let facts = Facts { dissolved: Some(("m0".to_owned(), 2)), ..facts(&lines) };
        let object = decide(&command, &facts).unwrap().object;
        assert_eq!((object.id.as_str(), object.version), ("m0", 3));
    }

    #[test]
    fn a_decision_tells_the_hold_of_every_line_it_ends() {
        let [spring, summer] = [Date::constant(2027, 4, 1), Date::constant(2027, 7, 1)];
        let held = |line: LineFact, until| LineFact { state: LineState::Held(until), ..line };
        let lines = [held(bank(1, "5"), spring), held(ledger(2, "5"), summer)];
        let ids: Vec<LineId> = lines.iter().map(|line| line.id).collect();
        let told = json!({ "held": {
            "bank": { ids[0].to_string(): "2027-04-01" }, "ledger": { ids[1].to_string(): "2027-07-01" },
        } });
        assert_eq!(match_all(&lines, None).unwrap().before, Some(told.clone()));
        let release = decide(&Command::Release { lines: ids.clone() }, &facts(&lines)).unwrap();
        assert_eq!(release.before, Some(told.clone()));
        let later = Command::Hold { lines: ids.clone(), until: Date::constant(2028, 1, 1), note: None };
        assert_eq!(decide(&later, &facts(&lines)).unwrap().before, Some(told));
        let restore =
            Command::RestoreHolds { holds: vec![(ids[0], Some(spring)), (ids[1], None)], note: None };
        let restored = decide(&restore, &facts(&lines)).unwrap();
        assert_eq!(restored.action, action::RELEASE);
        assert_eq!(restored.after.unwrap()["held"], json!({ "bank": { ids[0].to_string(): "2027-04-01" } }));
    }

    #[test]
    fn free_text_never_enters_the_leaf() {
        let line = bank(1, "5");
        let command = Command::Comment { line: line.id, text: " Asked Havnen ApS ".to_owned() };
        let event = decide(&command, &facts(&[line])).unwrap();
        assert_eq!(event.sensitive, vec![("text", "Asked Havnen ApS".to_owned())]);
        assert!(!event.after.unwrap().to_string().contains("Havnen"));
    }
}
