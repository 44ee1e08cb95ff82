//! Creating, unlocking and locking a workspace, its status and its preferences.
//!
//! A workspace is a folder: `key.json` (never a key in clear), `cache.db` (encrypted), `settings.json`
//! (language, theme, auto-lock) and `lock` (held by the one process that has it open). While it is being made there is
//! `unfinished` too: it tells a creation that was cut short, which unlocking completes, from a database that was lost.

use crate::{
    Desk, Session,
    connection::Connection,
    error::DeskError,
    journal::{Act, Author, device_user, make_id},
    seal::{self, Authority, Seal},
    sign_in,
    view::{KeyMode, Language, SettingsView, StatusView, Theme, WorkspaceState},
};
use attest_cache::{Cache, CacheKey};
use attest_domain::drafts::workspace_created;
use attest_keychain::{Cost, Database, KeyFile, KeyHolder, Passphrase, Secret};
use attest_remote::Grant;
use std::{
    fs::{File, OpenOptions, TryLockError},
    io::Write as _,
    path::Path,
    sync::Arc,
};
use uuid::Uuid;

pub(crate) const DATABASE_FILE: &str = "cache.db";
const LOCK_FILE: &str = "lock";
const SETTINGS_FILE: &str = "settings.json";
const UNFINISHED_FILE: &str = "unfinished";
/// What that file says where a replica was being made.
const CONNECTED: &[u8] = b"connected";

/// How the key of a workspace is come by.
enum Way<'k> {
    /// From the keychain, or by the passphrase.
    Ask(Option<String>),
    /// Whoever asks has it.
    Known(&'k Secret),
}

/// Mark of a projection that has to be made again from the log, set with what was pulled.
pub(crate) const REPLAY: &str = "replay";

/// Minutes until auto-lock when nothing else is set (DESIGN §13).
const AUTO_LOCK_MINUTES: u32 = 10;

impl Default for SettingsView {
    fn default() -> Self {
        Self { language: Language::En, theme: Theme::System, auto_lock_minutes: AUTO_LOCK_MINUTES }
    }
}

