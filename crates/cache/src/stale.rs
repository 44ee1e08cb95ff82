//! Which accounts have proposals that do not know the newest lines and decisions.
//!
//! The mark is set in the transaction of the change and cleared in the one that stores the proposals: whatever ends
//! the program in between, the mark is still there when it starts again.

use crate::{error::CacheError, import::DocumentSlot, log::WriteTx};
use sqlx::Row;
use std::collections::BTreeSet;

/// How far the proposals of an account know what happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Freshness {
    /// Log position of the newest change they do not know yet.
    pub stale: Option<i64>,
    /// Length of the log when they were last made as a whole.
    pub proposed: i64,
}

impl WriteTx {
    /// How far the proposals of an account are up to date.
    ///
    /// # Errors
    /// [`CacheError`] when there is no such account.
    pub async fn find_freshness(&mut self, account: i64) -> Result<Freshness, CacheError> {
        let row = sqlx::query("select stale, proposed from account where id = ?")
            .bind(account)
            .fetch_one(&mut *self.tx)
            .await?;
        Ok(Freshness { stale: row.get(0), proposed: row.get(1) })
    }

    /// Marks an account for proposing anew: the event at `seq` changed its open lines.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn mark_stale(&mut self, account: i64, seq: u64) -> Result<(), CacheError> {
        sqlx::query("update account set stale = ? where id = ?")
            .bind(seq.cast_signed())
            .bind(account)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Marks every account, after the figures were made again.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn mark_all_stale(&mut self, seq: u64) -> Result<(), CacheError> {
        sqlx::query("update account set stale = ?").bind(seq.cast_signed()).execute(&mut *self.tx).await?;
        sqlx::query("delete from shelved_group").execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Marks the accounts whose lines a document changed: those of its statements that say something new and, for a
    /// ledger, those reconciled with a ledger account that it has new lines of or with one of `changed`.
    ///
    /// What was set aside for undo speaks of lines that may not count any more and goes.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn mark_touched_stale(
        &mut self,
        slot: DocumentSlot,
        changed: Option<&BTreeSet<String>>,
        seq: u64,
    ) -> Result<(), CacheError> {
        sqlx::query(
            "update account set stale = ? where id in (
                 select account_id from statement
                 where document_id = ? and state not in ('redelivered', 'conflicting'))",
        )
        .bind(seq.cast_signed())
        .bind(slot.document)
        .execute(&mut *self.tx)
        .await?;
        if let Some(changed) = changed {
            let changed: Vec<&String> = changed.iter().collect();
            let changed =
                serde_json::to_string(&changed).map_err(|error| CacheError::stored("account", error))?;
            // Rows grow with the order of import, so the document's lines are those from its first on.
            sqlx::query(
                "update account set stale = ?1 where ledger_account in (select value from json_each(?3)) or exists (
                     select 1 from ledger_line l
                     where l.account = account.ledger_account and l.currency = account.currency and l.status = 0
                       and l.id >= (select min(f.id) from ledger_line f where f.voucher_id >= ?2)
                       and not exists (select 1 from superseded_line x where x.line_id = l.id))",
            )
            .bind(seq.cast_signed())
            .bind(slot.vouchers)
            .bind(changed)
            .execute(&mut *self.tx)
            .await?;
        }
        sqlx::query("delete from shelved_group where account_id in (select id from account where stale = ?)")
            .bind(seq.cast_signed())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Notes that an account was proposed as a whole. The mark goes unless something changed since it was `seen`;
    /// what was set aside for undo goes in any case, because it belongs to the proposals before.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn finish_proposing(
        &mut self,
        account: i64,
        seen: Option<i64>,
        today: i64,
    ) -> Result<(), CacheError> {
        let seq = self.next_seq().await?;
        sqlx::query(
            "update account set proposed = ?1, proposed_on = ?2,
                 stale = case when stale is ?3 then null else stale end where id = ?4",
        )
        .bind(seq.cast_signed())
        .bind(today)
        .bind(seen)
        .bind(account)
        .execute(&mut *self.tx)
        .await?;
        sqlx::query("delete from shelved_group where account_id = ?")
            .bind(account)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Marks the accounts of lines whose hold has ended since the account was last proposed for as a whole, and of
    /// those that had not ended after all: the clock was wrong.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn mark_due_stale(&mut self, today: i64) -> Result<(), CacheError> {
        let seq = self.next_seq().await?;
        sqlx::query(
            "update account set stale = ?2 where stale is null and exists (
                 select 1 from line_mark m
                 left join entry e on m.side = 0 and e.id = m.line_id
                 left join statement s on s.id = e.statement_id
                 left join ledger_line l on m.side = 1 and l.id = m.line_id
                 where (m.held_until > account.proposed_on) <> (m.held_until > ?1)
                   and (s.account_id = account.id
                        or l.account = account.ledger_account and l.currency = account.currency))",
        )
        .bind(today)
        .bind(seq.cast_signed())
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Takes the mark off where it is still the one set at `seq`.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn clear_stale(&mut self, account: i64, seq: u64) -> Result<(), CacheError> {
        sqlx::query("update account set stale = null where id = ? and stale = ?")
            .bind(account)
            .bind(seq.cast_signed())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}
