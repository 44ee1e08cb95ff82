//! What an operator does at the machine itself: making companies, members and keys.

use crate::{error::ApiError, state::Backend, tenants};
use anyhow::Result;
use attest_domain::roles::{Role, Scope};
use std::{io::Write as _, path::Path};
use uuid::Uuid;

/// Makes a company; answers its id.
///
/// # Errors
/// What the store says.
pub async fn create_tenant(backend: &Backend, name: &str) -> Result<Uuid> {
    tenants::create(backend, name).await.map_err(plain)
}

/// Adds a program as a member; answers its id and its key, which is seen this once.
///
/// # Errors
/// What the store says.
pub async fn add_program(
    backend: &Backend,
    tenant: Uuid,
    name: &str,
    role: Role,
    scope: &Scope,
) -> Result<(String, String)> {
    tenants::add_program(backend, tenant, name, role, scope).await.map_err(plain)
}

fn plain(error: ApiError) -> anyhow::Error {
    anyhow::Error::new(error)
}

/// Writes a file that only the service's user can read.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
