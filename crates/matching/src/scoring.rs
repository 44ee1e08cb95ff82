//! Weighs the evidence that two units are the same payment, in bits of log-odds, with the reason for each part.
//!
//! The weight is a prior (−log₂ of the lines one could be mistaken for) plus, per field, log₂(m/u): how much more
//! often the field agrees among true pairs than by chance. `u` comes from the data (rarity of the amount, word or
//! reference) smoothed by how specific the value looks; `m` and the date table are fixed in this version.
//! Invariants: whole hundredths of a bit, so that ties are exact and sums have no rounding; the reasons add up to
//! the weight less the prior. Everything outside this file sees only [`Model::weigh`], [`Model::explain`],
//! [`Verdict`] and [`confidence`]: a learned model can take its place.

use crate::prepare::{Prepared, Unit, amount_of, minor};
use crate::reference::Class;
use crate::text::{self, Names};
use attest_domain::reconciliation::{MatchRules, Reason};

/// Hundredths of a bit.
pub(crate) type Centibits = i32;

/// Weights closer than this are equal: half a bit.
pub(crate) const TIE: Centibits = 50;
/// Pseudo-lines added to every frequency, so that small files do not look certain.
const SMOOTHING: u64 = 64;
/// Most one shared reference can say.
const REFERENCE_BITS_MAX: Centibits = 2_000;
/// Most words and names can say.
const TEXT_BITS_MAX: Centibits = 1_400;
/// Even a round amount is no commoner than one in a hundred, unless the data say so.
const AMOUNT_DIGITS_MIN: u32 = 2;
/// From here words or a name count as agreement of the party, which [`Verdict::corroborated`] needs.
const TEXT_BITS_AGREE: Centibits = 400;

/// Receives the parts of a weight; the detail is only built where somebody reads it.
trait Sink {
    fn add(&mut self, field: &'static str, weight: Centibits, detail: impl FnOnce() -> String);
}
impl Sink for Centibits {
    fn add(&mut self, _: &'static str, weight: Centibits, _: impl FnOnce() -> String) {
        *self += weight;
    }
}
impl Sink for Vec<Reason> {
    fn add(&mut self, field: &'static str, weight: Centibits, detail: impl FnOnce() -> String) {
        if weight != 0 {
            self.push(Reason { field: field.into(), weight: f64::from(weight) / 100.0, detail: detail() });
        }
    }
}

/// How strongly references agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ReferenceAgreement {
    /// None in common.
    None,
    /// A number found in free text: may suggest, never confirm.
    Text,
    /// Structured fields agree, or a long identifier with letters is repeated in text.
    Structured,
}

/// What the model thinks of a pair of units.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict {
    /// Log-odds, prior included.
    pub(crate) weight: Centibits,
    /// Agreement of references.
    pub(crate) reference: ReferenceAgreement,
    /// Something other than amount and date agrees: a structured reference, the account, the name, the text.
    pub(crate) corroborated: bool,
    /// A reference or counterparty contradicts.
    pub(crate) contradiction: bool,
    /// Σ left − Σ right.
    pub(crate) difference: i128,
}

