//! The XML of bank messages as a stream of borrowed tokens, with the limits that keep a hostile file harmless.
//!
//! Invariants: a document type is refused before anything it declares could matter; no entity is resolved but
//! the five of XML and character references; depth, attributes and text are bounded (DESIGN §13); a document
//! that ends before its root does is refused. Offsets are into the decoded text.
//! Absent on purpose: namespaces (banks vary them; the readers match local names) and validation by schema.

use attest_domain::{
    finding::{Refusal, Said},
    limits::{XML_ATTRIBUTES_MAX, XML_DEPTH_MAX, XML_TEXT_BYTES_MAX},
    said,
};
use quick_xml::{
    Reader,
    errors::{Error, IllFormedError},
    events::{BytesStart, Event},
};
use std::borrow::Cow;

/// One token. Names are as written, with a prefix if there is one.
#[derive(Debug)]
pub(crate) enum Token<'d> {
    /// `<name attributes>`, or `<name attributes/>` when `closed`.
    Start { name: &'d str, attributes: &'d str, closed: bool },
    /// `</name>`.
    End,
    /// A run of text or a CDATA section; one text may come in several runs.
    Text(&'d str),
    /// A character reference or one of the five entities.
    Character(char),
    /// The document is complete.
    Complete,
}

/// Reads tokens from decoded text.
pub(crate) struct Xml<'d> {
    text: &'d str,
    reader: Reader<&'d [u8]>,
    /// Bytes in front of what the reader was given.
    skipped: usize,
    depth: usize,
    /// Offset of the first byte of the last token.
    start: usize,
    /// Bytes of text since the last tag.
    run: usize,
    root_closed: bool,
    lines: Lines,
}

impl<'d> Xml<'d> {
    pub(crate) fn new(text: &'d str) -> Self {
        // A file that went through two programs may have two byte order marks. The reader would drop the second
        // without counting it, and every offset behind it would be wrong.
        let behind = text.trim_start_matches('\u{FEFF}');
        let skipped = text.len() - behind.len();
        let mut reader = Reader::from_str(behind);
        reader.config_mut().check_comments = false;
        let lines = Lines::default();
        Self { text, reader, skipped, depth: 0, start: skipped, run: 0, root_closed: false, lines }
    }

    /// Offset of the first byte of the last token.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// Offset behind the last token.
    pub(crate) fn end(&self) -> usize {
        let read = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        self.skipped.saturating_add(read)
    }

    /// The line (from 1) of an offset.
    pub(crate) fn line(&mut self, offset: usize) -> u64 {
        self.lines.at(self.text, offset)
    }

    /// A refusal at the last token. Boxed: every token is handed over beside the room for one.
    #[cold]
    pub(crate) fn refuse(&mut self, code: &'static str, said: impl Into<Said>) -> Box<Refusal> {
        let line = self.line(self.start);
        Box::new(Refusal::new(code, said).at(line, ""))
    }

