//! Carrying out a stretch of the log, pulled or on a rebuild: what comes after one another and is alike is carried out
//! together, with few statements.
//!
//! Invariant: what is shown in the end is what [`project::apply`] makes of the events one by one. Matches and write-offs
//! are gathered until an event of another kind comes; comments, which nothing else depends on, until the end.

use crate::{
    error::DeskError,
    project::{self, Effects, account_of, is_by_rule, made_group},
};
use attest_cache::{
    Side,
    log::WriteTx,
    review::{CommentChange, ConfirmedGroup, FoundLine, ProposedGroup, Settled},
};
use attest_domain::{
    command::LineId,
    event::{Event, action},
    state::line_ids,
};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Applies events of cash movements in their order.
pub(crate) async fn apply_all(
    tx: &mut WriteTx,
    events: &[&Event],
    effects: &mut Effects,
) -> Result<(), DeskError> {
    let mut decisions: Vec<&Event> = Vec::new();
    let mut remarks: Vec<&Event> = Vec::new();
    for event in events {
        match event.action.as_str() {
            action::MATCH | action::WRITE_OFF => decisions.push(event),
            action::COMMENT | action::WITHDRAW => remarks.push(event),
            _ => {
                settle_all(tx, &std::mem::take(&mut decisions), effects).await?;
                project::apply(tx, event, effects).await?;
                touch(tx, event, effects).await?;
            }
        }
    }
    settle_all(tx, &decisions, effects).await?;
    count_remarks(tx, &remarks).await
}

/// Has the lines of what changes what may be proposed be proposed for again.
async fn touch(tx: &mut WriteTx, event: &Event, effects: &mut Effects) -> Result<(), DeskError> {
    let changes =
        [action::REJECT, action::RECONSIDER, action::HOLD, action::RELEASE].contains(&event.action.as_str());
    if !changes {
        return Ok(());
    }
    let lines = project::find_lines(line_ids(event.after.as_ref()), tx).await?;
    let of: Vec<&FoundLine> = lines.iter().collect();
    if let (Some(account), Some(line)) = (account_of(tx, &of).await?, lines.first()) {
        effects.dissolved.insert((account, line.day));
    }
    Ok(())
}

/// Lines by their id.
struct Lines {
    bank: HashMap<[u8; 16], FoundLine>,
    ledger: HashMap<[u8; 16], FoundLine>,
}

impl Lines {
    async fn of(tx: &mut WriteTx, ids: &[Vec<LineId>]) -> Result<Self, DeskError> {
        let (mut bank, mut ledger) = (Vec::new(), Vec::new());
        for id in ids.iter().flatten() {
            match id {
                LineId::Bank(id) => bank.push(id.0),
                LineId::Ledger(id) => ledger.push(id.0),
            }
        }
        for ids in [&mut bank, &mut ledger] {
            ids.sort_unstable();
            ids.dedup();
        }
        Ok(Self {
            bank: tx.find_lines(Side::Bank, &bank).await?,
            ledger: tx.find_lines(Side::Ledger, &ledger).await?,
        })
    }

    /// Those that are here, each once, in the order of their ids.
    fn find(&self, ids: &[LineId]) -> Vec<&FoundLine> {
        let mut found: Vec<&FoundLine> = Vec::with_capacity(ids.len());
        for id in ids {
            let line = match id {
                LineId::Bank(id) => self.bank.get(&id.0),
                LineId::Ledger(id) => self.ledger.get(&id.0),
            };
            let new = |line: &&FoundLine| {
                !found.iter().any(|other| (other.side, other.row) == (line.side, line.row))
            };
            if let Some(line) = line.filter(new) {
                found.push(line);
            }
        }
        found
    }
}

/// The proposals that lines are in.
struct Proposed {
    bank: HashMap<i64, ProposedGroup>,
    ledger: HashMap<i64, ProposedGroup>,
}

impl Proposed {
    async fn around(tx: &mut WriteTx, lines: &Lines) -> Result<Self, DeskError> {
        let rows =
            |found: &HashMap<[u8; 16], FoundLine>| found.values().map(|line| line.row).collect::<Vec<_>>();
        let (bank, ledger) = (rows(&lines.bank), rows(&lines.ledger));
        Ok(Self {
            bank: tx.find_proposed(Side::Bank, &bank).await?,
            ledger: tx.find_proposed(Side::Ledger, &ledger).await?,
        })
    }

