//! A person signs in in the browser, from the window: gives up once, chooses a company, signs out and comes back.
//!
//! What the window opens the browser with is a program of the test's, which writes down the address; the person then
//! does over HTTP what it would do there.

use crate::connected::{Service, says};
use anyhow::{Context, Result, ensure};
use attest_tests::{
    flows::{CONTROL, ENTER},
    person::Person,
    window::Window,
};
use std::{
    env, fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// How long a browser may take to open.
const PATIENCE: Duration = Duration::from_secs(30);
const SHIFT: char = '\u{e008}';

/// A folder with a program in it that stands for the browser.
struct Browser {
    folder: tempfile::TempDir,
}

impl Browser {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let program = folder.path().join("xdg-open");
        let opened = folder.path().join("opened");
        fs::write(&program, format!("#!/bin/sh\nprintf '%s\\n' \"$1\" >> '{}'\n", opened.display()))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        }
        Ok(Self { folder })
    }

    /// The path on which programs are looked for, with this one first.
    fn path(&self) -> Result<PathBuf> {
        let before = env::var_os("PATH").unwrap_or_default();
        let all = [self.folder.path().to_owned()].into_iter().chain(env::split_paths(&before));
        Ok(env::join_paths(all)?.into())
    }

    /// What was opened as the `nth`.
    async fn opened(&self, nth: usize) -> Result<String> {
        let start = Instant::now();
        loop {
            let told = fs::read_to_string(self.folder.path().join("opened")).unwrap_or_default();
            if let Some(address) = told.lines().nth(nth) {
                return Ok(address.to_owned());
            }
            ensure!(start.elapsed() < PATIENCE, "no browser was opened");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// A window of the person, not connected to anything yet.
async fn open(service: &Service, browser: &Browser, workspace: &Path) -> Result<Window> {
    let (certificate, path) = (service.certificate()?, browser.path()?);
    Window::open_with(workspace, &[("SSL_CERT_FILE", &certificate), ("PATH", &path)]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_signs_in_by_the_browser_chooses_a_company_and_comes_back() -> Result<()> {
    let (service, browser) = (Service::new().await?, Browser::new()?);
    let person: Person = service.person("kim@norrsken.example").await?;
    let certificate = fs::read_to_string(service.certificate()?)?;
    let folder = tempfile::tempdir()?;
    let window = open(&service, &browser, &folder.path().join("workspace")).await?;

    window.click("way-company").await?;
    window.click("connect-server").await?;
    window.type_text(&service.host()).await?;
    window.press(ENTER, &[]).await?;
    // The way back has the focus, so Enter gives up.
    window.find("[data-testid=sign-in-cancel]:focus").await.context("the wait has no focus")?;
    browser.opened(0).await?;
    window.press(ENTER, &[]).await?;
    window.named("connect").await.context("giving up leads nowhere")?;

    window.find("[data-testid=connect]:not([data-disabled])").await?;
    window.click("connect").await?;
    let page = person.sign_in(&browser.opened(1).await?, &certificate, 0).await?;
    ensure!(page.contains("You can close this page."), "{page}");
    window.named("choose-company").await?;
    ensure!(window.count("choice-company").await? == 2);
    window.press(ENTER, &[]).await?;
    window.named("nav-reconcile").await.context("not connected")?;
    says(&window, "Synced").await?;

    window.press('S', &[CONTROL, SHIFT]).await?;
    let panel = window.named("sync-panel").await?.text().await?;
    ensure!(panel.contains("longer while it syncs"), "{panel}");
    window.click("sign-out").await?;
    says(&window, "Sign in again").await?;
    window.find("[data-testid=sign-in]:focus").await.context("signing in again has no focus")?;
    window.press(ENTER, &[]).await?;
    let page = person.sign_in(&browser.opened(2).await?, &certificate, 30).await?;
    ensure!(page.contains("You can close this page."), "{page}");
    says(&window, "Synced").await?;
    window.close().await
}
