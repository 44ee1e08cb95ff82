//! One file per command or family of commands; each asks the desk and answers.

mod audit;
mod export;
mod health;
mod import;
mod lists;
pub(crate) mod matching;
pub(crate) mod sync;

use crate::{args::Command, error::CliError, output::Output};
use attest_desk::Desk;

/// Runs a command on an open workspace.
pub(crate) async fn run(command: Command, desk: &Desk, output: &mut Output) -> Result<(), CliError> {
    match command {
        Command::Import(args) => import::import(args, desk, output).await,
        Command::Statements => lists::statements(desk, output).await,
        Command::Entries(args) => lists::entries(args, desk, output).await,
        Command::Ledger(args) => lists::ledger(args, desk, output).await,
        Command::Match(args) => matching::match_accounts(&args, desk, output).await,
        Command::Audit(args) => audit::audit(args, desk, output).await,
        Command::Export(args) => export::export(args, desk, output).await,
        Command::Status => health::status(desk, output).await,
        // Opens the workspace itself, before there is one.
        Command::Login(_) => Ok(()),
        Command::Logout => sync::logout(desk, output).await,
        Command::Sync => sync::sync(desk, output).await,
        Command::Worker(args) => sync::work(&args, desk, output).await,
        Command::Doctor { rebuild } => health::doctor(rebuild, desk, output).await,
    }
}

/// A value or a dash.
fn or_dash<T: ToString>(value: Option<&T>) -> String {
    value.map_or_else(|| "–".to_owned(), ToString::to_string)
}
