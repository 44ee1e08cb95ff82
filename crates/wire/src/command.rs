//! Commands as they travel: a batch of submissions, and for each an answer.
//!
//! A submission's key makes it idempotent: sent again it is answered as the first time. The key becomes the id of the
//! event that the command leads to.

use attest_domain::{
    Date, EntryId, LedgerLineId,
    command::{self as domain, DifferenceReason, LineId, MatchedBy},
};
use serde::{Deserialize, Serialize};
#[cfg(feature = "schema")]
use utoipa::ToSchema;
use uuid::Uuid;

/// Commands in the order in which they were made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// At least one, at most 256.
    #[cfg_attr(feature = "schema", schema(min_items = 1, max_items = 256))]
    pub commands: Vec<Submission>,
}

/// One command and what the log has to know of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// Idempotency key and id of the event.
    pub key: Uuid,
    /// Id of the object that the command makes, where it makes one: a UUID chosen by the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<Uuid>,
    /// Joins the events of one act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Uuid>,
    /// Event id of the first event of the act that is taken back or done again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverts: Option<Uuid>,
    /// Why, as a code: `undo`, `redo`, `guess`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 64))]
    pub reason: Option<String>,
    /// Id of a dissolved match that comes back as itself instead of as a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 64))]
    pub brings_back: Option<String>,
    /// What is asked for.
    pub command: Command,
}

/// A line of either side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Bank entry or ledger line.
    pub side: Side,
    /// 26 base32 characters.
    #[cfg_attr(feature = "schema", schema(min_length = 26, max_length = 26))]
    pub id: String,
}

/// A side of a reconciliation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Bank entries.
    Bank,
    /// Ledger lines.
    Ledger,
}

/// A line and the day until which it is on hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
#[serde(deny_unknown_fields)]
pub struct HeldLine {
    /// The line.
    pub line: Line,
    /// The day, `YYYY-MM-DD`; absent where the line has no hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = Date))]
    pub until: Option<Date>,
}

