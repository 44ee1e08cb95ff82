//! The walk over a message: which element is open, and what happens when one opens or closes.

use super::{
    draft::{ChargeDraft, EntryDraft, Group, TransactionDraft, compact},
    kind_of, message_name, message_of,
    statement::StatementDraft,
    tree::{Node, child},
};
use crate::{
    Family, Format, Item, Sink,
    encoding::Offsets,
    lines::{Ids, Output, Stop},
    xml::{Token, Xml, attributes, has_forbidden_character},
};
use attest_domain::{
    Currency, Digest, Finding, Severity, Span,
    finding::{Refusal, Said, cut},
    limits::{ENTRY_PARTS_MAX, ENTRY_TRANSACTIONS_MAX, XML_DEPTH_MAX},
    said,
    statement::StatementKind,
};
use std::borrow::Cow;

/// The state of one reading.
pub(super) struct Walk<'d, 's, 'f> {
    pub(super) text: &'d str,
    pub(super) offsets: Offsets,
    pub(super) xml: Xml<'d>,
    pub(super) out: Output<'s, 'f>,
    pub(super) ids: Ids,
    stack: [Node; XML_DEPTH_MAX + 1],
    depth: usize,
    /// The text of the open leaf so far.
    leaf: Option<Cow<'d, str>>,
    /// The attribute `Ccy` of the open leaf.
    pub(super) currency: CurrencyAttribute,
    /// The party, account or agent element that is open, whose leaves have the same names.
    pub(super) who: Node,
    namespace: &'d str,
    root: &'d str,
    other_message: Option<&'d str>,
    format: Option<Format>,
    pub(super) kind: StatementKind,
    pub(super) page: Option<(Option<u32>, bool)>,
    pub(super) statements: u32,
    pub(super) statement: StatementDraft<'d>,
    pub(super) entry: EntryDraft<'d>,
    /// Whether the last transaction of the entry is open.
    pub(super) in_transaction: bool,
    /// Repeating parts kept since the entry or statement opened.
    parts: usize,
    /// The storage of the last entry's transactions, for the next.
    pub(super) spare: Vec<TransactionDraft<'d>>,
    /// The path of the entry, `Stmt[0]/Ntry[3]`, written anew for each without allocating.
    pub(super) entry_path: String,
    pub(super) charge: ChargeDraft,
    pub(super) content: Vec<u8>,
}

/// What the attribute `Ccy` of an amount says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CurrencyAttribute {
    /// There is none.
    Missing,
    /// It is no currency code.
    Unreadable,
    /// A currency code.
    Given(Currency),
}

impl CurrencyAttribute {
    pub(super) fn currency(self) -> Option<Currency> {
        match self {
            Self::Given(currency) => Some(currency),
            Self::Missing | Self::Unreadable => None,
        }
    }
}

impl<'d, 's, 'f> Walk<'d, 's, 'f> {
    pub(super) fn new(
        text: &'d str,
        offsets: Offsets,
        xml: Xml<'d>,
        digest: Digest,
        sink: &'s mut Sink<'f>,
    ) -> Self {
        Self {
            text,
            offsets,
            xml,
            out: Output::new(sink),
            ids: Ids::new(digest),
            stack: [Node::Outside; XML_DEPTH_MAX + 1],
            depth: 0,
            leaf: None,
            currency: CurrencyAttribute::Missing,
            who: Node::Skip,
            namespace: "",
            root: "",
            other_message: None,
            format: None,
            kind: StatementKind::Statement,
            page: None,
            statements: 0,
            statement: StatementDraft::default(),
            entry: EntryDraft::default(),
            in_transaction: false,
            parts: 0,
            spare: Vec::new(),
            entry_path: String::new(),
            charge: ChargeDraft::default(),
            content: Vec::new(),
        }
    }

    /// Reads the document to its end.
    pub(super) fn run(mut self, mismatch: Option<Finding>) -> Result<Format, Stop> {
        if let Some(finding) = mismatch {
            self.out.finding(finding)?;
        }
        loop {
            match self.xml.next()? {
                Token::Start { name, attributes, closed } => {
                    self.open(name, attributes)?;
                    if closed {
                        self.close()?;
                    }
                }
                Token::End => self.close()?,
                Token::Text(run) => self.add_text(run),
                Token::Character(character) => {
                    self.leaf.get_or_insert_default().to_mut().push(character);
                }
                Token::Complete => return self.complete(),
            }
        }
    }

