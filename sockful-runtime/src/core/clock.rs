//! The replaceable clock of a server, and times on the wire: milliseconds since 1970.

use std::fmt;
use std::sync::Arc;
#[cfg(any(test, feature = "client", feature = "jwt"))]
use std::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

/// Returns `time` in milliseconds since 1970, or 0 if it is earlier.
pub(crate) fn to_millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Returns the time at `millis` since 1970, or `None` if the system cannot represent it.
#[cfg(any(test, feature = "client", feature = "jwt"))]
pub(crate) fn from_millis(millis: u64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(millis))
}

/// Returns the current time, in milliseconds since 1970.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Clock {
    /// A clock that calls `now`.
    pub(crate) fn new(now: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub(crate) fn now(&self) -> u64 {
        (self.0)()
    }
}

/// The clock of the system.
impl Default for Clock {
    fn default() -> Self {
        Self::new(|| to_millis(SystemTime::now()))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole_milliseconds_since_1970() {
        let time = UNIX_EPOCH + Duration::new(1, 2_999_999);
        assert_eq!(to_millis(time), 1_002);
        assert_eq!(to_millis(UNIX_EPOCH - Duration::from_secs(1)), 0);
        assert_eq!(
            from_millis(1_002),
            Some(UNIX_EPOCH + Duration::from_millis(1_002))
        );
    }
}
