//! The company's smaller and its scheduled business: takings, fees, direct debits, salaries, tax, rent, loan,
//! returns and transfers between its own accounts.

use super::{
    calendar::{bank_day_after, is_bank_day, shifted},
    model::{BankEntry, Code, Draft, Happening, Kind, Mistake, PartyAccount, Payment, Remittance, Series},
    parties::bank_spelling,
    references::{Scheme, compose},
    trade::Trade,
};
use jiff::civil::Date;

/// Bankgiro of the Swedish tax authority's tax accounts, a published number.
const TAX_BANKGIRO: &str = "50501055";

impl Trade {
    /// One sale paid by phone.
    pub(crate) fn swish(&mut self) -> Happening {
        let amount = self.random.between(9, 450) * 1_000 - if self.random.chance(3_000) { 100 } else { 0 };
        let customer = self.customers.pick(&mut self.random).clone();
        let order = self.next_invoice();
        let mut payment = Payment::new(amount, bank_spelling(&customer.short, &mut self.random));
        if self.random.chance(6_000) {
            payment.remittance = Remittance::Text(format!("Order {order}"));
        }
        let entry = BankEntry::new(amount, Code("RCDT", "DMCT", "SWISH"), "Insättning Swish").paying(payment);
        let vat = amount / 5;
        let date = self.voucher_date();
        let text = if self.random.chance(5_000) {
            format!("Swish, {}", customer.short)
        } else {
            format!("Swish order {order}")
        };
        let draft = Draft::new(Series::B, date, text)
            .line(self.bank, amount)
            .line(3001, vat - amount)
            .line(2611, -vat);
        Happening::new(Kind::Swish, entry, vec![draft])
    }

    /// The acquirer pays a day's card sales less its fee. Books: net, or gross and the fee on two lines.
    pub(crate) fn card_takings(&mut self) -> Happening {
        self.report += 1;
        let report = self.report;
        let gross = self.random.between(150_000, 4_000_000);
        let fee = gross * self.random.between(90, 180) / 10_000;
        let net = gross - fee;
        let terminal = self.random.between(1, 4);
        let mut payment = Payment::new(net, "KORTVIND INLÖSEN");
        payment.remittance = Remittance::Text(format!("Dagskassa terminal {terminal} Z{report}"));
        let entry = BankEntry::new(net, Code("RCDT", "DMCT", "KORT"), format!("Kassan {terminal} Dagskassa"))
            .paying(payment);
        let date = shifted(self.today, -self.random.between(1, 2));
        let vat = gross / 5;
        let draft = Draft::new(Series::D, date, format!("Z-rapport {report}"));
        let draft = if self.random.chance(6_000) {
            draft.line(self.bank, net)
        } else {
            draft.line_saying(self.bank, gross, format!("Kortförsäljning Z{report}")).line_saying(
                self.bank,
                -fee,
                format!("Kortavgift Z{report}"),
            )
        };
        let draft = draft.line(6040, fee).line(3001, vat - gross).line(2611, -vat);
        Happening::new(Kind::CardTakings, entry, vec![draft])
    }

    /// Direct debits we collect: one sum, many payers, no details from the bank.
    pub(crate) fn autogiro(&mut self) -> Happening {
        self.run += 1;
        let run = self.run;
        let payers = self.random.between(20, 240);
        let amount = payers * self.random.between(190, 990) * 100;
        let mut entry =
            BankEntry::new(amount, Code("RCDT", "ATXN", "AG"), format!("Autogiro, {payers} betalare"));
        entry.batch = Some((format!("AG{run:06}"), format!("AGRUN-{run}")));
        let date = self.voucher_date();
        let draft = Draft::new(Series::C, date, format!("Abonnemangskörning {run}"))
            .line(self.bank, amount)
            .line(1510, -amount);
        Happening::new(Kind::Autogiro, entry, vec![draft])
    }

    /// A customer pays two invoices less a credit note. The books have one line, or one per document.
    pub(crate) fn credit_note(&mut self) -> Happening {
        let (first, second) = (self.amount(), self.amount());
        let credit = first / self.random.between(3, 9);
        let numbers = (self.next_invoice(), self.next_invoice(), self.next_invoice());
        let customer = self.customers.pick(&mut self.random).clone();
        let amount = first + second - credit;
        let mut payment = Payment::new(amount, bank_spelling(&customer.name, &mut self.random));
        payment.remittance = Remittance::Documents(vec![
            (numbers.0.to_string(), first),
            (numbers.1.to_string(), second),
            (numbers.2.to_string(), -credit),
        ]);
        let entry = BankEntry::new(amount, self.incoming_code(), "Insättning").paying(payment);
        let date = self.voucher_date();
        let draft = Draft::new(Series::A, date, format!("{}, fakturor med kredit", customer.short));
        let draft = if self.random.chance(5_000) {
            draft.line(self.bank, amount)
        } else {
            draft
                .line_saying(self.bank, first, format!("Faktura {}", numbers.0))
                .line_saying(self.bank, second, format!("Faktura {}", numbers.1))
                .line_saying(self.bank, -credit, format!("Kreditfaktura {}", numbers.2))
        };
        Happening::new(Kind::CreditNote, entry, vec![draft.line(1510, -amount)])
    }

