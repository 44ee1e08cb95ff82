//! The facts a decision rests on, from the store, and the rules asked about them.

use super::{Decided, Prepared, denied, draft, refusal_code, refused};
use crate::{
    identity::Membership,
    log::{append::Appender, known::list},
    store::StoreError,
};
use attest_domain::{
    Amount, Currency, EntryId, LedgerLineId,
    command::{Command, Facts, LineFact, LineId, LineState, MatchFact},
    decide::{self, Refusal},
    event::{Event, action},
    roles::Entitlement,
    state::line_ids,
    statement::EntryStatus,
};
use sqlx::Row as _;
use uuid::Uuid;

/// A line as stored.
#[derive(Clone, Debug)]
pub(crate) struct LineRow {
    pub(crate) fact: LineFact,
    /// Key of the bank account, or number of the ledger account.
    account: String,
    /// Position of the event that settled or held it.
    changed: Option<u64>,
}

pub(super) async fn decide(
    appender: &mut Appender<'_>,
    member: &Membership,
    prepared: &Prepared,
    decision: &Command,
) -> Result<Decided, StoreError> {
    let submission = &prepared.submission;
    let takes_back = submission.reverts.is_some();
    let mut facts = Facts {
        today: Some(appender.backend.clock.today()).filter(|_| !takes_back),
        new_id: submission.object.unwrap_or_else(Uuid::now_v7).to_string(),
        ..Facts::default()
    };
    if submission.object.is_some() && appender.find_newest(&facts.new_id).await?.is_some() {
        let message = "The id of the new object belongs to another one. Use a new one.".to_owned();
        return Ok(refused("object.reused", message, None));
    }
    let rows = match decision {
        Command::Unmatch { match_id, .. } => load_match(appender, match_id, &mut facts).await?,
        _ => appender.find_lines(&decision.lines()).await?,
    };
    if let Err(denial) = check_rights(appender, member, &rows).await? {
        return Ok(Decided::Outcome(denied(&denial)));
    }
    if let Some(refusal) = check_object(appender, decision, &facts).await? {
        return Ok(refusal);
    }
    if let Some(id) = &submission.brings_back {
        // Only a match that was dissolved can come back; any other object would be taken over by it.
        let dissolved = appender.find_newest_event(id).await?;
        let Some(event) = dissolved.filter(|event| event.action == action::UNMATCH) else {
            return Ok(refused("match.unknown", Refusal::UnknownMatch.to_string(), None));
        };
        facts.dissolved = Some((id.clone(), event.object.version));
    }
    facts.lines = rows.iter().map(|row| row.fact.clone()).collect();
    match decide::decide(decision, &facts) {
        Ok(mut made) => {
            made.reason.clone_from(&submission.reason);
            let account = match made.sensitive.is_empty() {
                true => None,
                false => find_account_of(appender, &rows).await?,
            };
            Ok(draft(made, account))
        }
        Err(refusal) => {
            let because = find_because(appender, decision, &refusal, &rows).await?;
            Ok(refused(refusal_code(&refusal), refusal.to_string(), because))
        }
    }
}

/// What the rules take on trust, because a desktop names only what it shows: that a comment to be withdrawn is one on
/// this line, and that holds come back on lines of the match alone.
async fn check_object(
    appender: &mut Appender<'_>,
    decision: &Command,
    facts: &Facts,
) -> Result<Option<Decided>, StoreError> {
    match decision {
        Command::Withdraw { line, comment } => {
            let event = appender.find_newest_event(comment).await?;
            let said = |event: &Event| {
                event.action == action::COMMENT && line_ids(event.after.as_ref()).contains(line)
            };
            if event.as_ref().is_some_and(said) {
                return Ok(None);
            }
            let message = "There is no such comment on this line (any more). Reload the list.".to_owned();
            Ok(Some(refused("comment.unknown", message, event.map(|event| event.seq))))
        }
        Command::Unmatch { holds, .. } => {
            let of_it =
                |line: &LineId| facts.matched.as_ref().is_none_or(|matched| matched.lines.contains(line));
            Ok(holds
                .iter()
                .find(|(line, _)| !of_it(line))
                .map(|(line, _)| refused("line.unknown", Refusal::UnknownLine(*line).to_string(), None)))
        }
        _ => Ok(None),
    }
}

/// Position of the event that stands in the way.
async fn find_because(
    appender: &mut Appender<'_>,
    decision: &Command,
    refusal: &Refusal,
    rows: &[LineRow],
) -> Result<Option<u64>, StoreError> {
    Ok(match (refusal, decision) {
        (Refusal::AlreadySettled { line, .. } | Refusal::NotHeld(line), _) => {
            rows.iter().find(|row| row.fact.id == *line).and_then(|row| row.changed)
        }
        (Refusal::UnknownMatch, Command::Unmatch { match_id, .. }) => {
            appender.find_newest(match_id).await?.map(|newest| newest.seq)
        }
        _ => None,
    })
}

