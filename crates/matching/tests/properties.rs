//! What holds for every input: order does not matter, lines are used once, differences are exact, nothing
//! doubtful is automatic, and hostile inputs stay bounded.

mod common;

use attest_domain::amount::Amount;
use attest_domain::reconciliation::{Decision, Line, MatchRules, Proposal};
use attest_matching::{propose, propose_with};
use common::{With, line};
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

type Row = (i8, &'static str, &'static str, Option<&'static str>, Option<&'static str>, Option<u8>, usize);

fn lines(prefix: &'static str) -> impl Strategy<Value = Vec<Line>> {
    let one = (
        1_i8..20,
        prop_oneof![
            Just("100.00"),
            Just("200.00"),
            Just("300.00"),
            Just("-100.00"),
            Just("99.50"),
            Just("1234.56"),
            Just("0")
        ],
        prop_oneof![Just(""), Just("Norrhamn Varv"), Just("Fiskhallen Syd 100017"), Just("Hyra mars")],
        prop::option::of(prop_oneof![Just("100017"), Just("100025"), Just("RF481245"), Just("1245")]),
        prop::option::of(prop_oneof![Just("Norrhamn Varv AB"), Just("Fiskhallen Syd Oy")]),
        prop::option::of(0_u8..3),
        0_usize..4,
    );
    prop::collection::vec(one, 0..14).prop_map(move |rows| {
        let build = |(n, (day, amount, text, reference, party, group, parts)): (usize, Row)| {
            let mut built = line(&format!("{prefix}{n}"), day, amount, text);
            if let Some(value) = reference {
                built = built.reference("ocr", value);
            }
            if let Some(name) = party {
                built = built.party(name);
            }
            if let Some(group) = group {
                built = built.group(&format!("g{group}"));
            }
            if parts > 1 {
                for n in 0..parts {
                    built = built.part(Some("100.00"), "ocr", ["100017", "", "1245", ""][n]);
                }
            }
            built
        };
        rows.into_iter().enumerate().map(build).collect()
    })
}

fn rules() -> impl Strategy<Value = MatchRules> {
    (prop_oneof![Just("0"), Just("1.00")], 0_u32..60, prop_oneof![Just(0.5), Just(0.01)]).prop_map(
        |(t, permille, shown)| MatchRules {
            tolerance: Amount::parse(t).expect("a decimal"),
            difference_permille: permille,
            suggest_threshold: shown,
            ..MatchRules::default()
        },
    )
}

fn sum(ids: &[String], lines: &[Line]) -> Amount {
    let by_id: HashMap<&str, &Line> = lines.iter().map(|l| (l.id.as_str(), l)).collect();
    ids.iter().map(|id| by_id[id.as_str()].amount).sum()
}

fn check(proposals: &[Proposal], left: &[Line], right: &[Line], rules: &MatchRules) {
    let mut used = HashSet::new();
    for p in proposals {
        assert!(!p.left.is_empty() && !p.right.is_empty());
        assert_eq!(sum(&p.left, left) - sum(&p.right, right), p.difference, "{p:?}");
        assert!((0.0..=1.0).contains(&p.confidence));
        assert!(p.left.is_sorted() && p.right.is_sorted());
        assert_eq!(p.decision == Decision::Ambiguous, p.alternatives > 1);
        if p.decision != Decision::Ambiguous {
            for id in p.left.iter().chain(&p.right) {
                assert!(used.insert(id.clone()), "{id} used twice");
            }
        }
        if p.decision == Decision::Auto {
            assert!(p.reasons.iter().all(|r| r.field != "contradiction"));
            assert!(p.difference.abs() <= rules.tolerance);
            assert!(p.confidence >= rules.auto_threshold);
        }
    }
}

