//! Proposals know the newest documents and decisions, whatever ended the program in between, and nobody else's change.

use crate::office::{IBAN, Office, PASSPHRASE, YEAR, camt, cheapen, entry, sie, this_program};
use attest_cache::{Cache, CacheKey};
use attest_desk::{
    Clock, Desk,
    view::{DecisionRequest, LineRef, LinesQuery, ReviewFilter, ReviewLine, ReviewQuery, SectionKind},
};
use attest_keychain::{Database, Passphrase};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

const CHILD: &str = "ATTEST_TEST_CUT_SHORT_FOLDER";
const TEST: &str = "freshness::an_import_that_ends_before_it_is_proposed_for_is_made_up_for_when_opened";

/// A ledger and a statement with this many pairs.
fn pairs(count: usize) -> (String, String) {
    let numbers: Vec<(String, String, String)> = (1..=count)
        .map(|at| (at.to_string(), format!("{}.{:02}", 100 + at, at % 100), format!("INV2026{at:05}")))
        .collect();
    let vouchers: Vec<_> = numbers
        .iter()
        .map(|(at, sum, text)| (at.as_str(), "20260302", sum.as_str(), text.as_str()))
        .collect();
    let mut statement = camt("053", "S-1", "2026-03-02");
    for (_, sum, text) in &numbers {
        statement = statement.with(entry(sum, "2026-03-02").reference(text));
    }
    (sie(YEAR, "0.00", &vouchers), statement.text())
}

/// The child: ends itself without any cleaning up as soon as the documents are in and matching begins.
async fn end_before_proposing(folder: PathBuf) {
    let desk = Desk::new(folder.join("workspace"), folder.join("exports"));
    desk.unlock(Some(PASSPHRASE.to_owned())).await.unwrap();
    let (ledger, statement) = pairs(1_500);
    let files = [folder.join("ledger.se"), folder.join("statement.xml")];
    std::fs::write(&files[0], ledger).unwrap();
    std::fs::write(&files[1], statement).unwrap();
    let watch = desk.watch_import();
    let seen = watch.clone();
    std::thread::spawn(move || {
        while !seen.progress().is_some_and(|progress| progress.matching) {
            std::thread::yield_now();
        }
        std::process::abort();
    });
    desk.import(&files, None, &watch).await.unwrap();
    unreachable!("it ends while it matches");
}

