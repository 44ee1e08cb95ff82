//! A backend, two colleagues and a worker, through the programs: what one imports and the worker matches, the other
//! has. Part of the demo and a journey of its own.

use crate::{
    person,
    programs::{Ran, Workspace, find_program},
};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

/// Bank files that are enough to see it work.
const BANK_FILES: usize = 60;

/// A company's backend on a free port. It ends with this.
pub struct Backend {
    data: PathBuf,
    tenant: String,
    server: String,
    child: Child,
    // It goes on telling on its output, so somebody has to hold that.
    _output: BufReader<ChildStdout>,
}

impl Drop for Backend {
    fn drop(&mut self) {
        // It keeps what it acknowledged, however it ends.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Backend {
    /// Makes a company in a fresh installation and serves it.
    ///
    /// # Errors
    /// When the program is not built or does not start.
    pub fn serve(data: &Path) -> Result<Self> {
        let tenant = operate(data, &["create-tenant", "Fjordhandel AB"])?;
        let mut command = Command::new(find_program("attest-backend")?);
        command.arg("--data").arg(data).args(["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut output = BufReader::new(child.stdout.take().context("the backend has no output")?);
        let mut line = String::new();
        let read = output.read_line(&mut line);
        let port = line.trim().rsplit(':').next().unwrap_or_default();
        let server = format!("https://localhost:{port}");
        let backend = Self { data: data.to_owned(), tenant, server, child, _output: output };
        read?;
        Ok(backend)
    }

    /// Address of the service.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The certificate of its own making.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.data.join("certificate.pem")
    }

    /// A new company beside the first one.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn found(&self, name: &str) -> Result<String> {
        operate(&self.data, &["create-tenant", name])
    }

    /// Makes a person a member of a company, of the first one where none is named; its authenticator's address where
    /// the person is new.
    ///
    /// # Errors
    /// When the person cannot be added.
    pub fn add_person(&self, email: &str, role: &str, tenant: Option<&str>) -> Result<String> {
        let file = self.data.join("first-password");
        fs::write(&file, person::PASSWORD)?;
        let file = file.to_str().context("the folder has a name in UTF-8")?;
        let tenant = tenant.unwrap_or(&self.tenant);
        let named = ["--name", "Kim Testsson", "--email", email, "--password-file", file];
        operate(&self.data, &[&["add-person", "--tenant", tenant, "--role", role], &named[..]].concat())
    }

    /// A connected workspace of a new member in `folder`.
    ///
    /// # Errors
    /// When the member cannot be made or the login fails.
    pub fn join(&self, name: &str, role: &str, folder: &Path) -> Result<Workspace> {
        let workspace = Workspace::at(folder)?;
        self.login(&workspace, name, role, &folder.join("key"))?;
        Ok(workspace)
    }

    /// Connects a workspace as a new member, whose key is written to `key`.
    ///
    /// # Errors
    /// When the member cannot be made or the login fails.
    pub fn login(&self, workspace: &Workspace, name: &str, role: &str, key: &Path) -> Result<()> {
        fs::write(
            key,
            operate(&self.data, &["add-program", "--tenant", &self.tenant, "--role", role, name])?,
        )?;
        let certificate = self.certificate();
        let ran = workspace.attest(&[
            "login".as_ref(),
            "--server".as_ref(),
            self.server.as_ref(),
            "--key-file".as_ref(),
            key.as_os_str(),
            "--certificate".as_ref(),
            certificate.as_os_str(),
        ])?;
        done(&ran)?;
        Ok(())
    }
}

/// Runs it all; answers what to say about it.
///
/// # Errors
/// When a step fails or the colleagues end up with different books.
pub fn walk(files: &[PathBuf], out: &Path) -> Result<String> {
    let backend = Backend::serve(&out.join("backend"))?;
    let anna = backend.join("anna", "controller", &out.join("anna"))?;
    let is_bank = |file: &&PathBuf| file.extension().is_some_and(|ending| ending == "xml");
    let mut import = vec![PathBuf::from("import")];
    import.extend(files.iter().filter(is_bank).take(BANK_FILES).cloned());
    import.extend(files.iter().filter(|file| !is_bank(file)).cloned());
    done(&anna.attest(&import)?)?;
    let waiting = status(&anna)?["sync"]["waiting"].as_u64().unwrap_or_default();
    ensure!(waiting > 0, "what was imported offline does not wait to be sent");
    Ok(format!("{waiting} changes made offline sent to {}, {}", backend.server, share(&backend, &anna, out)?))
}

/// Has a worker match what one member has, and a colleague come to the same; answers what to say about it.
///
/// # Errors
/// When a step fails or the two end up with different books.
pub fn share(backend: &Backend, anna: &Workspace, out: &Path) -> Result<String> {
    let bo = backend.join("bo", "controller", &out.join("bo"))?;
    let worker = backend.join("worker", "worker", &out.join("worker"))?;
    done(&anna.attest(&["sync"])?)?;
    let worked = done(&worker.attest(&["worker", "--once", "--confirm-safe"])?)?;
    done(&bo.attest(&["sync"])?)?;
    done(&anna.attest(&["sync"])?)?;
    let (one, other) = (status(anna)?, status(&bo)?);
    ensure!(one["log"] == other["log"], "two colleagues have different logs: {one} and {other}");
    for list in ["entries", "ledger", "statements"] {
        let (one, other) = (anna.attest(&[list])?, bo.attest(&[list])?);
        ensure!(one.stdout == other.stdout, "two colleagues see different {list}");
    }
    Ok(format!(
        "{} matched by a worker, verified by a colleague: {} events, root {}",
        worked.first().map(|worked| worked["matches"].clone()).unwrap_or_default(),
        other["log"]["size"],
        other["log"]["code"].as_str().unwrap_or_default()
    ))
}

fn operate(data: &Path, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new(find_program("attest-backend")?);
    command.arg("--data").arg(data).args(arguments);
    let output = command.output().context("attest-backend did not start")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn done(ran: &Ran) -> Result<Vec<Value>> {
    ensure!(ran.code == 0, "exit {}: {}", ran.code, ran.stderr);
    ran.lines()
}

fn status(workspace: &Workspace) -> Result<Value> {
    done(&workspace.attest(&["status"])?)?.pop().context("the status is empty")
}
