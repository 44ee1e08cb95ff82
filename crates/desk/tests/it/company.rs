//! The generated company through the desk: import, review, decide, undo, rebuild, export.

use attest_desk::{
    Desk,
    view::{
        DecisionRequest, LineKind, LinesQuery, MiddleKind, ReviewFilter, ReviewLine, ReviewQuery, ReviewView,
        SectionKind, WorkspaceState,
    },
};
use attest_simulators::company::{self, Options};
use std::path::{Path, PathBuf};

const PASSPHRASE: &str = "correct horse battery";

pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

struct Office {
    desk: Desk,
    _folder: tempfile::TempDir,
    files: Vec<PathBuf>,
}

async fn office(entries: u64) -> Office {
    let folder = tempfile::tempdir().unwrap();
    let company = folder.path().join("company");
    company::write_to(&company, &Options { entries, ..Options::default() }).unwrap();
    let mut files = files_below(&company.join("bank"));
    files.extend(files_below(&company.join("ledger")));
    let desk = Desk::new(folder.path().join("workspace"), folder.path().join("exports"));
    desk.create_workspace(Some(PASSPHRASE.to_owned())).await.unwrap();
    Office { desk, _folder: folder, files }
}

async fn open(desk: &Desk, account: i64, search: &str) -> ReviewView {
    let query = ReviewQuery { account, month: None, search: search.to_owned(), filter: ReviewFilter::All };
    desk.open_review(query).await.unwrap()
}

async fn all_lines(desk: &Desk, view: &ReviewView) -> Vec<ReviewLine> {
    let mut lines = Vec::new();
    while (lines.len() as u32) < view.lines {
        let start = lines.len() as u32;
        lines
            .extend(desk.review_lines(LinesQuery { view: view.view, start, end: view.lines }).await.unwrap());
    }
    lines
}

#[tokio::test]
async fn a_year_is_imported_reconciled_taken_back_rebuilt_and_exported() {
    let office = office(2_000).await;
    let desk = &office.desk;
    let watch = desk.watch_import();
    let reports = desk.import(&office.files, None, &watch).await.unwrap();
    for report in &reports {
        assert_eq!(report.status, "new", "{report:?}");
    }
    assert_eq!(reports.iter().map(|report| report.entries).sum::<u64>(), 2_000);

    let again = desk.import(&office.files, None, &desk.watch_import()).await.unwrap();
    let size = desk.status().await.unwrap().log_size;
    assert!(again.iter().all(|report| report.status == "already-here"));
    assert_eq!(desk.status().await.unwrap().log_size, size);

    let accounts = desk.list_accounts().await.unwrap();
    assert_eq!(accounts.len(), 3);
    let krona = accounts.iter().find(|account| account.currency == "SEK").unwrap();
    assert_eq!(krona.ledger_account.as_deref(), Some("1930"));

    let before = open(desk, krona.id, "").await;
    assert_eq!(before.equation.unexplained.as_deref(), Some("0.00"), "{:?}", before.equation);
    assert!(before.suggested > before.entries / 2, "{before:?}");
    let lines = all_lines(desk, &before).await;
    let indexes: Vec<u32> = lines.iter().map(|line| line.index).collect();
    assert_eq!(indexes, (0..before.lines).collect::<Vec<_>>());
    // A window shows what the whole list shows there, also where it cuts a group; behind the end there is nothing.
    for start in (0..=before.lines).step_by(41) {
        let end = start + 7;
        let window = desk.review_lines(LinesQuery { view: before.view, start, end }).await.unwrap();
        let end = end.min(before.lines);
        assert_eq!(window, lines[start as usize..end as usize], "{start}..{end}");
    }
    let cut = lines.iter().step_by(41).any(|line| line.kind == LineKind::More);
    assert!(cut, "a group is cut somewhere");

    let suggestion = lines.iter().find(|line| line.middle == MiddleKind::Confidence).unwrap();
    let done = desk
        .decide(DecisionRequest::Accept { group: suggestion.group, difference_reason: None })
        .await
        .unwrap();
    assert_eq!(done.events, 1);
    let accepted = open(desk, krona.id, "").await;
    assert_eq!(accepted.undo.as_ref().unwrap().action, "cash_movement.match");
    assert!(accepted.confirmed > 0);

    desk.decide(DecisionRequest::Undo).await.unwrap();
    let undone = open(desk, krona.id, "").await;
    assert_eq!((undone.confirmed, undone.suggested), (before.confirmed, before.suggested));
    desk.decide(DecisionRequest::Redo).await.unwrap();
    let redone = open(desk, krona.id, "").await;
    assert_eq!(redone.confirmed, accepted.confirmed);

    let all = desk.decide(DecisionRequest::AcceptSafe { account: krona.id, month: None }).await.unwrap();
    assert!(all.events > 100, "{all:?}");
    let many = open(desk, krona.id, "").await;
    desk.rebuild().await.unwrap();
    let krona =
        desk.list_accounts().await.unwrap().into_iter().find(|account| account.currency == "SEK").unwrap();
    let rebuilt = open(desk, krona.id, "").await;
    assert_eq!((rebuilt.confirmed, rebuilt.entries), (many.confirmed, many.entries));
    assert_eq!(rebuilt.equation, many.equation);

    let export = desk.export_reconciliation(krona.id, None).await.unwrap();
    let text = String::from_utf8(std::fs::read(&export.path).unwrap()).unwrap();
    assert_eq!(text.lines().count() as u64, export.rows + 1 + 4);

    desk.lock("asked").await.unwrap();
    assert_eq!(desk.status().await.unwrap().workspace, WorkspaceState::Locked);
    assert!(desk.list_accounts().await.is_err());
    assert!(desk.unlock(Some("a wrong passphrase".to_owned())).await.is_err());
    desk.unlock(Some(PASSPHRASE.to_owned())).await.unwrap();
    let reopened = open(desk, krona.id, "").await;
    assert_eq!(reopened.equation, many.equation);
    assert_eq!(reopened.sections.iter().filter(|section| section.kind == SectionKind::Confirmed).count(), 1);
}
