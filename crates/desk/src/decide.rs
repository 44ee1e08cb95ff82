//! Decisions: what the window or a script asks for becomes commands, the rules decide, events are written and
//! applied in one transaction.

use crate::{
    Desk, Session,
    error::DeskError,
    journal::{Act, Ask, make_id},
    project::{self, Effects, find_lines},
    propose::{ALL_DAYS, Freed},
    review::{RowKey, parse_line},
    supersede::month_days,
    view::{DecisionRequest, DecisionView, LineRef},
};
use attest_cache::{
    Side, date_from_day,
    log::WriteTx,
    review::{GroupKind, GroupRow},
};
use attest_domain::{
    Currency, Date, EntryId, LedgerLineId,
    command::{Command, DifferenceReason, Facts, LineFact, LineId, LineState, MatchFact, MatchedBy},
    decide,
    event::Event,
    statement::EntryStatus,
};
use attest_evidence::leaf;
use std::{collections::BTreeSet, sync::Arc};
use uuid::Uuid;

/// Name and version of the engine whose proposals rules confirm.
const ENGINE: &str = "matching/1";

/// What one request wrote.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) events: u32,
    pub(crate) first: Option<u64>,
    /// What applying the events did to proposals, and under which act.
    pub(crate) effects: Effects,
    /// Accounts and days whose open lines changed, for proposing again.
    pub(crate) freed: BTreeSet<(i64, i64)>,
    /// Accounts whose lines were decided about.
    pub(crate) accounts: BTreeSet<i64>,
    /// Accounts to propose for as a whole.
    pub(crate) whole: BTreeSet<i64>,
    /// The dissolved match that the next command brings back.
    pub(crate) brings_back: Option<String>,
}

impl Written {
    /// Nothing yet, of an act (see [`Effects`]).
    pub(crate) fn of(act: i64) -> Self {
        Self { effects: Effects { act, ..Effects::default() }, ..Self::default() }
    }
}

impl Desk {
    /// Carries out a decision.
    ///
    /// # Errors
    /// The rules' refusal in words for a person; [`DeskError::StaleView`] when the group is no longer what the
    /// list says. Nothing has changed then.
    pub async fn decide(&self, request: DecisionRequest) -> Result<DecisionView, DeskError> {
        let session = self.session().await?;
        let acted = acted_on(&request);
        let next = session.newest_view().and_then(|view| view.list.neighbour(acted?)).map(RowKey::handle);
        let mut tx = session.begin().await?;
        let mut written = carry_out(&session, &mut tx, request).await?;
        written.freed.append(&mut written.effects.dissolved);
        let freed = mark_stale(&mut tx, &written).await?;
        session.commit(tx).await?;
        session.drop_base();
        self.propose_around(&session, &freed).await?;
        if !written.whole.is_empty() {
            self.propose_stale(&session, &self.watch_proposing()).await?;
        }
        session.drop_base();
        Ok(DecisionView { events: written.events, seq: written.first.unwrap_or(0), next })
    }
}

/// Marks the accounts whose open lines changed, until the proposals know of it.
async fn mark_stale(tx: &mut WriteTx, written: &Written) -> Result<Vec<Freed>, DeskError> {
    let seq = written.first.unwrap_or(0);
    let mut freed: Vec<Freed> = Vec::new();
    // Sorted by account and day.
    for (account, day) in &written.freed {
        match freed.last_mut().filter(|span| span.account == *account) {
            Some(span) => span.days.1 = *day,
            None => {
                let clean = tx.find_freshness(*account).await?.stale.is_none();
                let act = written.effects.act;
                freed.push(Freed { account: *account, days: (*day, *day), act, seq, clean });
            }
        }
    }
    for account in freed.iter().map(|span| &span.account).chain(&written.whole) {
        tx.mark_stale(*account, seq).await?;
    }
    Ok(freed)
}

fn acted_on(request: &DecisionRequest) -> Option<RowKey> {
    match request {
        DecisionRequest::Accept { group, .. }
        | DecisionRequest::Reject { group }
        | DecisionRequest::Unmatch { group, .. } => Some(RowKey::from_handle(*group)),
        _ => None,
    }
}

