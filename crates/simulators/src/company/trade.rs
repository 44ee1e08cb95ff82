//! What a trading company does all day: each function makes one booking of the bank and the vouchers for it.
//!
//! Rarer and scheduled business stands in `routine`.

use super::{
    calendar::{bank_day_after, shifted},
    mistakes::Rates,
    model::{
        BankEntry, Code, Draft, Foreign, Happening, Kind, Mistake, PartyAccount, Payment, Remittance, Series,
    },
    parties::{Country, Party, Pool, bank_spelling},
    random::Random,
    references::{Scheme, bankgiro_shown, compose},
    texts::{disbursement, foreign_invoice_amount, invoice_amount, receipt, remittance},
};
use jiff::civil::Date;
use std::collections::{BTreeMap, VecDeque};

/// The business of one account.
#[derive(Debug)]
pub(crate) struct Trade {
    pub(crate) random: Random,
    pub(crate) rates: Rates,
    pub(crate) currency: &'static str,
    pub(crate) bank: u16,
    /// Number of people paid each month; grows with the company.
    pub(crate) staff: i64,
    /// Balance the treasurer steers towards, minor units.
    pub(crate) target: i64,
    pub(crate) customers: Pool,
    pub(crate) suppliers: Pool,
    pub(crate) schemes: &'static [(u32, Scheme)],
    pub(crate) invoice: u32,
    pub(crate) run: u32,
    pub(crate) report: u32,
    /// Bookings already caused that the bank makes on a later day.
    pub(crate) queue: BTreeMap<Date, VecDeque<Happening>>,
    pub(crate) today: Date,
    pub(crate) balance: i64,
}

/// What follows from an account's currency.
struct Home {
    bank: u16,
    /// Balance to steer towards for a small company, minor units.
    target: i64,
    /// Where customers and suppliers are at home, by weight.
    countries: &'static [(u32, Country)],
    /// Which references they quote, by weight.
    schemes: &'static [(u32, Scheme)],
}

const KRONA: Home = Home {
    bank: 1930,
    target: 440_000_000,
    countries: &[(17, Country::Sweden), (1, Country::Norway), (2, Country::Denmark)],
    schemes: &[(1, Scheme::Ocr)],
};
const EURO: Home = Home {
    bank: 1931,
    target: 40_000_000,
    countries: &[(6, Country::Finland), (3, Country::Germany), (1, Country::Estonia)],
    schemes: &[(1, Scheme::Viitenumero), (1, Scheme::Rf)],
};
const NORWEGIAN: Home =
    Home { bank: 1932, target: 60_000_000, countries: &[(1, Country::Norway)], schemes: &[(1, Scheme::Kid)] };

impl Trade {
    pub(crate) fn new(seed: u64, currency: &'static str, entries: u64, rates: Rates) -> Self {
        let mut random = Random::seeded(seed, currency);
        let Home { bank, target, countries, schemes } = match currency {
            "EUR" => EURO,
            "NOK" => NORWEGIAN,
            _ => KRONA,
        };
        // A larger company keeps more in the bank.
        let target = target * i64::try_from(entries / 20_000).unwrap_or(i64::MAX).clamp(1, 100);
        let count = usize::try_from((entries / 30).clamp(40, 20_000)).expect("at most 20,000");
        let customers = Pool::new(&mut random, countries, count, 10_001);
        let suppliers = Pool::new(&mut random, countries, (count / 4).max(25), 50_001);
        Self {
            random,
            rates,
            currency,
            bank,
            staff: i64::try_from(entries / 500).unwrap_or(i64::MAX).clamp(2, 4_000),
            target,
            customers,
            suppliers,
            schemes,
            invoice: 45_500,
            run: 60,
            report: 300,
            queue: BTreeMap::new(),
            today: Date::constant(2025, 11, 1),
            balance: target,
        }
    }

    /// The next booking that is due from an earlier day.
    pub(crate) fn take_due(&mut self) -> Option<Happening> {
        let mut first = self.queue.first_entry().filter(|first| *first.key() <= self.today)?;
        let happening = first.get_mut().pop_front();
        if first.get().is_empty() {
            first.remove();
        }
        happening
    }

    pub(crate) fn schedule(&mut self, day: Date, happening: Happening) {
        self.queue.entry(day).or_default().push_back(happening);
    }

