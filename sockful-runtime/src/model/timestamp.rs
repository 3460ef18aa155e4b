//! Timestamps that the server sets, and the types that can hold one.

#[cfg(any(feature = "chrono", feature = "jiff"))]
mod text;

use crate::core::json::MAX_EXACT;
use crate::model::definition::KeyForm;
use serde::Serialize;

/// How far a clock may be set back, in milliseconds, before timestamps go back as well.
const MAX_ADJUSTMENT: u64 = 5 * 60 * 1_000;

/// Writes and reads a timestamp of one type, in milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct TimestampCodec {
    /// The JSON of the placeholder until the server sets the timestamp.
    pub(crate) unset: &'static str,
    /// Writes the JSON of a timestamp and preserves the order.
    write: fn(u64) -> String,
    /// Reads the JSON of a timestamp.
    read: fn(&str) -> Option<u64>,
}

impl TimestampCodec {
    /// Timestamps in integers.
    pub(crate) const INTEGER: Self = Self {
        unset: "0",
        write: |millis| millis.min(MAX_EXACT).to_string(),
        read: |raw| raw.parse().ok(),
    };

    /// Returns the JSON of `now`, or of `before` if that is slightly later: timestamps do not go back
    /// when a clock is adjusted.
    ///
    /// A `before` that is further ahead comes from a clock that was wrong, so `now` is used.
    pub(crate) fn after(self, before: Option<&str>, now: u64) -> String {
        let before = before.and_then(self.read).unwrap_or_default();
        let is_wrong = before > now.saturating_add(MAX_ADJUSTMENT);
        (self.write)(if is_wrong { now } else { now.max(before) })
    }
}

/// A type that can hold a timestamp of the server.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the type of a timestamp",
    label = "can't represent a timestamp",
    note = "write `u64` or `i64` for milliseconds since 1970",
    note = "or `jiff::Timestamp` with the feature `jiff` of sockful, or `chrono::DateTime<chrono::Utc>` with its feature `chrono`"
)]
pub trait TimestampType: Serialize {
    /// How the type writes and reads a timestamp.
    #[doc(hidden)]
    const TIMESTAMP: TimestampCodec = TimestampCodec::INTEGER;

    /// How timestamps of this type are compared.
    #[doc(hidden)]
    const KEY_FORM: KeyForm = KeyForm::Json;
}

impl TimestampType for u64 {}
impl TimestampType for i64 {}