    /// The next token.
    ///
    /// # Errors
    /// A [`Refusal`] `xml.…` with the line where reading stopped.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Token<'d>, Box<Refusal>> {
        loop {
            self.start = self.end();
            match self.reader.read_event() {
                Ok(Event::Start(tag)) => return self.open(&tag, false),
                Ok(Event::End(_)) => {
                    self.run = 0;
                    self.depth -= 1;
                    self.root_closed = self.depth == 0;
                    return Ok(Token::End);
                }
                Ok(Event::Text(run)) => {
                    if let Some(text) = self.text_run(&run.into_inner())? {
                        return Ok(Token::Text(text));
                    }
                }
                Ok(Event::Empty(tag)) => return self.open(&tag, true),
                Ok(Event::CData(run)) => {
                    if let Some(text) = self.text_run(&run.into_inner())? {
                        return Ok(Token::Text(text));
                    }
                }
                Ok(Event::GeneralRef(reference)) => {
                    let character = self.character(&reference)?;
                    return Ok(Token::Character(character));
                }
                Ok(Event::Decl(_) | Event::PI(_) | Event::Comment(_)) => {}
                Ok(Event::DocType(_)) => return Err(self.doctype()),
                Ok(Event::Eof) => return self.finish(),
                Err(error) => return Err(self.broken(&error)),
            }
        }
    }

    #[inline]
    fn open(&mut self, tag: &BytesStart<'_>, closed: bool) -> Result<Token<'d>, Box<Refusal>> {
        self.run = 0;
        if self.root_closed {
            return Err(self.malformed("there is a second element behind the end of the first"));
        }
        if self.depth == XML_DEPTH_MAX {
            let message =
                format!("Elements are nested deeper than {XML_DEPTH_MAX}, which no bank message is.");
            return Err(self.refuse("xml.depth", message));
        }
        // The event borrows the document; its own lifetime is shortened by the reference to it.
        let name_length = tag.name().as_ref().len();
        let name = &self.text[self.start + 1..self.start + 1 + name_length];
        let attributes = &self.text[self.start + 1 + name_length..self.start + 1 + tag.len()];
        if !attributes.is_empty() && !is_plain_currency(attributes) {
            self.check_attributes(attributes)?;
        }
        if closed {
            self.root_closed = self.depth == 0;
        } else {
            self.depth += 1;
        }
        Ok(Token::Start { name, attributes, closed })
    }

    #[inline]
    fn text_run(&mut self, run: &Cow<'d, str>) -> Result<Option<&'d str>, Box<Refusal>> {
        // Events over a slice borrow; the owned case exists for buffered readers only.
        let Cow::Borrowed(run) = *run else { return Ok(None) };
        self.add_run(run.len())?;
        if self.depth == 0 && !run.trim_ascii().is_empty() {
            return Err(self.malformed("there is text outside the root element"));
        }
        Ok(Some(run))
    }

    #[inline]
    fn add_run(&mut self, bytes: usize) -> Result<(), Box<Refusal>> {
        self.run += bytes;
        if self.run > XML_TEXT_BYTES_MAX {
            let message =
                format!("A text is longer than {XML_TEXT_BYTES_MAX} bytes, which none in a bank message is.");
            return Err(self.refuse("xml.text", message));
        }
        Ok(())
    }

    #[cold]
    fn character(&mut self, reference: &str) -> Result<char, Box<Refusal>> {
        self.add_run(1)?;
        let found = match reference {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => reference.strip_prefix('#').and_then(numbered_character),
        };
        if self.depth == 0 {
            return Err(self.malformed("there is text outside the root element"));
        }
        found.ok_or_else(|| {
            let shown: String = reference.chars().take(32).collect();
            let message = said!(
                "The file uses the entity &{found}; which XML does not know without a document type. Nothing was read.",
                found = shown,
            );
            self.refuse("xml.entity", message)
        })
    }

    /// Checks the attributes of one tag, at most one more than is allowed, so that a flood of them costs nothing.
    fn check_attributes(&mut self, raw: &'d str) -> Result<(), Box<Refusal>> {
        let mut names: [&str; XML_ATTRIBUTES_MAX] = [""; XML_ATTRIBUTES_MAX];
        for (count, attribute) in attributes(raw).enumerate() {
            let Some((name, _)) = attribute else {
                return Err(self.malformed("an attribute is not written as name=\"value\""));
            };
            if count == XML_ATTRIBUTES_MAX {
                let message = format!(
                    "An element has more than {XML_ATTRIBUTES_MAX} attributes, which none in a bank message has."
                );
                return Err(self.refuse("xml.attributes", message));
            }
            if names[..count].contains(&name) {
                return Err(self.malformed("an element has the same attribute twice"));
            }
            names[count] = name;
        }
        Ok(())
    }

    /// Checks a name that no reader knows, so that the check costs nothing for those that are known.
    ///
    /// # Errors
    /// `xml.malformed` for what is no XML name.
    #[inline]
    pub(crate) fn check_name(&mut self, name: &str) -> Result<(), Box<Refusal>> {
        let starts = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':') || byte >= 0x80;
        let fits = name.as_bytes().first().is_some_and(|byte| starts(*byte))
            && name.bytes().all(|byte| starts(byte) || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'));
        if fits { Ok(()) } else { Err(self.malformed("the name of an element is none")) }
    }

    fn finish(&mut self) -> Result<Token<'d>, Box<Refusal>> {
        if self.depth > 0 {
            return Err(self.truncated());
        }
        if !self.root_closed {
            return Err(self.malformed("there is no element in it"));
        }
        Ok(Token::Complete)
    }

    #[cold]
    fn truncated(&mut self) -> Box<Refusal> {
        self.start = self.text.len();
        self.refuse(
            "document.truncated",
            "The file ends in the middle of an element: it was cut short. Nothing was read; ask for it to be sent again.",
        )
    }

    #[cold]
    fn malformed(&mut self, what: &str) -> Box<Refusal> {
        let message =
            format!("The file is no well-formed XML: {what}. Nothing was read; ask for it to be sent again.");
        self.refuse("xml.malformed", message)
    }

    #[cold]
    fn doctype(&mut self) -> Box<Refusal> {
        self.refuse(
            "xml.doctype",
            "The file declares a document type (DOCTYPE). Bank messages have none, and it can be used to attack \
             the reader, so nothing was read.",
        )
    }

    #[cold]
    fn broken(&mut self, error: &Error) -> Box<Refusal> {
        // An unfinished document type is one all the same.
        let here = self.text[self.start.min(self.text.len())..].trim_ascii_start().as_bytes();
        if here.len() >= 9 && here[..9].eq_ignore_ascii_case(b"<!DOCTYPE") {
            return self.doctype();
        }
        let at_end = self.end() >= self.text.len();
        match error {
            Error::Syntax(_) if at_end => self.truncated(),
            Error::IllFormed(IllFormedError::UnclosedReference) if at_end => self.truncated(),
            error => self.malformed(&error.to_string()),
        }
    }
}

