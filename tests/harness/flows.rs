//! The main job of the window in steps, as a controller does it: mostly by keyboard.
//!
//! Each step waits for what the user would see, and fails with a sentence when it does not come.

use crate::window::Window;
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// The key Ctrl as WebDriver names it.
pub const CONTROL: char = '\u{e009}';
/// The key Enter as WebDriver names it.
pub const ENTER: char = '\u{e007}';
/// The key Escape as WebDriver names it.
pub const ESCAPE: char = '\u{e00c}';
/// The arrow down as WebDriver names it.
pub const DOWN: char = '\u{e015}';

/// How long the import of a year of daily files may take in a debug build.
pub const IMPORT_PATIENCE: Duration = Duration::from_secs(300);

/// What the reconciliation says of itself: everything that a decision changes and its undoing restores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Entries, confirmed, suggested and open, in the window's words.
    pub counts: String,
    /// The open items between ledger and statement.
    pub open: String,
}

/// Creates the workspace on the first screen, with its key in the keychain.
///
/// # Errors
/// When the screen or the rail behind it does not come.
pub async fn create_workspace(window: &Window) -> Result<()> {
    window.click("create-workspace").await?;
    window.named("nav-reconcile").await.context("no workspace after creating one")?;
    Ok(())
}

/// Waits until an import has ended and gives what its panel says.
///
/// # Errors
/// When it does not end.
pub async fn finish_import(window: &Window) -> Result<String> {
    window.press('2', &[CONTROL]).await?;
    window.named("view-documents").await?;
    let done = "[data-testid=\"import-progress\"][data-finished=\"true\"]";
    window.find_within(done, IMPORT_PATIENCE).await?;
    let said = window.evaluate("document.querySelector('[data-testid=import-progress]').innerText").await?;
    said.as_str().map(str::to_owned).context("the panel has a text")
}

/// Waits for a table whose columns are asked about, names the account it is of, and imports it by key.
///
/// # Errors
/// When it does not come, does not say that the account is needed, or cannot be imported then.
pub async fn confirm_table(window: &Window, file: &str, account: &str) -> Result<()> {
    window.press('2', &[CONTROL]).await?;
    window.find(&format!("[data-testid=\"table-review\"][data-table={}]", json!(file))).await?;
    window.find("[data-testid=\"table-need\"][data-need=\"account\"]").await?;
    window.click("table-account").await?;
    window.type_text(account).await?;
    window.find("[data-testid=\"table-import\"]:not([data-disabled])").await?;
    window.press(ENTER, &[CONTROL]).await?;
    finish_import(window).await.map(|_| ())
}

/// Opens the reconciliation and waits for its first rows.
///
/// # Errors
/// When no rows come.
pub async fn open_reconciliation(window: &Window) -> Result<()> {
    window.press('1', &[CONTROL]).await?;
    window.named("review-row").await.context("the reconciliation shows no rows")?;
    Ok(())
}

/// Shows the proposals alone and puts the cursor on the first.
///
/// # Errors
/// When there are none.
pub async fn show_proposals(window: &Window) -> Result<()> {
    window.press('3', &[]).await?;
    window
        .find("[data-testid=\"review-row\"][data-section=\"suggested\"].review-active")
        .await
        .context("no proposal is under the cursor")?;
    Ok(())
}

/// Accepts what is under the cursor by its key; gives the standing before and after.
///
/// # Errors
/// When nothing changes.
pub async fn accept(window: &Window) -> Result<(Standing, Standing)> {
    let before = standing(window).await?;
    window.press('a', &[]).await?;
    let after = standing_other_than(window, &before, "the accepted proposal to be counted").await?;
    window.named("undo-label").await.context("no undo is offered")?;
    Ok((before, after))
}

/// Undoes the last decision by its key and waits for the standing it must restore.
///
/// # Errors
/// When the standing does not come back.
pub async fn undo_to(window: &Window, wanted: &Standing) -> Result<()> {
    window.press('z', &[CONTROL]).await?;
    expect_standing(window, wanted).await.context("undo")
}

/// Waits until the reconciliation stands as it once did.
///
/// # Errors
/// When it does not come to that.
pub async fn expect_standing(window: &Window, wanted: &Standing) -> Result<()> {
    window.until(&format!("{wanted:?}"), &standing_is(wanted)).await
}

/// Waits until everything that was done is in the company's log, and gives what the status bar says.
///
/// # Errors
/// When it does not come to that.
pub async fn synced(window: &Window) -> Result<String> {
    let said = "document.querySelector('[data-testid=sync-state]')?.innerText";
    let told = format!("/^Synced/.test({said} ?? '') ? {said} : null");
    let value = window.value_when("everything to be sent", &told).await?;
    value.as_str().and_then(|said| said.lines().next()).map(str::to_owned).context("the state is a text")
}

