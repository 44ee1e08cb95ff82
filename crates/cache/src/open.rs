//! Opening the database: the key first, the library checked, one writer, readers that cannot write.

use crate::{
    error::{CacheError, disk_failed_within},
    review::Committed,
};
use attest_sqlcipher::SQLITE_VERSION_MIN;
use sqlx::{
    ConnectOptions, Connection, Row, SqlitePool,
    sqlite::{
        SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
    },
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::OnceCell;
use tracing::log::LevelFilter;
use zeroize::Zeroizing;

/// Connections that read. Two cores' worth and one for the progress of an import.
const READERS: u32 = 4;
/// Page cache of each connection, in KiB. With 64 MiB the cost of decryption all but disappears.
const CACHE_KIB: &str = "-65536";
/// SQLite's code for a first page that does not decrypt.
const SQLITE_NOTADB: &str = "26";
/// The salt of the page codes, which stands in clear as the first 16 bytes of the file. No key is derived with its help
/// that would need it to be random: the key itself is. It is told to SQLCipher rather than read from the file, because
/// power that fails while the first page is written may leave anything there, and the page's right version, which
/// waits in the WAL, would not verify with another salt: the whole workspace would look like one of another key.
const SALT: [u8; 16] = *b"Attest cache v1\0";

/// The 256-bit key of the database, wiped from memory when dropped.
#[derive(Clone)]
pub struct CacheKey(Zeroizing<[u8; 32]>);

impl CacheKey {
    /// Takes the raw key.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// SQLCipher's raw-key form, which needs no key derivation, with the salt unless the file's own is to be used.
    fn pragma(&self, salt: Salt) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(100));
        text.push_str("\"x'");
        let salt = match salt {
            Salt::Ours => SALT.as_slice(),
            Salt::OfTheFile => &[],
        };
        for byte in self.0.iter().chain(salt) {
            text.push(char::from_digit(u32::from(byte >> 4), 16).expect("four bits are a hex digit"));
            text.push(char::from_digit(u32::from(byte & 15), 16).expect("four bits are a hex digit"));
        }
        text.push_str("'\"");
        text
    }
}

/// Which salt a database is opened with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Salt {
    /// [`SALT`].
    Ours,
    /// What the file begins with: random, in databases that were made before ours was given.
    OfTheFile,
}

/// What `doctor` tells about the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Version of SQLCipher.
    pub cipher_version: String,
    /// Version of SQLite.
    pub sqlite_version: String,
    /// Journal mode; `wal` is right.
    pub journal_mode: String,
    /// Pages that do not verify and rows that contradict each other; empty when all is well.
    pub problems: Vec<String>,
}

/// The open database. Dropping it does not wait for the connections; [`Cache::close`] does.
#[derive(Clone, Debug)]
pub struct Cache {
    pub(crate) writer: SqlitePool,
    pub(crate) reader: SqlitePool,
    pub(crate) committed: Arc<Committed>,
    path: PathBuf,
}

impl Cache {
    /// Opens the database at `path`, making and migrating it where needed.
    ///
    /// # Errors
    /// [`CacheError::WrongKey`] leaves the file as it is; [`CacheError::UnsafeLibrary`] and
    /// [`CacheError::Newer`] refuse before anything is written.
    pub async fn open(path: &Path, key: &CacheKey) -> Result<Self, CacheError> {
        prepare_library().await?;
        let fresh = !path.exists();
        let (writer, salt) = match open_writer(path, key, Salt::Ours, fresh).await {
            Err(CacheError::WrongKey(_)) if !fresh => {
                (open_writer(path, key, Salt::OfTheFile, fresh).await?, Salt::OfTheFile)
            }
            opened => (opened?, Salt::Ours),
        };
        let reader = pool(READERS).connect_lazy_with(options(path, key, salt).pragma("query_only", "ON"));
        Ok(Self { writer, reader, committed: Arc::default(), path: path.to_owned() })
    }

    /// Closes every connection, so that no page in clear stays in memory, and folds the WAL into the file.
    pub async fn close(self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    /// Where the database is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Verifies every page and the structure. Reads the whole file.
    ///
    /// # Errors
    /// Only when the checks themselves cannot run; what they find is in [`Health::problems`].
    pub async fn health(&self) -> Result<Health, CacheError> {
        let text = async |sql: &'static str| -> Result<Vec<String>, CacheError> {
            Ok(sqlx::query_scalar::<_, String>(sql).fetch_all(&self.reader).await?)
        };
        // The cipher's check reads the database's file past the WAL, where power that failed while the WAL was folded
        // in leaves half-written pages that nobody reads; folding it in again makes them whole. A reader may do that.
        sqlx::query("pragma wal_checkpoint(passive)").execute(&self.reader).await?;
        let mut problems = text("pragma cipher_integrity_check").await?;
        problems.extend(text("pragma integrity_check").await?.into_iter().filter(|line| line != "ok"));
        Ok(Health {
            cipher_version: text("pragma cipher_version").await?.concat(),
            sqlite_version: text("select sqlite_version()").await?.concat(),
            journal_mode: text("pragma journal_mode").await?.concat(),
            problems,
        })
    }
}

