//! Documents: verified on the way in and out, imported once.

use crate::{
    books::{IBAN, fixture, lines, statement},
    site::{Site, digest, import},
};
use attest_evidence::leaf;
use attest_wire::{
    Command, Outcome,
    tenant::{DocumentView, Documents},
};
use reqwest::StatusCode;
use std::path::{Path, PathBuf};

on_both_databases!(
    a_delivered_document_is_listed_imported_once_and_served_as_it_came,
    documents_of_every_format_are_imported_with_the_figures_of_their_readers,
    bytes_of_another_digest_are_turned_away,
    a_document_that_was_never_delivered_cannot_be_imported,
    a_document_that_cannot_be_read_leaves_its_refusal_and_waits_no_more,
    a_flipped_byte_in_the_document_store_is_never_served,
);

async fn a_delivered_document_is_listed_imported_once_and_served_as_it_came(site: &Site) {
    let client = site.controller().await;
    let bytes = statement(IBAN, 1, &["1.00", "-2.00"]);
    let first = client.try_deliver(&digest(&bytes), &bytes).await;
    assert_eq!(first.status, StatusCode::CREATED);
    let view: DocumentView = first.json();
    assert_eq!((view.bytes, view.imported), (bytes.len() as u64, None));
    assert_eq!(client.try_deliver(&digest(&bytes), &bytes).await.status, StatusCode::OK);
    let waiting = |client: &crate::site::Client| {
        let client = client.clone();
        async move { client.get("documents?waiting=true").await.json::<Documents>().documents }
    };
    assert_eq!(waiting(&client).await, [view]);
    let seq = client.accept(import(&bytes)).await;
    assert_eq!(client.ask(import(&bytes)).await, Outcome::Already { seq });
    assert_eq!(waiting(&client).await, []);
    let listed = client.get("documents").await.json::<Documents>().documents;
    assert_eq!((listed.len(), listed[0].imported), (1, Some(seq)));
    let served = client.get(&format!("documents/{}", digest(&bytes))).await;
    assert_eq!((served.status, &served.bytes), (StatusCode::OK, &bytes));
    assert!(served.header("cache-control").unwrap().contains("private"));
    // Its lines are facts now.
    client.accept(crate::books::comment(&lines(&bytes)[1], "asked")).await;
}

async fn documents_of_every_format_are_imported_with_the_figures_of_their_readers(site: &Site) {
    let client = site.controller().await;
    for (path, figure, count) in [
        ("camt053/v08/charges.xml", "entries", 1),
        ("camt053/v02/pending_and_info.xml", "entries", 3),
        ("camt053/v13/invoices.xml", "entries", 1),
        ("camt052/v01/first_version.xml", "statements", 1),
        ("camt054/v08/notification.xml", "statements", 1),
        ("sie/4e-cp437.se", "ledger_lines", 5),
        ("bgmax/two-deposits.txt", "entries", 2),
        ("mt940/oddities.sta", "format", 0),
    ] {
        let bytes = fixture(path);
        let seq = client.import(&bytes).await;
        let events = client.pull(&client.checkpoint_of(seq + 1).await).await;
        let event = leaf::decode(events.last().unwrap()).unwrap();
        let after = event.after.unwrap();
        if count > 0 {
            assert_eq!(after[figure], count, "{path} {after}");
        }
        assert_eq!((event.object.id, after["bytes"].as_u64()), (digest(&bytes), Some(bytes.len() as u64)));
    }
}

async fn bytes_of_another_digest_are_turned_away(site: &Site) {
    let client = site.controller().await;
    let bytes = statement(IBAN, 1, &["1.00"]);
    let mut altered = bytes.clone();
    altered[40] ^= 1;
    let problem = client.try_deliver(&digest(&bytes), &altered).await.problem();
    assert_eq!((problem.status, problem.code.as_str()), (400, "digest.differs"));
    assert_eq!(client.get("documents").await.json::<Documents>().documents, []);
    let unknown = client.get(&format!("documents/{}", digest(&bytes))).await.problem();
    assert_eq!(unknown.status, 404);
}

async fn a_document_that_was_never_delivered_cannot_be_imported(site: &Site) {
    let client = site.controller().await;
    let bytes = statement(IBAN, 1, &["1.00"]);
    assert_eq!(client.refused(import(&bytes)).await.0, "document.unknown");
    client.deliver(&bytes).await;
    client.accept(import(&bytes)).await;
}

async fn a_document_that_cannot_be_read_leaves_its_refusal_and_waits_no_more(site: &Site) {
    let client = site.controller().await;
    let bytes = b"nothing that any bank would send".to_vec();
    client.deliver(&bytes).await;
    let (code, _) = client.refused(import(&bytes)).await;
    assert!(code.starts_with("format.") || code.starts_with("document."), "{code}");
    let refusal = Command::RefuseDocument {
        sha256: digest(&bytes),
        name: "note.txt".to_owned(),
        bytes: bytes.len() as u64,
        code,
        line: None,
    };
    let seq = client.accept(refusal.clone()).await;
    assert_eq!(client.ask(refusal).await, Outcome::Already { seq });
    assert_eq!(client.get("documents?waiting=true").await.json::<Documents>().documents, []);
    assert_eq!(client.get("documents").await.json::<Documents>().documents.len(), 1);
}

/// The file of a document below the data folder.
fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    std::fs::read_dir(folder).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() { find(&path, name) } else { Some(path).filter(|path| path.ends_with(name)) }
    })
}

async fn a_flipped_byte_in_the_document_store_is_never_served(site: &Site) {
    let client = site.controller().await;
    let bytes = statement(IBAN, 1, &["1.00"]);
    client.deliver(&bytes).await;
    let path = find(&site.scratch.path().join("documents"), &digest(&bytes)).unwrap();
    let mut flipped = bytes.clone();
    flipped[100] ^= 0x20;
    std::fs::write(&path, flipped).unwrap();
    let served = client.get(&format!("documents/{}", digest(&bytes))).await;
    assert_eq!(served.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(served.header("content-type"), Some("application/problem+json"));
    // Nor is it read: what would be imported is not what was delivered.
    assert_eq!(client.refused(import(&bytes)).await.0, "document.damaged");
    // Delivered again it is whole again.
    client.deliver(&bytes).await;
    assert_eq!(client.get(&format!("documents/{}", digest(&bytes))).await.bytes, bytes);
}
