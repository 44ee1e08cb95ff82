//! What the crate promises, through its public face.

mod key_file;
mod keychain;
mod passphrase;

use attest_keychain::Passphrase;

/// A passphrase long enough to be accepted.
fn passphrase(text: &str) -> Passphrase {
    Passphrase::from(text.to_owned())
}
