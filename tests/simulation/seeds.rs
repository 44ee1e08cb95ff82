//! The seeds: how many are run, on how many threads, and how one of them is run again.

use crate::{
    schedule::Run,
    world::{long_template, template},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

/// Seeds run at once; most of the time a seed waits for its databases' threads.
const THREADS: u64 = 4;

fn run(seed: u64, tell: bool) {
    // Seldom, because a long log takes long to make again.
    let template = if seed % LONG == LONG - 1 { long_template() } else { template() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { Run::new(template, seed, tell).await.run().await });
}

/// Runs seeds from `first` on; tells all that fail.
fn run_all(first: u64, count: u64) {
    let started = Instant::now();
    let (next, failed) = (AtomicU64::new(first), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        break;
                    }
                    if catch_unwind(AssertUnwindSafe(|| run(seed, false))).is_err() {
                        println!("seed {seed} failed; run it alone with ATTEST_SEED={seed}");
                        failed.lock().unwrap().push(seed);
                    }
                }
            });
        }
    });
    println!("{count} seeds in {:.1} s", started.elapsed().as_secs_f64());
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {count} seeds failed: {failed:?}", failed.len());
}

/// Every so many seeds one begins with a long log.
const LONG: u64 = 10;
/// Seeds of each of the eight parts: 2,000 in all. `ATTEST_SEEDS` is another number.
const COUNT: u64 = 250;
/// Where the next part begins, whatever the number.
const APART: u64 = 100_000;

fn seeds(part: u64) {
    match std::env::var("ATTEST_SEED") {
        // Each part is a test of its own; one seed alone is run by the first.
        Ok(seed) if part == 0 => run(seed.parse().unwrap(), true),
        Ok(_) => {}
        Err(_) => {
            let count = std::env::var("ATTEST_SEEDS").map_or(COUNT, |count| count.parse().unwrap());
            run_all(part * APART, count);
        }
    }
}

/// Parts that may run beside each other.
macro_rules! parts {
    ($($name:ident $part:literal)*) => {
        $(mod $name {
            #[test]
            fn whatever_happens_all_end_up_with_the_same_and_nothing_is_lost() {
                super::seeds($part);
            }
        })*
    };
}

parts! {
    part_0 0
    part_1 1
    part_2 2
    part_3 3
    part_4 4
    part_5 5
    part_6 6
    part_7 7
}
