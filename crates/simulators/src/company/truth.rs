//! The ground truth: which entries and ledger lines belong together, and what went wrong with them.
//!
//! Kept apart from the documents and compactly until the ledgers' vouchers have their places.

use super::{
    model::{Kind, Mistake, push_amount},
    sie::VoucherKey,
};
use std::fmt::Write as _;

/// A bank entry: number of its file and its place in the only statement of that file, from 0.
pub(crate) type Left = (u32, u32);
/// A ledger line: its voucher and its place in it, from 0.
pub(crate) type Right = (VoucherKey, u16);

#[derive(Clone, Copy, Debug)]
struct Row {
    kind: Kind,
    mistake: Mistake,
    ledger: u8,
    lefts: u32,
    rights: u32,
    astray: u32,
    difference: i64,
}

/// All rows, flat: a million of them take about 60 MB.
#[derive(Debug, Default)]
pub(crate) struct Truth {
    rows: Vec<Row>,
    lefts: Vec<Left>,
    rights: Vec<Right>,
    astray: Vec<Right>,
}

/// One row before it is stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link<'l> {
    pub(crate) kind: Kind,
    pub(crate) mistake: Mistake,
    /// Place of the account among the company's accounts.
    pub(crate) ledger: usize,
    pub(crate) lefts: &'l [Left],
    pub(crate) rights: &'l [Right],
    /// Lines that should stand on the bank account and stand elsewhere.
    pub(crate) astray: &'l [Right],
    /// Σ left − Σ right in minor units.
    pub(crate) difference: i64,
}

fn count(len: usize) -> u32 {
    u32::try_from(len).expect("fewer lines in a match than 32 bits count")
}

impl Truth {
    pub(crate) fn push(&mut self, link: Link<'_>) {
        self.lefts.extend_from_slice(link.lefts);
        self.rights.extend_from_slice(link.rights);
        self.astray.extend_from_slice(link.astray);
        self.rows.push(Row {
            kind: link.kind,
            mistake: link.mistake,
            ledger: u8::try_from(link.ledger).expect("three accounts"),
            lefts: count(link.lefts.len()),
            rights: count(link.rights.len()),
            astray: count(link.astray.len()),
            difference: link.difference,
        });
    }

    pub(crate) fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    /// How often each mistake was made.
    pub(crate) fn tally(&self) -> Vec<(&'static str, u64)> {
        let counted = |mistake: Mistake| self.rows.iter().filter(|row| row.mistake == mistake).count() as u64;
        Mistake::ALL.iter().map(|mistake| (mistake.name(), counted(*mistake))).collect()
    }

    /// Renders the rows as JSON lines, some thousands at a time.
    pub(crate) fn render<E>(
        &self,
        files: &[String],
        ledgers: &[(String, [u32; 5])],
        sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut lefts, mut rights, mut astray) = (self.lefts.iter(), self.rights.iter(), self.astray.iter());
        let mut out = String::new();
        for row in &self.rows {
            let (ledger, starts) = &ledgers[usize::from(row.ledger)];
            out.push_str("{\"left\":[");
            for (place, (file, entry)) in lefts.by_ref().take(row.lefts as usize).enumerate() {
                separate(&mut out, place);
                let file = &files[*file as usize];
                write!(out, "{{\"file\":\"{file}\",\"statement\":0,\"entry\":{entry}}}")
                    .expect("a String grows");
            }
            out.push_str("],\"right\":[");
            render_lines(&mut out, rights.by_ref().take(row.rights as usize), ledger, starts);
            out.push(']');
            if row.astray > 0 {
                out.push_str(",\"astray\":[");
                render_lines(&mut out, astray.by_ref().take(row.astray as usize), ledger, starts);
                out.push(']');
            }
            write!(out, ",\"kind\":\"{}\",\"mistake\":\"{}\"", row.kind.name(), row.mistake.name())
                .expect("a String grows");
            out.push_str(",\"difference\":\"");
            push_amount(&mut out, row.difference);
            out.push_str("\"}\n");
            if out.len() > 1 << 20 {
                sink(out.as_bytes())?;
                out.clear();
            }
        }
        sink(out.as_bytes())
    }
}

fn separate(out: &mut String, place: usize) {
    if place > 0 {
        out.push(',');
    }
}

fn render_lines<'l>(
    out: &mut String,
    lines: impl Iterator<Item = &'l Right>,
    ledger: &str,
    starts: &[u32; 5],
) {
    for (place, (voucher, line)) in lines.enumerate() {
        separate(out, place);
        let ordinal = starts[voucher.series as usize] + voucher.place;
        write!(out, "{{\"file\":\"{ledger}\",\"voucher\":{ordinal},\"line\":{line}}}")
            .expect("a String grows");
    }
}
