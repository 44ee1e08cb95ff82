//! Importing documents: read, check, store and log each one whole or not at all.
//!
//! The reader runs on one thread, the database on another; at most a few batches wait between them, so that
//! memory does not grow with the document. A crash at any point leaves either the whole document or nothing.

use crate::{
    Desk, Session,
    error::DeskError,
    journal::{Act, now},
    supersede,
    view::{ImportProgress, ImportResult, ImportStatus},
    workspace::{blocking, file_error},
};
use attest_cache::{
    documents::DocumentRow,
    import::{CHUNK_BYTES, CompressedChunk, DocumentSlot, DocumentSummary},
    log::WriteTx,
};
use attest_domain::{
    Digest, Finding, Severity,
    event::{Draft, EvidenceRef, Object, action},
    finding::Refusal,
    ledger::{LedgerBook, LedgerLine, LedgerLineStatus, Voucher},
    limits::DOCUMENT_BYTES_MAX,
    statement::{Entry, Statement},
};
use attest_formats::{Item, Outcome, ReadContext, csv::Mapping};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeSet,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use tokio::sync::mpsc;

/// Items handed from the reader to the database at once.
const BATCH_ITEMS: usize = 2_000;
/// Batches that may wait; more would only fill memory.
const BATCHES_WAITING: usize = 4;

/// What became of one file, as the command line prints it (DESIGN §11).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileReport {
    /// File name as given.
    pub file: String,
    /// Digest, where the file could be read.
    pub sha256: Option<Digest>,
    /// Format with version.
    pub format: Option<String>,
    /// `new`, `already-here`, `refused`.
    pub status: &'static str,
    /// Statements in it.
    pub statements: u64,
    /// Entries in it.
    pub entries: u64,
    /// Transactions inside entries.
    pub transactions: u64,
    /// Vouchers in it.
    pub vouchers: u64,
    /// Ledger lines in it that count.
    pub ledger_lines: u64,
    /// Remarks.
    pub findings: Vec<FindingReport>,
}

/// A remark as the command line prints it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FindingReport {
    /// Code.
    pub code: String,
    /// Severity.
    pub severity: Severity,
    /// Line from 1.
    pub line: Option<u64>,
    /// Path.
    pub path: Option<String>,
    /// Sentence.
    pub message: String,
}

impl From<Finding> for FindingReport {
    fn from(finding: Finding) -> Self {
        let Finding { code, severity, line, path, message, span: _ } = finding;
        Self { code: code.into_owned(), severity, line, path, message }
    }
}

/// The import that runs or ran last.
#[derive(Debug, Default)]
pub struct Running {
    job: u32,
    current: Option<Arc<Watch>>,
}

/// What an import tells while it runs, and how it is stopped.
#[derive(Debug, Default)]
pub struct Watch {
    job: u32,
    stop: AtomicBool,
    lines: AtomicU64,
    bytes: AtomicU64,
    state: std::sync::Mutex<Option<ImportProgress>>,
}

