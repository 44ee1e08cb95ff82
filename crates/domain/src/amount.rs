//! Amounts of money: exact decimals that keep the scale they were given with.
//!
//! Floats never enter: a figure is parsed from text and printed as text.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::{fmt, iter::Sum, ops, str::FromStr};

/// The most digits a bank may send (ISO 20022 `ActiveOrHistoricCurrencyAndAmount`: totalDigits 18).
pub const DIGITS_MAX: usize = 18;
/// The most decimals a bank may send (ISO 20022: fractionDigits 5; six are read, SIE and CSV included).
pub const SCALE_MAX: u32 = 6;

/// A signed decimal amount with its scale as given: `25000.000` stays three decimals.
///
/// Equality and order compare the numbers, so `1.50 == 1.5`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amount(Decimal);

/// Why a text is not an amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Something other than digits, one decimal point and a leading sign.
    #[error("\"{0}\" is not a decimal number")]
    Malformed(String),
    /// More digits or decimals than money has.
    #[error("\"{0}\" has more than {DIGITS_MAX} digits or {SCALE_MAX} decimals")]
    TooLong(String),
}

impl Amount {
    /// Nought, with scale 0.
    pub const ZERO: Amount = Amount(Decimal::ZERO);

    /// Builds an amount from its unscaled digits: `from_parts(12345, 2)` is `123.45`.
    #[must_use]
    pub fn from_parts(mantissa: i64, scale: u32) -> Self {
        Self(Decimal::new(mantissa, scale.min(28)))
    }

    /// The unscaled digits and the number of decimals.
    /// `None` when the digits do not fit 64 bits, which no parsed amount reaches (18 digits do).
    #[must_use]
    pub fn parts(self) -> Option<(i64, u32)> {
        i64::try_from(self.0.mantissa()).ok().map(|mantissa| (mantissa, self.0.scale()))
    }

    /// Parses `[-+]digits[.digits]`, the one spelling of ISO 20022 and SIE; nothing else is accepted.
    ///
    /// # Errors
    /// [`AmountError`] says whether the text is no number or too long a one.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mut whole, mut decimals, mut point) = (0_usize, 0_usize, false);
        let mut significant = 0_usize;
        for byte in digits.bytes() {
            match byte {
                b'0'..=b'9' => {
                    if point {
                        decimals += 1
                    } else {
                        whole += 1
                    }
                    if significant > 0 || byte != b'0' {
                        significant += 1
                    }
                }
                b'.' if !point => point = true,
                _ => return Err(AmountError::Malformed(text.to_owned())),
            }
        }
        if whole + decimals == 0 {
            return Err(AmountError::Malformed(text.to_owned()));
        }
        if significant > DIGITS_MAX || decimals > SCALE_MAX as usize || whole > 40 {
            return Err(AmountError::TooLong(text.to_owned()));
        }
        Decimal::from_str(text).map(Self).map_err(|_| AmountError::Malformed(text.to_owned()))
    }

    /// True for nought at any scale.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// True below nought.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.0.is_sign_negative() && !self.0.is_zero()
    }

    /// The amount without its sign.
    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0.abs())
    }

    /// The sum, or `None` when it has more digits than 96 bits hold.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The same number without trailing zeros after the point.
    #[must_use]
    pub fn normalized(self) -> Self {
        Self(self.0.normalize())
    }

    /// The number scaled to whole minor units of `decimals` places, or `None` if that is not exact.
    /// `12.50` at two decimals is `1250`.
    #[must_use]
    pub fn minor(self, decimals: u32) -> Option<i64> {
        let scaled = self.0.checked_mul(Decimal::from(10_u64.checked_pow(decimals)?))?.normalize();
        if scaled.scale() == 0 { i64::try_from(scaled.mantissa()).ok() } else { None }
    }

    /// The number with at least `decimals` decimals, for display: `5` at two is `5.00`.
    #[must_use]
    pub fn with_decimals(self, decimals: u32) -> Self {
        let normal = self.0.normalize();
        let mut shown = normal;
        if normal.scale() < decimals {
            shown.rescale(decimals);
        }
        Self(shown)
    }

    /// The decimal itself, for rates and ratios.
    #[must_use]
    pub fn decimal(self) -> Decimal {
        self.0
    }
}

