//! Programs written in Python that tests speak to, each in an environment of its own below the project's tools.

use crate::{log::Log, project::Project};
use anyhow::{Context, Result};
use std::{fs, path::PathBuf, process::Command};

/// A program of the Python package index.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Program {
    /// Its file.
    pub(crate) name: &'static str,
    /// What is installed, with exact versions of what decides the outcome.
    packages: &'static [&'static str],
}

/// Makes requests from a description of an interface and holds the answers against it.
pub(crate) const SCHEMATHESIS: Program =
    Program { name: "schemathesis", packages: &["schemathesis==4.32.5"] };
/// Speaks the protocol of S3.
pub(crate) const MOTO: Program =
    Program { name: "moto_server", packages: &["moto[s3]==5.2.5", "flask==3.1.3", "flask-cors==6.0.5"] };

impl Program {
    /// Where it is, installed or not.
    pub(crate) fn path(&self, project: &Project) -> PathBuf {
        self.folder(project).join("bin").join(self.name)
    }

    fn folder(&self, project: &Project) -> PathBuf {
        project.tools().join("python").join(self.name)
    }

    /// Installs it where it is missing, or where other versions are wanted by now.
    pub(crate) fn ensure(&self, project: &Project, log: &mut Log) -> Result<()> {
        let folder = self.folder(project);
        let wanted = self.packages.join("\n");
        // written last, so that it tells of a finished installation
        let installed = folder.join("installed");
        if fs::read_to_string(&installed).is_ok_and(|text| text == wanted) && self.path(project).is_file() {
            log.say(&format!("{}: {}", self.name, self.path(project).display()));
            return Ok(());
        }
        let mut make = Command::new("python3");
        make.args(["-m", "venv", "--clear"]).arg(&folder);
        log.run(make).context("an environment for Python could not be made")?;
        let mut install = Command::new(folder.join("bin").join("pip"));
        install.args(["install", "--quiet", "--disable-pip-version-check"]).args(self.packages);
        log.run(install).with_context(|| format!("{} could not be installed", self.name))?;
        fs::write(&installed, wanted).with_context(|| format!("cannot write {}", installed.display()))
    }
}
