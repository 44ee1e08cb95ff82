//! Remarks that compare statements come and go with what stands before and behind them.

use crate::office::{Camt, Office, camt, codes, entry};

/// What the documents say now, as `file: code severity counts`, newest document last.
async fn remarks(office: &Office) -> Vec<String> {
    let mut told = Vec::new();
    for document in office.desk.list_documents(0, 100).await.unwrap().rows.into_iter().rev() {
        let findings = office.desk.list_findings(document.id).await.unwrap();
        let counted = (document.errors + document.warnings + document.infos) as usize;
        assert_eq!(counted, findings.len(), "{} counts what it lists", document.name);
        told.extend(findings.into_iter().map(|finding| format!("{}: {}", document.name, finding.code)));
    }
    told
}

/// A statement of one day in March 2026 with one entry, number and balances following the day.
fn daily(day: u32) -> Camt {
    let date = format!("2026-03-{day:02}");
    camt("053", &format!("D-{day}"), &date)
        .sequence(u64::from(day))
        .balances(&format!("{}.00", (day - 1) * 10), &format!("{}.00", day * 10))
        .with(entry("10.00", &date).servicer(&format!("R{day}")))
}

/// A statement over days 1 to `last` with an entry a day.
fn monthly(last: u32) -> Camt {
    let all = camt("053", "M-3", "2026-03-01")
        .over("2026-03-01", &format!("2026-03-{last:02}"))
        .sequence(300)
        .balances("0.00", &format!("{}.00", last * 10));
    (1..=last).fold(all, |all, day| {
        all.with(entry("10.00", &format!("2026-03-{day:02}")).servicer(&format!("R{day}")))
    })
}

async fn import_days(office: &Office, days: impl IntoIterator<Item = u32>) {
    for day in days {
        office.import(&format!("{day}.xml"), &daily(day).text()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gap_is_gone_with_the_import_of_the_missing_statement() {
    let office = Office::new().await;
    import_days(&office, [1, 3]).await;
    assert_eq!(remarks(&office).await, ["3.xml: statement.gap"]);
    office.desk.rebuild().await.unwrap();
    assert_eq!(remarks(&office).await, ["3.xml: statement.gap"]);

    let report = office.import("2.xml", &daily(2).text()).await;
    assert!(codes(&report).is_empty(), "{report:?}");
    assert!(remarks(&office).await.is_empty());
    office.desk.rebuild().await.unwrap();
    assert!(remarks(&office).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gap_is_told_whichever_side_of_it_comes_first() {
    let office = Office::new().await;
    import_days(&office, [3]).await;
    let report = office.import("1.xml", &daily(1).text()).await;
    assert_eq!(codes(&report), ["statement.gap"]);
    assert_eq!(remarks(&office).await, ["3.xml: statement.gap"], "it is about the statement behind the gap");
    let gap = office.desk.list_documents(0, 9).await.unwrap().rows.pop().unwrap();
    let gap = office.desk.list_findings(gap.id).await.unwrap().remove(0);
    let values: Vec<_> = gap.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(values, ["after=D-3", "before=D-1", "closing=10.00", "opening=20.00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_smaller_gap_takes_the_place_of_a_larger_one() {
    let office = Office::new().await;
    import_days(&office, [1, 5, 3]).await;
    assert_eq!(remarks(&office).await, ["5.xml: statement.gap", "3.xml: statement.gap"]);
    import_days(&office, [2]).await;
    assert_eq!(remarks(&office).await, ["5.xml: statement.gap"]);
    import_days(&office, [4]).await;
    assert!(remarks(&office).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_break_is_gone_when_the_statement_in_between_comes() {
    let office = Office::new().await;
    let day = |day: &str, opening: &str, closing: &str, amount: &str| {
        camt("053", day, day).balances(opening, closing).with(entry(amount, day)).text()
    };
    office.import("1.xml", &day("2026-03-01", "0.00", "10.00", "10.00")).await;
    office.import("3.xml", &day("2026-03-03", "15.00", "20.00", "5.00")).await;
    assert_eq!(remarks(&office).await, ["3.xml: statement.break"]);
    office.import("2.xml", &day("2026-03-02", "10.00", "15.00", "5.00")).await;
    assert!(remarks(&office).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_monthly_statement_beside_its_days_is_counted_once_and_says_so() {
    let office = Office::new().await;
    import_days(&office, 1..=4).await;
    let report = office.import("month.xml", &monthly(4).text()).await;
    assert_eq!(codes(&report), ["statement.overlapping"]);
    assert!(report.findings[0].message.contains("4 others"), "{report:?}");
    assert_eq!(office.counted().await, ["10.00"; 4]);
    import_days(&office, [5]).await;
    assert_eq!(remarks(&office).await, ["month.xml: statement.overlapping"]);
    let before = office.shown().await;
    office.desk.rebuild().await.unwrap();
    assert_eq!(office.shown().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn days_that_come_after_their_month_are_counted_once() {
    let office = Office::new().await;
    office.import("month.xml", &monthly(4).text()).await;
    import_days(&office, [2, 3]).await;
    assert_eq!(remarks(&office).await, ["2.xml: statement.overlapping", "3.xml: statement.overlapping"]);
    assert_eq!(office.counted().await, ["10.00"; 4]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_that_tells_more_than_its_days_counts_in_their_place() {
    let office = Office::new().await;
    import_days(&office, [1, 3]).await;
    let report = office.import("month.xml", &monthly(4).text()).await;
    assert_eq!(codes(&report), ["statement.overlapping"]);
    assert_eq!(remarks(&office).await, ["month.xml: statement.overlapping"], "and the gap is gone");
    assert_eq!(office.counted().await, ["10.00"; 4]);
    assert_eq!(office.open().await.equation.statement.as_deref(), Some("40.00"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_that_contradicts_its_days_is_an_error_of_its_own() {
    let office = Office::new().await;
    import_days(&office, 1..=3).await;
    let other = monthly(4).text().replacen(
        "<Amt Ccy=\"SEK\">10.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>",
        "<Amt Ccy=\"SEK\">11.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>",
        1,
    );
    let report = office.import("month.xml", &other.replace("40.00", "41.00")).await;
    assert_eq!(codes(&report), ["statement.overlap_differs"]);
    assert_eq!(remarks(&office).await, ["month.xml: statement.overlap_differs"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_over_a_growing_period_that_go_on_are_no_overlap() {
    let office = Office::new().await;
    // Some banks write the month so far as the period and the new entries alone.
    for day in 1..=3 {
        let growing = daily(day).over("2026-03-01", &format!("2026-03-{day:02}"));
        let report = office.import(&format!("{day}.xml"), &growing.text()).await;
        assert!(codes(&report).is_empty(), "{report:?}");
    }
    assert_eq!(office.counted().await, ["10.00"; 3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_lacks_an_entry_says_so_instead_of_a_broken_balance() {
    let office = Office::new().await;
    let text = daily(2).with(entry("5.00", "2026-03-02")).text().replace(">5.00<", ">five<");
    let report = office.import("2.xml", &text).await;
    assert_eq!(codes(&report), ["entry.unreadable", "statement.balance_incomplete"]);
    assert!(report.findings[1].message.contains("left out"), "{report:?}");
}
