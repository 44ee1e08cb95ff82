//! A standby that is behind, or away: what it knows it may say, and it is never believed to know all.

use crate::{
    books::{Books, KEPT, comments},
    site::{Site, config, make_database},
};
use attest_backend::{
    clock::SystemClock,
    operate::{Target, erase},
    start,
};
use reqwest::StatusCode;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::sync::Arc;

/// Copies a database as it is now, which is what a standby that stood still has.
async fn copy(database: &str) -> String {
    let (server, name) = database.rsplit_once('/').unwrap();
    let name = name.split('?').next().unwrap();
    let mut connection = PgConnection::connect(&std::env::var(crate::site::POSTGRES).unwrap()).await.unwrap();
    let sql = format!("create database {name}_standby template {name}");
    sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let options = database.split_once('?').map_or(String::new(), |(_, options)| format!("?{options}"));
    format!("{server}/{name}_standby{options}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_serves_what_it_has_and_never_makes_a_log_look_shorter() {
    let Some(database) = make_database("a standby serves what it has").await else { return };
    let site = Site::open(Some(database.clone())).await;
    let client = site.controller().await;
    let books = Books::import(&client).await;
    for _ in 0..2 {
        client.send(comments(&books.bank[0], 150)).await;
    }
    let first = client.checkpoint_of(KEPT + 300).await;
    let tenant = site.tenant;
    let scratch = site.stop().await;
    let mut config = config(scratch.path(), Some(database.clone()));
    config.replica = Some(copy(&database).await);
    let running = start(config.clone(), Arc::new(SystemClock)).await.unwrap();
    let site = Site { scratch, running, tenant, database: Some(database) };
    let client = client.at(site.running.address);
    // Only the standby has it now.
    site.tamper("delete from bundle").await;
    client.pull(&first).await;

    // The log grows, and the standby stands still.
    client.send(comments(&books.bank[0], 50)).await;
    let second = client.checkpoint_of(KEPT + 350).await;
    assert_eq!(second.size, KEPT + 350);
    client.pull(&second).await;
    let disclosed = client.disclosures().await;
    assert!(disclosed.iter().any(|one| one.seq == KEPT + 349), "what it does not know is not withheld");

    // What the standby still has and the log says is erased is told to nobody.
    let erased = erase(site.running.backend(), tenant, &Target::Event(KEPT), "gdpr.17").await.unwrap();
    assert_eq!(erased.disclosures, 1);
    assert!(client.disclosures().await.iter().all(|one| one.seq != KEPT));

    // Without it all goes on.
    let scratch = site.stop().await;
    config.replica = Some("postgres://nobody@127.0.0.1:1/nothing".to_owned());
    let running = start(config, Arc::new(SystemClock)).await.unwrap();
    let client = client.at(running.address);
    client.send(comments(&books.bank[0], 1)).await;
    client.wait_for(KEPT + 352).await;
    assert_eq!(client.get("log/tile/entries/001.p/1").await.status, StatusCode::OK);
    running.stop().await.unwrap();
    drop(scratch);
}
