//! The seal on the log: what is signed, and what a database that was put back or exchanged cannot hide.

use crate::office::{Office, PASSPHRASE, camt, entry};
use attest_desk::{
    Desk,
    view::{DecisionRequest, FreezeReason, StatusView},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

async fn import(office: &Office, number: u32) {
    let (name, day) = (format!("S-{number}"), format!("2026-03-{number:02}"));
    let statement = camt("053", &name, &day).balances("0.00", "10.00").with(entry("10.00", &day));
    let report = office.import(&format!("{number}.xml"), &statement.text()).await;
    assert_eq!(report.status, "new");
}

async fn lock(office: &Office) {
    office.desk.lock("asked").await.unwrap();
}

async fn unlock(office: &Office) -> StatusView {
    office.desk.unlock(Some(PASSPHRASE.to_owned())).await.unwrap()
}

fn kept(office: &Office) -> PathBuf {
    office.desk.dir().join("checkpoint")
}

/// Puts the database of `from` into the locked workspace; the copy of the checkpoint stays.
fn put_back(office: &Office, from: &Path) {
    for name in ["cache.db", "cache.db-wal", "cache.db-shm"] {
        let (here, there) = (office.desk.dir().join(name), from.join(name));
        drop(fs::remove_file(&here));
        if there.exists() {
            fs::copy(there, here).unwrap();
        }
    }
}

fn set_aside(office: &Office) -> PathBuf {
    let aside = office.folder.path().join("aside");
    fs::create_dir_all(&aside).unwrap();
    for file in fs::read_dir(office.desk.dir()).unwrap() {
        let path = file.unwrap().path();
        fs::copy(&path, aside.join(path.file_name().unwrap())).unwrap();
    }
    aside
}

/// A locked workspace with two statements, and a copy of it as it was after the first.
async fn two_days() -> (Office, PathBuf) {
    let office = Office::new().await;
    import(&office, 1).await;
    lock(&office).await;
    let aside = set_aside(&office);
    unlock(&office).await;
    import(&office, 2).await;
    lock(&office).await;
    (office, aside)
}

/// A fixture comes out of the repository readable by all.
fn keep_private(file: &Path) {
    #[cfg(unix)]
    fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    #[cfg(not(unix))]
    let _ = file;
}

/// Nothing may be written, everything may be read.
async fn is_read_only(office: &Office) {
    let held = DecisionRequest::Comment { line: office.bank("10.00").await, text: "Ask the bank".to_owned() };
    assert_eq!(office.desk.decide(held).await.unwrap_err().code(), "log.frozen");
    let file = office.file("more.xml", &camt("053", "S-9", "2026-03-09").balances("0.00", "0.00").text());
    let reports = office.desk.import(&[file], None, &office.desk.watch_import()).await;
    assert_eq!(reports.unwrap_err().code(), "log.frozen");
    assert_eq!(office.desk.rebuild().await.unwrap_err().code(), "log.frozen");
    assert!(!office.desk.check().await.unwrap().ok);
    assert!(!office.lines().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_signs_the_log_and_the_copy_follows() {
    let office = Office::new().await;
    import(&office, 1).await;
    let first = office.desk.status().await.unwrap();
    let line = office.bank("10.00").await;
    office.desk.decide(DecisionRequest::Comment { line, text: "Ask the bank".to_owned() }).await.unwrap();
    let second = office.desk.status().await.unwrap();
    assert_eq!((first.log_size, second.log_size), (2, 3));
    assert_ne!(first.log_code, second.log_code);
    let check = office.desk.check().await.unwrap();
    assert!(check.ok, "{:?}", check.problems);
    lock(&office).await;
    let copy = fs::read_to_string(kept(&office)).unwrap();
    let tenant_and_size: Vec<&str> = copy.lines().take(2).collect();
    assert!(tenant_and_size[0].starts_with("standalone/t/"), "{copy}");
    assert_eq!(tenant_and_size[1], "3");
    let again = unlock(&office).await;
    assert_eq!((again.log_size, again.log_code, again.freeze), (3, second.log_code, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_was_put_back_is_read_only_until_a_person_goes_on() {
    let (office, aside) = two_days().await;
    put_back(&office, &aside);

    let freeze = unlock(&office).await.freeze.expect("frozen");
    assert_eq!(freeze.reason, FreezeReason::RolledBack);
    let sizes = (freeze.found.unwrap().size, freeze.kept.as_ref().unwrap().size);
    assert_eq!(sizes, (2, 3));
    is_read_only(&office).await;
    // It stays so, whatever becomes of the copy.
    lock(&office).await;
    fs::remove_file(kept(&office)).unwrap();
    assert!(unlock(&office).await.freeze.is_some());

    office.desk.resume_log().await.unwrap();
    let status = office.desk.status().await.unwrap();
    assert_eq!((status.freeze, status.log_size), (None, 3));
    import(&office, 3).await;
    assert_eq!(office.desk.resume_log().await.unwrap_err().code(), "log.not_frozen");
    lock(&office).await;
    assert_eq!(unlock(&office).await.freeze, None);
    let check = office.desk.check().await.unwrap();
    assert!(check.ok, "{:?}", check.problems);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_went_another_way_from_the_same_day_is_noticed() {
    let (office, aside) = two_days().await;
    let copy = fs::read(kept(&office)).unwrap();
    // The same workspace elsewhere: put back with its own copy, it goes another way and gets longer.
    put_back(&office, &aside);
    fs::copy(aside.join("checkpoint"), kept(&office)).unwrap();
    assert_eq!(unlock(&office).await.freeze, None);
    import(&office, 3).await;
    import(&office, 4).await;
    lock(&office).await;
    fs::write(kept(&office), copy).unwrap();

    let freeze = unlock(&office).await.freeze.expect("frozen");
    assert_eq!(freeze.reason, FreezeReason::Contradicts);
    assert_eq!((freeze.found.unwrap().size, freeze.kept.unwrap().size), (4, 3));
    is_read_only(&office).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_this_device_did_not_sign_is_no_copy() {
    let office = Office::new().await;
    import(&office, 1).await;
    lock(&office).await;
    let copy = fs::read_to_string(kept(&office)).unwrap();
    let forged = copy.replacen("\n2\n", "\n1\n", 1);
    assert_ne!(forged, copy);
    fs::write(kept(&office), forged).unwrap();
    let freeze = unlock(&office).await.freeze.expect("frozen");
    assert_eq!((freeze.reason, freeze.kept), (FreezeReason::Contradicts, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_behind_or_gone_is_written_again() {
    let office = Office::new().await;
    lock(&office).await;
    let behind = fs::read(kept(&office)).unwrap();
    unlock(&office).await;
    import(&office, 1).await;
    lock(&office).await;
    let newest = fs::read(kept(&office)).unwrap();
    for before in [Some(behind), None] {
        match before {
            Some(bytes) => fs::write(kept(&office), bytes).unwrap(),
            None => fs::remove_file(kept(&office)).unwrap(),
        }
        assert_eq!(unlock(&office).await.freeze, None);
        lock(&office).await;
        assert_eq!(fs::read(kept(&office)).unwrap(), newest);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workspace_of_an_earlier_version_is_signed_when_it_is_opened_and_watched_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, passphrase) = (folder.path().join("workspace"), "an earlier version made this");
    fs::create_dir(&dir).unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/workspace/unsigned");
    for name in ["cache.db", "key.json"] {
        fs::copy(fixture.join(name), dir.join(name)).unwrap();
        keep_private(&dir.join(name));
    }
    let desk = Desk::new(dir.clone(), folder.path().join("exports"));
    let status = desk.unlock(Some(passphrase.to_owned())).await.unwrap();
    assert_eq!((status.log_size, status.freeze), (5, None));
    assert_eq!(desk.list_documents(0, 10).await.unwrap().total, 3);
    let check = desk.check().await.unwrap();
    assert!(check.ok, "{:?}", check.problems);
    desk.lock("asked").await.unwrap();
    assert_eq!(fs::read_to_string(dir.join("checkpoint")).unwrap().lines().nth(1), Some("5"));

    // Put back as it was, without a checkpoint, it is no earlier version any more.
    for name in ["cache.db-wal", "cache.db-shm"] {
        drop(fs::remove_file(dir.join(name)));
    }
    fs::copy(fixture.join("cache.db"), dir.join("cache.db")).unwrap();
    let freeze = desk.unlock(Some(passphrase.to_owned())).await.unwrap().freeze.expect("frozen");
    assert_eq!((freeze.reason, freeze.found, freeze.kept.unwrap().size), (FreezeReason::RolledBack, None, 5));
}
