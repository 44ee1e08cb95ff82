//! What a worker does: a desk without a person, under an identity of its own.
//!
//! It imports what was delivered to the backend and nobody has imported, and confirms matches by the policy it was
//! given. What it decides goes through the outbox and the rules like everybody's.

use crate::{
    Desk,
    connection::Connection,
    error::DeskError,
    import::Watch,
    view::{DecisionRequest, SyncView},
};
use std::sync::Arc;

/// What a worker may do by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Confirm the matches that the engine calls safe. Without it they wait for a person.
    pub confirm_safe: bool,
}

/// What one round of work came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Worked {
    /// Documents imported or refused.
    pub documents: u64,
    /// Matches confirmed.
    pub matches: u64,
    /// Where sync stands after it.
    pub state: SyncView,
}

impl Desk {
    /// One round: sync, import what waits, confirm what is safe, sync.
    ///
    /// # Errors
    /// As [`Desk::sync`]; what was done before stays.
    pub async fn work(&self, policy: Policy) -> Result<Worked, DeskError> {
        let mut state = self.sync().await?;
        let documents = self.import_waiting().await?;
        let matches = if policy.confirm_safe { self.confirm_safe().await? } else { 0 };
        if documents + matches > 0 || state.waiting > 0 {
            state = self.sync().await?;
        }
        Ok(Worked { documents, matches, state })
    }

    async fn import_waiting(&self) -> Result<u64, DeskError> {
        let session = self.session().await?;
        let connection = Connection::require(&session.cache).await?;
        let remote = self.remote(&session, &connection).await?;
        let waiting = remote.waiting_documents(connection.tenant).await?;
        drop(session);
        let mut done = 0;
        for document in waiting.documents {
            let bytes = remote.document(connection.tenant, &document.sha256).await?;
            done += u64::from(self.import_bytes(&document.name, bytes).await?);
        }
        Ok(done)
    }

    async fn import_bytes(&self, name: &str, bytes: Vec<u8>) -> Result<bool, DeskError> {
        let session = self.session().await?;
        let report =
            crate::import::import_delivered(&session, name, bytes, &Arc::new(Watch::default())).await?;
        if report.status == "new" {
            self.match_new(&session).await?;
        }
        Ok(report.status != "already-here")
    }

    async fn confirm_safe(&self) -> Result<u64, DeskError> {
        let mut confirmed = 0;
        for account in self.list_accounts().await? {
            let request = DecisionRequest::AcceptSafe { account: account.id, month: None };
            confirmed += u64::from(self.decide(request).await?.events);
        }
        Ok(confirmed)
    }
}
