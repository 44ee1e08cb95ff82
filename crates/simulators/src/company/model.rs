//! The words of the generator: what happened at the bank, how the books tell it, and what went wrong between.

use jiff::civil::Date;

/// Booked counter accounts of the BAS chart, as far as this company uses it.
pub(crate) const CHART: [(u16, &str); 28] = [
    (1510, "Kundfordringar"),
    (1630, "Skattekonto"),
    (1690, "Avräkning egna bankkonton"),
    (1930, "Företagskonto SEK"),
    (1931, "Valutakonto EUR"),
    (1932, "Valutakonto NOK"),
    (1940, "Övriga bankkonton"),
    (2091, "Balanserat resultat"),
    (2350, "Banklån"),
    (2440, "Leverantörsskulder"),
    (2611, "Utgående moms 25 %"),
    (2641, "Ingående moms"),
    (2820, "Löneskulder"),
    (2990, "Observationskonto"),
    (3001, "Försäljning varor 25 %"),
    (3740, "Öresavrundning"),
    (3960, "Valutakursvinster"),
    (5010, "Lokalhyra"),
    (6211, "Telefon"),
    (6310, "Försäkringar"),
    (6570, "Bankkostnader"),
    (6990, "Övriga kostnader"),
    (7960, "Valutakursförluster"),
    (8410, "Räntekostnader"),
    (6040, "Kortavgifter"),
    (4010, "Inköp varor"),
    (7010, "Löner"),
    (7510, "Arbetsgivaravgifter"),
];

/// The ISO family and sub-family of an entry and the bank's own code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Code(pub(crate) &'static str, pub(crate) &'static str, pub(crate) &'static str);

/// The other side's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PartyAccount {
    Iban(String),
    Bankgiro(String),
}

/// An amount in another currency and its rate (units of the account's currency for one foreign unit, in 10⁻⁴).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Foreign {
    pub(crate) currency: &'static str,
    pub(crate) minor: i64,
    pub(crate) rate: i64,
}

/// What a payment says it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Remittance {
    Nothing,
    Text(String),
    /// A structured creditor reference; `true` when issued under ISO 11649.
    Reference(String, bool),
    /// Invoices and, with negative amounts, credit notes.
    Documents(Vec<(String, i64)>),
}

/// One payment inside an entry (`TxDtls`). Amounts are minor units and unsigned, except where a batch nets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Payment {
    pub(crate) amount: i64,
    pub(crate) party: String,
    pub(crate) account: Option<PartyAccount>,
    pub(crate) end_to_end: Option<String>,
    pub(crate) remittance: Remittance,
    pub(crate) foreign: Option<Foreign>,
    /// Reason code and text of a returned payment.
    pub(crate) returned: Option<(&'static str, &'static str)>,
}

impl Payment {
    pub(crate) fn new(amount: i64, party: impl Into<String>) -> Self {
        Self {
            amount,
            party: party.into(),
            account: None,
            end_to_end: None,
            remittance: Remittance::Nothing,
            foreign: None,
            returned: None,
        }
    }
}

/// One booking of the bank (`Ntry`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BankEntry {
    /// Signed minor units: credit positive.
    pub(crate) amount: i64,
    pub(crate) code: Code,
    pub(crate) reversal: bool,
    /// Message and payment information ids of a batch we sent, or the bank's of a collective payment.
    pub(crate) batch: Option<(String, String)>,
    /// Fee contained in the amount, unsigned minor units.
    pub(crate) charge: Option<i64>,
    pub(crate) payments: Vec<Payment>,
    /// The bank's own line (`AddtlNtryInf`).
    pub(crate) text: String,
}

impl BankEntry {
    pub(crate) fn new(amount: i64, code: Code, text: impl Into<String>) -> Self {
        Self {
            amount,
            code,
            reversal: false,
            batch: None,
            charge: None,
            payments: Vec::new(),
            text: text.into(),
        }
    }

    pub(crate) fn paying(mut self, payment: Payment) -> Self {
        self.payments.push(payment);
        self
    }
}

/// Voucher series, in the order the ledger file lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Series {
    /// Customers' payments.
    A,
    /// Bank, tax, salaries and everything typed by hand.
    B,
    /// Subscription runs and other collections.
    C,
    /// Daily takings.
    D,
    /// Suppliers.
    L,
}

impl Series {
    pub(crate) const ALL: [Series; 5] = [Self::A, Self::B, Self::C, Self::D, Self::L];

    pub(crate) fn letter(self) -> char {
        match self {
            Self::A => 'A',
            Self::B => 'B',
            Self::C => 'C',
            Self::D => 'D',
            Self::L => 'L',
        }
    }
}

/// One line of a voucher that is still being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DraftLine {
    pub(crate) account: u16,
    /// Minor units, debit positive.
    pub(crate) amount: i64,
    pub(crate) text: String,
}

