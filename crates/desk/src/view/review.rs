//! The reconciliation's part of the contract: lists, lines, groups, sources and decisions.

use super::FindingView;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

view! {
    /// Which part of the reconciliation to look at.
    pub enum ReviewFilter {
        /// Everything.
        All,
        /// Only what wants a decision.
        Needs,
        /// Only proposals.
        Suggested,
        /// Only what is on hold.
        Held,
        /// Only what is confirmed.
        Confirmed,
    }
}
view! {
    /// Asks for the reconciliation of one account and month.
    pub struct ReviewQuery {
        /// Account.
        pub account: i64,
        /// Month as `YYYY-MM`, or `null` for all there is.
        pub month: Option<String>,
        /// Words to find in amount, reference, party and text; all must occur. Empty finds all.
        pub search: String,
        /// Part.
        pub filter: ReviewFilter,
    }
}
view! {
    /// A section of the list.
    pub enum SectionKind {
        /// Open or contradicting: wants a decision.
        Needs,
        /// Proposed by the engine.
        Suggested,
        /// Put off until a day.
        Held,
        /// Confirmed by a rule or a person.
        Confirmed,
    }
}
view! {
    /// Where a section starts and how much is in it.
    pub struct SectionView {
        /// Which.
        pub kind: SectionKind,
        /// Index of its heading among all lines.
        pub start: u32,
        /// Groups in it.
        pub groups: u32,
        /// Bank entries in it.
        pub entries: u32,
        /// Ledger lines in it.
        pub ledger_lines: u32,
        /// For suggestions: how many reach the threshold; for confirmed: how many a rule confirmed.
        pub by_rule: u32,
    }
}
view! {
    /// ledger + open items = statement, on the last day of the period.
    pub struct EquationView {
        /// The day.
        pub date: String,
        /// Ledger balance, or `null` when no opening balance is known.
        pub ledger: Option<String>,
        /// Statement balance, or `null` when the bank gave none.
        pub statement: Option<String>,
        /// Bank entries without a ledger line, summed.
        pub open_bank: String,
        /// Ledger lines without a bank entry, summed.
        pub open_ledger: String,
        /// Differences inside confirmed matches, summed.
        pub differences: String,
        /// `open_bank − open_ledger + differences`.
        pub open: String,
        /// What the figures leave unexplained; `null` when it cannot be worked out, `0` when all is well.
        pub unexplained: Option<String>,
    }
}
view! {
    /// The reconciliation of an account: a frozen list that [`ReviewLine`]s are fetched from by index.
    pub struct ReviewView {
        /// Handle for fetching lines; a decision makes a new one.
        pub view: u32,
        /// Lines in all, headings included.
        pub lines: u32,
        /// The sections in order.
        pub sections: Vec<SectionView>,
        /// The equation.
        pub equation: EquationView,
        /// Bank entries in the period, whatever the filter.
        pub entries: u32,
        /// … of them confirmed.
        pub confirmed: u32,
        /// … of them suggested.
        pub suggested: u32,
        /// … of them open, held included.
        pub open: u32,
        /// Pending and information entries, which take no part.
        pub pending: u32,
        /// Currency of every amount in the list.
        pub currency: String,
        /// What undo would take back, or `null`.
        pub undo: Option<UndoView>,
        /// What redo would do again, or `null`.
        pub redo: Option<UndoView>,
    }
}
view! {
    /// A reconciliation as it appears: what there is of it, and the lines that are seen first.
    pub struct OpenedReview {
        /// The reconciliation.
        pub review: ReviewView,
        /// Lines from the index that was asked for on, as many of them as there are.
        pub lines: Vec<ReviewLine>,
    }
}
view! {
    /// Names the step that undo or redo would take.
    pub struct UndoView {
        /// Action in the log, such as `cash_movement.match`.
        pub action: String,
        /// Position in the log.
        pub seq: u64,
        /// Party or text of the line concerned.
        pub subject: String,
        /// Number of lines concerned.
        pub lines: u32,
    }
}
view! {
    /// Asks for lines of a list; at most 1,000 at once.
    pub struct LinesQuery {
        /// Handle.
        pub view: u32,
        /// First index.
        pub start: u32,
        /// Index behind the last.
        pub end: u32,
    }
}
view! {
    /// What one display line is.
    pub enum LineKind {
        /// Heading of a section.
        Section,
        /// First line of a group.
        First,
        /// A further line of the same group.
        More,
    }
}
view! {
    /// What stands between the two sides.
    pub enum MiddleKind {
        /// Nothing on this line.
        None,
        /// No match was found.
        NoMatch,
        /// Several equally good matches; `count` of them.
        Equal,
        /// Reference or party speaks against it.
        Contradicts,
        /// A proposal with its confidence.
        Confidence,
        /// The difference line of a match.
        Difference,
        /// Confirmed by a rule.
        ByRule,
        /// Confirmed by a person.
        ByUser,
        /// On hold until `until`.
        Held,
        /// Written off.
        WrittenOff,
    }
}
view! {
    /// The bank's side of a display line.
    pub struct BankCell {
        /// Entry id.
        pub id: String,
        /// Booking day.
        pub booked: Option<String>,
        /// Counterparty, else the bank's text.
        pub party: String,
        /// Reference or text that helps to tell it from others.
        pub detail: String,
        /// Amount.
        pub amount: String,
        /// Payments inside, when more than one.
        pub payments: u32,
        /// Whether it has a comment.
        pub commented: bool,
    }
}
view! {
    /// The ledger's side of a display line.
    pub struct LedgerCell {
        /// Ledger line id; empty for a difference line.
        pub id: String,
        /// Day.
        pub date: Option<String>,
        /// Series and number.
        pub voucher: String,
        /// Text.
        pub text: String,
        /// Amount.
        pub amount: String,
        /// Whether it has a comment.
        pub commented: bool,
    }
}
view! {
    /// One line of 32 px in the list.
    pub struct ReviewLine {
        /// Index in the list.
        pub index: u32,
        /// What it is.
        pub kind: LineKind,
        /// Section it belongs to.
        pub section: SectionKind,
        /// Group, for actions; 0 on a heading.
        pub group: i64,
        /// Bank side.
        pub bank: Option<BankCell>,
        /// Between.
        pub middle: MiddleKind,
        /// Confidence with three decimals, for [`MiddleKind::Confidence`].
        pub confidence: Option<String>,
        /// Whether the confidence reaches the threshold.
        pub safe: bool,
        /// Number of equal solutions.
        pub count: u32,
        /// When it was decided, or until when it is held.
        pub when: Option<String>,
        /// Ledger side.
        pub ledger: Option<LedgerCell>,
    }
}
view! {
    /// One field's part in a proposal.
    pub struct ReasonView {
        /// Field: `reference`, `amount`, `date`, `counterparty`, `text`, `batch`, `contradiction`.
        pub field: String,
        /// Weight in bits, one decimal, signed.
        pub weight: f64,
        /// What was compared.
        pub detail: String,
    }
}
view! {
    /// An event about a line, for the history tab.
    pub struct HistoryView {
        /// Position in the log.
        pub seq: u64,
        /// When.
        pub at: String,
        /// Action.
        pub action: String,
        /// `user`, `member` (another person), `system` or `bank`.
        pub actor: String,
        /// Reason, comment or note.
        pub text: Option<String>,
        /// Whether what was said was erased, so that nobody has it any more.
        pub erased: bool,
        /// Whether the service does not have it yet.
        pub pending: bool,
    }
}
view! {
    /// A group in full, for the evidence column.
    pub struct GroupView {
        /// Group.
        pub group: i64,
        /// Section.
        pub section: SectionKind,
        /// Bank entries.
        pub bank: Vec<BankCell>,
        /// Ledger lines.
        pub ledger: Vec<LedgerCell>,
        /// Σ bank − Σ ledger.
        pub difference: String,
        /// Confidence of a proposal, three decimals.
        pub confidence: Option<String>,
        /// Why.
        pub reasons: Vec<ReasonView>,
        /// Events, newest first.
        pub history: Vec<HistoryView>,
        /// Day until which it is held.
        pub held_until: Option<String>,
    }
}
view! {
    /// Which side a line is on.
    pub enum SideView {
        /// A bank entry.
        Bank,
        /// A ledger line.
        Ledger,
    }
}
view! {
    /// Names one line of either side.
    pub struct LineRef {
        /// Side.
        pub side: SideView,
        /// Entry id or ledger line id.
        pub id: String,
    }
}
view! {
    /// A name and a value in the source panel; the window translates the name.
    pub struct FieldView {
        /// Stable name: `amount`, `booked`, `valued`, `batch`, `endToEnd`, `ocr`, `account`, `voucher` …
        pub name: String,
        /// Value.
        pub value: String,
        /// How the window formats it: `text`, `amount`, `date`, `code`.
        pub format: String,
    }
}
view! {
    /// A line of the original document.
    pub struct SourceLine {
        /// Line number from 1.
        pub number: u64,
        /// The text, decoded; very long lines are cut in the middle.
        pub text: String,
        /// Whether it belongs to the element.
        pub highlighted: bool,
    }
}
view! {
    /// Where a figure comes from.
    pub struct SourceView {
        /// What the program read.
        pub fields: Vec<FieldView>,
        /// Document name.
        pub document: String,
        /// Format.
        pub format: String,
        /// First byte of the element in the original.
        pub start: u64,
        /// Byte behind its last.
        pub end: u64,
        /// The element in its surroundings, at most 400 lines.
        pub lines: Vec<SourceLine>,
        /// Digest of the document.
        pub sha256: String,
        /// Its short code.
        pub code: String,
        /// Position of the import in the log.
        pub log_seq: u64,
        /// When it was imported.
        pub imported_at: String,
        /// The payments inside a batch entry.
        pub payments: Vec<PaymentView>,
        /// Findings about the statement or voucher.
        pub findings: Vec<FindingView>,
    }
}
view! {
    /// One payment inside a batch entry.
    pub struct PaymentView {
        /// Counterparty.
        pub party: String,
        /// Reference.
        pub reference: String,
        /// Amount, where the bank gives one.
        pub amount: Option<String>,
    }
}

