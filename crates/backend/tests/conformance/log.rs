//! The log as it is served: signed, in immutable bundles, signalled, and never signed over damage.

use crate::{
    books::{Books, KEPT, comment, comments},
    site::{Client, Site, submission},
};
use attest_domain::event::ActorKind;
use attest_evidence::{bundle::Place, leaf};
use attest_wire::Outcome;
use reqwest::{Method, StatusCode};

on_both_databases!(
    a_new_log_begins_with_its_workspace_under_a_checkpoint_that_verifies,
    bundles_recompute_to_the_checkpoint_at_every_size_around_a_full_one,
    a_bundle_is_served_as_the_client_can_read_it_and_may_be_kept_for_ever,
    a_bundle_is_never_served_beyond_what_is_signed,
    the_signal_tells_every_growth,
    what_one_process_appends_the_other_signals_and_serves,
    what_a_process_left_unsigned_is_signed_by_the_next,
    bytes_that_changed_in_the_database_are_never_signed,
    a_damaged_log_takes_no_more_commands,
);

async fn a_new_log_begins_with_its_workspace_under_a_checkpoint_that_verifies(site: &Site) {
    let client = site.controller().await;
    let (checkpoint, _) = client.checkpoint().await;
    assert_eq!(checkpoint.size, 2);
    assert_eq!(checkpoint.origin, format!("localhost/t/{}", site.tenant));
    let event = leaf::decode(&client.pull(&checkpoint).await[0]).unwrap();
    assert_eq!((event.action.as_str(), event.seq, event.tenant), ("workspace.create", 0, site.tenant));
    assert_eq!(event.actor.kind, ActorKind::System);
    let event = leaf::decode(&client.pull(&checkpoint).await[1]).unwrap();
    assert_eq!((event.action.as_str(), event.actor.id.as_str()), ("member.add", "backend"));
}

/// Grows the log to exactly `size` events.
async fn grow(client: &Client, books: &Books, from: u64, size: u64) {
    let mut left = usize::try_from(size - from).unwrap();
    while left > 0 {
        let part = left.min(200);
        for answer in client.send(comments(&books.bank[0], part)).await {
            assert!(matches!(answer.outcome, Outcome::Accepted { .. }), "{answer:?}");
        }
        left -= part;
    }
}

async fn bundles_recompute_to_the_checkpoint_at_every_size_around_a_full_one(site: &Site) {
    let client = site.controller().await;
    let books = Books::import(&client).await;
    let mut size = client.checkpoint_of(KEPT).await.size;
    for next in [254, 255, 256, 257, 511, 512, 513] {
        grow(&client, &books, size, next).await;
        size = next;
        let checkpoint = client.checkpoint_of(size).await;
        let events = client.pull(&checkpoint).await;
        for (seq, bytes) in (0..).zip(&events) {
            assert_eq!(leaf::decode(bytes).unwrap().seq, seq);
        }
    }
}

async fn a_bundle_is_served_as_the_client_can_read_it_and_may_be_kept_for_ever(site: &Site) {
    let client = site.controller().await;
    let books = Books::import(&client).await;
    grow(&client, &books, KEPT, 300).await;
    client.wait_for(300).await;
    let get = |path: &str, coding: &'static str| {
        let request = client.request(Method::GET, path).header("accept-encoding", coding);
        client.call(request)
    };
    let packed = get("log/tile/entries/000", "gzip, zstd").await;
    let plain = get("log/tile/entries/000", "identity").await;
    let declined = get("log/tile/entries/000", "zstd;q=0, *").await;
    assert_eq!(packed.header("content-encoding"), Some("zstd"));
    assert_eq!((plain.header("content-encoding"), declined.header("content-encoding")), (None, None));
    assert_eq!(zstd::decode_all(packed.bytes.as_slice()).unwrap(), plain.bytes);
    assert_eq!(declined.bytes, plain.bytes);
    let partial = get("log/tile/entries/001.p/44", "zstd").await;
    for reply in [packed, plain, partial] {
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.header("content-type"), Some("application/octet-stream"));
        let kept = reply.header("cache-control").unwrap();
        assert!(kept.contains("immutable") && kept.contains("max-age=31536000"), "{kept}");
        assert_eq!(reply.header("vary"), Some("accept-encoding"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    }
    assert_eq!(client.get("log/checkpoint").await.header("cache-control"), Some("no-cache"));
}

async fn a_bundle_is_never_served_beyond_what_is_signed(site: &Site) {
    let client = site.controller().await;
    Books::import(&client).await;
    client.wait_for(KEPT).await;
    for width in 1..=KEPT {
        assert_eq!(client.get(&format!("log/tile/entries/000.p/{width}")).await.status, StatusCode::OK);
    }
    for path in
        ["000.p/5", "000.p/255", "000", "001", "001.p/1", "000.p/0", "000.p/256", "x001/000", "0", "000/"]
    {
        let problem = client.get(&format!("log/tile/entries/{path}")).await.problem();
        assert_eq!((problem.status, problem.code.as_str()), (404, "not_found"), "{path}");
    }
}

