//! A connection of the test's own to the cache's database, for settings that the cache would never choose.

use crate::{history::Step, machine::Mounted};
use attest_domain::Digest;
use sqlx::{
    Connection,
    sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous},
};

/// "Attest cache v1" and a zero: the first 16 bytes of the file.
const SALT: &str = "41747465737420636163686520763100";

/// Connects as the cache does, but for `synchronous`.
pub(crate) async fn connect(
    disk: &Mounted,
    synchronous: SqliteSynchronous,
) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(disk.path())
        .pragma("key", format!("\"x'{}{SALT}'\"", "09".repeat(32)))
        .pragma("cipher_page_size", "4096")
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous);
    SqliteConnection::connect_with(&options).await
}

/// Writes the events and the checkpoint of a step in one transaction.
pub(crate) async fn write(connection: &mut SqliteConnection, step: &Step) -> Result<(), sqlx::Error> {
    let mut tx = connection.begin_with("begin immediate").await?;
    for fact in &step.facts {
        sqlx::query(
            "insert into event (seq, leaf, hash, action, object_id, actor, at) values (?, ?, ?, ?, ?, 'user', ?)",
        )
        .bind(fact.event.seq.cast_signed())
        .bind(&fact.leaf)
        .bind(fact.hash.0.as_slice())
        .bind(&fact.event.action)
        .bind(&fact.event.object.id)
        .bind(&fact.event.at)
        .execute(&mut *tx)
        .await?;
        for (digest, text) in &fact.disclosures {
            sqlx::query("insert into disclosure (digest, event_seq, text) values (?, ?, ?)")
                .bind(digest)
                .bind(fact.event.seq.cast_signed())
                .bind(text)
                .execute(&mut *tx)
                .await?;
        }
    }
    sqlx::query("insert or replace into meta (key, value) values ('size', ?)")
        .bind(step.end().to_string())
        .execute(&mut *tx)
        .await?;
    sqlx::query("insert or replace into checkpoint (only, size, nodes, note) values (1, ?, ?, ?)")
        .bind(step.checkpoint.size.cast_signed())
        .bind(step.checkpoint.nodes.iter().flat_map(|Digest(node)| *node).collect::<Vec<u8>>())
        .bind(&step.checkpoint.note)
        .execute(&mut *tx)
        .await?;
    tx.commit().await
}

pub(crate) async fn close(connection: SqliteConnection) -> Result<(), sqlx::Error> {
    connection.close().await
}