    /// Something that happens on an ordinary day. Money out waits while the account is low.
    pub(crate) fn make(&mut self) -> Happening {
        let rich = self.balance > self.target / 2;
        let swedish = self.currency == "SEK";
        let kind = self.random.weighted(if swedish {
            &[
                (46, Kind::CustomerPayment),
                (11, Kind::Swish),
                (8, Kind::CardTakings),
                (6, Kind::CustomerCollective),
                (2, Kind::CreditNote),
                (1, Kind::Autogiro),
                (3, Kind::ForeignPayment),
                (13, Kind::SupplierPayment),
                (2, Kind::SupplierRun),
                (4, Kind::DirectDebit),
                (3, Kind::BankFee),
                (1, Kind::Return),
            ]
        } else {
            &[
                (58, Kind::CustomerPayment),
                (5, Kind::CustomerCollective),
                (2, Kind::CreditNote),
                (20, Kind::SupplierPayment),
                (4, Kind::SupplierRun),
                (9, Kind::BankFee),
                (2, Kind::Return),
            ]
        });
        match kind {
            Kind::Swish => self.swish(),
            Kind::CardTakings => self.card_takings(),
            Kind::CustomerCollective => self.customer_collective(),
            Kind::CreditNote => self.credit_note(),
            Kind::Autogiro => self.autogiro(),
            Kind::ForeignPayment => self.foreign_payment(),
            Kind::BankFee => self.bank_fee(),
            Kind::SupplierPayment if rich => self.supplier_payment(),
            Kind::SupplierRun if rich => self.supplier_run(),
            Kind::DirectDebit if rich => self.direct_debit(),
            Kind::Return if rich => self.returned_payment(),
            _ => self.customer_payment(),
        }
    }

    /// Most vouchers carry the bank's date; some are booked a few days late.
    pub(crate) fn voucher_date(&mut self) -> Date {
        let lag = self.random.weighted(&[(70, 0), (15, 1), (8, 2), (5, 3), (2, 5)]);
        shifted(self.today, lag)
    }

    /// Money out is often booked when the payment is ordered.
    pub(crate) fn order_date(&mut self) -> Date {
        let lead = self.random.weighted(&[(55, 0), (25, 1), (12, 2), (8, 3)]);
        shifted(self.today, -lead)
    }

    pub(crate) fn next_invoice(&mut self) -> u32 {
        // Invoices are not paid in the order of their numbers: odd and even ones change places.
        self.invoice += 1;
        self.invoice ^ 1
    }

    /// What an invoice in the account's currency comes to, minor units.
    pub(crate) fn amount(&mut self) -> i64 {
        if self.currency == "EUR" {
            foreign_invoice_amount(&mut self.random)
        } else {
            invoice_amount(&mut self.random)
        }
    }

    pub(crate) fn scheme(&mut self) -> Scheme {
        self.random.weighted(self.schemes)
    }

    pub(crate) fn incoming_code(&self) -> Code {
        match self.currency {
            "EUR" => Code("RCDT", "ESCT", "NTRF"),
            _ => Code("RCDT", "DMCT", "TRF"),
        }
    }

    pub(crate) fn outgoing_code(&self) -> Code {
        match self.currency {
            "EUR" => Code("ICDT", "ESCT", "NTRF"),
            _ => Code("ICDT", "DMCT", "TRF"),
        }
    }

    fn payer(&mut self, customer: &Party, amount: i64) -> Payment {
        let mut payment = Payment::new(amount, bank_spelling(&customer.name, &mut self.random));
        if self.random.chance(7_000) {
            payment.account = Some(PartyAccount::Iban(customer.iban.clone()));
        }
        payment
    }

    pub(crate) fn payee(&mut self, supplier: &Party, amount: i64) -> Payment {
        let mut payment = Payment::new(amount, bank_spelling(&supplier.name, &mut self.random));
        payment.account = Some(match &supplier.bankgiro {
            Some(number) if self.currency == "SEK" => PartyAccount::Bankgiro(number.clone()),
            _ => PartyAccount::Iban(supplier.iban.clone()),
        });
        payment
    }

