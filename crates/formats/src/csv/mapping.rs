//! How to read one bank's or ERP's CSV export: the mapping a person writes once, in TOML.

use super::values::is_date_pattern;
use attest_domain::{Currency, finding::Refusal, said};
use serde::{Deserialize, Serialize};

/// What the rows of a file are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Entries of a bank account.
    #[default]
    Bank,
    /// Lines of a general-ledger account.
    Ledger,
}

/// A column: by the name in the header (case and outer blanks do not count) or by its number, from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Column {
    /// Number of the column, from 1.
    Number(usize),
    /// Name in the header.
    Name(String),
}

impl Column {
    /// The column at a place (from 0), by its name where the header names no other one so.
    #[must_use]
    pub fn of(place: usize, header: &[String]) -> Self {
        let same = |left: &str, right: &str| left.trim().to_lowercase() == right.trim().to_lowercase();
        match header.get(place) {
            Some(name)
                if !name.trim().is_empty()
                    && header.iter().filter(|other| same(other, name)).count() == 1 =>
            {
                Self::Name(name.trim().to_owned())
            }
            _ => Self::Number(place + 1),
        }
    }

    /// Its place in a row, from 0; `None` where the header has no such name.
    #[must_use]
    pub fn place(&self, header: &[String]) -> Option<usize> {
        match self {
            Self::Number(number) => number.checked_sub(1),
            Self::Name(name) => {
                let wanted = name.trim().to_lowercase();
                header.iter().position(|name| name.trim().to_lowercase() == wanted)
            }
        }
    }
}

/// Which column holds what. A date and an amount (or debit and credit) are needed, the rest is optional.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Columns {
    /// Booking day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booked: Option<Column>,
    /// Value day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valued: Option<Column>,
    /// Signed amount: money in (or debit, in a ledger) is positive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Column>,
    /// Debit: money out of a bank account (made negative); a debit in a ledger (positive).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debit: Option<Column>,
    /// Credit: money into a bank account (positive); a credit in a ledger (made negative).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credit: Option<Column>,
    /// Currency code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Column>,
    /// Texts, joined with a space.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<Column>,
    /// Structured reference: OCR, KID, viitenumero, RF.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Column>,
    /// Name of the other side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterparty: Option<Column>,
    /// Account of the other side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterparty_account: Option<Column>,
    /// Balance behind the row, by which rows are checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<Column>,
    /// The bank's or program's own id of the row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Column>,
    /// Ledger only: the general-ledger account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Column>,
    /// Ledger only: series and number of the voucher (`A 12`). Rows in a row with the same one are one voucher.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voucher: Option<Column>,
}

/// What the file does not say itself, because every row shares it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Constants {
    /// The bank account (IBAN or the bank's own number), or the general-ledger account of a ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Scheme of an account that is no IBAN, such as `BBAN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// Currency, where no column tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Name of the account or company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// How to read a CSV file. Everything but the columns has a default.
///
/// ```toml
/// kind = "bank"                # or "ledger"
/// delimiter = ";"              # one character; "\t" for tabs
/// encoding = "windows-1252"    # left out: byte order mark, else UTF-8 when valid, else Windows-1252
/// skip_rows = 0                # rows above the header
/// header = true                # false: there is none, columns go by number
/// decimal = ","
/// thousands = " "              # " " covers no-break spaces and apostrophes; left out: none
/// date_format = "YYYY-MM-DD"   # also D.M.YYYY, YYYYMMDD, DD/MM/YY …
/// flip_sign = false            # true where the file shows money out as positive
///
/// [columns]
/// booked = "Bokföringsdag"     # a name, or a number from 1
/// amount = "Belopp"            # or debit = … and credit = …
/// text = ["Rubrik"]
/// balance = "Saldo"
///
/// [constants]
/// account = "SE4550000000058398257466"
/// currency = "SEK"
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mapping {
    /// What the rows are.
    pub kind: Kind,
    /// What stands between cells.
    pub delimiter: char,
    /// Label of the encoding; none means by byte order mark, else UTF-8 when valid, else Windows-1252.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Rows above the header (or above the data, where there is no header).
    pub skip_rows: usize,
    /// Whether there is a header row.
    pub header: bool,
    /// Decimal separator.
    pub decimal: char,
    /// Thousands separator; the space covers its no-break sisters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thousands: Option<char>,
    /// Pattern of dates: `YYYY`, `YY`, `MM`, `M`, `DD`, `D` and literals.
    pub date_format: String,
    /// Turns every amount round.
    pub flip_sign: bool,
    /// Which column holds what.
    pub columns: Columns,
    /// What every row shares.
    pub constants: Constants,
}

impl Default for Mapping {
    fn default() -> Self {
        Self {
            kind: Kind::Bank,
            delimiter: ';',
            encoding: None,
            skip_rows: 0,
            header: true,
            decimal: ',',
            thousands: None,
            date_format: "YYYY-MM-DD".to_owned(),
            flip_sign: false,
            columns: Columns::default(),
            constants: Constants::default(),
        }
    }
}

