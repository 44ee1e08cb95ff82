//! Delimited text cut into rows and cells, with the place of every row in the original bytes.
//!
//! Written here rather than taken from a library because a row must know its bytes in the original document
//! (also when that is UTF-16) and must never grow past the limits before anybody looks.

use attest_domain::{
    Span,
    finding::Refusal,
    limits::{CSV_COLUMNS_MAX, LINE_BYTES_MAX},
    said,
};
use std::borrow::Cow;

/// A document as UTF-8 text that remembers how it was stored.
pub(super) struct Text<'a> {
    pub(super) text: Cow<'a, str>,
    /// Bytes of the byte order mark.
    mark: usize,
    storage: Storage,
    /// Name of the encoding, as `encoding_rs` calls it.
    pub(super) encoding: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Storage {
    Utf8,
    Utf16,
    SingleByte,
}

impl<'a> Text<'a> {
    /// Decodes by byte order mark, by `label` where one is given, else UTF-8 when valid and Windows-1252 when not.
    ///
    /// # Errors
    /// `encoding.unknown` for a label nobody knows, `encoding.unsupported` for one of an encoding in
    /// which places cannot be found again, `encoding.undecodable` where the bytes contradict the label.
    pub(super) fn decode(bytes: &'a [u8], label: Option<&str>) -> Result<Self, Refusal> {
        let labelled = match label {
            Some(label) => Some(encoding_rs::Encoding::for_label(label.as_bytes()).ok_or_else(|| {
                Refusal::new(
                    "encoding.unknown",
                    said!("The mapping names the encoding {found}, which is not known.", found = label),
                )
            })?),
            None => None,
        };
        let marked = encoding_rs::Encoding::for_bom(bytes);
        let (encoding, mark) = match (marked, labelled) {
            (Some(marked), _) => marked,
            (None, Some(labelled)) => (labelled, 0),
            (None, None) if std::str::from_utf8(bytes).is_ok() => (encoding_rs::UTF_8, 0),
            (None, None) => (encoding_rs::WINDOWS_1252, 0),
        };
        let storage = match encoding {
            e if e == encoding_rs::UTF_8 => Storage::Utf8,
            e if e == encoding_rs::UTF_16LE || e == encoding_rs::UTF_16BE => Storage::Utf16,
            e if e.is_single_byte() => Storage::SingleByte,
            e => {
                let text = said!("Files in {found} are not read. Save the file as UTF-8.", found = e.name());
                return Err(Refusal::new("encoding.unsupported", text));
            }
        };
        let (text, broken) = encoding.decode_without_bom_handling(&bytes[mark..]);
        if broken {
            let text =
                format!("The file is not valid {}. Name its encoding in the mapping.", encoding.name());
            return Err(Refusal::new("encoding.undecodable", text));
        }
        Ok(Self { text, mark, storage, encoding: encoding.name() })
    }

    fn stored_length(&self, text: &str) -> usize {
        match self.storage {
            Storage::Utf8 => text.len(),
            Storage::Utf16 => text.encode_utf16().count() * 2,
            Storage::SingleByte => text.chars().count(),
        }
    }

    pub(super) fn rows(&'a self, delimiter: char) -> Rows<'a> {
        Rows { text: self, delimiter, offset: 0, stored: self.mark, line: 1 }
    }
}

/// One row.
#[derive(Clone, Debug)]
pub(super) struct Row<'a> {
    /// Line of the file it begins on, from 1.
    pub(super) line: u64,
    /// Its bytes in the original document, line end left out.
    pub(super) span: Span,
    pub(super) cells: Vec<Cow<'a, str>>,
}

impl Row<'_> {
    /// True when no cell says anything.
    pub(super) fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }

    /// The cell's text, unless it is missing or blank.
    pub(super) fn cell(&self, place: Option<usize>) -> Option<&str> {
        self.cells.get(place?).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
    }
}

/// Walks over the rows.
pub(super) struct Rows<'a> {
    text: &'a Text<'a>,
    delimiter: char,
    /// Place in the decoded text.
    offset: usize,
    /// The same place in the original bytes.
    stored: usize,
    line: u64,
}

