//! The binary `attest-backend`: serve, and what an operator does at the machine.

use anyhow::{Context as _, Result, bail};
use attest_backend::{Config, backup, clock::SystemClock, operate, serve};
use attest_domain::roles::{Role, Scope};
use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode, sync::Arc};
use uuid::Uuid;
use zeroize::Zeroizing;

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
    /// Add a person as a member; prints the address for its authenticator once.
    AddPerson {
        /// The company.
        #[arg(long)]
        tenant: Uuid,
        /// controller, cfo, operator, auditor or admin.
        #[arg(long)]
        role: String,
        /// What events and members show.
        #[arg(long)]
        name: String,
        /// What the person signs in with.
        #[arg(long)]
        email: String,
        /// File with the first password; standard input where absent.
        #[arg(long)]
        password_file: Option<PathBuf>,
    },
    /// Save everything but the installation's secret and sessions into a new folder.
    Backup {
        /// The folder; it may not exist yet.
        folder: PathBuf,
    },
    /// Put a backup into an empty installation that has the same secret. Every log is hashed again and compared with
    /// its checkpoint; where one does not hold, nothing is restored.
    Restore {
        /// The backup.
        folder: PathBuf,
        /// Said for clarity: a restore is always verified.
        #[arg(long)]
        verify: bool,
    },
    /// Give a person a new password and authenticator and end its sessions.
    ResetPerson {
        /// What the person signs in with.
        #[arg(long)]
        email: String,
        /// File with the new password; standard input where absent.
        #[arg(long)]
        password_file: Option<PathBuf>,
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
        Command::Backup { folder } => {
            let backend = serve::open(config, clock).await?;
            tell("saved", backup::backup(&backend, &folder).await?);
            Ok(())
        }
        Command::Restore { folder, verify: _ } => {
            let backend = serve::open(config, clock).await?;
            tell("restored and verified", backup::restore(&backend, &folder).await?);
            Ok(())
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
        Command::AddPerson { tenant, role, name, email, password_file } => {
            let Some(known) = Role::parse(&role) else { bail!("there is no role {role:?}") };
            let password = read_password(password_file.as_deref())?;
            let backend = serve::open(config, clock).await?;
            let person = operate::Person { name: &name, login: &email, password: &password };
            match operate::add_person(&backend, tenant, person, known, &Scope::default()).await? {
                (_, Some(enrolment)) => println!("{enrolment}"),
                (_, None) => eprintln!("{email} is known here and keeps password and authenticator"),
            }
            Ok(())
        }
        Command::ResetPerson { email, password_file } => {
            let password = read_password(password_file.as_deref())?;
            let backend = serve::open(config, clock).await?;
            let Some(enrolment) = operate::reset_person(&backend, &email, &password).await? else {
                bail!("nobody signs in as {email}")
            };
            println!("{enrolment}");
            Ok(())
        }
    }
}

/// The first line of a file, or of standard input: never an argument, which other users of the machine can see.
fn read_password(file: Option<&std::path::Path>) -> Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    match file {
        Some(path) => {
            let mut file = std::fs::File::open(path).with_context(|| path.display().to_string())?;
            std::io::Read::read_to_string(&mut file, &mut text)?;
        }
        None => {
            eprintln!("password:");
            std::io::stdin().read_line(&mut text)?;
        }
    }
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

fn tell(what: &str, saved: backup::Saved) {
    println!("{what}: {} companies, {} events, {} documents", saved.tenants, saved.events, saved.documents);
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
