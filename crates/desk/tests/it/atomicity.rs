//! A document is kept whole or not at all.

use crate::office::{Office, camt, codes, entry};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_document_leaves_its_refusal_alone_and_the_other_files_go_on() {
    let office = Office::new().await;
    let whole = camt("053", "S-1", "2026-03-02")
        .balances("0.00", "100.00")
        .with(entry("100.00", "2026-03-02"))
        .text();
    let hostile = whole.replacen("<Document", "<!DOCTYPE x [<!ENTITY a \"b\">]>\n<Document", 1);
    let files = [
        office.file("cut.xml", &whole[..whole.len() - 60]),
        office.file("hostile.xml", &hostile),
        office.file("letter.bin", "\u{0}\u{1}\u{2}nothing known"),
        office.folder.path().join("in/absent.xml"),
        office.file("whole.xml", &whole),
    ];
    let size = office.desk.status().await.unwrap().log_size;
    let reports = office.desk.import(&files, None, &office.desk.watch_import()).await.unwrap();
    let statuses: Vec<_> = reports.iter().map(|report| report.status).collect();
    assert_eq!(statuses, ["refused", "refused", "refused", "refused", "new"], "{reports:?}");
    assert_eq!(codes(&reports[3]), ["file.unreadable"]);
    assert!(reports.iter().all(|report| report.status == "new" || report.findings.len() == 1));
    // Three refusals and one import; a file that cannot be read is no document.
    assert_eq!(office.desk.status().await.unwrap().log_size, size + 4);
    assert_eq!(office.desk.list_documents(0, 10).await.unwrap().total, 4);
    assert_eq!(office.desk.list_statements().await.unwrap().len(), 1);
    assert_eq!(office.counted().await, ["100.00"]);

    let again = office.desk.import(&files, None, &office.desk.watch_import()).await.unwrap();
    assert_eq!(again[4].status, "already-here");
    assert_eq!(again[0].findings, reports[0].findings);
    assert_eq!(office.desk.status().await.unwrap().log_size, size + 4);
    let check = office.desk.check().await.unwrap();
    assert!(check.ok, "{:?}", check.problems);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_import_leaves_no_trace() {
    let office = Office::new().await;
    let mut big = camt("053", "S-1", "2026-03-02");
    for _ in 0..5_000 {
        big = big.with(entry("1.00", "2026-03-02"));
    }
    let first = camt("053", "S-0", "2026-03-01").with(entry("3.00", "2026-03-01")).text();
    let files =
        [office.file("first.xml", &first), office.file("big.xml", &big.text()), office.file("last.xml", "?")];
    let watch = office.desk.watch_import();
    let stopper = watch.clone();
    let stop = async {
        // Until rows of the second file are on their way.
        while stopper.progress().is_none_or(|progress| progress.lines < 1_000 && !progress.finished) {
            tokio::task::yield_now().await;
        }
        stopper.cancel();
    };
    let (reports, ()) = tokio::join!(office.desk.import(&files, None, &watch), stop);
    assert_eq!(reports.unwrap().len(), 1);
    assert_eq!(office.desk.list_documents(0, 10).await.unwrap().total, 1);
    assert_eq!(office.counted().await, ["3.00"]);
    let check = office.desk.check().await.unwrap();
    assert!(check.ok, "{:?}", check.problems);
    assert_eq!(office.import("big.xml", &big.text()).await.status, "new");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_imports_of_one_file_at_once_keep_it_once() {
    let office = Office::new().await;
    let text = camt("053", "S-1", "2026-03-02").with(entry("3.00", "2026-03-02")).text();
    let files = [office.file("one.xml", &text)];
    let (one, two) = (office.desk.watch_import(), office.desk.watch_import());
    let (one, two) =
        tokio::join!(office.desk.import(&files, None, &one), office.desk.import(&files, None, &two));
    let mut statuses = [one.unwrap()[0].status, two.unwrap()[0].status];
    statuses.sort_unstable();
    assert_eq!(statuses, ["already-here", "new"]);
}
