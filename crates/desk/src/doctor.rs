//! Looking after a workspace: what is in it, and whether everything in it is still as it was written.
//!
//! The check reads everything: every page of the database, every leaf of the log, every document. It changes nothing
//! and repairs nothing.

use crate::{Desk, Session, error::DeskError, view::KeyMode};
use attest_cache::documents::DocumentRow;
use attest_domain::{Digest, Span};
use attest_evidence::{disclosure, leaf};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::path::Path;

/// Events or documents read at once.
const PAGE: u32 = 500;
/// Problems told; a thousand more would tell nothing new.
const PROBLEMS_MAX: usize = 100;

/// What is in a workspace.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The folder.
    pub workspace: String,
    /// `open`; others do not get this far.
    pub state: &'static str,
    /// `keychain` or `passphrase`.
    pub key: Option<KeyMode>,
    /// Company name from the newest ledger.
    pub company: Option<String>,
    /// Its organisation number.
    pub organisation_number: Option<String>,
    /// The log.
    pub log: LogSummary,
    /// Documents, those refused included.
    pub documents: u64,
    /// Statements, those that do not count included.
    pub statements: u64,
    /// Bank accounts, by number.
    pub accounts: Vec<AccountSummary>,
    /// Version of the program.
    pub version: String,
}

/// The log in short.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogSummary {
    /// Number of events.
    pub size: u64,
    /// Short code of the root, which covers every event, for comparing by eye.
    pub code: String,
    /// Whether nothing can be changed, because the log does not continue its last checkpoint.
    pub frozen: bool,
}

/// A bank account in short.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AccountSummary {
    /// IBAN or number.
    pub account: Option<String>,
    /// Currency.
    pub currency: String,
    /// Name given by the bank.
    pub name: Option<String>,
    /// Ledger account it is reconciled with.
    pub ledger_account: Option<String>,
    /// Entries that want a decision.
    pub open: u64,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Checkup {
    /// Whether nothing is wrong.
    pub ok: bool,
    /// Version of the program.
    pub version: String,
    /// The folder.
    pub workspace: String,
    /// `keychain` or `passphrase`.
    pub key: Option<KeyMode>,
    /// Whether this machine has a keychain that answers.
    pub keychain_available: bool,
    /// Version of SQLCipher.
    pub cipher_version: String,
    /// Version of SQLite.
    pub sqlite_version: String,
    /// Journal mode; `wal` is right.
    pub journal_mode: String,
    /// Events checked.
    pub events: u64,
    /// Documents whose bytes were compared with their digests.
    pub documents: u64,
    /// What is wrong; at most a hundred.
    pub problems: Vec<Problem>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Stable dotted name.
    pub code: &'static str,
    /// What it is.
    pub message: String,
}

/// Problems as they are found.
#[derive(Debug, Default)]
struct Findings(Vec<Problem>);

impl Findings {
    fn add(&mut self, code: &'static str, message: String) {
        if self.0.len() < PROBLEMS_MAX {
            self.0.push(Problem { code, message });
        }
    }
}

impl Desk {
    /// What is in the open workspace.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or what the database says.
    pub async fn summarise(&self) -> Result<Summary, DeskError> {
        let session = self.session().await?;
        let status = self.status().await?;
        let open = self.list_accounts().await?;
        let accounts = session.cache.list_accounts().await?;
        Ok(Summary {
            workspace: self.dir().display().to_string(),
            state: "open",
            key: status.key_mode,
            company: status.company,
            organisation_number: status.organisation_number,
            log: LogSummary { size: status.log_size, code: status.log_code, frozen: status.freeze.is_some() },
            documents: session.cache.list_documents(0, 1).await?.0,
            statements: session.cache.list_statements(None).await?.len() as u64,
            accounts: accounts
                .into_iter()
                .map(|account| AccountSummary {
                    open: open.iter().find(|view| view.id == account.id).map_or(0, |view| view.open),
                    account: account.iban.or(account.number),
                    currency: account.currency,
                    name: account.name,
                    ledger_account: account.ledger_account,
                })
                .collect(),
            version: status.version,
        })
    }

    /// Checks everything in the open workspace.
    ///
    /// # Errors
    /// Only when the checks themselves cannot run; what they find is in [`Checkup::problems`].
    pub async fn check(&self) -> Result<Checkup, DeskError> {
        let session = self.session().await?;
        let status = self.status().await?;
        let health = session.cache.health().await?;
        let mut findings = Findings::default();
        for problem in health.problems {
            findings.add("database.damaged", problem);
        }
        if health.journal_mode != "wal" {
            let message = format!("The journal mode is {}; it should be wal.", health.journal_mode);
            findings.add("database.journal_mode", message);
        }
        check_permissions(self.dir(), &mut findings);
        let events = check_log(&session, &mut findings).await?;
        if let Some(problem) = session.seal.examine(&session.cache).await? {
            findings.add("log.checkpoint", problem);
        }
        let documents = check_documents(&session, &mut findings).await?;
        Ok(Checkup {
            ok: findings.0.is_empty(),
            version: status.version,
            workspace: self.dir().display().to_string(),
            key: status.key_mode,
            keychain_available: status.keychain_available,
            cipher_version: health.cipher_version,
            sqlite_version: health.sqlite_version,
            journal_mode: health.journal_mode,
            events,
            documents,
            problems: findings.0,
        })
    }
}

