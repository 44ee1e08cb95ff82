//! A desktop session without a desktop: a virtual display, a message bus and an unlocked, throw-away keychain,
//! so that the real window can be opened and driven on a server, and never touches the user's own keys.

use crate::project::Project;
use anyhow::{Context, Result, bail};
use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

/// The hidden command by which this program calls itself once display and bus are there.
pub(crate) const INNER: &str = "session-inner";
/// Size of the virtual display: room for the smallest supported window and for the pictures of the README.
const SCREEN: &str = "-screen 0 1600x1000x24";

/// `cargo xtask session -- PROGRAM…`.
pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<ExitCode> {
    let words = arguments.strip_prefix(&["--".to_owned()]).unwrap_or(arguments);
    let Some((program, rest)) = words.split_first() else {
        bail!("usage: cargo xtask session -- PROGRAM…")
    };
    let mut command = Command::new(program);
    command.args(rest);
    let status = wrap(project, &command)?.status().with_context(|| format!("{program} did not start"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Where this program lies. Building the workspace may have put a new one in the place of the running one, which
/// Linux then calls deleted; the new one serves as well.
fn own_path() -> Result<PathBuf> {
    let path = env::current_exe().context("this program has a path")?;
    if path.exists() {
        return Ok(path);
    }
    let name = path.to_string_lossy().trim_end_matches(" (deleted)").to_owned();
    Ok(PathBuf::from(name))
}

/// Turns a command into one that runs inside a session of its own.
pub(crate) fn wrap(project: &Project, inner: &Command) -> Result<Command> {
    let own = own_path()?;
    let home = project.scratch("session")?.join(std::process::id().to_string());
    for folder in ["data", "config", "cache", "run"] {
        fs::create_dir_all(home.join(folder))?;
    }
    restrict(&home.join("run"))?;
    let mut command = Command::new("xvfb-run");
    command.args(["--auto-servernum", "--server-args", SCREEN, "dbus-run-session", "--"]);
    command.arg(own).arg(INNER).arg(inner.get_program()).args(inner.get_args());
    let mut command = project.at_root(command);
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("XDG_RUNTIME_DIR", home.join("run"))
        .env("GDK_BACKEND", "x11")
        .env("NO_AT_BRIDGE", "1") // without an accessibility bus GTK only waits for one
        .env_remove("WAYLAND_DISPLAY");
    Ok(command)
}

/// Runs inside the session: unlocks the keychain, then the program.
pub(crate) fn run_inner(arguments: &[String]) -> Result<ExitCode> {
    let Some((program, rest)) = arguments.split_first() else { bail!("{INNER} needs a program") };
    unlock_keychain()?;
    let status =
        Command::new(program).args(rest).status().with_context(|| format!("{program} did not start"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Starts the secret service with a fresh keyring; it ends with the message bus.
fn unlock_keychain() -> Result<()> {
    let mut daemon = Command::new("gnome-keyring-daemon")
        .args(["--unlock", "--components=secrets"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("gnome-keyring-daemon did not start")?;
    let mut input = daemon.stdin.take().context("its standard input is piped")?;
    input.write_all(b"a keychain that lives as long as this session\n")?;
    drop(input);
    // The first process returns once the service is ready and has gone to the background.
    if !daemon.wait()?.success() {
        bail!("the keychain of the session could not be unlocked");
    }
    Ok(())
}

/// The run-time folder must be its owner's alone, or the message bus refuses it.
#[cfg(unix)]
fn restrict(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).context("the folder was just made")
}

#[cfg(not(unix))]
fn restrict(_folder: &Path) -> Result<()> {
    bail!("a session of its own exists on Linux only; run the program itself")
}
