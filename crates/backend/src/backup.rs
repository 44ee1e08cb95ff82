//! Backup into a folder and back: every table as rows and every document as a file, of one moment.
//!
//! Restoring goes into an empty installation, in one transaction that ends only when every log was hashed again from
//! its bytes up to its checkpoint and every document up to its digest. There is no restoring without that.
//! **Left out on purpose:** the installation's secret, which is kept apart, and sessions: everybody signs in again.

use crate::{
    documents::DocumentStore,
    log::seal::digest,
    secrets::Secrets,
    state::Backend,
    store::{Dialect, parameters},
};
use anyhow::{Context as _, Result, bail, ensure};
use attest_domain::Digest;
use attest_evidence::{checkpoint::Checkpoint, leaf, tree::Frontier};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{Any, Row as _, Transaction};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufRead as _, BufReader, BufWriter, Write as _},
    path::Path,
};
use uuid::Uuid;

/// Rows read or written at once.
const PAGE: i64 = 1_000;
/// Version of the folder's form.
const VERSION: u32 = 1;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Bytes,
}

/// A table and its columns, the key first so that pages follow it.
struct Table {
    name: &'static str,
    key: usize,
    columns: &'static [(&'static str, Kind)],
}

use Kind::{Bytes, Number, Text};

/// In the order in which they refer to each other.
const TABLES: &[Table] = &[
    Table { name: "installation", key: 1, columns: &[("name", Text), ("value", Text)] },
    Table { name: "tenant", key: 1, columns: &[("id", Text), ("name", Text), ("created", Text)] },
    Table {
        name: "log_head",
        key: 1,
        columns: &[
            ("tenant", Text),
            ("size", Number),
            ("signed", Number),
            ("nodes", Bytes),
            ("note", Text),
            ("damage", Text),
        ],
    },
    Table {
        name: "event",
        key: 2,
        columns: &[
            ("tenant", Text),
            ("seq", Number),
            ("leaf", Bytes),
            ("hash", Bytes),
            ("id", Text),
            ("fingerprint", Bytes),
        ],
    },
    Table {
        name: "disclosure",
        key: 2,
        columns: &[("tenant", Text), ("digest", Text), ("seq", Number), ("text", Text), ("account", Text)],
    },
    Table { name: "bundle", key: 2, columns: &[("tenant", Text), ("idx", Number), ("bytes", Bytes)] },
    Table {
        name: "document",
        key: 2,
        columns: &[
            ("tenant", Text),
            ("sha256", Text),
            ("bytes", Number),
            ("name", Text),
            ("delivered", Text),
            ("position", Number),
            ("imported", Number),
        ],
    },
    Table {
        name: "document_account",
        key: 3,
        columns: &[("tenant", Text), ("sha256", Text), ("account", Text)],
    },
    Table { name: "account", key: 2, columns: &[("tenant", Text), ("key", Text), ("ledger_account", Text)] },
    Table {
        name: "line",
        key: 2,
        columns: &[
            ("tenant", Text),
            ("id", Text),
            ("side", Number),
            ("account", Text),
            ("currency", Text),
            ("amount", Text),
            ("status", Number),
            ("match_id", Text),
            ("held", Text),
            ("changed", Number),
        ],
    },
    Table {
        name: "object",
        key: 2,
        columns: &[("tenant", Text), ("id", Text), ("version", Number), ("seq", Number)],
    },
    Table {
        name: "subject",
        key: 1,
        columns: &[("id", Text), ("kind", Text), ("name", Text), ("created", Text), ("revoked", Text)],
    },
    Table {
        name: "member",
        key: 2,
        columns: &[("tenant", Text), ("subject", Text), ("role", Text), ("scope", Text)],
    },
    Table {
        name: "api_key",
        key: 1,
        columns: &[("hash", Bytes), ("subject", Text), ("created", Text), ("revoked", Text)],
    },
    Table {
        name: "client_certificate",
        key: 1,
        columns: &[
            ("thumbprint", Text),
            ("subject", Text),
            ("not_before", Number),
            ("not_after", Number),
            ("created", Text),
            ("revoked", Text),
        ],
    },
    Table { name: "client_name", key: 1, columns: &[("name", Text), ("subject", Text), ("created", Text)] },
    Table {
        name: "login",
        key: 1,
        columns: &[
            ("name", Text),
            ("subject", Text),
            ("hash", Bytes),
            ("salt", Bytes),
            ("memory", Number),
            ("passes", Number),
            ("totp_salt", Bytes),
            ("totp_step", Number),
        ],
    },
];

