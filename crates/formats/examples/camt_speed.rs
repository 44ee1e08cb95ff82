//! Measures the camt reader against bare tokenising of the same bytes: `cargo run --release --example camt_speed`.

use attest_domain::Digest;
use attest_formats::{Item, ReadContext, read};
use quick_xml::{Reader, events::Event};
use std::{fmt::Write as _, ops::ControlFlow, time::Instant};

/// A camt.053.001.02 of `entries` entries of about 900 bytes, as banks send them: indented, one transaction each.
fn message(entries: usize) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\">\n \
         <BkToCstmrStmt>\n  <GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-01-31T23:00:00</CreDtTm></GrpHdr>\n  <Stmt>\n   <Id>S1</Id>\n   \
         <CreDtTm>2026-01-31T23:00:00</CreDtTm>\n   <Acct><Id><IBAN>SE4550000000058398257466</IBAN></Id><Ccy>SEK</Ccy></Acct>\n   \
         <Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"SEK\">0.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-01-01</Dt></Dt></Bal>\n",
    );
    for index in 0..entries {
        let (direction, side) = if index % 2 == 0 { ("CRDT", "Dbtr") } else { ("DBIT", "Cdtr") };
        write!(
            text,
            "   <Ntry>\n    <NtryRef>{index}</NtryRef>\n    <Amt Ccy=\"SEK\">{}.{:02}</Amt>\n    <CdtDbtInd>{direction}</CdtDbtInd>\n    \
             <Sts>BOOK</Sts>\n    <BookgDt><Dt>2026-01-{:02}</Dt></BookgDt>\n    <ValDt><Dt>2026-01-{:02}</Dt></ValDt>\n    \
             <AcctSvcrRef>LBE5419-{index:012}</AcctSvcrRef>\n    <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd>\n    \
             <NtryDtls>\n     <TxDtls>\n      <Refs><EndToEndId>E2E-{index:010}</EndToEndId></Refs>\n      \
             <AmtDtls><TxAmt><Amt Ccy=\"SEK\">{}.{:02}</Amt></TxAmt></AmtDtls>\n      \
             <RltdPties><{side}><Nm>Exempelbolaget Nummer {} AB</Nm></{side}><{side}Acct><Id><IBAN>SE4550000000058398257466</IBAN></Id></{side}Acct></RltdPties>\n      \
             <RmtInf><Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>{}</Ref></CdtrRefInf></Strd></RmtInf>\n     \
             </TxDtls>\n    </NtryDtls>\n   </Ntry>\n",
            index % 90_000 + 1,
            index % 100,
            index % 28 + 1,
            index % 28 + 1,
            index % 90_000 + 1,
            index % 100,
            index % 977,
            1000 + index,
        )
        .expect("writing to a string does not fail");
    }
    text.push_str("  </Stmt>\n </BkToCstmrStmt>\n</Document>\n");
    text
}

fn tokenise(text: &str) -> usize {
    let mut reader = Reader::from_str(text);
    let mut events = 0;
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Eof => return events,
            event => events += usize::from(!std::hint::black_box(event).is_empty()),
        }
    }
}

fn parse(text: &str) -> usize {
    let context = ReadContext { digest: Digest([0; 32]), csv_mapping: None };
    let mut entries = 0;
    read(text.as_bytes(), &context, &mut |item| {
        entries += usize::from(matches!(std::hint::black_box(item), Item::Entry(_)));
        ControlFlow::Continue(())
    })
    .expect("readable");
    entries
}

/// How long one run takes, in seconds.
fn seconds(run: impl FnOnce() -> usize) -> f64 {
    let start = Instant::now();
    std::hint::black_box(run());
    start.elapsed().as_secs_f64()
}

fn main() {
    // A number of entries to generate, or the path of a file to measure.
    let argument = std::env::args().nth(1).unwrap_or_else(|| "100000".to_owned());
    let text = match argument.parse() {
        Ok(entries) => message(entries),
        Err(_) => std::fs::read_to_string(argument).expect("a readable UTF-8 file"),
    };
    // Both in turn, the best of each: what else runs on the machine disturbs both alike.
    let (mut tokens, mut values) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..9 {
        tokens = tokens.min(seconds(|| tokenise(&text)));
        values = values.min(seconds(|| parse(&text)));
    }
    let megabytes = text.len() as f64 / 1e6;
    println!("{megabytes:.1} MB: tokens {tokens:.3} s, values {values:.3} s, ratio {:.2}", tokens / values);
}
