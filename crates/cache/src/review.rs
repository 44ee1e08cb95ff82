//! Groups of a reconciliation: proposals and decisions, and what is marked on single lines.

use crate::{
    error::CacheError,
    log::WriteTx,
    open::{Cache, aggregate},
    values::{Side, amount, amount_parts, integers, json_integers},
};
use attest_domain::Amount;
use sqlx::{Row, sqlite::SqliteRow};
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

    /// Groups by row, in no particular order.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn load_groups(&self, ids: &[i64]) -> Result<Vec<GroupRow>, CacheError> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select {GROUP_COLUMNS} from review_group where id in (select value from json_each(?))"
        )))
        .bind(json_integers(ids.iter().copied()))
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.iter().map(group_row).collect())
    }

    /// The confirmed group with this match id.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_match(&self, match_id: &str) -> Result<Option<GroupRow>, CacheError> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("select {GROUP_COLUMNS} from review_group where match_id = ?")))
            .bind(match_id)
            .fetch_optional(&self.reader)
            .await?;
        Ok(row.as_ref().map(group_row))
    }

    /// The lines of groups: group, side, row; in the order of sides and rows.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn load_group_lines(&self, ids: &[i64]) -> Result<Vec<(i64, Side, i64)>, CacheError> {
        let rows = sqlx::query(
            "select l.group_id, l.side, l.line_id from json_each(?) j join group_line l on l.group_id = j.value
             order by l.group_id, l.side, l.line_id",
        )
        .bind(json_integers(ids.iter().copied()))
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.iter().map(|row| (row.get(0), Side::from_number(row.get(1)), row.get(2))).collect())
    }

    /// Groups of an account above the threshold, suggested, in the days from `from` to `to`.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_safe_groups(&self, account: i64, days: (i64, i64)) -> Result<Vec<i64>, CacheError> {
        Ok(sqlx::query_scalar(
            "select id from review_group where account_id = ? and section = 1 and safe = 1
             and day between ? and ? order by day, id",
        )
        .bind(account)
        .bind(days.0)
        .bind(days.1)
        .fetch_all(&self.reader)
        .await?)
    }

    /// Σ of the differences inside confirmed matches and write-offs up to a day, by scale.
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
        let row = sqlx::query(sql).bind(uid.as_slice()).fetch_optional(&self.reader).await?;
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
}

impl WriteTx {
    /// Stores a group; its lines leave any proposal they were in, which is dissolved.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn insert_group(&mut self, group: &NewGroup) -> Result<i64, CacheError> {
        let (difference_m, difference_s) = amount_parts(group.difference)?;
        let id: i64 = sqlx::query_scalar(
            "insert into review_group (account_id, section, kind, day, bank, ledger, difference_m, difference_s,
                 difference_reason, confidence, safe, by_rule, alternatives, reasons, pass, match_id, at)
             values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id",
        )
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
        .bind(&group.reasons)
        .bind(&group.pass)
        .bind(group.match_id.as_deref())
        .bind(group.at.as_deref())
        .fetch_one(&mut *self.tx)
        .await?;
        for (side, rows) in [(Side::Bank, &group.bank), (Side::Ledger, &group.ledger)] {
            for row in rows {
                sqlx::query("insert into group_line (side, line_id, group_id) values (?, ?, ?)")
                    .bind(side.number())
                    .bind(row)
                    .bind(id)
                    .execute(&mut *self.tx)
                    .await?;
            }
        }
        Ok(id)
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
             delete from voucher; delete from book; delete from statement; delete from finding;
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
