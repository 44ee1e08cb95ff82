//! A backup, and what a restore does not let through.

use crate::{
    company::Company,
    office::{camt, entry},
};
use attest_backend::{Config, backup, clock::SystemClock, serve};
use std::{fs, path::Path, sync::Arc};

/// An installation without data that has the secret and the certificate of another.
fn prepare_empty(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for name in ["secret.key", "certificate.pem", "certificate.key"] {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

fn config(data: &Path, port: u16) -> Config {
    Config { listen: ([127, 0, 0, 1], port).into(), data: data.to_owned(), ..Config::default() }
}

/// Changes the text of a table of a backup.
fn tamper(backup: &Path, table: &str, change: impl FnOnce(String) -> String) {
    let path = backup.join("tables").join(format!("{table}.ndjson.zst"));
    let text = String::from_utf8(zstd::decode_all(fs::File::open(&path).unwrap()).unwrap()).unwrap();
    fs::write(path, zstd::encode_all(change(text).as_bytes(), 1).unwrap()).unwrap();
}

async fn is_refused(data: &Path, backup: &Path) -> String {
    let backend = serve::open(config(data, 0), Arc::new(SystemClock)).await.unwrap();
    let refusal = backup::restore(&backend, backup).await.unwrap_err();
    serve::close(&backend).await;
    // Nothing of it is there: the same place takes the honest one afterwards.
    format!("{refusal:#}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desk_goes_on_with_a_restored_backend_and_a_changed_backup_is_never_restored() {
    let company = Company::new().await;
    let anna = company.desk("Anna").await;
    let statement =
        camt("053", "S-1", "2026-03-02").balances("0.00", "10.00").with(entry("10.00", "2026-03-02"));
    anna.import("bank.xml", &statement.text()).await;
    anna.desk.sync().await.unwrap();
    let before = anna.desk.status().await.unwrap();

    let saved = company.folder.path().join("backup");
    let told = backup::backup(company.running.backend(), &saved).await.unwrap();
    assert_eq!((told.tenants, told.events, told.documents), (1, before.log_size, 1));
    let Company { running, folder, .. } = company;
    let port = running.address.port();
    running.stop().await.unwrap();

    let data = folder.path().join("restored");
    prepare_empty(&folder.path().join("backend"), &data);
    let copy = |name: &str| {
        let copy = folder.path().join(name);
        let copied = std::process::Command::new("cp").arg("-r").args([&saved, &copy]).status().unwrap();
        assert!(copied.success());
        copy
    };
    let changed = copy("changed");
    tamper(&changed, "event", |text| text.replacen("[\"", "[\"0", 1));
    is_refused(&data, &changed).await;
    let cut = copy("cut");
    tamper(&cut, "event", |text| text.lines().next().map(|line| format!("{line}\n")).unwrap());
    assert!(is_refused(&data, &cut).await.contains("rows"));
    let document = copy("document");
    let tenant = fs::read_dir(document.join("documents")).unwrap().next().unwrap().unwrap().path();
    let file = fs::read_dir(tenant).unwrap().next().unwrap().unwrap().path();
    fs::write(&file, b"other bytes").unwrap();
    assert!(is_refused(&data, &document).await.contains("was changed"));
    let unfinished = copy("unfinished");
    fs::remove_file(unfinished.join("manifest.json")).unwrap();
    assert!(is_refused(&data, &unfinished).await.contains("no finished backup"));

    let backend = serve::open(config(&data, 0), Arc::new(SystemClock)).await.unwrap();
    assert_eq!(backup::restore(&backend, &saved).await.unwrap(), told);
    serve::close(&backend).await;
    let running = attest_backend::start(config(&data, port), Arc::new(SystemClock)).await.unwrap();
    let more = camt("053", "S-2", "2026-03-03").balances("10.00", "15.00").with(entry("5.00", "2026-03-03"));
    anna.import("more.xml", &more.text()).await;
    let after = anna.desk.sync().await.unwrap();
    assert_eq!((after.waiting, after.refused), (0, 0));
    assert_eq!(anna.desk.status().await.unwrap().log_size, before.log_size + 1);
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desk_refuses_a_backend_that_was_put_back() {
    let company = Company::new().await;
    let anna = company.desk("Anna").await;
    let statement =
        camt("053", "S-1", "2026-03-02").balances("0.00", "10.00").with(entry("10.00", "2026-03-02"));
    anna.import("bank.xml", &statement.text()).await;
    let saved = company.folder.path().join("backup");
    backup::backup(company.running.backend(), &saved).await.unwrap();
    anna.desk.sync().await.unwrap();
    let shown = anna.shown().await;
    let Company { running, folder, .. } = company;
    let port = running.address.port();
    running.stop().await.unwrap();

    let data = folder.path().join("restored");
    prepare_empty(&folder.path().join("backend"), &data);
    let backend = serve::open(config(&data, 0), Arc::new(SystemClock)).await.unwrap();
    backup::restore(&backend, &saved).await.unwrap();
    serve::close(&backend).await;
    let running = attest_backend::start(config(&data, port), Arc::new(SystemClock)).await.unwrap();
    assert_eq!(anna.desk.sync().await.unwrap_err().code(), "sync.behind");
    assert_eq!(anna.shown().await, shown);
    running.stop().await.unwrap();
}
