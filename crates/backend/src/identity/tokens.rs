//! Authorization codes, devices and their tokens, as the store has them.
//!
//! A device is a sign-in on a machine: one key, one line of refresh tokens. Each is used once and names its successor.
//! An answer can get lost on the way, so for a minute the holder of the key may ask again and is given the same
//! successor, as long as that was not used. Any other second use revokes the device.

use super::{method::Method, rights::Rights, secret};
use crate::{error::ApiError, state::Backend, store::StoreError};
use attest_wire::identity::TokenAnswer;
use sqlx::{Any, Row as _, Transaction, any::AnyRow};
use uuid::Uuid;

/// Life of an access token, in seconds (DESIGN §13).
pub(crate) const ACCESS_LIFE: i64 = 5 * 60;
/// Life of an authorization code, in seconds.
const CODE_LIFE: i64 = 60;
/// How long a device stays signed in without being used, in seconds.
const DEVICE_LIFE: i64 = 12 * 60 * 60;
/// How long the answer to a refresh may be asked for again, in seconds.
const RETRY: i64 = 60;
/// What access tokens begin with.
pub(crate) const ACCESS_PREFIX: &str = "attest_at_";
const REFRESH_PREFIX: &str = "attest_rt_";

type Tx = Transaction<'static, Any>;

/// What a sign-in grants, and to what it is bound.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) method: Method,
    pub(crate) challenge: String,
    pub(crate) redirect: String,
    pub(crate) rights: Rights,
    /// Name of the device.
    pub(crate) device: String,
    /// Thumbprint named in advance (RFC 9449 §10).
    pub(crate) jkt: Option<String>,
}

/// Makes the code that a grant is fetched with.
pub(crate) async fn make_code(
    backend: &Backend,
    tx: &mut Tx,
    subject: &str,
    grant: &Grant,
) -> Result<String, ApiError> {
    let code = secret::make_token("")?;
    sqlx::query(
        "insert into sign_in_code (hash, subject, auth, challenge, redirect, scope, name, jkt, until)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(secret::digest(&code))
    .bind(subject)
    .bind(grant.method.to_string())
    .bind(&grant.challenge)
    .bind(&grant.redirect)
    .bind(grant.rights.to_string())
    .bind(&grant.device)
    .bind(grant.jkt.as_deref())
    .bind(backend.clock.now().as_second() + CODE_LIFE)
    .execute(&mut **tx)
    .await?;
    Ok(code)
}

/// What a client shows to redeem a code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Redemption<'r> {
    pub(crate) code: &'r str,
    /// SHA-256 of the verifier, base64url.
    pub(crate) challenge: &'r str,
    pub(crate) redirect: &'r str,
    /// Thumbprint of the key that everything is to be bound to.
    pub(crate) jkt: &'r str,
}

/// Redeems a code. `None` where it does not hold; what a second use revokes has to be committed all the same.
pub(crate) async fn redeem(
    backend: &Backend,
    tx: &mut Tx,
    shown: Redemption<'_>,
) -> Result<Option<TokenAnswer>, ApiError> {
    let now = backend.clock.now().as_second();
    let sql = format!(
        "select c.subject, c.auth, c.challenge, c.redirect, c.scope, c.name, c.jkt, c.until, c.device
         from sign_in_code c join subject s on s.id = c.subject
         where c.hash = $1 and s.revoked is null{}",
        backend.store.dialect.for_update()
    );
    let hash = secret::digest(shown.code);
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&hash).fetch_optional(&mut **tx).await?;
    let Some(row) = row else { return Ok(None) };
    if let Some(device) = row.get::<Option<String>, _>(8) {
        revoke_device(backend, tx, &device).await?;
        return Ok(None);
    }
    let bound: Option<String> = row.get(6);
    let holds = row.get::<i64, _>(7) > now
        && row.get::<String, _>(2) == shown.challenge
        && row.get::<String, _>(3) == shown.redirect
        && bound.is_none_or(|bound| bound == shown.jkt);
    if !holds {
        return Ok(None);
    }
    let device = Uuid::new_v4().to_string();
    sqlx::query(
        "insert into device (id, subject, name, jkt, auth, scope, created, seen, until)
         values ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
    )
    .bind(&device)
    .bind(row.get::<String, _>(0))
    .bind(row.get::<String, _>(5))
    .bind(shown.jkt)
    .bind(row.get::<String, _>(1))
    .bind(row.get::<String, _>(4))
    .bind(backend.now())
    .bind(now + DEVICE_LIFE)
    .execute(&mut **tx)
    .await?;
    sqlx::query("update sign_in_code set device = $1 where hash = $2")
        .bind(&device)
        .bind(&hash)
        .execute(&mut **tx)
        .await?;
    let refresh = secret::make_token(REFRESH_PREFIX)?;
    insert_refresh(tx, &refresh, &device).await?;
    let access = Access {
        subject: row.get(0),
        device: Some(device),
        jkt: Some(shown.jkt.to_owned()),
        x5t: None,
        auth: row.get(1),
        scope: row.get(4),
    };
    Ok(Some(issue(backend, tx, access, Some(refresh)).await?))
}

