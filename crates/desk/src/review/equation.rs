//! ledger + open items = statement: the figures a controller looks at first.

use crate::{Session, error::DeskError, view::EquationView};
use attest_cache::{Side, accounts::AccountRow, date_from_day, day_from_date};
use attest_domain::{
    Amount,
    ledger::{LedgerBalanceKind, LedgerBook},
};

/// Figures of an account on a day that decisions do not change; dropped with the lists after an import.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Totals {
    bank: Amount,
    statement: Option<Amount>,
    ledger_sum: Amount,
    ledger: Option<Amount>,
}

async fn load_totals(
    session: &Session,
    account: &AccountRow,
    closing: Option<(i64, Amount)>,
    to: i64,
) -> Result<Totals, DeskError> {
    let cache = &session.cache;
    let (bank, after, ledger_sum, ledger) = tokio::try_join!(
        async { Ok(cache.sum_entries(account.id, (i64::MIN, to)).await?) },
        // Entries booked after the last statement's period, where a later statement straddles the day.
        async {
            match closing {
                Some((day, _)) if day < to => Ok(cache.sum_entries(account.id, (day + 1, to)).await?),
                _ => Ok(Amount::ZERO),
            }
        },
        async {
            match &account.ledger_account {
                None => Ok(Amount::ZERO),
                Some(number) => Ok(cache.sum_ledger(number, &account.currency, (i64::MIN, to)).await?),
            }
        },
        async {
            match &account.ledger_account {
                None => Ok(None),
                Some(number) => ledger_balance(session, number, &account.currency, to).await,
            }
        },
    )?;
    Ok(Totals { bank, statement: closing.map(|(_, closing)| closing + after), ledger_sum, ledger })
}

/// Works out the equation on day `to`; `None` takes the last day with a statement.
pub(crate) async fn equation(
    session: &Session,
    account: &AccountRow,
    to: Option<i64>,
) -> Result<EquationView, DeskError> {
    let cache = &session.cache;
    let statements = cache.list_statements(Some(account.id)).await?;
    let counted = || {
        statements.iter().filter(|statement| statement.state == "current" && statement.kind != "notification")
    };
    let last = counted().filter_map(|statement| statement.to).max().map(day_from_date);
    let to = to.or(last).unwrap_or_else(|| session.today());
    let closing = counted()
        .filter_map(|statement| Some((day_from_date(statement.to?), statement.closing?)))
        .filter(|(day, _)| *day <= to)
        .max_by_key(|(day, _)| *day);
    let (known, changes) = {
        let views = session.views.lock().expect("no holder panics");
        (views.totals.get(&(account.id, to)).copied(), views.changes)
    };
    let totals = match known {
        Some(totals) => totals,
        None => {
            let totals = load_totals(session, account, closing, to).await?;
            let mut views = session.views.lock().expect("no holder panics");
            if views.changes == changes {
                views.totals.insert((account.id, to), totals);
            }
            totals
        }
    };
    let Totals { bank, statement, ledger_sum, ledger } = totals;
    let settled_bank = cache.sum_settled(account.id, Side::Bank, to).await?;
    let settled_ledger = cache.sum_settled(account.id, Side::Ledger, to).await?;
    let open_bank = bank - settled_bank;
    let open_ledger = ledger_sum - settled_ledger;
    let differences = settled_bank - settled_ledger;
    let open = open_bank - open_ledger + differences;
    let unexplained = match (statement, ledger) {
        (Some(statement), Some(ledger)) => Some(statement - ledger - open),
        _ => None,
    };
    let decimals =
        attest_domain::Currency::parse(&account.currency).map_or(2, |currency| currency.decimals());
    let show = |amount: Amount| amount.with_decimals(decimals).to_string();
    Ok(EquationView {
        date: date_from_day(to).map(|date| date.to_string()).unwrap_or_default(),
        ledger: ledger.map(show),
        statement: statement.map(show),
        open_bank: show(open_bank),
        open_ledger: show(open_ledger),
        differences: show(differences),
        open: show(open),
        unexplained: unexplained.map(show),
    })
}

/// Opening balance of the year that holds the day, plus the lines since. `None` when no book of that year states
/// opening balances; an account it leaves out has a balance of nought (SIE: zero balances may be left out).
async fn ledger_balance(
    session: &Session,
    number: &str,
    currency: &str,
    to: i64,
) -> Result<Option<Amount>, DeskError> {
    let books = session.cache.list_books().await?;
    for (_, book) in books.iter().rev() {
        if book.currency.is_some_and(|of| of.code() != currency) {
            continue;
        }
        if let Some((start, opening)) = opening(book, number, to) {
            let since = session.cache.sum_ledger(number, currency, (start, to)).await?;
            return Ok(Some(opening + since));
        }
    }
    Ok(None)
}

fn opening(book: &LedgerBook, number: &str, to: i64) -> Option<(i64, Amount)> {
    let (year, start, _) =
        book.years.iter().find(|(_, start, end)| day_from_date(*start) <= to && to <= day_from_date(*end))?;
    let mut stated = book
        .balances
        .iter()
        .filter(|balance| balance.kind == LedgerBalanceKind::Opening && balance.year == *year)
        .peekable();
    stated.peek()?;
    let amount = stated.filter(|balance| balance.account == number).map(|balance| balance.amount).sum();
    Some((day_from_date(*start), amount))
}