impl<'a> Rows<'a> {
    /// The next row, blank ones included, or `None` at the end.
    ///
    /// # Errors
    /// `line.too_long` and `csv.too_many_columns`.
    pub(super) fn next(&mut self) -> Result<Option<Row<'a>>, Refusal> {
        let rest = &self.text.text[self.offset..];
        if rest.is_empty() {
            return Ok(None);
        }
        let mut cells = Vec::new();
        let mut at = 0;
        let end = loop {
            let (cell, length) = self.cell(&rest[at..])?;
            cells.push(cell);
            at += length;
            if cells.len() > CSV_COLUMNS_MAX {
                let text = said!(
                    "This row has more than {most} columns; no statement has that many.",
                    most = CSV_COLUMNS_MAX,
                );
                return Err(Refusal::new("csv.too_many_columns", text).at(self.line, "row"));
            }
            match rest[at..].chars().next() {
                Some(c) if c == self.delimiter => at += c.len_utf8(),
                _ => break at,
            }
        };
        let step = end + rest[end..].bytes().take_while(|byte| *byte == b'\r').count();
        let step = step + usize::from(rest[step..].starts_with('\n'));
        let start = self.stored;
        let row = &rest[..end];
        let stored_end = start + self.text.stored_length(row);
        self.stored = stored_end + self.text.stored_length(&rest[end..step]);
        let line = self.line;
        self.line += rest[..step].bytes().filter(|byte| *byte == b'\n').count() as u64;
        self.offset += step;
        Ok(Some(Row { line, span: Span { start: start as u64, end: stored_end as u64 }, cells }))
    }

    /// One cell at the start of `rest` and its length in the text, quotes included.
    fn cell(&self, rest: &'a str) -> Result<(Cow<'a, str>, usize), Refusal> {
        let ends = |c: char| c == self.delimiter || c == '\n' || c == '\r';
        let too_long = || {
            let text = format!(
                "A cell that begins here is longer than {LINE_BYTES_MAX} bytes: a quote is never closed, or this is no table."
            );
            Err(Refusal::new("line.too_long", text).at(self.line, "row"))
        };
        let Some(body) = rest.strip_prefix('"') else {
            let length = rest.find(ends).unwrap_or(rest.len());
            return if length > LINE_BYTES_MAX {
                too_long()
            } else {
                Ok((Cow::Borrowed(&rest[..length]), length))
            };
        };
        let mut value: Cow<'a, str> = Cow::Borrowed("");
        let mut from = 0;
        loop {
            let limit = body.len().min(from + LINE_BYTES_MAX + 1);
            let Some(quote) = memchr::memchr(b'"', &body.as_bytes()[from..limit]).map(|place| from + place)
            else {
                return too_long();
            };
            if quote > LINE_BYTES_MAX {
                return too_long();
            }
            let piece = &body[from..quote];
            if value.is_empty() {
                value = Cow::Borrowed(piece)
            } else {
                value.to_mut().push_str(piece)
            }
            if body[quote + 1..].starts_with('"') {
                value.to_mut().push('"');
                from = quote + 2;
                continue;
            }
            // What stands behind the closing quote belongs to the cell.
            let tail = &body[quote + 1..];
            let length = tail.find(ends).unwrap_or(tail.len());
            if length > LINE_BYTES_MAX {
                return too_long();
            }
            if !tail[..length].trim().is_empty() {
                value.to_mut().push_str(&tail[..length]);
            }
            return Ok((value, quote + 2 + length));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells(text: &str, delimiter: char) -> Vec<Vec<String>> {
        let text = Text::decode(text.as_bytes(), None).unwrap();
        let mut rows = text.rows(delimiter);
        let mut found = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            found.push(row.cells.iter().map(ToString::to_string).collect());
        }
        found
    }

    #[test]
    fn quotes_hold_delimiters_line_ends_and_quotes() {
        assert_eq!(
            cells("a;\"b;\"\"c\"\"\nd\";e\r\n1;2", ';'),
            [vec!["a", "b;\"c\"\nd", "e"], vec!["1", "2"]]
        );
        assert_eq!(cells("\"a\"x,b\"c\n,", ','), [vec!["ax", "b\"c"], vec!["", ""]]);
    }

    #[test]
    fn spans_lead_back_to_the_bytes_in_every_encoding() {
        let table = "åä;1\r\n\"ö\nx\";2\r\nz;3";
        let utf16: Vec<u8> =
            [0xFEFF].into_iter().chain(table.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let latin = encoding_rs::WINDOWS_1252.encode(table).0.into_owned();
        for bytes in [table.as_bytes().to_vec(), utf16, latin, format!("\u{feff}{table}").into_bytes()] {
            let text = Text::decode(&bytes, None).unwrap();
            let mut rows = text.rows(';');
            let mut seen = Vec::new();
            while let Some(row) = rows.next().unwrap() {
                let raw =
                    &bytes[usize::try_from(row.span.start).unwrap()..usize::try_from(row.span.end).unwrap()];
                let again = Text::decode(raw, Some(text.encoding)).unwrap().text.into_owned();
                seen.push((row.line, again));
            }
            assert_eq!(seen, [(1, "åä;1".to_owned()), (2, "\"ö\nx\";2".to_owned()), (4, "z;3".to_owned())]);
        }
    }

    #[test]
    fn endless_cells_and_columns_are_refused_with_their_line() {
        let refused = |text: String| {
            let text = Text::decode(text.as_bytes(), None).unwrap();
            let mut rows = text.rows(',');
            rows.next().unwrap();
            let refusal = rows.next().unwrap_err();
            (refusal.code.into_owned(), refusal.line)
        };
        assert_eq!(refused(format!("a\n\"{}", "x".repeat(70_000))), ("line.too_long".to_owned(), Some(2)));
        assert_eq!(refused(format!("a\n{}", "x".repeat(70_000))), ("line.too_long".to_owned(), Some(2)));
        assert_eq!(refused(format!("a\n{}", ",".repeat(600))), ("csv.too_many_columns".to_owned(), Some(2)));
        assert_eq!(refused("a\n\"never closed".to_owned()), ("line.too_long".to_owned(), Some(2)));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(table in prop::collection::vec(prop::collection::vec("[ -~å\n]{0,10}", 2..5), 1..6)) {
            let written = table
                .iter()
                .map(|row| row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect::<Vec<_>>().join(";"))
                .collect::<Vec<_>>()
                .join("\r\n");
            prop_assert_eq!(cells(&written, ';'), table);
        }

        #[test]
        fn any_text_is_cut_or_refused_without_panic(text in ".{0,300}") {
            let text = Text::decode(text.as_bytes(), None).unwrap();
            let mut rows = text.rows(';');
            while let Ok(Some(_)) = rows.next() {}
        }
    }
}
