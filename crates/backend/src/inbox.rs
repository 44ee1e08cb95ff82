//! Watched folders: what a bank's file transfer puts there is delivered to a company and moved to `delivered` beside it.
//!
//! A file is taken when two looks in a row found the same length and time, so that none is taken half written.
//! One that cannot be taken stays where it is and is looked at again.

use crate::{config::InboxConfig, documents, error::ApiError, state::Backend};
use attest_domain::limits::DOCUMENT_BYTES_MAX;
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::{Duration, SystemTime},
};

/// Time between two looks.
const LOOK: Duration = Duration::from_secs(2);
/// Folder that delivered files go to.
const DELIVERED: &str = "delivered";

/// What a look found of a file.
type Seen = HashMap<PathBuf, (u64, SystemTime)>;

/// Watches a folder for as long as the service runs.
pub(crate) async fn watch(backend: Weak<Backend>, inbox: InboxConfig) {
    let mut seen = Seen::new();
    loop {
        let Some(backend) = backend.upgrade() else { return };
        if let Err(error) = look(&backend, &inbox, &mut seen).await {
            tracing::warn!(folder = %inbox.folder.display(), %error, "a watched folder could not be read");
        }
        drop(backend);
        tokio::time::sleep(LOOK).await;
    }
}

async fn look(backend: &Arc<Backend>, inbox: &InboxConfig, seen: &mut Seen) -> std::io::Result<()> {
    let mut found = Seen::new();
    let mut entries = tokio::fs::read_dir(&inbox.folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        let (path, metadata) = (entry.path(), entry.metadata().await?);
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if metadata.is_file() && !hidden {
            found.insert(path, (metadata.len(), metadata.modified()?));
        }
    }
    for (path, state) in &found {
        if seen.get(path) == Some(state)
            && let Err(error) = deliver(backend, inbox, path, state.0).await
        {
            tracing::warn!(folder = %inbox.folder.display(), %error, "a file of a watched folder was not taken");
        }
    }
    *seen = found;
    Ok(())
}

async fn deliver(
    backend: &Arc<Backend>,
    inbox: &InboxConfig,
    path: &Path,
    length: u64,
) -> Result<(), ApiError> {
    if length > DOCUMENT_BYTES_MAX {
        return Err(ApiError::TooLarge(format!("A document has at most {DOCUMENT_BYTES_MAX} bytes.")));
    }
    let failed = |error: std::io::Error| ApiError::Bug(error.to_string());
    let bytes = tokio::fs::read(path).await.map_err(failed)?;
    let sha256 = documents::DocumentStore::digest_of(&bytes).to_string();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    documents::receive(backend, inbox.tenant, &sha256, &name, bytes.into()).await?;
    // Kept before it is moved: cut short in between it is delivered again, which changes nothing.
    let folder = inbox.folder.join(DELIVERED);
    tokio::fs::create_dir_all(&folder).await.map_err(failed)?;
    tokio::fs::rename(path, folder.join(format!("{}-{name}", &sha256[..16]))).await.map_err(failed)
}
