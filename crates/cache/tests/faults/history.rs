//! What is written to the cache under test, and the judgement over what is found in it again.
//!
//! A [`History`] knows every step that was ever begun: events as the desk writes them (canonical bytes, disclosures,
//! lines), a checkpoint signed in the same transaction, a fact about the workspace, and now and then a document with
//! its entries. A step is there whole or not at all.

use crate::chance::Chance;
use attest_cache::{
    Cache, CacheError,
    checkpoint::StoredCheckpoint,
    documents::DocumentRow,
    import::{CompressedChunk, DocumentSummary},
    log::{NewEvent, StoredEvent, WriteTx},
};
use attest_domain::{
    Amount, Currency, Digest,
    event::Event,
    ids::{EntryId, Span},
    statement::{AccountIdentification, BalanceCheck, Entry, Statement, StatementKind},
};
use attest_evidence::{checkpoint::Checkpoint, disclosure, leaf, note::NoteSigner, tree::Frontier};
use attest_testkit::entry;
use serde_json::json;
use std::fmt::Debug;

/// More events than any of these histories has.
const ALL: u32 = 100_000;
/// The fact that repeats the size of the log in every step.
const SIZE: &str = "size";

/// An event, ready to be stored.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    pub(crate) event: Event,
    pub(crate) leaf: Vec<u8>,
    pub(crate) hash: Digest,
    pub(crate) disclosures: Vec<(String, String)>,
}

/// What is written in one transaction.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Size of the log before it.
    pub(crate) start: usize,
    pub(crate) facts: Vec<Fact>,
    pub(crate) checkpoint: StoredCheckpoint,
    pub(crate) paper: Option<Paper>,
}

impl Step {
    /// Size of the log after it.
    pub(crate) fn end(&self) -> usize {
        self.start + self.facts.len()
    }
}

/// A document with one statement.
#[derive(Clone, Debug)]
pub(crate) struct Paper {
    sha256: Digest,
    bytes: Vec<u8>,
    #[expect(clippy::vec_box, reason = "the cache takes entries as readers give them")]
    entries: Vec<Box<Entry>>,
}

/// Every step of one log, in order.
#[derive(Debug)]
pub(crate) struct History {
    chance: Chance,
    signer: NoteSigner,
    pub(crate) steps: Vec<Step>,
}

impl History {
    pub(crate) fn new(seed: u64) -> Self {
        let signer = NoteSigner::from_seed("standalone/t/faults", &[7; 32]).expect("the name is one");
        Self { chance: Chance::new(seed), signer, steps: Vec::new() }
    }

    /// Size of the log when all steps are there.
    pub(crate) fn end(&self) -> usize {
        self.steps.last().map_or(0, Step::end)
    }

    /// Forgets the steps behind a size that was found: other ones will follow it.
    pub(crate) fn cut(&mut self, size: usize) {
        self.steps.retain(|step| step.end() <= size);
    }

    /// Plans the next step: `events`, and a document of `bytes` bytes unless that is 0.
    pub(crate) fn plan(&mut self, events: usize, bytes: usize) -> Step {
        let start = self.end();
        let facts: Vec<Fact> = (start..start + events).map(|seq| self.fact(seq)).collect();
        let mut frontier = self.steps.last().map_or_else(Frontier::default, |step| {
            frontier_of(&step.checkpoint).expect("it was planned from a frontier")
        });
        frontier.append(facts.iter().map(|fact| fact.hash)).expect("the log is small");
        let checkpoint = sign(&self.signer, &frontier);
        let paper = (bytes > 0).then(|| self.paper(bytes));
        let step = Step { start, facts, checkpoint, paper };
        self.steps.push(step.clone());
        step
    }

