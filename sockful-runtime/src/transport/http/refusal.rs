//! HTTP errors that are not errors of the protocol, such as an unsupported method.

use crate::core::error::Error;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, StatusCode};

/// The header that lists the body types that `PATCH` accepts.
pub(crate) const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// The body types that `PATCH` accepts.
pub(crate) const PATCHES: &str =
    "application/json, application/merge-patch+json, application/x-www-form-urlencoded";

/// Why an HTTP request fails.
#[derive(Debug)]
pub(crate) enum HttpError {
    /// An error as over WebSocket, optionally with its own HTTP status.
    Error(Option<StatusCode>, Box<Error>),
    /// The method is not supported; these are.
    Method(Vec<Method>, Box<Error>),
}

impl HttpError {
    pub(crate) fn with(status: StatusCode, error: Error) -> Self {
        Self::Error(Some(status), Box::new(error))
    }
}

impl From<Error> for HttpError {
    fn from(error: Error) -> Self {
        Self::Error(None, Box::new(error))
    }
}

/// The value of `Allow` for an address that supports these methods.
pub(crate) fn allowed(methods: &[Method]) -> HeaderValue {
    let mut names: Vec<_> = methods.iter().map(Method::as_str).collect();
    if methods.contains(&Method::GET) {
        names.push("HEAD");
    }
    names.push("OPTIONS");
    // Method names are always valid header values.
    HeaderValue::from_str(&names.join(", ")).unwrap_or(HeaderValue::from_static("OPTIONS"))
}
