//! Reconciling a generated company, whose truth is known.

use crate::{Scene, text};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// The ledger account of the company's one bank account.
const LEDGER_ACCOUNT: &str = "1930";
/// Of the matches that confirm themselves, this share at least is right.
const AUTOMATIC_RIGHT_MIN: f64 = 0.99;
/// Mistakes whose lines have a twin, so that either one may be called right (the generator's README).
const WITH_TWINS: &[&str] = &["doubled_voucher", "equal_amounts"];

/// A line as the truth names it: file, statement or voucher, entry or line; all counted from 0.
type Place = (String, u64, u64);

#[test]
fn what_confirms_itself_agrees_with_the_truth() -> Result<()> {
    let scene = Scene::with_one_account(600)?;
    let places = places(&scene)?;
    let truth = load_truth(&scene)?;
    let account = text(scene.list(&["statements"])?.first().context("a statement")?, "account")?.to_owned();
    let answer = scene.list(&["match", "--account", &account, "--ledger-account", LEDGER_ACCOUNT])?;
    let automatic: Vec<&Value> = answer.iter().filter(|line| line["decision"] == "auto").collect();
    assert!(automatic.len() > 300, "only {} of {} lines confirm themselves", automatic.len(), answer.len());

    let mut wrong = Vec::new();
    for proposal in &automatic {
        let side = |name| {
            ids(proposal, name)?.iter().map(|id| place_of(&places, id)).collect::<Result<BTreeSet<Place>>>()
        };
        let (left, right) = (side("left")?, side("right")?);
        let is_right = truth.iter().any(|row| {
            row.left == left && (row.right == right || row.has_twins && row.right.len() == right.len())
        });
        if !is_right {
            wrong.push(proposal.to_string());
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a few hundred matches")]
    let share = 1.0 - wrong.len() as f64 / automatic.len() as f64;
    assert!(
        share >= AUTOMATIC_RIGHT_MIN,
        "{} of {} are wrong:\n{}",
        wrong.len(),
        automatic.len(),
        wrong.join("\n")
    );
    Ok(())
}

#[test]
fn the_same_question_gets_the_same_bytes() -> Result<()> {
    let scene = Scene::with_one_account(200)?;
    scene.import(&scene.files)?;
    let account = text(scene.list(&["statements"])?.first().context("a statement")?, "account")?.to_owned();
    let ask =
        || scene.workspace.attest(&["match", "--account", &account, "--ledger-account", LEDGER_ACCOUNT]);
    let (first, second) = (ask()?, ask()?);
    ensure!(first.code == 0, "{}", first.stderr);
    assert!(first.stdout.lines().count() > 100);
    assert_eq!(first.stdout, second.stdout);
    Ok(())
}

#[test]
fn two_tables_are_matched_without_an_import() -> Result<()> {
    let scene = Scene::with_one_account(20)?;
    let (left, right) = (scene.folder.path().join("bank.csv"), scene.folder.path().join("ledger.csv"));
    fs::write(
        &left,
        "id,date,amount,currency,reference\nb1,2026-03-02,125.00,SEK,1234567897\nb2,2026-03-03,-40.00,SEK,\n",
    )?;
    fs::write(
        &right,
        "id,date,amount,currency,reference\nl1,2026-03-02,125.00,SEK,1234567897\nl2,2026-05-09,77.10,SEK,\n",
    )?;
    let (left, right) = (left.to_string_lossy(), right.to_string_lossy());
    let answer = scene.list(&["match", "--left", &left, "--right", &right])?;
    let matched: Vec<(Vec<&str>, Vec<&str>)> = answer
        .iter()
        .filter(|line| line.get("decision").is_some())
        .map(|line| Ok((ids(line, "left")?, ids(line, "right")?)))
        .collect::<Result<_>>()?;
    assert_eq!(matched, [(vec!["b1"], vec!["l1"])]);
    let summary = answer.last().context("a summary")?;
    assert!(summary.get("decision").is_none(), "the last line sums up: {summary}");
    Ok(())
}

#[test]
fn the_reconciliation_leaves_as_a_table_with_its_digest() -> Result<()> {
    let scene = Scene::with_one_account(100)?;
    scene.import(&scene.files)?;
    let out = scene.folder.path().join("reconciliation.csv");
    let name = out.to_string_lossy();
    let said = scene.list(&["export", "reconciliation", "--format", "csv", "--out", &name])?;
    let table = fs::read_to_string(&out)?;
    assert!(table.lines().count() > 100, "{table}");
    if let Some(digest) = crate::system_digest(&out)? {
        let told = said.iter().any(|line| line.to_string().contains(&digest));
        assert!(told, "no digest {digest} in {said:?}");
    }
    Ok(())
}

fn ids<'v>(proposal: &'v Value, side: &str) -> Result<Vec<&'v str>> {
    let list = proposal[side].as_array().with_context(|| format!("no `{side}` in {proposal}"))?;
    list.iter().map(|id| id.as_str().context("an id is text")).collect()
}