/// What is asked for; the words are those of `attest_domain::command`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Confirm that lines belong together.
    Match {
        /// Lines of both sides.
        #[cfg_attr(feature = "schema", schema(max_items = 2000))]
        lines: Vec<Line>,
        /// Engine and version where a rule confirms; absent where a person does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        engine: Option<String>,
        /// Confidence of the proposal, three decimals.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        confidence: Option<String>,
        /// Needed when the sides differ.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        difference_reason: Option<String>,
    },
    /// Dissolve a match or write-off.
    Unmatch {
        /// The match.
        match_id: String,
        /// Why; free text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// Holds that come back with it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        holds: Vec<HeldLine>,
        /// What was said when those holds began.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hold_note: Option<String>,
    },
    /// Turn down the proposal of exactly these lines.
    Reject {
        /// Lines of both sides.
        lines: Vec<Line>,
    },
    /// Allow a rejected combination to be proposed again.
    Reconsider {
        /// Lines of both sides.
        lines: Vec<Line>,
    },
    /// Put lines off.
    Hold {
        /// The lines.
        lines: Vec<Line>,
        /// Day they come back.
        #[cfg_attr(feature = "schema", schema(value_type = String, format = Date))]
        until: Date,
        /// Free text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Take lines off hold.
    Release {
        /// The lines.
        lines: Vec<Line>,
    },
    /// Give lines back the holds they had.
    RestoreHolds {
        /// The lines, each with its own day.
        holds: Vec<HeldLine>,
        /// What was said when those holds began.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Comment on a line.
    Comment {
        /// The line.
        line: Line,
        /// Free text.
        text: String,
    },
    /// Withdraw a comment.
    Withdraw {
        /// The line.
        line: Line,
        /// Event id of the comment's object.
        comment: String,
    },
    /// Settle lines without a counterpart.
    WriteOff {
        /// The lines.
        lines: Vec<Line>,
        /// Why.
        reason: String,
        /// Free text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Make a delivered document part of the books.
    ImportDocument {
        /// Its SHA-256.
        #[cfg_attr(feature = "schema", schema(min_length = 64, max_length = 64))]
        sha256: String,
        /// Its file's name.
        #[cfg_attr(feature = "schema", schema(max_length = 255))]
        name: String,
        /// How to read a table, as TOML.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", schema(max_length = 16384))]
        mapping: Option<String>,
    },
    /// Keep the refusal of a document that could not be read.
    RefuseDocument {
        /// Its SHA-256.
        #[cfg_attr(feature = "schema", schema(min_length = 64, max_length = 64))]
        sha256: String,
        /// Its file's name.
        #[cfg_attr(feature = "schema", schema(max_length = 255))]
        name: String,
        /// Its length.
        bytes: u64,
        /// Code of the finding.
        #[cfg_attr(feature = "schema", schema(max_length = 64))]
        code: String,
        /// Line of the finding.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        line: Option<u64>,
    },
    /// Give a bank account its ledger account.
    AssignAccount {
        /// Key of the account: normalised number and currency.
        #[cfg_attr(feature = "schema", schema(max_length = 64))]
        account: String,
        /// Number of the ledger account.
        #[cfg_attr(feature = "schema", schema(max_length = 64))]
        ledger_account: String,
    },
    /// Note that a reconciliation left as a file.
    ExportReconciliation {
        /// Key of the account.
        #[cfg_attr(feature = "schema", schema(max_length = 64))]
        account: String,
        /// `YYYY-MM`, or absent for all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", schema(max_length = 7))]
        month: Option<String>,
        /// Rows of the file.
        rows: u64,
        /// Digest of the file.
        #[cfg_attr(feature = "schema", schema(min_length = 64, max_length = 64))]
        sha256: String,
    },
}

/// Answers to a [`Batch`], in its order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
pub struct BatchAnswer {
    /// One for each submission.
    pub answers: Vec<Answer>,
}

/// What became of one submission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
pub struct Answer {
    /// The submission's key.
    pub key: Uuid,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It is an event of the log.
    Accepted {
        /// The event's position.
        seq: u64,
    },
    /// Another event says it already, such as the import of the same document.
    Already {
        /// That event's position.
        seq: u64,
    },
    /// The rules or the member's rights refused it. Nothing has changed.
    Refused {
        /// Stable code.
        code: String,
        /// In words for a person, in English.
        message: String,
        /// Position of the event that stands in the way, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<u64>,
    },
}

/// A word of a command that means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Which member.
    pub what: &'static str,
    /// What it said.
    pub value: String,
}

impl From<LineId> for Line {
    fn from(line: LineId) -> Self {
        match line {
            LineId::Bank(id) => Self { side: Side::Bank, id: id.to_string() },
            LineId::Ledger(id) => Self { side: Side::Ledger, id: id.to_string() },
        }
    }
}

impl TryFrom<&Line> for LineId {
    type Error = Unreadable;

    fn try_from(line: &Line) -> Result<Self, Unreadable> {
        let id = match line.side {
            Side::Bank => EntryId::parse(&line.id).map(Self::Bank),
            Side::Ledger => LedgerLineId::parse(&line.id).map(Self::Ledger),
        };
        id.ok_or_else(|| Unreadable { what: "line", value: line.id.clone() })
    }
}

fn lines(lines: &[LineId]) -> Vec<Line> {
    lines.iter().copied().map(Line::from).collect()
}

fn read_lines(lines: &[Line]) -> Result<Vec<LineId>, Unreadable> {
    lines.iter().map(LineId::try_from).collect()
}

fn read_reason(code: &str) -> Result<DifferenceReason, Unreadable> {
    DifferenceReason::parse(code)
        .ok_or_else(|| Unreadable { what: "difference_reason", value: code.to_owned() })
}

impl From<&domain::Command> for Command {
    fn from(command: &domain::Command) -> Self {
        use domain::Command as D;
        match command {
            D::Match { lines: of, by, confidence, difference_reason } => Self::Match {
                lines: lines(of),
                engine: match by {
                    MatchedBy::User => None,
                    MatchedBy::Rule { engine } => Some(engine.clone()),
                },
                confidence: confidence.clone(),
                difference_reason: difference_reason.map(|reason| reason.code().to_owned()),
            },
            D::Unmatch { match_id, note, holds, hold_note } => Self::Unmatch {
                match_id: match_id.clone(),
                note: note.clone(),
                holds: holds.iter().map(|(line, day)| held(*line, Some(*day))).collect(),
                hold_note: hold_note.clone(),
            },
            D::Reject { lines: of } => Self::Reject { lines: lines(of) },
            D::Reconsider { lines: of } => Self::Reconsider { lines: lines(of) },
            D::Hold { lines: of, until, note } => {
                Self::Hold { lines: lines(of), until: *until, note: note.clone() }
            }
            D::Release { lines: of } => Self::Release { lines: lines(of) },
            D::RestoreHolds { holds, note } => Self::RestoreHolds {
                holds: holds.iter().map(|(line, day)| held(*line, *day)).collect(),
                note: note.clone(),
            },
            D::Comment { line, text } => Self::Comment { line: (*line).into(), text: text.clone() },
            D::Withdraw { line, comment } => {
                Self::Withdraw { line: (*line).into(), comment: comment.clone() }
            }
            D::WriteOff { lines: of, reason, note } => {
                Self::WriteOff { lines: lines(of), reason: reason.code().to_owned(), note: note.clone() }
            }
        }
    }
}

fn held(line: LineId, until: Option<Date>) -> HeldLine {
    HeldLine { line: line.into(), until }
}

/// A command about lines, or `None` where it is about something else.
///
/// # Errors
/// [`Unreadable`] for an id or a code that means nothing.
pub fn read_decision(command: &Command) -> Result<Option<domain::Command>, Unreadable> {
    use domain::Command as D;
    Ok(Some(match command {
        Command::Match { lines, engine, confidence, difference_reason } => D::Match {
            lines: read_lines(lines)?,
            by: match engine {
                None => MatchedBy::User,
                Some(engine) => MatchedBy::Rule { engine: engine.clone() },
            },
            confidence: confidence.clone(),
            difference_reason: difference_reason.as_deref().map(read_reason).transpose()?,
        },
        Command::Unmatch { match_id, note, holds, hold_note } => D::Unmatch {
            match_id: match_id.clone(),
            note: note.clone(),
            holds: holds
                .iter()
                .map(|held| {
                    let until = held
                        .until
                        .ok_or_else(|| Unreadable { what: "until", value: held.line.id.clone() })?;
                    Ok((LineId::try_from(&held.line)?, until))
                })
                .collect::<Result<_, Unreadable>>()?,
            hold_note: hold_note.clone(),
        },
        Command::Reject { lines } => D::Reject { lines: read_lines(lines)? },
        Command::Reconsider { lines } => D::Reconsider { lines: read_lines(lines)? },
        Command::Hold { lines, until, note } => {
            D::Hold { lines: read_lines(lines)?, until: *until, note: note.clone() }
        }
        Command::Release { lines } => D::Release { lines: read_lines(lines)? },
        Command::RestoreHolds { holds, note } => D::RestoreHolds {
            holds: holds
                .iter()
                .map(|held| Ok((LineId::try_from(&held.line)?, held.until)))
                .collect::<Result<_, Unreadable>>()?,
            note: note.clone(),
        },
        Command::Comment { line, text } => D::Comment { line: LineId::try_from(line)?, text: text.clone() },
        Command::Withdraw { line, comment } => {
            D::Withdraw { line: LineId::try_from(line)?, comment: comment.clone() }
        }
        Command::WriteOff { lines, reason, note } => {
            D::WriteOff { lines: read_lines(lines)?, reason: read_reason(reason)?, note: note.clone() }
        }
        Command::ImportDocument { .. }
        | Command::RefuseDocument { .. }
        | Command::AssignAccount { .. }
        | Command::ExportReconciliation { .. } => return Ok(None),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decision_reads_back() {
        let lines = vec![LineId::Bank(EntryId([1; 16])), LineId::Ledger(LedgerLineId([2; 16]))];
        let day = Date::constant(2026, 12, 1);
        let note = Some("later".to_owned());
        use domain::Command as D;
        for command in [
            D::Match {
                lines: lines.clone(),
                by: MatchedBy::Rule { engine: "matching/1".to_owned() },
                confidence: Some("0.970".to_owned()),
                difference_reason: Some(DifferenceReason::Fee),
            },
            D::Match { lines: lines.clone(), by: MatchedBy::User, confidence: None, difference_reason: None },
            D::Unmatch {
                match_id: "m".to_owned(),
                note: note.clone(),
                holds: vec![(lines[0], day)],
                hold_note: note.clone(),
            },
            D::Reject { lines: lines.clone() },
            D::Reconsider { lines: lines.clone() },
            D::Hold { lines: lines.clone(), until: day, note: note.clone() },
            D::Release { lines: lines.clone() },
            D::RestoreHolds { holds: vec![(lines[0], Some(day)), (lines[1], None)], note: note.clone() },
            D::Comment { line: lines[0], text: "asked".to_owned() },
            D::Withdraw { line: lines[1], comment: "c".to_owned() },
            D::WriteOff { lines: lines.clone(), reason: DifferenceReason::Other, note },
        ] {
            let json = serde_json::to_string(&Command::from(&command)).unwrap();
            let read: Command = serde_json::from_str(&json).unwrap();
            assert_eq!(read_decision(&read), Ok(Some(command)), "{json}");
        }
    }

    #[test]
    fn a_command_with_a_member_nobody_knows_is_refused() {
        let json = r#"{"type":"release","lines":[],"quietly":true}"#;
        assert!(serde_json::from_str::<Command>(json).is_err());
    }

    #[test]
    fn an_answer_tells_its_outcome_beside_its_key() {
        let answer = Answer { key: Uuid::nil(), outcome: Outcome::Accepted { seq: 7 } };
        let json = serde_json::to_value(&answer).unwrap();
        assert_eq!(json["outcome"], "accepted");
        assert_eq!(serde_json::from_value::<Answer>(json).unwrap(), answer);
    }
}
