//! Durations in a configuration: a number of milliseconds, or a string such as `30s`.

use serde::de::{Deserializer, Error, Visitor};
use std::fmt;
use std::time::Duration;

/// The units and their milliseconds.
const UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60 * 1_000),
    ("h", 60 * 60 * 1_000),
    ("d", 24 * 60 * 60 * 1_000),
];

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Duration, D::Error> {
    deserializer.deserialize_any(DurationVisitor)
}

struct DurationVisitor;

impl Visitor<'_> for DurationVisitor {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a duration: a number of milliseconds, or a string such as \"30s\" or \"1h 30m\"",
        )
    }

    fn visit_u64<E: Error>(self, millis: u64) -> Result<Duration, E> {
        Ok(Duration::from_millis(millis))
    }

    fn visit_i64<E: Error>(self, millis: i64) -> Result<Duration, E> {
        let positive = u64::try_from(millis);
        let positive = positive.map_err(|_| E::custom("a duration must not be negative"))?;
        self.visit_u64(positive)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
        parse(text).ok_or_else(|| {
            let message = format!(
                "invalid duration `{text}`: write numbers with a unit of `ms`, `s`, `m`, `h` or `d`, \
                 such as `30s` or `1h 30m`"
            );
            E::custom(message)
        })
    }
}

/// Parses one or more numbers, each followed by a unit. The result is their sum.
fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut sum = 0_u64;
    loop {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let end = rest.find(|c: char| !c.is_ascii_alphabetic());
        let (unit, next) = rest.split_at(end.unwrap_or(rest.len()));
        let (_, millis) = UNITS.iter().find(|(name, _)| *name == unit)?;
        sum = sum.checked_add(number.checked_mul(*millis)?)?;
        rest = next.trim_start();
        if rest.is_empty() {
            return Some(Duration::from_millis(sum));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use std::time::Duration;

    #[test]
    fn duration_text_is_a_sum_of_numbers_with_units() {
        let millis = |text| parse(text).map(|it| it.as_millis());
        let valid = [
            ("0s", 0),
            ("250ms", 250),
            ("30s", 30_000),
            (" 30 s ", 30_000),
            ("5m", 300_000),
            ("1h 30m", 5_400_000),
            ("1h30m", 5_400_000),
            ("2d", 172_800_000),
        ];
        for (text, expected) in valid {
            assert_eq!(millis(text), Some(expected), "{text}");
        }
        assert_eq!(
            parse("18446744073709551615ms"),
            Some(Duration::from_millis(u64::MAX))
        );
    }

    #[test]
    fn duration_text_without_unit_is_rejected() {
        let invalid = [
            "",
            " ",
            "30",
            "s",
            "30x",
            "30s 5",
            "-1s",
            "1.5s",
            "30S",
            "1 h m",
            "٣s",
            "18446744073709551615s",
            "18446744073709551615ms 1ms",
            "99999999999999999999ms",
        ];
        for text in invalid {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
