//! The contract for tables whose columns wait for a person: what is shown of them and what comes back.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

view! {
    /// What the rows of a table are.
    pub enum TableKind {
        /// Entries of a bank account.
        Bank,
        /// Lines of a general ledger.
        Ledger,
    }
}
view! {
    /// What a column holds.
    pub enum ColumnRole {
        /// Booking day.
        Booked,
        /// Value day.
        Valued,
        /// Signed amount.
        Amount,
        /// Debit.
        Debit,
        /// Credit.
        Credit,
        /// Currency code.
        Currency,
        /// Text; several columns may have it.
        Text,
        /// Reference such as OCR or KID.
        Reference,
        /// Name of the other side.
        Counterparty,
        /// Account of the other side.
        CounterpartyAccount,
        /// Balance behind the row.
        Balance,
        /// The bank's or program's id of the row.
        Id,
        /// Ledger only: the general-ledger account.
        Account,
        /// Ledger only: the voucher.
        Voucher,
    }
}
view! {
    /// Why a table waits.
    pub enum TableQuestion {
        /// No table with this header was read before.
        New,
        /// It is read like an earlier one, but nothing proves that it is of the same account.
        Account,
        /// It is read like an earlier one, but its balances do not go on from those of that account.
        Balance,
    }
}
view! {
    /// A table that waits. Nothing of it is stored.
    pub struct TableView {
        /// Number for further questions, valid until the workspace is locked.
        pub table: u32,
        /// File name.
        pub name: String,
        /// Size.
        pub bytes: u64,
    }
}
view! {
    /// How a table is to be read.
    pub struct TableMapping {
        /// What the rows are.
        pub kind: TableKind,
        /// What stands between cells: one character.
        pub delimiter: String,
        /// Label of the encoding; `null` finds it out.
        pub encoding: Option<String>,
        /// Rows above the header.
        pub skip_rows: u32,
        /// Whether there is a header.
        pub header: bool,
        /// Decimal separator: one character.
        pub decimal: String,
        /// Thousands separator: one character; a space covers its no-break sisters.
        pub thousands: Option<String>,
        /// Pattern of dates.
        pub date_format: String,
        /// Turns every amount round.
        pub flip_sign: bool,
        /// What each column holds, from the first; `null` is not read.
        pub columns: Vec<Option<ColumnRole>>,
        /// The account of every row, where no column tells it.
        pub account: Option<String>,
        /// Scheme of an account that is no IBAN; handed back as it came.
        pub scheme: Option<String>,
        /// The currency of every row, where no column tells it.
        pub currency: Option<String>,
        /// Name of the account or company; handed back as it came.
        pub name: Option<String>,
    }
}
view! {
    /// Why a row would be left out.
    pub struct RowProblemView {
        /// Stable code, such as `amount.unreadable`; the window has a sentence for each.
        pub code: String,
        /// The text of the cell that does not read; empty where something is missing.
        pub value: String,
    }
}
view! {
    /// A row: its cells as they are, and what was read.
    pub struct TableRowView {
        /// Line in the file, from 1.
        pub line: u64,
        /// The cells.
        pub cells: Vec<String>,
        /// Booking day.
        pub booked: Option<String>,
        /// Value day.
        pub valued: Option<String>,
        /// Signed amount.
        pub amount: Option<String>,
        /// Currency.
        pub currency: Option<String>,
        /// Text.
        pub text: Option<String>,
        /// Balance.
        pub balance: Option<String>,
        /// Ledger account.
        pub account: Option<String>,
        /// Why it would be left out.
        pub problem: Option<RowProblemView>,
    }
}
view! {
    /// An account that is known already.
    pub struct TableAccountView {
        /// IBAN or number, as it goes into the mapping.
        pub number: String,
        /// Name.
        pub name: String,
        /// Currency.
        pub currency: String,
    }
}
view! {
    /// The first rows of a table as a mapping reads them.
    pub struct TablePreview {
        /// The table.
        pub table: u32,
        /// File name.
        pub name: String,
        /// Why it waits.
        pub question: TableQuestion,
        /// The document with the same header whose mapping this one began with.
        pub like: Option<String>,
        /// Another date pattern that reads as well, so that only a person can tell.
        pub doubt: Option<String>,
        /// The mapping it was read with.
        pub mapping: TableMapping,
        /// Names of the columns; as many as there are columns, empty where one has no name.
        pub header: Vec<String>,
        /// The first rows.
        pub rows: Vec<TableRowView>,
        /// Rows looked at that read.
        pub read: u32,
        /// The first rows that do not.
        pub unread: Vec<TableRowView>,
        /// How many do not.
        pub unread_count: u32,
        /// Whether there are more rows than were looked at.
        pub more: bool,
        /// What must be told before it can be imported: `booked`, `amount`, `account`, `account.check_digit`,
        /// `ledgerAccount`, `currency`, `currency.unknown`, `rows`, or the code of a refusal.
        pub need: Option<String>,
        /// The same as an English sentence, for codes the window does not know.
        pub need_message: Option<String>,
        /// Accounts to choose from.
        pub accounts: Vec<TableAccountView>,
    }
}
