//! A search finds what a person can read of a line, and nothing of how it is kept.

use crate::office::{Office, camt, entry};
use attest_desk::view::{LinesQuery, ReviewFilter, ReviewQuery};

async fn found(office: &Office, search: &str) -> usize {
    let account = office.account().await;
    let query = ReviewQuery { account, month: None, search: search.to_owned(), filter: ReviewFilter::All };
    let view = office.desk.open_review(query).await.unwrap();
    let lines =
        office.desk.review_lines(LinesQuery { view: view.view, start: 0, end: view.lines }).await.unwrap();
    lines.iter().filter(|line| line.bank.is_some()).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_looks_into_the_payments_of_a_batch_and_not_at_the_names_of_its_fields() {
    let office = Office::new().await;
    let two = "</Refs><Amt Ccy=\"SEK\">60.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><RltdPties><Dbtr><Pty><Nm>Sjövik Bygg AB</Nm></Pty></Dbtr>\
         </RltdPties><RmtInf><Ustrd>faktura 4711</Ustrd></RmtInf></TxDtls><TxDtls><Refs><EndToEndId>E2E-NORD</EndToEndId></Refs>\
         <Amt Ccy=\"SEK\">40.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></TxDtls>";
    let statement =
        camt("053", "S-1", "2026-03-02").balances("0.00", "100.00").with(entry("100.00", "2026-03-02"));
    let text = statement.text().replace("</Refs></TxDtls>", two);
    let report = office.import("batch.xml", &text).await;
    assert_eq!(report.transactions, 2, "{report:?}");
    for search in ["sjövik", "4711", "e2e-nord", "60,00"] {
        assert_eq!(found(&office, search).await, 1, "{search}");
    }
    for search in ["remittance", "counterparty", "end_to_end", "ordinal", "name", "{"] {
        assert_eq!(found(&office, search).await, 0, "{search}");
    }
}
