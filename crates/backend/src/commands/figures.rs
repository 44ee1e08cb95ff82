//! What the rules have to know of a document's lines, read by the same reader as on every replica.

use crate::{error::ApiError, state::Backend, store::StoreError};
use attest_domain::{
    Amount, Currency, Digest, command::LineId, drafts::DocumentFigures, finding::Refusal,
    ledger::LedgerLineStatus, statement::EntryStatus,
};
use attest_formats::{Item, Outcome, ReadContext, csv::Mapping};
use std::{
    collections::{BTreeSet, HashMap},
    ops::ControlFlow,
    sync::Arc,
};
use uuid::Uuid;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) id: LineId,
    /// Key of the bank account, or number of the ledger account.
    pub(crate) account: String,
    pub(crate) currency: Currency,
    pub(crate) amount: Amount,
    /// 0 booked, 1 pending, 2 information.
    pub(crate) status: i64,
}

/// What a document holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// What its event tells.
    pub(crate) told: DocumentFigures,
    pub(crate) lines: Vec<Line>,
    pub(crate) bank_accounts: BTreeSet<String>,
    pub(crate) ledger_accounts: BTreeSet<String>,
}

impl Figures {
    /// The one account it speaks of, where it speaks of one alone.
    pub(super) fn account(&self) -> Option<String> {
        let mut accounts = self.bank_accounts.iter();
        accounts.next().filter(|_| accounts.next().is_none() && self.ledger_accounts.is_empty()).cloned()
    }
}

/// Reads a delivered document; `None` where it was not delivered.
pub(super) async fn load(
    backend: &Arc<Backend>,
    tenant: Uuid,
    sha256: &Digest,
    mapping: Option<&str>,
) -> Result<Option<Result<Figures, Refusal>>, ApiError> {
    let bytes = match backend.documents.find(tenant, sha256).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(None),
        Err(ApiError::Store(StoreError::Stored { .. })) => {
            let message = "The stored bytes are not those that were delivered. Deliver the document again.";
            return Err(ApiError::Invalid("document.damaged", message.to_owned()));
        }
        Err(error) => return Err(error),
    };
    let mapping = match mapping {
        None => None,
        Some(toml) => Some((
            Mapping::parse(toml)
                .map_err(|error| ApiError::Invalid("mapping.unreadable", error.to_string()))?,
            toml.to_owned(),
        )),
    };
    let digest = *sha256;
    let read = tokio::task::spawn_blocking(move || read(&bytes, digest, mapping)).await;
    Ok(Some(read.map_err(|error| ApiError::Bug(error.to_string()))?))
}

fn read(bytes: &[u8], digest: Digest, mapping: Option<(Mapping, String)>) -> Result<Figures, Refusal> {
    let mut figures = Figures::default();
    // The account of a statement is known only behind its entries.
    let mut waiting: HashMap<u32, Vec<Line>> = HashMap::new();
    let mut sink = |item: Item| {
        match item {
            Item::Entry(entry) => {
                figures.told.entries += 1;
                let status = match entry.status {
                    EntryStatus::Booked => 0,
                    EntryStatus::Pending => 1,
                    EntryStatus::Info => 2,
                };
                waiting.entry(entry.statement).or_default().push(Line {
                    id: LineId::Bank(entry.id),
                    account: String::new(),
                    currency: entry.currency,
                    amount: entry.amount,
                    status,
                });
            }
            Item::Statement(mut statement) => {
                figures.told.statements += 1;
                let mut lines = waiting.remove(&statement.ordinal).unwrap_or_default();
                statement.settle_currency(lines.last().map(|line| line.currency));
                let key = statement.account.full_key();
                for line in &mut lines {
                    line.account.clone_from(&key);
                }
                figures.lines.append(&mut lines);
                figures.bank_accounts.insert(key);
            }
            Item::Voucher(_) => figures.told.vouchers += 1,
            Item::LedgerLine(line) => {
                if line.status == LedgerLineStatus::Normal {
                    figures.told.ledger_lines += 1;
                    figures.ledger_accounts.insert(line.account.clone());
                    figures.lines.push(Line {
                        id: LineId::Ledger(line.id),
                        account: line.account,
                        currency: line.currency,
                        amount: line.amount,
                        status: 0,
                    });
                }
            }
            Item::Book(_) | Item::Finding(_) => {}
        }
        ControlFlow::Continue(())
    };
    let context = ReadContext { digest, csv_mapping: mapping.as_ref().map(|(mapping, _)| mapping) };
    let Outcome::Read(format) = attest_formats::read(bytes, &context, &mut sink)? else {
        return Err(Refusal::new("document.cancelled", "The document was not read to its end. Try again."));
    };
    figures.told.bytes = bytes.len() as u64;
    figures.told.format = format.name;
    figures.told.mapping = mapping.map(|(_, toml)| toml);
    Ok(figures)
}
