//! Dates and times of RFC 3339. These seventy lines replace a library of calendars and time zones, of
//! which nothing else would be used.

pub(crate) fn is_date_time(text: &str) -> bool {
    let parts = text.split_once(['T', 't']);
    parts.is_some_and(|(date, time)| is_date(date) && is_time(time))
}

pub(crate) fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut part = |digits| number(parts.next()?, digits);
    let (Some(year), Some(month), Some(day)) = (part(4), part(2), part(2)) else {
        return false;
    };
    parts.next().is_none() && (1..=days(year, month)).contains(&day)
}

pub(crate) fn is_time(text: &str) -> bool {
    let Some(zone) = text.find(['Z', 'z', '+', '-']) else {
        return false;
    };
    let (clock, zone) = text.split_at(zone);
    let Some(offset) = offset(zone) else {
        return false;
    };
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, fraction),
        None => (clock, "0"),
    };
    let fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = clock.split(':');
    let mut part = || number(parts.next()?, 2);
    let (Some(hour), Some(minute), Some(second)) = (part(), part(), part()) else {
        return false;
    };
    let ends = parts.next().is_none() && fraction;
    ends && hour < 24 && minute < 60 && (second < 60 || is_leap(hour, minute, second, offset))
}

/// Returns whether the time is a leap second, which is the last second of a day in UTC.
fn is_leap(hour: u32, minute: u32, second: u32, offset: i32) -> bool {
    let minutes = i32::try_from(hour * 60 + minute).unwrap_or_default();
    second == 60 && (minutes - offset).rem_euclid(24 * 60) == 24 * 60 - 1
}

/// Returns how many minutes a zone is ahead of UTC.
fn offset(zone: &str) -> Option<i32> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let (sign, rest) = zone.split_at_checked(1)?;
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
    let ahead = i32::try_from(hours * 60 + minutes).ok()?;
    (hours < 24 && minutes < 60).then_some(if sign == "-" { -ahead } else { ahead })
}

/// Parses a number of exactly this many digits.
fn number(text: &str, digits: usize) -> Option<u32> {
    let fits = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| fits)
}

fn days(year: u32, month: u32) -> u32 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}
