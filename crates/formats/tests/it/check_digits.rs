//! The check-digit rules against published and recalculated vectors, good and bad.

use attest_formats::check_digits::*;
use proptest::prelude::*;

type Rule = (&'static str, fn(&str) -> bool, &'static [&'static str], &'static [&'static str]);

const RULES: &[Rule] = &[
    ("Luhn", is_luhn, &["1230", "4564"], &["1231", "1234", "", "0", "12a4"]),
    (
        "OCR",
        is_ocr,
        &["1230", "123456789023", "123067", "12369"],
        &["12368", "4", "12345678901234567890123456"],
    ),
    (
        "OCR with length digit",
        is_ocr_with_length,
        &["123456789023", "1234567890037", "123067"],
        &["12369", "1230"],
    ),
    (
        "bankgiro",
        is_bankgiro,
        &["5402-9681", "297-3675", "640-5070", "991-2346", "5050-1055", "0009912346"],
        &["5402-9682", "123-4567", "42", "000000000"],
    ),
    ("plusgiro", is_plusgiro, &["28 65 43-4", "410 54 68-5", "4-2"], &["410 54 68-6", "2", "123456789"]),
    (
        "Swedish organisation number",
        is_swedish_organisation_number,
        &["556334-3689", "556036-0793", "212000-0142", "16556334-3689"],
        &["123456-7891", "000000-0000", "556334-368", "20556334-3689"],
    ),
    (
        "Swedish business number",
        is_swedish_business_number,
        &["556334-3689", "550226-1513"],
        &["000000-0000", "551326-1512", "123456-7891"],
    ),
    (
        "KID modulus 10",
        is_kid_modulus_10,
        &["123456782", "000506701000172"],
        &["123456783", "1", "12345678901234567890123456"],
    ),
    (
        "KID modulus 11",
        is_kid_modulus_11,
        &["123456785", "1009-", "10030", "51234000506701000176"],
        &["123456784", "10091", "-", "1-03"],
    ),
    (
        "Norwegian account",
        is_norwegian_account,
        &["86011117947", "8601.11.17947"],
        &["86011117949", "8601111794"],
    ),
    (
        "Norwegian organisation number",
        is_norwegian_organisation_number,
        &["988077917"],
        &["988077918", "98807791"],
    ),
    (
        "FIK",
        is_fik,
        &[
            "004040400000669",
            "123456789012347",
            "000000020211041",
            "71/123456789012347",
            "+71<123456789012347+81234567<",
            "73",
            "01",
        ],
        &["004040400000668", "75/123456789012347", "71/12345", "72/123456789012347"],
    ),
    ("Danish CVR", is_danish_cvr, &["13585628"], &["13585627", "1358562", "00000000"]),
    (
        "viitenumero",
        is_viitenumero,
        &["10003", "1245", "00000000000000001245", "75310116600498132890"],
        &["10004", "123", "000000000000000012450", "12x5"],
    ),
    ("Finnish business id", is_finnish_business_id, &["2077474-0"], &["2077474-1", "207747-0"]),
    (
        "RF creditor reference",
        is_creditor_reference,
        &[
            "RF18539007547034",
            "RF185390075470Y",
            "RF6810003",
            "RF481245",
            "RF5675310116600498132890",
            "RF332348236",
            "RF12510007547061",
            "RF0812344",
            "RF7812345",
            "rf68 10003",
        ],
        &["RF17539007547034", "RF98123456789012", "RF", "RFXX1", "RF48-245"],
    ),
    (
        "IBAN",
        is_iban,
        &[
            "SE4550000000058398257466",
            "FI2112345600000785",
            "NO9386011117947",
            "DK5000400440116243",
            "FI4947300010416310",
            "SE45 5000 0000 0583 9825 7466",
        ],
        &[
            "DK0320009876543210",
            "FI8529501800030574",
            "SE455000000005839825746",
            "",
            "SEXX50000000058398257466",
        ],
    ),
];

#[test]
fn every_rule_accepts_its_good_vectors_and_rejects_its_bad_ones() {
    for (name, rule, good, bad) in RULES {
        for text in *good {
            assert!(rule(text), "{name}: {text} is right");
        }
        for text in *bad {
            assert!(!rule(text), "{name}: {text} is wrong");
        }
    }
}

#[test]
fn a_check_digit_completes_its_payload() {
    assert_eq!(luhn_check_digit("123"), Some(0));
    assert_eq!(luhn_check_digit("12345678"), Some(2));
    assert_eq!(luhn_check_digit("x"), None);
    assert_eq!(kid_modulus_11_sign("12345678"), Some('5'));
    assert_eq!(kid_modulus_11_sign("1009"), Some('-'));
    assert_eq!(kid_modulus_11_sign("1003"), Some('0'));
    assert_eq!(viitenumero_check_digit("1000"), Some(3));
    assert_eq!(viitenumero_check_digit("124"), Some(5));
    assert_eq!(creditor_reference("10003").as_deref(), Some("RF6810003"));
    assert_eq!(creditor_reference("1245").as_deref(), Some("RF481245"));
    assert_eq!(creditor_reference(""), None);
}

#[test]
fn references_are_compared_without_spaces_and_leading_zeros() {
    assert_eq!(normalize_reference(" 0000 1245 "), "1245");
    assert_eq!(normalize_reference("rf18 5390"), "RF185390");
    assert_eq!(normalize_reference("000"), "");
    assert!(is_wrong_creditor_reference("RF98123456789012") && !is_wrong_creditor_reference("RF481245"));
    assert!(!is_wrong_creditor_reference("RF") && !is_wrong_creditor_reference("Rfaktura 12"));
    assert_eq!(strip_separators("28 65\u{a0}43-4"), "2865434");
}

proptest! {
    #[test]
    fn a_completed_number_is_right_and_any_other_last_digit_wrong(payload in "[0-9]{1,20}") {
        let right = luhn_check_digit(&payload).unwrap();
        for digit in 0..10 {
            prop_assert_eq!(is_luhn(&format!("{payload}{digit}")), digit == right);
        }
    }

    #[test]
    fn a_creditor_reference_made_is_one_that_holds(reference in "[0-9A-Z]{1,21}") {
        prop_assert!(is_creditor_reference(&creditor_reference(&reference).unwrap()));
    }

    #[test]
    fn no_rule_panics_on_any_text(text in ".{0,40}") {
        for (_, rule, _, _) in RULES {
            let _ = rule(&text);
        }
    }
}
