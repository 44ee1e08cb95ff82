//! Our own camt files, one oddity each, against expectations worked out by hand beside them.
//!
//! An expectation names what matters: members that it leaves out are not compared, but lists are compared in
//! full, so no entry, transaction or finding can come or go unnoticed where the list is named.

use crate::camt_support::{Reading, read_all};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures")
}

/// All `.xml` files below the camt folders of the fixtures.
fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for kind in ["camt052", "camt053", "camt054"] {
        for version in fs::read_dir(fixtures().join(kind)).unwrap() {
            let folder = fs::read_dir(version.unwrap().path()).unwrap();
            found.extend(
                folder
                    .map(|file| file.unwrap().path())
                    .filter(|file| file.extension() == Some("xml".as_ref())),
            );
        }
    }
    found.sort();
    found
}

fn figures(reading: &Reading) -> Value {
    let findings: Vec<Value> = reading
        .findings
        .iter()
        .map(|finding| json!({ "code": finding.code, "line": finding.line, "path": finding.path }))
        .collect();
    json!({
        "format": reading.format.as_ref().map(|format| format.name.as_str()),
        "statements": reading.statements,
        "entries": reading.entries,
        "findings": findings,
    })
}

/// Where `actual` lacks or contradicts what is expected.
fn difference(path: &str, expected: &Value, actual: &Value) -> Option<String> {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => expected.iter().find_map(|(name, value)| {
            difference(&format!("{path}/{name}"), value, actual.get(name).unwrap_or(&Value::Null))
        }),
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            expected.iter().zip(actual).enumerate().find_map(|(index, (expected, actual))| {
                difference(&format!("{path}[{index}]"), expected, actual)
            })
        }
        _ => (expected != actual).then(|| format!("{path}: expected {expected}, read {actual}")),
    }
}

#[test]
fn every_fixture_reads_as_worked_out() {
    let files = files();
    assert!(files.len() >= 36, "only {} fixtures", files.len());
    let differences: Vec<String> = files
        .iter()
        .filter_map(|file| {
            let expected: Value =
                serde_json::from_slice(&fs::read(file.with_extension("json")).unwrap()).unwrap();
            let name = file.strip_prefix(fixtures()).unwrap().display().to_string();
            match read_all(&fs::read(file).unwrap()) {
                Ok(reading) => difference(&name, &expected, &figures(&reading)),
                Err(refusal) => Some(format!("{name}: {refusal:?}")),
            }
        })
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// A minimal message in the words of one version.
fn minimal(message: &str, version: u32) -> String {
    let (root, container) = match message {
        "camt.052" => ("BkToCstmrAcctRpt", "Rpt"),
        "camt.053" => ("BkToCstmrStmt", "Stmt"),
        _ => ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    };
    let root = if version == 1 { format!("{root}V01") } else { root.to_owned() };
    let status = if version < 7 { "BOOK" } else { "<Cd>BOOK</Cd>" };
    let name = if version < 7 { "<Nm>Kund AB</Nm>" } else { "<Pty><Nm>Kund AB</Nm></Pty>" };
    let bic = if version < 3 { "BIC" } else { "BICFI" };
    let amount = if version < 3 {
        "<AmtDtls><TxAmt><Amt Ccy=\"SEK\">7.25</Amt></TxAmt></AmtDtls>"
    } else {
        "<Amt Ccy=\"SEK\">7.25</Amt><CdtDbtInd>CRDT</CdtDbtInd>"
    };
    let reference = if version == 1 { "CdtrRef" } else { "Ref" };
    let details = format!(
        "<TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs>{amount}<RltdPties><Dbtr>{name}</Dbtr></RltdPties>\
         <RltdAgts><DbtrAgt><FinInstnId><{bic}>ESSESESS</{bic}></FinInstnId></DbtrAgt></RltdAgts>\
         <RmtInf><Strd><CdtrRefInf><{reference}>1230</{reference}></CdtrRefInf></Strd></RmtInf></TxDtls>"
    );
    let details = if version == 1 { details } else { format!("<NtryDtls>{details}</NtryDtls>") };
    let kind = |code: &str| {
        if version == 1 {
            format!("<Cd>{code}</Cd>")
        } else {
            format!("<CdOrPrtry><Cd>{code}</Cd></CdOrPrtry>")
        }
    };
    let balance = |code: &str, amount: &str| {
        let kind = kind(code);
        format!("<Bal><Tp>{kind}</Tp><Amt Ccy=\"SEK\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>")
    };
    let balances = balance("OPBD", "1.00") + &balance("CLBD", "8.25");
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{message}.001.{version:02}\"><{root}><{container}>\
         <Id>S</Id><Acct><Id><IBAN>SE4550000000058398257466</IBAN></Id></Acct>{balances}\
         <Ntry><Amt Ccy=\"SEK\">7.25</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>{status}</Sts>{details}</Ntry>\
         </{container}></{root}></Document>"
    )
}

