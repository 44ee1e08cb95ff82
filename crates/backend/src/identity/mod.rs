//! Who is calling, and what they are in a tenant.

pub(crate) mod keys;

use crate::{error::ApiError, state::Backend, store::StoreError};
use attest_domain::{
    Amount,
    event::{Actor, ActorKind},
    roles::{Entitlement, Role, Scope, authorize},
};
use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{header, request::Parts},
};
use sqlx::Row as _;
use std::{convert::Infallible, sync::Arc};
use uuid::Uuid;

/// A person or program whose credentials hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) subject: String,
    pub(crate) kind: ActorKind,
    pub(crate) name: Option<String>,
    /// How it was authenticated: `key`, `password` …
    pub(crate) auth: &'static str,
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
            Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => {
                keys::find_caller(backend, key.trim()).await
            }
            _ => Err(ApiError::Unauthorized("credentials.missing", "Sign in first.")),
        }
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
        Ok(authorize(self.role, &self.scope, entitlement, none)?)
    }

    /// The actor of the member's events.
    pub(crate) fn actor(&self) -> Actor {
        Actor {
            kind: self.caller.kind,
            id: self.caller.subject.clone(),
            role: Some(self.role.code().to_owned()),
            auth: Some(self.caller.auth.to_owned()),
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