    /// A customer pays one invoice; now and then two customers pay the same amount without a reference.
    pub(crate) fn customer_payment(&mut self) -> Happening {
        let amount = self.amount();
        if self.random.chance(self.rates.equal_amounts) {
            let twin = self.anonymous_payment(amount);
            let day = bank_day_after(self.today, self.random.between(0, 2));
            self.schedule(day, twin);
            return self.anonymous_payment(amount);
        }
        let customer = self.customers.pick(&mut self.random).clone();
        let (invoice, scheme) = (self.next_invoice(), self.scheme());
        let mut payment = self.payer(&customer, amount);
        let mistake;
        (payment.remittance, mistake) =
            remittance(scheme, (customer.number, invoice, amount), &self.rates, &mut self.random);
        let text = self.customer_text(&customer, mistake == Mistake::None, (invoice, scheme));
        let entry = BankEntry::new(amount, self.incoming_code(), "Insättning").paying(payment);
        let date = self.voucher_date();
        let draft = Draft::new(Series::A, date, text.0).line(self.bank, amount).line(1510, -amount);
        let mut happening = Happening::new(Kind::CustomerPayment, entry, vec![draft]);
        happening.mistake = if mistake == Mistake::None { text.1 } else { mistake };
        happening
    }

    /// The bookkeeper's text; sometimes the look-alike next in the customer list is credited.
    fn customer_text(
        &mut self,
        customer: &Party,
        clean: bool,
        (invoice, scheme): (u32, Scheme),
    ) -> (String, Mistake) {
        if clean && self.random.chance(self.rates.wrong_party) {
            let other = self.customers.neighbour(customer.number).clone();
            return (receipt(&other, invoice, scheme, &mut self.random), Mistake::WrongParty);
        }
        (receipt(customer, invoice, scheme, &mut self.random), Mistake::None)
    }

    fn anonymous_payment(&mut self, amount: i64) -> Happening {
        let customer = self.customers.pick(&mut self.random).clone();
        let invoice = self.next_invoice();
        let payment = Payment::new(amount, bank_spelling(&customer.short, &mut self.random));
        let entry = BankEntry::new(amount, self.incoming_code(), "Insättning").paying(payment);
        let date = self.voucher_date();
        let draft = Draft::new(Series::A, date, format!("{}, faktura {invoice}", customer.short))
            .line(self.bank, amount)
            .line(1510, -amount);
        let mut happening = Happening::new(Kind::CustomerPayment, entry, vec![draft]);
        happening.mistake = Mistake::EqualAmounts;
        happening
    }

    /// Many customers in one sum: bankgiro in Sweden, OCR giro in Norway, a reference batch in Finland.
    /// The books have one voucher each, or one voucher with a line each, or one sum.
    fn customer_collective(&mut self) -> Happening {
        let count = self.random.between(2, 14);
        let mut total = 0;
        let mut parts = Vec::new();
        let mut payments = Vec::new();
        for _ in 0..count {
            let amount = self.amount();
            let customer = self.customers.pick(&mut self.random).clone();
            let (invoice, scheme) = (self.next_invoice(), self.scheme());
            let mut payment = self.payer(&customer, amount);
            payment.remittance = if self.random.chance(8_500) {
                Remittance::Reference(compose(scheme, customer.number, invoice), scheme == Scheme::Rf)
            } else {
                Remittance::Text(format!("Faktura {invoice}"))
            };
            total += amount;
            parts.push((amount, receipt(&customer, invoice, scheme, &mut self.random)));
            payments.push(payment);
        }
        let (code, text) = match self.currency {
            "EUR" => (Code("RCDT", "ESCT", "705"), format!("Viitesiirrot {count} kpl")),
            "NOK" => (Code("RCDT", "ATXN", "OCR"), "Sumpost OCR".to_owned()),
            _ => (Code("RCDT", "ATXN", "TRF"), format!("Bankgiro inbetalning {count} betalningar")),
        };
        let mut entry = BankEntry::new(total, code, text);
        entry.batch = Some((format!("BGC{:08}", self.invoice), format!("INS{:06}", self.invoice)));
        entry.payments = payments;
        let date = self.voucher_date();
        let drafts = self.collective_drafts(date, parts);
        Happening::new(Kind::CustomerCollective, entry, drafts)
    }