    fn fact(&mut self, seq: usize) -> Fact {
        let free_text = (0..self.chance.below(3)).map(|at| {
            disclosure::conceal(
                self.chance.bytes(),
                "text",
                &format!("Remark {at} on {}", self.chance.next()),
            )
        });
        let mut disclosures: Vec<_> = free_text.map(|made| (made.digest, made.text)).collect();
        disclosures.sort();
        let lines: Vec<String> =
            (0..self.chance.below(4)).map(|_| format!("{:032x}", self.chance.next())).collect();
        let id = |chance: &mut Chance| {
            let digits = format!("{:016x}{:016x}", chance.next(), chance.next());
            format!(
                "{}-{}-{}-{}-{}",
                &digits[..8],
                &digits[8..12],
                &digits[12..16],
                &digits[16..20],
                &digits[20..]
            )
        };
        let event = json!({
            "v": 1, "tenant": "0b5d7a3e-0000-7000-8000-000000000001", "seq": seq, "id": id(&mut self.chance),
            "at": "2026-10-17T08:14:03.512Z",
            "actor": { "kind": "user", "id": "device", "role": "controller", "auth": "device" },
            "action": "cash_movement.match",
            "object": { "type": "cash_movement", "id": id(&mut self.chance), "version": 1 },
            "after": { "bank": lines, "ledger": [] },
            "_sd": disclosures.iter().map(|(digest, _)| digest).collect::<Vec<_>>(),
        });
        let event: Event = serde_json::from_value(event).expect("this is an event");
        let leaf = leaf::encode(&event).expect("it is small");
        Fact { hash: leaf::hash(&leaf), event, leaf, disclosures }
    }

    fn paper(&mut self, bytes: usize) -> Paper {
        // Random, so that it does not compress and fills as many pages.
        let bytes: Vec<u8> = (0..bytes.div_ceil(8)).flat_map(|_| self.chance.next().to_le_bytes()).collect();
        let sha256 = leaf::hash(&bytes);
        let entries =
            (0..1 + u32::try_from(self.chance.below(12)).expect("it is below twelve")).map(|ordinal| {
                let mut entry = entry(ordinal, "125.50").servicer_reference("REF").text("Payment").build();
                entry.id = EntryId(self.chance.bytes());
                Box::new(entry)
            });
        Paper { sha256, entries: entries.collect(), bytes }
    }

    /// Compares what was found with the steps that end where its log ends: every byte of a leaf, its hash, the frontier
    /// and the signed note over their root are what was written.
    pub(crate) fn judge(&self, found: &Found) -> Result<(), String> {
        self.judge_log(found)?;
        self.judge_papers(found)
    }

    /// The log, with what its events conceal and with its checkpoint.
    pub(crate) fn judge_log(&self, found: &Found) -> Result<(), String> {
        let there = self.steps.iter().filter(|step| step.end() <= found.size);
        let end = there.clone().map(Step::end).max().unwrap_or(0);
        require_equal("the steps that are there end at", end, found.size)?;
        let facts: Vec<&Fact> = there.clone().flat_map(|step| &step.facts).collect();
        require_equal("number of events", found.events.len(), facts.len())?;
        for (event, fact) in found.events.iter().zip(&facts) {
            require_equal("leaf", &event.leaf, &fact.leaf)?;
            require_equal("number of disclosures", event.disclosures.len(), fact.disclosures.len())?;
        }
        require_equal("leaf hashes", &found.hashes, &facts.iter().map(|fact| fact.hash).collect())?;
        let signed = there.clone().next_back().map(|step| &step.checkpoint);
        require_equal("checkpoint", found.checkpoint.as_ref(), signed)?;
        Ok(())
    }

    fn judge_papers(&self, found: &Found) -> Result<(), String> {
        let there = self.steps.iter().filter(|step| step.end() <= found.size);
        let papers: Vec<&Paper> = there.filter_map(|step| step.paper.as_ref()).collect();
        require_equal("number of documents", found.documents.len(), papers.len())?;
        for (document, paper) in found.documents.iter().zip(papers) {
            require_equal("document", document.sha256, paper.sha256)?;
            require_equal("entries of a document", document.entries, paper.entries.len() as u64)?;
        }
        Ok(())
    }

    /// Whether the log is what its checkpoint says and goes on from the copy of one that was kept outside the database
    /// when the log had `kept` events. A workspace asks this when it is opened, and freezes where it is not so.
    pub(crate) fn continues(&self, found: &Found, kept: usize) -> bool {
        let Some(stored) = &found.checkpoint else { return kept == 0 && found.size == 0 };
        let root = |hashes: &[Digest]| {
            let mut frontier = Frontier::default();
            frontier.append(hashes.iter().copied()).expect("the log is small");
            frontier.root()
        };
        let Ok(signed) = frontier_of(stored) else { return false };
        let copy = self.steps.iter().find(|step| step.end() == kept).map(|step| &step.checkpoint);
        let copy = copy.map(|copy| frontier_of(copy).expect("it was planned from a frontier"));
        stored.size == found.size as u64
            && found.hashes.get(..found.size).is_some_and(|all| root(all) == signed.root())
            && copy.is_none_or(|copy| found.hashes.get(..kept).is_some_and(|old| root(old) == copy.root()))
    }

