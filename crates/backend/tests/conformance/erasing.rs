//! Erasing what events conceal: gone for everybody, told in the log, every proof still valid.

use crate::{
    books::{Books, comment},
    site::{Client, Site, digest, import, submission},
};
use attest_backend::operate::{Erased, Target, erase};
use attest_domain::drafts::read_erasure;
use attest_evidence::{disclosure, leaf};
use attest_wire::{Command, Outcome, tenant::Documents};

on_both_databases!(
    what_is_erased_is_gone_and_the_log_is_as_whole_as_before,
    the_name_of_a_document_goes_with_its_disclosure,
    all_that_was_said_of_an_object_is_erased_at_once,
    nothing_is_erased_without_a_code_or_an_event,
);

const GROUND: &str = "gdpr.17";

fn erased(events: u64, disclosures: u64) -> Erased {
    let mut erased = Erased::default();
    (erased.events, erased.disclosures) = (events, disclosures);
    erased
}

async fn disclosed(client: &Client, seq: u64) -> Vec<String> {
    let all = client.disclosures().await;
    all.into_iter().filter(|one| one.seq == seq).map(|one| one.text).collect()
}

async fn what_is_erased_is_gone_and_the_log_is_as_whole_as_before(site: &Site) {
    let client = site.controller().await;
    let books = Books::import(&client).await;
    let said = submission(comment(&books.bank[0], "Kim Testsson owes us this"));
    let kept = client.accept(comment(&books.bank[0], "Ask the customer")).await;
    let Outcome::Accepted { seq } = client.send(vec![said.clone()]).await.remove(0).outcome else {
        panic!("a comment is accepted")
    };
    let before = client.pull(&client.checkpoint_of(seq + 1).await).await;
    let text = disclosed(&client, seq).await.remove(0);

    let backend = site.running.backend();
    let done = erase(backend, site.tenant, &Target::Event(seq), GROUND).await.unwrap();
    assert_eq!(done, erased(1, 1));
    assert!(disclosed(&client, seq).await.is_empty());
    assert_eq!(disclosed(&client, kept).await.len(), 1, "nothing else goes with it");
    // All that was, and one event more, under a checkpoint that verifies.
    let after = client.pull(&client.checkpoint_of(seq + 2).await).await;
    assert_eq!(after[..before.len()], before);
    let event = leaf::decode(&after[before.len()]).unwrap();
    assert_eq!((event.action.as_str(), event.actor.id.as_str()), ("disclosure.erase", "backend"));
    assert_eq!(event.object.id, leaf::decode(&before[usize::try_from(seq).unwrap()]).unwrap().id.to_string());
    assert_eq!(event.reason.as_ref().unwrap().code, GROUND);
    assert_eq!(read_erasure(&event), Some((seq, vec![disclosure::digest(&text)])));

    let again = erase(backend, site.tenant, &Target::Event(seq), GROUND).await.unwrap();
    assert_eq!(again, Erased::default());
    assert_eq!(client.checkpoint().await.0.size, seq + 2, "what is gone is not told twice");
    // The words cannot be tried against the digest of the command either.
    let answer = client.send(vec![said]).await.remove(0).outcome;
    assert!(matches!(&answer, Outcome::Refused { code, .. } if code == "key.reused"), "{answer:?}");
    if site.database.is_none() {
        for file in ["backend.db", "backend.db-wal"] {
            let bytes = std::fs::read(site.scratch.path().join(file)).unwrap_or_default();
            let found = bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!found, "{file} still holds it");
        }
    }
}

async fn the_name_of_a_document_goes_with_its_disclosure(site: &Site) {
    let client = site.controller().await;
    let bytes = crate::books::statement(crate::books::IBAN, 1, &["10.00"]);
    let seq = client.import(&bytes).await;
    let done = erase(site.running.backend(), site.tenant, &Target::Event(seq), GROUND).await.unwrap();
    assert_eq!(done, erased(1, 1));
    let listed: Documents = client.get("documents").await.json();
    assert_eq!(listed.documents[0].name, digest(&bytes));
    assert_eq!(client.ask(import(&bytes)).await, Outcome::Already { seq });
}

async fn all_that_was_said_of_an_object_is_erased_at_once(site: &Site) {
    let client = site.controller().await;
    let books = Books::import(&client).await;
    let sha256 = digest(b"no statement");
    let refusal = Command::RefuseDocument {
        sha256: sha256.clone(),
        name: "Kim Testsson.xml".to_owned(),
        bytes: 12,
        code: "format.unknown".to_owned(),
        line: None,
    };
    client.accept(refusal).await;
    let kept = client.accept(comment(&books.bank[0], "Ask the customer")).await;
    let target = Target::Object(sha256);
    let done = erase(site.running.backend(), site.tenant, &target, GROUND).await.unwrap();
    assert_eq!(done, erased(1, 1));
    assert_eq!(disclosed(&client, kept).await.len(), 1);
}

async fn nothing_is_erased_without_a_code_or_an_event(site: &Site) {
    let client = site.controller().await;
    Books::import(&client).await;
    let backend = site.running.backend();
    let size = client.checkpoint_of(crate::books::KEPT).await.size;
    assert!(erase(backend, site.tenant, &Target::Event(2), "Kim asked for it").await.is_err());
    assert!(erase(backend, site.tenant, &Target::Event(size), GROUND).await.is_err());
    let nothing = erase(backend, site.tenant, &Target::Event(0), GROUND).await.unwrap();
    assert_eq!(nothing, Erased::default());
    let other = site.another_tenant().await;
    assert!(erase(backend, other, &Target::Event(2), GROUND).await.is_err(), "it is another company's");
    assert_eq!(client.checkpoint().await.0.size, size);
}
