//! The company's backend, two colleagues and a worker: what one imports and the worker matches, the other has.

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

/// A backend that ends with this. It goes on telling on its output, so somebody has to hold that.
struct Backend {
    child: Child,
    _output: BufReader<ChildStdout>,
}

impl Drop for Backend {
    fn drop(&mut self) {
        // It keeps what it acknowledged, however it ends.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Runs it all through the programs themselves; answers what to say about it.
pub(crate) fn walk(files: &[PathBuf], out: &Path) -> Result<String> {
    let data = out.join("backend");
    let passphrase = out.join("passphrase");
    fs::write(&passphrase, "four words for a demo\n")?;
    let tenant = operate(&data, &["create-tenant", "Fjordhandel AB"])?;
    let (_backend, server) = serve(&data)?;
    let place = |name: &str| out.join("together").join(name);
    for (name, role) in [("anna", "controller"), ("bo", "controller"), ("worker", "worker")] {
        let key = out.join(format!("{name}.key"));
        fs::write(&key, operate(&data, &["add-program", "--tenant", &tenant, "--role", role, name])?)?;
        attest(&place(name), &passphrase, |attest| {
            attest.args(["login", "--server", &server]).arg("--key-file").arg(&key);
            attest.arg("--certificate").arg(data.join("certificate.pem"))
        })?;
    }
    let is_bank = |file: &&PathBuf| file.extension().is_some_and(|ending| ending == "xml");
    let bank = files.iter().filter(is_bank).take(BANK_FILES);
    let ledger = files.iter().filter(|file| !is_bank(file));
    attest(&place("anna"), &passphrase, |attest| attest.arg("import").args(bank.chain(ledger)))?;
    let waiting = status(&place("anna"), &passphrase)?["sync"]["waiting"].as_u64().unwrap_or_default();
    ensure!(waiting > 0, "what was imported offline does not wait to be sent");
    for (name, command) in [("anna", "sync"), ("worker", "worker"), ("bo", "sync"), ("anna", "sync")] {
        attest(&place(name), &passphrase, |attest| {
            let how: &[&str] = if command == "worker" { &["--once", "--confirm-safe"] } else { &[] };
            attest.arg(command).args(how)
        })?;
    }
    let (anna, bo) = (status(&place("anna"), &passphrase)?, status(&place("bo"), &passphrase)?);
    ensure!(anna["log"] == bo["log"], "two colleagues have different logs: {anna} and {bo}");
    for list in ["entries", "ledger", "statements"] {
        let [one, other] =
            ["anna", "bo"].map(|name| attest(&place(name), &passphrase, |attest| attest.arg(list)));
        ensure!(one? == other?, "two colleagues see different {list}");
    }
    Ok(format!(
        "{waiting} changes made offline sent to {}, matched by a worker, verified by a colleague: {} events, root {}",
        server,
        bo["log"]["size"],
        bo["log"]["code"].as_str().unwrap_or_default()
    ))
}

fn program(name: &str) -> Result<Command> {
    let own = std::env::current_exe()?;
    Ok(Command::new(own.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX))))
}

fn operate(data: &Path, arguments: &[&str]) -> Result<String> {
    let mut command = program("attest-backend")?;
    command.arg("--data").arg(data).args(arguments).stderr(Stdio::null());
    let output = command.output().context("attest-backend was not built")?;
    ensure!(output.status.success(), "attest-backend {} failed", arguments[0]);
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Starts the backend on a free port; answers its address too.
fn serve(data: &Path) -> Result<(Backend, String)> {
    let mut command = program("attest-backend")?;
    command.arg("--data").arg(data).args(["serve", "--listen", "127.0.0.1:0"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut output = BufReader::new(child.stdout.take().context("the backend has no output")?);
    let mut line = String::new();
    let read = output.read_line(&mut line);
    let backend = Backend { child, _output: output };
    read?;
    let port = line.trim().rsplit(':').next().context("the backend does not say where it listens")?;
    Ok((backend, format!("https://localhost:{port}")))
}

fn attest(
    workspace: &Path,
    passphrase: &Path,
    say: impl FnOnce(&mut Command) -> &mut Command,
) -> Result<String> {
    let mut command = program("attest")?;
    command.arg("--workspace").arg(workspace).arg("--passphrase-file").arg(passphrase).arg("--json");
    say(&mut command);
    let output = command.output().context("attest was not built")?;
    let (said, wrong) =
        (String::from_utf8(output.stdout)?, String::from_utf8_lossy(&output.stderr).into_owned());
    ensure!(output.status.success(), "{command:?}: {wrong}");
    Ok(said)
}

fn status(workspace: &Path, passphrase: &Path) -> Result<Value> {
    let said = attest(workspace, passphrase, |attest| attest.arg("status"))?;
    serde_json::from_str(&said).context("the status is no JSON")
}