    fn collective_drafts(&mut self, date: Date, parts: Vec<(i64, String)>) -> Vec<Draft> {
        let total: i64 = parts.iter().map(|(amount, _)| amount).sum();
        let how = self.random.weighted(&[(50, 0), (25, 1), (25, 2)]);
        match how {
            0 => parts
                .into_iter()
                .map(|(amount, text)| {
                    Draft::new(Series::A, date, text).line(self.bank, amount).line(1510, -amount)
                })
                .collect(),
            1 => {
                let draft = Draft::new(Series::A, date, format!("Inbetalningar {} st", parts.len()));
                let draft = parts
                    .into_iter()
                    .fold(draft, |draft, (amount, text)| draft.line_saying(self.bank, amount, text));
                vec![draft.line(1510, -total)]
            }
            _ => {
                let draft = Draft::new(Series::A, date, format!("Bankgiro inbetalningar {} st", parts.len()))
                    .line(self.bank, total);
                let draft = parts
                    .into_iter()
                    .fold(draft, |draft, (amount, text)| draft.line_saying(1510, -amount, text));
                vec![draft]
            }
        }
    }

    /// One invoice to one supplier.
    pub(crate) fn supplier_payment(&mut self) -> Happening {
        let spare = (self.balance - self.target / 4).max(100_000);
        let amount = self.amount().min(spare);
        let supplier = self.suppliers.pick(&mut self.random).clone();
        let number = u32::try_from(self.random.between(1_000, 999_999)).expect("six digits");
        let mut payment = self.payee(&supplier, amount);
        let serial = self.next_invoice();
        payment.end_to_end = Some(format!("LB{serial:08}"));
        payment.remittance = if self.random.chance(6_000) {
            let scheme = self.scheme();
            Remittance::Reference(compose(scheme, supplier.number, number), scheme == Scheme::Rf)
        } else {
            Remittance::Text(format!("Faktura {number}"))
        };
        let text = match &supplier.bankgiro {
            Some(bankgiro) if self.currency == "SEK" => format!("BG {}", bankgiro_shown(bankgiro)),
            _ => "Betalning".to_owned(),
        };
        let entry = BankEntry::new(-amount, self.outgoing_code(), text).paying(payment);
        let date = self.order_date();
        let mut text = disbursement(&supplier, number, &mut self.random);
        if self.random.chance(2_500) {
            text = format!("{text} LB{serial:08}");
        }
        let draft = Draft::new(Series::L, date, text).line(self.bank, -amount).line(2440, amount);
        Happening::new(Kind::SupplierPayment, entry, vec![draft])
    }

    /// A file of payments the bank books as one sum, sometimes with its fee inside.
    pub(crate) fn supplier_run(&mut self) -> Happening {
        self.run += 1;
        let run = self.run;
        let count = self.random.weighted(&[(5, 6), (5, 12), (4, 24), (2, 38), (1, 60)]);
        // The run spends what lies above the target, at least enough for small invoices.
        let budget = ((self.balance - self.target) / 2).max(count * 40_000);
        let average = budget / count;
        let (mut total, mut parts, mut payments) = (0, Vec::new(), Vec::new());
        for place in 0..count {
            let amount = self.random.between(average / 8, average * 15 / 8).max(5_000);
            let supplier = self.suppliers.pick(&mut self.random).clone();
            let number = u32::try_from(self.random.between(1_000, 999_999)).expect("six digits");
            let mut payment = self.payee(&supplier, amount);
            payment.end_to_end = Some(format!("RUN{run}-{place:03}"));
            payment.remittance = if self.random.chance(500) {
                // A credit note taken off: the remitted amount is what is left.
                let credit = amount / 5;
                let numbers = (number.to_string(), format!("K{number}"));
                Remittance::Documents(vec![(numbers.0, amount + credit), (numbers.1, -credit)])
            } else {
                let scheme = self.scheme();
                Remittance::Reference(compose(scheme, supplier.number, number), scheme == Scheme::Rf)
            };
            total += amount;
            parts.push((amount, disbursement(&supplier, number, &mut self.random)));
            payments.push(payment);
        }
        let fee = self.random.chance(3_000).then(|| self.random.between(8, 24) * 2_575);
        let mut entry = BankEntry::new(
            -(total + fee.unwrap_or(0)),
            Code("ICDT", "ATXN", "TRF"),
            format!("Utbetalningar {count} betalningar"),
        );
        entry.batch = Some((format!("LEV{run:06}"), format!("RUN-{run}")));
        entry.charge = fee;
        entry.payments = payments;
        self.run_happening(entry, (run, total, fee), parts)
    }

