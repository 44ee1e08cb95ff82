//! Tenants and their members.

use crate::{
    error::ApiError,
    identity::{Caller, keys, people, read_member},
    log::{append::Appender, seal},
    state::Backend,
    store::StoreError,
};
use attest_domain::{
    drafts::workspace_created,
    event::{Actor, ActorKind},
    roles::{Role, Scope},
};
use attest_evidence::tree::Frontier;
use attest_wire::{
    Problem,
    tenant::{Me, TenantView},
};
use axum::{Json, extract::State};
use sqlx::{Any, Row as _, Transaction};
use std::sync::Arc;
use uuid::Uuid;

/// Makes a tenant with the first event of its log, signed.
pub(crate) async fn create(backend: &Backend, name: &str) -> Result<Uuid, ApiError> {
    let tenant = Uuid::new_v4();
    let mut tx = backend.store.begin().await?;
    sqlx::query("insert into tenant (id, name, created) values ($1, $2, $3)")
        .bind(tenant.to_string())
        .bind(name)
        .bind(backend.now())
        .execute(&mut *tx)
        .await?;
    let note = seal::sign(backend, tenant, &Frontier::default())?;
    sqlx::query("insert into log_head (tenant, size, signed, nodes, note) values ($1, 0, 0, $2, $3)")
        .bind(tenant.to_string())
        .bind(Vec::<u8>::new())
        .bind(note)
        .execute(&mut *tx)
        .await?;
    tx.commit().await.map_err(StoreError::from)?;
    let mut appender = Appender::begin(backend, tenant).await?;
    let service =
        Actor { kind: ActorKind::System, id: "backend".to_owned(), role: None, auth: None, order: None };
    appender.write_own(service, workspace_created(tenant, "connected"))?;
    appender.commit().await?;
    seal::seal(backend, tenant).await?;
    Ok(tenant)
}

/// Adds a program as a member and makes its key, which is seen this once.
pub(crate) async fn add_program(
    backend: &Backend,
    tenant: Uuid,
    name: &str,
    role: Role,
    scope: &Scope,
) -> Result<(String, String), ApiError> {
    let subject = Uuid::new_v4().to_string();
    let kind = match role {
        Role::Worker => "system",
        Role::Bank => "bank",
        _ => "user",
    };
    let mut tx = backend.store.begin().await?;
    sqlx::query("insert into subject (id, kind, name, created) values ($1, $2, $3, $4)")
        .bind(&subject)
        .bind(kind)
        .bind(name)
        .bind(backend.now())
        .execute(&mut *tx)
        .await?;
    add_member(&mut tx, tenant, &subject, role, scope).await?;
    let key = keys::make(&mut tx, &subject, &backend.now()).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok((subject, key))
}

/// Adds a person as a member. Whoever has the login already keeps password and authenticator; anybody else is
/// enrolled, and the address for the authenticator is seen this once.
pub(crate) async fn add_person(
    backend: &Backend,
    tenant: Uuid,
    person: people::NewPerson<'_>,
    password: &str,
    role: Role,
    scope: &Scope,
) -> Result<(String, Option<String>), ApiError> {
    let known = people::find_subject(backend, person.login).await?;
    let stored = match known {
        Some(_) => None,
        None => Some(people::hash(backend, password).await?),
    };
    let mut tx = backend.store.begin().await?;
    let (subject, enrolment) = match (known, stored) {
        (None, Some(stored)) => {
            let (subject, uri) = people::add(backend, &mut tx, person, &stored).await?;
            (subject, Some(uri))
        }
        (known, _) => (known.unwrap_or_default(), None),
    };
    add_member(&mut tx, tenant, &subject, role, scope).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok((subject, enrolment))
}

async fn add_member(
    tx: &mut Transaction<'static, Any>,
    tenant: Uuid,
    subject: &str,
    role: Role,
    scope: &Scope,
) -> Result<(), ApiError> {
    let scope = serde_json::to_string(scope).map_err(|error| ApiError::Bug(error.to_string()))?;
    sqlx::query("insert into member (tenant, subject, role, scope) values ($1, $2, $3, $4)")
        .bind(tenant.to_string())
        .bind(subject)
        .bind(role.code())
        .bind(scope)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Who the caller is, and its tenants.
#[utoipa::path(
    get, path = "/v1/me", tag = "identity",
    responses(
        (status = 200, body = Me),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn me(State(backend): State<Arc<Backend>>, caller: Caller) -> Result<Json<Me>, ApiError> {
    let rows = sqlx::query(
        "select t.id, t.name, m.role, m.scope from member m join tenant t on t.id = m.tenant
         where m.subject = $1 order by t.name, t.id",
    )
    .bind(&caller.subject)
    .fetch_all(&backend.store.reader)
    .await?;
    let tenants = rows
        .iter()
        .map(|row| {
            let id: String = row.get(0);
            let id = Uuid::parse_str(&id).map_err(|_| StoreError::stored("tenant", &id))?;
            let signer = backend
                .secrets
                .log_signer(&backend.config.host, id)
                .map_err(|error| StoreError::stored("log key", error))?;
            let key = signer.verifier_key();
            Ok(TenantView {
                id,
                name: row.get(1),
                role: read_member(row.get(2), row.get(3))?.0,
                origin: key.name().to_owned(),
                verifier_key: key.to_string(),
                region: backend.config.region.clone(),
            })
        })
        .collect::<Result<_, ApiError>>()?;
    let (auth, assurance) = (caller.method.to_string(), caller.method.assurance().code().to_owned());
    Ok(Json(Me { subject: caller.subject, name: caller.name, auth, assurance, tenants }))
}
