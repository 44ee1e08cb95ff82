//! Where a person is signed in, and ending it there.

use super::{Caller, tokens};
use crate::{error::ApiError, extract::Path, state::Backend, store::StoreError};
use attest_wire::{
    Problem,
    identity::{DeviceView, Devices},
};
use axum::{Json, extract::State, http::StatusCode};
use sqlx::Row as _;
use std::sync::Arc;
use uuid::Uuid;

/// The caller's devices that are signed in, the one used last first.
#[utoipa::path(
    get, path = "/v1/me/devices", tag = "identity",
    responses(
        (status = 200, body = Devices),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    State(backend): State<Arc<Backend>>,
    caller: Caller,
) -> Result<Json<Devices>, ApiError> {
    let rows = sqlx::query(
        "select id, name, auth, created, seen from device
         where subject = $1 and revoked is null and until > $2 order by seen desc, id limit 1000",
    )
    .bind(&caller.subject)
    .bind(backend.clock.now().as_second())
    .fetch_all(&backend.store.reader)
    .await?;
    let devices = rows
        .iter()
        .map(|row| {
            let id: String = row.get(0);
            Ok(DeviceView {
                current: caller.device.as_ref() == Some(&id),
                id: Uuid::parse_str(&id).map_err(|_| StoreError::stored("device", &id))?,
                name: row.get(1),
                auth: row.get(2),
                created: row.get(3),
                seen: row.get(4),
            })
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(Json(Devices { devices }))
}

/// Ends the sign-in on a device of the caller's; its tokens are of no use from then on.
#[utoipa::path(
    delete, path = "/v1/me/devices/{device}", tag = "identity",
    params(("device" = Uuid, Path)),
    responses(
        (status = 204, description = "Signed out."),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn end(
    State(backend): State<Arc<Backend>>,
    caller: Caller,
    Path(device): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    let device = device.to_string();
    let mut tx = backend.store.begin().await?;
    let own: Option<String> =
        sqlx::query_scalar("select id from device where id = $1 and subject = $2 and revoked is null")
            .bind(&device)
            .bind(&caller.subject)
            .fetch_optional(&mut *tx)
            .await?;
    if own.is_none() {
        return Err(ApiError::NotFound("device"));
    }
    tokens::revoke_device(&backend, &mut tx, &device).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(StatusCode::NO_CONTENT)
}
