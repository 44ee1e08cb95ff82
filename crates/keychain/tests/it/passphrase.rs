//! Passphrase mode.

use crate::passphrase;
use attest_keychain::{
    Cost, Database, Error, KeyFile, KeyHolder, change_passphrase, create_with_passphrase, find_checkpoint,
    keep_checkpoint, unlock,
};
use data_encoding::{BASE64, HEXLOWER};
use proptest::prelude::*;
use uuid::Uuid;

const GOOD: &str = "nio gröna fjärdar";

fn create() -> (KeyFile, attest_keychain::Secret) {
    create_with_passphrase(Uuid::new_v4(), &passphrase(GOOD), Cost::LEAST, Database::Absent)
        .expect("the passphrase is long enough")
}

#[test]
fn the_passphrase_opens_what_it_wrapped() {
    let (file, key) = create();
    assert_eq!(file.holder(), KeyHolder::Passphrase);
    let reread = KeyFile::parse(&file.render()).unwrap();
    assert_eq!(unlock(&reread, Some(&passphrase(GOOD))).unwrap().expose(), key.expose());
}

#[test]
fn the_recommended_cost_works_and_is_written_down() {
    let file = create_with_passphrase(Uuid::new_v4(), &passphrase(GOOD), Cost::RECOMMENDED, Database::Absent);
    let (file, key) = file.unwrap();
    let text = file.render();
    for part in ["\"memory_kib\": 131072", "\"passes\": 3", "\"lanes\": 4"] {
        assert!(text.contains(part), "{text}");
    }
    let started = std::time::Instant::now();
    assert_eq!(unlock(&file, Some(&passphrase(GOOD))).unwrap().expose(), key.expose());
    println!("unlocking at the recommended cost took {:?}", started.elapsed());
}

#[test]
fn the_checkpoint_lies_beside_the_cache_and_the_last_one_counts() {
    let (file, _) = create();
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(find_checkpoint(dir.path(), &file).unwrap(), None);
    keep_checkpoint(dir.path(), &file, "one\n").unwrap();
    keep_checkpoint(dir.path(), &file, "two\n").unwrap();
    assert_eq!(find_checkpoint(dir.path(), &file).unwrap().as_deref(), Some("two\n"));
    let names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert_eq!(names, ["checkpoint"]);
}

#[test]
fn a_wrong_passphrase_is_called_wrong_and_not_damage() {
    let (file, _) = create();
    for wrong in ["nio gröna fjordar", "nio gröna fjärdar ", "Nio gröna fjärdar", ""] {
        let refused = unlock(&file, Some(&passphrase(wrong))).unwrap_err();
        assert!(matches!(refused, Error::WrongPassphrase), "{wrong}: {refused:?}");
        assert_eq!(refused.code(), "key.wrong");
    }
    assert!(matches!(unlock(&file, None), Err(Error::PassphraseMissing)));
}

#[test]
fn twelve_characters_are_the_least_however_many_bytes_they_have() {
    let create =
        |text: &str| create_with_passphrase(Uuid::new_v4(), &passphrase(text), Cost::LEAST, Database::Absent);
    assert!(matches!(create("åäöåäöåäöåä"), Err(Error::PassphraseTooShort)));
    assert!(create("åäöåäöåäöåäö").is_ok());
}

#[test]
fn no_second_key_is_made_beside_a_database() {
    let refused = create_with_passphrase(Uuid::new_v4(), &passphrase(GOOD), Cost::LEAST, Database::Present);
    assert!(matches!(refused, Err(Error::DatabaseExists)));
}

#[test]
fn a_changed_passphrase_opens_the_same_key_and_the_old_one_no_longer_does() {
    let (file, key) = create();
    let new = passphrase("tio blåa fjärdar");
    let changed = change_passphrase(&file, &passphrase(GOOD), &new, Cost::LEAST).unwrap();
    assert_eq!(changed.workspace(), file.workspace());
    assert_eq!(unlock(&changed, Some(&new)).unwrap().expose(), key.expose());
    assert!(matches!(unlock(&changed, Some(&passphrase(GOOD))), Err(Error::WrongPassphrase)));
}

