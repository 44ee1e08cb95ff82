//! A desk that is kept in sync while it is open: nobody asks, and what is decided arrives.

use crate::{
    company::Company,
    office::{Office, PASSPHRASE, YEAR, camt, entry, sie},
};
use attest_desk::view::{DecisionRequest, SyncPhase, SyncView};
use std::time::Duration;
use tokio::{sync::watch, task::JoinHandle, time::timeout};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a keeper has told last.
struct Kept {
    told: watch::Receiver<Option<SyncView>>,
    keeper: JoinHandle<()>,
}

impl Kept {
    fn keep(office: &Office) -> Self {
        let (tell, told) = watch::channel(None);
        let desk = office.desk.clone();
        let keeper = tokio::spawn(async move {
            desk.keep_synced(move |view| drop(tell.send_replace(Some(view.clone())))).await.unwrap();
        });
        Self { told, keeper }
    }

    async fn until(&mut self, what: impl Fn(&SyncView) -> bool) -> SyncView {
        let told = self.told.wait_for(|view| view.as_ref().is_some_and(&what));
        let told = timeout(PATIENCE, told).await.expect("it is told in time").unwrap();
        told.clone().expect("waited for")
    }
}

async fn import_month(office: &Office) {
    let statement = camt("053", "S-1", "2026-03-02")
        .balances("0.00", "10.00")
        .with(entry("10.00", "2026-03-02").reference("INV-1"));
    office.import("bank.xml", &statement.text()).await;
    office.import("ledger.se", &sie(YEAR, "0.00", &[("1", "20260302", "10.00", "Invoice")])).await;
}

async fn comment(office: &Office, text: &str) {
    let line = office.bank("10.00").await;
    office.desk.decide(DecisionRequest::Comment { line, text: text.to_owned() }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_decided_arrives_without_anybody_asking_and_is_marked_until_then() {
    let company = Company::new().await;
    let (anna, bo) = (company.desk("Anna").await, company.desk("Bo").await);
    let (mut hers, mut his) = (Kept::keep(&anna), Kept::keep(&bo));
    hers.until(|view| view.synced.is_some()).await;
    his.until(|view| view.synced.is_some()).await;

    import_month(&anna).await;
    comment(&anna, "Mine").await;
    hers.until(|view| view.waiting > 0).await;
    hers.until(|view| view.waiting == 0 && view.phase == SyncPhase::Idle).await;
    let size = anna.desk.status().await.unwrap().log_size;
    timeout(PATIENCE, async {
        while bo.desk.status().await.unwrap().log_size < size {
            his.told.changed().await.unwrap();
        }
    })
    .await
    .expect("it arrives");
    his.until(|view| view.phase == SyncPhase::Idle).await;
    assert_eq!(anna.shown().await, bo.shown().await);

    for (office, actor) in [(&anna, "user"), (&bo, "member")] {
        let view = office.open().await;
        let group = office.lines().await.iter().find(|line| line.bank.is_some()).expect("imported").group;
        let history = office.desk.group(view.view, group).await.unwrap().history;
        let said = history.iter().find(|event| event.text.as_deref() == Some("Mine")).expect("the comment");
        assert_eq!((said.actor.as_str(), said.pending), (actor, false));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keeper_ends_with_the_lock_and_the_next_session_has_one_of_its_own() {
    let company = Company::new().await;
    let anna = company.desk("Anna").await;
    let mut kept = Kept::keep(&anna);
    kept.until(|view| view.synced.is_some()).await;
    // A second one has nothing to do.
    timeout(PATIENCE, anna.desk.keep_synced(|_| {})).await.expect("answered at once").unwrap();

    anna.desk.lock("asked").await.unwrap();
    timeout(PATIENCE, kept.keeper).await.expect("it ends").unwrap();
    anna.desk.unlock(Some(PASSPHRASE.to_owned())).await.unwrap();
    Kept::keep(&anna).until(|view| view.synced.is_some()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_signed_out_is_not_synced_until_signed_in_again() {
    let company = Company::new().await;
    let request = company.invite("Anna", attest_domain::roles::Role::Controller, &<_>::default()).await;
    let key = request.key.clone();
    let folder = tempfile::tempdir().unwrap();
    let desk = attest_desk::Desk::new(folder.path().join("workspace"), folder.path().join("exports"));
    desk.connect(request).await.unwrap();
    let anna = Office { desk, folder };
    let mut kept = Kept::keep(&anna);
    kept.until(|view| view.synced.is_some()).await;

    anna.desk.sign_out().await.unwrap();
    kept.until(|view| view.phase == SyncPhase::SignedOut).await;
    import_month(&anna).await;
    kept.until(|view| view.phase == SyncPhase::SignedOut && view.waiting > 0).await;
    anna.desk.sign_in(key, None).await.unwrap();
    kept.until(|view| view.phase == SyncPhase::Idle && view.waiting == 0).await;
}
