//! What lists are made from, kept in memory: every group and open line of an account in the order of lists, and which
//! line is in which group.
//!
//! Read whole when first needed, or ahead of that in the background ([`prepare`]); afterwards mended by what decisions
//! changed. Dropped on lock and after every import. Until it is there a month is read by itself, which is quicker.

use super::{
    list::{Candidate, RowKey, Sections},
    search::{Index, Rows},
};
use crate::{Session, error::DeskError, propose::ALL_DAYS};
use attest_cache::{
    Side,
    accounts::AccountRow,
    review::{GroupHead, Touched},
};
use std::{
    collections::{BTreeSet, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// The memory of one account; empty until something is asked.
#[derive(Debug, Default)]
pub(crate) struct Prepared {
    base: tokio::sync::Mutex<Option<Arc<Base>>>,
    /// What was changed since `base` was made or mended.
    pending: Mutex<Option<Touched>>,
    index: tokio::sync::OnceCell<Index>,
    /// Whether [`prepare`] has been here.
    begun: AtomicBool,
}

/// Everything that stands in the lists of some days of an account, before search and filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base {
    pub(crate) sections: Sections,
    /// Lines of both sides in groups of any account, packed as `group << 32 | line`, in the order of lines; only in
    /// the base of all days.
    grouped: [Vec<i64>; 2],
    /// The day by which it was told what is on hold.
    today: i64,
}

/// What changed, as it is now.
struct Change {
    groups: BTreeSet<i64>,
    heads: Vec<GroupHead>,
    /// Lines of both sides in the groups.
    grouped: [Vec<i64>; 2],
    /// Lines of both sides that were in the groups and are in none now, as day and row.
    freed: [Vec<(i64, i64)>; 2],
    held: [HashSet<i64>; 2],
}

impl Prepared {
    /// Decisions changed these groups, or marks of lines.
    pub(crate) fn change(&self, touched: Touched) {
        self.pending.lock().expect("no holder panics").get_or_insert_default().merge(touched);
    }

    /// The base of all days: as it is, mended, or read.
    pub(crate) async fn whole(
        &self,
        session: &Session,
        account: &AccountRow,
    ) -> Result<Arc<Base>, DeskError> {
        self.refresh(self.base.lock().await, session, account).await
    }

    /// The base of all days if it is there and nobody is just reading it.
    pub(crate) async fn whole_if_ready(
        &self,
        session: &Session,
        account: &AccountRow,
    ) -> Result<Option<Arc<Base>>, DeskError> {
        match self.base.try_lock() {
            Ok(slot) if slot.is_some() => self.refresh(slot, session, account).await.map(Some),
            _ => Ok(None),
        }
    }

    async fn refresh(
        &self,
        mut slot: tokio::sync::MutexGuard<'_, Option<Arc<Base>>>,
        session: &Session,
        account: &AccountRow,
    ) -> Result<Arc<Base>, DeskError> {
        // Taken before anything is read: what is committed meanwhile waits for the next time.
        let pending = self.pending.lock().expect("no holder panics").take();
        let known = slot.take().filter(|base| base.today == session.today());
        let base = match (known, pending) {
            (Some(base), None) => base,
            (Some(base), Some(Touched::Groups(groups))) => {
                let change = load_change(session, account, &base, groups).await?;
                // Nobody else looks at it any more, as a rule; else it is copied.
                let mut base = Arc::unwrap_or_clone(base);
                base.mend(change);
                Arc::new(base)
            }
            (_, _) => Arc::new(load_whole(session, account).await?),
        };
        *slot = Some(base.clone());
        Ok(base)
    }

    /// The search index of the account.
    pub(crate) async fn index(&self, session: &Session, account: &AccountRow) -> Result<&Index, DeskError> {
        self.index.get_or_try_init(|| Index::load(session, account)).await
    }
}

impl Base {
    /// The groups that any of these lines is in.
    pub(crate) fn groups_of(&self, bank: &Rows, ledger: &Rows) -> Rows {
        let mut groups = Rows::default();
        for (lines, found) in self.grouped.iter().zip([bank, ledger]) {
            for packed in lines.iter().filter(|packed| found.contains(line_of(**packed))) {
                groups.insert(group_of(*packed));
            }
        }
        groups
    }

    fn mend(&mut self, change: Change) {
        let Change { groups, heads, grouped, freed, held } = change;
        let mut gone = [HashSet::new(), HashSet::new()];
        for side in 0..2 {
            self.grouped[side].retain(|packed| !groups.contains(&group_of(*packed)));
            gone[side].extend(grouped[side].iter().map(|packed| line_of(*packed)));
            gone[side].extend(freed[side].iter().map(|(_, row)| *row));
            self.grouped[side].extend(&grouped[side]);
            self.grouped[side].sort_by_key(|packed| line_of(*packed));
        }
        let mut lines = self.sections.retain(|key| match key {
            RowKey::Heading => false,
            RowKey::Group(id) => !groups.contains(&id),
            RowKey::Entry(row) => !gone[0].contains(&row),
            RowKey::Line(row) => !gone[1].contains(&row),
        });
        lines.extend(freed[0].iter().map(|(day, row)| Candidate::entry(*day, *row)));
        lines.extend(freed[1].iter().map(|(day, row)| Candidate::line(*day, *row)));
        for head in &heads {
            self.sections.push_group(head);
        }
        for line in lines {
            self.sections.push_line(line, is_held(line.key, &held));
        }
        self.sections.sort();
    }
}

fn is_held(key: RowKey, held: &[HashSet<i64>; 2]) -> bool {
    match key {
        RowKey::Entry(row) => held[0].contains(&row),
        RowKey::Line(row) => held[1].contains(&row),
        RowKey::Heading | RowKey::Group(_) => false,
    }
}

/// Reads the whole account, one question after the other: as a rule nobody waits for it, and readers and a processor
/// are left for what the window asks meanwhile.
async fn load_whole(session: &Session, account: &AccountRow) -> Result<Base, DeskError> {
    let today = session.today();
    let heads = session.cache.list_group_heads(account.id, ALL_DAYS).await?;
    let entries = session.cache.pack_open_entries(account.id, ALL_DAYS).await?;
    let lines = load_open_lines(session, account, ALL_DAYS).await?;
    let held = load_held(session, today).await?;
    let bank = session.cache.pack_grouped(Side::Bank).await?;
    let ledger = session.cache.pack_grouped(Side::Ledger).await?;
    Ok(Base { sections: arrange(&heads, entries, lines, &held), grouped: [bank, ledger], today })
}

/// Reads what stands in the lists of some days, the questions side by side.
pub(crate) async fn load_days(
    session: &Session,
    account: &AccountRow,
    days: (i64, i64),
) -> Result<Base, DeskError> {
    let today = session.today();
    let (heads, entries, lines, held) = tokio::try_join!(
        async { Ok(session.cache.list_group_heads(account.id, days).await?) },
        async { Ok(session.cache.pack_open_entries(account.id, days).await?) },
        load_open_lines(session, account, days),
        load_held(session, today),
    )?;
    let sections = arrange(&heads, entries, lines, &held);
    Ok(Base { sections, grouped: Default::default(), today })
}

/// Ledger lines in no group, packed.
async fn load_open_lines(
    session: &Session,
    account: &AccountRow,
    days: (i64, i64),
) -> Result<Vec<i64>, DeskError> {
    match &account.ledger_account {
        None => Ok(Vec::new()),
        Some(number) => Ok(session.cache.pack_open_lines(number, &account.currency, days).await?),
    }
}

fn arrange(heads: &[GroupHead], entries: Vec<i64>, lines: Vec<i64>, held: &[HashSet<i64>; 2]) -> Sections {
    let mut sections = Sections::default();
    for head in heads {
        sections.push_group(head);
    }
    for (day, row) in entries.into_iter().map(unpack) {
        sections.push_line(Candidate::entry(day, row), held[0].contains(&row));
    }
    for (day, row) in lines.into_iter().map(unpack) {
        sections.push_line(Candidate::line(day, row), held[1].contains(&row));
    }
    sections.sort();
    sections
}

/// Reads what groups have become, and what the lines that were in them are now.
async fn load_change(
    session: &Session,
    account: &AccountRow,
    base: &Base,
    groups: BTreeSet<i64>,
) -> Result<Change, DeskError> {
    let cache = &session.cache;
    let ids: Vec<i64> = groups.iter().copied().collect();
    let of = |side: usize| -> Vec<i64> {
        let lines = base.grouped[side].iter().filter(|packed| groups.contains(&group_of(**packed)));
        lines.map(|packed| line_of(*packed)).collect()
    };
    let (bank, ledger) = (of(0), of(1));
    let lines = async {
        match &account.ledger_account {
            None => Ok(Vec::new()),
            Some(number) => cache.find_open_lines(number, &account.currency, &ledger).await,
        }
    };
    let (heads, members, entries, lines, held) = tokio::try_join!(
        async { Ok(cache.find_group_heads(account.id, &ids).await?) },
        async { Ok(cache.load_group_lines(&ids).await?) },
        async { Ok(cache.find_open_entries(account.id, &bank).await?) },
        async { Ok(lines.await?) },
        load_held(session, base.today),
    )?;
    let mut grouped = [Vec::new(), Vec::new()];
    for (group, side, row) in members {
        grouped[usize::from(side == Side::Ledger)].push(group << 32 | row);
    }
    let freed = [entries, lines].map(|packed| packed.into_iter().map(unpack).collect());
    Ok(Change { groups, heads, grouped, freed, held })
}

/// Rows of both sides that are on hold.
async fn load_held(session: &Session, today: i64) -> Result<[HashSet<i64>; 2], DeskError> {
    let mut held = [HashSet::new(), HashSet::new()];
    for ((side, row), mark) in session.cache.list_marks().await? {
        if mark.held_until.is_some_and(|until| until > today) {
            held[usize::from(side == Side::Ledger)].insert(row);
        }
    }
    Ok(held)
}

/// Reads base and search index of an account ahead of the first question for them, once, in the background.
pub(crate) fn prepare(session: &Arc<Session>, account: &AccountRow) {
    let prepared = session.prepared(account.id);
    if prepared.begun.swap(true, Ordering::Relaxed) {
        return;
    }
    let (session, account) = (session.clone(), account.clone());
    tokio::spawn(async move {
        let read = async {
            prepared.whole(&session, &account).await?;
            prepared.index(&session, &account).await
        };
        if let Err(error) = read.await {
            // Locked meanwhile, as a rule. The first question will tell.
            tracing::debug!("not prepared: {error}");
        }
    });
}

fn group_of(packed: i64) -> i64 {
    packed >> 32
}

fn line_of(packed: i64) -> i64 {
    packed & 0xFFFF_FFFF
}

/// Day and row of a packed line.
fn unpack(packed: i64) -> (i64, i64) {
    (packed >> 32, packed & 0xFFFF_FFFF)
}
