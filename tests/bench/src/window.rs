//! The real window: how soon it has content, and how soon a list of 250,000 entries shows rows and answers a search.
//!
//! Times are taken inside the page, from the key press to the frame after the rows were painted (the mark that the
//! list sets); WebDriver only presses keys. The baselines are the same questions asked of the desk alone.

use crate::figure::{Bench, Figure, Goal};
use anyhow::{Context, Result, ensure};
use attest_desk::{
    Desk,
    view::{LinesQuery, ReviewFilter, ReviewQuery},
};
use attest_tests::{
    company,
    flows::{self, CONTROL},
    programs::find_program,
    window::Window,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::{Duration, Instant, SystemTime},
};

pub(crate) const BENCHES: &[Bench] = &[
    Bench { name: "ui.open_250k", unit: "ms", goal: Goal::ValueAtMost(150.0), run: open },
    Bench { name: "ui.filter_250k", unit: "ms", goal: Goal::ValueAtMost(100.0), run: filter },
    Bench { name: "ui.cold_start", unit: "ms", goal: Goal::RatioAtMost(2.0), run: cold_start },
];

const ENTRIES: &str = "250000";
const PASSPHRASE: &str = "a workspace that lives as long as this bench";
/// What is typed, key by key; every key is a question of its own.
const SEARCH: &str = "1250";
/// Rows the window asks for at once.
const FIRST_ROWS: u32 = 100;
const ROUNDS: usize = 5;
/// The mark the list sets after its first rows were painted.
const MARK: &str = "performance.getEntriesByName('review-first-rows')[0]?.startTime";

/// Milliseconds in the window and alone, for opening and for searching.
#[derive(Clone, Copy)]
struct Large {
    open: Figure,
    filter: Figure,
}

fn open() -> Result<Figure> {
    large().map(|measured| measured.open)
}

fn filter() -> Result<Figure> {
    large().map(|measured| measured.filter)
}

