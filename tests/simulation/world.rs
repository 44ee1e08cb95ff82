//! The backend of a seed, its clock, and what an operator does to members meanwhile.
//!
//! Installation and workspaces are made once and copied for each seed, because making them costs more than running
//! a schedule.

use crate::{desks::Seat, network::Wires, office::PASSPHRASE, papers::papers};
use attest_backend::{Backend, Config, operate, serve};
use attest_desk::{
    Desk,
    sync::ConnectRequest,
    view::{DecisionRequest, LineRef, SideView},
};
use attest_domain::roles::{Role, Scope};
use attest_evidence::bundle::BUNDLE_EVENTS;
use attest_keychain::{Database, Passphrase, Secret};
use jiff::{SignedDuration, Timestamp};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};
use tempfile::TempDir;
use uuid::Uuid;

/// Desks of a seed.
pub(crate) const DESKS: usize = 3;
/// When every seed begins.
const START: &str = "2026-03-20T09:00:00Z";

/// A clock that is moved by hand, as it is read on one machine.
#[derive(Clone, Debug)]
pub(crate) struct HandClock {
    /// Milliseconds since the start, for everybody.
    passed: Arc<AtomicI64>,
    /// Hours by which this machine is wrong.
    skew: Arc<AtomicI64>,
}

impl HandClock {
    pub(crate) fn new() -> Self {
        Self { passed: Arc::default(), skew: Arc::default() }
    }

    /// The same time on a machine that is wrong by some hours.
    pub(crate) fn skewed(&self, hours: i64) -> Self {
        Self { passed: self.passed.clone(), skew: Arc::new(AtomicI64::new(hours)) }
    }

    pub(crate) fn put_right(&self) {
        self.skew.store(0, Ordering::Relaxed);
    }

    pub(crate) fn pass(&self, minutes: i64) {
        self.passed.fetch_add(minutes * 60_000, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Timestamp {
        let start: Timestamp = START.parse().unwrap();
        // A clock that stands still would hide what is ordered by time.
        let passed = self.passed.fetch_add(1, Ordering::Relaxed);
        let skew = SignedDuration::from_hours(self.skew.load(Ordering::Relaxed));
        start + SignedDuration::from_millis(passed) + skew
    }
}

impl attest_desk::Clock for HandClock {
    fn now(&self) -> Timestamp {
        self.read()
    }
}

impl attest_backend::clock::Clock for HandClock {
    fn now(&self) -> Timestamp {
        self.read()
    }
}

/// A folder in memory where the system has one: nothing here is to survive, and waiting for a disk would be all that
/// a seed does.
pub(crate) fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// What every seed begins with.
pub(crate) struct Template {
    folder: TempDir,
    tenant: Uuid,
    members: &'static [String],
    keys: &'static [String],
    /// Key of a program that nothing ever happens to.
    watcher: &'static str,
    /// What opens the desks' databases. Who has them tries no passphrase, which is made to cost something.
    secrets: &'static [Secret],
}

/// Made by whoever comes first.
pub(crate) fn template() -> &'static Template {
    static MADE: OnceLock<Template> = OnceLock::new();
    MADE.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(make())
    })
}

async fn make() -> Template {
    let folder = scratch();
    let clock = HandClock::new();
    let backend = open_backend(&folder.path().join("backend"), &clock).await;
    let tenant = operate::create_tenant(&backend, "Norrsken Handel AB").await.unwrap();
    let wires = Wires::new(serve::router(&backend), 0);
    let all = Scope::default();
    let added = operate::add_program(&backend, tenant, "Watcher", Role::Controller, &all);
    let (_, watcher) = added.await.unwrap();
    let (mut members, mut keys, mut secrets) = (Vec::new(), Vec::new(), Vec::new());
    for desk in 0..DESKS {
        let name = format!("Desk {desk}");
        let added = operate::add_program(&backend, tenant, &name, Role::Controller, &all);
        let (subject, key) = added.await.unwrap();
        members.push(subject);
        keys.push(key.clone());
        let place = folder.path().join(format!("desk{desk}"));
        let (clock, wire) = (Arc::new(clock.clone()), Arc::new(wires.wire(desk)));
        let desk = Desk::with_network(place, folder.path().join("exports"), clock, wire);
        let request = ConnectRequest {
            server: "https://log.example".to_owned(),
            certificate: None,
            key: key.into(),
            tenant: None,
            passphrase: Some(PASSPHRASE.to_owned()),
        };
        desk.connect(request).await.unwrap();
        desk.lock("asked").await.unwrap();
        secrets.push(secret_of(&desk));
    }
    serve::close(&backend).await;
    let (members, keys, secrets) = (members.leak(), keys.leak(), secrets.leak());
    Template { folder, tenant, members, keys, watcher: watcher.leak(), secrets }
}

/// What some seeds begin with: a log of more than a bundle, of which two desks have nothing yet.
pub(crate) fn long_template() -> &'static Template {
    static MADE: OnceLock<Template> = OnceLock::new();
    MADE.get_or_init(|| {
        let short = template();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(make_long(short))
    })
}

