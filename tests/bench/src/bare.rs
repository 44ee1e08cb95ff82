//! Rows and nothing else: what putting the same rows into a table of the same shape costs, in a database that is as
//! encrypted and as durable as the cache.

use anyhow::{Context, Result};
use futures_util::TryStreamExt as _;
use sqlx::{
    ConnectOptions, Connection, Row, Sqlite, SqliteConnection, TypeInfo, ValueRef,
    query::Query,
    sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous},
};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// Rows of one insert statement: the fastest of those tried.
const ROWS_PER_INSERT: usize = 500;
/// Rows held in memory, and written with one commit.
const ROWS_PER_BLOCK: usize = 100_000;

/// Opens a database as the cache does: encrypted, WAL, every commit on the disk. Nothing refers to anything, so that
/// tables can be filled in any order.
pub(crate) async fn connect(path: &Path, key: &[u8; 32]) -> Result<SqliteConnection> {
    let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .pragma("key", format!("\"x'{key}'\""))
        .pragma("cipher_page_size", "4096")
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(false)
        .pragma("cache_size", "-65536");
    options
        .disable_statement_logging()
        .connect()
        .await
        .with_context(|| format!("cannot open {}", path.display()))
}

/// Copies a table block by block; tells how long the inserting alone took.
pub(crate) async fn copy(
    source: &mut SqliteConnection,
    target: &mut SqliteConnection,
    table: &str,
    columns: &str,
    order: &str,
) -> Result<Duration> {
    let sql = format!("select {columns} from {table} order by {order}");
    let mut rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch(source);
    let (mut took, mut block) = (Duration::ZERO, Vec::new());
    loop {
        let row = rows.try_next().await?;
        let last = row.is_none();
        block.extend(row.as_ref().map(cells).transpose()?);
        if block.len() == ROWS_PER_BLOCK || last {
            let start = Instant::now();
            insert(target, table, columns, &block).await?;
            took += start.elapsed();
            block.clear();
        }
        if last {
            return Ok(took);
        }
    }
}

/// One value of a row, whatever its type.
enum Cell {
    Integer(Option<i64>),
    Text(String),
    Blob(Vec<u8>),
}

fn cells(row: &SqliteRow) -> Result<Vec<Cell>> {
    let cell = |at: usize| -> Result<Cell> {
        let raw = row.try_get_raw(at)?;
        let kind = raw.type_info().name().to_owned();
        Ok(match kind.as_str() {
            "TEXT" => Cell::Text(row.try_get(at)?),
            "BLOB" => Cell::Blob(row.try_get(at)?),
            _ => Cell::Integer(row.try_get(at)?),
        })
    };
    (0..row.len()).map(cell).collect()
}

async fn insert(
    target: &mut SqliteConnection,
    table: &str,
    columns: &str,
    block: &[Vec<Cell>],
) -> Result<()> {
    let Some(first) = block.first() else { return Ok(()) };
    let row = format!("({})", vec!["?"; first.len()].join(", "));
    let mut transaction = target.begin().await?;
    for rows in block.chunks(ROWS_PER_INSERT) {
        let sql =
            format!("insert into {table} ({columns}) values {}", vec![row.as_str(); rows.len()].join(", "));
        let mut query: Query<'_, Sqlite, SqliteArguments> = sqlx::query(sqlx::AssertSqlSafe(sql));
        for cell in rows.iter().flatten() {
            query = match cell {
                Cell::Integer(value) => query.bind(*value),
                Cell::Text(value) => query.bind(value.as_str()),
                Cell::Blob(value) => query.bind(value.as_slice()),
            };
        }
        query.execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}
