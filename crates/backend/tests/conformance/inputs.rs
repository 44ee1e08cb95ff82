//! Input that nobody should send: each is refused as a problem, and nothing is written.

use crate::{
    books::{Books, KEPT, comments, statement},
    site::{Site, digest, submission},
};
use attest_domain::{EntryId, command::LineId};
use attest_wire::{Command, Line};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

on_both_databases!(
    a_body_that_is_no_batch_is_refused,
    texts_that_no_store_takes_are_refused,
    words_beyond_their_limits_are_refused,
    numbers_that_json_cannot_carry_are_refused,
    an_event_beyond_its_limit_is_refused_and_holds_up_no_other,
    batches_and_bodies_have_limits,
    addresses_and_questions_that_mean_nothing_are_problems,
);

fn batch(command: &Value) -> Vec<u8> {
    json!({ "commands": [{ "key": Uuid::new_v4(), "command": command }] }).to_string().into_bytes()
}

/// Refused with a problem, or command by command; in any case nothing is written.
async fn refuse_all(site: &Site, bodies: Vec<(String, Vec<u8>)>) {
    let client = site.controller().await;
    let before = client.checkpoint().await.1;
    for (what, body) in bodies {
        let reply = client.post("commands", body).await;
        if reply.status == StatusCode::OK {
            let answer: Value = reply.json();
            assert_eq!(answer["answers"][0]["outcome"], "refused", "{what}: {answer}");
        } else {
            let problem = reply.problem();
            assert!(!problem.detail.is_empty() && problem.detail.len() < 2_000, "{what}: {problem:?}");
        }
    }
    assert_eq!(client.checkpoint().await.1, before);
}

async fn a_body_that_is_no_batch_is_refused(site: &Site) {
    let line = json!({ "side": "bank", "id": "a".repeat(26) });
    let key = Uuid::new_v4();
    let bodies = [
        json!(null),
        json!([]),
        json!({}),
        json!({ "commands": {} }),
        json!({ "commands": [null] }),
        json!({ "commands": [{ "key": "no uuid", "command": { "type": "release", "lines": [] } }] }),
        json!({ "commands": [{ "key": key, "command": { "type": "destroy" } }] }),
        json!({ "commands": [{ "key": key, "command": { "type": "release", "lines": [line], "quietly": true } }] }),
        json!({ "commands": [{ "key": key, "quietly": 1, "command": { "type": "release", "lines": [line] } }] }),
        json!({ "commands": [], "quietly": true }),
        json!({ "commands": [{ "key": key, "command": { "type": "release", "lines": [{ "side": "both", "id": "a" }] } }] }),
        json!({ "commands": [{ "key": key, "command": { "type": "hold", "lines": [line], "until": "2026-02-30" } }] }),
        json!({ "commands": [{ "key": key, "command": { "type": "hold", "lines": [line], "until": 5 } }] }),
        json!({ "commands": [{ "key": key, "command": { "type": "write_off", "lines": [line], "reason": "whim" } }] }),
    ];
    let mut bodies: Vec<(String, Vec<u8>)> =
        bodies.iter().map(|body| (body.to_string(), body.to_string().into_bytes())).collect();
    bodies.push(("nothing".to_owned(), Vec::new()));
    bodies.push(("no UTF-8".to_owned(), b"{\"commands\":\"\xff\"}".to_vec()));
    bodies.push(("cut".to_owned(), b"{\"commands\":[".to_vec()));
    bodies.push(("deep".to_owned(), "[".repeat(100_000).into_bytes()));
    refuse_all(site, bodies).await;
    let client = site.controller().await;
    let request = client.request(Method::POST, "commands").header("content-type", "text/plain").body("{}");
    assert_eq!(client.call(request).await.problem().status, 415);
}

