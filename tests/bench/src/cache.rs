//! The encrypted cache: importing a million entries against inserting their bare rows, importing them again, and
//! importing one small statement after many others.
//!
//! "Importing" is everything a controller waits for: reading the files, checking them, keeping the documents
//! compressed, the rows, the events. The baseline has the finished rows in memory and puts them into an equal
//! table (same columns, same indexes) of an equally encrypted, equally durable database.

use crate::{
    bare,
    figure::{Bench, Figure, Goal},
};
use anyhow::{Result, bail, ensure};
use attest_cache::{Cache, CacheKey, import::ENTRY_COLUMNS};
use attest_desk::Desk;
use attest_domain::{Digest, statement::Entry};
use attest_formats::{Item, ReadContext};
use attest_tests::company;
use sqlx::{Connection as _, Row as _};
use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

pub(crate) const BENCHES: &[Bench] = &[
    Bench { name: "cache.import_1m", unit: "entries/s", goal: Goal::RatioAtLeast(0.6), run: import },
    Bench { name: "cache.reimport_1m", unit: "s", goal: Goal::RatioAtMost(0.1), run: import_again },
    Bench { name: "cache.import_late", unit: "s", goal: Goal::RatioAtMost(1.5), run: import_late },
];

const ENTRIES: u64 = 1_000_000;
/// Small statements of one account, and how many of them are measured: the first so many and the last so many.
const SMALL: usize = 200;
const MEASURED: usize = 50;
const KEY: [u8; 32] = [7; 32];
const PASSPHRASE: &str = "a workspace that lives as long as this bench";

fn import() -> Result<Figure> {
    let folder = tempfile::tempdir()?;
    let files = statements(folder.path())?;
    let (first, _) = runtime()?.block_on(import_twice(folder.path(), &files))?;
    let raw = runtime()?.block_on(insert_raw(folder.path(), &files))?;
    Ok(Figure { value: rate(first), baseline: Some(rate(raw)) })
}

fn import_again() -> Result<Figure> {
    let folder = tempfile::tempdir()?;
    let files = statements(folder.path())?;
    let (first, second) = runtime()?.block_on(import_twice(folder.path(), &files))?;
    Ok(Figure { value: second.as_secs_f64(), baseline: Some(first.as_secs_f64()) })
}

/// The last small statements against the first ones: the work for a file must not grow with what is here already.
fn import_late() -> Result<Figure> {
    let folder = tempfile::tempdir()?;
    let (files, entries) = (SMALL.to_string(), (SMALL * 10).to_string());
    let mut files =
        company::generate_with(folder.path(), &["--single-account", &files, "--entries", &entries])?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "xml"));
    ensure!(files.len() == SMALL, "{} statements", files.len());
    runtime()?.block_on(async {
        let desk = Desk::new(folder.path().join("workspace"), folder.path().join("exports"));
        desk.create_workspace(Some(PASSPHRASE.to_owned())).await?;
        let first = import_new(&desk, &files[..MEASURED]).await?;
        import_new(&desk, &files[MEASURED..SMALL - MEASURED]).await?;
        let last = import_new(&desk, &files[SMALL - MEASURED..]).await?;
        desk.lock("asked").await?;
        Ok(Figure { value: last.as_secs_f64(), baseline: Some(first.as_secs_f64()) })
    })
}

/// Imports files that were not here before; tells how long it took.
async fn import_new(desk: &Desk, files: &[PathBuf]) -> Result<Duration> {
    let start = Instant::now();
    let reports = desk.import(files, None, &desk.watch_import()).await?;
    let took = start.elapsed();
    ensure!(reports.iter().all(|report| report.status == "new"), "not all files are new");
    Ok(took)
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

fn rate(took: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a million")]
    let entries = ENTRIES as f64;
    entries / took.as_secs_f64()
}

/// A dozen statements with a million entries together, without the ledger.
fn statements(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = ENTRIES.to_string();
    let mut files = company::generate_with(folder, &["--single-account", "12", "--entries", &entries])?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "xml"));
    Ok(files)
}

/// Imports the files into a new workspace, twice; tells how long each time took.
async fn import_twice(folder: &Path, files: &[PathBuf]) -> Result<(Duration, Duration)> {
    let desk = Desk::new(folder.join("workspace"), folder.join("exports"));
    desk.create_workspace(Some(PASSPHRASE.to_owned())).await?;
    let mut took = Vec::new();
    for status in ["new", "already-here"] {
        let watch = desk.watch_import();
        let start = Instant::now();
        let reports = desk.import(files, None, &watch).await?;
        took.push(start.elapsed());
        let fits = reports.iter().all(|report| report.status == status);
        ensure!(fits && reports.len() == files.len(), "not all files are {status}");
        let entries: u64 = reports.iter().map(|report| report.entries).sum();
        ensure!(status == "already-here" || entries >= ENTRIES * 99 / 100, "{entries} entries");
    }
    desk.lock("asked").await?;
    Ok((took[0], took[1]))
}

/// Puts the same rows into a table of their own, rows ready in memory; tells how long the database took.
async fn insert_raw(folder: &Path, files: &[PathBuf]) -> Result<Duration> {
    let (made, bare) = (folder.join("made.db"), folder.join("bare.db"));
    make_rows(&made, files).await?;
    let mut source = bare::connect(&made, &KEY).await?;
    let mut target = bare::connect(&bare, &KEY).await?;
    for sql in
        ["select sql from sqlite_schema where tbl_name = 'entry' and sql is not null order by type desc"]
    {
        for row in sqlx::query(sql).fetch_all(&mut source).await? {
            let definition: String = row.get(0);
            sqlx::query(sqlx::AssertSqlSafe(definition)).execute(&mut target).await?;
        }
    }
    let took = bare::copy(&mut source, &mut target, "entry", ENTRY_COLUMNS, "id").await?;
    let rows: i64 = sqlx::query("select count(*) from entry").fetch_one(&mut target).await?.get(0);
    ensure!(rows.unsigned_abs() >= ENTRIES * 99 / 100, "{rows} rows");
    target.close().await?;
    Ok(took)
}

/// Makes the rows that an import makes, in a cache whose key is known here.
async fn make_rows(path: &Path, files: &[PathBuf]) -> Result<()> {
    let cache = Cache::open(path, &CacheKey::new(KEY)).await?;
    for (number, file) in files.iter().enumerate() {
        let mut transaction = cache.begin().await?;
        let digest = Digest([u8::try_from(number)?; 32]);
        let slot = transaction.insert_document(&digest, "bench", 1, "2026-01-01T00:00:00Z", None).await?;
        transaction.insert_entries(slot, &read_entries(&fs::read(file)?, digest)?).await?;
        transaction.commit().await?;
    }
    cache.close().await;
    Ok(())
}

#[expect(clippy::vec_box, reason = "the shape the importer stores")]
fn read_entries(bytes: &[u8], digest: Digest) -> Result<Vec<Box<Entry>>> {
    let mut entries = Vec::new();
    let read = attest_formats::read(bytes, &ReadContext { digest, csv_mapping: None }, &mut |item| {
        if let Item::Entry(entry) = item {
            entries.push(entry);
        }
        ControlFlow::Continue(())
    });
    if let Err(refusal) = read {
        bail!("a generated file was refused: {refusal:?}");
    }
    Ok(entries)
}
