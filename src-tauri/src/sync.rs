//! A connected workspace in the window: connecting it, and telling the window what the desk says of its sync.
//!
//! The desk decides when to sync; here is no rule about it. The key passes through and is kept nowhere; a certificate
//! is chosen by a dialog in Rust and read here, so that the window learns no path.

use crate::{
    guard::{error_view, guarded},
    shell::Shell,
};
use attest_desk::{
    DeskError,
    sync::ConnectRequest,
    view::{CertificateView, ErrorView, MembershipView, StatusView, SyncPhase, SyncView},
};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// Event: sync went on. Payload [`SyncView`].
const SYNC_CHANGED: &str = "sync-changed";
/// Longest certificate file; a chain is a few thousand bytes.
const CERTIFICATE_BYTES_MAX: usize = 256 * 1024;

impl Shell {
    /// Connects a new workspace and opens it.
    pub(crate) async fn connect(
        &self,
        server: String,
        key: String,
        certificate: bool,
        tenant: Option<String>,
        passphrase: Option<String>,
    ) -> Result<StatusView, ErrorView> {
        let certificate = if certificate { self.known().certificate.clone() } else { None };
        let desk = self.desk().clone();
        let request = ConnectRequest { server, certificate, key: key.into(), tenant, passphrase };
        let connected = guarded(async move || {
            desk.connect(request).await.map_err(|error| error.view())?;
            desk.status().await.map_err(|error| error.view())
        });
        let status = self.change(connected).await?;
        self.known().certificate = None;
        Ok(status)
    }

    /// The companies of whoever has a key.
    pub(crate) async fn list_memberships(
        &self,
        server: String,
        key: String,
        certificate: bool,
    ) -> Result<Vec<MembershipView>, ErrorView> {
        let certificate = if certificate { self.known().certificate.clone() } else { None };
        let desk = self.desk().clone();
        guarded(async move || {
            let listed = desk.list_memberships(&server, certificate.as_deref(), &key.into()).await;
            listed.map_err(|error| error.view())
        })
        .await
    }

    /// Reads the certificate that was chosen and keeps it until the workspace is connected.
    pub(crate) async fn take_certificate(&self, path: PathBuf) -> Result<CertificateView, ErrorView> {
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let read = async move || {
            std::fs::read_to_string(&path)
                .ok()
                .filter(|text| {
                    text.len() <= CERTIFICATE_BYTES_MAX && text.contains("-----BEGIN CERTIFICATE-----")
                })
                .ok_or_else(|| error_view("certificate.unreadable", "That file holds no certificate (PEM)."))
        };
        let pem = guarded(read).await?;
        let sha256 = HEXLOWER.encode(&Sha256::digest(pem.as_bytes()));
        self.known().certificate = Some(pem);
        Ok(CertificateView { file, sha256 })
    }

    /// Has the desk keep the workspace that was just opened in sync, where it is connected.
    pub(crate) fn keep_synced(&self) {
        let (shell, desk) = (self.clone(), self.desk().clone());
        tauri::async_runtime::spawn(async move {
            let teller = shell.clone();
            let mut shown = (0, SyncPhase::Idle);
            let kept = desk.keep_synced(move |view| {
                teller.note_sync(SYNC_CHANGED, view);
                let now = (view.changes, view.phase);
                // What the log says of itself stands in the status.
                if now.0 != shown.0 || (now.1 == SyncPhase::Frozen) != (shown.1 == SyncPhase::Frozen) {
                    let shell = teller.clone();
                    tauri::async_runtime::spawn(async move { shell.refresh().await });
                }
                shown = now;
            });
            match kept.await {
                Ok(()) | Err(DeskError::NotConnected | DeskError::Locked) => {}
                Err(error) => {
                    tracing::warn!(code = error.code(), "the workspace is not kept in sync any more");
                    tell_end(&shell).await;
                }
            }
        });
    }
}

/// The keeper ended by an error: the window hears where sync stands.
async fn tell_end(shell: &Shell) {
    let state: Result<SyncView, _> = shell.desk().sync_state().await;
    if let Ok(view) = state {
        shell.note_sync(SYNC_CHANGED, &view);
    }
}
