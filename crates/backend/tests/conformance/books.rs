//! Small books of one company: a bank statement and the vouchers beside it.

use crate::site::{Client, submission};
use attest_domain::{Digest, command::LineId};
use attest_formats::{Item, Outcome, ReadContext, read};
use attest_wire::{Command, Line, Submission};
use sha2::{Digest as _, Sha256};
use std::{fmt::Write as _, ops::ControlFlow, path::PathBuf};

/// Account of the statements.
pub(crate) const IBAN: &str = "SE4550000000058398257466";
/// Its key: the number without what every number of its kind begins with.
pub(crate) const ACCOUNT: &str = "58398257466/SEK";

/// Events of a log that has one member and these books: the workspace, the member, statement and vouchers.
pub(crate) const KEPT: u64 = 4;

/// A statement whose entries have these amounts.
pub(crate) fn statement(iban: &str, number: u32, amounts: &[&str]) -> Vec<u8> {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt>\
         <GrpHdr><MsgId>M-{number}</MsgId><CreDtTm>2026-03-02T06:00:00</CreDtTm></GrpHdr>\
         <Stmt><Id>S-{number}</Id><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>SEK</Ccy></Acct>"
    );
    for (ordinal, amount) in amounts.iter().enumerate() {
        let (direction, size) = amount.strip_prefix('-').map_or(("CRDT", *amount), |size| ("DBIT", size));
        write!(
            text,
            "<Ntry><NtryRef>{number}-{ordinal}</NtryRef><Amt Ccy=\"SEK\">{size}</Amt>\
             <CdtDbtInd>{direction}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-03-02</Dt></BookgDt></Ntry>"
        )
        .unwrap();
    }
    text += "</Stmt></BkToCstmrStmt></Document>";
    text.into_bytes()
}

/// Vouchers with one line each on account 1930.
pub(crate) fn vouchers(amounts: &[&str]) -> Vec<u8> {
    let mut text = String::from(
        "#FLAGGA 0\n#FORMAT PC8\n#SIETYP 4\n#FNAMN \"Norrsken Handel AB\"\n\
         #RAR 0 20260101 20261231\n#KONTO 1930 \"Bank\"\n#KONTO 1510 \"Kundfordringar\"\n",
    );
    for (number, amount) in (1..).zip(amounts) {
        let other = amount.strip_prefix('-').map_or(format!("-{amount}"), str::to_owned);
        write!(
            text,
            "#VER A {number} 20260302 \"Betalning\"\n{{\n#TRANS 1930 {{}} {amount}\n#TRANS 1510 {{}} {other}\n}}\n"
        )
        .unwrap();
    }
    text.into_bytes()
}

/// A file among the repository's fixtures.
pub(crate) fn fixture(path: &str) -> Vec<u8> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures"));
    std::fs::read(root.join(path)).unwrap()
}

/// The lines of a document as every replica reads them: bank entries, and ledger lines of account 1930.
pub(crate) fn lines(bytes: &[u8]) -> Vec<Line> {
    let mut lines = Vec::new();
    let context = ReadContext { digest: Digest(Sha256::digest(bytes).into()), csv_mapping: None };
    let mut sink = |item: Item| {
        match item {
            Item::Entry(entry) => lines.push(LineId::Bank(entry.id).into()),
            Item::LedgerLine(line) if line.account == "1930" => lines.push(LineId::Ledger(line.id).into()),
            _ => {}
        }
        ControlFlow::Continue(())
    };
    assert!(matches!(read(bytes, &context, &mut sink), Ok(Outcome::Read(_))));
    lines
}

/// Imported books: the lines of the bank and of the ledger.
pub(crate) struct Books {
    pub(crate) bank: Vec<Line>,
    pub(crate) ledger: Vec<Line>,
}

impl Books {
    /// The first pair is equal, the second differs by 2, the third has no counterpart of its size.
    pub(crate) async fn import(client: &Client) -> Self {
        let (statement, vouchers) =
            (statement(IBAN, 1, &["100.00", "-50.00", "7.00"]), vouchers(&["100.00", "-48.00", "1000.00"]));
        client.import(&statement).await;
        client.import(&vouchers).await;
        Self { bank: lines(&statement), ledger: lines(&vouchers) }
    }

    /// A match of one line of each side.
    pub(crate) fn pair(&self, number: usize) -> Command {
        matching(vec![self.bank[number].clone(), self.ledger[number].clone()])
    }
}

pub(crate) fn matching(lines: Vec<Line>) -> Command {
    Command::Match { lines, engine: None, confidence: None, difference_reason: None }
}

pub(crate) fn comment(line: &Line, text: &str) -> Command {
    Command::Comment { line: line.clone(), text: text.to_owned() }
}

/// So many comments on one line.
pub(crate) fn comments(line: &Line, count: usize) -> Vec<Submission> {
    (0..count).map(|number| submission(comment(line, &format!("asked {number} times")))).collect()
}
