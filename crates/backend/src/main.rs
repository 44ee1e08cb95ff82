//! The binary `attest-backend`: serve, and what an operator does at the machine.

use anyhow::{Context as _, Result, bail};
use attest_backend::{Config, clock::SystemClock, operate, serve};
use attest_domain::roles::{Role, Scope};
use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode, sync::Arc};
use uuid::Uuid;

/// The Attest backend: companies' logs and documents.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Configuration (TOML); SQLite and a folder where absent.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    /// Data folder, instead of the configured one.
    #[arg(long, global = true)]
    data: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until told to stop.
    Serve {
        /// Address and port, instead of the configured ones.
        #[arg(long)]
        listen: Option<std::net::SocketAddr>,
    },
    /// Make a company; prints its id.
    CreateTenant {
        /// Its name.
        name: String,
    },
    /// Add a program as a member; prints its key once.
    AddProgram {
        /// The company.
        #[arg(long)]
        tenant: Uuid,
        /// controller, cfo, operator, auditor, admin, worker or bank.
        #[arg(long)]
        role: String,
        /// What it is called.
        name: String,
    },
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,sqlx=warn")),
        )
        .with_writer(std::io::stderr)
        .init();
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("attest-backend: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(arguments: Arguments) -> Result<()> {
    let mut config = match &arguments.config {
        Some(path) => Config::load(path)?,
        None => Config::default(),
    };
    if let Some(data) = arguments.data {
        config.data = data;
    }
    let clock = Arc::new(SystemClock);
    match arguments.command {
        Command::Serve { listen } => {
            config.listen = listen.unwrap_or(config.listen);
            let running = serve::start(config, clock).await?;
            println!("listening on https://{}", running.address);
            if let Some(certificate) = &running.certificate {
                println!("certificate of its own making: {}", certificate.display());
            }
            told_to_stop().await.context("waiting for the signal to stop")?;
            running.stop().await
        }
        Command::CreateTenant { name } => {
            let backend = serve::open(config, clock).await?;
            println!("{}", operate::create_tenant(&backend, &name).await?);
            Ok(())
        }
        Command::AddProgram { tenant, role, name } => {
            let Some(known) = Role::parse(&role) else { bail!("there is no role {role:?}") };
            let backend = serve::open(config, clock).await?;
            let (_, key) = operate::add_program(&backend, tenant, &name, known, &Scope::default()).await?;
            println!("{key}");
            Ok(())
        }
    }
}

/// Ctrl+C, or what a service manager sends.
async fn told_to_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            stopped = tokio::signal::ctrl_c() => stopped,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
