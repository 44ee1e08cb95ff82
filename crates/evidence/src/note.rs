//! Signed notes (C2SP signed-note 1.0): a text and the lines of those who signed it with Ed25519.
//!
//! A signature of an unknown key says nothing and is kept; one of a known key that does not hold rejects the note.
//! Signatures of other kinds (cosignatures, post-quantum ones) have their place as lines of unknown keys.

use crate::{base64, signature::verify_ed25519};
use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// Bytes of a note; the largest post-quantum signatures take about 5 KiB each.
pub const NOTE_BYTES_MAX: usize = 64 * 1024;
/// Signature lines of a note; at least 16 must be accepted.
pub const SIGNATURES_MAX: usize = 32;

/// The kind of Ed25519 keys in key ids and verifier keys.
const ED25519: u8 = 0x01;
/// What a signature line begins with: an em dash and a space.
const DASH: &str = "\u{2014} ";

/// Why a note or key is not what it says it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not the shape of a note.
    #[error("This is no signed note: {0}.")]
    Malformed(&'static str),
    /// Not the shape of a verifier key.
    #[error("This is no verifier key: {0}.")]
    Key(&'static str),
    /// A key we know is named, but its signature does not hold.
    #[error("The signature of {0} does not hold: the text was changed or another key signed it.")]
    Signature(String),
    /// Nobody we know signed.
    #[error("None of the expected keys signed this note.")]
    Unsigned,
}

/// The public key of a signer, with the name it signs under.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: VerifyingKey,
}

impl VerifierKey {
    /// Reads `name+id+key`: id 8 hex digits, key base64 of the kind and the 32 bytes.
    ///
    /// # Errors
    /// [`NoteError::Key`] when it has another shape, another kind, or the id of another key.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key("it has no name, id and key joined by +"));
        };
        check_name(name).map_err(NoteError::Key)?;
        let bytes = base64::decode(key).ok_or(NoteError::Key("the key is not base64"))?;
        let (Some((&ED25519, bytes)), true) = (bytes.split_first(), bytes.len() == 33) else {
            return Err(NoteError::Key("the key is not one of Ed25519"));
        };
        let bytes: [u8; 32] = bytes.try_into().expect("33 bytes less one");
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| NoteError::Key("the key is no point"))?;
        let read = Self { name: name.to_owned(), key };
        if HEXLOWER.encode(&read.id()) == id { Ok(read) } else { Err(NoteError::Key("the id is another's")) }
    }

    /// The name it signs under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of SHA-256(name ‖ newline ‖ kind ‖ key), by which a line names its key.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let mut hasher = Sha256::new();
        hasher.update(self.name.as_bytes());
        hasher.update([b'\n', ED25519]);
        hasher.update(self.key.as_bytes());
        let digest: [u8; 32] = hasher.finalize().into();
        [digest[0], digest[1], digest[2], digest[3]]
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = BASE64.encode(&[&[ED25519], self.key.as_bytes().as_slice()].concat());
        write!(formatter, "{}+{}+{key}", self.name, HEXLOWER.encode(&self.id()))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// A secret key and the name it signs under. The key is wiped when it is dropped.
pub struct NoteSigner {
    name: String,
    key: SigningKey,
}

impl NoteSigner {
    /// The signer `name` with the 32 secret bytes of RFC 8032.
    ///
    /// # Errors
    /// [`NoteError::Key`] when the name is empty or holds a space or `+`.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        check_name(name).map_err(NoteError::Key)?;
        Ok(Self { name: name.to_owned(), key: SigningKey::from_bytes(seed) })
    }

    /// The key that others check its signatures with.
    #[must_use]
    pub fn verifier_key(&self) -> VerifierKey {
        VerifierKey { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// Signs a text.
    ///
    /// # Errors
    /// [`NoteError::Malformed`] when the text cannot be that of a note.
    pub fn sign(&self, text: &str) -> Result<SignedNote, NoteError> {
        check_text(text)?;
        let signature = NoteSignature {
            name: self.name.clone(),
            id: self.verifier_key().id(),
            bytes: self.key.sign(text.as_bytes()).to_bytes().to_vec(),
        };
        Ok(SignedNote { text: text.to_owned(), signatures: vec![signature] })
    }
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "NoteSigner({})", self.verifier_key())
    }
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// Who signed.
    pub name: String,
    /// The key's id.
    pub id: [u8; 4],
    /// The signature; 64 bytes for Ed25519.
    pub bytes: Vec<u8>,
}

