//! What can be said on the command line.

use attest_desk::listing::AccountName;
use attest_domain::{Amount, reconciliation::MatchRules};
use clap::{Parser, Subcommand, ValueEnum};
use jiff::civil::Date;
use std::path::{Path, PathBuf};

/// Keeps, checks and reconciles bank statements and ledgers in an encrypted workspace.
#[derive(Debug, Parser)]
#[command(name = "attest", version, about, propagate_version = true)]
pub(crate) struct Args {
    /// The workspace folder; the desktop app's own when left out
    #[arg(long, global = true, value_name = "DIR", env = "ATTEST_WORKSPACE")]
    pub(crate) workspace: Option<PathBuf>,
    /// Answer in JSON, one object per line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// A file with the workspace's passphrase, for machines without a keychain
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// What to do
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Reads bank and ledger files into the workspace, and makes the workspace where there is none
    Import(ImportArgs),
    /// Lists the bank statements with their checks
    Statements,
    /// Lists the bank entries that count
    Entries(EntriesArgs),
    /// Lists the ledger lines that count
    Ledger(LedgerArgs),
    /// Lists the log: who did what to what, when, on which evidence
    Audit(AuditArgs),
    /// Proposes which bank entries and ledger lines belong together
    Match(MatchArgs),
    /// Writes a file
    Export(ExportArgs),
    /// Signs in by the browser or with a key: connects a new workspace to a company's service, or goes on with one
    Login(LoginArgs),
    /// Signs out, also at the service; what was decided here and not sent yet stays
    Logout,
    /// Pulls and verifies what is new, and sends what was decided here
    Sync,
    /// Works without a person: imports what was delivered and matches by rule, until stopped
    Worker(WorkerArgs),
    /// Tells what is in the workspace
    Status,
    /// Checks that everything in the workspace is as it was written
    Doctor {
        /// Then make every figure again from the documents and every decision again from the log
        #[arg(long)]
        rebuild: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct LoginArgs {
    /// The service, https:// and its host; a workspace that is connected knows it
    #[arg(value_name = "URL", conflicts_with = "server")]
    url: Option<String>,
    /// The same as an option
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// A file with an API key on its first line, or with a client certificate and its key (PEM), instead of signing
    /// in by the browser
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// The one certificate to trust (PEM), where it is not one the system trusts
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Option<PathBuf>,
    /// Which company, by name or id, where there are several
    #[arg(long, alias = "tenant", value_name = "COMPANY")]
    pub(crate) company: Option<String>,
    /// Tell the address to sign in at, and open no browser
    #[arg(long, conflicts_with = "key_file")]
    pub(crate) no_browser: bool,
}

impl LoginArgs {
    /// The service, where it was named.
    pub(crate) fn server(&self) -> Option<&str> {
        self.url.as_deref().or(self.server.as_deref())
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct WorkerArgs {
    /// One round, then end
    #[arg(long)]
    pub(crate) once: bool,
    /// Confirm the matches that the engine calls safe; without it they wait for a person
    #[arg(long)]
    pub(crate) confirm_safe: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ImportArgs {
    /// Bank and ledger files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// How to read the files as CSV
    #[arg(long, value_name = "TOML")]
    pub(crate) mapping: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct EntriesArgs {
    /// Only this account: IBAN or number, in any spelling
    #[arg(long, value_name = "NUMBER")]
    pub(crate) account: Option<String>,
    /// Where one number is kept in several currencies
    #[arg(long, requires = "account", value_name = "CODE")]
    pub(crate) currency: Option<String>,
    /// First day, YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<Date>,
    /// Last day, YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<Date>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct AuditArgs {
    /// First day (UTC), YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<Date>,
    /// Last day (UTC), YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<Date>,
    /// Only by this kind of actor (user, system, bank), role or id
    #[arg(long, value_name = "WHO")]
    pub(crate) actor: Option<String>,
    /// Only this action, such as member.change or cash_movement.*
    #[arg(long, value_name = "NAME")]
    pub(crate) action: Option<String>,
    /// Only about this object or line
    #[arg(long, value_name = "ID")]
    pub(crate) object: Option<String>,
    /// From the beginning of the log instead of its end
    #[arg(long)]
    pub(crate) oldest_first: bool,
    /// At most so many events
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct LedgerArgs {
    /// Only this ledger account, such as 1930
    #[arg(long, value_name = "NUMBER")]
    pub(crate) account: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct MatchArgs {
    /// The bank account: IBAN or number, in any spelling
    #[arg(long, value_name = "NUMBER", requires = "ledger_account", required_unless_present = "left")]
    account: Option<String>,
    /// The ledger account, such as 1930
    #[arg(long, value_name = "NUMBER", requires = "account")]
    ledger_account: Option<String>,
    /// Where one number is kept in several currencies
    #[arg(long, requires = "account", value_name = "CODE")]
    currency: Option<String>,
    /// A CSV file with id, date and amount, instead of the bank account
    #[arg(long, value_name = "CSV", requires = "right", conflicts_with_all = ["account", "ledger_account"])]
    left: Option<PathBuf>,
    /// A CSV file with id, date and amount, instead of the ledger account
    #[arg(long, value_name = "CSV", requires = "left")]
    right: Option<PathBuf>,
    /// Days two lines may lie apart
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=366))]
    days: Option<u32>,
    /// Difference that still counts as the same payment
    #[arg(long, value_name = "AMOUNT", value_parser = parse_tolerance)]
    tolerance: Option<Amount>,
}

impl MatchArgs {
    /// The two tables, where tables are matched.
    pub(crate) fn files(&self) -> Option<(&Path, &Path)> {
        self.left.as_deref().zip(self.right.as_deref())
    }

    /// The bank account and the ledger account, where accounts are matched.
    pub(crate) fn accounts(&self) -> Option<(AccountName, &str)> {
        let name = AccountName { number: self.account.clone()?, currency: self.currency.clone() };
        Some((name, self.ledger_account.as_deref()?))
    }

    /// The engine's rules with what was asked for.
    pub(crate) fn rules(&self) -> MatchRules {
        let default = MatchRules::default();
        MatchRules {
            days_max: self.days.unwrap_or(default.days_max),
            tolerance: self.tolerance.unwrap_or(default.tolerance),
            ..default
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct ExportArgs {
    /// What to write
    pub(crate) what: ExportKind,
    /// In which format
    #[arg(long)]
    pub(crate) format: ExportFormat,
    /// Where to write it; an existing file is replaced
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// The bank account: IBAN or number; may be left out where there is only one
    #[arg(long, value_name = "NUMBER")]
    pub(crate) account: Option<String>,
    /// Where one number is kept in several currencies
    #[arg(long, requires = "account", value_name = "CODE")]
    pub(crate) currency: Option<String>,
    /// Only this month, YYYY-MM
    #[arg(long, value_name = "MONTH", value_parser = parse_month)]
    pub(crate) month: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ExportKind {
    /// Matches, open lines and totals of an account
    Reconciliation,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ExportFormat {
    /// A table that opens in Excel
    Csv,
}

fn parse_month(text: &str) -> Result<String, String> {
    let is_month = text.len() == 7 && format!("{text}-01").parse::<Date>().is_ok();
    if is_month { Ok(text.to_owned()) } else { Err("a month is written YYYY-MM, such as 2026-03".to_owned()) }
}

fn parse_tolerance(text: &str) -> Result<Amount, String> {
    match Amount::parse(text) {
        Ok(amount) if !amount.is_negative() => Ok(amount),
        Ok(_) => Err("a tolerance is not negative".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parses(line: &str) -> bool {
        Args::try_parse_from(line.split(' ')).is_ok()
    }

    #[test]
    fn matching_takes_two_accounts_or_two_tables_and_nothing_between() {
        assert!(parses("attest match --account 1 --ledger-account 1930"));
        assert!(parses("attest match --left a.csv --right b.csv"));
        for wrong in [
            "",
            " --account 1",
            " --ledger-account 1930",
            " --left a",
            " --right b",
            " --left a --right b --account 1",
        ] {
            assert!(!parses(&format!("attest match{wrong}")), "{wrong}");
        }
    }

    #[test]
    fn days_and_months_that_are_none_are_wrong_usage() {
        assert!(parses("attest entries --from 2026-01-01 --to 2026-12-31"));
        assert!(!parses("attest entries --from yesterday"));
        assert!(!parses("attest entries --from 2026-02-30"));
        assert!(parses("attest export reconciliation --format csv --out p --month 2026-03"));
        assert!(!parses("attest export reconciliation --format csv --out p --month 2026-13"));
        assert!(!parses("attest export reconciliation --format csv --out p --month 2026-3"));
    }

    #[test]
    fn a_service_is_named_once_and_a_key_needs_no_browser() {
        assert!(parses("attest login https://log.example"));
        assert!(parses("attest login --server https://log.example --key-file k --company Norrsken"));
        assert!(parses("attest login --tenant 7c1e"));
        assert!(!parses("attest login https://a.example --server https://b.example"));
        assert!(!parses("attest login https://a.example --key-file k --no-browser"));
    }

    #[test]
    fn options_of_the_workspace_stand_before_or_behind_the_command() {
        assert!(parses("attest --json --workspace w statements"));
        assert!(parses("attest statements --json --workspace w"));
    }
}
