//! Statements, entries and ledger lines as lists for programs: the shapes that the command line prints (DESIGN §11).
//!
//! The names of members are a contract. A member without a value is `null`, never missing; what may be missing is
//! said at the member. Entries and ledger lines come in pages, so that a million of them need no memory.
//! **Absent on purpose:** anything that is shown to people; the window has its own views.

use crate::{
    Desk, Session,
    chain::{Continuity, chain, continuity},
    error::DeskError,
    propose::{ALL_DAYS, load_open, parse_rejected},
};
use attest_cache::{
    accounts::AccountRow,
    bank::{EntryRow, StatementRow},
    day_from_date,
    ledger::LedgerRow,
};
use attest_domain::{
    Amount, Date, Digest, EntryId, LedgerLineId, Span,
    limits::PAGE_ROWS_MAX,
    reconciliation::Line,
    statement::{
        AccountIdentification, BankCode, Charge, EntryStatus, Exchange, ReferredDocument, Return,
        StructuredReference, Transaction,
    },
};
use attest_matching::Rejected;
use serde::Serialize;
use sha2::Digest as _;
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

/// A statement.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StatementItem {
    /// The bank's id, else one derived from the document and the position in it.
    pub id: String,
    /// Digest of the document.
    pub document: Digest,
    /// Format of the document.
    pub format: String,
    /// IBAN or number.
    pub account: Option<String>,
    /// Currency of the account.
    pub currency: String,
    /// Electronic, else legal sequence number.
    pub sequence: Option<u64>,
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub to: Option<Date>,
    /// Opening balance.
    pub opening: Option<Amount>,
    /// Closing balance.
    pub closing: Option<Amount>,
    /// Number of entries, whatever their status.
    pub entries: u64,
    /// Σ booked entries.
    pub sum: Amount,
    /// `ok`, `broken`, `uncheckable`.
    pub balance: String,
    /// `first`, `ok`, `gap`, `break`; `first` also where there is nothing it could go on from.
    pub continuity: &'static str,
    /// Why it does not count (`redelivered`, `conflicting`, `superseded`, `detail`); missing where it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// A bank entry.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EntryItem {
    /// The same on every replica.
    pub id: EntryId,
    /// Id of the statement.
    pub statement: String,
    /// Digest of the document.
    pub document: Digest,
    /// Bytes of the element in the document.
    pub span: Span,
    /// Booking day.
    pub booked: Option<Date>,
    /// Value day.
    pub valued: Option<Date>,
    /// Signed amount.
    pub amount: Amount,
    /// Currency.
    pub currency: String,
    /// `booked`, `pending`, `info`.
    pub status: EntryStatus,
    /// Whether it reverses an earlier entry.
    pub reversal: bool,
    /// `domain/family/sub-family`, else the bank's own code.
    pub bank_code: Option<String>,
    /// References of the only transaction; the servicer's reference of the entry.
    pub refs: RefsItem,
    /// The other side of the only transaction.
    pub counterparty: PartyItem,
    /// Text for people.
    pub text: Option<String>,
    /// The payments inside, also where there is only one.
    pub transactions: Vec<TransactionItem>,
}

/// References.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RefsItem {
    /// `EndToEndId`.
    pub end_to_end: Option<String>,
    /// `InstrId`.
    pub instruction: Option<String>,
    /// `AcctSvcrRef`.
    pub servicer: Option<String>,
    /// `TxId`.
    pub transaction: Option<String>,
    /// Structured creditor references.
    pub structured: Vec<StructuredReference>,
}

/// The other side of a payment.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PartyItem {
    /// Name.
    pub name: Option<String>,
    /// IBAN or other number.
    pub account: Option<String>,
}

/// A payment inside an entry. The members after `text` are there only where the bank gave them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TransactionItem {
    /// Bytes of the element in the document.
    pub span: Span,
    /// Signed amount.
    pub amount: Option<Amount>,
    /// Currency of the amount.
    pub currency: Option<String>,
    /// References.
    pub refs: RefsItem,
    /// The other side.
    pub counterparty: PartyItem,
    /// Text for people.
    pub text: Option<String>,
    /// `PmtInfId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_information: Option<String>,
    /// `MndtId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mandate: Option<String>,
    /// `UETR`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uetr: Option<String>,
    /// `Purp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// Invoices and credit notes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<ReferredDocument>,
    /// Charges.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub charges: Vec<Charge>,
    /// Foreign amount and rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Exchange>,
    /// Why it came back.
    #[serde(rename = "return", skip_serializing_if = "Option::is_none")]
    pub returned: Option<Return>,
}

