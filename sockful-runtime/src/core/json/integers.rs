//! Integers in every spelling that JSON allows: `3`, `3.0`, `0.3e1`.
//!
//! JSON has one number type, and JSON Schema accepts every number without a fraction as an integer.
//! Serde parses integers from digits only.

use super::lexer;
use std::borrow::Cow;

/// The digits of the longest integer type.
const MAX_DIGITS: usize = 40;

/// Parses an integer of type `T` in any spelling.
pub(crate) fn integer<T: std::str::FromStr>(raw: &str) -> Option<T> {
    match raw.parse() {
        Ok(integer) => Some(integer),
        Err(_) => digits(raw)?.parse().ok(),
    }
}

/// Writes every number without a fraction as digits; returns `None` if nothing changes.
pub(crate) fn normalize_integers(json: &str) -> Option<String> {
    let bytes = json.as_bytes();
    let mut written = String::new();
    let (mut at, mut copied) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = lexer::string_end(bytes, at),
            b'-' | b'0'..=b'9' => {
                let end = at + number_length(&bytes[at..]);
                if let Some(Cow::Owned(digits)) = digits(&json[at..end]) {
                    written.push_str(&json[copied..at]);
                    written.push_str(&digits);
                    copied = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    (copied > 0).then(|| {
        written.push_str(&json[copied..]);
        written
    })
}

fn number_length(bytes: &[u8]) -> usize {
    let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    bytes.iter().take_while(|byte| is_part(byte)).count()
}

/// Returns the digits of a number without a fraction, with its sign; `None` for any other number.
fn digits(number: &str) -> Option<Cow<'_, str>> {
    let unsigned = number.strip_prefix('-').unwrap_or(number);
    // Serde reads `-0` as a float.
    if number != "-0" && unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Cow::Borrowed(number));
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = [whole, fraction].concat();
    let significant = all.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Some(Cow::Owned("0".to_owned()));
    }
    let zeros = all.len() - all.trim_end_matches('0').len();
    // The position of the decimal point relative to the end of the last digit that is not zero.
    let place = i64::from(exponent) - i64::try_from(fraction.len()).ok()?;
    let place = usize::try_from(place + i64::try_from(zeros).ok()?).ok()?;
    if significant.len() + place > MAX_DIGITS {
        return None;
    }
    let sign = if number.starts_with('-') { "-" } else { "" };
    let zeros = "0".repeat(place);
    Some(Cow::Owned(format!("{sign}{significant}{zeros}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_accepts_numbers_without_a_fraction() {
        for (raw, expected) in [
            ("3", 3),
            ("3.0", 3),
            ("-3.000", -3),
            ("1e2", 100),
            ("1.5E+1", 15),
            ("1200e-2", 12),
            ("0.3e1", 3),
            ("-0", 0),
            ("-0.0e5", 0),
            ("9007199254740991.0", 9_007_199_254_740_991_i64),
        ] {
            assert_eq!(integer::<i64>(raw), Some(expected), "{raw}");
        }
        for raw in [
            "3.5",
            "1e-1",
            "1e400",
            "1e2147483648",
            "\"3\"",
            "null",
            "9.3e18",
            "",
        ] {
            assert_eq!(integer::<i64>(raw), None, "{raw}");
        }
        assert_eq!(integer::<u8>("2.56e2"), None);
    }

    #[test]
    fn normalize_integers_reaches_nested_values() {
        let json = r#"{"a":[1.0,2.5,"3.0",1e1],"4.0":{"b":-0}}"#;
        let normalized = r#"{"a":[1,2.5,"3.0",10],"4.0":{"b":0}}"#;
        assert_eq!(normalize_integers(json).as_deref(), Some(normalized));
        assert_eq!(normalize_integers(r#"{"a":[1,-20,0,2.5,"3.0"]}"#), None);
    }
}
