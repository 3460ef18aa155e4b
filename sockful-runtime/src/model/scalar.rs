//! JSON values that filters compare and orders sort by, borrowed from their text.

mod decimal;
mod time;

pub use decimal::DecimalKey;
pub use time::TimeKey;

use crate::core::bounded_text::prefix;
use crate::core::json;
use crate::core::json::SORTED_BYTES;
use crate::core::json::finite_check::is_finite;
use crate::model::definition::KeyForm;
use serde::Serialize;
use std::borrow::Cow;
use std::cmp::Ordering;

/// A JSON value as filters and orders compare it.
///
/// The order is total and the same in every store: null, false, true, numbers by value (−0 equals 0),
/// strings by their UTF-8 bytes. The [`KeyForm`] of a property decides whether its strings are compared
/// as times or as decimal numbers instead.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Scalar<'a> {
    /// Null, or a missing value.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number; never NaN.
    Number(f64),
    /// A string.
    Text(Cow<'a, str>),
    /// An object or an array, whose content is not compared.
    Nested,
    /// The time of a property with [`KeyForm::Time`].
    Time(TimeKey),
    /// The number of a property with [`KeyForm::Decimal`].
    Decimal(DecimalKey),
}

impl<'a> Scalar<'a> {
    /// Parses one JSON value without surrounding white space.
    ///
    /// Returns `None` for values that are never stored: half a surrogate pair, or a number that is too
    /// large for a float.
    pub fn parse(raw: &'a str) -> Option<Self> {
        Some(match raw.as_bytes() {
            b"null" => Self::Null,
            b"true" => Self::Bool(true),
            b"false" => Self::Bool(false),
            [b'"', ..] => Self::Text(json::string(raw)?),
            [b'{' | b'[', ..] => Self::Nested,
            // `str::parse` rounds every JSON number to the nearest float; serde_json guarantees this
            // only with a feature.
            _ => Self::Number(raw.parse().ok().filter(|number: &f64| number.is_finite())?),
        })
    }

    /// Parses the stored JSON of a property with this key form. A value that does not have the form is
    /// compared as JSON.
    pub fn keyed(raw: &'a str, form: KeyForm) -> Self {
        match (form, Self::read(raw)) {
            (KeyForm::Time, Self::Text(text)) => match TimeKey::parse(&text) {
                Some(time) => Self::Time(time),
                None => Self::Text(text),
            },
            (KeyForm::Decimal, Self::Text(text)) => match DecimalKey::parse(&text) {
                Some(number) => Self::Decimal(number),
                None => Self::Text(text),
            },
            // The float is inexact, its text is not.
            (KeyForm::Decimal, Self::Number(number)) => match DecimalKey::parse(raw) {
                Some(number) => Self::Decimal(number),
                None => Self::Number(number),
            },
            // Values of other JSON types, and all values of `KeyForm::Json`.
            (_, value) => value,
        }
    }

