//! `attest-demo --company DIR --out DIR [--walk]`: a company's backend, its controller's workspace and its worker, and
//! the window on them.
//!
//! The second half of `cargo xtask demo`. It ends when the window is closed. With `--walk`, where nobody is there to use
//! it, it does the main job through the real window by itself and tells each step; screenshots, workspace and export stay
//! in the folder, and it ends well only if every step did.

use anyhow::{Context, Result, bail, ensure};
use attest_tests::{
    company, flows,
    programs::{Workspace, find_program},
    together::{self, Backend},
    window::{Window, hand_over},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
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
    let usage = "usage: attest-demo --company DIR --out DIR [--walk]";
    let [company_flag, company, out_flag, out, rest @ ..] = arguments.as_slice() else { bail!(usage) };
    ensure!(company_flag == "--company" && out_flag == "--out", usage);
    let (files, out) = (company::list_files(Path::new(company))?, PathBuf::from(out));
    let place = out.join("workspace");
    let backend = Backend::serve(&out.join("backend"))?;
    let workspace = Workspace::in_keychain(&place);
    backend.login(&workspace, "anna", "controller", &out.join("key"))?;
    println!("a backend at {}, and a workspace connected to it in {}", backend.server(), place.display());
    match rest {
        [] => open(&backend, &place, &files, &out),
        [walks] if walks == "--walk" => walk(&backend, &workspace, &place, &files, &out).await,
        _ => bail!(usage),
    }
}

/// Opens the window on the workspace, with a worker beside it, and waits until it is closed.
fn open(backend: &Backend, workspace: &Path, files: &[PathBuf], out: &Path) -> Result<()> {
    let worker = backend.join("worker", "worker", &out.join("worker"))?;
    let _worker = worker.start(&["worker"])?;
    let mut window = Command::new(find_program("attest-app")?);
    window.arg("--workspace").arg(workspace).args(files);
    let ended = window.status().context("the application did not start")?;
    ensure!(ended.success(), "the application failed: {ended}");
    Ok(())
}

/// The main job, step by step.
async fn walk(
    backend: &Backend,
    connected: &Workspace,
    workspace: &Path,
    files: &[PathBuf],
    out: &Path,
) -> Result<()> {
    let pictures = out.join("screenshots");
    fs::create_dir_all(&pictures)?;
    let window = Window::open(workspace, files).await?;
    window.resize(SIZE.0, SIZE.1).await?;
    flows::unlock(&window).await?;
    println!("unlocked with the key in the session's keychain");
    let said = flows::finish_import(&window).await?;
    println!("imported {} files: {}", files.len(), said.replace('\n', " · "));
    flows::choose_theme(&window, "light").await?;
    reconcile(&window).await?;
    let wrong = import_what_is_wrong(&window, workspace, files, out).await?;
    println!("imported what is wrong and told so: {wrong}");
    println!("sent to the backend: {}", flows::synced(&window).await?);
    take_pictures(&window, &pictures).await?;

    flows::lock(&window).await?;
    painted(&window).await?;
    window.screenshot(&pictures.join("lock-light.png")).await?;
    flows::unlock(&window).await?;
    flows::open_reconciliation(&window).await?;
    println!("locked by key and unlocked with the keychain");
    let file = flows::export(&window, workspace).await?;
    let rows = fs::read_to_string(&file)?.lines().count();
    ensure!(rows > 1, "the export has no rows");
    println!("exported {rows} lines to {}", file.display());
    window.close().await?;
    println!("worked together: {}", together::share(backend, connected, out)?);
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

/// Waits until what is in the page has been painted: some frames, with the fonts there.
async fn painted(window: &Window) -> Result<()> {
    let frames = "(requestAnimationFrame(() => { window.frames_seen = (window.frames_seen ?? 0) + 1; }), \
        document.fonts.status === 'loaded' && (window.frames_seen ?? 0) > 4)";
    window.until("the page to be painted", frames).await
}
