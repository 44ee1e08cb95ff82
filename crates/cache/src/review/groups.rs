//! Groups of a reconciliation: proposals and decisions, and the lines in them.

use crate::{
    error::CacheError,
    import::{ROWS_PER_INSERT, insert_sql},
    log::WriteTx,
    open::{Cache, aggregate},
    values::{Side, amount, amount_parts, integers, json_integers},
};
use attest_domain::Amount;
use sqlx::{AssertSqlSafe, Row, SqliteExecutor, sqlite::SqliteRow};

/// What a group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupKind {
    /// Several equally good solutions.
    Ambiguous,
    /// A proposal that something speaks against.
    Contradicts,
    /// A proposal.
    Proposal,
    /// A confirmed match.
    Match,
    /// Lines settled without a counterpart.
    WriteOff,
}

impl GroupRow {
    /// Whether the engine proposed it; only then does it have reasons.
    #[must_use]
    pub fn was_proposed(&self) -> bool {
        self.reasons != "[]"
    }
}

impl GroupKind {
    fn name(self) -> &'static str {
        match self {
            Self::Ambiguous => "ambiguous",
            Self::Contradicts => "contradicts",
            Self::Proposal => "proposal",
            Self::Match => "match",
            Self::WriteOff => "write_off",
        }
    }

    fn from_name(name: &str) -> Self {
        match name {
            "ambiguous" => Self::Ambiguous,
            "contradicts" => Self::Contradicts,
            "match" => Self::Match,
            "write_off" => Self::WriteOff,
            _ => Self::Proposal,
        }
    }

    /// 0 needs a decision, 1 suggested, 3 confirmed: the order of the list.
    #[must_use]
    pub fn section(self) -> i64 {
        match self {
            Self::Ambiguous | Self::Contradicts => 0,
            Self::Proposal => 1,
            Self::Match | Self::WriteOff => 3,
        }
    }
}

/// A group to be stored.
#[derive(Clone, Debug)]
pub struct NewGroup {
    /// Bank account.
    pub account: i64,
    /// Kind.
    pub kind: GroupKind,
    /// Day it is sorted by.
    pub day: i64,
    /// Rows of bank entries.
    pub bank: Vec<i64>,
    /// Rows of ledger lines.
    pub ledger: Vec<i64>,
    /// Σ bank − Σ ledger.
    pub difference: Amount,
    /// Reason code of the difference.
    pub difference_reason: Option<String>,
    /// Confidence, three decimals.
    pub confidence: Option<String>,
    /// Whether the confidence reaches the threshold.
    pub safe: bool,
    /// Whether a rule confirmed it.
    pub by_rule: bool,
    /// Number of equal solutions.
    pub alternatives: u32,
    /// Reasons as JSON.
    pub reasons: String,
    /// Pass of the engine.
    pub pass: String,
    /// Id of a confirmed match.
    pub match_id: Option<String>,
    /// When it was confirmed.
    pub at: Option<String>,
}

/// A group read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRow {
    /// Row.
    pub id: i64,
    /// Bank account.
    pub account: i64,
    /// Kind.
    pub kind: GroupKind,
    /// Day it is sorted by.
    pub day: i64,
    /// Σ bank − Σ ledger.
    pub difference: Amount,
    /// Reason code of the difference.
    pub difference_reason: Option<String>,
    /// Confidence.
    pub confidence: Option<String>,
    /// Whether the confidence reaches the threshold.
    pub safe: bool,
    /// Whether a rule confirmed it.
    pub by_rule: bool,
    /// Number of equal solutions.
    pub alternatives: u32,
    /// Reasons as JSON.
    pub reasons: String,
    /// Id of a confirmed match.
    pub match_id: Option<String>,
    /// When it was confirmed.
    pub at: Option<String>,
}

/// What a list needs to know of a group to place it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupHead {
    /// Row.
    pub id: i64,
    /// Section.
    pub section: i64,
    /// Day.
    pub day: i64,
    /// Bank entries in it.
    pub bank: u32,
    /// Ledger lines in it.
    pub ledger: u32,
    /// Whether it has a difference line.
    pub differs: bool,
    /// Whether its confidence reaches the threshold.
    pub safe: bool,
    /// Whether a rule confirmed it.
    pub by_rule: bool,
}

