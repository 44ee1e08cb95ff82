//! What no compiler checks: sizes, headers, leftovers and paths of somebody's machine in the sources,
//! and foreign hosts in the lock files.
//!
//! The length of functions is clippy's (`too_many_lines`); that every language says everything is tested in `ui/`.

use crate::project::{Project, slashed};
use anyhow::{Context, Result};
use std::fs;

/// Longest source file: what one can keep in one's head.
const LINES_MAX: usize = 600;
/// Largest file of any kind: a repository is cloned often and forgets nothing.
const BYTES_MAX: u64 = 1024 * 1024;

/// Folders with text that a program wrote or that is input for tests.
const NOT_WRITTEN_BY_HAND: &[&str] = &["ui/src/ipc/generated/", "tests/fixtures/", "fuzz/seeds/"];
/// Files that others take in with `include!`, where the compiler allows no `//!`.
const INCLUDED: &[&str] = &["src-tauri/command_names.rs"];
/// Endings of files whose length is bounded.
const SOURCES: &[&str] = &[".rs", ".ts", ".tsx", ".css", ".sql", ".mjs"];
/// Endings of files that are not text.
const BINARY: &[&str] = &[".png", ".ico", ".icns", ".woff2", ".zip", ".pdf"];

/// Everything untidy, one sentence each.
pub(crate) fn violations(project: &Project) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for file in project.files()? {
        let path = slashed(&file);
        let bytes = fs::read(project.root.join(&file)).with_context(|| format!("cannot read {path}"))?;
        if bytes.len() as u64 > BYTES_MAX {
            found.push(format!("{path}: {} bytes; the most is {BYTES_MAX}", bytes.len()));
        }
        if BINARY.iter().any(|ending| path.ends_with(ending)) {
            continue;
        }
        let text = String::from_utf8_lossy(&bytes);
        found.extend(in_text(&path, &text));
    }
    Ok(found)
}

fn in_text(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let generated = NOT_WRITTEN_BY_HAND.iter().any(|folder| path.starts_with(folder));
    if !generated && SOURCES.iter().any(|ending| path.ends_with(ending)) {
        let lines = text.lines().count();
        if lines > LINES_MAX {
            found.push(format!("{path}: {lines} lines; the most is {LINES_MAX}; split it by purpose"));
        }
        found.extend(leftovers(path, text));
    }
    let header = if INCLUDED.contains(&path) { "//" } else { "//!" };
    if !generated && path.ends_with(".rs") && !text.starts_with(header) {
        found.push(format!("{path}: does not open with `{header}` saying what the file is for"));
    }
    if path.ends_with("package-lock.json") || path.ends_with("Cargo.lock") {
        found.extend(foreign_sources(path, text));
    } else if !generated {
        for (index, line) in text.lines().enumerate() {
            if let Some(root) = machine_path(line) {
                found.push(format!("{path}:{}: the path of a machine ({root}…)", index + 1));
            }
        }
    }
    found
}

/// Skipped tests and places that were meant to be filled in. Written apart so that this file is clean too.
fn leftovers(path: &str, text: &str) -> Vec<String> {
    let rust = ["#[igno", "todo!", "unimplemented!", "dbg!"];
    let rust_rest = ["re", "(", "(", "("];
    let script = ["it.sk", "test.sk", "describe.sk", "it.on", "test.on", "describe.on", "@ts-ign"];
    let script_rest = ["ip(", "ip(", "ip(", "ly(", "ly(", "ly(", "ore"];
    let words: Vec<String> = if path.ends_with(".rs") {
        rust.iter().zip(rust_rest).map(|(start, rest)| format!("{start}{rest}")).collect()
    } else {
        script.iter().zip(script_rest).map(|(start, rest)| format!("{start}{rest}")).collect()
    };
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if let Some(word) = words.iter().find(|word| line.contains(word.as_str())) {
            found.push(format!("{path}:{}: `{word}` is left over", index + 1));
        }
    }
    found
}

/// Finds the beginning of an absolute path that only exists on somebody's machine.
fn machine_path(line: &str) -> Option<String> {
    let roots = ["work", "farm", "root", "home", "Users"];
    for root in roots {
        let wanted = format!("/{root}/");
        for (at, _) in line.match_indices(&wanted) {
            let before = line[..at].chars().next_back();
            let after = line[at + wanted.len()..].chars().next();
            let starts_a_path = before.is_none_or(|c| !c.is_alphanumeric() && !"._-/}*~".contains(c));
            if starts_a_path && after.is_some_and(|c| c.is_alphanumeric() || c == '.') {
                return Some(wanted);
            }
        }
    }
    None
}

/// Lock files name the public registries only: a mirror that one machine uses is of no use to others.
fn foreign_sources(path: &str, text: &str) -> Vec<String> {
    let is_public = |line: &str| {
        if path.ends_with("Cargo.lock") {
            !line.starts_with("source = ")
                || line.contains("\"registry+https://github.com/rust-lang/crates.io-index\"")
        } else {
            !line.trim_start().starts_with("\"resolved\":") || line.contains("\"https://registry.npmjs.org/")
        }
    };
    let foreign = text.lines().enumerate().filter(|(_, line)| !is_public(line));
    foreign
        .take(3)
        .map(|(index, line)| format!("{path}:{}: a source of its own: {}", index + 1, line.trim()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_without_header_or_with_too_many_lines_is_untidy() {
        assert_eq!(in_text("crates/a/src/lib.rs", "fn a() {}\n").len(), 1);
        assert_eq!(in_text("crates/a/src/lib.rs", &format!("//! A.\n{}", "\n".repeat(LINES_MAX))).len(), 1);
        assert!(in_text("crates/a/src/lib.rs", "//! A.\n").is_empty());
    }

    #[test]
    fn paths_of_a_machine_are_found_and_addresses_are_not() {
        let machine = ["wo", "rk"].concat();
        assert!(machine_path(&format!("cd /{machine}/main")).is_some());
        assert!(machine_path(&format!("\"/{}/anna/x\"", ["ho", "me"].concat())).is_some());
        assert!(machine_path(&format!("https://example.org/{machine}/a")).is_none());
        assert!(machine_path(&format!("ui/src/{machine}/a")).is_none());
    }

    #[test]
    fn a_skipped_test_is_a_leftover() {
        assert_eq!(leftovers("a.rs", &["#[igno", "re]"].concat()).len(), 1);
        assert_eq!(leftovers("a.test.ts", &["it.sk", "ip('x')"].concat()).len(), 1);
    }

    #[test]
    fn a_mirror_in_a_lock_file_is_found() {
        let line = |host: &str| format!("      \"resolved\": \"https://{host}/a/-/a-1.0.0.tgz\",");
        assert!(foreign_sources("ui/package-lock.json", &line("registry.npmjs.org")).is_empty());
        assert_eq!(foreign_sources("ui/package-lock.json", &line("mirror.example")).len(), 1);
    }
}