impl Watch {
    /// Asks the import to stop; the file at hand leaves no trace.
    pub fn cancel(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Number by which the window knows this import.
    #[must_use]
    pub fn job(&self) -> u32 {
        self.job
    }

    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn update(&self, change: impl FnOnce(&mut ImportProgress)) {
        let mut state = self.state.lock().expect("no holder panics");
        change(state.get_or_insert_with(|| ImportProgress {
            job: self.job,
            files_done: 0,
            files_total: 0,
            file: String::new(),
            bytes_done: 0,
            bytes_total: 0,
            lines: 0,
            finished: false,
            matching: false,
            results: Vec::new(),
        }));
    }

    /// Where the import stands.
    #[must_use]
    pub fn progress(&self) -> Option<ImportProgress> {
        let mut progress = self.state.lock().expect("no holder panics").clone()?;
        progress.lines = self.lines.load(Ordering::Relaxed);
        progress.bytes_done = self.bytes.load(Ordering::Relaxed);
        Some(progress)
    }
}

/// Figures of one document on their way from the reader to the database.
#[derive(Debug, Default)]
struct Batch {
    entries: Vec<Box<Entry>>,
    statements: Vec<Box<Statement>>,
    books: Vec<Box<LedgerBook>>,
    vouchers: Vec<Box<Voucher>>,
    lines: Vec<Box<LedgerLine>>,
    findings: Vec<Finding>,
    read_to: u64,
}

impl Batch {
    fn push(&mut self, item: Item) -> usize {
        match item {
            Item::Entry(entry) => self.entries.push(entry),
            Item::Statement(statement) => self.statements.push(statement),
            Item::Book(book) => self.books.push(book),
            Item::Voucher(voucher) => self.vouchers.push(voucher),
            Item::LedgerLine(line) => self.lines.push(line),
            Item::Finding(finding) => self.findings.push(finding),
        }
        self.entries.len() + self.lines.len() + self.findings.len() + self.statements.len()
    }
}

enum Message {
    Batch(Box<Batch>),
    Chunk(u64, CompressedChunk),
}

/// What was counted while the figures went by.
#[derive(Debug, Default)]
struct Tally {
    statements: Vec<Statement>,
    entries: u64,
    transactions: u64,
    vouchers: u64,
    ledger_lines: u64,
    has_book: bool,
    findings: Vec<Finding>,
    accounts: BTreeSet<i64>,
}

impl Tally {
    fn summary(&self, format: String, event_seq: u64) -> DocumentSummary {
        DocumentSummary {
            format,
            refused: false,
            event_seq,
            statements: self.statements.len() as u64,
            entries: self.entries,
            transactions: self.transactions,
            vouchers: self.vouchers,
            ledger_lines: self.ledger_lines,
            findings: count_findings(&self.findings),
        }
    }
}

impl Desk {
    /// Registers an import before it starts, so that it can be watched and cancelled.
    #[must_use]
    pub fn watch_import(&self) -> Arc<Watch> {
        let mut running = self.shared.imports.lock().expect("no holder panics");
        running.job += 1;
        let watch = Arc::new(Watch { job: running.job, ..Watch::default() });
        running.current = Some(watch.clone());
        watch
    }

    /// Stops the import with this number, or whichever runs.
    pub fn cancel_import(&self, job: Option<u32>) {
        let running = self.shared.imports.lock().expect("no holder panics");
        if let Some(watch) = running.current.as_ref().filter(|watch| job.is_none_or(|job| job == watch.job)) {
            watch.cancel();
        }
    }

    /// Where the running or last import stands.
    #[must_use]
    pub fn import_state(&self) -> Option<ImportProgress> {
        self.shared.imports.lock().expect("no holder panics").current.as_ref()?.progress()
    }

    /// Imports files one after the other, then proposes matches for the accounts they touched.
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
        let session = self.session().await?;
        let mapping = mapping.map(parse_mapping).transpose()?;
        let total = files.iter().filter_map(|file| std::fs::metadata(file).ok()).map(|meta| meta.len()).sum();
        watch.update(|progress| {
            progress.files_total = u32::try_from(files.len()).unwrap_or(u32::MAX);
            progress.bytes_total = total;
        });
        let outcome = self.import_each(&session, files, mapping.as_ref(), watch).await;
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
        mapping: Option<&(Mapping, String)>,
        watch: &Arc<Watch>,
    ) -> Result<Vec<FileReport>, DeskError> {
        let mut reports = Vec::with_capacity(files.len());
        let mut changed = false;
        for file in files {
            let name = file.file_name().map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into());
            watch.update(|progress| progress.file.clone_from(&name));
            let report = match import_file(session, file, &name, mapping, watch).await {
                Ok(report) => report,
                Err(DeskError::Cancelled) => {
                    watch.update(|progress| progress.results.push(cancelled(&name)));
                    break;
                }
                Err(error) => return Err(error),
            };
            changed |= report.status == "new";
            watch.update(|progress| {
                progress.files_done += 1;
                progress.results.push(result(&report));
            });
            reports.push(report);
        }
        if changed {
            watch.update(|progress| progress.matching = true);
            session.forget();
            self.assign_ledger_accounts(session).await?;
            self.propose_all(session, watch).await?;
        }
        Ok(reports)
    }
}

fn parse_mapping(text: &str) -> Result<(Mapping, String), DeskError> {
    Ok((Mapping::parse(text)?, text.to_owned()))
}

