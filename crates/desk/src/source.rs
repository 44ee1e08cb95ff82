//! Where a figure comes from: the element in its original bytes, its document's digest and place in the log.

use crate::{
    Desk, Session,
    documents::finding_view,
    error::DeskError,
    review::parse_line,
    view::{FieldView, LineRef, PaymentView, SourceLine, SourceView},
};
use attest_cache::{Side, bank::EntryRow, documents::DocumentRow, ledger::LedgerRow};
use attest_domain::{
    EntryId, Finding, LedgerLineId, Span,
    statement::{BankCode, Transaction},
};
use attest_formats::excerpt;

/// Lines shown before and behind the element.
const CONTEXT_LINES: usize = 12;
/// Most lines shown.
const LINES_MAX: usize = 400;
/// Longest line shown; longer ones are cut in the middle.
const LINE_CHARS_MAX: usize = 400;
/// Bytes of the document's head that show its encoding.
const HEAD_BYTES: u64 = 64;
/// Payments shown of a batch.
const PAYMENTS_MAX: usize = 500;

impl Desk {
    /// The source of an entry or ledger line.
    ///
    /// # Errors
    /// [`DeskError::Unknown`] for a line that is not here.
    pub async fn source(&self, line: LineRef) -> Result<SourceView, DeskError> {
        let session = self.session().await?;
        let unknown = || DeskError::Unknown { what: "line", name: line.id.clone() };
        let (document, span, fields, payments) = match parse_line(&line)? {
            (Side::Bank, id) => {
                let row = session.cache.find_entry(&EntryId(id)).await?.ok_or_else(unknown)?;
                (row.document, row.entry.span, entry_fields(&row), payments(&row))
            }
            (Side::Ledger, id) => {
                let row = session.cache.find_ledger_line(&LedgerLineId(id)).await?.ok_or_else(unknown)?;
                (row.document, row.span, ledger_fields(&row), Vec::new())
            }
        };
        let row = session.cache.find_document_by_id(document).await?.ok_or_else(unknown)?;
        let lines = excerpt_lines(&session, &row, span).await?;
        let findings = session.cache.list_findings(document).await?;
        Ok(SourceView {
            fields,
            lines,
            start: span.start,
            end: span.end,
            code: row.sha256.short(),
            sha256: row.sha256.to_string(),
            document: row.name,
            format: row.format,
            log_seq: row.event_seq,
            imported_at: row.imported_at,
            payments,
            findings: findings
                .into_iter()
                .filter(|finding| touches(finding, span))
                .map(finding_view)
                .collect(),
        })
    }
}

fn touches(finding: &Finding, span: Span) -> bool {
    finding.span.is_some_and(|place| place.start < span.end && span.start < place.end)
}

/// The element with some lines around it, decoded for reading, with line numbers of the whole document.
async fn excerpt_lines(
    session: &Session,
    document: &DocumentRow,
    span: Span,
) -> Result<Vec<SourceLine>, DeskError> {
    let (_, head) =
        session.cache.load_document_around(document.id, Span { start: 0, end: HEAD_BYTES }).await?;
    let margin = 8 * 1024;
    let wanted = Span { start: span.start.saturating_sub(margin), end: span.end.saturating_add(margin) };
    let (offset, bytes) = session.cache.load_document_around(document.id, wanted).await?;
    let before = session.cache.count_lines_before(document.id, offset).await?;
    let at = |position: u64| {
        usize::try_from(position.saturating_sub(offset)).unwrap_or(usize::MAX).min(bytes.len())
    };
    let (start, end) = (at(span.start), at(span.end));
    let ends = line_ends(&bytes, excerpt::is_wide(&head));
    let mut from = 0;
    let mut lines: Vec<SourceLine> = Vec::new();
    let first = ends.partition_point(|line_end| *line_end <= start).saturating_sub(CONTEXT_LINES);
    for (number, line_end) in ends.into_iter().enumerate() {
        let line = from..line_end;
        from = line_end;
        if number < first {
            continue;
        }
        if lines.len() >= LINES_MAX
            || lines.iter().rev().take_while(|line| !line.highlighted).count() > CONTEXT_LINES
                && line.start >= end
        {
            break;
        }
        let highlighted = line.start < end && start < line.end;
        let text = excerpt::decode(&document.format, &head, &bytes[line.clone()]);
        lines.push(SourceLine {
            number: before + number as u64 + 1,
            text: shorten(text.trim_end()),
            highlighted,
        });
    }
    Ok(lines)
}

