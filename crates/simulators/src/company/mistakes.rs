//! The mistakes people make between the bank and the books, at the rates of a difficulty.
//!
//! At most one per happening, and always noted in the truth. What a person does to the books changes drafts
//! of vouchers; what a payer does to a reference is done where the payment is composed (`trade`).

use super::{
    Difficulty,
    calendar::{days_between, shifted},
    model::{Draft, DraftLine, Happening, Kind, Mistake},
    random::Random,
};
use jiff::civil::Date;

/// How often each mistake is made, in 10,000.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    pub(crate) books: [(u32, Mistake); 10],
    pub(crate) fee_not_booked: u32,
    pub(crate) exchange_difference: u32,
    pub(crate) reference_typo: u32,
    pub(crate) no_reference: u32,
    pub(crate) wrong_check_digit: u32,
    pub(crate) wrong_party: u32,
    pub(crate) equal_amounts: u32,
}

impl Rates {
    pub(crate) fn new(difficulty: Difficulty) -> Self {
        let scale = match difficulty {
            Difficulty::Easy => 1,
            Difficulty::Medium => 4,
            Difficulty::Hard => 12,
        };
        let unbalanced = if difficulty == Difficulty::Hard { 3 } else { 0 };
        Self {
            books: [
                (25 * scale, Mistake::MissingVoucher),
                (20 * scale, Mistake::TransposedDigits),
                (38 * scale, Mistake::WrongDate),
                (10 * scale, Mistake::DoubledVoucher),
                (13 * scale, Mistake::WrongAccount),
                (50 * scale, Mistake::MergedVoucher),
                (50 * scale, Mistake::SharedVoucher),
                (30 * scale, Mistake::SplitLines),
                (20 * scale, Mistake::OreRounding),
                (unbalanced, Mistake::Unbalanced),
            ],
            fee_not_booked: 300 * scale,
            exchange_difference: 600 * scale,
            reference_typo: 50 * scale,
            no_reference: 200 * scale,
            wrong_check_digit: 8 * scale,
            wrong_party: 15 * scale,
            equal_amounts: 15 * scale,
        }
    }
}

/// What the mistakes need to know about the account and the year.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) bank_account: u16,
    pub(crate) other_bank_account: u16,
    pub(crate) today: Date,
    pub(crate) first: Date,
    pub(crate) last: Date,
}

/// Perhaps makes one mistake in the vouchers of a happening and notes it.
pub(crate) fn spoil(happening: &mut Happening, rates: &Rates, setting: &Setting, random: &mut Random) {
    let drawn = draw(rates, random);
    if happening.mistake != Mistake::None || happening.drafts.is_empty() || drawn == Mistake::None {
        return;
    }
    let chosen = random.index(happening.drafts.len());
    let draft = &mut happening.drafts[chosen];
    let done = match drawn {
        Mistake::MissingVoucher => {
            happening.drafts.remove(chosen);
            true
        }
        Mistake::TransposedDigits => transpose(draft, setting.bank_account, random),
        Mistake::WrongDate => misdate(draft, setting, random),
        Mistake::WrongAccount => misplace(draft, setting),
        Mistake::SplitLines => split(draft, setting.bank_account, random),
        Mistake::OreRounding => round_off(draft, setting.bank_account),
        Mistake::Unbalanced => unbalance(draft, setting.bank_account, random),
        Mistake::MergedVoucher | Mistake::SharedVoucher => {
            happening.kind == Kind::CustomerPayment && happening.drafts.len() == 1
        }
        Mistake::DoubledVoucher => true,
        _ => false,
    };
    if done {
        happening.mistake = drawn;
    }
}

fn draw(rates: &Rates, random: &mut Random) -> Mistake {
    let mut left = u32::try_from(random.below(10_000)).expect("below 10,000");
    for (rate, mistake) in rates.books {
        if left < rate {
            return mistake;
        }
        left -= rate;
    }
    Mistake::None
}

