//! Base64 with padding in its one spelling (RFC 4648 §4): what is read is what would be written.
//!
//! The library reads concatenated texts, each with its padding, as one; a note that has two spellings would have two
//! digests.

use data_encoding::BASE64;

/// The bytes; `None` for any other spelling.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.as_bytes()).ok().filter(|bytes| BASE64.encode(bytes) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_spelling_is_read() {
        assert_eq!(decode("AAE="), Some(vec![0, 1]));
        assert_eq!(decode(""), Some(Vec::new()));
        for other in ["AAE", "AAF=", "AA==AAE=", "AAAAAAA=AAAAAAA=", "AAE=\n", "AAE-", "A"] {
            assert_eq!(decode(other), None, "{other:?}");
        }
    }
}
