//! One suite for both databases, through the interface that everybody uses: HTTPS.
//!
//! Each rule is a function of a [`Site`], an installation of its own; it runs on SQLite and, where `ATTEST_POSTGRES`
//! names a server, on a database of its own in PostgreSQL.

#![expect(clippy::unwrap_used, reason = "what helpers of tests cannot do is a failed test")]

/// Makes two tests of each rule: one on each database.
macro_rules! on_both_databases {
    ($($rule:ident),* $(,)?) => { $(
        mod $rule {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                super::$rule(&crate::site::Site::on_sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                if let Some(site) = crate::site::Site::on_postgres(stringify!($rule)).await {
                    super::$rule(&site).await;
                }
            }
        }
    )* };
}

mod books;
mod bucket;
mod commands;
mod description;
mod documents;
mod erasing;
mod inputs;
mod lifecycle;
mod log;
mod process;
mod replica;
mod rights;
mod site;
mod writers;
