//! The backend over a real connection and PostgreSQL: appends a second beside the same rows inserted bare.
//!
//! Writers send batches, as desktops do with what waits in their outboxes. The bare rows are those that the backend
//! wrote, inserted again over as many connections with one commit for each command, into tables of the same shape.

use crate::{
    figure::{Bench, Figure, Goal},
    seeded::submission,
};
use anyhow::{Context as _, Result, ensure};
use attest_backend::{Config, Running, clock::SystemClock, operate};
use attest_domain::{
    Digest,
    command::LineId,
    roles::{Role, Scope},
};
use attest_formats::{Item, ReadContext};
use attest_wire::{Batch, BatchAnswer, Command, Outcome, Submission};
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use std::{net::SocketAddr, ops::ControlFlow, sync::Arc, time::Instant};
use uuid::Uuid;

pub(crate) const BENCHES: &[Bench] = &[
    Bench { name: "backend.append", unit: "1/s", goal: Goal::RatioAtLeast(0.3), run: || measure(1) },
    Bench { name: "backend.append_100", unit: "1/s", goal: Goal::RatioAtLeast(0.3), run: || measure(100) },
];

/// Names the PostgreSQL server in which a database is made.
const SERVER: &str = "ATTEST_POSTGRES";
const WRITERS: usize = 8;
const BATCH: usize = 20;
const BATCHES: usize = 800;
/// Events of a tenant before its first comment: its making, its first member and the import of the statement.
const BEFORE: i64 = 3;

const STATEMENT: &[u8] = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
    <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt>\
    <GrpHdr><MsgId>M-1</MsgId><CreDtTm>2026-03-02T06:00:00</CreDtTm></GrpHdr>\
    <Stmt><Id>S-1</Id><Acct><Id><IBAN>SE4550000000058398257466</IBAN></Id><Ccy>SEK</Ccy></Acct>\
    <Ntry><NtryRef>1-1</NtryRef><Amt Ccy=\"SEK\">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>\
    <BookgDt><Dt>2026-03-02</Dt></BookgDt></Ntry></Stmt></BkToCstmrStmt></Document>";

#[tokio::main]
async fn measure(tenants: usize) -> Result<Figure> {
    let database = make_database().await?;
    let folder = tempfile::tempdir()?;
    let config = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        data: folder.path().to_owned(),
        database: Some(database.clone()),
        ..Config::default()
    };
    let running = attest_backend::start(config, Arc::new(SystemClock)).await?;
    let mut callers = Vec::with_capacity(tenants);
    for _ in 0..tenants {
        callers.push(Caller::open(&running).await?);
    }
    let callers = Arc::new(callers);

    let start = Instant::now();
    let writers: Vec<_> = (0..WRITERS).map(|writer| tokio::spawn(write(callers.clone(), writer))).collect();
    for writer in writers {
        writer.await??;
    }
    let ours = start.elapsed();
    running.stop().await?;
    let bare = insert_bare(&database).await?;
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let commands = (BATCHES * BATCH) as f64;
    Ok(Figure { value: commands / ours.as_secs_f64(), baseline: Some(commands / bare) })
}

async fn make_database() -> Result<String> {
    let server = std::env::var(SERVER).with_context(|| format!("{SERVER} names no PostgreSQL server"))?;
    let name = format!("attest_{}", Uuid::new_v4().simple());
    let mut connection = PgConnection::connect(&server).await?;
    sqlx::query(AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await?;
    connection.close().await?;
    let (start, _) = server.rsplit_once('/').context("the server's address names no database")?;
    Ok(format!("{start}/{name}"))
}

/// A program that may write to one company, and what it comments on.
struct Caller {
    http: reqwest::Client,
    url: String,
    key: String,
    line: attest_wire::Line,
}

impl Caller {
    async fn open(running: &Running) -> Result<Self> {
        let backend = running.backend();
        let tenant = operate::create_tenant(backend, "Norrsken Handel AB").await?;
        let (_, key) =
            operate::add_program(backend, tenant, "bench", Role::Controller, &Scope::default()).await?;
        let certificate =
            running.certificate.as_ref().context("the service has no certificate of its own")?;
        let http = reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(&std::fs::read(certificate)?)?])
            .no_proxy()
            .build()?;
        let url = format!("https://localhost:{}/v1/tenants/{tenant}", running.address.port());
        let digest = Digest(Sha256::digest(STATEMENT).into());
        let caller = Self { http, url, key, line: line(digest)? };
        let document = format!("{}/documents/{digest}?name=statement.xml", caller.url);
        let delivery = caller.http.put(document).bearer_auth(&caller.key).body(STATEMENT);
        delivery.send().await?.error_for_status()?;
        let name = "statement.xml".to_owned();
        let sha256 = digest.to_string();
        let import = Command::ImportDocument { sha256, name, mapping: None };
        caller.send(vec![submission(Uuid::new_v4(), import)]).await?;
        Ok(caller)
    }

    async fn send(&self, commands: Vec<Submission>) -> Result<()> {
        let request = self.http.post(format!("{}/commands", self.url)).bearer_auth(&self.key);
        let request =
            request.header("content-type", "application/json").body(serde_json::to_vec(&Batch { commands })?);
        let answer = request.send().await?.error_for_status()?.bytes().await?;
        for answer in serde_json::from_slice::<BatchAnswer>(&answer)?.answers {
            ensure!(matches!(answer.outcome, Outcome::Accepted { .. }), "{answer:?}");
        }
        Ok(())
    }
}

