//! Proposing matches: open lines of an account and its ledger account go through the engine, and what it
//! answers becomes groups. Proposals are no decisions and leave no trace in the log.

use crate::{
    Desk, Session,
    error::DeskError,
    import::Watch,
    journal::{Act, Ask},
    review::find_account,
    workspace::blocking,
};
use attest_cache::{
    Side,
    accounts::AccountRow,
    bank::EntryRow,
    day_from_date,
    ledger::LedgerRow,
    review::{GroupKind, NewGroup},
};
use attest_domain::{
    Amount, Digest, EntryId, LedgerLineId,
    drafts::account_assigned,
    reconciliation::{Decision, Line, LinePart, LineReference, MatchRules, Proposal},
    statement::{References, Transaction},
};
use attest_matching::Rejected;
use attest_wire::Command;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::ControlFlow,
    sync::Arc,
};

/// Rows loaded from the database at once.
const LOAD_ROWS: usize = 5_000;
/// All days there are.
pub(crate) const ALL_DAYS: (i64, i64) = (i64::MIN, i64::MAX);

/// The lines of both sides that take part, with the rows they come from.
pub(crate) struct OpenLines {
    pub(crate) bank: Vec<Line>,
    pub(crate) ledger: Vec<Line>,
    rows: HashMap<String, (i64, i64)>,
}

impl Desk {
    /// Gives accounts without a ledger account the likeliest: a bank account of the chart (19xx in BAS) in the
    /// same currency that no other bank account has, with the most lines.
    pub(crate) async fn assign_ledger_accounts(&self, session: &Arc<Session>) -> Result<(), DeskError> {
        let accounts = session.cache.list_accounts().await?;
        let mut taken: HashSet<(String, String)> = accounts
            .iter()
            .filter_map(|account| Some((account.ledger_account.clone()?, account.currency.clone())))
            .collect();
        for account in accounts.iter().filter(|account| account.ledger_account.is_none()) {
            let candidates = session.cache.list_ledger_accounts(&account.currency).await?;
            let free = candidates.into_iter().map(|(number, _)| number).find(|number| {
                number.starts_with("19") && !taken.contains(&(number.clone(), account.currency.clone()))
            });
            if let Some(number) = free {
                taken.insert((number.clone(), account.currency.clone()));
                assign(session, account.id, &number, Some("guess")).await?;
            }
        }
        Ok(())
    }

    /// Chooses the ledger account of a bank account and proposes matches anew.
    ///
    /// # Errors
    /// [`DeskError::Unknown`] for an account that is not here.
    pub async fn set_ledger_account(&self, account: i64, ledger_account: &str) -> Result<(), DeskError> {
        let session = self.session().await?;
        let accounts = session.cache.list_accounts().await?;
        let unknown = || DeskError::Unknown { what: "account", name: account.to_string() };
        let row = accounts.iter().find(|row| row.id == account).ok_or_else(unknown)?;
        assign(&session, row.id, ledger_account, None).await?;
        session.forget();
        self.propose_account(&session, account, &self.watch_proposing()).await
    }

    /// Proposes for the accounts whose proposals do not know everything yet, until they do or the user stops it.
    ///
    /// An account without a ledger account keeps its mark: it is proposed for when it gets one.
    pub(crate) async fn propose_stale(
        &self,
        session: &Arc<Session>,
        watch: &Arc<Watch>,
    ) -> Result<(), DeskError> {
        loop {
            let accounts = session.cache.list_accounts().await?;
            let stale = |row: &AccountRow| row.stale.is_some() && row.ledger_account.is_some();
            let stale: Vec<i64> = accounts.iter().filter(|row| stale(row)).map(|row| row.id).collect();
            if stale.is_empty() {
                return Ok(());
            }
            for account in stale {
                if watch.stopped() {
                    return Ok(());
                }
                self.propose_account(session, account, watch).await?;
            }
        }
    }

