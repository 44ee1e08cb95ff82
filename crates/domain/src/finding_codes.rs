//! The one list of everything a document can be remarked or refused for: code, weight, values, meaning.
//!
//! One concept has one code, whatever the format. The part before the dot is what the remark is about: what every
//! format has (`document`, `encoding`, `account`, `statement`, `entry`, `voucher` …) or, for what only one has, that
//! format. The part behind says what is wrong with it: `_invalid` a value that does not read and was left out or
//! mended, `unreadable` a whole item left out, `check_digit` a number that was kept although it proves itself wrong,
//! `_missing` what should be there, `_differ(s)` figures that contradict each other.
//!
//! `docs/formats/findings.md` shows the list, the catalogues of the window translate it, tests hold all three together.

use crate::finding::{Parameters, Severity};
use Severity::{Error, Info, Warning};

/// What is known about a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The code, `subject.what`.
    pub code: &'static str,
    /// The weights it comes with; none where it refuses the document whole.
    pub severities: &'static [Severity],
    /// Names of the values in its sentence, in alphabetical order.
    pub parameters: &'static [&'static str],
    /// What it means, in one line.
    pub meaning: &'static str,
}

const fn remark(
    code: &'static str,
    severities: &'static [Severity],
    parameters: &'static [&'static str],
    meaning: &'static str,
) -> Code {
    Code { code, severities, parameters, meaning }
}

