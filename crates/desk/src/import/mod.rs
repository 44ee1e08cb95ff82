//! Importing documents: read, check, store and log each one whole or not at all.
//!
//! The reader runs on one thread, the database on another; at most a few batches wait between them, so that
//! memory does not grow with the document. A crash at any point leaves either the whole document or nothing.

mod ask;
mod mapped;
mod report;
mod store;
mod tables;
mod watch;

pub use report::{FileReport, FindingReport};
pub(crate) use store::restore_document;
pub(crate) use tables::Tables;
pub use watch::{Running, Watch};

use crate::{
    Desk, Session,
    error::DeskError,
    journal::{Act, Ask, now},
    supersede,
    workspace::{blocking, file_error},
};
use attest_cache::{
    import::{DocumentSlot, DocumentSummary},
    log::WriteTx,
};
use attest_domain::{
    Digest, Finding, Severity,
    drafts::{DocumentFigures, document_imported, document_refused},
    event::Event,
    finding::Refusal,
    limits::DOCUMENT_BYTES_MAX,
};
use attest_formats::csv::Mapping;
use attest_wire::Command;
use report::{already_here, cancelled, refused, result, unread, waiting};
use sha2::{Digest as _, Sha256};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
};
use store::{Tally, store_document, store_staged};

/// How a table is to be read.
#[derive(Clone, Copy)]
enum How<'a> {
    /// With this mapping and its TOML; every file is taken for a table.
    Mapping(&'a Mapping, &'a str),
    /// With a guess.
    Guess,
    /// As a person confirmed before; else it is put aside for a person to say.
    Ask,
}

impl Desk {
    /// Imports files one after the other, then proposes matches for the accounts they touched. Tables are read with
    /// the mapping, else with a guess; see [`Desk::import_asking`] for the way that asks.
    ///
    /// A file that cannot be read is reported among the others; only a failing database ends the import.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or what the database says; files before it are kept.
    pub async fn import(
        &self,
        files: &[PathBuf],
        mapping: Option<&str>,
        watch: &Arc<Watch>,
    ) -> Result<Vec<FileReport>, DeskError> {
        let mapping = mapping.map(parse_mapping).transpose()?;
        let how = mapping.as_ref().map_or(How::Guess, |(mapping, toml)| How::Mapping(mapping, toml));
        self.import_all(files, how, watch).await
    }

    async fn import_all(
        &self,
        files: &[PathBuf],
        how: How<'_>,
        watch: &Arc<Watch>,
    ) -> Result<Vec<FileReport>, DeskError> {
        let session = self.session().await?;
        let total = files.iter().filter_map(|file| std::fs::metadata(file).ok()).map(|meta| meta.len()).sum();
        watch.update(|progress| {
            progress.files_total = u32::try_from(files.len()).unwrap_or(u32::MAX);
            progress.bytes_total = total;
        });
        let mut outcome = self.import_each(&session, files, how, watch).await;
        if let Ok(reports) = &outcome
            && reports.iter().any(|report| report.status == "new")
            && let Err(error) = self.match_imported(&session, watch).await
        {
            outcome = Err(error);
        }
        watch.update(|progress| {
            progress.finished = true;
            progress.matching = false;
        });
        outcome
    }

    async fn import_each(
        &self,
        session: &Arc<Session>,
        files: &[PathBuf],
        how: How<'_>,
        watch: &Arc<Watch>,
    ) -> Result<Vec<FileReport>, DeskError> {
        let mut reports = Vec::with_capacity(files.len());
        for file in files {
            let name = file
                .file_name()
                .map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into());
            watch.update(|progress| progress.file.clone_from(&name));
            let report = match import_file(session, file, &name, how, watch).await {
                Ok(report) => report,
                Err(DeskError::Cancelled) => {
                    watch.update(|progress| progress.results.push(cancelled(&name)));
                    break;
                }
                Err(error) => return Err(error),
            };
            watch.update(|progress| {
                progress.files_done += 1;
                progress.results.push(result(&report));
            });
            reports.push(report);
        }
        Ok(reports)
    }

    /// Proposes matches after documents came in without anybody watching.
    pub(crate) async fn match_new(&self, session: &Arc<Session>) -> Result<(), DeskError> {
        self.match_imported(session, &self.watch_proposing()).await
    }

    /// Proposes matches after documents came in.
    async fn match_imported(&self, session: &Arc<Session>, watch: &Arc<Watch>) -> Result<(), DeskError> {
        watch.update(|progress| progress.matching = true);
        session.forget();
        self.assign_ledger_accounts(session).await?;
        self.propose_stale(session, watch).await
    }
}

