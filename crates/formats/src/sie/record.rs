//! One SIE record: its label and fields with the questions readers ask of them.

use super::{
    charset::Charset,
    token::{Field, Oddities, tokenize},
};
use crate::lines::{Line, parse_compact_date};
use attest_domain::{Amount, Date, Finding, Severity, finding::Said};
use std::borrow::Cow;

/// A tokenized line. Made once per pass and filled again for every line, so that its vector is reused.
pub(super) struct Record<'a> {
    charset: Charset,
    label: &'a [u8],
    fields: Vec<Field<'a>>,
    /// What is odd about its spelling.
    pub(super) odd: Oddities,
    /// Number of its line, from 1.
    pub(super) line: u64,
}

impl<'a> Record<'a> {
    pub(super) fn new(charset: Charset) -> Self {
        Self { charset, label: b"", fields: Vec::with_capacity(8), odd: Oddities::default(), line: 0 }
    }

    /// Takes the next line; false when it is no record.
    pub(super) fn fill(&mut self, line: &Line<'a>) -> bool {
        self.line = line.number;
        let Some((label, odd)) = tokenize(line.bytes, &mut self.fields) else { return false };
        (self.label, self.odd) = (label, odd);
        true
    }

    /// The label in capitals, `#` included.
    pub(super) fn label(&self) -> Cow<'a, str> {
        let text = String::from_utf8_lossy(self.label);
        if text.bytes().any(|byte| byte.is_ascii_lowercase()) {
            Cow::Owned(text.to_ascii_uppercase())
        } else {
            text
        }
    }

    /// The text field at `place`, object lists not counted. `None` when it is missing or blank.
    pub(super) fn text(&self, place: usize) -> Option<Cow<'_, str>> {
        let mut texts = self.fields.iter().filter_map(|field| match field {
            Field::Text(text) => Some(text),
            Field::Objects(_) => None,
        });
        let text = self.charset.decode(texts.nth(place)?);
        if text.trim().is_empty() { None } else { Some(text) }
    }

    /// All text fields from the first one on, joined with a space: a name somebody forgot to quote.
    pub(super) fn joined(&self) -> Option<String> {
        let texts = self.fields.iter().filter_map(|field| match field {
            Field::Text(text) => Some(self.charset.decode(text)),
            Field::Objects(_) => None,
        });
        let parts: Vec<_> = texts.take_while(|text| !text.trim().is_empty()).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// The number of text fields, blank ones included.
    pub(super) fn text_count(&self) -> usize {
        self.fields.iter().filter(|field| matches!(field, Field::Text(_))).count()
    }

    /// Dimension and object pairs of the object list; the flag tells of a dimension without an object.
    pub(super) fn objects(&self) -> (Vec<(String, String)>, bool) {
        let Some(words) = self.fields.iter().find_map(|field| match field {
            Field::Objects(words) => Some(words),
            Field::Text(_) => None,
        }) else {
            return (Vec::new(), false);
        };
        let decode = |word: &Cow<'_, [u8]>| self.charset.decode(word).into_owned();
        let pairs = words.chunks_exact(2).map(|pair| (decode(&pair[0]), decode(&pair[1]))).collect();
        (pairs, words.len() % 2 == 1)
    }

    /// True when the line ends in an opening brace: a voucher block opened on the record's own line.
    pub(super) fn opens_block(&self) -> bool {
        self.odd.open_brace && matches!(self.fields.last(), Some(Field::Objects(words)) if words.is_empty())
    }

    /// The amount at `place`. A decimal comma is read too, and told as `true`.
    pub(super) fn amount(&self, place: usize) -> Option<Result<(Amount, bool), String>> {
        let text = self.text(place)?;
        if let Ok(amount) = Amount::parse(&text) {
            return Some(Ok((amount, false)));
        }
        let pointed = text.trim().replacen(',', ".", 1);
        Some(Amount::parse(&pointed).map(|amount| (amount, true)).map_err(|_| text.into_owned()))
    }

    /// The date at `place`, `YYYYMMDD`; the text itself when it is no day of the calendar.
    pub(super) fn date(&self, place: usize) -> Option<Result<Date, String>> {
        let text = self.text(place)?;
        Some(parse_compact_date(&text).ok_or_else(|| text.into_owned()))
    }

    /// Calls `part` with label and field contents, in CP437: the bytes `#KSUMMA` counts.
    pub(super) fn checksum_parts(&self, mut part: impl FnMut(&[u8])) {
        part(self.label);
        for field in &self.fields {
            match field {
                Field::Text(text) => part(&self.charset.to_cp437(text)),
                Field::Objects(words) => words.iter().for_each(|word| part(&self.charset.to_cp437(word))),
            }
        }
    }

    /// A finding on this record.
    pub(super) fn finding(
        &self,
        code: &'static str,
        severity: Severity,
        message: impl Into<Said>,
    ) -> Finding {
        Finding::new(code, severity, message).at(self.line, self.label())
    }
}
