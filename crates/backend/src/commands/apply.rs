//! What an event changes in the facts that later commands are decided on.

use super::Prepared;
use crate::{
    log::{append::Appender, known::list},
    store::{StoreError, rows},
};
use attest_domain::{
    command::LineId,
    event::{Event, action},
    state::{holds, line_ids},
};
use attest_wire::Command;
use std::collections::BTreeMap;

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
            // Which lines those were is told by what was before.
            appender.known.forget_lines(line_ids(event.before.as_ref()));
            hold(
                appender,
                event.seq,
                holds(after).into_iter().map(|(line, day)| (line, Some(day.to_string()))),
            )
            .await?;
        }
        action::HOLD | action::RELEASE => {
            let all = after.and_then(|after| after.get("until")).and_then(|until| until.as_str());
            let own = holds(after);
            let day_of =
                |line: &LineId| own.iter().find(|(held, _)| held == line).map(|(_, day)| day.to_string());
            let lines = line_ids(after);
            let days = lines.iter().map(|line| (*line, day_of(line).or_else(|| all.map(str::to_owned))));
            hold(appender, event.seq, days).await?;
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
                appender.known.bank_accounts.clear();
            }
        }
        _ => {}
    }
    appender.put_object(event);
    Ok(())
}

async fn settle(appender: &mut Appender<'_>, event: &Event) -> Result<(), StoreError> {
    let lines = line_ids(event.after.as_ref());
    let sql = format!(
        "update line set match_id = $1, held = null, changed = $2 where tenant = $3 and id in ({})",
        appender.backend.store.dialect.among(4)
    );
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(&event.object.id)
        .bind(event.seq.cast_signed())
        .bind(&appender.name)
        .bind(list(lines.iter().map(LineId::to_string)))
        .execute(&mut *appender.tx)
        .await?;
    appender.known.forget_lines(lines);
    Ok(())
}

/// Gives lines their days, or none.
async fn hold(
    appender: &mut Appender<'_>,
    seq: u64,
    days: impl Iterator<Item = (LineId, Option<String>)>,
) -> Result<(), StoreError> {
    let mut by_day: BTreeMap<Option<String>, Vec<LineId>> = BTreeMap::new();
    for (line, day) in days {
        by_day.entry(day).or_default().push(line);
    }
    let sql = format!(
        "update line set held = $1, changed = $2 where tenant = $3 and id in ({})",
        appender.backend.store.dialect.among(4)
    );
    for (day, lines) in by_day {
        sqlx::query(sqlx::AssertSqlSafe(sql.as_str()))
            .bind(day)
            .bind(seq.cast_signed())
            .bind(&appender.name)
            .bind(list(lines.iter().map(LineId::to_string)))
            .execute(&mut *appender.tx)
            .await?;
        appender.known.forget_lines(lines);
    }
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
        appender.known.forget_lines(part.iter().map(|line| line.id));
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
