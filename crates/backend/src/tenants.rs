//! Tenants and their members.

use crate::{
    error::ApiError,
    identity::{
        Caller,
        certificates::{self, Registered},
        keys,
        members::kind_of,
        people, read_member,
    },
    log::{append::Appender, seal},
    state::Backend,
    store::StoreError,
};
use attest_domain::{
    Digest,
    drafts::{Standing, member_added, workspace_created},
    event::{Actor, ActorKind},
};
use attest_evidence::tree::Frontier;
use attest_wire::{
    Problem,
    tenant::{Me, TenantView},
};
use axum::{Json, extract::State};
use sqlx::Row as _;
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
    appender.write_own(service(), workspace_created(tenant, "connected"))?;
    appender.commit().await?;
    seal::seal(backend, tenant).await?;
    Ok(tenant)
}

/// Who does what is done at the machine: the service itself, because nobody has signed in (ADR 0023).
pub(crate) fn service() -> Actor {
    Actor { kind: ActorKind::System, id: "backend".to_owned(), role: None, auth: None, order: None }
}

/// What a program shows to say who it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shows<'s> {
    /// A key, which is made with it.
    Key,
    /// This certificate.
    Certificate(&'s Registered),
    /// A certificate of a configured authority with this DNS name.
    Name(&'s str),
}

/// Adds a program as a member; answers its id and, where it has one, its key, which is seen this once.
pub(crate) async fn add_program(
    backend: &Backend,
    tenant: Uuid,
    name: &str,
    standing: &Standing,
    shows: Shows<'_>,
) -> Result<(String, Option<String>), ApiError> {
    let subject = Uuid::new_v4().to_string();
    let now = backend.now();
    let mut appender = Appender::begin(backend, tenant).await?;
    sqlx::query("insert into subject (id, kind, name, created) values ($1, $2, $3, $4)")
        .bind(&subject)
        .bind(kind_of(standing.role))
        .bind(name)
        .bind(&now)
        .execute(&mut *appender.tx)
        .await?;
    let mut certificates = Vec::new();
    let key = match shows {
        Shows::Key => Some(keys::make(&mut appender.tx, &subject, &now).await?),
        Shows::Certificate(registered) => {
            certificates.push(registered.thumbprint);
            certificates::register(&mut appender.tx, &subject, registered, &now).await?;
            None
        }
        Shows::Name(name) => {
            certificates::register_name(&mut appender.tx, &subject, name, &now).await?;
            None
        }
    };
    add_member(appender, &subject, Some(name), standing, &certificates).await?;
    Ok((subject, key))
}

/// Adds a person as a member. Whoever has the login already keeps password and authenticator; anybody else is
/// enrolled, and the address for the authenticator is seen this once.
pub(crate) async fn add_person(
    backend: &Backend,
    tenant: Uuid,
    person: people::NewPerson<'_>,
    password: &str,
    standing: &Standing,
) -> Result<(String, Option<String>), ApiError> {
    let known = people::find_subject(backend, person.login).await?;
    let stored = match known {
        Some(_) => None,
        None => Some(people::hash(backend, password).await?),
    };
    let mut appender = Appender::begin(backend, tenant).await?;
    let (subject, enrolment) = match (known, stored) {
        (None, Some(stored)) => {
            let (subject, uri) = people::add(backend, &mut appender.tx, person, &stored).await?;
            (subject, Some(uri))
        }
        (known, _) => (known.unwrap_or_default(), None),
    };
    add_member(appender, &subject, Some(person.name), standing, &[]).await?;
    Ok((subject, enrolment))
}

/// Writes the membership and its event, and ends the transaction with them.
async fn add_member(
    mut appender: Appender<'_>,
    subject: &str,
    name: Option<&str>,
    standing: &Standing,
    certificates: &[Digest],
) -> Result<(), ApiError> {
    let scope = serde_json::to_string(&standing.scope).map_err(|error| ApiError::Bug(error.to_string()))?;
    let inserted = sqlx::query(
        "insert into member (tenant, subject, role, scope) values ($1, $2, $3, $4) on conflict do nothing",
    )
    .bind(&appender.name)
    .bind(subject)
    .bind(standing.role.code())
    .bind(scope)
    .execute(&mut *appender.tx)
    .await?;
    if inserted.rows_affected() == 0 {
        let message = "This person is a member of the company already.".to_owned();
        return Err(ApiError::Invalid("member.known", message));
    }
    let newest = appender.find_newest(subject).await?;
    let version = newest.map_or(1, |newest| newest.version + 1);
    let draft = member_added(subject, version, name, standing, certificates);
    let event = appender.write_own(service(), draft)?;
    appender.put_object(&event);
    let (backend, tenant) = (appender.backend, appender.tenant);
    appender.commit().await?;
    seal::seal(backend, tenant).await?;
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
