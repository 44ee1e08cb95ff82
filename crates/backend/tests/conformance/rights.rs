//! Who may do what: roles, scopes, and companies that do not exist for others.

use crate::{
    books::{ACCOUNT, Books, IBAN, comment, lines, statement},
    site::{Client, Site, digest, import, submission},
};
use attest_domain::{
    Amount, Date,
    roles::{Entitlement, Role, Scope},
};
use attest_wire::{Command, Outcome, tenant::Documents};
use reqwest::{Method, StatusCode};
use std::collections::BTreeSet;
use uuid::Uuid;

on_both_databases!(
    each_role_may_do_what_it_grants_and_nothing_else,
    each_role_may_read_what_it_grants_and_nothing_else,
    a_scope_of_accounts_narrows_decisions_disclosures_and_documents,
    a_limit_of_amounts_narrows_decisions,
    another_company_answers_like_one_that_does_not_exist,
    nobody_is_let_in_without_a_key_that_holds,
);

/// One command of each kind, with what it needs.
fn each_command(books: &Books, delivered: &[u8]) -> Vec<(Entitlement, Command)> {
    use Entitlement as E;
    let (bank, until) = (|| vec![books.bank[2].clone()], Date::constant(2099, 12, 31));
    let both = || vec![books.bank[1].clone(), books.ledger[1].clone()];
    vec![
        (E::Decide, books.pair(0)),
        (
            E::Decide,
            Command::Unmatch { match_id: "m".to_owned(), note: None, holds: Vec::new(), hold_note: None },
        ),
        (E::Decide, Command::Reject { lines: both() }),
        (E::Decide, Command::Reconsider { lines: both() }),
        (E::Decide, Command::Hold { lines: bank(), until, note: None }),
        (E::Decide, Command::Release { lines: bank() }),
        (E::Decide, Command::RestoreHolds { holds: Vec::new(), note: None }),
        (E::Decide, comment(&books.bank[0], "asked")),
        (E::Decide, Command::Withdraw { line: books.bank[0].clone(), comment: "c".to_owned() }),
        (E::Decide, Command::WriteOff { lines: bank(), reason: "fee".to_owned(), note: None }),
        (E::ImportDocuments, import(delivered)),
        (
            E::ImportDocuments,
            Command::RefuseDocument {
                sha256: digest(b"unreadable"),
                name: "x".to_owned(),
                bytes: 10,
                code: "format.unknown".to_owned(),
                line: None,
            },
        ),
        (
            E::AssignAccounts,
            Command::AssignAccount { account: ACCOUNT.to_owned(), ledger_account: "1930".to_owned() },
        ),
        (
            E::Export,
            Command::ExportReconciliation {
                account: ACCOUNT.to_owned(),
                month: None,
                rows: 1,
                sha256: digest(b"export"),
            },
        ),
    ]
}

async fn each_role_may_do_what_it_grants_and_nothing_else(site: &Site) {
    let controller = site.controller().await;
    let books = Books::import(&controller).await;
    let delivered = statement(IBAN, 2, &["5.00"]);
    controller.deliver(&delivered).await;
    for role in Role::ALL {
        let client = site.member(role, &Scope::default()).await;
        for (needed, command) in each_command(&books, &delivered) {
            let kind = serde_json::to_value(&command).unwrap()["type"].clone();
            let outcome = client.ask(command).await;
            let denied = matches!(&outcome, Outcome::Refused { code, .. } if code == "denied.role");
            assert_eq!(denied, !role.grants(needed), "{role:?} {kind}: {outcome:?}");
        }
    }
}

