//! The contract with the window: what every command takes and answers, and nothing that must stay in Rust.
//!
//! The TypeScript types are generated from here (`cargo xtask codegen`) and committed.
//! Amounts are decimal strings, days `YYYY-MM-DD`, instants RFC 3339 in UTC; the window formats them by locale.
//! Ids of groups are valid until the next [`ReviewView`]; ids of entries and ledger lines are for ever.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Declares a type of the contract: serialisable, camelCase, exported to TypeScript.
macro_rules! view {
    ($(#[$meta:meta])* pub struct $name:ident { $($body:tt)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        #[ts(export)]
        pub struct $name { $($body)* }
    };
    ($(#[$meta:meta])* pub enum $name:ident { $($body:tt)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
        #[serde(rename_all = "camelCase")]
        #[ts(export)]
        pub enum $name { $($body)* }
    };
}

mod companies;
mod review;
mod sync;
mod tables;

pub use companies::*;
pub use review::*;
pub use sync::*;
pub use tables::*;

view! {
    /// Whether there is a workspace and whether it is open.
    pub enum WorkspaceState {
        /// None yet: the window offers to create one.
        Absent,
        /// Locked: the window shows the lock screen and holds no figure.
        Locked,
        /// Open.
        Open,
    }
}
view! {
    /// Where the key of the encrypted cache is kept.
    pub enum KeyMode {
        /// In the operating system's keychain; unlocking asks nothing more.
        Keychain,
        /// Wrapped by a passphrase.
        Passphrase,
    }
}
view! {
    /// Languages of the interface.
    pub enum Language {
        /// English.
        En,
        /// Swedish.
        Sv,
    }
}
view! {
    /// Light, dark or as the operating system says.
    pub enum Theme {
        /// As the operating system says.
        System,
        /// Light.
        Light,
        /// Dark.
        Dark,
    }
}
view! {
    /// Preferences of this machine. They change no figure, so they are no events.
    pub struct SettingsView {
        /// Language of the interface.
        pub language: Language,
        /// Theme.
        pub theme: Theme,
        /// Minutes without input until the workspace locks itself: 1 to 60.
        pub auto_lock_minutes: u32,
    }
}
view! {
    /// The state of the whole, for the rail, the lock screen and the first start.
    pub struct StatusView {
        /// Whether there is a workspace and whether it is open.
        pub workspace: WorkspaceState,
        /// How it is unlocked; `null` while there is none.
        pub key_mode: Option<KeyMode>,
        /// Whether this machine has a keychain that answers.
        pub keychain_available: bool,
        /// Why the workspace locked, for the lock screen: `idle`, `asked`, `start`.
        pub locked_because: Option<String>,
        /// Company name from the ledger, once one is imported.
        pub company: Option<String>,
        /// Its organisation number.
        pub organisation_number: Option<String>,
        /// Number of events in the log.
        pub log_size: u64,
        /// Short code of the log's root, which covers every event, for comparing by eye; empty while locked.
        pub log_code: String,
        /// Why nothing can be changed; `null` while all is well.
        pub freeze: Option<FreezeView>,
        /// Preferences.
        pub settings: SettingsView,
        /// Version of the program.
        pub version: String,
    }
}
view! {
    /// Why a workspace can only be read: its log does not continue what was signed last.
    pub struct FreezeView {
        /// In what way.
        pub reason: FreezeReason,
        /// The checkpoint in the database; `null` where there is none that this device signed.
        pub found: Option<CheckpointView>,
        /// The copy kept outside; `null` where there is none that this device signed.
        pub kept: Option<CheckpointView>,
        /// When it was noticed.
        pub noticed: String,
    }
}
view! {
    /// In what way a log does not continue its last checkpoint.
    pub enum FreezeReason {
        /// It is shorter: the database was put back to an earlier day.
        RolledBack,
        /// It says something else about the same events.
        Contradicts,
    }
}
view! {
    /// A checkpoint as people compare it.
    pub struct CheckpointView {
        /// Number of events.
        pub size: u64,
        /// Short code of the root.
        pub code: String,
    }
}
view! {
    /// A bank account and the ledger account it is reconciled with.
    pub struct AccountView {
        /// Id, used in queries.
        pub id: i64,
        /// Name to show: the bank's, else the number.
        pub name: String,
        /// IBAN or number, grouped for reading.
        pub number: String,
        /// Currency.
        pub currency: String,
        /// Ledger account it is reconciled with, such as `1930`; `null` until one is known.
        pub ledger_account: Option<String>,
        /// Ledger accounts to choose from, in the same currency: number and name.
        pub ledger_accounts: Vec<LedgerAccountView>,
        /// Months with data, newest first, as `YYYY-MM`.
        pub months: Vec<String>,
        /// Entries that want a decision.
        pub open: u64,
        /// Findings about its statements that are no mere information.
        pub findings: u64,
    }
}
view! {
    /// A ledger account from the chart of accounts.
    pub struct LedgerAccountView {
        /// Number.
        pub number: String,
        /// Name.
        pub name: String,
    }
}
view! {
    /// How the import of one file ended.
    pub enum ImportStatus {
        /// New and read.
        New,
        /// The same bytes are already here; nothing changed.
        AlreadyHere,
        /// Refused whole, with the reason among the findings.
        Refused,
        /// Stopped by the user; nothing of this file is kept.
        Cancelled,
        /// A table whose columns wait for a person; nothing of it is kept yet.
        Waiting,
    }
}
view! {
    /// A document in the list.
    pub struct DocumentView {
        /// Id for further questions.
        pub id: i64,
        /// File name as it was given.
        pub name: String,
        /// Format with version, or empty for a refused file.
        pub format: String,
        /// Digest, 64 hex digits.
        pub sha256: String,
        /// The digest's short code.
        pub code: String,
        /// Size in bytes.
        pub bytes: u64,
        /// When it was imported.
        pub imported_at: String,
        /// How its import ended.
        pub status: ImportStatus,
        /// Statements in it.
        pub statements: u64,
        /// Bank entries in it.
        pub entries: u64,
        /// Ledger lines in it.
        pub ledger_lines: u64,
        /// Errors, warnings and informations among its findings.
        pub errors: u64,
        /// Number of warnings.
        pub warnings: u64,
        /// Number of informations.
        pub infos: u64,
        /// Position of its event in the log.
        pub log_seq: u64,
    }
}
view! {
    /// One page of documents, newest first.
    pub struct DocumentsView {
        /// All documents there are.
        pub total: u64,
        /// The page.
        pub rows: Vec<DocumentView>,
    }
}
view! {
    /// A remark about a document.
    pub struct FindingView {
        /// Stable code; the window translates the codes it knows and shows `message` for others.
        pub code: String,
        /// `error`, `warning` or `info`.
        pub severity: String,
        /// Line from 1.
        pub line: Option<u64>,
        /// Path, record or column.
        pub path: Option<String>,
        /// English sentence with the figures.
        pub message: String,
        /// The figures by name, for the translation.
        pub parameters: std::collections::BTreeMap<String, String>,
    }
}
view! {
    /// Progress of a running import, sent as the event `import-progress` at most ten times a second.
    pub struct ImportProgress {
        /// Which import.
        pub job: u32,
        /// Files done.
        pub files_done: u32,
        /// Files in all.
        pub files_total: u32,
        /// Name of the file at hand.
        pub file: String,
        /// Bytes read of all files.
        pub bytes_done: u64,
        /// Bytes of all files.
        pub bytes_total: u64,
        /// Entries and ledger lines stored so far.
        pub lines: u64,
        /// Whether the import has ended, by itself or by cancelling.
        pub finished: bool,
        /// Whether matching is at work after the files.
        pub matching: bool,
        /// What became of each finished file.
        pub results: Vec<ImportResult>,
    }
}
view! {
    /// What became of one file.
    pub struct ImportResult {
        /// File name.
        pub file: String,
        /// Outcome.
        pub status: ImportStatus,
        /// Entries or ledger lines it brought.
        pub lines: u64,
        /// Errors among its findings.
        pub errors: u64,
        /// Warnings among its findings.
        pub warnings: u64,
        /// For a refused file: what happened, where, and what to do, in English.
        pub message: Option<String>,
        /// For a refused file: the reason of the refusal, for the translation.
        pub finding: Option<FindingView>,
    }
}
view! {
    /// What an export wrote.
    pub struct ExportView {
        /// Full path of the file.
        pub path: String,
        /// Digest.
        pub sha256: String,
        /// Rows.
        pub rows: u64,
    }
}
view! {
    /// A refusal or failure in a form the window can act on and translate.
    pub struct ErrorView {
        /// Stable code, such as `workspace.locked`, `workspace.in_use`, `key.wrong`, `decision.stale`.
        pub code: String,
        /// English sentence, shown when the window has no translation.
        pub message: String,
        /// Parameters for the translation.
        pub params: std::collections::BTreeMap<String, String>,
    }
}
