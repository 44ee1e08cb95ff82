//! Drives the year: day by day, account by account, and writes each statement as soon as it is complete.

use super::{
    Layout, Options, Sink, Summary,
    account::{Account, Shared},
    calendar::{bank_days, shifted, twelve_months},
    truth::Truth,
};
use jiff::civil::{Date, Weekday};
use std::io;

/// Counts what passes to the sink.
struct Emitter<'e, 's> {
    sink: &'e mut Sink<'s>,
    files: u64,
    bytes: u64,
}

impl Emitter<'_, '_> {
    /// A whole file in pieces.
    fn file<'p>(&mut self, path: &str, pieces: impl IntoIterator<Item = &'p [u8]>) -> io::Result<()> {
        self.files += 1;
        pieces.into_iter().try_for_each(|piece| self.piece(path, piece))
    }

    fn piece(&mut self, path: &str, piece: &[u8]) -> io::Result<()> {
        self.bytes += piece.len() as u64;
        (self.sink)(path, piece)
    }
}

/// First and last day of each statement, and after which bank day (by place) it is written.
fn periods(layout: Layout, days: &[Date], first: Date) -> Vec<(usize, Date, Date)> {
    match layout {
        Layout::Company => days.iter().enumerate().map(|(place, day)| (place, *day, *day)).collect(),
        Layout::SingleAccount { files } => {
            let files = usize::try_from(files).unwrap_or(usize::MAX).clamp(1, days.len());
            let ends: Vec<usize> = if 12 % files == 0 {
                let months = 12 / files;
                let number = |day: Date| {
                    let months_since =
                        i32::from(day.year() - first.year()) * 12 + i32::from(day.month() - first.month());
                    usize::try_from(months_since).unwrap_or(0) / months
                };
                (0..days.len())
                    .filter(|place| {
                        days.get(place + 1).is_none_or(|next| number(*next) != number(days[*place]))
                    })
                    .collect()
            } else {
                (1..=files).map(|file| days.len() * file / files - 1).collect()
            };
            let mut from = first;
            ends.into_iter()
                .map(|end| {
                    let to = if 12 % files == 0 { days[end].last_of_month() } else { days[end] };
                    let period = (end, from, to);
                    from = shifted(to, 1);
                    period
                })
                .collect()
        }
    }
}

/// Entries of each account: of a hundred, 80 krona, 12 euro, 8 Norwegian.
fn shares(options: &Options) -> Vec<(&'static str, u64)> {
    match options.layout {
        Layout::SingleAccount { .. } => vec![("SEK", options.entries)],
        Layout::Company => {
            let (eur, nok) = (options.entries * 12 / 100, options.entries * 8 / 100);
            vec![("SEK", options.entries - eur - nok), ("EUR", eur), ("NOK", nok)]
        }
    }
}

pub(crate) fn run(options: &Options, sink: &mut Sink<'_>) -> io::Result<Summary> {
    let (first, last) = twelve_months(options.first_month.0, options.first_month.1);
    let days = bank_days(first, last);
    let mut emitter = Emitter { sink, files: 0, bytes: 0 };
    let mut shared = Shared { truth: Truth::default(), files: Vec::new() };
    let mut accounts: Vec<Account> = shares(options)
        .into_iter()
        .enumerate()
        .map(|(place, (currency, entries))| {
            Account::new(options, place, (currency, entries), &days, (first, last))
        })
        .collect();
    let mut summary = Summary::default();
    let mut periods = periods(options.layout, &days, first).into_iter().peekable();
    let mut transfers = 0;
    for (place, day) in days.iter().enumerate() {
        accounts.iter_mut().for_each(|account| account.begin_day(*day));
        if day.weekday() == Weekday::Wednesday {
            level(&mut accounts, &mut transfers);
        }
        for account in &mut accounts {
            account.work(place, &mut shared);
        }
        if let Some((_, from, to)) = periods.next_if(|(end, _, _)| *end == place) {
            for account in &mut accounts {
                if let Some(statement) = account.close_statement(from, to, &mut shared) {
                    summary.statements += 1;
                    emitter.file(&statement.path, statement.pieces.iter().map(String::as_bytes))?;
                }
            }
        }
    }
    accounts.iter_mut().for_each(|account| account.close_year(&mut shared));
    finish(accounts, &shared, last, &mut emitter, &mut summary)?;
    summary.files = emitter.files;
    summary.bytes = emitter.bytes;
    Ok(summary)
}

