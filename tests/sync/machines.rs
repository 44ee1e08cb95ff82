//! Machines that show certificates, and what is erased: over real connections, up to what a desk shows.

use crate::{
    company::Company,
    office::{Office, PASSPHRASE, YEAR, camt, entry, sie},
};
use attest_backend::{
    config::MachinesConfig,
    operate::{self, Certified, Target},
};
use attest_desk::{
    Desk,
    audit::{AuditItem, AuditQuery},
    sync::{ConnectRequest, Policy},
    view::{DecisionRequest, SectionKind},
};
use attest_domain::{
    Digest,
    roles::{Role, Scope},
};
use attest_remote::{Credentials, Https, Remote, Trust};
use sha2::Digest as _;
use std::sync::Arc;
use tokio::{
    sync::watch,
    time::{Duration, timeout},
};

const PATIENCE: Duration = Duration::from_secs(60);

/// A company whose backend takes certificates.
async fn company() -> Company {
    Company::with(|config, _| {
        let listen = ([127, 0, 0, 1], 0).into();
        config.machines = Some(MachinesConfig { listen, client_ca: Vec::new() });
    })
    .await
}

/// A certificate and its key, one PEM text.
fn identity(name: &str) -> (String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap();
    (certificate.pem(), format!("{}{}", certificate.pem(), key.serialize_pem()))
}

/// Makes a program that shows a certificate; answers where it connects, whom it trusts and what it shows.
async fn certified(company: &Company, role: Role, name: &str) -> (String, String, String) {
    let (certificate, both) = identity(name);
    let (backend, scope) = (company.running.backend(), Scope::default());
    let shows = Certified::Certificate(&certificate);
    operate::add_certified_program(backend, company.tenant, name, role, &scope, shows).await.unwrap();
    let server = format!("https://localhost:{}", company.running.machines().unwrap().port());
    let trusted = std::fs::read_to_string(company.running.certificate.as_ref().unwrap()).unwrap();
    (server, trusted, both)
}

