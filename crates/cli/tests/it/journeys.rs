//! What is done once, what changes nothing, and what is refused how.

use crate::scene::{Scene, fixture, members, ran};
use serde_json::json;
use std::process::Command;

const STATEMENT: &str = "camt053/v08/parties.xml";
const UNREADABLE: &str = "camt053/v02/unreadable.xml";
const REFUSED: &str = "sie/truncated-voucher.se";
const LEDGER: &str = "sie/4e-utf8.se";

#[test]
fn importing_again_changes_nothing_and_says_so() {
    let scene = Scene::new();
    let first = scene.import(&[STATEMENT, LEDGER]);
    assert!(first.stderr.contains("Made a workspace"), "{}", first.stderr);
    let first = first.done();
    let named = "entries file findings format ledger_lines sha256 statements status transactions vouchers";
    assert_eq!(members(&first[0]).join(" "), named);
    assert_eq!(first[0]["file"], fixture(STATEMENT).display().to_string());
    let counts = ["statements", "entries", "transactions", "vouchers"].map(|member| first[0][member].clone());
    assert_eq!(counts, [1, 2, 2, 0].map(|count| json!(count)));

    let size = |scene: &Scene| scene.run(&["status"]).done()[0]["log"].clone();
    let before = size(&scene);
    let second = scene.import(&[STATEMENT, LEDGER]);
    assert!(!second.stderr.contains("Made"), "{}", second.stderr);
    for (again, once) in second.done().iter().zip(&first) {
        let mut expected = once.clone();
        expected["status"] = json!("already-here");
        // Stored remarks come back worst first; what they say is the same.
        assert_eq!(again["findings"].as_array().unwrap().len(), once["findings"].as_array().unwrap().len());
        expected["findings"] = again["findings"].clone();
        assert_eq!(*again, expected);
    }
    assert_eq!(size(&scene), before, "nothing was written into the log");
}

#[test]
fn a_refused_file_is_named_with_its_line_and_the_others_come_in() {
    let scene = Scene::new();
    let hostile = scene.file("hostile.xml", "<?xml version=\"1.0\"?>\n<!DOCTYPE a>\n<Document/>\n");
    let good = fixture(STATEMENT).display().to_string();
    let ran = scene.run(&["import", &hostile, &good]);
    assert_eq!((ran.code, ran.error_code().as_str()), (1, "import.refused"));
    assert!(ran.stderr.contains("hostile.xml: line 2"), "{}", ran.stderr);
    let said = ran.lines();
    assert_eq!((&said[0]["status"], &said[1]["status"]), (&json!("refused"), &json!("new")));
    let finding = &said[0]["findings"][0];
    assert_eq!(members(finding), ["code", "line", "message", "path", "severity"]);
    assert_eq!((&finding["line"], &finding["severity"]), (&json!(2), &json!("error")));
    let missing = scene.run(&["import", "no-such-file.xml"]);
    assert_eq!(missing.code, 1);
    assert_eq!(missing.lines()[0]["sha256"], json!(null));
}

#[test]
fn people_are_told_in_plain_lines() {
    let scene = Scene::new();
    let files = [fixture(UNREADABLE).display().to_string(), fixture(REFUSED).display().to_string()];
    let ran = scene.run_plain(&["import", &files[0], &files[1]]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("truncated-voucher.se: refused"), "{}", ran.stdout);
    assert!(ran.stdout.contains("error: line "), "{}", ran.stdout);
    assert!(!ran.stdout.contains('{'), "{}", ran.stdout);
    for command in ["statements", "entries", "ledger", "status", "doctor"] {
        let ran = scene.run_plain(&[command]);
        assert_eq!(ran.code, 0, "{command}: {}", ran.stderr);
        assert!(!ran.stdout.trim_start().starts_with('{'), "{command}: {}", ran.stdout);
    }
}