/// What the folder says of itself.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    version: u32,
    made: String,
    /// Fingerprint of the secret that its logs are signed with.
    secret: String,
    /// Rows of each table.
    rows: BTreeMap<String, u64>,
    documents: u64,
}

/// What was saved or restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Companies.
    pub tenants: u64,
    /// Events of all of them.
    pub events: u64,
    /// Documents.
    pub documents: u64,
}

/// Writes a backup into a folder that does not exist yet.
///
/// # Errors
/// What the store or the file system says; the folder is then unfinished and has no manifest.
pub async fn backup(backend: &Backend, folder: &Path) -> Result<Saved> {
    fs::create_dir(folder).with_context(|| format!("the folder {}", folder.display()))?;
    fs::create_dir(folder.join("tables"))?;
    fs::create_dir(folder.join("documents"))?;
    let mut tx = match backend.store.dialect {
        Dialect::Sqlite => backend.store.reader.begin().await?,
        Dialect::Postgres => {
            backend.store.reader.begin_with("begin isolation level repeatable read, read only").await?
        }
    };
    let mut rows = BTreeMap::new();
    for table in TABLES {
        rows.insert(table.name.to_owned(), save(&mut tx, table, folder).await?);
    }
    let documents = list_documents(&mut tx).await?;
    tx.rollback().await?;
    for (tenant, sha256) in &documents {
        let bytes = backend.documents.find(*tenant, sha256).await?;
        let bytes = bytes.with_context(|| format!("the document {sha256} is not in the store any more"))?;
        let place = folder.join("documents").join(tenant.to_string());
        fs::create_dir_all(&place)?;
        write_synced(&place.join(sha256.to_string()), &bytes)?;
    }
    let saved = Saved { tenants: rows["tenant"], events: rows["event"], documents: documents.len() as u64 };
    let manifest = Manifest {
        version: VERSION,
        made: backend.now(),
        secret: backend.secrets.fingerprint(),
        rows,
        documents: saved.documents,
    };
    write_synced(&folder.join("manifest.json"), &serde_json::to_vec_pretty(&manifest)?)?;
    Ok(saved)
}

/// Puts a backup into an empty installation, and leaves it empty unless everything in it verifies.
///
/// # Errors
/// What is missing, changed or cannot be verified.
pub async fn restore(backend: &Backend, folder: &Path) -> Result<Saved> {
    let manifest = fs::read(folder.join("manifest.json"))
        .with_context(|| format!("{} is no finished backup: it has no manifest", folder.display()))?;
    let manifest: Manifest = serde_json::from_slice(&manifest).context("the manifest")?;
    ensure!(
        manifest.version == VERSION,
        "the backup has the version {}, which this program does not know",
        manifest.version
    );
    ensure!(
        manifest.secret == backend.secrets.fingerprint(),
        "the logs of this backup were signed with another secret; put the installation's secret.key into {}",
        backend.config.data.display()
    );
    let mut tx = backend.store.begin().await?;
    let present: i64 = sqlx::query_scalar("select count(*) from tenant").fetch_one(&mut *tx).await?;
    ensure!(present == 0, "this installation has companies already; restore into an empty one");
    sqlx::query("delete from installation").execute(&mut *tx).await?;
    for table in TABLES {
        let rows = load(&mut tx, table, folder).await?;
        let expected = manifest.rows.get(table.name).copied().unwrap_or_default();
        ensure!(rows == expected, "the table {} has {rows} rows, not {expected}", table.name);
    }
    let documents = list_documents(&mut tx).await?;
    ensure!(documents.len() as u64 == manifest.documents, "the number of documents differs");
    for (tenant, sha256) in &documents {
        let path = folder.join("documents").join(tenant.to_string()).join(sha256.to_string());
        let bytes = fs::read(&path).with_context(|| format!("the document {}", path.display()))?;
        ensure!(DocumentStore::digest_of(&bytes) == *sha256, "the document {} was changed", path.display());
        backend.documents.put(*tenant, sha256, bytes.into()).await?;
    }
    let mut saved = Saved { tenants: 0, events: 0, documents: documents.len() as u64 };
    let tenants: Vec<String> =
        sqlx::query_scalar("select id from tenant order by id").fetch_all(&mut *tx).await?;
    for tenant in tenants {
        let tenant = Uuid::parse_str(&tenant).with_context(|| format!("the company {tenant}"))?;
        saved.events += verify(&mut tx, &backend.secrets, &backend.config.host, tenant).await?;
        saved.tenants += 1;
    }
    tx.commit().await?;
    Ok(saved)
}

