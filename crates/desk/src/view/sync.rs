//! Where sync stands, for the window.

use super::LineRef;
use attest_wire::tenant::TenantView;
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
    /// What one is signed in with.
    pub enum SignedInWith {
        /// As a person, by the browser.
        Browser,
        /// An API key.
        Key,
    }
}
view! {
    /// How one is signed in.
    pub struct SignedInView {
        /// With what.
        pub with: SignedInWith,
        /// Until when, where nobody syncs; a key has no end.
        pub until: Option<String>,
    }
}
view! {
    /// A sign-in that waits for its person in the browser.
    pub struct SignInView {
        /// What the browser has to open.
        pub address: String,
        /// Whether one was opened.
        pub opened: bool,
    }
}
view! {
    /// A company that somebody is a member of.
    pub struct MembershipView {
        /// Its id.
        pub id: String,
        /// Its name.
        pub name: String,
        /// The member's role.
        pub role: String,
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
        /// Where the service keeps the data, such as `eu-se`.
        pub region: Option<String>,
        /// With what the member of this workspace signs in; `null` in a standalone one.
        pub signs_in_with: Option<SignedInWith>,
        /// How one is signed in; `null` where one is not.
        pub signed_in: Option<SignedInView>,
        /// Decisions that are not in the service's log yet.
        pub waiting: u64,
        /// Decisions that were refused and that nobody has looked at.
        pub refused: u64,
        /// Events verified by the sync that runs; once all are, those that were applied.
        pub events_done: Option<u64>,
        /// Events there are.
        pub events_total: Option<u64>,
        /// Whether all are verified and they are being applied.
        pub applying: bool,
        /// When a sync ended well last; kept over locking.
        pub synced: Option<String>,
        /// Why the last one did not: stable code.
        pub error_code: Option<String>,
        /// The same in English.
        pub error: Option<String>,
        /// How often a sync has changed something in this session; what is shown is read again when it grows.
        pub changes: u64,
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
        /// The lines it was about, as they stand now; at most 20.
        pub lines: Vec<ConflictLine>,
        /// Name of whoever stands in the way, where the log says it and it may be seen here.
        pub name: Option<String>,
        /// Who wrote the event that stands in the way.
        pub by: Option<String>,
        /// Role of that member.
        pub role: Option<String>,
        /// When.
        pub at: Option<String>,
        /// What that event says.
        pub action: Option<String>,
    }
}

view! {
    /// A line that a refused decision was about.
    pub struct ConflictLine {
        /// The line.
        pub line: LineRef,
        /// Party or text.
        pub text: String,
        /// Amount.
        pub amount: String,
        /// Currency.
        pub currency: String,
        /// Bank account in whose reconciliation it stands; `null` for a ledger line.
        pub account: Option<i64>,
        /// Month in which it stands, `YYYY-MM`.
        pub month: Option<String>,
        /// Its day.
        pub day: Option<String>,
    }
}

view! {
    /// A certificate that was chosen for connecting.
    pub struct CertificateView {
        /// Name of the file.
        pub file: String,
        /// Digest of the file, for comparing with what the administrator says.
        pub sha256: String,
    }
}

impl MembershipView {
    pub(crate) fn of(tenant: &TenantView) -> Self {
        Self { id: tenant.id.to_string(), name: tenant.name.clone(), role: tenant.role.code().to_owned() }
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
            region: None,
            signs_in_with: None,
            signed_in: None,
            waiting: 0,
            refused: 0,
            events_done: None,
            events_total: None,
            applying: false,
            synced: None,
            error_code: None,
            error: None,
            changes: 0,
        }
    }
}