const fn refusal(code: &'static str, parameters: &'static [&'static str], meaning: &'static str) -> Code {
    Code { code, severities: &[], parameters, meaning }
}

/// What a value is called that stands in the document and does not read.
const FOUND: &[&str] = &["found"];
const ANNOUNCED: &[&str] = &["announced", "found"];

/// Every code, in alphabetical order of subject and what is wrong.
pub const CODES: &[Code] = &[
    remark(
        "account.check_digit",
        &[Warning],
        &["number"],
        "an IBAN, bankgiro or plusgiro number whose check digits or length are wrong",
    ),
    remark("account.currency_invalid", &[Warning], FOUND, "the currency of the account is no currency code"),
    refusal("amount.overflow", &[], "the amounts add up to more than can be counted"),
    remark("balance.date_invalid", &[Warning], FOUND, "the date of a balance does not read"),
    remark(
        "balance.direction_missing",
        &[Warning],
        &["balance"],
        "a balance is neither credit nor debit; it was read as credit",
    ),
    remark(
        "balance.unreadable",
        &[Error, Warning],
        FOUND,
        "a balance, or a sum the bank announces, was left out",
    ),
    remark("bgmax.deposit_missing", &[Error], &[], "payments without a deposit were left out"),
    refusal("bgmax.no_start", &[], "the file does not begin with a start record"),
    remark("bgmax.record_stray", &[Error], &["record"], "a record outside its section was passed over"),
    remark("bgmax.tabs", &[Warning], &[], "an editor put tabs where blanks belong"),
    remark("bgmax.test_file", &[Warning], &[], "the bank marks the file as a test"),
    remark("bgmax.totals_differ", &[Error], ANNOUNCED, "the end record counts other than the file holds"),
    refusal("csv.column_missing", &["column", "columns"], "a column that is needed is not there"),
    remark("csv.columns_ignored", &[Info], &["columns"], "columns that the mapping does not name"),
    remark("csv.guessed", &[Info], &[], "no mapping was given, so one was guessed"),
    refusal("csv.header_missing", &[], "the file ends before its header"),
    refusal("csv.mapping_invalid", &[], "the mapping cannot work"),
    remark(
        "csv.mapping_known",
        &[Info],
        &["document"],
        "the table was read through the mapping of one like it",
    ),
    refusal("csv.no_rows", &[], "no row could be read"),
    refusal("csv.not_understood", &[], "the table could not be guessed; it needs a mapping"),
    remark("csv.row_unreadable", &[Error], &[], "a row was left out"),
    refusal("csv.too_many_columns", &["most"], "a row has more columns than any table of a bank"),
    refusal("document.empty", &[], "the file has no bytes"),
    refusal(
        "document.item_too_large",
        &["most"],
        "an entry, deposit, voucher or field holds more parts than is read",
    ),
    remark("document.more_findings", &[Warning], &["count"], "more was found than is listed"),
    remark("document.namespace_differs", &[Warning], ANNOUNCED, "the XML namespace contradicts the message"),
    remark("document.no_content", &[Warning], &[], "the file holds no statement or no row"),
    remark(
        "document.record_unknown",
        &[Info],
        &["record"],
        "a record the format does not have was passed over",
    ),
    refusal("document.too_large", &[], "the file is larger than is read"),
    refusal("document.truncated", &[], "the file ends too early: it was cut off"),
    remark("encoding.letters_lost", &[Warning], &[], "letters were replaced before the file got here"),
    refusal("encoding.undecodable", &[], "the bytes are no text in any encoding that is read"),
    remark("encoding.unexpected", &[Warning], ANNOUNCED, "the text is in another encoding than announced"),
    refusal("encoding.unknown", &["found"], "the mapping names an encoding nobody knows"),
    refusal("encoding.unsupported", &["found"], "tables in this encoding are not read"),
    remark("entry.amount_signed", &[Warning], &[], "an amount has a sign of its own"),
    remark(
        "entry.batch_count_differs",
        &[Error, Warning],
        ANNOUNCED,
        "a batch or deposit counts other than it holds",
    ),
    remark("entry.batch_invalid", &[Warning], FOUND, "number or total of a batch does not read"),
    remark("entry.batch_several", &[Info], &[], "an entry names several batches"),
    remark(
        "entry.batch_total_differs",
        &[Error, Warning],
        ANNOUNCED,
        "a batch or deposit says another total than its payments make",
    ),
    remark("entry.charge_invalid", &[Warning], FOUND, "a charge does not read"),
    remark("entry.currency_invalid", &[Warning], &[], "the currency of an amount is no currency code"),
    remark(
        "entry.currency_missing",
        &[Warning],
        &["currency"],
        "an amount names no currency; that of the account was taken, else XXX",
    ),
    remark(
        "entry.date_invalid",
        &[Warning],
        FOUND,
        "a date of an entry does not read or is no day of the calendar",
    ),
    remark(
        "entry.details_differ",
        &[Info],
        &["amount", "difference", "sum"],
        "the transactions of an entry do not add up to it",
    ),
    remark("entry.direction_invalid", &[Warning], FOUND, "credit or debit is written in no known way"),
    remark(
        "entry.direction_missing",
        &[Error],
        &[],
        "an entry is neither credit nor debit; a guess was made",
    ),
    remark("entry.exchange_rate_invalid", &[Warning], FOUND, "an exchange rate does not read"),
    remark(
        "entry.foreign_amount_invalid",
        &[Warning],
        FOUND,
        "an amount in the other currency does not read",
    ),
    remark("entry.reversal_invalid", &[Warning], FOUND, "the mark of a reversal does not read"),
    remark(
        "entry.status_invalid",
        &[Warning],
        FOUND,
        "the status is none that is known; the entry counts as booked",
    ),
    remark("entry.status_missing", &[Info], &["count"], "entries without a status count as booked"),
    remark(
        "entry.suspected_double",
        &[Warning],
        &["amount", "document"],
        "a deposit two formats tell was counted once",
    ),
    remark("entry.unreadable", &[Error], FOUND, "an entry was left out"),
    refusal("file.is_folder", &[], "a folder was named where a file belongs"),
    refusal("file.unreadable", &[], "the operating system does not give the file"),
    refusal("format.other_message", &["found"], "another ISO 20022 message than a statement"),
    refusal("format.unknown", &[], "no format that is read"),
    remark("ledger.balance_unreadable", &[Error], FOUND, "a balance of the ledger was left out"),
    remark(
        "ledger.books_unbalanced",
        &[Warning],
        &["difference"],
        "closing balances and results do not add up to nought",
    ),
    remark(
        "ledger.closing_differs",
        &[Error],
        &["account", "closing", "expected"],
        "opening balance and vouchers do not make the closing balance",
    ),
    remark(
        "ledger.currency_invalid",
        &[Warning],
        &[],
        "the ledger's currency is no currency code; SEK was taken",
    ),
    remark("ledger.period_invalid", &[Warning], FOUND, "the month of a balance does not read"),
    remark(
        "ledger.result_differs",
        &[Error],
        &["account", "expected", "result"],
        "the vouchers do not make the result",
    ),
    remark("ledger.year_invalid", &[Warning], &[], "a financial year has no number or ends before it begins"),
    remark(
        "ledger_account.number_invalid",
        &[Warning],
        &["number"],
        "an account number is not made of digits",
    ),
    remark(
        "ledger_account.undeclared",
        &[Warning],
        &["account"],
        "an account is not in the chart of accounts",
    ),
    remark(
        "ledger_line.date_invalid",
        &[Warning],
        FOUND,
        "the date of a ledger line does not read; it has the voucher's",
    ),
    remark("ledger_line.unreadable", &[Error], &["found", "voucher"], "a line of a voucher was left out"),
    refusal("line.too_long", &[], "a line or cell is longer than any record"),
    refusal("mt940.no_message", &[], "the file holds no message"),
    remark("mt940.outside_message", &[Info], &["count"], "lines outside the messages were passed over"),
    remark(
        "organisation_number.check_digit",
        &[Warning],
        &["number"],
        "an organisation number whose check digit or shape is wrong",
    ),
    remark(
        "payment.count_differs",
        &[Error],
        ANNOUNCED,
        "a payment file announces another number of payments than it holds",
    ),
    remark("payment.date_invalid", &[Error], FOUND, "the execution date of payments does not read"),
    remark(
        "payment.sum_differs",
        &[Error],
        ANNOUNCED,
        "a payment file announces another sum than its payments make",
    ),
    remark("payment.unreadable", &[Error], FOUND, "a payment was left out"),
    remark(
        "reference.check_digit",
        &[Warning],
        &["reference"],
        "an OCR or RF reference whose check digits are wrong",
    ),
    remark("reference.wrong", &[Warning], &["reference"], "the bank says that the reference is wrong"),
    remark("sie.already_read", &[Warning], &[], "another program has read the export already"),
    remark("sie.brace_missing", &[Warning], &["voucher"], "a voucher lacks a brace"),
    remark("sie.brace_open", &[Warning], &[], "an object list is not closed"),
    remark("sie.brace_stray", &[Warning], &[], "a brace belongs to no voucher"),
    remark("sie.checksum_differs", &[Error], ANNOUNCED, "the checksum contradicts the content"),
    remark("sie.control_character", &[Warning], &[], "a control character in a record"),
    remark("sie.date_invalid", &[Warning], FOUND, "a date outside the vouchers does not read"),
    remark("sie.decimal_comma", &[Warning], &[], "an amount has a decimal comma"),
    remark("sie.dimension_invalid", &[Warning], &[], "a dimension is no whole number; it was left out"),
    remark("sie.fields_swapped", &[Warning], &[], "account and period stand in each other's place"),
    remark(
        "sie.line_outside_voucher",
        &[Error],
        &["record"],
        "a ledger line outside a voucher was passed over",
    ),
    remark("sie.line_unknown", &[Warning], &[], "a line that is neither record nor brace was passed over"),
    remark("sie.objects_odd", &[Warning], &[], "a dimension without an object"),
    remark("sie.quote_open", &[Warning], &[], "a quote is not closed"),
    remark("sie.record_missing", &[Info], &["record"], "a mandatory record is missing"),
    remark("sie.type_missing", &[Warning], &[], "the type is missing; it was told from the content"),
    remark("sie.type_unknown", &[Warning], FOUND, "a type that does not exist; it was told from the content"),
    remark("sie.unquoted", &[Info], &[], "a text with blanks has no quotes"),
    remark("sie.value_missing", &[Warning], &["record"], "a record lacks a value"),
    remark(
        "statement.balance_broken",
        &[Error],
        &["closing", "difference", "expected", "opening", "sum"],
        "opening balance and entries do not make the closing balance",
    ),
    remark(
        "statement.balance_incomplete",
        &[Error],
        &["closing", "count", "expected"],
        "entries were left out, so the balance proves nothing",
    ),
    remark("statement.balance_uncheckable", &[Info], &[], "a balance is missing, so nothing can be checked"),
    remark(
        "statement.break",
        &[Warning],
        &["after", "before", "closing", "opening"],
        "the opening balance is not the closing balance before",
    ),
    remark("statement.closing_missing", &[Error], &[], "a statement ends without a closing balance"),
    remark(
        "statement.conflicting",
        &[Error],
        &["document", "statement"],
        "a statement that is here already comes with other figures; the first counts",
    ),
    remark(
        "statement.currencies_differ",
        &[Error, Warning],
        &["currencies"],
        "a statement has entries or balances in several currencies",
    ),
    remark(
        "statement.gap",
        &[Warning],
        &["after", "before", "closing", "opening"],
        "a statement is missing between two",
    ),
    remark("statement.note", &[Info], &["text"], "what the bank adds about the statement"),
    remark(
        "statement.opening_differs",
        &[Warning],
        &["opening", "previous"],
        "opening balance and previous closing balance differ",
    ),
    remark(
        "statement.overlap_differs",
        &[Error],
        &["after", "before"],
        "two statements cover the same days and tell different figures",
    ),
    remark(
        "statement.overlapping",
        &[Info],
        &["count", "document", "statement"],
        "a statement covers the days of others and tells the same entries; they are counted once",
    ),
    remark(
        "statement.page_unbalanced",
        &[Warning],
        &["closing", "difference", "expected", "opening", "sum"],
        "one page of several does not balance by itself",
    ),
    remark("statement.period_invalid", &[Warning], FOUND, "first or last day of the period does not read"),
    remark(
        "statement.redelivered",
        &[Info],
        &["document", "statement"],
        "a statement that is here already comes again; it is counted once",
    ),
    remark(
        "statement.running_balance_broken",
        &[Error],
        &["after", "amount", "before"],
        "a row's balance does not follow from the one before",
    ),
    remark("statement.sequence_invalid", &[Warning], FOUND, "the number of the statement does not read"),
    remark(
        "statement.totals_differ",
        &[Error, Warning],
        ANNOUNCED,
        "the bank announces another number or sum than it gives",
    ),
    remark(
        "status.contradicts",
        &[Warning],
        &["above", "below"],
        "what a bank says of a payment does not go with what it says of the whole",
    ),
    remark(
        "transaction.amount_invalid",
        &[Error, Warning],
        FOUND,
        "the amount of a payment inside an entry does not read",
    ),
    remark(
        "transaction.document_amount_invalid",
        &[Warning],
        FOUND,
        "the amount of an invoice does not read",
    ),
    remark("transaction.document_date_invalid", &[Warning], FOUND, "the date of an invoice does not read"),
    remark(
        "voucher.changed",
        &[Warning],
        &["voucher"],
        "a voucher differs from the one imported before; the new one counts",
    ),
    remark("voucher.date_invalid", &[Error], &["found", "voucher"], "a voucher has no date that reads"),
    remark(
        "voucher.date_outside_year",
        &[Warning],
        &["date", "from", "to", "voucher"],
        "a voucher is dated outside the financial year",
    ),
    remark("voucher.empty", &[Info], &["voucher"], "a voucher without lines"),
    remark("voucher.number_duplicate", &[Warning], &["number", "series"], "a voucher number is used twice"),
    remark(
        "voucher.number_gap",
        &[Warning],
        &["missing", "numbers", "series"],
        "voucher numbers are missing in a series",
    ),
    remark("voucher.registered_invalid", &[Warning], FOUND, "the day of registration does not read"),
    remark(
        "voucher.repeated",
        &[Info],
        &["count"],
        "vouchers that are here already come again; they are counted once",
    ),
    remark("voucher.unbalanced", &[Error], &["difference", "voucher"], "a voucher does not sum to nought"),
    refusal("xml.attributes", &[], "an element has more attributes than any in a bank message"),
    refusal("xml.depth", &[], "elements are nested deeper than in any bank message"),
    refusal("xml.doctype", &[], "a document type (DOCTYPE), which is never read"),
    refusal("xml.entity", &["found"], "an entity that XML does not know by itself"),
    refusal("xml.malformed", &[], "no well-formed XML"),
    refusal("xml.text", &[], "a text is longer than any in a bank message"),
];

/// What is known about a code.
#[must_use]
pub fn find(code: &str) -> Option<&'static Code> {
    CODES.binary_search_by(|known| known.code.cmp(code)).ok().map(|at| &CODES[at])
}

/// What the list has against a remark (with its weight) or a refusal (without one), for the tests of whoever makes it.
pub(crate) fn objection(code: &str, severity: Option<Severity>, parameters: &Parameters) -> Option<String> {
    let Some(known) = find(code) else { return Some(format!("{code} is not listed in finding_codes.rs")) };
    if severity.map_or(!known.severities.is_empty(), |severity| !known.severities.contains(&severity)) {
        return Some(format!("{code} is not listed with {severity:?}"));
    }
    let given: Vec<&str> = parameters.keys().map(AsRef::as_ref).collect();
    (given != known.parameters)
        .then(|| format!("{code} is listed with {:?}, not {given:?}", known.parameters))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_names_no_code_twice() {
        assert!(CODES.windows(2).all(|pair| pair[0].code < pair[1].code), "sort by code");
        for code in CODES {
            assert!(code.parameters.is_sorted(), "{}", code.code);
            let (subject, what) = code.code.split_once('.').unwrap();
            for part in [subject, what] {
                let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                assert!(!part.is_empty() && part.chars().all(plain), "{}", code.code);
            }
        }
    }
}
