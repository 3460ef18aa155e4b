//! Times as filters compare them, parsed from the text that serde writes.

use std::fmt;
use std::ops::RangeInclusive;

const SECONDS_OF_DAY: i64 = 86_400;
/// The years of `chrono`, which has more of them than `jiff`.
const YEARS: RangeInclusive<i64> = -262_143..=262_142;

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
    ///
    /// Accepts what `jiff` and `chrono` write, and rejects what neither of them reads.
    pub fn parse(text: &str) -> Option<Self> {
        // A `jiff::Zoned` ends with the name of its time zone.
        let (text, annotations) = match text.find('[') {
            Some(at) => (&text[..at], Some(&text[at..])),
            None => (text, None),
        };
        let (date, time) = match text.split_once(['T', 't', ' ']) {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let time = time.map(|time| match time.find(['Z', 'z', '+', '-']) {
            Some(at) => (&time[..at], Some(&time[at..])),
            None => (time, None),
        });
        // `chrono` has more years than `jiff`, but none of its other extensions of RFC 3339.
        let is_strict = is_of_chrono_only(date);
        if is_strict && (annotations.is_some() || !time.is_none_or(|it| is_strict_time(text, it))) {
            return None;
        }
        if let Some(annotations) = annotations {
            // Without an offset the time would be that of the zone.
            time.and_then(|(_, offset)| offset)?;
            check_annotations(annotations)?;
        }
        let midnight = day(date)?.checked_mul(SECONDS_OF_DAY)?;
        let Some((time, zone)) = time else {
            return Some(Self {
                seconds: midnight,
                nanos: 0,
            });
        };
        let offset = zone.map_or(Some(0), offset)?;
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

/// Returns whether the year is written with a sign and less than six digits, or is after 9999.
fn is_of_chrono_only(date: &str) -> bool {
    let year = date.get(1..7).and_then(|year| digits(year, 6));
    date.starts_with(['+', '-']) && year.is_none_or(|year| year > 9_999)
}

/// Returns whether `chrono` reads the time of day and the offset of `text`, if they are valid.
fn is_strict_time(text: &str, (time, zone): (&str, Option<&str>)) -> bool {
    let is_plain = time.len() >= "hh:mm:ss".len() && !time.contains(',');
    let fits = match zone {
        None => text.contains('T'),
        Some("Z" | "z") => true,
        Some(offset) => offset.len() == "+hh:mm".len() && offset.get(1..3) < Some("24"),
    };
    is_plain && fits
}

/// Returns the days from 1970 to a date of the proleptic Gregorian calendar.
fn day(date: &str) -> Option<i64> {
    let is_before = date.starts_with('-');
    let unsigned = date.strip_prefix(['-', '+']).unwrap_or(date);
    let mut parts = unsigned.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    // A year of more digits needs a sign.
    let is_signed = unsigned.len() < date.len();
    let longest = if is_signed { 6 } else { 4 };
    if parts.next().is_some() || !(4..=longest).contains(&year.len()) {
        return None;
    }
    let year = i64::from(digits(year, year.len())?);
    if is_before && year == 0 {
        return None;
    }
    let year = if is_before { -year } else { year };
    if !YEARS.contains(&year) {
        return None;
    }
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
    let has_seconds = time.len() > "hh:mm".len();
    let is_over = parts.next().is_some() || hour > 23 || minute > 59 || second > 60;
    if is_over || (fraction.is_some() && !has_seconds) {
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
    if parts.next().is_some() || hours > 25 || minutes > 59 || seconds > 59 {
        return None;
    }
    Some(sign * i64::from(hours * 3_600 + minutes * 60 + seconds))
}

/// Checks the form of annotations: the name of a time zone, then pairs such as `[u-ca=gregory]`.
fn check_annotations(text: &str) -> Option<()> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    for (at, annotation) in inner.split("][").enumerate() {
        let name = annotation.strip_prefix('!').unwrap_or(annotation);
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-+.:=".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_plain) || (at > 0 && !name.contains('=')) {
            return None;
        }
    }
    Some(())
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
            "２024-05-01",
        ] {
            assert_eq!(TimeKey::parse(text), None, "{text}");
        }
    }
    #[cfg(all(feature = "jiff", feature = "chrono"))]
    const OFFSETS: &[&str] = &[
        "",
        "Z",
        "z",
        "ZZ",
        "Z02:00",
        "z+02:00",
        "+",
        "-",
        "+02",
        "+2",
        "+02:",
        "+02:00",
        "-02:30",
        "-00:00",
        "+02:60",
        "+02:5",
        "+02:00:",
        "+01:00:30",
        "+01:00:60",
        "+01:00:00:junk",
        "+01:00:00:00",
        "+23:59",
        "+25:59",
        "+25:59:59",
        "+26:00",
        "+99:00",
        "+-2:00",
        "++02:00",
        "+02:00Z",
        "+02:00 ",
        "+02:00junk",
    ];

    /// Calls `check` with every combination of the parts, most of which are not times.
    #[cfg(all(feature = "jiff", feature = "chrono"))]
    fn spellings(mut check: impl FnMut(&str)) {
        let dates = [
            "2024-05-01",
            "+2024-05-01",
            "-2024-05-01",
            "+002024-05-01",
            "-000001-01-01",
            "-000000-01-01",
            "-0000-01-01",
            "0000-01-01",
            "+000000-01-01",
            "+12345-01-01",
            "12345-01-01",
            "+1234567-01-01",
            "02024-05-01",
            "224-05-01",
            "2024-5-01",
            "2024-05-1",
            "2024-00-01",
            "2024-02-30",
            "2024-05-01-",
            "--2024-05-01",
            "2024-05-01 ",
            "9999-12-01",
        ];
        let times = [
            "T10:00:00",
            "t10:00:00",
            " 10:00:00",
            "T10:00",
            "T10:00:00.5",
            "T10:00:00,5",
            "T10:00:00.123456789",
            "T10:00:00.1234567891",
            "T10:00:00.",
            "T10:00.5",
            "T10:00:60",
            "T23:59:60",
            "T23:59:60.5",
            "T24:00:00",
            "T10:60:00",
            "T10:00:61",
            "T1:00:00",
            "T10:0:00",
            "T10:00:0",
            "T10:00:00:00",
            "T10:00:00 ",
            "TT10:00:00",
            "T 10:00:00",
            "T",
            "",
        ];
        let annotations = [
            "",
            "[Europe/Berlin]",
            "[!Europe/Berlin]",
            "[u-ca=gregory]",
            "[Europe/Berlin][u-ca=gregory]",
            "[Europe/Berlin][UTC]",
            "[",
            "]",
            "[]",
            "[!]",
            "[UTC",
            "UTC]",
            "[UTC]junk",
            "[[UTC]]",
            "[UTC] ",
            "[a b]",
        ];
        for date in dates {
            for (nth, time) in times.into_iter().enumerate() {
                for offset in OFFSETS {
                    // Annotations do not depend on the form of the time.
                    let annotations = if nth < 3 {
                        &annotations
                    } else {
                        &annotations[..1]
                    };
                    for annotation in annotations {
                        check(&format!("{date}{time}{offset}{annotation}"));
                    }
                }
            }
        }
    }

    /// The time that one of the libraries reads. They also read spellings that they never write, such as
    /// a month of one digit or, in `chrono`, white space before the offset.
    #[cfg(all(feature = "jiff", feature = "chrono"))]
    fn reference(text: &str) -> Option<TimeKey> {
        use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};
        use jiff::civil;
        use jiff::tz::TimeZone;

        let key = |seconds, nanos: i32| TimeKey {
            seconds,
            nanos: u32::try_from(nanos).expect("it is not negative"),
        };
        let of_jiff = |time: jiff::Timestamp| {
            let (seconds, nanos) = (time.as_second(), time.subsec_nanosecond());
            if nanos < 0 {
                key(seconds - 1, nanos + 1_000_000_000)
            } else {
                key(seconds, nanos)
            }
        };
        if let Ok(time) = text.parse::<DateTime<FixedOffset>>() {
            let nanos = i32::try_from(time.timestamp_subsec_nanos()).expect("two seconds");
            return Some(key(time.timestamp(), nanos));
        }
        if let Ok(date) = text.parse::<NaiveDate>() {
            let midnight = date.and_hms_opt(0, 0, 0).expect("midnight").and_utc();
            return Some(key(midnight.timestamp(), 0));
        }
        if let Ok(time) = text.parse::<NaiveDateTime>() {
            let nanos =
                i32::try_from(time.and_utc().timestamp_subsec_nanos()).expect("two seconds");
            return Some(key(time.and_utc().timestamp(), nanos));
        }
        if let Ok(time) = text.parse::<jiff::Timestamp>() {
            return Some(of_jiff(time));
        }
        // A time of a zone needs the offset.
        let civil: civil::DateTime = text.parse().ok().filter(|_| !text.contains('['))?;
        let time = TimeZone::UTC.to_timestamp(civil).ok()?;
        Some(of_jiff(time))
    }

    /// How the types of the libraries that read a time write it.
    #[cfg(all(feature = "jiff", feature = "chrono"))]
    fn written(text: &str) -> Vec<String> {
        use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Utc};

        fn through<T: serde::Serialize + std::str::FromStr>(text: &str) -> Option<String> {
            let json = serde_json::to_string(&text.parse::<T>().ok()?).ok()?;
            serde_json::from_str(&json).ok()
        }
        let all = [
            through::<DateTime<Utc>>(text),
            through::<DateTime<FixedOffset>>(text),
            through::<NaiveDate>(text),
            through::<NaiveDateTime>(text),
            through::<jiff::Timestamp>(text),
            through::<jiff::Zoned>(text),
            through::<jiff::civil::Date>(text),
            through::<jiff::civil::DateTime>(text),
        ];
        all.into_iter().flatten().collect()
    }

    #[test]
    #[cfg(all(feature = "jiff", feature = "chrono"))]
    fn times_are_those_of_jiff_and_chrono() {
        let mut wrong = Vec::new();
        let mut read = 0;
        spellings(|text| {
            let (ours, theirs) = (TimeKey::parse(text), reference(text));
            read += usize::from(ours.is_some());
            // `jiff` reads a leap second as the second before.
            let is_leap = text.contains(":60");
            let is_equal = ours.is_none() || ours == theirs || (is_leap && theirs.is_some());
            if !is_equal {
                wrong.push(format!("{text}: {ours:?}, not {theirs:?}"));
            }
            for written in written(text) {
                let (ours, theirs) = (TimeKey::parse(&written), reference(&written));
                if ours.is_none() || ours != theirs {
                    wrong.push(format!("{text}, written as {written}: {ours:?}"));
                }
            }
        });
        assert!(read > 500, "{read} are times");
        let some = &wrong[..wrong.len().min(60)];
        assert!(wrong.is_empty(), "{} differ: {some:#?}", wrong.len());
    }
}
