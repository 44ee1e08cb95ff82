//! `attest login`, `logout`, `sync` and `worker`: a workspace that replicates a company's log.

use super::or_dash;
use crate::{
    args::{LoginArgs, WorkerArgs},
    error::CliError,
    output::Output,
    session::Place,
};
use attest_desk::{
    Desk, SignInUnderway, SignedIn, open_in_browser,
    sync::{ConnectRequest, Policy, is_identity},
    view::{SignedInWith, SyncPhase, SyncView},
};
use serde::Serialize;
use std::{fs, path::Path, time::Duration};

/// How long a worker waits where nobody tells it that there is more.
const LOOK: Duration = Duration::from_secs(30);
/// How long it waits after a failure.
const PAUSE: Duration = Duration::from_secs(5);

/// Where sync stands, as the contract says it.
#[derive(Debug, Serialize)]
pub(crate) struct SyncAnswer {
    state: &'static str,
    pub(crate) server: Option<String>,
    company: Option<String>,
    role: Option<String>,
    signed_in: Option<SignedInAnswer>,
    /// Decisions not in the backend's log yet.
    waiting: u64,
    /// Decisions that were refused.
    refused: u64,
    synced: Option<String>,
    conflicts: Vec<Conflict>,
}

#[derive(Debug, Serialize)]
struct Conflict {
    key: String,
    command: String,
    code: String,
    message: String,
    by: Option<String>,
    at: Option<String>,
}

/// How one is signed in, and until when where nobody syncs.
#[derive(Debug, Serialize)]
struct SignedInAnswer {
    with: &'static str,
    until: Option<String>,
}

#[derive(Debug, Serialize)]
struct LogoutAnswer {
    /// Whether the service was told.
    ended: bool,
    #[serde(flatten)]
    sync: SyncAnswer,
}

#[derive(Debug, Serialize)]
struct WorkerAnswer {
    documents: u64,
    matches: u64,
    #[serde(flatten)]
    sync: SyncAnswer,
}

pub(crate) async fn sync_answer(desk: &Desk, view: SyncView) -> Result<SyncAnswer, CliError> {
    let conflicts = desk.list_conflicts().await?.into_iter().map(|conflict| Conflict {
        key: conflict.key,
        command: conflict.command,
        code: conflict.code,
        message: conflict.message,
        by: conflict.by,
        at: conflict.at,
    });
    Ok(SyncAnswer {
        state: match view.phase {
            SyncPhase::Standalone => "standalone",
            SyncPhase::Idle => "idle",
            SyncPhase::Syncing => "syncing",
            SyncPhase::Offline => "offline",
            SyncPhase::SignedOut => "signed_out",
            SyncPhase::Failed => "failed",
            SyncPhase::Frozen => "frozen",
        },
        server: view.server,
        company: view.company,
        role: view.role,
        signed_in: view.signed_in.map(|signed_in| SignedInAnswer {
            with: match signed_in.with {
                SignedInWith::Browser => "browser",
                SignedInWith::Key => "key",
            },
            until: signed_in.until,
        }),
        waiting: view.waiting,
        refused: view.refused,
        synced: view.synced,
        conflicts: conflicts.collect(),
    })
}

/// Connects a new workspace, or signs an existing one in again.
pub(crate) async fn login(place: Place, args: LoginArgs, output: &mut Output) -> Result<Desk, CliError> {
    let key = args.key_file.as_deref().map(load_key).transpose()?;
    let certificate = args.certificate.as_deref().map(load).transpose()?;
    let passphrase = place.passphrase();
    let desk = match place.open().await {
        Ok(desk) => {
            login_again(&desk, &args, key, certificate, output).await?;
            desk
        }
        Err((desk, CliError::Desk(error))) if error.code() == "workspace.absent" => {
            let server = args.server().ok_or(CliError::ServerMissing)?.to_owned();
            match key {
                Some(key) => {
                    let (key, tenant) = (key.into(), args.company);
                    desk.connect(ConnectRequest { server, certificate, key, tenant, passphrase }).await?;
                }
                None => {
                    let underway = desk.begin_sign_in(server, certificate).await?;
                    let signed_in = browse(underway, args.no_browser, output).await?;
                    let company = args.company.as_deref();
                    if let Err(error) = desk.connect_signed_in(&signed_in, company, passphrase).await {
                        signed_in.abandon().await;
                        return Err(error.into());
                    }
                }
            }
            desk
        }
        Err((_, error)) => return Err(error),
    };
    let answer = sync_answer(&desk, desk.sync_state().await?).await?;
    output.answer(&answer, plain)?;
    output.finish()?;
    Ok(desk)
}

