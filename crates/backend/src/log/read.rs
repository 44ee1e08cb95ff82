//! What replicas pull: the checkpoint, entry bundles, disclosures, and the signal that there is more.

use super::seal::find_head;
use crate::{
    error::ApiError,
    extract::{Path, Query},
    identity::{Caller, Membership},
    state::Backend,
    store::StoreError,
};
use attest_domain::roles::Entitlement;
use attest_evidence::bundle::{self, BUNDLE_EVENTS, Place};
use attest_wire::{
    BYTES_TYPE, NOTE_TYPE, Problem,
    tenant::{Disclosed, Disclosures},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream::{Stream, unfold};
use serde::Deserialize;
use sqlx::{AnyPool, Row as _};
use std::{
    convert::Infallible,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use utoipa::IntoParams;
use uuid::Uuid;

/// How long a full bundle may be kept: for ever, as it never changes.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// Events whose disclosures are answered at once.
const DISCLOSURES_MAX: u64 = 4_096;
/// How often another process's appends are looked for.
const LOOK: Duration = Duration::from_millis(500);

async fn reader(backend: &Backend, caller: Caller, tenant: Uuid) -> Result<Membership, ApiError> {
    let member = Membership::find(backend, caller, tenant).await?;
    member.may(Entitlement::ReadLog)?;
    Ok(member)
}

/// The newest checkpoint, a C2SP signed note.
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/log/checkpoint", tag = "log",
    params(("tenant" = Uuid, Path)),
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn checkpoint(
    State(backend): State<Arc<Backend>>,
    caller: Caller,
    Path(tenant): Path<Uuid>,
) -> Result<Response, ApiError> {
    reader(&backend, caller, tenant).await?;
    let head = find_head(&backend.store, tenant).await?.ok_or(ApiError::NotFound("company"))?;
    let headers = [(header::CONTENT_TYPE, NOTE_TYPE), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, head.note).into_response())
}

/// An entry bundle (C2SP tlog-tiles): `000`, `x001/067`, `000.p/44`.
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/log/tile/entries/{path}", tag = "log",
    params(("tenant" = Uuid, Path), ("path" = String, Path)),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn bundle(
    State(backend): State<Arc<Backend>>,
    caller: Caller,
    Path((tenant, path)): Path<(Uuid, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    reader(&backend, caller, tenant).await?;
    let place = Place::parse(&format!("tile/entries/{path}")).ok_or(ApiError::NotFound("bundle"))?;
    let (bytes, compressed) = if place.width == BUNDLE_EVENTS {
        let bytes = find_bundle(&backend, tenant, place).await?.ok_or(ApiError::NotFound("bundle"))?;
        if accepts_zstd(&headers) {
            (bytes, true)
        } else {
            let plain =
                zstd::decode_all(bytes.as_slice()).map_err(|error| StoreError::stored("bundle", error))?;
            (plain, false)
        }
    } else {
        (partial(&backend, tenant, place).await?, false)
    };
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(BYTES_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(IMMUTABLE));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if compressed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("zstd"));
    }
    Ok(response)
}

fn accepts_zstd(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            parts.next() == Some("zstd") && !parts.any(|weight| weight == "q=0")
        })
    })
}

/// A full bundle: from the standby where it has it, because it is the same everywhere.
async fn find_bundle(backend: &Backend, tenant: Uuid, place: Place) -> Result<Option<Vec<u8>>, ApiError> {
    let find = async |pool: &AnyPool| {
        sqlx::query_scalar("select bytes from bundle where tenant = $1 and idx = $2")
            .bind(tenant.to_string())
            .bind(place.index.cast_signed())
            .fetch_optional(pool)
            .await
    };
    if let Some(replica) = &backend.store.replica
        && let Some(bytes) = asked(find(replica).await).flatten()
    {
        return Ok(Some(bytes));
    }
    Ok(find(&backend.store.reader).await?)
}

/// What a standby says; nothing where it does not answer, so that the database itself is asked.
fn asked<T>(answer: Result<T, sqlx::Error>) -> Option<T> {
    answer.inspect_err(|error| tracing::warn!(%error, "the replica did not answer")).ok()
}

/// How far a database knows the log to be signed.
async fn signed_in(pool: &AnyPool, tenant: Uuid) -> Result<Option<u64>, sqlx::Error> {
    let signed: Option<i64> = sqlx::query_scalar("select signed from log_head where tenant = $1")
        .bind(tenant.to_string())
        .fetch_optional(pool)
        .await?;
    Ok(signed.map(i64::cast_unsigned))
}

/// How far the log is signed at least.
async fn find_signed(backend: &Backend, tenant: Uuid) -> Option<u64> {
    let behind = match &backend.store.replica {
        Some(replica) => asked(signed_in(replica, tenant).await).flatten(),
        None => None,
    };
    match behind {
        Some(signed) => Some(signed),
        None => signed_in(&backend.store.reader, tenant).await.ok().flatten(),
    }
}

