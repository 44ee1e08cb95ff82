//! Where things are: the root of the repository, the target folder, the tools installed for the project.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// The repository these commands work on.
pub(crate) struct Project {
    /// Folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
}

impl Project {
    /// Finds the repository that this program was built from.
    pub(crate) fn find() -> Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR").map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")), // started without cargo
            PathBuf::from,
        );
        let root = manifest.parent().context("xtask lies one folder below the root")?.to_path_buf();
        Ok(Self { root })
    }

    /// A path inside the repository.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Cargo's target folder.
    pub(crate) fn target(&self) -> PathBuf {
        match env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => self.root.join(folder),
            None => self.path("target"),
        }
    }

    /// Folder for what these commands write: logs, screenshots, generated companies.
    pub(crate) fn scratch(&self, name: &str) -> Result<PathBuf> {
        let folder = self.target().join("xtask").join(name);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    }

    /// Root of the tools that are installed for this project alone.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target().join("tools")
    }

    /// A cargo command in the root, with the project's own tools first on the path.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments);
        self.at_root(command)
    }

    /// An npm command in `ui/`.
    pub(crate) fn npm(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
        command.args(arguments);
        let mut command = self.at_root(command);
        command.current_dir(self.path("ui"));
        command
    }

    /// Lets any command run in the root, with the project's own tools first on the path.
    pub(crate) fn at_root(&self, mut command: Command) -> Command {
        command.current_dir(&self.root).env("PATH", self.search_path());
        // `cargo run` tells its child about itself; what the child starts must not take it for its own package.
        for (name, _) in env::vars() {
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST") {
                command.env_remove(name);
            }
        }
        command
    }

    /// `PATH` with the project's own tools first.
    pub(crate) fn search_path(&self) -> std::ffi::OsString {
        let own = self.tools().join("bin");
        let inherited = env::var_os("PATH").unwrap_or_default();
        let all = std::iter::once(own).chain(env::split_paths(&inherited));
        env::join_paths(all).unwrap_or(inherited)
    }

    /// Finds a program on the path, the project's own tools included.
    pub(crate) fn find_program(&self, name: &str) -> Option<PathBuf> {
        let file = format!("{name}{}", env::consts::EXE_SUFFIX);
        env::split_paths(&self.search_path()).map(|folder| folder.join(&file)).find(|path| path.is_file())
    }

    /// A program built from this workspace in the given profile folder (`debug`, `release`).
    pub(crate) fn built(&self, profile: &str, name: &str) -> PathBuf {
        self.target().join(profile).join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// What `cargo metadata` says; with `graph` the resolved dependencies too.
    pub(crate) fn metadata(&self, graph: bool) -> Result<Value> {
        let mut arguments = vec!["metadata", "--format-version", "1"];
        if !graph {
            arguments.push("--no-deps");
        }
        let output = self.cargo(&arguments).output().context("cargo metadata did not start")?;
        if !output.status.success() {
            bail!("cargo metadata failed:\n{}", String::from_utf8_lossy(&output.stderr));
        }
        serde_json::from_slice(&output.stdout).context("cargo metadata wrote no JSON")
    }

    /// Every file git knows or would add, relative to the root.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>> {
        let output = Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
            .current_dir(&self.root)
            .output()
            .context("git did not start")?;
        if !output.status.success() {
            bail!("git ls-files failed:\n{}", String::from_utf8_lossy(&output.stderr));
        }
        let mut files: Vec<PathBuf> = String::from_utf8(output.stdout)
            .context("file names are UTF-8 here")?
            .split_terminator('\0')
            .map(PathBuf::from)
            .filter(|file| self.root.join(file).is_file())
            .collect();
        files.sort();
        files.dedup();
        Ok(files)
    }
}

/// A path with forward slashes, for messages and comparisons that are the same on every system.
pub(crate) fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
