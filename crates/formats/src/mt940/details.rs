//! The text of `:86:`: the subfields of German banks (`?20`), the code words of Dutch and other banks
//! (`/EREF/`), and plain text.

use super::field::{parse_amount, reference};
use crate::check_digits::looks_like_iban;
use attest_domain::{
    Currency,
    statement::{Counterparty, Exchange, References, Return, StructuredReference},
};

/// What a `:86:` says about one entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Details {
    /// Business transaction code of the bank, in front of the subfields.
    pub(super) code: Option<String>,
    /// The bank's own name for the kind of entry.
    pub(super) posting_text: Option<String>,
    pub(super) refs: References,
    pub(super) counterparty: Counterparty,
    pub(super) remittance: Vec<String>,
    pub(super) purpose: Option<String>,
    pub(super) returned: Option<Return>,
    pub(super) exchange: Option<Exchange>,
}

/// Reads the lines of a `:86:`.
pub(super) fn parse(lines: &[String]) -> Details {
    // Banks break at 65 characters without regard to words: subfields and code words go on over line ends.
    let joined = lines.concat();
    if let Some((code, separator)) = subfield_start(&joined) {
        return subfields(&joined, code, separator);
    }
    if let Some(details) = code_words(&joined) {
        return details;
    }
    Details { remittance: lines.iter().filter_map(|line| text(line)).collect(), ..Details::default() }
}

fn text(value: &str) -> Option<String> {
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// Three digits, a separator and two digits: `166?00…`.
fn subfield_start(text: &str) -> Option<(&str, char)> {
    let code = text.get(..3).filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()))?;
    let mut rest = text[3..].chars();
    let separator = rest.next().filter(|separator| matches!(separator, '?' | '>' | '<' | '~'))?;
    let number = rest.as_str().get(..2)?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then_some((code, separator))
}

fn subfields(joined: &str, code: &str, separator: char) -> Details {
    let mut details = Details { code: Some(code.to_owned()), ..Details::default() };
    let mut purpose: Vec<String> = Vec::new();
    let mut name = String::new();
    let mut rest: Vec<String> = Vec::new();
    for part in joined[3..].split(separator) {
        let number = part.get(..2).filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        let Some(number) = number else {
            // A separator inside a text is part of it.
            if let Some(last) = purpose.last_mut().filter(|_| !part.is_empty()) {
                last.push(separator);
                last.push_str(part);
            }
            continue;
        };
        let value = &part[2..];
        match number {
            "00" => details.posting_text = text(value),
            number if number.starts_with('2') || matches!(number, "60" | "61" | "62" | "63") => {
                purpose.push(value.to_owned())
            }
            "30" => details.counterparty.agent = text(value),
            "31" => details.counterparty.account = text(value),
            "32" | "33" => name.push_str(value),
            "34" => details.returned = returned(&purpose, value),
            // The number of the bank's own journal says nothing to anybody else.
            "10" => {}
            // Nothing else is defined; whatever a bank puts there is kept for people to read.
            _ => rest.extend(text(value)),
        }
    }
    details.counterparty.name = text(&name);
    sepa_purpose(&purpose, &mut details);
    details.remittance.extend(rest);
    details
}

/// `?34` tells why a payment came back: 9xx are the codes of returned payments.
fn returned(purpose: &[String], value: &str) -> Option<Return> {
    let returns =
        value.len() == 3 && value.starts_with('9') && purpose.iter().any(|line| line.contains("MTLG:"));
    returns.then(|| Return { reason: Some(value.to_owned()), ..Return::default() })
}

/// The marks that begin a part of the purpose, always at the start of a subfield.
const MARKS: &[&str] = &[
    "EREF+", "KREF+", "MREF+", "CRED+", "DEBT+", "SVWZ+", "ABWA+", "ABWE+", "PURP+", "IBAN+", "BIC+", "MTLG:",
];

