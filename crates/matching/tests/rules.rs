//! The rules of matching, one sentence each.

mod common;

use attest_domain::amount::{Amount, Currency};
use attest_domain::reconciliation::{Decision, Line, MatchRules};
use attest_matching::{Cancelled, Rejected, propose, propose_with};
use common::{With, decision, find, line};
use std::ops::ControlFlow;

fn rules() -> MatchRules {
    MatchRules::default()
}

#[test]
fn the_same_structured_reference_and_amount_is_automatic_however_it_is_written() {
    for (kind, bank, ledger) in [
        ("end_to_end", "E2E-2026-0007", "e2e 2026 0007"),
        ("ocr", "0000789456", "789 456"),
        ("rf", "RF18 5390 0754 7034", "539007547034"),
        ("viitenumero", "00000000000000001245", "1245"),
        ("kid", "000506701000172", "506701000172"),
        ("invoice", "F-2026-118", "F2026118"),
    ] {
        let left = [line("b", 10, "1250.40", "").reference(kind, bank)];
        let right = [line("l", 12, "1250.40", "Verifikat").reference(kind, ledger)];
        let proposals = propose(&left, &right, &rules());
        assert_eq!(decision(&proposals, &["b"], &["l"]), Some(Decision::Auto), "{kind} {bank}");
        assert_eq!(proposals[0].pass, "reference");
    }
}

#[test]
fn placeholder_references_do_not_match_each_other() {
    let left = [line("b", 10, "1250.40", "").reference("end_to_end", "NOTPROVIDED")];
    let right = [line("l", 10, "990.00", "").reference("end_to_end", "NOTPROVIDED")];
    assert!(propose(&left, &right, &rules()).is_empty());
}

#[test]
fn a_number_in_free_text_suggests_but_never_confirms_by_itself() {
    let left = [line("b", 10, "1250.40", "").reference("ocr", "789456")];
    let right = [line("l", 10, "1250.40", "Kundfaktura OCR 789456")];
    let proposals = propose(&left, &right, &rules());
    assert_eq!(decision(&proposals, &["b"], &["l"]), Some(Decision::Suggest));
    assert!(proposals[0].confidence > 0.99);
}

#[test]
fn the_reference_decides_between_equal_amounts_on_the_same_day() {
    let left = [
        line("b1", 10, "500.00", "").reference("ocr", "100017"),
        line("b2", 10, "500.00", "").reference("ocr", "100025"),
    ];
    let right = [
        line("l1", 10, "500.00", "").reference("ocr", "100025"),
        line("l2", 10, "500.00", "").reference("ocr", "100017"),
    ];
    let proposals = propose(&left, &right, &rules());
    assert_eq!(decision(&proposals, &["b1"], &["l2"]), Some(Decision::Auto));
    assert_eq!(decision(&proposals, &["b2"], &["l1"]), Some(Decision::Auto));
    assert_eq!(proposals.len(), 2);
}

#[test]
fn amount_and_date_alone_suggest_but_never_confirm() {
    let left = [line("b", 10, "1250.40", "")];
    let right = [line("l", 11, "1250.40", "")];
    let proposals = propose(&left, &right, &rules());
    assert_eq!(decision(&proposals, &["b"], &["l"]), Some(Decision::Suggest));
    assert_eq!(proposals[0].pass, "amount_date");
}

#[test]
fn amount_date_and_the_party_under_truncation_and_transliteration_are_automatic() {
    for (bank, ledger) in [
        ("AAKERLUNDS BYGGVAROR", "Åkerlunds Byggvaror AB"),
        ("FJELLVIK ENTREPREN", "Fjellvik Entreprenør AS"),
        ("Jaervi Paperi Oy", "Järvi Paperi"),
    ] {
        let left = [line("b", 10, "18340.25", "").party(bank)];
        let right = [line("l", 10, "18340.25", "").party(ledger)];
        let proposals = propose(&left, &right, &rules());
        assert_eq!(decision(&proposals, &["b"], &["l"]), Some(Decision::Auto), "{bank}: {proposals:?}");
    }
}

#[test]
fn outside_the_window_amounts_are_not_matched_without_a_reference() {
    let left = [line("b", 1, "1250.40", "Norrhamn")];
    let right = [line("l", 28, "1250.40", "Norrhamn")];
    assert!(propose(&left, &right, &rules()).is_empty());
}

#[test]
fn a_reference_reaches_beyond_the_window() {
    let left = [line("b", 1, "1250.40", "").reference("ocr", "789456")];
    let right = [line("l", 28, "1250.40", "").reference("ocr", "789456")];
    assert_eq!(propose(&left, &right, &rules()).len(), 1);
}

