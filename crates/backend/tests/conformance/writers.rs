//! Many writers of one log, and processes that are killed under them: what was acknowledged is there, once.

use crate::{
    books::{Books, KEPT, comments},
    process::Process,
    site::{Client, Site, make_database},
};
use attest_wire::{Outcome, Submission};
use std::{collections::HashMap, sync::Arc};
use tokio::sync::watch;
use uuid::Uuid;

/// Writers at once.
const WRITERS: usize = 8;
/// Commands of one request.
const BATCH: usize = 20;
/// Most times a request is tried; each failure means that a process has just been killed, or is just starting.
const TRIES: usize = 100;

/// What is looked at of an event.
#[derive(Debug, serde::Deserialize)]
struct Head {
    seq: u64,
    id: Uuid,
}

/// What was acknowledged: key and position.
type Acknowledged = HashMap<Uuid, u64>;

/// Sends every batch until it is answered, at one process or the other; answers how often it had to be sent again.
async fn write(
    client: Client,
    processes: Arc<Vec<Process>>,
    first: usize,
    batches: Vec<Vec<Submission>>,
    progress: watch::Sender<usize>,
) -> (Acknowledged, usize) {
    let mut acknowledged = Acknowledged::new();
    let (mut turn, mut again) = (first, 0);
    for commands in batches {
        let body = serde_json::json!({ "commands": commands }).to_string();
        let mut tried = 0;
        let answers = loop {
            let at = client.at(processes[turn % processes.len()].address().await);
            match at.try_commands(&body).await {
                Ok(answers) => break answers,
                Err(reason) if tried == TRIES => panic!("tried {TRIES} times, at last: {reason}"),
                Err(_) => (turn, tried, again) = (turn + 1, tried + 1, again + 1),
            }
        };
        assert_eq!(answers.len(), commands.len());
        for (command, answer) in commands.iter().zip(answers) {
            let Outcome::Accepted { seq } = answer.outcome else { panic!("{answer:?}") };
            assert_eq!(answer.key, command.key);
            acknowledged.insert(answer.key, seq);
        }
        progress.send_modify(|count| *count += commands.len());
    }
    (acknowledged, again)
}

/// Kills processes at random until the writers are done; answers how often.
async fn kill(
    processes: Arc<Vec<Process>>,
    total: usize,
    kills: usize,
    mut progress: watch::Receiver<usize>,
) {
    for number in 1..=kills {
        let chance = usize::from(Uuid::new_v4().as_bytes()[0]);
        let from = total * number / (kills + 1) + chance * total / (kills + 1) / 512;
        progress.wait_for(|count| *count >= from).await.unwrap();
        let processes = processes.clone();
        tokio::task::spawn_blocking(move || processes[chance % processes.len()].kill_and_restart())
            .await
            .unwrap();
    }
}

async fn many_writers(database: Option<String>, count: usize, total: usize, kills: usize) {
    let site = Site::open(database).await;
    let client = site.controller().await;
    let books = Books::import(&client).await;
    client.wait_for(KEPT).await;
    let database = site.database.iter().map(|url| format!("database = {url:?}\n")).collect::<String>();
    let config = format!("{database}data = {:?}\n", site.scratch.path());
    let config = site.scratch.file("attest.toml", config);
    let scratch = site.stop().await;

    let start = std::time::Instant::now();
    let processes: Arc<Vec<Process>> = Arc::new((0..count).map(|_| Process::start(&config)).collect());
    let (progress, watched) = watch::channel(0);
    let killer = tokio::spawn(kill(processes.clone(), total, kills, watched));
    let each = total.div_ceil(WRITERS * BATCH);
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| {
            let batches =
                (0..each).map(|_| comments(&books.bank[number % books.bank.len()], BATCH)).collect();
            let (client, processes, progress) = (client.clone(), processes.clone(), progress.clone());
            tokio::spawn(write(client, processes, number, batches, progress))
        })
        .collect();
    let (mut acknowledged, mut again) = (Acknowledged::new(), 0);
    for writer in writers {
        let (own, repeated) = writer.await.unwrap();
        acknowledged.extend(own);
        again += repeated;
    }
    killer.await.unwrap();
    let wrote = start.elapsed();
    println!(
        "{} commands in {wrote:?}, {kills} processes killed, {again} requests repeated",
        acknowledged.len()
    );
    assert!(again > 0, "no kill hit a request");
    assert_eq!(acknowledged.len(), each * WRITERS * BATCH);

    let client = client.at(processes[0].address().await);
    let checkpoint = client.checkpoint_of(KEPT + acknowledged.len() as u64).await;
    assert_eq!(checkpoint.size, KEPT + acknowledged.len() as u64, "nothing is there twice");
    let signed = start.elapsed();
    let events = client.pull(&checkpoint).await;
    println!("signed after {signed:?}, verified after {:?}", start.elapsed());
    for (seq, bytes) in (0..).zip(&events) {
        let event: Head = serde_json::from_slice(bytes).unwrap();
        assert_eq!(event.seq, seq);
        if seq >= KEPT {
            assert_eq!(acknowledged.remove(&event.id), Some(seq), "{event:?}");
        }
    }
    assert!(acknowledged.is_empty(), "lost: {acknowledged:?}");
    drop(scratch);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_writers_at_two_processes_on_postgres_lose_and_double_nothing_when_processes_are_killed() {
    if let Some(database) = make_database("eight writers at two processes").await {
        many_writers(Some(database), 2, 50_000, 8).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_writers_on_sqlite_lose_and_double_nothing_when_the_process_is_killed() {
    many_writers(None, 1, 8_000, 4).await;
}
