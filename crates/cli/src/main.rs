//! The command line `attest`: what the desk does, without a window. Its JSON is a contract (docs/formats/cli.md).
//!
//! Answers go to standard output, everything else to standard error. Exit code 0 says done, 1 refused or failed,
//! 2 wrong usage.
//! **Absent on purpose:** rules about money, matching or keys; they live in the desk and below.

mod args;
mod commands;
mod error;
mod output;
mod session;

use args::{Args, Command};
use clap::Parser as _;
use error::CliError;
use output::Output;
use std::process::ExitCode;

/// Exit code for what was refused or failed; clap answers 2 for wrong usage.
const FAILED: u8 = 1;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let mut output = Output::new(args.json);
    match run(args, &mut output).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(CliError::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            // Whoever reads has seen enough, as `attest entries | head` does.
            ExitCode::SUCCESS
        }
        Err(error) => {
            output.tell_error(&error);
            ExitCode::from(FAILED)
        }
    }
}

async fn run(args: Args, output: &mut Output) -> Result<(), CliError> {
    if let Command::Match(tables) = &args.command
        && let Some((left, right)) = tables.files()
    {
        return commands::matching::match_tables(left, right, &tables.rules(), output);
    }
    let place = session::Place::of(&args)?;
    let (desk, command) = match args.command {
        Command::Login(login) => (commands::sync::login(place, login, output).await?, None),
        Command::Import(_) => (place.open_or_create(output).await?, Some(args.command)),
        _ => (place.open().await.map_err(|(_, error)| error)?, Some(args.command)),
    };
    let outcome = match command {
        Some(command) => commands::run(command, &desk, output).await,
        None => Ok(()),
    };
    // Closed whatever happened: the key goes, and the journal is folded into the database.
    let closed = desk.lock("asked").await;
    outcome?;
    closed?;
    Ok(())
}