/// A text with its signature lines; it prints as the bytes it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl SignedNote {
    /// Reads a note without judging its signatures.
    ///
    /// # Errors
    /// [`NoteError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteError::Malformed("it has more than 64 KiB"));
        }
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::Malformed("it is not UTF-8"))?;
        let at = note.rfind("\n\n").ok_or(NoteError::Malformed("no empty line parts text and signatures"))?;
        let (text, lines) = (&note[..=at], &note[at + 2..]);
        check_text(text)?;
        let lines =
            lines.strip_suffix('\n').ok_or(NoteError::Malformed("the last line has no end"))?.split('\n');
        let mut signatures = Vec::new();
        for line in lines {
            if signatures.len() == SIGNATURES_MAX {
                return Err(NoteError::Malformed("it has more than 32 signatures"));
            }
            signatures.push(parse_signature(line)?);
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The text that was signed, with the end of its last line.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// All signature lines, those of unknown keys too.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds the lines of another note about the same text, such as a witness's, leaving out those it has.
    ///
    /// # Errors
    /// [`NoteError::Malformed`] when the text is another or the lines become too many.
    pub fn join(&mut self, other: Self) -> Result<(), NoteError> {
        if other.text != self.text {
            return Err(NoteError::Malformed("the signatures are those of another text"));
        }
        for signature in other.signatures {
            if !self.signatures.contains(&signature) {
                self.signatures.push(signature);
            }
        }
        if self.signatures.len() > SIGNATURES_MAX {
            return Err(NoteError::Malformed("it has more than 32 signatures"));
        }
        Ok(())
    }

    /// Checks the signatures of the keys we know; answers with those that signed.
    ///
    /// # Errors
    /// [`NoteError::Signature`] when one of them does not hold, [`NoteError::Unsigned`] when none signed.
    pub fn verify<'k>(&self, keys: &'k [VerifierKey]) -> Result<Vec<&'k VerifierKey>, NoteError> {
        let mut signed: Vec<&VerifierKey> = Vec::new();
        for line in &self.signatures {
            let Some(known) = keys.iter().find(|key| key.name == line.name && key.id() == line.id) else {
                continue;
            };
            if !verify_ed25519(known.key.as_bytes(), self.text.as_bytes(), &line.bytes) {
                return Err(NoteError::Signature(known.name.clone()));
            }
            if !signed.contains(&known) {
                signed.push(known);
            }
        }
        if signed.is_empty() { Err(NoteError::Unsigned) } else { Ok(signed) }
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.text)?;
        self.signatures.iter().try_for_each(|one| {
            let bytes = BASE64.encode(&[&one.id[..], &one.bytes].concat());
            writeln!(formatter, "{DASH}{} {bytes}", one.name)
        })
    }
}

fn parse_signature(line: &str) -> Result<NoteSignature, NoteError> {
    let rest = line.strip_prefix(DASH).ok_or(NoteError::Malformed("a signature line has no dash"))?;
    let (name, bytes) =
        rest.split_once(' ').ok_or(NoteError::Malformed("a signature line has no name and signature"))?;
    check_name(name).map_err(NoteError::Malformed)?;
    let bytes = base64::decode(bytes).ok_or(NoteError::Malformed("a signature is not base64"))?;
    match bytes.split_first_chunk::<4>() {
        Some((id, bytes)) if !bytes.is_empty() => {
            Ok(NoteSignature { name: name.to_owned(), id: *id, bytes: bytes.to_vec() })
        }
        _ => Err(NoteError::Malformed("a signature has no key id and bytes")),
    }
}

fn check_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+') {
        return Err("a name is empty or holds a space or a plus");
    }
    Ok(())
}

