//! A company's backend, its people and its worker, by the programs they run.

use anyhow::Result;
use attest_tests::{company, programs::Workspace, together};
use std::fs;

#[test]
fn colleagues_and_a_worker_end_up_with_the_same_books() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let files = company::generate_with(
        folder.path(),
        &["--single-account", "12", "--entries", "120", "--seed", "5"],
    )?;
    let said = together::walk(&files, folder.path())?;
    assert!(said.contains("verified by a colleague"), "{said}");
    Ok(())
}

#[test]
fn who_is_signed_out_keeps_working_and_sends_it_after_signing_in() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let backend = together::Backend::serve(&folder.path().join("backend"))?;
    let place = folder.path().join("anna");
    let anna = backend.join("anna", "controller", &place)?;
    assert_eq!(anna.attest(&["logout"])?.code, 0);
    let files =
        company::generate_with(folder.path(), &["--single-account", "1", "--entries", "5", "--seed", "5"])?;
    let mut import = vec!["import".into()];
    import.extend(files);
    assert_eq!(anna.attest(&import)?.code, 0);
    let refused = anna.attest(&["sync"])?;
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("remote.signed_out"), "{}", refused.stderr);
    let again =
        ["login", "--server", backend.server(), "--key-file", place.join("key").to_str().unwrap_or_default()]
            .map(str::to_owned);
    assert_eq!(anna.attest(&again)?.code, 0);
    let synced = anna.attest(&["sync"])?.lines()?.remove(0);
    assert_eq!((&synced["waiting"], &synced["state"]), (&0.into(), &"idle".into()), "{synced}");
    Ok(())
}

#[test]
fn a_key_that_is_not_valid_makes_no_workspace() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let backend = together::Backend::serve(&folder.path().join("backend"))?;
    let key = folder.path().join("wrong");
    fs::write(&key, "attest_key_wrong\n")?;
    let stranger = Workspace::at(&folder.path().join("stranger"))?;
    let certificate = folder.path().join("backend").join("certificate.pem");
    let login = ["login", "--server", backend.server(), "--key-file"].map(std::ffi::OsString::from);
    let mut login = login.to_vec();
    login.extend([key.into_os_string(), "--certificate".into(), certificate.into_os_string()]);
    let ran = stranger.attest(&login)?;
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("remote.signed_out"), "{}", ran.stderr);
    assert!(!folder.path().join("stranger").join("workspace").join("cache.db").exists());
    // A certificate that nobody vouches for is not trusted.
    let untrusted = stranger.attest(&login[..5])?;
    assert_eq!(untrusted.code, 1);
    assert!(untrusted.stderr.contains("remote.unreachable"), "{}", untrusted.stderr);
    Ok(())
}
