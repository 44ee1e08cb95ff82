//! `attest status` and `attest doctor`: the state of the workspace in one object each.

use super::{
    or_dash,
    sync::{SyncAnswer, plain as plain_sync, sync_answer},
};
use crate::{error::CliError, output::Output};
use attest_desk::{
    Desk,
    doctor::{Checkup, Summary},
};
use serde::Serialize;

/// The workspace, and where its sync stands.
#[derive(Debug, Serialize)]
struct StatusAnswer {
    #[serde(flatten)]
    summary: Summary,
    sync: SyncAnswer,
}

pub(crate) async fn status(desk: &Desk, output: &mut Output) -> Result<(), CliError> {
    let sync = sync_answer(desk, desk.sync_state().await?).await?;
    output.answer(&StatusAnswer { summary: desk.summarise().await?, sync }, plain_status)?;
    output.finish()
}

/// Figures are made again only from documents and a log that have just been found whole.
pub(crate) async fn doctor(rebuild: bool, desk: &Desk, output: &mut Output) -> Result<(), CliError> {
    let mut checkup = desk.check().await?;
    if rebuild && checkup.ok {
        desk.rebuild().await?;
        checkup = desk.check().await?;
    }
    output.answer(&checkup, plain_checkup)?;
    output.finish()?;
    if checkup.ok { Ok(()) } else { Err(CliError::Unsound { count: checkup.problems.len() }) }
}

fn plain_status(StatusAnswer { summary, sync }: &StatusAnswer) -> String {
    let mut text = format!(
        "{}\n  company {}\n  {} documents, {} statements, {} events in the log (root {}){}",
        summary.workspace,
        or_dash(summary.company.as_ref()),
        summary.documents,
        summary.statements,
        summary.log.size,
        summary.log.code,
        if summary.log.frozen {
            ", which does not continue its last checkpoint: nothing can be changed"
        } else {
            ""
        },
    );
    for account in &summary.accounts {
        text.push_str(&format!(
            "\n  account {} {}, ledger account {}: {} entries to decide on",
            or_dash(account.account.as_ref()),
            account.currency,
            or_dash(account.ledger_account.as_ref()),
            account.open,
        ));
    }
    if sync.server.is_some() {
        text.push_str(&format!("\n  {}", plain_sync(sync)));
    }
    text
}

fn plain_checkup(checkup: &Checkup) -> String {
    let mut text = format!(
        "{}\n  SQLCipher {}, SQLite {}, journal {}\n  keychain {}\n  {} events and {} documents checked",
        checkup.workspace,
        checkup.cipher_version,
        checkup.sqlite_version,
        checkup.journal_mode,
        if checkup.keychain_available { "answers" } else { "does not answer" },
        checkup.events,
        checkup.documents,
    );
    if checkup.ok {
        text.push_str("\n  nothing is wrong");
    }
    for problem in &checkup.problems {
        text.push_str(&format!("\n  {}: {}", problem.code, problem.message));
    }
    text
}
