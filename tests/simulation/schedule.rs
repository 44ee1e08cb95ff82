//! What happens in a seed, and what must be true when it has.

use crate::{
    desks::{Crash, Seat},
    network::dice,
    office::Dice,
    papers::papers,
    world::{DESKS, Template, World},
};
use attest_desk::{sync::Network as _, view::DecisionRequest};
use attest_domain::{event::Event, roles::Role};
use attest_evidence::{
    bundle::{self, Place},
    checkpoint::Checkpoint,
    leaf,
    note::VerifierKey,
};
use attest_remote::{Credentials, Remote, Trust};
use std::collections::BTreeSet;

/// Steps of a seed, at the least, and how many more at the most.
const STEPS: (usize, usize) = (18, 18);
/// Rounds of syncing in which everything has to be settled when nothing goes wrong any more.
const ROUNDS: usize = 4;
/// How wrong a clock may be, in hours.
const SKEW: usize = 48;

/// A run of one seed.
pub(crate) struct Run {
    world: World,
    seats: Vec<Seat>,
    dice: Dice,
    told: Vec<String>,
    tell: bool,
}

impl Run {
    pub(crate) async fn new(template: &'static Template, seed: u64, tell: bool) -> Self {
        let world = World::new(template, seed).await;
        let mut dice = dice(seed, 0);
        let mut seats = Vec::with_capacity(DESKS);
        for number in 0..DESKS {
            let hours = match dice.below(3) {
                0 => 0,
                _ => signed(dice.below(2 * SKEW + 1)) - signed(SKEW),
            };
            seats.push(Seat::open(&world, number, hours).await);
        }
        Self { world, seats, dice, told: Vec::new(), tell }
    }

    fn say(&mut self, what: String) {
        if self.tell {
            println!("{what}");
        }
        self.told.push(what);
    }

    /// The whole seed.
    pub(crate) async fn run(mut self) {
        let steps = STEPS.0 + self.dice.below(STEPS.1);
        for _ in 0..steps {
            self.world.clock.pass(1 + signed(self.dice.below(240)));
            let said = self.step().await;
            self.say(said);
        }
        self.heal().await;
        self.settle().await;
        self.agree().await;
        for seat in &self.seats {
            seat.desk.lock("asked").await.unwrap();
        }
        self.compare_disclosures().await;
        attest_backend::serve::close(&self.world.backend()).await;
    }

    async fn step(&mut self) -> String {
        let desk = self.dice.below(DESKS);
        match self.dice.below(31) {
            0..5 => {
                let papers = papers();
                let (name, text) = &papers[self.dice.below(papers.len())];
                let done = self.seats[desk].import(name, text).await;
                format!("{desk} imports {name}: {done}")
            }
            5..15 => {
                let Some(request) = self.seats[desk].choose(&mut self.dice).await else {
                    return format!("{desk} has nothing to decide about");
                };
                let what = format!("{request:?}");
                let done = self.seats[desk].decide(request).await;
                format!("{desk} decides {what}: {done}")
            }
            15 => {
                let accounts = self.seats[desk].desk.list_accounts().await.unwrap();
                let Some(account) = accounts.first() else { return format!("{desk} has no account") };
                let request = DecisionRequest::AcceptSafe { account: account.id, month: None };
                let done = self.seats[desk].decide(request).await;
                format!("{desk} accepts what is safe: {done}")
            }
            16..22 => self.sync(desk).await,
            22 => self.sync_at_once().await,
            23 => {
                let cut = self.dice.below(2) == 0;
                self.world.wires.partition(desk, cut);
                format!("{desk} is partitioned: {cut}")
            }
            24 | 25 => {
                let how = match self.dice.below(7) {
                    0 => Crash::Idle,
                    1 | 2 => Crash::Exchange(self.dice.below(8), self.dice.below(2) == 0),
                    3 | 4 => Crash::Commit(1 + self.dice.below(8)),
                    _ => Crash::Work(1 + self.dice.below(120)),
                };
                let done = self.seats[desk].crash(how).await;
                format!("{desk} crashes: {how:?}: {done}")
            }
            26 => {
                self.world.restart_backend().await;
                "the backend begins again".to_owned()
            }
            27 => self.administer(desk).await,
            28 => self.erase().await,
            29 => {
                self.world.wires.deliver_late().await;
                "what was late arrives".to_owned()
            }
            _ => {
                self.seats[desk].dismiss(&mut self.dice).await;
                format!("{desk} looks at what was refused")
            }
        }
    }