    fn of(&self, line: &FoundLine) -> Option<&ProposedGroup> {
        match line.side {
            Side::Bank => self.bank.get(&line.row),
            Side::Ledger => self.ledger.get(&line.row),
        }
    }

    /// The single proposal of exactly these lines with this confidence.
    fn same(&self, lines: &[&FoundLine], confidence: &str) -> Option<&ProposedGroup> {
        let first = lines.iter().find(|line| line.side == Side::Bank)?;
        let group = self.of(first)?;
        let bank = lines.iter().filter(|line| line.side == Side::Bank).count();
        let whole = (group.bank, group.ledger) == (bank, lines.len() - bank)
            && lines.iter().all(|line| self.of(line).is_some_and(|other| other.id == group.id));
        (whole && group.single && group.confidence.as_deref() == Some(confidence)).then_some(group)
    }
}

/// Matches and write-offs in their order; see [`project::apply`] for one of them.
async fn settle_all(tx: &mut WriteTx, events: &[&Event], effects: &mut Effects) -> Result<(), DeskError> {
    if events.is_empty() {
        return Ok(());
    }
    let ids: Vec<Vec<LineId>> = events.iter().map(|event| line_ids(event.after.as_ref())).collect();
    let lines = Lines::of(tx, &ids).await?;
    let proposed = Proposed::around(tx, &lines).await?;
    let mut settled = Settled::default();
    let mut taken: HashSet<(Side, i64)> = HashSet::new();
    let mut dissolved: HashSet<i64> = HashSet::new();
    for (event, ids) in events.iter().zip(&ids) {
        let found = lines.find(ids);
        let is_settled =
            |line: &&FoundLine| line.match_id.is_some() || taken.contains(&(line.side, line.row));
        if found.len() < ids.len() || found.iter().any(is_settled) {
            tracing::info!(
                seq = event.seq,
                "a match does not stand: its lines are settled otherwise or not here any more"
            );
            continue;
        }
        let held = found.iter().filter(|line| line.held_until.is_some());
        settled.unheld.extend(held.map(|line| (line.side, line.row)));
        let word =
            |name: &str| event.after.as_ref().and_then(|after| after.get(name)).and_then(Value::as_str);
        let same = word("confidence").and_then(|confidence| proposed.same(&found, confidence));
        if let Some(group) = same.filter(|group| !dissolved.contains(&group.id)) {
            taken.extend(found.iter().map(|line| (line.side, line.row)));
            settled.confirmed.push(ConfirmedGroup {
                id: group.id,
                match_id: event.object.id.clone(),
                at: event.at.clone(),
                by_rule: is_by_rule(event),
                difference_reason: word("difference_reason").map(str::to_owned),
            });
            continue;
        }
        for group in found.iter().filter_map(|line| proposed.of(line)) {
            if dissolved.insert(group.id) {
                settled.dissolved.push(group.id);
                effects.dissolved.insert((group.account, group.day));
            }
        }
        let Some(account) = account_of(tx, &found).await? else {
            tracing::warn!(seq = event.seq, "a match speaks of lines that are not here");
            continue;
        };
        taken.extend(found.iter().map(|line| (line.side, line.row)));
        settled.made.push(made_group(event, account, &found));
    }
    tx.settle(&settled).await?;
    Ok(())
}

async fn count_remarks(tx: &mut WriteTx, events: &[&Event]) -> Result<(), DeskError> {
    if events.is_empty() {
        return Ok(());
    }
    let ids: Vec<Vec<LineId>> = events.iter().map(|event| line_ids(event.after.as_ref())).collect();
    let lines = Lines::of(tx, &ids).await?;
    let mut changes: BTreeMap<(Side, i64), CommentChange> = BTreeMap::new();
    for (event, ids) in events.iter().zip(&ids) {
        let by = if event.action == action::COMMENT { 1 } else { -1 };
        for line in lines.find(ids) {
            changes.entry((line.side, line.row)).or_default().step(by);
        }
    }
    tx.count_comments(changes).await?;
    Ok(())
}
