//! A worker without a person, and what is delivered to the backend.

use crate::{
    company::Company,
    office::{YEAR, camt, entry, sie},
};
use attest_desk::{sync::Policy, view::SectionKind};
use attest_domain::{
    Digest,
    roles::{Role, Scope},
};
use attest_remote::{Credentials, Https, Remote, Trust};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_delivered_by_the_bank_appears_on_a_desk_matched_without_anybody_pressing_anything() {
    let company = Company::new().await;
    let (anna, robot) = (company.desk("Anna").await, company.desk_of("Robot", Role::Worker).await);
    let vouchers = [("1", "20260302", "10.00", "INV-1 Fjordhandel AB")];
    anna.import("ledger.se", &sie(YEAR, "0.00", &vouchers)).await;
    anna.desk.sync().await.unwrap();

    let bank = company.invite("Bank", Role::Bank, &Scope::default()).await;
    let trust = Trust::Certificate(bank.certificate.clone().unwrap().into_bytes());
    let https = Https::new(&bank.server, &trust).unwrap();
    let bank = Remote::new(Arc::new(https), Credentials::Key(bank.key));
    let statement = camt("053", "S-1", "2026-03-02")
        .balances("0.00", "10.00")
        .with(entry("10.00", "2026-03-02").reference("INV-1").party("Fjordhandel AB"))
        .text();
    let sha256 = Digest(
        sha2::Digest::finalize(sha2::Digest::chain_update(
            <sha2::Sha256 as sha2::Digest>::new(),
            statement.as_bytes(),
        ))
        .into(),
    );
    bank.deliver(company.tenant, &sha256, "today.xml", statement.into_bytes()).await.unwrap();
    assert!(bank.document(company.tenant, &sha256).await.unwrap_err().is_absent(), "a bank reads nothing");

    let worked = robot.desk.work(Policy { confirm_safe: true }).await.unwrap();
    assert_eq!(worked.documents, 1, "{worked:?}");
    assert_eq!((worked.state.waiting, worked.state.refused), (0, 0));
    anna.desk.sync().await.unwrap();
    assert_eq!(anna.shown().await, robot.shown().await);
    assert_eq!(worked.matches, 1);
    assert_eq!(anna.section("10.00").await, SectionKind::Confirmed);
    assert_eq!(robot.desk.work(Policy::default()).await.unwrap().documents, 0, "nothing is imported twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_in_a_watched_folder_is_delivered_once_it_is_whole_and_what_happened_is_counted() {
    let inbox = tempfile::tempdir().unwrap();
    let folder = inbox.path().to_owned();
    let company = Company::with(|config, tenant| {
        config.inbox = vec![attest_backend::config::InboxConfig { tenant, folder }];
        config.metrics = Some(([127, 0, 0, 1], 0).into());
    })
    .await;
    let robot = company.desk_of("Robot", Role::Worker).await;
    let statement =
        camt("053", "S-1", "2026-03-02").balances("0.00", "10.00").with(entry("10.00", "2026-03-02"));
    std::fs::write(inbox.path().join("today.xml"), statement.text()).unwrap();
    std::fs::write(inbox.path().join(".tomorrow.xml"), b"half").unwrap();
    let delivered = inbox.path().join("delivered");
    let moved = async {
        while !delivered.is_dir() || std::fs::read_dir(&delivered).unwrap().next().is_none() {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), moved).await.expect("the file is taken");
    assert_eq!(robot.desk.work(Policy::default()).await.unwrap().documents, 1);
    assert_eq!(robot.counted().await, ["10.00"]);
    assert!(inbox.path().join(".tomorrow.xml").exists());

    let told = tokio::task::spawn_blocking({
        let address = company.running.metrics().unwrap();
        move || {
            use std::io::{Read as _, Write as _};
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            write!(stream, "GET /metrics HTTP/1.1\r\nHost: metrics\r\nConnection: close\r\n\r\n").unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            text
        }
    });
    let told = told.await.unwrap();
    assert!(told.contains("attest_commands_total{outcome=\"accepted\"} 1"), "{told}");
    assert!(told.contains("route=\"/v1/tenants/{tenant}/commands\""), "{told}");
    assert!(!told.contains(&company.tenant.to_string()), "metrics name no company");
}
