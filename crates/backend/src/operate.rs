//! What an operator does at the machine itself: making companies, members and keys.

pub use crate::{
    erase::{Erased, Target},
    identity::credentials::Credential,
};

use crate::{
    erase,
    error::ApiError,
    identity::{
        certificates, credentials, keys,
        people::{self, NewPerson},
    },
    state::Backend,
    store::StoreError,
    tenants,
};
use anyhow::{Context as _, Result, ensure};
use attest_domain::{
    drafts::Standing,
    roles::{Role, Scope},
};
use serde::Serialize;
use sqlx::Row as _;
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
    let standing = Standing { role, scope: scope.clone() };
    let added = tenants::add_program(backend, tenant, name, &standing, tenants::Shows::Key);
    let (subject, key) = added.await.map_err(plain)?;
    Ok((subject, key.context("a program without a key")?))
}

/// What a program shows instead of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certified<'c> {
    /// This certificate (PEM), whoever issued it.
    Certificate(&'c str),
    /// Any certificate of the configured authorities that has this DNS name.
    Name(&'c str),
}

/// Adds a program as a member that shows a certificate; answers its id.
///
/// # Errors
/// What the store says; a certificate or name that cannot be read, or is a program's already.
pub async fn add_certified_program(
    backend: &Backend,
    tenant: Uuid,
    name: &str,
    role: Role,
    scope: &Scope,
    shows: Certified<'_>,
) -> Result<String> {
    let standing = Standing { role, scope: scope.clone() };
    let added = match shows {
        Certified::Certificate(pem) => {
            let registered = certificates::parse(pem).map_err(plain)?;
            tenants::add_program(backend, tenant, name, &standing, tenants::Shows::Certificate(&registered))
                .await
        }
        Certified::Name(dns) => {
            let dns = read_name(backend, dns)?;
            tenants::add_program(backend, tenant, name, &standing, tenants::Shows::Name(&dns)).await
        }
    };
    Ok(added.map_err(plain)?.0)
}

/// Has a program show this, too: how one certificate takes the place of another.
///
/// # Errors
/// What the store says; an id that is no program's.
pub async fn add_certificate(backend: &Backend, program: &str, shows: Certified<'_>) -> Result<()> {
    check_program(backend, program).await?;
    let now = backend.now();
    let mut tx = backend.store.begin().await?;
    match shows {
        Certified::Certificate(pem) => {
            let registered = certificates::parse(pem).map_err(plain)?;
            certificates::register(&mut tx, program, &registered, &now).await.map_err(plain)?;
        }
        Certified::Name(dns) => {
            let dns = read_name(backend, dns)?;
            certificates::register_name(&mut tx, program, &dns, &now).await.map_err(plain)?;
        }
    }
    Ok(tx.commit().await?)
}

fn read_name(backend: &Backend, dns: &str) -> Result<String> {
    let known = backend.config.machines.as_ref().is_some_and(|machines| !machines.client_ca.is_empty());
    ensure!(known, "no authority is configured (machines.client_ca) whose certificates could have a name");
    certificates::parse_name(dns).with_context(|| format!("{dns:?} is no DNS name"))
}

/// Makes another key for a program, seen this once.
///
/// # Errors
/// What the store says; an id that is no program's.
pub async fn add_key(backend: &Backend, program: &str) -> Result<String> {
    check_program(backend, program).await?;
    let mut tx = backend.store.begin().await?;
    let key = keys::make(&mut tx, program, &backend.now()).await.map_err(plain)?;
    tx.commit().await?;
    Ok(key)
}

/// People have no keys and no certificates: they sign in.
async fn check_program(backend: &Backend, id: &str) -> Result<()> {
    let found: Option<String> = sqlx::query_scalar(
        "select id from subject where id = $1 and revoked is null
           and not exists (select 1 from login l where l.subject = subject.id)",
    )
    .bind(id)
    .fetch_optional(&backend.store.reader)
    .await?;
    ensure!(found.is_some(), "there is no program {id}");
    Ok(())
}

/// A member as the operator sees it: who may do what, and no figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    /// Id of the person or program.
    pub id: String,
    /// Name, where there is one.
    pub name: Option<String>,
    /// `user`, `system` or `bank`.
    pub kind: String,
    /// Role in the company.
    pub role: String,
}

/// The members of a company, by name.
///
/// # Errors
/// What the store says.
pub async fn list_members(backend: &Backend, tenant: Uuid) -> Result<Vec<Member>> {
    let rows = sqlx::query(
        "select s.id, s.name, s.kind, m.role from member m join subject s on s.id = m.subject
         where m.tenant = $1 order by s.name, s.id",
    )
    .bind(tenant.to_string())
    .fetch_all(&backend.store.reader)
    .await?;
    let member = |row: &sqlx::any::AnyRow| Member {
        id: row.get(0),
        name: row.get(1),
        kind: row.get(2),
        role: row.get(3),
    };
    Ok(rows.iter().map(member).collect())
}

/// What a person or program signs in with, the oldest first; ended ones too.
///
/// # Errors
/// What the store says.
pub async fn list_credentials(backend: &Backend, subject: &str) -> Result<Vec<Credential>> {
    credentials::list(backend, subject).await.map_err(plain)
}

/// Ends a key, a certificate, a name or a device by its id; false where nothing that holds has it.
///
/// # Errors
/// What the store says.
pub async fn end_credential(backend: &Backend, id: &str) -> Result<bool> {
    credentials::end(backend, id).await.map_err(plain)
}

/// Erases what events conceal, with an event that says so. `reason` is a code, such as `gdpr.17`.
///
/// # Errors
/// What the store says; a position without an event.
pub async fn erase(backend: &Backend, tenant: Uuid, target: &Target, reason: &str) -> Result<Erased> {
    let erased = erase::erase(backend, tenant, target, reason).await.map_err(plain)?;
    if erased.disclosures > 0 {
        backend.store.scrub().await.map_err(StoreError::from)?;
    }
    Ok(erased)
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
    let standing = Standing { role, scope: scope.clone() };
    tenants::add_person(backend, tenant, new, person.password, &standing).await.map_err(plain)
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
