//! What members sign in with, for whoever runs the service: lists of it, and ending one of it.
//!
//! Nothing here can be used: a key is named by the beginning of its digest, a certificate by its digest, a device by
//! its id.

use super::{certificates, tokens};
use crate::{error::ApiError, state::Backend, store::StoreError};
use data_encoding::HEXLOWER;
use serde::Serialize;
use sqlx::{Any, Row as _, Transaction};

/// Bytes of a key's digest that name it.
const KEY_ID_BYTES: usize = 8;

/// Something a member signs in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Credential {
    /// `key`, `certificate`, `name` (of an authority's certificates) or `device`.
    pub kind: &'static str,
    /// What it is ended by.
    pub id: String,
    /// When it was made, RFC 3339 in UTC.
    pub created: String,
    /// When it was ended.
    pub ended: Option<String>,
    /// Until when it holds, seconds since 1970; absent where it has no end of its own.
    pub until: Option<i64>,
    /// What a device called itself.
    pub name: Option<String>,
}

/// What names a key without being of use.
fn key_id(hash: &[u8]) -> String {
    HEXLOWER.encode(&hash[..hash.len().min(KEY_ID_BYTES)])
}

/// What a person or program signs in with, the oldest first; ended ones too.
pub(crate) async fn list(backend: &Backend, subject: &str) -> Result<Vec<Credential>, ApiError> {
    let mut found = Vec::new();
    let keys = sqlx::query("select hash, created, revoked from api_key where subject = $1");
    for row in keys.bind(subject).fetch_all(&backend.store.reader).await? {
        let (kind, id) = ("key", key_id(row.get(0)));
        let (created, ended) = (row.get(1), row.get(2));
        found.push(Credential { kind, id, created, ended, until: None, name: None });
    }
    let certificates = sqlx::query(
        "select thumbprint, created, revoked, not_after from client_certificate where subject = $1",
    );
    for row in certificates.bind(subject).fetch_all(&backend.store.reader).await? {
        let (kind, id, created) = ("certificate", row.get(0), row.get(1));
        let (ended, until) = (row.get(2), Some(row.get(3)));
        found.push(Credential { kind, id, created, ended, until, name: None });
    }
    let names = sqlx::query("select name, created from client_name where subject = $1");
    for row in names.bind(subject).fetch_all(&backend.store.reader).await? {
        let (kind, id, created) = ("name", row.get(0), row.get(1));
        found.push(Credential { kind, id, created, ended: None, until: None, name: None });
    }
    let devices = sqlx::query("select id, created, revoked, until, name from device where subject = $1");
    for row in devices.bind(subject).fetch_all(&backend.store.reader).await? {
        let (kind, id, created, ended) = ("device", row.get(0), row.get(1), row.get(2));
        found.push(Credential { kind, id, created, ended, until: Some(row.get(3)), name: row.get(4) });
    }
    found.sort_by(|one, other| (&one.created, &one.id).cmp(&(&other.created, &other.id)));
    Ok(found)
}

/// Ends what has this id; false where nothing that holds has it. Tokens that came of it are of no use from then on.
pub(crate) async fn end(backend: &Backend, id: &str) -> Result<bool, ApiError> {
    let now = backend.now();
    let mut tx = backend.store.begin().await?;
    let ended = end_key(&mut tx, id, &now).await?
        || certificates::end(&mut tx, id, &now).await?
        || end_device(backend, &mut tx, id).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(ended)
}

async fn end_key(tx: &mut Transaction<'static, Any>, id: &str, now: &str) -> Result<bool, StoreError> {
    let Ok(prefix) = HEXLOWER.decode(id.as_bytes()) else { return Ok(false) };
    if prefix.len() != KEY_ID_BYTES {
        return Ok(false);
    }
    // Everything that begins with it lies between it and its successor in order.
    let mut end = prefix.clone();
    end.resize(32, 0xff);
    let row =
        sqlx::query("select hash, subject from api_key where hash >= $1 and hash <= $2 and revoked is null")
            .bind(&prefix)
            .bind(end)
            .fetch_optional(&mut **tx)
            .await?;
    let Some(row) = row else { return Ok(false) };
    sqlx::query("update api_key set revoked = $1 where hash = $2")
        .bind(now)
        .bind(row.get::<Vec<u8>, _>(0))
        .execute(&mut **tx)
        .await?;
    // Which of a program's keys a token came of is not kept; whoever has another key asks again.
    sqlx::query("delete from access_token where subject = $1 and device is null and x5t is null")
        .bind(row.get::<String, _>(1))
        .execute(&mut **tx)
        .await?;
    Ok(true)
}

async fn end_device(
    backend: &Backend,
    tx: &mut Transaction<'static, Any>,
    id: &str,
) -> Result<bool, StoreError> {
    let found: Option<String> = sqlx::query_scalar("select id from device where id = $1 and revoked is null")
        .bind(id)
        .fetch_optional(&mut **tx)
        .await?;
    let Some(device) = found else { return Ok(false) };
    tokens::revoke_device(backend, tx, &device).await?;
    Ok(true)
}
