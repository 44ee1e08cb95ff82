//! The program itself as processes of their own, which are killed and started again.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Mutex,
};
use tokio::sync::RwLock;

/// A process of the program.
pub(crate) struct Process {
    config: PathBuf,
    child: Mutex<Child>,
    /// Held while there is no process, so that nobody asks in vain meanwhile.
    address: RwLock<SocketAddr>,
}

impl Process {
    pub(crate) fn start(config: &Path) -> Self {
        let (child, address) = spawn(config);
        Self { config: config.to_owned(), child: Mutex::new(child), address: RwLock::new(address) }
    }

    pub(crate) async fn address(&self) -> SocketAddr {
        *self.address.read().await
    }

    /// Ends it as a power loss would, and starts another in its place.
    pub(crate) fn kill_and_restart(&self) {
        let mut address = self.address.blocking_write();
        let mut child = self.child.lock().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        (*child, *address) = spawn(&self.config);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap();
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn spawn(config: &Path) -> (Child, SocketAddr) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_attest-backend"))
        .arg("--config")
        .arg(config)
        .args(["serve", "--listen", "127.0.0.1:0"])
        // Who may use the bucket of the tests; a development server asks for no more than that there is a name.
        .envs([
            ("AWS_ACCESS_KEY_ID", "attest"),
            ("AWS_SECRET_ACCESS_KEY", "attest"),
            ("AWS_REGION", "eu-north-1"),
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on https://").unwrap().parse().unwrap();
    (child, address)
}
