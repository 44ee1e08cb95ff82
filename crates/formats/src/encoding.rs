//! From the bytes of a document to text, and back from a place in the text to the byte it came from.
//!
//! Invariant: every offset that leaves a reader points into the *original* bytes. UTF-8 is borrowed as it is;
//! anything else is transcoded once and [`Offsets`] counts the way back.
//! Absent on purpose: the encodings of line-based formats (CP437 in SIE), which their readers know best.

use attest_domain::{
    Span,
    finding::{Finding, Refusal, Severity},
    limits::TRANSCODED_BYTES_MAX,
    said,
};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// How many bytes of a document are looked at to tell its format.
const HEAD_BYTES: usize = 4096;

/// A decoded document.
#[derive(Debug)]
pub struct Decoded<'a> {
    /// The text without a byte order mark.
    pub text: Cow<'a, str>,
    /// The way back to the original bytes.
    pub offsets: Offsets,
    /// The encoding that was read (`UTF-8`, `UTF-16LE`, `windows-1252` …).
    pub encoding: &'static str,
    /// A remark when the document says another encoding than it has.
    pub mismatch: Option<Finding>,
}

/// How decoded text lies in the original bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// The text is the original.
    Same,
    /// One byte was one character.
    SingleByte,
    /// Two bytes were one UTF-16 unit.
    Utf16,
}

/// Turns offsets in decoded text into offsets in the original bytes, with a cursor that moves forward.
///
/// A step back is answered rightly too, by counting from the start again.
#[derive(Clone, Debug)]
pub struct Offsets {
    layout: Layout,
    mark: usize,
    decoded: usize,
    original: u64,
}

impl Offsets {
    fn new(layout: Layout, mark: usize) -> Self {
        Self { layout, mark, decoded: 0, original: mark as u64 }
    }

    /// The offset in the original of the character at `decoded` bytes in `text`.
    pub fn original(&mut self, text: &str, decoded: usize) -> u64 {
        if self.layout == Layout::Same {
            return (self.mark + decoded) as u64;
        }
        if decoded < self.decoded {
            (self.decoded, self.original) = (0, self.mark as u64);
        }
        let passed = &text.as_bytes()[self.decoded..decoded];
        // Every character has one byte that is no continuation byte; only four-byte ones need two units.
        let characters = passed.iter().filter(|byte| **byte & 0xC0 != 0x80).count() as u64;
        self.original += match self.layout {
            Layout::Utf16 => 2 * (characters + passed.iter().filter(|byte| **byte >= 0xF0).count() as u64),
            Layout::SingleByte | Layout::Same => characters,
        };
        self.decoded = decoded;
        self.original
    }

    /// The span in the original of a range of the text.
    pub fn span(&mut self, text: &str, start: usize, end: usize) -> Span {
        Span { start: self.original(text, start), end: self.original(text, end) }
    }
}

/// The first few KiB of a document as text, for detection. Never fails: what cannot be read becomes `U+FFFD`.
#[must_use]
pub fn head(bytes: &[u8]) -> String {
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    if let Some((encoding, mark)) = wide_encoding(head) {
        return encoding.decode_without_bom_handling(&head[mark..]).0.into_owned();
    }
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    match std::str::from_utf8(head) {
        Ok(text) => text.to_owned(),
        // Cut in the middle of a character.
        Err(error) if error.error_len().is_none() => {
            String::from_utf8_lossy(&head[..error.valid_up_to()]).into_owned()
        }
        Err(_) => WINDOWS_1252.decode_without_bom_handling(head).0.into_owned(),
    }
}

/// UTF-16 by its byte order mark or by the shape of `<` followed by an ASCII character.
pub(crate) fn wide_encoding(bytes: &[u8]) -> Option<(&'static Encoding, usize)> {
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] | [b'<', 0, 0, 0, ..] => None,
        [0xFF, 0xFE, ..] => Some((UTF_16LE, 2)),
        [0xFE, 0xFF, ..] => Some((UTF_16BE, 2)),
        [b'<', 0, ..] => Some((UTF_16LE, 0)),
        [0, b'<', ..] => Some((UTF_16BE, 0)),
        _ => None,
    }
}

