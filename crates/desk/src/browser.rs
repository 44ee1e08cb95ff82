//! Opens an address in the system's browser. No shell is involved; the address is one argument.

use std::{io, process::Command};

/// Opens it and does not wait for the browser.
///
/// # Errors
/// Where the system has no program for that.
pub fn open_in_browser(address: &str) -> io::Result<()> {
    let mut child = opener(address).spawn()?;
    // Somebody waits for it, so that no zombie stays.
    std::thread::spawn(move || child.wait());
    Ok(())
}

#[cfg(target_os = "windows")]
fn opener(address: &str) -> Command {
    // `start` belongs to the command interpreter, which would read the `&` of a query as its own.
    let mut command = Command::new("rundll32");
    command.args(["url.dll,FileProtocolHandler", address]);
    command
}

#[cfg(target_os = "macos")]
fn opener(address: &str) -> Command {
    let mut command = Command::new("open");
    command.arg(address);
    command
}

#[cfg(not(any(target_os = "windows", target_os = "macos")))]
fn opener(address: &str) -> Command {
    let mut command = Command::new("xdg-open");
    command.arg(address).stdin(std::process::Stdio::null());
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    command
}
