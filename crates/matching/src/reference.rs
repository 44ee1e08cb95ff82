//! References compared as people mean them: without spaces, hyphens, leading zeros, case and RF envelope.
//!
//! Invariants: a placeholder (`NOTPROVIDED`) is no reference; what was found in free text is kept apart from
//! structured fields, because one random number in ten passes Luhn. Deliberately absent: repairing typing errors.

use attest_domain::reconciliation::LineReference;

/// Values banks and ERPs put where there is no reference.
const PLACEHOLDERS: &[&str] = &[
    "NOTPROVIDED",
    "NOTAVAILABLE",
    "NONREF",
    "NOREF",
    "NONE",
    "NA",
    "UNKNOWN",
    "EJANGIVEN",
    "EMPTY",
    "NULL",
    "N",
];

/// Most references read from one text.
const TEXT_REFERENCES_MAX: usize = 16;
/// Longest reference looked at, in characters; ISO 20022 allows 35, SIE texts glue more.
const REFERENCE_CHARS_MAX: usize = 70;

/// What a structured reference names. Only references of one class can contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Class {
    /// The creditor's reference: OCR, KID, RF, viitenumero, or a structured one of unknown national kind.
    Creditor,
    /// EndToEndId.
    EndToEnd,
    /// InstrId.
    Instruction,
    /// PmtInfId: names a batch, so several lines share it.
    PaymentInformation,
    /// Invoice number.
    Invoice,
    /// Voucher number.
    Voucher,
    /// The bank's own, and whatever else.
    Other,
}

impl Class {
    /// The class of a [`LineReference::kind`].
    pub(crate) fn of(kind: &str) -> Self {
        match kind {
            "ocr" | "kid" | "rf" | "viitenumero" | "structured" => Self::Creditor,
            "end_to_end" => Self::EndToEnd,
            "instruction" => Self::Instruction,
            "payment_information" => Self::PaymentInformation,
            "invoice" => Self::Invoice,
            "voucher" => Self::Voucher,
            _ => Self::Other,
        }
    }

    /// True where two different values on the two sides mean two different payments. A batch, a voucher number
    /// or the bank's own reference is given by one side only and says nothing when it differs.
    pub(crate) fn contradicts(self) -> bool {
        matches!(self, Self::Creditor | Self::EndToEnd | Self::Instruction | Self::Invoice)
    }

    /// What a person calls it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Creditor => "OCR/KID/RF",
            Self::EndToEnd => "EndToEndId",
            Self::Instruction => "instruction id",
            Self::PaymentInformation => "payment batch",
            Self::Invoice => "invoice",
            Self::Voucher => "voucher",
            Self::Other => "reference",
        }
    }
}

/// A reference as it is compared, or `None` for a placeholder or an empty one.
/// `RF18 5390 0754 7034` and `539007547034` compare equal (ISO 11649: the envelope is checked before it is removed).
pub(crate) fn normalize(value: &str) -> Option<String> {
    let plain: String = value
        .chars()
        .filter(|c| c.is_alphanumeric())
        .take(REFERENCE_CHARS_MAX)
        .flat_map(char::to_uppercase)
        .collect();
    if PLACEHOLDERS.contains(&plain.as_str()) {
        return None;
    }
    let national = if is_rf(&plain) { &plain[4..] } else { plain.as_str() };
    let stripped = national.trim_start_matches('0');
    (!stripped.is_empty()).then(|| stripped.to_owned())
}

/// True for a well-formed ISO 11649 reference with the right check digits.
fn is_rf(plain: &str) -> bool {
    let bytes = plain.as_bytes();
    if !(5..=25).contains(&bytes.len())
        || !plain.starts_with("RF")
        || !bytes.iter().all(u8::is_ascii_alphanumeric)
    {
        return false;
    }
    if !bytes[2].is_ascii_digit() || !bytes[3].is_ascii_digit() {
        return false;
    }
    let mut rest = 0_u32;
    for byte in bytes[4..].iter().chain(&bytes[..4]) {
        rest = match byte {
            b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
            _ => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
        };
    }
    rest == 1
}

