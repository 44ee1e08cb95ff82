//! `attest-generate`: writes the demo company's files into a folder.

use attest_simulators::company::{self, Difficulty, Layout, Options};
use clap::{Parser, ValueEnum};
use std::{path::PathBuf, process::ExitCode};

/// Generates the demo company: bank statements, ledgers, and the truth about which belongs to which.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Folder to write into; created if missing, files of the same name are replaced.
    #[arg(long)]
    out: PathBuf,
    /// Bank entries in all accounts together.
    #[arg(long, default_value_t = 10_000)]
    entries: u64,
    /// The same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How often people make mistakes.
    #[arg(long, value_enum, default_value_t = Level::Medium)]
    difficulty: Level,
    /// First of the twelve months, as 2025-11.
    #[arg(long, default_value = "2025-11", value_parser = parse_month)]
    start: (i16, i8),
    /// One krona account alone, in this many statement files, instead of three accounts daily.
    #[arg(long)]
    single_account: Option<u32>,
    /// With --single-account: choose the number of entries so that all statements together come close to
    /// this many bytes without passing them.
    #[arg(long, requires = "single_account")]
    bytes: Option<u64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Level {
    Easy,
    Medium,
    Hard,
}

fn parse_month(text: &str) -> Result<(i16, i8), String> {
    let wrong = || format!("\"{text}\" is not a month; write it as 2025-11");
    let (year, month) = text.split_once('-').ok_or_else(wrong)?;
    let (year, month): (i16, i8) = (year.parse().map_err(|_| wrong())?, month.parse().map_err(|_| wrong())?);
    if (1990..=2100).contains(&year) && (1..=12).contains(&month) { Ok((year, month)) } else { Err(wrong()) }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let options = Options {
        entries: arguments.entries,
        seed: arguments.seed,
        difficulty: match arguments.difficulty {
            Level::Easy => Difficulty::Easy,
            Level::Medium => Difficulty::Medium,
            Level::Hard => Difficulty::Hard,
        },
        first_month: arguments.start,
        layout: arguments.single_account.map_or(Layout::Company, |files| Layout::SingleAccount { files }),
    };
    let options = match arguments.bytes {
        Some(bytes) => options.sized(bytes),
        None => options,
    };
    match company::write_to(&arguments.out, &options) {
        Ok(summary) => {
            println!("{}", summary.to_json());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("attest-generate: {}: {error}", arguments.out.display());
            ExitCode::FAILURE
        }
    }
}