/// A ledger line that counts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LedgerItem {
    /// The same on every replica.
    pub id: LedgerLineId,
    /// Digest of the document.
    pub document: Digest,
    /// Its voucher.
    pub voucher: VoucherItem,
    /// Account number.
    pub account: String,
    /// Debit positive, credit negative.
    pub amount: Amount,
    /// Currency of the books.
    pub currency: String,
    /// The line's own text.
    pub text: Option<String>,
    /// Bytes of the line in the document.
    pub span: Span,
}

/// The voucher of a ledger line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VoucherItem {
    /// Series; may be empty.
    pub series: String,
    /// Number; may be empty.
    pub number: String,
    /// Day.
    pub date: Option<Date>,
    /// Text.
    pub text: Option<String>,
}

/// A bank account, named by its number in any spelling, and its currency where one number has several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountName {
    /// IBAN, BBAN or other number.
    pub number: String,
    /// Three letters.
    pub currency: Option<String>,
}

/// Which entries to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryQuery {
    /// Account; all without one.
    pub account: Option<AccountName>,
    /// First day: booked, else valued.
    pub from: Option<Date>,
    /// Last day.
    pub to: Option<Date>,
}

/// The lines of two accounts that nobody has settled yet, as the engine takes them.
#[derive(Clone, Debug, Default)]
pub struct OpenSides {
    /// Bank entries.
    pub bank: Vec<Line>,
    /// Ledger lines.
    pub ledger: Vec<Line>,
    /// Combinations a person turned down.
    pub rejected: Vec<Rejected>,
}

/// Entries, page by page.
#[derive(Debug)]
pub struct EntryPages {
    session: Arc<Session>,
    statements: HashMap<i64, String>,
    accounts: VecDeque<Option<i64>>,
    days: (i64, i64),
    after: i64,
}

/// Ledger lines, page by page.
#[derive(Debug)]
pub struct LedgerPages {
    session: Arc<Session>,
    account: Option<String>,
    after: i64,
}

impl Desk {
    /// All statements, those that do not count included, by account and period.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or what the database says.
    pub async fn list_statements(&self) -> Result<Vec<StatementItem>, DeskError> {
        let session = self.session().await?;
        let accounts: HashMap<i64, AccountRow> =
            session.cache.list_accounts().await?.into_iter().map(|account| (account.id, account)).collect();
        let statements = session.cache.list_statements(None).await?;
        let mut follows: HashMap<i64, Continuity> = HashMap::new();
        for one_account in statements.chunk_by(|one, next| one.account == next.account) {
            follows.extend(
                chain(one_account).into_iter().map(|(before, row)| (row.id, continuity(before, row))),
            );
        }
        Ok(statements
            .into_iter()
            .map(|row| {
                let continuity = follows.get(&row.id).copied().unwrap_or(Continuity::First);
                statement_item(&row, accounts.get(&row.account), continuity)
            })
            .collect())
    }

    /// Entries that count, pending and information included, in the order they came.
    ///
    /// # Errors
    /// [`DeskError::Unknown`] for an account that is not here, [`DeskError::Locked`], or what the database says.
    pub async fn open_entries(&self, query: &EntryQuery) -> Result<EntryPages, DeskError> {
        let session = self.session().await?;
        let statements = session.cache.list_statements(None).await?;
        let accounts = match &query.account {
            None => VecDeque::from([None]),
            Some(name) => {
                find_accounts(&session, name).await?.into_iter().map(|account| Some(account.id)).collect()
            }
        };
        Ok(EntryPages {
            session,
            statements: statements.iter().map(|row| (row.id, statement_id(row))).collect(),
            accounts,
            days: (query.from.map_or(ALL_DAYS.0, day_from_date), query.to.map_or(ALL_DAYS.1, day_from_date)),
            after: 0,
        })
    }

    /// Ledger lines that count, in the order they came.
    ///
    /// # Errors
    /// [`DeskError::Locked`].
    pub async fn open_ledger(&self, account: Option<String>) -> Result<LedgerPages, DeskError> {
        Ok(LedgerPages { session: self.session().await?, account, after: 0 })
    }

    /// The row of the one account of this name; without a name the only account there is.
    ///
    /// # Errors
    /// [`DeskError::Unknown`], [`DeskError::Argument`] where several fit.
    pub async fn find_one_account(&self, name: Option<&AccountName>) -> Result<i64, DeskError> {
        let session = self.session().await?;
        Ok(find_one(&session, name).await?.id)
    }