#[test]
fn without_a_workspace_only_import_does_anything() {
    let scene = Scene::new();
    for command in [&["statements"][..], &["entries"], &["ledger"], &["status"], &["doctor"]] {
        let ran = scene.run(command);
        assert_eq!((ran.code, ran.error_code().as_str()), (1, "workspace.absent"), "{command:?}");
        assert!(ran.stdout.is_empty());
    }
    assert!(!scene.workspace().exists());
}

#[test]
fn the_key_stays_with_its_passphrase() {
    let scene = Scene::with(&[STATEMENT]);
    let attest = |passphrase: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_attest"));
        command.args(["--json", "statements", "--workspace"]).arg(scene.workspace());
        if let Some(text) = passphrase {
            command.arg("--passphrase-file").arg(scene.file("other", text));
        }
        ran(&mut command)
    };
    let cases = [
        (None, "key.passphrase_missing"),
        (Some("wrong passphrase"), "key.wrong"),
        (Some("\n"), "passphrase.empty"),
    ];
    for (passphrase, code) in cases {
        let ran = attest(passphrase);
        assert_eq!((ran.code, ran.error_code().as_str()), (1, code));
        assert!(ran.stdout.is_empty());
    }
    assert!(attest(None).stderr.contains("--passphrase-file"));
    assert_eq!(scene.run(&["statements"]).done().len(), 1);
}

#[test]
fn a_csv_is_read_through_the_mapping_that_is_named() {
    let scene = Scene::new();
    let mapping = fixture("csv/ledger-card.toml").display().to_string();
    let table = fixture("csv/ledger-card.csv").display().to_string();
    let said = scene.run(&["import", "--mapping", &mapping, &table]).done();
    assert_eq!((&said[0]["status"], &said[0]["format"]), (&json!("new"), &json!("CSV")));
    assert!(said[0]["ledger_lines"].as_u64().unwrap() > 0);
    let wrong = scene.run(&["import", "--mapping", &table, &table]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (1, ""));
}

#[test]
fn a_reconciliation_leaves_with_its_digest_and_a_second_account_must_be_named() {
    let scene = Scene::with(&[STATEMENT, LEDGER]);
    let out = scene.folder.path().join("out.csv").display().to_string();
    let export = ["export", "reconciliation", "--format", "csv", "--out", &out];
    let said = scene.run(&export).done();
    assert_eq!(members(&said[0]), ["path", "rows", "sha256"]);
    assert!(std::fs::read(&out).is_ok_and(|bytes| !bytes.is_empty()));
    assert_eq!(said[0]["sha256"].as_str().unwrap().len(), 64);

    let text = std::fs::read_to_string(fixture(STATEMENT)).unwrap();
    let other = text.replace("SE4550000000058398257466", "SE3550000000054910000003");
    scene.run(&["import", &scene.file("other.xml", &other)]).done();
    let ran = scene.run(&export);
    assert_eq!((ran.code, ran.error_code().as_str()), (1, "argument"));
    let named = [&export[..], &["--account", "SE3550000000054910000003"]].concat();
    assert_eq!(scene.run(&named).done().len(), 1);
}

#[cfg(unix)]
#[test]
fn nobody_else_can_open_the_workspace_and_doctor_says_when_somebody_can() {
    use std::{fs, os::unix::fs::PermissionsExt as _};
    let scene = Scene::with(&[STATEMENT]);
    let mode = |name: &str| fs::metadata(scene.workspace().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("cache.db"), mode("key.json")), (0o700, 0o600, 0o600));
    let open = |name: &str, mode: u32| {
        fs::set_permissions(scene.workspace().join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    open("", 0o755);
    assert_eq!(scene.run(&["doctor"]).code, 0, "the files are closed");
    open("cache.db", 0o644);
    let ran = scene.run(&["doctor"]);
    assert_eq!((ran.code, ran.error_code().as_str()), (1, "doctor.unsound"));
    let said = ran.lines();
    assert_eq!(
        (&said[0]["ok"], &said[0]["problems"][0]["code"]),
        (&json!(false), &json!("file.permissions"))
    );
}
