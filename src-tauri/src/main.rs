//! The desk in a window: starts Tauri, makes the one window and forwards its commands to `attest-desk`.
//!
//! No rule about money, matching or keys lives here; what a command does is in the desk.

// A Windows program without a console of its own.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod args;
mod dialog;
mod files;
mod guard;
mod hardening;
mod idle;
mod place;
mod reveal;
mod session;
mod window;

use std::process::ExitCode;

fn main() -> ExitCode {
    let app = tauri::Builder::default()
        .setup(|app| {
            window::open(app.handle())?;
            Ok(())
        })
        .build(tauri::generate_context!());
    match app {
        Ok(app) => {
            app.run(|_, _| {});
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