proptest! {

    #[test]
    fn the_order_of_lines_does_not_matter_and_every_proposal_is_sound(
        (left, left_shuffled) in lines("b").prop_flat_map(|l| (Just(l.clone()), Just(l).prop_shuffle())),
        (right, right_shuffled) in lines("l").prop_flat_map(|l| (Just(l.clone()), Just(l).prop_shuffle())),
        rules in rules(),
    ) {
        let proposals = propose(&left, &right, &rules);
        check(&proposals, &left, &right, &rules);
        let again = propose(&left_shuffled, &right_shuffled, &rules);
        prop_assert_eq!(format!("{proposals:?}"), format!("{again:?}"));
    }

    #[test]
    fn a_twin_of_a_matched_line_is_never_beside_an_automatic_match(
        left in lines("b"), right in lines("l"), twin in any::<prop::sample::Index>(),
    ) {
        prop_assume!(!right.is_empty());
        let mut right = right;
        let mut copy = twin.get(&right).clone();
        let original = copy.id.clone();
        copy.id = "z".into();
        right.push(copy);
        for p in propose(&left, &right, &MatchRules::default()).iter().filter(|p| p.decision == Decision::Auto) {
            // Either both twins are in it, or neither: one of them would be an arbitrary choice.
            prop_assert_eq!(p.right.contains(&original), p.right.contains(&"z".to_owned()), "{:?}", p);
        }
    }

    #[test]
    fn wild_amounts_texts_and_references_never_panic(
        rows in prop::collection::vec((any::<i64>(), 0_u32..28, "\\PC{0,40}", "\\PC{0,20}"), 0..12),
    ) {
        let build = |side: &str| -> Vec<Line> {
            rows.iter().enumerate().map(|(n, (mantissa, scale, text, reference))| {
                let mut built = line(&format!("{side}{n}"), 5, "1", text).reference("ocr", reference).party(text);
                built.amount = Amount::from_parts(*mantissa, *scale);
                if n % 3 == 0 { built.date = None; built.currency = None; }
                built
            }).collect()
        };
        let (left, right) = (build("b"), build("l"));
        let rules = MatchRules { difference_permille: u32::MAX, days_max: u32::MAX, ..MatchRules::default() };
        check(&propose(&left, &right, &rules), &left, &right, &rules);
    }
}

/// Runs and counts the lines reported as worked on.
fn run(left: &[Line], right: &[Line]) -> (Vec<Proposal>, u64) {
    let mut total = 0;
    let proposals = propose_with(left, right, &MatchRules::default(), &[], &mut |done, _| {
        total = done;
        ControlFlow::Continue(())
    });
    (proposals.expect("the hook never stops it"), total)
}

#[test]
fn ten_thousand_equal_amounts_are_ambiguous_and_the_answer_stays_small() {
    let build = |side: &str| {
        (0..10_000).map(|n| line(&format!("{side}{n:05}"), 5, "100.00", "Avgift")).collect::<Vec<_>>()
    };
    let (left, right) = (build("b"), build("l"));
    let (proposals, _) = run(&left, &right);
    assert!(proposals.len() <= 5 * 20_000);
    assert!(proposals.iter().all(|p| p.decision == Decision::Ambiguous));
    assert!(proposals.iter().all(|p| p.alternatives == 10_000), "{:?}", proposals.first());
}

#[test]
fn ten_thousand_lines_with_one_reference_stay_bounded() {
    let build = |side: &str| {
        (0..10_000)
            .map(|n| line(&format!("{side}{n:05}"), 5, "100.00", "").reference("ocr", "789456"))
            .collect::<Vec<_>>()
    };
    let (proposals, _) = run(&build("b"), &build("l"));
    assert!(proposals.iter().all(|p| p.decision == Decision::Ambiguous));
}

#[test]
fn a_sixty_item_subset_trap_proposes_nothing() {
    let left = [line("b", 5, "300001.01", "Norrhamn Varv")];
    let right: Vec<Line> = (0..60)
        .map(|n| line(&format!("l{n:02}"), 5, &format!("{}.00", 9000 + n * n * 3), "Norrhamn Varv"))
        .collect();
    assert!(run(&left, &right).0.is_empty());
}

#[test]
fn many_equal_items_that_add_up_in_many_ways_are_never_confirmed() {
    let left = [line("b", 5, "500.00", "Norrhamn Varv")];
    let right: Vec<Line> = (0..30).map(|n| line(&format!("l{n:02}"), 5, "100.00", "Norrhamn Varv")).collect();
    assert!(run(&left, &right).0.iter().all(|p| p.decision == Decision::Ambiguous));
}
