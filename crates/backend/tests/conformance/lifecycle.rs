//! Starting where it may not, and stopping in the middle of work.

use crate::{
    books::{Books, comments},
    site::{Site, config, digest},
};
use attest_backend::{Config, clock::SystemClock, start};
use attest_testkit::Scratch;
use attest_wire::{Batch, Outcome};
use futures_util::stream;
use reqwest::{Body, Method, StatusCode};
use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{net::TcpStream, sync::watch};
use uuid::Uuid;

on_both_databases!(a_service_that_stops_ends_what_it_began_and_loses_nothing_it_answered);

#[tokio::test]
async fn a_region_outside_the_eu_leaves_no_trace_not_even_a_certificate() {
    let scratch = Scratch::new();
    let data = scratch.path().join("abroad");
    let config = Config { region: "us-east-1".to_owned(), ..config(&data, None) };
    let refused = start(config, Arc::new(SystemClock)).await.unwrap_err();
    assert!(refused.to_string().contains("us-east-1"), "{refused}");
    assert!(!data.exists());
}

/// A body whose second half comes when it is told to.
fn halves(bytes: &'static [u8], go_on: watch::Receiver<bool>) -> Body {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    Body::wrap_stream(stream::unfold((0, go_on), move |(sent, mut go_on)| async move {
        let half = match sent {
            0 => first,
            1 => {
                go_on.wait_for(|go_on| *go_on).await.unwrap();
                second
            }
            _ => return None,
        };
        Some((Ok::<_, std::io::Error>(half), (sent + 1, go_on)))
    }))
}

async fn a_service_that_stops_ends_what_it_began_and_loses_nothing_it_answered(site: &Site) {
    const BYTES: &[u8] = b"a document that is on its way while the service is told to stop";
    let running = site.second_process().await;
    let client = site.controller().await.at(running.address);
    let books = Books::import(&client).await;
    let listening = client.signal().await;
    let (go_on, told) = watch::channel(false);
    let request = client.request(Method::PUT, &format!("documents/{}", digest(BYTES)));
    let delivery = tokio::spawn(request.body(halves(BYTES, told)).send());
    let (count, mut counted) = watch::channel(0_usize);
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let (client, books, count) = (client.clone(), books.bank[0].clone(), count.clone());
            tokio::spawn(async move {
                let mut answered = BTreeSet::new();
                loop {
                    let batch = serde_json::to_string(&Batch { commands: comments(&books, 5) }).unwrap();
                    match client.try_commands(&batch).await {
                        Ok(answers) => {
                            let accepted = |outcome: &Outcome| matches!(outcome, Outcome::Accepted { .. });
                            assert!(answers.iter().all(|answer| accepted(&answer.outcome)), "{answers:?}");
                            count.send_modify(|count| *count += answers.len());
                            answered.extend(answers.into_iter().map(|answer| answer.key));
                        }
                        Err(gone) => {
                            assert!(
                                !gone.contains("503"),
                                "no request is taken that cannot be answered: {gone}"
                            );
                            return answered;
                        }
                    }
                }
            })
        })
        .collect();
    counted.wait_for(|count| *count >= 100).await.unwrap();

    let (address, asked) = (running.address, Instant::now());
    let stopped = tokio::spawn(running.stop());
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    go_on.send(true).unwrap();
    assert_eq!(delivery.await.unwrap().unwrap().status(), StatusCode::CREATED);
    let mut answered: BTreeSet<Uuid> = BTreeSet::new();
    for writer in writers {
        answered.extend(writer.await.unwrap());
    }
    stopped.await.unwrap().unwrap();
    drop(listening);
    assert!(asked.elapsed() < Duration::from_secs(15), "nobody who only listens holds it up");

    let running = site.second_process().await;
    let client = client.at(running.address);
    let (checkpoint, _) = client.checkpoint().await;
    let events = client.pull(&checkpoint).await;
    let there: BTreeSet<Uuid> =
        events.iter().map(|bytes| attest_evidence::leaf::decode(bytes).unwrap().id).collect();
    assert!(answered.len() >= 100 && answered.is_subset(&there));
    running.stop().await.unwrap();
}
