//! The document on disk.

use crate::passphrase;
use attest_keychain::{
    Cost, Database, Error, KEY_FILE_NAME, KeyFile, create_with_passphrase, read_key_file, write_key_file,
};
use proptest::prelude::*;
use std::{fs, sync::LazyLock};
use uuid::Uuid;

fn create() -> KeyFile {
    let words = passphrase("nio gröna fjärdar");
    create_with_passphrase(Uuid::new_v4(), &words, Cost::LEAST, Database::Absent)
        .expect("the passphrase is long enough")
        .0
}

#[test]
fn what_is_written_is_read_and_nothing_else_is_left_in_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let file = create();
    write_key_file(dir.path(), &file).unwrap();
    write_key_file(dir.path(), &file).unwrap();
    assert_eq!(read_key_file(dir.path(), Database::Present).unwrap(), Some(file));
    let names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, [KEY_FILE_NAME]);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    write_key_file(dir.path(), &create()).unwrap();
    let mode = fs::metadata(dir.path().join(KEY_FILE_NAME)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_half_written_file_from_a_crash_is_no_obstacle() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("key.json.new"), "{\"v\":1,").unwrap();
    assert_eq!(read_key_file(dir.path(), Database::Absent).unwrap(), None);
    let file = create();
    write_key_file(dir.path(), &file).unwrap();
    assert_eq!(read_key_file(dir.path(), Database::Present).unwrap(), Some(file));
}

#[test]
fn a_missing_file_beside_a_database_is_an_error_and_none_otherwise() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(read_key_file(dir.path(), Database::Absent).unwrap(), None);
    let missing = read_key_file(dir.path(), Database::Present).unwrap_err();
    assert!(matches!(missing, Error::KeyFileMissing { .. }));
}

#[test]
fn the_key_file_of_another_workspace_is_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let first = create();
    write_key_file(dir.path(), &first).unwrap();
    assert!(matches!(write_key_file(dir.path(), &create()), Err(Error::OtherWorkspace { .. })));
    assert_eq!(read_key_file(dir.path(), Database::Present).unwrap(), Some(first));
}

#[test]
fn a_damaged_key_file_is_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(KEY_FILE_NAME), "not JSON").unwrap();
    assert!(matches!(write_key_file(dir.path(), &create()), Err(Error::Corrupt { .. })));
    assert_eq!(fs::read_to_string(dir.path().join(KEY_FILE_NAME)).unwrap(), "not JSON");
}

#[test]
fn a_file_of_a_later_version_asks_for_an_update() {
    let text = create().render().replacen("\"v\": 1", "\"v\": 2", 1);
    assert!(matches!(KeyFile::parse(&text), Err(Error::TooNew { found: 2 })));
}

#[test]
fn a_file_that_is_far_too_long_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(KEY_FILE_NAME), vec![b' '; 1 << 20]).unwrap();
    assert!(matches!(read_key_file(dir.path(), Database::Present), Err(Error::Corrupt { .. })));
}

#[test]
fn every_single_character_changed_is_noticed() {
    let original = create();
    let text = original.render();
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        let changed = String::from_utf8(bytes).unwrap();
        match KeyFile::parse(&changed) {
            Err(Error::Corrupt { .. } | Error::TooNew { .. }) => {}
            other => panic!("the change at {at} went unnoticed: {other:?}"),
        }
    }
}

static RENDERED: LazyLock<String> = LazyLock::new(|| create().render());

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_refused_without_a_panic(text in "\\PC{0,200}") {
        prop_assert!(KeyFile::parse(&text).is_err());
    }

    #[test]
    fn a_cut_file_is_refused(cut in 0_usize..400) {
        let text = &RENDERED[..cut.min(RENDERED.len() - 3)];
        let refused = matches!(KeyFile::parse(text), Err(Error::Corrupt { .. }));
        prop_assert!(refused);
    }
}
