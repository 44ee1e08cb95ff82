//! How often somebody may try to sign in: counted in the store, so that all processes count together.
//!
//! An attempt is counted before it is judged and given back if it succeeds, so that trying at the same time gains
//! nothing. Attempts that are turned away are not counted: a window ends when it ends, whoever goes on knocking.
//! A browser that has signed a person in before has a count of its own, so that strangers cannot shut that person
//! out; elsewhere they can, for a quarter of an hour at a time, while they keep trying.

use crate::{error::ApiError, state::Backend, store::StoreError};
use sqlx::{Any, Row as _, Transaction};

/// Length of a window, in seconds.
const WINDOW: i64 = 15 * 60;
/// Failures of one account, or of one browser that knows it, in a window.
pub(crate) const ACCOUNT_MAX: i64 = 10;
/// Failures of one address in a window; a company's people often share one.
pub(crate) const ADDRESS_MAX: i64 = 50;

/// Something attempts are counted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bucket {
    pub(crate) key: Vec<u8>,
    pub(crate) max: i64,
}

/// Counts an attempt in all of the buckets, or turns it away.
pub(crate) async fn count(
    backend: &Backend,
    tx: &mut Transaction<'static, Any>,
    buckets: &[Bucket],
) -> Result<(), ApiError> {
    let now = backend.clock.now().as_second();
    let mut ordered = buckets.to_vec();
    // In one order everywhere, so that two processes never wait for each other.
    ordered.sort();
    for bucket in &ordered {
        sqlx::query(
            "insert into attempt (key, count, until) values ($1, 0, $2) on conflict (key) do nothing",
        )
        .bind(&bucket.key)
        .bind(now + WINDOW)
        .execute(&mut **tx)
        .await?;
        let sql =
            format!("select count, until from attempt where key = $1{}", backend.store.dialect.for_update());
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&bucket.key).fetch_one(&mut **tx).await?;
        let (count, until): (i64, i64) = (row.get(0), row.get(1));
        // A window begins with its first failure.
        let ended = count == 0 || until <= now || until > now + WINDOW;
        let (count, until) = if ended { (0, now + WINDOW) } else { (count, until) };
        if count >= bucket.max {
            return Err(ApiError::TooMany(u32::try_from(until - now).unwrap_or(1).max(1)));
        }
        sqlx::query("update attempt set count = $1, until = $2 where key = $3")
            .bind(count + 1)
            .bind(until)
            .bind(&bucket.key)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Gives back the attempt that succeeded.
pub(crate) async fn give_back(
    tx: &mut Transaction<'static, Any>,
    buckets: &[Bucket],
) -> Result<(), StoreError> {
    let mut ordered = buckets.to_vec();
    ordered.sort();
    for bucket in &ordered {
        sqlx::query("update attempt set count = count - 1 where key = $1 and count > 0")
            .bind(&bucket.key)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}
