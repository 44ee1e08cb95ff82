//! Every remark, refusal and error has a meaning in the documentation and words in each catalogue of the window.
//!
//! The codes are read from the list and from the sources that make them, so that one that is added without words
//! fails here.

use attest_domain::finding_codes::{CODES, Code};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What a folder's Rust sources say outside their tests.
fn sources(folder: &str) -> String {
    let mut text = String::new();
    let mut folders = vec![root().join(folder)];
    while let Some(next) = folders.pop() {
        for child in std::fs::read_dir(next).unwrap() {
            let path = child.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let source = std::fs::read_to_string(path).unwrap();
                let code = source.split("\n#[cfg(test)]\nmod tests").next().unwrap_or_default();
                text.extend(
                    code.lines()
                        .filter(|line| !line.trim_start().starts_with("//"))
                        .map(|line| format!("{line}\n")),
                );
            }
        }
    }
    text
}

/// Texts between double quotes, and those outside, which are no codes.
fn quoted(source: &str) -> impl Iterator<Item = &str> {
    source.split('"').skip(1)
}

/// `subject.what` in small letters.
fn is_code(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    text.split_once('.').is_some_and(|(subject, what)| plain(subject) && plain(what))
}

/// What stands under a key of a catalogue, its plural forms included.
fn entry<'c>(catalogue: &'c str, key: &str) -> Option<&'c str> {
    let (_, behind) = catalogue.split_once(&format!("\"{key}\":"))?;
    let end = behind.find("\n  \"").or_else(|| behind.find("\n}")).unwrap_or(behind.len());
    Some(&behind[..end])
}

/// Names in braces.
fn gaps(text: &str) -> BTreeSet<&str> {
    let named = text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    named.filter(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric())).collect()
}

#[test]
fn every_listed_code_is_made_somewhere() {
    let made = sources("crates/formats/src") + &sources("crates/desk/src");
    for Code { code, .. } in CODES {
        assert!(made.contains(&format!("\"{code}\"")), "{code} is listed and nothing makes it");
    }
}

#[test]
fn every_code_a_reader_makes_is_listed() {
    let listed: BTreeSet<&str> = CODES.iter().map(|code| code.code).collect();
    let subjects: BTreeSet<&str> =
        listed.iter().filter_map(|code| code.split_once('.')).map(|code| code.0).collect();
    let text = sources("crates/formats/src");
    // Why a row of a table was left out has codes of its own, shown only where a mapping is made.
    let rows = sources("crates/formats/src/csv");
    let of_rows: BTreeSet<&str> = quoted(&rows).filter(|text| is_code(text)).collect();
    let unlisted: Vec<&str> = quoted(&text)
        .filter(|text| is_code(text) && !listed.contains(text) && !of_rows.contains(text))
        .filter(|text| subjects.contains(text.split('.').next().unwrap_or_default()))
        .collect();
    assert!(unlisted.is_empty(), "not in finding_codes.rs: {unlisted:?}");
}

#[test]
fn the_documentation_shows_the_list() {
    let page = read("docs/formats/findings.md").replace("\r\n", "\n");
    for Code { code, severities, parameters, meaning } in CODES {
        let weight = match severities {
            [] => "refused".to_owned(),
            some => some.iter().map(|one| format!("{one:?}").to_lowercase()).collect::<Vec<_>>().join(", "),
        };
        let row = format!("| `{code}` | {weight} | {} | {meaning} |\n", parameters.join(", "));
        assert!(page.contains(&row), "docs/formats/findings.md lacks this row:\n{row}");
    }
    assert_eq!(page.matches("\n| `").count(), CODES.len(), "docs/formats/findings.md has a row too many");
}

#[test]
fn every_finding_and_refusal_has_a_title_and_a_text_in_each_catalogue() {
    for language in ["en", "sv"] {
        let catalogue = read(&format!("ui/src/i18n/findings.{language}.ts"));
        for Code { code, parameters, .. } in CODES {
            for kind in ["code", "text"] {
                let text = entry(&catalogue, &format!("findings.{kind}.{code}"));
                let text = text.unwrap_or_else(|| panic!("{language} has no findings.{kind}.{code}"));
                let unknown: Vec<_> = gaps(text)
                    .into_iter()
                    .filter(|name| *name != "message" && !parameters.contains(name))
                    .collect();
                assert!(unknown.is_empty(), "{language} {code} names values it does not have: {unknown:?}");
            }
        }
        assert_eq!(catalogue.matches("\"findings.code.").count(), CODES.len(), "{language} has one too many");
    }
}

#[test]
fn every_error_the_window_can_meet_has_a_text_in_each_catalogue() {
    let mut codes = BTreeSet::new();
    for file in ["desk/src/error.rs", "keychain/src/error.rs", "remote/src/error.rs", "domain/src/decide.rs"]
    {
        let source = read(&format!("crates/{file}"));
        let arms =
            source.lines().filter_map(|line| line.trim().split_once("=> \"")).map(|arm| arm.1.to_owned());
        codes.extend(arms.filter_map(|arm| Some(arm.split_once('"')?.0.to_owned())));
    }
    let shell = sources("src-tauri/src");
    let made = shell.split("error_view(").skip(1).filter_map(|call| quoted(call).next());
    codes.extend(made.filter(|code| is_code(code)).map(str::to_owned));
    assert!(codes.len() > 50, "the sources are not written as this test reads them: {codes:?}");
    // Shown in the words of the refusal it carries.
    codes.remove("document.refused");
    for language in ["en", "sv"] {
        let catalogue = ["", "sync.", "companies."]
            .map(|part| read(&format!("ui/src/i18n/{part}{language}.ts")))
            .concat();
        let missing: Vec<_> =
            codes.iter().filter(|code| entry(&catalogue, &format!("error.{code}")).is_none()).collect();
        assert!(missing.is_empty(), "{language} has no text for {missing:?}");
    }
}