impl From<Decimal> for Amount {
    fn from(value: Decimal) -> Self {
        Self(value)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_zero() && self.0.is_sign_negative() {
            // A negative nought would print as "-0".
            return fmt::Display::fmt(&self.0.abs(), formatter);
        }
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl FromStr for Amount {
    type Err = AmountError;
    fn from_str(text: &str) -> Result<Self, AmountError> {
        Self::parse(text)
    }
}

/// Addition panics only past 96 bits: more than a billion times the largest amount ISO 20022 can express.
impl ops::Add for Amount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}
impl ops::Sub for Amount {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}
/// Nought has no sign: its negative serialises as `0`, not `-0`.
impl ops::Neg for Amount {
    type Output = Self;
    fn neg(self) -> Self {
        if self.0.is_zero() { self } else { Self(-self.0) }
    }
}
impl ops::AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}
impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, |total, amount| total + amount)
    }
}

/// An ISO 4217 code: three capital letters, not checked against the list of currencies in use.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The Swedish krona, the default currency of SIE (`#VALUTA`).
    pub const SEK: Currency = Currency(*b"SEK");

    /// Reads three ASCII letters; lower case is raised. `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 3] = text.trim().as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_alphabetic).then(|| Self(bytes.map(|byte| byte.to_ascii_uppercase())))
    }

    /// The code, such as `SEK`.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("built from ASCII letters only")
    }

    /// Decimals of the currency's minor unit (ISO 4217): two but for the listed exceptions.
    #[must_use]
    pub fn decimals(&self) -> u32 {
        match &self.0 {
            b"JPY" | b"KRW" | b"ISK" | b"CLP" | b"VND" | b"XAF" | b"XOF" | b"XPF" | b"PYG" | b"UGX" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}
impl fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}
impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a currency is three letters"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn scale_is_kept_as_given_and_comparison_is_by_number() {
        for text in ["55", "0", "24045029.5", "25000.000", "-0.00001"] {
            assert_eq!(Amount::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Amount::parse("0000149.87").unwrap().to_string(), "149.87");
        assert_eq!(Amount::parse("1.5").unwrap(), Amount::parse("1.500").unwrap());
    }

    #[test]
    fn anything_but_a_plain_decimal_is_refused() {
        for text in ["", "-", ".", "1,5", "1e3", "1 000", "--1", "1.2.3", "٣", "0x1", "NaN", "1_000"] {
            assert!(matches!(Amount::parse(text), Err(AmountError::Malformed(_))), "{text}");
        }
        assert!(matches!(Amount::parse("1234567890123456789"), Err(AmountError::TooLong(_))));
        assert!(matches!(Amount::parse("0.1234567"), Err(AmountError::TooLong(_))));
    }

    #[test]
    fn minor_units_are_exact_or_nothing() {
        assert_eq!(Amount::parse("12.50").unwrap().minor(2), Some(1250));
        assert_eq!(Amount::parse("-12.500").unwrap().minor(2), Some(-1250));
        assert_eq!(Amount::parse("0.001").unwrap().minor(2), None);
    }

    #[test]
    fn negative_nought_prints_as_nought() {
        let nought = -Amount::parse("0.00").unwrap();
        assert_eq!(nought.to_string(), "0.00");
        assert_eq!(serde_json::to_string(&nought).unwrap(), "\"0.00\"");
    }

    proptest! {
        #[test]
        fn parts_give_the_amount_back(mantissa in -999_999_999_999_999_999_i64..=999_999_999_999_999_999, scale in 0_u32..=6) {
            let amount = Amount::from_parts(mantissa, scale);
            prop_assert_eq!(amount.parts(), Some((mantissa, scale)));
            prop_assert_eq!(Amount::parse(&amount.to_string()), Ok(amount));
        }
    }
}
