//! Faults below the encrypted cache: power that fails and calls that fail, on the real [`attest_cache::Cache`].
//!
//! SQLite runs on a machine of our own ([`machine`]) whose disks are in memory ([`disk`]); [`vfs`] is the door between
//! the two. It is registered as the process's default VFS, so that the cache is opened as the product opens it, without
//! a seam. What is written and what must be found again is in [`history`].

#![expect(clippy::unwrap_used, reason = "what helpers of tests cannot do is a failed test")]

mod chance;
mod disk;
mod history;
mod io_errors;
mod machine;
mod plain;
mod power_loss;
mod vfs;

use crate::machine::Mounted;
use attest_cache::{Cache, CacheError, CacheKey};
use disk::Image;
use std::path::Path;
use tempfile::TempDir;

fn key() -> CacheKey {
    CacheKey::new([9; 32])
}

/// A place in the real file system whose database is on a disk of the machine.
///
/// The cache asks the file system whether the database is there before it opens it; an empty file answers.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        vfs::install();
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// Puts in a disk. Only one at a time.
    fn mount(&self, image: Image) -> Mounted {
        Mounted::new(self.folder.path().join("cache.db").to_str().unwrap(), image)
    }
}

/// Opens the cache on a disk.
async fn open(disk: &Mounted) -> Result<Cache, CacheError> {
    let path = Path::new(disk.path());
    if disk.has_database() {
        std::fs::write(path, []).unwrap();
    } else if path.exists() {
        std::fs::remove_file(path).unwrap();
    }
    Cache::open(path, &key()).await
}

/// A number from the environment: more runs than a test has time for, or the seed of a run that failed.
fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().expect("it is a number"))
}
