//! Check digits of Nordic references, accounts and company numbers: pure rules over text.
//!
//! Every rule takes the text as people write it (spaces, hyphens, dots) and answers whether it is well formed
//! and its check digit right. A bank's file may hold fictitious numbers, so a wrong one is a warning there and
//! blocks only what we send ourselves.
//!
//! **Absent on purpose:** whether a number exists, and any search for references inside free text.

/// Removes what people put between digits: white space of any kind, hyphens, dots and slashes.
#[must_use]
pub fn strip_separators(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.' | '/' | '\u{2010}' | '\u{2011}'))
        .collect()
}

/// A reference in the form in which two are compared: no white space, upper case, no leading zeros.
///
/// `0000 1245` and `1245` are one reference; a reference of noughts alone becomes empty.
#[must_use]
pub fn normalize_reference(text: &str) -> String {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect();
    compact.trim_start_matches('0').to_owned()
}

/// The digits of `text` when it holds nothing but digits and separators.
fn digits_of(text: &str) -> Option<Vec<u32>> {
    strip_separators(text).chars().map(|c| c.to_digit(10)).collect()
}

/// Σ digit × weight, the weights repeated from the right end.
fn weighted_from_right(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().rev().zip(weights.iter().cycle()).map(|(digit, weight)| digit * weight).sum()
}

/// Σ of the Luhn products of `payload`, to which a check digit has not been added yet.
fn luhn_sum(payload: &[u32]) -> u32 {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    payload
        .iter()
        .rev()
        .enumerate()
        .map(|(place, &digit)| if place % 2 == 0 { doubled(digit) } else { digit })
        .sum()
}

/// The Luhn digit (modulus 10, weights 2, 1 from the right) that completes `payload`, as a number 0–9.
/// `None` when `payload` is not made of digits.
#[must_use]
pub fn luhn_check_digit(payload: &str) -> Option<u32> {
    let digits = digits_of(payload).filter(|digits| !digits.is_empty())?;
    Some((10 - luhn_sum(&digits) % 10) % 10)
}

fn luhn_holds(digits: &[u32]) -> bool {
    digits
        .split_last()
        .is_some_and(|(check, payload)| !payload.is_empty() && (luhn_sum(payload) + check).is_multiple_of(10))
}

/// Luhn over a number that ends in its check digit; at least two digits.
#[must_use]
pub fn is_luhn(text: &str) -> bool {
    digits_of(text).is_some_and(|digits| luhn_holds(&digits))
}

/// A Swedish OCR number: 2 to 25 digits, the last one a Luhn digit.
#[must_use]
pub fn is_ocr(text: &str) -> bool {
    digits_of(text).is_some_and(|digits| (2..=25).contains(&digits.len()) && luhn_holds(&digits))
}

/// A Swedish OCR number under a length agreement: the second last digit is the number of digits modulo 10.
#[must_use]
pub fn is_ocr_with_length(text: &str) -> bool {
    digits_of(text).is_some_and(|digits| {
        let length = digits.len();
        (3..=25).contains(&length) && digits[length - 2] as usize == length % 10 && luhn_holds(&digits)
    })
}

/// A Swedish bankgiro number: 7 or 8 digits, Luhn. Zero padding to ten digits (BgMax) is accepted.
#[must_use]
pub fn is_bankgiro(text: &str) -> bool {
    giro_digits(text, 7, 8).is_some_and(|digits| luhn_holds(&digits))
}

/// A Swedish plusgiro number: 2 to 8 digits, Luhn. Zero padding to ten digits is accepted.
#[must_use]
pub fn is_plusgiro(text: &str) -> bool {
    giro_digits(text, 2, 8).is_some_and(|digits| luhn_holds(&digits))
}

fn giro_digits(text: &str, least: usize, most: usize) -> Option<Vec<u32>> {
    let digits = digits_of(text)?;
    let digits = if digits.len() == 10 {
        digits.into_iter().skip_while(|digit| *digit == 0).collect()
    } else {
        digits
    };
    (least..=most).contains(&digits.len()).then_some(digits)
}

/// A Swedish organisation number: 10 digits (or 12 with the prefix 16), Luhn, third digit at least 2.
#[must_use]
pub fn is_swedish_organisation_number(text: &str) -> bool {
    ten_digits(text, &[1, 6]).is_some_and(|digits| digits[2] >= 2 && luhn_holds(&digits))
}

/// A number that identifies a Swedish business: an organisation number, or a sole trader's personal or
/// coordination number (a month, a day or a day plus 60, Luhn).
#[must_use]
pub fn is_swedish_business_number(text: &str) -> bool {
    if is_swedish_organisation_number(text) {
        return true;
    }
    let century = [[1, 9], [2, 0]];
    century.iter().find_map(|prefix| ten_digits(text, prefix)).is_some_and(|digits| {
        let month = digits[2] * 10 + digits[3];
        let day = digits[4] * 10 + digits[5];
        (1..=12).contains(&month)
            && ((1..=31).contains(&day) || (61..=91).contains(&day))
            && luhn_holds(&digits)
    })
}

