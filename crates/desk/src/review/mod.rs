//! Reviewing a reconciliation: opening a list, fetching its lines by index, looking into a group.
//!
//! A list is frozen when it is opened, so that scrolling is stable; a decision opens a new one.

mod cells;
mod equation;
mod list;
mod search;

pub(crate) use list::RowKey;

use crate::{
    Desk, Session,
    error::DeskError,
    propose::ALL_DAYS,
    supersede::month_days,
    view::{
        AccountView, GroupView, LedgerAccountView, LineRef, LinesQuery, ReviewLine, ReviewQuery, ReviewView,
        SelectionView, SideView,
    },
};
use attest_cache::{Side, accounts::AccountRow};
use attest_domain::{Amount, EntryId, LedgerLineId, limits::PAGE_ROWS_MAX};
use list::{List, Material, place};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// Lists kept open; the window shows one and may still fetch lines of the one before.
const VIEWS_KEPT: usize = 4;

/// Lists and search indexes in memory; dropped on lock.
#[derive(Debug, Default)]
pub(crate) struct Views {
    next: u32,
    open: Vec<Arc<View>>,
    indexes: HashMap<i64, Arc<search::Index>>,
    /// What decisions do not change, by account and day.
    totals: HashMap<(i64, i64), equation::Totals>,
    /// What the newest list was made from, so that typing in the search field asks the database nothing.
    base: Option<Arc<Base>>,
    /// Counts what made `base` out of date, so that one that was being read meanwhile is not kept.
    changes: u64,
}

impl Views {
    /// Empties the memory. Handles go on counting, so that an old one never names a new list.
    pub(crate) fn forget(&mut self) {
        *self = Self { next: self.next, changes: self.changes + 1, ..Self::default() };
    }
}

/// The whole of a period, before search and filter.
#[derive(Debug)]
struct Base {
    account: i64,
    /// The day it was made on: tomorrow other holds have ended.
    today: i64,
    days: (i64, i64),
    material: Material,
    /// Lines in groups, packed as `group << 32 | line` in the order of lines; read when first searched.
    grouped: tokio::sync::OnceCell<[Vec<i64>; 2]>,
}

/// A frozen list.
#[derive(Debug)]
pub(crate) struct View {
    handle: u32,
    pub(crate) list: List,
    decimals: u32,
}

impl Desk {
    /// The accounts with what they are reconciled with.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or what the database says.
    pub async fn list_accounts(&self) -> Result<Vec<AccountView>, DeskError> {
        let session = self.session().await?;
        let names: HashMap<String, String> =
            session.cache.list_books().await?.into_iter().flat_map(|(_, book)| book.accounts).collect();
        let mut views = Vec::new();
        for account in session.cache.list_accounts().await? {
            let months = session.cache.list_months(account.id).await?;
            let named = |number: String| LedgerAccountView {
                name: names.get(&number).cloned().unwrap_or_default(),
                number,
            };
            let ledger_accounts = session.cache.list_ledger_accounts(&account.currency).await?;
            views.push(AccountView {
                id: account.id,
                name: account_name(&account),
                number: grouped_number(&account),
                currency: account.currency.clone(),
                ledger_account: account.ledger_account.clone(),
                ledger_accounts: ledger_accounts.into_iter().map(|(number, _)| named(number)).collect(),
                months,
                open: session.cache.count_open(account.id).await?,
                findings: session.cache.count_account_findings(account.id).await?,
            });
        }
        Ok(views)
    }

    /// Opens the reconciliation of an account and month.
    ///
    /// # Errors
    /// [`DeskError::Unknown`] for an account that is not here, [`DeskError::Argument`] for a month that is none.
    pub async fn open_review(&self, query: ReviewQuery) -> Result<ReviewView, DeskError> {
        let session = self.session().await?;
        let account = find_account(&session, query.account).await?;
        let days = query.month.as_deref().map(month_days).transpose()?;
        let period = days.unwrap_or(ALL_DAYS);
        let (base, equation, pending, undo_state) = tokio::try_join!(
            load_base(&session, &account, period),
            equation::equation(&session, &account, days.map(|(_, to)| to)),
            async { Ok(session.cache.count_pending(account.id, period).await?) },
            self.undo_state(&session),
        )?;
        let (undo, redo) = undo_state;
        let counts = count(&base.material);
        let list = if query.search.trim().is_empty() {
            place(&base.material, query.filter)
        } else {
            place(&narrow(&session, &account, &query.search, &base).await?, query.filter)
        };
        let decimals =
            attest_domain::Currency::parse(&account.currency).map_or(2, |currency| currency.decimals());
        let view = {
            let mut views = session.views.lock().expect("no holder panics");
            views.next += 1;
            let view = Arc::new(View { handle: views.next, list, decimals });
            views.open.push(view.clone());
            if views.open.len() > VIEWS_KEPT {
                views.open.remove(0);
            }
            view
        };
        Ok(ReviewView {
            view: view.handle,
            lines: view.list.lines,
            sections: view.list.sections.clone(),
            equation,
            entries: counts.entries,
            confirmed: counts.confirmed,
            suggested: counts.suggested,
            open: counts.entries - counts.confirmed - counts.suggested,
            pending: u32::try_from(pending).unwrap_or(u32::MAX),
            currency: account.currency,
            undo,
            redo,
        })
    }

