//! Whatever a person decides in whatever order, the list and the equation stay whole.

use crate::office::{Dice, Office, YEAR, camt, entry, sie};
use attest_desk::view::{DecisionRequest, LineKind, ReviewLine, SideView};
use std::collections::{BTreeMap, BTreeSet};

/// How often each line stands in the list.
fn places(lines: &[ReviewLine]) -> BTreeMap<String, u32> {
    let mut places = BTreeMap::new();
    let ids = lines.iter().flat_map(|line| {
        let bank = line.bank.as_ref().map(|cell| cell.id.clone());
        bank.into_iter().chain(line.ledger.as_ref().map(|cell| cell.id.clone()).filter(|id| !id.is_empty()))
    });
    ids.for_each(|id| *places.entry(id).or_default() += 1);
    places
}

fn request(dice: &mut Dice, lines: &[ReviewLine]) -> DecisionRequest {
    let groups: Vec<i64> =
        lines.iter().filter(|line| line.kind == LineKind::First).map(|line| line.group).collect();
    let group = groups[dice.below(groups.len())];
    let bank = dice.pick(lines, SideView::Bank);
    let ledger = dice.pick(lines, SideView::Ledger);
    let difference_reason = Some("fee".to_owned());
    match dice.below(11) {
        0 | 1 => DecisionRequest::Accept { group, difference_reason: None },
        2 => DecisionRequest::Reject { group },
        3 => DecisionRequest::Unmatch { group, reason: None },
        4 => DecisionRequest::Match { lines: vec![bank, ledger], difference_reason },
        5 => DecisionRequest::Match {
            lines: vec![bank, ledger, dice.pick(lines, SideView::Ledger)],
            difference_reason,
        },
        6 => DecisionRequest::Hold { lines: vec![bank, ledger], until: "2999-12-31".to_owned(), note: None },
        7 => DecisionRequest::Release { lines: vec![bank] },
        8 => DecisionRequest::WriteOff { lines: vec![ledger], reason: "error".to_owned(), note: None },
        9 => DecisionRequest::Undo,
        _ => DecisionRequest::Redo,
    }
}

fn cents(text: &str) -> i64 {
    text.replace('.', "").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_decisions_keep_every_line_in_one_place_and_the_equation_whole() {
    let office = Office::new().await;
    let sums = ["10.00", "10.00", "20.00", "35.00", "-8.00", "41.00", "52.00"];
    let mut statement = camt("053", "S-1", "2026-03-02").balances("0.00", "160.00");
    for (at, sum) in sums.iter().enumerate() {
        statement = statement.with(entry(sum, "2026-03-02").reference(&format!("REF{at}77")));
    }
    let numbers: Vec<String> = (1..=sums.len()).map(|at| at.to_string()).collect();
    let texts: Vec<String> = (0..sums.len()).map(|at| format!("REF{at}77")).collect();
    let mut vouchers: Vec<_> =
        (0..sums.len()).map(|at| (numbers[at].as_str(), "20260302", sums[at], texts[at].as_str())).collect();
    vouchers.push(("99", "20260302", "3.00", "odd"));
    office.import("ledger.se", &sie(YEAR, "0.00", &vouchers)).await;
    office.import("statement.xml", &statement.text()).await;
    let first = office.lines().await;
    let (whole, unexplained) = (places(&first), office.open().await.equation.unexplained);
    assert_eq!(whole.len(), 15);
    let mut dice = Dice(20_261_120);
    let mut carried_out = 0;
    for step in 0..75 {
        let request = request(&mut dice, &office.lines().await);
        let name = format!("step {step}: {request:?}");
        carried_out += u32::from(office.desk.decide(request).await.is_ok());
        assert_eq!(places(&office.lines().await), whole, "{name}");
        let equation = office.open().await.equation;
        assert_eq!(equation.unexplained, unexplained, "{name}");
        let parts = cents(&equation.open_bank) - cents(&equation.open_ledger) + cents(&equation.differences);
        assert_eq!(cents(&equation.open), parts, "{name}");
        if step % 15 == 14 {
            // Sorted: in which order groups of one day stand follows from when they were made.
            let settled = |lines: Vec<String>| -> BTreeSet<String> {
                lines
                    .into_iter()
                    .filter(|line| line.starts_with("Confirmed") || line.starts_with("Held"))
                    .collect()
            };
            let before = (settled(office.shown().await), equation);
            office.desk.rebuild().await.unwrap();
            assert_eq!(
                (settled(office.shown().await), office.open().await.equation),
                before,
                "rebuild after {name}"
            );
        }
    }
    assert!(carried_out > 12, "only {carried_out} decisions were allowed");
}
