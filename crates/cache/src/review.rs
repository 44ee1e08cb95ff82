//! Groups of a reconciliation: proposals and decisions, and what is marked on single lines.

use crate::{
    error::CacheError,
    import::{ROWS_PER_INSERT, insert_sql},
    log::WriteTx,
    open::{Cache, aggregate},
    values::{Side, amount, amount_parts, integers, json_integers},
};
use attest_domain::Amount;
use sqlx::{AssertSqlSafe, Row, SqliteExecutor, sqlite::SqliteRow};
use std::collections::HashMap;

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

/// Marks on one line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineMark {
    /// Day until which it is on hold.
    pub held_until: Option<i64>,
    /// Comments that have not been withdrawn.
    pub comments: i64,
}

/// A line found by its id, with what the rules ask of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundLine {
    /// Side.
    pub side: Side,
    /// Row.
    pub row: i64,
    /// Amount.
    pub amount: Amount,
    /// Currency.
    pub currency: String,
    /// Status number of an entry; 0 for a ledger line that counts.
    pub status: i64,
    /// Day.
    pub day: i64,
    /// Id of the confirmed match it is in.
    pub match_id: Option<String>,
    /// Day until which it is on hold.
    pub held_until: Option<i64>,
    /// Bank account of an entry.
    pub account: Option<i64>,
    /// Ledger account of a ledger line.
    pub ledger_account: Option<String>,
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

    /// Σ of the booked entries that count, up to a day.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn sum_entries(&self, account: i64, to: i64) -> Result<Amount, CacheError> {
        let rows = sqlx::query(
            "select e.amount_s, sum(e.amount_m) from entry e
             where e.statement_id in (select id from statement where account_id = ? and state = 'current')
               and e.status = 0 and e.day <= ?
               and not exists (select 1 from superseded_entry x where x.entry_id = e.id) group by 1",
        )
        .bind(account)
        .bind(to)
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.iter().map(|row| amount(row.get(1), row.get(0))).sum())
    }

    /// Σ of the lines of a ledger account in the days from `from` to `to`.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn sum_ledger(&self, account: &str, currency: &str, days: (i64, i64)) -> Result<Amount, CacheError> {
        let rows = sqlx::query(
            "select amount_s, sum(amount_m) from ledger_line l
             where account = ? and currency = ? and status = 0 and day between ? and ?
               and not exists (select 1 from superseded_line x where x.line_id = l.id) group by 1",
        )
        .bind(account)
        .bind(currency)
        .bind(days.0)
        .bind(days.1)
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.iter().map(|row| amount(row.get(1), row.get(0))).sum())
    }

    /// Σ of the lines of one side, up to a day, that are in a confirmed match or write-off of this account.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn sum_settled(&self, account: i64, side: Side, to: i64) -> Result<Amount, CacheError> {
        let sql = match side {
            Side::Bank => {
                "select e.amount_s, sum(e.amount_m) from review_group g join group_line l on l.group_id = g.id
                 join entry e on e.id = l.line_id
                 where g.account_id = ? and g.section = 3 and l.side = 0 and e.day <= ? group by 1"
            }
            Side::Ledger => {
                "select e.amount_s, sum(e.amount_m) from review_group g join group_line l on l.group_id = g.id
                 join ledger_line e on e.id = l.line_id
                 where g.account_id = ? and g.section = 3 and l.side = 1 and e.day <= ? group by 1"
            }
        };
        let rows = sqlx::query(sql).bind(account).bind(to).fetch_all(&self.reader).await?;
        Ok(rows.iter().map(|row| amount(row.get(1), row.get(0))).sum())
    }

    /// All marks on lines.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_marks(&self) -> Result<HashMap<(Side, i64), LineMark>, CacheError> {
        let rows = sqlx::query("select side, line_id, held_until, comments from line_mark")
            .fetch_all(&self.reader)
            .await?;
        Ok(rows
            .iter()
            .map(|row| {
                let mark = LineMark { held_until: row.get(2), comments: row.get(3) };
                ((Side::from_number(row.get(0)), row.get(1)), mark)
            })
            .collect())
    }

    /// Combinations that were turned down.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_rejected(&self) -> Result<Vec<String>, CacheError> {
        Ok(sqlx::query_scalar("select lines from rejected order by lines").fetch_all(&self.reader).await?)
    }

    /// The line with this id, following it to the one that counts in its place.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_line(&self, side: Side, uid: &[u8; 16]) -> Result<Option<FoundLine>, CacheError> {
        find_line(&self.reader, side, uid).await
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

