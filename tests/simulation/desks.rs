//! A desk of a seed: what its person does, what it shows, and how it ends and begins again.

use crate::{
    network::{End, Wires},
    office::Dice,
    world::{HandClock, World, copy_folder},
};
use attest_cache::{Cache, CacheKey, log::StoredEvent};
use attest_desk::{
    Desk, DeskError,
    listing::StatementItem,
    view::{
        DecisionRequest, LineRef, LinesQuery, ReviewFilter, ReviewLine, ReviewQuery, SectionKind, SideView,
    },
};
use attest_keychain::Secret;
use jiff::{ToSpan as _, tz::TimeZone};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
    task::Poll,
};

/// A desk, and what was promised to its person.
pub(crate) struct Seat {
    pub(crate) number: usize,
    pub(crate) desk: Desk,
    pub(crate) clock: HandClock,
    place: PathBuf,
    /// Times it began again.
    lives: u32,
    wires: Wires,
    secret: &'static Secret,
    /// Keys of everything that was decided here, with the documents of imports.
    pub(crate) decided: BTreeMap<String, Option<String>>,
    /// Keys of what was reported as refused.
    pub(crate) refused: BTreeSet<String>,
}

/// Why a desk ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Crash {
    /// Between two things.
    Idle,
    /// At an exchange of a sync, before or after its request is sent.
    Exchange(usize, bool),
    /// At a point of the sync's work.
    Work(usize),
    /// Behind one of the sync's commits, before it is known here that it was one or as soon as it is.
    Commit(usize),
}

impl Seat {
    pub(crate) async fn open(world: &World, number: usize, hours: i64) -> Self {
        let (place, clock) = (world.place(number), world.clock.skewed(hours));
        let (wires, secret) = (world.wires.clone(), &world.secrets[number]);
        let desk = seated(place.clone(), &clock, &wires, number);
        desk.unlock_with_key(secret).await.unwrap();
        let (decided, refused) = (BTreeMap::new(), BTreeSet::new());
        Self { number, desk, clock, place, lives: 0, wires, secret, decided, refused }
    }

    /// Notes what the desk has promised to keep.
    pub(crate) async fn note(&mut self, document: Option<&str>) {
        for key in self.desk.list_unsent().await.unwrap() {
            self.decided.entry(key).or_insert_with(|| document.map(str::to_owned));
        }
        for conflict in self.desk.list_conflicts().await.unwrap() {
            self.refused.insert(conflict.key);
        }
    }

    /// Looks at what was refused and leaves one of it.
    pub(crate) async fn dismiss(&mut self, dice: &mut Dice) {
        let conflicts = self.desk.list_conflicts().await.unwrap();
        if !conflicts.is_empty() {
            self.note(None).await;
            let key = &conflicts[dice.below(conflicts.len())].key;
            self.desk.dismiss_conflict(key).await.unwrap();
        }
    }

    pub(crate) async fn import(&mut self, name: &str, text: &str) -> String {
        let file = self.place.join("in").join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        let reports = self.desk.import(&[file], None, &self.desk.watch_import()).await.unwrap();
        let document = reports[0].sha256.map(|sha256| sha256.to_string());
        self.note(document.as_deref()).await;
        reports[0].status.to_owned()
    }

    /// A decision; one that the rules refuse at once changes nothing. Answers what came of it.
    pub(crate) async fn decide(&mut self, request: DecisionRequest) -> String {
        let before = self.desk.list_unsent().await.unwrap().len();
        let told = match self.desk.decide(request).await {
            Ok(made) => {
                let after = self.desk.list_unsent().await.unwrap().len();
                assert_eq!(after - before, made.events as usize, "each event waits to be sent");
                format!("{} events", made.events)
            }
            Err(
                error @ (DeskError::Decision(_)
                | DeskError::StaleView
                | DeskError::Ambiguous(_)
                | DeskError::NothingToUndo),
            ) => error.code().to_owned(),
            Err(error) => panic!("desk {}: {error:?}", self.number),
        };
        self.note(None).await;
        told
    }

    /// Syncs; what the network and the operator do to it is no failure. Answers what came of it.
    pub(crate) async fn sync(&mut self) -> String {
        let outcome = self.desk.sync().await;
        self.synced(outcome.map(|_| ())).await
    }

    pub(crate) async fn synced(&mut self, outcome: Result<(), DeskError>) -> String {
        let told = match outcome {
            Ok(()) => "ok".to_owned(),
            Err(error @ DeskError::Remote(_)) => format!("{} {error}", error.code()),
            Err(error) => panic!("desk {}: {error:?}", self.number),
        };
        self.note(None).await;
        told
    }

    /// The desk is closed and opened.
    pub(crate) async fn begin_again(&self) {
        self.desk.lock("asked").await.unwrap();
        self.desk.unlock_with_key(self.secret).await.unwrap();
    }

