//! The log on the command line: its members, its filters, and where it stands.

use crate::scene::{Scene, members};
use serde_json::{Value, json};

const PARTIES: &str = "camt053/v08/parties.xml";
const LEDGER: &str = "sie/4e-utf8.se";

/// The events, and what follows them.
fn audit(scene: &Scene, options: &[&str]) -> (Vec<Value>, Value) {
    let mut lines = scene.run(&[&["audit"], options].concat()).done();
    let head = lines.pop().expect("where the log stands comes last");
    assert_eq!(members(&head), ["log"]);
    (lines, head["log"].clone())
}

#[test]
fn the_log_is_told_event_by_event_newest_first_and_then_where_it_stands() {
    let scene = Scene::with(&[PARTIES, LEDGER]);
    let (events, head) = audit(&scene, &[]);
    let seqs: Vec<u64> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (0..events.len() as u64).rev().collect::<Vec<_>>());
    let (mut oldest, _) = audit(&scene, &["--oldest-first"]);
    oldest.reverse();
    assert_eq!(oldest, events);

    let event = events.iter().find(|event| event["action"] == "document.import").unwrap();
    let named = "action actor after at before disclosures evidence id leaf object provisional reason reverts seq trace";
    assert_eq!(members(event).join(" "), named);
    assert_eq!(members(&event["actor"]), ["auth", "id", "kind", "role"]);
    assert_eq!(
        (&event["object"]["type"], &event["evidence"][0]["kind"]),
        (&json!("document"), &json!("document"))
    );
    let told = &event["disclosures"][0];
    assert_eq!(members(told), ["digest", "name", "state", "value"]);
    assert_eq!((&told["state"], &told["name"]), (&json!("held"), &json!("name")));
    assert_eq!(event["leaf"].as_str().unwrap().len(), 64);

    assert_eq!(
        members(&head).join(" "),
        "checkpoint code frozen key origin provisional root size synced tenant verified"
    );
    assert_eq!((&head["size"], &head["frozen"]), (&json!(events.len()), &json!(false)));
    assert_eq!(head["verified"], events[0]["at"]);
    let status = scene.run(&["status"]).done();
    assert_eq!(head["code"], status[0]["log"]["code"]);
    assert!(head["checkpoint"].as_str().unwrap().starts_with(head["origin"].as_str().unwrap()));
}

#[test]
fn filters_narrow_the_list_and_never_where_the_log_stands() {
    let scene = Scene::with(&[PARTIES, LEDGER]);
    let (all, head) = audit(&scene, &[]);
    let count = |options: &[&str]| {
        let (events, told) = audit(&scene, options);
        assert_eq!(told, head, "{options:?}");
        events.len()
    };
    let imports = all.iter().filter(|event| event["action"] == "document.import").count();
    assert_eq!((imports, count(&["--action", "document.import"])), (2, 2));
    assert_eq!(count(&["--action", "document.*"]), 2);
    assert_eq!(count(&["--action", "document"]), 0);
    let document = all.iter().find(|event| event["object"]["type"] == "document").unwrap();
    assert_eq!(count(&["--object", document["object"]["id"].as_str().unwrap()]), 1);
    assert_eq!(count(&["--actor", "user"]) + count(&["--actor", "system"]), all.len());
    assert_eq!(count(&["--actor", "nobody"]), 0);
    let today = &all[0]["at"].as_str().unwrap()[..10];
    assert_eq!(count(&["--from", "2020-01-01", "--to", "2020-12-31"]), 0);
    assert_eq!(count(&["--from", "2020-01-01"]), all.len());
    assert_eq!(count(&["--from", today, "--action", "document.import"]), 2);
    assert_eq!(count(&["--limit", "1"]), 1);
    assert_eq!(scene.run(&["audit", "--from", "yesterday"]).code, 2);
    let plain = scene.run_plain(&["audit", "--action", "document.import"]).stdout;
    assert!(plain.contains("user.document.import") && plain.contains("parties.xml"), "{plain}");
}