    async fn sync(&mut self, desk: usize) -> String {
        let trouble = [0, 0, 0, 15, 40][self.dice.below(5)];
        self.world.wires.trouble(desk, trouble);
        let done = self.seats[desk].sync().await;
        self.world.wires.trouble(desk, 0);
        format!("{desk} syncs, {trouble} % trouble: {done}")
    }

    /// All desks sync while the others do.
    async fn sync_at_once(&mut self) -> String {
        let desks: Vec<_> = self.seats.iter().map(|seat| seat.desk.clone()).collect();
        let (one, two, three) = tokio::join!(desks[0].sync(), desks[1].sync(), desks[2].sync());
        let mut done = Vec::new();
        for (seat, outcome) in self.seats.iter_mut().zip([one, two, three]) {
            done.push(seat.synced(outcome.map(|_| ())).await);
        }
        format!("all sync at once: {done:?}")
    }

    /// Credentials end or hold again; a member becomes something else.
    async fn administer(&mut self, desk: usize) -> String {
        match self.dice.below(6) {
            0 => {
                self.world.expire(desk, true).await;
                format!("{desk}'s key is revoked")
            }
            1 => {
                self.world.expire(desk, false).await;
                format!("{desk}'s key is good again")
            }
            choice => {
                let role =
                    [Some(Role::Auditor), None, Some(Role::Controller), Some(Role::Operator)][choice - 2];
                self.world.appoint(desk, role).await;
                format!("{desk} becomes {role:?}")
            }
        }
    }

    /// What some event conceals is erased.
    async fn erase(&mut self) -> String {
        let served: Vec<u64> = self.load_disclosures().await.into_iter().map(|(seq, _)| seq).collect();
        if served.is_empty() {
            return "nothing is left to erase".to_owned();
        }
        let seq = served[self.dice.below(served.len())];
        let erased = self.world.erase(seq).await;
        assert!(erased > 0, "event {seq} concealed something");
        format!("of event {seq} {erased} disclosures are erased")
    }

    /// What is erased is known to nobody any more. The desks are locked.
    async fn compare_disclosures(&self) {
        let served = self.load_disclosures().await;
        for seat in &self.seats {
            for said in seat.disclosures().await {
                assert!(served.contains(&said), "desk {} still knows what was erased: {said:?}", seat.number);
            }
        }
    }

    /// What the backend has to tell of what events conceal.
    async fn load_disclosures(&self) -> BTreeSet<(u64, String)> {
        let (remote, size) = (self.remote(), self.load_log().await.0);
        let (mut served, mut from) = (BTreeSet::new(), 0);
        while from < size {
            let page = remote.disclosures(self.world.tenant, from, size).await.unwrap();
            from = page.next;
            served.extend(page.disclosures.into_iter().map(|one| (one.seq, one.text)));
        }
        served
    }

    /// Nothing goes wrong any more.
    async fn heal(&mut self) {
        self.world.wires.deliver_late().await;
        for seat in &mut self.seats {
            self.world.wires.partition(seat.number, false);
            self.world.expire(seat.number, false).await;
            self.world.appoint(seat.number, Some(Role::Controller)).await;
            // What is on hold is on hold until a day; a clock that was wrong is noticed when a day begins.
            seat.clock.put_right();
            seat.begin_again().await;
        }
        self.say("all is well".to_owned());
    }

    /// Everybody syncs until nothing is left to send and all have the same.
    async fn settle(&mut self) {
        for _ in 0..ROUNDS {
            let mut quiet = true;
            let mut sizes = BTreeSet::new();
            for seat in &mut self.seats {
                let done = seat.sync().await;
                assert_eq!(done, "ok", "desk {}", seat.number);
                let state = seat.desk.sync_state().await.unwrap();
                quiet &= state.waiting == 0;
                sizes.insert(seat.desk.status().await.unwrap().log_size);
            }
            if quiet && sizes.len() == 1 {
                return;
            }
        }
        panic!("not quiet after {ROUNDS} rounds");
    }

