//! SWIFT MT940 statements and MT942 interim reports, as banks export them, envelopes and preambles included.
//!
//! Decisions: `RC` and `RD` flip the sign and mark a reversal; `EC` and `ED` are pending. The booking day is the
//! entry date, else the value date. A value date behind the end of its month becomes the month's last day with
//! a finding. `:60M:` and `:62M:` serve as opening and closing of their page. The period is the dates of the two
//! balances. The owner's reference of `:61:` becomes the entry's reference, the bank's one the servicer's.
//! A `:86:` that follows no entry is a note on the statement (an info finding). The id of an entry comes from
//! the path `MT[m]/61[e]`, both counted from 1. An MT940 that ends without `:62F:` refuses the file.
//!
//! **Absent on purpose:** MT941, MT950 and the checksums of the SWIFT envelope.

mod details;
mod field;
mod message;

use crate::{
    Family, Format, Outcome, ReadContext, Sink,
    lines::{Ids, Line, Lines, Output, Stop, finish},
};
use attest_domain::{Finding, Severity, finding::Refusal, said};
use message::{Field, Message};
use std::borrow::Cow;

/// Most lines of one field, far above the six of the specification and what banks really send.
const FIELD_LINES_MAX: usize = 1_000;

/// Recognises MT940 and MT942 from the decoded head: a line `:20:`, then `:25:`, then an opening balance, a
/// statement number or a floor limit.
#[must_use]
pub fn detect(head: &str) -> Option<Format> {
    let mut tags = head
        .lines()
        .filter_map(|line| split_tag(line.trim_start_matches(['\u{1}', '\u{feff}'])).map(|(tag, _)| tag));
    tags.find(|tag| *tag == "20")?;
    tags.find(|tag| matches!(*tag, "25" | "25P"))?;
    let rest: Vec<&str> = tags.collect();
    let intraday =
        rest.iter().take_while(|tag| **tag != "20").any(|tag| matches!(*tag, "34F" | "13D" | "13"));
    let known = rest.iter().any(|tag| matches!(*tag, "28" | "28C" | "60F" | "60M" | "34F"));
    known.then(|| format_named(intraday))
}

fn format_named(intraday: bool) -> Format {
    Format { family: Family::Mt940, name: if intraday { "MT942" } else { "MT940" }.to_owned() }
}

/// Splits `:60F:rest`. `None` when the line does not begin with a tag.
fn split_tag(line: &str) -> Option<(&str, &str)> {
    let (tag, rest) = line.strip_prefix(':')?.split_once(':')?;
    let bytes = tag.as_bytes();
    let shaped = matches!(bytes.len(), 2 | 3)
        && bytes[..2].iter().all(u8::is_ascii_digit)
        && bytes[2..].iter().all(u8::is_ascii_uppercase);
    shaped.then_some((tag, rest))
}

/// Reads the document.
///
/// # Errors
/// A [`Refusal`] `document.truncated`, `mt940.no_message`, `document.item_too_large`, `document.item_too_large`, `line.too_long` or `amount.overflow`.
pub fn read(bytes: &[u8], context: &ReadContext<'_>, sink: &mut Sink<'_>) -> Result<Outcome, Refusal> {
    finish(read_all(bytes, context, &mut Output::new(sink)))
}

fn read_all(bytes: &[u8], context: &ReadContext<'_>, output: &mut Output<'_, '_>) -> Result<Format, Stop> {
    let start = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let mut reader = Reader {
        utf8: std::str::from_utf8(bytes).is_ok(),
        ids: Ids::new(context.digest),
        message: None,
        field: None,
        messages: 0,
        intraday: None,
        passed_over: 0,
        first_passed_over: None,
    };
    let mut lines = Lines::new(bytes, start);
    while let Some(line) = lines.next()? {
        reader.line(&line, output)?;
    }
    reader.end_message(true, output)?;
    if let Some(line) = reader.first_passed_over {
        let text = said!(
            "{count} lines stand outside the messages (a preamble, for instance) and were passed over.",
            count = reader.passed_over,
        );
        output.finding(Finding::new("mt940.outside_message", Severity::Info, text).at(line, "line"))?;
    }
    if reader.messages == 0 {
        return Err(
            Refusal::new("mt940.no_message", "The file holds no MT940 or MT942 message (:20:).").into()
        );
    }
    Ok(format_named(reader.intraday.unwrap_or(false)))
}

