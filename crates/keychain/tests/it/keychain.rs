//! The real keychain of this machine. On Linux `cargo xtask test` starts a session with a Secret Service for
//! it; where no keychain answers, each test says by name that it was skipped.

use attest_keychain::{
    Database, Error, KeyFile, KeyHolder, create_in_keychain, find_checkpoint, keep_checkpoint,
    keychain_available, remove_from_keychain, unlock,
};
use uuid::Uuid;

/// Removes the entry even when a test fails.
struct Made(KeyFile);

impl Drop for Made {
    fn drop(&mut self) {
        remove_from_keychain(&self.0, Database::Absent).expect("an entry just made can be removed");
    }
}

fn has_keychain(test: &str) -> bool {
    let found = keychain_available();
    if !found {
        println!("skipped: {test}: no keychain answers in this session");
    }
    found
}

#[test]
fn a_key_survives_in_the_keychain_until_it_is_removed() {
    if !has_keychain("a_key_survives_in_the_keychain_until_it_is_removed") {
        return;
    }
    let (file, key) = create_in_keychain(Uuid::new_v4(), Database::Absent).unwrap();
    let made = Made(KeyFile::parse(&file.render()).unwrap());
    assert_eq!(made.0.holder(), KeyHolder::Keychain);
    assert_eq!(unlock(&made.0, None).unwrap().expose(), key.expose());
    assert!(!file.render().contains(&data_encoding::HEXLOWER.encode(key.expose())));

    let needed = remove_from_keychain(&made.0, Database::Present).unwrap_err();
    assert!(matches!(needed, Error::DatabaseExists));
    drop(made);
    assert!(matches!(unlock(&file, None), Err(Error::KeyMissing { .. })));
}

#[test]
fn the_checkpoint_lies_in_the_keychain_and_goes_with_the_key() {
    if !has_keychain("the_checkpoint_lies_in_the_keychain_and_goes_with_the_key") {
        return;
    }
    let (file, _) = create_in_keychain(Uuid::new_v4(), Database::Absent).unwrap();
    let made = Made(file.clone());
    let nowhere = std::path::Path::new("/nowhere");
    assert_eq!(find_checkpoint(nowhere, &file).unwrap(), None);
    keep_checkpoint(nowhere, &file, "one\n").unwrap();
    keep_checkpoint(nowhere, &file, "two\n").unwrap();
    assert_eq!(find_checkpoint(nowhere, &file).unwrap().as_deref(), Some("two\n"));
    drop(made);
    assert_eq!(find_checkpoint(nowhere, &file).unwrap(), None);
}

#[test]
fn a_second_key_for_the_same_workspace_is_refused() {
    if !has_keychain("a_second_key_for_the_same_workspace_is_refused") {
        return;
    }
    let workspace = Uuid::new_v4();
    let (file, key) = create_in_keychain(workspace, Database::Absent).unwrap();
    let made = Made(file);
    assert!(matches!(create_in_keychain(workspace, Database::Absent), Err(Error::EntryExists)));
    assert_eq!(unlock(&made.0, None).unwrap().expose(), key.expose());
}

#[test]
fn many_threads_get_their_own_keys() {
    if !has_keychain("many_threads_get_their_own_keys") {
        return;
    }
    let made: Vec<_> = std::thread::scope(|scope| {
        let create = || {
            let (file, key) = create_in_keychain(Uuid::new_v4(), Database::Absent).unwrap();
            (Made(file), key)
        };
        let running: Vec<_> = (0..4).map(|_| scope.spawn(create)).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (file, key) in &made {
        assert_eq!(unlock(&file.0, None).unwrap().expose(), key.expose());
    }
}

#[test]
fn beside_a_database_the_keychain_is_not_even_asked() {
    let refused = create_in_keychain(Uuid::new_v4(), Database::Present).unwrap_err();
    assert!(matches!(refused, Error::DatabaseExists));
}