#[test]
fn currencies_and_signs_never_mix() {
    let left = [line("b", 10, "1250.40", "").reference("ocr", "789456")];
    let mut euro = line("l1", 10, "1250.40", "").reference("ocr", "789456");
    euro.currency = Currency::parse("EUR");
    let out = line("l2", 10, "-1250.40", "").reference("ocr", "789456");
    assert!(propose(&left, &[euro, out], &rules()).is_empty());
}

#[test]
fn a_contradicting_reference_is_never_automatic_and_says_so() {
    let left = [line("b", 10, "1250.40", "").party("Norrhamn Varv AB").reference("ocr", "789456")];
    let right = [line("l", 10, "1250.40", "").party("Norrhamn Varv AB").reference("ocr", "111112")];
    for proposal in propose(&left, &right, &rules()) {
        assert_eq!(proposal.decision, Decision::Suggest);
        assert!(proposal.reasons.iter().any(|r| r.field == "contradiction" && r.weight < 0.0));
    }
}

#[test]
fn clearly_different_parties_are_never_automatic_even_with_the_reference() {
    let left = [line("b", 10, "1250.40", "").party("Norrhamn Varv AB").reference("invoice", "7894561")];
    let right = [line("l", 10, "1250.40", "").party("Fiskhallen Syd Oy").reference("invoice", "7894561")];
    let proposals = propose(&left, &right, &rules());
    assert_eq!(decision(&proposals, &["b"], &["l"]), Some(Decision::Suggest));
    assert!(proposals[0].reasons.iter().any(|r| r.field == "contradiction"));
}

#[test]
fn two_equal_candidates_are_both_shown_and_neither_is_confirmed() {
    let left = [line("b", 10, "500.00", "Norrhamn Varv")];
    let right = [line("l1", 10, "500.00", "Norrhamn Varv"), line("l2", 10, "500.00", "Norrhamn Varv")];
    let proposals = propose(&left, &right, &rules());
    assert_eq!(proposals.len(), 2);
    for proposal in &proposals {
        assert_eq!((proposal.decision, proposal.alternatives), (Decision::Ambiguous, 2));
        assert!(proposal.confidence <= 0.5);
    }
}

#[test]
fn of_more_than_five_equal_candidates_five_are_listed_and_all_are_counted() {
    let left = [line("b", 10, "500.00", "Norrhamn Varv")];
    let right: Vec<Line> = (0..9).map(|n| line(&format!("l{n}"), 10, "500.00", "Norrhamn Varv")).collect();
    let proposals = propose(&left, &right, &rules());
    assert_eq!(proposals.len(), 5);
    assert!(proposals.iter().all(|p| p.decision == Decision::Ambiguous && p.alternatives == 9));
}

#[test]
fn a_ring_of_equal_candidates_is_ambiguous_though_no_two_pairs_can_simply_swap() {
    // b1-{l1,l2}, b2-{l2,l3}, b3-{l3,l1}: two whole assignments are equally good.
    let left = [
        line("b1", 5, "700.10", "").reference("ocr", "111112").reference("ocr", "222224"),
        line("b2", 5, "700.10", "").reference("ocr", "222224").reference("ocr", "333336"),
        line("b3", 5, "700.10", "").reference("ocr", "333336").reference("ocr", "111112"),
    ];
    let right = [
        line("l1", 5, "700.10", "").reference("ocr", "111112"),
        line("l2", 5, "700.10", "").reference("ocr", "222224"),
        line("l3", 5, "700.10", "").reference("ocr", "333336"),
    ];
    let proposals = propose(&left, &right, &rules());
    assert!(!proposals.is_empty());
    assert!(proposals.iter().all(|p| p.decision == Decision::Ambiguous), "{proposals:?}");
}

#[test]
fn an_exact_fit_takes_its_line_from_an_earlier_guess() {
    let left = [line("b1", 10, "500.00", ""), line("b2", 14, "500.00", "").reference("ocr", "789456")];
    let right = [line("l1", 10, "500.00", "").reference("ocr", "789456")];
    let proposals = propose(&left, &right, &rules());
    assert_eq!(decision(&proposals, &["b2"], &["l1"]), Some(Decision::Auto));
    assert_eq!(proposals.len(), 1);
}

#[test]
fn weekly_payments_of_one_party_pair_by_their_days() {
    let pay = |id: &str, day| line(id, day, "1999.00", "").party("Norrhamn Varv AB");
    let left = [pay("b1", 2), pay("b2", 9), pay("b3", 16)];
    let right = [pay("l1", 2), pay("l2", 9), pay("l3", 16)];
    let proposals = propose(&left, &right, &rules());
    for (b, l) in [("b1", "l1"), ("b2", "l2"), ("b3", "l3")] {
        assert!(find(&proposals, &[b], &[l]).is_some(), "{proposals:?}");
    }
}

