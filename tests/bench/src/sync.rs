//! Sync over a real connection: a first sync of a million events against the least work there is, an incremental one,
//! and bundles served against a file server.
//!
//! `sync.first_1m` is everything between connecting and a list that can be worked with: fetching, verifying, staging,
//! 10,000 camt.053 statements (100,000 entries) and their ledger fetched, read and compared, a match for each pair of
//! lines and comments with concealed texts, all rows, all indexes, and proposing for what is left open. The imports come
//! first in the log. Client and backend are two processes on one machine. The baseline unpacks and hashes the same
//! bundles and puts the rows of every table that the sync has filled, ready in memory, into the same tables of an
//! equally encrypted database, in the order in which they are stored; it fetches, reads and compares nothing.
//!
//! `sync.incremental_1k` is the processor time of the whole client process while 1,000 more events are pulled and
//! applied, not of verifying alone.

use crate::{
    bare,
    figure::{Bench, Figure, Goal, timed},
    process,
    seeded::{Seeded, Shape},
};
use anyhow::{Context as _, Result, bail, ensure};
use attest_cache::{Cache, CacheKey};
use attest_desk::{Desk, sync::ConnectRequest};
use attest_evidence::{
    bundle::{self, Place},
    leaf,
};
use attest_keychain::Database;
use sqlx::{Connection as _, Row as _, SqliteConnection};
use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

pub(crate) const BENCHES: &[Bench] = &[
    Bench { name: "sync.first_1m", unit: "events/s", goal: Goal::RatioAtLeast(0.5), run: first },
    Bench { name: "sync.incremental_1k", unit: "ms", goal: Goal::ValueAtMost(50.0), run: incremental },
    Bench { name: "backend.read_bundles", unit: "1/s", goal: Goal::RatioAtLeast(0.5), run: read_bundles },
];

const MILLION: Shape = Shape { events: 1_000_000, statements: 10_000, entries: 100_000 };
const SMALL: Shape = Shape { events: 20_000, statements: 10, entries: 1_000 };
const SERVED: Shape = Shape { events: 100_000, statements: 10, entries: 1_000 };
/// Names another number of events for the first sync, to look at it without waiting for a million.
const FEWER: &str = "ATTEST_BENCH_EVENTS";
const KEY: [u8; 32] = [7; 32];
const PASSPHRASE: &str = "a workspace that lives as long as this bench";
/// Syncs that are measured; the best counts.
const ROUNDS: usize = 3;
/// Connections that ask for bundles, and bundles they ask for in one round.
const READERS: usize = 16;
const READS: usize = 6_000;

/// A connected desk in a folder of its own.
async fn connect(seeded: &Seeded, folder: &Path) -> Result<Desk> {
    let desk = Desk::new(folder.join("workspace"), folder.join("exports"));
    desk.connect(ConnectRequest {
        server: seeded.url()?,
        certificate: Some(seeded.certificate()?),
        key: seeded.key.clone().into(),
        tenant: None,
        passphrase: Some(PASSPHRASE.to_owned()),
    })
    .await?;
    Ok(desk)
}

#[tokio::main]
async fn first() -> Result<Figure> {
    let mut shape = MILLION;
    if let Ok(events) = std::env::var(FEWER) {
        shape.events = events.parse().context(FEWER)?;
        shape.statements = usize::try_from(shape.events / 100)?;
        shape.entries = shape.statements * 10;
    }
    let seeded = Seeded::make(shape).await?;
    let folder = tempfile::tempdir()?;
    let desk = connect(&seeded, folder.path()).await?;
    process::forget_peak();
    let start = Instant::now();
    desk.sync().await?;
    let took = start.elapsed();
    let peak = process::own_peak();
    let size = desk.status().await?.log_size;
    ensure!(size == seeded.size, "{size} events of {}", seeded.size);
    desk.lock("asked").await?;
    let bare = least(folder.path(), seeded).await?;
    #[expect(clippy::cast_precision_loss, reason = "a million")]
    let (events, mebibytes) = (size as f64, peak.unwrap_or_default() as f64 / 1_048_576.0);
    eprintln!(
        "sync.first_1m: {size} events in {:.1} s, {:.1} s bare; at most {mebibytes:.0} MiB of memory",
        took.as_secs_f64(),
        bare.as_secs_f64()
    );
    Ok(Figure { value: events / took.as_secs_f64(), baseline: Some(events / bare.as_secs_f64()) })
}

/// Unpacks, hashes and inserts the same.
async fn least(folder: &Path, seeded: Seeded) -> Result<Duration> {
    let mut took = hash_bare(&seeded).await?;
    let workspace = folder.join("workspace");
    let file = attest_keychain::read_key_file(&workspace, Database::Present)?.context("a key file")?;
    let secret = attest_keychain::unlock(&file, Some(&PASSPHRASE.to_owned().into()))?;
    let target = folder.join("bare.db");
    Cache::open(&target, &CacheKey::new(KEY)).await?.close().await;
    let mut source = bare::connect(&workspace.join("cache.db"), secret.expose()).await?;
    let mut target = bare::connect(&target, &KEY).await?;
    let tables = "select t.parent, group_concat(c.name, ', '),
             coalesce(group_concat(c.name, ', ') filter (where c.pk > 0), 'rowid')
         from (select name as parent from sqlite_schema where type = 'table' and sql not like '%virtual%'
                 and name not like 'sqlite%' and name not like '_sqlx%' and name not like 'staged%'
                 and name not in ('meta', 'pull')) t
         join pragma_table_info(t.parent) c group by t.parent";
    for row in sqlx::query(tables).fetch_all(&mut target).await? {
        let (table, columns, order): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        took += bare::copy(&mut source, &mut target, &table, &columns, &order).await?;
    }
    let count = "select count(*) from event";
    let copied: i64 = sqlx::query_scalar(count).fetch_one(&mut target).await?;
    ensure!(copied.unsigned_abs() >= seeded.size, "{copied} events");
    Ok(took)
}

