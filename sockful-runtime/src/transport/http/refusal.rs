//! What is told where nothing is done.

use crate::core::error::Error;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, StatusCode};

/// The header that lists the types of bodies that `PATCH` takes.
pub(crate) const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// The types of bodies that `PATCH` takes.
pub(crate) const PATCHES: &str =
    "application/json, application/merge-patch+json, application/x-www-form-urlencoded";

/// Why a request over HTTP is not done.
#[derive(Debug)]
pub(crate) enum HttpError {
    /// For a reason that the socket has as well, or one with a status of its own.
    Error(Option<StatusCode>, Box<Error>),
    /// Since there are only these methods here.
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

/// The value of `Allow` where these methods do something.
pub(crate) fn allowed(methods: &[Method]) -> HeaderValue {
    let mut names: Vec<_> = methods.iter().map(Method::as_str).collect();
    if methods.contains(&Method::GET) {
        names.push("HEAD");
    }
    names.push("OPTIONS");
    // Names of methods are text for headers.
    HeaderValue::from_str(&names.join(", ")).unwrap_or(HeaderValue::from_static("OPTIONS"))
}
