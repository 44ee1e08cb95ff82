//! Brings a machine that has only Rust and Node to the point where the other commands work.
//!
//! Each need is looked at first and skipped when it is met. Debian packages come from apt (as root, or through
//! sudo when it asks no password); cargo tools go to a folder of the project, never to the user's own.

use crate::{log::Log, project::Project, python};
use anyhow::{Context, Result, bail};
use std::{fs, process::Command, time::SystemTime};

/// Something that must be there before a step can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// What compiling the workspace takes: a C compiler, perl and make for OpenSSL, WebKit for the shell.
    BuildPackages,
    /// What opening the window without a screen takes, with a WebDriver and a keychain.
    WindowPackages,
    /// A PostgreSQL server.
    PostgresPackages,
    /// A file server, beside which the backend's is measured.
    NginxPackages,
    /// Python, with what makes environments.
    PythonPackages,
    /// A program installed by cargo.
    Tool(&'static Tool),
    /// A program written in Python.
    Python(&'static python::Program),
    /// The UI's npm packages, exactly as its lock file says.
    NpmPackages,
}

/// A program that cargo installs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tool {
    /// The crate, which is also the program's name.
    pub(crate) name: &'static str,
    /// Exact version: a tool that changes by itself would change the result of the tests.
    version: &'static str,
}

/// Runs the tests, each in its own process.
pub(crate) const NEXTEST: Tool = Tool { name: "cargo-nextest", version: "0.9.151" };
/// Checks licences and sources of what we depend on.
pub(crate) const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2" };
/// Builds and runs fuzz targets.
pub(crate) const FUZZ: Tool = Tool { name: "cargo-fuzz", version: "0.13.2" };
/// Speaks WebDriver to a Tauri window.
pub(crate) const TAURI_DRIVER: Tool = Tool { name: "tauri-driver", version: "2.0.4" };

const BUILD_PACKAGES: &[&str] = &[
    "build-essential",
    "pkg-config",
    "perl",
    "git",
    "libwebkit2gtk-4.1-dev",
    "libayatana-appindicator3-dev",
    "librsvg2-dev",
    "libxdo-dev",
];
const POSTGRES_PACKAGES: &[&str] = &["postgresql"];
const NGINX_PACKAGES: &[&str] = &["nginx-light"];
const PYTHON_PACKAGES: &[&str] = &["python3", "python3-venv"];
const WINDOW_PACKAGES: &[&str] = &[
    "webkit2gtk-driver",
    "xvfb",
    "xauth",
    "dbus",
    "dbus-daemon",
    "dbus-x11",
    "gnome-keyring",
    "fonts-dejavu-core",
];

/// Meets every need, in order, each once.
pub(crate) fn ensure(project: &Project, needs: &[Need], log: &mut Log) -> Result<()> {
    let mut met: Vec<Need> = Vec::new();
    let mut packages: Vec<&str> = Vec::new();
    for need in needs {
        match need {
            Need::BuildPackages => packages.extend(BUILD_PACKAGES),
            Need::WindowPackages => packages.extend(WINDOW_PACKAGES),
            Need::PostgresPackages => packages.extend(POSTGRES_PACKAGES),
            Need::NginxPackages => packages.extend(NGINX_PACKAGES),
            Need::PythonPackages => packages.extend(PYTHON_PACKAGES),
            Need::Tool(_) | Need::Python(_) | Need::NpmPackages => {}
        }
    }
    ensure_packages(&packages, log)?;
    for need in needs {
        if met.contains(need) {
            continue;
        }
        match need {
            Need::Tool(tool) => ensure_tool(project, tool, log)?,
            Need::Python(program) => program.ensure(project, log)?,
            Need::NpmPackages => ensure_npm(project, log)?,
            Need::BuildPackages
            | Need::WindowPackages
            | Need::PostgresPackages
            | Need::NginxPackages
            | Need::PythonPackages => {}
        }
        met.push(*need);
    }
    Ok(())
}

/// Installs the Debian packages that are missing. On other systems the tool chain is the user's business
/// (Xcode, Visual Studio), and WebViews come with the system.
fn ensure_packages(packages: &[&str], log: &mut Log) -> Result<()> {
    if packages.is_empty() || !cfg!(target_os = "linux") {
        return Ok(());
    }
    let missing = missing_packages(packages)?;
    if missing.is_empty() {
        log.say("packages: all here");
        return Ok(());
    }
    log.say(&format!("packages: missing {}", missing.join(" ")));
    let mut update = as_root("apt-get")?;
    update.arg("update");
    if let Err(error) = log.run(update) {
        log.say(&format!("apt-get update failed ({error:#}); trying with the lists that are here"));
    }
    let mut install = as_root("apt-get")?;
    install.args(["install", "-y", "--no-install-recommends"]).args(&missing);
    install.env("DEBIAN_FRONTEND", "noninteractive");
    log.run(install).context("packages could not be installed")
}

fn missing_packages<'a>(packages: &[&'a str]) -> Result<Vec<&'a str>> {
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${db:Status-Status} ${Package}\n"])
        .args(packages)
        .output()
        .context("dpkg-query did not start; on a system without apt, install what CONTRIBUTING.md lists")?;
    let known = String::from_utf8_lossy(&output.stdout).into_owned();
    let installed = |package: &str| known.lines().any(|line| line == format!("installed {package}"));
    let mut missing: Vec<&str> = packages.iter().copied().filter(|package| !installed(package)).collect();
    missing.dedup();
    Ok(missing)
}

/// A command with the rights to install packages.
fn as_root(program: &str) -> Result<Command> {
    let succeeds = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    let user = Command::new("id").arg("-u").output().context("id did not start")?;
    if user.stdout.trim_ascii() == b"0" {
        return Ok(Command::new(program));
    }
    if !succeeds(Command::new("sudo").args(["-n", "true"])) {
        bail!("packages are missing and this user may not install them; run the apt-get line above as root");
    }
    let mut command = Command::new("sudo");
    command.args(["-n", "--preserve-env=DEBIAN_FRONTEND", program]);
    Ok(command)
}

fn ensure_tool(project: &Project, tool: &Tool, log: &mut Log) -> Result<()> {
    // nextest prints what we read but decides nothing, so any version that is already here will do.
    let own = project.tools().join("bin").join(format!("{}{}", tool.name, std::env::consts::EXE_SUFFIX));
    let found = if *tool == NEXTEST {
        project.find_program(tool.name)
    } else {
        Some(own).filter(|own| own.is_file())
    };
    if let Some(path) = found {
        log.say(&format!("{}: {}", tool.name, path.display()));
        return Ok(());
    }
    let root = project.tools();
    let wanted = format!("{}@{}", tool.name, tool.version);
    let mut command = project.cargo(&["install", "--quiet", "--locked", "--debug", "--root"]);
    command.arg(root).arg(wanted); // a debug build takes half the time and the tools wait for other programs
    log.run(command).with_context(|| format!("{} could not be installed", tool.name))
}

fn ensure_npm(project: &Project, log: &mut Log) -> Result<()> {
    let changed =
        |path: &str| -> Option<SystemTime> { fs::metadata(project.path(path)).ok()?.modified().ok() };
    let lock = changed("ui/package-lock.json").context("ui/package-lock.json is missing")?;
    // npm writes this file last, so it tells that an installation of that lock file was finished
    if changed("ui/node_modules/.package-lock.json").is_some_and(|installed| installed >= lock) {
        log.say("npm packages: all here");
        return Ok(());
    }
    log.run(project.npm(&["ci", "--no-audit", "--no-fund"])).context("npm packages could not be installed")
}