struct Reader {
    utf8: bool,
    ids: Ids,
    message: Option<Message>,
    field: Option<Field>,
    messages: u32,
    /// Whether the first message is an MT942, which names the file.
    intraday: Option<bool>,
    passed_over: u64,
    first_passed_over: Option<u64>,
}

impl Reader {
    fn decode<'b>(&self, bytes: &'b [u8]) -> Cow<'b, str> {
        if self.utf8 {
            String::from_utf8_lossy(bytes)
        } else {
            encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0
        }
    }

    fn line(&mut self, line: &Line<'_>, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        // Transmission control characters stand around messages (SOH, ETX).
        let skip = line.bytes.iter().take_while(|byte| matches!(byte, 0x01..=0x04)).count();
        let bytes = &line.bytes[skip..];
        let start = line.start + skip;
        if bytes.starts_with(b"-}")
            || bytes.trim_ascii_end() == b"-"
            || bytes.starts_with(b"{")
            || bytes.starts_with(b"-\x03")
        {
            self.end_message(false, output)?;
            // Text may begin on the line of the envelope: `{4::20:…`.
            return match memchr::memmem::find(bytes, b"{4:") {
                Some(at) if bytes[at + 3..].starts_with(b":") => {
                    self.text(line.number, start + at + 3, &bytes[at + 3..], output)
                }
                _ => Ok(()),
            };
        }
        self.text(line.number, start, bytes, output)
    }

    fn text(
        &mut self,
        number: u64,
        start: usize,
        bytes: &[u8],
        output: &mut Output<'_, '_>,
    ) -> Result<(), Stop> {
        let end = start + bytes.len();
        let text = self.decode(bytes).into_owned();
        if let Some((tag, rest)) = split_tag(&text) {
            self.end_field(output)?;
            if tag == "20" {
                self.end_message(false, output)?;
            }
            let field = Field { tag: tag.to_owned(), line: number, start, end, text: vec![rest.to_owned()] };
            if tag == "20" {
                self.message = Some(Message::new(self.messages, &field));
                self.messages += 1;
                return Ok(());
            }
            if self.message.is_some() {
                self.field = Some(field);
                return Ok(());
            }
        } else if let Some(field) = &mut self.field {
            if !text.trim().is_empty() {
                if field.text.len() >= FIELD_LINES_MAX {
                    let text = said!(
                        "This field has more than {most} lines; SWIFT allows six. The file is damaged.",
                        most = FIELD_LINES_MAX,
                    );
                    return Err(Refusal::new("document.item_too_large", text)
                        .at(field.line, format!(":{}:", field.tag))
                        .into());
                }
                field.end = end;
                field.text.push(text);
            }
            return Ok(());
        }
        if !bytes.trim_ascii().is_empty() {
            self.passed_over += 1;
            self.first_passed_over.get_or_insert(number);
        }
        Ok(())
    }

    fn end_field(&mut self, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        match (&mut self.message, self.field.take()) {
            (Some(message), Some(field)) => message.field(field, &self.ids, output),
            _ => Ok(()),
        }
    }

    fn end_message(&mut self, last: bool, output: &mut Output<'_, '_>) -> Result<(), Stop> {
        self.end_field(output)?;
        match self.message.take() {
            Some(message) => {
                self.intraday.get_or_insert(message.is_intraday());
                message.close(last, &self.ids, output)
            }
            None => Ok(()),
        }
    }
}