    /// Finishes what was cut short, ledger accounts that were not guessed and proposals that were not made after the
    /// last documents came in, and proposes for lines whose hold has ended.
    pub(crate) async fn finish_proposing(
        &self,
        session: &Arc<Session>,
        watch: &Arc<Watch>,
    ) -> Result<(), DeskError> {
        let mut tx = session.begin().await?;
        tx.mark_due_stale(session.today()).await?;
        session.commit(tx).await?;
        if session.cache.list_accounts().await?.iter().any(|row| row.stale.is_some()) {
            self.assign_ledger_accounts(session).await?;
            self.propose_stale(session, watch).await?;
        }
        Ok(())
    }

    /// A watch for proposing outside an import, which locking stops.
    pub(crate) fn watch_proposing(&self) -> Arc<Watch> {
        let watch = Arc::new(Watch::default());
        *self.shared.proposing.lock().expect("no holder panics") = Arc::downgrade(&watch);
        watch
    }

    pub(crate) async fn propose_account(
        &self,
        session: &Arc<Session>,
        account: i64,
        watch: &Arc<Watch>,
    ) -> Result<(), DeskError> {
        let accounts = session.cache.list_accounts().await?;
        let Some(row) = accounts.into_iter().find(|row| row.id == account) else { return Ok(()) };
        let Some(ledger_account) = row.ledger_account.clone() else { return Ok(()) };
        let settled = session.cache.pack_settled(account).await?;
        let open = load_open(session, &row, &ledger_account, ALL_DAYS, &settled).await?;
        let rejected = load_rejected(session).await?;
        let rules = MatchRules::default();
        let (proposals, open) = {
            let watch = watch.clone();
            blocking(move || {
                let mut hook =
                    |_, _| if watch.stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
                let made =
                    attest_matching::propose_with(&open.bank, &open.ledger, &rules, &rejected, &mut hook);
                (made, open)
            })
            .await?
        };
        // Stopped by the user: the lines stay open and the mark stands, so that it is made up for.
        let Ok(proposals) = proposals else { return Ok(()) };
        let groups = plan_groups(account, &proposals, &open);
        let mut tx = session.begin().await?;
        tx.delete_proposals(account).await?;
        tx.finish_proposing(account, row.stale, session.today()).await?;
        tx.insert_proposals(groups).await?;
        session.commit(tx).await?;
        session.forget();
        Ok(())
    }
}

/// Open lines that a decision has freed, and the mark that stands until they are proposed for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Freed {
    pub(crate) account: i64,
    /// First and last day of them.
    pub(crate) days: (i64, i64),
    /// The act that freed them.
    pub(crate) act: i64,
    /// Log position the account was marked with.
    pub(crate) seq: u64,
    /// Whether nothing else had marked the account before.
    pub(crate) clean: bool,
}

impl Desk {
    /// Proposes anew for lines that a decision has freed, among the open lines of the days around them.
    pub(crate) async fn propose_around(
        &self,
        session: &Arc<Session>,
        freed: &[Freed],
    ) -> Result<(), DeskError> {
        for Freed { account, days: (from, to), act, seq, clean } in freed.iter().copied() {
            let row = find_account(session, account).await?;
            let Some(ledger_account) = row.ledger_account.clone() else { continue };
            let rules = MatchRules::default();
            let around = i64::from(rules.days_max) + 1;
            let days = (from.saturating_sub(around), to.saturating_add(around));
            let mut grouped = [Vec::new(), Vec::new()];
            for (rows, side) in grouped.iter_mut().zip([Side::Bank, Side::Ledger]) {
                *rows = session
                    .cache
                    .pack_grouped(side)
                    .await?
                    .into_iter()
                    .map(|row| row & 0xFFFF_FFFF)
                    .collect();
                rows.sort_unstable();
            }
            let open = load_open(session, &row, &ledger_account, days, &grouped).await?;
            let rejected = load_rejected(session).await?;
            let (proposals, open) = blocking(move || {
                let mut hook = |_, _| ControlFlow::Continue(());
                (attest_matching::propose_with(&open.bank, &open.ledger, &rules, &rejected, &mut hook), open)
            })
            .await?;
            let groups = plan_groups(account, &proposals.unwrap_or_default(), &open);
            let mut tx = session.begin().await?;
            let first = tx.next_group().await?;
            tx.insert_proposals(groups).await?;
            tx.set_made_for(first, act).await?;
            if clean {
                tx.clear_stale(account, seq).await?;
            }
            session.commit(tx).await?;
        }
        Ok(())
    }
}