/// Locks by the rail's button and waits for the lock screen. (Not by key: the page is emptied while WebDriver would
/// still be letting go of the keys, and its answer may then never come.)
///
/// # Errors
/// When it does not come, or a figure stays in the page.
pub async fn lock(window: &Window) -> Result<()> {
    window.click("lock").await?;
    window.named("lock-screen").await?;
    let rows = window.count("review-row").await?;
    ensure!(rows == 0, "{rows} rows are still in the locked window");
    Ok(())
}

/// Unlocks with the key from the keychain.
///
/// # Errors
/// When the rail does not come back.
pub async fn unlock(window: &Window) -> Result<()> {
    window.click("unlock").await?;
    window.named("nav-reconcile").await.context("the workspace stays locked")?;
    Ok(())
}

/// Exports the reconciliation by key and gives the file, which lies in the workspace's folder for exports.
///
/// # Errors
/// When the window does not say so or the file is not there.
pub async fn export(window: &Window, workspace: &Path) -> Result<PathBuf> {
    window.press('e', &[]).await?;
    window.named("export-done").await?;
    let said = window.text().await;
    let exports = workspace.join("exports");
    let files = std::fs::read_dir(&exports).with_context(|| format!("nothing in {}", exports.display()))?;
    let names: Vec<PathBuf> = files.map(|file| Ok(file?.path())).collect::<Result<_>>()?;
    let told = |path: &&PathBuf| path.file_name().is_some_and(|name| said.contains(&*name.to_string_lossy()));
    names.iter().find(told).cloned().with_context(|| format!("the window says “{said}”, there are {names:?}"))
}

/// The themes in the order of the settings.
const THEMES: [&str; 3] = ["system", "light", "dark"];
/// The languages in the order of the settings.
const LANGUAGES: [&str; 2] = ["en", "sv"];

/// Chooses a theme in the settings (`light`, `dark`) and waits until the page has taken it.
///
/// # Errors
/// When it does not.
pub async fn choose_theme(window: &Window, theme: &str) -> Result<()> {
    choose(window, "settings-theme", &THEMES, theme).await?;
    window
        .until("the theme to change", &format!("document.documentElement.dataset.theme === {}", json!(theme)))
        .await
}

/// Chooses a language in the settings (`en`, `sv`) and waits until the page has taken it.
///
/// # Errors
/// When it does not.
pub async fn choose_language(window: &Window, language: &str) -> Result<()> {
    choose(window, "settings-language", &LANGUAGES, language).await?;
    window
        .until(
            "the language to change",
            &format!("document.documentElement.lang.startsWith({})", json!(language)),
        )
        .await
}

/// Clicks one of several choices of a setting.
async fn choose(window: &Window, setting: &str, choices: &[&str], chosen: &str) -> Result<()> {
    let position =
        choices.iter().position(|one| *one == chosen).with_context(|| format!("no choice {chosen}"))?;
    window.press(',', &[CONTROL]).await?;
    let selector = format!("{} > :nth-child({})", crate::window::by_name(setting), position + 1);
    window.find(&selector).await?.click().await.with_context(|| format!("{chosen} cannot be chosen"))
}

/// What the reconciliation says of itself now.
///
/// # Errors
/// When it is not open.
pub async fn standing(window: &Window) -> Result<Standing> {
    let value = window.value_when("the standing of the reconciliation", STANDING).await?;
    read_standing(&value)
}

async fn standing_other_than(window: &Window, before: &Standing, what: &str) -> Result<Standing> {
    let expression = format!("(({}) || !({STANDING})) ? null : {STANDING}", standing_is(before));
    read_standing(&window.value_when(what, &expression).await?)
}

/// A JavaScript expression for counts and open items; `null` while the reconciliation is not shown.
const STANDING: &str = "((counts, open) => counts && open ? [counts.textContent, open.dataset.value] : null)(\
    document.querySelector('[data-testid=\"review-counts\"]'), \
    document.querySelector('[data-testid=\"equation-open\"]'))";

fn standing_is(wanted: &Standing) -> String {
    format!("JSON.stringify({STANDING}) === JSON.stringify({})", json!([wanted.counts, wanted.open]))
}

fn read_standing(value: &serde_json::Value) -> Result<Standing> {
    let text =
        |at: usize| value[at].as_str().map(str::to_owned).with_context(|| format!("no text in {value}"));
    Ok(Standing { counts: text(0)?, open: text(1)? })
}
