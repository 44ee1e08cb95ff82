//! A window that is connected to a company: the first sync, a decision made offline, and one that somebody else made
//! first.
//!
//! The backend runs in the test, and so does the desk of the other member. Both reach it at ports of their own, so that
//! who comes first is no matter of luck.

use crate::office::{Office, YEAR, camt, entry, sie};
use anyhow::{Context, Result, ensure};
use attest_backend::{Config, Running, clock::SystemClock, operate};
use attest_desk::{
    Desk, SystemClock as DeskClock,
    sync::{ConnectRequest, Network},
    view::DecisionRequest,
};
use attest_domain::roles::{Role, Scope};
use attest_remote::{Https, RemoteError, Transport, Trust};
use attest_tests::{
    flows::{self, CONTROL, ENTER, ESCAPE},
    person::{PASSWORD, Person},
    window::Window,
};
use serde_json::json;
use std::{
    fs,
    net::TcpListener,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
};
use tempfile::TempDir;
use uuid::Uuid;

/// The backend of a company, which can be taken away and put elsewhere.
pub(crate) struct Service {
    folder: TempDir,
    running: Option<Running>,
    tenant: Uuid,
    /// The port that the window knows.
    pub(crate) port: u16,
    /// Where it is now, for the other desk.
    now: Arc<AtomicU16>,
}

impl Service {
    pub(crate) async fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let now = Arc::new(AtomicU16::new(0));
        let mut service = Self { folder, running: None, tenant: Uuid::nil(), port: free_port()?, now };
        service.start(service.port).await?;
        service.tenant = operate::create_tenant(service.backend()?.backend(), "Norrsken Handel AB").await?;
        Ok(service)
    }

    pub(crate) async fn start(&mut self, port: u16) -> Result<()> {
        let config = Config {
            listen: ([127, 0, 0, 1], port).into(),
            data: self.folder.path().join("backend"),
            ..Config::default()
        };
        self.running = Some(attest_backend::start(config, Arc::new(SystemClock)).await?);
        self.now.store(port, Ordering::SeqCst);
        Ok(())
    }

    pub(crate) async fn stop(&mut self) -> Result<()> {
        match self.running.take() {
            Some(running) => running.stop().await,
            None => Ok(()),
        }
    }

    fn backend(&self) -> Result<&Running> {
        self.running.as_ref().context("the service runs")
    }

    pub(crate) fn certificate(&self) -> Result<PathBuf> {
        self.backend()?.certificate.clone().context("it made a certificate")
    }

    pub(crate) async fn invite(&self, name: &str) -> Result<String> {
        let (_, key) = operate::add_program(
            self.backend()?.backend(),
            self.tenant,
            name,
            Role::Controller,
            &Scope::default(),
        )
        .await?;
        Ok(key)
    }

    /// Host and port as a person types them.
    pub(crate) fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// A person who is a member of this company and of another.
    pub(crate) async fn person(&self, login: &str) -> Result<Person> {
        let backend = self.backend()?.backend();
        let person = operate::Person { name: "Kim Testsson", login, password: PASSWORD };
        let all = Scope::default();
        let (_, otpauth) = operate::add_person(backend, self.tenant, person, Role::Controller, &all).await?;
        let second = operate::create_tenant(backend, "Fjordhandel AS").await?;
        operate::add_person(backend, second, person, Role::Auditor, &all).await?;
        Person::new(login, &otpauth.context("a new person has an authenticator")?)
    }

    /// The desk of another controller, in this process.
    pub(crate) async fn colleague(&self, name: &str) -> Result<Office> {
        let folder = tempfile::tempdir()?;
        let (dir, exports) = (folder.path().join("workspace"), folder.path().join("exports"));
        let desk = Desk::with_network(dir, exports, Arc::new(DeskClock), Arc::new(Moving(self.now.clone())));
        desk.connect(ConnectRequest {
            server: format!("https://localhost:{}", self.port),
            certificate: Some(fs::read_to_string(self.certificate()?)?),
            key: self.invite(name).await?.into(),
            tenant: None,
            passphrase: Some(crate::office::PASSPHRASE.to_owned()),
        })
        .await?;
        Ok(Office { desk, folder })
    }
}

/// Finds the service wherever it is.
#[derive(Debug)]
struct Moving(Arc<AtomicU16>);

