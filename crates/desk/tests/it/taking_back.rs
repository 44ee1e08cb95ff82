//! Undo gives back exactly what was, and redo what was undone: every line, group, figure and hold.

use crate::office::{Dice, Office, YEAR, camt, cheapen, entry, sie};
use attest_desk::view::{DecisionRequest, LineKind, LineRef, LinesQuery, ReviewLine, SectionKind, SideView};
use serde_json::{Value, json};

/// Pairs that are proposed, twins that are ambiguous, a fee, and lines without a partner.
async fn desk() -> Office {
    let office = Office::new().await;
    cheapen(&office.desk);
    let sums = ["10.00", "10.00", "20.00", "35.00", "-8.00", "41.00", "52.00", "498.00"];
    let mut statement = camt("053", "S-1", "2026-03-02").balances("0.00", "658.00");
    for (at, sum) in sums.iter().enumerate() {
        let line = entry(sum, "2026-03-02");
        statement = statement.with(if at < 2 { line } else { line.reference(&format!("INV20260{at}77")) });
    }
    let texts: Vec<String> = (0..sums.len())
        .map(|at| if at < 2 { "cash".to_owned() } else { format!("Invoice INV20260{at}77") })
        .collect();
    let numbers: Vec<String> = (1..=sums.len()).map(|at| at.to_string()).collect();
    let booked = |at: usize| if sums[at] == "498.00" { "500.00" } else { sums[at] };
    let mut vouchers: Vec<_> = (0..sums.len())
        .map(|at| (numbers[at].as_str(), "20260302", booked(at), texts[at].as_str()))
        .collect();
    vouchers.push(("99", "20260302", "3.00", "odd"));
    office.import("ledger.se", &sie(YEAR, "0.00", &vouchers)).await;
    office.import("statement.xml", &statement.text()).await;
    office
}

/// Everything a person can see, as text: lines with their groups' rows, every group in full, the equation and the
/// counts. Left out: when a match was confirmed, and the history, which both only grow.
async fn seen(office: &Office) -> String {
    let view = office.open().await;
    let query = LinesQuery { view: view.view, start: 0, end: view.lines };
    let mut text = String::new();
    for line in office.desk.review_lines(query).await.unwrap() {
        let mut shown = json!(line);
        if line.section == SectionKind::Confirmed {
            shown["when"] = Value::Null;
        }
        text.push_str(&format!("{shown}\n"));
        if line.kind == LineKind::First {
            let mut group = json!(office.desk.group(view.view, line.group).await.unwrap());
            group["history"] = Value::Null;
            text.push_str(&format!("{group}\n"));
        }
    }
    let counts = [view.entries, view.confirmed, view.suggested, view.open, view.pending];
    format!("{text}{}\n{counts:?}\n", json!(view.equation))
}

/// The same without what a rebuild numbers anew, and without what the log does not tell of confirmed lines.
async fn told(office: &Office) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in office.lines().await {
        let mut shown = json!(line);
        for numbered in ["index", "group", "when"] {
            shown[numbered] = Value::Null;
        }
        if line.section == SectionKind::Confirmed {
            (shown["safe"], shown["count"]) = (Value::Null, Value::Null);
        }
        if line.section == SectionKind::Held {
            shown["when"] = json!(line.when);
        }
        lines.push(shown.to_string());
    }
    lines.sort();
    lines.push(json!(office.open().await.equation).to_string());
    lines
}

fn request(dice: &mut Dice, lines: &[ReviewLine]) -> DecisionRequest {
    let groups: Vec<i64> =
        lines.iter().filter(|line| line.kind == LineKind::First).map(|line| line.group).collect();
    let group = groups[dice.below(groups.len())];
    let (bank, ledger) = (dice.pick(lines, SideView::Bank), dice.pick(lines, SideView::Ledger));
    let difference_reason = Some("fee".to_owned());
    let until = ["2999-12-31", "2999-06-30", "2998-01-31"][dice.below(3)].to_owned();
    match dice.below(12) {
        0 | 1 => DecisionRequest::Accept { group, difference_reason },
        2 => DecisionRequest::Reject { group },
        3 | 4 => DecisionRequest::Unmatch { group, reason: None },
        5 => DecisionRequest::Match { lines: vec![bank, ledger], difference_reason },
        6 => {
            let lines = vec![bank, ledger, dice.pick(lines, SideView::Ledger)];
            DecisionRequest::Match { lines, difference_reason }
        }
        7 | 8 => DecisionRequest::Hold {
            lines: vec![bank, ledger],
            until,
            note: Some("Ask Havnen ApS".to_owned()),
        },
        9 => DecisionRequest::Release { lines: vec![bank] },
        10 => DecisionRequest::WriteOff {
            lines: vec![ledger],
            reason: "other".to_owned(),
            note: Some("Below the limit".to_owned()),
        },
        _ => DecisionRequest::Comment { line: bank, text: "Asked Havnen ApS".to_owned() },
    }
}

/// Decides at random; answers what was seen before and after each decision.
async fn decide_at_random(office: &Office, dice: &mut Dice, attempts: u32) -> (Vec<String>, Vec<String>) {
    let (mut states, mut names) = (vec![seen(office).await], Vec::new());
    for _ in 0..attempts {
        let request = request(dice, &office.lines().await);
        let name = format!("{request:?}");
        if office.desk.decide(request).await.is_ok() {
            names.push(name);
            states.push(seen(office).await);
        }
    }
    (states, names)
}

