//! Times as filters compare them, parsed from the text that serde writes.

use std::fmt;

const SECONDS_OF_DAY: i64 = 86_400;

/// An instant in nanoseconds.
///
/// A leap second has more than 1,000,000,000 nanoseconds, so it sorts after its second and before the
/// next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeKey {
    /// Seconds since 1970 in UTC.
    seconds: i64,
    nanos: u32,
}

impl TimeKey {
    /// Parses a date, or a date and a time of day, in RFC 3339 with its extensions for signed years and
    /// time zone annotations. Without an offset the time is in UTC, without a time of day it is
    /// midnight.
    pub fn parse(text: &str) -> Option<Self> {
        // A `jiff::Zoned` ends with the name of its time zone.
        let text = text.split('[').next()?;
        let (date, time) = match text.split_once(['T', 't', ' ']) {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let day = day(date)?;
        let midnight = day.checked_mul(SECONDS_OF_DAY)?;
        let Some(time) = time else {
            return Some(Self {
                seconds: midnight,
                nanos: 0,
            });
        };
        let (time, offset) = match time.find(['Z', 'z', '+', '-']) {
            Some(at) => (&time[..at], offset(&time[at..])?),
            None => (time, 0),
        };
        let (seconds, nanos) = time_of_day(time)?;
        Some(Self {
            seconds: midnight.checked_add(seconds)?.checked_sub(offset)?,
            nanos,
        })
    }

    /// Returns bytes that sort like the times.
    #[cfg(feature = "sqlite")]
    pub(crate) fn bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        let seconds = self.seconds.cast_unsigned() ^ (1 << 63);
        bytes[..8].copy_from_slice(&seconds.to_be_bytes());
        bytes[8..].copy_from_slice(&self.nanos.to_be_bytes());
        bytes
    }
}

/// Writes the time as RFC 3339 in UTC.
impl fmt::Display for TimeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut seconds, mut nanos) = (self.seconds.rem_euclid(SECONDS_OF_DAY), self.nanos);
        let (year, month, day) = date(self.seconds.div_euclid(SECONDS_OF_DAY));
        match year {
            0..=9_999 => write!(f, "{year:04}")?,
            year => write!(f, "{year:+07}")?,
        }
        if nanos >= 1_000_000_000 {
            nanos -= 1_000_000_000;
            seconds += 1;
        }
        // Only a leap second has the number 60.
        let leap = i64::from(self.nanos >= 1_000_000_000);
        let before = seconds - leap;
        let (hour, minute) = (before / 3_600, before / 60 % 60);
        let second = before % 60 + leap;
        write!(f, "-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if nanos > 0 {
            let fraction = format!("{nanos:09}");
            write!(f, ".{}", fraction.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

/// Returns the days from 1970 to a date of the proleptic Gregorian calendar.
fn day(date: &str) -> Option<i64> {
    let is_before = date.starts_with('-');
    let unsigned = date.strip_prefix(['-', '+']).unwrap_or(date);
    let mut parts = unsigned.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || !(4..=9).contains(&year.len()) {
        return None;
    }
    let year = i64::from(digits(year, year.len())?);
    let year = if is_before { -year } else { year };
    let (month, day) = (i64::from(digits(month, 2)?), i64::from(digits(day, 2)?));
    if !(1..=12).contains(&month) || day < 1 || day > days_of(year, month) {
        return None;
    }
    // In years that begin in March the leap day is the last day.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    let days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    Some(era * 146_097 + days - 719_468)
}

fn days_of(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The inverse of [`day`].
fn date(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + next, month, day)
}

fn time_of_day(time: &str) -> Option<(i64, u32)> {
    let (time, fraction) = match time.split_once(['.', ',']) {
        Some((time, fraction)) => (time, Some(fraction)),
        None => (time, None),
    };
    let mut parts = time.split(':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let second = parts.next().map_or(Some(0), |second| digits(second, 2))?;
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut nanos = match fraction {
        None => 0,
        Some(fraction) if (1..=9).contains(&fraction.len()) => {
            let missing = u32::try_from(9 - fraction.len()).ok()?;
            digits(fraction, fraction.len())? * 10_u32.pow(missing)
        }
        Some(_) => return None,
    };
    let is_leap = second == 60;
    if is_leap {
        nanos += 1_000_000_000;
    }
    let second = second - u32::from(is_leap);
    Some((i64::from(hour * 3_600 + minute * 60 + second), nanos))
}

/// Returns the offset from UTC in seconds, positive if ahead.
fn offset(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let (sign, text) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(text), _) => (1, text),
        (_, Some(text)) => (-1, text),
        (None, None) => return None,
    };
    let mut parts = text.split(':');
    let hours = digits(parts.next()?, 2)?;
    let minutes = parts.next().map_or(Some(0), |it| digits(it, 2))?;
    let seconds = parts.next().map_or(Some(0), |it| digits(it, 2))?;
    if parts.next().is_some() {
        return None;
    }
    Some(sign * i64::from(hours * 3_600 + minutes * 60 + seconds))
}

fn digits(text: &str, length: usize) -> Option<u32> {
    let is_number = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> TimeKey {
        TimeKey::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn spellings_of_one_time_are_equal() {
        for spelling in [
            "2024-05-01T10:00:00Z",
            "2024-05-01t10:00:00z",
            "2024-05-01 10:00:00.000Z",
            "2024-05-01T12:00:00+02:00",
            "2024-05-01T09:30:00.000000000-00:30",
            "+002024-05-01T10:00:00",
            "2024-05-01T12:00:00+02:00[Europe/Berlin]",
        ] {
            assert_eq!(time(spelling), time("2024-05-01T10:00:00Z"), "{spelling}");
        }
        assert_eq!(time("2024-05-01"), time("2024-05-01T00:00:00Z"));
    }

    #[test]
    fn times_sort_and_round_trip() {
        let ascending = [
            "-009999-01-02T01:59:59Z",
            "-000001-12-31T23:59:59.999999999Z",
            "0000-02-29T00:00:00Z",
            "1969-12-31T23:59:59.5Z",
            "1970-01-01T00:00:00Z",
            "2016-12-31T23:59:59.999Z",
            "2016-12-31T23:59:60Z",
            "2016-12-31T23:59:60.5Z",
            "2017-01-01T00:00:00Z",
            "2017-01-01T00:00:00.12Z",
            "2017-01-01T00:00:00.123Z",
            "9999-12-31T23:59:59.999999999Z",
            "+010000-01-01T00:00:00Z",
            "+262142-12-31T23:59:59Z",
        ];
        for pair in ascending.windows(2) {
            assert!(time(pair[0]) < time(pair[1]), "{pair:?}");
        }
        for text in ascending {
            assert_eq!(time(text).to_string(), text);
        }
        assert_eq!(time("1970-01-02").seconds, SECONDS_OF_DAY);
        assert_eq!(time("2000-03-01").seconds, 951_868_800);
    }

    #[test]
    fn invalid_times_are_rejected() {
        for text in [
            "",
            "tomorrow",
            "2024",
            "2024-02-30",
            "2023-02-29T00:00:00Z",
            "2024-13-01",
            "2024-05-01T24:00:00Z",
            "2024-05-01T10:00:00+2",
            "2024-05-01T10:00:00.Z",
            "2024-05-01T10:00:00Z02:00",
            "2024-05-01T10:00:00+01:00:00:00",
            "2024-05-01T10:00:00+01:00:00:junk",
            "２024-05-01",
        ] {
            assert_eq!(TimeKey::parse(text), None, "{text}");
        }
    }
}
