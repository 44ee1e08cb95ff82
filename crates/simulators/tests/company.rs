//! Rules the demo company keeps, checked on its bytes: by text search where that is simple, by the product's
//! readers where ledgers and whole files are concerned.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop a test the same way tests do")]

use attest_domain::{
    Digest,
    finding::Severity,
    ledger::LedgerLine,
    statement::{BalanceCheck, Entry, EntryStatus, Statement},
};
use attest_formats::{Item, ReadContext, check_digits};
use attest_simulators::company::{Difficulty, Layout, Options, Summary, to_memory, write_to};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
    path::PathBuf,
    process::Command,
};

type Files = BTreeMap<String, Vec<u8>>;
type Key = (String, u64, u64);

fn company(entries: u64, seed: u64, difficulty: Difficulty) -> (Files, Summary) {
    to_memory(&Options { entries, seed, difficulty, ..Options::default() })
}

/// The bank files of one account in the order of their days.
fn bank<'f>(files: &'f Files, folder: &str) -> Vec<(&'f str, &'f str)> {
    let prefix = format!("bank/{folder}/");
    files
        .iter()
        .filter(|(path, _)| path.starts_with(&prefix))
        .map(|(path, bytes)| (path.as_str(), std::str::from_utf8(bytes).unwrap()))
        .collect()
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let from = text.find(start).unwrap_or_else(|| panic!("{start} in {text}")) + start.len();
    let rest = &text[from..];
    &rest[..rest.find(end).unwrap_or_else(|| panic!("{end} after {start}"))]
}

fn minor(text: &str) -> i64 {
    assert_eq!(text.len() - text.find('.').unwrap(), 3, "two decimals in {text}");
    text.replace('.', "").parse().unwrap()
}

/// The signed amount of the first `Amt` that is followed by a direction.
fn signed(element: &str, currency: &str) -> i64 {
    let direction = element.find("<CdtDbtInd>").unwrap();
    let opening = format!("<Amt Ccy=\"{currency}\">");
    let amount = element[..direction].rfind(&opening).unwrap();
    let value = minor(between(&element[amount..], &opening, "<"));
    if between(element, "<CdtDbtInd>", "<") == "DBIT" { -value } else { value }
}

fn balance(file: &str, code: &str, currency: &str) -> i64 {
    signed(&file[file.find(&format!("<Cd>{code}</Cd>")).unwrap()..], currency)
}

fn entries(file: &str) -> Vec<&str> {
    file.split("<Ntry>").skip(1).collect()
}

/// What the product's readers make of a file.
#[derive(Default)]
struct Reading {
    entries: Vec<Entry>,
    statements: Vec<Statement>,
    vouchers: u64,
    lines: Vec<LedgerLine>,
    problems: Vec<String>,
}