/// Decodes an XML document by its byte order mark, its declaration and its bytes, in this order of trust.
///
/// # Errors
/// [`Refusal`] `encoding.undecodable` when the bytes are in no encoding that is read, `document.too_large` when
/// there are too many of them to be held a second time as text.
pub fn decode_xml(bytes: &[u8]) -> Result<Decoded<'_>, Refusal> {
    if bytes.starts_with(&[0xFF, 0xFE, 0, 0])
        || bytes.starts_with(&[b'<', 0, 0, 0])
        || bytes.starts_with(&[0, 0])
    {
        return Err(refuse("The file is in UTF-32, which banks do not use. Save it as UTF-8 and try again."));
    }
    if let Some((encoding, mark)) = wide_encoding(bytes) {
        return transcode(bytes, mark, encoding, Layout::Utf16, None);
    }
    let mark = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let body = &bytes[mark..];
    let label = declared_encoding(body);
    let declared = label.and_then(|label| Encoding::for_label(label.as_bytes()));
    match std::str::from_utf8(body) {
        Ok(text) => {
            let other = declared.filter(|declared| *declared != UTF_8 && mark == 0 && !text.is_ascii());
            let mismatch = other.map(|other| mismatch(1, other.name(), "UTF-8"));
            let offsets = Offsets::new(Layout::Same, mark);
            Ok(Decoded { text: Cow::Borrowed(text), offsets, encoding: "UTF-8", mismatch })
        }
        Err(error) => {
            let declared = declared.filter(|_| mark == 0);
            match declared {
                Some(encoding) if encoding != UTF_8 && encoding.is_single_byte() => {
                    transcode(bytes, mark, encoding, Layout::SingleByte, None)
                }
                Some(encoding) if encoding != UTF_8 => Err(refuse(&format!(
                    "The file declares the encoding {}, which is not read. Save it as UTF-8 and try again.",
                    encoding.name()
                ))),
                _ => {
                    let line = 1 + memchr::memchr_iter(b'\n', &body[..error.valid_up_to()]).count() as u64;
                    let finding = mismatch(line, "UTF-8", "windows-1252");
                    transcode(bytes, mark, WINDOWS_1252, Layout::SingleByte, Some(finding))
                }
            }
        }
    }
}

fn transcode<'a>(
    bytes: &'a [u8],
    mark: usize,
    encoding: &'static Encoding,
    layout: Layout,
    mismatch: Option<Finding>,
) -> Result<Decoded<'a>, Refusal> {
    if bytes.len() > TRANSCODED_BYTES_MAX {
        let message = format!(
            "The file has {} bytes in {}; outside UTF-8 at most {TRANSCODED_BYTES_MAX} are read. \
             Ask for it in UTF-8 or in parts.",
            bytes.len(),
            encoding.name()
        );
        return Err(Refusal::new("document.too_large", message).at(1, ""));
    }
    let (text, unreadable) = encoding.decode_without_bom_handling(&bytes[mark..]);
    if unreadable {
        return Err(refuse(&format!(
            "The file is in {}, but some of its bytes are no characters there; it is damaged or cut short. \
             Ask for it to be sent again.",
            encoding.name()
        )));
    }
    Ok(Decoded { text, offsets: Offsets::new(layout, mark), encoding: encoding.name(), mismatch })
}

/// The label in `<?xml … encoding="…"?>`, if there is one.
fn declared_encoding(bytes: &[u8]) -> Option<&str> {
    let head = bytes[..bytes.len().min(256)].trim_ascii_start();
    let end = memchr::memmem::find(head, b"?>").filter(|_| head.starts_with(b"<?xml"))?;
    let declaration = &head[..end];
    let rest = declaration[memchr::memmem::find(declaration, b"encoding")? + 8..].trim_ascii_start();
    let rest = rest.strip_prefix(b"=")?.trim_ascii_start();
    let quote = *rest.first().filter(|byte| matches!(byte, b'"' | b'\''))?;
    let label = &rest[1..];
    std::str::from_utf8(&label[..memchr::memchr(quote, label)?]).ok()
}

fn refuse(message: &str) -> Refusal {
    Refusal::new("encoding.undecodable", message).at(1, "")
}