/// Frequencies and rules the weights are computed from.
pub(crate) struct Model<'p, 'a> {
    prepared: &'p Prepared<'a>,
    /// Amounts of each side's lines by currency, sorted.
    amounts: [Vec<(u32, i128)>; 2],
    /// Folded texts of each side's lines, sorted.
    leads: [Vec<&'p str>; 2],
    /// Lines of the larger side.
    lines: u64,
    /// Largest difference that counts as the same payment.
    pub(crate) tolerance: i128,
    /// Relative difference looked at, in thousandths.
    pub(crate) permille: i128,
    /// Days between the two sides that are looked at.
    pub(crate) days_max: i32,
}

/// log₂ of a ratio in hundredths, by whole numbers only (piecewise linear, off by at most 0.09 bits), so that
/// every machine gets the same.
pub(crate) fn log2_ratio(numerator: u128, denominator: u128) -> Centibits {
    log2(numerator) - log2(denominator)
}

fn log2(value: u128) -> Centibits {
    let value = value.max(1);
    let whole = value.ilog2();
    let rest = value - (1 << whole);
    let fraction = if whole <= 64 { (rest * 100) >> whole } else { ((rest >> 32) * 100) >> (whole - 32) };
    i32::try_from(whole).unwrap_or(0) * 100 + i32::try_from(fraction).unwrap_or(0)
}

/// The probability that belongs to a weight and its rivals: `1 / (1 + 2^−w + Σ 2^−lead)`, where each rival's lead
/// is how much less likely the whole assignment is if that rival is right instead. Three decimals, never 0 or 1.
pub(crate) fn confidence(weight: Centibits, rival_leads: impl Iterator<Item = Centibits>) -> f64 {
    let against: f64 = rival_leads.map(|lead| (-f64::from(lead) / 100.0).exp2()).sum();
    let p = 1.0 / (1.0 + (-f64::from(weight) / 100.0).exp2() + against);
    ((p * 1000.0).round() / 1000.0).clamp(0.001, 0.999)
}

/// The weight that belongs to a probability.
pub(crate) fn weight_of(probability: f64) -> Centibits {
    let p = probability.clamp(0.001, 0.999);
    let bits = (p / (1.0 - p)).log2() * 100.0;
    #[expect(clippy::cast_possible_truncation, reason = "within ±1,000 by the clamp")]
    let weight = bits.round() as Centibits;
    weight
}

impl<'p, 'a> Model<'p, 'a> {
    /// Counts what the weights need.
    pub(crate) fn new(prepared: &'p Prepared<'a>, rules: &MatchRules) -> Self {
        let singles = |side: usize| prepared.sides[side].units.iter().take(prepared.sides[side].lines.len());
        let amounts = [0, 1].map(|side| {
            let mut list: Vec<_> = singles(side).map(|u| (u.currency, u.amount)).collect();
            list.sort_unstable();
            list
        });
        let leads = [0, 1].map(|side| {
            let mut list: Vec<&str> = singles(side).map(|u| u.lead.as_str()).collect();
            list.sort_unstable();
            list
        });
        Self {
            prepared,
            lines: amounts[0].len().max(amounts[1].len()) as u64,
            amounts,
            leads,
            tolerance: minor(rules.tolerance.abs()).unwrap_or(0),
            permille: i128::from(rules.difference_permille.min(1_000)),
            days_max: i32::try_from(rules.days_max).unwrap_or(i32::MAX / 4),
        }
    }

    /// The larger of the fixed tolerance and the relative one for this amount.
    pub(crate) fn reach(&self, amount: i128) -> i128 {
        self.tolerance.max(amount.abs() * self.permille / 1_000)
    }

    /// The verdict alone.
    pub(crate) fn weigh(&self, left: &Unit, right: &Unit) -> Verdict {
        let mut sum: Centibits = self.prior();
        let mut verdict = self.evidence(left, right, &mut sum);
        verdict.weight = sum;
        verdict
    }

    /// The reasons behind [`Model::weigh`], strongest first.
    pub(crate) fn explain(&self, left: &Unit, right: &Unit) -> Vec<Reason> {
        let mut reasons = Vec::new();
        self.evidence(left, right, &mut reasons);
        sort_reasons(&mut reasons);
        reasons
    }

    fn prior(&self) -> Centibits {
        -log2(u128::from(self.lines + SMOOTHING))
    }

    fn evidence(&self, left: &Unit, right: &Unit, sink: &mut impl Sink) -> Verdict {
        let difference = left.amount - right.amount;
        let reference = self.references(left, right, sink);
        let refuted = self.contradicting_references(left, right, sink);
        self.amount(left, right, reference, sink);
        self.dates(left, right, sink);
        let (party, strangers) = self.parties(left, right, sink);
        Verdict {
            weight: 0,
            reference,
            corroborated: reference == ReferenceAgreement::Structured || party,
            contradiction: refuted || strangers,
            difference,
        }
    }

    /// log₂ of how surprising it is that two lines agree on a value carried by `others` further lines and as
    /// specific as one in `10^digits`.
    fn surprise(&self, others: u64, digits: u32) -> Centibits {
        const UNIT: u128 = 100_000_000;
        let specific = 10 * UNIT / 10_u128.pow(digits.min(8));
        let chance = u128::from(others) * UNIT / 2 + specific.max(1);
        log2_ratio(u128::from(self.lines + 10) * UNIT, chance)
    }