/// Connections that stay until they are closed, unless a failure has spoilt them. A failed call of the system leaves
/// two traces that do not go away: SQLite ends the open transaction by itself, which sqlx does not notice, so that it
/// would never begin another; and SQLCipher takes a page that was not read for one that does not verify, so that the
/// connection would call the database damaged from then on. Such connections are replaced by new ones.
fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .idle_timeout(None)
        .max_lifetime(None)
        // It is a thread of this process: asking whether it is there would cost as much as most queries.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            let spoilt = connection.is_in_transaction() || disk_failed_within(meta.age);
            Box::pin(async move { Ok(!spoilt) })
        })
}

/// Opens and admits the connection that writes.
async fn open_writer(path: &Path, key: &CacheKey, salt: Salt, fresh: bool) -> Result<SqlitePool, CacheError> {
    let writer = pool(1).connect_lazy_with(options(path, key, salt).create_if_missing(fresh));
    match admit(&writer, path).await {
        Ok(()) => Ok(writer),
        Err(refused) => {
            // A pool that is only dropped closes later: whoever is refused finds the file let go of.
            writer.close().await;
            Err(refused)
        }
    }
}

fn options(path: &Path, key: &CacheKey, salt: Salt) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .pragma("key", key.pragma(salt).to_string())
        .pragma("cipher_page_size", "4096")
        .journal_mode(SqliteJournalMode::Wal)
        // FULL: a commit that was acknowledged survives a power loss (NORMAL lost work in 45 % of trials).
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("wal_autocheckpoint", "1000")
        .pragma("mmap_size", "0")
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON")
        .pragma("cache_size", CACHE_KIB)
        .pragma("temp_store", "MEMORY")
        .statement_cache_capacity(64)
        .busy_timeout(std::time::Duration::from_secs(30))
        .log_statements(LevelFilter::Off)
        .log_slow_statements(LevelFilter::Off, std::time::Duration::from_secs(3600));
    if cfg!(target_os = "macos") {
        // A plain fsync is no barrier on macOS.
        options.pragma("fullfsync", "ON").pragma("checkpoint_fullfsync", "ON")
    } else {
        options
    }
}

/// Process-wide settings, made on a database in memory before any key is in use: no log line of SQLCipher's own
/// on standard error. `cipher_memory_security` stays off: key material is locked and wiped either way, while
/// wiping every allocation costs two system calls each and made imports several times slower (ADR 0004).
async fn prepare_library() -> Result<(), CacheError> {
    static PREPARED: OnceCell<()> = OnceCell::const_new();
    let prepare = async || {
        attest_sqlcipher::prepare();
        let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
        sqlx::raw_sql("pragma cipher_log_level = NONE; pragma cipher_memory_security = OFF;")
            .execute(&mut connection)
            .await?;
        connection.close().await?;
        Ok(())
    };
    PREPARED.get_or_try_init(prepare).await.copied()
}

/// Refuses what must not be worked with before anything is written, then brings the schema up to date.
async fn admit(writer: &SqlitePool, path: &Path) -> Result<(), CacheError> {
    let mut connection = writer.acquire().await.map_err(|error| wrong_key(error, path))?;
    sqlx::query("select count(*) from sqlite_schema")
        .execute(&mut *connection)
        .await
        .map_err(|error| wrong_key(error, path))?;
    require_cipher(&mut connection).await?;
    migrate(&mut connection).await
}

/// Refuses a library that would write plain text or that may corrupt a WAL file.
async fn require_cipher(connection: &mut SqliteConnection) -> Result<(), CacheError> {
    let cipher: Option<String> =
        sqlx::query_scalar("pragma cipher_version").fetch_optional(&mut *connection).await?;
    if cipher.is_none_or(|version| version.is_empty()) {
        return Err(CacheError::UnsafeLibrary("plain SQLite without encryption".to_owned()));
    }
    let version: String = sqlx::query_scalar("select sqlite_version()").fetch_one(&mut *connection).await?;
    if version_number(&version) < SQLITE_VERSION_MIN {
        return Err(CacheError::UnsafeLibrary(format!("SQLite {version}")));
    }
    Ok(())
}

