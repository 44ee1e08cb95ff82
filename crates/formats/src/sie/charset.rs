//! The character set of a SIE file: CP437 by the book, Latin-1 or UTF-8 in practice.

use std::borrow::Cow;

/// How the bytes of a SIE file are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    /// IBM PC 8-bit extended ASCII, the only legal one (`#FORMAT PC8`).
    Cp437,
    /// ISO 8859-1 or -15, read as Windows-1252.
    Latin,
    /// UTF-8, with or without byte order mark.
    Utf8,
}

/// The upper half of CP437, from 0x80.
const CP437_HIGH: [char; 128] = [
    'Ç', 'ü', 'é', 'â', 'ä', 'à', 'å', 'ç', 'ê', 'ë', 'è', 'ï', 'î', 'ì', 'Ä', 'Å', //
    'É', 'æ', 'Æ', 'ô', 'ö', 'ò', 'û', 'ù', 'ÿ', 'Ö', 'Ü', '¢', '£', '¥', '₧', 'ƒ', //
    'á', 'í', 'ó', 'ú', 'ñ', 'Ñ', 'ª', 'º', '¿', '⌐', '¬', '½', '¼', '¡', '«', '»', //
    '░', '▒', '▓', '│', '┤', '╡', '╢', '╖', '╕', '╣', '║', '╗', '╝', '╜', '╛', '┐', //
    '└', '┴', '┬', '├', '─', '┼', '╞', '╟', '╚', '╔', '╩', '╦', '╠', '═', '╬', '╧', //
    '╨', '╤', '╥', '╙', '╘', '╒', '╓', '╫', '╪', '┘', '┌', '█', '▄', '▌', '▐', '▀', //
    'α', 'ß', 'Γ', 'π', 'Σ', 'σ', 'µ', 'τ', 'Φ', 'Θ', 'Ω', 'δ', '∞', 'φ', 'ε', '∩', //
    '≡', '±', '≥', '≤', '⌠', '⌡', '÷', '≈', '°', '∙', '·', '√', 'ⁿ', '²', '■', '\u{a0}',
];

const BOM: &[u8] = b"\xEF\xBB\xBF";

impl Charset {
    /// Decides by byte order mark, valid UTF-8 with multi-byte characters, and else by counting the bytes of
    /// å, ä and ö in CP437 against those in Latin-1. Also tells where the text begins.
    pub(super) fn detect(bytes: &[u8]) -> (Self, usize) {
        if bytes.starts_with(BOM) {
            return (Self::Utf8, BOM.len());
        }
        if bytes.is_ascii() {
            return (Self::Cp437, 0);
        }
        if std::str::from_utf8(bytes).is_ok() {
            return (Self::Utf8, 0);
        }
        let (mut cp437, mut latin) = (0_u64, 0_u64);
        for byte in bytes {
            match byte {
                0x84 | 0x86 | 0x94 | 0x8E | 0x8F | 0x99 => cp437 += 1,
                0xE4 | 0xE5 | 0xF6 | 0xC4 | 0xC5 | 0xD6 => latin += 1,
                _ => {}
            }
        }
        (if latin > cp437 { Self::Latin } else { Self::Cp437 }, 0)
    }

    /// The name people know it by.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Cp437 => "CP437",
            Self::Latin => "Latin-1",
            Self::Utf8 => "UTF-8",
        }
    }

    /// Decodes a field.
    pub(super) fn decode(self, field: &[u8]) -> Cow<'_, str> {
        if field.is_ascii() {
            return String::from_utf8_lossy(field);
        }
        match self {
            Self::Utf8 => String::from_utf8_lossy(field),
            Self::Latin => encoding_rs::WINDOWS_1252.decode_without_bom_handling(field).0,
            Self::Cp437 => {
                Cow::Owned(
                    field
                        .iter()
                        .map(|&byte| {
                            if byte < 0x80 { char::from(byte) } else { CP437_HIGH[usize::from(byte - 0x80)] }
                        })
                        .collect(),
                )
            }
        }
    }

    /// The field's bytes in CP437, over which `#KSUMMA` is computed whatever the file is stored in.
    /// A character CP437 lacks counts as `?`.
    pub(super) fn to_cp437(self, field: &[u8]) -> Cow<'_, [u8]> {
        if self == Self::Cp437 || field.is_ascii() {
            return Cow::Borrowed(field);
        }
        Cow::Owned(self.decode(field).chars().map(cp437_byte).collect())
    }
}

/// The CP437 byte of a character, `?` where there is none.
fn cp437_byte(c: char) -> u8 {
    if let Ok(byte) = u8::try_from(u32::from(c))
        && byte < 0x80
    {
        return byte;
    }
    let place = CP437_HIGH.iter().position(|&high| high == c).and_then(|place| u8::try_from(place).ok());
    place.map_or(b'?', |place| place + 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_tells_cp437_from_latin_and_multi_byte_characters_show_utf_8() {
        assert_eq!(Charset::detect(b"F\x94rs\x84ljning").0, Charset::Cp437);
        assert_eq!(Charset::detect(b"F\xF6rs\xE4ljning").0, Charset::Latin);
        assert_eq!(Charset::detect("Försäljning".as_bytes()).0, Charset::Utf8);
        assert_eq!(Charset::detect(b"\xEF\xBB\xBFplain"), (Charset::Utf8, 3));
        assert_eq!(Charset::detect(b"plain").0, Charset::Cp437);
    }

    #[test]
    fn every_cp437_byte_survives_decoding_and_encoding() {
        for byte in 0x80..=0xFF_u8 {
            let text = Charset::Cp437.decode(&[byte]).into_owned();
            assert_eq!(&*Charset::Utf8.to_cp437(text.as_bytes()), &[byte]);
        }
    }

    #[test]
    fn the_same_word_reads_the_same_in_all_three() {
        for (charset, bytes) in [
            (Charset::Cp437, &b"\x8F\x84\x94"[..]),
            (Charset::Latin, b"\xC5\xE4\xF6"),
            (Charset::Utf8, "Åäö".as_bytes()),
        ] {
            assert_eq!(charset.decode(bytes), "Åäö");
            assert_eq!(&*charset.to_cp437(bytes), b"\x8F\x84\x94");
        }
    }
}
