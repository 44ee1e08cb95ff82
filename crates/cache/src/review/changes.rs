//! Changes to groups: storing proposals, confirming, dissolving, and following lines that others replaced.

use super::{
    groups::{GroupKind, NewGroup},
    touched::Touched,
};
use crate::{
    error::CacheError,
    import::{ROWS_PER_INSERT, insert_sql},
    log::WriteTx,
    values::{amount_parts, json_integers},
};
use sqlx::{AssertSqlSafe, Row};

impl WriteTx {
    /// Stores a group whose lines are free and answers its row.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn insert_group(&mut self, group: &NewGroup) -> Result<i64, CacheError> {
        let id = self.insert_groups(std::slice::from_ref(group)).await?;
        self.count_settled(&json_integers([id]), true).await?;
        Ok(id)
    }

    /// Stores many groups, many rows per statement, and answers the row of the first; the others follow. A line may be
    /// in one group only.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn insert_groups(&mut self, groups: &[NewGroup]) -> Result<i64, CacheError> {
        const COLUMNS: &str = "id, account_id, section, kind, day, bank, ledger, difference_m, difference_s, \
             difference_reason, confidence, safe, by_rule, alternatives, reasons, pass, match_id, at";
        // A group on the shelf keeps its row for when it comes back.
        let mut next: i64 = sqlx::query_scalar(
            "select 1 + max(coalesce((select max(id) from review_group), 0),
                            coalesce((select max(id) from shelved_group), 0))",
        )
        .fetch_one(&mut *self.tx)
        .await?;
        let first_of_all = next;
        for part in groups.chunks(ROWS_PER_INSERT) {
            let mut query = sqlx::query(insert_sql("review_group", COLUMNS, part.len()));
            let first = next;
            for group in part {
                let (difference_m, difference_s) = amount_parts(group.difference)?;
                query = query
                    .bind(next)
                    .bind(group.account)
                    .bind(group.kind.section())
                    .bind(group.kind.name())
                    .bind(group.day)
                    .bind(i64::try_from(group.bank.len()).unwrap_or(i64::MAX))
                    .bind(i64::try_from(group.ledger.len()).unwrap_or(i64::MAX))
                    .bind(difference_m)
                    .bind(difference_s)
                    .bind(group.difference_reason.as_deref())
                    .bind(group.confidence.as_deref())
                    .bind(group.safe)
                    .bind(group.by_rule)
                    .bind(group.alternatives)
                    .bind(group.reasons.as_str())
                    .bind(group.pass.as_str())
                    .bind(group.match_id.as_deref())
                    .bind(group.at.as_deref());
                next += 1;
            }
            query.execute(&mut *self.tx).await?;
            self.touched.extend(first..next);
            let lines: Vec<(i64, i64, i64)> = (first..)
                .zip(part)
                .flat_map(|(id, group)| {
                    let bank = group.bank.iter().map(move |row| (0, *row, id));
                    bank.chain(group.ledger.iter().map(move |row| (1, *row, id)))
                })
                .collect();
            for rows in lines.chunks(ROWS_PER_INSERT) {
                let mut query = sqlx::query(insert_sql("group_line", "side, line_id, group_id", rows.len()));
                for (side, row, group) in rows {
                    query = query.bind(side).bind(row).bind(group);
                }
                query.execute(&mut *self.tx).await?;
            }
        }
        Ok(first_of_all)
    }

    /// Stores proposals, leaving out those whose lines a decision or another proposal has taken in the meantime.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn insert_proposals(&mut self, groups: Vec<NewGroup>) -> Result<(), CacheError> {
        let mut taken = [Vec::new(), Vec::new()];
        for (side, rows) in taken.iter_mut().enumerate() {
            let of = |group: &NewGroup| if side == 0 { group.bank.clone() } else { group.ledger.clone() };
            *rows = sqlx::query_scalar::<_, i64>(
                "select l.line_id from json_each(?) j join group_line l on l.side = ? and l.line_id = j.value
                 order by 1",
            )
            .bind(json_integers(groups.iter().flat_map(of)))
            .bind(i64::try_from(side).unwrap_or(0))
            .fetch_all(&mut *self.tx)
            .await?;
        }
        let free = |group: &NewGroup| {
            group.bank.iter().all(|row| taken[0].binary_search(row).is_err())
                && group.ledger.iter().all(|row| taken[1].binary_search(row).is_err())
        };
        let groups: Vec<NewGroup> = groups.into_iter().filter(free).collect();
        self.insert_groups(&groups).await?;
        Ok(())
    }

    /// Removes a group and frees its lines.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn delete_group(&mut self, id: i64) -> Result<(), CacheError> {
        self.touched.extend([id]);
        self.count_settled(&json_integers([id]), false).await?;
        sqlx::query("delete from review_group where id = ?").bind(id).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Removes every proposal of an account, before a new run of the engine.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn delete_proposals(&mut self, account: i64) -> Result<(), CacheError> {
        self.touched.merge(Touched::Everything);
        sqlx::query("delete from review_group where account_id = ? and section <> 3")
            .bind(account)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Drops every projection of decisions and proposals, for making them again from the log.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn clear_review(&mut self) -> Result<(), CacheError> {
        self.touched.merge(Touched::Everything);
        sqlx::raw_sql(
            "delete from review_group; delete from settled_day; delete from line_mark; delete from rejected;",
        )
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Drops every figure, keeping documents and log, for reading the documents again.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn clear_figures(&mut self) -> Result<(), CacheError> {
        self.clear_review().await?;
        sqlx::raw_sql(
            "delete from superseded_entry; delete from superseded_line; delete from entry; delete from ledger_line;
             delete from voucher; delete from book; delete from statement;
             delete from finding where document_id in (select id from document where refused = 0);
             delete from account;",
        )
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// After lines were superseded: decisions and marks follow them to what counts instead; a decision that lost a
    /// line for good, or whose lines have become one, is dissolved and its other lines are open again. Where two
    /// decisions meet on one line the older holds. Proposals about such lines are dropped, to be made again.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn repoint_groups(&mut self) -> Result<(), CacheError> {
        let mut changed = false;
        for (side, table, key) in [(0, "superseded_entry", "entry_id"), (1, "superseded_line", "line_id")] {
            // Table and column are the two constants above.
            let moved = format!("group_line l join {table} x on x.{key} = l.line_id where l.side = {side}");
            let any = format!(
                "select exists (select 1 from {moved}) or exists (
                     select 1 from line_mark m join {table} x on x.{key} = m.line_id where m.side = {side})"
            );
            if !sqlx::query_scalar::<_, bool>(AssertSqlSafe(any)).fetch_one(&mut *self.tx).await? {
                continue;
            }
            changed = true;
            for sql in [
                format!(
                    "insert into line_mark (side, line_id, held_until, comments)
                     select {side}, x.instead, max(m.held_until), sum(m.comments) from line_mark m
                     join {table} x on x.{key} = m.line_id where m.side = {side} and x.instead is not null group by 2
                     on conflict (side, line_id) do update set
                         held_until = coalesce(line_mark.held_until, excluded.held_until),
                         comments = line_mark.comments + excluded.comments"
                ),
                format!("delete from line_mark where side = {side} and line_id in (select {key} from {table})"),
                format!(
                    "delete from review_group where id in (
                         select l.group_id from {moved} and x.instead is null)
                     or section <> 3 and (id in (select l.group_id from {moved})
                         or id in (select t.group_id from group_line t where t.side = {side}
                                   and t.line_id in (select x.instead from {moved})))"
                ),
            ] {
                sqlx::query(AssertSqlSafe(sql)).execute(&mut *self.tx).await?;
            }
            let rows = sqlx::query(AssertSqlSafe(format!(
                "select x.instead, g.match_id, g.id from {moved_from} join review_group g on g.id = l.group_id
                 where l.side = {side}
                 union all select t.line_id, g.match_id, g.id from group_line t join review_group g on g.id = t.group_id
                 where t.side = {side} and t.line_id in (select x.instead from {moved})
                 order by 1, 2",
                moved_from = format_args!("group_line l join {table} x on x.{key} = l.line_id"),
            )))
            .fetch_all(&mut *self.tx)
            .await?;
            let targets: Vec<(i64, i64)> = rows.iter().map(|row| (row.get(0), row.get(2))).collect();
            for meeting in targets.chunk_by(|one, other| one.0 == other.0) {
                // Ids of matches sort by time. A group twice on one line has become another match: it goes too.
                let oldest = meeting[0].1;
                let doubled = meeting.iter().filter(|(_, group)| *group == oldest).count() > 1;
                for (_, group) in meeting.iter().filter(|(_, group)| doubled || *group != oldest) {
                    self.delete_group(*group).await?;
                }
            }
            let follow = format!(
                "update group_line set line_id = (select instead from {table} x where x.{key} = group_line.line_id)
                 where side = {side} and line_id in (select {key} from {table})"
            );
            sqlx::query(AssertSqlSafe(follow)).execute(&mut *self.tx).await?;
        }
        if !changed {
            return Ok(());
        }
        self.touched.merge(Touched::Everything);
        self.recount_settled().await
    }

    /// Groups of an account above the threshold, suggested, in the days from `from` to `to`.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_safe_groups(&mut self, account: i64, days: (i64, i64)) -> Result<Vec<i64>, CacheError> {
        Ok(sqlx::query_scalar(
            "select id from review_group where account_id = ? and section = 1 and safe = 1
             and day between ? and ? order by day, id",
        )
        .bind(account)
        .bind(days.0)
        .bind(days.1)
        .fetch_all(&mut *self.tx)
        .await?)
    }

    /// Turns a proposal into a confirmed match without touching its lines.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn confirm_group(
        &mut self,
        group: i64,
        match_id: &str,
        at: &str,
        by_rule: bool,
        difference_reason: Option<&str>,
    ) -> Result<(), CacheError> {
        self.touched.extend([group]);
        sqlx::query(
            "update review_group set section = 3, kind = 'match', match_id = ?, at = ?, by_rule = ?,
                 difference_reason = ? where id = ?",
        )
        .bind(match_id)
        .bind(at)
        .bind(by_rule)
        .bind(difference_reason)
        .bind(group)
        .execute(&mut *self.tx)
        .await?;
        self.count_settled(&json_integers([group]), true).await
    }

    /// Turns a confirmed match back into the proposal it was.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn reopen_group(&mut self, group: i64, contradicted: bool) -> Result<(), CacheError> {
        self.touched.extend([group]);
        let kind = if contradicted { GroupKind::Contradicts } else { GroupKind::Proposal };
        self.count_settled(&json_integers([group]), false).await?;
        sqlx::query(
            "update review_group set section = ?, kind = ?, match_id = null, at = null, by_rule = 0,
                 difference_reason = null where id = ?",
        )
        .bind(kind.section())
        .bind(kind.name())
        .bind(group)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// The bank account that is reconciled with a ledger account.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_account_of_ledger(
        &mut self,
        number: &str,
        currency: &str,
    ) -> Result<Option<i64>, CacheError> {
        Ok(sqlx::query_scalar(
            "select id from account where ledger_account = ? and currency = ? order by id limit 1",
        )
        .bind(number)
        .bind(currency)
        .fetch_optional(&mut *self.tx)
        .await?)
    }
}
