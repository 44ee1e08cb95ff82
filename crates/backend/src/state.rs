//! Everything a request may need, made once at start.

use crate::{
    clock::{Clock, instant},
    config::Config,
    documents::DocumentStore,
    identity::Identity,
    log::{lane::Lanes, seal::Sealer},
    metrics::Metrics,
    secrets::Secrets,
    store::Store,
};
use std::sync::{Arc, atomic::AtomicBool};

/// A running installation.
#[derive(Debug)]
pub struct Backend {
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) documents: DocumentStore,
    pub(crate) secrets: Secrets,
    pub(crate) identity: Identity,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) lanes: Lanes,
    pub(crate) sealer: Sealer,
    pub(crate) metrics: Metrics,
    /// Set when the service stops: what would go on for ever ends.
    pub(crate) stopping: AtomicBool,
}

impl Backend {
    /// The instant, as it is stored.
    pub(crate) fn now(&self) -> String {
        instant(self.clock.now())
    }
}
