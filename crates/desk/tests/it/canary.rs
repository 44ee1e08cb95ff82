//! Nothing that a person or a bank wrote is on disk in clear, while the workspace is open or afterwards.

use crate::office::{Office, PASSPHRASE, YEAR, camt, entry, sie, this_program};
use attest_desk::view::{DecisionRequest, SettingsView};
use std::path::{Path, PathBuf};

const PARTY: &str = "CanaryParty41";
const COMMENT: &str = "CanaryComment42";
const FILE: &str = "CanaryFile43";
const CHILD: &str = "ATTEST_TEST_CANARY_FOLDER";
const TEST: &str = "canary::nothing_is_written_in_clear_beside_the_workspace_either";

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}

/// Fails when a file holds one of the words in UTF-8 or in either UTF-16.
fn search(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for path in files_below(folder) {
        let bytes = std::fs::read(&path).unwrap();
        for word in [PARTY, COMMENT, FILE, PASSPHRASE] {
            let little: Vec<u8> = word.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = word.encode_utf16().flat_map(u16::to_be_bytes).collect();
            for needle in [word.as_bytes(), &little, &big] {
                let found = bytes.windows(needle.len()).any(|window| window == needle);
                assert!(!found, "{word} is in {} in clear", path.display());
            }
        }
        names.push(path.file_name().unwrap().to_string_lossy().into_owned());
    }
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_file_of_the_workspace_holds_a_word_in_clear_open_or_locked() {
    let office = Office::new().await;
    let statement = camt("053", "S-1", "2026-03-02").with(entry("100.00", "2026-03-02").party(PARTY));
    office.import(&format!("{FILE}.xml"), &statement.text()).await;
    let line = office.bank("100.00").await;
    office.desk.decide(DecisionRequest::Comment { line, text: COMMENT.into() }).await.unwrap();
    office.desk.save_settings(SettingsView::default()).unwrap();
    let lines = office.lines().await;
    assert!(lines.iter().filter_map(|line| line.bank.as_ref()).any(|cell| cell.party == PARTY));
    let names = search(office.desk.dir());
    for name in ["cache.db", "cache.db-wal", "key.json", "settings.json", "lock"] {
        assert!(names.iter().any(|found| found == name), "{name} is not in {names:?}");
    }
    office.desk.lock("asked").await.unwrap();
    search(office.desk.dir());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_written_in_clear_beside_the_workspace_either() {
    if let Ok(folder) = std::env::var(CHILD) {
        return work(Path::new(&folder)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let spilled = folder.path().join("tmp");
    std::fs::create_dir(&spilled).unwrap();
    let status = std::process::Command::new(this_program())
        .args(["--exact", TEST])
        .env(CHILD, folder.path())
        .envs(["TMPDIR", "TMP", "TEMP", "SQLITE_TMPDIR"].map(|name| (name, &spilled)))
        .status()
        .unwrap();
    assert!(status.success());
    search(&folder.path().join("workspace"));
    assert_eq!(files_below(&spilled), Vec::<PathBuf>::new());
}

/// Imports and sorts enough to make a database spill, and looks at the folder for temporary files meanwhile.
async fn work(folder: &Path) {
    let desk = attest_desk::Desk::new(folder.join("workspace"), folder.join("exports"));
    desk.create_workspace(Some(PASSPHRASE.to_owned())).await.unwrap();
    let mut statement = camt("053", "S-1", "2026-03-02");
    for number in 0..3_000 {
        statement = statement.with(entry(&format!("{number}.00"), "2026-03-02").party(PARTY));
    }
    let vouchers: Vec<(String, String)> = (1..3_000).map(|at| (at.to_string(), format!("{at}.00"))).collect();
    let vouchers: Vec<_> =
        vouchers.iter().map(|(at, sum)| (at.as_str(), "20260302", sum.as_str(), PARTY)).collect();
    let files = [folder.join("1.xml"), folder.join("2.se")];
    std::fs::write(&files[0], statement.text()).unwrap();
    std::fs::write(&files[1], sie(YEAR, "0.00", &vouchers)).unwrap();
    let watch = desk.watch_import();
    let progress = watch.clone();
    let spilled = std::env::temp_dir();
    let look = async {
        while progress.progress().is_none_or(|progress| !progress.finished) {
            assert_eq!(files_below(&spilled), Vec::<PathBuf>::new());
            // A deleted file has no name but is on the disk while it is open.
            #[cfg(target_os = "linux")]
            for open in std::fs::read_dir("/proc/self/fd").unwrap().flatten() {
                let target = std::fs::read_link(open.path()).unwrap_or_default();
                assert!(!target.starts_with(&spilled), "{}", target.display());
            }
            tokio::task::yield_now().await;
        }
    };
    let (reports, ()) = tokio::join!(desk.import(&files, None, &watch), look);
    assert!(reports.unwrap().iter().all(|report| report.status == "new"));
    desk.rebuild().await.unwrap();
    search(&folder.join("workspace"));
    desk.lock("asked").await.unwrap();
}
