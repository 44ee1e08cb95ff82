//! Conflicts: what was decided here and refused by the backend, in words a person can choose by.

use crate::{
    Desk, Session,
    error::DeskError,
    view::{ConflictLine, ConflictView, LineRef, SideView},
};
use attest_cache::{Side, date_from_day, outbox::OutboxState};
use attest_domain::{EntryId, LedgerLineId, command::LineId, event::Event};
use attest_evidence::{disclosure, leaf};
use attest_wire::{Command, Line, Submission};

/// Lines told of one conflict.
const LINES_SHOWN: usize = 20;
/// Events about a member in which its name is looked for, from the newest on.
const EVENTS_OF_MEMBER: u32 = 10;

impl Desk {
    /// What was decided here and refused there, oldest first.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or what the database says.
    pub async fn list_conflicts(&self) -> Result<Vec<ConflictView>, DeskError> {
        let session = self.session().await?;
        let mut conflicts = Vec::new();
        for row in session.cache.list_outbox().await? {
            let OutboxState::Refused { code, message, because } = row.state else { continue };
            let standing = match because {
                Some(seq) => find_event(&session, seq).await?,
                None => None,
            };
            let submission: Submission = serde_json::from_str(&row.submission)
                .map_err(|error| DeskError::Bug(format!("the outbox: {error}")))?;
            let ids = lines_of(&session, &submission.command, standing.as_ref()).await?;
            let mut lines = Vec::new();
            for id in ids.into_iter().take(LINES_SHOWN) {
                lines.extend(describe(&session, id).await?);
            }
            conflicts.push(ConflictView {
                key: row.key,
                made: row.made,
                command: serde_json::to_value(&submission.command)
                    .ok()
                    .and_then(|command| command["type"].as_str().map(str::to_owned))
                    .unwrap_or_default(),
                code,
                message,
                lines,
                name: match &standing {
                    Some(event) => find_name(&session, &event.actor.id).await?,
                    None => None,
                },
                by: standing.as_ref().map(|event| event.actor.id.clone()),
                role: standing.as_ref().and_then(|event| event.actor.role.clone()),
                at: standing.as_ref().map(|event| event.at.clone()),
                action: standing.map(|event| event.action),
            });
        }
        Ok(conflicts)
    }

    /// Leaves a refused decision: what stands in its way is kept.
    ///
    /// # Errors
    /// [`DeskError::Unknown`] when nothing was refused under this key.
    pub async fn dismiss_conflict(&self, key: &str) -> Result<(), DeskError> {
        let session = self.session().await?;
        let mut tx = session.begin().await?;
        let refused = |state: &OutboxState| matches!(state, OutboxState::Refused { .. });
        if !tx.list_outbox().await?.iter().any(|row| row.key == key && refused(&row.state)) {
            return Err(DeskError::Unknown { what: "refused decision", name: key.to_owned() });
        }
        tx.remove_outbox(key).await?;
        session.commit(tx).await
    }
}

async fn find_event(session: &Session, seq: u64) -> Result<Option<Event>, DeskError> {
    let stored = session.cache.list_events(seq, 1).await?.pop().filter(|event| event.seq == seq);
    Ok(stored.map(|stored| leaf::decode(&stored.leaf)).transpose()?)
}

/// What the log says of a member's name, where that is here: it is concealed in the event that made it a member, and
/// may be withheld or erased.
async fn find_name(session: &Session, member: &str) -> Result<Option<String>, DeskError> {
    for stored in session.cache.list_events_of(member, EVENTS_OF_MEMBER).await? {
        let event = leaf::decode(&stored.leaf)?;
        let revealed = stored.disclosures.iter().filter_map(|text| disclosure::reveal(text, &event.sd).ok());
        let mut names = revealed.filter(|(name, _)| name == "name");
        if let Some((_, value)) = names.next() {
            return Ok(value.as_str().map(str::to_owned));
        }
    }
    Ok(None)
}

/// The lines that a command is about; of a match that was to be dissolved, those of what stands in the way.
async fn lines_of(
    session: &Session,
    command: &Command,
    standing: Option<&Event>,
) -> Result<Vec<LineId>, DeskError> {
    let read = |lines: &[Line]| lines.iter().filter_map(|line| LineId::try_from(line).ok()).collect();
    Ok(match command {
        Command::Match { lines, .. }
        | Command::Reject { lines }
        | Command::Reconsider { lines }
        | Command::Hold { lines, .. }
        | Command::Release { lines }
        | Command::WriteOff { lines, .. } => read(lines),
        Command::Comment { line, .. } | Command::Withdraw { line, .. } => read(std::slice::from_ref(line)),
        Command::Unmatch { .. } => {
            let mut found = Vec::new();
            for id in standing.map(Event::lines).unwrap_or_default() {
                let Some(parsed) = EntryId::parse(&id) else { continue };
                // Both kinds of ids are written alike; the bank has it or the ledger does.
                found.push(match session.cache.find_line(Side::Bank, &parsed.0).await? {
                    Some(_) => LineId::Bank(parsed),
                    None => LineId::Ledger(LedgerLineId(parsed.0)),
                });
            }
            found
        }
        _ => Vec::new(),
    })
}

async fn describe(session: &Session, id: LineId) -> Result<Option<ConflictLine>, DeskError> {
    let (side, uid, text) = match id {
        LineId::Bank(id) => {
            let row = session.cache.find_entry(&id).await?;
            let text = row.and_then(|row| {
                row.entry.counterparty().and_then(|party| party.name.clone()).or_else(|| row.entry.text())
            });
            (Side::Bank, id.0, text)
        }
        LineId::Ledger(id) => {
            let row = session.cache.find_ledger_line(&id).await?;
            (Side::Ledger, id.0, row.and_then(|row| row.shown_text().map(str::to_owned)))
        }
    };
    let Some(line) = session.cache.find_line(side, &uid).await? else { return Ok(None) };
    let day = date_from_day(line.day).map(|day| day.to_string());
    let side = match side {
        Side::Bank => SideView::Bank,
        Side::Ledger => SideView::Ledger,
    };
    Ok(Some(ConflictLine {
        line: LineRef { side, id: id.to_string() },
        text: text.unwrap_or_default(),
        amount: line.amount.to_string(),
        currency: line.currency,
        account: line.account,
        month: day.as_ref().map(|day| day.chars().take(7).collect()),
        day,
    }))
}