/// Every command that takes text, with the text in every place that takes one.
fn with_text(text: &str, line: &Line) -> Vec<Value> {
    let lines = json!([line]);
    let sha256 = digest(b"x");
    vec![
        json!({ "type": "match", "lines": lines, "engine": text }),
        json!({ "type": "match", "lines": lines, "confidence": text }),
        json!({ "type": "match", "lines": lines, "difference_reason": text }),
        json!({ "type": "match", "lines": [{ "side": "bank", "id": text }] }),
        json!({ "type": "unmatch", "match_id": text }),
        json!({ "type": "unmatch", "match_id": "m", "note": text }),
        json!({ "type": "unmatch", "match_id": "m", "hold_note": text }),
        json!({ "type": "hold", "lines": lines, "until": "2099-01-01", "note": text }),
        json!({ "type": "hold", "lines": lines, "until": text }),
        json!({ "type": "restore_holds", "holds": [{ "line": line, "until": "2099-01-01" }], "note": text }),
        json!({ "type": "comment", "line": line, "text": text }),
        json!({ "type": "withdraw", "line": line, "comment": text }),
        json!({ "type": "write_off", "lines": lines, "reason": "other", "note": text }),
        json!({ "type": "write_off", "lines": lines, "reason": text }),
        json!({ "type": "import_document", "sha256": text, "name": "x" }),
        json!({ "type": "import_document", "sha256": sha256, "name": text }),
        json!({ "type": "import_document", "sha256": sha256, "name": "x", "mapping": text }),
        json!({ "type": "refuse_document", "sha256": text, "name": "x", "bytes": 1, "code": "c" }),
        json!({ "type": "refuse_document", "sha256": sha256, "name": text, "bytes": 1, "code": "c" }),
        json!({ "type": "refuse_document", "sha256": sha256, "name": "x", "bytes": 1, "code": text }),
        json!({ "type": "assign_account", "account": text, "ledger_account": "1930" }),
        json!({ "type": "assign_account", "account": crate::books::ACCOUNT, "ledger_account": text }),
        json!({ "type": "export_reconciliation", "account": text, "rows": 1, "sha256": sha256 }),
        json!({ "type": "export_reconciliation", "account": crate::books::ACCOUNT, "month": text, "rows": 1, "sha256": sha256 }),
        json!({ "type": "export_reconciliation", "account": crate::books::ACCOUNT, "rows": 1, "sha256": text }),
    ]
}

async fn texts_that_no_store_takes_are_refused(site: &Site) {
    let client = site.controller().await;
    let books = Books::import(&client).await;
    client.wait_for(KEPT).await;
    let mut bodies = Vec::new();
    for text in ["a\u{0}b", "\u{0}", "a\u{1b}[2Jb"] {
        for command in with_text(text, &books.bank[2]) {
            bodies.push((command.to_string(), batch(&command)));
        }
        for member in ["reason", "brings_back"] {
            let command = serde_json::to_value(books.pair(0)).unwrap();
            let mut body = json!({ "commands": [{ "key": Uuid::new_v4(), "command": command }] });
            body["commands"][0][member] = json!(text);
            bodies.push((body.to_string(), body.to_string().into_bytes()));
        }
    }
    refuse_all(site, bodies).await;
    for name in ["%00", "a%1Bb", "%0A", &"n".repeat(256)] {
        let bytes = statement(crate::books::IBAN, 9, &["1.00"]);
        let path = format!("documents/{}?name={name}", digest(&bytes));
        let reply = client.call(client.request(Method::PUT, &path).body(bytes)).await;
        assert_eq!(reply.problem().status, 400, "{name}");
    }
}

async fn words_beyond_their_limits_are_refused(site: &Site) {
    let client = site.controller().await;
    let books = Books::import(&client).await;
    client.wait_for(KEPT).await;
    let long = "x".repeat(10_000);
    let bodies = with_text(&long, &books.bank[2]).into_iter();
    // A mapping may be that long; this one says nothing.
    let bodies = bodies.map(|command| (command["type"].to_string(), batch(&command))).collect();
    refuse_all(site, bodies).await;
    for member in ["reason", "brings_back"] {
        let command = serde_json::to_value(books.pair(0)).unwrap();
        let mut body = json!({ "commands": [{ "key": Uuid::new_v4(), "command": command }] });
        body["commands"][0][member] = json!(long);
        refuse_all(site, vec![(member.to_owned(), body.to_string().into_bytes())]).await;
    }
}

