//! A small office for tests: one workspace, files composed from a few words, and what the desk says about them.

use attest_desk::{
    Desk,
    import::FileReport,
    view::{LineRef, LinesQuery, ReviewFilter, ReviewLine, ReviewQuery, ReviewView, SectionKind, SideView},
};
use attest_keychain::{Cost, Database, Passphrase};
use std::{fmt::Write as _, path::PathBuf};

pub(crate) const PASSPHRASE: &str = "correct horse battery";
pub(crate) const IBAN: &str = "SE4550000000058398257466";

/// Makes the passphrase of a workspace cheap to try, by the way users change theirs. For tests that open it often.
pub(crate) fn cheapen(desk: &Desk) {
    let file = attest_keychain::read_key_file(desk.dir(), Database::Present).unwrap().unwrap();
    let words = || Passphrase::from(PASSPHRASE.to_owned());
    let cheap = attest_keychain::change_passphrase(&file, &words(), &words(), Cost::LEAST).unwrap();
    attest_keychain::write_key_file(desk.dir(), &cheap).unwrap();
}

/// A bank entry to be written.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    amount: String,
    day: String,
    servicer: Option<String>,
    reference: Option<String>,
    party: Option<String>,
    status: &'static str,
}

/// A booked entry: signed kronor, `YYYY-MM-DD`.
pub(crate) fn entry(amount: &str, day: &str) -> Entry {
    Entry {
        amount: amount.into(),
        day: day.into(),
        servicer: None,
        reference: None,
        party: None,
        status: "BOOK",
    }
}

impl Entry {
    pub(crate) fn servicer(mut self, text: &str) -> Self {
        self.servicer = Some(text.to_owned());
        self
    }
    pub(crate) fn reference(mut self, text: &str) -> Self {
        self.reference = Some(text.to_owned());
        self
    }
    pub(crate) fn party(mut self, text: &str) -> Self {
        self.party = Some(text.to_owned());
        self
    }
    pub(crate) fn pending(mut self) -> Self {
        self.status = "PDNG";
        self
    }
    fn xml(&self) -> String {
        let sign = if self.amount.starts_with('-') { "DBIT" } else { "CRDT" };
        let other = if sign == "DBIT" { "Cdtr" } else { "Dbtr" };
        let tag = |name: &str, text: &Option<String>| {
            text.as_ref().map(|text| format!("<{name}>{text}</{name}>")).unwrap_or_default()
        };
        let party = self
            .party
            .as_ref()
            .map(|name| format!("<RltdPties><{other}><Pty><Nm>{name}</Nm></Pty></{other}></RltdPties>"));
        format!(
            "<Ntry><Amt Ccy=\"SEK\">{}</Amt><CdtDbtInd>{sign}</CdtDbtInd><Sts><Cd>{}</Cd></Sts>\
             <BookgDt><Dt>{}</Dt></BookgDt>{}<NtryDtls><TxDtls><Refs>{}</Refs>{}</TxDtls></NtryDtls></Ntry>\n",
            self.amount.trim_start_matches('-'),
            self.status,
            self.day,
            tag("AcctSvcrRef", &self.servicer),
            tag("EndToEndId", &self.reference),
            party.unwrap_or_default(),
        )
    }
}

/// A camt message with one statement.
#[derive(Clone, Debug)]
pub(crate) struct Camt {
    kind: &'static str,
    id: String,
    message: String,
    days: Option<(String, String)>,
    sequence: Option<u64>,
    balances: Option<(String, String)>,
    balance_day: String,
    entries: Vec<Entry>,
}

/// `053`, `052` or `054` with this id over one day.
pub(crate) fn camt(kind: &'static str, id: &str, day: &str) -> Camt {
    Camt {
        kind,
        id: id.into(),
        message: format!("M-{id}"),
        days: Some((day.into(), day.into())),
        sequence: None,
        balances: None,
        balance_day: day.into(),
        entries: Vec::new(),
    }
}