    /// Asks the readers too: makes the root again from the leaves, has SQLite verify every page, and reads the bytes of
    /// the newest documents.
    pub(crate) async fn judge_deeply(&self, cache: &Cache, size: usize) -> Result<(), String> {
        let mut frontier = Frontier::default();
        for event in cache.list_events(0, ALL).await.map_err(because("events"))? {
            frontier.push(leaf::hash(&event.leaf)).expect("the log is small");
        }
        require_equal("size of the log", frontier.size(), size as u64)?;
        let hashes = cache.list_leaf_hashes(0, ALL).await.map_err(because("hashes"))?;
        require_equal("number of hashes", hashes.len(), size)?;
        let stored = cache.find_checkpoint().await.map_err(because("checkpoint"))?;
        let edge = stored.as_ref().map_or_else(|| Ok(Frontier::default()), frontier_of)?;
        require_equal("root", (edge.size(), edge.root()), (frontier.size(), frontier.root()))?;
        let said = cache.find_meta(SIZE).await.map_err(because("fact"))?;
        require_equal("size as a fact", said, (size > 0).then(|| size.to_string()))?;
        let health = cache.health().await.map_err(because("health"))?;
        require_equal("problems", health.problems, Vec::new())?;
        let there =
            self.steps.iter().filter(|step| step.end() <= size).filter_map(|step| step.paper.as_ref());
        let there: Vec<&Paper> = there.collect();
        for paper in there.iter().rev().take(2) {
            let row = cache.find_document(&paper.sha256).await.map_err(because("document"))?;
            let row = row.ok_or("a document is not found by its digest")?;
            let bytes = cache.load_document(row.id).await.map_err(because("bytes"))?;
            require_equal("bytes of a document", bytes == paper.bytes, true)?;
        }
        Ok(())
    }
}

/// What `attest doctor` would find: pages that do not verify, a structure that contradicts itself, leaves that do not give
/// the root that was signed or have lost what they conceal, documents that are not what their digest says.
pub(crate) async fn is_unsound(cache: &Cache) -> Result<bool, CacheError> {
    let mut frontier = Frontier::default();
    for event in cache.list_events(0, ALL).await? {
        frontier.push(leaf::hash(&event.leaf)).expect("the log is small");
        if leaf::decode(&event.leaf).is_ok_and(|told| told.sd.len() > event.disclosures.len()) {
            return Ok(true);
        }
    }
    let stored = cache.find_checkpoint().await?;
    let signed = stored.as_ref().map_or_else(|| Ok(Frontier::default()), frontier_of);
    let other = signed.is_ok_and(|signed| signed.root() != frontier.root());
    for document in cache.list_documents(0, ALL).await?.1 {
        if leaf::hash(&cache.load_document(document.id).await?) != document.sha256 {
            return Ok(true);
        }
    }
    Ok(other || !cache.health().await?.problems.is_empty())
}

fn because(what: &str) -> impl Fn(CacheError) -> String {
    move |error| format!("{what}: {error}")
}

#[expect(clippy::needless_pass_by_value, reason = "most are made for the comparison")]
fn require_equal<T: PartialEq + Debug>(what: &str, found: T, expected: T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: found {found:?}, expected {expected:?}")) }
}

fn frontier_of(checkpoint: &StoredCheckpoint) -> Result<Frontier, String> {
    Frontier::from_nodes(checkpoint.size, checkpoint.nodes.clone()).map_err(|error| error.to_string())
}

fn sign(signer: &NoteSigner, frontier: &Frontier) -> StoredCheckpoint {
    let origin = signer.verifier_key().name().to_owned();
    let checkpoint = Checkpoint { origin, size: frontier.size(), root: frontier.root() };
    let note = checkpoint.sign(signer).expect("the origin is a name").to_string();
    StoredCheckpoint { size: frontier.size(), nodes: frontier.nodes().to_vec(), note }
}

