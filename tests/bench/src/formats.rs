//! Reading: how close a camt.053 with full values comes to merely tokenising it, and what the largest one costs
//! in memory.

use crate::{
    figure::{Bench, Figure, Goal, fastest_of},
    process,
};
use anyhow::{Context, Result, bail, ensure};
use attest_domain::Digest;
use attest_formats::{Item, Outcome, ReadContext};
use attest_tests::programs::find_program;
use quick_xml::{Reader, events::Event};
use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

pub(crate) const BENCHES: &[Bench] = &[
    Bench { name: "formats.camt053_parse", unit: "MB/s", goal: Goal::RatioAtLeast(0.5), run: parse },
    Bench {
        name: "formats.camt053_256mib_rss",
        unit: "MiB",
        goal: Goal::ValueAtMost(400.0),
        run: largest_file,
    },
];

/// Size of the file that is parsed: some 80,000 entries.
const PARSED_BYTES: u64 = 70_000_000;
/// The largest document that is read.
const LARGEST_BYTES: u64 = attest_domain::limits::DOCUMENT_BYTES_MAX;
const ROUNDS: u32 = 7;

fn parse() -> Result<Figure> {
    let folder = tempfile::tempdir()?;
    let bytes = fs::read(make_statement(folder.path(), PARSED_BYTES)?)?;
    let (ours, baseline) = fastest_of(ROUNDS, || read_all(&bytes), || tokenise(&bytes))?;
    #[expect(clippy::cast_precision_loss, reason = "a size in megabytes needs no more than 52 bits")]
    let megabytes = bytes.len() as f64 / 1e6;
    Ok(Figure { value: megabytes / ours.as_secs_f64(), baseline: Some(megabytes / baseline.as_secs_f64()) })
}

/// Reads into full values, each looked at and dropped.
fn read_all(bytes: &[u8]) -> Result<u64> {
    let context = ReadContext { digest: Digest([7; 32]), csv_mapping: None };
    let mut entries = 0;
    let outcome = attest_formats::read(bytes, &context, &mut |item| {
        entries += u64::from(matches!(item, Item::Entry(_)));
        std::hint::black_box(item);
        ControlFlow::Continue(())
    });
    match outcome {
        Ok(Outcome::Read(_)) => {}
        other => bail!("the file was not read: {other:?}"),
    }
    ensure!(entries > 10_000, "only {entries} entries came out");
    Ok(entries)
}

/// The least anybody must do: quick-xml's event loop over the same bytes.
fn tokenise(bytes: &[u8]) -> Result<u64> {
    let mut reader = Reader::from_reader(bytes);
    let mut events = 0;
    loop {
        match reader.read_event().context("the generated file is XML")? {
            Event::Eof => return Ok(events),
            event => {
                std::hint::black_box(event);
                events += 1;
            }
        }
    }
}

fn largest_file() -> Result<Figure> {
    let folder = tempfile::tempdir()?;
    let statement = make_statement(folder.path(), LARGEST_BYTES)?;
    let passphrase = folder.path().join("passphrase");
    fs::write(&passphrase, "a workspace that lives as long as this bench\n")?;
    let mut command = Command::new(find_program("attest")?);
    command.arg("--workspace").arg(folder.path().join("workspace"));
    command.arg("--passphrase-file").arg(&passphrase).args(["--json", "import"]).arg(&statement);
    command.stdout(Stdio::null());
    let bytes = process::peak_memory(&mut command)?;
    #[expect(clippy::cast_precision_loss, reason = "memory in MiB needs no more than 52 bits")]
    let value = bytes as f64 / (1024.0 * 1024.0);
    Ok(Figure { value, baseline: None })
}

/// Generates one camt.053 of nearly `bytes` bytes.
pub(crate) fn make_statement(folder: &Path, bytes: u64) -> Result<PathBuf> {
    let bytes = bytes.to_string();
    let files = attest_tests::company::generate_with(folder, &["--single-account", "1", "--bytes", &bytes])?;
    let statement = files.into_iter().find(|file| file.extension().is_some_and(|ending| ending == "xml"));
    statement.context("the generator wrote no camt.053")
}