#[test]
fn changing_asks_for_the_old_passphrase_and_a_long_new_one() {
    let (file, _) = create();
    let good = passphrase(GOOD);
    let wrong = change_passphrase(&file, &passphrase("not this one at all"), &good, Cost::LEAST);
    assert!(matches!(wrong, Err(Error::WrongPassphrase)));
    let short = change_passphrase(&file, &good, &passphrase("short"), Cost::LEAST);
    assert!(matches!(short, Err(Error::PassphraseTooShort)));
}

#[test]
fn neither_key_nor_passphrase_is_in_the_file_or_in_what_is_printed() {
    let (file, key) = create();
    let bytes = key.expose();
    let shown = format!("{}{file:?}{key:?}{:?}", file.render(), passphrase(GOOD));
    let mut reversed = *bytes;
    reversed.reverse();
    for canary in [
        HEXLOWER.encode(bytes),
        HEXLOWER.encode(&reversed),
        BASE64.encode(bytes),
        format!("{bytes:?}"),
        GOOD.to_owned(),
    ] {
        assert!(!shown.to_lowercase().contains(&canary.to_lowercase()));
    }
}

#[test]
fn a_wrapped_key_carried_into_another_workspace_does_not_open() {
    // A forger who also knows how the checksum is made still cannot move a wrapped key.
    let (file, _) = create();
    let (other, _) = create();
    let mut forged: serde_json::Value = serde_json::from_str(&other.render()).unwrap();
    let original: serde_json::Value = serde_json::from_str(&file.render()).unwrap();
    forged["key"] = original["key"].clone();
    let text = reseal(&forged);
    let file = KeyFile::parse(&text).expect("the checksum was made anew");
    assert!(matches!(unlock(&file, Some(&passphrase(GOOD))), Err(Error::WrongPassphrase)));
}

#[test]
fn parameters_that_would_exhaust_the_machine_are_refused_before_they_are_used() {
    let (file, _) = create();
    let mut forged: serde_json::Value = serde_json::from_str(&file.render()).unwrap();
    forged["key"]["passphrase"]["argon2id"]["memory_kib"] = u32::MAX.into();
    assert!(matches!(KeyFile::parse(&reseal(&forged)), Err(Error::Corrupt { .. })));
    assert!(matches!(Cost::new(u32::MAX, 3, 4), Err(Error::Cost { .. })));
    assert!(matches!(Cost::new(1024, 3, 4), Err(Error::Cost { .. })));
}

/// Gives a forged document a checksum that fits, as anybody who read the source could.
fn reseal(document: &serde_json::Value) -> String {
    use sha2::{Digest, Sha256};
    let get = |name: &str| document[name].to_string();
    let wrapped = &document["key"]["passphrase"];
    let cost = &wrapped["argon2id"];
    let key = format!(
        r#"{{"passphrase":{{"argon2id":{{"memory_kib":{},"passes":{},"lanes":{}}},"salt":{},"nonce":{},"sealed":{}}}}}"#,
        cost["memory_kib"],
        cost["passes"],
        cost["lanes"],
        wrapped["salt"],
        wrapped["nonce"],
        wrapped["sealed"]
    );
    let render = |checksum: &str| {
        format!(
            r#"{{"v":1,"workspace":{},"fingerprint":{},"key":{key},"checksum":"{checksum}"}}"#,
            get("workspace"),
            get("fingerprint")
        )
    };
    let digest: [u8; 32] = Sha256::digest(render(&"0".repeat(64))).into();
    render(&HEXLOWER.encode(&digest))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_long_passphrase_opens_its_key_and_its_neighbour_does_not(text in "\\PC{12,40}", extra in "\\PC") {
        let workspace = Uuid::new_v4();
        let (file, key) =
            create_with_passphrase(workspace, &passphrase(&text), Cost::LEAST, Database::Absent).unwrap();
        let file = KeyFile::parse(&file.render()).unwrap();
        let opened = unlock(&file, Some(&passphrase(&text))).unwrap();
        prop_assert_eq!(opened.expose(), key.expose());
        let refused = unlock(&file, Some(&passphrase(&(text + &extra))));
        prop_assert_eq!(refused.map(|_| ()).map_err(|error| error.code()), Err("key.wrong"));
    }
}
