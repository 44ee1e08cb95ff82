//! Where the workspaces lie, and the name by which a second start finds the first one.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// The program's name towards the operating system; also in `tauri.conf.json`.
pub(crate) const IDENTIFIER: &str = "se.attest.desktop";

/// The folder for data of this user on this machine that must not roam or be backed up as documents are.
pub(crate) fn data_folder() -> Option<PathBuf> {
    dirs::data_local_dir().map(|dir| dir.join(IDENTIFIER))
}

/// A name that is the same for every way of writing the same folder, and different for different folders.
///
/// Two workspaces can thus be open at once, each in its own process. The `w` is there because an element of a
/// D-Bus name must not begin with a digit.
pub(crate) fn derive_instance_name(workspace: &Path) -> String {
    let digest = Sha256::digest(resolve(workspace).as_os_str().as_encoded_bytes());
    format!("{IDENTIFIER}.w{}", HEXLOWER.encode(&digest[..8]))
}

/// Follows links as far as the path exists; what does not exist yet is kept as it is written.
fn resolve(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for known in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (known.canonicalize(), path.strip_prefix(known)) {
            // Joining an empty rest would add a slash.
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_folder_has_one_name_however_it_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let plain = dir.path().join("ws");
        let before = derive_instance_name(&plain);
        std::fs::create_dir(&plain).unwrap();
        assert_eq!(derive_instance_name(&plain), before, "creating the folder changes nothing");
        assert_eq!(derive_instance_name(&dir.path().join("./ws/.")), before);
        assert_ne!(derive_instance_name(&dir.path().join("other")), before);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_to_the_same_name() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("ws")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("ws"), dir.path().join("link")).unwrap();
        assert_eq!(
            derive_instance_name(&dir.path().join("link")),
            derive_instance_name(&dir.path().join("ws"))
        );
    }

    #[test]
    fn the_name_is_one_that_d_bus_accepts() {
        let name = derive_instance_name(Path::new("/ws"));
        assert!(name.len() < 255 && name.split('.').all(|part| part.starts_with(char::is_alphabetic)));
        assert!(name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '.'));
    }

    #[test]
    fn the_identifier_is_the_configured_one() {
        let config: serde_json::Value = serde_json::from_str(include_str!("../tauri.conf.json")).unwrap();
        assert_eq!(config["identifier"], IDENTIFIER);
    }
}
