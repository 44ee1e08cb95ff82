//! Links SQLCipher 4.20 (SQLite 3.54.1) into every program that names this crate.
//!
//! Nothing else lives here: `attest-cache` speaks to the library through sqlx.
//! `libsqlite3-sys` emits the link request, this crate's build script the library.

pub use libsqlite3_sys as sys;

/// Readies the cipher's library; to be called before the first connection is opened.
///
/// OpenSSL would otherwise clean up when the process ends, under the feet of connections that are still at work
/// on threads of their own, and crash a program that has done everything right.
pub fn prepare() {
    #[cfg(not(target_vendor = "apple"))]
    openssl_sys::init(); // sets OPENSSL_INIT_NO_ATEXIT
}

/// The oldest SQLite this program opens a database with: 3.51.3, the first without the WAL-reset corruption.
pub const SQLITE_VERSION_MIN: i32 = 3_051_003;
