//! Folds names and texts so that bank truncation, transliteration and legal forms do not hide equality.
//!
//! Invariants: pure and total; both sides go through the same folding, so what it loses it loses twice.
//! Deliberately absent: phonetics and dictionaries of first names.

/// Company forms of the Nordic countries and the most common others, folded; they say nothing about who it is.
const LEGAL_FORMS: &[&str] = &[
    "ab", "abp", "ans", "aps", "as", "asa", "bv", "da", "enk", "filial", "gmbh", "hb", "inc", "is", "ivs",
    "kb", "ks", "ky", "llc", "ltd", "nuf", "nv", "oy", "oyj", "plc", "publ", "ry", "sa", "tmi",
];

/// Words that stand in every second bank text and therefore tell nothing, folded.
const COMMON_WORDS: &[&str] = &[
    "avgift",
    "bankgiro",
    "betaling",
    "betalning",
    "bg",
    "bgc",
    "extern",
    "faktura",
    "fakturanr",
    "fran",
    "fra",
    "for",
    "from",
    "giro",
    "girering",
    "inbetaling",
    "inbetalning",
    "insatning",
    "insattning",
    "innbetaling",
    "inv",
    "invoice",
    "kid",
    "konto",
    "kredit",
    "kundfaktura",
    "kundbetalning",
    "lasku",
    "leverantorsfaktura",
    "leverandorfaktura",
    "levfakt",
    "maksu",
    "nr",
    "ocr",
    "och",
    "og",
    "overforing",
    "pa",
    "pay",
    "payment",
    "pg",
    "plusgiro",
    "ref",
    "saldo",
    "sek",
    "eur",
    "nok",
    "dkk",
    "swish",
    "the",
    "til",
    "till",
    "transfer",
    "uttag",
    "utbetalning",
    "utbetaling",
    "viite",
    "viitenumero",
    "viitemaksu",
    "ver",
    "voucher",
];

/// Longest text that is looked at, in characters; what lies beyond never decided a match.
const TEXT_CHARS_MAX: usize = 400;

/// Lower case, diacritics and Nordic digraphs folded (å = aa = a, ä = æ = ae = a, ö = ø = oe = o, ü = ue = u),
/// everything but letters and digits a single space. `A/S` reads as `as`.
pub(crate) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(TEXT_CHARS_MAX));
    let mut token_chars = 0_usize;
    let mut chars = text.chars().take(TEXT_CHARS_MAX).flat_map(char::to_lowercase).peekable();
    while let Some(c) = chars.next() {
        if c == '/' && token_chars == 1 && chars.peek().is_some_and(|next| next.is_alphabetic()) {
            continue;
        }
        let base = base_letter(c);
        if base.is_empty() {
            if !out.ends_with(' ') && !out.is_empty() {
                out.push(' ');
            }
            token_chars = 0;
            continue;
        }
        for b in base.chars() {
            let doubled =
                matches!((out.chars().next_back(), b), (Some('a'), 'a' | 'e') | (Some('o' | 'u'), 'e'));
            if !doubled {
                out.push(b);
                token_chars += 1;
            }
        }
    }
    while out.ends_with(' ') {
        out.pop();
    }
    out
}

/// The folded spelling of one lower-case character; empty for what separates words.
fn base_letter(c: char) -> std::borrow::Cow<'static, str> {
    let folded = match c {
        'å' | 'ä' | 'á' | 'à' | 'â' | 'ã' | 'æ' => "a",
        'ö' | 'ø' | 'ó' | 'ò' | 'ô' | 'õ' | 'œ' => "o",
        'é' | 'è' | 'ê' | 'ë' => "e",
        'ü' | 'ú' | 'ù' | 'û' => "u",
        'í' | 'ì' | 'î' | 'ï' => "i",
        'ý' | 'ÿ' => "y",
        'ñ' => "n",
        'ç' | 'č' | 'ć' => "c",
        'š' => "s",
        'ž' => "z",
        'ð' | 'đ' => "d",
        'þ' => "th",
        'ß' => "ss",
        'ł' => "l",
        // A decomposed accent belongs to the letter before it, which is kept.
        _ if c.is_alphanumeric() => return c.to_string().into(),
        _ => "",
    };
    folded.into()
}

/// True for company forms.
pub(crate) fn is_legal_form(token: &str) -> bool {
    LEGAL_FORMS.contains(&token)
}

/// True for words without evidence: company forms and the vocabulary of bank texts.
pub(crate) fn is_common(token: &str) -> bool {
    is_legal_form(token) || COMMON_WORDS.contains(&token)
}

/// True when a token is a word (has a letter, and no digit).
pub(crate) fn is_word(token: &str) -> bool {
    token.chars().any(char::is_alphabetic) && !token.bytes().any(|b| b.is_ascii_digit())
}