/// The line of the statement, named as every replica names it.
fn line(digest: Digest) -> Result<attest_wire::Line> {
    let mut line = None;
    let context = ReadContext { digest, csv_mapping: None };
    let mut sink = |item: Item| {
        if let Item::Entry(entry) = item {
            line = Some(LineId::Bank(entry.id).into());
        }
        ControlFlow::Continue(())
    };
    attest_formats::read(STATEMENT, &context, &mut sink)?;
    line.context("the statement has a line")
}

/// Every eighth batch, to one company after the other.
async fn write(callers: Arc<Vec<Caller>>, writer: usize) -> Result<()> {
    for number in (writer..BATCHES).step_by(WRITERS) {
        let caller = &callers[number % callers.len()];
        let comment = |place: usize| Command::Comment {
            line: caller.line.clone(),
            text: format!("asked {number} times, at {place}"),
        };
        caller.send((0..BATCH).map(|place| submission(Uuid::new_v4(), comment(place))).collect()).await?;
    }
    Ok(())
}

/// A command as it lies in the store.
struct Stored {
    tenant: String,
    seq: i64,
    leaf: Vec<u8>,
    hash: Vec<u8>,
    id: String,
    fingerprint: Vec<u8>,
    /// Digest, text and account of what the event conceals.
    concealed: Vec<(String, String, Option<String>)>,
}

/// Inserts what the backend wrote once more; answers the seconds.
async fn insert_bare(database: &str) -> Result<f64> {
    let mut connection = PgConnection::connect(database).await?;
    for table in ["event", "disclosure"] {
        let sql = format!("create table bare_{table} (like {table} including all)");
        sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await?;
    }
    let rows = sqlx::query(
        "select tenant, seq, leaf, hash, id, fingerprint from event where seq >= $1 order by seq",
    )
    .bind(BEFORE)
    .fetch_all(&mut connection)
    .await?;
    let mut parts: Vec<Vec<Stored>> = (0..WRITERS).map(|_| Vec::new()).collect();
    for (number, row) in rows.iter().enumerate() {
        let (tenant, seq): (String, i64) = (row.get(0), row.get(1));
        let concealed =
            sqlx::query_as("select digest, text, account from disclosure where tenant = $1 and seq = $2")
                .bind(&tenant)
                .bind(seq)
                .fetch_all(&mut connection)
                .await?;
        let (leaf, hash, id, fingerprint) = (row.get(2), row.get(3), row.get(4), row.get(5));
        parts[number % WRITERS].push(Stored { tenant, seq, leaf, hash, id, fingerprint, concealed });
    }
    ensure!(rows.len() == BATCHES * BATCH, "{} events", rows.len());
    let mut ready = Vec::with_capacity(WRITERS);
    for part in parts {
        ready.push((PgConnection::connect(database).await?, part));
    }
    let start = Instant::now();
    let writers: Vec<_> =
        ready.into_iter().map(|(connection, part)| tokio::spawn(insert_part(connection, part))).collect();
    for writer in writers {
        writer.await??;
    }
    Ok(start.elapsed().as_secs_f64())
}

async fn insert_part(mut connection: PgConnection, part: Vec<Stored>) -> Result<()> {
    for row in part {
        let mut tx = connection.begin().await?;
        sqlx::query(
            "insert into bare_event (tenant, seq, leaf, hash, id, fingerprint) values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&row.tenant)
        .bind(row.seq)
        .bind(row.leaf)
        .bind(row.hash)
        .bind(row.id)
        .bind(row.fingerprint)
        .execute(&mut *tx)
        .await?;
        for (digest, text, account) in row.concealed {
            sqlx::query(
                "insert into bare_disclosure (tenant, seq, digest, text, account) values ($1, $2, $3, $4, $5)",
            )
            .bind(&row.tenant)
            .bind(row.seq)
            .bind(digest)
            .bind(text)
            .bind(account)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
    }
    Ok(())
}