async fn the_signal_tells_every_growth(site: &Site) {
    let client = site.controller().await;
    let mut signal = client.signal().await;
    assert_eq!(signal.next().await, 2);
    let books = Books::import(&client).await;
    while signal.next().await < KEPT {}
    client.accept(comment(&books.bank[0], "asked")).await;
    assert_eq!(signal.next().await, KEPT + 1);
}

async fn what_one_process_appends_the_other_signals_and_serves(site: &Site) {
    let one = site.controller().await;
    let running = site.second_process().await;
    let other = one.at(running.address);
    let mut signal = other.signal().await;
    assert_eq!(signal.next().await, 2);
    let books = Books::import(&one).await;
    while signal.next().await < KEPT {}
    // Each in turn, so that both hold the head of the same log.
    for turn in 0..10 {
        let caller = if turn % 2 == 0 { &one } else { &other };
        assert_eq!(caller.accept(comment(&books.bank[0], "asked")).await, KEPT + turn);
    }
    while signal.next().await < KEPT + 10 {}
    let (checkpoint, note) = other.checkpoint().await;
    assert_eq!(note, one.checkpoint().await.1);
    assert_eq!(other.pull(&checkpoint).await, one.pull(&checkpoint).await);
}

async fn what_a_process_left_unsigned_is_signed_by_the_next(site: &Site) {
    let client = site.controller().await;
    Books::import(&client).await;
    let signed = client.checkpoint_of(KEPT).await;
    // As if the process had ended between appending and signing: the head as it was at one event.
    let (tree, note) = {
        let mut frontier = attest_evidence::tree::Frontier::default();
        let events = client.pull(&signed).await;
        frontier.push(leaf::hash(&events[0])).unwrap();
        (hex(&frontier.nodes()[0].0), client.checkpoint().await.1)
    };
    assert!(note.contains(&format!("\n{KEPT}\n")));
    let nodes = if site.database.is_some() { format!("'\\x{tree}'::bytea") } else { format!("x'{tree}'") };
    site.tamper(&format!("update log_head set signed = 1, nodes = {nodes}")).await;
    let running = site.second_process().await;
    let (again, _) = client.at(running.address).checkpoint().await;
    assert_eq!(again, signed);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Changes one byte of an event that is appended and not yet signed, and has it signed.
async fn damage(site: &Site, client: &Client) -> Books {
    let books = Books::import(client).await;
    client.wait_for(KEPT).await;
    // What is not signed yet is what is damaged: the head is set back, as after the end of a process.
    let events = client.pull(&client.checkpoint().await.0).await;
    let mut frontier = attest_evidence::tree::Frontier::default();
    frontier.append(events[..2].iter().map(|event| leaf::hash(event))).unwrap();
    let tree = hex(&frontier.nodes()[0].0);
    let nodes = if site.database.is_some() { format!("'\\x{tree}'::bytea") } else { format!("x'{tree}'") };
    site.tamper(&format!("update log_head set signed = 2, nodes = {nodes}")).await;
    let mut leaf = events[2].clone();
    let place = leaf.iter().position(|byte| *byte == b'3').unwrap();
    leaf[place] = b'4';
    let leaf = hex(&leaf);
    let leaf = if site.database.is_some() { format!("'\\x{leaf}'::bytea") } else { format!("x'{leaf}'") };
    site.tamper(&format!("update event set leaf = {leaf} where seq = 2")).await;
    books
}

async fn bytes_that_changed_in_the_database_are_never_signed(site: &Site) {
    let client = site.controller().await;
    let books = damage(site, &client).await;
    let before = client.checkpoint().await.1;
    // Appending wakes the signing, which finds the damage.
    client.send(vec![submission(comment(&books.bank[0], "asked"))]).await;
    let running = site.second_process().await;
    assert_eq!(client.checkpoint().await.1, before);
    assert_eq!(client.at(running.address).checkpoint().await.1, before);
    let path = Place { index: 0, width: 4 }.path();
    assert_eq!(client.get(&format!("log/{path}")).await.status, StatusCode::NOT_FOUND);
}

async fn a_damaged_log_takes_no_more_commands(site: &Site) {
    let client = site.controller().await;
    let books = damage(site, &client).await;
    // A process that starts looks over what is not signed.
    let running = site.second_process().await;
    for client in [client.clone(), client.at(running.address)] {
        let commands = serde_json::json!({ "commands": [submission(comment(&books.bank[0], "asked"))] });
        let problem = client.post("commands", commands.to_string()).await.problem();
        assert_eq!((problem.status, problem.code.as_str()), (409, "log.damaged"));
        // What was signed goes on being served.
        assert_eq!(client.get("log/tile/entries/000.p/2").await.status, StatusCode::OK);
    }
}
