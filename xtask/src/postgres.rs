//! A PostgreSQL server of the tests' own: made in a temporary folder, on a free port, gone when the tests are.
//!
//! It syncs to disk like a real one, because the tests kill those who write to it. It refuses to run as root, so that
//! root hands it to the user that Debian's package made for it.

use crate::{log::Log, project::Project};
use anyhow::{Context, Result, bail};
use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
};

/// Names the server to the tests.
pub(crate) const VARIABLE: &str = "ATTEST_POSTGRES";
/// The user of Debian's package.
const SERVICE_USER: &str = "postgres";
/// Where Debian keeps the programs, one folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A running server; stopped and removed when dropped.
pub(crate) struct Server {
    programs: PathBuf,
    folder: PathBuf,
    as_service: bool,
    /// Address of its first database.
    pub(crate) url: String,
}

impl Server {
    /// Starts one.
    pub(crate) fn start(project: &Project, log: &mut Log) -> Result<Self> {
        let programs = find_programs(project)?;
        let as_service = is_root()?;
        let folder = env::temp_dir().join(format!("attest-postgres-{}", std::process::id()));
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        // A port that is free now is all but certainly free in a moment.
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let url = format!("postgres://{SERVICE_USER}@127.0.0.1:{port}/postgres");
        let server = Self { programs, folder, as_service, url };
        if as_service {
            let mut hand_over = Command::new("chown");
            hand_over.arg(SERVICE_USER).arg(&server.folder);
            log.run(hand_over)?;
        }
        let mut make = server.program("initdb");
        make.arg("--pgdata").arg(server.data());
        make.args(["--auth=trust", "--username", SERVICE_USER, "--encoding=UTF8", "--locale=C.UTF-8"]);
        log.run_saying(make, |_| false).context("the database server could not be made")?;
        let mut start = server.control("start");
        start.arg("--log").arg(server.folder.join("log"));
        start.arg("--options").arg(format!(
            "-c listen_addresses=127.0.0.1 -c port={port} -c max_connections=300 -k {}",
            server.folder.display()
        ));
        log.run_saying(start, |_| false).context("the database server did not start")?;
        log.say(&format!("PostgreSQL for the tests: {}", server.url));
        Ok(server)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let mut command = if self.as_service {
            let mut command = Command::new("runuser");
            command.args(["--user", SERVICE_USER, "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir(&self.folder); // where the user of the service may be
        command
    }

    fn control(&self, what: &str) -> Command {
        let mut command = self.program("pg_ctl");
        command.arg("--pgdata").arg(self.data()).arg("--wait").arg(what);
        command
    }
}

impl Drop for Server {
    /// What cannot be stopped or removed any more ends with the machine.
    fn drop(&mut self) {
        let _ = self.control("stop").args(["--mode", "immediate"]).output();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn is_root() -> Result<bool> {
    let user = Command::new("id").arg("-u").output().context("id did not start")?;
    Ok(user.stdout.trim_ascii() == b"0")
}

/// Folder of `initdb` and its like: the newest of Debian's versions, or wherever the path leads.
fn find_programs(project: &Project) -> Result<PathBuf> {
    let version = |path: &Path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let mut versions: Vec<PathBuf> =
        fs::read_dir(DEBIAN).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    versions.sort_by_key(|path| version(path));
    if let Some(folder) = versions.pop() {
        return Ok(folder.join("bin"));
    }
    match project.find_program("initdb") {
        Some(path) => Ok(path.parent().unwrap_or(&path).to_owned()),
        None => bail!("there is no PostgreSQL; install the package postgresql"),
    }
}