fn sepa_purpose(lines: &[String], details: &mut Details) {
    if !lines.iter().any(|line| MARKS.iter().any(|mark| line.starts_with(mark))) {
        details.remittance = lines.iter().filter_map(|line| text(line)).collect();
        return;
    }
    let mut parts: Vec<(&str, String)> = Vec::new();
    for line in lines {
        match MARKS.iter().find_map(|mark| line.strip_prefix(mark).map(|rest| (*mark, rest))) {
            Some((mark, rest)) => parts.push((mark, rest.to_owned())),
            None => match parts.last_mut() {
                Some((_, value)) => value.push_str(line),
                None => parts.push(("SVWZ+", line.clone())),
            },
        }
    }
    for (mark, value) in parts {
        match mark {
            "EREF+" => details.refs.end_to_end = reference(&value),
            "KREF+" => details.refs.instruction = reference(&value),
            "MREF+" => details.refs.mandate = reference(&value),
            "ABWA+" | "ABWE+" => details.counterparty.ultimate = text(&value),
            "PURP+" => details.purpose = text(&value),
            "IBAN+" => details.counterparty.account = text(&value),
            "BIC+" => details.counterparty.agent = text(&value),
            "MTLG:" => details.remittance.extend(text(&format!("MTLG:{value}"))),
            "SVWZ+" => details.remittance.extend(text(&value)),
            _ => details.remittance.extend(text(&format!("{mark}{value}"))),
        }
    }
}

/// The code words that stand between slashes.
const WORDS: &[&str] = &[
    "EREF", "IREF", "PREF", "MARF", "CSID", "REMI", "BENM", "ORDP", "NAME", "IBAN", "BIC", "TRTP", "TRCD",
    "RTRN", "ULTD", "ULTC", "ULTB", "PURP", "ISDT", "ADDR", "ID", "INIT", "CNTP", "OCMT", "EXCH", "CHGS",
    "SVCL", "TYPE", "RFB",
];

fn code_words(joined: &str) -> Option<Details> {
    let parts = split_words(joined)?;
    let mut details = Details::default();
    let mut rate = None;
    for (word, value) in parts {
        let value = value.trim_matches('/').trim();
        match word {
            "EREF" => details.refs.end_to_end = reference(value),
            "IREF" | "RFB" => details.refs.instruction = reference(value),
            "PREF" => details.refs.payment_information = reference(value),
            "MARF" => details.refs.mandate = reference(value),
            "NAME" => details.counterparty.name = text(value),
            "IBAN" => details.counterparty.account = text(value).map(|account| account.replace(' ', "")),
            "BIC" => details.counterparty.agent = text(value),
            "CNTP" => counterparty(value, &mut details.counterparty),
            "ULTD" | "ULTC" | "ULTB" => details.counterparty.ultimate = text(value),
            "PURP" => details.purpose = text(value),
            "RTRN" => {
                details.returned =
                    text(value).map(|reason| Return { reason: Some(reason), ..Return::default() })
            }
            "REMI" => remittance(value, &mut details),
            "TRTP" | "TRCD" => details.posting_text = text(value),
            "OCMT" => details.exchange = exchange(value),
            "EXCH" => rate = parse_amount(value).map(|rate| rate.decimal()),
            // Everything else is kept for people to read.
            _ => details.remittance.extend(text(value).map(|value| format!("/{word}/{value}"))),
        }
    }
    if let Some(exchange) = &mut details.exchange {
        exchange.rate = rate;
    }
    Some(details)
}

/// Splits `/WORD/value/WORD/value`. `None` unless the text begins with a known word.
fn split_words(joined: &str) -> Option<Vec<(&str, &str)>> {
    let trimmed = joined.trim_start();
    let word_at = |at: usize| {
        let rest = trimmed[at..].strip_prefix('/')?;
        WORDS.iter().copied().find(|word| rest.strip_prefix(word).is_some_and(|after| after.starts_with('/')))
    };
    word_at(0)?;
    let starts: Vec<(usize, &str)> =
        trimmed.match_indices('/').filter_map(|(at, _)| word_at(at).map(|word| (at, word))).collect();
    let ends = starts.iter().skip(1).map(|(at, _)| *at).chain([trimmed.len()]);
    let parts = starts.iter().zip(ends).map(|((at, word), end)| {
        let from = (at + word.len() + 2).min(end);
        (*word, &trimmed[from..end])
    });
    Some(parts.collect())
}

/// `account/bic/name/…` in one word.
fn counterparty(value: &str, counterparty: &mut Counterparty) {
    let mut parts = value.split('/');
    counterparty.account = parts.next().and_then(text);
    counterparty.agent = parts.next().and_then(text);
    counterparty.name = parts.next().and_then(text);
}

