//! HTTP: the explorer, the health check, the REST routes and the upgrade to WebSocket.

pub(crate) mod description_files;

pub(crate) mod refusal;

pub(crate) mod auth_headers;
pub(crate) mod cors;
pub(crate) mod documents;
mod host;
pub(crate) mod origin;
pub(crate) mod respond;
pub(crate) mod rest;
pub(crate) mod sse;
mod static_files;
mod upgrade;

use crate::core::error::{Error, ErrorKind};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, IF_NONE_MATCH,
    REFERRER_POLICY, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Response, StatusCode};
use std::convert::Infallible;

/// The properties of the listener that the requests of a connection arrive by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listener {
    /// Whether a WebSocket can only be opened at `/`. Otherwise the application's router decides
    /// which paths reach the server.
    pub(crate) is_at_root: bool,
    pub(crate) is_tls: bool,
    /// Whether the listener is bound to a loopback address.
    pub(crate) is_loopback: bool,
}

/// The body of a response.
pub(crate) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// The body of a request, independent of the HTTP server that reads it.
pub(crate) trait RequestBody:
    hyper::body::Body<Error: Into<Box<dyn std::error::Error + Send + Sync>>>
{
}

impl<B> RequestBody for B where
    B: hyper::body::Body<Error: Into<Box<dyn std::error::Error + Send + Sync>>>
{
}

/// The path that monitors request by any host name; it serves nothing that depends on the caller.
const HEALTH: &str = "/healthz";

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Responds to a request that is not a handshake. Serves the explorer if `has_explorer`.
pub(crate) fn answer(request: &Parts, has_explorer: bool) -> Response<Body> {
    let (path, query) = (request.uri.path(), request.uri.query());
    let explorer = || {
        has_explorer
            .then(|| static_files::explorer(path, query))
            .flatten()
    };
    let (content_type, body) = match static_files::client(path).or_else(explorer) {
        Some(file) => (file.content_type, file.text),
        None if path == HEALTH => ("text/plain; charset=utf-8", "ok\n"),
        None if path == "/" => {
            let text = "the explorer is off; enable it with `explorer`, which is off by default in release builds\n";
            return plain(StatusCode::NOT_FOUND, text);
        }
        None => {
            return plain(
                StatusCode::NOT_FOUND,
                "not found; the explorer is at /, the health check at /healthz\n",
            );
        }
    };
    if !matches!(request.method, Method::GET | Method::HEAD) {
        let mut response = plain(
            StatusCode::METHOD_NOT_ALLOWED,
            "only GET and HEAD are allowed\n",
        );
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let mut response = Response::new(full_body(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // A server of another version has another client, so caches must revalidate.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// A response in plain text.
pub(crate) fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(full_body(text));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

/// An error as a response in plain text.
pub(crate) fn refusal(error: &Error) -> Response<Body> {
    let mut response = plain(status(error), format!("{error}\n"));
    if error.kind() == ErrorKind::Unauthenticated {
        let scheme = HeaderValue::from_static("Bearer");
        response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
    }
    if let Some(wait) = retry_after(error) {
        response.headers_mut().insert(RETRY_AFTER, wait);
    }
    response
}

/// The value of `Retry-After` for an error: its delay in seconds.
pub(crate) fn retry_after(error: &Error) -> Option<HeaderValue> {
    let wait = error.retry_after()?;
    // Rounded up, so that a client that waits exactly this long is not too early.
    let part = u64::from(wait.subsec_nanos() > 0);
    Some(wait.as_secs().saturating_add(part).into())
}

/// A body that is available at once.
pub(crate) fn full_body(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).boxed_unsync()
}

/// A body that is sent in chunks as they become available.
pub(crate) fn streamed(pieces: impl Stream<Item = Bytes> + Send + 'static) -> Body {
    StreamBody::new(pieces.map(|piece| Ok(Frame::data(piece)))).boxed_unsync()
}

/// Whether the `If-None-Match` of a request contains this entity tag or `*`.
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(IF_NONE_MATCH).iter();
    let mut known = known.flat_map(|value| value.to_str().unwrap_or_default().split(','));
    known.any(|one| {
        let one = one.trim();
        one.trim_start_matches("W/") == tag || one == "*"
    })
}

/// Whether the caller can get below the exceeded limit by ending one of its subscriptions.
fn is_of_caller(error: &Error) -> bool {
    let limit = error.limit().map(|(name, _)| name);
    matches!(limit, Some("max_scanned_groups" | "max_subscriptions"))
}

/// The HTTP status for an error.
pub(crate) fn status(error: &Error) -> StatusCode {
    match error.kind() {
        // A resource shared by all callers may be available later; a limit of this caller may not.
        ErrorKind::TooMany if error.retry_after().is_some() => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::TooMany if is_of_caller(error) => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::BadFrame | ErrorKind::InvalidQuery | ErrorKind::TooMany => {
            StatusCode::BAD_REQUEST
        }
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::UnknownResource | ErrorKind::UnknownAction | ErrorKind::NotFound => {
            StatusCode::NOT_FOUND
        }
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::Invalid | ErrorKind::Custom => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn shared_limit_exceeded_is_not_a_bad_request() {
        let own = Error::over_limit("conditions", "max_scanned_groups", 7);
        assert_eq!(status(&own), StatusCode::TOO_MANY_REQUESTS);
        let full = own.with_retry_after(Duration::from_secs(5));
        assert_eq!(status(&full), StatusCode::SERVICE_UNAVAILABLE);
        let ids = Error::new(ErrorKind::TooMany, "more ids").with_limit("max_ids", 1_000);
        assert_eq!(status(&ids), StatusCode::BAD_REQUEST);
    }
}
