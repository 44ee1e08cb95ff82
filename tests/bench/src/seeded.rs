//! A backend in a process of its own, with a log that is long before anybody pulls it.
//!
//! Documents are delivered and imported over the interface. The decisions behind them are composed by the code that
//! composes every event and written into the store's tables directly, many rows a statement, because a million commands
//! would take longer than all the figures together; the backend then reads them back, hashes and signs them as its own.

use anyhow::{Context, Result, ensure};
use attest_backend::{Config, clock::SystemClock, operate, serve};
use attest_domain::{
    Digest,
    command::LineId,
    event::{Actor, ActorKind, Draft, Object, action},
    roles::{Role, Scope},
};
use attest_evidence::compose::{Composed, Stamp, compose};
use attest_formats::{Item, ReadContext};
use attest_tests::company;
use attest_wire::{Batch, BatchAnswer, Command as Order, Outcome, Submission};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqliteConnection};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::SocketAddr,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};
use uuid::Uuid;

/// Has this program serve the data in the folder it names, and nothing else.
const SERVE: &str = "ATTEST_BENCH_SERVE";
/// Commands of one request.
const COMMANDS: usize = 100;
/// Documents that are delivered at once.
const DELIVERIES: usize = 8;
/// Rows of one insert statement.
const ROWS: usize = 500;
/// Pause between two looks at the checkpoint.
const LOOK: Duration = Duration::from_millis(20);
/// Events written with one commit.
const EVENTS: u64 = 20_000;

fn config(data: &Path) -> Config {
    Config { listen: SocketAddr::from(([127, 0, 0, 1], 0)), data: data.to_owned(), ..Config::default() }
}

/// Serves until standard input ends, where this process was started for that.
pub(crate) fn serve_if_asked() -> Option<Result<()>> {
    std::env::var_os(SERVE).map(|data| serve_until_left(Path::new(&data)))
}

#[tokio::main]
async fn serve_until_left(data: &Path) -> Result<()> {
    let running = attest_backend::start(config(data), Arc::new(SystemClock)).await?;
    println!("{}", running.address.port());
    std::io::stdout().flush()?;
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    running.stop().await
}

/// A serving process; it ends when this is dropped.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(data: &Path) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .env(SERVE, data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("it has an output")?).read_line(&mut line)?;
        let port = line.trim().parse().context("the backend did not start")?;
        Ok(Self { child, port })
    }
}

impl Drop for Server {
    /// What does not end by itself once nobody is there any more is ended.
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// What is to be in the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Events there are in the end.
    pub(crate) events: u64,
    /// Statements of one account.
    pub(crate) statements: usize,
    /// Bank entries in all of them.
    pub(crate) entries: usize,
}

/// A backend with a long log.
pub(crate) struct Seeded {
    server: Option<Server>,
    folder: tempfile::TempDir,
    tenant: Uuid,
    subject: String,
    /// What a controller connects with.
    pub(crate) key: String,
    lines: Vec<LineId>,
    /// Events in the log.
    pub(crate) size: u64,
}

