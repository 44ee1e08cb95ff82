//! The few documents that a seed's company has.

use crate::office::{YEAR, camt, entry, sie};

/// Name and text of every document. One is refused, one takes the place of another, and two tell of the same days.
pub(crate) fn papers() -> Vec<(&'static str, String)> {
    let march = camt("053", "S-1", "2026-03-02")
        .balances("0.00", "60.00")
        .with(entry("10.00", "2026-03-02").reference("INV-1"))
        .with(entry("20.00", "2026-03-02").reference("INV-2").party("Havnen ApS"))
        .with(entry("30.00", "2026-03-02"));
    let intraday = camt("052", "R-1", "2026-03-03")
        .with(entry("5.00", "2026-03-03").servicer("B-5").pending())
        .with(entry("7.00", "2026-03-03").servicer("B-7"));
    let booked = camt("053", "S-2", "2026-03-03")
        .balances("60.00", "72.00")
        .with(entry("5.00", "2026-03-03").servicer("B-5"))
        .with(entry("7.00", "2026-03-03").servicer("B-7"));
    let early = [("1", "20260302", "10.00", "Invoice INV-1"), ("2", "20260302", "20.00", "Invoice")];
    let late = [
        ("1", "20260302", "10.00", "Invoice INV-1"),
        ("2", "20260302", "20.00", "Invoice"),
        ("3", "20260303", "7.00", "Sale"),
        ("4", "20260303", "4.00", "Sale"),
        ("5", "20260303", "31.00", "Sale"),
    ];
    vec![
        ("march.xml", march.text()),
        ("again.xml", march.message("M-again").text()),
        ("intraday.xml", intraday.text()),
        ("booked.xml", booked.text()),
        ("early.se", sie(YEAR, "0.00", &early)),
        ("late.se", sie(YEAR, "0.00", &late)),
        ("broken.xml", "<?xml version=\"1.0\"?><Document><cut".to_owned()),
    ]
}
