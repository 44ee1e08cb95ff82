//! Scores the engine on the labelled Splink transactions and prints precision, recall, F1 and time.
//!
//! Reads `$ATTEST_SHARED/bench` (default: `shared` beside the repository). Nothing but the scorer reads `truth`.
//! With two numbers as arguments it measures the time of that many synthetic lines a side instead:
//! `splink 10000 45000`; with `unmatched` before them, lines of which none has a partner (the sums' worst case).

use attest_domain::amount::Amount;
use attest_domain::reconciliation::{Decision, Line, MatchRules, Proposal};
use attest_matching::propose;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sizes: Vec<u32> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    if !sizes.is_empty() {
        let unmatched = std::env::args().any(|a| a == "unmatched");
        sizes.into_iter().for_each(|lines| time_synthetic(lines, unmatched));
        return Ok(());
    }
    let folder = std::env::var_os("ATTEST_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")), PathBuf::from)
        .join("bench");
    let files = ["origin", "destination"].map(|side| folder.join(format!("splink-transactions-{side}.csv")));
    if !files.iter().all(|file| file.exists()) {
        println!("skipped: no labelled transactions under {}", folder.display());
        return Ok(());
    }
    let (left, left_truth) = load(&files[0])?;
    let (right, right_truth) = load(&files[1])?;
    let rules = MatchRules { days_max: 30, difference_permille: 150, ..MatchRules::default() };
    let start = Instant::now();
    let proposals = propose(&left, &right, &rules);
    let seconds = start.elapsed().as_secs_f64();
    println!("{} x {} lines in {seconds:.2} s, {} proposals", left.len(), right.len(), proposals.len());
    let right_of = |p: &Proposal| {
        p.left.len() == 1 && p.right.len() == 1 && left_truth[&p.left[0]] == right_truth[&p.right[0]]
    };
    type Part = (&'static str, fn(&Proposal) -> bool);
    let parts: [Part; 3] = [
        ("overall (without ambiguous)", |p| p.decision != Decision::Ambiguous),
        ("auto", |p| p.decision == Decision::Auto),
        ("0.995 and more", |p| p.decision != Decision::Ambiguous && p.confidence >= 0.995),
    ];
    for (name, takes) in parts {
        let taken: Vec<&Proposal> = proposals.iter().filter(|p| takes(p)).collect();
        let good = taken.iter().filter(|p| right_of(p)).count();
        print_score(name, good, taken.len(), left.len());
    }
    for tenth in (0..1000).step_by(100) {
        let taken: Vec<&Proposal> = proposals
            .iter()
            .filter(|p| p.decision != Decision::Ambiguous && (tenth..tenth + 100).contains(&thousandths(p)))
            .collect();
        let good = taken.iter().filter(|p| right_of(p)).count();
        println!("confidence {tenth:03} per mille and more: {good} of {} right", taken.len());
    }
    let ambiguous = proposals.iter().filter(|p| p.decision == Decision::Ambiguous);
    println!(
        "ambiguous: {}, groups: {}",
        ambiguous.count(),
        proposals.iter().filter(|p| p.left.len() + p.right.len() > 2).count()
    );
    Ok(())
}

#[expect(clippy::cast_possible_truncation, reason = "0 to 1000")]
fn thousandths(p: &Proposal) -> i32 {
    (p.confidence * 1000.0).round() as i32
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn print_score(name: &str, good: usize, taken: usize, all: usize) {
    let precision = good as f64 / taken.max(1) as f64;
    let recall = good as f64 / all as f64;
    let f1 = 2.0 * precision * recall / (precision + recall).max(f64::MIN_POSITIVE);
    println!("{name}: precision {precision:.4} recall {recall:.4} F1 {f1:.4} ({} wrong)", taken - good);
}

type Loaded = (Vec<Line>, HashMap<String, String>);

fn load(file: &Path) -> Result<Loaded, Box<dyn std::error::Error>> {
    let (mut lines, mut truth) = (Vec::new(), HashMap::new());
    for record in csv::Reader::from_path(file)?.records() {
        let record = record?;
        let id = record[0].to_owned();
        truth.insert(id.clone(), record[4].to_owned());
        lines.push(Line {
            id,
            date: Some(record[1].parse()?),
            amount: Amount::parse(&record[2])?,
            currency: None,
            references: Vec::new(),
            counterparty: None,
            counterparty_account: None,
            text: record[3].to_owned(),
            group: None,
            parts: Vec::new(),
        });
    }
    Ok((lines, truth))
}

/// A ledger of constant density: 250 lines a day, a third with a reference, few names, some equal amounts.
fn time_synthetic(lines: u32, unmatched: bool) {
    let line = |side: &str, n: u32, lag: u32| {
        let mix = n.wrapping_mul(2_654_435_761);
        let day = jiff::civil::date(2020, 1, 1) + jiff::Span::new().days(i64::from(n / 250 + lag));
        Line {
            id: format!("{side}{n:07}"),
            date: Some(day),
            amount: Amount::from_parts(i64::from(mix % 900_000) + 100, 2),
            currency: None,
            references: Vec::new(),
            counterparty: (n.is_multiple_of(2)).then(|| format!("Bolag{} Norr{} AB", mix % 211, mix % 17)),
            counterparty_account: None,
            text: if n.is_multiple_of(3) {
                format!("Faktura {}", 100_000 + n)
            } else {
                format!("Köp {}", mix % 97)
            },
            group: None,
            parts: Vec::new(),
        }
    };
    let left: Vec<Line> = (0..lines).map(|n| line("l", n, n % 3)).collect();
    let mut right: Vec<Line> = (0..lines).map(|n| line("r", n, 0)).collect();
    if unmatched {
        // A tenth of a cent off: no amount and no sum is equal.
        right.iter_mut().for_each(|l| l.amount += Amount::from_parts(1, 6));
    }
    let start = Instant::now();
    let proposals = propose(&left, &right, &MatchRules::default());
    let good = proposals
        .iter()
        .filter(|p| p.left.len() == 1 && p.right.len() == 1 && p.left[0][1..] == p.right[0][1..]);
    let auto = proposals.iter().filter(|p| p.decision == Decision::Auto).count();
    println!(
        "{lines} x {lines}: {:.2} s, {} right of {}, {auto} auto",
        start.elapsed().as_secs_f64(),
        good.count(),
        proposals.len()
    );
}