    /// A supplier collects by direct debit.
    pub(crate) fn direct_debit(&mut self) -> Happening {
        let supplier = self.suppliers.pick(&mut self.random).clone();
        let amount = self.random.between(19_900, 2_400_000);
        let number = u32::try_from(self.random.between(100_000, 999_999)).expect("six digits");
        let mut payment = self.payee(&supplier, amount);
        payment.remittance = Remittance::Reference(compose(Scheme::Ocr, supplier.number, number), false);
        let entry = BankEntry::new(-amount, Code("RDDT", "PMDD", "AG"), "Autogiro").paying(payment);
        let date = self.voucher_date();
        let account = *self.random.pick(&[6211, 6310, 6990, 2440]);
        let text = format!("{}, autogiro", supplier.short);
        let draft = Draft::new(Series::L, date, text).line(self.bank, -amount).line(account, amount);
        Happening::new(Kind::DirectDebit, entry, vec![draft])
    }

    /// A fee the bank takes; people forget to book these most.
    pub(crate) fn bank_fee(&mut self) -> Happening {
        let count = self.random.between(1, 80);
        let (amount, text) = match self.random.below(10) {
            0..=5 => (count * 150, format!("Avgift {count} betalningar")),
            6 | 7 => (5_000, "Avgift utlandsbetalning".to_owned()),
            8 => (self.random.between(4_000, 90_000) / 25 * 25, "Bankavgift".to_owned()),
            _ => (49_900, "Månadsavgift".to_owned()),
        };
        let entry = BankEntry::new(-amount, Code("MDOP", "CHRG", "MSC"), text);
        let date = self.voucher_date();
        let draft = Draft::new(Series::B, date, "Bankkostnad").line(self.bank, -amount).line(6570, amount);
        let mut happening = Happening::new(Kind::BankFee, entry, vec![draft]);
        if self.random.chance(self.rates.fee_not_booked) {
            happening.drafts.clear();
            happening.mistake = Mistake::FeeNotBooked;
        }
        happening
    }

    /// A payment that comes back some days later. Tidy bookkeepers book both ways, others neither.
    pub(crate) fn returned_payment(&mut self) -> Happening {
        let mut out = self.supplier_payment();
        out.kind = Kind::Return;
        let amount = -out.entry.amount;
        let mut payment = out.entry.payments[0].clone();
        payment.returned = Some(*self.random.pick(&[
            ("AC04", "Kontot är avslutat"),
            ("AC01", "Fel kontonummer"),
            ("MS03", "Ingen orsak angiven"),
        ]));
        let mut back =
            BankEntry::new(amount, Code("ICDT", "RRTN", "RET"), "Retur av betalning").paying(payment);
        back.reversal = true;
        let day = bank_day_after(self.today, self.random.between(2, 4));
        let mut back = Happening::new(Kind::Return, back, Vec::new());
        if !self.random.chance(self.rates.fee_not_booked) {
            let text = format!("Retur {}", out.drafts[0].text);
            back.drafts.push(Draft::new(Series::B, day, text).line(self.bank, amount).line(2440, -amount));
        } else {
            out.drafts.clear();
            (out.mistake, back.mistake) = (Mistake::ReturnNotBooked, Mistake::ReturnNotBooked);
        }
        self.schedule(day, back);
        out
    }

    /// What falls due today by the calendar; the bookings join the queue.
    pub(crate) fn plan_today(&mut self) {
        if self.due_on(25) {
            let amount = self.staff * self.random.between(24_000, 31_000) * 100;
            self.plain_debit(
                (Kind::Salaries, Code("ICDT", "SALA", "LON"), "Löner"),
                amount,
                (2820, "Löneutbetalning"),
            );
        }
        if self.due_on(12) {
            self.pay_tax();
        }
        if self.currency == "SEK" && self.is_last_bank_day() {
            self.pay_rent();
        }
        if self.due_on(28) {
            self.pay_loan();
        }
        if self.due_on(1) {
            let fee = self.bank_fee();
            self.schedule(self.today, fee);
        }
    }

