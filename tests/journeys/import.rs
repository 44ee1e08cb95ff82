//! Bringing documents in: once, again, and back to their bytes.

use crate::{Scene, count, system_digest, ten_thousandths, text};
use anyhow::{Context, Result, ensure};
use std::{collections::BTreeMap, fs};

#[test]
fn importing_the_same_files_again_changes_nothing_and_says_so() -> Result<()> {
    let scene = Scene::with_one_account(400)?;
    let first = scene.import(&scene.files)?;
    assert_eq!(first.len(), scene.files.len());
    assert!(first.iter().all(|file| file["status"] == "new"), "{first:?}");
    let statements = scene.list(&["statements"])?;
    let entries = scene.list(&["entries"])?;
    let ledger = scene.list(&["ledger"])?;
    assert_eq!(first.iter().map(|file| count(file, "entries")).sum::<Result<u64>>()?, entries.len() as u64);
    assert_eq!(
        first.iter().map(|file| count(file, "ledger_lines")).sum::<Result<u64>>()?,
        ledger.len() as u64
    );

    let second = scene.import(&scene.files)?;
    assert!(second.iter().all(|file| file["status"] == "already-here"), "{second:?}");
    assert_eq!(scene.list(&["statements"])?, statements);
    assert_eq!(scene.list(&["entries"])?, entries);
    assert_eq!(scene.list(&["ledger"])?, ledger);
    Ok(())
}

#[test]
fn every_document_is_known_by_the_digest_of_its_bytes() -> Result<()> {
    let scene = Scene::with_one_account(100)?;
    for (file, said) in scene.files.iter().zip(scene.import(&scene.files)?) {
        if let Some(expected) = system_digest(file)? {
            assert_eq!(text(&said, "sha256")?, expected);
        }
    }
    Ok(())
}

#[test]
fn every_entry_leads_to_the_bytes_it_came_from() -> Result<()> {
    let scene = Scene::with_one_account(300)?;
    let mut documents = BTreeMap::new();
    for (file, said) in scene.files.iter().zip(scene.import(&scene.files)?) {
        documents.insert(text(&said, "sha256")?.to_owned(), fs::read(file)?);
    }
    let entries = scene.list(&["entries"])?;
    assert!(entries.len() > 250);
    for entry in entries {
        let bytes =
            documents.get(text(&entry, "document")?).context("an entry names an imported document")?;
        let bound =
            |at: usize| entry["span"][at].as_u64().and_then(|n| usize::try_from(n).ok()).context("a span");
        let element = std::str::from_utf8(bytes.get(bound(0)?..bound(1)?).context("inside the document")?)?;
        ensure!(element.starts_with("<Ntry>") && element.ends_with("</Ntry>"), "{element}");
        let amount = text(&entry, "amount")?.trim_start_matches('-');
        assert!(element.contains(&format!(">{amount}</Amt>")), "{amount} is not in {element}");
        let direction = if text(&entry, "amount")?.starts_with('-') { "DBIT" } else { "CRDT" };
        assert!(element.contains(&format!("<CdtDbtInd>{direction}</CdtDbtInd>")));
    }
    Ok(())
}

#[test]
fn opening_and_entries_make_the_closing_balance_as_the_statement_says() -> Result<()> {
    let scene = Scene::with_one_account(300)?;
    scene.import(&scene.files)?;
    let mut sums: BTreeMap<String, i128> = BTreeMap::new();
    for entry in scene.list(&["entries"])? {
        if entry["status"] == "booked" {
            *sums.entry(text(&entry, "statement")?.to_owned()).or_default() +=
                ten_thousandths(text(&entry, "amount")?)?;
        }
    }
    let statements = scene.list(&["statements"])?;
    assert_eq!(statements.len(), 12);
    for statement in statements {
        let figure = |member| ten_thousandths(text(&statement, member)?);
        let sum = sums.get(text(&statement, "id")?).copied().unwrap_or_default();
        assert_eq!(figure("opening")? + sum, figure("closing")?, "{statement}");
        assert_eq!(figure("sum")?, sum, "{statement}");
        assert_eq!(statement["balance"], "ok", "{statement}");
        assert!(statement["continuity"] == "ok" || statement["continuity"] == "first", "{statement}");
    }
    Ok(())
}

#[test]
fn a_statement_that_is_left_out_is_a_gap() -> Result<()> {
    let scene = Scene::with_one_account(200)?;
    let (missing, rest): (Vec<_>, Vec<_>) =
        scene.files.iter().cloned().enumerate().partition(|(number, _)| *number == 5);
    assert_eq!(missing.len(), 1);
    scene.import(&rest.into_iter().map(|(_, file)| file).collect::<Vec<_>>())?;
    let continuity: Vec<String> = scene
        .list(&["statements"])?
        .iter()
        .map(|one| text(one, "continuity").map(str::to_owned))
        .collect::<Result<_>>()?;
    assert_eq!(continuity.iter().filter(|one| *one == "gap" || *one == "break").count(), 1, "{continuity:?}");
    Ok(())
}