    /// Converts a Rust value of a property with this key form through its JSON.
    pub(crate) fn of_form<T: Serialize + ?Sized>(value: &T, form: KeyForm) -> Scalar<'static> {
        match form {
            KeyForm::Json => Self::of(value),
            KeyForm::Time | KeyForm::Decimal => {
                let json = serde_json::to_string(value).unwrap_or_default();
                Scalar::keyed(&json, form).into_owned()
            }
        }
    }

    /// Converts a Rust value through its JSON.
    pub(crate) fn of<T: Serialize + ?Sized>(value: &T) -> Scalar<'static> {
        // JSON has null for NaN, which equals a missing value; NaN itself equals nothing.
        let json = serde_json::to_string(value).unwrap_or_default();
        match Scalar::parse(&json) {
            Some(Scalar::Null) if !is_finite(value) => Scalar::Nested,
            Some(scalar) => scalar.into_owned(),
            None => Scalar::Nested,
        }
    }

    /// Parses stored JSON, which was written by this library and is valid.
    pub fn read(raw: &'a str) -> Self {
        Self::parse(raw).unwrap_or(Self::Nested)
    }

    /// Parses stored JSON for an order or a cursor, which use the first 1,024 bytes of a string.
    /// Strings that differ only after them are ordered by the next key.
    pub fn sort_key(raw: &'a str, form: KeyForm) -> Self {
        Self::keyed(raw, form).into_sort_key()
    }

    /// Returns the part of the value that an order compares: see [`sort_key`](Self::sort_key).
    pub(crate) fn into_sort_key(self) -> Self {
        match self {
            Self::Text(text) if text.len() > SORTED_BYTES => {
                let end = prefix(&text, SORTED_BYTES).len();
                Self::Text(match text {
                    Cow::Borrowed(text) => Cow::Borrowed(&text[..end]),
                    Cow::Owned(mut text) => {
                        text.truncate(end);
                        Cow::Owned(text)
                    }
                })
            }
            other => other,
        }
    }

    /// Converts the value into an owned one.
    pub fn into_owned(self) -> Scalar<'static> {
        match self {
            Self::Null => Scalar::Null,
            Self::Bool(value) => Scalar::Bool(value),
            Self::Number(value) => Scalar::Number(value),
            Self::Text(value) => Scalar::Text(Cow::Owned(value.into_owned())),
            Self::Nested => Scalar::Nested,
            Self::Time(time) => Scalar::Time(time),
            Self::Decimal(number) => Scalar::Decimal(number),
        }
    }

    /// Returns whether the value is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Number(_) => 2,
            Self::Text(_) => 3,
            Self::Nested => 4,
            Self::Time(_) => 5,
            Self::Decimal(_) => 6,
        }
    }
}

impl Ord for Scalar<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            // Adding zero turns −0 into 0 and changes no other number.
            (Self::Number(a), Self::Number(b)) => (a + 0.0).total_cmp(&(b + 0.0)),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (Self::Decimal(a), Self::Decimal(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Scalar<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Scalar<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Scalar<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_order_by_type_then_value() {
        let raws = [
            "null",
            "false",
            "true",
            "-1e300",
            "-1",
            "-0.5",
            "0",
            "5e-324",
            "0.1",
            "1",
            "10",
            "9007199254740991",
            "\"\"",
            "\"B\"",
            "\"a\"",
            "\"aa\"",
            "\"a\\u0301\"",
            "\"\u{e9}\"",
            // U+FFFD comes before an astral character in UTF-8 and after it in UTF-16.
            "\"\u{fffd}\"",
            "\"\u{1f409}\"",
        ];
        let scalars: Vec<_> = raws.iter().map(|raw| Scalar::read(raw)).collect();
        for (i, a) in scalars.iter().enumerate() {
            for (j, b) in scalars.iter().enumerate() {
                assert_eq!(a.cmp(b), i.cmp(&j), "{} and {}", raws[i], raws[j]);
            }
        }
    }

    #[test]
    fn minus_zero_equals_zero_in_every_spelling() {
        for raw in ["-0", "-0.0", "0e7", "-0e-1", "0.000"] {
            assert_eq!(Scalar::read(raw), Scalar::Number(0.0), "{raw}");
        }
        assert_eq!(Scalar::Number(-0.0), Scalar::Number(0.0));
    }

    #[test]
    fn escaped_string_equals_plain_string() {
        assert_eq!(
            Scalar::read(r#""\u0062\ud83d\udc09\/""#),
            Scalar::read("\"b🐉/\"")
        );
        assert!(matches!(
            Scalar::read("\"bob\""),
            Scalar::Text(Cow::Borrowed("bob"))
        ));
    }

    #[test]
    fn numbers_parse_to_the_nearest_float() {
        assert_eq!(
            Scalar::read("0.000033333333333333333"),
            Scalar::Number(0.000_033_333_333_333_333_333)
        );
    }

    #[test]
    fn unstorable_values_do_not_parse() {
        for raw in [r#""\ud800""#, "1e999", "-1e999"] {
            assert_eq!(Scalar::parse(raw), None, "{raw}");
        }
    }
}