#[test]
fn every_version_with_a_schema_gives_the_same_figures() {
    for (message, versions) in [("camt.052", 1..=12), ("camt.053", 1..=14), ("camt.054", 1..=12)] {
        for version in versions {
            let reading = read_all(minimal(message, version).as_bytes()).unwrap();
            let name = format!("{message}.001.{version:02}");
            assert_eq!(reading.format.as_ref().unwrap().name, name);
            let expected = json!({
                "statements": [{ "opening": "1.00", "closing": "8.25", "sum": "7.25", "balance": "ok" }],
                "entries": [{
                    "amount": "7.25",
                    "status": "booked",
                    "transactions": [{
                        "amount": "7.25",
                        "refs": { "end_to_end": "E1", "structured": [{ "type": "OCR", "value": "1230" }] },
                        "counterparty": { "name": "Kund AB", "agent": "ESSESESS" },
                    }],
                }],
                "findings": [],
            });
            assert_eq!(difference(&name, &expected, &figures(&reading)), None);
        }
    }
}

#[test]
fn spans_lead_to_the_original_bytes_in_every_encoding() {
    let folder = fixtures().join("camt053/v02");
    for (file, encode) in [
        ("utf8_mark", utf_8_bytes as fn(&str) -> Vec<u8>),
        ("utf16_little", |text| text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("utf16_big", |text| text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        ("utf16_without_mark", |text| text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("latin1", |text| text.chars().map(|one| u8::try_from(u32::from(one)).unwrap()).collect()),
    ] {
        let bytes = fs::read(folder.join(file).with_extension("xml")).unwrap();
        let reading = read_all(&bytes).unwrap();
        let span = reading.entries[0].span;
        let cut = &bytes[usize::try_from(span.start).unwrap()..usize::try_from(span.end).unwrap()];
        assert!(
            cut.starts_with(&encode("<Ntry>")) && cut.ends_with(&encode("på Åland</AddtlNtryInf></Ntry>")),
            "{file}"
        );
        let span = reading.statements[0].span;
        let cut = &bytes[usize::try_from(span.start).unwrap()..usize::try_from(span.end).unwrap()];
        assert!(cut.starts_with(&encode("<Stmt>")) && cut.ends_with(&encode("</Stmt>")), "{file}");
    }
}

fn utf_8_bytes(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

#[test]
fn ids_follow_from_the_document_and_the_path_alone() {
    use sha2::{Digest, Sha256};
    let bytes = fs::read(fixtures().join("camt053/v02/two_statements.xml")).unwrap();
    let reading = read_all(&bytes).unwrap();
    let expected: Vec<[u8; 16]> = ["Stmt[0]/Ntry[0]", "Stmt[1]/Ntry[0]", "Stmt[1]/Ntry[1]"]
        .map(|path| {
            Sha256::new().chain_update([7; 32]).chain_update(path).finalize()[..16].try_into().unwrap()
        })
        .to_vec();
    assert_eq!(reading.entries.iter().map(|entry| entry.id.0).collect::<Vec<_>>(), expected);
}

#[test]
fn a_redelivery_has_the_same_content_and_a_changed_figure_another() {
    let text = fs::read_to_string(fixtures().join("camt053/v02/batch.xml")).unwrap();
    let content = |text: &str| read_all(text.as_bytes()).unwrap().statements[0].content;
    let first = content(&text);
    let again =
        text.replace("M-1", "M-2").replace("2026-03-02T06:00:00", "2026-03-03T07:00:00").replace("\n", "\n ");
    assert_eq!(content(&again), first);
    assert_eq!(
        content(&text.replace("\"SEK\">300.00", "\"SEK\">300.0")),
        first,
        "5.0 and 5.00 are one figure"
    );
    for (from, to) in
        [("300.00", "301.00"), ("Leverantör A", "Leverantör C"), ("54029681", "1"), ("5402 9681", "54029682")]
    {
        if text.contains(from) {
            assert_ne!(content(&text.replacen(from, to, 1)), first, "{from}");
        }
    }
}
