//! An error as a client is told it.

use super::{Error, Fault, Outcome};
use serde::Deserialize;
use std::time::Duration;

/// The object that stands after `"err"` in a reply.
#[derive(Deserialize)]
struct Told {
    code: String,
    message: String,
    path: Option<String>,
    #[serde(default)]
    fields: Vec<ToldFault>,
    limit: Option<ToldLimit>,
    outcome: Option<String>,
    retry_after_ms: Option<u64>,
}

#[derive(Deserialize)]
struct ToldFault {
    path: String,
    rule: String,
    message: String,
}

#[derive(Deserialize)]
struct ToldLimit {
    name: String,
    value: u64,
}

impl Error {
    /// The error that `raw` tells of, as [`Serialize`](serde::Serialize) has written it.
    pub(crate) fn told(raw: &str) -> Self {
        let told: Told = match serde_json::from_str(raw) {
            Ok(told) => told,
            Err(error) => return Self::internal(format!("the server told no error: {error}")),
        };
        let mut error = Self::refused(&told.code, told.message);
        let inner = &mut *error.0;
        inner.path = told.path;
        let faults = told.fields.into_iter();
        inner.fields = faults
            .map(|fault| Fault::new(fault.path, fault.rule, fault.message))
            .collect();
        inner.limit = told.limit.map(|limit| (limit.name.into(), limit.value));
        inner.outcome = match told.outcome.as_deref() {
            Some("none") => Some(Outcome::None),
            Some(_) => Some(Outcome::Unknown),
            None => None,
        };
        inner.retry_after = told.retry_after_ms.map(Duration::from_millis);
        error
    }
}
