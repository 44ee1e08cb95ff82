//! Decisions of a person: carried out, taken back, done again, and still there after a lock and a rebuild.

use crate::office::{Office, PASSPHRASE, YEAR, camt, cheapen, entry, sie};
use attest_desk::{
    Desk,
    view::{DecisionRequest, LineKind, LineRef, MiddleKind, ReviewLine, SectionKind},
};

/// Three entries and four ledger lines; the 300 of the bank is 100 and 198 with a fee of 2 in between.
async fn desk() -> Office {
    let office = Office::new().await;
    let vouchers = [
        ("1", "20260302", "100.00", "one"),
        ("2", "20260302", "202.00", "two"),
        ("3", "20260303", "55.00", "three"),
        ("4", "20260304", "9.00", "four"),
    ];
    office.import("ledger.se", &sie(YEAR, "0.00", &vouchers)).await;
    let statement = camt("053", "S-1", "2026-03-04").balances("0.00", "362.00");
    let statement = statement.with(entry("300.00", "2026-03-02").party("Havnen ApS"));
    let statement =
        statement.with(entry("55.00", "2026-03-03").reference("A3")).with(entry("7.00", "2026-03-04"));
    office.import("statement.xml", &statement.text()).await;
    office
}

fn is_proposed(line: &ReviewLine) -> bool {
    line.section == SectionKind::Suggested && line.kind == LineKind::First
}

async fn state(office: &Office) -> (Vec<String>, attest_desk::view::EquationView) {
    (office.shown().await, office.open().await.equation)
}

