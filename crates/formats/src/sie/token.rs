//! The SIE tokenizer: one line into label and fields, on bytes, borrowing wherever it can.
//!
//! All three character sets agree on the ASCII that structures a line, so splitting needs no decoding.

use std::borrow::Cow;

/// One field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Field<'a> {
    /// A word, quoted or not, its quotes gone.
    Text(Cow<'a, [u8]>),
    /// An object list: what stood between the braces.
    Objects(Vec<Cow<'a, [u8]>>),
}

/// What is odd about a line's spelling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Oddities {
    /// A quote was opened and not closed.
    pub(super) open_quote: bool,
    /// A brace was opened and not closed.
    pub(super) open_brace: bool,
    /// There is a control character other than the tab.
    pub(super) control: bool,
}

/// Splits the line behind its label into `fields`, which is emptied first, and returns the label.
/// `None` when the line does not start with `#`.
pub(super) fn tokenize<'a>(line: &'a [u8], fields: &mut Vec<Field<'a>>) -> Option<(&'a [u8], Oddities)> {
    fields.clear();
    let start = line.iter().position(|byte| !is_blank(*byte))?;
    if line[start] != b'#' {
        return None;
    }
    let mut cursor = Cursor { line, at: start, odd: Oddities::default() };
    while cursor.peek().is_some_and(|byte| !is_blank(byte) && byte != b'{') {
        cursor.at += 1;
    }
    let label = &line[start..cursor.at];
    while let Some(byte) = cursor.skip_blanks() {
        fields.push(if byte == b'{' { cursor.objects() } else { Field::Text(cursor.word(false)) });
    }
    cursor.odd.control = line.iter().any(|byte| is_control(*byte));
    Some((label, cursor.odd))
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

fn is_control(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\t' && byte != b'\r') || byte == 0x7F
}

struct Cursor<'a> {
    line: &'a [u8],
    at: usize,
    odd: Oddities,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    fn skip_blanks(&mut self) -> Option<u8> {
        while self.peek().is_some_and(is_blank) {
            self.at += 1;
        }
        self.peek()
    }

    /// Reads a word; inside an object list a closing brace ends an unquoted one.
    fn word(&mut self, in_list: bool) -> Cow<'a, [u8]> {
        let quoted = self.peek() == Some(b'"');
        if quoted {
            self.at += 1;
        }
        let start = self.at;
        let mut escaped = false;
        let end = loop {
            match self.peek() {
                None => {
                    self.odd.open_quote |= quoted;
                    break self.at;
                }
                Some(b'\\') if self.line.get(self.at + 1) == Some(&b'"') => {
                    escaped = true;
                    self.at += 2;
                }
                Some(b'"') if quoted => {
                    self.at += 1;
                    break self.at - 1;
                }
                Some(byte) if !quoted && (is_blank(byte) || (in_list && byte == b'}')) => break self.at,
                Some(_) => self.at += 1,
            }
        };
        let raw = &self.line[start..end];
        if escaped { Cow::Owned(unescape(raw)) } else { Cow::Borrowed(raw) }
    }

    /// Reads `{dim "obj" …}`; the cursor stands on the opening brace.
    fn objects(&mut self) -> Field<'a> {
        self.at += 1;
        let mut words = Vec::new();
        loop {
            match self.skip_blanks() {
                None => {
                    self.odd.open_brace = true;
                    return Field::Objects(words);
                }
                Some(b'}') => {
                    self.at += 1;
                    return Field::Objects(words);
                }
                Some(_) => words.push(self.word(true)),
            }
        }
    }
}

/// `\"` becomes `"`; every other backslash stays.
fn unescape(raw: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' || bytes.peek() != Some(&b'"') {
            plain.push(byte);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(line: &str) -> Vec<String> {
        let mut fields = Vec::new();
        tokenize(line.as_bytes(), &mut fields).unwrap();
        fields
            .iter()
            .map(|field| match field {
                Field::Text(text) => String::from_utf8_lossy(text).into_owned(),
                Field::Objects(words) => {
                    format!(
                        "{{{}}}",
                        words.iter().map(|word| String::from_utf8_lossy(word)).collect::<Vec<_>>().join("|")
                    )
                }
            })
            .collect()
    }

    #[test]
    fn fields_are_split_at_spaces_and_tabs_and_quotes_keep_blanks() {
        assert_eq!(texts("\t#KONTO\t1930  \"Bank  konto\""), ["1930", "Bank  konto"]);
        assert_eq!(texts("#VER \"\" \"\" 20240101"), ["", "", "20240101"]);
    }

    #[test]
    fn only_an_escaped_quote_is_special() {
        assert_eq!(texts(r#"#PROGRAM "1.0 - \"Owl\"" C:\Temp \"x"#), [r#"1.0 - "Owl""#, r"C:\Temp", "\"x"]);
        assert_eq!(texts(r#"#FNR "C:\a\b""#), [r"C:\a\b"]);
    }

    #[test]
    fn object_lists_may_be_empty_tight_or_quoted() {
        assert_eq!(
            texts(r#"#TRANS 1930 {} 1 { } {1 "Nord" 6 "0015"} { "1" "1"} {1 a}"#),
            ["1930", "{}", "1", "{}", "{1|Nord|6|0015}", "{1|1}", "{1|a}"]
        );
        assert_eq!(texts("#TRANS 1930{}5"), ["1930{}5"], "a brace inside a word does not split it");
    }

    #[test]
    fn what_is_left_open_is_told() {
        let mut fields = Vec::new();
        let odd = |line: &'static str, fields: &mut Vec<Field<'static>>| {
            tokenize(line.as_bytes(), fields).unwrap().1
        };
        assert!(odd("#FNAMN \"open", &mut fields).open_quote);
        assert!(odd("#TRANS 1 {1 2", &mut fields).open_brace);
        assert!(odd("#FNAMN \u{1}", &mut fields).control);
        assert_eq!(odd("#FNAMN ok", &mut fields), Oddities::default());
        assert_eq!(tokenize(b"plain", &mut fields), None);
        assert_eq!(tokenize(b"", &mut fields), None);
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_read_back(words in prop::collection::vec("[ -~åäö]{0,12}", 0..6)) {
            // A backslash before the closing quote cannot be written in SIE: it would escape the quote.
            prop_assume!(words.iter().all(|word| !word.ends_with('\\')));
            let line = words.iter().fold("#X".to_owned(), |line, word| format!("{line} \"{}\"", word.replace('"', "\\\"")));
            prop_assume!(words.iter().all(|word| !word.contains("\\\"")));
            prop_assert_eq!(texts(&line), words);
        }

        #[test]
        fn any_bytes_are_split_without_panic(line in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut fields = Vec::new();
            let _ = tokenize(&line, &mut fields);
        }
    }
}