impl Camt {
    pub(crate) fn message(mut self, id: &str) -> Self {
        self.message = id.to_owned();
        self
    }
    pub(crate) fn over(mut self, from: &str, to: &str) -> Self {
        self.days = Some((from.to_owned(), to.to_owned()));
        self
    }
    /// Leaves the period out, as many banks do.
    pub(crate) fn without_period(mut self) -> Self {
        self.days = None;
        self
    }
    pub(crate) fn sequence(mut self, number: u64) -> Self {
        self.sequence = Some(number);
        self
    }
    pub(crate) fn balances(mut self, opening: &str, closing: &str) -> Self {
        self.balances = Some((opening.into(), closing.into()));
        self
    }
    pub(crate) fn with(mut self, entry: Entry) -> Self {
        self.entries.push(entry);
        self
    }
    pub(crate) fn text(&self) -> String {
        let (root, element) = match self.kind {
            "053" => ("BkToCstmrStmt", "Stmt"),
            "052" => ("BkToCstmrAcctRpt", "Rpt"),
            _ => ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
        };
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.{}.001.08\"><{root}>\n\
             <GrpHdr><MsgId>{}</MsgId><CreDtTm>2026-03-02T06:00:00</CreDtTm></GrpHdr>\n<{element}><Id>{}</Id>\n",
            self.kind, self.message, self.id
        );
        if let Some(number) = self.sequence {
            write!(text, "<ElctrncSeqNb>{number}</ElctrncSeqNb>").unwrap();
        }
        if let Some((from, to)) = &self.days {
            write!(text, "<FrToDt><FrDtTm>{from}T00:00:00</FrDtTm><ToDtTm>{to}T23:59:59</ToDtTm></FrToDt>")
                .unwrap();
        }
        writeln!(text, "<Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>SEK</Ccy></Acct>").unwrap();
        if let Some((opening, closing)) = &self.balances {
            for (code, amount) in [("OPBD", opening), ("CLBD", closing)] {
                let sign = if amount.starts_with('-') { "DBIT" } else { "CRDT" };
                writeln!(
                    text,
                    "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"SEK\">{}</Amt>\
                     <CdtDbtInd>{sign}</CdtDbtInd><Dt><Dt>{}</Dt></Dt></Bal>",
                    amount.trim_start_matches('-'),
                    self.balance_day
                )
                .unwrap();
            }
        }
        self.entries.iter().for_each(|entry| text.push_str(&entry.xml()));
        writeln!(text, "</{element}></{root}></Document>").unwrap();
        text
    }
}

/// A SIE 4E export of one financial year: opening balance of 1930 and vouchers `(number, day, amount, text)`.
pub(crate) fn sie(year: (&str, &str), opening: &str, vouchers: &[(&str, &str, &str, &str)]) -> String {
    let mut text = format!(
        "#FLAGGA 0\n#PROGRAM \"Test\" 1\n#FORMAT PC8\n#GEN 20260401\n#SIETYP 4\n#FNAMN \"Norrsken Handel AB\"\n\
         #ORGNR 556036-0793\n#RAR 0 {} {}\n#KONTO 1930 \"Bank\"\n#KONTO 3001 \"Sales\"\n#IB 0 1930 {opening}\n",
        year.0, year.1
    );
    for (number, day, amount, words) in vouchers {
        let opposite = amount.strip_prefix('-').map_or_else(|| format!("-{amount}"), str::to_owned);
        write!(
            text,
            "#VER A {number} {day} \"{words}\"\n{{\n#TRANS 1930 {{}} {amount}\n#TRANS 3001 {{}} {opposite}\n}}\n"
        )
        .unwrap();
    }
    text
}

pub(crate) const YEAR: (&str, &str) = ("20260101", "20261231");

/// A BgMax file with one deposit of one payment per amount in öre.
pub(crate) fn bgmax(day: &str, deposits: &[u64]) -> String {
    let mut text = format!("{:<80}\n", "01BGMAX               0120260315173000012345P");
    for (at, amount) in deposits.iter().enumerate() {
        writeln!(text, "{:<80}", "050050501055          SEK").unwrap();
        writeln!(text, "{:<80}", format!("20{:>010}{:>25}{amount:018}21{:012}0", 54_029_681, "1230", at + 1))
            .unwrap();
        writeln!(text, "15{:0>35}{day}{:05}{amount:018}SEK{:08}3", 5_200_000_012_320_u64, at + 1, 1).unwrap();
    }
    writeln!(text, "{:<80}", format!("70{0:08}{1:08}{1:08}{0:08}", deposits.len(), 0)).unwrap();
    text
}

/// This test program, for a test that starts itself again. On Linux also when it was built anew meanwhile.
pub(crate) fn this_program() -> PathBuf {
    let running = PathBuf::from("/proc/self/exe");
    if cfg!(target_os = "linux") { running } else { std::env::current_exe().unwrap() }
}

pub(crate) struct Office {
    pub(crate) desk: Desk,
    pub(crate) folder: tempfile::TempDir,
}

