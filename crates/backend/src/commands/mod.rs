//! Commands: made ready outside the log's transaction, decided inside it by the same rules as on a desktop.

pub(crate) mod apply;
mod check;
pub(crate) mod facts;
mod figures;

use crate::{
    error::ApiError, identity::Membership, log::append::Appender, state::Backend, store::StoreError,
};
use attest_domain::{
    Digest,
    command::Command as Decision,
    decide::Refusal,
    drafts,
    event::Draft,
    roles::{Denied, Entitlement},
};
use attest_wire::{Command, Outcome, Submission, command::read_decision};
pub(crate) use figures::Figures;
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;
use std::sync::Arc;

/// A submission that can be decided: what takes long was done, what cannot be understood was refused.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) submission: Submission,
    pub(crate) fingerprint: [u8; 32],
    pub(crate) decision: Option<Decision>,
    /// What a document to be imported holds; why it cannot be read.
    pub(crate) figures: Option<Result<Figures, attest_domain::finding::Refusal>>,
    /// Why it is refused whatever the facts are.
    pub(crate) refused: Option<Outcome>,
}

/// What the rules say.
pub(crate) enum Decided {
    /// Write this.
    Draft {
        /// What.
        draft: Box<Draft>,
        /// The one account that its free text is about: who may see it.
        account: Option<String>,
    },
    /// Answer this; nothing is written.
    Outcome(Outcome),
}

/// Reads a submission, and the document it imports. What cannot be understood is refused by itself, so that it holds
/// up no other.
pub(crate) async fn prepare(
    backend: &Arc<Backend>,
    member: &Membership,
    submission: Submission,
) -> Result<Prepared, ApiError> {
    let bytes = serde_json::to_vec(&submission).map_err(|error| ApiError::Bug(error.to_string()))?;
    let fingerprint = Sha256::digest(&bytes).into();
    let (decision, figures, refused) = match read(backend, member, &submission).await {
        Ok((decision, figures)) => (decision, figures, None),
        Err(ApiError::Invalid(code, message)) => (None, None, Some(refusal(code, message, None))),
        Err(ApiError::Denied(reason)) => (None, None, Some(denied(&reason))),
        Err(error) => return Err(error),
    };
    Ok(Prepared { fingerprint, submission, decision, figures, refused })
}

type Read = (Option<Decision>, Option<Result<Figures, attest_domain::finding::Refusal>>);

async fn read(
    backend: &Arc<Backend>,
    member: &Membership,
    submission: &Submission,
) -> Result<Read, ApiError> {
    check::check(submission)?;
    let decision = read_decision(&submission.command).map_err(|unreadable| {
        let (what, value) = (unreadable.what, unreadable.value);
        ApiError::Invalid("command.unreadable", format!("The {what} {value:?} means nothing here."))
    })?;
    let figures = match &submission.command {
        Command::ImportDocument { sha256, mapping, .. } => {
            member.may(Entitlement::ImportDocuments)?;
            figures::load(backend, member.tenant, &parse_digest(sha256)?, mapping.as_deref()).await?
        }
        Command::RefuseDocument { sha256, .. } | Command::ExportReconciliation { sha256, .. } => {
            parse_digest(sha256)?;
            None
        }
        _ => None,
    };
    Ok((decision, figures))
}

fn parse_digest(text: &str) -> Result<Digest, ApiError> {
    // Stored and looked up as it is written, so only one way to write it is taken.
    Digest::parse(text)
        .filter(|digest| digest.to_string() == text)
        .ok_or_else(|| ApiError::Invalid("digest.unreadable", format!("{text:?} is no SHA-256 in hex.")))
}