    /// Lines of an open list.
    ///
    /// # Errors
    /// [`DeskError::StaleView`] when the list is gone.
    pub async fn review_lines(&self, query: LinesQuery) -> Result<Vec<ReviewLine>, DeskError> {
        let session = self.session().await?;
        let view = session.view(query.view)?;
        let end = query.end.min(query.start.saturating_add(PAGE_ROWS_MAX)).min(view.list.lines);
        let rows = view.list.window(query.start, end);
        let mut lines = cells::lines(&session, &rows, view.decimals).await?;
        lines.retain(|line| (query.start..end).contains(&line.index));
        Ok(lines)
    }

    /// A group in full.
    ///
    /// # Errors
    /// [`DeskError::StaleView`] when it is no longer what the list says.
    pub async fn group(&self, view: u32, group: i64) -> Result<GroupView, DeskError> {
        let session = self.session().await?;
        let view = session.view(view)?;
        let key = RowKey::from_handle(group);
        let row = view.list.rows.iter().find(|row| row.key == key).copied().ok_or(DeskError::StaleView)?;
        cells::group(&session, row, group, view.decimals).await
    }

    /// Sums of selected lines.
    ///
    /// # Errors
    /// [`DeskError::Unknown`] for a line that is not here.
    pub async fn selection(&self, lines: Vec<LineRef>) -> Result<SelectionView, DeskError> {
        let session = self.session().await?;
        let (mut bank, mut ledger) = (Amount::ZERO, Amount::ZERO);
        let mut decimals = 0;
        for line in &lines {
            let found = find_line(&session, line).await?;
            decimals =
                attest_domain::Currency::parse(&found.currency).map_or(2, |currency| currency.decimals());
            match found.side {
                Side::Bank => bank += found.amount,
                Side::Ledger => ledger += found.amount,
            }
        }
        let show = |amount: Amount| amount.with_decimals(decimals).to_string();
        Ok(SelectionView {
            count: u32::try_from(lines.len()).unwrap_or(u32::MAX),
            bank: show(bank),
            ledger: show(ledger),
            difference: show(bank - ledger),
        })
    }
}

impl Session {
    pub(crate) fn view(&self, handle: u32) -> Result<Arc<View>, DeskError> {
        let views = self.views.lock().expect("no holder panics");
        views.open.iter().find(|view| view.handle == handle).cloned().ok_or(DeskError::StaleView)
    }

    /// Forgets what the newest list was made from, because a decision has changed it.
    pub(crate) fn drop_base(&self) {
        let mut views = self.views.lock().expect("no holder panics");
        views.base = None;
        views.changes += 1;
    }

    /// The newest list, for finding the place to go on after a decision.
    pub(crate) fn newest_view(&self) -> Option<Arc<View>> {
        self.views.lock().expect("no holder panics").open.last().cloned()
    }
}

pub(crate) async fn find_account(session: &Session, id: i64) -> Result<AccountRow, DeskError> {
    let accounts = session.cache.list_accounts().await?;
    let unknown = || DeskError::Unknown { what: "account", name: id.to_string() };
    accounts.into_iter().find(|account| account.id == id).ok_or_else(unknown)
}

/// Reads the id of a line as the window or the command line gives it.
pub(crate) fn parse_line(line: &LineRef) -> Result<(Side, [u8; 16]), DeskError> {
    let wrong = || DeskError::Argument { what: "line id", value: line.id.clone() };
    match line.side {
        SideView::Bank => EntryId::parse(&line.id).map(|id| (Side::Bank, id.0)).ok_or_else(wrong),
        SideView::Ledger => LedgerLineId::parse(&line.id).map(|id| (Side::Ledger, id.0)).ok_or_else(wrong),
    }
}

async fn find_line(session: &Session, line: &LineRef) -> Result<attest_cache::review::FoundLine, DeskError> {
    let (side, uid) = parse_line(line)?;
    let unknown = || DeskError::Unknown { what: "line", name: line.id.clone() };
    session.cache.find_line(side, &uid).await?.ok_or_else(unknown)
}

