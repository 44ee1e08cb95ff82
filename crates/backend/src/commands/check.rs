//! What no command may say, whatever it is about: texts that are longer than anything shows, that a store does not
//! take, and numbers that JSON does not carry.

use crate::error::ApiError;
use attest_domain::limits::TEXT_CHARS_MAX;
use attest_wire::{Command, Submission};

/// Longest code, id or number of an account, in characters.
const WORD_MAX: usize = 64;
/// Longest name of a file, in characters.
const NAME_MAX: usize = 255;
/// Longest mapping, in bytes: twice that is still less than an event takes.
const MAPPING_MAX: usize = 16 * 1024;
/// Largest number that every reader of JSON reads alike (RFC 8785 §3.2.2.3).
const NUMBER_MAX: u64 = (1 << 53) - 1;

/// What a text is.
#[derive(Clone, Copy)]
enum Kind {
    /// One line that a program reads.
    Word,
    /// The name of a file.
    Name,
    /// Free text of several lines.
    Text,
    /// A mapping in TOML.
    Mapping,
}

/// Checks the texts and numbers of a submission.
pub(super) fn check(submission: &Submission) -> Result<(), ApiError> {
    let words = [("reason", &submission.reason), ("brings_back", &submission.brings_back)];
    for (what, text) in words {
        check_text(what, Kind::Word, text.as_deref().unwrap_or("-"))?;
    }
    for (what, kind, text) in texts(&submission.command) {
        check_text(what, kind, text)?;
    }
    let numbers = match &submission.command {
        Command::RefuseDocument { bytes, line, .. } => [Some(*bytes), *line],
        Command::ExportReconciliation { rows, .. } => [Some(*rows), None],
        _ => [None, None],
    };
    if numbers.into_iter().flatten().any(|number| number > NUMBER_MAX) {
        let message = format!("A number is at most {NUMBER_MAX}.");
        return Err(ApiError::Invalid("number.too_large", message));
    }
    if let Command::ExportReconciliation { month: Some(month), .. } = &submission.command
        && format!("{month}-01").parse::<attest_domain::Date>().is_err()
    {
        let message = format!("{month:?} is no month, such as 2026-03.");
        return Err(ApiError::Invalid("month.unreadable", message));
    }
    if let Command::Match { confidence: Some(confidence), .. } = &submission.command
        && !confidence.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        let message = "A confidence is a number with a point, such as 0.970.".to_owned();
        return Err(ApiError::Invalid("confidence.unreadable", message));
    }
    Ok(())
}

/// The texts of a command; ids of lines and digests are checked where they are read.
fn texts(command: &Command) -> Vec<(&'static str, Kind, &str)> {
    use Kind::{Mapping, Name, Text, Word};
    let mut texts: Vec<(&'static str, Kind, &str)> = Vec::new();
    let mut optional = |what, kind, text| texts.extend(Option::map(text, |text| (what, kind, text)));
    match command {
        Command::Match { engine, confidence, difference_reason, .. } => {
            optional("engine", Word, engine.as_deref());
            optional("confidence", Word, confidence.as_deref());
            optional("difference_reason", Word, difference_reason.as_deref());
        }
        Command::Unmatch { match_id, note, hold_note, .. } => {
            optional("match_id", Word, Some(match_id));
            optional("note", Text, note.as_deref());
            optional("hold_note", Text, hold_note.as_deref());
        }
        Command::Hold { note, .. } | Command::RestoreHolds { note, .. } => {
            optional("note", Text, note.as_deref());
        }
        Command::Comment { text, .. } => optional("text", Text, Some(text)),
        Command::Withdraw { comment, .. } => optional("comment", Word, Some(comment)),
        Command::WriteOff { reason, note, .. } => {
            optional("reason", Word, Some(reason));
            optional("note", Text, note.as_deref());
        }
        Command::ImportDocument { sha256, name, mapping } => {
            optional("sha256", Word, Some(sha256));
            optional("name", Name, Some(name));
            optional("mapping", Mapping, mapping.as_deref());
        }
        Command::RefuseDocument { sha256, name, code, .. } => {
            optional("sha256", Word, Some(sha256));
            optional("name", Name, Some(name));
            optional("code", Word, Some(code));
        }
        Command::AssignAccount { account, ledger_account } => {
            optional("account", Word, Some(account));
            optional("ledger_account", Word, Some(ledger_account));
        }
        Command::ExportReconciliation { account, month, sha256, .. } => {
            optional("account", Word, Some(account));
            optional("month", Word, month.as_deref());
            optional("sha256", Word, Some(sha256));
        }
        Command::Reject { .. } | Command::Reconsider { .. } | Command::Release { .. } => {}
    }
    texts
}

fn check_text(what: &'static str, kind: Kind, text: &str) -> Result<(), ApiError> {
    let (length, most, of_lines) = match kind {
        Kind::Word => (text.chars().count(), WORD_MAX, false),
        Kind::Name => (text.chars().count(), NAME_MAX, false),
        Kind::Text => (text.chars().count(), 2 * TEXT_CHARS_MAX, true),
        Kind::Mapping => (text.len(), MAPPING_MAX, true),
    };
    if length > most {
        let message = format!("The {what} is too long: {length} characters, and {most} is the most.");
        return Err(ApiError::Invalid("text.too_long", message));
    }
    let breaks = |letter: char| of_lines && matches!(letter, '\n' | '\r' | '\t');
    if text.chars().any(|letter| letter.is_control() && !breaks(letter)) {
        let message = format!("The {what} holds a control character. Remove it.");
        return Err(ApiError::Invalid("text.unreadable", message));
    }
    if matches!(kind, Kind::Word | Kind::Name) && text.is_empty() {
        return Err(ApiError::Invalid("text.empty", format!("The {what} is empty.")));
    }
    Ok(())
}
