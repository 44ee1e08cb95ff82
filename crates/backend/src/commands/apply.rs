//! What an event changes in the facts that later commands are decided on.

use super::Prepared;
use crate::{
    log::append::Appender,
    store::{StoreError, parameters, rows},
};
use attest_domain::{
    command::LineId,
    event::{Event, action},
    state::{holds, line_ids},
};
use attest_wire::Command;

/// Lines written at once; nine parameters each stay far below every database's limit.
const LINES_AT_ONCE: usize = 500;

/// Carries an event out.
pub(crate) async fn apply(
    appender: &mut Appender<'_>,
    event: &Event,
    prepared: &Prepared,
) -> Result<(), StoreError> {
    let after = event.after.as_ref();
    match event.action.as_str() {
        action::MATCH | action::WRITE_OFF => settle(appender, event).await?,
        action::UNMATCH => {
            sqlx::query(
                "update line set match_id = null, held = null, changed = $1 where tenant = $2 and match_id = $3",
            )
            .bind(event.seq.cast_signed())
            .bind(&appender.name)
            .bind(&event.object.id)
            .execute(&mut *appender.tx)
            .await?;
            for (line, until) in holds(after) {
                hold(appender, event.seq, line, Some(until.to_string())).await?;
            }
        }
        action::HOLD | action::RELEASE => {
            let all = after.and_then(|after| after.get("until")).and_then(|until| until.as_str());
            let own = holds(after);
            for line in line_ids(after) {
                let day = own.iter().find(|(held, _)| *held == line).map(|(_, day)| day.to_string());
                hold(appender, event.seq, line, day.or_else(|| all.map(str::to_owned))).await?;
            }
        }
        action::DOCUMENT_IMPORT => import(appender, event, prepared).await?,
        action::ACCOUNT_ASSIGN => {
            if let Command::AssignAccount { account, ledger_account } = &prepared.submission.command {
                sqlx::query("update account set ledger_account = $1 where tenant = $2 and key = $3")
                    .bind(ledger_account)
                    .bind(&appender.name)
                    .bind(account)
                    .execute(&mut *appender.tx)
                    .await?;
            }
        }
        _ => {}
    }
    sqlx::query(
        "insert into object (tenant, id, version, seq) values ($1, $2, $3, $4)
         on conflict (tenant, id) do update set version = excluded.version, seq = excluded.seq",
    )
    .bind(&appender.name)
    .bind(&event.object.id)
    .bind(event.object.version.cast_signed())
    .bind(event.seq.cast_signed())
    .execute(&mut *appender.tx)
    .await?;
    Ok(())
}

async fn settle(appender: &mut Appender<'_>, event: &Event) -> Result<(), StoreError> {
    for part in line_ids(event.after.as_ref()).chunks(LINES_AT_ONCE) {
        let sql = format!(
            "update line set match_id = $1, held = null, changed = $2 where tenant = $3 and id in ({})",
            parameters(4, part.len())
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(&event.object.id)
            .bind(event.seq.cast_signed())
            .bind(&appender.name);
        for id in part {
            query = query.bind(id.to_string());
        }
        query.execute(&mut *appender.tx).await?;
    }
    Ok(())
}

async fn hold(
    appender: &mut Appender<'_>,
    seq: u64,
    line: LineId,
    until: Option<String>,
) -> Result<(), StoreError> {
    sqlx::query("update line set held = $1, changed = $2 where tenant = $3 and id = $4")
        .bind(until)
        .bind(seq.cast_signed())
        .bind(&appender.name)
        .bind(line.to_string())
        .execute(&mut *appender.tx)
        .await?;
    Ok(())
}

/// The lines of a document that was imported, and the accounts it speaks of.
async fn import(appender: &mut Appender<'_>, event: &Event, prepared: &Prepared) -> Result<(), StoreError> {
    let Some(Ok(figures)) = &prepared.figures else {
        return Err(StoreError::stored("import without figures", event.seq));
    };
    for part in figures.lines.chunks(LINES_AT_ONCE) {
        let sql = format!(
            "insert into line (tenant, id, side, account, currency, amount, status) values {}
             on conflict do nothing",
            rows(7, part.len())
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
        for line in part {
            query = query
                .bind(&appender.name)
                .bind(line.id.to_string())
                .bind(i64::from(matches!(line.id, LineId::Ledger(_))))
                .bind(&line.account)
                .bind(line.currency.to_string())
                .bind(line.amount.to_string())
                .bind(line.status);
        }
        query.execute(&mut *appender.tx).await?;
    }
    for account in &figures.bank_accounts {
        sqlx::query("insert into account (tenant, key) values ($1, $2) on conflict do nothing")
            .bind(&appender.name)
            .bind(account)
            .execute(&mut *appender.tx)
            .await?;
    }
    let ledger = figures.ledger_accounts.iter().map(|number| format!(":{number}"));
    for account in figures.bank_accounts.iter().cloned().chain(ledger) {
        sqlx::query(
            "insert into document_account (tenant, sha256, account) values ($1, $2, $3) on conflict do nothing",
        )
        .bind(&appender.name)
        .bind(&event.object.id)
        .bind(account)
        .execute(&mut *appender.tx)
        .await?;
    }
    sqlx::query("update document set imported = $1 where tenant = $2 and sha256 = $3")
        .bind(event.seq.cast_signed())
        .bind(&appender.name)
        .bind(&event.object.id)
        .execute(&mut *appender.tx)
        .await?;
    Ok(())
}
