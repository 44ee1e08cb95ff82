//! Writes a ledger as SIE 4E: CP437, `#KSUMMA`, balances that follow from the vouchers.
//!
//! Vouchers are kept as bytes per series until the year is over, because `#UB` and `#RES` stand before them.

use super::model::{CHART, Draft, Series, push_amount};
use jiff::civil::Date;
use std::{collections::BTreeMap, fmt::Write as _, io};

const FITS: &str = "a String takes everything";
/// Bytes per piece of a series, so that growing never copies what is already there.
const PIECE_BYTES: usize = 1 << 20;

/// Where a voucher stands before the file is put together: its series and its place in it, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VoucherKey {
    pub(crate) series: Series,
    pub(crate) place: u32,
}

#[derive(Debug, Default)]
struct SeriesBytes {
    vouchers: u32,
    pieces: Vec<Vec<u8>>,
}

/// What the head of the file says.
#[derive(Clone, Debug)]
pub(crate) struct BookHead {
    pub(crate) company: &'static str,
    pub(crate) organisation: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) bank_account: u16,
    /// Opening balance of the bank account in minor units; the counter entry is retained earnings.
    pub(crate) opening: i64,
    pub(crate) first: Date,
    pub(crate) last: Date,
}

/// The vouchers of one ledger.
#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) head: BookHead,
    series: [SeriesBytes; 5],
    sums: BTreeMap<u16, i64>,
    pub(crate) lines: u64,
}

fn slot(series: Series) -> usize {
    series as usize
}

impl Books {
    pub(crate) fn new(head: BookHead) -> Self {
        Self { head, series: Default::default(), sums: BTreeMap::new(), lines: 0 }
    }

    pub(crate) fn vouchers(&self) -> u64 {
        self.series.iter().map(|series| u64::from(series.vouchers)).sum()
    }

    /// What has been posted to an account so far, minor units.
    pub(crate) fn balance_of(&self, account: u16) -> i64 {
        self.sums.get(&account).copied().unwrap_or(0)
    }

    /// Numbers a voucher, keeps it and says where it stands.
    pub(crate) fn post(&mut self, draft: &Draft, registered: Date) -> VoucherKey {
        let series = &mut self.series[slot(draft.series)];
        let place = series.vouchers;
        series.vouchers += 1;
        let mut text = String::with_capacity(256);
        write!(text, "#VER {} {} {} ", draft.series.letter(), place + 1, compact(draft.date)).expect(FITS);
        quoted(&mut text, &draft.text);
        write!(text, " {}\n{{\n", compact(registered)).expect(FITS);
        for line in &draft.lines {
            write!(text, "#TRANS {} {{}} ", line.account).expect(FITS);
            push_amount(&mut text, line.amount);
            if !line.text.is_empty() {
                text.push_str(" \"\" ");
                quoted(&mut text, &line.text);
            }
            text.push('\n');
            *self.sums.entry(line.account).or_default() += line.amount;
        }
        text.push_str("}\n");
        self.lines += draft.lines.len() as u64;
        if series.pieces.last().is_none_or(|piece| piece.len() + text.len() > PIECE_BYTES) {
            series.pieces.push(Vec::with_capacity(PIECE_BYTES));
        }
        let piece = series.pieces.last_mut().expect("one was pushed if there was none");
        encode_cp437(piece, &text);
        VoucherKey { series: draft.series, place }
    }

    /// Position of each series' first voucher in the file, in the order of [`Series::ALL`].
    pub(crate) fn series_starts(&self) -> [u32; 5] {
        let mut next = 0;
        Series::ALL.map(|series| {
            let start = next;
            next += self.series[slot(series)].vouchers;
            start
        })
    }