async fn check_rights(
    appender: &mut Appender<'_>,
    member: &Membership,
    rows: &[LineRow],
) -> Result<Result<(), attest_domain::roles::Denied>, StoreError> {
    let mut concerned: Vec<(Option<String>, Amount)> = Vec::with_capacity(rows.len());
    for row in rows {
        // Only a scope of accounts asks for them.
        let account = match member.scope.accounts {
            Some(_) => find_bank_account(appender, row).await?,
            None => None,
        };
        concerned.push((account, row.fact.amount));
    }
    let concerned = concerned.iter().map(|(account, amount)| (account.as_deref(), *amount));
    Ok(member.may_with(Entitlement::Decide, concerned))
}

/// The one bank account that all the lines belong to.
async fn find_account_of(
    appender: &mut Appender<'_>,
    rows: &[LineRow],
) -> Result<Option<String>, StoreError> {
    let mut one: Option<String> = None;
    for row in rows {
        match (find_bank_account(appender, row).await?, &one) {
            (Some(account), None) => one = Some(account),
            (Some(account), Some(known)) if account == *known => {}
            _ => return Ok(None),
        }
    }
    Ok(one)
}

/// The bank account of a line: its own, or the one that its ledger account belongs to.
async fn find_bank_account(appender: &mut Appender<'_>, row: &LineRow) -> Result<Option<String>, StoreError> {
    if matches!(row.fact.id, LineId::Bank(_)) {
        return Ok(Some(row.account.clone()));
    }
    let of = (row.account.clone(), row.fact.currency);
    if let Some(known) = appender.known.bank_accounts.get(&of) {
        return Ok(known.clone());
    }
    let keys: Vec<String> =
        sqlx::query_scalar("select key from account where tenant = $1 and ledger_account = $2 order by key")
            .bind(&appender.name)
            .bind(&row.account)
            .fetch_all(&mut *appender.tx)
            .await?;
    let found = keys.into_iter().find(|key| key.ends_with(&format!("/{}", row.fact.currency)));
    appender.known.bank_accounts.insert(of, found.clone());
    Ok(found)
}

const LINE: &str = "select id, side, account, currency, amount, status, match_id, held, changed from line";

/// The lines that are stored, in any order.
pub(crate) async fn load_lines(
    appender: &mut Appender<'_>,
    ids: &[LineId],
) -> Result<Vec<LineRow>, StoreError> {
    let sql = format!("{LINE} where tenant = $1 and id in ({})", appender.backend.store.dialect.among(2));
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(&appender.name)
        .bind(list(ids.iter().map(LineId::to_string)))
        .fetch_all(&mut *appender.tx)
        .await?;
    rows.iter().map(line).collect()
}

fn line(row: &sqlx::any::AnyRow) -> Result<LineRow, StoreError> {
    let (id, amount, currency): (String, String, String) = (row.get(0), row.get(4), row.get(3));
    let parsed = match row.get::<i64, _>(1) {
        0 => EntryId::parse(&id).map(LineId::Bank),
        _ => LedgerLineId::parse(&id).map(LineId::Ledger),
    };
    let held: Option<String> = row.get(7);
    let state = match (row.get::<Option<String>, _>(6), held) {
        (Some(match_id), _) => LineState::Settled { match_id },
        (None, Some(until)) => LineState::Held(until.parse().map_err(|_| StoreError::stored("day", &until))?),
        (None, None) => LineState::Open,
    };
    let fact = LineFact {
        id: parsed.ok_or_else(|| StoreError::stored("line id", &id))?,
        amount: Amount::parse(&amount).map_err(|_| StoreError::stored("amount", &amount))?,
        currency: Currency::parse(&currency).ok_or_else(|| StoreError::stored("currency", &currency))?,
        status: match row.get::<i64, _>(5) {
            0 => EntryStatus::Booked,
            1 => EntryStatus::Pending,
            _ => EntryStatus::Info,
        },
        state,
    };
    Ok(LineRow { fact, account: row.get(2), changed: row.get::<Option<i64>, _>(8).map(i64::cast_unsigned) })
}

/// The lines of a match, and the match among the facts.
async fn load_match(
    appender: &mut Appender<'_>,
    match_id: &str,
    facts: &mut Facts,
) -> Result<Vec<LineRow>, StoreError> {
    let sql = format!("{LINE} where tenant = $1 and match_id = $2");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(&appender.name)
        .bind(match_id)
        .fetch_all(&mut *appender.tx)
        .await?;
    let rows: Vec<LineRow> = rows.iter().map(line).collect::<Result<_, _>>()?;
    if !rows.is_empty()
        && let Some(event) = appender.find_newest_event(match_id).await?
    {
        facts.matched = Some(MatchFact {
            match_id: match_id.to_owned(),
            lines: rows.iter().map(|row| row.fact.id).collect(),
            version: event.object.version,
            after: event.after.unwrap_or_default(),
        });
    }
    Ok(rows)
}