/// The line on the bank account and the largest line against it.
fn bank_and_counter(draft: &mut Draft, bank_account: u16) -> Option<(usize, usize)> {
    let bank = draft.lines.iter().position(|line| line.account == bank_account)?;
    let counter = (0..draft.lines.len())
        .filter(|place| draft.lines[*place].account != bank_account)
        .max_by_key(|place| draft.lines[*place].amount.abs())?;
    Some((bank, counter))
}

/// Moves an amount between the bank line and its counter line, so that the voucher stays balanced.
fn move_by(draft: &mut Draft, (bank, counter): (usize, usize), difference: i64) {
    draft.lines[bank].amount += difference;
    draft.lines[counter].amount -= difference;
}

/// Two neighbouring digits of the amount change places: 48,210.00 becomes 42,810.00.
fn transpose(draft: &mut Draft, bank_account: u16, random: &mut Random) -> bool {
    let Some(places) = bank_and_counter(draft, bank_account) else { return false };
    let amount = draft.lines[places.0].amount;
    let mut digits = amount.unsigned_abs().to_string().into_bytes();
    let swappable: Vec<usize> =
        (1..digits.len()).filter(|place| digits[place - 1] != digits[*place]).collect();
    if swappable.is_empty() {
        return false;
    }
    let place = *random.pick(&swappable);
    digits.swap(place - 1, place);
    let Some(wrong) = String::from_utf8(digits).ok().and_then(|text| text.parse::<i64>().ok()) else {
        return false;
    };
    move_by(draft, places, wrong * amount.signum() - amount);
    true
}

/// A date weeks off, mostly the same day of a neighbouring month, never outside the financial year.
fn misdate(draft: &mut Draft, setting: &Setting, random: &mut Random) -> bool {
    let days = *random.pick(&[-31, -30, -14, -10, 10, 14, 28, 30, 31]);
    let back = shifted(draft.date, -days);
    let date = shifted(draft.date, days);
    let inside = |date: Date| (setting.first..=setting.last).contains(&date);
    draft.date = if inside(date) { date } else { back };
    inside(draft.date) && days_between(setting.today, draft.date).abs() > 5
}

/// The bank lines go to another of the company's bank accounts.
fn misplace(draft: &mut Draft, setting: &Setting) -> bool {
    let mut moved = false;
    for line in draft.lines.iter_mut().filter(|line| line.account == setting.bank_account) {
        line.account = setting.other_bank_account;
        moved = true;
    }
    moved
}

/// One bank line becomes two or three.
fn split(draft: &mut Draft, bank_account: u16, random: &mut Random) -> bool {
    let Some(bank) = draft.lines.iter().position(|line| line.account == bank_account) else { return false };
    let DraftLine { amount, ref text, .. } = draft.lines[bank];
    if amount.abs() < 10_000 {
        return false;
    }
    let text = text.clone();
    let mut rest = amount;
    for _ in 0..random.between(1, 2) {
        let part = rest / 100 * random.between(20, 70);
        rest -= part;
        draft.lines.push(DraftLine { account: bank_account, amount: part, text: text.clone() });
    }
    draft.lines[bank].amount = rest;
    true
}

/// Whole kronor in the books; the öre are forgotten.
fn round_off(draft: &mut Draft, bank_account: u16) -> bool {
    let Some(places) = bank_and_counter(draft, bank_account) else { return false };
    let amount = draft.lines[places.0].amount;
    let rest = amount.rem_euclid(100);
    if rest == 0 {
        return false;
    }
    move_by(draft, places, if rest < 50 { -rest } else { 100 - rest });
    true
}

/// The counter line differs by a little: a voucher no program should have let through.
fn unbalance(draft: &mut Draft, bank_account: u16, random: &mut Random) -> bool {
    let Some((_, counter)) = bank_and_counter(draft, bank_account) else { return false };
    draft.lines[counter].amount += random.between(1, 900);
    true
}
