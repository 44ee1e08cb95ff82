//! Making, opening and locking a workspace, cut short at any point.

use crate::office::{Office, PASSPHRASE, camt, entry, this_program};
use attest_cache::{Cache, CacheKey};
use attest_desk::{Desk, view::WorkspaceState};
use attest_keychain::{Cost, Database, Passphrase};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use uuid::Uuid;

const CHILD: &str = "ATTEST_TEST_CREATING_FOLDER";
const TEST: &str = "beginning::a_creation_that_is_killed_leaves_nothing_or_what_unlocking_completes";

fn desk(folder: &Path) -> Desk {
    Desk::new(folder.join("workspace"), folder.join("exports"))
}

/// A workspace is whole: one event, whose tenant is the key's.
async fn is_whole(desk: &Desk) {
    let status = desk.status().await.unwrap();
    assert_eq!((status.workspace, status.log_size), (WorkspaceState::Open, 1));
    assert!(!desk.dir().join("unfinished").exists());
    let check = desk.check().await.unwrap();
    assert!(check.ok, "{:?}", check.problems);
    desk.lock("asked").await.unwrap();
    assert_eq!(desk.unlock(Some(PASSPHRASE.to_owned())).await.unwrap().log_size, 1);
    desk.lock("asked").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_creation_cut_short_after_any_step_is_completed_by_unlocking() {
    for steps in 1..=2 {
        let folder = tempfile::tempdir().unwrap();
        let desk = desk(folder.path());
        std::fs::create_dir(desk.dir()).unwrap();
        std::fs::write(desk.dir().join("unfinished"), "").unwrap();
        assert_eq!(desk.status().await.unwrap().workspace, WorkspaceState::Absent);
        let words = Passphrase::from(PASSPHRASE.to_owned());
        let made =
            attest_keychain::create_with_passphrase(Uuid::new_v4(), &words, Cost::LEAST, Database::Absent);
        let (file, key) = made.unwrap();
        attest_keychain::write_key_file(desk.dir(), &file).unwrap();
        if steps == 2 {
            let database = desk.dir().join("cache.db");
            Cache::open(&database, &CacheKey::new(*key.expose())).await.unwrap().close().await;
        }
        assert_eq!(desk.status().await.unwrap().workspace, WorkspaceState::Locked);
        assert!(desk.unlock(Some("something else".to_owned())).await.is_err());
        desk.unlock(Some(PASSPHRASE.to_owned())).await.unwrap();
        is_whole(&desk).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_the_key_tries_no_passphrase_and_another_key_opens_nothing() {
    let office = Office::new().await;
    office.desk.lock("asked").await.unwrap();
    let file = attest_keychain::read_key_file(office.desk.dir(), Database::Present).unwrap().unwrap();
    let key = attest_keychain::unlock(&file, Some(&Passphrase::from(PASSPHRASE.to_owned()))).unwrap();
    let foreign = attest_keychain::make_key().unwrap();
    assert_eq!(office.desk.unlock_with_key(&foreign).await.unwrap_err().code(), "key.mismatch");
    assert_eq!(office.desk.status().await.unwrap().workspace, WorkspaceState::Locked);
    office.desk.unlock_with_key(&key).await.unwrap();
    is_whole(&office.desk).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_database_is_told_and_never_replaced_by_an_empty_one() {
    let office = Office::new().await;
    office.desk.lock("asked").await.unwrap();
    let database = office.desk.dir().join("cache.db");
    std::fs::rename(&database, office.folder.path().join("lost.db")).unwrap();
    let refused = office.desk.unlock(Some(PASSPHRASE.to_owned())).await.unwrap_err();
    assert_eq!(refused.code(), "workspace.database_missing");
    assert!(!database.exists());
    std::fs::rename(office.folder.path().join("lost.db"), &database).unwrap();
    office.desk.unlock(Some(PASSPHRASE.to_owned())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_creation_that_is_killed_leaves_nothing_or_what_unlocking_completes() {
    if let Ok(folder) = std::env::var(CHILD) {
        desk(&PathBuf::from(folder)).create_workspace(Some(PASSPHRASE.to_owned())).await.unwrap();
        return;
    }
    for round in 0..6_u64 {
        let folder = tempfile::tempdir().unwrap();
        let mut child = std::process::Command::new(this_program())
            .args(["--exact", TEST])
            .env(CHILD, folder.path())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let desk = desk(folder.path());
        while !desk.dir().join("unfinished").exists() && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        let end = Instant::now() + Duration::from_millis(round * 7);
        while Instant::now() < end {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if desk.status().await.unwrap().workspace == WorkspaceState::Absent {
            desk.create_workspace(Some(PASSPHRASE.to_owned())).await.unwrap();
        } else {
            desk.unlock(Some(PASSPHRASE.to_owned())).await.unwrap();
        }
        is_whole(&desk).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workspace_locked_in_the_middle_of_an_import_opens_again_at_once() {
    let office = Office::new().await;
    crate::office::cheapen(&office.desk);
    let mut big = camt("053", "S-1", "2026-03-02");
    for _ in 0..5_000 {
        big = big.with(entry("1.00", "2026-03-02"));
    }
    let files = [office.file("big.xml", &big.text())];
    for lines in [0, 500, 2_000, 4_000] {
        let watch = office.desk.watch_import();
        let (desk, seen) = (office.desk.clone(), watch.clone());
        let import = async { office.desk.import(&files, None, &watch).await };
        let lock = async {
            while seen.progress().is_none_or(|progress| progress.lines < lines && !progress.finished) {
                tokio::task::yield_now().await;
            }
            desk.lock("asked").await.unwrap();
            desk.unlock(Some(PASSPHRASE.to_owned())).await
        };
        let (_, unlocked) = tokio::join!(import, lock);
        assert_eq!(unlocked.unwrap().workspace, WorkspaceState::Open, "locked after {lines} lines");
    }
    let (one, two) = tokio::join!(
        async {
            office.desk.lock("asked").await.unwrap();
            office.desk.unlock(Some(PASSPHRASE.to_owned())).await
        },
        office.desk.unlock(Some(PASSPHRASE.to_owned())),
    );
    assert!(one.is_ok() && two.is_ok());
    let check = office.desk.check().await.unwrap();
    assert!(check.ok, "{:?}", check.problems);
}
