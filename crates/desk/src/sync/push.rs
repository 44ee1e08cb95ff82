//! Pushing: what was decided here, in its order; sent again it is answered as the first time.

use crate::{Session, connection::Connection, error::DeskError};
use attest_cache::outbox::{OutboxRow, OutboxState};
use attest_evidence::{leaf, tree::SIZE_MAX};
use attest_remote::{Remote, RemoteError};
use attest_wire::{BATCH_COMMANDS_MAX, Batch, Command, Outcome, Submission};
use std::sync::Arc;

/// Sends everything that waits. Answers how many events the log must have when all that was accepted is in it.
pub(super) async fn push(
    session: &Arc<Session>,
    connection: &Connection,
    remote: &Remote,
) -> Result<Option<u64>, DeskError> {
    let mut reached = None;
    loop {
        let waiting: Vec<OutboxRow> = session
            .cache
            .list_outbox()
            .await?
            .into_iter()
            .filter(|row| row.state == OutboxState::Waiting)
            .take(BATCH_COMMANDS_MAX)
            .collect();
        if waiting.is_empty() {
            return Ok(reached);
        }
        for row in &waiting {
            deliver(session, connection, remote, row).await?;
        }
        let commands: Vec<Submission> = waiting
            .iter()
            .map(|row| serde_json::from_str(&row.submission))
            .collect::<Result<_, _>>()
            .map_err(|error| DeskError::Bug(format!("the outbox: {error}")))?;
        let batch = Batch { commands };
        let answer = remote.submit(connection.tenant, &batch).await?;
        let known = session.cache.find_checkpoint().await?.map_or(0, |stored| stored.size);
        for (command, answer) in batch.commands.iter().zip(&answer.answers) {
            if let Outcome::Accepted { seq } | Outcome::Already { seq } = answer.outcome
                && !can_stand(session, command, seq, known).await?
            {
                return Err(RemoteError::Garbled("answer").into());
            }
        }
        let mut tx = session.begin().await?;
        for answer in answer.answers {
            let state = match answer.outcome {
                Outcome::Accepted { seq } | Outcome::Already { seq } => {
                    reached = reached.max(Some(seq + 1));
                    OutboxState::Accepted(seq)
                }
                Outcome::Refused { code, message, because } => {
                    // What was refused is taken back by the next pull, even where nothing is new.
                    reached = reached.max(Some(0));
                    OutboxState::Refused { code, message, because }
                }
            };
            tx.answer_outbox(&answer.key.to_string(), &state).await?;
        }
        session.commit(tx).await?;
    }
}

/// Whether a command can be what stands at a position. Of what is verified already only the import of the same
/// document can: whatever else was in the log before has left the outbox.
async fn can_stand(session: &Session, command: &Submission, seq: u64, known: u64) -> Result<bool, DeskError> {
    if seq >= known {
        return Ok(seq < SIZE_MAX);
    }
    let (Command::ImportDocument { sha256, .. } | Command::RefuseDocument { sha256, .. }) = &command.command
    else {
        return Ok(false);
    };
    let standing = session.cache.list_events(seq, 1).await?;
    let standing = standing.first().map(|stored| leaf::decode(&stored.leaf)).transpose()?;
    Ok(standing.is_some_and(|event| event.object.id == *sha256))
}

/// Delivers the document that a command needs.
async fn deliver(
    session: &Arc<Session>,
    connection: &Connection,
    remote: &Remote,
    row: &OutboxRow,
) -> Result<(), DeskError> {
    let Some(sha256) = row.sha256 else { return Ok(()) };
    let Some(document) = session.cache.find_document(&sha256).await? else { return Ok(()) };
    let bytes = session.cache.load_document(document.id).await?;
    match remote.deliver(connection.tenant, &sha256, &document.name, bytes).await {
        Ok(_) => Ok(()),
        // The command will be refused for the same reason, and the reason belongs to the command.
        Err(RemoteError::Refused(problem)) if problem.status == 403 => Ok(()),
        Err(error) => Err(error.into()),
    }
}
