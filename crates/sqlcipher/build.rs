//! Compiles the SQLCipher amalgamation into a static library named `sqlcipher`.
//!
//! `libsqlite3-sys` (feature `sqlcipher`) only asks the linker for that name. Its own bundled SQLCipher is
//! 4.10 on SQLite 3.50.4, inside the range of the WAL-reset corruption (fixed in 3.51.3), so it is not used.

use std::{env, fs, path::Path};

/// What sqlx expects of the library, what SQLCipher needs, and full-text search.
const DEFINES: &[(&str, Option<&str>)] = &[
    ("SQLITE_HAS_CODEC", None),
    ("SQLITE_TEMP_STORE", Some("3")), // temporary tables never reach a disk in clear
    ("SQLITE_THREADSAFE", Some("1")),
    ("SQLITE_EXTRA_INIT", Some("attest_extra_init")),
    ("SQLITE_EXTRA_SHUTDOWN", Some("sqlcipher_extra_shutdown")),
    ("SQLITE_ENABLE_COLUMN_METADATA", None),
    ("SQLITE_ENABLE_UNLOCK_NOTIFY", None),
    ("SQLITE_ENABLE_LOAD_EXTENSION", None),
    ("SQLITE_ENABLE_PREUPDATE_HOOK", None),
    ("SQLITE_ENABLE_SESSION", None),
    ("SQLITE_ENABLE_FTS5", None),
    ("SQLITE_DEFAULT_FOREIGN_KEYS", Some("1")),
    ("SQLITE_DQS", Some("0")),
    ("SQLITE_MAX_VARIABLE_NUMBER", Some("250000")),
    ("NDEBUG", None),
    ("SQLCIPHER_OMIT_DLLMAIN", None), // its exit handler on Windows
];

/// SQLCipher as published, but nothing of it or of its OpenSSL is freed by a handler when the process ends: such
/// handlers run beside threads that are still reading or closing, and crash a program that has done everything
/// right. A connection that is closed wipes its keys by itself; the rest goes with the process.
const WITHOUT_EXIT_HANDLERS: &str = r#"
#define atexit attest_no_exit_handler
#define section(name) unused /* .fini_array, and __mod_term_func on Apple */
#include "sqlcipher.c"
int attest_no_exit_handler(void (*handler)(void)) {
    (void)handler;
    return 0;
}
int attest_extra_init(const char *argument) {
#ifdef SQLCIPHER_CRYPTO_OPENSSL
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
#endif
    return sqlcipher_extra_init(argument);
}
"#;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let source = sqlcipher_src::source_dir();
    let mut build = cc::Build::new();
    let unit = Path::new(&env::var("OUT_DIR").expect("cargo tells it")).join("attest_sqlcipher.c");
    fs::write(&unit, WITHOUT_EXIT_HANDLERS).expect("the folder of the build can be written");
    build.file(unit).include(source).warnings(false).opt_level(2);
    for (name, value) in DEFINES {
        build.define(name, *value);
    }
    if is("CARGO_CFG_TARGET_VENDOR", "apple") {
        build.define("SQLCIPHER_CRYPTO_CC", None);
        println!("cargo:rustc-link-lib=framework=Security");
        println!("cargo:rustc-link-lib=framework=CoreFoundation");
    } else {
        let include = env::var("DEP_OPENSSL_INCLUDE").expect("openssl-sys tells its include folder");
        build.define("SQLCIPHER_CRYPTO_OPENSSL", None).include(include);
    }
    build.compile("sqlcipher");
    if is("CARGO_CFG_TARGET_OS", "windows") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        // GNU ld reads its inputs once. It must meet SQLCipher when everybody has asked for it, and OpenSSL behind it.
        println!("cargo:rustc-link-lib=dylib:+verbatim=libsqlcipher.a");
        println!("cargo:rustc-link-lib=dylib:+verbatim=libcrypto.a");
    }
}

fn is(variable: &str, value: &str) -> bool {
    env::var(variable).as_deref() == Ok(value)
}