/// Lets the rules decide on the facts as they are inside the transaction.
pub(crate) async fn decide(
    appender: &mut Appender<'_>,
    member: &Membership,
    prepared: &Prepared,
) -> Result<Decided, StoreError> {
    if let Some(decision) = &prepared.decision {
        return facts::decide(appender, member, prepared, decision).await;
    }
    let needed = match prepared.submission.command {
        Command::AssignAccount { .. } => Entitlement::AssignAccounts,
        Command::ExportReconciliation { .. } => Entitlement::Export,
        _ => Entitlement::ImportDocuments,
    };
    if let Err(reason) = member.may_with(needed, []) {
        return Ok(Decided::Outcome(denied(&reason)));
    }
    match &prepared.submission.command {
        Command::ImportDocument { sha256, name, .. } => {
            import(appender, sha256, name, prepared.figures.as_ref()).await
        }
        Command::RefuseDocument { sha256, name, bytes, code, line } => {
            if let Some(newest) = appender.find_newest(sha256).await? {
                return Ok(Decided::Outcome(Outcome::Already { seq: newest.seq }));
            }
            let Some(digest) = Digest::parse(sha256) else { return Ok(unknown_document()) };
            Ok(draft(drafts::document_refused(&digest, name, *bytes, code, *line), None))
        }
        Command::AssignAccount { account, ledger_account } => {
            if !may_see(member, account) || !is_account(appender, account).await? {
                return Ok(unknown_account());
            }
            let reason = prepared.submission.reason.as_deref();
            let assigned = drafts::account_assigned(&digest_of(account), account, ledger_account, reason);
            Ok(draft(assigned, Some(account.clone())))
        }
        Command::ExportReconciliation { account, month, rows, sha256 } => {
            let Some(file) = Digest::parse(sha256) else { return Ok(unknown_document()) };
            if !may_see(member, account) || !is_account(appender, account).await? {
                return Ok(unknown_account());
            }
            let month = month.as_deref();
            let object = digest_of(account);
            let exported = drafts::reconciliation_exported(&object, account, month, *rows, &file);
            Ok(draft(exported, Some(account.clone())))
        }
        _ => Err(StoreError::stored("command without a rule", prepared.submission.key)),
    }
}

async fn import(
    appender: &mut Appender<'_>,
    sha256: &str,
    name: &str,
    figures: Option<&Result<Figures, attest_domain::finding::Refusal>>,
) -> Result<Decided, StoreError> {
    let row = sqlx::query("select imported from document where tenant = $1 and sha256 = $2")
        .bind(&appender.name)
        .bind(sha256)
        .fetch_optional(&mut *appender.tx)
        .await?;
    let (Some(row), Some(figures), Some(digest)) = (row, figures, Digest::parse(sha256)) else {
        return Ok(unknown_document());
    };
    if let Some(seq) = row.get::<Option<i64>, _>(0) {
        return Ok(Decided::Outcome(Outcome::Already { seq: seq.cast_unsigned() }));
    }
    Ok(match figures {
        Ok(figures) => draft(drafts::document_imported(&digest, name, &figures.told), figures.account()),
        Err(refusal) => refused(&refusal.code, refusal.clone().into_finding().message, None),
    })
}

/// The id of an account in the log: a digest of its key.
fn digest_of(key: &str) -> Digest {
    Digest(Sha256::digest(key.as_bytes()).into())
}

fn may_see(member: &Membership, account: &str) -> bool {
    member.scope.accounts.as_ref().is_none_or(|accounts| accounts.contains(account))
}

async fn is_account(appender: &mut Appender<'_>, key: &str) -> Result<bool, StoreError> {
    let found: Option<String> = sqlx::query_scalar("select key from account where tenant = $1 and key = $2")
        .bind(&appender.name)
        .bind(key)
        .fetch_optional(&mut *appender.tx)
        .await?;
    Ok(found.is_some())
}

fn draft(draft: Draft, account: Option<String>) -> Decided {
    Decided::Draft { draft: Box::new(draft), account }
}

fn refusal(code: &str, message: String, because: Option<u64>) -> Outcome {
    Outcome::Refused { code: code.to_owned(), message, because }
}

fn refused(code: &str, message: String, because: Option<u64>) -> Decided {
    Decided::Outcome(refusal(code, message, because))
}

fn denied(denied: &Denied) -> Outcome {
    let code = match denied {
        Denied::Role => "denied.role",
        Denied::Token => "denied.token",
        Denied::Account => "denied.account",
        Denied::Amount { .. } => "denied.amount",
    };
    refusal(code, denied.to_string(), None)
}

fn unknown_document() -> Decided {
    let message = "The document has not been delivered. Send it first, then import it.".to_owned();
    refused("document.unknown", message, None)
}

fn unknown_account() -> Decided {
    refused("account.unknown", "There is no such account. Import a statement of it first.".to_owned(), None)
}

/// The code by which a desktop knows the rules' refusal.
pub(crate) fn refusal_code(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::AlreadySettled { .. } => "line.settled",
        Refusal::UnknownLine(_) => "line.unknown",
        Refusal::UnknownMatch => "match.unknown",
        Refusal::NotBooked(_) => "line.not_booked",
        Refusal::NotHeld(_) => "line.not_held",
        Refusal::UnexplainedDifference(_) => "difference.unexplained",
        _ => "decision.refused",
    }
}
