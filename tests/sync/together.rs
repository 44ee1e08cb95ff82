//! Several desks of one company.

use crate::{
    company::Company,
    office::{Office, PASSPHRASE, YEAR, camt, entry, sie},
};
use attest_desk::view::{DecisionRequest, LineRef, SyncPhase};
use attest_domain::roles::Role;

/// Two entries, and the ledger lines that belong to them.
pub(crate) async fn import_month(office: &Office) {
    let statement = camt("053", "S-1", "2026-03-02")
        .balances("0.00", "30.00")
        .with(entry("10.00", "2026-03-02").reference("INV-1"))
        .with(entry("20.00", "2026-03-02").reference("INV-2"));
    let vouchers = [("1", "20260302", "10.00", "Invoice"), ("2", "20260302", "20.00", "Invoice")];
    assert_eq!(office.import("bank.xml", &statement.text()).await.status, "new");
    assert_eq!(office.import("ledger.se", &sie(YEAR, "0.00", &vouchers)).await.status, "new");
}

pub(crate) async fn decide_match(office: &Office, amount: &str) {
    let lines = vec![office.bank(amount).await, office.ledger(amount).await];
    office.desk.decide(DecisionRequest::Match { lines, difference_reason: None }).await.unwrap();
}

async fn comment(office: &Office, line: LineRef, text: &str) {
    office.desk.decide(DecisionRequest::Comment { line, text: text.to_owned() }).await.unwrap();
}

/// Both show the same, and their logs have the same root.
pub(crate) async fn agree(one: &Office, other: &Office) {
    assert_eq!(one.shown().await, other.shown().await);
    let (one, other) = (one.desk.status().await.unwrap(), other.desk.status().await.unwrap());
    assert_eq!((one.log_size, one.log_code), (other.log_size, other.log_code));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_desk_decides_the_other_sees() {
    let company = Company::new().await;
    let (anna, bo) = (company.desk("Anna").await, company.desk("Bo").await);
    import_month(&anna).await;
    decide_match(&anna, "10.00").await;
    comment(&anna, anna.bank("20.00").await, "Ask the customer").await;
    let before = anna.desk.sync_state().await.unwrap();
    assert_eq!((before.phase, before.waiting), (SyncPhase::Idle, 5), "{before:?}");

    let after = anna.desk.sync().await.unwrap();
    assert_eq!((after.phase, after.waiting, after.refused), (SyncPhase::Idle, 0, 0), "{after:?}");
    bo.desk.sync().await.unwrap();
    agree(&anna, &bo).await;
    assert!(bo.desk.check().await.unwrap().ok);
    let said = bo.desk.sync_state().await.unwrap();
    assert_eq!(said.company.as_deref(), Some("Norrsken Handel AB"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_shows_what_it_would_make_again_from_its_log() {
    let company = Company::new().await;
    let (anna, bo) = (company.desk("Anna").await, company.desk("Bo").await);
    import_month(&anna).await;
    decide_match(&anna, "10.00").await;
    anna.desk.decide(DecisionRequest::Undo).await.unwrap();
    anna.desk.decide(DecisionRequest::Redo).await.unwrap();
    anna.desk.sync().await.unwrap();
    bo.desk.sync().await.unwrap();
    for office in [&anna, &bo] {
        let shown = office.shown().await;
        office.desk.rebuild().await.unwrap();
        assert_eq!(office.shown().await, shown);
    }
    agree(&anna, &bo).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_decisions_about_one_line_the_first_to_arrive_stands_and_the_other_is_told() {
    let company = Company::new().await;
    let (anna, bo) = (company.desk("Anna").await, company.desk("Bo").await);
    import_month(&anna).await;
    anna.desk.sync().await.unwrap();
    bo.desk.sync().await.unwrap();

    decide_match(&anna, "10.00").await;
    decide_match(&bo, "10.00").await;
    comment(&bo, bo.bank("20.00").await, "Mine stays").await;
    bo.desk.sync().await.unwrap();
    let told = anna.desk.sync().await.unwrap();
    assert_eq!((told.waiting, told.refused), (0, 1), "{told:?}");
    bo.desk.sync().await.unwrap();
    agree(&anna, &bo).await;

    let conflicts = anna.desk.list_conflicts().await.unwrap();
    assert_eq!(conflicts.len(), 1);
    assert_eq!((conflicts[0].command.as_str(), conflicts[0].code.as_str()), ("match", "line.settled"));
    assert_eq!(conflicts[0].action.as_deref(), Some("cash_movement.match"));
    assert_eq!(conflicts[0].name.as_deref(), Some("Bo"), "the log says who became a member");
    anna.desk.dismiss_conflict(&conflicts[0].key).await.unwrap();
    assert_eq!(anna.desk.sync_state().await.unwrap().refused, 0);
    agree(&anna, &bo).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_done_offline_survives_a_restart_and_is_sent_later() {
    let company = Company::new().await;
    let (anna, bo) = (company.desk("Anna").await, company.desk("Bo").await);
    import_month(&anna).await;
    decide_match(&anna, "20.00").await;
    let shown = anna.shown().await;
    anna.desk.lock("asked").await.unwrap();
    anna.desk.unlock(Some(PASSPHRASE.to_owned())).await.unwrap();
    assert_eq!(anna.shown().await, shown);
    // Bo was faster with the same file.
    import_month(&bo).await;
    bo.desk.sync().await.unwrap();
    let synced = anna.desk.sync().await.unwrap();
    assert_eq!((synced.waiting, synced.refused), (0, 0), "{synced:?}");
    bo.desk.sync().await.unwrap();
    agree(&anna, &bo).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_last_sync_was_is_known_after_locking() {
    let company = Company::new().await;
    let anna = company.desk("Anna").await;
    assert_eq!(anna.desk.sync_state().await.unwrap().synced, None);
    let synced = anna.desk.sync().await.unwrap().synced;
    assert!(synced.is_some());
    for _ in 0..2 {
        anna.desk.lock("asked").await.unwrap();
        anna.desk.unlock(Some(PASSPHRASE.to_owned())).await.unwrap();
        assert_eq!(anna.desk.sync_state().await.unwrap().synced, synced);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_away_costs_no_work() {
    let company = Company::new().await;
    let anna = company.desk("Anna").await;
    import_month(&anna).await;
    let Company { running, folder, .. } = company;
    running.stop().await.unwrap();
    let error = anna.desk.sync().await.unwrap_err();
    assert_eq!(error.code(), "remote.unreachable", "{error}");
    decide_match(&anna, "10.00").await;
    let state = anna.desk.sync_state().await.unwrap();
    assert_eq!((state.phase, state.waiting), (SyncPhase::Offline, 4), "{state:?}");
    drop(folder);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_auditor_replicates_everything_and_changes_nothing() {
    let company = Company::new().await;
    let (anna, auditor) = (company.desk("Anna").await, company.desk_of("Rune", Role::Auditor).await);
    import_month(&anna).await;
    anna.desk.sync().await.unwrap();
    auditor.desk.sync().await.unwrap();
    agree(&anna, &auditor).await;
    comment(&auditor, auditor.bank("10.00").await, "Why?").await;
    let told = auditor.desk.sync().await.unwrap();
    assert_eq!((told.waiting, told.refused), (0, 1), "{told:?}");
    assert_eq!(auditor.desk.list_conflicts().await.unwrap()[0].code, "denied.role");
    agree(&anna, &auditor).await;
}
