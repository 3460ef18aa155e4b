//! The options of a request: the fifth slot of a frame.

use crate::error::{Error, Fault, Result};
use crate::json::MAX_EXACT;
use crate::model::Model;
use crate::object::Object;
use std::time::Duration;

#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    /// How long the caller is willing to wait.
    pub(super) timeout: Option<Duration>,
    /// The revision that the record must have.
    pub(super) if_rev: Option<u64>,
}

impl Options {
    /// Reads the options of a request; `to` is the resource where it writes one record that may be there.
    pub(super) fn parse(raw: &str, to: Option<&Model>) -> Result<Self> {
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
        let mut if_rev = None;
        if let Some(raw) = given.take("if_rev") {
            let exact = |rev: &u64| *rev <= MAX_EXACT;
            if_rev = serde_json::from_str(raw).ok().filter(exact);
            let fault = match (if_rev, to) {
                (None, _) => Some(("type", "is not a revision, an integer from 0 to 2^53-1")),
                (_, None) => Some((
                    "action",
                    "is for `update`, `save`, `destroy` and methods that change a record",
                )),
                (_, Some(model)) if !model.keeps_rev() => {
                    Some(("resource", "is for resources that keep a revision"))
                }
                _ => None,
            };
            faults.extend(fault.map(|(rule, message)| Fault::new("if_rev", rule, message)));
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
            Ok(Self { timeout, if_rev })
        } else {
            Err(Error::invalid(faults))
        }
    }
}
