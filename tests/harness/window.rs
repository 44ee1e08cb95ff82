//! The application's real window, driven as a user would: keys, clicks, and what can be seen.
//!
//! Elements are found by their `data-testid`, which stays when texts and looks change. Every wait is for a
//! condition and gives up with a sentence and a screenshot's worth of text.

use crate::{driver::Driver, programs::find_program};
use anyhow::{Context, Result, bail};
use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource, KeyAction, KeyActions},
    elements::Element,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

/// How long anything may take to appear: generous, for debug builds on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Pause between two looks at the window.
const POLL: Duration = Duration::from_millis(40);

/// An open window of the application.
pub struct Window {
    client: Client,
    _driver: Driver,
}

impl Window {
    /// Starts the application on a workspace folder with files to import, and waits for its first content.
    ///
    /// # Errors
    /// When the window does not open.
    pub async fn open(workspace: &Path, files: &[PathBuf]) -> Result<Self> {
        let mut arguments = vec![PathBuf::from("--workspace"), workspace.to_path_buf()];
        arguments.extend_from_slice(files);
        Self::start("attest-app", &arguments).await
    }

    /// Starts the application on a workspace folder in an environment with these variables besides its own.
    ///
    /// # Errors
    /// When the window does not open.
    pub async fn open_with(workspace: &Path, variables: &[(&str, &Path)]) -> Result<Self> {
        let arguments = [PathBuf::from("--workspace"), workspace.to_path_buf()];
        Self::start_with("attest-app", &arguments, variables).await
    }

    /// Starts the application on a home, a folder of several companies, with files to import into the one that is
    /// shown and these variables besides its own.
    ///
    /// # Errors
    /// When the window does not open.
    pub async fn open_home(home: &Path, files: &[PathBuf], variables: &[(&str, &Path)]) -> Result<Self> {
        let mut arguments = vec![PathBuf::from("--home"), home.to_path_buf()];
        arguments.extend_from_slice(files);
        Self::start_with("attest-app", &arguments, variables).await
    }

    /// Starts any program with a webview and waits for its first content.
    ///
    /// # Errors
    /// When its window does not open.
    pub async fn start(program: &str, arguments: &[PathBuf]) -> Result<Self> {
        Self::start_with(program, arguments, &[]).await
    }

