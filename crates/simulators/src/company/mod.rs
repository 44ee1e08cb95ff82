//! The demo company: twelve months of a Nordic trading company's bank statements and ledgers, and the truth
//! about which entry belongs to which ledger line.
//!
//! What comes out, for `Fjordhandel AB` (556677-8899):
//!
//! | path | content |
//! | --- | --- |
//! | `bank/sek/2026-10-16.xml` … | daily camt.053.001.02 of the krona account; batches, fees, credit line; sequence restarts in January |
//! | `bank/eur/…` | daily camt.053.001.08 of the euro account; days without entries have no statement |
//! | `bank/nok/…` | daily camt.053.001.02 of the Norwegian account; days without entries have an empty statement |
//! | `ledger/fjordhandel-sek.se`, `-eur.se`, `-nok.se` | SIE 4E, CP437, with `#KSUMMA`; bank accounts 1930, 1931, 1932 |
//! | `truth/truth.jsonl`, `truth/README.md` | the answers, for scorers only |
//!
//! SIE knows one currency per file (`#VALUTA`), so each currency's books are a file of their own with the same
//! company and financial year, as programs with currency ledgers export them. The financial year is the twelve
//! months generated, whatever month they begin with.
//!
//! Invariants: the same [`Options`] give the same bytes on every platform; every statement balances and joins
//! the one before; every voucher balances unless the truth calls it `unbalanced`; every structured reference
//! has valid check digits unless the truth says `wrong_check_digit`.
//!
//! **Absent on purpose:** real companies and persons (but for the tax authority), clocks, entropy.

mod account;
mod calendar;
mod camt;
mod engine;
mod mistakes;
mod model;
mod parties;
mod random;
mod references;
mod routine;
mod sie;
mod texts;
mod trade;
mod truth;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::Path,
};

/// How often people make mistakes: about 4, 14 or 39 of 100 rows of the truth are touched by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difficulty {
    /// A tidy office.
    Easy,
    /// An ordinary one.
    Medium,
    /// A year nobody looked after.
    Hard,
}

/// Which accounts and which files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Three accounts with a statement a day.
    Company,
    /// The krona account alone in this many statement files (1 to one per bank day), for benches.
    /// Numbers that divide twelve give whole months.
    SingleAccount {
        /// Number of statement files.
        files: u32,
    },
}

/// What to generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Bank entries in all accounts together; exactly so many are made.
    pub entries: u64,
    /// Any number; the same one gives the same bytes.
    pub seed: u64,
    /// How often people make mistakes.
    pub difficulty: Difficulty,
    /// Year and month (1 to 12) of the first of the twelve months.
    pub first_month: (i16, i8),
    /// Which accounts and files.
    pub layout: Layout,
}

impl Default for Options {
    /// 10,000 entries from November 2025 to October 2026, seed 1, medium, three accounts.
    fn default() -> Self {
        Self {
            entries: 10_000,
            seed: 1,
            difficulty: Difficulty::Medium,
            first_month: (2025, 11),
            layout: Layout::Company,
        }
    }
}

impl Options {
    /// One krona account with `entries` entries in `files` statement files.
    #[must_use]
    pub fn single_account(entries: u64, files: u32) -> Self {
        Self { entries, layout: Layout::SingleAccount { files }, ..Self::default() }
    }

    /// The same with as many entries as bring all bank files together to at most `bytes` and at least 97 % of
    /// it. Found by generating without writing, so it takes a few times as long as generating once.
    #[must_use]
    pub fn sized(mut self, bytes: u64) -> Self {
        self.entries = 2_000;
        for _ in 0..8 {
            let mut measured = 0_u64;
            let outcome = generate(&self, &mut |path, piece| {
                measured += if path.starts_with("bank/") { piece.len() as u64 } else { 0 };
                Ok(())
            });
            if outcome.is_err() || (measured <= bytes && measured >= bytes / 100 * 97) {
                break;
            }
            let aimed =
                u128::from(self.entries) * u128::from(bytes) * 985 / 1_000 / u128::from(measured.max(1));
            self.entries = u64::try_from(aimed).unwrap_or(u64::MAX).max(1);
        }
        self
    }
}

/// Receives the files: path relative to the output folder, with `/`, and the next piece of its bytes.
/// All pieces of a file come one after another; a new path begins a new file.
pub type Sink<'s> = dyn FnMut(&str, &[u8]) -> io::Result<()> + 's;

/// What was generated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Bank entries.
    pub entries: u64,
    /// Payments inside them.
    pub transactions: u64,
    /// Statements, one per bank file.
    pub statements: u64,
    /// Vouchers in all ledgers.
    pub vouchers: u64,
    /// Ledger lines in all ledgers.
    pub ledger_lines: u64,
    /// Rows of the truth.
    pub truth_rows: u64,
    /// Files, truth included.
    pub files: u64,
    /// Bytes in all files.
    pub bytes: u64,
    /// Rows of the truth by mistake, `none` first.
    pub mistakes: Vec<(&'static str, u64)>,
}

impl Summary {
    /// The summary as one JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = format!(
            "{{\"entries\":{},\"transactions\":{},\"statements\":{},\"vouchers\":{},\"ledger_lines\":{},\
             \"truth_rows\":{},\"files\":{},\"bytes\":{},\"mistakes\":{{",
            self.entries,
            self.transactions,
            self.statements,
            self.vouchers,
            self.ledger_lines,
            self.truth_rows,
            self.files,
            self.bytes
        );
        for (place, (name, count)) in self.mistakes.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            write!(text, "{comma}\"{name}\":{count}").expect("a String takes everything");
        }
        text.push_str("}}");
        text
    }
}

/// Generates the company and hands its files to `sink` piece by piece.
///
/// # Errors
/// Whatever `sink` answers; the generator itself cannot fail.
pub fn generate(options: &Options, sink: &mut Sink<'_>) -> io::Result<Summary> {
    engine::run(options, sink)
}

/// Generates the company into a folder, which is created if missing; files of the same name are replaced.
///
/// # Errors
/// The first failure of the file system.
pub fn write_to(folder: &Path, options: &Options) -> io::Result<Summary> {
    let mut open: Option<(String, io::BufWriter<fs::File>)> = None;
    let summary = generate(options, &mut |path, piece| {
        if let Some((name, file)) = &mut open
            && name == path
        {
            return file.write_all(piece);
        }
        if let Some((_, mut file)) = open.take() {
            file.flush()?;
        }
        let target = folder.join(path);
        fs::create_dir_all(target.parent().unwrap_or(folder))?;
        let mut file = io::BufWriter::with_capacity(1 << 18, fs::File::create(target)?);
        file.write_all(piece)?;
        open = Some((path.to_owned(), file));
        Ok(())
    })?;
    if let Some((_, mut file)) = open {
        file.flush()?;
    }
    Ok(summary)
}

/// Generates the company into memory: bytes by path. For tests and small companies.
///
/// # Panics
/// Never: writing to memory does not fail.
#[must_use]
pub fn to_memory(options: &Options) -> (BTreeMap<String, Vec<u8>>, Summary) {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let summary = generate(options, &mut |path, piece| {
        match files.get_mut(path) {
            Some(bytes) => bytes.extend_from_slice(piece),
            None => {
                files.insert(path.to_owned(), piece.to_vec());
            }
        }
        Ok(())
    })
    .expect("memory takes everything");
    (files, summary)
}
