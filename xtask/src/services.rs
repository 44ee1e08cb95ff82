//! The servers that tests speak to: started before them, named to them by the environment, stopped after them.
//!
//! Where they cannot be had the tests say which of them were skipped.

use crate::{
    bucket,
    install::{self, Need},
    log::Log,
    postgres,
    project::Project,
    python,
};
use anyhow::{Context, Result, bail};
use std::{
    path::PathBuf,
    process::{Command, ExitCode},
};

/// What has to be installed for them.
pub(crate) const NEEDS: &[Need] = &[
    Need::PostgresPackages,
    Need::PythonPackages,
    Need::Python(&python::SCHEMATHESIS),
    Need::Python(&python::MOTO),
];
/// Names the program that makes requests from a description; no server, but had in the same way.
const SCHEMATHESIS: &str = "ATTEST_SCHEMATHESIS";

/// Running servers; they stop when dropped.
pub(crate) struct Services {
    postgres: Option<postgres::Server>,
    buckets: Option<bucket::Server>,
    schemathesis: Option<PathBuf>,
}

impl Services {
    /// Starts those that this system can have.
    pub(crate) fn start(project: &Project, log: &mut Log) -> Result<Self> {
        if !cfg!(target_os = "linux") {
            return Ok(Self { postgres: None, buckets: None, schemathesis: None });
        }
        Ok(Self {
            postgres: Some(postgres::Server::start(project, log)?),
            buckets: Some(bucket::Server::start(project, log)?),
            schemathesis: Some(python::SCHEMATHESIS.path(project)),
        })
    }

    /// Names them to a program.
    pub(crate) fn introduce(&self, command: &mut Command) {
        command.envs(self.postgres.iter().map(|server| (postgres::VARIABLE, &server.url)));
        command.envs(self.buckets.iter().map(|server| (bucket::VARIABLE, &server.url)));
        command.envs(self.schemathesis.iter().map(|program| (SCHEMATHESIS, program)));
    }
}

/// `cargo xtask services -- PROGRAM…`.
pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<ExitCode> {
    let words = arguments.strip_prefix(&["--".to_owned()]).unwrap_or(arguments);
    let Some((program, rest)) = words.split_first() else {
        bail!("usage: cargo xtask services -- PROGRAM…")
    };
    let mut log = Log::quiet(&project.scratch("log")?.join("services.log"))?;
    install::ensure(project, NEEDS, &mut log)?;
    let services = Services::start(project, &mut log)?;
    let mut command = Command::new(program);
    command.args(rest);
    let mut command = project.at_root(command);
    services.introduce(&mut command);
    let status = command.status().with_context(|| format!("{program} did not start"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
