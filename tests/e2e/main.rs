//! Flows through the real window, as a controller works: import, reconcile, undo, lock, unlock, export.
//!
//! Each flow has a workspace, a company and a window of its own; `cargo xtask test --only e2e` gives them a display
//! and a keychain.

mod companies;
mod connected;
#[allow(
    dead_code,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "the desk's tests use all of it, on small lists"
)]
#[path = "../../crates/desk/tests/it/office.rs"]
mod office;
mod signing_in;

use anyhow::{Context, Result, ensure};
use attest_tests::{
    company,
    flows::{self, CONTROL, ESCAPE},
    window::{Window, hand_over},
};
use std::{fs, path::PathBuf};
use tempfile::TempDir;

/// A file of the fixtures.
fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures")).join(name)
}

/// A generated company beside the folder of a workspace that does not exist yet.
struct Scene {
    _folder: TempDir,
    files: Vec<PathBuf>,
    workspace: PathBuf,
}

impl Scene {
    fn make(entries: u32) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let entries = entries.to_string();
        let arguments = ["--single-account", "3", "--entries", &entries, "--seed", "5"];
        let files = company::generate_with(folder.path(), &arguments)?;
        let workspace = folder.path().join("workspace");
        Ok(Self { _folder: folder, files, workspace })
    }

    /// Opens the window on a new workspace with the company imported, at its reconciliation.
    async fn open_reconciled(&self) -> Result<Window> {
        let window = Window::open(&self.workspace, &self.files).await?;
        flows::create_workspace(&window).await?;
        flows::finish_import(&window).await?;
        flows::open_reconciliation(&window).await?;
        Ok(window)
    }
}

#[tokio::test]
async fn the_main_job_goes_from_import_to_export() -> Result<()> {
    let scene = Scene::make(300)?;
    let window = scene.open_reconciled().await?;

    flows::show_proposals(&window).await?;
    let (before, after) = flows::accept(&window).await?;
    ensure!(before.counts != after.counts, "accepting changed nothing: {after:?}");
    flows::undo_to(&window, &before).await?;
    flows::accept(&window).await?;

    flows::lock(&window).await?;
    flows::unlock(&window).await?;
    flows::open_reconciliation(&window).await?;
    flows::expect_standing(&window, &after).await.context("the decision did not survive the lock")?;

    let file = flows::export(&window, &scene.workspace).await?;
    let table = fs::read_to_string(&file)?;
    ensure!(table.lines().count() > 20, "the export is nearly empty:\n{table}");
    window.close().await
}

#[tokio::test]
async fn decisions_survive_a_new_start() -> Result<()> {
    let scene = Scene::make(200)?;
    let window = scene.open_reconciled().await?;
    flows::show_proposals(&window).await?;
    let (_, after) = flows::accept(&window).await?;
    window.close().await?;

    let window = Window::open(&scene.workspace, &[]).await?;
    ensure!(window.count("review-row").await? == 0, "a figure shows before the workspace is unlocked");
    flows::unlock(&window).await?;
    flows::open_reconciliation(&window).await?;
    flows::expect_standing(&window, &after).await.context("the decision was lost")?;
    window.close().await
}

#[tokio::test]
async fn files_given_to_a_second_start_arrive_in_the_open_window() -> Result<()> {
    let scene = Scene::make(100)?;
    let window = Window::open(&scene.workspace, &[]).await?;
    flows::create_workspace(&window).await?;
    hand_over(&scene.workspace, &scene.files)?;
    flows::finish_import(&window).await?;
    let rows = window.count("document-row").await?;
    ensure!(rows == scene.files.len() as u64, "{rows} documents of {}", scene.files.len());

    hand_over(&scene.workspace, &scene.files)?;
    window.press('1', &[CONTROL]).await?;
    flows::finish_import(&window).await?;
    let again = window.count("document-row").await?;
    ensure!(again == rows, "importing the same files again made {again} documents of {rows}");
    window.close().await
}

#[tokio::test]
async fn a_figure_leads_to_its_bytes() -> Result<()> {
    let scene = Scene::make(100)?;
    let window = scene.open_reconciled().await?;
    let marked = window.named("source-highlight").await?.text().await?;
    ensure!(marked.contains("<Ntry>"), "the element of the entry is not what is highlighted: {marked}");
    window.close().await
}

