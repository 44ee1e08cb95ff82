//! Many lines and groups with few statements: what carrying out a stretch of the log asks and writes.

use super::{groups::NewGroup, lines::FoundLine};
use crate::{
    error::CacheError,
    log::WriteTx,
    values::{Side, amount, json_integers},
};
use sqlx::Row;
use std::collections::HashMap;

/// Lines that are asked for with one statement.
const LINES: usize = 5_000;

/// The proposal that a line is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedGroup {
    /// Row.
    pub id: i64,
    /// Bank account.
    pub account: i64,
    /// Day it is sorted by.
    pub day: i64,
    /// Whether it is one solution, not several that are equally good.
    pub single: bool,
    /// Confidence.
    pub confidence: Option<String>,
    /// Bank entries in it.
    pub bank: usize,
    /// Ledger lines in it.
    pub ledger: usize,
}

/// What decisions of the log make of groups.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// Lines whose hold has ended with it.
    pub unheld: Vec<(Side, i64)>,
    /// Proposals that go, because a decision has taken lines of theirs.
    pub dissolved: Vec<i64>,
    /// Proposals that have become matches.
    pub confirmed: Vec<ConfirmedGroup>,
    /// Groups that were not proposed here.
    pub made: Vec<NewGroup>,
}

/// A proposal that has become a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmedGroup {
    /// Row.
    pub id: i64,
    /// Id of the match.
    pub match_id: String,
    /// When.
    pub at: String,
    /// Whether a rule confirmed it.
    pub by_rule: bool,
    /// Reason code of the difference.
    pub difference_reason: Option<String>,
}

/// How the number of comments on a line changes: by `by`, and it ends at `least` or more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommentChange {
    /// Sum of all steps.
    pub by: i64,
    /// What the steps since it last would have fallen below nothing add up to.
    pub least: i64,
}

impl CommentChange {
    /// One comment more or less; less than none is none.
    pub fn step(&mut self, by: i64) {
        self.by += by;
        self.least = (self.least + by).max(0);
    }
}

