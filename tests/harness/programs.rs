//! The programs of the workspace, as built beside the running test.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{
    env,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Output, Stdio},
};

/// Path of a program of this workspace, built in the same profile as the caller.
///
/// # Errors
/// When it is not there: the tests use what `cargo build --workspace` made.
pub fn find_program(name: &str) -> Result<PathBuf> {
    let own = env::current_exe().context("a running program has a path")?;
    let folder = own.parent().context("a program lies in a folder")?;
    let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    let path = folder.join(format!("{name}{}", env::consts::EXE_SUFFIX));
    if !path.is_file() {
        bail!("{} is not built; run `cargo build --workspace` first", path.display());
    }
    Ok(path)
}

/// How a run of the command line ended.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; −1 when it was killed.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// The lines of standard output as JSON.
    ///
    /// # Errors
    /// When a line is no JSON.
    pub fn lines(&self) -> Result<Vec<Value>> {
        let parse = |line: &str| serde_json::from_str(line).with_context(|| format!("no JSON: {line}"));
        self.stdout.lines().filter(|line| !line.trim().is_empty()).map(parse).collect()
    }
}

/// A workspace on disk, used through the command line.
pub struct Workspace {
    folder: PathBuf,
    /// The file with its passphrase; its key is in the keychain where absent.
    passphrase: Option<PathBuf>,
}

impl Workspace {
    /// A workspace in `folder`, which need not exist; the passphrase file is written beside it.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn at(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let passphrase = folder.join("passphrase.txt");
        std::fs::write(&passphrase, "correct horse battery staple of a test\n")?;
        Ok(Self { folder: folder.join("workspace"), passphrase: Some(passphrase) })
    }

    /// The workspace whose folder is `folder`, with its key in the keychain of the session.
    #[must_use]
    pub fn in_keychain(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), passphrase: None }
    }

    /// The same workspace, tried with another passphrase; `folder` takes the file it stands in.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn with_passphrase(&self, folder: &Path, passphrase: &str) -> Result<Self> {
        let file = folder.join("other-passphrase.txt");
        std::fs::write(&file, format!("{passphrase}\n"))?;
        Ok(Self { folder: self.folder.clone(), passphrase: Some(file) })
    }

    /// Runs `attest --workspace … --json ARGUMENTS`.
    ///
    /// # Errors
    /// When the program does not start.
    pub fn attest<I: AsRef<std::ffi::OsStr>>(&self, arguments: &[I]) -> Result<Ran> {
        let mut command = self.command(arguments)?;
        let Output { status, stdout, stderr } = command.output().context("attest did not start")?;
        Ok(Ran {
            code: status.code().unwrap_or(-1),
            stdout: String::from_utf8(stdout).context("attest writes UTF-8")?,
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        })
    }

    /// Starts the same and lets it run until what is answered goes out of scope.
    ///
    /// # Errors
    /// When the program does not start.
    pub fn start<I: AsRef<std::ffi::OsStr>>(&self, arguments: &[I]) -> Result<Started> {
        let mut command = self.command(arguments)?;
        command.stdin(Stdio::null()).stdout(Stdio::null());
        Ok(Started(command.spawn().context("attest did not start")?))
    }

    /// Starts the same and reads what it tells on standard error as it comes.
    ///
    /// # Errors
    /// When the program does not start.
    pub fn tell<I: AsRef<std::ffi::OsStr>>(&self, arguments: &[I]) -> Result<Telling> {
        let mut command = self.command(arguments)?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context("attest did not start")?;
        let stderr = BufReader::new(child.stderr.take().context("it has a standard error")?);
        Ok(Telling { child, stderr })
    }

    fn command<I: AsRef<std::ffi::OsStr>>(&self, arguments: &[I]) -> Result<Command> {
        let mut command = Command::new(find_program("attest")?);
        command.arg("--workspace").arg(&self.folder).arg("--json");
        if let Some(passphrase) = &self.passphrase {
            command.arg("--passphrase-file").arg(passphrase);
        }
        command.args(arguments);
        Ok(command)
    }
}

/// A run of the command line that is listened to.
pub struct Telling {
    child: Child,
    stderr: BufReader<ChildStderr>,
}

impl Telling {
    /// What stands behind `words` in the first line that has them.
    ///
    /// # Errors
    /// When it ends without such a line.
    pub fn said_after(&mut self, words: &str) -> Result<String> {
        let mut said = String::new();
        loop {
            let mut line = String::new();
            if self.stderr.read_line(&mut line)? == 0 {
                bail!("it never said “{words}”: {said}");
            }
            if let Some((_, rest)) = line.split_once(words) {
                return Ok(rest.trim().to_owned());
            }
            said.push_str(&line);
        }
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn finish(mut self) -> Result<Ran> {
        let mut stderr = String::new();
        self.stderr.read_to_string(&mut stderr)?;
        let Output { status, stdout, .. } = self.child.wait_with_output()?;
        let stdout = String::from_utf8(stdout).context("attest writes UTF-8")?;
        Ok(Ran { code: status.code().unwrap_or(-1), stdout, stderr })
    }
}

/// A program that runs beside the caller and ends with this.
pub struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        // It keeps what it acknowledged, however it ends.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
