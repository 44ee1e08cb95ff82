//! Starting and stopping the service.

use crate::{
    api,
    clock::Clock,
    config::Config,
    documents::DocumentStore,
    identity::{Identity, certificates::Authorities},
    inbox,
    log::{lane::Lanes, seal::Sealer},
    metrics::{self, Metrics},
    secrets::Secrets,
    state::Backend,
    store::Store,
    tls,
};
use anyhow::{Context as _, Result};
use axum_server::Handle;
use rustls::ServerConfig;
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::TcpListener,
    task::{AbortHandle, JoinHandle},
};

/// How long requests under way may take to end when the service stops.
const GRACE: Duration = Duration::from_secs(20);

/// A service that listens.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// The certificate that clients are to trust where it made its own.
    pub certificate: Option<PathBuf>,
    /// Where metrics are told.
    metrics: Option<(SocketAddr, AbortHandle)>,
    listener: Listener,
    /// The one on which programs show certificates.
    machines: Option<Listener>,
    backend: Arc<Backend>,
}

/// Opens everything a service needs, without listening.
///
/// # Errors
/// What is wrong with the configuration or does not answer.
pub async fn open(config: Config, clock: Arc<dyn Clock>) -> Result<Arc<Backend>> {
    config.check()?;
    make_folder(&config)?;
    let fresh = config.database.is_none() && !config.data.join("backend.db").exists();
    let secrets = Secrets::open(&config.data, fresh || config.database.is_some())?;
    let store = match &config.database {
        None => Store::open_sqlite(&config.data).await?,
        Some(url) => Store::open_postgres(url, config.replica.as_deref()).await?,
    };
    recognise(&store, &secrets, &config).await?;
    let documents = DocumentStore::open(&config)?;
    let authorities = Authorities::load(&config)?;
    let backend = Arc::new(Backend {
        config,
        store,
        documents,
        identity: Identity::new(&secrets, authorities),
        secrets,
        clock,
        lanes: Lanes::default(),
        sealer: Sealer::default(),
        metrics: Metrics::new()?,
        stopping: AtomicBool::new(false),
    });
    api::seal_all(&backend).await?;
    Ok(backend)
}

/// Refuses a secret that is not the one this database was begun with: it would sign what nobody can verify.
async fn recognise(store: &Store, secrets: &Secrets, config: &Config) -> Result<()> {
    let own = secrets.fingerprint();
    let mut tx = store.begin().await?;
    sqlx::query("insert into installation (name, value) values ('secret', $1) on conflict do nothing")
        .bind(&own)
        .execute(&mut *tx)
        .await?;
    let known: String = sqlx::query_scalar("select value from installation where name = 'secret'")
        .fetch_one(&mut *tx)
        .await?;
    tx.commit().await?;
    anyhow::ensure!(
        known == own,
        "the secret in {} is not the one of this database; put the installation's secret.key there",
        config.data.display()
    );
    Ok(())
}

/// The whole interface, for calling it in the same process.
pub fn router(backend: &Arc<Backend>) -> axum::Router {
    api::router(backend.clone())
}

/// Signs all that was appended so far, without waiting for the sealing that runs beside.
///
/// # Errors
/// What the store says.
pub async fn settle(backend: &Arc<Backend>) -> Result<()> {
    Ok(api::seal_all(backend).await?)
}

/// Closes the store of a service that does not listen.
pub async fn close(backend: &Backend) {
    backend.store.close().await;
}

/// Opens and listens.
///
/// # Errors
/// What is wrong with the configuration, does not answer, or is in use.
pub async fn start(config: Config, clock: Arc<dyn Clock>) -> Result<Running> {
    // First of all: what may not be kept there leaves no trace there either.
    config.check()?;
    make_folder(&config)?;
    let tls = tls::server(&config)?;
    let machines = match &config.machines {
        Some(machines) => Some((machines.listen, tls::machines(&config)?)),
        None => None,
    };
    let certificate = config.certificate.is_none().then(|| tls::development_chain(&config));
    let (listen, told, inboxes) = (config.listen, config.metrics, config.inbox.clone());
    let backend = open(config, clock).await?;
    let metrics = match told {
        None => None,
        Some(address) => {
            let listener =
                TcpListener::bind(address).await.with_context(|| format!("metrics on {address}"))?;
            let address = listener.local_addr()?;
            let served = axum::serve(listener, metrics::router(backend.clone())).into_future();
            Some((address, tokio::spawn(served).abort_handle()))
        }
    };
    for inbox in inboxes {
        tokio::spawn(inbox::watch(Arc::downgrade(&backend), inbox));
    }
    let listener = Listener::open(&backend, listen, tls).await?;
    let machines = match machines {
        Some((listen, tls)) => Some(Listener::open(&backend, listen, tls).await?),
        None => None,
    };
    tracing::info!(address = %listener.address, "listening");
    let address = listener.address;
    Ok(Running { address, certificate, metrics, listener, machines, backend })
}

fn make_folder(config: &Config) -> Result<()> {
    std::fs::create_dir_all(&config.data)
        .with_context(|| format!("the data folder {}", config.data.display()))
}

/// An address at which the interface is served.
#[derive(Debug)]
struct Listener {
    address: SocketAddr,
    handle: Handle<SocketAddr>,
    served: JoinHandle<std::io::Result<()>>,
}

impl Listener {
    async fn open(backend: &Arc<Backend>, listen: SocketAddr, tls: ServerConfig) -> Result<Self> {
        let handle = Handle::new();
        let server = axum_server::bind(listen).acceptor(tls::Acceptor::new(tls)).handle(handle.clone());
        let router = api::router(backend.clone());
        let served = tokio::spawn(server.serve(router.into_make_service_with_connect_info::<SocketAddr>()));
        let address = handle.listening().await.with_context(|| format!("listening on {listen}"))?;
        Ok(Self { address, handle, served })
    }
}

impl Running {
    /// The service, for operating it in the same process.
    #[must_use]
    pub fn backend(&self) -> &Arc<Backend> {
        &self.backend
    }

    /// Where metrics are told.
    #[must_use]
    pub fn metrics(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(|(address, _)| *address)
    }

    /// Where programs show certificates.
    #[must_use]
    pub fn machines(&self) -> Option<SocketAddr> {
        self.machines.as_ref().map(|listener| listener.address)
    }

    /// Takes no more connections, lets requests under way end, closes the store.
    ///
    /// # Errors
    /// What a listener ended with.
    pub async fn stop(self) -> Result<()> {
        let listeners: Vec<Listener> = std::iter::once(self.listener).chain(self.machines).collect();
        self.backend.stopping.store(true, Ordering::Release);
        // All of them at once, so that they share the time.
        for listener in &listeners {
            listener.handle.graceful_shutdown(Some(GRACE));
        }
        for listener in listeners {
            listener.served.await??;
        }
        if let Some((_, told)) = self.metrics {
            told.abort();
        }
        self.backend.store.close().await;
        Ok(())
    }
}
