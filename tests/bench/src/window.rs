//! The real window: how soon it has content, and how soon a list of 250,000 entries shows rows, answers a search and
//! follows the scroll bar.
//!
//! Times are taken inside the page, from the key press to the frame after the rows were painted (the mark that the
//! list sets); WebDriver only presses keys, each from rest, and asks for the time when it is over. The baselines are
//! the same questions asked of the desk alone.

use crate::figure::{Bench, Figure, Goal};
use anyhow::{Context, Result, anyhow, ensure};
use attest_desk::{
    Desk,
    view::{LinesQuery, ReviewFilter, ReviewQuery},
};
use attest_tests::{
    company,
    flows::{self, CONTROL, ESCAPE},
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
    Bench {
        name: "ui.open_250k",
        unit: "ms",
        goal: Goal::ValueAtMost(150.0),
        run: || of_large(|large| large.month.open),
    },
    Bench {
        name: "ui.open_250k_year",
        unit: "ms",
        goal: Goal::ValueAtMost(150.0),
        run: || of_large(|large| large.year.open),
    },
    Bench {
        name: "ui.open_250k_unlocked",
        unit: "ms",
        goal: Goal::None,
        run: || of_large(|large| large.unlocked),
    },
    Bench {
        name: "ui.filter_250k",
        unit: "ms",
        goal: Goal::ValueAtMost(100.0),
        run: || of_large(|large| large.month.filter),
    },
    Bench {
        name: "ui.filter_250k_year",
        unit: "ms",
        goal: Goal::ValueAtMost(100.0),
        run: || of_large(|large| large.year.filter),
    },
    Bench {
        name: "ui.scroll_250k_blank",
        unit: "frames",
        goal: Goal::ValueAtMost(0.0),
        run: || of_large(|large| large.blank),
    },
    Bench { name: "ui.cold_start", unit: "ms", goal: Goal::RatioAtMost(2.0), run: cold_start },
];

const ENTRIES: &str = "250000";
const PASSPHRASE: &str = "a workspace that lives as long as this bench";
/// What is typed, key by key; every key is a question of its own.
const SEARCH: &str = "1250";
/// The keys of the chips for what needs a decision, for proposals and for everything: lists that are never empty.
const CHIPS: &str = "231";
/// Rows the window asks for at once.
const FIRST_ROWS: u32 = 50;
const ROUNDS: usize = 5;
/// Between an answer and the next key, and from a key to the question how long it took: a page that is asked while it
/// works, or that still fetches ahead, would answer for the bench and not for the user.
const REST: Duration = Duration::from_millis(400);
/// Notes when the view of the reconciliation comes into the page.
const WATCH_VIEW: &str = "(performance.clearMarks('review-first-rows'), new MutationObserver((_, self) => { \
    if (document.querySelector('[data-testid=\"view-reconcile\"]')) { \
        window.benchView = performance.now(); self.disconnect(); } \
    }).observe(document.body, { childList: true, subtree: true }), 1)";
/// Scrolls by screenfuls, frame by frame, then to places far apart, and back up; in every frame counts the rows that
/// can be seen. A row that still waits for its line is none.
const SCROLL: &str = "((scroller) => { \
    const said = { frames: 0, moved: 0, blank: 0, least: 1 }; \
    const rows = () => [...scroller.querySelectorAll('.review-row:not([aria-busy])')]; \
    const look = () => { \
        const box = scroller.getBoundingClientRect(); \
        const parts = rows().map((row) => row.getBoundingClientRect()) \
            .map((at) => Math.min(at.bottom, box.bottom) - Math.max(at.top, box.top)).filter((part) => part > 0); \
        const covered = parts.reduce((sum, part) => sum + part, 0) / box.height; \
        said.frames += 1; \
        said.blank += parts.length === 0 ? 1 : 0; \
        said.least = Math.min(said.least, covered); \
    }; \
    const step = () => { \
        look(); \
        const at = said.frames, before = scroller.scrollTop, whole = scroller.scrollHeight; \
        scroller.scrollTop = at < 60 ? before + scroller.clientHeight \
            : at < 100 ? ((at * 2654435761) % 4294967296) / 4294967296 * whole \
            : before - scroller.clientHeight; \
        said.moved += scroller.scrollTop === before ? 0 : 1; \
        if (at < 160) { requestAnimationFrame(step); } else { window.benchScroll = said; } \
    }; \
    requestAnimationFrame(step); return 1; })(document.querySelector('.scroller'))";
