//! From the reader to the database: one thread reads, one packs, and the rows of both go through one transaction.

use super::{parse_mapping, report::count_findings, tables::like_finding, watch::Watch};
use crate::{error::DeskError, journal::now, supersede};
use attest_cache::{
    documents::DocumentRow,
    import::{CHUNK_BYTES, CompressedChunk, DocumentSlot, DocumentSummary},
    log::WriteTx,
};
use attest_domain::{
    Currency, Digest, Finding,
    finding::Refusal,
    ledger::{LedgerBook, LedgerLine, LedgerLineStatus, Voucher},
    statement::{Entry, Statement},
};
use attest_formats::{Item, Outcome, ReadContext, csv::Mapping};
use std::{
    collections::BTreeSet,
    ops::ControlFlow,
    sync::{Arc, atomic::Ordering},
};
use tokio::sync::mpsc;

/// Items handed from the reader to the database at once.
const BATCH_ITEMS: usize = 2_000;
/// Batches that may wait; more would only fill memory.
const BATCHES_WAITING: usize = 4;

/// Figures of one document on their way from the reader to the database.
#[expect(
    clippy::vec_box,
    reason = "the reader hands out boxes; unpacking them would copy every figure once more"
)]
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
pub(super) struct Tally {
    pub(super) statements: Vec<Statement>,
    pub(super) entries: u64,
    pub(super) transactions: u64,
    pub(super) vouchers: u64,
    pub(super) ledger_lines: u64,
    pub(super) has_book: bool,
    pub(super) findings: Vec<Finding>,
    pub(super) accounts: BTreeSet<i64>,
    /// Statement and currency of the entry stored last.
    last_currency: Option<(u32, Currency)>,
}

impl Tally {
    pub(super) fn summary(&self, format: String, event_seq: u64) -> DocumentSummary {
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

/// Runs reader and database side by side until the document is stored or refused.
pub(super) async fn store_document(
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
    let (format, tally) =
        store_figures(tx, slot, bytes, sha256, mapping, watch, start, Keep::Document).await?;
    Ok((slot, format, tally))
}

/// Reads a document that was fetched, and keeps it as it was staged.
pub(super) async fn store_staged(
    tx: &mut WriteTx,
    bytes: &Arc<Vec<u8>>,
    sha256: &Digest,
    name: &str,
    mapping: Option<&(Mapping, String)>,
) -> Result<(DocumentSlot, String, Tally), DeskError> {
    let toml = mapping.map(|(_, toml)| toml.as_str());
    let slot = tx.insert_document(sha256, name, bytes.len() as u64, &now(), toml).await?;
    tx.adopt_staged(slot, sha256).await?;
    let (mapping, watch) = (mapping.map(|(mapping, _)| mapping.clone()), Arc::new(Watch::default()));
    let (format, tally) =
        store_figures(tx, slot, bytes, sha256, mapping, &watch, 0, Keep::FiguresOnly).await?;
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
    let mapped = mapping.is_some();
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
        let stored = stored.and_then(|()| if watch.stopped() { Err(DeskError::Cancelled) } else { Ok(()) });
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
        (None, Ok(Outcome::Read(format))) => {
            if mapped && let Some(name) = tx.find_like_mapped(slot.document).await? {
                tally.findings.push(like_finding(&name));
            }
            tx.set_document_format(slot, &format.name).await?;
            Ok((format.name, tally))
        }
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
    if let Some(last) = batch.entries.last() {
        tally.last_currency = Some((last.statement, last.currency));
    }
    for mut statement in batch.statements {
        let booked = batch.entries.iter().find(|entry| entry.statement == statement.ordinal);
        let last = || tally.last_currency.filter(|(ordinal, _)| *ordinal == statement.ordinal);
        let of_entries = booked.map(|entry| entry.currency).or_else(|| last().map(|last| last.1));
        statement.settle_currency(of_entries);
        tally.accounts.insert(tx.insert_statement(slot, &statement).await?);
        tally.statements.push(*statement);
    }
    tally.entries += batch.entries.len() as u64;
    tally.transactions += batch.entries.iter().map(|entry| entry.transactions.len() as u64).sum::<u64>();
    tally.vouchers += batch.vouchers.len() as u64;
    tally.ledger_lines +=
        batch.lines.iter().filter(|line| line.status == LedgerLineStatus::Normal).count() as u64;
    tally.findings.extend(batch.findings);
    watch.lines.fetch_add((batch.entries.len() + batch.lines.len()) as u64, Ordering::Relaxed);
    Ok(())
}