/// `3.54.1` as SQLite counts it: 3054001.
fn version_number(version: &str) -> i32 {
    let mut parts = version.split('.').map(|part| part.parse::<i32>().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    next() * 1_000_000 + next() * 1_000 + next()
}

async fn migrate(connection: &mut SqliteConnection) -> Result<(), CacheError> {
    match sqlx::migrate!("../../migrations/cache").run(connection).await {
        Ok(()) => Ok(()),
        Err(
            sqlx::migrate::MigrateError::VersionMissing(_) | sqlx::migrate::MigrateError::VersionMismatch(_),
        ) => Err(CacheError::Newer),
        Err(sqlx::migrate::MigrateError::Execute(error)) => Err(error.into()),
        Err(other) => Err(CacheError::Database(sqlx::Error::Migrate(Box::new(other)))),
    }
}

fn wrong_key(error: sqlx::Error, path: &Path) -> CacheError {
    match &error {
        sqlx::Error::Database(database) if database.code().as_deref() == Some(SQLITE_NOTADB) => {
            CacheError::WrongKey(path.to_owned())
        }
        _ => error.into(),
    }
}

/// Reads the single text of a one-row aggregate, empty where there is none.
pub(crate) fn aggregate(row: &sqlx::sqlite::SqliteRow) -> String {
    row.get::<Option<String>, _>(0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wrong_key_is_refused_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache.db");
        Cache::open(&path, &CacheKey::new([1; 32])).await.unwrap().close().await;
        let before = std::fs::read(&path).unwrap();
        let refused = Cache::open(&path, &CacheKey::new([2; 32])).await;
        assert!(matches!(refused, Err(CacheError::WrongKey(_))), "{refused:?}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
        Cache::open(&path, &CacheKey::new([1; 32])).await.unwrap().close().await;
    }

    #[tokio::test]
    async fn a_database_whose_salt_is_its_own_opens_as_before_also_after_a_crash() {
        let folder = tempfile::tempdir().unwrap();
        let (path, copy) = (folder.path().join("cache.db"), folder.path().join("copy.db"));
        let key = CacheKey::new([1; 32]);
        prepare_library().await.unwrap();
        let earlier = open_writer(&path, &key, Salt::OfTheFile, true).await.unwrap();
        sqlx::query("insert into meta (key, value) values ('a', 'b')").execute(&earlier).await.unwrap();
        std::fs::copy(&path, &copy).unwrap();
        std::fs::copy(folder.path().join("cache.db-wal"), folder.path().join("copy.db-wal")).unwrap();
        earlier.close().await;
        for path in [path, copy] {
            let salt = std::fs::read(&path).unwrap()[..16].to_vec();
            assert_ne!(salt, SALT);
            let cache = Cache::open(&path, &key).await.unwrap();
            assert_eq!(cache.find_meta("a").await.unwrap().as_deref(), Some("b"));
            assert_eq!(cache.health().await.unwrap().problems, Vec::<String>::new());
            cache.close().await;
            assert_eq!(std::fs::read(&path).unwrap()[..16], salt);
        }
    }

    #[tokio::test]
    async fn a_first_sector_that_was_lost_while_the_wal_was_folded_in_is_made_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (path, copy) = (folder.path().join("cache.db"), folder.path().join("copy.db"));
        let key = CacheKey::new([1; 32]);
        let cache = Cache::open(&path, &key).await.unwrap();
        let mut tx = cache.begin().await.unwrap();
        tx.put_meta("a", "b").await.unwrap();
        // Something on page 1 itself.
        sqlx::query("pragma user_version = 7").execute(&mut *tx.tx).await.unwrap();
        tx.commit().await.unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[..512].fill(0xAA);
        std::fs::write(&copy, bytes).unwrap();
        std::fs::copy(folder.path().join("cache.db-wal"), folder.path().join("copy.db-wal")).unwrap();
        cache.close().await;
        let cache = Cache::open(&copy, &key).await.unwrap();
        assert_eq!(cache.find_meta("a").await.unwrap().as_deref(), Some("b"));
        assert_eq!(cache.health().await.unwrap().problems, Vec::<String>::new());
        cache.close().await;
        assert_eq!(std::fs::read(&copy).unwrap()[..16], SALT);
    }

    #[tokio::test]
    async fn the_database_is_wal_fully_synchronous_and_encrypted_by_a_new_enough_library() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("cache.db"), &CacheKey::new([1; 32])).await.unwrap();
        let synchronous: i64 =
            sqlx::query_scalar("pragma synchronous").fetch_one(&cache.writer).await.unwrap();
        assert_eq!(synchronous, 2);
        let health = cache.health().await.unwrap();
        assert_eq!((health.journal_mode.as_str(), health.problems.len()), ("wal", 0));
        assert!(health.cipher_version.starts_with("4."), "{}", health.cipher_version);
        cache.close().await;
    }

    #[tokio::test]
    async fn readers_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("cache.db"), &CacheKey::new([1; 32])).await.unwrap();
        let refused = sqlx::query("insert into meta values ('a', 'b')").execute(&cache.reader).await;
        assert!(refused.unwrap_err().to_string().contains("readonly"));
        cache.close().await;
    }

    #[tokio::test]
    async fn a_file_of_a_newer_program_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache.db");
        let cache = Cache::open(&path, &CacheKey::new([1; 32])).await.unwrap();
        sqlx::query(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
             values (9999, 'later', 1, x'00', 0)",
        )
        .execute(&cache.writer)
        .await
        .unwrap();
        cache.close().await;
        assert!(matches!(Cache::open(&path, &CacheKey::new([1; 32])).await, Err(CacheError::Newer)));
    }
}
