//! What can go wrong with the cache, told apart by who has to act.

use std::{
    path::PathBuf,
    sync::Mutex,
    time::{Duration, Instant},
};

/// A failure of the local database.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The key does not open the file. This is not treated as damage and nothing is touched.
    #[error("The key does not open {}. Nothing was changed. If the key is right, the file's first page is damaged: restore it or connect again.", .0.display())]
    WrongKey(PathBuf),
    /// The library in this program is not the one that keeps data safe.
    #[error("This program was built with {0}, which must not open a workspace. Install a proper build.")]
    UnsafeLibrary(String),
    /// A newer program has written this file.
    #[error(
        "This workspace was last opened by a newer version of Attest. Install that version; nothing was changed."
    )]
    Newer,
    /// A page of the file does not verify.
    #[error(
        "The database is damaged: {0}. Nothing was deleted. Copy the workspace folder before doing anything else."
    )]
    Damaged(String),
    /// The disk is full.
    #[error("The disk is full. Nothing of the last step was kept; make room and try again.")]
    DiskFull,
    /// Any other failure of SQLite.
    #[error("The database failed: {0}")]
    Database(#[source] sqlx::Error),
    /// A stored value does not read back: a bug or damage, never the user's mistake.
    #[error("A stored {what} does not read back: {detail}")]
    Stored {
        /// What was read.
        what: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// A file system operation failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
}

/// SQLite's primary result codes (sqlite.org/rescode.html) that mean something to a person.
const SQLITE_CORRUPT: &str = "11";
const SQLITE_FULL: &str = "13";

/// Codes after which a connection cannot be relied on: input or output, damage, a full disk, no database.
const SPOILING: [i32; 4] = [10, 11, 13, 26];

/// When a connection of this process last met one of them.
static DISK_FAILED: Mutex<Option<Instant>> = Mutex::new(None);

/// Whether the disk has failed under some connection in the time just past.
pub(crate) fn disk_failed_within(time: Duration) -> bool {
    DISK_FAILED.lock().expect("no holder panics").is_some_and(|at| at.elapsed() <= time)
}

impl CacheError {
    /// Whether something would have been there twice that can be there once.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        error.is_unique_violation()
    }
}

impl From<sqlx::Error> for CacheError {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Database(database) = &error {
            let code = database.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or_default();
            if SPOILING.contains(&(code & 0xFF)) {
                *DISK_FAILED.lock().expect("no holder panics") = Some(Instant::now());
            }
            match database.code().as_deref() {
                Some(SQLITE_CORRUPT) => return Self::Damaged(database.message().to_owned()),
                Some(SQLITE_FULL) => return Self::DiskFull,
                _ => {}
            }
        }
        Self::Database(error)
    }
}

impl CacheError {
    /// A stored value that does not read back.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers hand over the error they have no more use for"
    )]
    pub(crate) fn stored(what: &'static str, detail: impl ToString) -> Self {
        Self::Stored { what, detail: detail.to_string() }
    }
}