/// How two folded names relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// The same party under truncation, order, initials or a small misspelling.
    Same,
    /// Neither clearly the same nor clearly different.
    Unclear,
    /// Clearly different parties.
    Different,
}

/// Compares two names (folded tokens without legal forms).
pub(crate) fn compare_names(a: &[&str], b: &[&str]) -> Names {
    if a.is_empty() || b.is_empty() {
        return Names::Unclear;
    }
    let (joined_a, joined_b) = (a.concat(), b.concat());
    let short = joined_a.len().min(joined_b.len());
    if joined_a == joined_b
        || (short >= 5 && (joined_a.starts_with(&joined_b) || joined_b.starts_with(&joined_a)))
    {
        return Names::Same;
    }
    let shared = shared_chars(a, b);
    // Measured against the shorter name, so that a truncated one is not punished for what it lost.
    let share = shared * 100 / short.max(1);
    if shared >= 3 && share >= 55 {
        Names::Same
    } else if share >= 30 || short <= 4 {
        Names::Unclear
    } else {
        Names::Different
    }
}

/// Characters of the tokens of `a` that find a partner among those of `b`, each used once.
fn shared_chars(a: &[&str], b: &[&str]) -> usize {
    let mut used = vec![false; b.len()];
    let mut shared = 0;
    for token in a {
        let partner =
            b.iter().enumerate().find(|(i, other)| !used[*i] && same_word(token, other)).map(|(i, _)| i);
        if let Some(i) = partner {
            used[i] = true;
            shared += token.len().min(b[i].len());
        }
    }
    shared
}

/// Equal, or cut short (three characters at least), or one edit apart in five or more.
fn same_word(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let short = a.len().min(b.len());
    if short >= 3 && (a.starts_with(b) || b.starts_with(a)) {
        return true;
    }
    short >= 5 && a.len().abs_diff(b.len()) <= 1 && within_one_edit(a.as_bytes(), b.as_bytes())
}

/// True when one insertion, deletion, substitution or transposition of neighbours turns `a` into `b`.
pub(crate) fn within_one_edit(a: &[u8], b: &[u8]) -> bool {
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[head..], &b[head..]);
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[..a.len() - tail], &b[..b.len() - tail]);
    match (a.len(), b.len()) {
        (0, 0 | 1) | (1, 0 | 1) => true,
        (2, 2) => a[0] == b[1] && a[1] == b[0],
        _ => false,
    }
}

/// Length of the common beginning of two folded texts, cut back to a word boundary unless one text ends there
/// (banks cut texts in the middle of a word).
pub(crate) fn common_lead(a: &str, b: &str) -> usize {
    let equal: usize = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).map(|(x, _)| x.len_utf8()).sum();
    if equal == a.len() || equal == b.len() {
        return equal;
    }
    a[..equal].rfind(' ').unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(a: &str, b: &str) -> Names {
        let (a, b) = (fold(a), fold(b));
        let a: Vec<&str> = a.split(' ').filter(|t| !is_legal_form(t)).collect();
        let b: Vec<&str> = b.split(' ').filter(|t| !is_legal_form(t)).collect();
        compare_names(&a, &b)
    }

    #[test]
    fn transliterations_of_nordic_letters_fold_to_one_spelling() {
        for (a, b) in [
            ("Åkerlund", "AAKERLUND"),
            ("Järvi", "Jaervi"),
            ("Göteborg", "GOTEBORG"),
            ("Sørensen", "Soerensen"),
        ] {
            assert_eq!(fold(a), fold(b), "{a} {b}");
        }
        assert_eq!(fold("Nordhavn A/S, Århus"), "nordhavn as arhus");
    }

    #[test]
    fn legal_form_truncation_and_a_small_misspelling_leave_the_party_the_same() {
        for (a, b) in [
            ("Byggvaru Norr AB", "BYGGVARU NORR"),
            ("Fjellvik Entreprenør AS", "FJELLVIK ENTREPREN"),
            ("Kontorsmaterial i Ystad AB", "KONTORSMATERIAL I YS"),
            ("Hamnkrogen Oy", "Hamnkrogne Oy"),
        ] {
            assert_eq!(compare(a, b), Names::Same, "{a} {b}");
        }
        assert_eq!(compare("Byggvaru Norr AB", "Fiskhallen Syd AB"), Names::Different);
    }

    #[test]
    fn a_text_cut_in_the_middle_of_a_word_still_counts_to_its_end() {
        assert_eq!(common_lead("hyra lokal stor", "hyra lokal storgatan"), 15);
        assert_eq!(common_lead("hyra lokal stora", "hyra lokal storgatan"), 10);
    }

    #[test]
    fn a_common_lead_never_cuts_inside_a_character() {
        assert_eq!(common_lead("日本 x", "日本 y"), 6);
        assert_eq!(common_lead("日本x", "日中y"), 0);
    }
}