    /// The process ends where it is, and another begins on what it left.
    pub(crate) async fn crash(&mut self, how: Crash) -> &'static str {
        let next = self.place.with_extension(format!("life{}", self.lives + 1));
        let mut cut = true;
        match how {
            Crash::Idle => copy_folder(&self.place, &next),
            Crash::Exchange(after, sent) => {
                self.wires
                    .end(self.number, Some(End { after, sent, disk: (self.place.clone(), next.clone()) }));
                let desk = self.desk.clone();
                tokio::select! {
                    biased;
                    () = self.wires.ended() => {}
                    _ = desk.sync() => {
                        // It was over before.
                        cut = false;
                        self.wires.end(self.number, None);
                        copy_folder(&self.place, &next);
                    }
                }
            }
            Crash::Work(turns) => {
                let desk = self.desk.clone();
                let mut sync = Box::pin(async move { drop(desk.sync().await) });
                let mut left = turns;
                cut = std::future::poll_fn(|context| {
                    if sync.as_mut().poll(context).is_ready() {
                        return Poll::Ready(false);
                    }
                    left = left.saturating_sub(1);
                    if left == 0 { Poll::Ready(true) } else { Poll::Pending }
                })
                .await;
                drop(sync);
            }
            Crash::Commit(nth) => cut = self.cut_behind(nth, &next).await,
        }
        // The database's threads of the process that ended are let go of; what they had not committed is gone.
        self.desk.lock("asked").await.unwrap();
        if !matches!(how, Crash::Work(_)) {
            self.lives += 1;
            self.place = next;
        }
        self.desk = seated(self.place.clone(), &self.clock, &self.wires, self.number);
        self.desk.unlock_with_key(self.secret).await.unwrap();
        self.note(None).await;
        if cut { "cut" } else { "ended first" }
    }

    /// Syncs until behind a commit, and copies what is on the disk then. Whether the sync came that far.
    async fn cut_behind(&self, nth: usize, copy: &Path) -> bool {
        let desk = self.desk.clone();
        let mut sync = Box::pin(async move { drop(desk.sync().await) });
        let (mut left, mut known) = (nth, commits(&self.place));
        let cut = std::future::poll_fn(|context| {
            if sync.as_mut().poll(context).is_ready() {
                return Poll::Ready(false);
            }
            let now = commits(&self.place);
            left -= usize::from(now != known);
            known = now;
            if left == 0 { Poll::Ready(true) } else { Poll::Pending }
        })
        .await;
        // Behind a commit the next one is begun at the earliest when the sync goes on.
        copy_folder(&self.place, copy);
        cut
    }

    /// What the locked desk keeps of what events conceal, by position.
    pub(crate) async fn disclosures(&self) -> Vec<(u64, String)> {
        let key = CacheKey::new(*self.secret.expose());
        let cache = Cache::open(&self.place.join("cache.db"), &key).await.unwrap();
        let events = cache.list_events(0, u32::MAX).await.unwrap();
        cache.close().await;
        let of = |event: StoredEvent| event.disclosures.into_iter().map(move |text| (event.seq, text));
        events.into_iter().flat_map(of).collect()
    }

    /// See [`lines`].
    pub(crate) async fn lines(&self) -> Vec<ReviewLine> {
        lines(&self.desk).await
    }

    /// See [`shown`].
    pub(crate) async fn shown(&self) -> Vec<String> {
        shown(&self.desk).await
    }

    /// What was decided, and which lines are open: all but what the engine proposes, because proposals remember in
    /// which order lines were freed.
    pub(crate) async fn decided(&self) -> Vec<String> {
        let mut decided: Vec<String> = Vec::new();
        for line in self.lines().await {
            let (bank, ledger) = cells(&line);
            if matches!(line.section, SectionKind::Confirmed | SectionKind::Held) {
                decided.push(format!(
                    "{:?} {:?} {:?} {bank:?} {ledger:?}",
                    line.section, line.kind, line.middle
                ));
            } else {
                decided.extend([bank, ledger].into_iter().flatten().map(|cell| format!("open {cell}")));
            }
        }
        decided.sort();
        decided.extend(statements(&self.desk).await);
        decided
    }

    /// Some decision about some line.
    pub(crate) async fn choose(&self, dice: &mut Dice) -> Option<DecisionRequest> {
        let lines = self.lines().await;
        let bank = pick(dice, &lines, SideView::Bank, None);
        let ledger = pick(dice, &lines, SideView::Ledger, None);
        let any = if dice.below(2) == 0 { bank.clone().or(ledger.clone()) } else { ledger.or(bank) };
        let group = |dice: &mut Dice, kind: SectionKind| {
            let groups: Vec<i64> = lines
                .iter()
                .filter(|line| line.section == kind && line.bank.is_some())
                .map(|line| line.group)
                .collect();
            (!groups.is_empty()).then(|| groups[dice.below(groups.len())])
        };
        Some(match dice.below(16) {
            0..4 => {
                let open = pick(dice, &lines, SideView::Bank, Some(SectionKind::Confirmed))?;
                let other = pick(dice, &lines, SideView::Ledger, Some(SectionKind::Confirmed))?;
                DecisionRequest::Match {
                    lines: vec![open, other],
                    difference_reason: Some("other".to_owned()),
                }
            }
            4..6 => DecisionRequest::Unmatch { group: group(dice, SectionKind::Confirmed)?, reason: None },
            6 => DecisionRequest::Accept {
                group: group(dice, SectionKind::Suggested)?,
                difference_reason: None,
            },
            7 => DecisionRequest::Reject { group: group(dice, SectionKind::Suggested)? },
            8..10 => {
                let today = TimeZone::UTC.to_datetime(self.clock.read()).date();
                let until = today + i64::try_from(dice.below(5)).unwrap().days();
                let note = (dice.below(2) == 0).then(|| "Wait for the bank".to_owned());
                DecisionRequest::Hold { lines: vec![any?], until: until.to_string(), note }
            }
            10 => DecisionRequest::Release { lines: vec![any?] },
            11 => DecisionRequest::Comment { line: any?, text: "Ask the customer".to_owned() },
            12 => DecisionRequest::WriteOff { lines: vec![any?], reason: "fee".to_owned(), note: None },
            13 | 14 => DecisionRequest::Undo,
            _ => DecisionRequest::Redo,
        })
    }
}