fn parse_mapping(text: &str) -> Result<(Mapping, String), DeskError> {
    Ok((Mapping::parse(text)?, text.to_owned()))
}

async fn import_file(
    session: &Arc<Session>,
    path: &Path,
    name: &str,
    how: How<'_>,
    watch: &Arc<Watch>,
) -> Result<FileReport, DeskError> {
    let bytes = match load_file(path).await? {
        Ok(bytes) => Arc::new(bytes),
        Err(refusal) => return Ok(unread(name, refusal)),
    };
    import_bytes(session, path, name, bytes, how, watch).await
}

/// Imports a document that was delivered to the backend.
pub(crate) async fn import_delivered(
    session: &Arc<Session>,
    name: &str,
    bytes: Vec<u8>,
    watch: &Arc<Watch>,
) -> Result<FileReport, DeskError> {
    import_bytes(session, Path::new(name), name, Arc::new(bytes), How::Guess, watch).await
}

async fn import_bytes(
    session: &Arc<Session>,
    path: &Path,
    name: &str,
    bytes: Arc<Vec<u8>>,
    how: How<'_>,
    watch: &Arc<Watch>,
) -> Result<FileReport, DeskError> {
    let sha256 = {
        let bytes = bytes.clone();
        blocking(move || Digest(Sha256::digest(bytes.as_slice()).into())).await?
    };
    let start = watch.bytes.load(Ordering::Relaxed);
    let mapping = match how {
        How::Mapping(mapping, toml) => Some(Box::new((mapping.clone(), toml.to_owned()))),
        How::Guess => None,
        How::Ask => match ask(session, path, name, &bytes, &sha256).await? {
            Asked::Waiting => {
                watch.bytes.store(start + bytes.len() as u64, Ordering::Relaxed);
                return Ok(waiting(name, &sha256));
            }
            Asked::Told(mapping) => mapping,
        },
    };
    // Asked inside the one transaction that writes, so that two imports of one file cannot both find it new.
    let mut tx = session.begin().await?;
    let before = tx.find_document(&sha256).await?;
    if let Some(document) = before.as_ref().filter(|document| !document.refused) {
        drop(tx);
        watch.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let findings = session.cache.list_findings(document.id).await?;
        return Ok(already_here(name, document, findings));
    }
    if let Some(refused) = &before {
        // It was refused once; this program may read what an older one could not.
        tx.delete_refused(refused.id).await?;
    }
    let imported = store_document(&mut tx, &bytes, &sha256, name, mapping.as_deref(), watch, start).await;
    watch.bytes.store(start + bytes.len() as u64, Ordering::Relaxed);
    match imported {
        Ok((slot, format, mut tally)) => {
            let compared =
                supersede::apply(&mut tx, slot, &mut tally.findings, &tally.accounts, tally.has_book).await?;
            let mapping = mapping.as_ref().map(|mapping| mapping.1.as_str());
            let mut report =
                log_import(session, &mut tx, slot, &sha256, name, bytes.len(), format, mapping, tally)
                    .await?;
            session.commit(tx).await?;
            report.findings.extend(compared.into_iter().map(FindingReport::from));
            Ok(report)
        }
        Err(DeskError::Document(refusal)) => {
            drop(tx);
            log_refusal(session, &sha256, name, bytes.len() as u64, refusal).await
        }
        Err(error) => Err(error),
    }
}

