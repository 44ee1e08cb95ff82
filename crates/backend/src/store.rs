//! The database: embedded SQLite by default, PostgreSQL for production, behind one set of statements.
//!
//! Both understand `$1` parameters and the types text, bigint and bytes, which is all that is used; what differs is in
//! [`Dialect`]. One writing connection on SQLite, because it has one writer; on PostgreSQL both pools are the same.
//! A standby of PostgreSQL may answer what needs no newest state: see [`Store::replica`].

use attest_sqlcipher::SQLITE_VERSION_MIN;
use sqlx::{
    Any, AnyPool, Executor as _, Transaction,
    any::{AnyPoolOptions, install_default_drivers},
    migrate::Migrator,
};
use std::{path::Path, time::Duration};

/// Connections that read on SQLite, and all connections on PostgreSQL.
const CONNECTIONS: u32 = 16;
/// How long a standby may take to give a connection before the database itself is asked.
const REPLICA_PATIENCE: Duration = Duration::from_secs(1);

static SQLITE: Migrator = sqlx::migrate!("../../migrations/backend/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../../migrations/backend/postgres");

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite in the data folder.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

impl Dialect {
    /// What makes a select hold the row until the transaction ends. A transaction that writes on SQLite is alone.
    pub(crate) fn for_update(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " for update",
        }
    }

    /// The texts of a JSON array that is one parameter: one statement for any number of them.
    pub(crate) fn among(self, parameter: usize) -> String {
        match self {
            Self::Sqlite => format!("select value from json_each(${parameter})"),
            Self::Postgres => format!("select json_array_elements_text(${parameter}::json)"),
        }
    }
}

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// What the database or the way to it says.
    #[error("The database did not answer: {0}")]
    Database(#[from] sqlx::Error),
    /// What migrating says.
    #[error("The database could not be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// An SQLite that can corrupt its file.
    #[error(
        "This program was built with SQLite {0}, which can damage a database. Build it as the README says."
    )]
    UnsafeLibrary(i32),
    /// Another process was faster; the transaction has left no trace.
    #[error("Another process changed the log first.")]
    Overtaken,
    /// Nothing can be appended to this log: see `log_head.damage`.
    #[error(
        "This company's log is damaged in the store and takes no changes until its operator has restored it."
    )]
    Damaged,
    /// Stored bytes that do not mean what they should.
    #[error("The database holds a {what} that cannot be read: {value}")]
    Stored {
        /// What.
        what: &'static str,
        /// What it says.
        value: String,
    },
}

impl StoreError {
    pub(crate) fn stored(what: &'static str, value: impl std::fmt::Display) -> Self {
        Self::Stored { what, value: value.to_string() }
    }

    /// Whether trying the whole transaction again can help: another process was faster, or the connection was lost.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Database(error)) => {
                // 40001, 40P01: PostgreSQL's serialisation failure and deadlock; 57P01: it is being restarted;
                // 5, 517: SQLite is busy.
                error.is_unique_violation()
                    || error
                        .code()
                        .is_some_and(|code| ["40001", "40P01", "57P01", "5", "517"].contains(&code.as_ref()))
            }
            Self::Overtaken
            | Self::Database(
                sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::Protocol(_),
            ) => true,
            _ => false,
        }
    }
}

/// The open database.
#[derive(Clone, Debug)]
pub struct Store {
    /// For everything that changes something.
    writer: AnyPool,
    /// For everything else.
    pub(crate) reader: AnyPool,
    /// A standby, which may be behind or away: whoever asks it asks the reader where it does not know.
    pub(crate) replica: Option<AnyPool>,
    pub(crate) dialect: Dialect,
}