async fn numbers_that_json_cannot_carry_are_refused(site: &Site) {
    let client = site.controller().await;
    Books::import(&client).await;
    client.wait_for(KEPT).await;
    let sha256 = digest(b"x");
    let mut bodies = Vec::new();
    for number in ["9007199254740993", "18446744073709551615", "18446744073709551616", "-1", "1.5", "1e3"] {
        for command in [
            format!(
                r#"{{"type":"refuse_document","sha256":"{sha256}","name":"x","bytes":{number},"code":"c"}}"#
            ),
            format!(
                r#"{{"type":"refuse_document","sha256":"{sha256}","name":"x","bytes":1,"code":"c","line":{number}}}"#
            ),
            format!(
                r#"{{"type":"export_reconciliation","account":"{}","rows":{number},"sha256":"{sha256}"}}"#,
                crate::books::ACCOUNT
            ),
        ] {
            let key = Uuid::new_v4();
            let body = format!(r#"{{"commands":[{{"key":"{key}","command":{command}}}]}}"#);
            bodies.push((body.clone(), body.into_bytes()));
        }
    }
    refuse_all(site, bodies).await;
    for range in
        ["from=-1&to=2", "from=4294967296&to=2", "from=x&to=2", "from=1", "to=1", "from=0&to=1&also=2"]
    {
        let problem = client.get(&format!("log/disclosures?{range}")).await.problem();
        assert_eq!(problem.status, 400, "{range}");
    }
}

async fn an_event_beyond_its_limit_is_refused_and_holds_up_no_other(site: &Site) {
    let client = site.controller().await;
    let amounts = vec!["1.00"; 1_999];
    let (statement, vouchers) =
        (statement(crate::books::IBAN, 1, &amounts), crate::books::vouchers(&["1999.00"]));
    client.import(&statement).await;
    client.import(&vouchers).await;
    let lines: Vec<Line> =
        crate::books::lines(&statement).into_iter().chain(crate::books::lines(&vouchers)).collect();
    let until = attest_domain::Date::constant(2099, 12, 31);
    client.accept(Command::Hold { lines: lines.clone(), until, note: None }).await;
    // It would tell every line's hold before and every line after.
    let too_large = submission(crate::books::matching(lines.clone()));
    let small = submission(crate::books::comment(&lines[0], "asked"));
    let answers = client.send(vec![too_large, small]).await;
    let told = serde_json::to_value(&answers).unwrap();
    assert_eq!((&told[0]["outcome"], &told[0]["code"]), (&json!("refused"), &json!("event.too_large")));
    assert_eq!(told[1]["outcome"], "accepted");
    let many = (0..2_001_u128).map(|number| LineId::Bank(EntryId(number.to_be_bytes())).into()).collect();
    assert_eq!(client.refused(crate::books::matching(many)).await.0, "decision.refused");
}

async fn batches_and_bodies_have_limits(site: &Site) {
    let client = site.controller().await;
    let books = Books::import(&client).await;
    client.wait_for(KEPT).await;
    let before = client.checkpoint().await.1;
    for count in [0, 257] {
        let body = json!({ "commands": comments(&books.bank[0], count) }).to_string();
        assert_eq!(client.post("commands", body).await.problem().code, "batch.size");
    }
    let body = vec![b' '; 33 * 1024 * 1024];
    let request = client.request(Method::POST, "commands").header("content-type", "application/json");
    // The answer may come before the body was sent, and the rest of it is not waited for.
    if let Ok(reply) = client.try_call(request.body(body)).await {
        assert_eq!(reply.problem().status, 413);
    }
    assert_eq!(client.checkpoint().await.1, before);
}

async fn addresses_and_questions_that_mean_nothing_are_problems(site: &Site) {
    let client = site.controller().await;
    for (method, path, status) in [
        (Method::GET, "/".to_owned(), 404),
        (Method::GET, "/v1/tenants".to_owned(), 404),
        (Method::GET, "/v1/tenants/not-a-uuid/log/checkpoint".to_owned(), 404),
        (Method::GET, "/v1/tenants/%00/documents".to_owned(), 404),
        (Method::GET, "/v1/tenants/%ff/documents".to_owned(), 404),
        (Method::GET, format!("documents/{}", "a".repeat(10_000)), 404),
        (Method::GET, "documents/%00".to_owned(), 404),
        (Method::GET, "documents/%ff".to_owned(), 404),
        (Method::GET, "log/tile/entries/%00".to_owned(), 404),
        (Method::GET, "log/tile/entries/%ff".to_owned(), 404),
        (Method::GET, "documents?waiting=perhaps".to_owned(), 400),
        (Method::GET, "documents?quietly=true".to_owned(), 400),
        (Method::DELETE, "log/checkpoint".to_owned(), 405),
        (Method::POST, "/v1/me".to_owned(), 405),
    ] {
        let reply = client.call(client.request(method.clone(), &path)).await;
        assert_eq!(reply.problem().status, status, "{method} {}", &path[..path.len().min(80)]);
    }
}
