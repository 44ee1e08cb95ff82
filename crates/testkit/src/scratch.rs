//! A folder of its own for each test, removed when the test ends.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A temporary folder, such as a workspace is opened in.
#[derive(Debug)]
pub struct Scratch(tempfile::TempDir);

impl Scratch {
    /// Makes an empty folder.
    ///
    /// # Panics
    /// When the system's temporary folder cannot be written.
    #[must_use]
    pub fn new() -> Self {
        Self(
            tempfile::Builder::new()
                .prefix("attest-test-")
                .tempdir()
                .expect("the temporary folder is writable"),
        )
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file into the folder, folders between included, and returns its path.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        let folder = path.parent().unwrap_or(self.path());
        fs::create_dir_all(folder).expect("the scratch folder is ours to write");
        fs::write(&path, bytes).expect("the scratch folder is ours to write");
        path
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_folder_takes_files_and_leaves_nothing_behind() {
        let scratch = Scratch::new();
        let path = scratch.file("in/a.txt", "text");
        assert_eq!(fs::read_to_string(&path).unwrap(), "text");
        drop(scratch);
        assert!(!path.exists());
    }
}