/// What is known of a file before it is read.
enum Asked {
    /// It was put aside.
    Waiting,
    /// It can be read, with this mapping where it is a table.
    Told(Option<Box<(Mapping, String)>>),
}

/// Puts a table aside unless a person has said before how to read it. What is here already needs no question.
async fn ask(
    session: &Session,
    path: &Path,
    name: &str,
    bytes: &Arc<Vec<u8>>,
    sha256: &Digest,
) -> Result<Asked, DeskError> {
    let here = session.cache.find_document(sha256).await?;
    if here.is_some_and(|document| !document.refused) {
        return Ok(Asked::Told(None));
    }
    Ok(match ask::judge(session, bytes, *sha256).await? {
        None => Asked::Told(None),
        Some(ask::Judgement::Known(mapping, toml)) => Asked::Told(Some(Box::new((*mapping, toml)))),
        Some(ask::Judgement::Asked(question)) => {
            let mut tables = session.tables.lock().expect("no holder panics");
            tables.set_aside(path, name, bytes.len() as u64, *sha256, *question);
            Asked::Waiting
        }
    })
}

/// The whole file, or why it is refused unread.
async fn load_file(path: &Path) -> Result<Result<Vec<u8>, Refusal>, DeskError> {
    let path = path.to_owned();
    blocking(move || {
        let metadata = match std::fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) => return Err(Refusal::new("file.unreadable", file_error(&path, error).to_string())),
        };
        if metadata.is_dir() {
            return Err(Refusal::new(
                "file.is_folder",
                "This is a folder. Name the files in it, or drop the folder on the window.",
            ));
        }
        if metadata.len() > DOCUMENT_BYTES_MAX {
            let message = format!(
                "The file has {} bytes; the most that is read is {DOCUMENT_BYTES_MAX}. Ask for it in parts.",
                metadata.len()
            );
            return Err(Refusal::new("document.too_large", message));
        }
        std::fs::read(&path)
            .map_err(|error| Refusal::new("file.unreadable", file_error(&path, error).to_string()))
    })
    .await
}

#[expect(
    clippy::too_many_arguments,
    reason = "one value per fact of the event; a struct would only rename them"
)]
async fn log_import(
    session: &Session,
    tx: &mut WriteTx,
    slot: DocumentSlot,
    sha256: &Digest,
    name: &str,
    bytes: usize,
    format: String,
    mapping: Option<&str>,
    tally: Tally,
) -> Result<FileReport, DeskError> {
    tx.insert_findings(slot.document, &tally.findings).await?;
    let statements = tally.statements.len() as u64;
    let figures = DocumentFigures {
        bytes: bytes as u64,
        format: format.clone(),
        statements,
        entries: tally.entries,
        vouchers: tally.vouchers,
        ledger_lines: tally.ledger_lines,
        mapping: mapping.map(str::to_owned),
    };
    let draft = document_imported(sha256, name, &figures);
    let ask = Ask {
        document: Some(*sha256),
        ..Ask::plain(Command::ImportDocument {
            sha256: sha256.to_string(),
            name: name.to_owned(),
            mapping: mapping.map(str::to_owned),
        })
    };
    let event = session.author.append(tx, draft, Act::default(), Some(ask)).await?;
    tx.finish_document(slot, &tally.summary(format.clone(), event.seq)).await?;
    Ok(FileReport {
        file: name.to_owned(),
        sha256: Some(*sha256),
        format: Some(format),
        status: "new",
        statements,
        entries: tally.entries,
        transactions: tally.transactions,
        vouchers: tally.vouchers,
        ledger_lines: tally.ledger_lines,
        findings: tally.findings.into_iter().map(FindingReport::from).collect(),
    })
}