async fn carry_out(
    session: &Arc<Session>,
    tx: &mut WriteTx,
    request: DecisionRequest,
) -> Result<Written, DeskError> {
    match request {
        DecisionRequest::Undo => return crate::undo::undo(session, tx).await,
        DecisionRequest::Redo => return crate::undo::redo(session, tx).await,
        _ => tx.clear_redo_shelf().await?,
    }
    let mut written = Written::of(tx.next_seq().await?.cast_signed());
    let command = match request {
        DecisionRequest::Undo | DecisionRequest::Redo => return Ok(written),
        DecisionRequest::AcceptSafe { account, month } => {
            let days = month.as_deref().map(month_days).transpose()?.unwrap_or(ALL_DAYS);
            accept_safe(session, tx, account, days, &mut written).await?;
            return Ok(written);
        }
        DecisionRequest::Accept { group, difference_reason } => {
            let group = proposal(tx, group).await?;
            let reason = difference_reason.as_deref().map(parse_reason).transpose()?;
            accept(session, tx, &group, MatchedBy::User, reason, Act::default(), &mut written).await?;
            return Ok(written);
        }
        DecisionRequest::Reject { group } => {
            let group = proposal(tx, group).await?;
            Command::Reject { lines: group_lines(tx, group.id).await? }
        }
        DecisionRequest::Unmatch { group, reason } => {
            let group = load_group(tx, group).await?;
            let match_id = group.match_id.ok_or(decide::Refusal::UnknownMatch)?;
            let note = reason.filter(|note| !note.trim().is_empty());
            Command::Unmatch { match_id, note, holds: Vec::new(), hold_note: None }
        }
        DecisionRequest::Match { lines, difference_reason } => Command::Match {
            lines: parse_lines(&lines)?,
            by: MatchedBy::User,
            confidence: None,
            difference_reason: difference_reason.as_deref().map(parse_reason).transpose()?,
        },
        DecisionRequest::Hold { lines, until, note } => Command::Hold {
            lines: parse_lines(&lines)?,
            until: until
                .parse::<Date>()
                .map_err(|_| DeskError::Argument { what: "day (YYYY-MM-DD)", value: until })?,
            note: note.filter(|note| !note.trim().is_empty()),
        },
        DecisionRequest::Release { lines } => Command::Release { lines: parse_lines(&lines)? },
        DecisionRequest::Comment { line, text } => Command::Comment { line: parse_lines(&[line])?[0], text },
        DecisionRequest::WriteOff { lines, reason, note } => Command::WriteOff {
            lines: parse_lines(&lines)?,
            reason: parse_reason(&reason)?,
            note: note.filter(|note| !note.trim().is_empty()),
        },
    };
    perform(session, tx, &command, Act::default(), None, &mut written).await?;
    Ok(written)
}

/// Loads the facts, lets the rules decide, writes and applies the event.
pub(crate) async fn perform(
    session: &Session,
    tx: &mut WriteTx,
    command: &Command,
    act: Act,
    reason: Option<&str>,
    written: &mut Written,
) -> Result<Event, DeskError> {
    let brings_back = written.brings_back.clone();
    let facts = load_facts(session, tx, command, reason.is_some(), written).await?;
    let mut draft = decide::decide(command, &facts)?;
    draft.reason = reason.map(str::to_owned);
    let ask = ask(command, &facts, brings_back);
    let event = session.author.append(tx, draft, act, Some(ask)).await?;
    project::apply(tx, &event, &mut written.effects).await?;
    written.events += 1;
    written.first.get_or_insert(event.seq);
    Ok(event)
}

/// What the backend is asked for where a decision is about lines.
fn ask(command: &Command, facts: &Facts, brings_back: Option<String>) -> Ask {
    Ask {
        command: attest_wire::Command::from(command),
        object: Uuid::parse_str(&facts.new_id).ok(),
        brings_back,
        document: None,
    }
}

/// Taking something back may restore a hold that has run out, so `takes_back` leaves the day unsaid.
async fn load_facts(
    session: &Session,
    tx: &mut WriteTx,
    command: &Command,
    takes_back: bool,
    written: &mut Written,
) -> Result<Facts, DeskError> {
    let today = Some(session.author.clock.today()).filter(|_| !takes_back);
    let mut facts = Facts { today, new_id: make_id().to_string(), ..Facts::default() };
    if let Some(match_id) = written.brings_back.take() {
        let leaf = tx.find_newest_leaf(&match_id).await?.ok_or(decide::Refusal::UnknownMatch)?;
        facts.dissolved = Some((match_id, leaf::decode(&leaf)?.object.version));
    }
    let mut seen = BTreeSet::new();
    for id in command.lines() {
        // Two ids may have become one line; naming it twice would count it twice.
        let line = find_lines(vec![id], tx).await?.into_iter().next();
        if let Some(line) = line.filter(|line| seen.insert((line.side, line.row))) {
            let currency = Currency::parse(&line.currency)
                .ok_or_else(|| DeskError::Bug(format!("currency {}", line.currency)))?;
            let state = match (&line.match_id, line.held_until.and_then(date_from_day)) {
                (Some(match_id), _) => LineState::Settled { match_id: match_id.clone() },
                (None, Some(until)) => LineState::Held(until),
                (None, None) => LineState::Open,
            };
            let status = match line.status {
                0 => EntryStatus::Booked,
                1 => EntryStatus::Pending,
                _ => EntryStatus::Info,
            };
            if !matches!(command, Command::Comment { .. } | Command::Withdraw { .. }) {
                let account = match (line.account, &line.ledger_account) {
                    (None, Some(number)) => tx.find_account_of_ledger(number, &line.currency).await?,
                    (account, _) => account,
                };
                written.accounts.extend(account);
                if !matches!(command, Command::Match { .. }) {
                    written.freed.extend(account.map(|account| (account, line.day)));
                }
            }
            facts.lines.push(LineFact { id, amount: line.amount, currency, status, state });
        }
    }
    if let Command::Unmatch { match_id, .. } = command {
        facts.matched = load_match(tx, match_id, written).await?;
    }
    Ok(facts)
}