async fn make_long(short: &'static Template) -> Template {
    let world = World::new(short, 0).await;
    let mut seat = Seat::open(&world, 0, 0).await;
    let papers = papers();
    assert_eq!(seat.import(papers[0].0, &papers[0].1).await, "new");
    let lines = seat.lines().await;
    let id = &lines.iter().find_map(|line| line.bank.as_ref()).unwrap().id;
    for number in 0..BUNDLE_EVENTS {
        let line = LineRef { side: SideView::Bank, id: id.clone() };
        let text = format!("Asked {number} times");
        assert_eq!(seat.decide(DecisionRequest::Comment { line, text }).await, "1 events");
    }
    assert_eq!(seat.sync().await, "ok");
    seat.desk.lock("asked").await.unwrap();
    serve::close(&world.backend()).await;
    let World { folder, tenant, members, keys, watcher, secrets, .. } = world;
    Template { folder, tenant, members, keys, watcher, secrets }
}

/// The key of a desk's database, by its passphrase.
pub(crate) fn secret_of(desk: &Desk) -> Secret {
    let file = attest_keychain::read_key_file(desk.dir(), Database::Present).unwrap().unwrap();
    attest_keychain::unlock(&file, Some(&Passphrase::from(PASSPHRASE.to_owned()))).unwrap()
}

pub(crate) async fn open_backend(data: &Path, clock: &HandClock) -> Arc<Backend> {
    let config = Config { data: data.to_owned(), host: "log.example".to_owned(), ..Config::default() };
    serve::open(config, Arc::new(clock.clone())).await.unwrap()
}

/// Copies a folder with all that is in it now.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_folder(&path, &copy);
        } else if let Err(error) = std::fs::copy(&path, &copy) {
            // Written beside and renamed meanwhile.
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{}: {error}", path.display());
        }
    }
}

/// Everything of a seed but its desks.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) tenant: Uuid,
    pub(crate) members: &'static [String],
    pub(crate) keys: &'static [String],
    pub(crate) watcher: &'static str,
    pub(crate) secrets: &'static [Secret],
    pub(crate) clock: HandClock,
    pub(crate) wires: Wires,
    backend: RwLock<Arc<Backend>>,
}

impl World {
    pub(crate) async fn new(template: &'static Template, seed: u64) -> Self {
        let (folder, clock) = (scratch(), HandClock::new());
        copy_folder(template.folder.path(), folder.path());
        let backend = open_backend(&folder.path().join("backend"), &clock).await;
        let wires = Wires::new(serve::router(&backend), seed);
        wires.settle_with(&backend);
        Self {
            folder,
            tenant: template.tenant,
            members: template.members,
            keys: template.keys,
            watcher: template.watcher,
            secrets: template.secrets,
            clock,
            wires,
            backend: RwLock::new(backend),
        }
    }

    pub(crate) fn place(&self, desk: usize) -> PathBuf {
        self.folder.path().join(format!("desk{desk}"))
    }

    pub(crate) fn backend(&self) -> Arc<Backend> {
        self.backend.read().unwrap().clone()
    }

    /// Another process takes over; the one before ends.
    pub(crate) async fn restart_backend(&self) {
        let next = open_backend(&self.folder.path().join("backend"), &self.clock).await;
        self.wires.reroute(serve::router(&next));
        self.wires.settle_with(&next);
        let before = std::mem::replace(&mut *self.backend.write().unwrap(), next);
        serve::close(&before).await;
    }

    /// What an operator does to the store of members.
    async fn operate(&self, sql: &str) {
        let file = self.folder.path().join("backend/backend.db");
        let url = format!("sqlite://{}", file.display());
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Erases what an event conceals; answers how many disclosures that were.
    pub(crate) async fn erase(&self, seq: u64) -> u64 {
        let target = operate::Target::Event(seq);
        operate::erase(&self.backend(), self.tenant, &target, "gdpr.17").await.unwrap().disclosures
    }

    /// Ends the credentials of a member, or lets them hold again.
    pub(crate) async fn expire(&self, desk: usize, expired: bool) {
        let when = if expired { "'2026-03-20T00:00:00.000Z'" } else { "null" };
        let subject = &self.members[desk];
        self.operate(&format!("update api_key set revoked = {when} where subject = '{subject}'")).await;
    }

    /// Makes a member something else; nothing at all where there is no role.
    pub(crate) async fn appoint(&self, desk: usize, role: Option<Role>) {
        let (tenant, subject) = (self.tenant, &self.members[desk]);
        let leave = format!("delete from member where tenant = '{tenant}' and subject = '{subject}';");
        let join = role.map(|role| {
            let code = role.code();
            let scope = serde_json::to_string(&Scope::default()).unwrap();
            format!(
                "insert into member (tenant, subject, role, scope)
                 values ('{tenant}', '{subject}', '{code}', '{scope}');"
            )
        });
        self.operate(&format!("begin immediate; {leave} {} commit;", join.unwrap_or_default())).await;
    }
}
