//! `attest-walk --company DIR --out DIR`: the main job through the real window, told step by step.
//!
//! Part of `cargo xtask demo` where there is no display. Screenshots, workspace and export stay in the folder; it
//! ends well only if every step did.

use anyhow::{Context, Result, bail, ensure};
use attest_tests::{
    company, flows, together,
    window::{Window, hand_over},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Size of the pictures: a common laptop.
const SIZE: (u32, u32) = (1440, 900);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [company_flag, company, out_flag, out] = arguments.as_slice() else {
        bail!("usage: attest-walk --company DIR --out DIR")
    };
    ensure!(company_flag == "--company" && out_flag == "--out", "usage: attest-walk --company DIR --out DIR");
    let (files, out) = (company::list_files(Path::new(company))?, PathBuf::from(out));
    let pictures = out.join("screenshots");
    fs::create_dir_all(&pictures)?;
    let workspace = out.join("workspace");

    let window = Window::open(&workspace, &files).await?;
    window.resize(SIZE.0, SIZE.1).await?;
    flows::create_workspace(&window).await?;
    println!("created an encrypted workspace in {}, its key in the session's keychain", workspace.display());
    let said = flows::finish_import(&window).await?;
    println!("imported {} files: {}", files.len(), said.replace('\n', " · "));
    flows::choose_theme(&window, "light").await?;
    reconcile(&window).await?;
    let wrong = import_what_is_wrong(&window, &workspace, &files, &out).await?;
    println!("imported what is wrong and told so: {wrong}");
    take_pictures(&window, &pictures).await?;

    flows::lock(&window).await?;
    window.screenshot(&pictures.join("lock-light.png")).await?;
    flows::unlock(&window).await?;
    flows::open_reconciliation(&window).await?;
    println!("locked by key and unlocked with the keychain");
    let file = flows::export(&window, &workspace).await?;
    let rows = fs::read_to_string(&file)?.lines().count();
    ensure!(rows > 1, "the export has no rows");
    println!("exported {rows} lines to {}", file.display());
    window.close().await?;
    println!("worked together: {}", together::walk(&files, &out)?);
    println!("screenshots in {}", pictures.display());
    Ok(())
}

/// Accepts a proposal, takes it back, and accepts it again.
async fn reconcile(window: &Window) -> Result<()> {
    flows::open_reconciliation(window).await?;
    println!("opened the reconciliation: {}", flows::standing(window).await?.counts);
    flows::show_proposals(window).await?;
    let (before, after) = flows::accept(window).await?;
    println!("accepted a proposal by key: {}", after.counts);
    flows::undo_to(window, &before).await.context("undo")?;
    println!("undone by key: {}", before.counts);
    flows::accept(window).await?;
    Ok(())
}

/// Gives the running application a file that was cut off and a statement that lacks an entry: the one is refused,
/// the other kept and called what it is. Answers what the findings say.
async fn import_what_is_wrong(
    window: &Window,
    workspace: &Path,
    files: &[PathBuf],
    out: &Path,
) -> Result<String> {
    let folder = out.join("wrong");
    fs::create_dir_all(&folder)?;
    let sent = files.iter().rfind(|file| file.extension().is_some_and(|ending| ending == "xml"));
    let sent = sent.context("the company has no statement")?;
    let text = fs::read_to_string(sent)?;
    let name = sent.file_stem().unwrap_or_default().to_string_lossy();
    let cut = folder.join(format!("{name}-cut-off.xml"));
    fs::write(&cut, &text.as_bytes()[..text.len() / 2])?;
    let (start, end) = text.find("<Ntry>").zip(text.find("</Ntry>")).context("the statement has no entry")?;
    let lacking = folder.join(format!("{name}-again.xml"));
    fs::write(&lacking, format!("{}{}", &text[..start], &text[end + "</Ntry>".len()..]))?;
    hand_over(workspace, &[cut, lacking])?;
    flows::finish_import(window).await?;
    window.find("[data-testid=\"document-row\"][data-status=\"refused\"]").await?;
    show_findings(window).await?;
    let codes =
        "[...document.querySelectorAll('[data-testid=finding]')].map((one) => one.dataset.code).join(', ')";
    let codes = window.evaluate(codes).await?.as_str().map(str::to_owned).unwrap_or_default();
    ensure!(
        codes.contains("statement.conflicting"),
        "the statement that lacks an entry is said to be {codes}"
    );
    Ok(codes)
}

/// Selects the newest document and waits for what was found in it.
async fn show_findings(window: &Window) -> Result<()> {
    window.find("#document-0").await?.click().await?;
    window.named("finding").await.context("the newest document has findings")?;
    Ok(())
}

/// One picture of each view in each theme, without what passes.
async fn take_pictures(window: &Window, folder: &Path) -> Result<()> {
    for theme in ["dark", "light"] {
        flows::choose_theme(window, theme).await?;
        window.screenshot(&folder.join(format!("settings-{theme}.png"))).await?;
        flows::finish_import(window).await?;
        show_findings(window).await?;
        quiet(window).await?;
        window.screenshot(&folder.join(format!("documents-{theme}.png"))).await?;
        flows::open_reconciliation(window).await?;
        window.press('1', &[]).await?;
        window.named("source-highlight").await?;
        quiet(window).await?;
        window.screenshot(&folder.join(format!("reconcile-{theme}.png"))).await?;
    }
    Ok(())
}

/// Waits until the last message in the status bar has gone and nothing is being fetched.
async fn quiet(window: &Window) -> Result<()> {
    let still = "!document.querySelector('.status-message > *') && !document.querySelector('.skeleton')";
    window.until("the window to be still", still).await
}