/// The worker of a company, which shows a certificate.
async fn robot(company: &Company) -> Office {
    let (server, trusted, shown) = certified(company, Role::Worker, "robot.example").await;
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::new(folder.path().join("workspace"), folder.path().join("exports"));
    let request = ConnectRequest {
        server,
        certificate: Some(trusted),
        key: shown.into(),
        tenant: None,
        passphrase: Some(PASSPHRASE.to_owned()),
    };
    desk.connect(request).await.unwrap();
    crate::office::cheapen(&desk);
    Office { desk, folder }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_bank_delivers_over_mutual_tls_appears_on_a_desk_matched_without_anybody_pressing_anything() {
    let company = company().await;
    let (anna, robot) = (company.desk("Anna").await, robot(&company).await);
    let vouchers = [("1", "20260302", "10.00", "INV-1 Fjordhandel AB")];
    anna.import("ledger.se", &sie(YEAR, "0.00", &vouchers)).await;
    anna.desk.sync().await.unwrap();
    let (tell, mut told) = watch::channel(());
    let desk = anna.desk.clone();
    tokio::spawn(async move { desk.keep_synced(move |_| tell.send_replace(())).await });

    let (server, trusted, shown) = certified(&company, Role::Bank, "bank.example").await;
    let trust = Trust::Certificate(trusted.into_bytes());
    let https = Https::with_identity(&server, &trust, &shown).unwrap();
    let bank = Remote::new(Arc::new(https), Credentials::Certificate);
    let statement = camt("053", "S-1", "2026-03-02")
        .balances("0.00", "10.00")
        .with(entry("10.00", "2026-03-02").reference("INV-1").party("Fjordhandel AB"))
        .text();
    let sha256 = Digest(sha2::Sha256::digest(statement.as_bytes()).into());
    bank.deliver(company.tenant, &sha256, "today.xml", statement.into_bytes()).await.unwrap();
    assert!(bank.document(company.tenant, &sha256).await.unwrap_err().is_absent(), "a bank reads nothing");

    // The worker's own round; nobody asks Anna's desk for anything.
    let worked = robot.desk.work(Policy { confirm_safe: true }).await.unwrap();
    assert_eq!((worked.documents, worked.matches), (1, 1), "{worked:?}");
    let size = robot.desk.status().await.unwrap().log_size;
    timeout(PATIENCE, async {
        while anna.desk.status().await.unwrap().log_size < size {
            told.changed().await.unwrap();
        }
    })
    .await
    .expect("it arrives");
    assert_eq!(anna.section("10.00").await, SectionKind::Confirmed);
    assert_eq!(anna.shown().await, robot.shown().await);
    let by = events(&anna, AuditQuery { actor: Some("worker".to_owned()), ..AuditQuery::default() }).await;
    assert!(by.iter().all(|event| event.actor.auth.as_deref() == Some("certificate")) && !by.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_whose_certificate_was_ended_is_signed_out_and_comes_back_with_another() {
    let company = company().await;
    let robot = robot(&company).await;
    robot.desk.work(Policy::default()).await.unwrap();
    let members = operate::list_members(company.running.backend(), company.tenant).await.unwrap();
    let id = &members.iter().find(|member| member.role == "worker").unwrap().id;
    let held = operate::list_credentials(company.running.backend(), id).await.unwrap();
    let (next, shown) = identity("robot.example");
    operate::add_certificate(company.running.backend(), id, Certified::Certificate(&next)).await.unwrap();
    assert!(operate::end_credential(company.running.backend(), &held[0].id).await.unwrap());
    assert_eq!(robot.desk.work(Policy::default()).await.unwrap_err().code(), "remote.signed_out");
    robot.desk.sign_in(shown.into(), None).await.unwrap();
    robot.desk.work(Policy::default()).await.unwrap();
}

async fn events(office: &Office, query: AuditQuery) -> Vec<AuditItem> {
    let mut pages = office.desk.open_audit(query).await.unwrap();
    let mut all = Vec::new();
    loop {
        let page = pages.next_page().await.unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// What is told of a comment: how it is there, and its words.
async fn said(office: &Office) -> Vec<(&'static str, Option<String>)> {
    let query = AuditQuery { action: Some("cash_movement.comment".to_owned()), ..AuditQuery::default() };
    let of = |event: AuditItem| {
        let told = event.disclosures.into_iter().next().unwrap();
        (told.state, told.value.and_then(|value| value.as_str().map(str::to_owned)))
    };
    events(office, query).await.into_iter().map(of).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_erased_goes_from_every_desk_with_its_next_sync_and_every_proof_stays_valid() {
    let company = company().await;
    let (anna, bo) = (company.desk("Anna").await, company.desk("Bo").await);
    let statement =
        camt("053", "S-1", "2026-03-02").balances("0.00", "10.00").with(entry("10.00", "2026-03-02"));
    anna.import("Kim Testsson.xml", &statement.text()).await;
    let line = anna.bank("10.00").await;
    anna.desk.decide(DecisionRequest::Comment { line, text: "Kim owes us this".to_owned() }).await.unwrap();
    anna.desk.sync().await.unwrap();
    bo.desk.sync().await.unwrap();
    assert_eq!(said(&bo).await, [("held", Some("Kim owes us this".to_owned()))]);

    let all = events(&anna, AuditQuery { oldest_first: true, ..AuditQuery::default() }).await;
    for action in ["cash_movement.comment", "document.import"] {
        let seq = all.iter().find(|event| event.action == action).unwrap().seq;
        let (backend, target) = (company.running.backend(), Target::Event(seq));
        let erased = operate::erase(backend, company.tenant, &target, "gdpr.17").await.unwrap();
        assert_eq!(erased.disclosures, 1, "{action}");
    }
    for office in [&anna, &bo] {
        office.desk.sync().await.unwrap();
        assert_eq!(said(office).await, [("erased", None)]);
        let documents = office.desk.list_documents(0, 10).await.unwrap();
        assert!(!format!("{documents:?}").contains("Kim"), "{documents:?}");
        let checkup = office.desk.check().await.unwrap();
        assert!(checkup.ok, "{checkup:?}");
        let view = office.open().await;
        let group = office.lines().await.iter().find(|line| line.bank.is_some()).unwrap().group;
        let history = office.desk.group(view.view, group).await.unwrap().history;
        let comment = history.iter().find(|event| event.action == "cash_movement.comment").unwrap();
        assert_eq!((comment.text.as_deref(), comment.erased), (None, true));
        office.desk.rebuild().await.unwrap();
        assert_eq!(said(office).await, [("erased", None)]);
    }
    // One that comes later never had it, and tells the same.
    let late = company.desk("Cleo").await;
    late.desk.sync().await.unwrap();
    assert_eq!(said(&late).await, [("erased", None)]);
    assert_eq!(late.shown().await, bo.shown().await);
    // Whoever may see none tells what was erased from what is withheld.
    let admin = company.desk_of("Admin", Role::Admin).await;
    admin.desk.sync().await.unwrap();
    assert_eq!(said(&admin).await, [("erased", None)]);
    let query = AuditQuery { action: Some("member.add".to_owned()), ..AuditQuery::default() };
    let members = events(&admin, query).await;
    assert!(members.iter().all(|event| event.disclosures[0].state == "withheld") && !members.is_empty());
    let head = admin.desk.audit_head().await.unwrap();
    assert_eq!((head.provisional, head.frozen), (0, false));
    assert_eq!(Some(head.size), Some(5 + members.len() as u64), "{head:?}");
}