async fn login_again(
    desk: &Desk,
    args: &LoginArgs,
    key: Option<String>,
    certificate: Option<String>,
    output: &Output,
) -> Result<(), CliError> {
    if let (Some(named), Some(connected)) = (args.server(), desk.sync_state().await?.server)
        && !named.trim_end_matches('/').eq_ignore_ascii_case(connected.trim_end_matches('/'))
    {
        return Err(CliError::OtherServer { connected, named: named.to_owned() });
    }
    if let Some(key) = key {
        return Ok(desk.sign_in(key.into(), certificate).await?);
    }
    let underway = desk.begin_sign_in_again(certificate).await?;
    let signed_in = browse(underway, args.no_browser, output).await?;
    if let Err(error) = desk.take_sign_in(&signed_in).await {
        signed_in.abandon().await;
        return Err(error.into());
    }
    Ok(())
}

/// Sends the person to the browser and waits.
async fn browse(underway: SignInUnderway, no_browser: bool, output: &Output) -> Result<SignedIn, CliError> {
    output.tell(&format!("Sign in at {}", underway.address()));
    if !no_browser && open_in_browser(underway.address()).is_err() {
        output.tell("No browser opened. Open that address in one on this computer.");
    }
    Ok(underway.finish().await?)
}

pub(crate) async fn logout(desk: &Desk, output: &mut Output) -> Result<(), CliError> {
    let ended = desk.sign_out().await?;
    if !ended {
        output.tell(
            "The service could not be told. There this sign-in ends twelve hours after it was last used.",
        );
    }
    let sync = sync_answer(desk, desk.sync_state().await?).await?;
    output.answer(&LogoutAnswer { ended, sync }, |answer| plain(&answer.sync))?;
    output.finish()
}

pub(crate) async fn sync(desk: &Desk, output: &mut Output) -> Result<(), CliError> {
    let view = desk.sync().await?;
    tell(desk, view, output).await
}

async fn tell(desk: &Desk, view: SyncView, output: &mut Output) -> Result<(), CliError> {
    let answer = sync_answer(desk, view).await?;
    output.answer(&answer, plain)?;
    output.finish()
}

/// Works until told to stop, or once.
pub(crate) async fn work(args: &WorkerArgs, desk: &Desk, output: &mut Output) -> Result<(), CliError> {
    let policy = Policy { confirm_safe: args.confirm_safe };
    loop {
        let pause = match desk.work(policy).await {
            Ok(worked) => {
                let sync = sync_answer(desk, worked.state).await?;
                let answer = WorkerAnswer { documents: worked.documents, matches: worked.matches, sync };
                if args.once || worked.documents + worked.matches > 0 {
                    output.answer(&answer, |answer| {
                        format!("{} documents, {} matches", answer.documents, answer.matches)
                    })?;
                    output.finish()?;
                }
                LOOK
            }
            Err(error) if args.once => return Err(error.into()),
            Err(error) => {
                output.tell(&error.to_string());
                PAUSE
            }
        };
        if args.once {
            return Ok(());
        }
        let told = async {
            if desk.wait_for_signal().await.is_err() {
                tokio::time::sleep(PAUSE).await;
            }
        };
        tokio::select! {
            stopped = tokio::signal::ctrl_c() => return Ok(stopped?),
            () = told => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

pub(crate) fn plain(answer: &SyncAnswer) -> String {
    let mut text = format!(
        "{} at {} as {}: {}; {} not sent yet, {} refused",
        or_dash(answer.company.as_ref()),
        or_dash(answer.server.as_ref()),
        or_dash(answer.role.as_ref()),
        answer.state,
        answer.waiting,
        answer.refused,
    );
    match &answer.signed_in {
        None => text.push_str("\n  nobody is signed in"),
        Some(SignedInAnswer { until: None, .. }) => text.push_str("\n  signed in with a key"),
        Some(SignedInAnswer { until: Some(until), .. }) => {
            text.push_str(&format!("\n  signed in by the browser until {until}, and longer where it syncs"));
        }
    }
    for conflict in &answer.conflicts {
        text.push_str(&format!("\n  {}: {}", conflict.command, conflict.message));
    }
    text
}

fn load(path: &Path) -> Result<String, CliError> {
    fs::read_to_string(path).map_err(|source| CliError::Unreadable { path: path.to_owned(), source })
}

/// The API key on the first line, or all of a certificate with its key.
fn load_key(path: &Path) -> Result<String, CliError> {
    let text = load(path)?;
    if is_identity(&text) {
        return Ok(text);
    }
    match text.lines().next().map(str::trim).filter(|line| !line.is_empty()) {
        Some(line) => Ok(line.to_owned()),
        None => Err(CliError::KeyEmpty(path.to_owned())),
    }
}