/// Measures both on one workspace, once.
fn large() -> Result<Large> {
    static MEASURED: OnceLock<Large> = OnceLock::new();
    if let Some(measured) = MEASURED.get() {
        return Ok(*measured);
    }
    let folder = tempfile::tempdir()?;
    let workspace = make_workspace(folder.path(), ENTRIES)?;
    let measured = runtime()?.block_on(async {
        let (open, filter) = in_window(&workspace).await?;
        let (open_alone, filter_alone) = alone(&workspace).await?;
        anyhow::Ok(Large {
            open: Figure { value: open, baseline: Some(open_alone) },
            filter: Figure { value: filter, baseline: Some(filter_alone) },
        })
    })?;
    Ok(*MEASURED.get_or_init(|| measured))
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Imports a company with one account through the command line.
fn make_workspace(folder: &Path, entries: &str) -> Result<PathBuf> {
    let files = company::generate_with(folder, &["--single-account", "12", "--entries", entries])?;
    let (workspace, passphrase) = (folder.join("workspace"), folder.join("passphrase"));
    fs::write(&passphrase, PASSPHRASE)?;
    let mut command = Command::new(find_program("attest")?);
    command.arg("--workspace").arg(&workspace).arg("--passphrase-file").arg(&passphrase);
    let output = command.args(["--json", "import"]).args(files).output()?;
    ensure!(output.status.success(), "the import failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(workspace)
}

/// Opens the whole account and searches it in the window; the median of opening, the worst key of the search.
async fn in_window(workspace: &Path) -> Result<(f64, f64)> {
    let window = Window::open(workspace, &[]).await?;
    window.click("passphrase").await?;
    window.type_text(PASSPHRASE).await?;
    flows::unlock(&window).await?;
    flows::open_reconciliation(&window).await?;
    window.click("month-picker").await?;
    window.find("[role=option][data-key=\"all\"]").await?.click().await?;
    window.named("review-row").await?;
    let mut opened = Vec::new();
    for _ in 0..ROUNDS {
        window.press('2', &[CONTROL]).await?;
        window.named("view-documents").await?;
        opened.push(until_painted(&window, '1', &[CONTROL]).await?);
    }
    window.press('/', &[]).await?;
    let mut worst = 0.0_f64;
    for key in SEARCH.chars() {
        worst = worst.max(until_painted(&window, key, &[]).await?);
    }
    window.close().await?;
    opened.sort_by(f64::total_cmp);
    Ok((opened[ROUNDS / 2], worst))
}

/// Milliseconds in the page from a key press to the painted rows it leads to.
async fn until_painted(window: &Window, key: char, modifiers: &[char]) -> Result<f64> {
    let listen = format!(
        "(performance.clearMarks('review-first-rows'), \
          addEventListener('keydown', function pressed(event) {{ if (event.key === '{key}') {{ \
            window.benchStart = performance.now(); removeEventListener('keydown', pressed, true); }} }}, true), 1)"
    );
    window.evaluate(&listen).await?;
    window.press(key, modifiers).await?;
    let took =
        window.value_when("painted rows", &format!("({MARK} ?? null) && {MARK} - window.benchStart")).await?;
    took.as_f64().context("a time is a number")
}

/// The same questions asked of the desk without a window.
async fn alone(workspace: &Path) -> Result<(f64, f64)> {
    let desk = Desk::new(workspace.to_owned(), workspace.join("exports"));
    desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    let account = desk.list_accounts().await?.first().context("an account")?.id;
    let ask = async |search: &str| -> Result<f64> {
        let query =
            ReviewQuery { account, month: None, search: search.to_owned(), filter: ReviewFilter::All };
        let start = Instant::now();
        let view = desk.open_review(query).await?;
        let end = FIRST_ROWS.min(view.lines);
        desk.review_lines(LinesQuery { view: view.view, start: 0, end }).await?;
        Ok(start.elapsed().as_secs_f64() * 1e3)
    };
    let mut opened = Vec::new();
    for _ in 0..ROUNDS {
        opened.push(ask("").await?);
    }
    opened.sort_by(f64::total_cmp);
    let mut worst = 0.0_f64;
    for end in 1..=SEARCH.len() {
        worst = worst.max(ask(&SEARCH[..end]).await?);
    }
    desk.lock("asked").await?;
    Ok((opened[ROUNDS / 2], worst))
}

/// From the start of the process to the first content, against a blank Tauri window; the best of several.
fn cold_start() -> Result<Figure> {
    let folder = tempfile::tempdir()?;
    let workspace = make_workspace(folder.path(), "1000")?;
    let arguments = [PathBuf::from("--workspace"), workspace];
    let (mut ours, mut blank) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        blank = blank.min(runtime()?.block_on(start_once("attest-blank", &[]))?);
        ours = ours.min(runtime()?.block_on(start_once("attest-app", &arguments))?);
    }
    Ok(Figure { value: ours.as_secs_f64() * 1e3, baseline: Some(blank.as_secs_f64() * 1e3) })
}

async fn start_once(program: &str, arguments: &[PathBuf]) -> Result<Duration> {
    let window = Window::start(program, arguments).await?;
    let paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime";
    let value = window
        .value_when("content", &format!("({paint} ?? null) && performance.timeOrigin + {paint}"))
        .await?;
    let painted = Duration::from_secs_f64(value.as_f64().context("a time is a number")? / 1e3);
    let started = started(&find_program(program)?)?;
    window.close().await?;
    painted.checked_sub(started).context("content before the start")
}

/// When the running process of a program was started, since 1970; to a hundredth of a second, as Linux tells it.
fn started(program: &Path) -> Result<Duration> {
    let program = program.canonicalize()?;
    let running = fs::read_dir("/proc")?.flatten().map(|entry| entry.path());
    let process = running
        .into_iter()
        .find(|folder| fs::read_link(folder.join("exe")).is_ok_and(|exe| exe == program))
        .context("the program is not running")?;
    let stat = fs::read_to_string(process.join("stat"))?;
    let (_, fields) = stat.rsplit_once(')').context("the name of the process is in brackets")?;
    let ticks: f64 = fields.split_whitespace().nth(19).context("the start is the 22nd field")?.parse()?;
    let uptime: f64 =
        fs::read_to_string("/proc/uptime")?.split_whitespace().next().context("seconds")?.parse()?;
    let age = Duration::from_secs_f64((uptime - ticks / 100.0).max(0.0));
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    now.checked_sub(age).context("started after 1970")
}