async fn import_file(
    session: &Arc<Session>,
    path: &Path,
    name: &str,
    mapping: Option<&(Mapping, String)>,
    watch: &Arc<Watch>,
) -> Result<FileReport, DeskError> {
    let bytes = match load_file(path).await? {
        Ok(bytes) => Arc::new(bytes),
        Err(refusal) => return Ok(unread(name, refusal)),
    };
    let sha256 = {
        let bytes = bytes.clone();
        blocking(move || Digest(Sha256::digest(bytes.as_slice()).into())).await?
    };
    let before = session.cache.find_document(&sha256).await?;
    if let Some(document) = before.as_ref().filter(|document| !document.refused) {
        watch.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let findings = session.cache.list_findings(document.id).await?;
        return Ok(already_here(name, document, findings));
    }
    let start = watch.bytes.load(Ordering::Relaxed);
    let mut tx = session.cache.begin().await?;
    if let Some(refused) = &before {
        // It was refused once; this program may read what an older one could not.
        tx.delete_refused(refused.id).await?;
    }
    let imported = store_document(&mut tx, &bytes, &sha256, name, mapping, watch, start).await;
    watch.bytes.store(start + bytes.len() as u64, Ordering::Relaxed);
    match imported {
        Ok((slot, format, mut tally)) => {
            supersede::apply(&mut tx, slot, &mut tally.findings, &tally.accounts, tally.has_book).await?;
            let report = log_import(session, &mut tx, slot, &sha256, name, bytes.len(), format, tally).await?;
            tx.commit().await?;
            Ok(report)
        }
        Err(DeskError::Document(refusal)) => {
            drop(tx);
            log_refusal(session, before, &sha256, name, bytes.len() as u64, refusal).await
        }
        Err(error) => Err(error),
    }
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
            return Err(Refusal::new("file.is_folder", "This is a folder. Name the files in it, or drop the folder on the window."));
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

/// Runs reader and database side by side until the document is stored or refused.
async fn store_document(
    tx: &mut WriteTx,
    bytes: &Arc<Vec<u8>>,
    sha256: &Digest,
    name: &str,
    mapping: Option<&(Mapping, String)>,
    watch: &Arc<Watch>,
    start: u64,
) -> Result<(DocumentSlot, String, Tally), DeskError> {
    let toml = mapping.map(|(_, toml)| toml.as_str());
    let slot = tx.insert_document(sha256, name, bytes.len() as u64, &now(), toml).await?;
    let mapping = mapping.map(|(mapping, _)| mapping.clone());
    let (format, tally) = store_figures(tx, slot, bytes, sha256, mapping, watch, start, Keep::Document).await?;
    Ok((slot, format, tally))
}

/// Whether the document's bytes are stored beside its figures, or are there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    Document,
    FiguresOnly,
}

#[expect(clippy::too_many_arguments, reason = "the two callers differ in exactly these")]
async fn store_figures(
    tx: &mut WriteTx,
    slot: DocumentSlot,
    bytes: &Arc<Vec<u8>>,
    sha256: &Digest,
    mapping: Option<Mapping>,
    watch: &Arc<Watch>,
    start: u64,
    keep: Keep,
) -> Result<(String, Tally), DeskError> {
    let (send, mut receive) = mpsc::channel::<Message>(BATCHES_WAITING);
    let reader = {
        let (bytes, watch, send) = (bytes.clone(), watch.clone(), send.clone());
        let digest = *sha256;
        tokio::task::spawn_blocking(move || read_document(&bytes, digest, mapping.as_ref(), &watch, &send))
    };
    let packer = {
        let bytes = bytes.clone();
        tokio::task::spawn_blocking(move || match keep {
            Keep::Document => pack_document(&bytes, &send),
            Keep::FiguresOnly => Ok(()),
        })
    };
    let mut tally = Tally::default();
    let mut failed = None;
    while let Some(message) = receive.recv().await {
        let stored = match message {
            Message::Chunk(position, chunk) => {
                tx.insert_chunk(slot.document, position, &chunk).await.map_err(DeskError::from)
            }
            Message::Batch(batch) => {
                watch.bytes.store(start + batch.read_to, Ordering::Relaxed);
                store_batch(tx, slot, *batch, &mut tally, watch).await
            }
        };
        if let Err(error) = stored {
            failed = Some(error);
            break; // dropping the receiver stops both threads
        }
    }
    drop(receive);
    let outcome = reader.await.map_err(|error| DeskError::Bug(error.to_string()))?;
    packer.await.map_err(|error| DeskError::Bug(error.to_string()))??;
    match (failed, outcome) {
        (Some(error), _) => Err(error),
        (None, Err(refusal)) => Err(refusal.into()),
        (None, Ok(Outcome::Cancelled)) => Err(DeskError::Cancelled),
        (None, Ok(Outcome::Read(format))) => Ok((format.name, tally)),
    }
}

