//! Making every figure again from the documents and every decision again from the log.
//!
//! What the workspace shows is a projection; this is the proof, and the cure when a program reads more than an
//! older one did. One transaction: a crash leaves the old figures.

use crate::{Desk, error::DeskError, import::restore_document, project::Effects, replay, workspace::REPLAY};
use attest_domain::event::{Event, action};
use attest_evidence::leaf;
use std::sync::Arc;

/// Events read at once.
const EVENTS: u32 = 1_000;

impl Desk {
    /// Reads all documents again and replays the log.
    ///
    /// # Errors
    /// [`DeskError`]; the old figures stay then.
    pub async fn rebuild(&self) -> Result<(), DeskError> {
        let session = self.session().await?;
        let mut tx = session.begin().await?;
        tx.clear_figures().await?;
        tx.delete_disowned().await?;
        let mut effects = Effects::default();
        for document in tx.list_read_documents().await? {
            let bytes = Arc::new(session.cache.load_document(document.id).await?);
            restore_document(&mut tx, &document, &bytes).await?;
        }
        let mut next = 0;
        loop {
            let events = session.cache.list_events(next, EVENTS).await?;
            let Some(last) = events.last() else { break };
            next = last.seq + 1;
            let events: Vec<Event> =
                events.iter().map(|stored| leaf::decode(&stored.leaf)).collect::<Result<_, _>>()?;
            // What an account is reconciled with is asked by the matches behind it.
            for part in events.chunk_by(|one, other| is_assignment(one) == is_assignment(other)) {
                if part.first().is_some_and(is_assignment) {
                    for event in part {
                        crate::sync::assign(&mut tx, event).await?;
                    }
                } else {
                    replay::apply_all(&mut tx, &part.iter().collect::<Vec<_>>(), &mut effects).await?;
                }
            }
        }
        // Also where this ends here: proposals are made when the workspace is opened next.
        tx.mark_all_stale(next).await?;
        tx.put_meta(REPLAY, "done").await?;
        session.commit(tx).await?;
        session.forget();
        self.propose_stale(&session, &self.watch_proposing()).await
    }
}

fn is_assignment(event: &Event) -> bool {
    event.action == action::ACCOUNT_ASSIGN
}
