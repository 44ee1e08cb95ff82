//! Checkpoints (C2SP tlog-checkpoint 1.0): what a log says of itself, as the text of a signed note.
//!
//! Three lines: origin, number of events, base64 of the root. Further lines are tolerated and mean nothing here.

use crate::{
    base64,
    note::{NoteError, NoteSigner, SignedNote, VerifierKey},
    tree::{SIZE_MAX, empty_root},
};
use attest_domain::Digest;
use data_encoding::BASE64;
use std::fmt;

/// A log's size and root under its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name: host and tenant, without a company's name, because witnesses see it.
    pub origin: String,
    /// Number of events.
    pub size: u64,
    /// Root over all of them.
    pub root: Digest,
}

/// Why a checkpoint is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Not the lines of a checkpoint.
    #[error("The signed text is no checkpoint: {0}.")]
    Malformed(&'static str),
    /// A checkpoint of another log.
    #[error("The checkpoint is of the log {found}, not of {expected}.")]
    Origin {
        /// The log that was asked.
        expected: String,
        /// The log that it names.
        found: String,
    },
}

impl Checkpoint {
    /// Reads the text of a note.
    ///
    /// # Errors
    /// [`CheckpointError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let body = text.strip_suffix('\n').ok_or(CheckpointError::Malformed("the last line has no end"))?;
        let mut lines = body.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(CheckpointError::Malformed("it has no origin, size and root"));
        };
        if origin.is_empty() || lines.any(str::is_empty) {
            return Err(CheckpointError::Malformed("a line is empty"));
        }
        let plain = !size.is_empty()
            && size.bytes().all(|byte| byte.is_ascii_digit())
            && (size == "0" || !size.starts_with('0'));
        let size = size.parse::<u64>().ok().filter(|size| plain && *size <= SIZE_MAX);
        let size = size.ok_or(CheckpointError::Malformed("the size is no number"))?;
        let root = base64::decode(root).and_then(|root| root.try_into().ok()).map(Digest);
        let root = root.ok_or(CheckpointError::Malformed("the root is not 32 bytes in base64"))?;
        if size == 0 && root != empty_root() {
            return Err(CheckpointError::Malformed("the root of no events is another"));
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }

    /// Reads a checkpoint from the bytes of a note, signed by `key` for its own origin, which is the key's name.
    /// The note is given back too: it is what a replica keeps.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn open(bytes: &[u8], key: &VerifierKey) -> Result<(Self, SignedNote), CheckpointError> {
        let note = SignedNote::parse(bytes)?;
        note.verify(std::slice::from_ref(key))?;
        let checkpoint = Self::parse(note.text())?;
        if checkpoint.origin != key.name() {
            return Err(CheckpointError::Origin {
                expected: key.name().to_owned(),
                found: checkpoint.origin,
            });
        }
        Ok((checkpoint, note))
    }

    /// Signs it.
    ///
    /// # Errors
    /// [`CheckpointError::Origin`] when the signer's name is not the origin, [`CheckpointError::Note`] when the origin
    /// cannot be written.
    pub fn sign(&self, signer: &NoteSigner) -> Result<SignedNote, CheckpointError> {
        let key = signer.verifier_key();
        if key.name() != self.origin {
            return Err(CheckpointError::Origin {
                expected: key.name().to_owned(),
                found: self.origin.clone(),
            });
        }
        Ok(signer.sign(&self.to_string())?)
    }
}

impl fmt::Display for Checkpoint {
    /// The text that is signed.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}\n{}\n{}", self.origin, self.size, BASE64.encode(&self.root.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leaf;

    const ORIGIN: &str = "log.example/t/8b0f2d0a-9b1e-4c57-a6f0-0f6f7c3e2a11";

    fn checkpoint() -> Checkpoint {
        Checkpoint { origin: ORIGIN.to_owned(), size: 41_207, root: leaf::hash(b"root") }
    }

    #[test]
    fn a_checkpoint_opens_with_the_key_of_its_log_alone() {
        let signer = NoteSigner::from_seed(ORIGIN, &[7; 32]).unwrap();
        let bytes = checkpoint().sign(&signer).unwrap().to_string();
        let (read, note) = Checkpoint::open(bytes.as_bytes(), &signer.verifier_key()).unwrap();
        assert_eq!((read, note.to_string()), (checkpoint(), bytes.clone()));
        let other = NoteSigner::from_seed(ORIGIN, &[8; 32]).unwrap();
        assert_eq!(
            Checkpoint::open(bytes.as_bytes(), &other.verifier_key()),
            Err(CheckpointError::Note(NoteError::Unsigned))
        );
    }

    #[test]
    fn a_log_cannot_speak_for_another() {
        let other = NoteSigner::from_seed("log.example/t/other", &[7; 32]).unwrap();
        assert!(matches!(checkpoint().sign(&other), Err(CheckpointError::Origin { .. })));
        // signed by hand all the same
        let bytes = other.sign(&checkpoint().to_string()).unwrap().to_string();
        let opened = Checkpoint::open(bytes.as_bytes(), &other.verifier_key());
        assert!(matches!(opened, Err(CheckpointError::Origin { .. })));
    }

    #[test]
    fn a_text_with_further_lines_is_read_and_one_in_another_spelling_is_refused() {
        let text = checkpoint().to_string();
        assert_eq!(Checkpoint::parse(&format!("{text}more\n")), Ok(checkpoint()));
        let root = text.lines().nth(2).unwrap();
        for broken in [
            text.trim_end().to_owned(),
            format!("{ORIGIN}\n41207\n"),
            format!("\n41207\n{root}\n"),
            format!("{ORIGIN}\n041207\n{root}\n"),
            format!("{ORIGIN}\n+41207\n{root}\n"),
            format!("{ORIGIN}\n-1\n{root}\n"),
            format!("{ORIGIN}\n9223372036854775808\n{root}\n"),
            format!("{ORIGIN}\n41207\n{}\n", &root[4..]),
            format!("{ORIGIN}\n41207\n{}\n", root.replace('=', "")),
            format!("{text}\n"),
            format!("{ORIGIN}\n0\n{root}\n"),
        ] {
            assert!(matches!(Checkpoint::parse(&broken), Err(CheckpointError::Malformed(_))), "{broken:?}");
        }
    }
}
