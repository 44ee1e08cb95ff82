//! One element with everything below it, for parts of a message that are small: a header, a payment, a status.

use crate::{
    camt::{compact, meaningful, parse_date},
    lines::Stop,
    xml::{Token, Xml, attributes},
};
use attest_domain::{Amount, Currency, Date, finding::cut, said};

/// Elements below one payment; a batch of invoices in one has some hundreds.
const ELEMENTS_MAX: usize = 20_000;

/// An element that was read to its end. Names are local ones.
#[derive(Debug, Default)]
pub(super) struct Element<'d> {
    pub(super) name: &'d str,
    attributes: &'d str,
    text: String,
    children: Vec<Element<'d>>,
}

impl<'d> Element<'d> {
    /// Reads from behind the start tag to the end tag.
    pub(super) fn read(
        xml: &mut Xml<'d>,
        name: &'d str,
        attributes: &'d str,
        closed: bool,
    ) -> Result<Self, Stop> {
        let mut left = ELEMENTS_MAX;
        Self::read_below(xml, name, attributes, closed, &mut left)
    }

    fn read_below(
        xml: &mut Xml<'d>,
        name: &'d str,
        attributes: &'d str,
        closed: bool,
        left: &mut usize,
    ) -> Result<Self, Stop> {
        let mut element = Self { name: local(name), attributes, ..Self::default() };
        *left = left.checked_sub(1).ok_or_else(|| {
            let message = said!("A payment has more than {most} parts, which none has.", most = ELEMENTS_MAX);
            xml.refuse("document.item_too_large", message)
        })?;
        if closed {
            return Ok(element);
        }
        loop {
            match xml.next()? {
                Token::Start { name, attributes, closed } => {
                    // The depth of a document is limited by whoever reads its tokens.
                    element.children.push(Self::read_below(xml, name, attributes, closed, left)?);
                }
                Token::Text(text) => element.text.push_str(text),
                Token::Character(character) => element.text.push(character),
                Token::End | Token::Complete => return Ok(element),
            }
        }
    }

    /// Adds an element below.
    pub(super) fn push(&mut self, child: Self) {
        self.children.push(child);
    }

    /// What stands in it, as far as a sentence has room.
    pub(super) fn shown(&self) -> String {
        let below = || self.children.iter().find_map(Self::text);
        cut(self.text().or_else(below).unwrap_or_default(), 40).to_owned()
    }

    /// The first child of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    pub(super) fn children(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The element at the end of a path of first children.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |element, name| element.child(name))
    }

    /// Its text, unless there is none.
    pub(super) fn text(&self) -> Option<&str> {
        Some(self.text.trim()).filter(|text| !text.is_empty())
    }

    /// The text at the end of a path.
    pub(super) fn text_at(&self, path: &[&str]) -> Option<String> {
        self.at(path)?.text().map(str::to_owned)
    }

    /// A reference at the end of a path; placeholders are none.
    pub(super) fn reference_at(&self, path: &[&str]) -> Option<String> {
        meaningful(self.at(path)?.text()?).map(str::to_owned)
    }

    /// A number without the spaces that people write into it.
    pub(super) fn number_at(&self, path: &[&str]) -> Option<String> {
        meaningful(self.at(path)?.text()?).map(compact)
    }

    /// `Cd` or `Prtry` of a choice.
    pub(super) fn code_at(&self, path: &[&str]) -> Option<String> {
        let choice = self.at(path)?;
        choice.text_at(&["Cd"]).or_else(|| choice.text_at(&["Prtry"]))
    }

    /// The day of a date or a time, by itself or in `Dt` or `DtTm` (from .08 on).
    pub(super) fn date(&self) -> Option<Date> {
        let text = self
            .text()
            .map(str::to_owned)
            .or_else(|| self.text_at(&["Dt"]))
            .or_else(|| self.text_at(&["DtTm"]));
        parse_date(&text?)
    }

    pub(super) fn amount(&self) -> Option<Amount> {
        Amount::parse(self.text()?).ok()
    }

    /// The attribute `Ccy`.
    pub(super) fn currency(&self) -> Option<Currency> {
        attributes(self.attributes)
            .flatten()
            .find(|(name, _)| *name == "Ccy")
            .and_then(|(_, code)| Currency::parse(code))
    }
}

/// A name without its prefix.
pub(super) fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}