/// Ten digits, or twelve of which the first two are `prefix`.
fn ten_digits(text: &str, prefix: &[u32; 2]) -> Option<Vec<u32>> {
    let digits = digits_of(text)?;
    match digits.len() {
        10 => Some(digits),
        12 if digits.starts_with(prefix) => Some(digits[2..].to_vec()),
        _ => None,
    }
}

/// Modulus 11 as Norway and Finland use it: 11 − rest, rest 0 gives 0, rest 1 has no digit.
fn modulus_11_digit(sum: u32) -> Option<u32> {
    match sum % 11 {
        0 => Some(0),
        1 => None,
        rest => Some(11 - rest),
    }
}

fn modulus_11_holds(digits: &[u32], weights: &[u32]) -> bool {
    let Some((check, payload)) = digits.split_last() else { return false };
    payload.len() == weights.len()
        && modulus_11_digit(payload.iter().zip(weights).map(|(digit, weight)| digit * weight).sum())
            == Some(*check)
}

/// A Norwegian organisation number: 9 digits, weights 3 2 7 6 5 4 3 2, modulus 11.
#[must_use]
pub fn is_norwegian_organisation_number(text: &str) -> bool {
    digits_of(text).is_some_and(|digits| modulus_11_holds(&digits, &[3, 2, 7, 6, 5, 4, 3, 2]))
}

/// A Norwegian account number: 11 digits, weights 5 4 3 2 7 6 5 4 3 2, modulus 11.
#[must_use]
pub fn is_norwegian_account(text: &str) -> bool {
    digits_of(text).is_some_and(|digits| modulus_11_holds(&digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]))
}

/// A Finnish business id (Y-tunnus): 7 digits and a check digit, weights 7 9 10 5 8 4 2, modulus 11.
/// Old ids of six digits are read with a leading nought.
#[must_use]
pub fn is_finnish_business_id(text: &str) -> bool {
    digits_of(text).is_some_and(|mut digits| {
        if digits.len() == 7 {
            digits.insert(0, 0);
        }
        modulus_11_holds(&digits, &[7, 9, 10, 5, 8, 4, 2])
    })
}

/// A Danish CVR number: 8 digits, weights 2 7 6 5 4 3 2 1, the sum divisible by 11.
#[must_use]
pub fn is_danish_cvr(text: &str) -> bool {
    digits_of(text).is_some_and(|digits| {
        digits.len() == 8
            && digits[0] != 0
            && digits.iter().zip([2, 7, 6, 5, 4, 3, 2, 1]).map(|(digit, weight)| digit * weight).sum::<u32>()
                % 11
                == 0
    })
}

/// A Norwegian KID with a modulus 10 digit: 2 to 25 digits, Luhn.
#[must_use]
pub fn is_kid_modulus_10(text: &str) -> bool {
    digits_of(text).is_some_and(|digits| (2..=25).contains(&digits.len()) && luhn_holds(&digits))
}

/// The modulus 11 sign that completes a Norwegian KID: a digit, or `-` where the rest is 1.
/// `None` when `payload` is not made of digits.
#[must_use]
pub fn kid_modulus_11_sign(payload: &str) -> Option<char> {
    let digits: Vec<u32> = payload.chars().map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    if digits.is_empty() {
        return None;
    }
    let sum = weighted_from_right(&digits, &[2, 3, 4, 5, 6, 7]);
    Some(modulus_11_digit(sum).map_or('-', |digit| char::from_digit(digit, 10).unwrap_or('-')))
}

/// A Norwegian KID with a modulus 11 sign: 2 to 25 positions, the last one a digit or a hyphen.
#[must_use]
pub fn is_kid_modulus_11(text: &str) -> bool {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let mut payload = compact.chars();
    let sign = payload.next_back();
    (2..=25).contains(&compact.len()) && sign.is_some() && kid_modulus_11_sign(payload.as_str()) == sign
}

/// A Norwegian KID under either agreement.
#[must_use]
pub fn is_kid(text: &str) -> bool {
    is_kid_modulus_10(text) || is_kid_modulus_11(text)
}

