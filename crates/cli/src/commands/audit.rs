//! `attest audit`: the log, event by event, and where it stands.

use crate::{args::AuditArgs, error::CliError, output::Output};
use attest_desk::{
    Desk,
    audit::{AuditHead, AuditItem, AuditQuery},
};
use serde::Serialize;
use serde_json::Value;

/// What follows the events.
#[derive(Debug, Serialize)]
struct HeadAnswer {
    log: AuditHead,
}

pub(crate) async fn audit(args: AuditArgs, desk: &Desk, output: &mut Output) -> Result<(), CliError> {
    let query = AuditQuery {
        from: args.from,
        to: args.to,
        actor: args.actor,
        action: args.action,
        object: args.object,
        oldest_first: args.oldest_first,
    };
    let mut pages = desk.open_audit(query).await?;
    let mut left = args.limit.unwrap_or(u64::MAX);
    while left > 0 {
        let page = pages.next_page().await?;
        if page.is_empty() {
            break;
        }
        for event in page.iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
            output.answer(event, plain_event)?;
        }
        left = left.saturating_sub(page.len() as u64);
    }
    output.answer(&HeadAnswer { log: desk.audit_head().await? }, plain_head)?;
    output.finish()
}

/// The five columns that controllers know, and what is concealed.
fn plain_event(one: &AuditItem) -> String {
    let kind = serde_json::to_value(one.actor.kind).ok();
    let kind = kind.as_ref().and_then(Value::as_str).unwrap_or_default();
    let who = one.actor.role.as_deref().unwrap_or(&one.actor.id);
    let evidence: Vec<String> = one
        .evidence
        .iter()
        .map(|evidence| format!("{} {}", evidence.kind, evidence.sha256.short()))
        .collect();
    let said: Vec<String> = one
        .disclosures
        .iter()
        .map(|told| match (&told.name, &told.value) {
            (Some(name), Some(Value::String(text))) => format!("{name}: {text}"),
            (Some(name), Some(value)) => format!("{name}: {value}"),
            _ => told.state.to_owned(),
        })
        .collect();
    let waiting = if one.provisional { "  (not yet sent)" } else { "" };
    format!(
        "{}  {}  {kind}.{}  {} {}  {who}  [{}]  {}{waiting}",
        one.seq,
        one.at,
        one.action,
        one.object.kind,
        one.object.id,
        evidence.join(", "),
        said.join("; "),
    )
}

fn plain_head(HeadAnswer { log }: &HeadAnswer) -> String {
    format!(
        "{} events under the root {}, signed by {}, verified up to {}{}{}",
        log.size,
        log.code.as_deref().unwrap_or("–"),
        log.key,
        log.verified.as_deref().unwrap_or("–"),
        if log.provisional > 0 { format!("; {} not yet sent", log.provisional) } else { String::new() },
        if log.frozen { "; the log does not continue what was verified before" } else { "" },
    )
}