async fn take_back_all(office: &Office, what: &DecisionRequest) -> u32 {
    let mut steps = 0;
    loop {
        match office.desk.decide(what.clone()).await {
            Ok(_) => steps += 1,
            Err(error) if error.code() == "undo.nothing" => return steps,
            Err(error) => panic!("{what:?} after {steps} steps: {error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn undoing_any_decisions_in_turn_shows_every_state_before_again_and_redo_every_one_after() {
    for seed in [20_261_120, 7, 4_711] {
        let office = desk().await;
        let (states, names) = decide_at_random(&office, &mut Dice(seed), 40).await;
        assert!(names.len() > 8, "only {} decisions were allowed", names.len());
        for _ in 0..2 {
            for (state, name) in states.iter().zip(&names).rev() {
                let undone = office.desk.decide(DecisionRequest::Undo).await;
                assert!(undone.is_ok(), "seed {seed}: undo of {name}: {undone:?}");
                assert_eq!(&seen(&office).await, state, "seed {seed}: undo of {name}");
            }
            for (state, name) in states[1..].iter().zip(&names) {
                let redone = office.desk.decide(DecisionRequest::Redo).await;
                assert!(redone.is_ok(), "seed {seed}: redo of {name}: {redone:?}");
                assert_eq!(&seen(&office).await, state, "seed {seed}: redo of {name}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_decided_before_a_rebuild_is_taken_back_and_done_again_after_it() {
    for seed in [1, 99] {
        let office = desk().await;
        let start = told(&office).await;
        let (_, names) = decide_at_random(&office, &mut Dice(seed), 30).await;
        office.desk.rebuild().await.unwrap();
        let decided = told(&office).await;
        assert_ne!(decided, start);
        let steps = take_back_all(&office, &DecisionRequest::Undo).await;
        assert_eq!(steps as usize, names.len(), "{names:#?}");
        assert_eq!(told(&office).await, start, "seed {seed}");
        office.desk.rebuild().await.unwrap();
        assert_eq!(told(&office).await, start, "seed {seed}");
        take_back_all(&office, &DecisionRequest::Redo).await;
        assert_eq!(told(&office).await, decided, "seed {seed}");
        office.desk.rebuild().await.unwrap();
        assert_eq!(told(&office).await, decided, "seed {seed}");
    }
}

async fn held_until(office: &Office, line: &LineRef) -> Option<String> {
    let view = office.open().await;
    let lines =
        office.desk.review_lines(LinesQuery { view: view.view, start: 0, end: view.lines }).await.unwrap();
    let is_it = |shown: &&ReviewLine| match line.side {
        SideView::Bank => shown.bank.as_ref().is_some_and(|cell| cell.id == line.id),
        SideView::Ledger => shown.ledger.as_ref().is_some_and(|cell| cell.id == line.id),
    };
    let group = lines.iter().find(is_it).unwrap().group;
    office.desk.group(view.view, group).await.unwrap().held_until
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_gets_its_own_hold_back_with_what_was_said_about_it() {
    let office = desk().await;
    let (bank, ledger) = (office.bank("-8.00").await, office.ledger("3.00").await);
    let hold = |lines: Vec<LineRef>, until: &str, note: &str| DecisionRequest::Hold {
        lines,
        until: until.to_owned(),
        note: Some(note.to_owned()),
    };
    let (spring, summer) = (Some("2999-04-01".to_owned()), Some("2999-07-01".to_owned()));
    office.desk.decide(hold(vec![bank.clone()], "2999-04-01", "Ask Havnen ApS")).await.unwrap();
    office.desk.decide(hold(vec![ledger.clone()], "2999-07-01", "Wait for the invoice")).await.unwrap();
    let both = || vec![bank.clone(), ledger.clone()];
    let difference_reason = Some("error".to_owned());
    for request in [
        DecisionRequest::Match { lines: both(), difference_reason },
        hold(both(), "2999-12-31", "Year end"),
        DecisionRequest::Release { lines: both() },
    ] {
        let name = format!("{request:?}");
        office.desk.decide(request).await.unwrap();
        office.desk.decide(DecisionRequest::Undo).await.unwrap();
        for round in ["at once", "after a rebuild"] {
            let days = (held_until(&office, &bank).await, held_until(&office, &ledger).await);
            assert_eq!(days, (spring.clone(), summer.clone()), "{name}, {round}");
            let (view, lines) = (office.open().await.view, office.lines().await);
            let line = lines.iter().find(|line| line.bank.as_ref().is_some_and(|cell| cell.id == bank.id));
            let group = office.desk.group(view, line.unwrap().group).await;
            let history = group.map(|group| group.history).unwrap_or_default();
            let newest = history.first().and_then(|event| event.text.clone()).unwrap_or_default();
            assert!(newest.contains("Ask Havnen ApS"), "{name}, {round}: {history:?}");
            office.desk.rebuild().await.unwrap();
        }
    }
    office.desk.decide(hold(vec![bank.clone()], "2999-12-31", "Later")).await.unwrap();
    office.desk.decide(DecisionRequest::Undo).await.unwrap();
    assert_eq!(held_until(&office, &bank).await, spring);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_off_comes_back_with_its_note() {
    let office = desk().await;
    let line = office.ledger("3.00").await;
    let note = Some("Below the limit".to_owned());
    office
        .desk
        .decide(DecisionRequest::WriteOff { lines: vec![line], reason: "other".into(), note })
        .await
        .unwrap();
    office.desk.decide(DecisionRequest::Undo).await.unwrap();
    office.desk.decide(DecisionRequest::Redo).await.unwrap();
    let (view, lines) = (office.open().await.view, office.lines().await);
    let line =
        lines.iter().find(|line| line.section == SectionKind::Confirmed && line.kind == LineKind::First);
    let group = office.desk.group(view, line.unwrap().group).await.unwrap();
    assert_eq!(group.history[0].action, "cash_movement.write_off");
    assert_eq!(group.history[0].text.as_deref(), Some("Below the limit"));
}
