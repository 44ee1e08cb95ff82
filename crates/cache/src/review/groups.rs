//! Groups of a reconciliation: proposals and decisions, and the lines in them.

use crate::{
    error::CacheError,
    log::WriteTx,
    open::{Cache, aggregate},
    values::{Side, amount, integers, json_integers},
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
    pub(super) fn name(self) -> &'static str {
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
        Ok(unpack_heads(&row))
    }

    /// Those of these groups that there still are and that belong to the account.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_group_heads(&self, account: i64, ids: &[i64]) -> Result<Vec<GroupHead>, CacheError> {
        let row = sqlx::query(
            "select json_group_array((day << 32) | id),
                    json_group_array(section | (safe << 2) | (by_rule << 3) | ((difference_m <> 0) << 4)
                                     | (min(bank, 1048575) << 8) | (min(ledger, 1048575) << 28))
             from review_group where id in (select value from json_each(?)) and account_id = ?",
        )
        .bind(json_integers(ids.iter().copied()))
        .bind(account)
        .fetch_one(&self.reader)
        .await?;
        Ok(unpack_heads(&row))
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

/// Two arrays of packed integers: day and row, then everything else.
fn unpack_heads(row: &SqliteRow) -> Vec<GroupHead> {
    let count = |value: i64| u32::try_from(value & 0xF_FFFF).unwrap_or(u32::MAX);
    let flags: String = row.get::<Option<String>, _>(1).unwrap_or_default();
    let head = |(place, flags): (i64, i64)| GroupHead {
        id: place & 0xFFFF_FFFF,
        section: flags & 3,
        day: place >> 32,
        bank: count(flags >> 8),
        ledger: count(flags >> 28),
        differs: flags & 16 != 0,
        safe: flags & 4 != 0,
        by_rule: flags & 8 != 0,
    };
    integers(&aggregate(row)).into_iter().zip(integers(&flags)).map(head).collect()
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
