//! The dependency table of the workspace (ARCHITECTURE, "arrows point down only"), checked against
//! `cargo metadata` and, for what no manifest tells, against the sources of the pure crates.
//!
//! A package of ours that the table does not know is a violation too: a new crate gets its place on purpose.

use crate::project::{Project, slashed};
use anyhow::{Context, Result};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// Where a package of ours stands and which packages of ours it may name.
struct Place {
    name: &'static str,
    layer: u8,
    may_name: &'static [&'static str],
}

const fn place(name: &'static str, layer: u8, may_name: &'static [&'static str]) -> Place {
    Place { name, layer, may_name }
}

/// Layer of the programs; everything below it is a library.
const PROGRAMS: u8 = 4;
/// Outside the layers: tests, benches and project commands, which nothing may name.
const TOOLING: u8 = 9;

const PLACES: &[Place] = &[
    place("attest-domain", 0, &[]),
    place("attest-formats", 1, &["attest-domain"]),
    place("attest-matching", 1, &["attest-domain"]),
    place("attest-evidence", 1, &["attest-domain"]),
    place("attest-wire", 1, &["attest-domain"]),
    place("attest-reports", 1, &["attest-domain", "attest-evidence"]),
    // C code with a build script, no arrow of its own
    place("attest-sqlcipher", 1, &[]),
    place("attest-cache", 2, &["attest-domain", "attest-formats", "attest-evidence", "attest-sqlcipher"]),
    place("attest-keychain", 2, &["attest-domain"]),
    place("attest-remote", 2, &["attest-domain", "attest-evidence", "attest-wire"]),
    place(
        "attest-desk",
        3,
        &[
            "attest-domain",
            "attest-formats",
            "attest-matching",
            "attest-evidence",
            "attest-reports",
            "attest-wire",
            "attest-cache",
            "attest-keychain",
            "attest-remote",
        ],
    ),
    place("attest-cli", PROGRAMS, &["attest-domain", "attest-formats", "attest-matching", "attest-desk"]),
    place("attest-app", PROGRAMS, &["attest-domain", "attest-desk"]),
    place(
        "attest-backend",
        PROGRAMS,
        &[
            "attest-domain",
            "attest-formats",
            "attest-evidence",
            "attest-reports",
            "attest-wire",
            // the embedded store is the same SQLite as the cache's
            "attest-sqlcipher",
        ],
    ),
    place("attest-verify", PROGRAMS, &["attest-domain", "attest-evidence"]),
    place(
        "attest-simulators",
        PROGRAMS,
        &["attest-domain", "attest-formats", "attest-evidence", "attest-wire"],
    ),
    place("attest-testkit", TOOLING, &["attest-domain"]),
    place("attest-tests", TOOLING, &[]),
    place("attest-bench", TOOLING, &[]),
    place("attest-blank", TOOLING, &[]),
    place("xtask", TOOLING, &[]),
];

/// Crates of others that no package up to the given layer may reach, directly or through others.
const UNREACHABLE: &[(u8, &[&str])] = &[
    (1, &["tokio", "sqlx", "sqlx-core", "reqwest", "hyper", "keyring-core"]),
    (PROGRAMS - 1, &["tauri", "axum"]),
];

/// Words that have no business in the sources of layers 0 and 1, which get files, time and chance passed in.
const IMPURE_WORDS: &[&str] = &[
    "std::fs",
    "fs::read",
    "File::open",
    "SystemTime",
    "Instant::now",
    "Zoned::now",
    "Timestamp::now",
    "getrandom",
    "thread_rng",
    "new_v4",
    "now_v7",
    "std::env::var",
    "std::net",
];

/// Everything in the workspace that breaks the table, one sentence each.
pub(crate) fn violations(project: &Project) -> Result<Vec<String>> {
    let metadata = project.metadata(true)?;
    let graph = Graph::parse(&metadata)?;
    let mut found = Vec::new();
    for (id, name) in &graph.ours {
        match PLACES.iter().find(|place| place.name == name) {
            Some(place) => {
                found.extend(bad_arrows(&graph, id, place));
                found.extend(bad_reach(&graph, id, place));
            }
            None => found.push(format!("{name}: not in the table of xtask/src/arrows.rs; give it a layer")),
        }
    }
    found.extend(impure_sources(project)?);
    Ok(found)
}

/// The resolved dependencies of the workspace.
struct Graph {
    /// Package id → name, for the members of the workspace.
    ours: BTreeMap<String, String>,
    /// Package id → name, for all.
    names: BTreeMap<String, String>,
    /// Package id → ids it needs to run or to build; what only its tests need is left out.
    needs: BTreeMap<String, BTreeSet<String>>,
    /// Package id → ids that only its tests need.
    tests_need: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    fn parse(metadata: &Value) -> Result<Self> {
        let list =
            |value: &Value| value.as_array().cloned().context("cargo metadata has another shape than known");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut graph = Self {
            ours: BTreeMap::new(),
            names: BTreeMap::new(),
            needs: BTreeMap::new(),
            tests_need: BTreeMap::new(),
        };
        for package in list(&metadata["packages"])? {
            graph.names.insert(text(&package["id"]), text(&package["name"]));
        }
        for member in list(&metadata["workspace_members"])? {
            let id = text(&member);
            let name = graph.names.get(&id).cloned().unwrap_or_default();
            graph.ours.insert(id, name);
        }
        for node in list(&metadata["resolve"]["nodes"])? {
            let id = text(&node["id"]);
            for dependency in list(&node["deps"])? {
                let only_tests = list(&dependency["dep_kinds"])?.iter().all(|kind| kind["kind"] == "dev");
                let edges = if only_tests { &mut graph.tests_need } else { &mut graph.needs };
                edges.entry(id.clone()).or_default().insert(text(&dependency["pkg"]));
            }
        }
        Ok(graph)
    }

    /// The shortest way from a package to another of the given name, as names.
    fn way(&self, from: &str, to: &str) -> Option<Vec<&str>> {
        let mut ways = std::collections::VecDeque::from([vec![from]]);
        let mut seen = BTreeSet::from([from]);
        while let Some(way) = ways.pop_front() {
            let last = way.last()?;
            if self.names.get(*last).is_some_and(|name| name == to) {
                return Some(way.iter().filter_map(|id| self.names.get(*id)).map(String::as_str).collect());
            }
            for next in self.needs.get(*last).into_iter().flatten() {
                if seen.insert(next) {
                    let mut longer = way.clone();
                    longer.push(next);
                    ways.push_back(longer);
                }
            }
        }
        None
    }
}

fn bad_arrows(graph: &Graph, id: &str, place: &Place) -> Vec<String> {
    let ours = |edges: &BTreeMap<String, BTreeSet<String>>| -> Vec<String> {
        edges.get(id).into_iter().flatten().filter_map(|to| graph.ours.get(to)).cloned().collect()
    };
    let layer_of = |name: &str| PLACES.iter().find(|other| other.name == name).map(|other| other.layer);
    let mut found = Vec::new();
    // tests across crates and benches may name what they like: nothing names them
    if !matches!(place.name, "attest-tests" | "attest-bench") {
        for name in ours(&graph.needs) {
            if !place.may_name.contains(&name.as_str()) {
                found.push(format!("{}: must not depend on {name}", place.name));
            }
        }
    }
    for name in ours(&graph.tests_need) {
        // Tests may use the test tooling and what lies in their own layer or below it.
        let helper = matches!(name.as_str(), "attest-testkit" | "attest-simulators");
        if !helper && layer_of(&name).is_some_and(|layer| layer > place.layer) {
            found.push(format!("{}: its tests must not depend on {name}, which lies above it", place.name));
        }
    }
    found
}

fn bad_reach(graph: &Graph, id: &str, place: &Place) -> Vec<String> {
    let mut found = Vec::new();
    for (layer, names) in UNREACHABLE {
        if place.layer > *layer {
            continue;
        }
        for name in *names {
            if let Some(way) = graph.way(id, name) {
                found.push(format!("{}: must not reach {name}, but {}", place.name, way.join(" → ")));
            }
        }
    }
    found
}

fn impure_sources(project: &Project) -> Result<Vec<String>> {
    let pure = ["domain", "formats", "matching", "evidence", "reports", "wire"];
    let mut found = Vec::new();
    for file in project.files()? {
        let path = slashed(&file);
        let in_pure_crate = pure.iter().any(|name| path.starts_with(&format!("crates/{name}/src/")));
        if !in_pure_crate || !path.ends_with(".rs") || path.ends_with("/tests.rs") || path.contains("/tests/")
        {
            continue;
        }
        let text =
            fs::read_to_string(project.root.join(&file)).with_context(|| format!("cannot read {path}"))?;
        found.extend(
            impure_lines(&text)
                .into_iter()
                .map(|(line, word)| format!("{path}:{line}: `{word}` in a pure crate; have it passed in")),
        );
    }
    Ok(found)
}

/// Line numbers (from 1) with a forbidden word, up to where the tests of the file begin.
fn impure_lines(text: &str) -> Vec<(usize, &'static str)> {
    let product = text.lines().enumerate().take_while(|(_, line)| line.trim() != "#[cfg(test)]");
    let code = product.filter(|(_, line)| !line.trim_start().starts_with("//"));
    code.filter_map(|(index, line)| {
        IMPURE_WORDS.iter().find(|word| line.contains(**word)).map(|word| (index + 1, *word))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn graph(deps: &Value) -> Graph {
        let names = ["attest-domain", "attest-cache", "attest-desk", "jiff", "tokio"];
        let packages: Vec<Value> = names.iter().map(|name| json!({"id": name, "name": name})).collect();
        Graph::parse(&json!({
            "packages": packages,
            "workspace_members": ["attest-domain", "attest-cache", "attest-desk"],
            "resolve": {"nodes": [{"id": "attest-domain", "deps": deps}, {"id": "jiff", "deps": [
                {"pkg": "tokio", "dep_kinds": [{"kind": null}]}
            ]}]}
        }))
        .expect("the shape is that of cargo metadata")
    }

    #[test]
    fn an_arrow_upwards_is_found_and_one_of_the_tests_too() {
        for (kind, expected) in [
            (Value::Null, "attest-domain: must not depend on attest-cache"),
            (json!("dev"), "attest-domain: its tests must not depend on attest-cache, which lies above it"),
        ] {
            let graph = graph(&json!([{"pkg": "attest-cache", "dep_kinds": [{"kind": kind}]}]));
            assert_eq!(bad_arrows(&graph, "attest-domain", &PLACES[0]), [expected]);
        }
    }

    #[test]
    fn a_forbidden_crate_is_found_behind_another() {
        let graph = graph(&json!([{"pkg": "jiff", "dep_kinds": [{"kind": null}]}]));
        let found = bad_reach(&graph, "attest-domain", &PLACES[0]);
        assert_eq!(found, ["attest-domain: must not reach tokio, but attest-domain → jiff → tokio"]);
    }

    #[test]
    fn impure_words_count_in_code_but_not_in_comments_or_tests() {
        let text = "// Instant::now is passed in\nlet t = Instant::now();\n#[cfg(test)]\nuse std::fs;\n";
        assert_eq!(impure_lines(text), [(2, "Instant::now")]);
    }
}
