//! CSV that opens right in a Nordic Excel and never runs a formula.
//!
//! UTF-8 with a byte order mark, `;` between fields, CRLF (RFC 4180 quoting). Numbers go out bare with the
//! decimal sign of the reader's language; every text that a spreadsheet could take for a formula gets a
//! leading apostrophe (OWASP ASVS 5.0, 1.2.10).

use attest_domain::{Amount, Date};

/// One field of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Field<'f> {
    /// Nothing.
    Empty,
    /// Text, guarded against being taken for a formula or a number.
    Text(&'f str),
    /// An exact decimal.
    Amount(Amount),
    /// A count.
    Number(u64),
    /// A day, `YYYY-MM-DD`.
    Day(Date),
}

/// How figures are written for a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalSign {
    /// `12,50`: Swedish, Finnish, Danish, Norwegian.
    Comma,
    /// `12.50`: English.
    Point,
}

/// Characters that make a spreadsheet read a cell as a formula, their full-width forms included.
const FORMULA_STARTS: [char; 12] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\0', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}'];

/// Writes rows into a growing text.
#[derive(Clone, Debug)]
pub struct CsvWriter {
    text: String,
    sign: DecimalSign,
}

impl CsvWriter {
    /// Starts a file with its byte order mark and header.
    #[must_use]
    pub fn new(sign: DecimalSign, header: &[&str]) -> Self {
        let mut writer = Self { text: String::from('\u{FEFF}'), sign };
        let fields: Vec<Field<'_>> = header.iter().map(|name| Field::Text(name)).collect();
        writer.row(&fields);
        writer
    }

    /// Adds a row.
    pub fn row(&mut self, fields: &[Field<'_>]) {
        for (position, field) in fields.iter().enumerate() {
            if position > 0 {
                self.text.push(';');
            }
            match field {
                Field::Empty => {}
                Field::Text(text) => self.push_text(text),
                Field::Amount(amount) => {
                    let number = amount.to_string();
                    match self.sign {
                        DecimalSign::Comma => self.text.push_str(&number.replace('.', ",")),
                        DecimalSign::Point => self.text.push_str(&number),
                    }
                }
                Field::Number(number) => self.text.push_str(&number.to_string()),
                Field::Day(day) => self.text.push_str(&day.to_string()),
            }
        }
        self.text.push_str("\r\n");
    }

    /// The file's bytes.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.text.into_bytes()
    }

    fn push_text(&mut self, text: &str) {
        let guard = text.starts_with(FORMULA_STARTS);
        let quote = guard || text.contains(['"', ';', ',', '\r', '\n', '\t', '\'']) || text != text.trim();
        if quote {
            self.text.push('"');
        }
        if guard {
            self.text.push('\'');
        }
        for letter in text.chars().filter(|letter| *letter != '\0') {
            if letter == '"' {
                self.text.push('"');
            }
            self.text.push(letter);
        }
        if quote {
            self.text.push('"');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fields: &[Field<'_>]) -> String {
        let mut writer = CsvWriter { text: String::new(), sign: DecimalSign::Comma };
        writer.row(fields);
        String::from_utf8(writer.finish()).unwrap()
    }

    #[test]
    fn a_text_that_looks_like_a_formula_is_inert() {
        for hostile in ["=1+1", "+1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "＝1", "\0=1"] {
            let cell = row(&[Field::Text(hostile)]);
            assert!(cell.starts_with("\"'"), "{cell:?}");
        }
    }

    #[test]
    fn a_negative_amount_stays_a_number() {
        assert_eq!(row(&[Field::Amount(Amount::parse("-1234.50").unwrap())]), "-1234,50\r\n");
    }

    #[test]
    fn quotes_separators_and_line_ends_survive() {
        assert_eq!(
            row(&[Field::Text("a;\"b\"\nc"), Field::Empty, Field::Number(7)]),
            "\"a;\"\"b\"\"\nc\";;7\r\n"
        );
    }

    #[test]
    fn the_file_begins_with_a_byte_order_mark_and_its_header() {
        let bytes = CsvWriter::new(DecimalSign::Comma, &["id", "date"]).finish();
        assert_eq!(bytes, "\u{FEFF}id;date\r\n".as_bytes());
    }
}
