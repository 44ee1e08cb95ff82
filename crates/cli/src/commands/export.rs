//! `attest export`: files that leave the workspace, told with their digests.

use crate::{
    args::{ExportArgs, ExportFormat, ExportKind},
    error::CliError,
    output::Output,
};
use attest_desk::{Desk, listing::AccountName};
use serde::Serialize;

/// What was written.
#[derive(Serialize)]
struct Written {
    path: String,
    sha256: String,
    rows: u64,
}

pub(crate) async fn export(args: ExportArgs, desk: &Desk, output: &mut Output) -> Result<(), CliError> {
    let ExportArgs {
        what: ExportKind::Reconciliation,
        format: ExportFormat::Csv,
        out,
        account,
        currency,
        month,
    } = args;
    let name = account.map(|number| AccountName { number, currency });
    let account = desk.find_one_account(name.as_ref()).await?;
    let out = std::path::absolute(&out).map_err(|source| CliError::Unreadable { path: out, source })?;
    let view = desk.export_reconciliation_to(account, month, &out).await?;
    let written = Written { path: view.path, sha256: view.sha256, rows: view.rows };
    output.answer(&written, |file| format!("{}: {} rows, SHA-256 {}", file.path, file.rows, file.sha256))?;
    output.finish()
}
