//! What an operator does at the machine itself: making companies, members and keys.

use crate::{
    error::ApiError,
    identity::people::{self, NewPerson},
    state::Backend,
    tenants,
};
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

/// A person to be added as a member.
#[derive(Clone, Copy)]
pub struct Person<'p> {
    /// What events and members show.
    pub name: &'p str,
    /// E-mail address or user name to sign in with.
    pub login: &'p str,
    /// The first password; of no account for somebody who has one.
    pub password: &'p str,
}

/// Adds a person as a member; answers its id and, where it is new, the address for its authenticator
/// (`otpauth://…`), which is seen this once.
///
/// # Errors
/// What the store says; a password that is too short.
pub async fn add_person(
    backend: &Backend,
    tenant: Uuid,
    person: Person<'_>,
    role: Role,
    scope: &Scope,
) -> Result<(String, Option<String>)> {
    let new = NewPerson { name: person.name, login: person.login };
    tenants::add_person(backend, tenant, new, person.password, role, scope).await.map_err(plain)
}

/// Gives a person a new password and authenticator, ends its sessions and forgets failed attempts; answers the
/// address for the authenticator, seen this once. `None` for a login nobody has.
///
/// # Errors
/// What the store says; a password that is too short.
pub async fn reset_person(backend: &Backend, login: &str, password: &str) -> Result<Option<String>> {
    people::reset(backend, login, password).await.map_err(plain)
}

/// Passwords hashed since the start.
#[must_use]
pub fn password_checks(backend: &Backend) -> u64 {
    backend.identity.passwords().checks()
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
