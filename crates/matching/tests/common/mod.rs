//! Builders of lines for the tests of the engine.
#![allow(dead_code, reason = "each test binary uses its own part")]

use attest_domain::amount::{Amount, Currency};
use attest_domain::reconciliation::{Decision, Line, LinePart, LineReference, Proposal};

/// A line on a day of March 2026.
pub(crate) fn line(id: &str, day: i8, amount: &str, text: &str) -> Line {
    Line {
        id: id.into(),
        date: Some(jiff::civil::date(2026, 3, day)),
        amount: Amount::parse(amount).expect("a decimal"),
        currency: Some(Currency::SEK),
        references: Vec::new(),
        counterparty: None,
        counterparty_account: None,
        text: text.into(),
        group: None,
        parts: Vec::new(),
    }
}

/// Adds to a line what a test is about.
pub(crate) trait With {
    fn reference(self, kind: &str, value: &str) -> Self;
    fn party(self, name: &str) -> Self;
    fn account(self, account: &str) -> Self;
    fn group(self, group: &str) -> Self;
    fn part(self, amount: Option<&str>, kind: &str, value: &str) -> Self;
}

impl With for Line {
    fn reference(mut self, kind: &str, value: &str) -> Self {
        self.references.push(LineReference { kind: kind.into(), value: value.into() });
        self
    }
    fn party(mut self, name: &str) -> Self {
        self.counterparty = Some(name.into());
        self
    }
    fn account(mut self, account: &str) -> Self {
        self.counterparty_account = Some(account.into());
        self
    }
    fn group(mut self, group: &str) -> Self {
        self.group = Some(group.into());
        self
    }
    fn part(mut self, amount: Option<&str>, kind: &str, value: &str) -> Self {
        let references = if value.is_empty() {
            Vec::new()
        } else {
            vec![LineReference { kind: kind.into(), value: value.into() }]
        };
        let amount = amount.map(|a| Amount::parse(a).expect("a decimal"));
        self.parts.push(LinePart { amount, references, counterparty: None, text: String::new() });
        self
    }
}

/// The proposal that holds exactly these lines.
pub(crate) fn find<'p>(proposals: &'p [Proposal], left: &[&str], right: &[&str]) -> Option<&'p Proposal> {
    proposals.iter().find(|p| p.left == left && p.right == right)
}

/// The decision on exactly these lines, or `None` when they are not proposed.
pub(crate) fn decision(proposals: &[Proposal], left: &[&str], right: &[&str]) -> Option<Decision> {
    find(proposals, left, right).map(|p| p.decision)
}