/// Carries a decision out, takes it back, does it again, and looks at it after a rebuild and a lock.
async fn holds(office: &Office, request: DecisionRequest) {
    let name = format!("{request:?}");
    let before = state(office).await;
    office.desk.decide(request).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    let after = state(office).await;
    assert_ne!(after.0, before.0, "{name}");
    assert_eq!(after.1.unexplained, before.1.unexplained, "{name}");
    office.desk.decide(DecisionRequest::Undo).await.unwrap_or_else(|error| panic!("undo of {name}: {error}"));
    assert_eq!(state(office).await, before, "undo of {name}");
    office.desk.decide(DecisionRequest::Redo).await.unwrap_or_else(|error| panic!("redo of {name}: {error}"));
    assert_eq!(state(office).await, after, "redo of {name}");
    office.desk.rebuild().await.unwrap();
    assert_eq!(state(office).await, after, "rebuild after {name}");
    office.desk.lock("asked").await.unwrap();
    office.desk.unlock(Some(PASSPHRASE.to_owned())).await.unwrap();
    assert_eq!(state(office).await, after, "unlock after {name}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_decision_is_undone_redone_and_survives_rebuild_and_lock() {
    let office = desk().await;
    cheapen(&office.desk);
    let (bank, small) = (office.bank("300.00").await, office.bank("7.00").await);
    let (one, two) = (office.ledger("100.00").await, office.ledger("202.00").await);
    let nine = office.ledger("9.00").await;
    let group = office.lines().await.into_iter().find(is_proposed);
    let group = group.expect("55.00 is proposed").group;
    holds(&office, DecisionRequest::Accept { group, difference_reason: None }).await;
    let lines = vec![bank, one, two];
    assert!(
        office
            .desk
            .decide(DecisionRequest::Match { lines: lines.clone(), difference_reason: None })
            .await
            .is_err()
    );
    holds(&office, DecisionRequest::Match { lines, difference_reason: Some("fee".into()) }).await;
    holds(&office, DecisionRequest::Comment { line: small.clone(), text: "Ask Havnen ApS".into() }).await;
    let held = vec![small.clone(), nine];
    holds(&office, DecisionRequest::Hold { lines: held.clone(), until: "2999-12-31".into(), note: None })
        .await;
    holds(&office, DecisionRequest::Release { lines: held }).await;
    let note = Some("Below the limit".to_owned());
    holds(&office, DecisionRequest::WriteOff { lines: vec![small], reason: "other".into(), note }).await;
    let confirmed = office.lines().await;
    let group = confirmed
        .iter()
        .find(|line| line.bank.as_ref().is_some_and(|cell| cell.amount == "300.00"))
        .unwrap()
        .group;
    holds(&office, DecisionRequest::Unmatch { group, reason: Some("Wrong".into()) }).await;
}

/// A reference on both sides and 2.00 less in the bank than in the ledger, and a pair without a difference.
async fn office_with_a_fee() -> Office {
    let office = Office::new().await;
    let vouchers = [("1", "20260302", "500.00", "Invoice INV20260017"), ("2", "20260303", "55.00", "A3")];
    office.import("ledger.se", &sie(YEAR, "0.00", &vouchers)).await;
    let statement = camt("053", "S-1", "2026-03-04").balances("0.00", "553.00");
    let statement = statement.with(entry("498.00", "2026-03-02").reference("INV20260017"));
    let statement = statement.with(entry("55.00", "2026-03-03").reference("A3"));
    office.import("statement.xml", &statement.text()).await;
    office
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proposal_whose_sides_differ_is_accepted_only_with_a_reason_from_a_person() {
    let office = office_with_a_fee().await;
    let differs = |line: &ReviewLine| line.bank.as_ref().is_some_and(|cell| cell.amount == "498.00");
    let proposed = office.lines().await.into_iter().find(differs).unwrap();
    assert_eq!(proposed.section, SectionKind::Suggested);
    assert!(!proposed.safe);
    let (before, size) = (state(&office).await, office.desk.status().await.unwrap().log_size);
    let accept = |reason: Option<&str>| DecisionRequest::Accept {
        group: proposed.group,
        difference_reason: reason.map(str::to_owned),
    };
    let refused = office.desk.decide(accept(None)).await.unwrap_err().view();
    assert_eq!(refused.code, "decision.unexplained_difference");
    assert_eq!(refused.params["difference"], "-2.00");
    assert!(refused.message.contains("Choose a reason"), "{}", refused.message);
    assert_eq!(office.desk.decide(accept(Some("weather"))).await.unwrap_err().code(), "argument");
    assert_eq!((state(&office).await, office.desk.status().await.unwrap().log_size), (before, size));

    office.desk.decide(accept(Some("rounding"))).await.unwrap();
    let told =
        |line: &ReviewLine| line.section == SectionKind::Confirmed && line.middle == MiddleKind::Difference;
    let difference = office.lines().await.into_iter().find(told).unwrap().ledger.unwrap();
    assert_eq!((difference.text.as_str(), difference.amount.as_str()), ("rounding", "-2.00"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accepting_all_safe_proposals_leaves_those_that_differ_to_a_person() {
    let office = office_with_a_fee().await;
    let account = office.account().await;
    office.desk.decide(DecisionRequest::AcceptSafe { account, month: None }).await.unwrap();
    assert_eq!(office.section("498.00").await, SectionKind::Suggested);
    assert_eq!(office.open().await.equation.differences, "0.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_combination_is_not_proposed_again_and_undo_brings_it_back() {
    let office = desk().await;
    let proposed = office.lines().await.into_iter().find(is_proposed).unwrap();
    let before = office.shown().await;
    office.desk.decide(DecisionRequest::Reject { group: proposed.group }).await.unwrap();
    assert_eq!(office.section("55.00").await, SectionKind::Needs);
    office.desk.decide(DecisionRequest::Undo).await.unwrap();
    assert_eq!(office.shown().await, before);
    office.desk.decide(DecisionRequest::Redo).await.unwrap();
    let next =
        camt("053", "S-2", "2026-03-05").balances("362.00", "363.00").with(entry("1.00", "2026-03-05"));
    office.import("next.xml", &next.text()).await;
    assert_eq!(office.section("55.00").await, SectionKind::Needs);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejection_of_an_intraday_entry_holds_for_the_booked_one() {
    let office = Office::new().await;
    office.import("ledger.se", &sie(YEAR, "0.00", &[("1", "20260302", "100.00", "one")])).await;
    let report = camt("052", "R-1", "2026-03-02").with(entry("100.00", "2026-03-02").servicer("R1"));
    office.import("report.xml", &report.text()).await;
    let proposed = office.lines().await.into_iter().find(is_proposed).unwrap();
    office.desk.decide(DecisionRequest::Reject { group: proposed.group }).await.unwrap();
    let statement = camt("053", "S-1", "2026-03-02").balances("0.00", "100.00");
    office
        .import("statement.xml", &statement.with(entry("100.00", "2026-03-02").servicer("R1")).text())
        .await;
    assert_eq!(office.section("100.00").await, SectionKind::Needs);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn undo_passes_over_a_match_whose_line_a_later_document_took_away() {
    let office = Office::new().await;
    let vouchers = [("1", "20260302", "100.00", "one"), ("2", "20260302", "7.00", "two")];
    office.import("ledger.se", &sie(YEAR, "0.00", &vouchers)).await;
    let report = camt("052", "R-1", "2026-03-02").with(entry("100.00", "2026-03-02").servicer("R1"));
    office
        .import("report.xml", &report.clone().with(entry("7.00", "2026-03-02").servicer("R2")).text())
        .await;
    for amount in ["100.00", "7.00"] {
        let lines = vec![office.bank(amount).await, office.ledger(amount).await];
        office.desk.decide(DecisionRequest::Match { lines, difference_reason: None }).await.unwrap();
    }
    let statement = camt("053", "S-1", "2026-03-02").balances("0.00", "100.00");
    office
        .import("statement.xml", &statement.with(entry("100.00", "2026-03-02").servicer("R1")).text())
        .await;
    assert_eq!(office.open().await.confirmed, 1);
    assert_eq!(office.open().await.undo.unwrap().action, "cash_movement.match");
    office.desk.decide(DecisionRequest::Undo).await.unwrap();
    assert_eq!(office.open().await.confirmed, 0);
    assert!(office.open().await.undo.is_none());
    let refused = office.desk.decide(DecisionRequest::Undo).await.unwrap_err();
    assert_eq!(refused.code(), "undo.nothing");
    office.desk.decide(DecisionRequest::Redo).await.unwrap();
    assert_eq!(office.open().await.confirmed, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_decision_is_refused_and_a_second_desk_is_told_that_the_workspace_is_in_use() {
    let office = desk().await;
    let lines = vec![office.bank("55.00").await, office.ledger("55.00").await];
    let again = DecisionRequest::Match { lines: lines.clone(), difference_reason: None };
    office.desk.decide(DecisionRequest::Match { lines, difference_reason: None }).await.unwrap();
    let size = office.desk.status().await.unwrap().log_size;
    assert_eq!(office.desk.decide(again).await.unwrap_err().code(), "decision.stale");
    let unknown =
        LineRef { id: office.bank("7.00").await.id.chars().rev().collect(), ..office.bank("7.00").await };
    let comment = DecisionRequest::Comment { line: unknown, text: "?".into() };
    assert!(office.desk.decide(comment).await.is_err());
    assert_eq!(office.desk.status().await.unwrap().log_size, size);

    let second = Desk::new(office.desk.dir().to_owned(), office.folder.path().join("other"));
    let refused = second.unlock(Some(PASSPHRASE.to_owned())).await.unwrap_err();
    assert_eq!(refused.code(), "workspace.in_use");
}
