//! A server that speaks the protocol of S3, on a free port, keeping its buckets in memory; gone when the tests are.

use crate::{log::Log, project::Project, python};
use anyhow::{Context, Result, bail};
use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Names the server to the tests.
pub(crate) const VARIABLE: &str = "ATTEST_S3";
/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server; stopped when dropped.
pub(crate) struct Server {
    child: Child,
    /// Its address.
    pub(crate) url: String,
}

impl Server {
    /// Starts one and waits until it listens.
    pub(crate) fn start(project: &Project, log: &mut Log) -> Result<Self> {
        // A port that is free now is all but certainly free in a moment.
        let address: SocketAddr = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let program = python::MOTO.path(project);
        let child = Command::new(&program)
            .args(["--host", "127.0.0.1", "--port", &address.port().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{} did not start", program.display()))?;
        let mut server = Self { child, url: format!("http://{address}") };
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server of buckets ended at once: {status}");
            }
            if start.elapsed() > PATIENCE {
                bail!("the server of buckets does not listen");
            }
            thread::sleep(Duration::from_millis(50));
        }
        log.say(&format!("S3 for the tests: {}", server.url));
        Ok(server)
    }
}

impl Drop for Server {
    /// What cannot be stopped any more ends with the machine.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