/// The mark the list sets after its first rows were painted.
const MARK: &str = "performance.getEntriesByName('review-first-rows')[0]?.startTime";

/// Opening and filtering one stretch of time.
#[derive(Clone, Copy)]
struct Period {
    open: Figure,
    filter: Figure,
}

/// What is measured on one workspace.
#[derive(Clone, Copy)]
struct Large {
    /// The newest month, which is what the view opens with.
    month: Period,
    /// All months at once.
    year: Period,
    /// The very first opening after unlocking, with nothing in memory.
    unlocked: Figure,
    /// Frames without a row while scrolling.
    blank: Figure,
}

/// Milliseconds of one stretch of time, in the window or alone.
struct Took {
    open: f64,
    filter: f64,
}

/// Measures once, whatever is asked for first; also a failure is not tried again for every figure.
fn of_large(pick: fn(&Large) -> Figure) -> Result<Figure> {
    static MEASURED: OnceLock<Result<Large, String>> = OnceLock::new();
    let measure_once = || -> Result<Large> {
        let folder = tempfile::tempdir()?;
        let workspace = make_workspace(folder.path(), ENTRIES)?;
        runtime()?.block_on(measure(&workspace))
    };
    let measured = MEASURED.get_or_init(|| measure_once().map_err(|error| format!("{error:#}")));
    measured.as_ref().map(pick).map_err(|error| anyhow!("{error}"))
}

