//! Two companies in one window: one that is this computer's own, and one that is connected to a backend.

use crate::{
    Scene,
    connected::{Service, connect, import_month, says},
};
use anyhow::{Context, Result, ensure};
use attest_tests::{
    flows::{self, CONTROL, DOWN, ENTER},
    window::{Window, hand_over_at_home},
};
use serde_json::json;
use std::{fs, path::Path};

/// The key End as WebDriver names it.
const END: char = '\u{e010}';
const THEIRS: &str = "Norrsken Handel AB";

/// Opens the list of companies by its key and waits until the line of a company says something.
async fn listed(window: &Window, name: &str, words: &str) -> Result<()> {
    window.press('o', &[CONTROL]).await?;
    let line = format!(
        "[...document.querySelectorAll('[data-testid=company-item]')].some((line) => \
         line.innerText.includes({}) && line.innerText.includes({}))",
        json!(name),
        json!(words)
    );
    window.until(&format!("“{name}” to say “{words}”"), &line).await
}

/// Chooses by digit in the open list, and waits until the window says whose it is.
async fn choose(window: &Window, digit: char, name: &str) -> Result<()> {
    window.press(digit, &[]).await?;
    is_shown(window, name).await
}

async fn is_shown(window: &Window, name: &str) -> Result<()> {
    let shown = "document.querySelector('[data-testid=company-name]')?.innerText";
    window.until(&format!("“{name}” to be shown"), &format!("({shown}) === {}", json!(name))).await
}

async fn name_shown(window: &Window) -> Result<String> {
    // A driver gives no text of what is inside a button.
    let text = "document.querySelector('[data-testid=company-name]')?.innerText || null";
    let text = window.value_when("the window to say whose it is", text).await?;
    text.as_str().map(str::to_owned).context("a name is a text")
}

/// Adds a company by keyboard: the last entry of the list.
async fn add(window: &Window) -> Result<()> {
    window.press('o', &[CONTROL]).await?;
    window.named("company-add").await?;
    window.press(END, &[]).await?;
    window.press(ENTER, &[]).await?;
    window.named("way-company").await.context("no first screen for the company that was added")?;
    Ok(())
}

/// What lies in clear below a home says nothing of these names.
fn ensure_unsaid(home: &Path, names: &[&str]) -> Result<()> {
    let list = fs::read_to_string(home.join("companies.json")).context("the list was not written")?;
    for name in names {
        ensure!(!list.contains(name), "the list names {name}: {list}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_companies_share_a_window_and_nothing_else() -> Result<()> {
    let mut service = Service::new().await?;
    let bo = service.colleague("Bo").await?;
    import_month(&bo).await;
    bo.desk.sync().await?;
    let scene = Scene::make(200)?;
    let home = scene.workspace.with_file_name("home");
    let certificate = service.certificate()?;
    let variables: &[(&str, &Path)] = &[("SSL_CERT_FILE", &certificate)];
    let window = Window::open_home(&home, &scene.files, variables).await?;
    flows::create_workspace(&window).await?;
    flows::finish_import(&window).await?;
    flows::open_reconciliation(&window).await?;
    flows::show_proposals(&window).await?;
    let (_, ours_after) = flows::accept(&window).await?;
    let ours = name_shown(&window).await?;

    add(&window).await?;
    connect(&window, &service, &service.invite("Anna").await?).await?;
    is_shown(&window, THEIRS).await?;
    says(&window, "Synced").await?;
    flows::open_reconciliation(&window).await?;
    ensure!(window.text().await.contains("Nordlys AS"), "the lines of the connected company are not shown");
    ensure!(window.count("undo-label").await? == 0, "undo is offered for a decision in another company");

    service.stop().await?;
    flows::show_proposals(&window).await?;
    flows::accept(&window).await?;
    says(&window, "1 decision not yet sent").await?;

    // Back in the other one: its view, its filter, its decision; the one that waits stays in sight.
    listed(&window, THEIRS, "1 decision not yet sent").await?;
    choose(&window, '1', &ours).await?;
    flows::expect_standing(&window, &ours_after).await.context("the place was not kept")?;
    window.named("undo-label").await.context("the decision can no longer be undone in its company")?;
    ensure!(!window.text().await.contains("Nordlys AS"), "lines of the other company are shown");
    service.start(service.port).await?;
    listed(&window, THEIRS, "Synced").await.context("a company that is not shown is not kept in sync")?;
    window.find("[data-company=\"0\"][data-focused]").await.context("the list has no beginning")?;
    window.press(DOWN, &[]).await?;
    window.press(ENTER, &[]).await?;
    is_shown(&window, THEIRS).await?;

    // One is locked, the other stays open; locking all locks both, and by then no name is on disk.
    flows::lock(&window).await?;
    is_shown(&window, THEIRS).await.context("the lock screen does not say what it locks")?;
    listed(&window, &ours, "On this computer").await?;
    choose(&window, '1', &ours).await?;
    flows::open_reconciliation(&window).await?;
    listed(&window, THEIRS, "Locked").await?;
    window.click("company-lock-all").await?;
    window.named("lock-screen").await?;
    ensure!(window.count("review-row").await? == 0, "a figure stays behind the lock");
    window.close().await?;
    ensure_unsaid(&home, &[&ours, THEIRS])?;

    let window = Window::open_home(&home, &[], variables).await?;
    window.named("lock-screen").await?;
    let said = window.text().await;
    ensure!(
        !said.contains(&ours) && !said.contains(THEIRS),
        "a name shows before anything is unlocked: {said}"
    );
    listed(&window, "Company 2", "Locked").await?;
    choose(&window, '2', "Company 2").await?;
    flows::unlock(&window).await?;
    is_shown(&window, THEIRS).await?;
    window.close().await
}

#[tokio::test]
async fn an_import_goes_on_in_its_company_and_its_end_is_told_by_name() -> Result<()> {
    let scene = Scene::make(600)?;
    let home = scene.workspace.with_file_name("home");
    let (ledger, bank): (Vec<_>, Vec<_>) =
        scene.files.iter().cloned().partition(|file| file.extension().is_some_and(|ending| ending == "se"));
    let window = Window::open_home(&home, &ledger, &[]).await?;
    flows::create_workspace(&window).await?;
    flows::finish_import(&window).await?;
    let ours = name_shown(&window).await?;
    ensure!(!ours.contains("Attest"), "the ledger does not name the company");
    add(&window).await?;
    flows::create_workspace(&window).await?;
    listed(&window, "Company 2", "On this computer").await?;
    choose(&window, '1', &ours).await?;
    window.named("view-documents").await.context("the view was not kept")?;

    hand_over_at_home(&home, &bank)?;
    window.find(".rail-import").await?;
    window.press('o', &[CONTROL]).await?;
    window.named("company-add").await?;
    choose(&window, '2', "Company 2").await?;
    window.find_within("[data-testid=import-elsewhere]", flows::IMPORT_PATIENCE).await?;
    let told = window.evaluate("document.querySelector('[data-testid=import-elsewhere]').innerText").await?;
    let told = told.as_str().unwrap_or_default();
    ensure!(told.starts_with(&format!("{ours}: ")), "the end of the import is told as: {told}");
    ensure!(window.count("document-row").await? == 0, "documents of the other company are shown");
    window.press('1', &[CONTROL]).await?;
    ensure!(window.count("review-row").await? == 0, "lines of the other company are shown");
    window.close().await
}