    #[inline]
    fn open(&mut self, name: &'d str, attributes: &'d str) -> Result<(), Stop> {
        let parent = self.stack[self.depth];
        let mut node = child(parent, name.as_bytes());
        if node <= Node::Skip {
            self.xml.check_name(name)?;
            if let Some((_, local)) = name.rsplit_once(':') {
                node = child(parent, local.as_bytes());
            }
        }
        self.depth += 1;
        self.stack[self.depth] = node;
        self.leaf = None;
        if node.is_leaf() {
            if !attributes.is_empty() {
                self.currency = currency_attribute(attributes);
            } else {
                self.currency = CurrencyAttribute::Missing;
            }
            Ok(())
        } else if node == Node::Skip && parent != Node::Document {
            Ok(())
        } else {
            self.enter(node, parent, name, attributes)
        }
    }

    #[inline]
    fn add_text(&mut self, run: &'d str) {
        match &mut self.leaf {
            None => self.leaf = Some(Cow::Borrowed(run)),
            Some(text) => text.to_mut().push_str(run),
        }
    }

    #[inline]
    fn close(&mut self) -> Result<(), Stop> {
        let node = self.stack[self.depth];
        self.depth -= 1;
        let leaf = self.leaf.take();
        if node.is_leaf() {
            let text = trimmed(leaf.unwrap_or_default());
            if has_forbidden_character(&text) {
                let message =
                    "A text holds a control character, which XML does not allow. The file is damaged.";
                return Err(self.xml.refuse("xml.malformed", message).into());
            }
            if matches!(node, Node::Ustrd | Node::AddtlRmtInf) {
                self.count_part()?;
            }
            let parent = self.stack[self.depth];
            self.take_leaf(parent, node, text)
        } else if node > Node::Skip {
            self.leave(node)
        } else {
            Ok(())
        }
    }

    /// What an opening container prepares.
    fn enter(&mut self, node: Node, parent: Node, name: &'d str, attributes: &'d str) -> Result<(), Stop> {
        match node {
            Node::Outside if self.depth == 1 => self.root = local_name(name),
            Node::Document => {
                self.root = local_name(name);
                self.namespace = namespace(name, attributes);
            }
            Node::Skip if parent == Node::Document => {
                self.other_message.get_or_insert(local_name(name));
            }
            Node::Message => self.enter_message(local_name(name), name, attributes)?,
            Node::Statement => {
                self.parts = 0;
                let start = self.original(self.xml.start());
                self.statement = StatementDraft::new(self.xml.start(), start, local_name(name));
            }
            Node::Entry => {
                let place = self.xml.start();
                let start = self.original(place);
                let transactions = std::mem::take(&mut self.spare);
                self.entry = EntryDraft { place, start, transactions, ..EntryDraft::default() };
                self.in_transaction = false;
                self.parts = 0;
                self.statement.elements += 1;
            }
            Node::Details => {
                self.entry.group = Group { first: self.entry.transactions.len(), ..Group::default() }
            }
            Node::Batch => self.entry.batches += 1,
            Node::Transaction => {
                if self.entry.transactions.len() == ENTRY_TRANSACTIONS_MAX {
                    return Err(self.too_much("transactions", ENTRY_TRANSACTIONS_MAX));
                }
                let start = self.original(self.xml.start());
                let mut draft = TransactionDraft::default();
                draft.value.span.start = start;
                self.entry.transactions.push(draft);
                self.in_transaction = true;
            }
            Node::Account
            | Node::Owner
            | Node::Servicer
            | Node::Debtor
            | Node::Creditor
            | Node::UltimateDebtor
            | Node::UltimateCreditor
            | Node::DebtorAccount
            | Node::CreditorAccount
            | Node::DebtorAgent
            | Node::CreditorAgent => self.who = node,
            _ => {}
        }
        Ok(())
    }

    fn enter_message(&mut self, local: &'d str, name: &'d str, attributes: &'d str) -> Result<(), Stop> {
        let kind = kind_of(local.as_bytes()).unwrap_or(StatementKind::Statement);
        self.kind = kind;
        self.page = None;
        if self.namespace.is_empty() {
            self.namespace = namespace(name, attributes);
        }
        let message = message_of(kind);
        let found = message_name(self.namespace);
        // Version .01 says so in the element's name.
        let version = if local.ends_with("V01") { format!("{message}.001.01") } else { message.to_owned() };
        let name = match found {
            Some(name) if name.starts_with(message) => name,
            Some(name) => {
                let said = said!(
                    "The namespace says {announced}, but the message inside is a {found}; it was read as {found}.",
                    announced = name,
                    found = message,
                );
                self.note("document.namespace_differs", Severity::Warning, "", said)?;
                version
            }
            None => version,
        };
        self.format.get_or_insert(Format { family: Family::Camt, name });
        Ok(())
    }