async fn assign(
    session: &Session,
    account: i64,
    number: &str,
    reason: Option<&str>,
) -> Result<(), DeskError> {
    let mut tx = session.begin().await?;
    tx.set_ledger_account(account, number).await?;
    let seq = tx.next_seq().await?;
    tx.mark_stale(account, seq).await?;
    let key = tx.find_account_key(account).await?;
    let draft = account_assigned(&account_object(&key), &key, number, reason);
    let ask = Ask::plain(Command::AssignAccount { account: key, ledger_account: number.to_owned() });
    session.author.append(&mut tx, draft, Act::default(), Some(ask)).await?;
    session.commit(tx).await?;
    Ok(())
}

/// The id of an account in the log: a digest of its normalised number and currency.
pub(crate) fn account_object(key: &str) -> Digest {
    use sha2::Digest as _;
    Digest(sha2::Sha256::digest(key.as_bytes()).into())
}

/// Loads the lines of these days that are not `taken` (sorted rows of the bank's and the ledger's side) nor on hold.
pub(crate) async fn load_open(
    session: &Session,
    account: &AccountRow,
    ledger_account: &str,
    days: (i64, i64),
    taken: &[Vec<i64>; 2],
) -> Result<OpenLines, DeskError> {
    let cache = &session.cache;
    let today = session.today();
    let marks = cache.list_marks().await?;
    let held = |side: Side, row: i64| {
        marks.get(&(side, row)).and_then(|mark| mark.held_until).is_some_and(|until| until > today)
    };
    let mut open = OpenLines { bank: Vec::new(), ledger: Vec::new(), rows: HashMap::new() };
    let keep = |packed: Vec<i64>, side: Side| -> Vec<i64> {
        let taken = &taken[usize::from(side == Side::Ledger)];
        packed
            .into_iter()
            .map(|value| value & 0xFFFF_FFFF)
            .filter(|row| taken.binary_search(row).is_err() && !held(side, *row))
            .collect()
    };
    let bank = keep(cache.pack_entries(account.id, days).await?, Side::Bank);
    for rows in bank.chunks(LOAD_ROWS) {
        for row in cache.load_entries(rows).await? {
            let line = bank_line(&row);
            let day = line.date.map_or(0, day_from_date);
            open.rows.insert(line.id.clone(), (row.row, day));
            open.bank.push(line);
        }
    }
    let ledger = keep(cache.pack_ledger_lines(ledger_account, &account.currency, days).await?, Side::Ledger);
    for rows in ledger.chunks(LOAD_ROWS) {
        for row in cache.load_ledger_lines(rows).await? {
            let line = ledger_line(&row);
            let day = line.date.map_or(0, day_from_date);
            open.rows.insert(line.id.clone(), (row.row, day));
            open.ledger.push(line);
        }
    }
    Ok(open)
}

fn reference(kind: &str, value: Option<&String>) -> Option<LineReference> {
    value.map(|value| LineReference { kind: kind.to_owned(), value: value.clone() })
}

fn references(refs: &References, transaction: &Transaction) -> Vec<LineReference> {
    let structured = refs.structured.iter().map(|reference| LineReference {
        kind: match reference.value.get(..2) {
            Some("RF") => "rf".to_owned(),
            _ => "structured".to_owned(),
        },
        value: reference.value.clone(),
    });
    let documents =
        transaction.documents.iter().filter_map(|document| reference("invoice", document.number.as_ref()));
    [
        reference("end_to_end", refs.end_to_end.as_ref()),
        reference("instruction", refs.instruction.as_ref()),
        reference("payment_information", refs.payment_information.as_ref()),
    ]
    .into_iter()
    .flatten()
    .chain(structured)
    .chain(documents)
    .collect()
}

