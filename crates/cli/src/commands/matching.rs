//! `attest match`: the engine's proposals on two accounts of the workspace or on two tables, then one summary.

use crate::{args::MatchArgs, error::CliError, output::Output};
use attest_desk::{Desk, import::FindingReport};
use attest_domain::{
    Amount, Finding,
    reconciliation::{Decision, Line, MatchRules, Proposal, Reason},
};
use attest_formats::csv::read_lines;
use attest_matching::{Rejected, propose_with};
use serde::Serialize;
use std::{collections::HashSet, fs, ops::ControlFlow, path::Path};

/// A proposal as the contract has it.
#[derive(Serialize)]
struct ProposalItem<'p> {
    left: &'p [String],
    right: &'p [String],
    confidence: f64,
    decision: Decision,
    difference: Amount,
    reasons: &'p [Reason],
}

/// The last line.
#[derive(Serialize)]
struct SummaryLine {
    summary: Summary,
}

#[derive(Serialize)]
struct Summary {
    /// Lines looked at.
    left: usize,
    right: usize,
    /// Proposals by what the engine advises.
    auto: usize,
    suggest: usize,
    ambiguous: usize,
    /// Lines in no proposal.
    unmatched_left: usize,
    unmatched_right: usize,
    /// Rows of the tables that could not be read.
    findings: Vec<TableFinding>,
}

#[derive(Serialize)]
struct TableFinding {
    file: String,
    #[serde(flatten)]
    finding: FindingReport,
}

/// Matches what is open of a bank account and a ledger account.
pub(crate) async fn match_accounts(
    args: &MatchArgs,
    desk: &Desk,
    output: &mut Output,
) -> Result<(), CliError> {
    // clap has seen to it that there are accounts where there are no tables.
    let Some((account, ledger_account)) = args.accounts() else { return Ok(()) };
    let sides = desk.load_open_sides(&account, ledger_account).await?;
    propose(&sides.bank, &sides.ledger, &args.rules(), &sides.rejected, Vec::new(), output)
}

/// Matches two tables; no workspace takes part.
pub(crate) fn match_tables(
    left: &Path,
    right: &Path,
    rules: &MatchRules,
    output: &mut Output,
) -> Result<(), CliError> {
    let mut findings = Vec::new();
    let mut load = |path: &Path| -> Result<Vec<Line>, CliError> {
        let bytes =
            fs::read(path).map_err(|source| CliError::Unreadable { path: path.to_owned(), source })?;
        let (lines, found) = read_lines(&bytes)
            .map_err(|refusal| CliError::Table { path: path.to_owned(), refusal: refusal.into() })?;
        findings.extend(found.into_iter().map(|finding| table_finding(path, finding)));
        Ok(lines)
    };
    let (left, right) = (load(left)?, load(right)?);
    for TableFinding { file, finding } in &findings {
        let line = finding.line.map(|line| format!("line {line}: ")).unwrap_or_default();
        output.tell(&format!("{file}: {line}{}", finding.message));
    }
    propose(&left, &right, rules, &[], findings, output)
}

fn table_finding(path: &Path, finding: Finding) -> TableFinding {
    TableFinding { file: path.display().to_string(), finding: finding.into() }
}

fn propose(
    left: &[Line],
    right: &[Line],
    rules: &MatchRules,
    rejected: &[Rejected],
    findings: Vec<TableFinding>,
    output: &mut Output,
) -> Result<(), CliError> {
    // The hook never stops the run, so there is always a result.
    let proposals =
        propose_with(left, right, rules, rejected, &mut |_, _| ControlFlow::Continue(())).unwrap_or_default();
    for proposal in &proposals {
        let Proposal { left, right, confidence, decision, difference, reasons, .. } = proposal;
        let item = ProposalItem {
            left,
            right,
            confidence: *confidence,
            decision: *decision,
            difference: *difference,
            reasons,
        };
        output.answer(&item, |_| plain(proposal))?;
    }
    let summary = summarise(left, right, &proposals, findings);
    output.answer(&SummaryLine { summary }, |line| plain_summary(&line.summary))?;
    output.finish()
}

fn summarise(left: &[Line], right: &[Line], proposals: &[Proposal], findings: Vec<TableFinding>) -> Summary {
    let decided = |decision| proposals.iter().filter(|proposal| proposal.decision == decision).count();
    let on_left: HashSet<&String> = proposals.iter().flat_map(|proposal| &proposal.left).collect();
    let on_right: HashSet<&String> = proposals.iter().flat_map(|proposal| &proposal.right).collect();
    Summary {
        left: left.len(),
        right: right.len(),
        auto: decided(Decision::Auto),
        suggest: decided(Decision::Suggest),
        ambiguous: decided(Decision::Ambiguous),
        unmatched_left: left.iter().filter(|line| !on_left.contains(&line.id)).count(),
        unmatched_right: right.iter().filter(|line| !on_right.contains(&line.id)).count(),
        findings,
    }
}

fn plain(proposal: &Proposal) -> String {
    let decision = match proposal.decision {
        Decision::Auto => "certain",
        Decision::Suggest => "suggested",
        Decision::Ambiguous => "ambiguous",
    };
    let mut text = format!(
        "{decision} {:.3}  {}  =  {}",
        proposal.confidence,
        proposal.left.join(" + "),
        proposal.right.join(" + ")
    );
    if !proposal.difference.is_zero() {
        text.push_str(&format!(
            "  difference {}, to be explained by whoever accepts it",
            proposal.difference
        ));
    }
    for reason in &proposal.reasons {
        text.push_str(&format!("\n  {:+.1}  {}: {}", reason.weight, reason.field, reason.detail));
    }
    text
}

fn plain_summary(summary: &Summary) -> String {
    format!(
        "{} and {} lines: {} certain, {} suggested, {} ambiguous; without a partner {} left, {} right",
        summary.left,
        summary.right,
        summary.auto,
        summary.suggest,
        summary.ambiguous,
        summary.unmatched_left,
        summary.unmatched_right,
    )
}
