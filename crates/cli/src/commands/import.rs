//! `attest import`: one object per file, in the order they were named.

use crate::{args::ImportArgs, error::CliError, output::Output};
use attest_desk::{
    Desk,
    import::{FileReport, FindingReport},
};
use attest_domain::Severity;
use std::fs;

pub(crate) async fn import(args: ImportArgs, desk: &Desk, output: &mut Output) -> Result<(), CliError> {
    let ImportArgs { files, mapping } = args;
    let mapping = match mapping {
        Some(path) => match fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(source) => return Err(CliError::Unreadable { path, source }),
        },
        None => None,
    };
    let watch = desk.watch_import();
    let reports = desk.import(&files, mapping.as_deref(), &watch).await?;
    let mut refused = 0;
    for (path, report) in files.iter().zip(reports) {
        // As named on the command line: two folders may hold files of one name.
        let report = FileReport { file: path.display().to_string(), ..report };
        output.answer(&report, plain)?;
        if report.status == "refused" {
            refused += 1;
            for finding in &report.findings {
                output.tell(&format!("{}: {}", report.file, sentence(finding)));
            }
        }
    }
    output.finish()?;
    if refused > 0 { Err(CliError::Refused { refused, files: files.len() }) } else { Ok(()) }
}

fn plain(report: &FileReport) -> String {
    let FileReport { statements, entries, transactions, vouchers, ledger_lines, .. } = report;
    let format = report.format.as_deref().unwrap_or("unknown format");
    let mut text = match report.status {
        "refused" => return format!("{}: refused", report.file),
        "already-here" => format!("{}: already here, nothing changed ({format})", report.file),
        _ => format!("{}: new, {format}", report.file),
    };
    for (count, name) in [
        (statements, "statements"),
        (entries, "entries"),
        (transactions, "transactions"),
        (vouchers, "vouchers"),
        (ledger_lines, "ledger lines"),
    ] {
        if *count > 0 {
            text.push_str(&format!(", {count} {name}"));
        }
    }
    for finding in &report.findings {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        text.push_str(&format!("\n  {severity}: {}", sentence(finding)));
    }
    text
}

/// The finding with its place first, as an editor finds it.
fn sentence(finding: &FindingReport) -> String {
    match (finding.line, &finding.path) {
        (Some(line), Some(path)) => format!("line {line} ({path}): {}", finding.message),
        (Some(line), None) => format!("line {line}: {}", finding.message),
        (None, _) => finding.message.clone(),
    }
}