    /// Gives the file away piece by piece and frees each piece at once.
    pub(crate) fn write(
        mut self,
        generated: Date,
        sink: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut head = Vec::new();
        encode_cp437(&mut head, &self.head_text(generated));
        let mut sum = Checksum::new();
        sum.update(&head[head.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1)..]);
        let start = b"#FLAGGA 0\n#KSUMMA\n";
        sink(start)?;
        sink(&head[b"#FLAGGA 0\n".len()..])?;
        for series in &mut self.series {
            for piece in series.pieces.drain(..) {
                sum.update(&piece);
                sink(&piece)?;
            }
        }
        sink(format!("#KSUMMA {}\n", sum.value()).as_bytes())
    }

    fn head_text(&self, generated: Date) -> String {
        let head = &self.head;
        let mut text = format!(
            "#FLAGGA 0\n#PROGRAM \"Attest demobolag\" {}\n#FORMAT PC8\n#GEN {}\n#SIETYP 4\n#FNAMN \"{}\"\n#ORGNR {}\n\
             #RAR 0 {} {}\n#KPTYP EUBAS97\n#VALUTA {}\n",
            env!("CARGO_PKG_VERSION"),
            compact(generated),
            head.company,
            head.organisation,
            compact(head.first),
            compact(head.last),
            head.currency
        );
        let mut chart = CHART;
        chart.sort_unstable();
        for (account, name) in chart {
            write!(text, "#KONTO {account} ").expect(FITS);
            quoted(&mut text, name);
            text.push('\n');
        }
        for (account, amount) in [(head.bank_account, head.opening), (2091, -head.opening)] {
            balance(&mut text, "IB", account, amount);
        }
        let mut sums = self.sums.clone();
        *sums.entry(head.bank_account).or_default() += head.opening;
        *sums.entry(2091).or_default() -= head.opening;
        for (account, amount) in &sums {
            balance(&mut text, if *account < 3000 { "UB" } else { "RES" }, *account, *amount);
        }
        text
    }
}

fn balance(text: &mut String, label: &str, account: u16, amount: i64) {
    write!(text, "#{label} 0 {account} ").expect(FITS);
    push_amount(text, amount);
    text.push('\n');
}

fn compact(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for letter in text.chars() {
        if letter == '"' {
            out.push('\\');
        }
        out.push(letter);
    }
    out.push('"');
}

/// CP437 for the letters this company's texts hold. The page has no ø; programs write o, and so does this.
fn encode_cp437(out: &mut Vec<u8>, text: &str) {
    for letter in text.chars() {
        out.push(match letter {
            'ü' => 0x81,
            'é' => 0x82,
            'ä' => 0x84,
            'å' => 0x86,
            'Ä' => 0x8E,
            'Å' => 0x8F,
            'É' => 0x90,
            'æ' => 0x91,
            'Æ' => 0x92,
            'ö' => 0x94,
            'Ö' => 0x99,
            'Ü' => 0x9A,
            'ø' => b'o',
            'Ø' => b'O',
            other => u8::try_from(other).ok().filter(u8::is_ascii).unwrap_or(b'?'),
        });
    }
}

/// `#KSUMMA`: CRC-32 (reflected EDB88320) over labels and field contents, without separators, enclosing
/// quotes and braces; an escaped quote counts as the quote alone.
struct Checksum {
    table: [u32; 256],
    state: u32,
}

impl Checksum {
    fn new() -> Self {
        let table = std::array::from_fn(|index| {
            let mut value = u32::try_from(index).expect("below 256");
            for _ in 0..8 {
                value = if value & 1 == 1 { 0xEDB8_8320 ^ (value >> 1) } else { value >> 1 };
            }
            value
        });
        Self { table, state: u32::MAX }
    }

    /// Takes whole lines.
    fn update(&mut self, lines: &[u8]) {
        let mut in_quotes = false;
        let mut bytes = lines.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' => in_quotes = !in_quotes,
                b'\\' if in_quotes && bytes.peek() == Some(&b'"') => {
                    bytes.next();
                    self.byte(b'"');
                }
                b' ' | b'\t' | b'\n' | b'\r' | b'{' | b'}' if !in_quotes => {}
                _ => self.byte(byte),
            }
        }
    }

    fn byte(&mut self, byte: u8) {
        let index = (self.state ^ u32::from(byte)) & 0xFF;
        self.state = self.table[index as usize] ^ (self.state >> 8);
    }

    fn value(&self) -> u32 {
        !self.state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_agrees_with_the_published_vector() {
        let mut sum = Checksum::new();
        sum.update(b"#KONTO 1915 \"Kassa \\\"special\\\"\"\n");
        assert_eq!(sum.value(), 1_921_122_205);
    }

    #[test]
    fn swedish_letters_become_cp437_and_unknown_ones_stay_visible() {
        let mut out = Vec::new();
        encode_cp437(&mut out, "Åäöø€");
        assert_eq!(out, [0x8F, 0x84, 0x94, b'o', b'?']);
    }
}