/// A decision about lines of the reconciliation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub enum DecisionRequest {
    /// Confirm a proposal. A difference between its sides needs a reason.
    Accept {
        /// Group of the proposal.
        group: i64,
        /// Reason code of a difference: `fee`, `rounding`, `exchange`, `other`; `null` when there is none.
        difference_reason: Option<String>,
    },
    /// Confirm every proposal of the account and month that reaches the threshold and whose sides are equal.
    AcceptSafe {
        /// Account.
        account: i64,
        /// Month, or `null` for all.
        month: Option<String>,
    },
    /// Turn a proposal down; the same combination is not proposed again.
    Reject {
        /// Group of the proposal.
        group: i64,
    },
    /// Match lines by hand, n to m. A difference needs a reason.
    Match {
        /// Lines of both sides.
        lines: Vec<LineRef>,
        /// Reason code of a difference: `fee`, `rounding`, `exchange`, `other`; `null` when there is none.
        difference_reason: Option<String>,
    },
    /// Dissolve a confirmed match.
    Unmatch {
        /// Group of the match.
        group: i64,
        /// Why, for the trail.
        reason: Option<String>,
    },
    /// Put lines off until a day.
    Hold {
        /// Lines.
        lines: Vec<LineRef>,
        /// Day they come back.
        until: String,
        /// Question or note.
        note: Option<String>,
    },
    /// Take lines off hold.
    Release {
        /// Lines.
        lines: Vec<LineRef>,
    },
    /// Comment on a line.
    Comment {
        /// Line.
        line: LineRef,
        /// Text, at most 2,000 characters.
        text: String,
    },
    /// Settle lines of one side without a counterpart, for a reason.
    WriteOff {
        /// Lines.
        lines: Vec<LineRef>,
        /// `fee`, `rounding`, `exchange`, `error`, `other`.
        reason: String,
        /// Explanation.
        note: Option<String>,
    },
    /// Take the last decision back.
    Undo,
    /// Do the last undone decision again.
    Redo,
}

view! {
    /// What a decision did.
    pub struct DecisionView {
        /// Events written.
        pub events: u32,
        /// First event's position in the log.
        pub seq: u64,
        /// Group to select next: the decided one's neighbour, so that the place is not lost.
        pub next: Option<i64>,
    }
}
view! {
    /// Sums of a selection, worked out in exact decimals.
    pub struct SelectionView {
        /// Lines selected.
        pub count: u32,
        /// Σ bank.
        pub bank: String,
        /// Σ ledger.
        pub ledger: String,
        /// Σ bank − Σ ledger.
        pub difference: String,
    }
}
