//! People who sign in with a password and a code of an authenticator.

use super::{
    password::{PASSWORD_BYTES_MAX, PASSWORD_MIN, Stored},
    secret,
    totp::TotpSecret,
};
use crate::{error::ApiError, state::Backend, store::StoreError};
use data_encoding::BASE64URL_NOPAD;
use sqlx::{Any, Row as _, Transaction};
use uuid::Uuid;

/// A person to be enrolled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewPerson<'p> {
    /// What events and members show.
    pub(crate) name: &'p str,
    /// E-mail address or user name to sign in with.
    pub(crate) login: &'p str,
}

/// A person whose password and code hold. The code is not spent yet.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) subject: String,
    login: String,
    step: i64,
}

/// The one spelling of an e-mail address or user name.
pub(crate) fn normal(login: &str) -> String {
    login.trim().to_lowercase()
}

fn totp_secret(backend: &Backend, subject: &str, salt: &[u8]) -> TotpSecret {
    let salt = BASE64URL_NOPAD.encode(salt);
    TotpSecret::new(&backend.secrets.derive(&format!("totp v1 {subject} {salt}")))
}

fn check_password(password: &str) -> Result<(), ApiError> {
    if password.chars().count() < PASSWORD_MIN || password.len() > PASSWORD_BYTES_MAX {
        let message = format!("A password has at least {PASSWORD_MIN} characters and at most 1,024 bytes.");
        return Err(ApiError::Invalid("password.length", message));
    }
    Ok(())
}

/// Finds the person of a login.
pub(crate) async fn find_subject(backend: &Backend, login: &str) -> Result<Option<String>, ApiError> {
    Ok(sqlx::query_scalar("select subject from login where name = $1")
        .bind(normal(login))
        .fetch_optional(&backend.store.reader)
        .await?)
}

/// Adds a person with a first password; answers its id and the address for its authenticator, seen this once.
pub(crate) async fn add(
    backend: &Backend,
    tx: &mut Transaction<'static, Any>,
    person: NewPerson<'_>,
    stored: &Stored,
) -> Result<(String, String), ApiError> {
    let login = normal(person.login);
    if login.is_empty() || login.len() > 254 || login.chars().any(char::is_whitespace) {
        let message = "An e-mail address or user name has 1 to 254 bytes and no blanks.".to_owned();
        return Err(ApiError::Invalid("login.invalid", message));
    }
    let subject = Uuid::new_v4().to_string();
    sqlx::query("insert into subject (id, kind, name, created) values ($1, 'user', $2, $3)")
        .bind(&subject)
        .bind(person.name)
        .bind(backend.now())
        .execute(&mut **tx)
        .await?;
    let totp_salt = secret::make_bytes::<16>()?;
    sqlx::query(
        "insert into login (name, subject, hash, salt, memory, passes, totp_salt, totp_step)
         values ($1, $2, $3, $4, $5, $6, $7, 0)",
    )
    .bind(&login)
    .bind(&subject)
    .bind(&stored.hash)
    .bind(&stored.salt)
    .bind(i64::from(stored.memory))
    .bind(i64::from(stored.passes))
    .bind(totp_salt.to_vec())
    .execute(&mut **tx)
    .await?;
    let uri = totp_secret(backend, &subject, &totp_salt).to_uri(&backend.config.host, &login);
    Ok((subject, uri))
}

/// Hashes a password that may be used.
pub(crate) async fn hash(backend: &Backend, password: &str) -> Result<Stored, ApiError> {
    check_password(password)?;
    backend.identity.passwords().store(password).await
}

/// Gives a person a new password and authenticator and ends all its sessions. `None` for nobody.
pub(crate) async fn reset(
    backend: &Backend,
    login: &str,
    password: &str,
) -> Result<Option<String>, ApiError> {
    let login = normal(login);
    let Some(subject) = find_subject(backend, &login).await? else { return Ok(None) };
    let stored = hash(backend, password).await?;
    let totp_salt = secret::make_bytes::<16>()?;
    let mut tx = backend.store.begin().await?;
    sqlx::query(
        "update login set hash = $1, salt = $2, memory = $3, passes = $4, totp_salt = $5, totp_step = 0
         where name = $6",
    )
    .bind(&stored.hash)
    .bind(&stored.salt)
    .bind(i64::from(stored.memory))
    .bind(i64::from(stored.passes))
    .bind(totp_salt.to_vec())
    .bind(&login)
    .execute(&mut *tx)
    .await?;
    sqlx::query("update device set revoked = $1 where subject = $2 and revoked is null")
        .bind(backend.now())
        .bind(&subject)
        .execute(&mut *tx)
        .await?;
    sqlx::query("delete from attempt where key = $1")
        .bind(backend.identity.account_key(&login))
        .execute(&mut *tx)
        .await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(Some(totp_secret(backend, &subject, &totp_salt).to_uri(&backend.config.host, &login)))
}

/// Checks login, password and code. Whoever does not exist costs the same work.
pub(crate) async fn check(
    backend: &Backend,
    login: &str,
    password: &str,
    code: &str,
) -> Result<Option<Known>, ApiError> {
    let login = normal(login);
    let row = sqlx::query(
        "select l.subject, l.hash, l.salt, l.memory, l.passes, l.totp_salt
         from login l join subject s on s.id = l.subject where l.name = $1 and s.revoked is null",
    )
    .bind(&login)
    .fetch_optional(&backend.store.reader)
    .await?;
    let cost = |value: i64| u32::try_from(value).map_err(|_| StoreError::stored("password cost", value));
    let stored = match &row {
        Some(row) => Some(Stored {
            hash: row.get(1),
            salt: row.get(2),
            memory: cost(row.get(3))?,
            passes: cost(row.get(4))?,
        }),
        None => None,
    };
    let (subject, salt): (String, Vec<u8>) =
        row.as_ref().map_or((String::new(), vec![0; 16]), |row| (row.get(0), row.get(5)));
    // Nobody's password is longer; what is too long is hashed as nothing, at the same cost.
    let password = if password.len() > PASSWORD_BYTES_MAX { "" } else { password };
    let holds = backend.identity.passwords().check(password, stored.as_ref()).await?;
    // Authenticators show the code in two groups, and people type them so.
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let step = totp_secret(backend, &subject, &salt).find_step(&code, backend.clock.now().as_second());
    Ok(step.filter(|_| holds).map(|step| Known { subject, login, step }))
}

/// Spends the code; false if it, or a later one, was used before.
pub(crate) async fn spend_code(
    tx: &mut Transaction<'static, Any>,
    known: &Known,
) -> Result<bool, StoreError> {
    let updated = sqlx::query("update login set totp_step = $1 where name = $2 and totp_step < $1")
        .bind(known.step)
        .bind(&known.login)
        .execute(&mut **tx)
        .await?;
    Ok(updated.rows_affected() == 1)
}
