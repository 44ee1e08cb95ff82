//! `attest statements`, `entries` and `ledger`: lists, written page by page.

use super::or_dash;
use crate::{
    args::{EntriesArgs, LedgerArgs},
    error::CliError,
    output::Output,
};
use attest_desk::{
    Desk,
    listing::{AccountName, EntryItem, EntryQuery, LedgerItem, StatementItem},
};
use attest_domain::statement::EntryStatus;

pub(crate) async fn statements(desk: &Desk, output: &mut Output) -> Result<(), CliError> {
    for statement in desk.list_statements().await? {
        output.answer(&statement, plain_statement)?;
    }
    output.finish()
}

pub(crate) async fn entries(args: EntriesArgs, desk: &Desk, output: &mut Output) -> Result<(), CliError> {
    let currency = args.currency;
    let account = args.account.map(|number| AccountName { number, currency });
    let query = EntryQuery { account, from: args.from, to: args.to };
    let mut pages = desk.open_entries(&query).await?;
    loop {
        let page = pages.next_page().await?;
        if page.is_empty() {
            return output.finish();
        }
        for entry in &page {
            output.answer(entry, plain_entry)?;
        }
    }
}

pub(crate) async fn ledger(args: LedgerArgs, desk: &Desk, output: &mut Output) -> Result<(), CliError> {
    let mut pages = desk.open_ledger(args.account).await?;
    loop {
        let page = pages.next_page().await?;
        if page.is_empty() {
            return output.finish();
        }
        for line in &page {
            output.answer(line, plain_line)?;
        }
    }
}

fn plain_statement(one: &StatementItem) -> String {
    let state = one.state.as_ref().map(|state| format!(", {state}: not counted")).unwrap_or_default();
    format!(
        "{}  {} to {}  {} {}  opening {}  {} entries {}  closing {}  balance {}, continuity {}{state}",
        one.id,
        or_dash(one.from.as_ref()),
        or_dash(one.to.as_ref()),
        or_dash(one.account.as_ref()),
        one.currency,
        or_dash(one.opening.as_ref()),
        one.entries,
        one.sum,
        or_dash(one.closing.as_ref()),
        one.balance,
        one.continuity,
    )
}

fn plain_entry(one: &EntryItem) -> String {
    let status = match one.status {
        EntryStatus::Booked => "",
        EntryStatus::Pending => "  (pending)",
        EntryStatus::Info => "  (for information)",
    };
    format!(
        "{}  {}  {:>14} {}  {}  {}{status}",
        one.id,
        or_dash(one.booked.or(one.valued).as_ref()),
        one.amount.to_string(),
        one.currency,
        or_dash(one.counterparty.name.as_ref()),
        or_dash(one.text.as_ref()),
    )
}

fn plain_line(one: &LedgerItem) -> String {
    format!(
        "{}  {}  {}{}  {}  {:>14} {}  {}",
        one.id,
        or_dash(one.voucher.date.as_ref()),
        one.voucher.series,
        one.voucher.number,
        one.account,
        one.amount.to_string(),
        one.currency,
        or_dash(one.text.as_ref().or(one.voucher.text.as_ref())),
    )
}