impl WriteTx {
    /// The lines with these ids, each as [`WriteTx::find_line`] finds it.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_lines(
        &mut self,
        side: Side,
        uids: &[[u8; 16]],
    ) -> Result<HashMap<[u8; 16], FoundLine>, CacheError> {
        let sql = match side {
            Side::Bank => {
                "with recursive chain(uid, id, hops) as (
                     select e.uid, e.id, 0 from json_each(?) j join entry e on e.uid = unhex(j.value)
                     union all select chain.uid, x.instead, hops + 1
                     from chain join superseded_entry x on x.entry_id = chain.id
                     where x.instead is not null and hops < 16)
                 select chain.uid, e.id, e.amount_m, e.amount_s, e.currency, e.status, e.day, g.match_id,
                        m.held_until, s.account_id, null
                 from chain join entry e on e.id = chain.id join statement s on s.id = e.statement_id
                 left join group_line l on l.side = 0 and l.line_id = e.id
                 left join review_group g on g.id = l.group_id and g.section = 3
                 left join line_mark m on m.side = 0 and m.line_id = e.id
                 where s.state = 'current'
                   and not exists (select 1 from superseded_entry x where x.entry_id = e.id)
                 order by chain.hops"
            }
            Side::Ledger => {
                "with recursive chain(uid, id, hops) as (
                     select e.uid, e.id, 0 from json_each(?) j join ledger_line e on e.uid = unhex(j.value)
                     union all select chain.uid, x.instead, hops + 1
                     from chain join superseded_line x on x.line_id = chain.id
                     where x.instead is not null and hops < 16)
                 select chain.uid, e.id, e.amount_m, e.amount_s, e.currency, e.status, e.day, g.match_id,
                        m.held_until, null, e.account
                 from chain join ledger_line e on e.id = chain.id
                 left join group_line l on l.side = 1 and l.line_id = e.id
                 left join review_group g on g.id = l.group_id and g.section = 3
                 left join line_mark m on m.side = 1 and m.line_id = e.id
                 where e.status = 0
                   and not exists (select 1 from superseded_line x where x.line_id = e.id)
                 order by chain.hops"
            }
        };
        let mut found = HashMap::with_capacity(uids.len());
        for part in uids.chunks(LINES) {
            for row in sqlx::query(sql).bind(json_hex(part)).fetch_all(&mut *self.tx).await? {
                let uid: Vec<u8> = row.get(0);
                let uid = uid.try_into().map_err(|_| CacheError::stored("line id", "not 16 bytes"))?;
                // The one that is furthest along the chain comes last and stays.
                found.insert(
                    uid,
                    FoundLine {
                        side,
                        row: row.get(1),
                        amount: amount(row.get(2), row.get(3)),
                        currency: row.get(4),
                        status: row.get(5),
                        day: row.get(6),
                        match_id: row.get(7),
                        held_until: row.get(8),
                        account: row.get(9),
                        ledger_account: row.get(10),
                    },
                );
            }
        }
        Ok(found)
    }

    /// The proposals that lines are in, by line.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn find_proposed(
        &mut self,
        side: Side,
        rows: &[i64],
    ) -> Result<HashMap<i64, ProposedGroup>, CacheError> {
        let mut found = HashMap::new();
        for part in rows.chunks(LINES) {
            let rows = sqlx::query(
                "select l.line_id, g.id, g.account_id, g.day, g.kind in ('proposal', 'contradicts'), g.confidence,
                        g.bank, g.ledger
                 from json_each(?) j join group_line l on l.side = ? and l.line_id = j.value
                 join review_group g on g.id = l.group_id where g.section <> 3",
            )
            .bind(json_integers(part.iter().copied()))
            .bind(side.number())
            .fetch_all(&mut *self.tx)
            .await?;
            let count = |value: i64| usize::try_from(value).unwrap_or_default();
            found.extend(rows.iter().map(|row| {
                let group = ProposedGroup {
                    id: row.get(1),
                    account: row.get(2),
                    day: row.get(3),
                    single: row.get(4),
                    confidence: row.get(5),
                    bank: count(row.get(6)),
                    ledger: count(row.get(7)),
                };
                (row.get(0), group)
            }));
        }
        Ok(found)
    }

    /// Writes what decisions make of groups.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn settle(&mut self, settled: &Settled) -> Result<(), CacheError> {
        for (side, row) in &settled.unheld {
            self.set_hold(*side, *row, None).await?;
        }
        if !settled.dissolved.is_empty() {
            self.touched.extend(settled.dissolved.iter().copied());
            sqlx::query(
                "delete from review_group where section <> 3 and id in (select value from json_each(?))",
            )
            .bind(json_integers(settled.dissolved.iter().copied()))
            .execute(&mut *self.tx)
            .await?;
        }
        for group in &settled.confirmed {
            sqlx::query(
                "update review_group set section = 3, kind = 'match', match_id = ?, at = ?, by_rule = ?,
                     difference_reason = ? where id = ?",
            )
            .bind(&group.match_id)
            .bind(&group.at)
            .bind(group.by_rule)
            .bind(group.difference_reason.as_deref())
            .bind(group.id)
            .execute(&mut *self.tx)
            .await?;
        }
        let confirmed = || settled.confirmed.iter().map(|group| group.id);
        self.touched.extend(confirmed());
        let first = self.insert_groups(&settled.made).await?;
        let made = (first..).take(settled.made.len());
        self.count_settled(&json_integers(confirmed().chain(made)), true).await
    }

    /// Changes how many comments lines have.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn count_comments(
        &mut self,
        changes: impl IntoIterator<Item = ((Side, i64), CommentChange)>,
    ) -> Result<(), CacheError> {
        let rows: Vec<[i64; 4]> = changes
            .into_iter()
            .map(|((side, row), change)| [side.number(), row, change.by, change.least])
            .collect();
        let json = serde_json::to_string(&rows).map_err(|error| CacheError::stored("comments", error))?;
        sqlx::query(
            "insert into line_mark (side, line_id, comments)
             select c.side, c.line, max(coalesce(m.comments, 0) + c.by, c.least) from (
                 select value ->> 0 as side, value ->> 1 as line, value ->> 2 as by, value ->> 3 as least
                 from json_each(?)) c
             left join line_mark m on m.side = c.side and m.line_id = c.line
             where true
             on conflict (side, line_id) do update set comments = excluded.comments",
        )
        .bind(json)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}

/// Ids as a JSON array of hex.
fn json_hex(uids: &[[u8; 16]]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut json = String::with_capacity(uids.len() * 35 + 2);
    json.push('[');
    for uid in uids {
        json.push_str(if json.len() > 1 { ",\"" } else { "\"" });
        for byte in uid {
            json.push(char::from(DIGITS[usize::from(byte >> 4)]));
            json.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        json.push('"');
    }
    json.push(']');
    json
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    proptest! {
        #[test]
        fn many_comments_at_once_count_as_one_after_the_other(
            before in 0_i64..5, steps in vec(prop_oneof![Just(-1_i64), Just(1)], 0..20)
        ) {
            let mut change = CommentChange::default();
            let mut counted = before;
            for by in steps {
                change.step(by);
                counted = (counted + by).max(0);
            }
            prop_assert_eq!((before + change.by).max(change.least), counted);
        }
    }
}