    /// Lines of a bank account and a ledger account that are neither settled nor on hold.
    ///
    /// # Errors
    /// [`DeskError::Unknown`], [`DeskError::Argument`] where several accounts fit, or what the database says.
    pub async fn load_open_sides(
        &self,
        name: &AccountName,
        ledger_account: &str,
    ) -> Result<OpenSides, DeskError> {
        let session = self.session().await?;
        let account = find_one(&session, Some(name)).await?;
        let known = session.cache.list_ledger_accounts(&account.currency).await?;
        if !known.iter().any(|(number, _)| number == ledger_account) {
            let name = format!("{ledger_account} in {}", account.currency);
            return Err(DeskError::Unknown { what: "ledger account with lines", name });
        }
        let settled = session.cache.pack_settled(account.id).await?;
        let open = load_open(&session, &account, ledger_account, ALL_DAYS, &settled).await?;
        let rejected = parse_rejected(&session.cache.list_rejected().await?);
        Ok(OpenSides { bank: open.bank, ledger: open.ledger, rejected })
    }
}

impl EntryPages {
    /// The next page; empty behind the last.
    ///
    /// # Errors
    /// What the database says.
    pub async fn next_page(&mut self) -> Result<Vec<EntryItem>, DeskError> {
        while let Some(account) = self.accounts.front() {
            let rows =
                self.session.cache.list_entries(*account, self.days, self.after, PAGE_ROWS_MAX).await?;
            if let Some(last) = rows.last() {
                self.after = last.row;
                return Ok(rows.into_iter().map(|row| entry_item(row, &self.statements)).collect());
            }
            self.accounts.pop_front();
            self.after = 0;
        }
        Ok(Vec::new())
    }
}

impl LedgerPages {
    /// The next page; empty behind the last.
    ///
    /// # Errors
    /// What the database says.
    pub async fn next_page(&mut self) -> Result<Vec<LedgerItem>, DeskError> {
        let cache = &self.session.cache;
        let rows = cache.list_ledger_lines(self.account.as_deref(), self.after, PAGE_ROWS_MAX).await?;
        self.after = rows.last().map_or(self.after, |row| row.row);
        Ok(rows.into_iter().map(ledger_item).collect())
    }
}

/// The accounts of this name, by key; several where one number is kept in several currencies.
async fn find_accounts(session: &Session, name: &AccountName) -> Result<Vec<AccountRow>, DeskError> {
    let wanted = account_key(&name.number);
    let mut accounts = session.cache.list_accounts().await?;
    accounts.retain(|account| {
        let key = account.key.rsplit_once('/').map_or(account.key.as_str(), |(number, _)| number);
        let currency = name.currency.as_ref().is_none_or(|code| code.eq_ignore_ascii_case(&account.currency));
        currency && !wanted.is_empty() && key == wanted
    });
    if accounts.is_empty() {
        let currency = name.currency.as_ref().map(|code| format!(" in {code}")).unwrap_or_default();
        return Err(DeskError::Unknown { what: "account", name: format!("{}{currency}", name.number) });
    }
    Ok(accounts)
}

async fn find_one(session: &Session, name: Option<&AccountName>) -> Result<AccountRow, DeskError> {
    let (found, value) = match name {
        Some(name) => (find_accounts(session, name).await?, name.number.clone()),
        None => (session.cache.list_accounts().await?, String::new()),
    };
    let several = found.len() > 1;
    match (found.into_iter().next(), name) {
        (Some(account), _) if !several => Ok(account),
        (Some(_), Some(_)) => Err(DeskError::Argument {
            what: "single account here: the number is kept in several currencies, so name one of them too",
            value,
        }),
        (Some(_), None) => Err(DeskError::Argument {
            what: "choice where the workspace has several accounts: name one",
            value,
        }),
        (None, _) => Err(DeskError::Unknown { what: "account", name: value }),
    }
}

/// The normalised number of an account that somebody typed: spaces, hyphens and case do not matter.
fn account_key(number: &str) -> String {
    let compact: String = number.chars().filter(char::is_ascii_alphanumeric).collect();
    let bytes = compact.as_bytes();
    let is_iban = bytes.len() > 4
        && bytes[..2].iter().all(u8::is_ascii_alphabetic)
        && bytes[2..4].iter().all(u8::is_ascii_digit);
    let (iban, other) = if is_iban { (Some(compact), None) } else { (None, Some(compact)) };
    AccountIdentification { iban, other, ..AccountIdentification::default() }.key()
}

/// The bank's id of a statement, else the first 16 bytes of SHA-256(document digest ‖ `statement[position]`) as base32.
fn statement_id(row: &StatementRow) -> String {
    row.reference.clone().unwrap_or_else(|| {
        let mut hash = sha2::Sha256::new();
        hash.update(row.sha256.0);
        hash.update(format!("statement[{}]", row.ordinal));
        EntryId::from_digest(&hash.finalize().into()).to_string()
    })
}