/// A voucher that is still being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) series: Series,
    pub(crate) date: Date,
    pub(crate) text: String,
    pub(crate) lines: Vec<DraftLine>,
}

impl Draft {
    pub(crate) fn new(series: Series, date: Date, text: impl Into<String>) -> Self {
        Self { series, date, text: text.into(), lines: Vec::new() }
    }

    /// Adds a line without a text of its own.
    pub(crate) fn line(self, account: u16, amount: i64) -> Self {
        self.line_saying(account, amount, String::new())
    }

    /// Adds a line with its own text.
    pub(crate) fn line_saying(mut self, account: u16, amount: i64, text: impl Into<String>) -> Self {
        self.lines.push(DraftLine { account, amount, text: text.into() });
        self
    }
}

/// What kind of business an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    CustomerPayment,
    CustomerCollective,
    CreditNote,
    CardTakings,
    Swish,
    Autogiro,
    SupplierPayment,
    SupplierRun,
    DirectDebit,
    Salaries,
    Tax,
    Rent,
    Loan,
    BankFee,
    Transfer,
    Return,
    ForeignPayment,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CustomerPayment => "customer_payment",
            Self::CustomerCollective => "customer_collective",
            Self::CreditNote => "credit_note",
            Self::CardTakings => "card_takings",
            Self::Swish => "swish",
            Self::Autogiro => "autogiro",
            Self::SupplierPayment => "supplier_payment",
            Self::SupplierRun => "supplier_run",
            Self::DirectDebit => "direct_debit",
            Self::Salaries => "salaries",
            Self::Tax => "tax",
            Self::Rent => "rent",
            Self::Loan => "loan",
            Self::BankFee => "bank_fee",
            Self::Transfer => "transfer",
            Self::Return => "return",
            Self::ForeignPayment => "foreign_payment",
        }
    }
}

/// What people got wrong or left out between the bank and the books; at most one per entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mistake {
    None,
    MissingVoucher,
    TransposedDigits,
    WrongDate,
    DoubledVoucher,
    WrongAccount,
    FeeNotBooked,
    MergedVoucher,
    SharedVoucher,
    SplitLines,
    OreRounding,
    ExchangeDifference,
    ReferenceTypo,
    NoReference,
    WrongCheckDigit,
    WrongParty,
    EqualAmounts,
    Unbalanced,
    /// A payment went out and came back; the books know of neither.
    ReturnNotBooked,
    /// No mistake: the other side lies beyond the last day.
    Timing,
}

impl Mistake {
    pub(crate) const ALL: [Mistake; 20] = [
        Self::None,
        Self::MissingVoucher,
        Self::TransposedDigits,
        Self::WrongDate,
        Self::DoubledVoucher,
        Self::WrongAccount,
        Self::FeeNotBooked,
        Self::MergedVoucher,
        Self::SharedVoucher,
        Self::SplitLines,
        Self::OreRounding,
        Self::ExchangeDifference,
        Self::ReferenceTypo,
        Self::NoReference,
        Self::WrongCheckDigit,
        Self::WrongParty,
        Self::EqualAmounts,
        Self::Unbalanced,
        Self::ReturnNotBooked,
        Self::Timing,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::MissingVoucher => "missing_voucher",
            Self::TransposedDigits => "transposed_digits",
            Self::WrongDate => "wrong_date",
            Self::DoubledVoucher => "doubled_voucher",
            Self::WrongAccount => "wrong_account",
            Self::FeeNotBooked => "fee_not_booked",
            Self::MergedVoucher => "merged_voucher",
            Self::SharedVoucher => "shared_voucher",
            Self::SplitLines => "split_lines",
            Self::OreRounding => "ore_rounding",
            Self::ExchangeDifference => "exchange_difference",
            Self::ReferenceTypo => "reference_typo",
            Self::NoReference => "no_reference",
            Self::WrongCheckDigit => "wrong_check_digit",
            Self::WrongParty => "wrong_party",
            Self::EqualAmounts => "equal_amounts",
            Self::Unbalanced => "unbalanced",
            Self::ReturnNotBooked => "return_not_booked",
            Self::Timing => "timing",
        }
    }
}

/// One booking of the bank with the vouchers it causes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Happening {
    pub(crate) kind: Kind,
    pub(crate) entry: BankEntry,
    pub(crate) drafts: Vec<Draft>,
    pub(crate) mistake: Mistake,
}

impl Happening {
    pub(crate) fn new(kind: Kind, entry: BankEntry, drafts: Vec<Draft>) -> Self {
        Self { kind, entry, drafts, mistake: Mistake::None }
    }
}

/// Appends minor units as a decimal with two places: `-1234.50`.
pub(crate) fn push_amount(out: &mut String, minor: i64) {
    use std::fmt::Write as _;
    let sign = if minor < 0 { "-" } else { "" };
    let value = minor.unsigned_abs();
    write!(out, "{sign}{}.{:02}", value / 100, value % 100).expect("a String takes everything");
}