fn check_text(text: &str) -> Result<(), NoteError> {
    if !text.ends_with('\n') {
        return Err(NoteError::Malformed("the text's last line has no end"));
    }
    if text.contains(|c: char| c.is_control() && c != '\n') {
        return Err(NoteError::Malformed("the text holds a control character"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(name: &str, seed: u8) -> NoteSigner {
        NoteSigner::from_seed(name, &[seed; 32]).unwrap()
    }

    #[test]
    fn the_worked_example_of_the_specification_verifies() {
        // C2SP signed-note.md, "Example".
        let key = VerifierKey::parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
            .unwrap();
        let bytes = "This is an example message.\n\n\u{2014} example.com/foo \
            Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
        let note = SignedNote::parse(bytes.as_bytes()).unwrap();
        assert_eq!(note.to_string(), bytes);
        assert_eq!(note.verify(std::slice::from_ref(&key)), Ok(vec![&key]));
    }

    #[test]
    fn a_changed_text_or_signature_is_rejected_and_an_unknown_signer_is_not_enough() {
        let (ours, theirs) = (signer("log.example/a", 1), signer("witness.example", 2));
        let note = ours.sign("text\n").unwrap().to_string();
        let key = [ours.verifier_key()];
        for at in 0..note.len() {
            let mut changed = note.clone().into_bytes();
            changed[at] ^= 1;
            let held = SignedNote::parse(&changed).and_then(|note| note.verify(&key).map(|_| ()));
            assert!(held.is_err(), "byte {at} was changed");
        }
        let read = SignedNote::parse(note.as_bytes()).unwrap();
        assert_eq!(read.verify(&[theirs.verifier_key()]), Err(NoteError::Unsigned));
    }

    #[test]
    fn a_second_signature_joins_and_both_are_told() {
        let (ours, theirs) = (signer("log.example/a", 1), signer("witness.example", 2));
        let mut note = ours.sign("one\n\ntwo\n").unwrap();
        note.join(theirs.sign("one\n\ntwo\n").unwrap()).unwrap();
        note.join(theirs.sign("one\n\ntwo\n").unwrap()).unwrap();
        let keys = [ours.verifier_key(), theirs.verifier_key()];
        let again = SignedNote::parse(note.to_string().as_bytes()).unwrap();
        assert_eq!(again, note);
        assert_eq!(again.signatures().len(), 2);
        assert_eq!(again.verify(&keys), Ok(vec![&keys[0], &keys[1]]));
        assert!(note.join(ours.sign("another\n").unwrap()).is_err());
    }

    #[test]
    fn a_verifier_key_reads_back_and_a_wrong_one_is_refused() {
        let key = signer("log.example/a", 1).verifier_key();
        let text = key.to_string();
        assert_eq!(VerifierKey::parse(&text), Ok(key));
        let renamed = text.replace("log.example/a", "log.example/b");
        assert_eq!(VerifierKey::parse(&renamed), Err(NoteError::Key("the id is another's")));
        for broken in ["", "a", "a+b", "a b+00000000+AQ==", "a+00000000+!", "a+00000000+AgAA"] {
            assert!(VerifierKey::parse(broken).is_err(), "{broken}");
        }
        assert!(NoteSigner::from_seed("two words", &[1; 32]).is_err());
    }

    #[test]
    fn what_is_no_note_is_refused_with_what_is_wrong() {
        let line = "\u{2014} a AAAAAAE=\n";
        for (bytes, why) in [
            (format!("text\n{line}"), "no empty line parts text and signatures"),
            (format!("te\txt\n\n{line}"), "the text holds a control character"),
            ("text\n\n\u{2014} a AAAAAAE=".to_owned(), "the last line has no end"),
            ("text\n\n- a AAAAAAE=\n".to_owned(), "a signature line has no dash"),
            ("text\n\n\u{2014} aAAAAAAE=\n".to_owned(), "a signature line has no name and signature"),
            ("text\n\n\u{2014} a AAAAAA==\n".to_owned(), "a signature has no key id and bytes"),
            ("text\n\n\u{2014} a !\n".to_owned(), "a signature is not base64"),
            (format!("text\n\n{}", line.repeat(33)), "it has more than 32 signatures"),
            ("x".repeat(NOTE_BYTES_MAX + 1), "it has more than 64 KiB"),
        ] {
            assert_eq!(SignedNote::parse(bytes.as_bytes()), Err(NoteError::Malformed(why)));
        }
    }
}