fn numbered_character(digits: &str) -> Option<char> {
    let code = match digits.strip_prefix('x') {
        Some(hex) if !hex.starts_with('+') => u32::from_str_radix(hex, 16).ok()?,
        None if !digits.starts_with('+') => digits.parse().ok()?,
        _ => return None,
    };
    char::from_u32(code).filter(|character| !is_forbidden(*character))
}

/// The control characters that XML 1.0 does not allow in any form.
fn is_forbidden(character: char) -> bool {
    character < ' ' && !matches!(character, '\t' | '\n' | '\r')
}

/// Refuses nothing itself: tells whether a text holds a control character that XML forbids.
pub(crate) fn has_forbidden_character(text: &str) -> bool {
    text.bytes().any(|byte| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r'))
}

/// ` Ccy="SEK"`, the one attribute that nearly all elements with one have.
#[inline]
fn is_plain_currency(raw: &str) -> bool {
    raw.strip_prefix(" Ccy=\"")
        .and_then(|rest| rest.strip_suffix('"'))
        .is_some_and(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()))
}

/// The attributes of a tag as name and raw value; `None` where one is not written as XML asks.
pub(crate) fn attributes(raw: &str) -> impl Iterator<Item = Option<(&str, &str)>> {
    let mut rest = raw;
    std::iter::from_fn(move || {
        let trimmed = rest.trim_ascii_start();
        if trimmed.is_empty() {
            return None;
        }
        let attribute = (trimmed.len() < rest.len()).then(|| one_attribute(trimmed)).flatten();
        rest = attribute.map_or("", |(_, _, behind)| behind);
        Some(attribute.map(|(name, value, _)| (name, value)))
    })
}

fn one_attribute(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once('=')?;
    let name = name.trim_ascii_end();
    let is_name = !name.is_empty() && !name.contains(['"', '\'', '<', '>', '&', ' ', '\t', '\n', '\r']);
    let rest = rest.trim_ascii_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (value, behind) = rest[1..].split_once(quote)?;
    (is_name && !value.contains('<')).then_some((name, value, behind))
}

