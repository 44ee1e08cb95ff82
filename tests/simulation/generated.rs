//! Honest answers, changed as a seed decides: a bit, a cut, a stretch put elsewhere or told twice, an older answer, the
//! answer to something else, another status. None proves that two checkpoints contradict each other, so none freezes;
//! each is refused, or leads to what an honest answer had led to.

use crate::{
    book::{Book, KNOWN, book},
    malice::{Asked, Reply, Victim},
    network::dice,
    office::Dice,
};

/// Answers changed.
const CASES: u64 = 1_200;
/// Tests they are spread over.
const PARTS: u64 = 2;

/// What an answer is changed into.
fn change(dice: &mut Dice, asked: &Asked, honest: Reply) -> Reply {
    let mut bytes = honest.bytes();
    let at = |dice: &mut Dice, bytes: &[u8]| dice.below(bytes.len() + 1);
    match dice.below(10) {
        0..3 if !bytes.is_empty() => {
            let at = dice.below(bytes.len());
            bytes[at] ^= 1 << dice.below(8);
        }
        3 => bytes.truncate(at(dice, &bytes)),
        4 => {
            let (from, to) = (at(dice, &bytes), at(dice, &bytes));
            let stretch = bytes[from.min(to)..from.max(to)].to_vec();
            let place = at(dice, &bytes);
            bytes.splice(place..place, stretch);
        }
        5 => {
            let (from, to) = (at(dice, &bytes), at(dice, &bytes));
            drop(bytes.drain(from.min(to)..from.max(to)));
        }
        6 => {
            let place = at(dice, &bytes);
            bytes.insert(place, u8::try_from(dice.below(256)).unwrap());
        }
        7 => return book().answer(&asked.method, &asked.path, &asked.body, 1 + dice.below(KNOWN)),
        8 => {
            // What may be withheld from a member may be; that changes nothing that is wrong.
            let statuses = [204, 206, 301, 400, 401, 409, 429, 500, 502, 503];
            return Reply { status: statuses[dice.below(statuses.len())], ..honest };
        }
        _ => {
            let other = ["log/checkpoint", "log/disclosures?from=0&to=3", "log/tile/entries/000.p/3"];
            let path = format!("/v1/tenants/{}/{}", book().tenant, other[dice.below(other.len())]);
            return book().answer(&asked.method, &path, &[], book().leaves.len());
        }
    }
    honest.with(bytes)
}

fn changed_answers(part: u64) {
    let _: &Book = book();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let victim = Victim::new().await;
        victim.desk.sync().await.unwrap();
        let honest = victim.seen().await;
        victim.end().await;
        let mut victim = Victim::new().await;
        let before = victim.seen().await;
        let mut refused = 0;
        for seed in (part..CASES).step_by(usize::try_from(PARTS).unwrap()) {
            let mut dice = dice(seed, 9);
            // A sync asks for a checkpoint, a bundle, a document and disclosures.
            let mut left = dice.below(4);
            victim.lie(Some(Box::new(move |asked, reply| {
                left = left.wrapping_sub(1);
                if left == usize::MAX { change(&mut dice, asked, reply) } else { reply }
            })));
            let outcome = victim.desk.sync().await.map(|_| ());
            victim.lie(None);
            let after = victim.seen().await;
            let freeze = victim.desk.status().await.unwrap().freeze;
            assert!(freeze.is_none(), "seed {seed}: {outcome:?} {freeze:?}");
            if let Err(error) = &outcome {
                assert!(!matches!(error.code(), "bug" | "cache.failed"), "seed {seed}: {error:?}");
                refused += 1;
            }
            if after != before {
                // What was verified before the lie was told is honest, and stays.
                assert_eq!(after, honest, "seed {seed}: {outcome:?}");
                victim.end().await;
                victim = Victim::new().await;
            }
        }
        victim.desk.sync().await.unwrap();
        assert_eq!(victim.seen().await, honest);
        victim.end().await;
        // Were they all honest after all, nothing would be shown by this.
        assert!(refused > CASES / PARTS / 2, "{refused}");
        println!("{refused} of {} changed answers were refused", CASES / PARTS);
    });
}

#[test]
fn a_changed_answer_is_refused_or_changes_nothing() {
    changed_answers(0);
}

#[test]
fn another_changed_answer_is_refused_or_changes_nothing() {
    changed_answers(1);
}