    fn references(&self, left: &Unit, right: &Unit, sink: &mut impl Sink) -> ReferenceAgreement {
        let mut best: Option<(ReferenceAgreement, Centibits, Class, u32)> = None;
        let mut offer = |agreement, class: Class, key: u32| {
            let value = &self.prepared.references.list[key as usize];
            let digits = u32::try_from(value.chars().count()).unwrap_or(8);
            let others = u64::from(self.prepared.references.lines(key).saturating_sub(2));
            let per_digit = if agreement == ReferenceAgreement::Structured { 400 } else { 250 };
            let weight = self
                .surprise(others, digits)
                .clamp(0, REFERENCE_BITS_MAX)
                .min(per_digit * i32::try_from(digits.min(20)).unwrap_or(20));
            if best.is_none_or(|b| (agreement, weight) > (b.0, b.1)) {
                best = Some((agreement, weight, class, key));
            }
        };
        for (class, key) in &left.references {
            if has_key(right, *key) {
                offer(ReferenceAgreement::Structured, *class, *key);
            } else if right.text_references.binary_search(key).is_ok() {
                offer(self.in_text_strength(*class, *key), *class, *key);
            }
        }
        for (class, key) in &right.references {
            if left.text_references.binary_search(key).is_ok() {
                offer(self.in_text_strength(*class, *key), *class, *key);
            }
        }
        for key in left.text_references.iter().filter(|k| right.text_references.binary_search(k).is_ok()) {
            offer(ReferenceAgreement::Text, Class::Other, *key);
        }
        let Some((agreement, weight, class, key)) = best else { return ReferenceAgreement::None };
        sink.add("reference", weight, || {
            let value = &self.prepared.references.list[key as usize];
            match agreement {
                ReferenceAgreement::Structured => format!("{} {value} on both sides", class.label()),
                _ if class == Class::Other => format!("{value} in both texts"),
                _ => format!("{} {value} also in the other side's text", class.label()),
            }
        });
        agreement
    }

    /// A creditor reference found in text may be any number with a lucky check digit; an identifier of eight
    /// characters with letters is not there by chance.
    fn in_text_strength(&self, class: Class, key: u32) -> ReferenceAgreement {
        let value = &self.prepared.references.list[key as usize];
        let lettered = value.len() >= 8 && value.chars().any(char::is_alphabetic);
        if lettered && class != Class::Creditor {
            ReferenceAgreement::Structured
        } else {
            ReferenceAgreement::Text
        }
    }

    fn contradicting_references(&self, left: &Unit, right: &Unit, sink: &mut impl Sink) -> bool {
        for class in [Class::Creditor, Class::EndToEnd, Class::Instruction, Class::Invoice] {
            debug_assert!(class.contradicts());
            let (ours, theirs) = (keys_of(left, class), keys_of(right, class));
            if !ours.is_empty() && !theirs.is_empty() && !ours.iter().any(|r| has_key(right, r.1)) {
                sink.add("contradiction", -1_200, || {
                    let value = |key: u32| &self.prepared.references.list[key as usize];
                    format!("{} {} against {}", class.label(), value(ours[0].1), value(theirs[0].1))
                });
                return true;
            }
        }
        false
    }

    fn amount(&self, left: &Unit, right: &Unit, reference: ReferenceAgreement, sink: &mut impl Sink) {
        let difference = (left.amount - right.amount).abs();
        let cap = log2(u128::from(self.lines + SMOOTHING)) + 400;
        if difference == 0 {
            let same = |side: usize| self.count_between(side, left.currency, left.amount, left.amount);
            let others = same(0).max(same(1)).saturating_sub(1);
            let weight = self
                .surprise(others, significant_digits(left.amount).saturating_sub(1).max(AMOUNT_DIGITS_MIN))
                .min(cap);
            sink.add("amount", weight, || self.equal_amount_detail(left));
        } else if difference <= self.reach(left.amount) {
            let band = difference.max(left.amount.abs() / 200);
            let near = |side: usize, a: i128| self.count_between(side, left.currency, a - band, a + band);
            let others = near(0, right.amount).max(near(1, left.amount));
            // Most of the same payments are equal to the last digit: two bits for those that are not, one where
            // the rules expect exchange differences.
            let unequal = if self.permille > 0 { 100 } else { 200 };
            let weight = (log2_ratio(u128::from(self.lines + SMOOTHING), u128::from(others + 1)) - unequal)
                .clamp(-200, cap);
            sink.add("amount", weight, || self.unequal_amount_detail(left, right));
        } else {
            let weight = if reference == ReferenceAgreement::Structured { -300 } else { -800 };
            sink.add("amount", weight, || self.unequal_amount_detail(left, right));
        }
    }

    fn equal_amount_detail(&self, left: &Unit) -> String {
        let line = left.members.first().map(|m| self.prepared.sides[0].lines[*m as usize]);
        let currency = line.and_then(|l| l.currency);
        match currency.as_ref().map(attest_domain::amount::Currency::code) {
            Some("SEK") => "equal to the öre".into(),
            Some("NOK" | "DKK") => "equal to the øre".into(),
            Some("EUR" | "USD") => "equal to the cent".into(),
            _ => "equal to the last digit".into(),
        }
    }

    fn unequal_amount_detail(&self, left: &Unit, right: &Unit) -> String {
        format!("{} apart", amount_of((left.amount - right.amount).abs(), 2))
    }