/// The treasurer's Wednesday: currency accounts far from their targets are levelled against the krona account.
fn level(accounts: &mut [Account], transfers: &mut u32) {
    let Some((krona, others)) = accounts.split_first_mut() else { return };
    for other in others {
        let surplus = other.trade.balance - other.trade.target;
        if surplus.abs() <= other.trade.target / 2 {
            continue;
        }
        // Whole thousands, at a rate of the day around 11.10 for EUR and 0.97 for NOK.
        let amount = surplus / 100_000 * 100_000;
        let middle = if other.trade.currency == "EUR" { 111_000 } else { 9_700 };
        let rate = krona.trade.random.between(middle - middle / 100, middle + middle / 100);
        let in_krona = amount * rate / 10_000;
        if krona.trade.balance + in_krona < krona.trade.target / 4 || amount == 0 {
            continue;
        }
        *transfers += 1;
        other.trade.transfer_leg(-amount, krona.head.iban, krona.head.owner, *transfers);
        krona.trade.transfer_leg(in_krona, other.head.iban, krona.head.owner, *transfers);
    }
}

fn finish(
    accounts: Vec<Account>,
    shared: &Shared,
    last: Date,
    emitter: &mut Emitter<'_, '_>,
    summary: &mut Summary,
) -> io::Result<()> {
    let mut ledgers = Vec::new();
    for account in accounts {
        let path = format!("ledger/fjordhandel-{}.se", account.folder());
        summary.entries += account.entries;
        summary.transactions += account.transactions;
        summary.vouchers += account.books.vouchers();
        summary.ledger_lines += account.books.lines;
        ledgers.push((path.clone(), account.books.series_starts()));
        emitter.files += 1;
        account.books.write(shifted(last, 10), &mut |piece| emitter.piece(&path, piece))?;
    }
    emitter.file("truth/README.md", [TRUTH_README.as_bytes()])?;
    emitter.files += 1;
    shared.truth.render(&shared.files, &ledgers, &mut |piece| emitter.piece("truth/truth.jsonl", piece))?;
    summary.truth_rows = shared.truth.len();
    summary.mistakes = shared.truth.tally();
    Ok(())
}

const TRUTH_README: &str = "\
# The truth about the demo company

For scorers only: the application never reads this folder.

Each line of `truth.jsonl` is one match, or one line that has none:

- `left`: bank entries as `{file, statement, entry}`; statement and entry count from 0 in the file, so that
  `{statement: 0, entry: 3}` is the path `Stmt[0]/Ntry[3]`. Empty: the ledger has what the bank has not.
- `right`: ledger lines as `{file, voucher, line}`; both count from 0 in the file, so that
  `{voucher: 12, line: 0}` is the path `VER[12]/TRANS[0]`. Empty: the bank has what the ledger has not.
- `astray`: lines that were booked on another bank account by mistake and so cannot be matched.
- `kind`: the business. `mistake`: what went wrong, `none` where nothing did.
- `difference`: sum of left less sum of right, signed, in the account's currency.

Every bank entry stands in exactly one row, and so does every line on a ledger's bank account, but for lines of
one row being interchangeable with equal ones: the two vouchers of a `doubled_voucher` are twins, and either may
be called the right one; payments of `equal_amounts`, and fees of one amount on neighbouring days, cannot be
told apart without asking.
";