async fn each_role_may_read_what_it_grants_and_nothing_else(site: &Site) {
    let controller = site.controller().await;
    let document = statement(IBAN, 2, &["5.00"]);
    controller.import(&document).await;
    controller.wait_for(2).await;
    for role in Role::ALL {
        let client = site.member(role, &Scope::default()).await;
        for (needed, path) in [
            (Entitlement::ReadLog, "log/checkpoint".to_owned()),
            (Entitlement::ReadLog, "log/tile/entries/000.p/2".to_owned()),
            (Entitlement::ReadDocuments, "log/disclosures?from=0&to=9".to_owned()),
            (Entitlement::ReadDocuments, "documents".to_owned()),
            (Entitlement::ReadDocuments, format!("documents/{}", digest(&document))),
        ] {
            let reply = client.get(&path).await;
            let expected = if role.grants(needed) { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(reply.status, expected, "{role:?} {path}");
        }
        let signal = client.request(Method::GET, "log/signal").send().await.unwrap();
        assert_eq!(signal.status().is_success(), role.grants(Entitlement::ReadLog), "{role:?}");
        let bytes = statement(IBAN, 3, &["6.00"]);
        let delivered = client.try_deliver(&digest(&bytes), &bytes).await;
        assert_eq!(delivered.status.is_success(), role.grants(Entitlement::ImportDocuments), "{role:?}");
    }
}

async fn a_scope_of_accounts_narrows_decisions_disclosures_and_documents(site: &Site) {
    const OTHER: &str = "SE3550000000054910000003";
    let all = site.controller().await;
    let books = Books::import(&all).await;
    let other = statement(OTHER, 7, &["9.00"]);
    all.import(&other).await;
    let foreign = lines(&other).remove(0);
    let assign = Command::AssignAccount { account: ACCOUNT.to_owned(), ledger_account: "1930".to_owned() };
    all.accept(assign).await;
    let scope = Scope { accounts: Some(BTreeSet::from([ACCOUNT.to_owned()])), ..Scope::default() };
    let narrow = site.member(Role::Controller, &scope).await;

    let own_bank = all.accept(comment(&books.bank[0], "of the bank")).await;
    let own_ledger = all.accept(comment(&books.ledger[0], "of the ledger account of the bank")).await;
    let foreign_comment = all.accept(comment(&foreign, "of the other bank")).await;
    let seen: Vec<u64> = narrow.disclosures().await.iter().map(|disclosed| disclosed.seq).collect();
    assert!(seen.contains(&own_bank) && seen.contains(&own_ledger), "{seen:?}");
    assert!(!seen.contains(&foreign_comment), "{seen:?}");
    let all_seen = all.disclosures().await;
    assert!(all_seen.iter().any(|disclosed| disclosed.seq == foreign_comment));

    narrow.accept(books.pair(0)).await;
    assert_eq!(narrow.refused(comment(&foreign, "mine?")).await.0, "denied.account");
    let assign =
        Command::AssignAccount { account: "54910000003/SEK".to_owned(), ledger_account: "1940".to_owned() };
    assert_eq!(narrow.refused(assign).await.0, "account.unknown");
    // Like one that was never delivered.
    let hidden = narrow.get(&format!("documents/{}", digest(&other))).await.problem();
    assert_eq!(hidden, narrow.get(&format!("documents/{}", digest(b"never"))).await.problem());
    let listed = narrow.get("documents").await.json::<Documents>().documents;
    assert_eq!(listed.len(), 1, "{listed:?}");
}

async fn a_limit_of_amounts_narrows_decisions(site: &Site) {
    let all = site.controller().await;
    let books = Books::import(&all).await;
    let scope = Scope { amount_max: Some(Amount::parse("99.99").unwrap()), ..Scope::default() };
    let narrow = site.member(Role::Controller, &scope).await;
    assert_eq!(narrow.refused(books.pair(0)).await.0, "denied.amount");
    narrow.accept(comment(&books.bank[2], "small")).await;
}

/// Every route below a company, called as its own member and as a stranger would.
async fn every_route(client: &Client, document: &[u8]) -> Vec<(String, StatusCode, Vec<u8>)> {
    let sha256 = digest(document);
    let commands = serde_json::json!({ "commands": [submission(import(document))] }).to_string();
    let mut replies = Vec::new();
    for (method, path, body) in [
        (Method::GET, "log/checkpoint".to_owned(), None),
        (Method::GET, "log/tile/entries/000.p/1".to_owned(), None),
        (Method::GET, "log/tile/entries/000".to_owned(), None),
        (Method::GET, "log/disclosures?from=0&to=9".to_owned(), None),
        (Method::GET, "log/signal".to_owned(), None),
        (Method::GET, "documents".to_owned(), None),
        (Method::GET, format!("documents/{sha256}"), None),
        (Method::PUT, format!("documents/{sha256}"), Some(document.to_vec())),
        (Method::PUT, format!("documents/{sha256}"), Some(b"other bytes".to_vec())),
        (Method::PUT, "documents/zz?name=%00".to_owned(), Some(Vec::new())),
        (Method::POST, "commands".to_owned(), Some(commands.into_bytes())),
        (Method::POST, "commands".to_owned(), Some(br#"{"commands":[]}"#.to_vec())),
    ] {
        let mut request = client.request(method.clone(), &path);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let reply = client.call(request).await;
        replies.push((format!("{method} {path}"), reply.status, reply.bytes));
    }
    replies
}

async fn another_company_answers_like_one_that_does_not_exist(site: &Site) {
    let client = site.controller().await;
    let other = site.another_tenant().await;
    let document = statement(IBAN, 1, &["1.00"]);
    let stranger = site.member_of(other, Role::Controller, &Scope::default()).await;
    stranger.import(&document).await;
    let strange = every_route(&client.of(other), &document).await;
    let absent = every_route(&client.of(Uuid::new_v4()), &document).await;
    assert_eq!(strange, absent);
    for (route, status, _) in strange {
        assert_eq!(status, StatusCode::NOT_FOUND, "{route}");
    }
    // What the other company delivered and decided is not there for this one.
    assert_eq!(client.refused(import(&document)).await.0, "document.unknown");
    assert_eq!(client.refused(comment(&lines(&document)[0], "asked")).await.0, "line.unknown");
    let served = client.get(&format!("documents/{}", digest(&document))).await;
    assert_eq!(served.status, StatusCode::NOT_FOUND);
}

async fn nobody_is_let_in_without_a_key_that_holds(site: &Site) {
    let client = site.controller().await;
    for key in ["", "attest_key_", "attest_key_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "Zm9v", "a b"] {
        for path in ["log/checkpoint", "documents", "/v1/me"] {
            let mut request = client.request(Method::GET, path).build().unwrap();
            request.headers_mut().insert("authorization", format!("Bearer {key}").parse().unwrap());
            let refused = client.execute(request).await;
            assert_eq!(refused.problem().status, 401, "{key} {path}");
            assert!(refused.header("www-authenticate").is_some());
        }
    }
}