const GROUP_COLUMNS: &str = "id, account_id, kind, day, difference_m, difference_s, difference_reason, confidence, \
     safe, by_rule, alternatives, reasons, match_id, at";

impl Cache {
    /// The groups of an account in the days from `from` to `to`, for placing them.
    ///
    /// Two packed integers per group, read from the covering index alone.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_group_heads(
        &self,
        account: i64,
        days: (i64, i64),
    ) -> Result<Vec<GroupHead>, CacheError> {
        let row = sqlx::query(
            "select json_group_array((day << 32) | id),
                    json_group_array(section | (safe << 2) | (by_rule << 3) | ((difference_m <> 0) << 4)
                                     | (min(bank, 1048575) << 8) | (min(ledger, 1048575) << 28))
             from review_group where account_id = ? and section in (0, 1, 3) and day between ? and ?",
        )
        .bind(account)
        .bind(days.0)
        .bind(days.1)
        .fetch_one(&self.reader)
        .await?;
        let count = |value: i64| u32::try_from(value & 0xF_FFFF).unwrap_or(u32::MAX);
        let flags: String = row.get::<Option<String>, _>(1).unwrap_or_default();
        Ok(integers(&aggregate(&row))
            .into_iter()
            .zip(integers(&flags))
            .map(|(place, flags)| GroupHead {
                id: place & 0xFFFF_FFFF,
                section: flags & 3,
                day: place >> 32,
                bank: count(flags >> 8),
                ledger: count(flags >> 28),
                differs: flags & 16 != 0,
                safe: flags & 4 != 0,
                by_rule: flags & 8 != 0,
            })
            .collect())
    }

    /// The lines of one side that are in a group, whatever the account, each packed as `group << 32 | line`, in the
    /// order of lines.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn pack_grouped(&self, side: Side) -> Result<Vec<i64>, CacheError> {
        let row =
            sqlx::query("select json_group_array((group_id << 32) | line_id) from group_line where side = ?")
                .bind(side.number())
                .fetch_one(&self.reader)
                .await?;
        Ok(integers(&aggregate(&row)))
    }

    /// Sorted rows of the lines in confirmed groups of this account: bank side, ledger side.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn pack_settled(&self, account: i64) -> Result<[Vec<i64>; 2], CacheError> {
        let mut sides = [Vec::new(), Vec::new()];
        for (side, rows) in sides.iter_mut().enumerate() {
            let row = sqlx::query(
                // Two bank accounts may share a ledger account; a ledger line is settled by whichever settled it.
                "select json_group_array(l.line_id) from group_line l where l.side = ?1 and l.group_id in (
                     select id from review_group where section = 3 and (account_id = ?2 or ?1 = 1))",
            )
            .bind(i64::try_from(side).unwrap_or(0))
            .bind(account)
            .fetch_one(&self.reader)
            .await?;
            *rows = integers(&aggregate(&row));
            rows.sort_unstable();
        }
        Ok(sides)
    }

    /// Groups by row, in no particular order.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn load_groups(&self, ids: &[i64]) -> Result<Vec<GroupRow>, CacheError> {
        load_groups(&self.reader, ids).await
    }

    /// The confirmed group with this match id.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_match(&self, match_id: &str) -> Result<Option<GroupRow>, CacheError> {
        find_match(&self.reader, match_id).await
    }

    /// The lines of groups: group, side, row; in the order of sides and rows.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn load_group_lines(&self, ids: &[i64]) -> Result<Vec<(i64, Side, i64)>, CacheError> {
        load_group_lines(&self.reader, ids).await
    }
}

impl WriteTx {
    /// See [`Cache::find_match`].
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_match(&mut self, match_id: &str) -> Result<Option<GroupRow>, CacheError> {
        find_match(&mut *self.tx, match_id).await
    }

    /// See [`Cache::load_groups`].
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn load_groups(&mut self, ids: &[i64]) -> Result<Vec<GroupRow>, CacheError> {
        load_groups(&mut *self.tx, ids).await
    }

