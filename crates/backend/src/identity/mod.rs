//! Who is calling, and what they are in a tenant.

mod address;
mod attempts;
pub(crate) mod authorize;
pub(crate) mod certificates;
pub(crate) mod credentials;
pub(crate) mod devices;
pub(crate) mod dpop;
pub(crate) mod keys;
pub(crate) mod members;
pub(crate) mod metadata;
mod method;
mod page;
mod password;
pub(crate) mod people;
mod rights;
mod secret;
pub(crate) mod token;
mod tokens;
mod totp;

pub(crate) use method::Method;
pub(crate) use rights::Rights;

use crate::{error::ApiError, secrets::Secrets, state::Backend, store::StoreError};
use attest_domain::{
    Amount,
    event::{Actor, ActorKind},
    roles::{Denied, Entitlement, Role, Scope, authorize},
};
use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{header, request::Parts},
};
use password::Passwords;
use sqlx::Row as _;
use std::{convert::Infallible, sync::Arc};
use uuid::Uuid;
use zeroize::Zeroizing;

/// What sign-in needs beside the store.
pub(crate) struct Identity {
    passwords: Passwords,
    authorities: certificates::Authorities,
    reads: dpop::Reads,
    account_key: Zeroizing<[u8; 32]>,
    form_key: Zeroizing<[u8; 32]>,
    nonce_key: Zeroizing<[u8; 32]>,
    refresh_key: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Identity {
    /// Never the keys.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Identity")
    }
}

impl Identity {
    pub(crate) fn new(secrets: &Secrets, authorities: certificates::Authorities) -> Self {
        Self {
            passwords: Passwords::new(secrets),
            authorities,
            reads: dpop::Reads::default(),
            account_key: secrets.derive("attempts v1"),
            form_key: secrets.derive("sign-in forms v1"),
            nonce_key: secrets.derive("dpop nonces v1"),
            refresh_key: secrets.derive("refresh tokens v1"),
        }
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    fn authorities(&self) -> &certificates::Authorities {
        &self.authorities
    }

    fn reads(&self) -> &dpop::Reads {
        &self.reads
    }

    fn nonce_key(&self) -> &[u8] {
        self.nonce_key.as_slice()
    }

    fn refresh_key(&self) -> &[u8] {
        self.refresh_key.as_slice()
    }

    fn form_key(&self) -> &[u8] {
        self.form_key.as_slice()
    }

    /// What the attempts on an account are counted by; the account need not exist.
    fn account_key(&self, login: &str) -> Vec<u8> {
        secret::mac(self.account_key.as_slice(), &["account", login])
    }

    /// What the attempts of a browser that knows the account are counted by.
    fn browser_key(&self, browser: &str, login: &str) -> Vec<u8> {
        secret::mac(self.account_key.as_slice(), &["browser", browser, login])
    }

    /// What the attempts from an address are counted by.
    fn address_key(&self, address: &str) -> Vec<u8> {
        secret::mac(self.account_key.as_slice(), &["address", address])
    }
}

/// A person or program whose credentials hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) subject: String,
    pub(crate) kind: ActorKind,
    pub(crate) name: Option<String>,
    /// How it was authenticated; [`Method::assurance`] is what rules may ask for.
    pub(crate) method: Method,
    /// What its token was given.
    pub(crate) rights: Rights,
    /// The device it is signed in on; programs have none.
    pub(crate) device: Option<String>,
}

/// A caller in a tenant it is a member of.
#[derive(Clone, Debug)]
pub(crate) struct Membership {
    pub(crate) tenant: Uuid,
    pub(crate) caller: Caller,
    pub(crate) role: Role,
    pub(crate) scope: Scope,
}

impl FromRequestParts<Arc<Backend>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, backend: &Arc<Backend>) -> Result<Self, ApiError> {
        let credentials = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        match credentials.and_then(|credentials| credentials.split_once(' ')) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("dpop") => {
                by_proof(backend, parts, token.trim()).await
            }
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                let token = token.trim();
                if token.starts_with(tokens::ACCESS_PREFIX) {
                    return by_bearer(backend, parts, token).await;
                }
                keys::find_caller(backend, token).await
            }
            _ => match certificates::find_caller(backend, &certificates::shown(parts)).await? {
                Some(caller) if credentials.is_none() => Ok(caller),
                _ => Err(ApiError::Unauthorized("credentials.missing", "Sign in first.")),
            },
        }
    }
}

