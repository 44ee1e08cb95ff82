//! A workspace with a passphrase in a folder of its own, used through the program.

use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The lines of a run that must have succeeded.
    pub(crate) fn done(self) -> Vec<Value> {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self.lines()
    }

    pub(crate) fn lines(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The code of the error object on standard error.
    pub(crate) fn error_code(&self) -> String {
        let last = self.stderr.lines().last().unwrap();
        let said: Value = serde_json::from_str(last).unwrap_or_else(|_| panic!("{}", self.stderr));
        assert!(!said["error"]["message"].as_str().unwrap().is_empty());
        said["error"]["code"].as_str().unwrap().to_owned()
    }
}

/// A folder with a passphrase file and a workspace that the first import makes.
pub(crate) struct Scene {
    pub(crate) folder: TempDir,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("passphrase"), "correct horse battery staple\n").unwrap();
        Self { folder }
    }

    /// With fixtures imported.
    pub(crate) fn with(files: &[&str]) -> Self {
        let scene = Self::new();
        let ran = scene.import(files);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        scene
    }

    pub(crate) fn import(&self, files: &[&str]) -> Ran {
        let files: Vec<String> = files.iter().map(|file| fixture(file).display().to_string()).collect();
        let mut arguments = vec!["import"];
        arguments.extend(files.iter().map(String::as_str));
        self.run(&arguments)
    }

    /// Runs a command with `--json` on the workspace.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.start(&["--json"], arguments)
    }

    /// Runs a command on the workspace for a person.
    pub(crate) fn run_plain(&self, arguments: &[&str]) -> Ran {
        self.start(&[], arguments)
    }

    fn start(&self, options: &[&str], arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_attest"));
        command.args(options).arg("--workspace").arg(self.workspace());
        command.arg("--passphrase-file").arg(self.folder.path().join("passphrase")).args(arguments);
        ran(&mut command)
    }

    pub(crate) fn workspace(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    /// Writes a file beside the workspace.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

pub(crate) fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(name)
}

/// The members of an object, sorted.
pub(crate) fn members(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}
