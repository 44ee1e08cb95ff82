//! Calls of the operating system that fail, in each way that a disk fails: every third of a script, or every one.
//!
//! The script is 500 steps in fifty sittings: open the cache, ten steps of writing and reading, close. The first
//! sitting makes the database. A call is failed in a run of its own sitting, which begins on the disk that an
//! undisturbed sitting before it has left; that tells the same as running all of the script up to it, and is what
//! makes so many runs possible. Once (the call fails, the next one works) and lasting (everything fails from then on)
//! take turns, and so do EIO, ENOSPC and EACCES.

use crate::{
    Bench,
    chance::Chance,
    disk::Image,
    history::{History, Step, look, write},
    machine::{Call, Errno, Fault, Mounted},
    open, setting,
};
use attest_cache::{Cache, CacheError};
use std::{collections::BTreeMap, time::Instant};

/// Sittings of the script and steps in each.
const SITTINGS: usize = 50;
const STEPS: usize = 10;
/// Tests that the calls are spread over.
const PARTS: u64 = 4;

/// A step of the script.
#[derive(Clone, Debug)]
enum Act {
    Write(Step),
    List,
    Look,
}

/// One sitting: the disk that it begins on, what it does, and how many calls that takes.
struct Sitting {
    start: Image,
    /// Size of the log before it.
    size: usize,
    acts: Vec<Act>,
    calls: u64,
}

/// How a run with a fault went.
struct Outcome {
    /// The call that failed; none where the sitting has fewer.
    failed: Option<Call>,
    /// What the program was told, if the fault mattered to it.
    told: Option<&'static str>,
    /// Whether the same open cache could write again.
    went_on: bool,
}

/// How all runs with a fault went.
#[derive(Debug, Default)]
struct Tally {
    runs: usize,
    /// Runs in which the program was told of the fault, and those in which the same open cache wrote again.
    told: usize,
    went_on: usize,
    /// What failed, and what the program was told.
    failed: BTreeMap<String, usize>,
    errors: BTreeMap<&'static str, usize>,
}

fn plan(history: &mut History, chance: &mut Chance) -> Vec<Act> {
    let act = |_| match chance.below(10) {
        0..3 => Act::List,
        3..5 => Act::Look,
        5..7 => Act::Write(history.plan(1, 1 + chance.below(9_000))),
        _ => Act::Write(history.plan(1 + chance.below(2), 0)),
    };
    (0..STEPS).map(act).collect()
}

async fn act(cache: &Cache, act: &Act) -> Result<(), CacheError> {
    match act {
        Act::Write(step) => write(cache, step).await,
        Act::List => {
            let head = cache.log_head().await?;
            cache.list_events(head.size.saturating_sub(50), 50).await?;
            cache.list_documents(0, 20).await?;
            cache.list_statements(None).await?;
            Ok(())
        }
        Act::Look => {
            cache.log_head().await?;
            cache.find_checkpoint().await?;
            cache.list_accounts().await?;
            cache.find_meta("size").await?;
            Ok(())
        }
    }
}

/// The whole script undisturbed, sitting by sitting.
async fn rehearse(bench: &Bench, history: &mut History, chance: &mut Chance) -> Vec<Sitting> {
    let mut sittings = Vec::new();
    let mut start = Image::new();
    for _ in 0..SITTINGS {
        let size = history.end();
        let acts = plan(history, chance);
        let disk = bench.mount(start.clone());
        let cache = open(&disk).await.unwrap();
        for one in &acts {
            act(&cache, one).await.unwrap();
        }
        cache.close().await;
        let next = disk.image();
        sittings.push(Sitting { start, size, acts, calls: disk.calls().0 });
        start = next;
    }
    sittings
}

/// What a person is told; a panic's trace, a time-out or a wrong suspicion is not among it.
fn name(error: &CacheError) -> Result<&'static str, String> {
    match error {
        CacheError::DiskFull => Ok("disk full"),
        CacheError::Damaged(_) => Ok("damaged"),
        CacheError::Database(sqlx::Error::Database(told)) => {
            let code: i32 = told.code().and_then(|code| code.parse().ok()).unwrap_or_default();
            match code & 0xFF {
                10 => Ok("input or output"),
                14 => Ok("cannot open"),
                8 => Ok("read only"),
                _ => Err(format!("{code}: {told}")),
            }
        }
        other => Err(format!("{other:?}")),
    }
}

/// A sitting in which a call fails, and what must be true after it.
struct Run<'r> {
    bench: &'r Bench,
    history: &'r History,
    sitting: &'r Sitting,
    fault: Fault,
    /// Whether every page is verified behind it.
    deep: bool,
}

