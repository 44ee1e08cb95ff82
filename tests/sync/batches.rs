//! A long log is applied in batches, and what a member could not have is asked for again.

use crate::{
    company::Company,
    network::Meddled,
    office::{Office, PASSPHRASE, cheapen},
    together::{agree, decide_match, import_month},
};
use attest_desk::{
    Desk, SystemClock,
    sync::{ConnectRequest, Internet, Network as _},
    view::DecisionRequest,
};
use attest_domain::roles::{Role, Scope};
use attest_remote::Trust;
use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex},
};

/// Events behind which the second and the third batch begin, where each is one bundle.
const BUNDLE: usize = 256;

async fn comment(office: &Office, text: &str) {
    let line = office.bank("20.00").await;
    office.desk.decide(DecisionRequest::Comment { line, text: text.to_owned() }).await.unwrap();
}

/// A desk behind a network with somebody in it; what is in the folder stays when it goes.
fn desk_in(folder: &Path, network: &Meddled) -> Desk {
    let (workspace, exports) = (folder.join("workspace"), folder.join("exports"));
    let desk = Desk::with_network(workspace, exports, Arc::new(SystemClock), Arc::new(network.clone()));
    desk.set_batch_events(1);
    desk
}

async fn connected(request: ConnectRequest, network: &Meddled) -> Office {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk_in(folder.path(), network);
    desk.connect(request).await.unwrap();
    cheapen(&desk);
    Office { desk, folder }
}

/// The paths that are asked for from now on.
fn asked(network: &Meddled) -> Arc<Mutex<Vec<String>>> {
    let paths = Arc::new(Mutex::new(Vec::new()));
    let noted = paths.clone();
    network.before(move |path| noted.lock().unwrap().push(path.to_owned()));
    paths
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pull_cut_short_between_batches_shows_the_log_up_to_there_and_goes_on_after_a_restart() {
    let company = Company::new().await;
    let anna = company.desk("Anna").await;
    import_month(&anna).await;
    for number in 0..2 * BUNDLE {
        comment(&anna, &format!("Asked {number} times")).await;
    }
    decide_match(&anna, "10.00").await;
    anna.desk.sync().await.unwrap();

    let network = Meddled::default();
    let request = company.invite("Bo", Role::Controller, &Scope::default()).await;
    let mut bo = connected(request, &network).await;
    let mut answers = 0;
    network.after(move |path, _| {
        answers += usize::from(path.ends_with("/disclosures"));
        path.ends_with("/disclosures") && answers == 3
    });
    let error = bo.desk.sync().await.unwrap_err();
    assert_eq!(error.code(), "remote.unreachable", "{error}");

    assert_ne!(bo.shown().await, anna.shown().await, "the match is in the last one");
    assert_eq!(bo.desk.status().await.unwrap().log_size, 0, "no checkpoint speaks of a part of it");
    comment(&bo, "What is this?").await;
    bo.desk.lock("asked").await.unwrap();

    bo.desk = desk_in(bo.folder.path(), &network);
    bo.desk.unlock(Some(PASSPHRASE.to_owned())).await.unwrap();
    assert!(bo.desk.status().await.unwrap().freeze.is_none(), "a part of a log is no rollback");
    network.leave();
    let paths = asked(&network);
    let told = bo.desk.sync().await.unwrap();
    assert_eq!((told.waiting, told.refused), (0, 0), "{told:?}");
    let fetched: Vec<String> =
        paths.lock().unwrap().iter().filter(|path| path.contains("/tile/entries/00")).cloned().collect();
    let first = fetched.iter().any(|path| path.ends_with("/000") || path.ends_with("/001"));
    assert!(!first, "what was verified is not fetched again: {fetched:?}");
    anna.desk.sync().await.unwrap();
    agree(&anna, &bo).await;
    assert!(bo.desk.check().await.unwrap().ok);
    let shown = bo.shown().await;
    bo.desk.rebuild().await.unwrap();
    assert_eq!(bo.shown().await, shown, "what is shown is what the log says");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_member_may_see_since_a_change_of_rights_comes_with_the_next_sync() {
    let company = Company::new().await;
    let anna = company.desk("Anna").await;
    import_month(&anna).await;
    decide_match(&anna, "10.00").await;
    comment(&anna, "Ask the customer").await;
    anna.desk.sync().await.unwrap();

    let network = Meddled::default();
    let nothing = Scope { accounts: Some(BTreeSet::new()), amount_max: None };
    let rune = company.invite("Rune", Role::Auditor, &nothing).await;
    let rune = connected(rune, &network).await;
    rune.desk.sync().await.unwrap();
    assert!(rune.desk.list_accounts().await.unwrap().is_empty(), "no document is Rune's to see");
    let paths = asked(&network);
    rune.desk.sync().await.unwrap();
    let documents = paths.lock().unwrap().iter().filter(|path| path.contains("/documents/")).count();
    assert_eq!(documents, 0, "what was refused a moment ago is not asked for at once");

    grant_all(&company, "Rune").await;
    rune.desk.sync().await.unwrap();
    anna.desk.sync().await.unwrap();
    agree(&anna, &rune).await;
    assert!(rune.desk.check().await.unwrap().ok);
}

/// An administrator takes the limits off a member.
async fn grant_all(company: &Company, name: &str) {
    let members = attest_backend::operate::list_members(company.running.backend(), company.tenant);
    let members = members.await.unwrap();
    let member = members.iter().find(|member| member.name.as_deref() == Some(name)).unwrap();
    let admin = company.invite("Ada", Role::Admin, &Scope::default()).await;
    let trust = Trust::Certificate(admin.certificate.unwrap().into_bytes());
    let way = Internet.reach(&admin.server, &trust).unwrap();
    let body = serde_json::json!({ "role": member.role, "scope": Scope::default() });
    let request = http::Request::put(format!("/v1/tenants/{}/members/{}", company.tenant, member.id))
        .header("authorization", format!("Bearer {}", admin.key.as_str()))
        .header("content-type", "application/json")
        .body(bytes::Bytes::from(body.to_string()))
        .unwrap();
    assert_eq!(way.exchange(request).await.unwrap().status(), 200);
    attest_backend::serve::settle(company.running.backend()).await.unwrap();
}
