//! What is said of a statement whose opening balance and entries do not make its closing balance.

use attest_domain::{finding::Said, said};
use std::fmt::Display;

/// Code and sentence. A statement that lacks entries cannot balance; then that is what has to be said.
pub(crate) fn broken_balance(
    opening: impl Display,
    sum: impl Display,
    closing: impl Display,
    (expected, difference): (impl Display, impl Display),
    left_out: u64,
) -> (&'static str, Said) {
    if left_out > 0 {
        let said = said!(
            "{count} entries could not be read and were left out, so this statement cannot be checked: what is left \
             makes {expected}, the closing balance is {closing}. The findings of the entries name them.",
            closing = closing,
            count = left_out,
            expected = expected,
        );
        return ("statement.balance_incomplete", said);
    }
    let said = said!(
        "{opening} + {sum} = {expected}, but the closing balance is {closing}: a difference of {difference}.",
        closing = closing,
        difference = difference,
        expected = expected,
        opening = opening,
        sum = sum,
    );
    ("statement.balance_broken", said)
}
