//! Range checks of settings, whose errors name the setting and its value.

use super::MAX_DURATION;
use crate::core::error::{Error, ErrorKind, Result};
use std::fmt::Display;
use std::time::Duration;
use tokio::sync::Semaphore;

pub(super) fn invalid(setting: &str, value: impl Display, rule: impl Display) -> Error {
    let message = format!("invalid setting `{setting}` = {value}: {rule}");
    Error::new(ErrorKind::Invalid, message)
}

/// Rejects a count below 1.
pub(super) fn check_counts(settings: &[(&str, usize)]) -> Result<()> {
    match settings.iter().find(|(_, value)| *value == 0) {
        Some((setting, value)) => Err(invalid(setting, value, "must be at least 1")),
        None => Ok(()),
    }
}

/// Rejects a count that exceeds the number of permits of a semaphore.
pub(super) fn check_permits(settings: &[(&str, usize)]) -> Result<()> {
    let most = Semaphore::MAX_PERMITS.min(u32::MAX as usize);
    match settings.iter().find(|(_, value)| *value > most) {
        Some((setting, value)) => {
            let rule = format_args!("must be at most {most}");
            Err(invalid(setting, value, rule))
        }
        None => Ok(()),
    }
}

/// Rejects a duration that is zero or longer than a year.
pub(super) fn check_durations(settings: &[(&str, Duration)]) -> Result<()> {
    let is_wrong = |value: Duration| value.is_zero() || value > MAX_DURATION;
    match settings.iter().find(|(_, value)| is_wrong(*value)) {
        Some((setting, value)) => {
            let rule = "must be longer than zero and at most a year";
            Err(invalid(setting, format_args!("{value:?}"), rule))
        }
        None => Ok(()),
    }
}
