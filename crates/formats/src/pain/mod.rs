//! ISO 20022 pain.001 and pain.002: payments as they are given to a bank, and its answers, in every version.
//!
//! Elements are matched on local names, as in camt. What a part says is read with it whole, so memory grows with the
//! largest payment and not with the file. What cannot be read is a finding at its place; a payment without an amount
//! that can be read is not handed on, because nobody could approve it.
//! Paths count from 0: `PmtInf[1]/CdtTrfTxInf[3]`, `OrgnlPmtInfAndSts[0]/TxInfAndSts[2]`.
//! **Absent on purpose:** validation by schema, direct debits, and judging whether a payment may be made.

mod element;
mod initiation;
mod party;
mod status;

use crate::{
    Format,
    camt::message_name,
    encoding,
    encoding::Offsets,
    lines::Stop,
    xml::{Token, Xml, attributes},
};
use attest_domain::{
    Finding, Severity,
    finding::{Refusal, Said},
    payment::{
        InformationStatus, Initiation, PaymentInformation, PaymentInstruction, PaymentStatus, StatusReport,
    },
};
use element::{Element, local};
use std::ops::ControlFlow;

/// What a payment file turns into, in the order of the document.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// The head of a pain.001; comes first.
    Initiation(Box<Initiation>),
    /// A payment information, before its payments.
    Information(Box<PaymentInformation>),
    /// A payment.
    Instruction(Box<PaymentInstruction>),
    /// The head of a pain.002; comes first.
    Report(Box<StatusReport>),
    /// What is said of a payment information, before what is said of its payments.
    InformationStatus(Box<InformationStatus>),
    /// What is said of a payment.
    PaymentStatus(Box<PaymentStatus>),
    /// A remark.
    Finding(Finding),
}

/// The receiver of items; answers [`ControlFlow::Break`] to stop reading.
pub type Sink<'s> = dyn FnMut(Item) -> ControlFlow<()> + 's;

/// Reads the document. `None` when the sink wanted no more.
///
/// # Errors
/// A [`Refusal`] when it cannot be trusted as a whole, as in camt; `format.unknown` for another message.
pub fn read(bytes: &[u8], sink: &mut Sink<'_>) -> Result<Option<Format>, Refusal> {
    let decoded = encoding::decode_xml(bytes)?;
    let reader = Reader { text: &decoded.text, xml: Xml::new(&decoded.text), offsets: decoded.offsets, sink };
    match reader.run(decoded.mismatch) {
        Ok(format) => Ok(Some(format)),
        Err(Stop::Cancelled) => Ok(None),
        Err(Stop::Refused(refusal)) => Err(*refusal),
    }
}

/// The two messages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Message {
    Initiation,
    Status,
}

struct Reader<'d, 's, 'f> {
    text: &'d str,
    xml: Xml<'d>,
    offsets: Offsets,
    sink: &'s mut Sink<'f>,
}

impl<'d> Reader<'d, '_, '_> {
    fn run(mut self, mismatch: Option<Finding>) -> Result<Format, Stop> {
        if let Some(finding) = mismatch {
            self.item(Item::Finding(finding))?;
        }
        let (name, message) = self.find_message()?;
        match message {
            Message::Initiation => initiation::read(&mut self)?,
            Message::Status => status::read(&mut self)?,
        }
        // The rest has to be there and well-formed.
        while !matches!(self.xml.next()?, Token::Complete) {}
        Ok(Format { family: crate::Family::Camt, name })
    }

    /// Goes to the message's own element, which may stand in `Document` or in a bank's envelope.
    fn find_message(&mut self) -> Result<(String, Message), Stop> {
        let mut namespace = "";
        loop {
            let start = self.xml.start();
            match self.xml.next()? {
                Token::Start { name, attributes: raw, .. } => {
                    for (attribute, value) in attributes(raw).flatten() {
                        let declares = attribute == "xmlns" || attribute.starts_with("xmlns:");
                        if declares && message_name(value).is_some() {
                            namespace = value;
                        }
                    }
                    let (message, number) = match local(name) {
                        "CstmrCdtTrfInitn" | "pain.001.001.02" => (Message::Initiation, "pain.001"),
                        "CstmrPmtStsRpt" | "pain.002.001.02" => (Message::Status, "pain.002"),
                        _ => continue,
                    };
                    let name = message_name(namespace).filter(|name| name.starts_with(number));
                    return Ok((name.unwrap_or_else(|| number.to_owned()), message));
                }
                Token::Complete => {
                    let line = self.xml.line(start);
                    let message = "This is no payment file (pain.001) and no answer to one (pain.002).";
                    return Err(Refusal::new("format.unknown", message).at(line, "").into());
                }
                _ => {}
            }
        }
    }

    fn item(&mut self, item: Item) -> Result<(), Stop> {
        if (self.sink)(item).is_break() { Err(Stop::Cancelled) } else { Ok(()) }
    }

    /// Reads the element whose start tag was the last token; answers with it where it starts and ends.
    fn element(&mut self, name: &'d str, raw: &'d str, closed: bool) -> Result<(Element<'d>, Place), Stop> {
        let start = self.xml.start();
        let line = self.xml.line(start);
        let element = Element::read(&mut self.xml, name, raw, closed)?;
        Ok((element, Place { start, end: self.xml.end(), line }))
    }

    fn span(&mut self, place: &Place) -> attest_domain::Span {
        self.offsets.span(self.text, place.start, place.end)
    }

    fn remark(
        &mut self,
        code: &'static str,
        severity: Severity,
        place: &Place,
        path: &str,
        said: impl Into<Said>,
    ) -> Result<(), Stop> {
        let finding = Finding::new(code, severity, said).at(place.line, path);
        self.item(Item::Finding(finding))
    }
}

/// Where an element stands in the decoded text.
struct Place {
    start: usize,
    end: usize,
    line: u64,
}