    /// Lines of a side between two amounts.
    fn count_between(&self, side: usize, currency: u32, low: i128, high: i128) -> u64 {
        let list = &self.amounts[side];
        let from = list.partition_point(|entry| *entry < (currency, low));
        let to = list.partition_point(|entry| *entry <= (currency, high));
        (to - from) as u64
    }

    fn dates(&self, left: &Unit, right: &Unit, sink: &mut impl Sink) {
        let Some(gap) = days_between(left, right) else { return };
        let weight = match gap {
            0 => 300,
            1 => 260,
            2 => 220,
            3 => 170,
            4..=5 => 110,
            6..=7 => 50,
            8..=10 => 0,
            11..=15 => -100,
            16..=30 => -200,
            _ => -400,
        };
        sink.add("date", weight, || match gap {
            0 => "same day".into(),
            1 => "1 day apart".into(),
            _ => format!("{gap} days apart"),
        });
    }

    /// Whether the party or text agrees, and whether the parties are clearly different.
    fn parties(&self, left: &Unit, right: &Unit, sink: &mut impl Sink) -> (bool, bool) {
        let account = compare_accounts(left.account.as_deref(), right.account.as_deref());
        if account == Some(true) {
            sink.add("counterparty", 800, || "same account".into());
        }
        let (shared, by_name, count) = self.shared_words(left, right);
        let lead = self.shared_lead(left, right);
        let names = |unit: &Unit| -> Vec<&str> {
            unit.party.iter().map(|word| self.prepared.words.list[*word as usize].as_str()).collect()
        };
        let (ours, theirs) = (names(left), names(right));
        let compared = text::compare_names(&ours, &theirs);
        let same_name = compared == Names::Same;
        let weight = shared.max(lead).max(if same_name { 500 } else { 0 }).min(TEXT_BITS_MAX);
        if weight > 0 {
            let field = if same_name || by_name { "counterparty" } else { "text" };
            sink.add(field, weight, || self.shared_detail(left, right, same_name, lead > shared));
        }
        let known = account.is_some_and(|same| same) || weight >= 200;
        let strangers = !known
            && ((compared == Names::Different && !ours.is_empty())
                || (account == Some(false) && (ours.is_empty() || theirs.is_empty())));
        if strangers {
            sink.add("contradiction", -800, || {
                if ours.is_empty() || theirs.is_empty() {
                    "different counterparty accounts".into()
                } else {
                    format!("counterparty {} against {}", ours.join(" "), theirs.join(" "))
                }
            });
        } else if weight == 0 && self.has_evidence(left) && self.has_evidence(right) {
            sink.add("text", -150, || "no word in common".into());
        }
        // One common word is not a party: two are, or the whole of a one-word name.
        let lead_words =
            left.lead[..text::common_lead(&left.lead, &right.lead)].split(' ').filter(|w| !w.is_empty());
        let whole_name = by_name && [left, right].iter().any(|unit| unit.party.len() == 1);
        let several = count >= 2 || (lead > 0 && lead_words.count() >= 2);
        let agrees = weight >= TEXT_BITS_AGREE && (same_name || whole_name || several);
        (account == Some(true) || agrees, strangers)
    }

    fn has_evidence(&self, unit: &Unit) -> bool {
        unit.words.iter().any(|word| !self.prepared.weak_words[*word as usize])
    }

    /// Evidence of the shared words by rarity, each further one counting less because words come in company;
    /// whether one of them belongs to a counterparty's name; and how many there are.
    fn shared_words(&self, left: &Unit, right: &Unit) -> (Centibits, bool, usize) {
        let mut rarity: Vec<Centibits> = Vec::new();
        let mut by_name = false;
        for word in strong_shared(left, right).filter(|w| !self.prepared.weak_words[*w as usize]) {
            let lines = u128::from(self.prepared.words.lines(word)).div_ceil(2).max(1);
            rarity.push(log2_ratio(u128::from(self.lines + SMOOTHING), lines));
            by_name |= left.party.contains(&word) || right.party.contains(&word);
        }
        rarity.sort_unstable_by(|a, b| b.cmp(a));
        let sum = rarity.iter().zip([100, 70, 50, 35, 25]).map(|(bits, share)| bits * share / 100).sum();
        (sum, by_name, rarity.len())
    }