/// Every leaf is canonical, in its place, of this workspace, and has the hash and disclosures stored beside it.
async fn check_log(session: &Session, findings: &mut Findings) -> Result<u64, DeskError> {
    let mut next = 0;
    loop {
        let events = session.cache.list_events(next, PAGE).await?;
        let hashes = session.cache.list_leaf_hashes(next, PAGE).await?;
        if events.is_empty() {
            return Ok(next);
        }
        for (stored, hash) in events.iter().zip(&hashes) {
            let place = stored.seq;
            if place != next {
                findings.add("log.gap", format!("Events {next} to {} are missing.", place.saturating_sub(1)));
            }
            next = place + 1;
            if leaf::hash(&stored.leaf) != *hash {
                findings.add("log.hash", format!("Event {place} is not the one whose hash was written."));
            }
            match leaf::decode(&stored.leaf) {
                Err(error) => findings.add("log.unreadable", format!("Event {place}: {error}")),
                Ok(event) => {
                    if event.seq != place || event.tenant != session.author.tenant {
                        findings
                            .add("log.foreign", format!("Event {place} belongs to another place or log."));
                    }
                    if !session.author.connected && event.sd.len() > stored.disclosures.len() {
                        // Nobody withholds or erases here: the disk has lost it.
                        let message = format!("Some of what event {place} says beside its leaf is missing.");
                        findings.add("log.disclosure", message);
                    }
                    for text in &stored.disclosures {
                        if let Err(error) = disclosure::reveal(text, &event.sd) {
                            findings.add("log.disclosure", format!("Event {place}: {error}"));
                        }
                    }
                }
            }
        }
    }
}

/// Every document has the bytes of its digest.
async fn check_documents(session: &Session, findings: &mut Findings) -> Result<u64, DeskError> {
    let mut checked = 0;
    let mut offset = 0;
    loop {
        let (total, rows) = session.cache.list_documents(offset, PAGE).await?;
        for row in rows.iter().filter(|row| !row.refused) {
            checked += 1;
            match digest_document(session, row).await {
                Ok(digest) if digest == row.sha256 => {}
                Ok(_) => {
                    findings.add("document.changed", format!("Document {} has other bytes.", row.sha256))
                }
                Err(error) => {
                    findings.add("document.unreadable", format!("Document {}: {error}", row.sha256))
                }
            }
        }
        offset += rows.len() as u64;
        if rows.is_empty() || offset >= total {
            return Ok(checked);
        }
    }
}

/// Piece by piece, so that a large document needs no memory.
async fn digest_document(session: &Session, row: &DocumentRow) -> Result<Digest, DeskError> {
    let mut hash = Sha256::new();
    let mut position = 0;
    while position < row.bytes {
        let span = Span { start: position, end: position + 1 };
        let (start, bytes) = session.cache.load_document_around(row.id, span).await?;
        if bytes.is_empty() || start != position {
            break; // a piece is missing; the digest tells
        }
        hash.update(&bytes);
        position += bytes.len() as u64;
    }
    Ok(Digest(hash.finalize().into()))
}

/// Nobody but the owner can read what lies in the folder.
#[cfg(unix)]
fn check_permissions(dir: &Path, findings: &mut Findings) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| std::fs::metadata(path).map(|meta| meta.permissions().mode() & 0o777);
    // A closed folder keeps others from everything in it.
    if mode(dir).is_ok_and(|mode| mode & 0o077 == 0) {
        return;
    }
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let matters = name.starts_with("cache.db") || name == attest_keychain::KEY_FILE_NAME;
        if matters && mode(&entry.path()).is_ok_and(|mode| mode & 0o077 != 0) {
            let message = format!("Others on this machine can open {name}. Take it from them: chmod 600.");
            findings.add("file.permissions", message);
        }
    }
}

/// Windows keeps a user's folder for data from others by its inherited access list.
#[cfg(not(unix))]
fn check_permissions(_: &Path, _: &mut Findings) {}

#[cfg(test)]
mod tests {
    use super::*;
    use attest_cache::log::NewEvent;

    #[tokio::test]
    async fn a_log_that_was_rewritten_is_found_out() {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::new(folder.path().join("workspace"), folder.path().join("exports"));
        desk.create_workspace(Some("correct horse battery staple".to_owned())).await.unwrap();
        assert_eq!(desk.check().await.unwrap().problems, []);

        let session = desk.session().await.unwrap();
        let first = session.cache.list_events(0, 1).await.unwrap().remove(0);
        let mut tx = session.cache.begin().await.unwrap();
        // The first event again, two places on, under a hash that is not its own.
        let again = NewEvent {
            seq: 2,
            id: "again".to_owned(),
            leaf: &first.leaf,
            hash: Digest([7; 32]),
            action: "workspace.create",
            object_id: "",
            actor: "user",
            at: "",
            trace: None,
            reverts: None,
            disclosures: &[],
            lines: &[],
        };
        tx.append_event(&again).await.unwrap();
        let garbage =
            NewEvent { seq: 3, id: "garbage".to_owned(), leaf: b"{ }", hash: leaf::hash(b"{ }"), ..again };
        tx.append_event(&garbage).await.unwrap();
        tx.commit().await.unwrap();

        let checkup = desk.check().await.unwrap();
        let codes: Vec<&str> = checkup.problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, ["log.gap", "log.hash", "log.foreign", "log.unreadable", "log.checkpoint"]);
        assert!(!checkup.ok);
        drop(session);
        desk.lock("asked").await.unwrap();
    }
}