    async fn start_with(program: &str, arguments: &[PathBuf], variables: &[(&str, &Path)]) -> Result<Self> {
        let driver = Driver::start(variables)?;
        let options = json!({ "application": find_program(program)?, "args": arguments });
        let capabilities = serde_json::Map::from_iter([("tauri:options".to_owned(), options)]);
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver.address())
            .await
            .with_context(|| format!("{program} gave no session"))?;
        let window = Self { client, _driver: driver };
        window.find("main").await.context("the window stays empty")?;
        Ok(window)
    }

    /// Waits for an element by CSS selector.
    ///
    /// # Errors
    /// When it does not appear in time.
    pub async fn find(&self, selector: &str) -> Result<Element> {
        self.find_within(selector, PATIENCE).await
    }

    /// Waits for an element that may take long.
    ///
    /// # Errors
    /// When it does not appear in time.
    pub async fn find_within(&self, selector: &str, patience: Duration) -> Result<Element> {
        match self.client.wait().at_most(patience).every(POLL).for_element(Locator::Css(selector)).await {
            Ok(element) => Ok(element),
            Err(error) => {
                bail!("nothing matches `{selector}` ({error}); the window says:\n{}", self.text().await)
            }
        }
    }

    /// Waits for an element by its `data-testid`.
    ///
    /// # Errors
    /// When it does not appear in time.
    pub async fn named(&self, id: &str) -> Result<Element> {
        self.find(&by_name(id)).await
    }

    /// Clicks the element with a `data-testid`, as soon as it is there.
    ///
    /// # Errors
    /// When it does not appear or cannot be clicked.
    pub async fn click(&self, id: &str) -> Result<()> {
        self.named(id).await?.click().await.with_context(|| format!("`{id}` cannot be clicked"))
    }

    /// Waits until a JavaScript expression is true in the page.
    ///
    /// # Errors
    /// When it stays false, naming `what` was waited for.
    pub async fn until(&self, what: &str, expression: &str) -> Result<()> {
        self.value_when(what, &format!("({expression}) ? true : null")).await.map(|_| ())
    }

    /// Waits until a JavaScript expression gives something, and gives it.
    ///
    /// # Errors
    /// When it stays `null`, naming `what` was waited for.
    pub async fn value_when(&self, what: &str, expression: &str) -> Result<Value> {
        let start = Instant::now();
        loop {
            let value = self.evaluate(expression).await?;
            if !value.is_null() {
                return Ok(value);
            }
            if start.elapsed() > PATIENCE {
                bail!("waited {PATIENCE:?} for {what}; the window says:\n{}", self.text().await);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// The value of a JavaScript expression in the page.
    ///
    /// # Errors
    /// When the page throws.
    pub async fn evaluate(&self, expression: &str) -> Result<Value> {
        let script = format!("return ({expression});");
        self.client
            .execute(&script, Vec::new())
            .await
            .with_context(|| format!("the page threw at: {expression}"))
    }

    /// Presses a key together with modifiers: `press("z", &[CONTROL])`.
    ///
    /// # Errors
    /// When the session is gone.
    pub async fn press(&self, key: char, modifiers: &[char]) -> Result<()> {
        let mut actions = KeyActions::new("keyboard".to_owned());
        for modifier in modifiers {
            actions = actions.then(KeyAction::Down { value: *modifier });
        }
        actions = actions.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key });
        for modifier in modifiers.iter().rev() {
            actions = actions.then(KeyAction::Up { value: *modifier });
        }
        self.client.perform_actions(actions).await.with_context(|| format!("the key {key:?} was not taken"))
    }

    /// Types a text into whatever has the focus.
    ///
    /// # Errors
    /// When the session is gone.
    pub async fn type_text(&self, text: &str) -> Result<()> {
        for character in text.chars() {
            self.press(character, &[]).await?;
        }
        Ok(())
    }

    /// How many elements have a `data-testid`.
    ///
    /// # Errors
    /// When the session is gone.
    pub async fn count(&self, id: &str) -> Result<u64> {
        let script = format!("document.querySelectorAll({}).length", json!(by_name(id)));
        self.evaluate(&script).await?.as_u64().context("a length is a number")
    }

    /// All text that can be seen, for messages.
    pub async fn text(&self) -> String {
        match self.evaluate("document.body.innerText").await {
            Ok(value) => value.as_str().unwrap_or_default().to_owned(),
            Err(error) => format!("(nothing: {error:#})"),
        }
    }

    /// Sets the size of the window in pixels.
    ///
    /// # Errors
    /// When the session is gone.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.client.set_window_size(width, height).await.context("the window keeps its size")
    }

    /// Writes a picture of the page to a PNG file.
    ///
    /// # Errors
    /// When it cannot be taken or written.
    pub async fn screenshot(&self, file: &Path) -> Result<()> {
        let png = self.client.screenshot().await.context("no picture was taken")?;
        std::fs::write(file, png).with_context(|| format!("cannot write {}", file.display()))
    }

    /// Closes the window; the application ends.
    ///
    /// # Errors
    /// When the session is gone.
    pub async fn close(self) -> Result<()> {
        self.client.close().await.context("the window did not close")
    }
}

/// Gives more files to the running application, as the file manager does: by starting it again with them.
///
/// # Errors
/// When the second process does not hand them over.
pub fn hand_over(workspace: &Path, files: &[PathBuf]) -> Result<()> {
    start_again(&["--workspace".as_ref(), workspace], files)
}

/// The same for an application that shows a home: the files are for the company that is shown.
///
/// # Errors
/// When the second process does not hand them over.
pub fn hand_over_at_home(home: &Path, files: &[PathBuf]) -> Result<()> {
    start_again(&["--home".as_ref(), home], files)
}

fn start_again(arguments: &[&Path], files: &[PathBuf]) -> Result<()> {
    let mut second = Command::new(find_program("attest-app")?);
    let status = second.args(arguments).args(files).status()?;
    if !status.success() {
        bail!("the second start ended with {status}");
    }
    Ok(())
}

/// The selector of a `data-testid`.
#[must_use]
pub fn by_name(id: &str) -> String {
    format!("[data-testid=\"{id}\"]")
}
