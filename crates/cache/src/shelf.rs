//! Groups that a decision dissolved, set aside whole for the undo that brings them back.
//!
//! Every group is set aside under its act: the log position of the decision's first event, or its negative where the
//! decision was taken back. What an act set aside comes back with its opposite, in the same row.
//! Invariant: a line is in one group at the most, so a group comes back only when all its lines are free.

use crate::{
    error::CacheError,
    log::WriteTx,
    values::{Side, json_integers},
};
use sqlx::{AssertSqlSafe, Row};

const COLUMNS: &str = "id, account_id, section, kind, day, bank, ledger, difference_m, difference_s, \
     difference_reason, confidence, safe, by_rule, alternatives, reasons, pass, match_id, at, made_for";

/// What is written over a match that comes back: it was decided anew.
#[derive(Clone, Copy, Debug)]
pub struct Confirmed<'c> {
    /// Id of the match.
    pub match_id: &'c str,
    /// When.
    pub at: &'c str,
    /// Whether a rule confirmed it.
    pub by_rule: bool,
    /// Reason code of the difference.
    pub difference_reason: Option<&'c str>,
    /// Confidence of the proposal it was.
    pub confidence: Option<&'c str>,
}

impl WriteTx {
    /// Sets the proposals (never the decisions) aside that these lines are in, and answers account and day of each.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn shelve_proposals(
        &mut self,
        side: Side,
        rows: &[i64],
        act: i64,
    ) -> Result<Vec<(i64, i64)>, CacheError> {
        let found = sqlx::query(
            "select id, account_id, day from review_group where section <> 3 and id in (
                 select group_id from group_line where side = ? and line_id in (select value from json_each(?)))",
        )
        .bind(side.number())
        .bind(json_integers(rows.iter().copied()))
        .fetch_all(&mut *self.tx)
        .await?;
        let ids: Vec<i64> = found.iter().map(|row| row.get(0)).collect();
        self.shelve(&ids, act).await?;
        Ok(found.iter().map(|row| (row.get(1), row.get(2))).collect())
    }

    /// Sets aside what was proposed for the lines that `made_for` freed, because that act is taken back.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn shelve_made_for(&mut self, made_for: i64, act: i64) -> Result<(), CacheError> {
        let ids: Vec<i64> = sqlx::query_scalar(
            "select id from review_group where made_for <> 0 and made_for = ? and section <> 3",
        )
        .bind(made_for)
        .fetch_all(&mut *self.tx)
        .await?;
        self.shelve(&ids, act).await
    }

    /// Sets a confirmed group aside and frees its lines.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn shelve_match(&mut self, group: i64, act: i64) -> Result<(), CacheError> {
        self.count_settled(&json_integers([group]), false).await?;
        self.shelve(&[group], act).await
    }

    async fn shelve(&mut self, ids: &[i64], act: i64) -> Result<(), CacheError> {
        if ids.is_empty() {
            return Ok(());
        }
        self.touched.extend(ids.iter().copied());
        let ids = json_integers(ids.iter().copied());
        let of_them = "in (select value from json_each(?))";
        // The text is put together from the constants of this file.
        let copy = format!(
            "insert into shelved_group (act, {COLUMNS}) select ?, {COLUMNS} from review_group where id {of_them}"
        );
        sqlx::query(AssertSqlSafe(copy)).bind(act).bind(&ids).execute(&mut *self.tx).await?;
        for sql in [
            format!(
                "insert into shelved_line (group_id, side, line_id)
                 select group_id, side, line_id from group_line where group_id {of_them}"
            ),
            format!("delete from review_group where id {of_them}"),
        ] {
            sqlx::query(AssertSqlSafe(sql)).bind(&ids).execute(&mut *self.tx).await?;
        }
        Ok(())
    }

    /// Brings the proposals back that an act set aside. One whose lines are not all free is gone for good.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn unshelve_proposals(&mut self, act: i64) -> Result<(), CacheError> {
        let free: Vec<i64> = sqlx::query_scalar(
            "select id from shelved_group where act = ? and section <> 3 and not exists (
                 select 1 from shelved_line s join group_line g on g.side = s.side and g.line_id = s.line_id
                 where s.group_id = shelved_group.id) order by id",
        )
        .bind(act)
        .fetch_all(&mut *self.tx)
        .await?;
        self.unshelve(&free).await?;
        sqlx::query("delete from shelved_group where act = ? and section <> 3")
            .bind(act)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Brings the match or write-off of exactly these lines back that an act set aside, as decided anew. Answers
    /// whether there was one.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn unshelve_match(
        &mut self,
        act: i64,
        bank: &[i64],
        ledger: &[i64],
        confirmed: Confirmed<'_>,
    ) -> Result<bool, CacheError> {
        let candidates: Vec<i64> =
            sqlx::query_scalar("select id from shelved_group where act = ? and section = 3 order by id")
                .bind(act)
                .fetch_all(&mut *self.tx)
                .await?;
        for id in candidates {
            let lines =
                sqlx::query("select side, line_id from shelved_line where group_id = ? order by 1, 2")
                    .bind(id)
                    .fetch_all(&mut *self.tx)
                    .await?;
            let of = |side: i64| {
                lines.iter().filter(move |row| row.get::<i64, _>(0) == side).map(|row| row.get(1))
            };
            if is_same(of(0), bank) && is_same(of(1), ledger) {
                self.unshelve(&[id]).await?;
                sqlx::query(
                    "update review_group set match_id = ?, at = ?, by_rule = ?, difference_reason = ?, confidence = ?
                     where id = ?",
                )
                .bind(confirmed.match_id)
                .bind(confirmed.at)
                .bind(confirmed.by_rule)
                .bind(confirmed.difference_reason)
                .bind(confirmed.confidence)
                .bind(id)
                .execute(&mut *self.tx)
                .await?;
                self.count_settled(&json_integers([id]), true).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn unshelve(&mut self, ids: &[i64]) -> Result<(), CacheError> {
        if ids.is_empty() {
            return Ok(());
        }
        self.touched.extend(ids.iter().copied());
        let ids = json_integers(ids.iter().copied());
        let of_them = "in (select value from json_each(?))";
        for sql in [
            format!(
                "insert into review_group ({COLUMNS}) select {COLUMNS} from shelved_group where id {of_them}
                 order by id"
            ),
            format!(
                "insert into group_line (group_id, side, line_id)
                 select group_id, side, line_id from shelved_line where group_id {of_them}"
            ),
            format!("delete from shelved_group where id {of_them}"),
        ] {
            sqlx::query(AssertSqlSafe(sql)).bind(&ids).execute(&mut *self.tx).await?;
        }
        Ok(())
    }

    /// A new decision ends redo: what undo has set aside does not come back.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn clear_redo_shelf(&mut self) -> Result<(), CacheError> {
        sqlx::query("delete from shelved_group where act < 0").execute(&mut *self.tx).await?;
        Ok(())
    }

    /// The row that the next group will have at least.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn next_group(&mut self) -> Result<i64, CacheError> {
        Ok(sqlx::query_scalar("select coalesce(max(id), 0) + 1 from review_group")
            .fetch_one(&mut *self.tx)
            .await?)
    }

    /// Notes for the groups from row `first` on that they were proposed for the lines an act freed.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn set_made_for(&mut self, first: i64, act: i64) -> Result<(), CacheError> {
        sqlx::query("update review_group set made_for = ? where id >= ?")
            .bind(act)
            .bind(first)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// The single proposal with exactly these lines and this confidence.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_same_proposal(
        &mut self,
        bank: &[i64],
        ledger: &[i64],
        confidence: Option<&str>,
    ) -> Result<Option<i64>, CacheError> {
        let Some(first) = bank.first() else { return Ok(None) };
        let group: Option<i64> = sqlx::query_scalar(
            "select g.id from group_line l join review_group g on g.id = l.group_id
             where l.side = 0 and l.line_id = ? and g.kind in ('proposal', 'contradicts') and g.confidence is ?",
        )
        .bind(first)
        .bind(confidence)
        .fetch_optional(&mut *self.tx)
        .await?;
        let Some(group) = group else { return Ok(None) };
        let lines = self.load_group_lines(&[group]).await?;
        let of = |side: Side| lines.iter().filter(move |line| line.1 == side).map(|line| line.2);
        Ok((is_same(of(Side::Bank), bank) && is_same(of(Side::Ledger), ledger)).then_some(group))
    }
}

/// Whether two sets of rows are the same, whatever their order.
fn is_same(one: impl Iterator<Item = i64>, other: &[i64]) -> bool {
    let (mut one, mut other): (Vec<i64>, Vec<i64>) = (one.collect(), other.to_vec());
    one.sort_unstable();
    other.sort_unstable();
    one == other
}
