//! ISO 20022 camt.052, camt.053 and camt.054 in every version, read in one pass over the document.
//!
//! Invariants: elements are matched on local names and the version is data; every figure keeps the bytes it
//! came from; pending and information entries are given but never summed; `RvslInd` never flips a sign; what
//! cannot be read is a finding, and only a document that cannot be trusted as a whole is refused.
//! Paths count from 0 over the whole document: `Stmt[0]/Ntry[3]/NtryDtls/TxDtls[1]`. An entry's id is made of
//! the document's digest and the path of its element, `Stmt[0]/Ntry[3]`.
//! Absent on purpose: validation by schema (real files break it), and other documents.

mod content;
mod draft;
mod entry;
mod leaf;
mod statement;
mod transaction;
mod tree;
mod walk;

pub(crate) use draft::{compact, meaningful, parse_date, parse_indicator};

use crate::{Family, Format, Outcome, ReadContext, Sink, encoding, lines::finish, xml};
use attest_domain::{finding::Refusal, statement::StatementKind};

/// The kind of message by the local name of the element below `Document`.
fn kind_of(root: &[u8]) -> Option<StatementKind> {
    [
        (&b"BkToCstmrStmt"[..], StatementKind::Statement),
        (b"BkToCstmrAcctRpt", StatementKind::Report),
        (b"BkToCstmrDbtCdtNtfctn", StatementKind::Notification),
    ]
    .into_iter()
    // Version .01 carries its number in the name: BkToCstmrStmtV01.
    .find_map(|(name, kind)| {
        root.strip_prefix(name).filter(|rest| rest.is_empty() || rest[0] == b'V').map(|_| kind)
    })
}

/// The message's number in the ISO catalogue without its version.
fn message_of(kind: StatementKind) -> &'static str {
    match kind {
        StatementKind::Report => "camt.052",
        StatementKind::Notification => "camt.054",
        StatementKind::Statement | StatementKind::Listing => "camt.053",
    }
}

/// Finds `camt.053.001.08` (or another message's name) in a namespace, national ones included.
pub(crate) fn message_name(namespace: &str) -> Option<String> {
    let is_name = |name: &&[u8]| {
        name.iter().enumerate().all(|(place, byte)| match place {
            0..4 => byte.is_ascii_lowercase(),
            4 | 8 | 12 => *byte == b'.',
            _ => byte.is_ascii_digit(),
        })
    };
    let name = namespace.as_bytes().windows(15).find(is_name)?;
    std::str::from_utf8(name).ok().map(str::to_owned)
}

/// Recognises XML from the decoded head of a document. The name is that of the message if the head shows it,
/// else `XML`: which message it is, and whether it is one that is read, is known when it has been walked.
#[must_use]
pub fn detect(head: &str) -> Option<Format> {
    let text = head.trim_start_matches(['\u{FEFF}', ' ', '\t', '\r', '\n']);
    let opens = text.strip_prefix('<')?.chars().next()?;
    if !(opens.is_alphabetic() || matches!(opens, '?' | '!' | '_')) {
        return None;
    }
    let name =
        [":camt.", ":pain."].into_iter().find_map(|message| message_name(&text[text.find(message)?..]));
    Some(Format { family: Family::Camt, name: name.unwrap_or_else(|| "XML".to_owned()) })
}

/// Reads the document.
///
/// # Errors
/// A [`Refusal`] when it cannot be trusted as a whole: `encoding.undecodable`, `xml.doctype`, `xml.entity`,
/// `xml.malformed`, `document.truncated`, `xml.depth`, `xml.attributes`, `xml.text`, `format.other_message` (an
/// ISO 20022 message that is no camt.052, .053 or .054), `format.unknown` (no such message at all),
/// `document.too_large` or `document.item_too_large` (more than can be held until an entry ends).
pub fn read(bytes: &[u8], context: &ReadContext<'_>, sink: &mut Sink<'_>) -> Result<Outcome, Refusal> {
    let mut decoded = encoding::decode_xml(bytes)?;
    let mismatch = decoded.mismatch.take();
    let xml = xml::Xml::new(&decoded.text);
    finish(walk::Walk::new(&decoded.text, decoded.offsets, xml, context.digest, sink).run(mismatch))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_found_in_iso_and_national_namespaces() {
        for (namespace, name) in [
            ("urn:iso:std:iso:20022:tech:xsd:camt.053.001.08", Some("camt.053.001.08")),
            ("ISO:camt.053.001.02:APC:STUZZA:payments:003", Some("camt.053.001.02")),
            ("http://www.six-interbank-clearing.com/de/pain.002.001.03.ch.02.xsd", Some("pain.002.001.03")),
            ("urn:example", None),
            ("", None),
        ] {
            assert_eq!(message_name(namespace).as_deref(), name);
        }
    }

    #[test]
    fn xml_is_told_from_text() {
        assert!(detect("\u{FEFF}\n<?xml version=\"1.0\"?>").is_some());
        assert!(detect("<Document>").is_some());
        assert_eq!(
            detect("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.04\">").unwrap().name,
            "camt.054.001.04"
        );
        assert!(detect("id;date;amount").is_none());
        assert!(detect("<1").is_none());
        assert!(detect("").is_none());
    }
}