fn statement_item(row: &StatementRow, account: Option<&AccountRow>, continuity: Continuity) -> StatementItem {
    StatementItem {
        id: statement_id(row),
        document: row.sha256,
        format: row.format.clone(),
        account: account.and_then(|account| account.iban.clone().or_else(|| account.number.clone())),
        currency: account.map(|account| account.currency.clone()).unwrap_or_default(),
        sequence: row.sequence,
        from: row.from,
        to: row.to,
        opening: row.opening,
        closing: row.closing,
        entries: row.entries,
        sum: row.sum,
        balance: row.balance.clone(),
        continuity: continuity.name(),
        state: (row.state != "current").then(|| row.state.clone()),
    }
}

fn entry_item(row: EntryRow, statements: &HashMap<i64, String>) -> EntryItem {
    let entry = row.entry;
    let text = entry.text();
    let mut refs = RefsItem::default();
    let mut counterparty = PartyItem::default();
    if let [only] = entry.transactions.as_slice() {
        refs = refs_item(only);
        counterparty = party_item(only);
    }
    refs.servicer = entry.servicer_reference.or(refs.servicer);
    EntryItem {
        id: entry.id,
        statement: statements.get(&row.statement).cloned().unwrap_or_default(),
        document: row.sha256,
        span: entry.span,
        booked: entry.booked,
        valued: entry.valued,
        amount: entry.amount,
        currency: entry.currency.to_string(),
        status: entry.status,
        reversal: entry.reversal,
        bank_code: entry.bank_code.as_ref().and_then(bank_code),
        refs,
        counterparty,
        text,
        transactions: entry.transactions.into_iter().map(transaction_item).collect(),
    }
}

/// `PMNT/RCDT/ESCT`, as far as the bank gave the parts; the bank's own code where it gave none of them.
fn bank_code(code: &BankCode) -> Option<String> {
    let parts: Vec<&str> = [&code.domain, &code.family, &code.sub_family]
        .into_iter()
        .map_while(|part| part.as_deref())
        .collect();
    if parts.is_empty() { code.proprietary.clone() } else { Some(parts.join("/")) }
}

fn refs_item(transaction: &Transaction) -> RefsItem {
    let refs = &transaction.refs;
    RefsItem {
        end_to_end: refs.end_to_end.clone(),
        instruction: refs.instruction.clone(),
        servicer: refs.servicer.clone(),
        transaction: refs.transaction.clone(),
        structured: refs.structured.clone(),
    }
}

fn party_item(transaction: &Transaction) -> PartyItem {
    let party = &transaction.counterparty;
    PartyItem { name: party.name.clone(), account: party.account.clone() }
}

fn transaction_item(transaction: Transaction) -> TransactionItem {
    TransactionItem {
        span: transaction.span,
        amount: transaction.amount,
        currency: transaction.currency.map(|currency| currency.to_string()),
        refs: refs_item(&transaction),
        counterparty: party_item(&transaction),
        text: transaction.text(),
        payment_information: transaction.refs.payment_information,
        mandate: transaction.refs.mandate,
        uetr: transaction.refs.uetr,
        purpose: transaction.purpose,
        documents: transaction.documents,
        charges: transaction.charges,
        exchange: transaction.exchange,
        returned: transaction.returned,
    }
}

fn ledger_item(row: LedgerRow) -> LedgerItem {
    LedgerItem {
        id: row.id,
        document: row.sha256,
        voucher: VoucherItem {
            series: row.series,
            number: row.number,
            date: row.voucher_date,
            text: row.voucher_text,
        },
        account: row.account,
        amount: row.amount,
        currency: row.currency,
        text: row.text,
        span: row.span,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_known_by_any_spelling_of_its_number() {
        for spelling in
            ["SE45 5000 0000 0583 9825 7466", "se4550000000058398257466", "5839-82 574 66", "58398257466"]
        {
            assert_eq!(account_key(spelling), "58398257466", "{spelling}");
        }
        assert_eq!(account_key(" - "), "");
    }

    #[test]
    fn the_banks_own_code_is_told_only_where_there_is_no_code_of_iso() {
        let own = BankCode { proprietary: Some("62".to_owned()), ..BankCode::default() };
        assert_eq!(bank_code(&own).as_deref(), Some("62"));
        let both = BankCode { domain: Some("PMNT".to_owned()), family: Some("RCDT".to_owned()), ..own };
        assert_eq!(bank_code(&both).as_deref(), Some("PMNT/RCDT"));
        assert_eq!(bank_code(&BankCode::default()), None);
    }
}
