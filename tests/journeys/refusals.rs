//! What is not done: hostile and unknown files, wrong usage, a wrong passphrase. Said plainly, and without a trace.

use crate::{Scene, text};
use anyhow::Result;
use std::{fs, time::Instant};

/// A refusal takes no longer than this (debug build, start of the program included).
const REFUSAL_SECONDS_MAX: u64 = 10;

#[test]
fn a_hostile_file_is_refused_with_its_reason_and_leaves_no_trace() -> Result<()> {
    let scene = Scene::with_one_account(20)?;
    let bomb = scene.folder.path().join("bomb.xml");
    let namespace = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02";
    fs::write(
        &bomb,
        format!(
            "<?xml version=\"1.0\"?><!DOCTYPE d [<!ENTITY a \"b\">]><Document xmlns=\"{namespace}\">&a;</Document>"
        ),
    )?;
    let start = Instant::now();
    let ran = scene.workspace.attest(&["import".as_ref(), bomb.as_os_str()])?;
    assert!(start.elapsed().as_secs() < REFUSAL_SECONDS_MAX);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(!ran.stderr.trim().is_empty(), "the reason is on standard error");
    let said = ran.lines()?;
    assert_eq!(text(&said[0], "status")?, "refused");
    assert!(said[0]["findings"].to_string().contains("DOCTYPE"), "{said:?}");
    assert!(scene.list(&["statements"])?.is_empty());
    assert!(scene.list(&["entries"])?.is_empty());
    Ok(())
}

#[test]
fn one_refused_file_does_not_keep_the_others_out() -> Result<()> {
    let scene = Scene::with_one_account(60)?;
    let junk = scene.folder.path().join("junk.xml");
    fs::write(&junk, [0_u8, 1, 2, 3, 255, 254])?;
    let mut arguments = vec!["import".into(), junk.into_os_string()];
    arguments.extend(scene.files.iter().map(|file| file.clone().into_os_string()));
    let ran = scene.workspace.attest(&arguments)?;
    assert_eq!(ran.code, 1, "something was refused: {}", ran.stderr);
    let status: Vec<String> =
        ran.lines()?.iter().map(|file| text(file, "status").map(str::to_owned)).collect::<Result<_>>()?;
    assert_eq!(status[0], "refused");
    assert!(status[1..].iter().all(|one| one == "new"), "{status:?}");
    assert_eq!(scene.list(&["statements"])?.len(), 12);
    Ok(())
}

#[test]
fn wrong_usage_ends_with_two_and_changes_nothing() -> Result<()> {
    let scene = Scene::with_one_account(20)?;
    for arguments in [&["no-such-command"][..], &["import"], &["match"], &["entries", "--from", "yesterday"]]
    {
        let ran = scene.workspace.attest(arguments)?;
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
        assert!(!ran.stderr.is_empty());
        assert!(ran.stdout.is_empty());
    }
    Ok(())
}

#[test]
fn a_wrong_passphrase_opens_nothing_and_harms_nothing() -> Result<()> {
    let scene = Scene::with_one_account(60)?;
    scene.import(&scene.files)?;
    let before = scene.list(&["statements"])?;
    let stranger = scene.workspace.with_passphrase(scene.folder.path(), "not the passphrase")?;
    let ran = stranger.attest(&["statements"])?;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.is_empty());
    assert_eq!(scene.list(&["statements"])?, before);
    Ok(())
}
