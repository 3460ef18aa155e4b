//! The request option `key`: a `UUIDv7` that identifies the request.

use crate::core::error::Fault;
use crate::core::json;
use std::time::Duration;
use uuid::{Uuid, Variant};

/// The maximum time that a client's clock may be ahead of the server's.
///
/// A key ahead of the clock is kept until the clock has passed it, so it must not be far ahead.
pub(crate) const MAX_SKEW: Duration = Duration::from_secs(5 * 60);

/// Parses the key of a request.
///
/// The time in the key is checked only after the store was queried: a retry of a request that took
/// effect gets its reply even if the server's clock was set back in the meantime.
///
/// # Errors
///
/// A [`Fault`] if it is not a `UUIDv7`.
pub(crate) fn parse(raw: &str) -> Result<Uuid, Fault> {
    let hyphenated = |text: &str| text.len() == 36;
    let key = json::string(raw)
        .filter(|text| hyphenated(text))
        .and_then(|text| Uuid::try_parse(&text).ok())
        .filter(|key| key.get_version_num() == 7 && key.get_variant() == Variant::RFC4122);
    key.ok_or_else(|| {
        let message = "is not a UUID of version 7, written with hyphens";
        Fault::new("key", "format", message)
    })
}

/// Checks that the time in a key that has not taken effect is at most [`MAX_SKEW`] ahead of `now`, in
/// milliseconds since 1970.
///
/// # Errors
///
/// A [`Fault`] if it is further ahead.
pub(crate) fn check_time(key: Uuid, now: u64) -> Result<(), Fault> {
    if Duration::from_millis(time(key).saturating_sub(now)) > MAX_SKEW {
        let message = "is in the future: the client's clock is ahead of the server's; use the time from `hello`";
        return Err(Fault::new("key", "time", message));
    }
    Ok(())
}

/// Returns the creation time of a `UUIDv7`, in milliseconds since 1970.
pub(crate) fn time(key: Uuid) -> u64 {
    let (most, _) = key.as_u64_pair();
    most >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_790_000_000_000;

    fn key(time: u64) -> Uuid {
        uuid::Builder::from_unix_timestamp_millis(time, &[7; 10]).into_uuid()
    }

    #[test]
    fn parse_accepts_hyphenated_uuid_v7_only() {
        let good = key(NOW).to_string();
        for text in [good.clone(), good.to_uppercase()] {
            assert_eq!(parse(&format!("\"{text}\"")).ok(), Some(key(NOW)));
        }
        let fourth = format!("{}4{}", &good[..14], &good[15..]);
        let of_microsoft = format!("{}c{}", &good[..19], &good[20..]);
        for text in [
            key(NOW).simple().to_string(),
            key(NOW).braced().to_string(),
            key(NOW).urn().to_string(),
            fourth,
            of_microsoft,
            format!("{good} "),
            String::new(),
            "é".repeat(18),
        ] {
            let fault = parse(&format!("\"{text}\"")).expect_err(&text);
            assert_eq!((&*fault.path, &*fault.rule), ("key", "format"));
        }
        assert!(parse("7").is_err() && parse("null").is_err());
    }

    #[test]
    fn check_time_rejects_key_far_ahead_of_the_clock() {
        assert!(check_time(key(NOW + 300_000), NOW).is_ok());
        let fault = check_time(key(NOW + 300_001), NOW).expect_err("it is too far ahead");
        assert!(fault.message.contains("`hello`"), "{fault:?}");
        assert!(check_time(key(0), NOW).is_ok());
    }
}
