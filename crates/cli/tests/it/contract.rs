//! The members of every answer, exactly as docs/formats/cli.md lists them, and figures worked out from the fixtures.

use crate::scene::{Scene, members};
use serde_json::{Value, json};

const PARTIES: &str = "camt053/v08/parties.xml";
const PENDING: &str = "camt053/v02/pending_and_info.xml";
const LEDGER: &str = "sie/4e-utf8.se";

#[test]
fn lists_have_exactly_the_members_of_the_contract() {
    let scene = Scene::with(&[PARTIES, LEDGER]);

    let statements = scene.run(&["statements"]).done();
    let statement = &statements[0];
    let named =
        "account balance closing continuity currency document entries format from id opening sequence sum to";
    assert_eq!(members(statement).join(" "), named);
    assert_eq!(statement["id"], "S-1");
    assert_eq!(statement["format"], "camt.053.001.08");
    assert_eq!(statement["account"], "SE4550000000058398257466");
    let figures = ["opening", "closing", "sum", "balance", "continuity"].map(|member| &statement[member]);
    assert_eq!(figures, ["0.00", "6.00", "6.00", "ok", "first"]);
    assert_eq!((&statement["entries"], &statement["sequence"]), (&json!(2), &Value::Null));

    let entries = scene.run(&["entries"]).done();
    let entry = &entries[0];
    let named = "amount bank_code booked counterparty currency document id refs reversal span statement status text \
                 transactions valued";
    assert_eq!(members(entry).join(" "), named);
    assert_eq!(members(&entry["refs"]).join(" "), "end_to_end instruction servicer structured transaction");
    assert_eq!(members(&entry["counterparty"]), ["account", "name"]);
    assert_eq!((&entry["booked"], &entry["valued"]), (&json!("2026-03-02"), &json!("2026-03-03")));
    assert_eq!((&entry["amount"], &entry["status"]), (&json!("10.00"), &json!("booked")));
    assert_eq!(entry["bank_code"], "PMNT/RCDT/DMCT");
    assert_eq!(entry["counterparty"]["name"], "Sundets Varv AB");
    let refs = json!({
        "end_to_end": "E-1", "instruction": null, "servicer": "SV-1", "transaction": "T-1", "structured": []
    });
    assert_eq!(entry["refs"], refs);
    let payment = &entry["transactions"][0];
    assert_eq!((&payment["mandate"], &payment["purpose"]), (&json!("MD-1"), &json!("HYRA MARS")));
    assert_eq!((&entry["statement"], &entry["document"]), (&statement["id"], &statement["document"]));

    let ledger = scene.run(&["ledger"]).done();
    let line = &ledger[0];
    assert_eq!(members(line).join(" "), "account amount currency document id span text voucher");
    assert_eq!(members(&line["voucher"]), ["date", "number", "series", "text"]);
    assert_eq!((&line["account"], &line["amount"]), (&json!("1510"), &json!("1250.00")));
    let lines_of_1510 = scene.run(&["ledger", "--account", "1510"]).done();
    let expected: Vec<&Value> = ledger.iter().filter(|line| line["account"] == "1510").collect();
    assert!(expected.len() < ledger.len());
    assert_eq!(lines_of_1510.iter().collect::<Vec<_>>(), expected);
}

#[test]
fn an_account_is_found_by_any_spelling_and_days_bound_the_list() {
    let scene = Scene::with(&[PARTIES]);
    let all = scene.run(&["entries"]).done();
    for spelling in ["SE45 5000 0000 0583 9825 7466", "se4550000000058398257466", "5839-825 74 66"] {
        assert_eq!(scene.run(&["entries", "--account", spelling]).done(), all, "{spelling}");
    }
    assert_eq!(scene.run(&["entries", "--from", "2026-03-02", "--to", "2026-03-02"]).done(), all[..1]);
    assert!(scene.run(&["entries", "--from", "2026-03-03"]).done().is_empty());
    let unknown = scene.run(&["entries", "--account", "123"]);
    assert_eq!((unknown.code, unknown.error_code().as_str()), (1, "unknown"));
}

#[test]
fn pending_entries_are_listed_with_their_status_and_not_summed() {
    let scene = Scene::with(&[PENDING]);
    let entries = scene.run(&["entries"]).done();
    let of = |status: &str| entries.iter().filter(|entry| entry["status"] == status).count();
    assert!(of("booked") > 0 && of("pending") > 0 && of("info") > 0, "{entries:?}");
    let statement = &scene.run(&["statements"]).done()[0];
    assert_eq!(statement["entries"], entries.len());
    let booked: f64 = entries
        .iter()
        .filter(|entry| entry["status"] == "booked")
        .map(|entry| entry["amount"].as_str().unwrap().parse::<f64>().unwrap())
        .sum();
    let sum: f64 = statement["sum"].as_str().unwrap().parse().unwrap();
    assert!((booked - sum).abs() < 1e-9);
}

