//! Texts as payers, banks and bookkeepers write them, and amounts as invoices have them.

use super::{
    mistakes::Rates,
    model::{Mistake, Remittance},
    parties::Party,
    random::Random,
    references::{Scheme, compose},
};

/// An invoice amount in minor units: many small, few large; a third from round net prices with 25 % VAT, a
/// quarter in whole kronor, the rest to the öre.
pub(crate) fn invoice_amount(random: &mut Random) -> i64 {
    let (low, high) = random.weighted(&[
        (10, (9_900, 40_000)),
        (30, (40_000, 200_000)),
        (35, (200_000, 900_000)),
        (20, (900_000, 4_000_000)),
        (5, (4_000_000, 25_000_000)),
    ]);
    let amount = random.between(low, high);
    match random.below(20) {
        0..=6 => (amount / 12_500).max(1) * 12_500,
        7..=11 => (amount / 100).max(1) * 100,
        _ => amount,
    }
}

/// An invoice amount in another currency than the krona: an eighth, whole where the original was.
pub(crate) fn foreign_invoice_amount(random: &mut Random) -> i64 {
    let amount = invoice_amount(random);
    if amount % 100 == 0 { (amount / 800).max(10) * 100 } else { amount / 8 }
}

/// What the payer writes, and whether that is a mistake of its own.
pub(crate) fn remittance(
    scheme: Scheme,
    (customer, invoice, amount): (u32, u32, i64),
    rates: &Rates,
    random: &mut Random,
) -> (Remittance, Mistake) {
    let reference = compose(scheme, customer, invoice);
    if random.chance(rates.no_reference) {
        let text = *random.pick(&["", "Betalning", "Tack", "Enl. ök", "Payment", "Månadsfaktura"]);
        let remittance =
            if text.is_empty() { Remittance::Nothing } else { Remittance::Text(text.to_owned()) };
        return (remittance, Mistake::NoReference);
    }
    if random.chance(rates.wrong_check_digit) {
        return (
            Remittance::Reference(with_wrong_digit(&reference), scheme == Scheme::Rf),
            Mistake::WrongCheckDigit,
        );
    }
    if random.chance(rates.reference_typo) {
        let wrong = transposed(&invoice.to_string(), random);
        return (Remittance::Text(format!("Faktura {wrong}")), Mistake::ReferenceTypo);
    }
    let remittance = match random.below(20) {
        0..=11 => Remittance::Reference(reference, scheme == Scheme::Rf),
        12 => Remittance::Text(grouped(&reference)),
        13 => Remittance::Text(format!("OCR {reference}")),
        14 | 15 => Remittance::Text(format!("Faktura {invoice}")),
        16 => Remittance::Text(format!("Fakt.nr {invoice} kundnr {customer}")),
        17 => Remittance::Text(format!("Inv {invoice}")),
        18 => Remittance::Text(invoice.to_string()),
        _ => Remittance::Documents(vec![(invoice.to_string(), amount)]),
    };
    (remittance, Mistake::None)
}

/// The same reference with its last digit raised by one, so that no scheme accepts it.
fn with_wrong_digit(reference: &str) -> String {
    let (head, last) = reference.split_at(reference.len() - 1);
    let digit = last.bytes().next().map_or(0, |byte| byte.wrapping_sub(b'0') % 10);
    format!("{head}{}", (digit + 1) % 10)
}

/// Two neighbouring digits changed places; the last one is raised where all digits are equal.
fn transposed(digits: &str, random: &mut Random) -> String {
    let mut bytes = digits.as_bytes().to_vec();
    let start = random.index(bytes.len());
    for offset in 0..bytes.len() {
        let place = (start + offset) % bytes.len();
        if place > 0 && bytes[place] != bytes[place - 1] {
            bytes.swap(place, place - 1);
            return String::from_utf8_lossy(&bytes).into_owned();
        }
    }
    with_wrong_digit(digits)
}

/// Four digits at a time, as people copy them from paper.
fn grouped(reference: &str) -> String {
    reference
        .as_bytes()
        .chunks(4)
        .map(|part| String::from_utf8_lossy(part).into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// What the bookkeeper writes about a customer's payment.
pub(crate) fn receipt(party: &Party, invoice: u32, scheme: Scheme, random: &mut Random) -> String {
    match random.below(20) {
        0..=7 => format!("{}, faktura {invoice}", party.short),
        8..=11 => format!("Inbetalning faktura {invoice} {}", party.name),
        12..=14 => format!("{} {}", party.short, compose(scheme, party.number, invoice)),
        15 | 16 => format!("Kund {} faktura {invoice}", party.number),
        17 => format!("Faktura {invoice}"),
        18 => format!("Inbet {}", party.short),
        _ => "Kundinbetalning".to_owned(),
    }
}

/// What the bookkeeper writes about a supplier's payment.
pub(crate) fn disbursement(party: &Party, invoice: u32, random: &mut Random) -> String {
    match random.below(10) {
        0..=4 => format!("{}, faktura {invoice}", party.short),
        5..=7 => format!("Levbet {} {}", party.number, party.name),
        8 => party.short.clone(),
        _ => format!("Leverantör {} fakt {invoice}", party.number),
    }
}