/// Keeps nothing of a refused document but the refusal; refusing it again adds nothing.
async fn log_refusal(
    session: &Session,
    sha256: &Digest,
    name: &str,
    bytes: u64,
    refusal: Refusal,
) -> Result<FileReport, DeskError> {
    let finding = refusal.clone().into_finding();
    let mut tx = session.begin().await?;
    if tx.find_document(sha256).await?.is_none() {
        let slot = tx.insert_document(sha256, name, bytes, &now(), None).await?;
        tx.insert_findings(slot.document, std::slice::from_ref(&finding)).await?;
        let draft = document_refused(sha256, name, bytes, &refusal.code, refusal.line);
        let ask = Ask::plain(Command::RefuseDocument {
            sha256: sha256.to_string(),
            name: name.to_owned(),
            bytes,
            code: refusal.code.clone().into_owned(),
            line: refusal.line,
        });
        let event = session.author.append(&mut tx, draft, Act::default(), Some(ask)).await?;
        tx.finish_document(slot, &refused_summary(event.seq)).await?;
        session.commit(tx).await?;
    }
    Ok(FileReport { sha256: Some(*sha256), ..refused(name, finding) })
}

/// Reads the document of an import that another replica wrote, from where it was fetched to. One that is here already
/// only takes its place in the log.
pub(crate) async fn import_pulled(
    session: &Session,
    tx: &mut WriteTx,
    event: &Event,
    name: Option<String>,
) -> Result<(), DeskError> {
    let sha256 = Digest::parse(&event.object.id).ok_or_else(|| DeskError::Bug(event.object.id.clone()))?;
    match tx.find_document(&sha256).await? {
        Some(document) if !document.refused => {
            return Ok(tx.move_document_event(&sha256, event.seq).await?);
        }
        Some(refused) => tx.delete_refused(refused.id).await?,
        None => {}
    }
    let bytes = Arc::new(session.cache.load_staged(&sha256).await?);
    let mapping = event.after.as_ref().and_then(|after| after["mapping"].as_str());
    let mapping = mapping.map(parse_mapping).transpose()?;
    let name = name.unwrap_or_else(|| sha256.short());
    let (slot, format, mut tally) = store_staged(tx, &bytes, &sha256, &name, mapping.as_ref()).await?;
    supersede::apply(tx, slot, &mut tally.findings, &tally.accounts, tally.has_book).await?;
    tx.insert_findings(slot.document, &tally.findings).await?;
    tx.finish_document(slot, &tally.summary(format, event.seq)).await?;
    Ok(())
}

/// Keeps the refusal that another replica wrote; its reason stands in the log.
pub(crate) async fn refuse_pulled(
    tx: &mut WriteTx,
    event: &Event,
    name: Option<String>,
) -> Result<(), DeskError> {
    let sha256 = Digest::parse(&event.object.id).ok_or_else(|| DeskError::Bug(event.object.id.clone()))?;
    if tx.find_document(&sha256).await?.is_some() {
        return Ok(());
    }
    let bytes = event.after.as_ref().and_then(|after| after["bytes"].as_u64()).unwrap_or_default();
    let name = name.unwrap_or_else(|| sha256.short());
    let slot = tx.insert_document(&sha256, &name, bytes, &event.at, None).await?;
    let code =
        event.reason.as_ref().map_or_else(|| "document.refused".to_owned(), |reason| reason.code.clone());
    let finding = Finding {
        message: format!(
            "A colleague imported this file and it was refused ({code}). Ask for it to be sent again."
        ),
        code: code.into(),
        severity: Severity::Error,
        line: event.after.as_ref().and_then(|after| after["line"].as_u64()),
        path: None,
        span: None,
        parameters: Default::default(),
    };
    tx.insert_findings(slot.document, std::slice::from_ref(&finding)).await?;
    tx.finish_document(slot, &refused_summary(event.seq)).await?;
    Ok(())
}

/// The row of a document of which nothing was kept.
fn refused_summary(event_seq: u64) -> DocumentSummary {
    DocumentSummary {
        format: String::new(),
        refused: true,
        event_seq,
        statements: 0,
        entries: 0,
        transactions: 0,
        vouchers: 0,
        ledger_lines: 0,
        findings: [1, 0, 0],
    }
}