impl Store {
    /// Opens SQLite in `folder`, making it where needed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_sqlite(folder: &Path) -> Result<Self, StoreError> {
        install_default_drivers();
        attest_sqlcipher::prepare();
        let url = format!("sqlite://{}?mode=rwc", folder.join("backend.db").display());
        let version: i32 = {
            let pool = AnyPoolOptions::new().max_connections(1).connect(&url).await?;
            let text: String = sqlx::query_scalar("select sqlite_version()").fetch_one(&pool).await?;
            pool.close().await;
            number_of(&text)
        };
        if version < SQLITE_VERSION_MIN {
            return Err(StoreError::UnsafeLibrary(version));
        }
        let options = |connections: u32, read_only: bool| {
            AnyPoolOptions::new().max_connections(connections).idle_timeout(None).max_lifetime(None).after_connect(
                move |connection, _| {
                    Box::pin(async move {
                        // FULL: an answer that was given survives a power loss.
                        connection
                            .execute(
                                "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;
                                 pragma busy_timeout = 10000; pragma trusted_schema = off;
                                 pragma cell_size_check = on; pragma cache_size = -32768;
                                 pragma secure_delete = on;",
                            )
                            .await?;
                        if read_only {
                            connection.execute("pragma query_only = on").await?;
                        }
                        Ok(())
                    })
                },
            )
        };
        let writer = options(1, false).connect(&url).await?;
        SQLITE.run(&writer).await?;
        let reader = options(CONNECTIONS, true).connect(&url).await?;
        Ok(Self { writer, reader, replica: None, dialect: Dialect::Sqlite })
    }

    /// Connects to PostgreSQL, `postgres://user@host/database`, and where there is one to a standby of it, which need
    /// not answer yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_postgres(url: &str, replica: Option<&str>) -> Result<Self, StoreError> {
        install_default_drivers();
        let pool = AnyPoolOptions::new().max_connections(CONNECTIONS).connect(url).await?;
        POSTGRES.run(&pool).await?;
        let replica = match replica {
            None => None,
            // A standby that hangs holds nobody up for long.
            Some(url) => Some(
                AnyPoolOptions::new()
                    .max_connections(CONNECTIONS)
                    .acquire_timeout(REPLICA_PATIENCE)
                    .connect_lazy(url)?,
            ),
        };
        Ok(Self { writer: pool.clone(), reader: pool, replica, dialect: Dialect::Postgres })
    }

    /// Begins a transaction that writes. On SQLite it is alone from the start, so that it never has to give way.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Any>, StoreError> {
        Ok(match self.dialect {
            Dialect::Sqlite => self.writer.begin_with("begin immediate").await?,
            Dialect::Postgres => self.writer.begin().await?,
        })
    }

    /// Has what was deleted leave the files of SQLite: its pages are zeroed when they are freed, and the journal is
    /// folded into the database. PostgreSQL does that by itself, later (vacuum, checkpoints, the archive's retention).
    pub(crate) async fn scrub(&self) -> Result<(), sqlx::Error> {
        if self.dialect == Dialect::Sqlite {
            self.writer.execute("pragma wal_checkpoint(truncate)").await?;
        }
        Ok(())
    }

    /// Whether the database answers.
    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        let _: i64 = sqlx::query_scalar("select cast(1 as bigint)").fetch_one(&self.reader).await?;
        Ok(())
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.reader.close().await;
        if let Some(replica) = &self.replica {
            replica.close().await;
        }
        self.writer.close().await;
    }
}

/// `3.54.1` as 3054001, like `sqlite3_libversion_number`.
fn number_of(version: &str) -> i32 {
    version.split('.').take(3).fold(0, |number, part| number * 1_000 + part.parse::<i32>().unwrap_or(0))
}

/// `($3), ($4)` …: `count` parameters from number `first` on, separated by commas.
pub(crate) fn parameters(first: usize, count: usize) -> String {
    (first..first + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

/// Rows of `columns` parameters each, for an insert of several rows.
pub(crate) fn rows(columns: usize, rows: usize) -> String {
    (0..rows)
        .map(|row| format!("({})", parameters(row * columns + 1, columns)))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_through() {
        assert_eq!(parameters(3, 2), "$3, $4");
        assert_eq!(rows(2, 2), "($1, $2), ($3, $4)");
        assert_eq!(number_of("3.54.1"), 3_054_001);
    }
}
