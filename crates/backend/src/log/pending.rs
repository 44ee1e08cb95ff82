//! What a transaction will write, in few statements of many rows.

use super::append::Appender;
use crate::store::{StoreError, rows};
use attest_domain::event::Event;
use attest_evidence::compose::Composed;
use std::collections::HashMap;

/// Most rows of one statement; the most of SQLite's parameters is 32,766.
const ROWS_MAX: usize = 512;

/// An event row.
#[derive(Debug)]
struct EventRow {
    seq: u64,
    leaf: Vec<u8>,
    hash: Vec<u8>,
    id: String,
    fingerprint: Vec<u8>,
}

/// A disclosure row.
#[derive(Debug)]
struct DisclosureRow {
    seq: u64,
    digest: String,
    text: String,
    account: Option<String>,
}

/// Rows that are not written yet.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    events: Vec<EventRow>,
    disclosures: Vec<DisclosureRow>,
    /// Version and position of objects.
    objects: HashMap<String, (u64, u64)>,
}

impl Pending {
    /// Takes an event; the account narrows who may see what it conceals.
    pub(super) fn push(&mut self, composed: Composed, fingerprint: &[u8], account: Option<&str>) -> Event {
        let Composed { event, bytes, hash, disclosures } = composed;
        self.events.push(EventRow {
            seq: event.seq,
            leaf: bytes,
            hash: hash.0.to_vec(),
            id: event.id.to_string(),
            fingerprint: fingerprint.to_vec(),
        });
        self.disclosures.extend(disclosures.into_iter().map(|made| DisclosureRow {
            seq: event.seq,
            digest: made.digest,
            text: made.text,
            account: account.map(str::to_owned),
        }));
        event
    }

    pub(super) fn put_object(&mut self, id: String, version: u64, seq: u64) {
        self.objects.insert(id, (version, seq));
    }

    /// The bytes of an event that is not written yet.
    pub(super) fn leaf(&self, seq: u64) -> Option<&[u8]> {
        let first = self.events.first()?.seq;
        let place = usize::try_from(seq.checked_sub(first)?).ok()?;
        self.events.get(place).map(|row| row.leaf.as_slice())
    }
}

/// Cuts rows into parts of a power of two, so that the database sees few different statements.
fn parts<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let most = rest.len().min(ROWS_MAX);
        let (part, behind) = rest.split_at(1 << most.checked_ilog2()?);
        rest = behind;
        Some(part)
    })
}

impl Appender<'_> {
    /// Writes what is pending.
    pub(super) async fn flush(&mut self) -> Result<(), StoreError> {
        let Pending { events, disclosures, objects } = std::mem::take(&mut self.pending);
        for part in parts(&events) {
            let sql = format!(
                "insert into event (tenant, seq, leaf, hash, id, fingerprint) values {}",
                rows(6, part.len())
            );
            let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
            for row in part {
                query = query
                    .bind(&self.name)
                    .bind(row.seq.cast_signed())
                    .bind(&row.leaf)
                    .bind(&row.hash)
                    .bind(&row.id)
                    .bind(&row.fingerprint);
            }
            query.execute(&mut *self.tx).await?;
        }
        for part in parts(&disclosures) {
            let sql = format!(
                "insert into disclosure (tenant, seq, digest, text, account) values {}",
                rows(5, part.len())
            );
            let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
            for row in part {
                query = query
                    .bind(&self.name)
                    .bind(row.seq.cast_signed())
                    .bind(&row.digest)
                    .bind(&row.text)
                    .bind(&row.account);
            }
            query.execute(&mut *self.tx).await?;
        }
        let objects: Vec<_> = objects.into_iter().collect();
        for part in parts(&objects) {
            let sql = format!(
                "insert into object (tenant, id, version, seq) values {}
                 on conflict (tenant, id) do update set version = excluded.version, seq = excluded.seq",
                rows(4, part.len())
            );
            let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
            for (id, (version, seq)) in part {
                query = query.bind(&self.name).bind(id).bind(version.cast_signed()).bind(seq.cast_signed());
            }
            query.execute(&mut *self.tx).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_all_rows_once_in_powers_of_two() {
        for count in [0, 1, 2, 3, 20, 511, 512, 513, 1_100] {
            let rows: Vec<usize> = (0..count).collect();
            let cut: Vec<&[usize]> = parts(&rows).collect();
            assert_eq!(cut.concat(), rows);
            assert!(cut.iter().all(|part| part.len().is_power_of_two() && part.len() <= ROWS_MAX));
        }
    }
}