fn mismatch(line: u64, claim: &str, read: &str) -> Finding {
    let message = said!(
        "The file is said to be {announced}, but its bytes are {found}; they were read as {found}. Check names with å, ä or ö.",
        announced = claim,
        found = read,
    );
    Finding::new("encoding.unexpected", Severity::Warning, message).at(line, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    }

    #[test]
    fn utf_8_is_borrowed_and_its_mark_counted() {
        let decoded = decode_xml(b"\xEF\xBB\xBF<a>\xC3\xA5</a>").unwrap();
        assert!(matches!(decoded.text, Cow::Borrowed("<a>å</a>")));
        assert_eq!(decoded.offsets.clone().original(&decoded.text, 5), 8);
        assert_eq!(decoded.mismatch, None);
    }

    #[test]
    fn utf_16_is_read_with_and_without_a_mark_in_both_orders() {
        let text = "<?xml version=\"1.0\"?><a>å\u{1D11E}b</a>";
        for big in [false, true] {
            let mark: &[u8] = if big { &[0xFE, 0xFF] } else { &[0xFF, 0xFE] };
            for mark in [mark, &[]] {
                let bytes = [mark, &utf16(text, big)].concat();
                let mut decoded = decode_xml(&bytes).unwrap();
                assert_eq!(decoded.text, text);
                let place = text.find('b').unwrap();
                let original = usize::try_from(decoded.offsets.original(text, place)).unwrap();
                assert_eq!(&bytes[original..original + 2], utf16("b", big).as_slice());
                assert_eq!(decoded.offsets.original(text, 0), mark.len() as u64);
            }
        }
    }

    #[test]
    fn a_declared_single_byte_encoding_is_read_without_a_remark() {
        let bytes = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE5\xE4</a>";
        let mut decoded = decode_xml(bytes).unwrap();
        assert!(decoded.text.ends_with("<a>åä</a>"));
        assert_eq!(decoded.mismatch, None);
        let end = decoded.text.len();
        assert_eq!(decoded.offsets.original(&decoded.text, end), bytes.len() as u64);
    }

    #[test]
    fn a_wrong_declaration_is_a_finding_whichever_way_it_is_wrong() {
        let latin = b"<?xml version='1.0' encoding='UTF-8'?>\n<a>\xE5</a>";
        let decoded = decode_xml(latin).unwrap();
        assert!(decoded.text.ends_with("<a>å</a>"));
        assert_eq!(decoded.mismatch.unwrap().line, Some(2));
        let utf_8 = "<?xml version='1.0' encoding='ISO-8859-1'?><a>å</a>";
        let decoded = decode_xml(utf_8.as_bytes()).unwrap();
        assert_eq!(decoded.text, utf_8);
        assert!(decoded.mismatch.is_some());
        let ascii = b"<?xml version='1.0' encoding='windows-1252'?><a/>";
        assert_eq!(decode_xml(ascii).unwrap().mismatch, None);
    }

    #[test]
    fn what_cannot_be_decoded_is_refused() {
        let odd = [utf16("<a>", false), vec![b'x']].concat();
        assert_eq!(decode_xml(&odd).unwrap_err().code, "encoding.undecodable");
        assert_eq!(decode_xml(b"<\0\0\0a\0\0\0").unwrap_err().code, "encoding.undecodable");
        let japanese = b"<?xml version='1.0' encoding='Shift_JIS'?><a>\x83\x65</a>";
        assert_eq!(decode_xml(japanese).unwrap_err().code, "encoding.undecodable");
    }

    #[test]
    fn a_large_file_is_read_in_utf_8_only() {
        let mut bytes = vec![b' '; TRANSCODED_BYTES_MAX + 1];
        bytes[0] = b'<';
        assert_eq!(decode_xml(&bytes).unwrap().encoding, "UTF-8");
        bytes[1] = 0xE5;
        assert_eq!(decode_xml(&bytes).unwrap_err().code, "document.too_large");
    }

    #[test]
    fn the_head_never_breaks_a_character() {
        let long = format!("{}å", "x".repeat(HEAD_BYTES - 1));
        assert_eq!(head(long.as_bytes()).len(), HEAD_BYTES - 1);
        assert_eq!(head(&utf16("<Doc", true)), "<Doc");
        assert_eq!(head(b"K\xE5re"), "Kåre");
    }
}