/// A bank entry as the engine sees it.
fn bank_line(row: &EntryRow) -> Line {
    let entry = &row.entry;
    let batch = entry.batch.as_ref().and_then(|batch| batch.payment_information.clone());
    let single = match entry.transactions.as_slice() {
        [only] => Some(only),
        _ => None,
    };
    let mut refs = single.map(|transaction| references(&transaction.refs, transaction)).unwrap_or_default();
    refs.extend(reference("payment_information", batch.as_ref()));
    refs.extend(reference("servicer", entry.servicer_reference.as_ref()));
    let party = entry.counterparty();
    let parts = if entry.transactions.len() > 1 { entry.transactions.as_slice() } else { &[] };
    Line {
        id: entry.id.to_string(),
        date: entry.booked.or(entry.valued),
        amount: entry.amount,
        currency: Some(entry.currency),
        references: refs,
        counterparty: party.and_then(|party| party.ultimate.clone().or(party.name.clone())),
        counterparty_account: party.and_then(|party| party.account.clone()),
        text: entry.text().unwrap_or_default(),
        group: batch,
        parts: parts
            .iter()
            .map(|transaction| LinePart {
                amount: transaction.amount,
                references: references(&transaction.refs, transaction),
                counterparty: transaction.counterparty.name.clone(),
                text: transaction.text().unwrap_or_default(),
            })
            .collect(),
    }
}

/// A ledger line as the engine sees it.
fn ledger_line(row: &LedgerRow) -> Line {
    let voucher = format!("{}{}", row.series, row.number);
    let text = match (&row.text, &row.voucher_text) {
        (Some(text), Some(voucher)) if !voucher.contains(text.as_str()) => format!("{text} {voucher}"),
        (None, Some(voucher)) => voucher.clone(),
        (text, _) => text.clone().unwrap_or_default(),
    };
    Line {
        id: row.id.to_string(),
        date: row.date.or(row.voucher_date),
        amount: row.amount,
        currency: attest_domain::Currency::parse(&row.currency),
        references: vec![LineReference { kind: "voucher".to_owned(), value: voucher }],
        counterparty: None,
        counterparty_account: None,
        text,
        group: Some(row.voucher.to_string()),
        parts: Vec::new(),
    }
}

/// Proposals become groups; ambiguous ones that share lines become one group that shows all of them.
fn plan_groups(account: i64, proposals: &[Proposal], open: &OpenLines) -> Vec<NewGroup> {
    let (ambiguous, single): (Vec<&Proposal>, Vec<&Proposal>) =
        proposals.iter().partition(|proposal| proposal.decision == Decision::Ambiguous);
    let mut groups: Vec<NewGroup> =
        single.iter().map(|proposal| new_group(account, &[proposal], open)).collect();
    // A line that has a proposal of its own is shown there, not among the equal solutions it also fits.
    let bank: HashSet<i64> = groups.iter().flat_map(|group| group.bank.iter().copied()).collect();
    let ledger: HashSet<i64> = groups.iter().flat_map(|group| group.ledger.iter().copied()).collect();
    for component in components(&ambiguous) {
        let mut group = new_group(account, &component, open);
        group.bank.retain(|row| !bank.contains(row));
        group.ledger.retain(|row| !ledger.contains(row));
        if !group.bank.is_empty() && !group.ledger.is_empty() {
            groups.push(group);
        }
    }
    groups
}

/// Splits proposals into sets that share no line.
fn components<'p>(proposals: &[&'p Proposal]) -> Vec<Vec<&'p Proposal>> {
    let mut owner: HashMap<&str, usize> = HashMap::new();
    let mut sets: BTreeMap<usize, Vec<&'p Proposal>> = BTreeMap::new();
    for (position, proposal) in proposals.iter().enumerate() {
        let lines = || proposal.left.iter().chain(&proposal.right);
        let mut met: Vec<usize> = lines().filter_map(|line| owner.get(line.as_str()).copied()).collect();
        met.sort_unstable();
        met.dedup();
        let target = met.first().copied().unwrap_or(position);
        for other in met.into_iter().skip(1) {
            let moved = sets.remove(&other).unwrap_or_default();
            for proposal in &moved {
                for line in proposal.left.iter().chain(&proposal.right) {
                    owner.insert(line, target);
                }
            }
            sets.entry(target).or_default().extend(moved);
        }
        for line in lines() {
            owner.insert(line, target);
        }
        sets.entry(target).or_default().push(proposal);
    }
    sets.into_values().collect()
}

