//! Every limit that protects the program from a hostile or broken input, in one place (DESIGN §13).

/// Largest document that is read, in bytes: 256 MiB.
pub const DOCUMENT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Largest document in another encoding than UTF-8, in bytes: 96 MiB, because its text is held beside it.
pub const TRANSCODED_BYTES_MAX: usize = 96 * 1024 * 1024;
/// Deepest nesting of XML elements.
pub const XML_DEPTH_MAX: usize = 64;
/// Most attributes on one XML element.
pub const XML_ATTRIBUTES_MAX: usize = 64;
/// Longest XML text node, in bytes: 1 MiB.
pub const XML_TEXT_BYTES_MAX: usize = 1024 * 1024;
/// Most transactions inside one entry; they are held until the entry ends.
pub const ENTRY_TRANSACTIONS_MAX: usize = 100_000;
/// Most parts of one entry that may repeat (remittance lines, references, invoices, charges), and most balances
/// between two entries.
pub const ENTRY_PARTS_MAX: usize = 1_000_000;
/// Longest line of a line-based format (SIE, MT940, BgMax, CSV), in bytes: 64 KiB.
pub const LINE_BYTES_MAX: usize = 64 * 1024;
/// Most columns of a CSV file.
pub const CSV_COLUMNS_MAX: usize = 512;
/// Longest event, in bytes: what the two bytes of length in an entry bundle (C2SP tlog-tiles) can tell; anything larger
/// is a document referred to by its digest.
pub const EVENT_BYTES_MAX: usize = 65_535;
/// Most rows one page of a list carries.
pub const PAGE_ROWS_MAX: u32 = 1_000;
/// Most findings kept of one document; the rest is counted in a last one.
pub const FINDINGS_MAX: usize = 1_000;
/// Longest comment, reason or note, in characters.
pub const TEXT_CHARS_MAX: usize = 2_000;
/// Most lines in one match, both sides together.
pub const MATCH_LINES_MAX: usize = 2_000;
