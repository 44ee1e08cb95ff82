//! Reviewing a reconciliation: opening a list, fetching its lines by index, looking into a group.
//!
//! A list is frozen when it is opened, so that scrolling is stable; a decision opens a new one.

mod base;
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
        AccountView, GroupView, LedgerAccountView, LineRef, LinesQuery, OpenedReview, ReviewLine,
        ReviewQuery, ReviewView, SelectionView, SideView,
    },
};
use attest_cache::{Side, accounts::AccountRow};
use attest_domain::{Amount, EntryId, LedgerLineId, limits::PAGE_ROWS_MAX};
use base::{Base, Prepared};
use list::{List, place};
use std::{collections::HashMap, ops::Range, sync::Arc};

/// Lists kept open; the window shows one and may still fetch lines of the one before.
const VIEWS_KEPT: usize = 4;

/// Lists and what they are made from, in memory; dropped on lock.
#[derive(Debug, Default)]
pub(crate) struct Views {
    next: u32,
    open: Vec<Arc<View>>,
    /// Groups, open lines and search index by account.
    prepared: HashMap<i64, Arc<Prepared>>,
    /// What decisions do not change, by account and day.
    totals: HashMap<(i64, i64), equation::Totals>,
    /// Counts what made `totals` out of date, so that figures that were being read meanwhile are not kept.
    changes: u64,
}

impl Views {
    /// Empties the memory. Handles go on counting, so that an old one never names a new list.
    pub(crate) fn forget(&mut self) {
        *self = Self { next: self.next, changes: self.changes + 1, ..Self::default() };
    }
}

/// A frozen list.
#[derive(Debug)]
pub(crate) struct View {
    handle: u32,
    pub(crate) list: List,
    decimals: u32,
    /// The account, where a window looks at the list and may ask more of it soon.
    watched: Option<AccountRow>,
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
        self.open_list(query, true).await
    }

    /// As [`Desk::open_review`] and [`Desk::review_lines`] of what it opened, without the way there and back between
    /// the two.
    ///
    /// # Errors
    /// Theirs.
    pub async fn open_review_at(
        &self,
        query: ReviewQuery,
        range: Range<u32>,
    ) -> Result<OpenedReview, DeskError> {
        let review = self.open_review(query).await?;
        let asked = LinesQuery { view: review.view, start: range.start, end: range.end };
        let lines = self.review_lines(asked).await?;
        Ok(OpenedReview { review, lines })
    }

    /// As [`Desk::open_review`]; what is not `watched` prepares nothing for further questions.
    pub(crate) async fn open_list(&self, query: ReviewQuery, watched: bool) -> Result<ReviewView, DeskError> {
        let session = self.session().await?;
        let account = find_account(&session, query.account).await?;
        let days = query.month.as_deref().map(month_days).transpose()?;
        let period = days.unwrap_or(ALL_DAYS);
        let ((list, entries), equation, pending, undo_state) = tokio::try_join!(
            list_of(&session, &account, period, &query),
            equation::equation(&session, &account, days.map(|(_, to)| to)),
            async { Ok(session.cache.count_pending(account.id, period).await?) },
            self.undo_state(&session),
        )?;
        let (undo, redo) = undo_state;
        let [needs, suggested, held, confirmed] = entries;
        let decimals =
            attest_domain::Currency::parse(&account.currency).map_or(2, |currency| currency.decimals());
        let view = {
            let mut views = session.views.lock().expect("no holder panics");
            views.next += 1;
            let watched = watched.then(|| account.clone());
            let view = Arc::new(View { handle: views.next, list, decimals, watched });
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
            entries: needs + suggested + held + confirmed,
            confirmed,
            suggested,
            open: needs + held,
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
        let lines = cells::lines(&session, rows, query.start..end, view.decimals).await?;
        if let Some(account) = &view.watched {
            // The first rows are on their way; now there is time for what will be asked next.
            base::prepare(&session, account);
        }
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

    /// What lists are made from is to be mended, because a decision has changed it.
    pub(crate) fn drop_base(&self) {
        let touched = self.cache.take_touched();
        for prepared in self.views.lock().expect("no holder panics").prepared.values() {
            prepared.change(touched.clone());
        }
    }

    /// The memory of an account.
    fn prepared(&self, account: i64) -> Arc<Prepared> {
        self.views.lock().expect("no holder panics").prepared.entry(account).or_default().clone()
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

/// Places the list that a query asks for, and counts the bank entries of its days by section, whatever is shown.
async fn list_of(
    session: &Session,
    account: &AccountRow,
    days: (i64, i64),
    query: &ReviewQuery,
) -> Result<(List, [u32; 4]), DeskError> {
    let prepared = session.prepared(account.id);
    if query.search.trim().is_empty() {
        let base = match prepared.whole_if_ready(session, account).await? {
            Some(base) => base,
            None if days == ALL_DAYS => prepared.whole(session, account).await?,
            None => Arc::new(base::load_days(session, account, days).await?),
        };
        let list = place(&base.sections, days, query.filter, |_| true);
        return Ok((list, base.sections.count_entries(days)));
    }
    let base: Arc<Base> = prepared.whole(session, account).await?;
    let (bank, ledger) = prepared.index(session, account).await?.find(&query.search);
    // A group stays when any of its lines is found.
    let groups = base.groups_of(&bank, &ledger);
    let list = place(&base.sections, days, query.filter, |key| match key {
        RowKey::Heading => false,
        RowKey::Group(row) => groups.contains(row),
        RowKey::Entry(row) => bank.contains(row),
        RowKey::Line(row) => ledger.contains(row),
    });
    Ok((list, base.sections.count_entries(days)))
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
