//! Links SQLCipher 4.20 (SQLite 3.54.1) into every program that names this crate.
//!
//! Nothing else lives here: `attest-cache` speaks to the library through sqlx.
//! `libsqlite3-sys` emits the link request, this crate's build script the library.

pub use libsqlite3_sys as sys;
#[cfg(not(target_vendor = "apple"))]
use openssl_sys as _;

/// The oldest SQLite this program opens a database with: 3.51.3, the first without the WAL-reset corruption.
pub const SQLITE_VERSION_MIN: i32 = 3_051_003;
