//! An installation that listens, and those who call it.

use attest_backend::{Config, Running, clock::SystemClock, operate, start};
use attest_domain::roles::{Role, Scope};
use attest_evidence::{
    bundle::{self, Place},
    checkpoint::Checkpoint,
    leaf,
    note::VerifierKey,
    tree::Frontier,
};
use attest_testkit::Scratch;
use attest_wire::{
    Answer, Batch, BatchAnswer, Command, Outcome, Problem, Submission,
    tenant::{Disclosed, Disclosures, DocumentView, Me},
};
use reqwest::{Method, StatusCode, header::HeaderMap};
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, any::AnyPoolOptions};
use std::{net::SocketAddr, path::Path, sync::Arc};
use uuid::Uuid;

/// Names the PostgreSQL server that tests make their databases in.
pub(crate) const POSTGRES: &str = "ATTEST_POSTGRES";

/// An installation of its own with one company.
pub(crate) struct Site {
    pub(crate) scratch: Scratch,
    pub(crate) running: Running,
    pub(crate) tenant: Uuid,
    pub(crate) database: Option<String>,
}

/// Makes a database in the server that the environment names; says what is skipped where it names none.
pub(crate) async fn make_database(rule: &str) -> Option<String> {
    let Ok(server) = std::env::var(POSTGRES) else {
        println!("skipped: {rule} on PostgreSQL, because {POSTGRES} names no server");
        return None;
    };
    let name = format!("attest_{}", Uuid::new_v4().simple());
    let mut connection = PgConnection::connect(&server).await.unwrap();
    let sql = format!("create database {name}");
    sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let (start, rest) = server.rsplit_once('/').unwrap();
    let options = rest.split_once('?').map_or(String::new(), |(_, options)| format!("?{options}"));
    Some(format!("{start}/{name}{options}"))
}

/// A configuration that listens on a free port.
pub(crate) fn config(folder: &Path, database: Option<String>) -> Config {
    Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        data: folder.to_owned(),
        database,
        ..Config::default()
    }
}

impl Site {
    pub(crate) async fn on_sqlite() -> Self {
        Self::open(None).await
    }

    pub(crate) async fn on_postgres(rule: &str) -> Option<Self> {
        Some(Self::open(Some(make_database(rule).await?)).await)
    }

    pub(crate) async fn open(database: Option<String>) -> Self {
        let scratch = Scratch::new();
        let config = config(scratch.path(), database.clone());
        let running = start(config, Arc::new(SystemClock)).await.unwrap();
        let tenant = operate::create_tenant(running.backend(), "Norrsken Handel AB").await.unwrap();
        Self { scratch, running, tenant, database }
    }

    /// Ends the process and keeps what it stored.
    pub(crate) async fn stop(self) -> Scratch {
        self.running.stop().await.unwrap();
        self.scratch
    }

    /// A second process over the same database and the same documents.
    pub(crate) async fn second_process(&self) -> Running {
        let config = config(self.scratch.path(), self.database.clone());
        start(config, Arc::new(SystemClock)).await.unwrap()
    }

    /// A member of the site's company.
    pub(crate) async fn member(&self, role: Role, scope: &Scope) -> Client {
        self.member_of(self.tenant, role, scope).await
    }

    pub(crate) async fn controller(&self) -> Client {
        self.member(Role::Controller, &Scope::default()).await
    }

    pub(crate) async fn member_of(&self, tenant: Uuid, role: Role, scope: &Scope) -> Client {
        let (_, key) =
            operate::add_program(self.running.backend(), tenant, "program", role, scope).await.unwrap();
        Client::new(self.running.address, &self.scratch.path().join("certificate.pem"), key, tenant)
    }

    pub(crate) async fn another_tenant(&self) -> Uuid {
        operate::create_tenant(self.running.backend(), "Havnen ApS").await.unwrap()
    }

    /// Does to the database what no program of ours does.
    pub(crate) async fn tamper(&self, sql: &str) {
        let file = format!("sqlite://{}", self.scratch.path().join("backend.db").display());
        let url = self.database.as_deref().unwrap_or(&file);
        let pool = AnyPoolOptions::new().max_connections(1).connect(url).await.unwrap();
        let done = sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&pool).await.unwrap();
        assert!(done.rows_affected() > 0, "{sql} changed nothing");
        pool.close().await;
    }
}

