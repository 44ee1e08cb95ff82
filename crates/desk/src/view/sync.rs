//! Where sync stands, for the window.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

view! {
    /// What sync is doing.
    pub enum SyncPhase {
        /// The workspace keeps its own log.
        Standalone,
        /// Nothing is under way and the last sync went well, or there was none yet.
        Idle,
        /// It runs.
        Syncing,
        /// The service cannot be reached; everything else works.
        Offline,
        /// The credentials do not hold any more.
        SignedOut,
        /// The last sync failed for another reason.
        Failed,
        /// The log contradicts itself: nothing is changed any more.
        Frozen,
    }
}
view! {
    /// Where sync stands.
    pub struct SyncView {
        /// What it is doing.
        pub phase: SyncPhase,
        /// The service.
        pub server: Option<String>,
        /// The company, as the service names it.
        pub company: Option<String>,
        /// The member's role.
        pub role: Option<String>,
        /// Decisions that are not in the service's log yet.
        pub waiting: u64,
        /// Decisions that were refused and that nobody has looked at.
        pub refused: u64,
        /// Events fetched and verified by the sync that runs.
        pub events_done: Option<u64>,
        /// Events there are.
        pub events_total: Option<u64>,
        /// When a sync ended well last, in this session.
        pub synced: Option<String>,
        /// Why the last one did not.
        pub error: Option<String>,
    }
}
view! {
    /// A decision that was made here and refused there.
    pub struct ConflictView {
        /// By which it is dismissed.
        pub key: String,
        /// When it was made.
        pub made: String,
        /// What was asked for: `match`, `import_document` …
        pub command: String,
        /// Stable code of the refusal.
        pub code: String,
        /// Why, in English.
        pub message: String,
        /// Who wrote the event that stands in the way.
        pub by: Option<String>,
        /// When.
        pub at: Option<String>,
        /// What that event says.
        pub action: Option<String>,
    }
}

impl SyncView {
    /// Of a workspace that syncs with nobody.
    pub(crate) fn standalone() -> Self {
        Self {
            phase: SyncPhase::Standalone,
            server: None,
            company: None,
            role: None,
            waiting: 0,
            refused: 0,
            events_done: None,
            events_total: None,
            synced: None,
            error: None,
        }
    }
}
