//! The members of a tenant: who they are, and changing what they may do.
//!
//! Every change is an event of the log, written in the transaction that makes it. Nobody changes its own membership:
//! so an administrator is always left, and none can give itself a right to figures. People and programs come in at the
//! machine (`attest-backend add-person`, `add-program`), because there they are given what they sign in with.

use super::{Caller, Membership, read_member};
use crate::{
    error::ApiError,
    extract::{Body, Path},
    log::append::Appender,
    state::Backend,
    store::StoreError,
};
use attest_domain::{
    drafts::{Standing, member_changed, member_removed},
    roles::{Entitlement, Role},
};
use attest_wire::{
    Problem,
    tenant::{MemberChange, MemberView, Members},
};
use axum::{
    Json,
    extract::{FromRequest as _, Request, State},
    http::StatusCode,
};
use sqlx::Row as _;
use std::sync::Arc;
use uuid::Uuid;

/// Most characters of a reason.
const REASON_MAX: usize = 100;

/// Everybody who may do something in the tenant.
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/members", tag = "identity",
    params(("tenant" = Uuid, Path)),
    responses(
        (status = 200, body = Members),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    State(backend): State<Arc<Backend>>,
    caller: Caller,
    Path(tenant): Path<Uuid>,
) -> Result<Json<Members>, ApiError> {
    Membership::find(&backend, caller, tenant).await?.may(Entitlement::ManageMembers)?;
    let rows = sqlx::query(
        "select s.id, s.name, m.role, m.scope from member m join subject s on s.id = m.subject
         where m.tenant = $1 order by s.name, s.id",
    )
    .bind(tenant.to_string())
    .fetch_all(&backend.store.reader)
    .await?;
    let members = rows
        .iter()
        .map(|row| {
            let (role, scope) = read_member(row.get(2), row.get(3))?;
            Ok(MemberView { subject: row.get(0), name: row.get(1), role, scope })
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(Json(Members { members }))
}

/// Changes what a member may do.
#[utoipa::path(
    put, path = "/v1/tenants/{tenant}/members/{subject}", tag = "identity",
    params(("tenant" = Uuid, Path), ("subject" = Uuid, Path)), request_body = MemberChange,
    responses(
        (status = 200, body = MemberView),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn change(
    State(backend): State<Arc<Backend>>,
    caller: Caller,
    Path((tenant, subject)): Path<(Uuid, Uuid)>,
    request: Request,
) -> Result<Json<MemberView>, ApiError> {
    let manager = Membership::find(&backend, caller, tenant).await?;
    manager.may(Entitlement::ManageMembers)?;
    let Body(wanted) = Body::<MemberChange>::from_request(request, &backend).await?;
    if wanted.reason.as_ref().is_some_and(|reason| reason.chars().count() > REASON_MAX) {
        let message = format!("A reason has at most {REASON_MAX} characters.");
        return Err(ApiError::Invalid("reason.length", message));
    }
    let mut appender = Appender::begin(&backend, tenant).await?;
    let found = find(&mut appender, &manager, subject).await?;
    if kind_of(wanted.role) != found.kind {
        let message = "People have roles of people, programs those of programs.".to_owned();
        return Err(ApiError::Invalid("role.kind", message));
    }
    let after = Standing { role: wanted.role, scope: wanted.scope };
    let view = MemberView {
        subject: found.subject.clone(),
        name: found.name.clone(),
        role: after.role,
        scope: after.scope.clone(),
    };
    if after == found.standing {
        return Ok(Json(view));
    }
    let scope = serde_json::to_string(&after.scope).map_err(|error| ApiError::Bug(error.to_string()))?;
    sqlx::query("update member set role = $1, scope = $2 where tenant = $3 and subject = $4")
        .bind(after.role.code())
        .bind(scope)
        .bind(&appender.name)
        .bind(&found.subject)
        .execute(&mut *appender.tx)
        .await?;
    let reason = wanted.reason.as_deref();
    let name = found.name.as_deref();
    let draft = member_changed(&found.subject, found.version, name, &found.standing, &after, reason);
    let event = appender.write_own(manager.actor(), draft)?;
    appender.put_object(&event);
    appender.commit().await?;
    backend.sealer.wake(&backend, tenant);
    Ok(Json(view))
}

/// Ends a membership. What the member did stays in the log.
#[utoipa::path(
    delete, path = "/v1/tenants/{tenant}/members/{subject}", tag = "identity",
    params(("tenant" = Uuid, Path), ("subject" = Uuid, Path)),
    responses(
        (status = 204, description = "No member any more."),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn remove(
    State(backend): State<Arc<Backend>>,
    caller: Caller,
    Path((tenant, subject)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode, ApiError> {
    let manager = Membership::find(&backend, caller, tenant).await?;
    manager.may(Entitlement::ManageMembers)?;
    let mut appender = Appender::begin(&backend, tenant).await?;
    let found = find(&mut appender, &manager, subject).await?;
    sqlx::query("delete from member where tenant = $1 and subject = $2")
        .bind(&appender.name)
        .bind(&found.subject)
        .execute(&mut *appender.tx)
        .await?;
    let draft = member_removed(&found.subject, found.version, found.name.as_deref(), &found.standing);
    let event = appender.write_own(manager.actor(), draft)?;
    appender.put_object(&event);
    appender.commit().await?;
    backend.sealer.wake(&backend, tenant);
    Ok(StatusCode::NO_CONTENT)
}

/// A member as it is while the log is held.
struct Found {
    subject: String,
    kind: String,
    name: Option<String>,
    standing: Standing,
    /// Version that its next event makes.
    version: u64,
}

/// Finds the member to be changed, and that the manager still is one: somebody may just have changed that.
async fn find(appender: &mut Appender<'_>, manager: &Membership, subject: Uuid) -> Result<Found, ApiError> {
    let subject = subject.to_string();
    if manager.caller.subject == subject {
        let message = "Nobody changes its own membership. Ask another administrator.".to_owned();
        return Err(ApiError::Invalid("member.self", message));
    }
    let role: Option<String> =
        sqlx::query_scalar("select role from member where tenant = $1 and subject = $2")
            .bind(&appender.name)
            .bind(&manager.caller.subject)
            .fetch_optional(&mut *appender.tx)
            .await?;
    if role.as_deref() != Some(manager.role.code()) {
        return Err(attest_domain::roles::Denied::Role.into());
    }
    let row = sqlx::query(
        "select s.kind, s.name, m.role, m.scope from member m join subject s on s.id = m.subject
         where m.tenant = $1 and m.subject = $2",
    )
    .bind(&appender.name)
    .bind(&subject)
    .fetch_optional(&mut *appender.tx)
    .await?
    .ok_or(ApiError::NotFound("member"))?;
    let (role, scope) = read_member(row.get(2), row.get(3))?;
    let newest = appender.find_newest(&subject).await?;
    Ok(Found {
        kind: row.get(0),
        name: row.get(1),
        standing: Standing { role, scope },
        version: newest.map_or(1, |newest| newest.version + 1),
        subject,
    })
}

/// The kind of subject that has a role.
pub(crate) fn kind_of(role: Role) -> &'static str {
    match role {
        Role::Worker => "system",
        Role::Bank => "bank",
        _ => "user",
    }
}
