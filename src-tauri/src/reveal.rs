//! Shows a written file in the system's file manager. No shell is involved; the path is one argument.

use std::{io, path::Path, process::Command};

/// Opens the file manager with the file selected, or its folder where that cannot be asked for.
#[cfg(target_os = "linux")]
pub(crate) fn show_in_file_manager(path: &Path) -> io::Result<()> {
    let asked = || -> zbus::Result<()> {
        let uri = tauri::Url::from_file_path(path).map_err(|()| zbus::Error::Unsupported)?;
        zbus::blocking::Connection::session()?.call_method(
            Some("org.freedesktop.FileManager1"),
            "/org/freedesktop/FileManager1",
            Some("org.freedesktop.FileManager1"),
            "ShowItems",
            &(vec![uri.as_str()], ""),
        )?;
        Ok(())
    };
    match asked() {
        Ok(()) => Ok(()),
        Err(_) => run(Command::new("xdg-open").arg(path.parent().unwrap_or(path))),
    }
}

/// Opens the Explorer with the file selected. It wants its own quoting; a Windows path holds no quotes.
#[cfg(target_os = "windows")]
pub(crate) fn show_in_file_manager(path: &Path) -> io::Result<()> {
    use std::os::windows::process::CommandExt;
    run(Command::new("explorer").raw_arg(format!("/select,\"{}\"", path.display())))
}

/// Opens the Finder with the file selected.
#[cfg(target_os = "macos")]
pub(crate) fn show_in_file_manager(path: &Path) -> io::Result<()> {
    run(Command::new("open").arg("-R").arg(path))
}

/// Starts the program and lets it go its way; a thread waits for it so that no zombie stays.
fn run(command: &mut Command) -> io::Result<()> {
    let mut child = command.spawn()?;
    std::thread::spawn(move || child.wait());
    Ok(())
}