fn new_group(account: i64, proposals: &[&Proposal], open: &OpenLines) -> NewGroup {
    let best = proposals[0];
    let rows = |ids: &mut dyn Iterator<Item = &String>| -> Vec<(i64, i64)> {
        let mut rows: Vec<_> = ids.filter_map(|id| open.rows.get(id).copied()).collect();
        rows.sort_unstable();
        rows.dedup();
        rows
    };
    let bank = rows(&mut proposals.iter().flat_map(|proposal| &proposal.left));
    let ledger = rows(&mut proposals.iter().flat_map(|proposal| &proposal.right));
    let contradicted =
        best.reasons.iter().any(|reason| reason.field == "contradiction" && reason.weight < 0.0);
    let kind = match best.decision {
        Decision::Ambiguous => GroupKind::Ambiguous,
        _ if contradicted => GroupKind::Contradicts,
        Decision::Auto | Decision::Suggest => GroupKind::Proposal,
    };
    NewGroup {
        account,
        kind,
        day: bank.iter().map(|(_, day)| *day).min().or(ledger.iter().map(|(_, day)| *day).min()).unwrap_or(0),
        bank: bank.iter().map(|(row, _)| *row).collect(),
        ledger: ledger.iter().map(|(row, _)| *row).collect(),
        difference: if kind == GroupKind::Ambiguous { Amount::ZERO } else { best.difference },
        difference_reason: None,
        confidence: Some(format!("{:.3}", best.confidence)),
        // What differs is for a person to explain, however certain it is that the lines belong together.
        safe: best.decision == Decision::Auto && best.difference.is_zero(),
        by_rule: false,
        alternatives: best.alternatives.max(u32::try_from(proposals.len()).unwrap_or(u32::MAX)),
        reasons: serde_json::to_string(&best.reasons).unwrap_or_else(|_| "[]".to_owned()),
        pass: best.pass.clone(),
        match_id: None,
        at: None,
    }
}

/// The stored form of a combination: sorted ids of the bank's side, `|`, sorted ids of the ledger's.
pub(crate) fn combination(bank: &[String], ledger: &[String]) -> String {
    let sorted = |ids: &[String]| {
        let mut ids = ids.to_vec();
        ids.sort();
        ids.join(",")
    };
    format!("{}|{}", sorted(bank), sorted(ledger))
}

/// The combinations that were turned down, each under the ids that count today as well: a rejection holds for the
/// line that took the place of another.
async fn load_rejected(session: &Session) -> Result<Vec<Rejected>, DeskError> {
    let mut rejected = parse_rejected(&session.cache.list_rejected().await?);
    let mut followed = Vec::new();
    for combination in &rejected {
        let left: Vec<_> =
            combination.left.iter().filter_map(|id| EntryId::parse(id)).map(|id| id.0).collect();
        let right: Vec<_> =
            combination.right.iter().filter_map(|id| LedgerLineId::parse(id)).map(|id| id.0).collect();
        let mut now = combination.clone();
        for (before, after) in session.cache.list_followers(Side::Bank, &left).await? {
            let (before, after) = (EntryId(before).to_string(), EntryId(after).to_string());
            now.left.iter_mut().filter(|id| **id == before).for_each(|id| id.clone_from(&after));
        }
        for (before, after) in session.cache.list_followers(Side::Ledger, &right).await? {
            let (before, after) = (LedgerLineId(before).to_string(), LedgerLineId(after).to_string());
            now.right.iter_mut().filter(|id| **id == before).for_each(|id| id.clone_from(&after));
        }
        if now != *combination {
            now.left.sort();
            now.right.sort();
            followed.push(now);
        }
    }
    rejected.extend(followed);
    Ok(rejected)
}

pub(crate) fn parse_rejected(stored: &[String]) -> Vec<Rejected> {
    let split = |ids: &str| ids.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
    stored
        .iter()
        .filter_map(|lines| lines.split_once('|'))
        .map(|(left, right)| Rejected { left: split(left), right: split(right) })
        .collect()
}
