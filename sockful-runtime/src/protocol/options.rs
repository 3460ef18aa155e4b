//! Parses the options of a request, slot 4 of a frame.

use crate::core::error::{Error, Fault, Result};
use crate::core::json;
use crate::core::json::MAX_EXACT;
use crate::core::json::object::Object;
use crate::model::resource_model::Model;
use crate::protocol::idempotency_key;
use std::time::Duration;
use uuid::Uuid;

/// The options of a request. Boxed, because most requests have none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options(Option<Box<GivenOptions>>);

#[derive(Clone, Debug)]
struct GivenOptions {
    timeout: Option<Duration>,
    if_rev: Option<u64>,
    key: Option<Uuid>,
}

impl Options {
    /// The time that the caller waits for a reply.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.0.as_ref()?.timeout
    }

    /// The revision that the record is required to have.
    pub(crate) fn if_rev(&self) -> Option<u64> {
        self.0.as_ref()?.if_rev
    }

    /// The idempotency key of the request.
    pub(crate) fn key(&self) -> Option<Uuid> {
        self.0.as_ref()?.key
    }

    /// Parses the options of a request. `to` is the resource if the request writes one existing
    /// record. `keyed` says whether an idempotency key is allowed.
    pub(crate) fn parse(raw: &str, to: Option<&Model>, keyed: bool) -> Result<Self> {
        if raw == "null" {
            return Ok(Self::default());
        }
        let given = Object::parse(raw)?;
        let mut faults = Vec::new();
        let mut timeout = None;
        if let Some(raw) = given.take("timeout_ms") {
            let positive = |ms: &u64| *ms > 0;
            timeout = json::integer(raw)
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
            if_rev = json::integer(raw).filter(exact);
            let fault = match (if_rev, to) {
                (None, _) => Some(("type", "is not a revision, an integer from 0 to 2^53-1")),
                (_, None) => Some((
                    "action",
                    "applies only to `update`, `save`, `destroy` and methods that change a record",
                )),
                (_, Some(model)) if !model.keeps_rev() => {
                    Some(("resource", "applies only to resources with a revision"))
                }
                _ => None,
            };
            faults.extend(fault.map(|(rule, message)| Fault::new("if_rev", rule, message)));
        }
        let mut key = None;
        if let Some(raw) = given.take("key") {
            match idempotency_key::parse(raw) {
                Err(fault) => faults.push(fault),
                Ok(_) if !keyed => {
                    let message =
                        "applies only to `create`, `update`, `save`, `destroy` and remote methods";
                    faults.push(Fault::new("key", "action", message));
                }
                Ok(given) => key = Some(given),
            }
        }
        // A trace context is only used by readers of the log, so any string is accepted.
        if given
            .take("traceparent")
            .is_some_and(|raw| !raw.starts_with('"'))
        {
            faults.push(Fault::new("traceparent", "type", "is not a string"));
        }
        faults.extend(given.unknown());
        if faults.is_empty() {
            Ok(Self(Some(Box::new(GivenOptions {
                timeout,
                if_rev,
                key,
            }))))
        } else {
            Err(Error::invalid(faults))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = r#"{"key":"01a0c450-6c00-7000-8000-000000000000"}"#;

    #[test]
    fn key_option_needs_an_action_with_effect() {
        let options = Options::parse(KEY, None, true).expect("a key");
        assert!(options.key().is_some());
        let error = Options::parse(KEY, None, false).expect_err("nothing is done");
        let fault = &error.fields()[0];
        assert_eq!((&*fault.path, &*fault.rule), ("key", "action"));
        for keyed in [false, true] {
            let error = Options::parse(r#"{"key":"bob"}"#, None, keyed).expect_err("no key");
            assert_eq!(&*error.fields()[0].rule, "format");
        }
    }
}
