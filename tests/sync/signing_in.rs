//! People who sign in by the browser: their tokens, what ends a sign-in, and that nothing decided is lost by it.

use crate::{
    company::Company,
    network::Meddled,
    office::{Office, PASSPHRASE, YEAR, camt, cheapen, entry, sie},
};
use attest_backend::{Config, clock::Clock, operate};
use attest_desk::{
    Desk, DeskError, SignInUnderway, SignedIn, SystemClock,
    view::{SignedInWith, SyncPhase},
};
use attest_domain::roles::{Role, Scope};
use attest_tests::person::{PASSWORD, Person, come_back};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
};
use tempfile::TempDir;

const TOKEN: &str = "/oauth/token";

/// The service's clock, two days away from everybody else's, moved by hand.
#[derive(Debug, Default)]
struct HandClock(AtomicI64);

impl HandClock {
    fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        let start: Timestamp = "2026-03-20T09:00:00Z".parse().unwrap();
        start + SignedDuration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

/// A company whose people sign in.
struct Site {
    company: Company,
    clock: Arc<HandClock>,
}

/// A desk that reaches the service through a network of its own.
struct Seat {
    office: Office,
    network: Meddled,
}

impl Site {
    async fn open() -> Self {
        let clock = Arc::new(HandClock::default());
        Self { company: Company::at(clock.clone(), |_, _| ()).await, clock }
    }

    async fn person(&self, login: &str) -> Person {
        let added = operate::Person { name: "Kim Testsson", login, password: PASSWORD };
        let backend = self.company.running.backend();
        let all = Scope::default();
        let (_, otpauth) =
            operate::add_person(backend, self.company.tenant, added, Role::Controller, &all).await.unwrap();
        Person::new(login, &otpauth.unwrap()).unwrap()
    }

    /// A desk with nothing in it yet.
    fn seat() -> (Desk, Meddled, TempDir) {
        let (folder, network) = (tempfile::tempdir().unwrap(), Meddled::default());
        let (dir, exports) = (folder.path().join("workspace"), folder.path().join("exports"));
        let desk = Desk::with_network(dir, exports, Arc::new(SystemClock), Arc::new(network.clone()));
        (desk, network, folder)
    }

    async fn begin(&self, desk: &Desk) -> SignInUnderway {
        desk.begin_sign_in(self.company.server(), Some(self.company.certificate())).await.unwrap()
    }

    /// The person signs in in the browser; what the desk then has, and what the last page says.
    async fn browse(
        &self,
        underway: SignInUnderway,
        person: &Person,
    ) -> (Result<SignedIn, DeskError>, String) {
        // A code of an authenticator counts once.
        self.clock.pass(30);
        let (address, now) = (underway.address().to_owned(), self.clock.now().as_second());
        let certificate = self.company.certificate();
        let sent_to = person.consent_at(&address, &certificate, now).await.unwrap();
        let (signed_in, page) = tokio::join!(underway.finish(), come_back(&sent_to));
        (signed_in, page.unwrap().1)
    }

    async fn connected(&self, person: &Person) -> Seat {
        let (desk, network, folder) = Self::seat();
        let (signed_in, page) = self.browse(self.begin(&desk).await, person).await;
        assert!(page.contains("You can close this page."), "{page}");
        desk.connect_signed_in(&signed_in.unwrap(), None, Some(PASSPHRASE.to_owned())).await.unwrap();
        cheapen(&desk);
        Seat { office: Office { desk, folder }, network }
    }
}

impl Seat {
    fn desk(&self) -> &Desk {
        &self.office.desk
    }

    /// Something that waits to be sent.
    async fn import(&self) {
        let statement = camt("053", "S-1", "2026-03-02")
            .balances("0.00", "10.00")
            .with(entry("10.00", "2026-03-02").reference("INV-1"));
        self.office.import("bank.xml", &statement.text()).await;
        self.office.import("ledger.se", &sie(YEAR, "0.00", &[("1", "20260302", "10.00", "Invoice")])).await;
    }