const EXPIRED: ApiError =
    ApiError::Unauthorized("token.invalid", "This sign-in has run out or was ended. Sign in again.");

/// The holder of a token that is bound to a key, and of the key.
async fn by_proof(backend: &Backend, parts: &Parts, token: &str) -> Result<Caller, ApiError> {
    let held = find_held(backend, parts, token).await?;
    let proof = dpop::verify(backend, parts, Some(token))?;
    if held.jkt.as_deref() != Some(proof.jkt.as_str()) {
        return Err(EXPIRED);
    }
    if !proof.spend_on(backend, &parts.method).await? {
        return Err(dpop::ProofError::Invalid("it was used before").into());
    }
    Ok(caller(held))
}

/// The program that holds a token of its own; one that is bound to a key is of no use without it.
async fn by_bearer(backend: &Backend, parts: &Parts, token: &str) -> Result<Caller, ApiError> {
    let held = find_held(backend, parts, token).await?;
    if held.jkt.is_some() { Err(EXPIRED) } else { Ok(caller(held)) }
}

/// What a token was given; one that is bound to a certificate is of use only to its holder, and while it holds.
async fn find_held(backend: &Backend, parts: &Parts, token: &str) -> Result<tokens::Held, ApiError> {
    let held = tokens::find_access(backend, token).await?.ok_or(EXPIRED)?;
    if held.x5t.is_some() {
        let shown = certificates::shown(parts);
        let holder = certificates::find_caller(backend, &shown).await?;
        if held.x5t != certificates::bond(&shown) || holder.is_none_or(|one| one.subject != held.subject) {
            return Err(EXPIRED);
        }
    }
    Ok(held)
}

fn caller(held: tokens::Held) -> Caller {
    Caller {
        subject: held.subject,
        kind: read_kind(&held.kind),
        name: held.name,
        method: held.method,
        rights: held.rights,
        device: held.device,
    }
}

impl OptionalFromRequestParts<Arc<Backend>> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        backend: &Arc<Backend>,
    ) -> Result<Option<Self>, Infallible> {
        Ok(<Self as FromRequestParts<Arc<Backend>>>::from_request_parts(parts, backend).await.ok())
    }
}

impl Membership {
    /// What the caller is in the tenant. A tenant it is no member of does not exist for it.
    pub(crate) async fn find(backend: &Backend, caller: Caller, tenant: Uuid) -> Result<Self, ApiError> {
        let row = sqlx::query("select role, scope from member where tenant = $1 and subject = $2")
            .bind(tenant.to_string())
            .bind(&caller.subject)
            .fetch_optional(&backend.store.reader)
            .await?;
        let row = row.ok_or(ApiError::NotFound("company"))?;
        let (role, scope) = read_member(row.get(0), row.get(1))?;
        Ok(Self { tenant, caller, role, scope })
    }

    /// Checks a right that is about no single line.
    pub(crate) fn may(&self, entitlement: Entitlement) -> Result<(), ApiError> {
        let none: [(Option<&str>, Amount); 0] = [];
        Ok(self.may_with(entitlement, none)?)
    }

    /// Checks a right with each line concerned: its account, where one is known, and its amount.
    pub(crate) fn may_with<'l>(
        &self,
        entitlement: Entitlement,
        lines: impl IntoIterator<Item = (Option<&'l str>, Amount)>,
    ) -> Result<(), Denied> {
        if !self.caller.rights.include(entitlement) {
            return Err(Denied::Token);
        }
        authorize(self.role, &self.scope, entitlement, lines)
    }

    /// The actor of the member's events.
    pub(crate) fn actor(&self) -> Actor {
        Actor {
            kind: self.caller.kind,
            id: self.caller.subject.clone(),
            role: Some(self.role.code().to_owned()),
            auth: Some(self.caller.method.to_string()),
            order: None,
        }
    }
}

pub(crate) fn read_member(role: &str, scope: &str) -> Result<(Role, Scope), StoreError> {
    let known = Role::parse(role).ok_or_else(|| StoreError::stored("role", role))?;
    let scope = serde_json::from_str(scope).map_err(|error| StoreError::stored("scope", error))?;
    Ok((known, scope))
}

pub(crate) fn read_kind(kind: &str) -> ActorKind {
    match kind {
        "system" => ActorKind::System,
        "bank" => ActorKind::Bank,
        _ => ActorKind::User,
    }
}