/// Hashes a log again from its bytes and compares it with its checkpoint.
async fn verify(
    tx: &mut Transaction<'static, Any>,
    secrets: &Secrets,
    host: &str,
    tenant: Uuid,
) -> Result<u64> {
    let name = tenant.to_string();
    let head = sqlx::query("select size, signed, note from log_head where tenant = $1")
        .bind(&name)
        .fetch_optional(&mut **tx)
        .await?
        .with_context(|| format!("the company {tenant} has no log"))?;
    let (size, signed, note): (i64, i64, String) = (head.get(0), head.get(1), head.get(2));
    let key = secrets.log_signer(host, tenant)?.verifier_key();
    let (checkpoint, _) = Checkpoint::open(note.as_bytes(), &key).with_context(|| {
        format!("the checkpoint of the company {tenant}; is the host {host} the one it was made with?")
    })?;
    let mut frontier = Frontier::default();
    let mut root = frontier.root();
    loop {
        let rows = sqlx::query(
            "select seq, leaf, hash from event where tenant = $1 and seq >= $2 order by seq limit $3",
        )
        .bind(&name)
        .bind(frontier.size().cast_signed())
        .bind(PAGE)
        .fetch_all(&mut **tx)
        .await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let (seq, bytes): (i64, Vec<u8>) = (row.get(0), row.get(1));
            ensure!(seq == frontier.size().cast_signed(), "the log of {tenant} has a gap before event {seq}");
            let hash = leaf::hash(&bytes);
            ensure!(hash == digest(&row.get::<Vec<u8>, _>(2))?, "event {seq} of {tenant} was changed");
            frontier.push(hash)?;
            if frontier.size().cast_signed() == signed {
                root = frontier.root();
            }
        }
    }
    ensure!(
        frontier.size().cast_signed() == size,
        "the log of {tenant} has {} events, not {size}",
        frontier.size()
    );
    ensure!(
        (checkpoint.size.cast_signed(), checkpoint.root) == (signed, root),
        "the log of {tenant} is not the one its checkpoint was signed over"
    );
    Ok(frontier.size())
}

async fn list_documents(tx: &mut Transaction<'static, Any>) -> Result<Vec<(Uuid, Digest)>> {
    let rows = sqlx::query("select tenant, sha256 from document order by tenant, sha256")
        .fetch_all(&mut **tx)
        .await?;
    rows.iter()
        .map(|row| {
            let (tenant, sha256): (String, String) = (row.get(0), row.get(1));
            let digest = Digest::parse(&sha256).with_context(|| format!("the digest {sha256}"))?;
            Ok((Uuid::parse_str(&tenant)?, digest))
        })
        .collect()
}

/// Writes a table, page by page behind the key of the row before.
async fn save(tx: &mut Transaction<'static, Any>, table: &Table, folder: &Path) -> Result<u64> {
    let file = File::create(folder.join("tables").join(format!("{}.ndjson.zst", table.name)))?;
    let mut out = zstd::Encoder::new(BufWriter::new(file), 3)?;
    let columns = table.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let key = table.columns[..table.key].iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let mut count = 0_u64;
    let mut last: Option<Vec<Value>> = None;
    loop {
        let behind = match &last {
            None => String::new(),
            Some(_) => format!("where ({key}) > ({})", parameters(1, table.key)),
        };
        let sql = format!("select {columns} from {} {behind} order by {key} limit {PAGE}", table.name);
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
        if let Some(last) = &last {
            for (value, (_, kind)) in last.iter().zip(table.columns) {
                query = bind(query, value, *kind)?;
            }
        }
        let rows = query.fetch_all(&mut **tx).await?;
        let Some(newest) = rows.last() else { break };
        for row in &rows {
            serde_json::to_writer(&mut out, &values(row, table.columns))?;
            out.write_all(b"\n")?;
            count += 1;
        }
        last = Some(values(newest, &table.columns[..table.key]));
    }
    let file = out.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(count)
}