    async fn agree(&mut self) {
        let (size, code, events) = self.load_log().await;
        let ids: BTreeSet<String> = events.iter().map(|event| event.id.to_string()).collect();
        assert_eq!(ids.len(), events.len(), "an event is in the log twice");
        let first = self.seats[0].decided().await;
        let mut same = None;
        for seat in &mut self.seats {
            let number = seat.number;
            let status = seat.desk.status().await.unwrap();
            assert_eq!((status.log_size, &status.log_code), (size, &code), "desk {number}");
            let decided = seat.decided().await;
            assert_same(&decided, &first, &format!("desk {number} shows something else than desk 0"));
            seat.desk.rebuild().await.unwrap();
            let again = seat.decided().await;
            assert_same(
                &decided,
                &again,
                &format!("desk {number} shows something else than it would make again"),
            );
            let shown = seat.shown().await;
            let same = same.get_or_insert_with(|| shown.clone());
            assert_same(&shown, same, &format!("desk {number} makes something else again than desk 0"));
            let checkup = seat.desk.check().await.unwrap();
            assert!(checkup.ok, "desk {number}: {:?}", checkup.problems);
            account_for(seat, &ids, &events);
            let refused = seat.desk.sync_state().await.unwrap().refused;
            assert_eq!(seat.desk.list_unsent().await.unwrap().len() as u64, refused);
        }
    }

    /// The backend as the operator's own program sees it.
    fn remote(&self) -> Remote {
        let transport = self.world.wires.wire(DESKS).reach("", &Trust::System).unwrap();
        Remote::new(transport, Credentials::Key(self.world.watcher.to_owned().into()))
    }

    /// The backend's log as it serves it: size, code and events.
    async fn load_log(&self) -> (u64, String, Vec<Event>) {
        let remote = self.remote();
        let key = remote.me().await.unwrap().tenants[0].verifier_key.clone();
        let note = remote.checkpoint(self.world.tenant).await.unwrap();
        let (checkpoint, _) = Checkpoint::open(&note, &VerifierKey::parse(&key).unwrap()).unwrap();
        let mut events = Vec::new();
        while (events.len() as u64) < checkpoint.size {
            let place = Place::of(events.len() as u64, checkpoint.size).unwrap();
            let bytes = remote.bundle(self.world.tenant, place).await.unwrap();
            let leaves = bundle::decode(&bytes, place.width).unwrap();
            events.extend(leaves.into_iter().map(|bytes| leaf::decode(bytes).unwrap()));
        }
        (checkpoint.size, checkpoint.root.short(), events)
    }
}

fn signed(small: usize) -> i64 {
    i64::try_from(small).unwrap()
}

/// Everything that was decided is in the log, or was reported as refused, or is an import of what is there.
fn account_for(seat: &Seat, ids: &BTreeSet<String>, events: &[Event]) {
    for (key, document) in &seat.decided {
        let (there, refused) = (ids.contains(key), seat.refused.contains(key));
        assert!(!(there && refused), "desk {}: {key} is in the log and was refused", seat.number);
        let stands = |document: &String| events.iter().any(|event| event.object.id == *document);
        let said = document.as_ref().is_some_and(stands);
        assert!(there || refused || said, "desk {}: {key} is lost", seat.number);
    }
}

#[track_caller]
fn assert_same(one: &[String], other: &[String], what: &str) {
    if one == other {
        return;
    }
    for line in one.iter().filter(|line| !other.contains(line)) {
        println!("- {line}");
    }
    for line in other.iter().filter(|line| !one.contains(line)) {
        println!("+ {line}");
    }
    let differs = one.iter().zip(other).find(|(one, other)| one != other);
    println!("first: {differs:#?}");
    panic!("{what}: {} and {} lines", one.len(), other.len());
}
