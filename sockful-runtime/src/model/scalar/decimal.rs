//! Decimal numbers of any length as filters compare them, parsed from text.

use std::cmp::Ordering;
use std::fmt;

/// The maximum number of digits, and the maximum distance of a digit from the decimal point.
const MAX_DIGITS: usize = 512;
const MAX_EXPONENT: u32 = 1_000_000;

/// A decimal number, ordered by value: `1.50` equals `1.5`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecimalKey {
    is_negative: bool,
    /// The value is 0.d₁d₂d₃… × 10^`exponent`.
    exponent: i32,
    /// The digits without zeros at either end; empty for zero.
    digits: Box<str>,
}

impl DecimalKey {
    /// Parses digits with an optional sign, point and exponent.
    pub fn parse(text: &str) -> Option<Self> {
        let is_negative = text.starts_with('-');
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, fraction].concat();
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number {
            return None;
        }
        let significant = digits.trim_start_matches('0');
        let zeros = digits.len() - significant.len();
        let significant = significant.trim_end_matches('0');
        if significant.is_empty() {
            return Some(Self {
                is_negative: false,
                exponent: 0,
                digits: "".into(),
            });
        }
        let point = i32::try_from(whole.len()).ok()? - i32::try_from(zeros).ok()?;
        let exponent = exponent.checked_add(point)?;
        let is_bounded = significant.len() <= MAX_DIGITS && exponent.unsigned_abs() <= MAX_EXPONENT;
        is_bounded.then(|| Self {
            is_negative,
            exponent,
            digits: significant.into(),
        })
    }

    /// Returns bytes that sort like the numbers.
    #[cfg(feature = "sqlite")]
    pub(crate) fn bytes(&self) -> Vec<u8> {
        if self.digits.is_empty() {
            return vec![1];
        }
        let exponent = self.exponent.cast_unsigned() ^ (1 << 31);
        // A terminator below all digits ends them.
        let mut bytes = [&exponent.to_be_bytes(), self.digits.as_bytes(), &[0]].concat();
        if self.is_negative {
            for byte in &mut bytes {
                *byte = !*byte;
            }
        }
        let sign = if self.is_negative { 0 } else { 2 };
        bytes.insert(0, sign);
        bytes
    }
}

impl Ord for DecimalKey {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |it: &Self| match (it.digits.is_empty(), it.is_negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let size = |one: &Self, other: &Self| {
            let by_exponent = one.exponent.cmp(&other.exponent);
            by_exponent.then_with(|| one.digits.cmp(&other.digits))
        };
        let by_sign = sign(self).cmp(&sign(other));
        by_sign.then_with(|| {
            if self.is_negative {
                size(other, self)
            } else {
                size(self, other)
            }
        })
    }
}

impl PartialOrd for DecimalKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Writes the number without an exponent unless it is far from the decimal point.
impl fmt::Display for DecimalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            is_negative,
            exponent,
            digits,
        } = self;
        if digits.is_empty() {
            return f.write_str("0");
        }
        if *is_negative {
            f.write_str("-")?;
        }
        let length = i32::try_from(digits.len()).unwrap_or(i32::MAX);
        match usize::try_from(*exponent) {
            Ok(0) => write!(f, "0.{digits}"),
            Ok(point) if *exponent < length => {
                write!(f, "{}.{}", &digits[..point], &digits[point..])
            }
            Ok(point) if *exponent <= 64 => write!(f, "{digits:0<point$}"),
            Err(_) if *exponent >= -64 => {
                let zeros = usize::try_from(-*exponent).unwrap_or_default();
                write!(f, "0.{:0<zeros$}{digits}", "")
            }
            _ => write!(f, "0.{digits}e{exponent}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> DecimalKey {
        DecimalKey::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn spellings_of_one_number_are_equal() {
        for (one, other) in [
            ("1.50", "1.5"),
            ("0", "-0.000"),
            ("1e2", "100"),
            ("0.001e3", "1"),
            ("+12.5E-1", "1.25"),
            ("007", "7"),
        ] {
            assert_eq!(number(one), number(other), "{one} {other}");
        }
    }

    #[test]
    fn decimals_and_their_bytes_sort_and_round_trip() {
        let ascending = [
            "-79228162514264337593543950335",
            "-1.51",
            "-1.5",
            "-0.00012",
            "0",
            "0.00012",
            "0.1",
            "0.11",
            "0.9",
            "1",
            "1.5",
            "9.99",
            "10",
            "100.000000000000000000001",
            "79228162514264337593543950335",
        ];
        for pair in ascending.windows(2) {
            assert!(number(pair[0]) < number(pair[1]), "{pair:?}");
            #[cfg(feature = "sqlite")]
            assert!(
                number(pair[0]).bytes() < number(pair[1]).bytes(),
                "{pair:?}"
            );
        }
        for text in ascending {
            assert_eq!(number(text).to_string(), text);
        }
        for text in ["1e100", "-1e-100", "0.5e300"] {
            assert_eq!(number(&number(text).to_string()), number(text), "{text}");
        }
    }

    #[test]
    fn invalid_decimals_are_rejected() {
        for text in ["", "-", ".", "1.2.3", "1e", "NaN", "1e99999999", "٧"] {
            assert_eq!(DecimalKey::parse(text), None, "{text}");
        }
    }

    #[test]
    fn exponent_out_of_range_is_not_a_number() {
        for text in [
            ".1e-2147483648",
            "0.01e-2147483648",
            "-.1e-2147483648",
            "1e2147483647",
            "1e-2147483649",
            "1e-1000002",
            "1e1000000",
        ] {
            assert_eq!(DecimalKey::parse(text), None, "{text}");
        }
        for text in ["1e999999", "1e-1000001", "0e-2147483648"] {
            number(text);
        }
    }
    /// Calls `check` with every combination of the parts, most of which are not numbers.
    #[cfg(feature = "rust_decimal")]
    fn spellings(mut check: impl FnMut(&str)) {
        let signs = ["", "-", "+", "--", "+-", " ", "\u{2212}"];
        let wholes = ["", "0", "7", "007", "12", "1_0", "1,0", "0x1", "\u{667}"];
        let fractions = [
            "", ".", ".0", ".50", ".05", "..5", ".5.", ".5_0", ".+5", ". 5",
        ];
        let exponents = [
            "", "e", "e0", "e2", "E-2", "e+2", "e+-2", "e--2", "e 2", "e2.0", "e2e2", "e_2", " ",
            "junk", "%",
        ];
        for sign in signs {
            for whole in wholes {
                for fraction in fractions {
                    for exponent in exponents {
                        check(&format!("{sign}{whole}{fraction}{exponent}"));
                    }
                }
            }
        }
    }

    #[test]
    #[cfg(feature = "rust_decimal")]
    fn decimals_are_those_of_rust_decimal() {
        use rust_decimal::Decimal;

        let mut wrong = Vec::new();
        let mut read = 0;
        spellings(|text| {
            let theirs = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text));
            let theirs = theirs.ok().map(|number| number.to_string());
            if let Some(ours) = DecimalKey::parse(text) {
                read += 1;
                if theirs.as_deref().and_then(DecimalKey::parse) != Some(ours) {
                    wrong.push(format!("{text}: not {theirs:?}"));
                }
            }
            if let Some(written) = theirs
                && DecimalKey::parse(&written).is_none()
            {
                wrong.push(format!("{text}, written as {written}"));
            }
        });
        assert!(read > 100, "{read} are numbers");
        assert!(wrong.is_empty(), "{} differ: {wrong:#?}", wrong.len());
    }
}