#[tokio::test]
async fn a_search_narrows_the_list_and_escape_widens_it() -> Result<()> {
    let scene = Scene::make(200)?;
    let window = scene.open_reconciled().await?;
    let rows = "document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') ?? null";
    let all = window.value_when("the size of the list", rows).await?;
    window.press('/', &[]).await?;
    window.type_text("zzzz").await?;
    window.until("an empty list", "!document.querySelector('[data-testid=review-row]')").await?;
    window.press(ESCAPE, &[]).await?;
    window.until("the whole list", &format!("({rows}) === {all}")).await?;
    window.close().await
}

#[tokio::test]
async fn a_hostile_file_is_refused_in_the_window_with_its_reason() -> Result<()> {
    let scene = Scene::make(20)?;
    let bomb = scene.workspace.with_file_name("bomb.xml");
    fs::write(
        &bomb,
        "<?xml version=\"1.0\"?><!DOCTYPE d [<!ENTITY a \"b\">]>\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\">&a;</Document>",
    )?;
    let window = Window::open(&scene.workspace, &[bomb]).await?;
    flows::create_workspace(&window).await?;
    let said = flows::finish_import(&window).await?;
    ensure!(said.contains("bomb.xml") && said.contains("DOCTYPE"), "the window says: {said}");
    window.close().await
}

#[tokio::test]
async fn a_table_is_asked_about_once_and_the_next_month_comes_by_itself() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let workspace = folder.path().join("workspace");
    let month = |name: &str| -> Result<PathBuf> {
        let file = folder.path().join(name);
        fs::copy(fixture(&format!("csv/{name}")), &file)?;
        Ok(file)
    };
    let window = Window::open(&workspace, &[month("bank-january.csv")?]).await?;
    flows::create_workspace(&window).await?;
    flows::confirm_table(&window, "bank-january.csv", "8327-9 123 456 789-0").await?;
    ensure!(window.count("document-row").await? == 1, "the confirmed table is no document");

    hand_over(&workspace, &[month("bank-february.csv")?])?;
    window
        .until("the second month", "document.querySelectorAll('[data-testid=document-row]').length === 2")
        .await?;
    ensure!(window.count("table-review").await? == 0, "the same header was asked about again");
    window.press('1', &[CONTROL]).await?;
    let account = "document.body.innerText.includes('8327-9123456789-0')";
    window.until("the account that was named", account).await?;
    window.close().await
}

#[tokio::test]
async fn language_and_theme_change_at_once_and_the_smallest_window_holds_the_work() -> Result<()> {
    let scene = Scene::make(100)?;
    let window = scene.open_reconciled().await?;
    flows::choose_theme(&window, "dark").await?;
    flows::choose_language(&window, "sv").await?;
    window.resize(1280, 720).await?;
    flows::open_reconciliation(&window).await?;
    let text = window.text().await;
    ensure!(
        text.contains("Bekräfta") || text.contains("Stäm av") || text.contains("Avstäm"),
        "not Swedish: {text}"
    );
    let sideways = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
    ensure!(window.evaluate(sideways).await? == false, "the page scrolls sideways at 1280 × 720");
    let first = window.value_when(
        "a row in sight",
        "document.querySelector('[data-testid=review-row]')?.clientHeight ?? null",
    );
    ensure!(first.await?.as_u64().context("a height")? > 0);
    window.close().await
}

#[tokio::test]
async fn a_database_that_was_put_back_is_shown_as_such_and_a_person_goes_on() -> Result<()> {
    let scene = Scene::make(60)?;
    let window = scene.open_reconciled().await?;
    flows::lock(&window).await?;
    window.close().await?;
    let (database, earlier) = (scene.workspace.join("cache.db"), scene.workspace.join("earlier"));
    fs::copy(&database, &earlier)?;

    let window = Window::open(&scene.workspace, &[]).await?;
    flows::unlock(&window).await?;
    flows::open_reconciliation(&window).await?;
    flows::show_proposals(&window).await?;
    flows::accept(&window).await?;
    flows::lock(&window).await?;
    window.close().await?;
    for name in ["cache.db-wal", "cache.db-shm"] {
        drop(fs::remove_file(scene.workspace.join(name)));
    }
    fs::rename(&earlier, &database)?;

    let window = Window::open(&scene.workspace, &[]).await?;
    flows::unlock(&window).await?;
    window.named("freeze").await?;
    flows::open_reconciliation(&window).await?;
    window.click("freeze-resume").await?;
    window.click("freeze-confirm").await?;
    window.until("the log to go on", "!document.querySelector('[data-testid=freeze]')").await?;
    flows::show_proposals(&window).await?;
    flows::accept(&window).await?;
    window.close().await
}