async fn load_match(
    tx: &mut WriteTx,
    match_id: &str,
    written: &mut Written,
) -> Result<Option<MatchFact>, DeskError> {
    let Some(group) = tx.find_match(match_id).await? else { return Ok(None) };
    written.accounts.insert(group.account);
    if !group.was_proposed() {
        written.freed.insert((group.account, group.day));
    }
    let lines = group_lines(tx, group.id).await?;
    let leaf = tx.find_newest_leaf(match_id).await?.ok_or(decide::Refusal::UnknownMatch)?;
    let event = leaf::decode(&leaf)?;
    let (version, after) = (event.object.version, event.after.unwrap_or_default());
    Ok(Some(MatchFact { match_id: match_id.to_owned(), lines, version, after }))
}

async fn load_group(tx: &mut WriteTx, handle: i64) -> Result<GroupRow, DeskError> {
    let RowKey::Group(id) = RowKey::from_handle(handle) else { return Err(DeskError::StaleView) };
    tx.load_groups(&[id]).await?.into_iter().next().ok_or(DeskError::StaleView)
}

/// A group that can be accepted or rejected as a whole. Several equal solutions cannot: a person picks the lines.
async fn proposal(tx: &mut WriteTx, handle: i64) -> Result<GroupRow, DeskError> {
    let group = load_group(tx, handle).await?;
    match group.kind {
        GroupKind::Proposal | GroupKind::Contradicts => Ok(group),
        GroupKind::Ambiguous => Err(DeskError::Ambiguous(group.alternatives)),
        GroupKind::Match | GroupKind::WriteOff => Err(DeskError::StaleView),
    }
}

async fn group_lines(tx: &mut WriteTx, group: i64) -> Result<Vec<LineId>, DeskError> {
    let members = tx.load_group_lines(&[group]).await?;
    let rows = |side: Side| -> Vec<i64> {
        members.iter().filter(|(_, of, _)| *of == side).map(|(_, _, row)| *row).collect()
    };
    let bank = tx.load_line_ids(Side::Bank, &rows(Side::Bank)).await?;
    let ledger = tx.load_line_ids(Side::Ledger, &rows(Side::Ledger)).await?;
    let bank = bank.into_iter().map(|(_, id)| LineId::Bank(EntryId(id)));
    Ok(bank.chain(ledger.into_iter().map(|(_, id)| LineId::Ledger(LedgerLineId(id)))).collect())
}

/// Confirms a proposal. A difference is explained by a person or not at all: the engine names no reasons for one.
async fn accept(
    session: &Session,
    tx: &mut WriteTx,
    group: &GroupRow,
    by: MatchedBy,
    reason: Option<DifferenceReason>,
    act: Act,
    written: &mut Written,
) -> Result<(), DeskError> {
    let by_rule = matches!(by, MatchedBy::Rule { .. });
    let command = Command::Match {
        lines: group_lines(tx, group.id).await?,
        by,
        confidence: group.confidence.clone(),
        difference_reason: reason,
    };
    let facts = load_facts(session, tx, &command, false, written).await?;
    let draft = decide::decide(&command, &facts)?;
    for held in facts.lines.iter().filter(|line| matches!(line.state, LineState::Held(_))) {
        // Its day has passed, else it would not be proposed; settling ends the hold for good.
        for line in find_lines(vec![held.id], tx).await? {
            tx.set_hold(line.side, line.row, None).await?;
        }
    }
    let event = session.author.append(tx, draft, act, Some(ask(&command, &facts, None))).await?;
    let reason = reason.filter(|_| !group.difference.is_zero()).map(DifferenceReason::code);
    // The group has exactly these lines already; confirming it says the same as applying the event.
    tx.confirm_group(group.id, &event.object.id, &event.at, by_rule, reason).await?;
    written.events += 1;
    written.first.get_or_insert(event.seq);
    Ok(())
}

async fn accept_safe(
    session: &Arc<Session>,
    tx: &mut WriteTx,
    account: i64,
    days: (i64, i64),
    written: &mut Written,
) -> Result<(), DeskError> {
    let act = Act { trace: Some(Uuid::now_v7()), reverts: None };
    for id in tx.list_safe_groups(account, days).await? {
        let group = tx.load_groups(&[id]).await?.into_iter().next();
        // A difference is for a person to explain, one by one.
        if let Some(group) = group.filter(|group| group.difference.is_zero()) {
            let by = MatchedBy::Rule { engine: ENGINE.to_owned() };
            accept(session, tx, &group, by, None, act, written).await?;
        }
    }
    Ok(())
}

fn parse_lines(lines: &[LineRef]) -> Result<Vec<LineId>, DeskError> {
    lines
        .iter()
        .map(|line| {
            Ok(match parse_line(line)? {
                (Side::Bank, id) => LineId::Bank(EntryId(id)),
                (Side::Ledger, id) => LineId::Ledger(LedgerLineId(id)),
            })
        })
        .collect()
}

fn parse_reason(code: &str) -> Result<DifferenceReason, DeskError> {
    DifferenceReason::parse(code)
        .ok_or_else(|| DeskError::Argument { what: "reason", value: code.to_owned() })
}
