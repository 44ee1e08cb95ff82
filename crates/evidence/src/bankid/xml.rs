//! The XML of a BankID signature, read in the one form in which it is signed.
//!
//! A signature covers canonical bytes (Canonical XML 1.0). BankID sends them as such, so nothing is transformed here:
//! whatever could be read in two ways is refused, and what remains is its own canonical form. There are elements,
//! attributes and text; no prefixes, entities, comments, processing instructions, CDATA, empty-element tags or
//! document types, and no element has both text and children.

/// Longest document: both fields at their limits (40,000 and 200,000 characters) and the certificates.
const BYTES_MAX: usize = 512 * 1024;
/// The sample has eight levels.
const DEPTH_MAX: usize = 16;

/// Why a document is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// An element and where it stands.
#[derive(Debug)]
pub(super) struct Element<'a> {
    pub(super) name: &'a str,
    /// In the order in which they stand.
    pub(super) attributes: Vec<(&'a str, &'a str)>,
    pub(super) children: Vec<Element<'a>>,
    /// Its text; empty where it has children.
    pub(super) text: &'a str,
    /// From its start tag to its end tag.
    pub(super) raw: &'a str,
}

impl<'a> Element<'a> {
    /// The only child of that name.
    pub(super) fn child(&self, name: &str) -> Result<&Element<'a>, Malformed> {
        self.find(name)?.ok_or(Malformed)
    }

    /// The same where it may be missing.
    pub(super) fn find(&self, name: &str) -> Result<Option<&Element<'a>>, Malformed> {
        let mut found = self.children.iter().filter(|child| child.name == name);
        match (found.next(), found.next()) {
            (one, None) => Ok(one),
            (_, Some(_)) => Err(Malformed),
        }
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&'a str> {
        self.attributes.iter().find(|(one, _)| *one == name).map(|(_, value)| *value)
    }

    /// Names of the children.
    pub(super) fn names(&self) -> Vec<&'a str> {
        self.children.iter().map(|child| child.name).collect()
    }

    /// The element and everything below it.
    pub(super) fn walk(&self, look: &mut impl FnMut(&Element<'a>)) {
        look(self);
        self.children.iter().for_each(|child| child.walk(look));
    }
}

/// Reads a document that is one element behind its declaration.
pub(super) fn parse<'a>(text: &'a str, declaration: &str) -> Result<Element<'a>, Malformed> {
    if text.len() > BYTES_MAX {
        return Err(Malformed);
    }
    let rest = text.strip_prefix(declaration).ok_or(Malformed)?;
    let mut reader = Reader { rest };
    let root = reader.element(0)?;
    if reader.rest.is_empty() { Ok(root) } else { Err(Malformed) }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn element(&mut self, depth: usize) -> Result<Element<'a>, Malformed> {
        if depth == DEPTH_MAX {
            return Err(Malformed);
        }
        let start = self.rest;
        self.expect("<")?;
        let name = self.name()?;
        let attributes = self.attributes()?;
        let text = self.text()?;
        let mut children = Vec::new();
        while !self.rest.starts_with("</") {
            if !text.is_empty() {
                return Err(Malformed);
            }
            children.push(self.element(depth + 1)?);
            // Between and behind elements stands nothing.
            if !self.rest.starts_with('<') {
                return Err(Malformed);
            }
        }
        self.expect("</")?;
        self.expect(name)?;
        self.expect(">")?;
        let raw = &start[..start.len() - self.rest.len()];
        Ok(Element { name, attributes, children, text, raw })
    }

    fn attributes(&mut self) -> Result<Vec<(&'a str, &'a str)>, Malformed> {
        let mut attributes: Vec<(&str, &str)> = Vec::new();
        while self.rest.starts_with(' ') {
            self.expect(" ")?;
            let name = self.name()?;
            self.expect("=\"")?;
            let value = self.until('"')?;
            self.expect("\"")?;
            if attributes.iter().any(|(before, _)| *before == name) {
                return Err(Malformed);
            }
            attributes.push((name, value));
        }
        self.expect(">")?;
        Ok(attributes)
    }

    /// A name without a prefix.
    fn name(&mut self) -> Result<&'a str, Malformed> {
        let end = self.rest.find(|sign: char| !sign.is_ascii_alphanumeric()).ok_or(Malformed)?;
        let (name, rest) = self.rest.split_at(end);
        if !name.starts_with(|sign: char| sign.is_ascii_alphabetic()) {
            return Err(Malformed);
        }
        self.rest = rest;
        Ok(name)
    }

    fn text(&mut self) -> Result<&'a str, Malformed> {
        self.until('<')
    }

    /// Printable ASCII up to a sign; what would have to be written as an entity is none of it.
    fn until(&mut self, sign: char) -> Result<&'a str, Malformed> {
        let end = self.rest.find(sign).ok_or(Malformed)?;
        let (text, rest) = self.rest.split_at(end);
        if text.contains(|sign: char| !matches!(sign, ' '..='~') || matches!(sign, '&' | '<' | '>')) {
            return Err(Malformed);
        }
        self.rest = rest;
        Ok(text)
    }

    fn expect(&mut self, what: &str) -> Result<(), Malformed> {
        self.rest = self.rest.strip_prefix(what).ok_or(Malformed)?;
        Ok(())
    }
}
