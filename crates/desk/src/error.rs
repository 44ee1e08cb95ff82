//! What a use case answers when it cannot do what was asked, with a code for those who act on it.

use crate::view::{ErrorView, MembershipView};
use attest_cache::CacheError;
use attest_domain::{decide, finding::Refusal};
use std::path::PathBuf;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// There is no workspace in the folder.
    #[error("There is no workspace in {}. Create one first.", .0.display())]
    NoWorkspace(PathBuf),
    /// There is one already.
    #[error("There is a workspace in {} already. Open it, or choose another folder.", .0.display())]
    WorkspaceExists(PathBuf),
    /// There is a key but no database.
    #[error("The database {} is not there any more. Put it back from a copy, or choose another folder.", .0.display())]
    DatabaseMissing(PathBuf),
    /// Another process has it open.
    #[error("This workspace is open in another Attest on this computer. Use that window, or close it first.")]
    InUse,
    /// It is locked.
    #[error("The workspace is locked. Unlock it first.")]
    Locked,
    /// The log does not continue what was signed last.
    #[error(
        "The log of this workspace does not continue its last checkpoint, so nothing can be changed. Compare both. Where it is this computer's own log, put the newer database back or go on from here; where it is a company's, ask its administrator."
    )]
    Frozen,
    /// Going on where nothing is frozen.
    #[error("The log continues its last checkpoint; there is nothing to go on from.")]
    NotFrozen,
    /// Syncing where there is nothing to sync with.
    #[error("This workspace is not connected to a service; it keeps its log on this computer alone.")]
    NotConnected,
    /// The backend could not be reached or refused.
    #[error(transparent)]
    Remote(#[from] attest_remote::RemoteError),
    /// Which company has to be said.
    #[error("{}", choice(.0))]
    ChooseCompany(Vec<MembershipView>),
    /// Credentials of somebody else than the member of the workspace.
    #[error(
        "This is somebody else's sign-in; this workspace is another member's. Connect a workspace of your own."
    )]
    OtherMember,
    /// A checkpoint that the known key did not sign.
    #[error(
        "The service showed a checkpoint that is not signed by the key of this company's log: {0} Nothing was taken over. Ask your administrator."
    )]
    Untrusted(String),
    /// A checkpoint older than what is here.
    #[error(
        "The service showed {shown} events of the log; this computer has verified {known} already. Nothing was changed. Try again later."
    )]
    Behind {
        /// Events shown.
        shown: u64,
        /// Events verified here.
        known: u64,
    },
    /// Connecting was cut short.
    #[error("Connecting this workspace was cut short before anything was in it. Delete the folder {} and connect again.", .0.display())]
    ConnectingCutShort(PathBuf),
    /// The key cannot be had.
    #[error(transparent)]
    Key(#[from] attest_keychain::Error),
    /// The database failed or refused.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// A decision was refused by the rules.
    #[error(transparent)]
    Decision(#[from] decide::Refusal),
    /// A document was refused where a whole one was needed.
    #[error(transparent)]
    Document(#[from] Refusal),
    /// An event could not be written.
    #[error(transparent)]
    Leaf(#[from] attest_evidence::leaf::LeafError),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// Something that was named is not there.
    #[error("There is no {what} \"{name}\" in this workspace.")]
    Unknown {
        /// What it should have been.
        what: &'static str,
        /// How it was named.
        name: String,
    },
    /// An argument does not read.
    #[error("\"{value}\" is no {what}.")]
    Argument {
        /// What it should have been.
        what: &'static str,
        /// What was given.
        value: String,
    },
    /// A file is no longer what was looked at.
    #[error("The file {0} has changed since it came in. Leave it out and import it again.")]
    FileChanged(String),
    /// The list has changed since it was shown.
    #[error(
        "The list has changed in the meantime. It is loaded again; look once more and repeat the decision."
    )]
    StaleView,
    /// Several solutions are equally good.
    #[error("{0} solutions are equally good. Select the lines that belong together and match them by hand.")]
    Ambiguous(u32),
    /// Nothing to undo or redo.
    #[error("There is nothing to take back.")]
    NothingToUndo,
    /// The operating system gave no random bytes.
    #[error("The operating system gave no random bytes: {0}")]
    Random(getrandom::Error),
    /// The user stopped it.
    #[error("Stopped. Nothing of this file was kept.")]
    Cancelled,
    /// A bug: something that cannot happen did.
    #[error("Something that cannot happen did: {0}. Nothing of this step was kept. Please report it.")]
    Bug(String),
}

/// Asks for one of the companies.
fn choice(companies: &[MembershipView]) -> String {
    if companies.is_empty() {
        return "Nobody has made you a member of a company here yet. Ask your administrator.".to_owned();
    }
    let named: Vec<String> = companies.iter().map(|one| format!("{} ({})", one.name, one.id)).collect();
    format!("Choose a company by its name or id: {}.", named.join(", "))
}

impl DeskError {
    /// Stable code for interfaces.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoWorkspace(_) => "workspace.absent",
            Self::WorkspaceExists(_) => "workspace.exists",
            Self::DatabaseMissing(_) => "workspace.database_missing",
            Self::InUse => "workspace.in_use",
            Self::Locked => "workspace.locked",
            Self::Frozen => "log.frozen",
            Self::NotFrozen => "log.not_frozen",
            Self::NotConnected => "sync.not_connected",
            Self::Remote(error) => error.code(),
            Self::ChooseCompany(_) => "connect.choose_company",
            Self::OtherMember => "connect.other_member",
            Self::Untrusted(_) => "sync.untrusted",
            Self::Behind { .. } => "sync.behind",
            Self::ConnectingCutShort(_) => "workspace.cut_short",
            Self::Key(error) => error.code(),
            Self::Cache(CacheError::WrongKey(_)) => "cache.wrong_key",
            Self::Cache(CacheError::Newer) => "cache.newer",
            Self::Cache(CacheError::UnsafeLibrary(_)) => "cache.unsafe_library",
            Self::Cache(CacheError::Damaged(_)) => "cache.damaged",
            Self::Cache(CacheError::DiskFull) => "cache.disk_full",
            Self::Cache(_) => "cache.failed",
            Self::Decision(refusal) => refusal.code(),
            Self::Document(_) => "document.refused",
            Self::Leaf(_) => "event.too_large",
            Self::File { .. } => "file.failed",
            Self::Unknown { .. } => "unknown",
            Self::Argument { .. } => "argument",
            Self::FileChanged(_) => "table.changed",
            Self::StaleView => "decision.stale_view",
            Self::Ambiguous(_) => "decision.ambiguous",
            Self::NothingToUndo => "undo.nothing",
            Self::Random(_) => "random.failed",
            Self::Cancelled => "cancelled",
            Self::Bug(_) => "bug",
        }
    }

    /// The form that crosses to the window.
    #[must_use]
    pub fn view(&self) -> ErrorView {
        let mut params = std::collections::BTreeMap::new();
        let mut code = self.code().to_owned();
        match self {
            Self::Document(refusal) => {
                // The window has words for each reason.
                code = refusal.code.clone().into_owned();
                params
                    .extend(refusal.parameters.iter().map(|(name, value)| (name.to_string(), value.clone())));
            }
            Self::Decision(decide::Refusal::UnexplainedDifference(difference)) => {
                params.insert("difference".to_owned(), difference.to_string());
            }
            Self::FileChanged(name) => {
                params.insert("file".to_owned(), name.clone());
            }
            Self::DatabaseMissing(path) | Self::File { path, .. } => {
                params.insert("path".to_owned(), path.display().to_string());
            }
            _ => {}
        }
        ErrorView { code, message: self.to_string(), params }
    }
}