/// Measures everything, first in the window, then alone.
async fn measure(workspace: &Path) -> Result<Large> {
    let (seen, unlocked, blank) = in_window(workspace).await?;
    let (alone, unlocked_alone) = alone(workspace).await?;
    let [month, year] = [0, 1].map(|at| Period {
        open: Figure { value: seen[at].open, baseline: Some(alone[at].open) },
        filter: Figure { value: seen[at].filter, baseline: Some(alone[at].filter) },
    });
    let unlocked = Figure { value: unlocked, baseline: Some(unlocked_alone) };
    Ok(Large { month, year, unlocked, blank: Figure { value: blank, baseline: None } })
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

/// In the window: the newest month and the year, the first opening after unlocking, and the frames without rows.
async fn in_window(workspace: &Path) -> Result<([Took; 2], f64, f64)> {
    let window = Window::open(workspace, &[]).await?;
    window.click("passphrase").await?;
    window.type_text(PASSPHRASE).await?;
    window.evaluate(WATCH_VIEW).await?;
    flows::unlock(&window).await?;
    let unlocked =
        number(&window, "rows after unlocking", &format!("({MARK} ?? null) && {MARK} - window.benchView"))
            .await?;
    let month = take(&window).await?;
    window.click("month-picker").await?;
    window.find("[role=option][data-key=\"all\"]").await?.click().await?;
    window.until("the year", "document.querySelector('.review-years') !== null").await?;
    let year = take(&window).await?;
    window.evaluate(SCROLL).await?;
    let scrolled = window.value_when("the end of scrolling", "window.benchScroll ?? null").await?;
    let frames = |name: &str| scrolled[name].as_f64().context("frames are counted");
    ensure!(frames("moved")? > frames("frames")? / 2.0, "the list did not scroll: {scrolled}");
    eprintln!("scrolling: {scrolled}");
    window.close().await?;
    Ok(([month, year], unlocked, frames("blank")?))
}

/// Opens what is chosen again and again, and filters it by its chips and by a search: the median of opening, and the
/// worst of the medians of every key that filters.
async fn take(window: &Window) -> Result<Took> {
    let mut opened = Vec::new();
    for _ in 0..ROUNDS {
        window.press('2', &[CONTROL]).await?;
        window.named("view-documents").await?;
        opened.push(until_painted(window, '1', &[CONTROL]).await?);
    }
    let mut worst = 0.0_f64;
    let mut chips: Vec<(char, Vec<f64>)> = CHIPS.chars().map(|key| (key, Vec::new())).collect();
    for _ in 0..ROUNDS {
        for (key, times) in &mut chips {
            times.push(until_painted(window, *key, &[]).await?);
        }
    }
    let mut keys: Vec<(char, Vec<f64>)> = SEARCH.chars().map(|key| (key, Vec::new())).collect();
    for _ in 0..ROUNDS {
        window.press('/', &[]).await?;
        window.until("the search field", "document.activeElement?.dataset.testid === 'search'").await?;
        for (key, times) in &mut keys {
            times.push(until_painted(window, *key, &[]).await?);
        }
        until_painted(window, ESCAPE, &[]).await?;
    }
    for (key, times) in chips.into_iter().chain(keys) {
        let took = median(times);
        eprintln!("key {key}: {took:.0} ms");
        worst = worst.max(took);
    }
    Ok(Took { open: median(opened), filter: worst })
}

/// Milliseconds in the page from a key press to the painted rows it leads to.
async fn until_painted(window: &Window, key: char, modifiers: &[char]) -> Result<f64> {
    let name = if key == ESCAPE { "Escape".to_owned() } else { key.to_string() };
    let listen = format!(
        "(performance.clearMarks('review-first-rows'), \
          addEventListener('keydown', function pressed(event) {{ if (event.key === '{name}') {{ \
            window.benchStart = performance.now(); removeEventListener('keydown', pressed, true); }} }}, true), 1)"
    );
    window.evaluate(&listen).await?;
    tokio::time::sleep(REST).await;
    window.press(key, modifiers).await?;
    tokio::time::sleep(REST).await;
    number(window, "painted rows", &format!("({MARK} ?? null) && {MARK} - window.benchStart")).await
}

/// A number in the page, as soon as it is there.
async fn number(window: &Window, what: &str, expression: &str) -> Result<f64> {
    window.value_when(what, expression).await?.as_f64().context("a time is a number")
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The same questions asked of the desk without a window.
async fn alone(workspace: &Path) -> Result<([Took; 2], f64)> {
    let desk = Desk::new(workspace.to_owned(), workspace.join("exports"));
    desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    let start = Instant::now();
    let accounts = desk.list_accounts().await?;
    let account = accounts.first().context("an account")?;
    let newest = account.months.first().cloned();
    ask(&desk, account.id, newest.clone(), "", ReviewFilter::All).await?;
    let unlocked = start.elapsed().as_secs_f64() * 1e3;
    let month = take_alone(&desk, account.id, newest).await?;
    let year = take_alone(&desk, account.id, None).await?;
    desk.lock("asked").await?;
    Ok(([month, year], unlocked))
}

async fn take_alone(desk: &Desk, account: i64, month: Option<String>) -> Result<Took> {
    // What the window has read in the background by the time somebody types is read here first.
    ask(desk, account, month.clone(), SEARCH, ReviewFilter::All).await?;
    let mut opened = Vec::new();
    for _ in 0..ROUNDS {
        opened.push(ask(desk, account, month.clone(), "", ReviewFilter::All).await?);
    }
    let mut worst = 0.0_f64;
    for end in 1..=SEARCH.len() {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            times.push(ask(desk, account, month.clone(), &SEARCH[..end], ReviewFilter::All).await?);
        }
        let took = median(times);
        eprintln!("{} alone: {took:.1} ms", &SEARCH[..end]);
        worst = worst.max(took);
    }
    Ok(Took { open: median(opened), filter: worst })
}

/// Milliseconds for a list and its first rows.
async fn ask(
    desk: &Desk,
    account: i64,
    month: Option<String>,
    search: &str,
    filter: ReviewFilter,
) -> Result<f64> {
    let start = Instant::now();
    let view = desk.open_review(ReviewQuery { account, month, search: search.to_owned(), filter }).await?;
    let end = FIRST_ROWS.min(view.lines);
    desk.review_lines(LinesQuery { view: view.view, start: 0, end }).await?;
    Ok(start.elapsed().as_secs_f64() * 1e3)
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