    /// What a closing container completes.
    fn leave(&mut self, node: Node) -> Result<(), Stop> {
        if matches!(
            node,
            Node::Structured | Node::CreditorReference | Node::Charges | Node::ChargeRecord | Node::Balance
        ) {
            self.count_part()?;
        }
        match node {
            Node::Entry => self.finish_entry(),
            Node::Transaction => {
                self.finish_transaction();
                Ok(())
            }
            Node::Details => self.check_batch("NtryDtls/Btch"),
            Node::Balance => self.finish_balance(),
            Node::Statement => self.finish_statement(),
            Node::Charges | Node::ChargeRecord => {
                self.finish_charge(node);
                Ok(())
            }
            Node::CreditorReference => self.finish_reference(),
            Node::TypedAmount if self.stack[self.depth] == Node::TypedAmount => Ok(()),
            Node::TypedAmount => {
                self.finish_typed_amount();
                Ok(())
            }
            Node::Structured => {
                self.finish_structured();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn finish_charge(&mut self, node: Node) {
        let record = node == Node::ChargeRecord;
        let charge = if record { self.charge.finish_record() } else { self.charge.finish_list() };
        match self.entry.transactions.last_mut() {
            Some(transaction) if self.in_transaction => transaction.value.charges.extend(charge),
            _ => self.entry.charges.extend(charge),
        }
    }

    fn complete(mut self) -> Result<Format, Stop> {
        if let Some(format) = self.format.take() {
            if self.statements == 0 {
                let message =
                    "The message holds no statement, report or notification. Ask the bank for the content.";
                self.note_at("document.no_content", Severity::Warning, 0, String::new(), message)?;
            }
            return Ok(format);
        }
        let refusal = match self.other_message {
            Some(other) => other_message(other, message_name(self.namespace)),
            None => Refusal::new(
                "format.unknown",
                format!(
                    "This XML file holds no ISO 20022 message; its root element is \"{:.60}\". \
                     Bank statements come as camt.052, camt.053 or camt.054.",
                    self.root
                ),
            ),
        };
        let line = self.xml.line(0);
        Err(refusal.at(line, self.root).into())
    }

    /// Counts what an entry holds in lists, so that no file makes it hold more than memory does.
    #[inline]
    fn count_part(&mut self) -> Result<(), Stop> {
        self.parts += 1;
        if self.parts > ENTRY_PARTS_MAX {
            Err(self.too_much("lines, references or charges", ENTRY_PARTS_MAX))
        } else {
            Ok(())
        }
    }

    #[cold]
    fn too_much(&mut self, what: &str, most: usize) -> Stop {
        let message = said!(
            "One entry or statement holds more than {most} {what}, which none of a bank does.",
            most = most
        );
        self.xml.refuse("document.item_too_large", message).into()
    }

    /// The offset in the original bytes.
    #[inline]
    pub(super) fn original(&mut self, offset: usize) -> u64 {
        self.offsets.original(self.text, offset)
    }

    /// A finding at the current token; `path` is what stands below the entry, statement or document.
    #[cold]
    pub(super) fn note(
        &mut self,
        code: &'static str,
        severity: Severity,
        path: &str,
        message: impl Into<Said>,
    ) -> Result<(), Stop> {
        let place = self.xml.start();
        let path = self.path(path);
        self.note_at(code, severity, place, path, message)
    }

    /// A finding at an offset of the decoded text.
    #[cold]
    pub(super) fn note_at(
        &mut self,
        code: &'static str,
        severity: Severity,
        place: usize,
        path: String,
        message: impl Into<Said>,
    ) -> Result<(), Stop> {
        let line = self.xml.line(place);
        self.out.finding(Finding::new(code, severity, message).at(line, path))
    }

    /// Puts the open transaction, entry and statement before `path`.
    fn path(&self, path: &str) -> String {
        let open = &self.stack[..=self.depth];
        let mut parts = Vec::new();
        if open.contains(&Node::Statement) {
            parts.push(self.statement_path());
        }
        if open.contains(&Node::Entry) {
            parts.push(format!("Ntry[{}]", self.statement.elements.saturating_sub(1)));
        }
        if self.in_transaction {
            parts.push(format!("NtryDtls/TxDtls[{}]", self.entry.transactions.len() - 1));
        }
        if !path.is_empty() {
            parts.push(path.to_owned());
        }
        parts.join("/")
    }

    /// `Stmt[0]`, `Rpt[0]` or `Ntfctn[0]`.
    fn statement_path(&self) -> String {
        format!("{}[{}]", self.statement.element, self.statements)
    }

    /// Writes the path of the entry, from which its id follows.
    pub(super) fn write_entry_path(&mut self) {
        let path = &mut self.entry_path;
        path.clear();
        path.push_str(self.statement.element);
        push_index(path, u64::from(self.statements));
        path.push_str("/Ntry");
        push_index(path, self.statement.elements - 1);
    }

    /// The open transaction.
    #[inline]
    pub(super) fn transaction(&mut self) -> Option<&mut TransactionDraft<'d>> {
        if self.in_transaction { self.entry.transactions.last_mut() } else { None }
    }

    /// The element `levels` above the open one.
    pub(super) fn above(&self, levels: usize) -> Node {
        self.stack[self.depth.saturating_sub(levels)]
    }

    /// Hands an item over.
    pub(super) fn give(&mut self, item: Item) -> Result<(), Stop> {
        self.out.item(item)
    }

    /// The span from a start in the original bytes to the end of the current token.
    pub(super) fn span_from(&mut self, start: u64) -> Span {
        let end = self.original(self.xml.end());
        Span { start, end }
    }

    /// An account number without white space, with a warning when it is an IBAN with wrong check digits.
    pub(super) fn check_iban(&mut self, iban: &str, path: &str) -> Result<(), Stop> {
        if crate::check_digits::is_iban(iban) {
            return Ok(());
        }
        let message = said!(
            "The check digits or the length of the IBAN \"{number}\" are wrong.",
            number = cut(&compact(iban), 40),
        );
        self.note("account.check_digit", Severity::Warning, path, message)
    }
}

/// The name without its prefix.
fn local_name(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// Appends `[index]`.
fn push_index(path: &mut String, mut index: u64) {
    let mut digits = [0_u8; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + u8::try_from(index % 10).unwrap_or(0);
        index /= 10;
        if index == 0 {
            break;
        }
    }
    path.push('[');
    path.extend(digits[first..].iter().map(|digit| char::from(*digit)));
    path.push(']');
}

fn other_message(element: &str, name: Option<String>) -> Refusal {
    let what = match element {
        "CstmrCdtTrfInitn" => "a payment order (pain.001)",
        "CstmrPmtStsRpt" => "a status report on payments (pain.002)",
        "CstmrDrctDbtInitn" => "a direct debit order (pain.008)",
        _ => "another ISO 20022 message",
    };
    let name = name.unwrap_or_else(|| element.chars().take(60).collect());
    let said =
        said!("This is {what}: {found}. Statements come as camt.052, camt.053 or camt.054.", found = name);
    Refusal::new("format.other_message", said)
}

/// The namespace of an element: the `xmlns` of its own prefix, else whatever attribute names a message.
fn namespace<'d>(name: &str, raw: &'d str) -> &'d str {
    let declaration =
        name.split_once(':').map_or("xmlns".to_owned(), |(prefix, _)| format!("xmlns:{prefix}"));
    let own = attributes(raw).flatten().find(|(attribute, _)| *attribute == declaration);
    let named = || attributes(raw).flatten().find(|(_, value)| message_name(value).is_some());
    own.filter(|(_, value)| message_name(value).is_some())
        .or_else(named)
        .or(own)
        .map_or("", |(_, value)| value)
}

#[inline]
fn currency_attribute(raw: &str) -> CurrencyAttribute {
    // The one spelling nearly every file has.
    if let Some(code) = raw.strip_prefix(" Ccy=\"").and_then(|rest| rest.strip_suffix('"'))
        && let Some(currency) = Currency::parse(code)
    {
        return CurrencyAttribute::Given(currency);
    }
    match attributes(raw).flatten().find(|(name, _)| *name == "Ccy") {
        None => CurrencyAttribute::Missing,
        Some((_, code)) => {
            Currency::parse(code).map_or(CurrencyAttribute::Unreadable, CurrencyAttribute::Given)
        }
    }
}

#[inline]
fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_ascii()),
        Cow::Owned(text) => Cow::Owned(text.trim_ascii().to_owned()),
    }
}
