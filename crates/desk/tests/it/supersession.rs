//! The same money told twice is counted once, and real equal-looking money stays.

use crate::office::{Office, YEAR, bgmax, camt, codes, entry, sie};
use attest_desk::view::{DecisionRequest, SectionKind};

async fn matched(office: &Office, amount: &str) {
    let lines = vec![office.bank(amount).await, office.ledger(amount).await];
    office.desk.decide(DecisionRequest::Match { lines, difference_reason: None }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redelivered_statement_is_counted_once_and_one_with_other_figures_is_told() {
    let office = Office::new().await;
    let first = camt("053", "S-1", "2026-03-02").balances("0.00", "150.00");
    let first = first
        .with(entry("100.00", "2026-03-02").servicer("R1"))
        .with(entry("50.00", "2026-03-02").servicer("R2"));
    office.import("first.xml", &first.text()).await;
    let again = office.import("again.xml", &first.clone().message("another").text()).await;
    assert_eq!((again.status, codes(&again)), ("new", vec!["statement.redelivered"]));
    assert_eq!(office.counted().await, ["100.00", "50.00"]);

    let other = camt("053", "S-1", "2026-03-02").balances("0.00", "170.00");
    let other = other
        .with(entry("100.00", "2026-03-02").servicer("R1"))
        .with(entry("70.00", "2026-03-02").servicer("R2"));
    let other = office.import("other.xml", &other.text()).await;
    assert_eq!(codes(&other), ["statement.conflicting"]);
    assert!(other.findings[0].message.contains("first.xml") && other.findings[0].message.contains("S-1"));
    assert_eq!(office.counted().await, ["100.00", "50.00"]);
    assert_eq!(office.open().await.equation.statement.as_deref(), Some("150.00"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_with_another_opening_balance_is_no_other_statement() {
    let office = Office::new().await;
    let first = camt("053", "S-1", "2026-03-02").balances("0.00", "100.00");
    office.import("first.xml", &first.with(entry("100.00", "2026-03-02")).text()).await;
    let changed = camt("053", "S-1", "2026-03-02").balances("900.00", "1000.00");
    let changed = office.import("changed.xml", &changed.with(entry("100.00", "2026-03-02")).text()).await;
    assert_eq!(codes(&changed), ["statement.conflicting"]);
    assert_eq!(office.counted().await, ["100.00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_currency_that_stands_only_beside_the_amounts_makes_no_other_account() {
    let office = Office::new().await;
    let named =
        camt("053", "S-1", "2026-03-02").balances("0.00", "100.00").with(entry("100.00", "2026-03-02"));
    office.import("named.xml", &named.text()).await;
    let unnamed =
        camt("053", "S-2", "2026-03-03").balances("100.00", "150.00").with(entry("50.00", "2026-03-03"));
    office.import("unnamed.xml", &unnamed.text().replace("<Ccy>SEK</Ccy>", "")).await;
    assert_eq!(office.desk.list_accounts().await.unwrap().len(), 1);
    assert_eq!(office.counted().await, ["100.00", "50.00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn equal_looking_entries_inside_one_statement_stay_two() {
    let office = Office::new().await;
    let twice = camt("053", "S-1", "2026-03-02").balances("0.00", "20.00");
    let twice = twice.with(entry("10.00", "2026-03-02")).with(entry("10.00", "2026-03-02"));
    office.import("twice.xml", &twice.text()).await;
    assert_eq!(office.counted().await, ["10.00", "10.00"]);
}

fn intraday() -> (String, String) {
    let report = camt("052", "R-1", "2026-03-02")
        .with(entry("100.00", "2026-03-02").servicer("R1"))
        .with(entry("50.00", "2026-03-02").servicer("R2"))
        .with(entry("7.00", "2026-03-02").servicer("R3"));
    let statement = camt("053", "S-1", "2026-03-02")
        .balances("0.00", "150.00")
        .with(entry("50.00", "2026-03-02").servicer("R2"))
        .with(entry("100.00", "2026-03-02").servicer("R1"));
    (report.text(), statement.text())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn decisions_about_intraday_entries_follow_to_the_statement_and_what_it_lacks_disappears() {
    let office = Office::new().await;
    let vouchers = [
        ("1", "20260302", "100.00", "one"),
        ("2", "20260302", "50.00", "two"),
        ("3", "20260302", "7.00", "three"),
    ];
    let (report, statement) = intraday();
    office.import("ledger.se", &sie(YEAR, "0.00", &vouchers)).await;
    office.import("report.xml", &report).await;
    assert_eq!(office.counted().await, ["100.00", "50.00", "7.00"]);
    matched(&office, "100.00").await;
    matched(&office, "7.00").await;
    let held = vec![office.bank("50.00").await];
    office
        .desk
        .decide(DecisionRequest::Hold { lines: held.clone(), until: "2999-01-01".into(), note: None })
        .await
        .unwrap();
    office
        .desk
        .decide(DecisionRequest::Comment { line: held[0].clone(), text: "Asked the bank".into() })
        .await
        .unwrap();

    office.import("statement.xml", &statement).await;
    assert_eq!(office.counted().await, ["100.00", "50.00"]);
    assert_eq!(office.section("100.00").await, SectionKind::Confirmed);
    assert_eq!(office.section("50.00").await, SectionKind::Held);
    let view = office.open().await;
    assert_eq!((view.confirmed, view.open), (1, 1));
    assert_eq!(view.equation.open_bank, "50.00");
    assert_eq!(view.equation.open_ledger, "57.00");
    let lines = office.lines().await;
    let line =
        lines.iter().find(|line| line.bank.as_ref().is_some_and(|cell| cell.amount == "50.00")).unwrap();
    assert!(line.bank.as_ref().unwrap().commented);
    let history = office.desk.group(view.view, line.group).await;
    let history = match history {
        Ok(group) => group.history,
        Err(_) => office.desk.group(office.open().await.view, line.group).await.unwrap().history,
    };
    assert!(history.iter().any(|event| event.text.as_deref() == Some("Asked the bank")), "{history:?}");

    let before = (office.shown().await, office.open().await.equation);
    office.desk.rebuild().await.unwrap();
    assert_eq!((office.shown().await, office.open().await.equation), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_that_comes_after_its_statement_changes_nothing() {
    let office = Office::new().await;
    let (report, statement) = intraday();
    office.import("statement.xml", &statement).await;
    let before = office.open().await.equation;
    office.import("report.xml", &report).await;
    assert_eq!(office.counted().await, ["100.00", "50.00"]);
    assert_eq!(office.open().await.equation, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_without_a_period_is_superseded_by_the_statement_of_its_day() {
    let office = Office::new().await;
    let report = camt("052", "R-1", "2026-03-02").without_period().with(entry("100.00", "2026-03-02"));
    office.import("report.xml", &report.text()).await;
    let statement = camt("053", "S-1", "2026-03-02").without_period().balances("0.00", "100.00");
    office.import("statement.xml", &statement.with(entry("100.00", "2026-03-02")).text()).await;
    assert_eq!(office.counted().await, ["100.00"]);
    assert_eq!(office.open().await.equation.statement.as_deref(), Some("100.00"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_growing_intraday_report_is_counted_once_and_two_decisions_on_one_entry_leave_the_older() {
    let office = Office::new().await;
    let vouchers = [("1", "20260302", "100.00", "one"), ("2", "20260302", "100.00", "two")];
    office.import("ledger.se", &sie(YEAR, "0.00", &vouchers)).await;
    let morning = camt("052", "R-1", "2026-03-02").with(entry("100.00", "2026-03-02").servicer("R1"));
    let noon = morning.clone().with(entry("30.00", "2026-03-02").servicer("R2"));
    office.import("morning.xml", &morning.text()).await;
    matched(&office, "100.00").await;
    office.import("noon.xml", &noon.text()).await;
    assert_eq!(office.counted().await, ["100.00", "30.00"]);
    assert_eq!(office.section("100.00").await, SectionKind::Confirmed);
    let statement = camt("053", "S-1", "2026-03-02").balances("0.00", "130.00");
    let statement = statement
        .with(entry("100.00", "2026-03-02").servicer("R1"))
        .with(entry("30.00", "2026-03-02").servicer("R2"));
    office.import("statement.xml", &statement.text()).await;
    assert_eq!(office.counted().await, ["100.00", "30.00"]);
    assert_eq!(office.section("100.00").await, SectionKind::Confirmed);
    let before = office.shown().await;
    office.desk.rebuild().await.unwrap();
    assert_eq!(office.shown().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pending_entry_that_a_later_report_books_is_counted_once_and_as_booked() {
    let office = Office::new().await;
    let morning =
        camt("052", "R-1", "2026-03-02").with(entry("100.00", "2026-03-02").servicer("R1").pending());
    let noon = camt("052", "R-1", "2026-03-02").with(entry("100.00", "2026-03-02").servicer("R1"));
    office.import("morning.xml", &morning.text()).await;
    assert_eq!((office.counted().await.len(), office.open().await.pending), (0, 1));
    office.import("noon.xml", &noon.text()).await;
    assert_eq!((office.counted().await, office.open().await.pending), (vec!["100.00".to_owned()], 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_beside_a_statement_never_changes_balance_or_equation() {
    let office = Office::new().await;
    office.import("ledger.se", &sie(YEAR, "0.00", &[("1", "20260302", "100.00", "one")])).await;
    let told = camt("054", "N-1", "2026-03-02").with(entry("100.00", "2026-03-02").servicer("R1"));
    office.import("notification.xml", &told.text()).await;
    matched(&office, "100.00").await;
    let statement = camt("053", "S-1", "2026-03-02").balances("0.00", "100.00");
    office
        .import("statement.xml", &statement.with(entry("100.00", "2026-03-02").servicer("R1")).text())
        .await;
    let view = office.open().await;
    assert_eq!((view.entries, view.confirmed), (1, 1));
    assert_eq!((view.equation.open.as_str(), view.equation.unexplained.as_deref()), ("0.00", Some("0.00")));
    let later = camt("054", "N-2", "2026-03-02").with(entry("100.00", "2026-03-02").servicer("R1"));
    office.import("later.xml", &later.text()).await;
    assert_eq!(office.open().await.equation, view.equation);
    let before = office.shown().await;
    office.desk.rebuild().await.unwrap();
    assert_eq!(office.shown().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deposit_in_bgmax_and_camt_054_is_a_suspected_double_and_two_equal_deposits_stay_two() {
    let office = Office::new().await;
    office.import("deposits.txt", &bgmax("20260302", &[50_000])).await;
    let told = camt("054", "N-1", "2026-03-02");
    let told = told
        .with(entry("500.00", "2026-03-02").servicer("R1"))
        .with(entry("500.00", "2026-03-02").servicer("R2"));
    let report = office.import("notification.xml", &told.text()).await;
    assert_eq!(
        codes(&report).iter().filter(|code| **code == "entry.suspected_double").count(),
        1,
        "{report:?}"
    );
    assert_eq!(office.counted().await, ["500.00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn equal_deposits_in_two_notifications_of_one_format_stay_two() {
    let office = Office::new().await;
    for name in ["N-1", "N-2"] {
        let told = camt("054", name, "2026-03-02").with(entry("500.00", "2026-03-02").servicer(name));
        let report = office.import(&format!("{name}.xml"), &told.text()).await;
        assert!(codes(&report).is_empty(), "{report:?}");
    }
    assert_eq!(office.counted().await, ["500.00", "500.00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gaps_and_breaks_are_told_and_a_restart_at_new_year_is_none() {
    let office = Office::new().await;
    let day = |id: &str, day: &str, number: u64, opening: &str, closing: &str, amount: &str| {
        camt("053", id, day).sequence(number).balances(opening, closing).with(entry(amount, day)).text()
    };
    let report = office.import("1.xml", &day("S-41", "2025-12-30", 41, "0.00", "10.00", "10.00")).await;
    assert!(codes(&report).is_empty(), "{report:?}");
    let report = office.import("2.xml", &day("S-1", "2026-01-02", 1, "10.00", "15.00", "5.00")).await;
    assert!(codes(&report).is_empty(), "{report:?}");
    let report = office.import("3.xml", &day("S-3", "2026-01-05", 3, "15.00", "16.00", "1.00")).await;
    assert_eq!(codes(&report), ["statement.gap"]);
    let report = office.import("4.xml", &day("S-4", "2026-01-06", 4, "17.00", "19.00", "2.00")).await;
    assert_eq!(codes(&report), ["statement.break"]);
    let report = office.import("5.xml", &day("S-5", "2026-01-07", 5, "19.00", "20.00", "1.00")).await;
    assert!(codes(&report).is_empty(), "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_export_counts_unchanged_vouchers_once_and_changed_ones_in_their_new_form() {
    let office = Office::new().await;
    let statement = camt("053", "S-1", "2026-03-02").balances("0.00", "157.00");
    let statement = statement.with(entry("100.00", "2026-03-02")).with(entry("50.00", "2026-03-02"));
    office.import("statement.xml", &statement.with(entry("7.00", "2026-03-02")).text()).await;
    let first =
        [("1", "20260302", "100.00", "a"), ("2", "20260302", "50.00", "b"), ("3", "20260302", "7.00", "c")];
    office.import("march.se", &sie(YEAR, "0.00", &first)).await;
    for amount in ["100.00", "50.00", "7.00"] {
        matched(&office, amount).await;
    }
    let second =
        [("1", "20260302", "100.00", "a"), ("2", "20260303", "50.00", "b"), ("3", "20260302", "8.00", "c")];
    let report = office.import("april.se", &sie(YEAR, "0.00", &second)).await;
    assert_eq!(codes(&report), ["voucher.changed", "voucher.changed", "voucher.repeated"]);
    let view = office.open().await;
    assert_eq!((view.confirmed, view.open), (2, 1), "{view:?}");
    assert_eq!((view.equation.open_bank.as_str(), view.equation.open_ledger.as_str()), ("7.00", "8.00"));
    assert_eq!(view.equation.unexplained.as_deref(), Some("0.00"));
    let before = office.shown().await;
    office.desk.rebuild().await.unwrap();
    assert_eq!(office.shown().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn voucher_numbers_of_another_financial_year_are_other_vouchers() {
    let office = Office::new().await;
    let statement = camt("053", "S-1", "2026-08-03").balances("0.00", "100.00");
    office.import("statement.xml", &statement.with(entry("100.00", "2026-08-03")).text()).await;
    office
        .import("old.se", &sie(("20250701", "20260630"), "0.00", &[("300", "20260302", "40.00", "old")]))
        .await;
    let report = office
        .import("new.se", &sie(("20260701", "20270630"), "40.00", &[("300", "20260803", "100.00", "new")]))
        .await;
    assert!(codes(&report).is_empty(), "{report:?}");
    office.ledger("40.00").await;
    office.ledger("100.00").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_in_mt940_and_camt_053_is_counted_once() {
    let office = Office::new().await;
    let statement = camt("053", "S-1", "2026-03-02").balances("0.00", "100.00");
    office
        .import("statement.xml", &statement.with(entry("100.00", "2026-03-02").servicer("R1")).text())
        .await;
    let mt940 = format!(
        ":20:REF\n:25:{}\n:28C:7/1\n:60F:C260302SEK0,00\n:61:2603020302C100,00NTRFNONREF//R1\n:86:text\n:62F:C260302SEK100,00\n",
        crate::office::IBAN
    );
    let report = office.import("statement.sta", &mt940).await;
    assert_eq!(codes(&report), ["statement.redelivered"], "{report:?}");
    assert_eq!(office.counted().await, ["100.00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_account_shared_by_two_bank_accounts_stops_no_import() {
    let office = Office::new().await;
    office.import("ledger.se", &sie(YEAR, "0.00", &[("1", "20260302", "100.00", "one")])).await;
    let mine =
        camt("053", "S-1", "2026-03-02").balances("0.00", "100.00").with(entry("100.00", "2026-03-02"));
    office.import("mine.xml", &mine.text()).await;
    let other = mine.text().replace(crate::office::IBAN, "SE7250000000054400000002");
    office.import("other.xml", &other).await;
    for account in office.desk.list_accounts().await.unwrap() {
        office.desk.set_ledger_account(account.id, "1930").await.unwrap();
    }
    let next =
        camt("053", "S-2", "2026-03-03").balances("100.00", "105.00").with(entry("5.00", "2026-03-03"));
    assert_eq!(office.import("next.xml", &next.text()).await.status, "new");
}
