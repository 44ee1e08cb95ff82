//! What the readers of line-based formats share: numbered lines with a length limit, early stops and ids.
//!
//! Offsets are always into the original bytes, so that a span leads back to them.

use crate::{Format, Item, Outcome, Sink};
use attest_domain::{
    Date, Digest, EntryId, Finding, LedgerLineId, Span, finding::Refusal, limits::LINE_BYTES_MAX,
};
use sha2::{Digest as _, Sha256};

/// Why a reading ends before the end of the document.
pub(crate) enum Stop {
    /// The sink has had enough.
    Cancelled,
    /// The document cannot be trusted as a whole.
    Refused(Box<Refusal>),
}

impl From<Box<Refusal>> for Stop {
    fn from(refusal: Box<Refusal>) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

/// Turns the result of a reader's inner function into that of its `read`.
pub(crate) fn finish(result: Result<Format, Stop>) -> Result<Outcome, Refusal> {
    match result {
        Ok(format) => Ok(Outcome::Read(format)),
        Err(Stop::Cancelled) => Ok(Outcome::Cancelled),
        Err(Stop::Refused(refusal)) => Err(*refusal),
    }
}

/// The sink, with `?` for its wish to stop.
pub(crate) struct Output<'s, 'f> {
    sink: &'s mut Sink<'f>,
}

impl<'s, 'f> Output<'s, 'f> {
    pub(crate) fn new(sink: &'s mut Sink<'f>) -> Self {
        Self { sink }
    }

    pub(crate) fn item(&mut self, item: Item) -> Result<(), Stop> {
        if (self.sink)(item).is_break() { Err(Stop::Cancelled) } else { Ok(()) }
    }

    pub(crate) fn finding(&mut self, finding: Finding) -> Result<(), Stop> {
        self.item(Item::Finding(finding))
    }
}

/// One line without its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    /// Counted from 1.
    pub(crate) number: u64,
    /// Offset of its first byte in the document.
    pub(crate) start: usize,
    /// The bytes, without LF or CRLF.
    pub(crate) bytes: &'a [u8],
}

impl Line<'_> {
    /// Offset behind the last byte, line end left out.
    pub(crate) fn end(&self) -> usize {
        self.start + self.bytes.len()
    }

    pub(crate) fn span(&self) -> Span {
        span(self.start, self.end())
    }
}

/// Walks over the lines of a document.
#[derive(Clone)]
pub(crate) struct Lines<'a> {
    bytes: &'a [u8],
    offset: usize,
    number: u64,
}

impl<'a> Lines<'a> {
    /// Starts at `offset`, behind a byte order mark for instance.
    pub(crate) fn new(bytes: &'a [u8], offset: usize) -> Self {
        Self { bytes, offset, number: 0 }
    }

    /// The next line, or `None` at the end.
    ///
    /// # Errors
    /// `line.too_long` when a line is longer than any record of these formats.
    pub(crate) fn next(&mut self) -> Result<Option<Line<'a>>, Refusal> {
        if self.offset >= self.bytes.len() {
            return Ok(None);
        }
        let rest = &self.bytes[self.offset..];
        let (length, step) = match memchr::memchr(b'\n', rest) {
            Some(at) => (at, at + 1),
            None => (rest.len(), rest.len()),
        };
        self.number += 1;
        if length > LINE_BYTES_MAX {
            return Err(Refusal::new(
                "line.too_long",
                format!("This line has {length} bytes; no record is longer than {LINE_BYTES_MAX}. The file is damaged or of another kind."),
            )
            .at(self.number, "line"));
        }
        let bytes = &rest[..length];
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let line = Line { number: self.number, start: self.offset, bytes };
        self.offset += step;
        Ok(Some(line))
    }
}

/// A span from offsets in memory.
pub(crate) fn span(start: usize, end: usize) -> Span {
    Span { start: start as u64, end: end as u64 }
}

/// Forms ids from the document's digest and a path.
#[derive(Clone)]
pub(crate) struct Ids(Sha256);

impl Ids {
    pub(crate) fn new(document: Digest) -> Self {
        Self(Sha256::new().chain_update(document.0))
    }

    fn digest(&self, path: &str) -> [u8; 32] {
        self.0.clone().chain_update(path).finalize().into()
    }

    pub(crate) fn entry(&self, path: &str) -> EntryId {
        EntryId::from_digest(&self.digest(path))
    }

    pub(crate) fn ledger_line(&self, path: &str) -> LedgerLineId {
        LedgerLineId::from_digest(&self.digest(path))
    }
}

/// Collects what makes the content digest of a statement: trimmed lines, so that line ends do not count.
#[derive(Clone, Default)]
pub(crate) struct Content(Sha256);

impl Content {
    pub(crate) fn add(&mut self, part: &[u8]) {
        self.0.update(part.trim_ascii_end());
        self.0.update(b"\n");
    }

    pub(crate) fn digest(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

/// Reads `YYYYMMDD`; `None` unless it is a day of the calendar.
pub(crate) fn parse_compact_date(text: &str) -> Option<Date> {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Date::new(text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?).ok()
}