/// Whether an account waits for proposals, and how many groups there are, read past the desk.
async fn stored(dir: &Path) -> (bool, usize) {
    let file = attest_keychain::read_key_file(dir, Database::Present).unwrap().unwrap();
    let key = attest_keychain::unlock(&file, Some(&Passphrase::from(PASSPHRASE.to_owned()))).unwrap();
    let cache = Cache::open(&dir.join("cache.db"), &CacheKey::new(*key.expose())).await.unwrap();
    let account = cache.list_accounts().await.unwrap().remove(0);
    let groups = cache.list_group_heads(account.id, (i64::MIN, i64::MAX)).await.unwrap().len();
    cache.close().await;
    (account.stale.is_some(), groups)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_ends_before_it_is_proposed_for_is_made_up_for_when_opened() {
    if let Ok(folder) = std::env::var(CHILD) {
        return end_before_proposing(PathBuf::from(folder)).await;
    }
    let office = Office::new().await;
    cheapen(&office.desk);
    office.desk.lock("asked").await.unwrap();
    let status = std::process::Command::new(this_program())
        .args(["--exact", TEST])
        .env(CHILD, office.folder.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(!status.success());
    assert_eq!(stored(office.desk.dir()).await, (true, 0), "the documents are in, the proposals are not");

    office.desk.unlock(Some(PASSPHRASE.to_owned())).await.unwrap();
    assert_eq!(office.open().await.suggested, 1_500);
    office.desk.lock("asked").await.unwrap();
    assert!(!stored(office.desk.dir()).await.0);
    office.desk.unlock(Some(PASSPHRASE.to_owned())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn matching_that_was_stopped_is_made_up_for_when_opened() {
    let office = Office::new().await;
    cheapen(&office.desk);
    let (ledger, statement) = pairs(1_500);
    let files = [office.file("ledger.se", &ledger), office.file("statement.xml", &statement)];
    let watch = office.desk.watch_import();
    let stopper = watch.clone();
    let stop = async {
        while stopper.progress().is_none_or(|progress| !progress.matching && !progress.finished) {
            tokio::task::yield_now().await;
        }
        stopper.cancel();
    };
    let (reports, ()) = tokio::join!(office.desk.import(&files, None, &watch), stop);
    assert!(reports.unwrap().iter().all(|report| report.status == "new"));
    assert_eq!(office.open().await.suggested, 0);
    office.desk.lock("asked").await.unwrap();
    office.desk.unlock(Some(PASSPHRASE.to_owned())).await.unwrap();
    assert_eq!(office.open().await.suggested, 1_500);
}

async fn lines_of(office: &Office, account: i64) -> Vec<ReviewLine> {
    let query = ReviewQuery { account, month: None, search: String::new(), filter: ReviewFilter::All };
    let view = office.desk.open_review(query).await.unwrap();
    office.desk.review_lines(LinesQuery { view: view.view, start: 0, end: view.lines }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_to_one_account_leaves_the_proposals_of_the_others_as_they_are() {
    const OTHER: &str = "SE3550000000054910000003";
    let office = Office::new().await;
    office
        .import(
            "one.se",
            &sie(YEAR, "0.00", &[("1", "20260302", "55.00", "A3"), ("2", "20260302", "8.00", "A4")]),
        )
        .await;
    let statement = camt("053", "S-1", "2026-03-02").with(entry("55.00", "2026-03-02").reference("A3"));
    office.import("one.xml", &statement.text()).await;
    let other = |text: &str| text.replace(IBAN, OTHER).replace("1930", "1940");
    let vouchers = [("71", "20260302", "20.00", "B3"), ("72", "20260303", "30.00", "B4")];
    office.import("other.se", &other(&sie(YEAR, "0.00", &vouchers))).await;
    let statement = camt("053", "T-1", "2026-03-02").with(entry("20.00", "2026-03-02").reference("B3"));
    office.import("other.xml", &other(&statement.text())).await;
    let accounts = office.desk.list_accounts().await.unwrap();
    let [one, two] = ["1930", "1940"].map(|number| {
        accounts.iter().find(|account| account.ledger_account.as_deref() == Some(number)).unwrap().id
    });
    let is_proposed = |line: &&ReviewLine| line.section == SectionKind::Suggested && line.bank.is_some();
    let before = (lines_of(&office, one).await, lines_of(&office, two).await);
    assert_eq!(
        (before.0.iter().filter(is_proposed).count(), before.1.iter().filter(is_proposed).count()),
        (1, 1)
    );

    let statement = camt("053", "T-2", "2026-03-03").with(entry("30.00", "2026-03-03").reference("B4"));
    office.import("next.xml", &other(&statement.text())).await;
    let after = (lines_of(&office, one).await, lines_of(&office, two).await);
    assert_eq!(after.0, before.0, "rows of groups and all");
    assert_eq!(after.1.iter().filter(is_proposed).count(), 2);

    // More of the other ledger account, and the same again, change nothing here either.
    office.import("more.se", &other(&sie(YEAR, "0.00", &[("73", "20260304", "31.00", "B5")]))).await;
    office.import("again.se", &format!("{}\n", other(&sie(YEAR, "0.00", &vouchers)))).await;
    assert_eq!(lines_of(&office, one).await, before.0);
    // A voucher of this one does.
    office.import("mine.se", &sie(YEAR, "0.00", &[("3", "20260304", "31.00", "A5")])).await;
    assert_ne!(lines_of(&office, one).await, before.0);
}

/// A clock that a test sets, in seconds.
#[derive(Debug)]
struct SetClock(AtomicI64);

impl SetClock {
    fn set(&self, day: &str) {
        let instant: jiff::Timestamp = format!("{day}T10:00:00Z").parse().unwrap();
        self.0.store(instant.as_second(), Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_second(self.0.load(Ordering::Relaxed)).unwrap()
    }
}

/// An office on 2026-11-20 with one pair of lines that is proposed.
async fn proposed() -> (Office, Arc<SetClock>) {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SetClock(AtomicI64::new(0)));
    clock.set("2026-11-20");
    let desk =
        Desk::with_clock(folder.path().join("workspace"), folder.path().join("exports"), clock.clone());
    desk.create_workspace(Some(PASSPHRASE.to_owned())).await.unwrap();
    let office = Office { desk, folder };
    cheapen(&office.desk);
    office.import("ledger.se", &sie(YEAR, "0.00", &[("1", "20260302", "55.00", "A3")])).await;
    let statement = camt("053", "S-1", "2026-03-02").with(entry("55.00", "2026-03-02").reference("A3"));
    office.import("statement.xml", &statement.text()).await;
    assert_eq!(office.section("55.00").await, SectionKind::Suggested);
    (office, clock)
}

fn hold(line: &LineRef, until: &str) -> DecisionRequest {
    DecisionRequest::Hold { lines: vec![line.clone()], until: until.to_owned(), note: None }
}

async fn next_morning(office: &Office) {
    office.desk.lock("asked").await.unwrap();
    office.desk.unlock(Some(PASSPHRASE.to_owned())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_a_clock_ahead_of_time_has_freed_is_held_again_when_the_clock_is_right() {
    let (office, clock) = proposed().await;
    office.desk.decide(hold(&office.bank("55.00").await, "2026-12-01")).await.unwrap();
    clock.set("2026-12-02");
    next_morning(&office).await;
    assert_eq!(office.section("55.00").await, SectionKind::Suggested);
    clock.set("2026-11-30");
    next_morning(&office).await;
    assert_eq!(office.section("55.00").await, SectionKind::Held);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_comes_back_on_the_day_its_hold_ends_and_is_proposed_for_again() {
    let (office, clock) = proposed().await;
    let line = office.bank("55.00").await;
    let refused = office.desk.decide(hold(&line, "2026-11-20")).await.unwrap_err();
    assert_eq!(refused.code(), "decision.hold_in_the_past");
    office.desk.decide(hold(&line, "2026-12-01")).await.unwrap();
    clock.set("2026-11-30");
    assert_eq!(office.section("55.00").await, SectionKind::Held);
    clock.set("2026-12-01");
    assert_eq!(office.section("55.00").await, SectionKind::Needs);
    next_morning(&office).await;
    assert_eq!(office.section("55.00").await, SectionKind::Suggested);

    // Taking back what was decided while it was held gives the hold back, though its day has passed by now.
    let group = office.lines().await.into_iter().find(|line| line.bank.is_some()).unwrap().group;
    office.desk.decide(DecisionRequest::Accept { group, difference_reason: None }).await.unwrap();
    office.desk.decide(DecisionRequest::Undo).await.unwrap();
    assert_eq!(office.section("55.00").await, SectionKind::Suggested);
    clock.set("2026-11-30");
    assert_eq!(held_day(&office).await.as_deref(), Some("2026-12-01"));
}

/// The day until which the only entry is on hold.
async fn held_day(office: &Office) -> Option<String> {
    let (view, lines) = (office.open().await.view, office.lines().await);
    let line = lines.iter().find(|line| line.bank.is_some()).unwrap();
    office.desk.group(view, line.group).await.unwrap().held_until
}