    fn run_happening(
        &mut self,
        entry: BankEntry,
        (run, total, fee): (u32, i64, Option<i64>),
        parts: Vec<(i64, String)>,
    ) -> Happening {
        let date = self.order_date();
        let title = format!("Leverantörsbetalning körning {run}");
        let how = self.random.weighted(&[(45, 0), (30, 1), (25, 2)]);
        let mut drafts = match how {
            0 => {
                let draft = Draft::new(Series::L, date, title).line(self.bank, -total);
                vec![
                    parts
                        .into_iter()
                        .fold(draft, |draft, (amount, text)| draft.line_saying(2440, amount, text)),
                ]
            }
            1 => {
                let draft = Draft::new(Series::L, date, title);
                let draft = parts
                    .into_iter()
                    .fold(draft, |draft, (amount, text)| draft.line_saying(self.bank, -amount, text));
                vec![draft.line(2440, total)]
            }
            _ => parts
                .into_iter()
                .map(|(amount, text)| {
                    Draft::new(Series::L, date, format!("{text} körning {run}"))
                        .line(self.bank, -amount)
                        .line(2440, amount)
                })
                .collect(),
        };
        let mut mistake = Mistake::None;
        if let Some(fee) = fee {
            if self.random.chance(self.rates.fee_not_booked) {
                mistake = Mistake::FeeNotBooked;
            } else {
                drafts.push(
                    Draft::new(Series::B, date, format!("Bankavgift körning {run}"))
                        .line(self.bank, -fee)
                        .line(6570, fee),
                );
            }
        }
        let mut happening = Happening::new(Kind::SupplierRun, entry, drafts);
        happening.mistake = mistake;
        happening
    }

    /// A foreign invoice paid in its own currency: the books may have it at the invoice's rate.
    fn foreign_payment(&mut self) -> Happening {
        let (currency, low, high, scheme) = self.random.weighted(&[
            (5, ("DKK", 14_700, 15_300, Scheme::Fik)),
            (3, ("EUR", 108_000, 114_000, Scheme::Rf)),
            (1, ("USD", 92_000, 98_000, Scheme::Rf)),
        ]);
        let foreign = foreign_invoice_amount(&mut self.random) + 1_000;
        let rate = self.random.between(low, high);
        let amount = (foreign * rate + 5_000) / 10_000;
        let invoiced = (foreign * (rate + self.random.between(-120, 120)) + 5_000) / 10_000;
        let customer = self.customers.pick(&mut self.random).clone();
        let invoice = self.next_invoice();
        let reference = compose(scheme, customer.number, invoice);
        let mut payment = self.payer(&customer, amount);
        payment.foreign = Some(Foreign { currency, minor: foreign, rate });
        let text = if scheme == Scheme::Fik {
            payment.remittance = Remittance::Text(format!("FIK 71 {reference}"));
            format!("DK FIK 71 {reference}")
        } else {
            payment.remittance = Remittance::Reference(reference, true);
            "Valutabetalning".to_owned()
        };
        let entry = BankEntry::new(amount, Code("RCDT", "XBCT", "TRF"), text).paying(payment);
        let date = self.voucher_date();
        let draft = Draft::new(Series::A, date, format!("{}, faktura {invoice} {currency}", customer.short));
        let result = amount - invoiced;
        if result != 0 && self.random.chance(self.rates.exchange_difference) {
            let draft = draft.line(self.bank, invoiced).line(1510, -invoiced);
            let mut happening = Happening::new(Kind::ForeignPayment, entry, vec![draft]);
            happening.mistake = Mistake::ExchangeDifference;
            return happening;
        }
        let mut draft = draft.line(self.bank, amount).line(1510, -invoiced);
        if result != 0 {
            draft = draft.line(if result > 0 { 3960 } else { 7960 }, -result);
        }
        Happening::new(Kind::ForeignPayment, entry, vec![draft])
    }
}
