//! A person who signs in by the browser on the command line.

use crate::done;
use anyhow::{Context, Result, ensure};
use attest_tests::{
    person::Person,
    programs::{Telling, Workspace},
    together::Backend,
};
use std::fs;

const EMAIL: &str = "kim@norrsken.example";
/// What is said before the address.
const SAID: &str = "Sign in at ";

/// Does in the browser what the program asks for; gives the page that comes last.
async fn browse(telling: &mut Telling, person: &Person, backend: &Backend, ahead: i64) -> Result<String> {
    let address = telling.said_after(SAID)?;
    ensure!(address.starts_with(backend.server()), "{address}");
    person.sign_in(&address, &fs::read_to_string(backend.certificate())?, ahead).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_signs_in_syncs_signs_out_and_comes_back() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let backend = Backend::serve(&folder.path().join("backend"))?;
    let person = Person::new(EMAIL, &backend.add_person(EMAIL, "controller", None)?)?;
    let certificate = backend.certificate();
    let certificate = certificate.to_str().context("a name in UTF-8")?;
    let kim = Workspace::at(&folder.path().join("kim"))?;

    let login = ["login", backend.server(), "--certificate", certificate, "--no-browser"];
    let mut telling = kim.tell(&login)?;
    let page = browse(&mut telling, &person, &backend, 0).await?;
    assert!(page.contains("You can close this page."), "{page}");
    let told = done(&telling.finish()?)?.remove(0);
    assert_eq!(
        (&told["role"], &told["signed_in"]["with"]),
        (&"controller".into(), &"browser".into()),
        "{told}"
    );
    let synced = done(&kim.attest(&["sync"])?)?.remove(0);
    assert_eq!(synced["state"], "idle", "{synced}");
    let status = done(&kim.attest(&["status"])?)?.remove(0);
    let until = status["sync"]["signed_in"]["until"].as_str().context("it says until when")?;
    assert!(until.ends_with('Z'), "{status}");

    let left = done(&kim.attest(&["logout"])?)?.remove(0);
    assert_eq!((&left["ended"], &left["signed_in"]), (&true.into(), &serde_json::Value::Null), "{left}");
    let refused = kim.attest(&["sync"])?;
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("remote.signed_out"), "{}", refused.stderr);

    // It knows its service and its certificate.
    let mut telling = kim.tell(&["login", "--no-browser"])?;
    browse(&mut telling, &person, &backend, 30).await?;
    done(&telling.finish()?)?;
    assert_eq!(done(&kim.attest(&["sync"])?)?.remove(0)["state"], "idle");
    let elsewhere = kim.attest(&["login", "https://other.example"])?;
    assert!(elsewhere.stderr.contains("login.other_server"), "{}", elsewhere.stderr);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_of_several_companies_is_told_which_and_names_one() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let backend = Backend::serve(&folder.path().join("backend"))?;
    let person = Person::new(EMAIL, &backend.add_person(EMAIL, "controller", None)?)?;
    let second = backend.found("Nordvik AS")?;
    backend.add_person(EMAIL, "auditor", Some(&second))?;
    let certificate = backend.certificate();
    let certificate = certificate.to_str().context("a name in UTF-8")?;
    let kim = Workspace::at(&folder.path().join("kim"))?;

    let login = ["login", backend.server(), "--certificate", certificate, "--no-browser"];
    let mut telling = kim.tell(&login)?;
    browse(&mut telling, &person, &backend, 0).await?;
    let refused = telling.finish()?;
    assert_eq!(refused.code, 1);
    for told in ["connect.choose_company", "Fjordhandel AB", "Nordvik AS", &second] {
        assert!(refused.stderr.contains(told), "{}", refused.stderr);
    }

    let mut telling = kim.tell(&[&login[..], &["--company", "nordvik as"]].concat())?;
    browse(&mut telling, &person, &backend, 30).await?;
    let told = done(&telling.finish()?)?.remove(0);
    assert_eq!((&told["company"], &told["role"]), (&"Nordvik AS".into(), &"auditor".into()), "{told}");
    Ok(())
}