async fn load(tx: &mut Transaction<'static, Any>, table: &Table, folder: &Path) -> Result<u64> {
    let path = folder.join("tables").join(format!("{}.ndjson.zst", table.name));
    let file = File::open(&path).with_context(|| format!("the table {}", path.display()))?;
    let lines = BufReader::new(zstd::Decoder::new(file)?).lines();
    let columns = table.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let sql =
        format!("insert into {} ({columns}) values ({})", table.name, parameters(1, table.columns.len()));
    let mut count = 0_u64;
    for line in lines {
        let line = line.with_context(|| format!("the table {}", path.display()))?;
        let row: Vec<Value> = serde_json::from_str(&line)
            .with_context(|| format!("row {} of {}", count + 1, path.display()))?;
        ensure!(
            row.len() == table.columns.len(),
            "row {} of {} has other columns",
            count + 1,
            path.display()
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql.clone()));
        for (value, (_, kind)) in row.iter().zip(table.columns) {
            query = bind(query, value, *kind)?;
        }
        query.execute(&mut **tx).await?;
        count += 1;
    }
    Ok(count)
}

fn values(row: &sqlx::any::AnyRow, columns: &[(&'static str, Kind)]) -> Vec<Value> {
    let value = |(index, (_, kind)): (usize, &(&str, Kind))| match kind {
        Text => row.get::<Option<String>, _>(index).map_or(Value::Null, Value::from),
        Number => row.get::<Option<i64>, _>(index).map_or(Value::Null, Value::from),
        Bytes => {
            row.get::<Option<Vec<u8>>, _>(index).map_or(Value::Null, |bytes| BASE64.encode(&bytes).into())
        }
    };
    columns.iter().enumerate().map(value).collect()
}

type Query<'q> = sqlx::query::Query<'q, Any, sqlx::any::AnyArguments>;

fn bind<'q>(query: Query<'q>, value: &Value, kind: Kind) -> Result<Query<'q>> {
    Ok(match (kind, value) {
        (Text, Value::Null) => query.bind(None::<String>),
        (Number, Value::Null) => query.bind(None::<i64>),
        (Bytes, Value::Null) => query.bind(None::<Vec<u8>>),
        (Text, Value::String(text)) => query.bind(text.clone()),
        (Number, Value::Number(number)) => {
            query.bind(number.as_i64().with_context(|| format!("the number {number}"))?)
        }
        (Bytes, Value::String(text)) => {
            query.bind(BASE64.decode(text.as_bytes()).context("bytes in base64")?)
        }
        (_, other) => bail!("a value of another kind: {other}"),
    })
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = File::create(path).with_context(|| format!("{}", path.display()))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(())
}

/// Tables of sessions and attempts, which a backup leaves out.
#[cfg(test)]
const LEFT_OUT: &[&str] =
    &["attempt", "used_once", "device", "sign_in_code", "refresh_token", "access_token", "_sqlx_migrations"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use std::collections::BTreeSet;

    #[tokio::test]
    async fn a_backup_knows_every_column_there_is() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_sqlite(folder.path()).await.unwrap();
        let rows = sqlx::query(
            "select m.name, c.name from sqlite_master m, pragma_table_info(m.name) c where m.type = 'table'",
        )
        .fetch_all(&store.reader)
        .await
        .unwrap();
        let there: BTreeSet<(String, String)> = rows
            .iter()
            .map(|row| (row.get::<String, _>(0), row.get::<String, _>(1)))
            .filter(|(table, _)| !LEFT_OUT.contains(&table.as_str()))
            .collect();
        let known: BTreeSet<(String, String)> = TABLES
            .iter()
            .flat_map(|table| {
                table.columns.iter().map(|(column, _)| (table.name.to_owned(), (*column).to_owned()))
            })
            .collect();
        assert_eq!(known, there);
        store.close().await;
    }
}