    /// Counts requests for tokens from now on.
    fn count_tokens(&self) -> Arc<AtomicU32> {
        let count = Arc::new(AtomicU32::new(0));
        let counted = count.clone();
        self.network.before(move |path| {
            if path == TOKEN {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        count
    }

    /// Nobody is signed in here any more, and what was decided waits.
    async fn is_signed_out_with_its_work(&self) {
        let error = self.desk().sync().await.unwrap_err();
        assert_eq!(error.code(), "remote.signed_out", "{error}");
        let state = self.desk().sync_state().await.unwrap();
        assert_eq!((state.phase, &state.signed_in), (SyncPhase::SignedOut, &None), "{state:?}");
        assert!(state.waiting > 0 && state.refused == 0, "{state:?}");
        // Also after a restart, before anything is asked.
        self.desk().lock("asked").await.unwrap();
        self.desk().unlock(Some(PASSPHRASE.to_owned())).await.unwrap();
        let state = self.desk().sync_state().await.unwrap();
        assert_eq!(state.phase, SyncPhase::SignedOut, "{state:?}");
        assert!(state.waiting > 0, "{state:?}");
    }

    /// Signs in again and sends what waited.
    async fn comes_back(&self, site: &Site, person: &Person) {
        let underway = self.desk().begin_sign_in_again(None).await.unwrap();
        let (signed_in, _) = site.browse(underway, person).await;
        self.desk().take_sign_in(&signed_in.unwrap()).await.unwrap();
        let state = self.desk().sync().await.unwrap();
        assert_eq!((state.phase, state.waiting, state.refused), (SyncPhase::Idle, 0, 0), "{state:?}");
    }
}

/// Whether tokens were given.
fn is_grant(path: &str, status: StatusCode) -> bool {
    path == TOKEN && status.is_success()
}

/// Copies the files of a workspace as a crash would leave them.
fn copy_workspace(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        if file.file_type().unwrap().is_file() {
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}

/// The desk that would be opened after a crash that left these files.
async fn reopen(dir: PathBuf, folder: TempDir, network: Meddled) -> Seat {
    let exports = folder.path().join("exports");
    let desk = Desk::with_network(dir, exports, Arc::new(SystemClock), Arc::new(network.clone()));
    desk.unlock(Some(PASSPHRASE.to_owned())).await.unwrap();
    Seat { office: Office { desk, folder }, network }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_signs_in_by_the_browser_and_syncs() {
    let site = Site::open().await;
    let person = site.person("kim@norrsken.example").await;
    let seat = site.connected(&person).await;
    seat.import().await;
    let state = seat.desk().sync().await.unwrap();
    assert_eq!((state.phase, state.waiting, state.refused), (SyncPhase::Idle, 0, 0), "{state:?}");
    let signed_in = state.signed_in.unwrap();
    assert_eq!(signed_in.with, SignedInWith::Browser);
    // The service's clock counts its twelve hours; the desk tells them from the time of the answer.
    let until: Timestamp = signed_in.until.unwrap().parse().unwrap();
    let hours = until.duration_since(Timestamp::now()).as_hours();
    assert!((11..=12).contains(&hours), "{until}");
    // It goes on after a restart.
    seat.desk().lock("asked").await.unwrap();
    seat.desk().unlock(Some(PASSPHRASE.to_owned())).await.unwrap();
    assert_eq!(seat.desk().sync().await.unwrap().phase, SyncPhase::Idle);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_runs_out_within_a_sync_is_renewed_without_a_word() {
    let site = Site::open().await;
    let person = site.person("kim@norrsken.example").await;
    let (writer, reader) = (site.connected(&person).await, site.connected(&person).await);
    writer.import().await;
    writer.desk().sync().await.unwrap();
    let (renewed, clock) = (Arc::new(AtomicU32::new(0)), site.clock.clone());
    let counted = renewed.clone();
    let mut jumped = false;
    reader.network.before(move |path| {
        if path.contains("/tile/entries/") && !jumped {
            jumped = true;
            clock.pass(301);
        }
        if path == TOKEN && jumped {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    reader.desk().sync().await.unwrap();
    assert_eq!(writer.office.shown().await, reader.office.shown().await);
    // Once with the nonce that the service asks for where the clocks differ, at most once without.
    assert!((1..=2).contains(&renewed.load(Ordering::SeqCst)), "{renewed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_requests_at_once_never_spend_one_refresh_token_twice() {
    let site = Site::open().await;
    let person = site.person("kim@norrsken.example").await;
    let seat = site.connected(&person).await;
    seat.import().await;
    seat.desk().sync().await.unwrap();
    for _ in 0..3 {
        site.clock.pass(301);
        let count = seat.count_tokens();
        let listening = seat.desk().clone();
        let ear = tokio::spawn(async move { listening.wait_for_signal().await });
        let (one, other) = tokio::join!(seat.desk().sync(), seat.desk().sync());
        drop((one.unwrap(), other.unwrap()));
        ear.abort();
        assert!((1..=2).contains(&count.load(Ordering::SeqCst)), "{count:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_with_tokens_that_was_lost_is_asked_for_again() {
    let site = Site::open().await;
    let person = site.person("kim@norrsken.example").await;
    let seat = site.connected(&person).await;
    seat.import().await;
    // Two in a row: the sync fails, and the next one has the tokens all the same.
    site.clock.pass(301);
    let mut lost = 0;
    seat.network.after(move |path, status| {
        lost += u32::from(is_grant(path, status));
        is_grant(path, status) && lost <= 2
    });
    let error = seat.desk().sync().await.unwrap_err();
    assert_eq!(error.code(), "remote.unreachable", "{error}");
    assert_eq!(seat.desk().sync_state().await.unwrap().phase, SyncPhase::Offline);
    seat.network.leave();
    site.clock.pass(50);
    let state = seat.desk().sync().await.unwrap();
    assert_eq!((state.phase, state.waiting), (SyncPhase::Idle, 0), "{state:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_stayed_lost_for_longer_ends_the_sign_in_and_no_work() {
    let site = Site::open().await;
    let person = site.person("kim@norrsken.example").await;
    let seat = site.connected(&person).await;
    seat.import().await;
    site.clock.pass(301);
    seat.network.after(is_grant);
    seat.desk().sync().await.unwrap_err();
    seat.network.leave();
    site.clock.pass(120);
    seat.is_signed_out_with_its_work().await;
    seat.comes_back(&site, &person).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_between_receiving_and_storing_a_token_costs_nothing() {
    let site = Site::open().await;
    let person = site.person("kim@norrsken.example").await;
    let seat = site.connected(&person).await;
    seat.import().await;
    seat.desk().sync().await.unwrap();
    site.clock.pass(301);
    let left = tempfile::tempdir().unwrap();
    let (from, to) = (seat.desk().dir().to_owned(), left.path().join("workspace"));
    let crashed = to.clone();
    // What lies on the disk when the answer has arrived and nothing was done with it yet, and then: nothing.
    seat.network.after(move |path, status| {
        if is_grant(path, status) {
            copy_workspace(&from, &crashed);
        }
        is_grant(path, status)
    });
    seat.desk().sync().await.unwrap_err();
    seat.desk().lock("asked").await.unwrap();
    let again = reopen(to, left, Meddled::default()).await;
    let state = again.desk().sync().await.unwrap();
    assert_eq!((state.phase, state.signed_in.is_some()), (SyncPhase::Idle, true), "{state:?}");
    site.clock.pass(301);
    assert_eq!(again.desk().sync().await.unwrap().phase, SyncPhase::Idle);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workspace_that_was_put_back_from_a_copy_shows_an_old_token_and_is_signed_out_with_its_work() {
    let site = Site::open().await;
    let person = site.person("kim@norrsken.example").await;
    let seat = site.connected(&person).await;
    seat.import().await;
    seat.desk().lock("asked").await.unwrap();
    let left = tempfile::tempdir().unwrap();
    let to = left.path().join("workspace");
    copy_workspace(seat.desk().dir(), &to);
    seat.desk().unlock(Some(PASSPHRASE.to_owned())).await.unwrap();
    for _ in 0..2 {
        site.clock.pass(301);
        seat.desk().sync().await.unwrap();
    }
    let copy = reopen(to, left, Meddled::default()).await;
    copy.is_signed_out_with_its_work().await;
    // The one that was in use cannot be told from the one that was copied: both sign in again.
    let error = seat.desk().sync().await.unwrap_err();
    assert_eq!(error.code(), "remote.signed_out", "{error}");
    copy.comes_back(&site, &person).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_signed_out_elsewhere_keeps_everything_and_comes_back() {
    let site = Site::open().await;
    let person = site.person("kim@norrsken.example").await;
    let (seat, other) = (site.connected(&person).await, site.connected(&person).await);
    seat.import().await;
    let login = "kim@norrsken.example";
    let otpauth = operate::reset_person(site.company.running.backend(), login, PASSWORD).await.unwrap();
    let person = Person::new(login, &otpauth.unwrap()).unwrap();
    seat.is_signed_out_with_its_work().await;
    assert_eq!(other.desk().sync().await.unwrap_err().code(), "remote.signed_out");
    seat.comes_back(&site, &person).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_desks_of_one_person_are_signed_in_each_for_itself() {
    let site = Site::open().await;
    let person = site.person("kim@norrsken.example").await;
    let (one, other) = (site.connected(&person).await, site.connected(&person).await);
    one.import().await;
    assert_eq!(one.desk().sync().await.unwrap().waiting, 0);
    assert!(one.desk().sign_out().await.unwrap(), "the service was told");
    assert_eq!(one.desk().sync_state().await.unwrap().phase, SyncPhase::SignedOut);
    for _ in 0..2 {
        site.clock.pass(301);
        assert_eq!(other.desk().sync().await.unwrap().phase, SyncPhase::Idle);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_out_ends_the_sign_in_at_the_service_or_says_that_it_could_not() {
    let site = Site::open().await;
    let person = site.person("kim@norrsken.example").await;
    let seat = site.connected(&person).await;
    seat.import().await;
    seat.desk().lock("asked").await.unwrap();
    let left = tempfile::tempdir().unwrap();
    let to = left.path().join("workspace");
    copy_workspace(seat.desk().dir(), &to);
    seat.desk().unlock(Some(PASSPHRASE.to_owned())).await.unwrap();
    assert!(seat.desk().sign_out().await.unwrap());
    // A copy of the token is of no use any more.
    reopen(to, left, Meddled::default()).await.is_signed_out_with_its_work().await;

    seat.comes_back(&site, &person).await;
    seat.network.after(|path, _| path == "/oauth/revoke");
    assert!(!seat.desk().sign_out().await.unwrap(), "the service could not be told");
    assert_eq!(seat.desk().sync_state().await.unwrap().phase, SyncPhase::SignedOut);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_back_with_another_state_issuer_or_code_is_not_taken() {
    let site = Site::open().await;
    let person = site.person("kim@norrsken.example").await;
    let (desk, _, _folder) = Site::seat();
    let certificate = site.company.certificate();
    let consent = async |underway: &SignInUnderway| {
        site.clock.pass(30);
        let now = site.clock.now().as_second();
        person.consent_at(underway.address(), &certificate, now).await.unwrap()
    };
    let changed = |sent_to: &reqwest::Url, name: &str, value: &str| {
        let pairs: Vec<(String, String)> = sent_to
            .query_pairs()
            .map(|(key, old)| (key.to_string(), if key == name { value.to_owned() } else { old.to_string() }))
            .collect();
        let mut url = sent_to.clone();
        url.query_pairs_mut().clear().extend_pairs(pairs);
        url
    };

    // Another state is answered and changes nothing: the right one is still taken.
    let underway = site.begin(&desk).await;
    let sent_to = consent(&underway).await;
    let visits = async {
        let (status, page) = come_back(&changed(&sent_to, "state", "another")).await.unwrap();
        assert_eq!(status.as_u16(), 400);
        assert!(page.contains("did not take this sign-in"), "{page}");
        come_back(&sent_to).await.unwrap()
    };
    let (signed_in, (_, page)) = tokio::join!(underway.finish(), visits);
    assert!(page.contains("You can close this page."), "{page}");
    signed_in.unwrap().abandon().await;

    // Another issuer ends it (RFC 9207), and so does a code that belongs to another verifier and key.
    let underway = site.begin(&desk).await;
    let sent_to = changed(&consent(&underway).await, "iss", "https://evil.example");
    let (refused, page) = tokio::join!(underway.finish(), come_back(&sent_to));
    assert_eq!(refused.unwrap_err().code(), "remote.sign_in_elsewhere");
    assert!(page.unwrap().1.contains("Not signed in"));

    let (stolen, underway) = (site.begin(&desk).await, site.begin(&desk).await);
    let theirs = consent(&stolen).await;
    let code = theirs.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let sent_to = changed(&consent(&underway).await, "code", &code);
    let (refused, page) = tokio::join!(underway.finish(), come_back(&sent_to));
    assert_eq!(refused.unwrap_err().code(), "remote.sign_in_refused");
    assert!(page.unwrap().1.contains("Not signed in"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_of_several_companies_says_which_and_nobody_else_takes_a_members_place() {
    let site = Site::open().await;
    let backend = site.company.running.backend();
    let person = site.person("kim@norrsken.example").await;
    let second = operate::create_tenant(backend, "Fjordhandel AS").await.unwrap();
    let same = operate::Person { name: "Kim Testsson", login: "kim@norrsken.example", password: PASSWORD };
    operate::add_person(backend, second, same, Role::Auditor, &Scope::default()).await.unwrap();

    let (desk, _network, folder) = Site::seat();
    let (signed_in, _) = site.browse(site.begin(&desk).await, &person).await;
    let signed_in = signed_in.unwrap();
    let names: Vec<_> = signed_in.companies().into_iter().map(|one| (one.name, one.role)).collect();
    assert_eq!(names.len(), 2);
    assert!(names.contains(&("Fjordhandel AS".to_owned(), "auditor".to_owned())), "{names:?}");
    for unclear in [None, Some("Norrsken"), Some("")] {
        let connected = desk.connect_signed_in(&signed_in, unclear, Some(PASSPHRASE.to_owned())).await;
        let error = connected.unwrap_err();
        assert_eq!(error.code(), "connect.choose_company");
        assert!(
            error.to_string().contains("Norrsken Handel AB") && error.to_string().contains("Fjordhandel AS")
        );
    }
    let named = Some("fjordhandel as");
    desk.connect_signed_in(&signed_in, named, Some(PASSPHRASE.to_owned())).await.unwrap();
    let seat = Seat { office: Office { desk, folder }, network: Meddled::default() };
    assert_eq!(seat.desk().sync().await.unwrap().company.as_deref(), Some("Fjordhandel AS"));

    let stranger = site.person("bo@norrsken.example").await;
    let underway = seat.desk().begin_sign_in_again(None).await.unwrap();
    let (signed_in, _) = site.browse(underway, &stranger).await;
    let error = seat.desk().take_sign_in(&signed_in.unwrap()).await.unwrap_err();
    assert_eq!(error.code(), "connect.other_member");
    assert_eq!(seat.desk().sync().await.unwrap().phase, SyncPhase::Idle, "the old sign-in goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_certificate_is_taken_when_signing_in_again() {
    let old = Site::open().await;
    let person = old.person("kim@norrsken.example").await;
    let seat = old.connected(&person).await;
    seat.import().await;
    // The same service behind another certificate.
    let Company { running, tenant, folder } = old.company;
    let port = running.address.port();
    running.stop().await.unwrap();
    let data = folder.path().join("backend");
    for file in ["certificate.pem", "certificate.key"] {
        let _ = std::fs::remove_file(data.join(file));
    }
    let config = Config { listen: ([127, 0, 0, 1], port).into(), data, ..Config::default() };
    let running = attest_backend::start(config, old.clock.clone()).await.unwrap();
    let site = Site { company: Company { running, tenant, folder }, clock: old.clock };
    let error = seat.desk().sync().await.unwrap_err();
    assert_eq!(error.code(), "remote.unreachable", "{error}");

    let underway = seat.desk().begin_sign_in_again(Some(site.company.certificate())).await.unwrap();
    let (signed_in, _) = site.browse(underway, &person).await;
    seat.desk().take_sign_in(&signed_in.unwrap()).await.unwrap();
    let state = seat.desk().sync().await.unwrap();
    assert_eq!((state.phase, state.waiting), (SyncPhase::Idle, 0), "{state:?}");
}