/// A process that ends while the database's threads still run may crash in its encryption library.
impl Drop for Office {
    fn drop(&mut self) {
        let desk = self.desk.clone();
        // The tests run on several threads for this: closing waits for tasks of their runtime.
        let close = || tokio::runtime::Handle::current().block_on(desk.lock("asked"));
        drop(tokio::task::block_in_place(close));
    }
}

impl Office {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::new(folder.path().join("workspace"), folder.path().join("exports"));
        desk.create_workspace(Some(PASSPHRASE.to_owned())).await.unwrap();
        Self { desk, folder }
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join("in").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) async fn import(&self, name: &str, text: &str) -> FileReport {
        let files = [self.file(name, text)];
        self.desk.import(&files, None, &self.desk.watch_import()).await.unwrap().remove(0)
    }

    /// The only account, else the one of [`IBAN`].
    pub(crate) async fn account(&self) -> i64 {
        let accounts = self.desk.list_accounts().await.unwrap();
        accounts.iter().find(|account| account.number.starts_with("SE45")).expect("imported").id
    }

    pub(crate) async fn open(&self) -> ReviewView {
        let account = self.account().await;
        let query = ReviewQuery { account, month: None, search: String::new(), filter: ReviewFilter::All };
        self.desk.open_review(query).await.unwrap()
    }

    pub(crate) async fn lines(&self) -> Vec<ReviewLine> {
        let view = self.open().await;
        let mut lines = Vec::new();
        while (lines.len() as u32) < view.lines {
            let start = lines.len() as u32;
            let query = LinesQuery { view: view.view, start, end: view.lines };
            lines.extend(self.desk.review_lines(query).await.unwrap());
        }
        lines
    }

    /// Amounts of the bank entries that count, sorted as text.
    pub(crate) async fn counted(&self) -> Vec<String> {
        let lines = self.lines().await;
        let mut amounts: Vec<String> =
            lines.into_iter().filter_map(|line| line.bank).map(|cell| cell.amount).collect();
        amounts.sort();
        amounts
    }

    /// The bank entry of this amount.
    pub(crate) async fn bank(&self, amount: &str) -> LineRef {
        let lines = self.lines().await;
        let cell = lines.into_iter().filter_map(|line| line.bank).find(|cell| cell.amount == amount);
        LineRef { side: SideView::Bank, id: cell.unwrap_or_else(|| panic!("no entry of {amount}")).id }
    }

    /// The ledger line of this amount.
    pub(crate) async fn ledger(&self, amount: &str) -> LineRef {
        let lines = self.lines().await;
        let cells = lines.into_iter().filter_map(|line| line.ledger).filter(|cell| !cell.id.is_empty());
        let cell = cells.into_iter().find(|cell| cell.amount == amount);
        LineRef {
            side: SideView::Ledger,
            id: cell.unwrap_or_else(|| panic!("no ledger line of {amount}")).id,
        }
    }

    /// The section that the bank entry of this amount stands in.
    pub(crate) async fn section(&self, amount: &str) -> SectionKind {
        let lines = self.lines().await;
        let line = lines.iter().find(|line| line.bank.as_ref().is_some_and(|cell| cell.amount == amount));
        line.unwrap_or_else(|| panic!("no entry of {amount}")).section
    }

    /// The list as a person sees it, without handles that a rebuild may change.
    pub(crate) async fn shown(&self) -> Vec<String> {
        let mut shown = Vec::new();
        for line in self.lines().await {
            let side = |cell: Option<(String, String, bool)>| {
                cell.map(|(id, amount, said)| format!("{id} {amount} {said}"))
            };
            let bank = side(line.bank.map(|cell| (cell.id, cell.amount, cell.commented)));
            let ledger = side(
                line.ledger.map(|cell| (format!("{}{}", cell.id, cell.text), cell.amount, cell.commented)),
            );
            shown.push(format!("{:?} {:?} {:?} {bank:?} {ledger:?}", line.section, line.kind, line.middle));
        }
        shown
    }
}

pub(crate) fn codes(report: &FileReport) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// A small generator, so that a failure is the same every time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    /// A line of one side.
    pub(crate) fn pick(&mut self, lines: &[ReviewLine], side: SideView) -> LineRef {
        let ids: Vec<String> = lines
            .iter()
            .filter_map(|line| match side {
                SideView::Bank => line.bank.as_ref().map(|cell| cell.id.clone()),
                SideView::Ledger => {
                    line.ledger.as_ref().map(|cell| cell.id.clone()).filter(|id| !id.is_empty())
                }
            })
            .collect();
        LineRef { side, id: ids[self.below(ids.len())].clone() }
    }
}
