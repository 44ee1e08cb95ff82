//! What people and rules ask for. A command becomes events only through [`decide`](crate::decide::decide).

use crate::{
    amount::{Amount, Currency},
    ids::{EntryId, LedgerLineId},
    statement::EntryStatus,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A line of either side of a reconciliation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineId {
    /// A bank entry.
    Bank(EntryId),
    /// A ledger line.
    Ledger(LedgerLineId),
}

impl fmt::Display for LineId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bank(id) => id.fmt(formatter),
            Self::Ledger(id) => id.fmt(formatter),
        }
    }
}

/// Why the two sides of a match differ, or why a line is settled without a counterpart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceReason {
    /// The bank's fee.
    Fee,
    /// Rounding.
    Rounding,
    /// Exchange difference.
    Exchange,
    /// Somebody's mistake, to be corrected elsewhere.
    Error,
    /// Anything else; a note says what.
    Other,
}

impl DifferenceReason {
    /// Reads the code that events and windows use.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Some(match code {
            "fee" => Self::Fee,
            "rounding" => Self::Rounding,
            "exchange" => Self::Exchange,
            "error" => Self::Error,
            "other" => Self::Other,
            _ => return None,
        })
    }

    /// The code that events and windows use.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Fee => "fee",
            Self::Rounding => "rounding",
            Self::Exchange => "exchange",
            Self::Error => "error",
            Self::Other => "other",
        }
    }
}

/// Who confirms a match: a person, or the engine by its threshold.
#[derive(Clone, Debug, PartialEq)]
pub enum MatchedBy {
    /// A person, by hand or by accepting a proposal.
    User,
    /// The engine, with the rule and version that decided.
    Rule {
        /// Engine and version, such as `matching/1`.
        engine: String,
    },
}

/// A command about lines of a reconciliation.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Confirm that lines belong together.
    Match {
        /// Lines of both sides.
        lines: Vec<LineId>,
        /// Who.
        by: MatchedBy,
        /// Confidence of the proposal, three decimals, where there was one.
        confidence: Option<String>,
        /// Needed when the sides differ.
        difference_reason: Option<DifferenceReason>,
    },
    /// Dissolve the match or write-off that these lines are in.
    Unmatch {
        /// The match.
        match_id: String,
        /// Why; free text.
        note: Option<String>,
        /// Holds that the match ended and that come back with undo, each with its own day.
        holds: Vec<(LineId, Date)>,
        /// What was said when those holds began; free text.
        hold_note: Option<String>,
    },
    /// Turn down the proposal of exactly these lines.
    Reject {
        /// Lines of both sides.
        lines: Vec<LineId>,
    },
    /// Allow a rejected combination to be proposed again.
    Reconsider {
        /// Lines of both sides.
        lines: Vec<LineId>,
    },
    /// Put lines off.
    Hold {
        /// Lines.
        lines: Vec<LineId>,
        /// Day they come back.
        until: Date,
        /// Free text.
        note: Option<String>,
    },
    /// Take lines off hold.
    Release {
        /// Lines.
        lines: Vec<LineId>,
    },
    /// Give lines back the holds they had, each its own; `None` had none.
    RestoreHolds {
        /// Lines.
        holds: Vec<(LineId, Option<Date>)>,
        /// What was said when those holds began; free text.
        note: Option<String>,
    },
    /// Comment on a line.
    Comment {
        /// The line.
        line: LineId,
        /// Free text.
        text: String,
    },
    /// Withdraw a comment.
    Withdraw {
        /// The line.
        line: LineId,
        /// Event id of the comment.
        comment: String,
    },
    /// Settle lines of one side without a counterpart.
    WriteOff {
        /// Lines.
        lines: Vec<LineId>,
        /// Why.
        reason: DifferenceReason,
        /// Free text; needed for [`DifferenceReason::Other`].
        note: Option<String>,
    },
}

impl Command {
    /// The lines it names, in its order.
    #[must_use]
    pub fn lines(&self) -> Vec<LineId> {
        match self {
            Self::Match { lines, .. }
            | Self::Reject { lines }
            | Self::Reconsider { lines }
            | Self::Hold { lines, .. }
            | Self::Release { lines }
            | Self::WriteOff { lines, .. } => lines.clone(),
            Self::Comment { line, .. } | Self::Withdraw { line, .. } => vec![*line],
            Self::RestoreHolds { holds, .. } => holds.iter().map(|(line, _)| *line).collect(),
            Self::Unmatch { .. } => Vec::new(),
        }
    }
}

/// What a line is in when a command arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineState {
    /// Wants a counterpart.
    Open,
    /// Put off until a day.
    Held(Date),
    /// In a confirmed match or write-off.
    Settled {
        /// The match.
        match_id: String,
    },
}

/// What the rules need to know about a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFact {
    /// The line.
    pub id: LineId,
    /// Signed amount.
    pub amount: Amount,
    /// Currency.
    pub currency: Currency,
    /// Status of a bank entry; ledger lines that count are booked.
    pub status: EntryStatus,
    /// Its state.
    pub state: LineState,
}

/// What the rules need to know about a confirmed match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchFact {
    /// The match.
    pub match_id: String,
    /// Its lines.
    pub lines: Vec<LineId>,
    /// Version of the object.
    pub version: u64,
    /// The state after its creation, as written in its event.
    pub after: serde_json::Value,
}

/// Everything a decision rests on.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Facts {
    /// Today. `None` where something is taken back: what was allowed once may come back as it was, also a hold whose
    /// day has passed since, or a write-off whose note was erased.
    pub today: Option<Date>,
    /// Facts about the lines the command names; unknown lines are missing.
    pub lines: Vec<LineFact>,
    /// The match the command names.
    pub matched: Option<MatchFact>,
    /// Id for an object the command may create.
    pub new_id: String,
    /// Id and version of a dissolved match that the command brings back instead of making one.
    pub dissolved: Option<(String, u64)>,
}