impl Seeded {
    /// Makes one and starts it.
    pub(crate) async fn make(shape: Shape) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("backend");
        let backend = serve::open(config(&data), Arc::new(SystemClock)).await?;
        let tenant = operate::create_tenant(&backend, "Norrsken Handel AB").await?;
        let (subject, key) =
            operate::add_program(&backend, tenant, "bench", Role::Controller, &Scope::default()).await?;
        serve::settle(&backend).await?;
        serve::close(&backend).await;
        let mut seeded = Self { server: None, folder, tenant, subject, key, lines: Vec::new(), size: 0 };
        seeded.server = Some(Server::start(&data)?);
        seeded.deliver(shape).await?;
        seeded.server = None;
        seeded.write(shape).await?;
        let backend = serve::open(config(&data), Arc::new(SystemClock)).await?;
        serve::settle(&backend).await?;
        serve::close(&backend).await;
        seeded.server = Some(Server::start(&data)?);
        Ok(seeded)
    }

    /// Its address.
    pub(crate) fn url(&self) -> Result<String> {
        let server = self.server.as_ref().context("it is running")?;
        Ok(format!("https://localhost:{}", server.port))
    }

    /// The certificate that it shows (PEM).
    pub(crate) fn certificate(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.folder.path().join("backend/certificate.pem"))?)
    }

    /// The files of certificate and key.
    pub(crate) fn certificate_files(&self) -> (String, String) {
        let file = |name: &str| self.folder.path().join("backend").join(name).display().to_string();
        (file("certificate.pem"), file("certificate.key"))
    }

    /// The file of the store.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("backend/backend.db")
    }

    /// A client that trusts it.
    pub(crate) fn http(&self) -> Result<reqwest::Client> {
        let certificate = reqwest::Certificate::from_pem(self.certificate()?.as_bytes())?;
        Ok(reqwest::Client::builder().tls_certs_only([certificate]).no_proxy().build()?)
    }

    /// Where the log is.
    pub(crate) fn tenant_url(&self) -> Result<String> {
        Ok(format!("{}/v1/tenants/{}", self.url()?, self.tenant))
    }

    /// Delivers and imports the documents.
    async fn deliver(&mut self, shape: Shape) -> Result<()> {
        let (statements, entries) = (shape.statements.to_string(), shape.entries.to_string());
        let arguments = ["--single-account", statements.as_str(), "--entries", entries.as_str()];
        let files = company::generate_with(self.folder.path(), &arguments)?;
        let (http, url) = (&self.http()?, &self.tenant_url()?);
        let mut orders = Vec::with_capacity(files.len());
        for file in &files {
            let bytes = std::fs::read(file)?;
            let digest = Digest(Sha256::digest(&bytes).into());
            self.lines.extend(lines(&bytes, digest)?);
            let name = file.file_name().context("a file has a name")?.to_string_lossy().into_owned();
            orders.push((digest, name, bytes));
        }
        let key = &self.key;
        stream::iter(orders)
            .map(|(digest, name, bytes)| async move {
                let request = http.put(format!("{url}/documents/{digest}?name={name}")).bearer_auth(key);
                request.body(bytes).send().await?.error_for_status()?;
                let order = Order::ImportDocument { sha256: digest.to_string(), name, mapping: None };
                Ok::<_, anyhow::Error>(submission(Uuid::now_v7(), order))
            })
            .buffered(DELIVERIES)
            .try_chunks(COMMANDS)
            .map_err(|error| error.1)
            .try_for_each(|commands| send(http, url, key, commands))
            .await
    }

    /// Has the log grow over the interface, by comments.
    pub(crate) async fn grow(&mut self, events: usize) -> Result<()> {
        let (http, url) = (self.http()?, self.tenant_url()?);
        let comments: Vec<Submission> = (0..events)
            .map(|number| {
                let line = self.lines[number % self.lines.len()];
                let text = format!("asked {number} times");
                submission(Uuid::now_v7(), Order::Comment { line: line.into(), text })
            })
            .collect();
        for commands in comments.chunks(COMMANDS) {
            send(&http, &url, &self.key, commands.to_vec()).await?;
        }
        self.size += events as u64;
        // A checkpoint follows what it covers, it does not come with it.
        loop {
            let request = http.get(format!("{url}/log/checkpoint")).bearer_auth(&self.key);
            let note = request.send().await?.error_for_status()?.text().await?;
            let size = note.lines().nth(1).and_then(|size| size.parse::<u64>().ok()).unwrap_or_default();
            if size >= self.size {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Writes the decisions: a match for every two lines, and comments.
    async fn write(&mut self, shape: Shape) -> Result<()> {
        let url = format!("sqlite://{}", self.database().display());
        let mut store = SqliteConnection::connect(&url).await?;
        let tenant = self.tenant.to_string();
        let head = sqlx::query("select size from log_head where tenant = ?").bind(&tenant);
        let start = head.fetch_one(&mut store).await?.get::<i64, _>(0).unsigned_abs();
        let is_bank = |line: &&LineId| matches!(line, LineId::Bank(_));
        let (bank, ledger): (Vec<LineId>, Vec<LineId>) = self.lines.iter().partition(is_bank);
        let mut matches = bank.into_iter().zip(ledger);
        let mut seq = start;
        while seq < shape.events {
            let to = shape.events.min(seq + EVENTS);
            let mut events = Vec::new();
            for seq in seq..to {
                // One decision in four, until nothing is open.
                let pair = if seq % 4 == 0 { matches.next() } else { None };
                events.push(self.event(seq, pair)?);
            }
            insert(&mut store, &tenant, &events).await?;
            seq = to;
        }
        sqlx::query("update log_head set size = ? where tenant = ?")
            .bind(seq.cast_signed())
            .bind(&tenant)
            .execute(&mut store)
            .await?;
        store.close().await?;
        self.size = seq;
        Ok(())
    }

    fn event(&self, seq: u64, pair: Option<(LineId, LineId)>) -> Result<Composed> {
        let (id, object) = (Uuid::now_v7(), Uuid::now_v7().to_string());
        let place = usize::try_from(seq)? % self.lines.len();
        let sides = |line: LineId| match line {
            LineId::Bank(id) => json!({ "bank": [id.to_string()] }),
            LineId::Ledger(id) => json!({ "ledger": [id.to_string()] }),
        };
        let (action, after, sensitive) = match pair {
            Some((bank, ledger)) => {
                let after = json!({
                    "bank": [bank.to_string()], "ledger": [ledger.to_string()], "by": "user", "currency": "SEK",
                    "difference": "0.00",
                });
                (action::MATCH, after, Vec::new())
            }
            None => {
                let text = format!("Asked the customer about {seq}; the answer comes next week.");
                (action::COMMENT, sides(self.lines[place]), vec![("text", text)])
            }
        };
        let mut salt = [0; 16];
        salt[..8].copy_from_slice(&seq.to_be_bytes());
        let stamp = Stamp {
            tenant: self.tenant,
            seq,
            id,
            at: "2026-11-20T08:14:03.512Z".to_owned(),
            actor: Actor {
                kind: ActorKind::System,
                id: self.subject.clone(),
                role: Some("controller".to_owned()),
                auth: Some("key".to_owned()),
                order: None,
            },
            trace: None,
            reverts: None,
        };
        let draft = Draft {
            action,
            object: Object { kind: "cash_movement".to_owned(), id: object, version: 1 },
            reason: None,
            before: None,
            after: Some(after),
            evidence: Vec::new(),
            sensitive,
        };
        Ok(compose(stamp, draft, &[salt])?)
    }
}

/// A command by itself, under this key.
pub(crate) fn submission(key: Uuid, command: Order) -> Submission {
    Submission { key, object: None, trace: None, reverts: None, reason: None, brings_back: None, command }
}

async fn send(http: &reqwest::Client, url: &str, key: &str, commands: Vec<Submission>) -> Result<()> {
    let request = http.post(format!("{url}/commands")).bearer_auth(key);
    let body = serde_json::to_vec(&Batch { commands })?;
    let answer = request.header("content-type", "application/json").body(body).send().await?;
    for answer in serde_json::from_slice::<BatchAnswer>(&answer.error_for_status()?.bytes().await?)?.answers {
        ensure!(matches!(answer.outcome, Outcome::Accepted { .. }), "{answer:?}");
    }
    Ok(())
}

/// The lines of a document, named as every replica names them.
fn lines(bytes: &[u8], digest: Digest) -> Result<Vec<LineId>> {
    let mut lines = Vec::new();
    let context = ReadContext { digest, csv_mapping: None };
    let mut sink = |item: Item| {
        match item {
            Item::Entry(entry) => lines.push(LineId::Bank(entry.id)),
            Item::LedgerLine(line) => lines.push(LineId::Ledger(line.id)),
            _ => {}
        }
        ControlFlow::Continue(())
    };
    attest_formats::read(bytes, &context, &mut sink)?;
    Ok(lines)
}

/// Writes events and what they conceal as the backend would.
async fn insert(store: &mut SqliteConnection, tenant: &str, events: &[Composed]) -> Result<()> {
    let mut tx = store.begin().await?;
    let values = |columns: usize, rows: usize| {
        let row = format!("({})", vec!["?"; columns].join(","));
        vec![row.as_str(); rows].join(",")
    };
    for part in events.chunks(ROWS) {
        let sql = format!(
            "insert into event (tenant, seq, leaf, hash, id, fingerprint) values {}",
            values(6, part.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for one in part {
            query = query
                .bind(tenant)
                .bind(one.event.seq.cast_signed())
                .bind(one.bytes.as_slice())
                .bind(one.hash.0.as_slice())
                .bind(one.event.id.to_string())
                .bind(one.hash.0.as_slice());
        }
        query.execute(&mut *tx).await?;
        let concealed: Vec<_> =
            part.iter().flat_map(|one| one.disclosures.iter().map(|made| (one.event.seq, made))).collect();
        if concealed.is_empty() {
            continue;
        }
        let sql = format!(
            "insert into disclosure (tenant, seq, digest, text) values {}",
            values(4, concealed.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (seq, made) in concealed {
            query = query.bind(tenant).bind(seq.cast_signed()).bind(&made.digest).bind(&made.text);
        }
        query.execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(())
}
