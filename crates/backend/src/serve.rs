//! Starting and stopping the service.

use crate::{
    api,
    clock::Clock,
    config::Config,
    documents::DocumentStore,
    identity::Identity,
    inbox,
    log::{lane::Lanes, seal::Sealer},
    metrics::{self, Metrics},
    secrets::Secrets,
    state::Backend,
    store::Store,
    tls,
};
use anyhow::{Context as _, Result};
use axum_server::{
    Handle,
    accept::NoDelayAcceptor,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
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
    handle: Handle<SocketAddr>,
    served: JoinHandle<std::io::Result<()>>,
    backend: Arc<Backend>,
}

/// Opens everything a service needs, without listening.
///
/// # Errors
/// What is wrong with the configuration or does not answer.
pub async fn open(config: Config, clock: Arc<dyn Clock>) -> Result<Arc<Backend>> {
    config.check()?;
    std::fs::create_dir_all(&config.data)
        .with_context(|| format!("the data folder {}", config.data.display()))?;
    let fresh = config.database.is_none() && !config.data.join("backend.db").exists();
    let secrets = Secrets::open(&config.data, fresh || config.database.is_some())?;
    let store = match &config.database {
        None => Store::open_sqlite(&config.data).await?,
        Some(url) => Store::open_postgres(url).await?,
    };
    recognise(&store, &secrets, &config).await?;
    let documents = DocumentStore::open(&config)?;
    let backend = Arc::new(Backend {
        config,
        store,
        documents,
        identity: Identity::new(&secrets),
        secrets,
        clock,
        lanes: Lanes::default(),
        sealer: Sealer::default(),
        metrics: Metrics::new()?,
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
    let tls = tls::server(&config.clone()).or_else(|error| {
        // The data folder is made on the way; a certificate needs it first.
        std::fs::create_dir_all(&config.data)?;
        tls::server(&config).context(error)
    })?;
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
    let handle = Handle::new();
    // Without delay: an answer of several packets would otherwise wait 40 ms for the acknowledgement of its first.
    let acceptor = RustlsAcceptor::new(RustlsConfig::from_config(Arc::new(tls))).acceptor(NoDelayAcceptor);
    let server = axum_server::bind(listen).acceptor(acceptor).handle(handle.clone());
    let router = api::router(backend.clone());
    let served = tokio::spawn(server.serve(router.into_make_service_with_connect_info::<SocketAddr>()));
    let address = handle.listening().await.with_context(|| format!("listening on {listen}"))?;
    tracing::info!(%address, "listening");
    Ok(Running { address, certificate, metrics, handle, served, backend })
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

    /// Takes no more connections, lets requests under way end, closes the store.
    ///
    /// # Errors
    /// What the listener ended with.
    pub async fn stop(self) -> Result<()> {
        self.handle.graceful_shutdown(Some(GRACE));
        self.served.await??;
        if let Some((_, told)) = self.metrics {
            told.abort();
        }
        self.backend.store.close().await;
        Ok(())
    }
}
