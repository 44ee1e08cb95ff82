//! Handing a reconciliation over as a file that a spreadsheet opens right. Exporting is itself an event.

use crate::{
    Desk, Session,
    error::DeskError,
    journal::{Act, Ask},
    review::find_account,
    view::{
        ExportView, Language, LineKind, LinesQuery, MiddleKind, ReviewFilter, ReviewLine, ReviewQuery,
        ReviewView, SectionKind,
    },
    workspace::{blocking, file_error, write_whole},
};
use attest_domain::{Amount, Date, Digest, drafts::reconciliation_exported};
use attest_reports::csv::{CsvWriter, DecimalSign, Field};
use attest_wire::Command;
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};

/// Lines fetched at once.
const PAGE: u32 = 1_000;

const HEADER: [&str; 18] = [
    "section",
    "match",
    "verdict",
    "confidence",
    "bank_id",
    "booked",
    "party",
    "reference",
    "bank_amount",
    "ledger_id",
    "date",
    "voucher",
    "text",
    "ledger_amount",
    "difference",
    "currency",
    "decided_at",
    "account",
];

impl Desk {
    /// Writes the reconciliation into the exports folder under a name of its own.
    ///
    /// # Errors
    /// [`DeskError::File`]; nothing is left behind then.
    pub async fn export_reconciliation(
        &self,
        account: i64,
        month: Option<String>,
    ) -> Result<ExportView, DeskError> {
        let folder = self.exports().to_owned();
        std::fs::create_dir_all(&folder).map_err(|source| file_error(&folder, source))?;
        let session = self.session().await?;
        let row = find_account(&session, account).await?;
        let period = month.clone().unwrap_or_else(|| "all".to_owned());
        let number = row.key.replace('/', "-");
        let path = free_name(&folder, &format!("reconciliation-{number}-{period}"));
        self.export_reconciliation_to(account, month, &path).await
    }

    /// Writes the reconciliation of an account and month to `path`.
    ///
    /// # Errors
    /// [`DeskError::File`]; the file appears only when it is complete and reads back as written.
    pub async fn export_reconciliation_to(
        &self,
        account: i64,
        month: Option<String>,
        path: &Path,
    ) -> Result<ExportView, DeskError> {
        let session = self.session().await?;
        let row = find_account(&session, account).await?;
        let query =
            ReviewQuery { account, month: month.clone(), search: String::new(), filter: ReviewFilter::All };
        let review = self.open_list(query, false).await?;
        let sign = match self.settings().language {
            Language::En => DecimalSign::Point,
            Language::Sv => DecimalSign::Comma,
        };
        let mut csv = CsvWriter::new(sign, &HEADER);
        let (mut rows, mut start) = (0, 0);
        while start < review.lines {
            let end = (start + PAGE).min(review.lines);
            for line in self.review_lines(LinesQuery { view: review.view, start, end }).await? {
                rows += u64::from(put_line(&mut csv, &line, &review.currency, &row.key));
            }
            start = end;
        }
        put_equation(&mut csv, &review, &row.key);
        let bytes = csv.finish();
        let sha256 = Digest(Sha256::digest(&bytes).into());
        let target = path.to_owned();
        blocking(move || write_checked(&target, &bytes)).await??;
        log_export(&session, &row.key, month.as_deref(), rows, &sha256).await?;
        Ok(ExportView { path: path.display().to_string(), sha256: sha256.to_string(), rows })
    }
}

/// A name that is not taken: a number is added where needed, nothing is overwritten.
fn free_name(folder: &Path, stem: &str) -> PathBuf {
    let plain = folder.join(format!("{stem}.csv"));
    if !plain.exists() {
        return plain;
    }
    (2..)
        .map(|number| folder.join(format!("{stem}-{number}.csv")))
        .find(|path| !path.exists())
        .unwrap_or(plain)
}

/// Writes the file whole and reads it back.
fn write_checked(path: &Path, bytes: &[u8]) -> Result<(), DeskError> {
    write_whole(path, bytes)?;
    let written = std::fs::read(path).map_err(|source| file_error(path, source))?;
    if written == bytes {
        return Ok(());
    }
    drop(std::fs::remove_file(path));
    Err(file_error(path, std::io::Error::other("the file did not read back as it was written")))
}