/// A Danish FIK reference: card type 71 with 15 digits, or 75, 04, 15 with 16 digits, Luhn; types 73 and 01
/// carry no number and are always right.
///
/// Read as `71/123456789012347`, `+71<123456789012347`, or the bare digits, whose number tells the type.
#[must_use]
pub fn is_fik(text: &str) -> bool {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let compact = compact.trim_start_matches('+');
    let (card, number) = match compact.split_once(['/', '<']) {
        // A payment slip goes on with `+<creditor>`; the reference ends there.
        Some((card, rest)) => (Some(card), rest.split('+').next().unwrap_or(rest)),
        None if matches!(compact, "73" | "01") => return true,
        None => (None, compact),
    };
    let Some(digits) = number.chars().map(|c| c.to_digit(10)).collect::<Option<Vec<_>>>() else {
        return false;
    };
    match (card, digits.len()) {
        (Some("71") | None, 15) | (Some("75" | "04" | "15") | None, 16) => luhn_holds(&digits),
        (Some("73" | "01"), 0) => true,
        _ => false,
    }
}

/// The digit that completes a Finnish reference (viitenumero): weights 7 3 1 from the right, modulus 10.
/// `None` when `payload` is not made of digits.
#[must_use]
pub fn viitenumero_check_digit(payload: &str) -> Option<u32> {
    let digits = digits_of(payload).filter(|digits| !digits.is_empty())?;
    Some((10 - weighted_from_right(&digits, &[7, 3, 1]) % 10) % 10)
}

/// A Finnish reference (viitenumero): 4 to 20 digits, leading zeros not counted, weights 7 3 1, modulus 10.
#[must_use]
pub fn is_viitenumero(text: &str) -> bool {
    let compact = strip_separators(text);
    if compact.len() > 20 {
        return false;
    }
    let Some(digits) = digits_of(compact.trim_start_matches('0')) else { return false };
    let Some((check, payload)) = digits.split_last() else { return false };
    digits.len() >= 4 && (10 - weighted_from_right(payload, &[7, 3, 1]) % 10) % 10 == *check
}

/// The remainder by 97 of a text in which `A` is 10 … `Z` is 35 (ISO 7064). `None` for any other character.
fn modulus_97(text: impl Iterator<Item = char>) -> Option<u32> {
    let mut rest = 0_u32;
    for c in text {
        let value = c.to_digit(36)?;
        rest = if value > 9 { (rest * 100 + value) % 97 } else { (rest * 10 + value) % 97 };
    }
    Some(rest)
}

/// An RF creditor reference (ISO 11649): `RF`, two check digits, 1 to 21 letters and digits, modulus 97 is 1.
#[must_use]
pub fn is_creditor_reference(text: &str) -> bool {
    let compact = compact_alphanumeric(text);
    let Some(rest) = compact.strip_prefix("RF") else { return false };
    (3..=23).contains(&rest.len()) && four_moved_hold(&compact)
}

/// Has the shape of an RF creditor reference, but not its check digits.
#[must_use]
pub fn is_wrong_creditor_reference(text: &str) -> bool {
    let compact = compact_alphanumeric(text);
    let bytes = compact.as_bytes();
    let shaped = (5..=25).contains(&bytes.len())
        && bytes.starts_with(b"RF")
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && bytes.iter().all(u8::is_ascii_alphanumeric);
    shaped && !is_creditor_reference(&compact)
}

/// Makes the RF creditor reference (ISO 11649) of a national one: check = 98 − modulus 97.
/// `None` when the reference is empty, longer than 21 characters or not alphanumeric.
#[must_use]
pub fn creditor_reference(reference: &str) -> Option<String> {
    let compact = compact_alphanumeric(reference);
    if !(1..=21).contains(&compact.len()) {
        return None;
    }
    let rest = modulus_97(compact.chars().chain("RF00".chars()))?;
    Some(format!("RF{:02}{compact}", 98 - rest))
}

fn compact_alphanumeric(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect()
}

/// Modulus 97 over a text whose first four characters count last; the text is known to be longer than four.
fn four_moved_hold(compact: &str) -> bool {
    compact.is_ascii()
        && compact.len() > 4
        && compact.as_bytes()[2..4].iter().all(u8::is_ascii_digit)
        && modulus_97(compact[4..].chars().chain(compact[..4].chars())) == Some(1)
}

/// An IBAN: two letters, two digits, modulus 97 is 1; the length is checked for SE, FI, NO, DK and otherwise
/// only bounded (15 to 34).
#[must_use]
pub fn is_iban(text: &str) -> bool {
    let compact = compact_alphanumeric(text);
    let length_fits = match compact.get(..2) {
        Some("SE") => compact.len() == 24,
        Some("FI" | "DK") => compact.len() == 18,
        Some("NO") => compact.len() == 15,
        _ => (15..=34).contains(&compact.len()),
    };
    length_fits && looks_like_iban(&compact) && four_moved_hold(&compact)
}

/// Has the outer shape of an IBAN, whatever its check digits and length are: `LLDD` and alphanumerics.
#[must_use]
pub fn looks_like_iban(text: &str) -> bool {
    let compact = compact_alphanumeric(text);
    let bytes = compact.as_bytes();
    (15..=34).contains(&bytes.len())
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && bytes.iter().all(u8::is_ascii_alphanumeric)
}