async fn insert_refresh(tx: &mut Tx, refresh: &str, device: &str) -> Result<(), StoreError> {
    sqlx::query("insert into refresh_token (hash, device) values ($1, $2)")
        .bind(secret::digest(refresh))
        .bind(device)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Exchanges a refresh token for its successor and an access token. `None` where it does not hold; what a second use
/// revokes has to be committed all the same.
pub(crate) async fn refresh(
    backend: &Backend,
    tx: &mut Tx,
    token: &str,
    jkt: &str,
) -> Result<Option<TokenAnswer>, ApiError> {
    let now = backend.clock.now().as_second();
    let sql = format!(
        "select d.subject, d.id, d.auth, d.scope, r.used
         from refresh_token r join device d on d.id = r.device join subject s on s.id = d.subject
         where r.hash = $1 and d.jkt = $2 and d.revoked is null and d.until > $3 and s.revoked is null{}",
        backend.store.dialect.for_update()
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(secret::digest(token))
        .bind(jkt)
        .bind(now)
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let device: String = row.get(1);
    let successor = format!("{REFRESH_PREFIX}{}", secret::mac_text(backend.identity.refresh_key(), &[token]));
    match row.get::<Option<i64>, _>(4) {
        None => {
            sqlx::query("update refresh_token set used = $1 where hash = $2")
                .bind(now)
                .bind(secret::digest(token))
                .execute(&mut **tx)
                .await?;
            insert_refresh(tx, &successor, &device).await?;
        }
        Some(used) if now - used <= RETRY && is_unused(tx, &successor).await? => {}
        Some(_) => {
            revoke_device(backend, tx, &device).await?;
            return Ok(None);
        }
    }
    sqlx::query("update device set seen = $1, until = $2 where id = $3")
        .bind(backend.now())
        .bind(now + DEVICE_LIFE)
        .bind(&device)
        .execute(&mut **tx)
        .await?;
    let access = Access {
        subject: row.get(0),
        device: Some(device),
        jkt: Some(jkt.to_owned()),
        x5t: None,
        auth: row.get(2),
        scope: row.get(3),
    };
    Ok(Some(issue(backend, tx, access, Some(successor)).await?))
}

async fn is_unused(tx: &mut Tx, token: &str) -> Result<bool, StoreError> {
    let found: Option<i64> =
        sqlx::query_scalar("select cast(1 as bigint) from refresh_token where hash = $1 and used is null")
            .bind(secret::digest(token))
            .fetch_optional(&mut **tx)
            .await?;
    Ok(found.is_some())
}

/// Whom an access token is for.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) subject: String,
    pub(crate) device: Option<String>,
    pub(crate) jkt: Option<String>,
    /// Thumbprint of the certificate that it is bound to.
    pub(crate) x5t: Option<String>,
    pub(crate) auth: String,
    pub(crate) scope: String,
}

/// Makes an access token, and forgets on the way what is of no use any more.
pub(crate) async fn issue(
    backend: &Backend,
    tx: &mut Tx,
    access: Access,
    refresh_token: Option<String>,
) -> Result<TokenAnswer, ApiError> {
    let token = secret::make_token(ACCESS_PREFIX)?;
    let now = backend.clock.now().as_second();
    sqlx::query(
        "insert into access_token (hash, subject, device, jkt, x5t, auth, scope, until)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(secret::digest(&token))
    .bind(&access.subject)
    .bind(access.device.as_deref())
    .bind(access.jkt.as_deref())
    .bind(access.x5t.as_deref())
    .bind(&access.auth)
    .bind(&access.scope)
    .bind(now + ACCESS_LIFE)
    .execute(&mut **tx)
    .await?;
    forget(tx, now).await?;
    Ok(TokenAnswer {
        access_token: token,
        token_type: if access.jkt.is_some() { "DPoP" } else { "Bearer" }.to_owned(),
        expires_in: seconds(ACCESS_LIFE),
        refresh_token_expires_in: refresh_token.is_some().then(|| seconds(DEVICE_LIFE)),
        refresh_token,
        scope: Some(access.scope).filter(|scope| !scope.is_empty()),
    })
}

fn seconds(life: i64) -> u32 {
    u32::try_from(life).unwrap_or(0)
}

/// Deletes what has run out. Codes and refresh tokens stay as long as their second use would revoke something.
async fn forget(tx: &mut Tx, now: i64) -> Result<(), StoreError> {
    for (sql, before) in [
        ("delete from access_token where until < $1", now),
        ("delete from used_once where until < $1", now),
        ("delete from attempt where until < $1", now),
        ("delete from sign_in_code where until < $1", now - DEVICE_LIFE),
        ("delete from refresh_token where device in (select id from device where until < $1)", now),
        ("delete from device where until < $1", now),
    ] {
        sqlx::query(sql).bind(before).execute(&mut **tx).await?;
    }
    Ok(())
}

/// What the store knows of an access token that holds.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) subject: String,
    pub(crate) kind: String,
    pub(crate) name: Option<String>,
    pub(crate) device: Option<String>,
    pub(crate) jkt: Option<String>,
    pub(crate) x5t: Option<String>,
    pub(crate) method: Method,
    pub(crate) rights: Rights,
}

/// Finds an access token that has not run out and whose holder and device are not revoked.
pub(crate) async fn find_access(backend: &Backend, token: &str) -> Result<Option<Held>, ApiError> {
    let row = sqlx::query(
        "select s.id, s.kind, s.name, a.device, a.jkt, a.auth, a.scope, a.x5t
         from access_token a join subject s on s.id = a.subject left join device d on d.id = a.device
         where a.hash = $1 and a.until > $2 and s.revoked is null
           and (a.device is null or (d.id is not null and d.revoked is null))",
    )
    .bind(secret::digest(token))
    .bind(backend.clock.now().as_second())
    .fetch_optional(&backend.store.reader)
    .await?;
    Ok(row.map(|row| held(&row)).transpose()?)
}

fn held(row: &AnyRow) -> Result<Held, StoreError> {
    let scope: String = row.get(6);
    Ok(Held {
        subject: row.get(0),
        kind: row.get(1),
        name: row.get(2),
        device: row.get(3),
        jkt: row.get(4),
        x5t: row.get(7),
        method: Method::parse(row.get(5)),
        rights: Rights::parse(&scope).ok_or_else(|| StoreError::stored("scope", scope))?,
    })
}

/// Revokes a device with all its tokens.
pub(crate) async fn revoke_device(backend: &Backend, tx: &mut Tx, device: &str) -> Result<(), StoreError> {
    sqlx::query("update device set revoked = $1 where id = $2 and revoked is null")
        .bind(backend.now())
        .bind(device)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Revokes what a token stands for: a refresh token's device, or the access token alone (RFC 7009).
pub(crate) async fn revoke(backend: &Backend, token: &str) -> Result<(), ApiError> {
    let hash = secret::digest(token);
    let mut tx = backend.store.begin().await?;
    let device: Option<String> = sqlx::query_scalar("select device from refresh_token where hash = $1")
        .bind(&hash)
        .fetch_optional(&mut *tx)
        .await?;
    if let Some(device) = device {
        revoke_device(backend, &mut tx, &device).await?;
    }
    sqlx::query("delete from access_token where hash = $1").bind(&hash).execute(&mut *tx).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}