async fn find_line<'e>(
    executor: impl SqliteExecutor<'e>,
    side: Side,
    uid: &[u8; 16],
) -> Result<Option<FoundLine>, CacheError> {
    let sql = match side {
        Side::Bank => {
            "with recursive chain(id, hops) as (
                 select id, 0 from entry where uid = ?
                 union all select x.instead, hops + 1 from chain join superseded_entry x on x.entry_id = chain.id
                 where x.instead is not null and hops < 16)
             select e.id, e.amount_m, e.amount_s, e.currency, e.status, e.day, g.match_id, m.held_until,
                    s.account_id, null
             from chain join entry e on e.id = chain.id join statement s on s.id = e.statement_id
             left join group_line l on l.side = 0 and l.line_id = e.id
             left join review_group g on g.id = l.group_id and g.section = 3
             left join line_mark m on m.side = 0 and m.line_id = e.id
             order by chain.hops desc limit 1"
        }
        Side::Ledger => {
            "with recursive chain(id, hops) as (
                 select id, 0 from ledger_line where uid = ?
                 union all select x.instead, hops + 1 from chain join superseded_line x on x.line_id = chain.id
                 where x.instead is not null and hops < 16)
             select e.id, e.amount_m, e.amount_s, e.currency, e.status, e.day, g.match_id, m.held_until,
                    null, e.account
             from chain join ledger_line e on e.id = chain.id
             left join group_line l on l.side = 1 and l.line_id = e.id
             left join review_group g on g.id = l.group_id and g.section = 3
             left join line_mark m on m.side = 1 and m.line_id = e.id
             order by chain.hops desc limit 1"
        }
    };
    let row = sqlx::query(sql).bind(uid.as_slice()).fetch_optional(executor).await?;
    Ok(row.map(|row| FoundLine {
        side,
        row: row.get(0),
        amount: amount(row.get(1), row.get(2)),
        currency: row.get(3),
        status: row.get(4),
        day: row.get(5),
        match_id: row.get(6),
        held_until: row.get(7),
        account: row.get(8),
        ledger_account: row.get(9),
    }))
}

/// The same questions inside the write transaction, where its own changes are visible.
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

    /// See [`Cache::find_line`].
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_line(&mut self, side: Side, uid: &[u8; 16]) -> Result<Option<FoundLine>, CacheError> {
        find_line(&mut *self.tx, side, uid).await
    }
}

impl WriteTx {
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