    /// True on the first bank day on or after a day of the month, on the krona account; the day may belong to
    /// the month before, whose last days were no bank days.
    fn due_on(&self, day: i8) -> bool {
        let this_month = self.today.first_of_month();
        let falls_today = |month: Date| bank_day_after(shifted(month, i64::from(day) - 1), 0) == self.today;
        let months = [this_month, shifted(this_month, -1).first_of_month()];
        self.currency == "SEK" && months.into_iter().any(falls_today)
    }

    fn is_last_bank_day(&self) -> bool {
        let last = self.today.last_of_month();
        let mut day = last;
        while !is_bank_day(day) {
            day = shifted(day, -1);
        }
        self.today == day
    }

    fn plain_debit(
        &mut self,
        (kind, code, text): (Kind, Code, &str),
        amount: i64,
        (account, voucher_text): (u16, &str),
    ) {
        let entry = BankEntry::new(-amount, code, text);
        let draft =
            Draft::new(Series::B, self.today, voucher_text).line(self.bank, -amount).line(account, amount);
        self.schedule(self.today, Happening::new(kind, entry, vec![draft]));
    }

    fn pay_tax(&mut self) {
        let amount = self.staff * self.random.between(6_000, 9_500) * 100;
        let mut payment = Payment::new(amount, "Skatteverket");
        payment.account = Some(PartyAccount::Bankgiro(TAX_BANKGIRO.to_owned()));
        // The tax account's OCR starts with the organisation number's prefix 16 and stays the same all year.
        payment.remittance = Remittance::Reference(compose(Scheme::Ocr, 1_655_667, 788_993), false);
        payment.end_to_end = Some(format!("SKATT{}", self.today.strftime("%Y%m")));
        let entry = BankEntry::new(-amount, Code("ICDT", "DMCT", "TRF"), "Skatteverket").paying(payment);
        let draft =
            Draft::new(Series::B, self.today, format!("Skattekonto {}", self.today.strftime("%Y-%m")))
                .line(self.bank, -amount)
                .line(1630, amount);
        self.schedule(self.today, Happening::new(Kind::Tax, entry, vec![draft]));
    }

    fn pay_rent(&mut self) {
        let amount = 6_800_000;
        let mut payment = Payment::new(amount, "Hyresgästen 12 Fastigheter AB");
        payment.remittance = Remittance::Text(format!("Hyra {}", self.today.strftime("%Y-%m")));
        let entry = BankEntry::new(-amount, Code("ICDT", "DMCT", "TRF"), "Hyra").paying(payment);
        let vat = amount / 5;
        let draft = Draft::new(Series::L, shifted(self.today, 2), "Lokalhyra")
            .line(self.bank, -amount)
            .line(5010, amount - vat)
            .line(2641, vat);
        self.schedule(self.today, Happening::new(Kind::Rent, entry, vec![draft]));
    }

    /// Instalment and interest: one booking at the bank, two lines in the books.
    fn pay_loan(&mut self) {
        let (instalment, interest) = (5_000_000, self.random.between(1_100_000, 1_400_000));
        let amount = instalment + interest;
        let entry = BankEntry::new(-amount, Code("ICDT", "BOOK", "LAN"), "Lån 5411 amortering och ränta");
        let draft = Draft::new(Series::B, self.today, "Banklån 5411")
            .line_saying(self.bank, -instalment, "Amortering")
            .line_saying(self.bank, -interest, "Ränta")
            .line(2350, instalment)
            .line(8410, interest);
        self.schedule(self.today, Happening::new(Kind::Loan, entry, vec![draft]));
    }

    /// One leg of a transfer between the company's own accounts.
    pub(crate) fn transfer_leg(&mut self, amount: i64, own_iban: &str, owner: &str, number: u32) {
        let mut payment = Payment::new(amount.abs(), owner);
        payment.account = Some(PartyAccount::Iban(own_iban.to_owned()));
        payment.remittance = Remittance::Text(format!("Överföring {number}"));
        let code = if amount < 0 { Code("ICDT", "BOOK", "TRF") } else { Code("RCDT", "BOOK", "TRF") };
        let entry = BankEntry::new(amount, code, "Överföring eget konto").paying(payment);
        let draft = Draft::new(Series::B, self.today, format!("Överföring {number} mellan egna konton"))
            .line(self.bank, amount)
            .line(1690, -amount);
        self.schedule(self.today, Happening::new(Kind::Transfer, entry, vec![draft]));
    }
}