#[test]
fn a_batch_matches_the_lines_its_payments_name() {
    let left = [line("b", 10, "600.00", "Bankgiroinsättning")
        .part(Some("100.00"), "ocr", "100017")
        .part(Some("200.00"), "ocr", "100025")
        .part(Some("300.00"), "ocr", "100033")];
    let right = [
        line("l1", 9, "100.00", "").reference("ocr", "100017"),
        line("l2", 9, "200.00", "").reference("ocr", "100025"),
        line("l3", 8, "300.00", "").reference("ocr", "100033"),
        line("l4", 8, "300.00", "").reference("ocr", "999995"),
    ];
    let proposals = propose(&left, &right, &rules());
    let batch = find(&proposals, &["b"], &["l1", "l2", "l3"]).unwrap();
    assert_eq!((batch.decision, batch.pass.as_str()), (Decision::Auto, "batch"));
    assert!(batch.reasons.iter().any(|r| r.field == "batch" && r.detail.contains("3 of 3")));
}

#[test]
fn a_batch_matches_the_lines_that_carry_its_payment_information_id() {
    let left = [line("b", 10, "-750.00", "Lön").reference("payment_information", "PMT-2026-03-A")];
    let right = [
        line("l1", 10, "-250.00", "Lön").reference("payment_information", "PMT-2026-03-A"),
        line("l2", 10, "-500.00", "Lön").reference("payment_information", "PMT-2026-03-A"),
    ];
    let proposals = propose(&left, &right, &rules());
    assert_eq!(decision(&proposals, &["b"], &["l1", "l2"]), Some(Decision::Auto));
}

#[test]
fn several_bank_entries_match_the_one_ledger_line_that_sums_their_day() {
    let left = [
        line("b1", 10, "100.10", "Kortinlösen Butik Söder"),
        line("b2", 10, "250.20", "Kortinlösen Butik Söder"),
        line("b3", 10, "49.70", "Kortinlösen Butik Söder"),
    ];
    let right = [line("l", 10, "400.00", "Dagskassa kortinlösen Söder")];
    let proposals = propose(&left, &right, &rules());
    let sum = find(&proposals, &["b1", "b2", "b3"], &["l"]).unwrap();
    assert!(matches!(sum.decision, Decision::Auto | Decision::Suggest));
    assert!(sum.difference.is_zero());
}

#[test]
fn one_entry_matches_a_voucher_of_several_lines() {
    let left = [line("b", 10, "-900.00", "Skatteinbetalning")];
    let right = [
        line("l1", 10, "-400.00", "Skatt").group("A12"),
        line("l2", 10, "-500.00", "Avgifter").group("A12"),
        line("l3", 10, "-400.00", "Annat").group("A13"),
    ];
    assert!(find(&propose(&left, &right, &rules()), &["b"], &["l1", "l2"]).is_some());
}

#[test]
fn a_unique_sum_of_some_lines_of_a_party_is_suggested_and_two_such_sums_are_ambiguous() {
    let left = [line("b", 10, "350.00", "Norrhamn Varv samlingsbetalning")];
    let mut right = vec![
        line("l1", 8, "100.00", "Norrhamn Varv 1"),
        line("l2", 8, "250.00", "Norrhamn Varv 2"),
        line("l3", 7, "77.00", "Norrhamn Varv 3"),
    ];
    let unique = propose(&left, &right, &rules());
    let sum = find(&unique, &["b"], &["l1", "l2"]).unwrap();
    assert_eq!(sum.pass, "sum");
    assert_ne!(sum.decision, Decision::Ambiguous);
    right.push(line("l4", 8, "250.00", "Norrhamn Varv 4"));
    let two = propose(&left, &right, &rules());
    assert!(
        !two.is_empty() && two.iter().all(|p| p.decision == Decision::Ambiguous && p.alternatives == 2),
        "{two:?}"
    );
}

#[test]
fn a_difference_within_tolerance_is_reported_and_only_automatic_with_the_reference() {
    let rules = MatchRules { tolerance: Amount::parse("1.00").unwrap(), ..MatchRules::default() };
    let left = [line("b", 10, "1249.90", "").party("Norrhamn Varv AB")];
    let right = [line("l", 10, "1250.40", "").party("Norrhamn Varv AB")];
    let proposals = propose(&left, &right, &rules);
    assert_eq!(decision(&proposals, &["b"], &["l"]), Some(Decision::Suggest));
    assert_eq!(proposals[0].difference.to_string(), "-0.50");
    let [left, right] = [left, right].map(|[l]| [l.reference("ocr", "789456")]);
    assert_eq!(decision(&propose(&left, &right, &rules), &["b"], &["l"]), Some(Decision::Auto));
    let strict = propose(&left, &right, &MatchRules::default());
    assert_eq!(decision(&strict, &["b"], &["l"]), Some(Decision::Suggest));
}