/// The structured references of a line, normalised, sorted, once each.
pub(crate) fn structured(references: &[LineReference]) -> Vec<(Class, String)> {
    let mut found: Vec<_> =
        references.iter().filter_map(|r| Some((Class::of(&r.kind), normalize(&r.value)?))).collect();
    found.sort();
    found.dedup();
    found
}

/// What may be a reference in free text: tokens with digits, digit runs inside them, and numbers written in
/// groups. Years and dates are left out. Sorted, once each.
pub(crate) fn in_text(text: &str) -> Vec<String> {
    let tokens: Vec<&str> = text
        .split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '/'))
        .filter(|t| !t.is_empty() && t.len() <= 4 * REFERENCE_CHARS_MAX)
        .take(4 * TEXT_REFERENCES_MAX)
        .collect();
    let mut found = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        add(&mut found, token);
        for run in token.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() < token.len()) {
            add(&mut found, run);
        }
        let mut joined = String::new();
        for part in tokens[i..].iter().take_while(|t| is_number(t) && !is_date_like(t)).take(6) {
            joined.push_str(part);
            if joined.len() > part.len() && joined.len() >= 6 {
                add(&mut found, &joined);
            }
        }
        if *token == "RF" || (token.starts_with("RF") && token.len() == 4) {
            let glued: String = tokens[i..].iter().take(8).copied().collect();
            add(&mut found, &glued);
        }
    }
    found.truncate(TEXT_REFERENCES_MAX);
    found.sort();
    found.dedup();
    found
}

fn add(found: &mut Vec<String>, token: &str) {
    let digits = token.bytes().filter(u8::is_ascii_digit).count();
    if digits >= 3
        && !is_date_like(token)
        && let Some(value) = normalize(token)
        && value.len() >= 3
    {
        found.push(value);
    }
}

fn is_number(token: &str) -> bool {
    token.bytes().all(|b| b.is_ascii_digit())
}

/// A year or a day written as such: `2026`, `20260115`, `2026-01-15`.
fn is_date_like(token: &str) -> bool {
    let digits: String = token.chars().filter(|c| *c != '-' && *c != '/').collect();
    let number = |range: std::ops::Range<usize>| digits.get(range).and_then(|part| part.parse::<u32>().ok());
    if !digits.bytes().all(|b| b.is_ascii_digit()) || !(digits.starts_with("19") || digits.starts_with("20"))
    {
        return false;
    }
    match digits.len() {
        4 => true,
        8 => {
            number(4..6).is_some_and(|m| (1..=12).contains(&m))
                && number(6..8).is_some_and(|d| (1..=31).contains(&d))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_hyphens_zeros_and_case_do_not_tell_references_apart() {
        for (a, b) in [
            ("1234 5678 90", "1234567890"),
            ("00000000000000001245", "1245"),
            ("e2e-2026-7", "E2E20267"),
            ("RF18 5390 0754 7034", "539007547034"),
            ("RF481245", "0001245"),
        ] {
            assert_eq!(normalize(a), normalize(b), "{a} {b}");
        }
    }

    #[test]
    fn a_wrong_rf_envelope_is_not_removed() {
        assert_eq!(normalize("RF17539007547034").as_deref(), Some("RF17539007547034"));
    }

    #[test]
    fn placeholders_and_empty_values_are_no_references() {
        for value in ["NOTPROVIDED", "not provided", "", "000", " - "] {
            assert_eq!(normalize(value), None, "{value:?}");
        }
    }

    #[test]
    fn text_yields_numbers_glued_grouped_and_alone_but_no_dates() {
        assert!(in_text("Faktura 10234 2026-01-15").contains(&"10234".to_owned()));
        assert!(in_text("OCR789456").contains(&"789456".to_owned()));
        assert!(in_text("Ref 1234 5678 90 tack").contains(&"1234567890".to_owned()));
        assert!(in_text("RF18 5390 0754 7034").contains(&"539007547034".to_owned()));
        assert!(in_text("2026 20260115 2026-01-15").is_empty());
    }
}