    /// Puts a line on hold or, with `None`, takes it off.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn set_hold(&mut self, side: Side, row: i64, until: Option<i64>) -> Result<(), CacheError> {
        sqlx::query(
            "insert into line_mark (side, line_id, held_until) values (?, ?, ?)
             on conflict (side, line_id) do update set held_until = excluded.held_until",
        )
        .bind(side.number())
        .bind(row)
        .bind(until)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Counts a comment up or down.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn count_comment(&mut self, side: Side, row: i64, by: i64) -> Result<(), CacheError> {
        sqlx::query(
            "insert into line_mark (side, line_id, comments) values (?, ?, max(?, 0))
             on conflict (side, line_id) do update set comments = max(comments + ?, 0)",
        )
        .bind(side.number())
        .bind(row)
        .bind(by)
        .bind(by)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Remembers or forgets that a combination was turned down.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn set_rejected(&mut self, lines: &str, rejected: bool) -> Result<(), CacheError> {
        let sql = if rejected {
            "insert or ignore into rejected (lines) values (?)"
        } else {
            "delete from rejected where lines = ?"
        };
        sqlx::query(sql).bind(lines).execute(&mut *self.tx).await?;
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

impl WriteTx {
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
}

/// Rows gathered into one text by [`Cache::load_needles`].
const NEEDLES_PER_TEXT: usize = 20_000;

impl Cache {
    /// Searchable texts of one side of an account: records separated by 0x1E, each the row, 0x1F and the text.
    ///
    /// One long text costs a fraction of as many rows.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn load_needles(
        &self,
        side: Side,
        account: &crate::bank::AccountRow,
        days: (i64, i64),
    ) -> Result<Vec<String>, CacheError> {
        let packed = match (side, &account.ledger_account) {
            (Side::Bank, _) => self.pack_entries(account.id, days).await?,
            (Side::Ledger, Some(number)) => self.pack_ledger_lines(number, &account.currency, days).await?,
            (Side::Ledger, None) => return Ok(Vec::new()),
        };
        let mut rows: Vec<i64> = packed.into_iter().map(|value| value & 0xFFFF_FFFF).collect();
        rows.sort_unstable();
        let sql = match side {
            Side::Bank => {
                "select group_concat(e.id || char(31) || case when e.amount_m < 0 then '-' else '' end
                     || printf('%d.%0*d', abs(e.amount_m) / j.unit, e.amount_s, abs(e.amount_m) % j.unit)
                     || ' ' || coalesce(e.party, '') || ' ' || coalesce(e.reference, '') || ' '
                     || coalesce(e.text, '') || case when e.payments > 1 then ' ' || e.detail else '' end, char(30))
                 from json_each(?) r join entry e on e.id = r.value
                 join (select 0 s, 1 unit union all select 1, 10 union all select 2, 100 union all select 3, 1000
                       union all select 4, 10000 union all select 5, 100000 union all select 6, 1000000) j
                      on j.s = e.amount_s"
            }
            Side::Ledger => {
                "select group_concat(l.id || char(31) || case when l.amount_m < 0 then '-' else '' end
                     || printf('%d.%0*d', abs(l.amount_m) / j.unit, l.amount_s, abs(l.amount_m) % j.unit)
                     || ' ' || v.series || v.number || ' ' || v.series || ' ' || v.number || ' '
                     || coalesce(l.text, '') || ' ' || coalesce(v.text, ''), char(30))
                 from json_each(?) r join ledger_line l on l.id = r.value join voucher v on v.id = l.voucher_id
                 join (select 0 s, 1 unit union all select 1, 10 union all select 2, 100 union all select 3, 1000
                       union all select 4, 10000 union all select 5, 100000 union all select 6, 1000000) j
                      on j.s = l.amount_s"
            }
        };
        let mut texts = Vec::new();
        for part in rows.chunks(NEEDLES_PER_TEXT) {
            let row = sqlx::query(sql).bind(json_integers(part.iter().copied())).fetch_one(&self.reader).await?;
            texts.push(aggregate(&row));
        }
        Ok(texts)
    }
}

impl WriteTx {
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

    /// Ids of lines by row, for naming them in events.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn load_line_ids(&mut self, side: Side, rows: &[i64]) -> Result<Vec<(i64, [u8; 16])>, CacheError> {
        let sql = match side {
            Side::Bank => "select e.id, e.uid from json_each(?) j join entry e on e.id = j.value",
            Side::Ledger => "select l.id, l.uid from json_each(?) j join ledger_line l on l.id = j.value",
        };
        let rows = sqlx::query(sql).bind(json_integers(rows.iter().copied())).fetch_all(&mut *self.tx).await?;
        rows.iter()
            .map(|row| {
                let uid: Vec<u8> = row.get(1);
                let uid = uid.try_into().map_err(|_| CacheError::stored("line id", "not 16 bytes"))?;
                Ok((row.get(0), uid))
            })
            .collect()
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