/// Unpacks the bundles as they are served, and hashes their events.
async fn hash_bare(seeded: &Seeded) -> Result<Duration> {
    let mut took = Duration::ZERO;
    for part in seeded.bundles().await?.chunks(256) {
        took += timed(&mut || {
            let mut sum = 0_u8;
            for (_, bytes) in part {
                for event in bundle::decode(&zstd::decode_all(bytes.as_slice())?, 256)? {
                    sum ^= leaf::hash(event).0[0];
                }
            }
            Ok(sum)
        })?;
    }
    Ok(took)
}

#[tokio::main]
async fn incremental() -> Result<Figure> {
    let mut seeded = Seeded::make(SMALL).await?;
    let folder = tempfile::tempdir()?;
    let desk = connect(&seeded, folder.path()).await?;
    desk.sync().await?;
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let before = desk.status().await?.log_size;
        seeded.grow(1_000).await?;
        let start = process::own_cpu()?;
        desk.sync().await?;
        best = best.min(process::own_cpu()?.saturating_sub(start));
        let size = desk.status().await?.log_size;
        ensure!(size >= before + 1_000, "{size} events");
    }
    desk.lock("asked").await?;
    Ok(Figure { value: best.as_secs_f64() * 1e3, baseline: None })
}

/// nginx on a free port with the files of a folder; gone when dropped.
struct FileServer {
    child: Child,
    port: u16,
}

impl FileServer {
    fn start(folder: &Path, certificate: &str, key: &str) -> Result<Self> {
        // A port that is free now is all but certainly free in a moment.
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let at = folder.display();
        let configuration = format!(
            "daemon off; user root; worker_processes auto; pid {at}/pid; error_log {at}/errors;\n\
             events {{ worker_connections 1024; }}\n\
             http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;\n\
             open_file_cache max=10000;\n\
             server {{ listen 127.0.0.1:{port} ssl http2; server_name localhost; root {at}/files;\n\
             ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.3; }} }}\n"
        );
        fs::write(folder.join("nginx.conf"), configuration)?;
        let child = Command::new("nginx")
            .arg("-p")
            .arg(folder)
            .arg("-c")
            .arg(folder.join("nginx.conf"))
            .stderr(Stdio::null())
            .spawn()
            .context("nginx did not start")?;
        let mut server = Self { child, port };
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = server.child.try_wait()? {
                bail!("nginx ended at once: {status}");
            }
            ensure!(start.elapsed() < Duration::from_secs(20), "nginx does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }
}

impl Drop for FileServer {
    /// Its workers notice that their master is gone.
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

#[tokio::main]
async fn read_bundles() -> Result<Figure> {
    let seeded = Seeded::make(SERVED).await?;
    let folder = tempfile::tempdir()?;
    let mut paths = Vec::new();
    for (index, bytes) in seeded.bundles().await? {
        let path = Place { index, width: 256 }.path();
        let file = folder.path().join("files").join(&path);
        fs::create_dir_all(file.parent().context("a folder")?)?;
        fs::write(file, bytes)?;
        paths.push(path);
    }
    let (certificate, key) = seeded.certificate_files();
    let files = FileServer::start(folder.path(), &certificate, &key)?;
    let (theirs, ours) =
        (format!("https://localhost:{}", files.port), format!("{}/log", seeded.tenant_url()?));
    let (mut best_ours, mut best_theirs) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        best_theirs = best_theirs.min(read(&seeded, &theirs, &paths).await?);
        best_ours = best_ours.min(read(&seeded, &ours, &paths).await?);
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let reads = READS as f64;
    Ok(Figure { value: reads / best_ours.as_secs_f64(), baseline: Some(reads / best_theirs.as_secs_f64()) })
}

/// Asks for bundles, as many at once as there are readers, each over a connection of its own.
async fn read(seeded: &Seeded, base: &str, paths: &[String]) -> Result<Duration> {
    let mut readers = Vec::new();
    for reader in 0..READERS {
        let urls: Vec<String> = (reader..READS)
            .step_by(READERS)
            .map(|number| format!("{base}/{}", paths[number % paths.len()]))
            .collect();
        let (http, key) = (seeded.http()?, seeded.key.clone());
        // The connection is there before the clock runs.
        http.get(&urls[0]).bearer_auth(&key).send().await?.error_for_status()?.bytes().await?;
        readers.push((http, key, urls));
    }
    let start = Instant::now();
    let readers: Vec<_> = readers
        .into_iter()
        .map(|(http, key, urls)| {
            tokio::spawn(async move {
                for url in urls {
                    let request = http.get(url).bearer_auth(&key).header("accept-encoding", "zstd");
                    let bytes = request.send().await?.error_for_status()?.bytes().await?;
                    ensure!(bytes.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]), "no bundle as it is stored");
                }
                Ok::<_, anyhow::Error>(())
            })
        })
        .collect();
    for reader in readers {
        reader.await??;
    }
    Ok(start.elapsed())
}

impl Seeded {
    /// The full bundles as they are stored.
    async fn bundles(&self) -> Result<Vec<(u64, Vec<u8>)>> {
        let mut store = SqliteConnection::connect(&format!("sqlite://{}", self.database().display())).await?;
        let rows = sqlx::query("select idx, bytes from bundle order by idx").fetch_all(&mut store).await?;
        Ok(rows.iter().map(|row| (row.get::<i64, _>(0).unsigned_abs(), row.get(1))).collect())
    }
}
