//! One bank account through the year: books the bank's entries, posts the vouchers, records the truth.

use super::{
    Layout, Options,
    calendar::{bank_days, days_between, shifted, spread},
    camt::{self, AccountHead, Totals, Version},
    mistakes::{Rates, Setting, spoil},
    model::{Draft, Happening, Kind, Mistake, Series},
    random::Random,
    sie::{BookHead, Books},
    trade::Trade,
    truth::{Left, Link, Right, Truth},
};
use jiff::civil::Date;

/// Bytes per piece of a statement, so that growing never copies what is already there.
const PIECE_BYTES: usize = 4 << 20;
/// Name and number of the demo company; the number passes Luhn and belongs to nobody.
const OWNER: &str = "Fjordhandel AB";
const ORGANISATION: &str = "556677-8899";

/// What all accounts write into.
pub(crate) struct Shared {
    pub(crate) truth: Truth,
    /// Paths of the bank files; a file gets its number with its first entry and its name when it is closed.
    pub(crate) files: Vec<String>,
}

/// A finished bank file.
pub(crate) struct StatementFile {
    pub(crate) path: String,
    pub(crate) pieces: Vec<String>,
}

/// The statement being written.
#[derive(Default)]
struct Open {
    pieces: Vec<String>,
    entries: u32,
    opening: i64,
    credits: (u64, i64),
    debits: (u64, i64),
    file: Option<u32>,
}

/// Payments waiting to be booked together.
struct Held {
    mistake: Mistake,
    goal: usize,
    payments: Vec<(Left, Date, Draft)>,
}

impl Held {
    fn new(mistake: Mistake) -> Self {
        Self { mistake, goal: 3, payments: Vec::new() }
    }
}

/// One bank account.
pub(crate) struct Account {
    pub(crate) head: AccountHead,
    pub(crate) trade: Trade,
    pub(crate) books: Books,
    pub(crate) entries: u64,
    pub(crate) transactions: u64,
    place: usize,
    quotas: Vec<u64>,
    setting: Setting,
    people: Random,
    sequence: u64,
    last_year: i16,
    restarts_yearly: bool,
    skips_empty: bool,
    open: Open,
    held: [Held; 2],
}

fn head_of(currency: &str) -> AccountHead {
    let (version, iban, currency, name, bic, prefix) = match currency {
        "EUR" => (Version::V08, "FI1657800719283746", "EUR", "Nordea Valutakonto", "NDEAFIHH", "2026FI"),
        "NOK" => (Version::V02, "NO9386011117947", "NOK", "DNB Driftskonto", "DNBANOKK", "DNB"),
        _ => (Version::V02, "SE4550000000058398257466", "SEK", "SEB Företagskonto", "ESSESESS", "LBE5419"),
    };
    AccountHead { version, iban, currency, name, bic, owner: OWNER, organisation: "5566778899", prefix }
}

