//! The binary `attest-backend`: serve, and what an operator does at the machine.

use anyhow::{Context as _, Result, bail};
use attest_backend::{
    Backend, Config, backup,
    clock::SystemClock,
    operate::{self, Certified, Target},
    serve,
};
use attest_domain::roles::{Role, Scope};
use clap::{Parser, Subcommand};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};
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
    /// Add a program as a member; prints its key once, or its id where it shows a certificate.
    AddProgram {
        /// The company.
        #[arg(long)]
        tenant: Uuid,
        /// controller, cfo, operator, auditor, admin, worker or bank.
        #[arg(long)]
        role: String,
        /// It shows this certificate (PEM) and has no key.
        #[arg(long, conflicts_with = "certificate_name")]
        certificate: Option<PathBuf>,
        /// It shows a certificate with this DNS name, of an authority of machines.client_ca, and has no key.
        #[arg(long, value_name = "DNS")]
        certificate_name: Option<String>,
        /// What it is called.
        name: String,
    },
    /// Have a program show another certificate too, so that it takes the place of one that is ended later.
    AddCertificate {
        /// Id of the program.
        #[arg(long)]
        program: Uuid,
        /// The certificate (PEM).
        #[arg(required_unless_present = "certificate_name", conflicts_with = "certificate_name")]
        certificate: Option<PathBuf>,
        /// A DNS name in certificates of an authority of machines.client_ca.
        #[arg(long, value_name = "DNS")]
        certificate_name: Option<String>,
    },
    /// Make another key for a program; prints it once.
    AddKey {
        /// Id of the program.
        #[arg(long)]
        program: Uuid,
    },
    /// List the members of a company, one JSON object per line.
    ListMembers {
        /// The company.
        #[arg(long)]
        tenant: Uuid,
    },
    /// List what a person or program signs in with, one JSON object per line; none of it can be used.
    ListCredentials {
        /// Id of the person or program.
        #[arg(long)]
        member: Uuid,
    },
    /// End a key, a certificate, a name or a device, by the id that list-credentials tells.
    EndCredential {
        /// The id.
        id: String,
    },
    /// Erase what events conceal (names, notes, comments), with an event that says so. It cannot be undone.
    Erase {
        /// The company.
        #[arg(long)]
        tenant: Uuid,
        /// Position of the event.
        #[arg(long, conflicts_with = "object")]
        seq: Option<u64>,
        /// Id of the object that the events are about.
        #[arg(long, required_unless_present = "seq")]
        object: Option<String>,
        /// Code of the ground for it, such as gdpr.17; it stays in the log.
        #[arg(long, value_name = "CODE")]
        reason: String,
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
    if let Command::Serve { listen } = arguments.command {
        config.listen = listen.unwrap_or(config.listen);
        return listen_until_told(config).await;
    }
    let backend = serve::open(config, Arc::new(SystemClock)).await?;
    let done = operate(&backend, arguments.command).await;
    serve::close(&backend).await;
    done
}

async fn listen_until_told(config: Config) -> Result<()> {
    let running = serve::start(config, Arc::new(SystemClock)).await?;
    println!("listening on https://{}", running.address);
    if let Some(address) = running.machines() {
        println!("machines on https://{address}");
    }
    if let Some(certificate) = &running.certificate {
        println!("certificate of its own making: {}", certificate.display());
    }
    told_to_stop().await.context("waiting for the signal to stop")?;
    running.stop().await
}

/// What an operator does at the machine.
async fn operate(backend: &Arc<Backend>, command: Command) -> Result<()> {
    match command {
        Command::Serve { .. } => {}
        Command::Backup { folder } => tell("saved", backup::backup(backend, &folder).await?),
        Command::Restore { folder, verify: _ } => {
            tell("restored and verified", backup::restore(backend, &folder).await?);
        }
        Command::CreateTenant { name } => println!("{}", operate::create_tenant(backend, &name).await?),
        Command::AddProgram { tenant, role, certificate, certificate_name, name } => {
            let (role, scope) = (read_role(&role)?, Scope::default());
            match certified(certificate.as_deref(), certificate_name.as_deref())? {
                None => {
                    let (_, key) = operate::add_program(backend, tenant, &name, role, &scope).await?;
                    println!("{key}");
                }
                Some(shown) => {
                    let shows = shown.as_ref();
                    let added = operate::add_certified_program(backend, tenant, &name, role, &scope, shows);
                    println!("{}", added.await?);
                }
            }
        }
        Command::AddCertificate { program, certificate, certificate_name } => {
            let shown = certified(certificate.as_deref(), certificate_name.as_deref())?;
            let shown = shown.context("a certificate or a name is needed")?;
            operate::add_certificate(backend, &program.to_string(), shown.as_ref()).await?;
        }
        Command::AddKey { program } => println!("{}", operate::add_key(backend, &program.to_string()).await?),
        Command::ListMembers { tenant } => print_all(&operate::list_members(backend, tenant).await?)?,
        Command::ListCredentials { member } => {
            print_all(&operate::list_credentials(backend, &member.to_string()).await?)?;
        }
        Command::EndCredential { id } => {
            if !operate::end_credential(backend, &id).await? {
                bail!("nothing that holds has the id {id}");
            }
        }
        Command::Erase { tenant, seq, object, reason } => {
            let target = match (seq, object) {
                (Some(seq), _) => Target::Event(seq),
                (None, object) => Target::Object(object.context("a position or an object is needed")?),
            };
            let erased = operate::erase(backend, tenant, &target, &reason).await?;
            println!("erased: {} disclosures of {} events", erased.disclosures, erased.events);
        }
        Command::AddPerson { tenant, role, name, email, password_file } => {
            let role = read_role(&role)?;
            let password = read_password(password_file.as_deref())?;
            let person = operate::Person { name: &name, login: &email, password: &password };
            match operate::add_person(backend, tenant, person, role, &Scope::default()).await? {
                (_, Some(enrolment)) => println!("{enrolment}"),
                (_, None) => eprintln!("{email} is known here and keeps password and authenticator"),
            }
        }
        Command::ResetPerson { email, password_file } => {
            let password = read_password(password_file.as_deref())?;
            let Some(enrolment) = operate::reset_person(backend, &email, &password).await? else {
                bail!("nobody signs in as {email}")
            };
            println!("{enrolment}");
        }
    }
    Ok(())
}

fn read_role(role: &str) -> Result<Role> {
    Role::parse(role).with_context(|| format!("there is no role {role:?}"))
}

/// What a program is to show, read.
enum Shown {
    Certificate(String),
    Name(String),
}

impl Shown {
    fn as_ref(&self) -> Certified<'_> {
        match self {
            Self::Certificate(pem) => Certified::Certificate(pem),
            Self::Name(name) => Certified::Name(name),
        }
    }
}

fn certified(certificate: Option<&Path>, name: Option<&str>) -> Result<Option<Shown>> {
    Ok(match (certificate, name) {
        (Some(path), _) => {
            let pem = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            Some(Shown::Certificate(pem))
        }
        (None, name) => name.map(|name| Shown::Name(name.to_owned())),
    })
}

/// One JSON object per line.
fn print_all<T: serde::Serialize>(all: &[T]) -> Result<()> {
    for one in all {
        println!("{}", serde_json::to_string(one)?);
    }
    Ok(())
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