impl Mapping {
    /// Reads a mapping from TOML and checks that it can work.
    ///
    /// # Errors
    /// [`Refusal`] `csv.mapping_invalid` with the line where TOML itself is at fault.
    pub fn parse(toml_text: &str) -> Result<Self, Refusal> {
        let mapping: Self = toml::from_str(toml_text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start.min(toml_text.len()));
            let before = &toml_text.as_bytes()[..at];
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            let shown = toml_text.lines().nth(line - 1).unwrap_or_default().trim();
            invalid(&format!("The mapping cannot be read at \"{shown}\": {}.", error.message()))
                .at(line as u64, "mapping")
        })?;
        mapping.check()?;
        Ok(mapping)
    }

    /// The mapping as TOML, which [`Mapping::parse`] reads back.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self).expect("a mapping holds nothing TOML cannot say")
    }

    /// Finds what would make the mapping read nothing.
    ///
    /// # Errors
    /// [`Refusal`] `csv.mapping_invalid`.
    pub fn check(&self) -> Result<(), Refusal> {
        let columns = &self.columns;
        if columns.booked.is_none() {
            return Err(invalid("The mapping names no column for the booking day (columns.booked)."));
        }
        if columns.amount.is_none() && columns.debit.is_none() && columns.credit.is_none() {
            return Err(invalid(
                "The mapping names no column for the amount (columns.amount, or debit and credit).",
            ));
        }
        if !is_date_pattern(&self.date_format) {
            return Err(invalid(&format!("\"{}\" is no date pattern such as YYYY-MM-DD.", self.date_format)));
        }
        if self.delimiter == '"' || self.delimiter == '\n' || self.delimiter == '\r' {
            return Err(invalid("A quote or a line end cannot be the delimiter."));
        }
        if self.thousands == Some(self.decimal) || self.decimal.is_ascii_digit() {
            return Err(invalid("Decimal and thousands separator must differ and be no digits."));
        }
        if self.kind == Kind::Ledger && columns.account.is_none() && self.constants.account.is_none() {
            return Err(invalid("A ledger needs its account: columns.account or constants.account."));
        }
        Ok(())
    }
}

fn invalid(text: &str) -> Refusal {
    Refusal::new("csv.mapping_invalid", text)
}

/// The columns of a mapping as places in a row, from 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    pub(super) booked: Option<usize>,
    pub(super) valued: Option<usize>,
    pub(super) amount: Option<usize>,
    pub(super) debit: Option<usize>,
    pub(super) credit: Option<usize>,
    pub(super) currency: Option<usize>,
    pub(super) text: Vec<usize>,
    pub(super) reference: Option<usize>,
    pub(super) counterparty: Option<usize>,
    pub(super) counterparty_account: Option<usize>,
    pub(super) balance: Option<usize>,
    pub(super) id: Option<usize>,
    pub(super) account: Option<usize>,
    pub(super) voucher: Option<usize>,
}

impl Places {
    /// Finds the columns in a header (empty where there is none).
    ///
    /// # Errors
    /// [`Refusal`] `csv.column_missing` with the names that are there.
    pub(super) fn find(columns: &Columns, header: &[String], line: u64) -> Result<Self, Refusal> {
        let place = |column: &Column| match column {
            Column::Number(0) => Err(invalid("Columns are numbered from 1, not from 0.")),
            Column::Number(number) => Ok(number - 1),
            Column::Name(name) => column.place(header).ok_or_else(|| {
                let text = said!(
                    "The file has no column \"{column}\". Its columns are: {columns}.",
                    column = name,
                    columns = header.join(", "),
                );
                Refusal::new("csv.column_missing", text).at(line, "header")
            }),
        };
        let one = |column: &Option<Column>| column.as_ref().map(place).transpose();
        Ok(Self {
            booked: one(&columns.booked)?,
            valued: one(&columns.valued)?,
            amount: one(&columns.amount)?,
            debit: one(&columns.debit)?,
            credit: one(&columns.credit)?,
            currency: one(&columns.currency)?,
            text: columns.text.iter().map(place).collect::<Result<_, _>>()?,
            reference: one(&columns.reference)?,
            counterparty: one(&columns.counterparty)?,
            counterparty_account: one(&columns.counterparty_account)?,
            balance: one(&columns.balance)?,
            id: one(&columns.id)?,
            account: one(&columns.account)?,
            voucher: one(&columns.voucher)?,
        })
    }

    /// All places that are read.
    pub(super) fn used(&self) -> Vec<usize> {
        let single = [
            self.booked,
            self.valued,
            self.amount,
            self.debit,
            self.credit,
            self.currency,
            self.reference,
            self.counterparty,
            self.counterparty_account,
            self.balance,
            self.id,
            self.account,
            self.voucher,
        ];
        single.into_iter().flatten().chain(self.text.iter().copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_mapping_works_and_survives_being_written() {
        let source = include_str!("mapping.rs");
        let (_, rest) = source.split_once("/// ```toml\n").unwrap();
        let (example, _) = rest.split_once("/// ```\n").unwrap();
        let toml: String = example
            .lines()
            .map(|line| line.trim_start_matches("///").trim_start())
            .collect::<Vec<_>>()
            .join("\n");
        let mapping = Mapping::parse(&toml).unwrap();
        assert_eq!(mapping.columns.balance, Some(Column::Name("Saldo".to_owned())));
        assert_eq!(mapping.constants.currency.unwrap().code(), "SEK");
        assert_eq!(Mapping::parse(&mapping.to_toml()).unwrap(), mapping);
        let tabs = Mapping::parse("delimiter = \"\\t\"\n[columns]\nbooked = 1\namount = 2").unwrap();
        assert_eq!((tabs.delimiter, tabs.columns.booked), ('\t', Some(Column::Number(1))));
    }
}