/// Somebody who calls.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    key: String,
    pub(crate) tenant: Uuid,
}

/// What an answer was.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        assert!(self.status.is_success(), "{self:?} {}", String::from_utf8_lossy(&self.bytes));
        serde_json::from_slice(&self.bytes).unwrap()
    }

    /// The problem it tells; every refusal is one.
    #[track_caller]
    pub(crate) fn problem(&self) -> Problem {
        assert!(self.status.is_client_error(), "{} {}", self.status, String::from_utf8_lossy(&self.bytes));
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let problem: Problem = serde_json::from_slice(&self.bytes).unwrap();
        assert_eq!(problem.status, self.status.as_u16());
        problem
    }
}

impl Client {
    pub(crate) fn new(address: SocketAddr, certificate: &Path, key: String, tenant: Uuid) -> Self {
        let pem = std::fs::read(certificate).unwrap();
        let http = reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(&pem).unwrap()])
            .https_only(true)
            .no_proxy()
            .build()
            .unwrap();
        Self { http, base: format!("https://localhost:{}", address.port()), key, tenant }
    }

    /// The same caller at another process.
    pub(crate) fn at(&self, address: SocketAddr) -> Self {
        Self { base: format!("https://localhost:{}", address.port()), ..self.clone() }
    }

    /// The same caller asking about another company.
    pub(crate) fn of(&self, tenant: Uuid) -> Self {
        Self { tenant, ..self.clone() }
    }

    /// A request below the company, or to any address that begins with a slash.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = match path.strip_prefix('/') {
            Some(path) => format!("{}/{path}", self.base),
            None => format!("{}/v1/tenants/{}/{path}", self.base, self.tenant),
        };
        self.http.request(method, url).bearer_auth(&self.key)
    }

    pub(crate) async fn call(&self, request: reqwest::RequestBuilder) -> Reply {
        self.try_call(request).await.unwrap()
    }

    pub(crate) async fn try_call(&self, request: reqwest::RequestBuilder) -> reqwest::Result<Reply> {
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Reply { status, headers, bytes: response.bytes().await?.to_vec() })
    }

    pub(crate) async fn execute(&self, request: reqwest::Request) -> Reply {
        let response = self.http.execute(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Reply { status, headers, bytes: response.bytes().await.unwrap().to_vec() }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Reply {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        self.call(request.body(body)).await
    }

    /// Sends a batch and reads its answers.
    pub(crate) async fn send(&self, commands: Vec<Submission>) -> Vec<Answer> {
        self.post("commands", serde_json::to_vec(&Batch { commands }).unwrap())
            .await
            .json::<BatchAnswer>()
            .answers
    }

    /// Sends a batch to a process that may be gone; why it has to be sent again.
    pub(crate) async fn try_commands(&self, body: &str) -> Result<Vec<Answer>, String> {
        let request = self.request(Method::POST, "commands").header("content-type", "application/json");
        let reply =
            self.try_call(request.body(body.to_owned())).await.map_err(|error| format!("{error:?}"))?;
        let text = String::from_utf8_lossy(&reply.bytes).into_owned();
        match reply.status {
            StatusCode::OK => Ok(serde_json::from_str::<BatchAnswer>(&text).unwrap().answers),
            StatusCode::SERVICE_UNAVAILABLE => Err(text),
            status => panic!("{status} {text}"),
        }
    }

    /// What becomes of one command with a fresh key.
    pub(crate) async fn ask(&self, command: Command) -> Outcome {
        self.send(vec![submission(command)]).await.remove(0).outcome
    }

    /// Position of the event of a command that must be accepted.
    pub(crate) async fn accept(&self, command: Command) -> u64 {
        match self.ask(command.clone()).await {
            Outcome::Accepted { seq } => seq,
            outcome => panic!("{command:?} was answered {outcome:?}"),
        }
    }

    /// Code and reason of a command that must be refused.
    pub(crate) async fn refused(&self, command: Command) -> (String, Option<u64>) {
        match self.ask(command.clone()).await {
            Outcome::Refused { code, because, .. } => (code, because),
            outcome => panic!("{command:?} was answered {outcome:?}"),
        }
    }

    pub(crate) async fn try_deliver(&self, sha256: &str, bytes: &[u8]) -> Reply {
        let request = self.request(Method::PUT, &format!("documents/{sha256}?name=statement.xml"));
        self.call(request.header("content-type", "application/octet-stream").body(bytes.to_vec())).await
    }

    pub(crate) async fn deliver(&self, bytes: &[u8]) -> DocumentView {
        self.try_deliver(&digest(bytes), bytes).await.json()
    }

    /// Delivers and imports; answers the position of the import.
    pub(crate) async fn import(&self, bytes: &[u8]) -> u64 {
        self.deliver(bytes).await;
        self.accept(import(bytes)).await
    }

    pub(crate) async fn checkpoint(&self) -> (Checkpoint, String) {
        let reply = self.get("log/checkpoint").await;
        assert_eq!(reply.status, StatusCode::OK, "{}", String::from_utf8_lossy(&reply.bytes));
        let me: Me = self.get("/v1/me").await.json();
        let tenant = me.tenants.iter().find(|tenant| tenant.id == self.tenant).unwrap();
        let key = VerifierKey::parse(&tenant.verifier_key).unwrap();
        assert_eq!(key.name(), tenant.origin);
        let (checkpoint, _) = Checkpoint::open(&reply.bytes, &key).unwrap();
        assert_eq!(checkpoint.origin, tenant.origin);
        (checkpoint, String::from_utf8(reply.bytes).unwrap())
    }

    /// The checkpoint once it covers so many events; what is accepted is signed at once, but not in the same breath.
    pub(crate) async fn checkpoint_of(&self, size: u64) -> Checkpoint {
        self.wait_for(size).await;
        self.checkpoint().await.0
    }

    /// Listens to the signal until it tells a size.
    pub(crate) async fn wait_for(&self, size: u64) {
        let mut signal = self.signal().await;
        while signal.next().await < size {}
    }

    pub(crate) async fn signal(&self) -> Signal {
        let response = self.request(Method::GET, "log/signal").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Signal { response, buffer: String::new() }
    }

    /// Every event of the log up to the checkpoint, recomputed to its root.
    pub(crate) async fn pull(&self, checkpoint: &Checkpoint) -> Vec<Vec<u8>> {
        let mut events: Vec<Vec<u8>> = Vec::new();
        let mut frontier = Frontier::default();
        while let Some(place) = Place::of(events.len() as u64, checkpoint.size) {
            let request = self.request(Method::GET, &format!("log/{}", place.path()));
            let reply = self.call(request.header("accept-encoding", "zstd")).await;
            assert_eq!(reply.status, StatusCode::OK, "{place:?}");
            let bytes = match reply.header("content-encoding") {
                Some("zstd") => zstd::decode_all(reply.bytes.as_slice()).unwrap(),
                None => reply.bytes,
                Some(other) => panic!("{other} was not asked for"),
            };
            for event in bundle::decode(&bytes, place.width).unwrap() {
                frontier.push(leaf::hash(event)).unwrap();
                events.push(event.to_vec());
            }
        }
        assert_eq!(frontier.root(), checkpoint.root);
        events
    }

    pub(crate) async fn disclosures(&self) -> Vec<Disclosed> {
        self.get("log/disclosures?from=0&to=4096").await.json::<Disclosures>().disclosures
    }
}

/// What the signal says, one size after the other.
pub(crate) struct Signal {
    response: reqwest::Response,
    buffer: String,
}

impl Signal {
    pub(crate) async fn next(&mut self) -> u64 {
        loop {
            if let Some((event, rest)) = self.buffer.split_once("\n\n") {
                let data = event.lines().find_map(|line| line.strip_prefix("data:"));
                let size = data.map(|data| data.trim().parse().unwrap());
                self.buffer = rest.to_owned();
                match size {
                    Some(size) => return size,
                    None => continue,
                }
            }
            let chunk = self.response.chunk().await.unwrap().expect("the signal goes on");
            self.buffer += std::str::from_utf8(&chunk).unwrap();
        }
    }
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    attest_domain::Digest(Sha256::digest(bytes).into()).to_string()
}

pub(crate) fn submission(command: Command) -> Submission {
    Submission {
        key: Uuid::new_v4(),
        object: None,
        trace: None,
        reverts: None,
        reason: None,
        brings_back: None,
        command,
    }
}

pub(crate) fn import(bytes: &[u8]) -> Command {
    Command::ImportDocument { sha256: digest(bytes), name: "statement.xml".to_owned(), mapping: None }
}
