//! Parses the error that a server has sent to a client.

use super::{Error, Fault, Outcome};
use serde::Deserialize;
use std::time::Duration;

/// The object under `err` in a reply.
#[derive(Deserialize)]
struct ServerError {
    code: String,
    message: String,
    path: Option<String>,
    #[serde(default)]
    fields: Vec<ServerFault>,
    limit: Option<ServerLimit>,
    outcome: Option<String>,
    retry_after_ms: Option<u64>,
}

#[derive(Deserialize)]
struct ServerFault {
    path: String,
    rule: String,
    message: String,
}

#[derive(Deserialize)]
struct ServerLimit {
    name: String,
    value: u64,
}

impl Error {
    /// Parses the JSON that [`Serialize`](serde::Serialize) wrote. Anything else is an internal error.
    pub(crate) fn parse(raw: &str) -> Self {
        let parsed: ServerError = match serde_json::from_str(raw) {
            Ok(parsed) => parsed,
            Err(error) => {
                return Self::internal(format!("the server sent an invalid error: {error}"));
            }
        };
        let mut error = Self::refused(&parsed.code, parsed.message);
        let inner = &mut *error.0;
        inner.path = parsed.path;
        let faults = parsed.fields.into_iter();
        inner.fields = faults
            .map(|fault| Fault::new(fault.path, fault.rule, fault.message))
            .collect();
        inner.limit = parsed.limit.map(|limit| (limit.name.into(), limit.value));
        inner.outcome = match parsed.outcome.as_deref() {
            Some("none") => Some(Outcome::NotApplied),
            Some(_) => Some(Outcome::Unknown),
            None => None,
        };
        inner.retry_after = parsed.retry_after_ms.map(Duration::from_millis);
        error
    }
}
