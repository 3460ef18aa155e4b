//! The options of a request: the fifth slot of a frame.

use crate::error::{Error, Fault, Result};
use crate::object::Object;
use std::time::Duration;

#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    /// How long the caller is willing to wait.
    pub(super) timeout: Option<Duration>,
}

impl Options {
    pub(super) fn parse(raw: &str) -> Result<Self> {
        if raw == "null" {
            return Ok(Self::default());
        }
        let given = Object::parse(raw)?;
        let mut faults = Vec::new();
        let mut timeout = None;
        if let Some(raw) = given.take("timeout_ms") {
            let positive = |ms: &u64| *ms > 0;
            timeout = serde_json::from_str(raw)
                .ok()
                .filter(positive)
                .map(Duration::from_millis);
            if timeout.is_none() {
                faults.push(Fault::new(
                    "timeout_ms",
                    "type",
                    "is not a positive integer",
                ));
            }
        }
        // A trace context is for whoever reads the log; anything in the form of a string will do.
        if given
            .take("traceparent")
            .is_some_and(|raw| !raw.starts_with('"'))
        {
            faults.push(Fault::new("traceparent", "type", "is not a string"));
        }
        faults.extend(given.unknown());
        if faults.is_empty() {
            Ok(Self { timeout })
        } else {
            Err(Error::invalid(faults))
        }
    }
}
