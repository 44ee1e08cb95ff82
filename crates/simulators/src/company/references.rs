//! Payment references and account numbers with the check digits their schemes ask for.
//!
//! Composing only; reading and judging them is the readers' business (`attest-formats`).

/// Which reference a customer quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Swedish OCR with length digit and Luhn digit.
    Ocr,
    /// Norwegian KID, modulus 10.
    Kid,
    /// Finnish viitenumero.
    Viitenumero,
    /// ISO 11649 creditor reference.
    Rf,
    /// Danish FIK 71: 15 digits with a Luhn digit.
    Fik,
}

/// The Luhn digit to append to `digits`: weights 2, 1, 2 … from the right, digit sums, modulus 10.
pub(crate) fn luhn(digits: &str) -> u32 {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let value = u32::from(byte - b'0') * if place % 2 == 0 { 2 } else { 1 };
            value / 10 + value % 10
        })
        .sum();
    (10 - sum % 10) % 10
}

/// The Finnish check digit: weights 7, 3, 1 from the right, modulus 10.
fn finnish(digits: &str) -> u32 {
    let sum: u32 = digits
        .bytes()
        .rev()
        .zip([7, 3, 1].into_iter().cycle())
        .map(|(byte, weight)| u32::from(byte - b'0') * weight)
        .sum();
    (10 - sum % 10) % 10
}

/// Modulus 97 of ISO 7064 over letters (A = 10 … Z = 35) and digits.
fn modulus_97(text: &str) -> u32 {
    text.bytes().fold(0, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte.to_ascii_uppercase() - b'A') + 10) % 97,
    })
}

/// An IBAN from a country and a national account number.
pub(crate) fn iban(country: &str, bban: &str) -> String {
    let check = 98 - modulus_97(&format!("{bban}{country}00"));
    format!("{country}{check:02}{bban}")
}

/// A Norwegian account number from its first ten digits (weights 5,4,3,2,7,6,5,4,3,2, modulus 11).
/// Where the check digit would be ten, the tenth digit is raised until it is not.
pub(crate) fn norwegian_account(ten: &str) -> String {
    let mut digits: Vec<u32> = ten.bytes().map(|byte| u32::from(byte - b'0')).collect();
    loop {
        let sum: u32 =
            digits.iter().zip([5, 4, 3, 2, 7, 6, 5, 4, 3, 2]).map(|(digit, weight)| digit * weight).sum();
        let check = (11 - sum % 11) % 11;
        if check < 10 {
            return digits.iter().chain([&check]).map(ToString::to_string).collect();
        }
        digits[9] = (digits[9] + 1) % 10;
    }
}

/// A bankgiro number of eight digits from its first seven.
pub(crate) fn bankgiro(seven: &str) -> String {
    format!("{seven}{}", luhn(seven))
}

/// A bankgiro number as people write it: `5050-1055`.
pub(crate) fn bankgiro_shown(digits: &str) -> String {
    let (head, tail) = digits.split_at(digits.len().saturating_sub(4));
    format!("{head}-{tail}")
}

/// The reference on an invoice.
pub(crate) fn compose(scheme: Scheme, customer: u32, invoice: u32) -> String {
    match scheme {
        Scheme::Ocr => {
            let base = format!("{customer}{invoice}");
            let with_length = format!("{base}{}", (base.len() + 2) % 10);
            format!("{with_length}{}", luhn(&with_length))
        }
        Scheme::Kid => {
            let base = format!("{customer:06}{invoice:08}");
            format!("{base}{}", luhn(&base))
        }
        Scheme::Viitenumero => {
            let base = format!("{customer}{invoice}");
            format!("{base}{}", finnish(&base))
        }
        Scheme::Rf => {
            let base = compose(Scheme::Viitenumero, customer, invoice);
            let check = 98 - modulus_97(&format!("{base}RF00"));
            format!("RF{check:02}{base}")
        }
        Scheme::Fik => {
            let base = format!("{customer:06}{invoice:08}");
            format!("{base}{}", luhn(&base))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_agree_with_the_published_vectors() {
        assert_eq!(luhn("123"), 0);
        assert_eq!(luhn("12345678"), 2);
        assert_eq!(bankgiro("5050105"), "50501055");
        assert_eq!(luhn("556677889"), 9, "the demo company's own number");
        assert_eq!(finnish("1000"), 3);
        assert_eq!(finnish("124"), 5);
        assert_eq!(iban("SE", "50000000058398257466"), "SE4550000000058398257466");
        assert_eq!(norwegian_account("8601111794"), "86011117947");
        assert_eq!(iban("NO", "86011117947"), "NO9386011117947");
        assert_eq!(98 - modulus_97("10003RF00"), 68);
        assert_eq!(98 - modulus_97("1245RF00"), 48);
    }

    #[test]
    fn a_norwegian_account_never_ends_in_ten() {
        for number in 0..200 {
            assert_eq!(norwegian_account(&format!("12345{number:05}")).len(), 11);
        }
    }

    #[test]
    fn an_ocr_carries_its_own_length() {
        let ocr = compose(Scheme::Ocr, 10_234, 45_601);
        assert_eq!(ocr.len(), 12);
        assert_eq!(ocr.as_bytes()[10], b'2');
    }
}