    /// See [`Cache::load_group_lines`].
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn load_group_lines(&mut self, ids: &[i64]) -> Result<Vec<(i64, Side, i64)>, CacheError> {
        load_group_lines(&mut *self.tx, ids).await
    }

    /// Stores a group whose lines are free and answers its row.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn insert_group(&mut self, group: &NewGroup) -> Result<i64, CacheError> {
        self.insert_groups(std::slice::from_ref(group)).await?;
        let id: i64 = sqlx::query_scalar("select max(id) from review_group").fetch_one(&mut *self.tx).await?;
        self.count_settled(&json_integers([id]), true).await?;
        Ok(id)
    }

    /// Stores many groups, many rows per statement. A line may be in one group only.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn insert_groups(&mut self, groups: &[NewGroup]) -> Result<(), CacheError> {
        const COLUMNS: &str = "id, account_id, section, kind, day, bank, ledger, difference_m, difference_s, \
             difference_reason, confidence, safe, by_rule, alternatives, reasons, pass, match_id, at";
        let mut next: i64 = sqlx::query_scalar("select coalesce(max(id), 0) + 1 from review_group")
            .fetch_one(&mut *self.tx)
            .await?;
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
        Ok(())
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
        self.insert_groups(&groups).await
    }

    /// Removes the proposals (never the decisions) that these lines are in.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn dissolve_proposals(&mut self, side: Side, rows: &[i64]) -> Result<(), CacheError> {
        sqlx::query(
            "delete from review_group where section <> 3 and id in (
                 select group_id from group_line where side = ? and line_id in (select value from json_each(?)))",
        )
        .bind(side.number())
        .bind(json_integers(rows.iter().copied()))
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Removes a group and frees its lines.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn delete_group(&mut self, id: i64) -> Result<(), CacheError> {
        self.count_settled(&json_integers([id]), false).await?;
        sqlx::query("delete from review_group where id = ?").bind(id).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Removes every proposal of an account, before a new run of the engine.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn delete_proposals(&mut self, account: i64) -> Result<(), CacheError> {
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
        if changed { self.recount_settled().await } else { Ok(()) }
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

async fn find_match<'e>(
    executor: impl SqliteExecutor<'e>,
    match_id: &str,
) -> Result<Option<GroupRow>, CacheError> {
    let row =
        sqlx::query(AssertSqlSafe(format!("select {GROUP_COLUMNS} from review_group where match_id = ?")))
            .bind(match_id)
            .fetch_optional(executor)
            .await?;
    Ok(row.as_ref().map(group_row))
}

async fn load_groups<'e>(
    executor: impl SqliteExecutor<'e>,
    ids: &[i64],
) -> Result<Vec<GroupRow>, CacheError> {
    let rows = sqlx::query(AssertSqlSafe(format!(
        "select {GROUP_COLUMNS} from review_group where id in (select value from json_each(?))"
    )))
    .bind(json_integers(ids.iter().copied()))
    .fetch_all(executor)
    .await?;
    Ok(rows.iter().map(group_row).collect())
}

async fn load_group_lines<'e>(
    executor: impl SqliteExecutor<'e>,
    ids: &[i64],
) -> Result<Vec<(i64, Side, i64)>, CacheError> {
    let rows = sqlx::query(
        "select l.group_id, l.side, l.line_id from json_each(?) j join group_line l on l.group_id = j.value
         order by l.group_id, l.side, l.line_id",
    )
    .bind(json_integers(ids.iter().copied()))
    .fetch_all(executor)
    .await?;
    Ok(rows.iter().map(|row| (row.get(0), Side::from_number(row.get(1)), row.get(2))).collect())
}

fn group_row(row: &SqliteRow) -> GroupRow {
    GroupRow {
        id: row.get(0),
        account: row.get(1),
        kind: GroupKind::from_name(row.get(2)),
        day: row.get(3),
        difference: amount(row.get(4), row.get(5)),
        difference_reason: row.get(6),
        confidence: row.get(7),
        safe: row.get(8),
        by_rule: row.get(9),
        alternatives: u32::try_from(row.get::<i64, _>(10)).unwrap_or(0),
        reasons: row.get(11),
        match_id: row.get(12),
        at: row.get(13),
    }
}
