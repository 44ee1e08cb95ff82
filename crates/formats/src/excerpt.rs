//! A piece of a document as text for people to look at. Never fails; figures are never read from it.

use crate::{encoding, sie};
use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Decodes a piece of a document. `format` is the name its reader gave, `head` the document's first bytes, by
/// which two-byte encodings are known; the piece must begin at an even offset in these.
#[must_use]
pub fn decode(format: &str, head: &[u8], piece: &[u8]) -> String {
    if let Some(wide) = wide(head) {
        return wide.decode_without_bom_handling(piece).0.into_owned();
    }
    if format.starts_with("SIE") {
        return sie::decode_piece(piece);
    }
    match std::str::from_utf8(piece) {
        Ok(text) => text.to_owned(),
        // A piece may begin or end inside a character; anything else is one byte per character.
        Err(error) if is_cut_utf8(piece, &error) => String::from_utf8_lossy(piece).into_owned(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(piece).0.into_owned(),
    }
}

/// Whether two bytes make a character in this document.
#[must_use]
pub fn is_wide(head: &[u8]) -> bool {
    wide(head).is_some()
}

fn wide(head: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    encoding::wide_encoding(head)
        .map(|(encoding, _)| encoding)
        .filter(|found| *found == UTF_16LE || *found == UTF_16BE)
}

/// True when all that is wrong are characters cut at the ends: bytes that continue one in front, the beginning of
/// one behind text that has whole ones.
fn is_cut_utf8(piece: &[u8], error: &std::str::Utf8Error) -> bool {
    let cut_behind = error.error_len().is_none() && !piece[..error.valid_up_to()].is_ascii();
    let front = piece.iter().take_while(|byte| (0x80..0xC0).contains(*byte)).count();
    cut_behind || ((1..4).contains(&front) && std::str::from_utf8(&piece[front..]).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_encoding_shows_its_letters() {
        assert_eq!(
            decode("camt.053.001.02", b"<?xml", "Skogsbolaget i Umeå".as_bytes()),
            "Skogsbolaget i Umeå"
        );
        assert_eq!(decode("camt.053.001.02", b"<?xml", b"Ume\xE5"), "Umeå");
        assert_eq!(decode("SIE 4E", b"#FLAGGA 0", b"F\x94rs\x84ljning"), "Försäljning");
        assert_eq!(decode("BgMax 1", b"01BGMAX", b"\xC5keri"), "Åkeri");
        let wide = [0xFF, 0xFE, b'<', 0, b'a', 0];
        assert_eq!(decode("camt.053.001.02", &wide, &[0xE5, 0]), "å");
    }
}