/// The pool that knows the log at least up to `end`: the standby if it does.
async fn knowing(backend: &Backend, tenant: Uuid, end: u64) -> AnyPool {
    if let Some(replica) = &backend.store.replica {
        let signed = asked(signed_in(replica, tenant).await).flatten();
        if signed.is_some_and(|signed| signed >= end) {
            return replica.clone();
        }
    }
    backend.store.reader.clone()
}

/// The open bundle, up to a size that was signed.
async fn partial(backend: &Backend, tenant: Uuid, place: Place) -> Result<Vec<u8>, ApiError> {
    let head = find_head(&backend.store, tenant).await?.ok_or(ApiError::NotFound("company"))?;
    let end = place.start() + u64::from(place.width);
    if end > head.signed {
        return Err(ApiError::NotFound("bundle"));
    }
    let leaves: Vec<Vec<u8>> = sqlx::query_scalar(
        "select leaf from event where tenant = $1 and seq >= $2 and seq < $3 order by seq",
    )
    .bind(tenant.to_string())
    .bind(place.start().cast_signed())
    .bind(end.cast_signed())
    .fetch_all(&knowing(backend, tenant, end).await)
    .await?;
    Ok(bundle::encode(leaves.iter().map(Vec::as_slice))
        .map_err(|error| StoreError::stored("bundle", error))?)
}

/// A range of positions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Range {
    /// First position.
    from: u32,
    /// Behind the last position.
    to: u32,
}

/// The disclosures of a range that the caller may see.
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/log/disclosures", tag = "log",
    params(("tenant" = Uuid, Path), Range),
    responses(
        (status = 200, body = Disclosures),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn disclosures(
    State(backend): State<Arc<Backend>>,
    caller: Caller,
    Path(tenant): Path<Uuid>,
    Query(range): Query<Range>,
) -> Result<Json<Disclosures>, ApiError> {
    let member = Membership::find(&backend, caller, tenant).await?;
    member.may(Entitlement::ReadDocuments)?;
    let (from, to) = (u64::from(range.from), u64::from(range.to));
    // A standby that is behind would keep some to itself, which a desk would take for withheld, and tell others that
    // were erased meanwhile: it is asked only where it knows all that a desk can know.
    let pool = match &backend.store.replica {
        None => backend.store.reader.clone(),
        Some(_) => {
            let signed = signed_in(&backend.store.reader, tenant).await?.unwrap_or_default();
            knowing(&backend, tenant, signed.max(to)).await
        }
    };
    let next = to.min(from.saturating_add(DISCLOSURES_MAX)).max(from);
    let rows = sqlx::query(
        "select seq, text, account from disclosure where tenant = $1 and seq >= $2 and seq < $3 order by seq, digest",
    )
    .bind(tenant.to_string())
    .bind(from.cast_signed())
    .bind(next.cast_signed())
    .fetch_all(&pool)
    .await?;
    let disclosures = rows
        .iter()
        .filter(|row| match &member.scope.accounts {
            None => true,
            // What belongs to no account is for those who see all.
            Some(accounts) => {
                row.get::<Option<String>, _>(2).is_some_and(|account| accounts.contains(&account))
            }
        })
        .map(|row| Disclosed { seq: row.get::<i64, _>(0).cast_unsigned(), text: row.get(1) })
        .collect();
    Ok(Json(Disclosures { disclosures, next }))
}

/// Server-sent events: `checkpoint` with the signed size, now and whenever it has grown.
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/log/signal", tag = "log",
    params(("tenant" = Uuid, Path)),
    responses(
        (status = 200, body = String, content_type = "text/event-stream"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn signal(
    State(backend): State<Arc<Backend>>,
    caller: Caller,
    Path(tenant): Path<Uuid>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    reader(&backend, caller, tenant).await?;
    let signed = backend.sealer.watch(&backend, tenant);
    let weak = Arc::downgrade(&backend);
    let stream = unfold((signed, weak, None::<u64>), move |(mut signed, weak, told)| async move {
        loop {
            // A service that stops is not held up by those who only listen; they connect again.
            let backend = weak.upgrade().filter(|backend| !backend.stopping.load(Ordering::Acquire))?;
            // Another process may have appended and sealed. A standby is asked first, because so many ask so often;
            // what this process has sealed it knows by itself.
            let own = *signed.borrow_and_update();
            if let Some(found) = find_signed(&backend, tenant).await.map(|found| found.max(own))
                && told.is_none_or(|told| told < found)
            {
                let event = Event::default().event("checkpoint").data(found.to_string());
                return Some((Ok(event), (signed, weak, Some(found))));
            }
            drop(backend);
            // Either way it is looked up again.
            drop(tokio::time::timeout(LOOK, signed.changed()).await);
        }
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}