/// Reads a kept document again into fresh figures, as its import did.
pub(crate) async fn restore_document(
    tx: &mut WriteTx,
    document: &DocumentRow,
    bytes: &Arc<Vec<u8>>,
) -> Result<(), DeskError> {
    let slot = tx.reopen_document(document.id).await?;
    let mapping = document.mapping.as_deref().map(parse_mapping).transpose()?.map(|(mapping, _)| mapping);
    let watch = Arc::new(Watch::default());
    let (format, mut tally) =
        store_figures(tx, slot, bytes, &document.sha256, mapping, &watch, 0, Keep::FiguresOnly).await?;
    supersede::apply(tx, slot, &mut tally.findings, &tally.accounts, tally.has_book).await?;
    tx.insert_findings(slot.document, &tally.findings).await?;
    tx.finish_document(slot, &tally.summary(format, document.event_seq)).await?;
    Ok(())
}

fn read_document(
    bytes: &[u8],
    digest: Digest,
    mapping: Option<&Mapping>,
    watch: &Watch,
    send: &mpsc::Sender<Message>,
) -> Result<Outcome, Refusal> {
    let mut batch = Box::<Batch>::default();
    let mut sink = |item: Item| {
        if let Item::Entry(entry) = &item {
            batch.read_to = entry.span.end;
        }
        if batch.push(item) >= BATCH_ITEMS {
            let full = std::mem::take(&mut batch);
            if watch.stopped() || send.blocking_send(Message::Batch(full)).is_err() {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    };
    let context = ReadContext { digest, csv_mapping: mapping };
    let outcome = attest_formats::read(bytes, &context, &mut sink)?;
    if watch.stopped() || send.blocking_send(Message::Batch(batch)).is_err() {
        return Ok(Outcome::Cancelled);
    }
    Ok(outcome)
}

fn pack_document(bytes: &[u8], send: &mpsc::Sender<Message>) -> Result<(), DeskError> {
    let mut position = 0;
    for piece in bytes.chunks(CHUNK_BYTES) {
        let chunk = CompressedChunk::compress(piece)?;
        if send.blocking_send(Message::Chunk(position, chunk)).is_err() {
            break; // the document was refused or cancelled
        }
        position += piece.len() as u64;
    }
    Ok(())
}

async fn store_batch(
    tx: &mut WriteTx,
    slot: DocumentSlot,
    batch: Batch,
    tally: &mut Tally,
    watch: &Watch,
) -> Result<(), DeskError> {
    for book in &batch.books {
        tx.insert_book(slot, book).await?;
        tally.has_book = true;
    }
    tx.insert_vouchers(slot, &batch.vouchers).await?;
    tx.insert_ledger_lines(slot, &batch.lines).await?;
    tx.insert_entries(slot, &batch.entries).await?;
    for statement in batch.statements {
        tally.accounts.insert(tx.insert_statement(slot, &statement).await?);
        tally.statements.push(*statement);
    }
    tally.entries += batch.entries.len() as u64;
    tally.transactions += batch.entries.iter().map(|entry| entry.transactions.len() as u64).sum::<u64>();
    tally.vouchers += batch.vouchers.len() as u64;
    tally.ledger_lines += batch.lines.iter().filter(|line| line.status == LedgerLineStatus::Normal).count() as u64;
    tally.findings.extend(batch.findings);
    watch.lines.fetch_add((batch.entries.len() + batch.lines.len()) as u64, Ordering::Relaxed);
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "one value per fact of the event; a struct would only rename them")]
async fn log_import(
    session: &Session,
    tx: &mut WriteTx,
    slot: DocumentSlot,
    sha256: &Digest,
    name: &str,
    bytes: usize,
    format: String,
    tally: Tally,
) -> Result<FileReport, DeskError> {
    tx.insert_findings(slot.document, &tally.findings).await?;
    let statements = tally.statements.len() as u64;
    let mut draft = document_event(action::DOCUMENT_IMPORT, sha256, name);
    draft.after = Some(serde_json::json!({
        "bytes": bytes, "format": format, "statements": statements, "entries": tally.entries,
        "vouchers": tally.vouchers, "ledger_lines": tally.ledger_lines,
    }));
    draft.evidence.push(EvidenceRef { kind: "document".to_owned(), sha256: *sha256 });
    let event = session.author.append(tx, draft, Act::default()).await?;
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
    before: Option<DocumentRow>,
    sha256: &Digest,
    name: &str,
    bytes: u64,
    refusal: Refusal,
) -> Result<FileReport, DeskError> {
    let finding = refusal.clone().into_finding();
    if before.is_none() {
        let mut tx = session.cache.begin().await?;
        let slot = tx.insert_document(sha256, name, bytes, &now(), None).await?;
        tx.insert_findings(slot.document, std::slice::from_ref(&finding)).await?;
        let mut draft = document_event(action::DOCUMENT_REFUSE, sha256, name);
        draft.after = Some(serde_json::json!({ "bytes": bytes, "line": refusal.line }));
        draft.reason = Some(refusal.code.into_owned());
        let event = session.author.append(&mut tx, draft, Act::default()).await?;
        let summary = DocumentSummary {
            format: String::new(),
            refused: true,
            event_seq: event.seq,
            statements: 0,
            entries: 0,
            transactions: 0,
            vouchers: 0,
            ledger_lines: 0,
            findings: [1, 0, 0],
        };
        tx.finish_document(slot, &summary).await?;
        tx.commit().await?;
    }
    Ok(FileReport { sha256: Some(*sha256), ..refused(name, finding) })
}

fn document_event(action: &'static str, sha256: &Digest, name: &str) -> Draft {
    Draft {
        action,
        object: Object { kind: "document".to_owned(), id: sha256.to_string(), version: 1 },
        reason: None,
        before: None,
        after: None,
        evidence: Vec::new(),
        // File names often hold account numbers and people's names.
        sensitive: vec![("name", name.to_owned())],
    }
}

fn count_findings(findings: &[Finding]) -> [u64; 3] {
    let of = |severity: Severity| findings.iter().filter(|finding| finding.severity == severity).count() as u64;
    [of(Severity::Error), of(Severity::Warning), of(Severity::Info)]
}

fn unread(name: &str, refusal: Refusal) -> FileReport {
    refused(name, refusal.into_finding())
}

fn refused(name: &str, finding: Finding) -> FileReport {
    FileReport {
        file: name.to_owned(),
        sha256: None,
        format: None,
        status: "refused",
        statements: 0,
        entries: 0,
        transactions: 0,
        vouchers: 0,
        ledger_lines: 0,
        findings: vec![finding.into()],
    }
}

fn already_here(name: &str, document: &DocumentRow, findings: Vec<Finding>) -> FileReport {
    FileReport {
        file: name.to_owned(),
        sha256: Some(document.sha256),
        format: Some(document.format.clone()),
        status: "already-here",
        statements: document.statements,
        entries: document.entries,
        transactions: document.transactions,
        vouchers: document.vouchers,
        ledger_lines: document.ledger_lines,
        findings: findings.into_iter().map(FindingReport::from).collect(),
    }
}

fn result(report: &FileReport) -> ImportResult {
    let count = |severity: Severity| report.findings.iter().filter(|finding| finding.severity == severity).count() as u64;
    let status = match report.status {
        "new" => ImportStatus::New,
        "already-here" => ImportStatus::AlreadyHere,
        _ => ImportStatus::Refused,
    };
    let message = || {
        let finding = report.findings.first()?;
        Some(match finding.line {
            Some(line) => format!("Line {line}: {}", finding.message),
            None => finding.message.clone(),
        })
    };
    ImportResult {
        file: report.file.clone(),
        status,
        lines: report.entries + report.ledger_lines,
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        message: if status == ImportStatus::Refused { message() } else { None },
    }
}

fn cancelled(name: &str) -> ImportResult {
    ImportResult {
        file: name.to_owned(),
        status: ImportStatus::Cancelled,
        lines: 0,
        errors: 0,
        warnings: 0,
        message: None,
    }
}