impl Account {
    pub(crate) fn new(
        options: &Options,
        place: usize,
        (currency, entries): (&'static str, u64),
        days: &[Date],
        (first, last): (Date, Date),
    ) -> Self {
        let trade = Trade::new(options.seed, currency, entries, Rates::new(options.difficulty));
        let mut people = Random::seeded(options.seed, &format!("{currency} people"));
        let daily = options.layout == Layout::Company;
        let new_year = Date::constant(first.year(), 1, 1);
        let before = if daily { bank_days(new_year, shifted(first, -1)).len() as u64 } else { 0 };
        let head = head_of(currency);
        let books = Books::new(BookHead {
            company: OWNER,
            organisation: ORGANISATION,
            currency: head.currency,
            bank_account: trade.bank,
            opening: trade.balance,
            first,
            last,
        });
        Self {
            open: Open { opening: trade.balance, ..Open::default() },
            setting: Setting {
                bank_account: trade.bank,
                other_bank_account: 1940,
                today: first,
                first,
                last,
            },
            quotas: spread(entries, days, &mut people),
            head,
            trade,
            books,
            place,
            people,
            entries: 0,
            transactions: 0,
            sequence: before,
            last_year: first.year(),
            restarts_yearly: daily && currency == "SEK",
            skips_empty: currency == "EUR",
            held: [Held::new(Mistake::MergedVoucher), Held::new(Mistake::SharedVoucher)],
        }
    }

    /// Name of the account's folder: the currency in lower case.
    pub(crate) fn folder(&self) -> String {
        self.head.currency.to_lowercase()
    }

    pub(crate) fn begin_day(&mut self, day: Date) {
        if day.month() != self.setting.today.month() {
            self.close_month(self.setting.today.last_of_month());
        }
        self.trade.today = day;
        self.setting.today = day;
        self.trade.plan_today();
    }

    /// Books as many entries as fall on bank day number `day`: what is due first, then new business.
    pub(crate) fn work(&mut self, day: usize, shared: &mut Shared) {
        for _ in 0..self.quotas[day] {
            let happening = match self.trade.take_due() {
                Some(due) => due,
                None => self.trade.make(),
            };
            self.commit(happening, shared);
        }
        for place in 0..self.held.len() {
            let old = self.held[place]
                .payments
                .first()
                .is_some_and(|(_, since, _)| days_between(*since, self.setting.today) > 3);
            if old {
                self.release(place, shared);
            }
        }
    }

    fn commit(&mut self, mut happening: Happening, shared: &mut Shared) {
        let rates = self.trade.rates;
        spoil(&mut happening, &rates, &self.setting, &mut self.people);
        let left = self.book(&happening, shared);
        let Happening { kind, entry, drafts, mut mistake } = happening;
        if let Some(place) = self.held.iter().position(|held| held.mistake == mistake) {
            let held = &mut self.held[place];
            held.payments.extend(drafts.into_iter().map(|draft| (left, self.setting.today, draft)));
            if held.payments.len() >= held.goal {
                self.release(place, shared);
            }
            return;
        }
        let (mut rights, mut astray, mut booked) = (Vec::new(), Vec::new(), 0);
        let mut late = false;
        for draft in &drafts {
            late |= draft.date > self.setting.last;
            booked += self.post(draft, &mut rights, &mut astray);
        }
        if late {
            mistake = Mistake::Timing;
        }
        let ledger = self.place;
        let difference = entry.amount - booked;
        shared.truth.push(Link {
            kind,
            mistake,
            ledger,
            lefts: &[left],
            rights: &rights,
            astray: &astray,
            difference,
        });
        if mistake == Mistake::DoubledVoucher {
            self.post_alone(kind, mistake, &drafts[0], shared);
        }
    }

    /// Writes the entry into the open statement and says where it stands.
    fn book(&mut self, happening: &Happening, shared: &mut Shared) -> Left {
        let entry = &happening.entry;
        let open = &mut self.open;
        let file = *open.file.get_or_insert_with(|| {
            shared.files.push(String::new());
            u32::try_from(shared.files.len() - 1).expect("fewer files than 32 bits count")
        });
        if open.pieces.last().is_none_or(|piece| piece.len() > PIECE_BYTES - (PIECE_BYTES >> 5)) {
            open.pieces.push(String::with_capacity(if open.pieces.is_empty() {
                1 << 14
            } else {
                PIECE_BYTES
            }));
        }
        let piece = open.pieces.last_mut().expect("one was pushed if there was none");
        let place = open.entries;
        self.entries += 1;
        self.transactions += entry.payments.len() as u64;
        camt::entry(piece, &self.head, entry, self.setting.today, (self.entries, u64::from(place) + 1));
        open.entries += 1;
        let side = if entry.amount < 0 { &mut open.debits } else { &mut open.credits };
        side.0 += 1;
        side.1 += entry.amount.abs();
        self.trade.balance += entry.amount;
        (file, place)
    }

    /// Posts a voucher inside the financial year, collects its bank lines and returns their sum.
    /// A voucher dated beyond the last day belongs to books nobody has exported yet.
    fn post(&mut self, draft: &Draft, rights: &mut Vec<Right>, astray: &mut Vec<Right>) -> i64 {
        if draft.date > self.setting.last {
            return 0;
        }
        let mut draft = draft.clone();
        draft.date = draft.date.max(self.setting.first);
        let registered = draft.date.max(self.setting.today);
        let key = self.books.post(&draft, registered);
        let mut booked = 0;
        for (place, line) in (0_u16..).zip(&draft.lines) {
            if line.account == self.setting.bank_account {
                rights.push((key, place));
                booked += line.amount;
            } else if line.account == self.setting.other_bank_account {
                astray.push((key, place));
            }
        }
        booked
    }

    /// Posts a voucher the bank knows nothing of.
    fn post_alone(&mut self, kind: Kind, mistake: Mistake, draft: &Draft, shared: &mut Shared) {
        let (mut rights, mut astray) = (Vec::new(), Vec::new());
        let booked = self.post(draft, &mut rights, &mut astray);
        if !rights.is_empty() {
            let ledger = self.place;
            let (lefts, rights, astray) = (&[], rights.as_slice(), astray.as_slice());
            shared.truth.push(Link { kind, mistake, ledger, lefts, rights, astray, difference: -booked });
        }
    }

    /// Books the payments held for one voucher: as one sum, or as lines of their own.
    fn release(&mut self, place: usize, shared: &mut Shared) {
        let payments = std::mem::take(&mut self.held[place].payments);
        self.held[place].goal = self.people.index(4) + 2;
        let (bank, ledger, kind) = (self.setting.bank_account, self.place, Kind::CustomerPayment);
        let bank_amount = |draft: &Draft| -> i64 {
            draft.lines.iter().filter(|line| line.account == bank).map(|line| line.amount).sum()
        };
        let total: i64 = payments.iter().map(|(_, _, draft)| bank_amount(draft)).sum();
        let merged = self.held[place].mistake == Mistake::MergedVoucher;
        let mistake = if payments.len() > 1 { self.held[place].mistake } else { Mistake::None };
        let title = if payments.len() > 1 { "Kundinbetalningar" } else { "Kundinbetalning" };
        let mut voucher = Draft::new(Series::A, self.setting.today, title);
        if merged {
            voucher = voucher.line(bank, total);
        }
        for (_, _, draft) in &payments {
            let amount = bank_amount(draft);
            voucher = if merged { voucher } else { voucher.line_saying(bank, amount, draft.text.clone()) };
            voucher = voucher.line_saying(1510, -amount, draft.text.clone());
        }
        let (mut rights, mut astray) = (Vec::new(), Vec::new());
        self.post(&voucher, &mut rights, &mut astray);
        let lefts: Vec<Left> = payments.iter().map(|(left, _, _)| *left).collect();
        let mut link =
            Link { kind, mistake, ledger, lefts: &lefts, rights: &rights, astray: &[], difference: 0 };
        if merged {
            shared.truth.push(link);
        } else {
            for (left, right) in lefts.iter().zip(&rights) {
                (link.lefts, link.rights) = (std::slice::from_ref(left), std::slice::from_ref(right));
                shared.truth.push(link);
            }
        }
    }

    /// Sums up the month's invoices, salaries and charges, so that receivables, payables and the like end the
    /// year near nought instead of at a year's turnover. None of these vouchers touches a bank account.
    fn close_month(&mut self, date: Date) {
        let krona = self.head.currency == "SEK";
        for (account, counter, vat, series, text) in [
            (1510, 3001, 2611, Series::C, "Kundfakturor"),
            (2440, 4010, 2641, Series::L, "Leverantörsfakturor"),
            (2820, 7010, 0, Series::B, "Löner"),
            (1630, 7510, 0, Series::B, "Skatter och avgifter"),
        ] {
            let settled = self.books.balance_of(account);
            if settled == 0 {
                continue;
            }
            let tax = if krona && vat != 0 { settled / 5 } else { 0 };
            let mut draft = Draft::new(series, date, format!("{text} {}", date.strftime("%Y-%m")))
                .line(account, -settled)
                .line(counter, settled - tax);
            if tax != 0 {
                draft = draft.line(vat, tax);
            }
            self.books.post(&draft, date);
        }
    }

    /// Ends the statement of a period. `None` where the bank sends none for days without entries.
    pub(crate) fn close_statement(
        &mut self,
        from: Date,
        to: Date,
        shared: &mut Shared,
    ) -> Option<StatementFile> {
        let closing = self.trade.balance;
        let next = Open { opening: closing, ..Open::default() };
        if self.open.entries == 0 && self.skips_empty {
            return None;
        }
        let open = std::mem::replace(&mut self.open, next);
        if self.restarts_yearly && to.year() != self.last_year {
            self.sequence = 0;
        }
        self.last_year = to.year();
        self.sequence += 1;
        let totals = Totals {
            sequence: self.sequence,
            from,
            to,
            opening: open.opening,
            closing,
            credits: open.credits,
            debits: open.debits,
        };
        let path = format!("bank/{}/{to}.xml", self.folder());
        if let Some(file) = open.file {
            shared.files[file as usize].clone_from(&path);
        }
        let mut pieces = vec![camt::head(&self.head, &totals)];
        pieces.extend(open.pieces);
        pieces.push(camt::FOOT.to_owned());
        Some(StatementFile { path, pieces })
    }

    /// Books what is still held, and payments ordered in the last days that the bank makes next month.
    pub(crate) fn close_year(&mut self, shared: &mut Shared) {
        for place in 0..self.held.len() {
            if !self.held[place].payments.is_empty() {
                self.release(place, shared);
            }
        }
        let under_way = 1 + self.entries / 2_000;
        for _ in 0..under_way {
            let payment = self.trade.supplier_payment();
            self.post_alone(payment.kind, Mistake::Timing, &payment.drafts[0], shared);
        }
        self.close_month(self.setting.last);
    }
}