/// `USTD//text`, `STRD/CUR/reference` or plain text.
fn remittance(value: &str, details: &mut Details) {
    if let Some(rest) = value.strip_prefix("STRD/") {
        let (kind, reference) = rest.split_once('/').unwrap_or(("", rest));
        if let Some(value) = text(reference.trim_matches('/')) {
            details.refs.structured.push(StructuredReference { kind: text(kind), value });
        }
        return;
    }
    details.remittance.extend(text(value.strip_prefix("USTD/").unwrap_or(value).trim_start_matches('/')));
}

/// `USD1000,00`: what was paid in another currency.
fn exchange(value: &str) -> Option<Exchange> {
    let currency = Currency::parse(value.get(..3)?)?;
    Some(Exchange { amount: parse_amount(value.get(3..)?)?, currency, rate: None, unit: None })
}

/// The counterparty's account from a field that holds nothing but an IBAN.
pub(super) fn lone_iban(value: &str) -> Option<String> {
    let value = value.trim();
    looks_like_iban(value).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[&str]) -> Vec<String> {
        text.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn german_subfields_give_references_counterparty_and_text() {
        let details = parse(&lines(&[
            "166?00GUTSCHRIFT?100399?20EREF+Order-2024-00?2117?22SVWZ+Rechnung ",
            "4711?23 vom Mai?30NTSBDEB1XXX?31DE02120300000000202051?32Muster?33 GmbH?34000",
        ]));
        assert_eq!(details.code.as_deref(), Some("166"));
        assert_eq!(details.posting_text.as_deref(), Some("GUTSCHRIFT"));
        assert_eq!(details.refs.end_to_end.as_deref(), Some("Order-2024-0017"));
        assert_eq!(details.remittance, ["Rechnung 4711 vom Mai"]);
        assert_eq!(details.counterparty.name.as_deref(), Some("Muster GmbH"));
        assert_eq!(details.counterparty.account.as_deref(), Some("DE02120300000000202051"));
        assert_eq!(details.returned, None);
    }

    #[test]
    fn a_german_return_keeps_its_reason() {
        let details = parse(&lines(&["159?00RETOURE?20EREF+A1?21MTLG:Konto gesperrt?34903"]));
        assert_eq!(details.returned.unwrap().reason.as_deref(), Some("903"));
        assert_eq!(details.remittance, ["MTLG:Konto gesperrt"]);
    }

    #[test]
    fn subfields_without_marks_are_lines_of_text() {
        assert_eq!(parse(&lines(&["079?00SAMMLER?20first?21second"])).remittance, ["first", "second"]);
        assert_eq!(parse(&lines(&["123?45 a question"])).remittance, ["a question"], "nothing is lost");
    }

    #[test]
    fn code_words_between_slashes_are_told_apart() {
        let details = parse(&lines(&[
            "/TRTP/SEPA/IBAN/NL70ABNA0987654321/BIC/ABNANL2A/NAME/Contra/REMI/USTD//Invoice 1/2",
            "4/EREF/E2E-1/OCMT/USD1000,00/EXCH/1,25",
        ]));
        assert_eq!(details.refs.end_to_end.as_deref(), Some("E2E-1"));
        assert_eq!(details.remittance, ["Invoice 1/24"]);
        assert_eq!(details.counterparty.account.as_deref(), Some("NL70ABNA0987654321"));
        let exchange = details.exchange.unwrap();
        assert_eq!(
            (exchange.currency.code(), exchange.rate.unwrap().to_string()),
            ("USD", "1.25".to_owned())
        );
    }

    #[test]
    fn a_structured_reference_and_an_empty_one_are_told_apart() {
        let details = parse(&lines(&["/EREF/NOTPROVIDED/REMI/STRD/CUR/RF481245/"]));
        assert_eq!(details.refs.end_to_end, None);
        let expected = StructuredReference { kind: Some("CUR".into()), value: "RF481245".into() };
        assert_eq!(details.refs.structured, [expected]);
    }

    #[test]
    fn anything_else_is_plain_text_line_by_line() {
        assert_eq!(
            parse(&lines(&["BGGIRERING 12345678", "  ", " second "])).remittance,
            ["BGGIRERING 12345678", "second"]
        );
        assert_eq!(parse(&lines(&["12?3"])).remittance, ["12?3"]);
    }
}
