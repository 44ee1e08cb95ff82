//! The desk in a window: starts Tauri, makes the one window and forwards its commands to `attest-desk`.
//!
//! `attest-app [--workspace DIR | --home DIR] [FILE…]`, or `ATTEST_WORKSPACE`. A home holds the workspaces of several
//! companies and is this user's folder for data unless named; `--workspace` opens that one and shows no other. Files
//! are imported once the workspace is open; a later start for the same folder hands its files to the running window and
//! ends. Messages for developers go
//! to standard error, as much as `ATTEST_LOG` says (a `tracing` filter); none holds a figure or a name, and no
//! log file is written.
//!
//! No rule about money, matching or keys lives here; what a command does is in the desk.

// A Windows program without a console of its own.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod args;
mod commands;
mod companies;
mod dialog;
mod files;
mod guard;
mod hardening;
mod idle;
mod import;
mod place;
mod reveal;
mod session;
mod shell;
mod sign_in;
mod sync;
mod window;

use args::{Args, WORKSPACE_VARIABLE, parse_args};
use attest_desk::home::{FIRST, Home};
use companies::{Companies, Opened};
use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
};
use tauri::{App, AppHandle, DragDropEvent, Manager, RunEvent, WindowEvent};
use tracing_subscriber::EnvFilter;

/// Exit code for a start that was refused.
const REFUSED: u8 = 2;

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_env("ATTEST_LOG").unwrap_or_else(|_| EnvFilter::new("warn")))
        .with_writer(std::io::stderr)
        .init();
    guard::report_panics_without_their_text();
    if let Some(variable) = hardening::remote_control(|name| env::var_os(name))
        && !hardening::MAY_BE_DRIVEN
    {
        eprintln!(
            "{variable} asks for remote control of the window, which this build does not allow. Unset it."
        );
        return ExitCode::from(REFUSED);
    }
    let folder = env::current_dir().unwrap_or_default();
    let args = parse_args(env::args_os().skip(1), &folder);
    for option in &args.unknown {
        tracing::warn!("unknown option {option}");
    }
    let named =
        args.workspace.clone().or_else(|| env::var_os(WORKSPACE_VARIABLE).map(|dir| folder.join(dir)));
    let home = args.home.clone().or_else(place::data_folder);
    let opened = match (named, home) {
        (Some(workspace), _) => Opened::Workspace(workspace),
        (None, Some(home)) => Opened::Home(Home::open(home)),
        (None, None) => {
            eprintln!("This user has no folder for data. Name one with --home DIR or --workspace DIR.");
            return ExitCode::from(REFUSED);
        }
    };
    match build(opened, args) {
        Ok(app) => {
            app.run(|app, event| follow(app, &event));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("The window cannot be opened: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Puts the application together; nothing is shown yet.
fn build(opened: Opened, args: Args) -> tauri::Result<App> {
    let mut context = tauri::generate_context!();
    // Starts are told apart by folder, not by program. A home goes by the name of its first workspace, as it did
    // before there could be several, so that naming that workspace finds the window that shows it.
    context.config_mut().identifier = place::derive_instance_name(&match &opened {
        Opened::Workspace(workspace) => workspace.clone(),
        Opened::Home(home) => home.path(FIRST),
    });
    tauri::Builder::default()
        // First, so that a second start ends before it touches anything.
        .plugin(tauri_plugin_single_instance::init(|app, arguments, folder| {
            let later = parse_args(arguments.into_iter().skip(1).map(Into::into), Path::new(&folder));
            app.state::<Companies>().shown().receive(later.files);
            window::raise(app);
        }))
        .invoke_handler(tauri::generate_handler![
            commands::status,
            commands::create_workspace,
            commands::unlock,
            commands::lock,
            commands::lock_all,
            commands::list_companies,
            commands::show_company,
            commands::add_company,
            commands::put_back_company,
            commands::label_company,
            commands::remove_company,
            commands::resume_log,
            commands::save_settings,
            commands::touch,
            commands::list_accounts,
            commands::set_ledger_account,
            commands::list_documents,
            commands::list_findings,
            commands::choose_files,
            commands::cancel_import,
            commands::import_state,
            commands::list_tables,
            commands::preview_table,
            commands::import_table,
            commands::leave_table,
            commands::open_review,
            commands::review_lines,
            commands::group,
            commands::source,
            commands::selection,
            commands::decide,
            commands::export_reconciliation,
            commands::show_export,
            commands::connect_workspace,
            commands::choose_certificate,
            commands::sync_now,
            commands::sync_state,
            commands::list_conflicts,
            commands::dismiss_conflict,
            commands::sign_in,
            commands::sign_out,
            commands::begin_sign_in,
            commands::finish_sign_in,
            commands::cancel_sign_in,
            commands::connect_signed_in,
            commands::take_sign_in,
            commands::list_memberships,
        ])
        .setup(move |app| {
            start(app.handle(), opened, args.files)?;
            Ok(())
        })
        .build(context)
}

/// Makes the desks, the window and the watches over the user's absence.
fn start(app: &AppHandle, opened: Opened, files: Vec<PathBuf>) -> tauri::Result<()> {
    let exports = dirs::document_dir().map(|dir| dir.join("Attest"));
    let companies = Companies::new(app.clone(), exports, opened);
    let shown = companies.shown();
    app.manage(companies.clone());
    shown.receive(files);
    window::open(app, shown.desk().settings().theme)?;
    // Asked now, the slow part of the first status (does a keychain answer?) is known when the page asks.
    for early in companies.list() {
        tauri::async_runtime::spawn(async move { early.refresh().await });
    }
    let absent = companies.clone();
    session::watch(move || absent.lock_now("system"));
    tauri::async_runtime::spawn(companies.watch_idle());
    Ok(())
}

/// Follows the window: files dragged over it, its end.
fn follow(app: &AppHandle, event: &RunEvent) {
    match event {
        RunEvent::WindowEvent { event: WindowEvent::DragDrop(drag), .. } => {
            let shell = app.state::<Companies>().shown();
            match drag {
                DragDropEvent::Enter { .. } => shell.drag(true),
                DragDropEvent::Leave => shell.drag(false),
                DragDropEvent::Drop { paths, .. } => {
                    shell.drag(false);
                    // A locked workspace takes nothing in, not even for later.
                    if shell.is_open() {
                        shell.receive(paths.clone());
                    }
                }
                _ => {}
            }
        }
        RunEvent::Exit => app.state::<Companies>().close(),
        _ => {}
    }
}
