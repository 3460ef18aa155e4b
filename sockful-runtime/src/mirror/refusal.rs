//! What is told where nothing is done.

use crate::error::Error;
use crate::http::Body;
use hyper::{Method, Response, StatusCode};

/// Why a request over HTTP is not done.
#[derive(Debug)]
pub(super) enum Refusal {
    /// For a reason that the socket has as well, or one with a status of its own.
    Error(Option<StatusCode>, Box<Error>),
    /// Since there are only these methods here.
    Method(Vec<Method>, Box<Error>),
    /// The answer is there already.
    Answered(Box<Response<Body>>),
}

impl Refusal {
    pub(super) fn with(status: StatusCode, error: Error) -> Self {
        Self::Error(Some(status), Box::new(error))
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(None, Box::new(error))
    }
}

impl From<Box<Response<Body>>> for Refusal {
    fn from(response: Box<Response<Body>>) -> Self {
        Self::Answered(response)
    }
}