/// One row per display line; headings are no rows.
fn put_line(csv: &mut CsvWriter, line: &ReviewLine, currency: &str, account: &str) -> bool {
    if line.kind == LineKind::Section {
        return false;
    }
    let amount = |text: Option<&str>| match text.map(Amount::parse) {
        Some(Ok(amount)) => Field::Amount(amount),
        _ => Field::Empty,
    };
    let day = |text: Option<&String>| match text.map(|text| text.parse::<Date>()) {
        Some(Ok(day)) => Field::Day(day),
        _ => Field::Empty,
    };
    let text = |text: Option<&'_ str>| -> String { text.unwrap_or_default().to_owned() };
    let (bank, ledger) = (line.bank.as_ref(), line.ledger.as_ref());
    let difference = ledger.filter(|ledger| ledger.id.is_empty());
    let ledger = ledger.filter(|ledger| !ledger.id.is_empty());
    let group = line.group.to_string();
    let texts = [
        text(bank.map(|bank| bank.id.as_str())),
        text(bank.map(|bank| bank.party.as_str())),
        text(bank.map(|bank| bank.detail.as_str())),
        text(ledger.map(|ledger| ledger.id.as_str())),
        text(ledger.map(|ledger| ledger.voucher.as_str())),
        text(ledger.or(difference).map(|ledger| ledger.text.as_str())),
        text(line.confidence.as_deref()),
        text(line.when.as_deref()),
    ];
    csv.row(&[
        Field::Text(section_name(line.section)),
        Field::Text(&group),
        Field::Text(verdict(line.middle)),
        Field::Text(&texts[6]),
        Field::Text(&texts[0]),
        day(bank.and_then(|bank| bank.booked.as_ref())),
        Field::Text(&texts[1]),
        Field::Text(&texts[2]),
        amount(bank.map(|bank| bank.amount.as_str())),
        Field::Text(&texts[3]),
        day(ledger.and_then(|ledger| ledger.date.as_ref())),
        Field::Text(&texts[4]),
        Field::Text(&texts[5]),
        amount(ledger.map(|ledger| ledger.amount.as_str())),
        amount(difference.map(|difference| difference.amount.as_str())),
        Field::Text(currency),
        Field::Text(&texts[7]),
        Field::Text(account),
    ]);
    true
}

/// The equation closes the file: each figure in the row of its name.
fn put_equation(csv: &mut CsvWriter, review: &ReviewView, account: &str) {
    let equation = &review.equation;
    let figures = [
        ("ledger", equation.ledger.as_deref()),
        ("open_items", Some(equation.open.as_str())),
        ("unexplained", equation.unexplained.as_deref()),
        ("statement", equation.statement.as_deref()),
    ];
    for (name, figure) in figures {
        let mut row = vec![Field::Empty; HEADER.len()];
        row[0] = Field::Text("balance");
        row[2] = Field::Text(name);
        row[5] = equation.date.parse().map_or(Field::Empty, Field::Day);
        row[8] = figure.and_then(|figure| Amount::parse(figure).ok()).map_or(Field::Empty, Field::Amount);
        row[15] = Field::Text(&review.currency);
        row[17] = Field::Text(account);
        csv.row(&row);
    }
}

fn section_name(section: SectionKind) -> &'static str {
    match section {
        SectionKind::Needs => "needs",
        SectionKind::Suggested => "suggested",
        SectionKind::Held => "held",
        SectionKind::Confirmed => "confirmed",
    }
}

fn verdict(middle: MiddleKind) -> &'static str {
    match middle {
        MiddleKind::None => "",
        MiddleKind::NoMatch => "no_match",
        MiddleKind::Equal => "equal",
        MiddleKind::Contradicts => "contradicts",
        MiddleKind::Confidence => "proposal",
        MiddleKind::Difference => "difference",
        MiddleKind::ByRule => "by_rule",
        MiddleKind::ByUser => "by_user",
        MiddleKind::Held => "held",
        MiddleKind::WrittenOff => "written_off",
    }
}

async fn log_export(
    session: &Session,
    account: &str,
    month: Option<&str>,
    rows: u64,
    sha256: &Digest,
) -> Result<(), DeskError> {
    let mut tx = session.begin().await?;
    let draft =
        reconciliation_exported(&crate::propose::account_object(account), account, month, rows, sha256);
    let ask = Ask::plain(Command::ExportReconciliation {
        account: account.to_owned(),
        month: month.map(str::to_owned),
        rows,
        sha256: sha256.to_string(),
    });
    session.author.append(&mut tx, draft, Act::default(), Some(ask)).await?;
    session.commit(tx).await?;
    Ok(())
}
