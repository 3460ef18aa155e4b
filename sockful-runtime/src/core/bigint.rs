//! Integers beyond the exact range of JavaScript numbers, written as decimal strings.

use schemars::{Schema, json_schema};
use std::io::Write;

/// The only accepted spelling of an integer: no sign except `-`, no leading zeros.
const PATTERN: &str = "^(0|-?[1-9][0-9]*)$";

/// An integer type, or an `Option` of one, that can be `wide`.
#[diagnostic::on_unimplemented(
    message = "`wide` can't be used on `{Self}`",
    label = "is not an integer type that can exceed ±(2^53-1)",
    note = "`wide` applies to `u64`, `i64`, `u128`, `i128`, and an `Option` of one; remove it"
)]
pub trait WideInteger: Sized {
    /// Parses a JSON value.
    ///
    /// # Errors
    ///
    /// Returns a description of what is wrong with the value.
    fn read(raw: &str) -> Result<Self, String>;

    /// Appends the JSON value to `out`.
    fn write(&self, out: &mut Vec<u8>);

    /// Returns the schema of the JSON value.
    fn schema() -> Schema;
}

macro_rules! wide {
    ($($integer:ty)*) => {$(
        impl WideInteger for $integer {
            fn read(raw: &str) -> Result<Self, String> {
                let digits = raw
                    .strip_prefix('"')
                    .and_then(|rest| rest.strip_suffix('"'))
                    .filter(|digits| is_decimal(digits))
                    .ok_or_else(|| "is not an integer as a decimal string, such as \"7\"".to_owned())?;
                digits.parse().map_err(|_| {
                    format!("is not from {} to {}", <$integer>::MIN, <$integer>::MAX)
                })
            }

            fn write(&self, out: &mut Vec<u8>) {
                // Writing to memory does not fail.
                let _ = write!(out, "\"{self}\"");
            }

            fn schema() -> Schema {
                json_schema!({"type": "string", "format": stringify!($integer), "pattern": PATTERN})
            }
        }
    )*};
}
wide!(u64 i64 u128 i128);

impl<T: WideInteger> WideInteger for Option<T> {
    fn read(raw: &str) -> Result<Self, String> {
        match raw {
            "null" => Ok(None),
            _ => T::read(raw).map(Some),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.write(out),
            None => out.extend_from_slice(b"null"),
        }
    }

    fn schema() -> Schema {
        let mut schema = T::schema();
        schema.insert("type".to_owned(), serde_json::json!(["string", "null"]));
        schema
    }
}

/// Returns whether `text` is an integer in canonical spelling, so that equal numbers are equal texts.
pub(crate) fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain && !digits.starts_with('0') || text == "0"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written<T: WideInteger>(value: &T) -> String {
        let mut out = Vec::new();
        value.write(&mut out);
        String::from_utf8(out).expect("digits")
    }

    #[test]
    fn bigint_reads_back_extreme_values() {
        assert_eq!(u64::read(&written(&u64::MAX)), Ok(u64::MAX));
        assert_eq!(i64::read(&written(&i64::MIN)), Ok(i64::MIN));
        assert_eq!(u128::read(&written(&u128::MAX)), Ok(u128::MAX));
        assert_eq!(i128::read(&written(&i128::MIN)), Ok(i128::MIN));
        assert_eq!(Option::<u64>::read(&written(&None::<u64>)), Ok(None));
        assert_eq!(Option::<u64>::read(&written(&Some(7_u64))), Ok(Some(7)));
    }

    #[test]
    fn bigint_rejects_noncanonical_spellings() {
        for raw in [
            "7",
            "null",
            "\"\"",
            "\"-\"",
            "\"-0\"",
            "\"07\"",
            "\"+7\"",
            "\" 7\"",
            "\"7.0\"",
            "\"1e3\"",
            "\"٧\"",
            "[\"7\"]",
            "\"",
            "\"18446744073709551616\"",
            "\"-1\"",
        ] {
            assert!(u64::read(raw).is_err(), "{raw}");
        }
        assert_eq!(i64::read("\"-7\""), Ok(-7));
        assert_eq!(u64::read("\"0\""), Ok(0));
    }
}