/// The counter that SQLite raises with each commit (iChange of the WAL's index, sqlite.org/walformat.html §2.1).
fn commits(place: &Path) -> u32 {
    let mut bytes = [0; 12];
    let index = std::fs::File::open(place.join("cache.db-shm"));
    let read = index.and_then(|mut index| index.read_exact(&mut bytes));
    read.map_or(0, |()| u32::from_ne_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]))
}

/// The lists of all accounts.
pub(crate) async fn lines(desk: &Desk) -> Vec<ReviewLine> {
    let mut lines = Vec::new();
    let mut accounts = desk.list_accounts().await.unwrap();
    accounts.sort_by(|one, other| one.number.cmp(&other.number));
    for account in accounts {
        let query = ReviewQuery {
            account: account.id,
            month: None,
            search: String::new(),
            filter: ReviewFilter::All,
        };
        let view = desk.open_review(query).await.unwrap();
        let query = LinesQuery { view: view.view, start: 0, end: view.lines };
        lines.extend(desk.review_lines(query).await.unwrap());
    }
    lines
}

/// Everything as a person sees it, without handles.
pub(crate) async fn shown(desk: &Desk) -> Vec<String> {
    let mut shown: Vec<String> = Vec::new();
    for line in lines(desk).await {
        let (bank, ledger) = cells(&line);
        shown.push(format!(
            "{:?} {:?} {:?} {:?} {bank:?} {ledger:?}",
            line.section, line.kind, line.middle, line.confidence
        ));
    }
    shown.extend(statements(desk).await);
    shown
}

async fn statements(desk: &Desk) -> Vec<String> {
    let statements = desk.list_statements().await.unwrap();
    let told = |one: StatementItem| format!("{} {} {} {:?}", one.id, one.entries, one.continuity, one.state);
    statements.into_iter().map(told).collect()
}

fn cells(line: &ReviewLine) -> (Option<String>, Option<String>) {
    let bank = line.bank.as_ref().map(|cell| format!("{} {} {}", cell.id, cell.amount, cell.commented));
    let ledger = line.ledger.as_ref().filter(|cell| !cell.id.is_empty());
    (bank, ledger.map(|cell| format!("{} {} {} {}", cell.id, cell.text, cell.amount, cell.commented)))
}

/// Some line of a side that is not in a section.
fn pick(dice: &mut Dice, lines: &[ReviewLine], side: SideView, not: Option<SectionKind>) -> Option<LineRef> {
    let of_side = |line: &ReviewLine| match side {
        SideView::Bank => line.bank.as_ref().map(|cell| cell.id.clone()),
        SideView::Ledger => line.ledger.as_ref().map(|cell| cell.id.clone()).filter(|id| !id.is_empty()),
    };
    let ids: Vec<String> =
        lines.iter().filter(|line| Some(line.section) != not).filter_map(of_side).collect();
    (!ids.is_empty()).then(|| LineRef { side, id: ids[dice.below(ids.len())].clone() })
}

fn seated(place: PathBuf, clock: &HandClock, wires: &Wires, number: usize) -> Desk {
    let exports = place.with_extension("exports");
    let desk = Desk::with_network(place, exports, Arc::new(clock.clone()), Arc::new(wires.wire(number)));
    // A bundle in each transaction: what is long here is short for a person.
    desk.set_batch_events(1);
    desk
}