fn read(path: &str, bytes: &[u8]) -> Reading {
    let mut reading = Reading::default();
    let context = ReadContext { digest: Digest([7; 32]), csv_mapping: None };
    let outcome = attest_formats::read(bytes, &context, &mut |item| {
        match item {
            Item::Entry(entry) => reading.entries.push(*entry),
            Item::Statement(statement) => reading.statements.push(*statement),
            Item::Voucher(_) => reading.vouchers += 1,
            Item::LedgerLine(line) => reading.lines.push(*line),
            Item::Finding(finding) if finding.severity != Severity::Info => {
                reading.problems.push(format!("{path}: {} {}", finding.code, finding.message));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    assert!(outcome.is_ok(), "{path}: {outcome:?}");
    reading
}

struct TruthRow {
    left: Vec<Key>,
    right: Vec<Key>,
    astray: Vec<Key>,
    mistake: String,
    difference: i64,
}

fn truth(files: &Files) -> Vec<TruthRow> {
    let keys = |row: &serde_json::Value, side: &str, major: &str, place: &str| -> Vec<Key> {
        let Some(list) = row[side].as_array() else { return Vec::new() };
        let key = |item: &serde_json::Value| {
            (
                item["file"].as_str().unwrap().to_owned(),
                item[major].as_u64().unwrap(),
                item[place].as_u64().unwrap(),
            )
        };
        list.iter().map(key).collect()
    };
    let text = std::str::from_utf8(&files["truth/truth.jsonl"]).unwrap();
    text.lines()
        .map(|line| {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            TruthRow {
                left: keys(&row, "left", "statement", "entry"),
                right: keys(&row, "right", "voucher", "line"),
                astray: keys(&row, "astray", "voucher", "line"),
                mistake: row["mistake"].as_str().unwrap().to_owned(),
                difference: minor(row["difference"].as_str().unwrap()),
            }
        })
        .collect()
}

/// Every ledger line by its key, and the path of its file.
fn ledger_lines(files: &Files) -> BTreeMap<Key, LedgerLine> {
    let ledgers = files.iter().filter(|(path, _)| path.starts_with("ledger/"));
    ledgers
        .flat_map(|(path, bytes)| {
            let lines = read(path, bytes).lines;
            lines
                .into_iter()
                .map(|line| ((path.clone(), u64::from(line.voucher), u64::from(line.ordinal)), line))
        })
        .collect()
}

#[test]
fn every_statement_balances_and_joins_the_one_before() {
    let (files, summary) = company(3_000, 1, Difficulty::Hard);
    let mut seen = 0;
    for currency in ["SEK", "EUR", "NOK"] {
        let mut closing = None;
        for (path, file) in bank(&files, &currency.to_lowercase()) {
            let opening = balance(file, "OPBD", currency);
            let sum: i64 = entries(file).iter().map(|entry| signed(entry, currency)).sum();
            assert_eq!(closing.unwrap_or(opening), opening, "{path} joins");
            assert_eq!(opening + sum, balance(file, "CLBD", currency), "{path} balances");
            assert_eq!(between(file, "<NbOfNtries>", "<"), entries(file).len().to_string(), "{path} counts");
            closing = Some(opening + sum);
            seen += entries(file).len() as u64;
        }
    }
    assert_eq!((seen, summary.entries), (3_000, 3_000));
}

#[test]
fn sequence_numbers_count_on_and_restart_in_january_on_the_krona_account_alone() {
    let (files, _) = company(1_500, 2, Difficulty::Easy);
    for folder in ["sek", "eur", "nok"] {
        let mut before: Option<(i32, u64)> = None;
        let mut restarts = 0;
        for (path, file) in bank(&files, folder) {
            let year: i32 = path.rsplit('/').next().unwrap()[..4].parse().unwrap();
            let sequence: u64 = between(file, "<ElctrncSeqNb>", "<").parse().unwrap();
            if let Some((last_year, last)) = before {
                let restarted = folder == "sek" && year != last_year;
                restarts += u32::from(restarted);
                assert_eq!(sequence, if restarted { 1 } else { last + 1 }, "{path}");
            }
            before = Some((year, sequence));
        }
        assert_eq!(restarts, u32::from(folder == "sek"));
    }
}

#[test]
fn statements_come_on_bank_days_and_empty_days_differ_by_bank() {
    let (files, _) = company(800, 1, Difficulty::Easy);
    let weekday = |path: &str| -> jiff::civil::Weekday {
        let date: jiff::civil::Date =
            path.rsplit('/').next().unwrap().trim_end_matches(".xml").parse().unwrap();
        date.weekday()
    };
    for path in files.keys().filter(|path| path.starts_with("bank/")) {
        assert!(
            !matches!(weekday(path), jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday),
            "{path}"
        );
    }
    let empty =
        |folder: &str| bank(&files, folder).iter().filter(|(_, file)| entries(file).is_empty()).count();
    assert_eq!(empty("eur"), 0);
    assert!(empty("nok") > 20);
    assert!(bank(&files, "eur").len() < bank(&files, "sek").len());
}

#[test]
fn every_voucher_balances_unless_the_truth_calls_it_unbalanced() {
    let (files, _) = company(12_000, 3, Difficulty::Hard);
    let mut sums: BTreeMap<(String, u64), i64> = BTreeMap::new();
    for ((path, voucher, _), line) in ledger_lines(&files) {
        *sums.entry((path, voucher)).or_default() += line.amount.minor(2).unwrap();
    }
    let unbalanced: BTreeSet<_> = sums.into_iter().filter(|(_, sum)| *sum != 0).map(|(key, _)| key).collect();
    let told: BTreeSet<_> = truth(&files)
        .into_iter()
        .filter(|row| row.mistake == "unbalanced")
        .flat_map(|row| row.right)
        .map(|(path, voucher, _)| (path, voucher))
        .collect();
    assert!(!unbalanced.is_empty(), "a hard year has some");
    assert!(unbalanced.is_subset(&told), "{unbalanced:?} {told:?}");
}

#[test]
fn easy_years_hold_fewer_mistakes_than_hard_ones() {
    let clean = |difficulty| {
        let (_, summary) = company(5_000, 1, difficulty);
        assert_eq!(summary.mistakes[0].0, "none");
        summary.mistakes[0].1 * 100 / summary.truth_rows
    };
    let shares = [Difficulty::Easy, Difficulty::Medium, Difficulty::Hard].map(clean);
    assert!((94..=98).contains(&shares[0]), "{shares:?}");
    assert!((82..=90).contains(&shares[1]), "{shares:?}");
    assert!((50..=70).contains(&shares[2]), "{shares:?}");
    let (_, hard) = company(20_000, 1, Difficulty::Hard);
    assert!(hard.mistakes.iter().all(|(_, count)| *count > 0), "{:?}", hard.mistakes);
}

#[test]
fn the_same_options_give_the_same_bytes_and_another_seed_others() {
    let (files, summary) = company(1_000, 1, Difficulty::Medium);
    assert_eq!((&files, &summary), (&company(1_000, 1, Difficulty::Medium).0, &summary));
    assert_ne!(files, company(1_000, 2, Difficulty::Medium).0);
    let folder = tempfile::tempdir().unwrap();
    write_to(folder.path(), &Options { entries: 1_000, ..Options::default() }).unwrap();
    for (path, bytes) in &files {
        assert_eq!(&std::fs::read(folder.path().join(path)).unwrap(), bytes, "{path}");
    }
    assert_eq!(files.len() as u64, summary.files);
    assert_eq!(files.values().map(|bytes| bytes.len() as u64).sum::<u64>(), summary.bytes);
}

#[test]
fn a_small_year_has_the_bytes_it_always_had_on_every_platform() {
    // FNV-1a over paths and bytes. A change of the generator changes it on purpose; a platform never may.
    let files = company(500, 1, Difficulty::Hard).0;
    let all = files.iter().flat_map(|(path, bytes)| path.bytes().chain(bytes.iter().copied()));
    let digest = all.fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    assert_eq!(format!("{digest:016x}"), "fcfeca6c4106412a");
}

#[test]
fn structured_references_are_valid_but_for_the_deliberate_ones() {
    let (files, _) = company(6_000, 4, Difficulty::Hard);
    let mut wrong = BTreeSet::new();
    let mut checked = 0;
    for folder in ["sek", "eur", "nok"] {
        let valid: fn(&str) -> bool = match folder {
            "sek" => check_digits::is_ocr_with_length,
            "eur" => check_digits::is_viitenumero,
            _ => check_digits::is_kid_modulus_10,
        };
        for (path, file) in bank(&files, folder) {
            for (place, entry) in entries(file).into_iter().enumerate() {
                for reference in entry.split("<Ref>").skip(1).map(|rest| &rest[..rest.find('<').unwrap()]) {
                    let iso = reference.starts_with("RF");
                    let fine =
                        if iso { check_digits::is_creditor_reference(reference) } else { valid(reference) };
                    checked += 1;
                    if !fine {
                        wrong.insert((path.to_owned(), 0, place as u64));
                    }
                }
            }
        }
    }
    let told: BTreeSet<Key> = truth(&files)
        .into_iter()
        .filter(|row| row.mistake == "wrong_check_digit")
        .flat_map(|row| row.left)
        .collect();
    assert!(checked > 3_000 && !told.is_empty());
    assert_eq!(wrong, told);
}

#[test]
fn accounts_and_numbers_pass_their_check_digits() {
    let (files, _) = company(1_500, 5, Difficulty::Medium);
    for (path, bytes) in files.iter().filter(|(path, _)| path.starts_with("bank/")) {
        let text = std::str::from_utf8(bytes).unwrap();
        for iban in text.split("<IBAN>").skip(1).map(|rest| &rest[..rest.find('<').unwrap()]) {
            assert!(check_digits::is_iban(iban), "{path}: {iban}");
        }
        for other in text.split("<Othr><Id>").skip(1).map(|rest| &rest[..rest.find('<').unwrap()]) {
            let fine =
                check_digits::is_bankgiro(other) || check_digits::is_swedish_organisation_number(other);
            assert!(fine, "{path}: {other}");
        }
    }
}

#[test]
fn every_entry_and_every_bank_line_stands_in_the_truth_exactly_once() {
    let (files, _) = company(5_000, 6, Difficulty::Hard);
    let lines = ledger_lines(&files);
    let bank_account = |path: &str| match path {
        "ledger/fjordhandel-eur.se" => "1931",
        "ledger/fjordhandel-nok.se" => "1932",
        _ => "1930",
    };
    let mut all_entries: BTreeMap<Key, i64> = BTreeMap::new();
    for currency in ["SEK", "EUR", "NOK"] {
        for (path, file) in bank(&files, &currency.to_lowercase()) {
            for (place, entry) in entries(file).into_iter().enumerate() {
                all_entries.insert((path.to_owned(), 0, place as u64), signed(entry, currency));
            }
        }
    }
    let mut bank_lines: BTreeMap<Key, i64> = lines
        .iter()
        .filter(|((path, _, _), line)| line.account == bank_account(path))
        .map(|(key, line)| (key.clone(), line.amount.minor(2).unwrap()))
        .collect();
    for row in truth(&files) {
        let left: i64 = row.left.iter().map(|key| all_entries.remove(key).expect("an entry once")).sum();
        let right: i64 = row.right.iter().map(|key| bank_lines.remove(key).expect("a line once")).sum();
        assert_eq!(left - right, row.difference, "{:?}", row.left);
        assert!(row.mistake != "none" || row.difference == 0, "{:?} {:?}", row.left, row.right);
        assert!(!row.left.is_empty() || !row.right.is_empty());
        assert!(row.astray.iter().all(|key| lines[key].account == "1940"));
    }
    assert_eq!((all_entries.len(), bank_lines.len()), (0, 0));
}

#[test]
fn one_account_fits_into_few_files_of_a_chosen_size() {
    let months = to_memory(&Options::single_account(3_000, 12)).0;
    let names: Vec<&String> = months.keys().filter(|path| path.starts_with("bank/")).collect();
    assert_eq!(names.len(), 12);
    assert_eq!(
        (names[0].as_str(), names[11].as_str()),
        ("bank/sek/2025-11-30.xml", "bank/sek/2026-10-31.xml")
    );
    let five = to_memory(&Options::single_account(500, 5)).0;
    assert_eq!(five.keys().filter(|path| path.starts_with("bank/")).count(), 5);

    let options = Options::single_account(0, 1).sized(4_000_000);
    let (one, summary) = to_memory(&options);
    let size = one["bank/sek/2026-10-31.xml"].len();
    assert!((3_880_000..=4_000_000).contains(&size), "{size} bytes");
    assert_eq!((summary.statements, summary.entries), (1, options.entries));
    assert_eq!(one.keys().filter(|path| path.starts_with("ledger/")).count(), 1);
}

#[test]
fn another_first_month_moves_the_year() {
    let options = Options { entries: 600, first_month: (2024, 1), ..Options::default() };
    let files = to_memory(&options).0;
    let days: Vec<&str> = bank(&files, "sek").iter().map(|(path, _)| *path).collect();
    assert_eq!((days[0], days[days.len() - 1]), ("bank/sek/2024-01-02.xml", "bank/sek/2024-12-30.xml"));
    let book = String::from_utf8_lossy(&files["ledger/fjordhandel-sek.se"]).into_owned();
    assert!(book.contains("#RAR 0 20240101 20241231"));
    assert_eq!(options.layout, Layout::Company);
}

#[test]
fn the_readers_find_in_the_files_what_was_put_there() {
    let (files, summary) = company(4_000, 7, Difficulty::Medium);
    let (mut counted, mut payments, mut statements, mut vouchers, mut lines) = (0, 0, 0, 0, 0);
    for (path, bytes) in files.iter().filter(|(path, _)| !path.starts_with("truth/")) {
        let reading = read(path, bytes);
        counted += reading.entries.len() as u64;
        payments += reading.entries.iter().map(|entry| entry.transactions.len() as u64).sum::<u64>();
        statements += reading.statements.len() as u64;
        vouchers += reading.vouchers;
        lines += reading.lines.len() as u64;
        for statement in &reading.statements {
            assert_eq!(statement.balance, BalanceCheck::Ok, "{path}");
        }
        assert!(reading.entries.iter().all(|entry| entry.status == EntryStatus::Booked));
        let expected = |problem: &&String| !problem.contains("reference") && !problem.contains("check");
        assert_eq!(reading.problems.iter().find(expected), None);
    }
    assert_eq!((counted, payments, statements), (summary.entries, summary.transactions, summary.statements));
    assert_eq!((vouchers, lines), (summary.vouchers, summary.ledger_lines));
}

#[test]
fn statements_are_valid_against_the_published_schemas() {
    let name = "statements_are_valid_against_the_published_schemas";
    let Some(schemas) = attest_testkit::find_shared("schemas", name) else { return };
    if Command::new("xmllint").arg("--version").output().is_err() {
        println!("skipped {name}: no xmllint here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    write_to(folder.path(), &Options { entries: 4_000, difficulty: Difficulty::Hard, ..Options::default() })
        .unwrap();
    for (account, schema) in
        [("sek", "camt.053.001.02.xsd"), ("eur", "camt.053.001.08.xsd"), ("nok", "camt.053.001.02.xsd")]
    {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(folder.path().join("bank").join(account))
            .unwrap()
            .map(|file| file.unwrap().path())
            .collect();
        paths.sort();
        let mut lint = Command::new("xmllint");
        lint.args(["--nonet", "--noout", "--schema"]).arg(schemas.join(schema)).args(&paths);
        let outcome = lint.output().unwrap();
        let errors = String::from_utf8_lossy(&outcome.stderr);
        let first = errors.lines().find(|line| !line.ends_with(" validates"));
        assert!(outcome.status.success(), "{account}: {first:?}");
    }
}
