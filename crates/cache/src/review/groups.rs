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
    /// All groups of an account, for placing them.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_group_heads(&self, account: i64) -> Result<Vec<GroupHead>, CacheError> {
        let row = sqlx::query(
            "select json_group_array(json_array(id, section, day, bank, ledger, difference_m <> 0, safe, by_rule))
             from review_group where account_id = ?",
        )
        .bind(account)
        .fetch_one(&self.reader)
        .await?;
        let count = |value: i64| u32::try_from(value).unwrap_or(u32::MAX);
        Ok(integers(&aggregate(&row))
            .chunks_exact(8)
            .map(|of| GroupHead {
                id: of[0],
                section: of[1],
                day: of[2],
                bank: count(of[3]),
                ledger: count(of[4]),
                differs: of[5] != 0,
                safe: of[6] != 0,
                by_rule: of[7] != 0,
            })
            .collect())
    }

    /// Rows of the lines of one side that are in a group of this account, each packed as `group << 32 | line`.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn pack_grouped(&self, account: i64, side: Side) -> Result<Vec<i64>, CacheError> {
        let row = sqlx::query(
            "select json_group_array((l.group_id << 32) | l.line_id) from group_line l
             where l.side = ? and l.group_id in (select id from review_group where account_id = ?)",
        )
        .bind(side.number())
        .bind(account)
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
                "select json_group_array(l.line_id) from group_line l where l.side = ? and l.group_id in (
                     select id from review_group where account_id = ? and section = 3)",
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
        Ok(sqlx::query_scalar("select max(id) from review_group").fetch_one(&mut *self.tx).await?)
    }

    /// Stores many groups, many rows per statement. A line may be in one group only.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn insert_groups(&mut self, groups: &[NewGroup]) -> Result<(), CacheError> {
        const COLUMNS: &str = "id, account_id, section, kind, day, bank, ledger, difference_m, difference_s, \
             difference_reason, confidence, safe, by_rule, alternatives, reasons, pass, match_id, at";
        let mut next: i64 =
            sqlx::query_scalar("select coalesce(max(id), 0) + 1 from review_group").fetch_one(&mut *self.tx).await?;
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
        sqlx::raw_sql("delete from review_group; delete from line_mark; delete from rejected;")
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

    /// After lines were superseded: groups follow them to what counts instead; a group that lost a line for good
    /// is dissolved and its other lines are open again.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn repoint_groups(&mut self) -> Result<(), CacheError> {
        for (side, table, key) in [(0, "superseded_entry", "entry_id"), (1, "superseded_line", "line_id")] {
            // Table and column are the two constants above.
            let gone = format!(
                "delete from review_group where id in (
                     select l.group_id from group_line l join {table} x on x.{key} = l.line_id
                     where l.side = {side} and (x.instead is null or x.instead in (
                         select line_id from group_line where side = {side})))"
            );
            sqlx::query(AssertSqlSafe(gone)).execute(&mut *self.tx).await?;
            let moved = format!(
                "update group_line set line_id = (select instead from {table} x where x.{key} = group_line.line_id)
                 where side = {side} and line_id in (select {key} from {table})"
            );
            sqlx::query(AssertSqlSafe(moved)).execute(&mut *self.tx).await?;
        }
        Ok(())
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
        Ok(())
    }

    /// Turns a confirmed match back into the proposal it was.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn reopen_group(&mut self, group: i64, contradicted: bool) -> Result<(), CacheError> {
        let kind = if contradicted { GroupKind::Contradicts } else { GroupKind::Proposal };
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
    pub async fn find_account_of_ledger(&mut self, number: &str, currency: &str) -> Result<Option<i64>, CacheError> {
        Ok(sqlx::query_scalar("select id from account where ledger_account = ? and currency = ? order by id limit 1")
            .bind(number)
            .bind(currency)
            .fetch_optional(&mut *self.tx)
            .await?)
    }
}

async fn find_match<'e>(executor: impl SqliteExecutor<'e>, match_id: &str) -> Result<Option<GroupRow>, CacheError> {
    let row = sqlx::query(AssertSqlSafe(format!("select {GROUP_COLUMNS} from review_group where match_id = ?")))
        .bind(match_id)
        .fetch_optional(executor)
        .await?;
    Ok(row.as_ref().map(group_row))
}

async fn load_groups<'e>(executor: impl SqliteExecutor<'e>, ids: &[i64]) -> Result<Vec<GroupRow>, CacheError> {
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
