//! `tauri-driver`, which starts the application and speaks WebDriver for its window.

use anyhow::{Context, Result, bail};
use std::{
    env,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// How long the driver may take until it listens.
const START_MAX: Duration = Duration::from_secs(20);
/// How long what it started may take to end when asked.
const END_MAX: Duration = Duration::from_secs(5);
/// Pause between two questions whether it listens.
const POLL: Duration = Duration::from_millis(20);

/// A running driver on ports of its own; dropping it ends it and the driver of the webview that it started.
pub struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    /// Starts a driver and waits until it listens. What it starts has these variables in its environment.
    ///
    /// # Errors
    /// When it is not installed or does not come up.
    pub fn start(variables: &[(&str, &Path)]) -> Result<Self> {
        let (port, native_port) = (free_port()?, free_port()?);
        let mut command = Command::new(find_driver());
        command.args(["--port", &port.to_string(), "--native-port", &native_port.to_string()]);
        command.stdin(Stdio::null()).envs(variables.iter().copied());
        own_group(&mut command);
        let child = command.spawn().context("tauri-driver did not start; `cargo xtask test` installs it")?;
        let mut driver = Self { child, port };
        let start = Instant::now();
        // tauri-driver hands everything on to the webview's own driver, so both must be up
        let is_up =
            || [port, native_port].iter().all(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok());
        while !is_up() {
            if let Some(status) = driver.child.try_wait()? {
                bail!("tauri-driver ended at once: {status}");
            }
            if start.elapsed() > START_MAX {
                bail!("tauri-driver does not listen after {START_MAX:?}");
            }
            std::thread::sleep(POLL);
        }
        Ok(driver)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        end_group(&self.child);
        let _ = self.child.kill(); // it may have ended by itself
        let _ = self.child.wait();
    }
}

/// The driver installed for the project, else whatever the path has.
fn find_driver() -> PathBuf {
    let name = format!("tauri-driver{}", env::consts::EXE_SUFFIX);
    let on_path = env::split_paths(&env::var_os("PATH").unwrap_or_default())
        .map(|folder| folder.join(&name))
        .find(|path| path.is_file());
    on_path.unwrap_or_else(|| PathBuf::from(name))
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0)).context("no free port")?.local_addr()?.port())
}

/// Gives the driver a process group of its own, so that what it starts can be ended with it.
fn own_group(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

/// Ends the driver and everything it started, and waits until it is gone: an application that is still ending would
/// take the next start of the same workspace for a second one.
fn end_group(child: &Child) {
    if !cfg!(unix) {
        return;
    }
    let group = child.id().to_string();
    let _ = Command::new("kill").args(["-TERM", "--", &format!("-{group}")]).stderr(Stdio::null()).status();
    if !wait_until_gone(&group) {
        let _ =
            Command::new("kill").args(["-KILL", "--", &format!("-{group}")]).stderr(Stdio::null()).status();
        wait_until_gone(&group);
    }
}

/// Waits until the group is gone; false when it stays.
fn wait_until_gone(group: &str) -> bool {
    let start = Instant::now();
    while is_alive(group) {
        if start.elapsed() > END_MAX {
            return false;
        }
        std::thread::sleep(POLL);
    }
    true
}

/// Whether a process of the group still runs. One that only waits to be collected does not count, unless threads of it
/// are still at work: until the last of them has ended its files stay open and locked.
fn is_alive(group: &str) -> bool {
    let Ok(processes) = std::fs::read_dir("/proc") else { return false };
    processes.flatten().any(|process| {
        let Ok(stat) = std::fs::read_to_string(process.path().join("stat")) else { return false };
        let fields: Vec<&str> =
            stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        let threads = || std::fs::read_dir(process.path().join("task")).map_or(0, Iterator::count);
        fields.get(2) == Some(&group) && (fields.first() != Some(&"Z") || threads() > 1)
    })
}