/// What a cache holds.
#[derive(Debug)]
pub(crate) struct Found {
    /// Size of its log.
    pub(crate) size: usize,
    events: Vec<StoredEvent>,
    hashes: Vec<Digest>,
    checkpoint: Option<StoredCheckpoint>,
    /// In the order in which they came.
    documents: Vec<DocumentRow>,
}

/// Reads through the writing connection, which is open anyway: setting up readers takes longer than all the rest.
pub(crate) async fn look(cache: &Cache) -> Result<Found, CacheError> {
    let mut tx = cache.begin().await?;
    let next = tx.next_seq().await?;
    Ok(Found {
        size: usize::try_from(next).expect("the log is small"),
        events: tx.list_act(0, next).await?,
        hashes: tx.list_hashes_from(0).await?,
        checkpoint: tx.find_checkpoint().await?,
        documents: tx.list_read_documents().await?,
    })
}

/// Writes a step as the desk does: document, events, then the checkpoint over what the transaction holds, and commit.
pub(crate) async fn write(cache: &Cache, step: &Step) -> Result<(), CacheError> {
    let mut tx = cache.begin().await?;
    if let Some(paper) = &step.paper {
        write_paper(&mut tx, paper, step.start as u64).await?;
    }
    for fact in &step.facts {
        let seq = tx.next_seq().await?;
        assert_eq!(seq, fact.event.seq, "positions go on where the log ends");
        tx.append_event(&NewEvent {
            seq,
            id: fact.event.id.to_string(),
            leaf: &fact.leaf,
            hash: fact.hash,
            action: &fact.event.action,
            object_id: &fact.event.object.id,
            actor: "user",
            at: &fact.event.at,
            trace: None,
            reverts: None,
            disclosures: &fact.disclosures,
            lines: &fact.event.lines(),
        })
        .await?;
    }
    tx.put_meta(SIZE, &step.end().to_string()).await?;
    let stored = tx.find_checkpoint().await?;
    let mut frontier = stored
        .as_ref()
        .map_or_else(Frontier::default, |stored| frontier_of(stored).expect("the frontier that was stored"));
    frontier.append(tx.list_hashes_from(frontier.size()).await?).expect("the log is small");
    let nodes = frontier.nodes().to_vec();
    let note = step.checkpoint.note.clone();
    tx.put_checkpoint(&StoredCheckpoint { size: frontier.size(), nodes, note }).await?;
    tx.commit().await
}

async fn write_paper(tx: &mut WriteTx, paper: &Paper, event_seq: u64) -> Result<(), CacheError> {
    let bytes = paper.bytes.len() as u64;
    let slot =
        tx.insert_document(&paper.sha256, "paper.xml", bytes, "2026-10-17T08:14:03.512Z", None).await?;
    tx.insert_chunk(slot.document, 0, &CompressedChunk::compress(&paper.bytes)?).await?;
    tx.insert_entries(slot, &paper.entries).await?;
    let sum: Amount = attest_testkit::amount("125.50");
    let statement = Statement {
        ordinal: 0,
        kind: StatementKind::Statement,
        reference: None,
        account: AccountIdentification {
            other: Some("5000123456".to_owned()),
            currency: Some(Currency::SEK),
            ..AccountIdentification::default()
        },
        electronic_sequence: None,
        legal_sequence: None,
        created: None,
        from: None,
        to: None,
        page: None,
        copy: None,
        balances: Vec::new(),
        opening: None,
        closing: None,
        entries: paper.entries.len() as u64,
        sum,
        balance: BalanceCheck::Uncheckable,
        content: paper.sha256,
        span: Span { start: 0, end: 1 },
    };
    tx.insert_statement(slot, &statement).await?;
    let entries = paper.entries.len() as u64;
    let summary = DocumentSummary {
        format: "camt.053".to_owned(),
        refused: false,
        event_seq,
        statements: 1,
        entries,
        transactions: 0,
        vouchers: 0,
        ledger_lines: 0,
        findings: [0; 3],
    };
    tx.finish_document(slot, &summary).await
}