/// Offsets behind each line end; the last line may have none.
fn line_ends(bytes: &[u8], wide: bool) -> Vec<usize> {
    let step = if wide { 2 } else { 1 };
    let mut ends: Vec<usize> =
        memchr::memchr_iter(b'\n', bytes).map(|at| (at / step) * step + step).collect();
    if ends.last() != Some(&bytes.len()) {
        ends.push(bytes.len());
    }
    ends
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= LINE_CHARS_MAX {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let half = LINE_CHARS_MAX / 2;
    let (start, end) = (&letters[..half], &letters[letters.len() - half..]);
    format!("{} … {}", start.iter().collect::<String>(), end.iter().collect::<String>())
}

/// Collects the fields that have a value.
struct Fields(Vec<FieldView>);

impl Fields {
    fn push(&mut self, name: &str, format: &str, value: Option<impl ToString>) {
        if let Some(value) = value.map(|value| value.to_string()).filter(|value| !value.is_empty()) {
            self.0.push(FieldView { name: name.to_owned(), value, format: format.to_owned() });
        }
    }
}

fn entry_fields(row: &EntryRow) -> Vec<FieldView> {
    let entry = &row.entry;
    let mut fields = Fields(Vec::new());
    fields.push("amount", "amount", Some(entry.amount.with_decimals(entry.currency.decimals())));
    fields.push("currency", "text", Some(entry.currency));
    fields.push("booked", "date", entry.booked);
    fields.push("valued", "date", entry.valued.filter(|day| Some(*day) != entry.booked));
    fields.push("reversal", "text", entry.reversal.then_some("yes"));
    if let [only] = entry.transactions.as_slice() {
        transaction_fields(&mut fields, only);
    } else {
        let count = entry.transactions.len();
        fields.push("payments", "text", (count > 1).then_some(count));
    }
    if let Some(batch) = &entry.batch {
        fields.push("batch", "code", batch.payment_information.as_ref().or(batch.message.as_ref()));
    }
    fields.push("bankReference", "code", entry.servicer_reference.as_ref());
    fields.push("bankCode", "code", entry.bank_code.as_ref().map(bank_code));
    if let Some(exchange) = &entry.exchange {
        fields.push("foreignAmount", "text", Some(format!("{} {}", exchange.amount, exchange.currency)));
        fields.push("rate", "text", exchange.rate);
    }
    for charge in &entry.charges {
        fields.push("charge", "amount", Some(charge.amount));
    }
    fields.push("text", "text", entry.text());
    fields.0
}

fn transaction_fields(fields: &mut Fields, only: &Transaction) {
    fields.push("party", "text", only.counterparty.name.as_ref());
    fields.push("ultimateParty", "text", only.counterparty.ultimate.as_ref());
    fields.push("account", "code", only.counterparty.account.as_ref());
    for reference in &only.refs.structured {
        fields.push("reference", "code", Some(&reference.value));
    }
    fields.push("endToEnd", "code", only.refs.end_to_end.as_ref());
    for document in &only.documents {
        fields.push("invoice", "code", document.number.as_ref());
    }
    if let Some(returned) = &only.returned {
        let text = [returned.reason.as_deref(), returned.text.as_deref()];
        fields.push("returned", "text", Some(text.into_iter().flatten().collect::<Vec<_>>().join(" ")));
    }
}

/// `PMNT/RCDT/ESCT`, else the bank's own code.
pub(crate) fn bank_code(code: &BankCode) -> String {
    let iso: Vec<&str> =
        [&code.domain, &code.family, &code.sub_family].into_iter().flatten().map(String::as_str).collect();
    if iso.is_empty() { code.proprietary.clone().unwrap_or_default() } else { iso.join("/") }
}

fn payments(row: &EntryRow) -> Vec<PaymentView> {
    if row.entry.transactions.len() < 2 {
        return Vec::new();
    }
    row.entry
        .transactions
        .iter()
        .take(PAYMENTS_MAX)
        .map(|payment| PaymentView {
            party: payment.counterparty.name.clone().unwrap_or_default(),
            reference: (payment.refs.structured.first().map(|reference| reference.value.clone()))
                .or_else(|| payment.refs.end_to_end.clone())
                .or_else(|| payment.text())
                .unwrap_or_default(),
            amount: payment
                .amount
                .map(|amount| amount.with_decimals(row.entry.currency.decimals()).to_string()),
        })
        .collect()
}

fn ledger_fields(row: &LedgerRow) -> Vec<FieldView> {
    let decimals = attest_domain::Currency::parse(&row.currency).map_or(2, |currency| currency.decimals());
    let mut fields = Fields(Vec::new());
    fields.push("amount", "amount", Some(row.amount.with_decimals(decimals)));
    fields.push("currency", "text", Some(&row.currency));
    fields.push("date", "date", row.date.or(row.voucher_date));
    fields.push("voucher", "text", Some(format!("{} {}", row.series, row.number).trim()));
    fields.push("ledgerAccount", "code", Some(&row.account));
    fields.push("text", "text", row.text.as_ref());
    fields.push(
        "voucherText",
        "text",
        row.voucher_text.as_ref().filter(|text| row.text.as_ref() != Some(*text)),
    );
    fields.push("quantity", "text", row.quantity);
    for (dimension, object) in &row.objects {
        fields.push("object", "code", Some(format!("{dimension}: {object}")));
    }
    fields.0
}