#[test]
fn a_statement_that_does_not_count_says_why_and_its_entries_are_not_listed() {
    let scene = Scene::with(&[PARTIES]);
    let before = scene.run(&["entries"]).done();
    let original = std::fs::read_to_string(crate::scene::fixture(PARTIES)).unwrap();
    let again = scene.file("again.xml", &original.replace("<MsgId>M-1</MsgId>", "<MsgId>M-2</MsgId>"));
    let report = &scene.run(&["import", &again]).done()[0];
    assert_eq!(report["status"], "new");
    assert!(
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["code"] == "statement.redelivered")
    );
    let states: Vec<Value> =
        scene.run(&["statements"]).done().iter().map(|statement| statement["state"].clone()).collect();
    assert_eq!(states, [Value::Null, json!("redelivered")]);
    assert_eq!(scene.run(&["entries"]).done(), before);
}

#[test]
fn status_and_doctor_answer_with_one_object() {
    let scene = Scene::with(&[PARTIES, LEDGER]);
    let status = scene.run(&["status"]).done();
    assert_eq!(status.len(), 1);
    let named = "accounts company documents key log organisation_number state statements \
                 sync version workspace";
    assert_eq!(members(&status[0]).join(" "), named);
    assert_eq!((&status[0]["documents"], &status[0]["key"]), (&json!(2), &json!("passphrase")));
    let sync = "company conflicts refused role server signed_in state synced waiting";
    assert_eq!(members(&status[0]["sync"]).join(" "), sync);
    assert_eq!(status[0]["sync"]["state"], "standalone");
    let doctor = scene.run(&["doctor"]).done();
    assert_eq!(doctor.len(), 1);
    let named = "cipher_version documents events journal_mode key keychain_available ok problems sqlite_version \
                 version workspace";
    assert_eq!(members(&doctor[0]).join(" "), named);
    assert_eq!((&doctor[0]["ok"], &doctor[0]["problems"]), (&json!(true), &json!([])));
    assert_eq!(doctor[0]["events"], status[0]["log"]["size"]);
    assert_eq!((&doctor[0]["documents"], &doctor[0]["journal_mode"]), (&json!(2), &json!("wal")));
}

#[test]
fn figures_made_again_are_the_figures_there_were() {
    let scene = Scene::with(&[PARTIES, LEDGER]);
    let lists = || ["statements", "entries", "ledger"].map(|list| scene.run(&[list]).done());
    let before = lists();
    assert_eq!(scene.run(&["doctor", "--rebuild"]).done()[0]["ok"], json!(true));
    assert_eq!(lists(), before);
}

#[test]
fn proposals_on_two_tables_have_the_members_of_the_contract_and_a_summary() {
    let scene = Scene::new();
    let left =
        scene.file("left.csv", "id,date,amount,reference\nb1,2026-03-02,125.00,1234567897\nb2,x,1.00,\n");
    let right = scene.file(
        "right.csv",
        "id;date;amount;reference\nl1;2026-03-02;125,00;1234567897\nl2;2026-03-02;8,00;\n",
    );
    let ran = scene.run(&["match", "--left", &left, "--right", &right]);
    assert!(ran.stderr.contains("line 3"), "{}", ran.stderr);
    let answer = ran.done();
    assert_eq!(members(&answer[0]).join(" "), "confidence decision difference left reasons right");
    assert_eq!((&answer[0]["left"], &answer[0]["right"]), (&json!(["b1"]), &json!(["l1"])));
    let reason = &answer[0]["reasons"][0];
    assert_eq!(members(reason), ["detail", "field", "weight"]);
    assert_eq!(answer.len(), 2);
    let summary = &answer[1]["summary"];
    let named = "ambiguous auto findings left right suggest unmatched_left unmatched_right";
    assert_eq!(members(summary).join(" "), named);
    assert_eq!((&summary["left"], &summary["right"]), (&json!(1), &json!(2)));
    assert_eq!((&summary["unmatched_left"], &summary["unmatched_right"]), (&json!(0), &json!(1)));
    assert_eq!(summary["findings"][0]["line"], 3);
    assert!(!scene.workspace().exists(), "tables need no workspace");
}