/// Counts lines only when asked, from where it counted last, in either direction.
#[derive(Debug, Default)]
struct Lines {
    offset: usize,
    newlines: u64,
}

impl Lines {
    fn at(&mut self, text: &str, offset: usize) -> u64 {
        let bytes = text.as_bytes();
        let offset = offset.min(bytes.len());
        let count = |range: &[u8]| memchr::memchr_iter(b'\n', range).count() as u64;
        if offset >= self.offset {
            self.newlines += count(&bytes[self.offset..offset]);
        } else {
            self.newlines -= count(&bytes[offset..self.offset]);
        }
        self.offset = offset;
        self.newlines + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> Box<Refusal> {
        let mut xml = Xml::new(text);
        loop {
            match xml.next() {
                Ok(Token::Complete) => panic!("{text:.60} was read"),
                Ok(_) => {}
                Err(refusal) => return refusal,
            }
        }
    }

    #[test]
    fn what_is_no_well_formed_document_is_refused_with_its_line() {
        for (text, code, line) in [
            ("<a>\n<b></a>", "xml.malformed", 2),
            ("<a>\n<b>", "document.truncated", 2),
            ("<a>\n<b", "document.truncated", 2),
            ("<a>&am", "document.truncated", 1),
            ("<a>\n\n&nbsp;</a>", "xml.entity", 3),
            ("<a>&#0;</a>", "xml.entity", 1),
            ("<a/>\n<b/>", "xml.malformed", 2),
            ("<a/>text", "xml.malformed", 1),
            ("<a b=c/>", "xml.malformed", 1),
            ("<a b='1' b='2'/>", "xml.malformed", 1),
            ("<a b='1'c='2'/>", "xml.malformed", 1),
            ("\n<!DOCTYPE a><a/>", "xml.doctype", 2),
            ("<!doctype a [<!ENTITY b 'c'>", "xml.doctype", 1),
            ("", "xml.malformed", 1),
        ] {
            let refusal = refusal(text);
            assert_eq!((refusal.code.as_ref(), refusal.line), (code, Some(line)), "{text}");
        }
    }

    #[test]
    fn limits_hold_at_their_edge() {
        let nested = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
        assert!(reads(&nested(XML_DEPTH_MAX)));
        assert_eq!(refusal(&nested(XML_DEPTH_MAX + 1)).code, "xml.depth");
        let attributed = |count: usize| {
            let attributes: String = (0..count).map(|index| format!(" a{index}='1'")).collect();
            format!("<a{attributes}/>")
        };
        assert!(reads(&attributed(XML_ATTRIBUTES_MAX)));
        assert_eq!(refusal(&attributed(XML_ATTRIBUTES_MAX + 1)).code, "xml.attributes");
        let long = |bytes: usize| format!("<a>{}</a>", "x".repeat(bytes));
        assert!(reads(&long(XML_TEXT_BYTES_MAX)));
        assert_eq!(refusal(&long(XML_TEXT_BYTES_MAX + 1)).code, "xml.text");
        assert_eq!(refusal(&format!("<a>{}</a>", "&amp;".repeat(XML_TEXT_BYTES_MAX + 1))).code, "xml.text");
    }

    fn reads(text: &str) -> bool {
        let mut xml = Xml::new(text);
        loop {
            match xml.next() {
                Ok(Token::Complete) => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }

    #[test]
    fn lines_are_counted_in_both_directions() {
        let text = "a\nb\nc\nd";
        let mut lines = Lines::default();
        assert_eq!([0, 6, 2, 4, 1].map(|offset| lines.at(text, offset)), [1, 4, 2, 3, 1]);
    }

    #[test]
    fn the_entities_of_xml_are_characters() {
        let mut xml = Xml::new("<a>&lt;&#228;&#xE5;</a>");
        let mut read = String::new();
        while let Ok(token) = xml.next() {
            match token {
                Token::Character(character) => read.push(character),
                Token::Complete => break,
                _ => {}
            }
        }
        assert_eq!(read, "<äå");
    }
}
