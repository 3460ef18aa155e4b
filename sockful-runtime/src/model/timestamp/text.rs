//! Timestamps that serde writes as RFC 3339 text.
//!
//! Stores compare them by instant. Other readers of the records may compare the texts, so the texts
//! must sort like the times. Serde omits trailing zeros of the fraction, which breaks this: `.12Z`
//! sorts after `.123Z`. Therefore the clock skips each millisecond that ends in a zero, and every
//! stored text has exactly three fractional digits.

use super::{TimestampCodec, TimestampType};
use crate::model::definition::KeyForm;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The last millisecond that all types can represent with a four-digit year.
const LAST: u64 = 253_402_207_199_999;

/// A type that serde writes as RFC 3339 text.
trait Timestamp: Serialize + DeserializeOwned {
    /// Returns the time at `millis` since 1970.
    fn at(millis: i64) -> Option<Self>;

    /// Returns the whole milliseconds since 1970, and whether there is a remainder.
    fn millis(&self) -> (i64, bool);
}

const fn timestamp<T: Timestamp>() -> TimestampCodec {
    TimestampCodec {
        unset: r#""1970-01-01T00:00:00Z""#,
        write: |millis| {
            let time = T::at(kept(millis).cast_signed());
            serde_json::to_string(&time).unwrap_or_default()
        },
        read: |raw| {
            let (millis, has_more) = serde_json::from_str::<T>(raw).ok()?.millis();
            u64::try_from(millis).ok()?.checked_add(has_more.into())
        },
    }
}

/// Returns the millisecond that is stored for `millis`.
fn kept(millis: u64) -> u64 {
    let millis = millis.min(LAST);
    millis + u64::from(millis.is_multiple_of(10))
}

#[diagnostic::do_not_recommend]
impl<T: Timestamp> TimestampType for T {
    const TIMESTAMP: TimestampCodec = timestamp::<T>();
    const KEY_FORM: KeyForm = KeyForm::Time;
}

#[cfg(feature = "jiff")]
impl Timestamp for jiff::Timestamp {
    fn at(millis: i64) -> Option<Self> {
        Self::from_millisecond(millis).ok()
    }

    fn millis(&self) -> (i64, bool) {
        let nanos = self.subsec_nanosecond() % 1_000_000;
        // Before 1970 the remainder is truncated towards 1970, so it is corrected downwards.
        (self.as_millisecond() - i64::from(nanos < 0), nanos != 0)
    }
}

#[cfg(feature = "chrono")]
impl Timestamp for chrono::DateTime<chrono::Utc> {
    fn at(millis: i64) -> Option<Self> {
        Self::from_timestamp_millis(millis)
    }

    fn millis(&self) -> (i64, bool) {
        let nanos = self.timestamp_subsec_nanos() % 1_000_000;
        (self.timestamp_millis(), nanos != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::scalar::Scalar;
    use proptest::prelude::*;

    fn times() -> impl Strategy<Value = u64> {
        prop_oneof![
            0..=5_000_u64,
            1_700_000_000_000..1_700_000_010_000_u64,
            LAST - 50..=u64::MAX
        ]
    }

    fn order_is_that_of_the_times<T: Timestamp>(now: u64, later: u64, nanos: &T) {
        let (now, later) = (now.min(later), now.max(later));
        let timestamp = timestamp::<T>();
        let (first, second) = (timestamp.after(None, now), timestamp.after(None, later));
        assert_eq!(
            first.len(),
            r#""1970-01-01T00:00:00.000Z""#.len(),
            "{first}"
        );
        assert!(first <= second, "{first} {second}");
        // Stored times do not go back by small amounts, and stay equal while the clock does.
        let is_little = kept(later) <= now.saturating_add(300_000);
        let back = if is_little { &second } else { &first };
        assert_eq!(timestamp.after(Some(&second), now), *back);
        assert_eq!(timestamp.after(Some(&first), now), first);
        // A stored time compares with any other by instant.
        let text = Scalar::keyed(&first, KeyForm::Time);
        let (millis, has_more) = nanos.millis();
        let by_time = i128::from(kept(now)).cmp(&i128::from(millis));
        let by_time = if has_more {
            by_time.then(std::cmp::Ordering::Less)
        } else {
            by_time
        };
        assert_eq!(
            text.cmp(&Scalar::of_form(nanos, KeyForm::Time)),
            by_time,
            "{first} {millis} {has_more}"
        );
    }

    proptest! {
        #[cfg(feature = "jiff")]
        #[test]
        fn jiff_timestamp_texts_sort_like_times(
            now in times(),
            later in times(),
            nanos in prop_oneof![-2_000_000_000..5_000_000_000_i64, any::<i64>()],
        ) {
            let nanos = jiff::Timestamp::from_nanosecond(nanos.into()).expect("a time");
            order_is_that_of_the_times(now, later, &nanos);
        }

        #[cfg(feature = "chrono")]
        #[test]
        fn chrono_timestamp_texts_sort_like_times(
            now in times(),
            later in times(),
            nanos in prop_oneof![-2_000_000_000..5_000_000_000_i64, any::<i64>()],
            seconds in -8_000_000_000_000..8_000_000_000_000_i64,
        ) {
            order_is_that_of_the_times(now, later, &chrono::DateTime::from_timestamp_nanos(nanos));
            let far = chrono::DateTime::from_timestamp(seconds, 0).expect("a time");
            order_is_that_of_the_times(now, later, &far);
        }
    }
}