impl Desk {
    /// The state of the whole; answers in every state.
    ///
    /// # Errors
    /// [`DeskError`] when the open database does not answer.
    pub async fn status(&self) -> Result<StatusView, DeskError> {
        let key_file = self.key_file()?;
        let session = self.shared.session.read().await.clone();
        let mut view = StatusView {
            workspace: match (&key_file, &session) {
                (None, _) => WorkspaceState::Absent,
                (Some(_), None) => WorkspaceState::Locked,
                (Some(_), Some(_)) => WorkspaceState::Open,
            },
            key_mode: key_file.as_ref().map(|file| match file.holder() {
                KeyHolder::Keychain => KeyMode::Keychain,
                KeyHolder::Passphrase => KeyMode::Passphrase,
            }),
            keychain_available: self.shared.keychain_available().await,
            locked_because: session.is_none().then(|| self.shared.locked_because()),
            company: None,
            organisation_number: None,
            log_size: 0,
            log_code: String::new(),
            freeze: None,
            settings: self.settings(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        if let Some(session) = session {
            let checkpoint = session.cache.find_checkpoint().await?;
            // What stands behind the checkpoint is provisional.
            view.log_size = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size);
            view.log_code = seal::short_code(checkpoint.as_ref())?;
            view.freeze = session.seal.frozen();
            if let Some((_, book)) = session.cache.list_books().await?.into_iter().next_back() {
                view.company = book.company;
                view.organisation_number = book.organisation_number;
            }
        }
        Ok(view)
    }

    /// Creates a workspace in the folder and opens it. `None` puts the key into the keychain.
    ///
    /// Cut short at any point it leaves either nothing or a workspace that [`Desk::unlock`] completes.
    ///
    /// # Errors
    /// [`DeskError::WorkspaceExists`]; what the keychain says; [`DeskError::InUse`].
    pub async fn create_workspace(&self, passphrase: Option<String>) -> Result<StatusView, DeskError> {
        self.create(None, None, passphrase).await?;
        self.status().await
    }

    /// The same for a workspace that replicates a backend's log.
    pub(crate) async fn create_connected(
        &self,
        connection: Connection,
        grant: Option<&Grant>,
        passphrase: Option<String>,
    ) -> Result<(), DeskError> {
        self.create(Some(connection), grant, passphrase).await
    }

    async fn create(
        &self,
        connection: Option<Connection>,
        grant: Option<&Grant>,
        passphrase: Option<String>,
    ) -> Result<(), DeskError> {
        let door = self.shared.door.lock().await;
        let dir = &self.shared.dir;
        make_folder(dir).map_err(|source| file_error(dir, source))?;
        self.shared.wait_until_left().await;
        let lock = take_lock(dir)?;
        let database = dir.join(DATABASE_FILE);
        if self.key_file()?.is_some() || database.exists() {
            return Err(DeskError::WorkspaceExists(dir.clone()));
        }
        let tenant = connection.as_ref().map_or_else(Uuid::new_v4, |connection| connection.tenant);
        // Two replicas of one company on one machine have keys of their own.
        let workspace = if connection.is_some() { Uuid::new_v4() } else { tenant };
        let (file, secret) = blocking(move || match passphrase {
            None => attest_keychain::create_in_keychain(workspace, Database::Absent),
            Some(text) => attest_keychain::create_with_passphrase(
                workspace,
                &Passphrase::from(text),
                Cost::RECOMMENDED,
                Database::Absent,
            ),
        })
        .await??;
        let kind: &[u8] = if connection.is_some() { CONNECTED } else { b"" };
        write_whole(&dir.join(UNFINISHED_FILE), kind)?;
        // The key is on its way to safety before anything is encrypted with it. Its folder is synced with it, and
        // with that the file above.
        attest_keychain::write_key_file(dir, &file)?;
        let cache = Cache::open(&database, &CacheKey::new(*secret.expose())).await?;
        let (author, authority) = match connection {
            None => (self.found(&cache, tenant).await?, Authority::device(tenant, &secret)?),
            Some(connection) => {
                let authority = Authority::Backend(connection.verifier_key()?);
                (self.found_connected(&cache, &connection, grant).await?, authority)
            }
        };
        let seal = Seal::new(dir, file, authority);
        seal.check(&cache).await?;
        self.install(Session::new(cache, author, seal, lock)).await;
        drop(door);
        Ok(())
    }

    /// Opens the workspace. The passphrase is used in passphrase mode only. Completes a creation, and makes up for
    /// proposals, that were cut short.
    ///
    /// # Errors
    /// [`DeskError::NoWorkspace`], [`DeskError::InUse`], [`DeskError::DatabaseMissing`], what the keychain or the
    /// database says.
    pub async fn unlock(&self, passphrase: Option<String>) -> Result<StatusView, DeskError> {
        self.open(Way::Ask(passphrase)).await
    }

    /// The same for who has the key itself: nothing is asked and no passphrase is tried.
    ///
    /// # Errors
    /// Those of [`Desk::unlock`]; a key of another workspace is refused.
    pub async fn unlock_with_key(&self, key: &Secret) -> Result<StatusView, DeskError> {
        self.open(Way::Known(key)).await
    }

    async fn open(&self, way: Way<'_>) -> Result<StatusView, DeskError> {
        let door = self.shared.door.lock().await;
        if self.shared.session.read().await.is_some() {
            return self.status().await;
        }
        let dir = &self.shared.dir;
        let closed = self.key_file()?.ok_or_else(|| DeskError::NoWorkspace(dir.clone()))?;
        self.shared.wait_until_left().await;
        let lock = take_lock(dir)?;
        let (database, unfinished) = (dir.join(DATABASE_FILE), dir.join(UNFINISHED_FILE).exists());
        if !unfinished && !database.exists() {
            return Err(DeskError::DatabaseMissing(database));
        }
        let workspace = closed.workspace();
        let (file, asked);
        let secret = match way {
            Way::Ask(passphrase) => {
                (file, asked) = blocking(move || {
                    let passphrase = passphrase.map(Passphrase::from);
                    attest_keychain::unlock(&closed, passphrase.as_ref()).map(|secret| (closed, secret))
                })
                .await??;
                &asked
            }
            Way::Known(key) if closed.is_key(key) => {
                file = closed;
                key
            }
            Way::Known(_) => return Err(attest_keychain::Error::KeyMismatch.into()),
        };
        let cache = Cache::open(&database, &CacheKey::new(*secret.expose())).await?;
        let author = match cache.find_meta("tenant").await? {
            None if unfinished
                && std::fs::read(dir.join(UNFINISHED_FILE)).is_ok_and(|kind| kind == CONNECTED) =>
            {
                cache.close().await;
                return Err(DeskError::ConnectingCutShort(dir.clone()));
            }
            None if unfinished => self.found(&cache, workspace).await?,
            tenant => self.find_author(&cache, tenant).await?,
        };
        if unfinished {
            remove_unfinished(dir)?;
        }
        let authority = match Connection::find(&cache).await? {
            Some(connection) => Authority::Backend(connection.verifier_key()?),
            None => Authority::device(author.tenant, secret)?,
        };
        let seal = Seal::new(dir, file, authority);
        seal.check(&cache).await?;
        let frozen = seal.frozen().is_some();
        self.install(Session::new(cache, author, seal, lock)).await;
        drop(door);
        if frozen {
            return self.status().await;
        }
        let session = self.session().await?;
        if session.cache.find_meta(REPLAY).await?.as_deref() == Some("due") {
            self.rebuild().await?;
        }
        if let Err(error) = self.finish_proposing(&session, &self.watch_proposing()).await {
            // The marks stand; what is here can be worked with.
            tracing::warn!(%error, "proposals that were cut short could not be made up for");
        }
        drop(session);
        self.status().await
    }

    /// Writes what makes a database a workspace.
    async fn found(&self, cache: &Cache, tenant: Uuid) -> Result<Author, DeskError> {
        close_to_others(&self.shared.dir)?;
        let user = make_id().to_string();
        let author = Author {
            tenant,
            actor: device_user(user.clone()),
            connected: false,
            clock: self.shared.clock.clone(),
        };
        let mut tx = cache.begin().await?;
        tx.put_meta("tenant", &tenant.to_string()).await?;
        tx.put_meta("user", &user).await?;
        author.append(&mut tx, workspace_created(tenant, "standalone"), Act::default(), None).await?;
        tx.commit().await?;
        remove_unfinished(&self.shared.dir)?;
        Ok(author)
    }

    /// The same for a replica: its log comes from the backend.
    async fn found_connected(
        &self,
        cache: &Cache,
        connection: &Connection,
        grant: Option<&Grant>,
    ) -> Result<Author, DeskError> {
        close_to_others(&self.shared.dir)?;
        let mut tx = cache.begin().await?;
        tx.put_meta("tenant", &connection.tenant.to_string()).await?;
        tx.put_meta("user", &connection.subject).await?;
        connection.put(&mut tx).await?;
        sign_in::put(&mut tx, grant).await?;
        tx.commit().await?;
        remove_unfinished(&self.shared.dir)?;
        Ok(Author {
            tenant: connection.tenant,
            actor: connection.actor(),
            connected: true,
            clock: self.shared.clock.clone(),
        })
    }

    async fn find_author(&self, cache: &Cache, tenant: Option<String>) -> Result<Author, DeskError> {
        let missing = |key: &'static str| move || DeskError::Bug(format!("the workspace has no {key}"));
        let tenant = tenant.ok_or_else(missing("tenant"))?;
        let tenant = Uuid::parse_str(&tenant).map_err(|_| DeskError::Bug(format!("tenant {tenant}")))?;
        let user = cache.find_meta("user").await?.ok_or_else(missing("user"))?;
        let connection = Connection::find(cache).await?;
        let connected = connection.is_some();
        let actor = connection.map_or_else(|| device_user(user), |connection| connection.actor());
        Ok(Author { tenant, actor, connected, clock: self.shared.clock.clone() })
    }

    /// Closes every connection and forgets the key. `because` is shown on the lock screen. Work that still runs is
    /// told to stop; unlocking waits until it has let go.
    ///
    /// # Errors
    /// [`DeskError`] when the status cannot be told.
    pub async fn lock(&self, because: &str) -> Result<StatusView, DeskError> {
        self.cancel_import(None);
        self.shared.cancel_proposing();
        let session = self.shared.session.write().await.take();
        because.clone_into(&mut self.shared.locked_because.lock().expect("no holder panics"));
        if let Some(session) = session {
            session.progress.stop();
            *self.shared.leaving.lock().expect("no holder panics") = Some(session.present.subscribe());
            session.forget();
            session.settle_sign_in().await;
            session.keep_synced_at().await;
            session.seal.settle().await;
            session.cache.clone().close().await;
        }
        self.status().await
    }

    /// Preferences of this machine.
    #[must_use]
    pub fn settings(&self) -> SettingsView {
        std::fs::read(self.shared.dir.join(SETTINGS_FILE))
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// Keeps the preferences.
    ///
    /// # Errors
    /// [`DeskError::Argument`] for minutes outside 1 to 60, [`DeskError::File`].
    pub fn save_settings(&self, settings: SettingsView) -> Result<SettingsView, DeskError> {
        if !(1..=60).contains(&settings.auto_lock_minutes) {
            let value = settings.auto_lock_minutes.to_string();
            return Err(DeskError::Argument { what: "number of minutes from 1 to 60", value });
        }
        let json = serde_json::to_vec_pretty(&settings).map_err(|error| DeskError::Bug(error.to_string()))?;
        make_folder(&self.shared.dir).map_err(|source| file_error(&self.shared.dir, source))?;
        write_whole(&self.shared.dir.join(SETTINGS_FILE), &json)?;
        Ok(settings)
    }

    fn key_file(&self) -> Result<Option<KeyFile>, DeskError> {
        let database =
            if self.shared.dir.join(DATABASE_FILE).exists() { Database::Present } else { Database::Absent };
        Ok(attest_keychain::read_key_file(&self.shared.dir, database)?)
    }

    async fn install(&self, session: Session) {
        *self.shared.session.write().await = Some(Arc::new(session));
    }

    /// The open session.
    pub(crate) async fn session(&self) -> Result<Arc<Session>, DeskError> {
        self.shared.session.read().await.clone().ok_or(DeskError::Locked)
    }
}

/// Runs something that blocks (keychain, Argon2id, reading files) off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, DeskError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| DeskError::Bug(error.to_string()))
}

/// Makes the folder for its owner alone. One that is there already keeps its access; its files are closed instead.
pub(crate) fn make_folder(dir: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(dir)
}

/// The workspace is made.
fn remove_unfinished(dir: &Path) -> Result<(), DeskError> {
    let path = dir.join(UNFINISHED_FILE);
    match std::fs::remove_file(&path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(file_error(&path, source)),
        _ => Ok(()),
    }
}

/// Takes the database from everybody but its owner; the journals that SQLite makes later follow it.
#[cfg(unix)]
fn close_to_others(dir: &Path) -> Result<(), DeskError> {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt as _};
    for name in [DATABASE_FILE.to_owned(), format!("{DATABASE_FILE}-wal"), format!("{DATABASE_FILE}-shm")] {
        let path = dir.join(name);
        if path.exists() {
            std::fs::set_permissions(&path, Permissions::from_mode(0o600))
                .map_err(|source| file_error(&path, source))?;
        }
    }
    Ok(())
}

/// Windows gives a user's folder for data to that user alone.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape as on Unix")]
fn close_to_others(_: &Path) -> Result<(), DeskError> {
    Ok(())
}

fn take_lock(dir: &Path) -> Result<File, DeskError> {
    let path = dir.join(LOCK_FILE);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|source| file_error(&path, source))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DeskError::InUse),
        Err(TryLockError::Error(source)) => Err(file_error(&path, source)),
    }
}

/// Writes a file that is either the old one or wholly the new one: temporary file, sync, rename.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), DeskError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let temporary = path.with_file_name(name);
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    };
    write().map_err(|source| {
        // The half-written file is ours alone; leaving it would only puzzle.
        drop(std::fs::remove_file(&temporary));
        file_error(path, source)
    })
}

pub(crate) fn file_error(path: &Path, source: std::io::Error) -> DeskError {
    DeskError::File { path: path.to_owned(), source }
}