impl Run<'_> {
    async fn go(&self) -> Result<Outcome, String> {
        let disk = self.bench.mount(self.sitting.start.clone());
        disk.set_fault(Some(self.fault));
        let mut kept = self.sitting.size;
        let mut next = 0;
        let (told, went_on) = match open(&disk).await {
            Err(error) => (Some(name(&error)?), false),
            Ok(cache) => {
                let worked = self.work(&cache, &mut next, &mut kept).await;
                cache.close().await;
                worked.map_err(|error| format!("{error}\nafter a failed {:?}", disk.calls().1))?
            }
        };
        let failed = disk.calls().1;
        disk.set_fault(None);
        self.finish(&disk, next, kept)
            .await
            .map_err(|error| format!("{error}\nafter a failed {failed:?}"))?;
        Ok(Outcome { failed, told, went_on })
    }

    /// Works until something fails; if the fault was a single one, goes on with the same cache.
    async fn work(
        &self,
        cache: &Cache,
        next: &mut usize,
        kept: &mut usize,
    ) -> Result<(Option<&'static str>, bool), String> {
        let (mut told, mut went_on) = (None, false);
        while let Some(one) = self.sitting.acts.get(*next) {
            match act(cache, one).await {
                Ok(()) => {
                    if let Act::Write(step) = one {
                        *kept = step.end();
                        went_on |= told.is_some();
                    }
                    *next += 1;
                }
                Err(error) if told.is_none() => {
                    told = Some(name(&error)?);
                    if self.fault.lasting {
                        break;
                    }
                    // An answer that never came may have been a yes: SQLite may have written all of a commit whose
                    // last sync failed. The open cache must not show it.
                    let head =
                        cache.log_head().await.map_err(|error| format!("The log is not read: {error}"))?;
                    if head.size != *kept as u64 {
                        return Err(format!("The open cache shows {} events, {kept} are kept.", head.size));
                    }
                }
                Err(error) => {
                    return Err(format!("It failed once ({told:?}) and does not work again: {error}"));
                }
            }
        }
        Ok((told, went_on))
    }

    /// Opens the disk without faults, judges it, and does what is left of the sitting.
    async fn finish(&self, disk: &Mounted, mut next: usize, kept: usize) -> Result<(), String> {
        let cache = open(disk).await.map_err(|error| format!("It does not open again: {error}"))?;
        let done = async {
            let found = look(&cache).await.map_err(|error| format!("It is not read: {error}"))?;
            let size = found.size;
            let under_way = match self.sitting.acts.get(next) {
                Some(Act::Write(step)) if size == step.end() && size > kept => {
                    next += 1;
                    true
                }
                _ => false,
            };
            if size != kept && !under_way {
                return Err(format!("{kept} events were acknowledged, {size} are there"));
            }
            self.history.judge(&found)?;
            for one in &self.sitting.acts[next..] {
                act(&cache, one).await.map_err(|error| format!("The next run fails: {error}"))?;
            }
            let end = self.sitting.acts.iter().filter_map(|act| match act {
                Act::Write(step) => Some(step.end()),
                _ => None,
            });
            let end = end.max().unwrap_or(self.sitting.size);
            let found = look(&cache).await.map_err(|error| format!("It is not read: {error}"))?;
            self.history.judge(&found)?;
            if found.size != end {
                return Err(format!("The script ends at {end} events, the log at {}.", found.size));
            }
            if self.deep {
                self.history.judge_deeply(&cache, end).await?;
            }
            Ok(())
        }
        .await;
        cache.close().await;
        done
    }
}

/// The rehearsed script and what becomes of it.
struct Script {
    seed: u64,
    bench: Bench,
    history: History,
    sittings: Vec<Sitting>,
    tally: Tally,
}

impl Script {
    /// Fails a call of a sitting; whether the sitting has that many.
    async fn fail(&mut self, number: usize, call: u64) -> bool {
        let errno = [Errno::Io, Errno::NoSpace, Errno::Access][self.tally.runs % 3];
        let fault = Fault { call, errno, lasting: self.tally.runs % 2 == 1 };
        let (bench, history, sitting) = (&self.bench, &self.history, &self.sittings[number]);
        let run = Run { bench, history, sitting, fault, deep: self.tally.runs.is_multiple_of(50) };
        let outcome = run.go().await.unwrap_or_else(|broken| {
            panic!("{broken}\nwith {fault:?} in sitting {number} of ATTEST_FAULTS_SEED={}", self.seed)
        });
        let Some(failed) = outcome.failed else { return false };
        self.tally.runs += 1;
        self.tally.told += usize::from(outcome.told.is_some());
        self.tally.went_on += usize::from(outcome.went_on);
        *self.tally.failed.entry(format!("{failed:?}")).or_default() += 1;
        *self.tally.errors.entry(outcome.told.unwrap_or("nothing")).or_default() += 1;
        true
    }
}

/// Fails every third call of the script, of all fifty sittings; `ATTEST_FAULTS_EVERY=1` fails each, for a night or a
/// release: that takes many minutes. A part has every fourth of them.
fn fail_every_call(part: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let begun = Instant::now();
        let seed = setting("ATTEST_FAULTS_SEED", 1);
        let mut chance = Chance::new(seed);
        let bench = Bench::new();
        let mut history = History::new(chance.next());
        let sittings = rehearse(&bench, &mut history, &mut chance).await;
        let all: u64 = sittings.iter().map(|sitting| sitting.calls).sum();
        let mut script = Script { seed, bench, history, sittings, tally: Tally::default() };
        let every = PARTS * setting("ATTEST_FAULTS_EVERY", 3);
        for sitting in 0..SITTINGS {
            let mut call = 1 + part;
            while script.fail(sitting, call).await {
                call += every;
            }
            assert!(call > 100, "a sitting has hundreds of calls");
        }
        let tally = script.tally;
        println!("{tally:?} of {all} calls in {:.1?}", begun.elapsed());
        assert!(tally.told > tally.runs / 4 && tally.went_on > tally.runs / 10, "{tally:?}");
    });
}

/// Parts that may run beside each other.
macro_rules! parts {
    ($($name:ident $part:literal)*) => {
        $(mod $name {
            #[test]
            fn an_io_error_leaves_a_clean_error_and_a_working_next_run() {
                super::fail_every_call($part);
            }
        })*
    };
}

parts! {
    part_0 0
    part_1 1
    part_2 2
    part_3 3
}