    /// Evidence of a common beginning of the texts: how many lines of the other side begin like that.
    fn shared_lead(&self, left: &Unit, right: &Unit) -> Centibits {
        let equal = text::common_lead(&left.lead, &right.lead);
        let lead = &left.lead[..equal];
        if equal < 3 || !lead.split(' ').any(|t| text::is_word(t) && !text::is_common(t)) {
            return 0;
        }
        let with = |side: usize| {
            let list = &self.leads[side];
            let from = list.partition_point(|other| *other < lead);
            list[from..].partition_point(|other| other.starts_with(lead))
        };
        log2_ratio(u128::from(self.lines + SMOOTHING), with(0).max(with(1)).max(1) as u128)
    }

    fn shared_detail(&self, left: &Unit, right: &Unit, same_name: bool, by_lead: bool) -> String {
        let name = |side: usize, unit: &Unit| {
            let line = unit.members.first().map(|m| self.prepared.sides[side].lines[*m as usize]);
            line.and_then(|l| l.counterparty.clone()).unwrap_or_default()
        };
        if same_name {
            return format!("{} and {}", name(0, left), name(1, right));
        }
        if by_lead {
            let equal = text::common_lead(&left.lead, &right.lead);
            return format!("both begin \"{}\"", &left.lead[..equal]);
        }
        let shared: Vec<&str> = strong_shared(left, right)
            .filter(|w| !self.prepared.weak_words[*w as usize])
            .map(|w| self.prepared.words.list[w as usize].as_str())
            .take(5)
            .collect();
        format!("in common: {}", shared.join(", "))
    }
}

/// Strongest first; equal ones by field and detail.
pub(crate) fn sort_reasons(reasons: &mut [Reason]) {
    reasons.sort_by(|a, b| {
        b.weight
            .abs()
            .total_cmp(&a.weight.abs())
            .then_with(|| a.field.cmp(&b.field))
            .then_with(|| a.detail.cmp(&b.detail))
    });
}

/// Days between two units, nought where their periods touch; `None` where a side has no date.
pub(crate) fn days_between(left: &Unit, right: &Unit) -> Option<i32> {
    let ((left_from, left_to), (right_from, right_to)) = (left.days?, right.days?);
    Some((right_from - left_to).max(left_from - right_to).max(0))
}

/// Whether a unit carries a key in a structured field.
fn has_key(unit: &Unit, key: u32) -> bool {
    unit.references.iter().any(|r| r.1 == key)
}

fn keys_of(unit: &Unit, class: Class) -> &[(Class, u32)] {
    let from = unit.references.partition_point(|r| r.0 < class);
    let to = unit.references.partition_point(|r| r.0 <= class);
    &unit.references[from..to]
}

/// Words on both sides, ascending.
fn strong_shared<'u>(left: &'u Unit, right: &'u Unit) -> impl Iterator<Item = u32> + 'u {
    left.words.iter().copied().filter(|word| right.words.binary_search(word).is_ok())
}

/// Significant digits of an amount: 1234.50 has five.
fn significant_digits(amount: i128) -> u32 {
    let mut rest = amount.unsigned_abs();
    while rest != 0 && rest.is_multiple_of(10) {
        rest /= 10;
    }
    rest.checked_ilog10().map_or(1, |digits| digits + 1)
}

/// Same account, different account, or not comparable (one is missing, or they are written in different systems:
/// a bankgiro number says nothing against an IBAN).
fn compare_accounts(left: Option<&str>, right: Option<&str>) -> Option<bool> {
    let (a, b) = (left?, right?);
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if long.ends_with(short) && short.len() >= 6 {
        return Some(true);
    }
    let is_iban = |t: &str| t.len() >= 15 && t.bytes().take(2).all(|c| c.is_ascii_alphabetic());
    (is_iban(a) && is_iban(b) || a.len() == b.len()).then_some(a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log2_is_exact_at_powers_of_two_and_never_falls() {
        assert_eq!(log2(1024), 1000);
        assert!((2..5000_u128).all(|n| log2(n) >= log2(n - 1)));
        assert!(log2(u128::MAX) > 12_700);
    }

    #[test]
    fn confidence_is_a_probability_of_three_decimals_and_never_certain() {
        assert!((confidence(0, std::iter::empty()) - 0.5).abs() < 1e-9);
        assert!((confidence(10_000, std::iter::empty()) - 0.999).abs() < 1e-9);
        assert!(confidence(2_000, [0].into_iter()) <= 0.5);
    }

    #[test]
    fn an_iban_and_its_national_number_are_one_account() {
        assert_eq!(compare_accounts(Some("NO9386011117947"), Some("86011117947")), Some(true));
        assert_eq!(compare_accounts(Some("SE4550000000058398257466"), Some("54029681")), None);
        assert_eq!(compare_accounts(Some("54029681"), Some("2973675")), None);
        assert_eq!(compare_accounts(Some("54029681"), Some("50501055")), Some(false));
    }
}