fn place_of(places: &BTreeMap<String, Place>, id: &str) -> Result<Place> {
    places.get(id).cloned().with_context(|| format!("{id} is no imported line"))
}

/// Imports the company and finds the place of every entry and ledger line by the bytes it points to.
fn places(scene: &Scene) -> Result<BTreeMap<String, Place>> {
    let mut documents = BTreeMap::new();
    for (file, said) in scene.files.iter().zip(scene.import(&scene.files)?) {
        documents.insert(text(&said, "sha256")?.to_owned(), positions(&scene.company(), file)?);
    }
    let mut places = BTreeMap::new();
    for line in scene.list(&["entries"])?.iter().chain(&scene.list(&["ledger"])?) {
        let known = documents.get(text(line, "document")?).context("a line names an imported document")?;
        let bound = |at: usize| line["span"][at].as_u64().context("a span");
        let (_, place) =
            known.range(bound(0)?..bound(1)?).next().with_context(|| format!("{line} points nowhere"))?;
        places.insert(text(line, "id")?.to_owned(), place.clone());
    }
    Ok(places)
}

/// Offsets of all entries or ledger lines of a file, counted by hand.
fn positions(company: &Path, file: &Path) -> Result<BTreeMap<u64, Place>> {
    let bytes = fs::read(file)?;
    let name = file.strip_prefix(company)?.to_string_lossy().replace('\\', "/");
    let (outer, inner): (&[u8], &[u8]) =
        if name.ends_with(".xml") { (b"<Stmt>", b"<Ntry>") } else { (b"#VER ", b"#TRANS ") };
    let (mut group, mut item) = (0, 0);
    let mut found = BTreeMap::new();
    for at in 0..bytes.len() {
        if bytes[at..].starts_with(outer) {
            (group, item) = (group + 1, 0);
        } else if bytes[at..].starts_with(inner) {
            found.insert(at as u64, (name.clone(), group - 1, item));
            item += 1;
        }
    }
    Ok(found)
}

/// One row of the truth.
struct Row {
    left: BTreeSet<Place>,
    right: BTreeSet<Place>,
    has_twins: bool,
}

fn load_truth(scene: &Scene) -> Result<Vec<Row>> {
    let side = |row: &Value, name: &str, inner: [&str; 2]| -> Result<BTreeSet<Place>> {
        let lines = row[name].as_array().context("a side is a list")?;
        let number = |line: &Value, member: &str| line[member].as_u64().context("a position is a number");
        lines
            .iter()
            .map(|line| {
                Ok((text(line, "file")?.to_owned(), number(line, inner[0])?, number(line, inner[1])?))
            })
            .collect()
    };
    let rows = fs::read_to_string(scene.company().join("truth/truth.jsonl"))?;
    rows.lines()
        .map(|row| {
            let row: Value = serde_json::from_str(row)?;
            Ok(Row {
                left: side(&row, "left", ["statement", "entry"])?,
                right: side(&row, "right", ["voucher", "line"])?,
                has_twins: WITH_TWINS.contains(&text(&row, "mistake")?),
            })
        })
        .collect()
}
