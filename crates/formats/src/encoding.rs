//! Text encodings.
/// The first few KiB of a document as text, for detection.
#[must_use]
pub fn head(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]).into_owned()
}
