//! Killing the process in the middle of imports, two hundred times: no acknowledged import is lost, none is half.

use crate::office::{Office, PASSPHRASE, camt, cheapen, entry, this_program};
use attest_desk::Desk;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

const KILLS: u32 = 200;
const CHILD: &str = "ATTEST_TEST_KILLED_FOLDER";
const START: &str = "ATTEST_TEST_KILLED_START";
const ENTRIES: u64 = 6;
const TEST: &str = "kill::two_hundred_kills_lose_no_acknowledged_import_and_leave_no_half_one";

fn statement(at: u64) -> String {
    let first: attest_domain::Date = "1990-01-01".parse().unwrap();
    let day = first.checked_add(jiff::Span::new().days(i64::try_from(at).unwrap())).unwrap().to_string();
    let (opening, closing) = (format!("{}.00", at * ENTRIES), format!("{}.00", (at + 1) * ENTRIES));
    let mut camt = camt("053", &format!("S-{at}"), &day).balances(&opening, &closing);
    for number in 0..ENTRIES {
        camt = camt.with(entry("1.00", &day).servicer(&format!("R{at}-{number}")));
    }
    camt.text()
}

/// The child: imports one statement after the other and says so after each, until it is killed.
async fn import_until_killed(folder: PathBuf, start: u64) {
    let desk = Desk::new(folder.join("workspace"), folder.join("exports"));
    desk.unlock(Some(PASSPHRASE.to_owned())).await.unwrap();
    for at in start.. {
        let path = folder.join(format!("{at}.xml"));
        std::fs::write(&path, statement(at)).unwrap();
        let reports = desk.import(&[path], None, &desk.watch_import()).await.unwrap();
        assert_ne!(reports[0].status, "refused");
        println!("\nkept {at}");
        std::io::stdout().flush().unwrap();
    }
}

struct Running {
    child: Child,
    kept: mpsc::Receiver<u64>,
}

fn spawn(office: &Office, start: u64) -> Running {
    let mut child = Command::new(this_program())
        .args(["--exact", TEST, "--nocapture"])
        .env(CHILD, office.folder.path())
        .env(START, start.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (send, kept) = mpsc::channel();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if let Some(number) = line.strip_prefix("kept ").and_then(|number| number.parse().ok()) {
                // The parent may have heard enough.
                let _ = send.send(number);
            }
        }
    });
    Running { child, kept }
}

impl Running {
    /// Kills it when `life` has passed since its first word; answers the newest statement it acknowledged.
    fn kill_after(mut self, life: Duration) -> Option<u64> {
        let mut newest = self.kept.recv_timeout(Duration::from_secs(20)).ok();
        let end = Instant::now() + life;
        while let Ok(number) = self.kept.recv_timeout(end.saturating_duration_since(Instant::now())) {
            newest = Some(number);
        }
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        // What it said before it died counts too.
        self.kept.iter().last().or(newest)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_kills_lose_no_acknowledged_import_and_leave_no_half_one() {
    if let Ok(folder) = std::env::var(CHILD) {
        let start = std::env::var(START).unwrap().parse().unwrap();
        return import_until_killed(PathBuf::from(folder), start).await;
    }
    let office = Office::new().await;
    cheapen(&office.desk);
    let mut random = 0x5EED_u64;
    let (mut kept, mut seen) = (0, 0);
    for round in 1..=KILLS {
        office.desk.lock("asked").await.unwrap();
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let newest = spawn(&office, kept).kill_after(Duration::from_micros((random >> 33) % 40_000));
        office.desk.unlock(Some(PASSPHRASE.to_owned())).await.unwrap();
        let documents = office.desk.list_documents(0, 1).await.unwrap().total;
        let newest = newest.expect("the child says something before it is killed");
        assert!(documents > newest, "round {round}: {newest} was acknowledged, {documents} are here");
        assert!(documents <= newest + 2, "round {round}");
        assert_eq!(office.desk.status().await.unwrap().log_size, documents + 1, "one event for each");
        (kept, seen) = (documents, seen + newest + 1 - kept);
        if round % 100 == 0 {
            let statements = office.desk.list_statements().await.unwrap();
            assert_eq!(statements.len() as u64, documents);
            assert!(statements.iter().all(|one| one.balance == "ok" && one.entries == ENTRIES));
            assert_eq!(u64::from(office.open().await.entries), documents * ENTRIES);
            let check = office.desk.check().await.unwrap();
            assert!(check.ok, "round {round}: {:?}", check.problems);
        }
    }
    assert!(seen >= u64::from(KILLS));
    let view = office.open().await;
    assert_eq!(view.equation.statement, Some(format!("{}.00", kept * ENTRIES)));
}
