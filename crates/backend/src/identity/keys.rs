//! API keys of programs: 256 random bits, shown once, kept as a digest.

use super::{Caller, Method, Rights, read_kind, secret};
use crate::{error::ApiError, state::Backend};
use sqlx::{Any, Row as _, Transaction};

/// What every key begins with, so that a leaked one is found by scanners.
const PREFIX: &str = "attest_key_";

/// Makes a key for a subject. This is the only time it is seen.
pub(crate) async fn make(
    tx: &mut Transaction<'static, Any>,
    subject: &str,
    now: &str,
) -> Result<String, ApiError> {
    let key = secret::make_token(PREFIX)?;
    sqlx::query("insert into api_key (hash, subject, created) values ($1, $2, $3)")
        .bind(secret::digest(&key))
        .bind(subject)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(key)
}

/// The program a key belongs to. Looking a digest up tells nothing about the key by its time.
pub(crate) async fn find_caller(backend: &Backend, key: &str) -> Result<Caller, ApiError> {
    let unknown =
        ApiError::Unauthorized("key.unknown", "This key is not valid (any more). Ask for a new one.");
    if !key.starts_with(PREFIX) {
        return Err(unknown);
    }
    let row = sqlx::query(
        "select s.id, s.kind, s.name from api_key k join subject s on s.id = k.subject
         where k.hash = $1 and k.revoked is null and s.revoked is null",
    )
    .bind(secret::digest(key))
    .fetch_optional(&backend.store.reader)
    .await?
    .ok_or(unknown)?;
    Ok(Caller {
        subject: row.get(0),
        kind: read_kind(row.get(1)),
        name: row.get(2),
        method: Method::Key,
        rights: Rights::default(),
        device: None,
    })
}