/// The base of a list, from memory where nothing was decided since.
async fn load_base(
    session: &Session,
    account: &AccountRow,
    days: (i64, i64),
) -> Result<Arc<Base>, DeskError> {
    let (known, changes) = {
        let views = session.views.lock().expect("no holder panics");
        (views.base.clone(), views.changes)
    };
    if let Some(base) =
        known.filter(|base| (base.account, base.days, base.today) == (account.id, days, session.today()))
    {
        return Ok(base);
    }
    let material = load_material(session, account, days).await?;
    let base = Arc::new(Base {
        account: account.id,
        today: session.today(),
        days,
        material,
        grouped: tokio::sync::OnceCell::new(),
    });
    let mut views = session.views.lock().expect("no holder panics");
    if views.changes == changes {
        views.base = Some(base.clone());
    }
    Ok(base)
}

/// Everything that stands in the list of a period, before search and filter. The questions are asked side by side.
async fn load_material(
    session: &Session,
    account: &AccountRow,
    days: (i64, i64),
) -> Result<Material, DeskError> {
    let cache = &session.cache;
    let lines = async {
        match &account.ledger_account {
            None => Ok(Vec::new()),
            Some(number) => cache.pack_open_lines(number, &account.currency, days).await,
        }
    };
    let (heads, entries, lines, marks) = tokio::try_join!(
        cache.list_group_heads(account.id, days),
        cache.pack_open_entries(account.id, days),
        lines,
        cache.list_marks(),
    )?;
    let (mut held_entries, mut held_ledger) = (HashSet::new(), HashSet::new());
    let today = session.today();
    for ((side, row), mark) in marks {
        if mark.held_until.is_some_and(|until| until > today) {
            match side {
                Side::Bank => held_entries.insert(row),
                Side::Ledger => held_ledger.insert(row),
            };
        }
    }
    Ok(Material { heads, entries: unpack(entries), ledger: unpack(lines), held_entries, held_ledger })
}

/// Day and row of packed lines.
fn unpack(packed: Vec<i64>) -> Vec<(i64, i64)> {
    packed.into_iter().map(|value| (value >> 32, value & 0xFFFF_FFFF)).collect()
}

struct Counts {
    entries: u32,
    confirmed: u32,
    suggested: u32,
}

fn count(material: &Material) -> Counts {
    let of = |section: i64| {
        material.heads.iter().filter(|head| head.section == section).map(|head| head.bank).sum::<u32>()
    };
    let open = u32::try_from(material.entries.len()).unwrap_or(u32::MAX);
    Counts { entries: open + of(0) + of(1) + of(3), confirmed: of(3), suggested: of(1) }
}

/// What the search finds; a group stays when any of its lines is found.
async fn narrow(
    session: &Session,
    account: &AccountRow,
    search: &str,
    base: &Base,
) -> Result<Material, DeskError> {
    let known = session.views.lock().expect("no holder panics").indexes.get(&account.id).cloned();
    let index = match known {
        Some(index) => index,
        None => {
            let index = Arc::new(search::Index::load(session, account).await?);
            session.views.lock().expect("no holder panics").indexes.insert(account.id, index.clone());
            index
        }
    };
    let grouped = base
        .grouped
        .get_or_try_init(|| async {
            let sides = tokio::try_join!(
                session.cache.pack_grouped(Side::Bank),
                session.cache.pack_grouped(Side::Ledger)
            )?;
            Ok::<_, DeskError>([sides.0, sides.1])
        })
        .await?;
    let (bank, ledger) = index.find(search);
    let mut groups = HashSet::new();
    for (lines, found) in grouped.iter().zip([&bank, &ledger]) {
        for row in found {
            if let Ok(at) = lines.binary_search_by_key(row, |packed| packed & 0xFFFF_FFFF) {
                groups.insert(lines[at] >> 32);
            }
        }
    }
    let all = &base.material;
    Ok(Material {
        heads: all.heads.iter().filter(|head| groups.contains(&head.id)).copied().collect(),
        entries: all.entries.iter().filter(|(_, row)| bank.contains(row)).copied().collect(),
        ledger: all.ledger.iter().filter(|(_, row)| ledger.contains(row)).copied().collect(),
        held_entries: all.held_entries.clone(),
        held_ledger: all.held_ledger.clone(),
    })
}

fn account_name(account: &AccountRow) -> String {
    let number = || account.iban.clone().or_else(|| account.number.clone());
    account.name.clone().or_else(number).unwrap_or_else(|| account.key.clone())
}

/// An IBAN in groups of four; other numbers as given.
fn grouped_number(account: &AccountRow) -> String {
    match (&account.iban, &account.number) {
        (Some(iban), _) => {
            let letters: Vec<char> = iban.chars().collect();
            letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
        }
        (None, Some(number)) => number.clone(),
        (None, None) => String::new(),
    }
}