#[test]
fn a_rejected_combination_is_not_proposed_again_but_its_lines_are() {
    let left = [line("b", 10, "500.00", "Norrhamn Varv")];
    let right = [line("l1", 10, "500.00", "Norrhamn Varv"), line("l2", 12, "500.00", "Norrhamn")];
    let rejected = [Rejected { left: vec!["b".into()], right: vec!["l1".into()] }];
    let proposals =
        propose_with(&left, &right, &rules(), &rejected, &mut |_, _| ControlFlow::Continue(())).unwrap();
    assert!(find(&proposals, &["b"], &["l1"]).is_none());
    assert!(find(&proposals, &["b"], &["l2"]).is_some());
}

#[test]
fn a_run_can_be_stopped_and_progress_never_exceeds_the_total() {
    let left: Vec<Line> = (0..3000).map(|n| line(&format!("b{n}"), 1, "5.00", "x")).collect();
    let mut calls = 0;
    let stopped = propose_with(&left, &left, &rules(), &[], &mut |_, _| {
        calls += 1;
        if calls == 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((stopped, calls), (Err(Cancelled), 4));
    let mut last = (0, 0);
    propose_with(&left, &left, &rules(), &[], &mut |done, total| {
        assert!(done >= last.0 && done <= total);
        last = (done, total);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(last.0, last.1);
}

#[test]
fn an_id_used_twice_on_one_side_takes_no_part() {
    let left = [line("b", 10, "500.00", "").reference("ocr", "789456")];
    let twice = line("l", 10, "500.00", "").reference("ocr", "789456");
    assert!(propose(&left, &[twice.clone(), twice], &rules()).is_empty());
}

#[test]
fn reasons_read_like_sentences_and_are_sorted_by_strength() {
    let left = [line("b", 10, "1250.40", "").reference("ocr", "789456").party("Norrhamn Varv AB")];
    let right = [line("l", 12, "1250.40", "").reference("ocr", "789456").party("Norrhamn Varv")];
    let proposals = propose(&left, &right, &rules());
    let details: Vec<&str> = proposals[0].reasons.iter().map(|r| r.detail.as_str()).collect();
    for expected in [
        "OCR/KID/RF 789456 on both sides",
        "equal to the öre",
        "2 days apart",
        "Norrhamn Varv AB and Norrhamn Varv",
    ] {
        assert!(details.contains(&expected), "{details:?}");
    }
    assert!(proposals[0].reasons.windows(2).all(|w| w[0].weight.abs() >= w[1].weight.abs()));
}

#[test]
fn a_sum_of_a_day_and_another_sum_of_a_party_are_both_shown() {
    let left = [line("b", 10, "350.00", "Norrhamn Varv")];
    let right = [
        line("l1", 10, "100.00", "Kassa"),
        line("l2", 10, "250.00", "Kassa"),
        line("l3", 6, "150.00", "Norrhamn Varv 1"),
        line("l4", 7, "200.00", "Norrhamn Varv 2"),
    ];
    let proposals = propose(&left, &right, &MatchRules { suggest_threshold: 0.001, ..rules() });
    assert!(
        find(&proposals, &["b"], &["l1", "l2"]).is_some()
            && find(&proposals, &["b"], &["l3", "l4"]).is_some()
    );
    assert!(proposals.iter().all(|p| p.decision == Decision::Ambiguous), "{proposals:?}");
}

#[test]
fn a_batch_whose_payment_fits_two_lines_equally_is_ambiguous_and_both_groups_are_shown() {
    let left = [line("b", 10, "300.00", "").part(Some("100.00"), "ocr", "100017").part(
        Some("200.00"),
        "ocr",
        "100025",
    )];
    let right = [
        line("l1", 9, "100.00", "").reference("ocr", "100017"),
        line("l2", 9, "200.00", "").reference("ocr", "100025"),
        line("l3", 9, "200.00", "").reference("ocr", "100025"),
    ];
    let proposals = propose(&left, &right, &rules());
    for group in [["l1", "l2"], ["l1", "l3"]] {
        assert_eq!(decision(&proposals, &["b"], &group), Some(Decision::Ambiguous), "{proposals:?}");
    }
}

#[test]
fn one_common_word_of_text_is_not_enough_to_confirm() {
    let left = [line("b", 10, "8125.50", "Hyra mars")];
    let right = [line("l", 10, "8125.50", "Hyra lokal")];
    assert_eq!(decision(&propose(&left, &right, &rules()), &["b"], &["l"]), Some(Decision::Suggest));
}