impl Network for Moving {
    fn reach(&self, _: &str, trust: &Trust) -> Result<Arc<dyn Transport>, RemoteError> {
        let server = format!("https://localhost:{}", self.0.load(Ordering::SeqCst));
        Ok(Arc::new(Https::new(&server, trust)?))
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Two entries, and the ledger lines that belong to them.
pub(crate) async fn import_month(office: &Office) {
    let statement = camt("053", "S-1", "2026-03-02")
        .balances("0.00", "30.00")
        .with(entry("10.00", "2026-03-02").reference("INV-1").party("Nordlys AS"))
        .with(entry("20.00", "2026-03-02").reference("INV-2").party("Havnen ApS"));
    let vouchers = [("1", "20260302", "10.00", "Invoice 1"), ("2", "20260302", "20.00", "Invoice 2")];
    office.import("bank.xml", &statement.text()).await;
    office.import("ledger.se", &sie(YEAR, "0.00", &vouchers)).await;
}

async fn decide_match(office: &Office, amount: &str) -> Result<()> {
    let lines = vec![office.bank(amount).await, office.ledger(amount).await];
    office.desk.decide(DecisionRequest::Match { lines, difference_reason: None }).await?;
    Ok(())
}

/// Waits until the status bar says something.
pub(crate) async fn says(window: &Window, words: &str) -> Result<()> {
    let text = "document.querySelector('[data-testid=sync-state]')?.innerText ?? ''";
    window.until(&format!("“{words}”"), &format!("({text}).includes({})", json!(words))).await
}

/// Connects on the first screen, by keyboard from the choice of the way on.
pub(crate) async fn connect(window: &Window, service: &Service, key: &str) -> Result<()> {
    window.click("way-company").await?;
    window.click("connect-server").await?;
    window.type_text(&format!("localhost:{}", service.port)).await?;
    window.click("connect-by-key").await?;
    window.click("connect-key").await?;
    window.type_text(key).await?;
    window.press(ENTER, &[]).await?;
    window.named("nav-reconcile").await.context("not connected")?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connected_window_shows_the_company_and_says_what_was_not_taken_over() -> Result<()> {
    let mut service = Service::new().await?;
    let bo = service.colleague("Bo").await?;
    import_month(&bo).await;
    let line = bo.bank("20.00").await;
    bo.desk.decide(DecisionRequest::Comment { line, text: "Whose is this?".to_owned() }).await?;
    bo.desk.sync().await?;

    let folder = tempfile::tempdir()?;
    let certificate = service.certificate()?;
    let window =
        Window::open_with(&folder.path().join("workspace"), &[("SSL_CERT_FILE", &certificate)]).await?;
    connect(&window, &service, &service.invite("Anna").await?).await?;
    says(&window, "Synced").await?;
    window.press('2', &[CONTROL]).await?;
    let documents = "document.querySelectorAll('[data-testid=document-row]').length === 2";
    window.until("both documents", documents).await?;
    flows::open_reconciliation(&window).await?;
    window.until("the comment", "document.querySelector('.cell-comment') !== null").await?;

    service.stop().await?;
    window.press('s', &[CONTROL]).await?;
    says(&window, "Offline").await?;
    flows::show_proposals(&window).await?;
    flows::accept(&window).await?;
    says(&window, "Offline \u{2013} 1 decision not yet sent").await?;

    service.start(free_port()?).await?;
    for amount in ["10.00", "20.00"] {
        decide_match(&bo, amount).await?;
    }
    bo.desk.sync().await?;
    service.stop().await?;

    service.start(service.port).await?;
    window.press('s', &[CONTROL]).await?;
    window.named("conflicts").await.context("the refused decision is not told")?;
    says(&window, "Synced").await?;
    window.press('j', &[CONTROL]).await?;
    let told = window.named("conflict").await?.text().await?;
    ensure!(told.contains("you matched") && told.contains("Bo matched it first"), "{told}");
    window.click("conflict-ask").await?;
    window.find("[data-testid=decision-form] textarea").await.context("no field for the comment")?;
    window.press(ESCAPE, &[]).await?;

    window.press('j', &[CONTROL]).await?;
    window.find("[data-testid=conflict-keep]:focus").await.context("the choice has no focus")?;
    window.press(ENTER, &[]).await?;
    window.until("no conflict", "!document.querySelector('[data-testid=conflicts]')").await?;
    ensure!(bo.desk.sync().await?.refused == 0);
    window.close().await
}
