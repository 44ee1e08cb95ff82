//! The facts a decision rests on, from the store, and the rules asked about them.

use super::{Decided, Prepared, denied, draft, refusal_code, refused};
use crate::{
    identity::Membership,
    log::append::Appender,
    store::{StoreError, parameters},
};
use attest_domain::{
    Amount, Currency, EntryId, LedgerLineId,
    command::{Command, Facts, LineFact, LineId, LineState, MatchFact},
    decide::{self, Refusal},
    roles::Entitlement,
    statement::EntryStatus,
};
use attest_evidence::leaf;
use sqlx::Row as _;
use uuid::Uuid;

/// A line as stored.
struct LineRow {
    fact: LineFact,
    /// Key of the bank account, or number of the ledger account.
    account: String,
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
    if super::find_object(appender, &facts.new_id).await?.is_some() {
        let message = "The id of the new object belongs to another one. Use a new one.".to_owned();
        return Ok(refused("object.reused", message, None));
    }
    let mut rows = match decision {
        Command::Unmatch { match_id, .. } => load_match(appender, match_id, &mut facts).await?,
        _ => load_lines(appender, &decision.lines()).await?,
    };
    if let Err(refusal) = check_rights(appender, member, &rows).await? {
        return Ok(denied(&refusal));
    }
    if let Some(id) = &submission.brings_back {
        let Some(version) = find_version(appender, id).await? else {
            return Ok(refused("match.unknown", Refusal::UnknownMatch.to_string(), None));
        };
        facts.dissolved = Some((id.clone(), version));
    }
    let changed: Vec<(LineId, Option<u64>)> = rows.iter().map(|row| (row.fact.id, row.changed)).collect();
    facts.lines = rows.drain(..).map(|row| row.fact).collect();
    match decide::decide(decision, &facts) {
        Ok(mut made) => {
            made.reason.clone_from(&submission.reason);
            Ok(draft(made))
        }
        Err(refusal) => {
            let because = match &refusal {
                Refusal::AlreadySettled { line, .. } | Refusal::NotHeld(line) => {
                    changed.iter().find(|(id, _)| id == line).and_then(|(_, changed)| *changed)
                }
                Refusal::UnknownMatch => match decision {
                    Command::Unmatch { match_id, .. } => super::find_object(appender, match_id).await?,
                    _ => None,
                },
                _ => None,
            };
            Ok(refused(refusal_code(&refusal), refusal.to_string(), because))
        }
    }
}

async fn check_rights(
    appender: &mut Appender<'_>,
    member: &Membership,
    rows: &[LineRow],
) -> Result<Result<(), attest_domain::roles::Denied>, StoreError> {
    let mut concerned: Vec<(Option<String>, Amount)> = Vec::with_capacity(rows.len());
    for row in rows {
        let account = match row.fact.id {
            LineId::Bank(_) => Some(row.account.clone()),
            LineId::Ledger(_) if member.scope.accounts.is_none() => None,
            LineId::Ledger(_) => find_bank_account(appender, &row.account, row.fact.currency).await?,
        };
        concerned.push((account, row.fact.amount));
    }
    let concerned = concerned.iter().map(|(account, amount)| (account.as_deref(), *amount));
    Ok(member.may_with(Entitlement::Decide, concerned))
}

/// The bank account that a ledger account belongs to.
async fn find_bank_account(
    appender: &mut Appender<'_>,
    number: &str,
    currency: Currency,
) -> Result<Option<String>, StoreError> {
    let keys: Vec<String> =
        sqlx::query_scalar("select key from account where tenant = $1 and ledger_account = $2 order by key")
            .bind(&appender.name)
            .bind(number)
            .fetch_all(&mut *appender.tx)
            .await?;
    Ok(keys.into_iter().find(|key| key.ends_with(&format!("/{currency}"))))
}

const LINE: &str = "select id, side, account, currency, amount, status, match_id, held, changed from line";

/// The lines that are known, in the order asked for.
async fn load_lines(appender: &mut Appender<'_>, ids: &[LineId]) -> Result<Vec<LineRow>, StoreError> {
    let mut rows = Vec::with_capacity(ids.len());
    for part in ids.chunks(500) {
        let sql = format!("{LINE} where tenant = $1 and id in ({})", parameters(2, part.len()));
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&appender.name);
        for id in part {
            query = query.bind(id.to_string());
        }
        for row in query.fetch_all(&mut *appender.tx).await? {
            rows.push(line(&row)?);
        }
    }
    Ok(rows)
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
    if let (false, Some(version)) = (rows.is_empty(), find_version(appender, match_id).await?) {
        let leaf: Vec<u8> = sqlx::query_scalar(
            "select e.leaf from object o join event e on e.tenant = o.tenant and e.seq = o.seq
             where o.tenant = $1 and o.id = $2",
        )
        .bind(&appender.name)
        .bind(match_id)
        .fetch_one(&mut *appender.tx)
        .await?;
        let event = leaf::decode(&leaf).map_err(|error| StoreError::stored("event", error))?;
        facts.matched = Some(MatchFact {
            match_id: match_id.to_owned(),
            lines: rows.iter().map(|row| row.fact.id).collect(),
            version,
            after: event.after.unwrap_or_default(),
        });
    }
    Ok(rows)
}

async fn find_version(appender: &mut Appender<'_>, id: &str) -> Result<Option<u64>, StoreError> {
    let version: Option<i64> = sqlx::query_scalar("select version from object where tenant = $1 and id = $2")
        .bind(&appender.name)
        .bind(id)
        .fetch_optional(&mut *appender.tx)
        .await?;
    Ok(version.map(i64::cast_unsigned))
}
