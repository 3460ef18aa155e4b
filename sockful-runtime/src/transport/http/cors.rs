//! Pages of other origins: whose may ask, and what their browsers are told of it.

use crate::transport::http::Body;
use crate::transport::http::refusal;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW,
    HeaderValue, ORIGIN, VARY,
};
use hyper::{HeaderMap, Method, Response, StatusCode};

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";

/// What a page may send.
const HEADERS: &str = "authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, traceparent";

/// What it may read of an answer.
const EXPOSED: &str = "allow, etag, link, location, retry-after";

/// For how many seconds a browser need not ask again.
const MAX_AGE: u16 = 600;

/// What `OPTIONS` is told of an address where these methods do something.
pub(crate) fn preflight(methods: &[Method]) -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(ALLOW, refusal::allowed(methods));
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE.into());
    response
}

/// Tells the browser that the page of this request, which may ask, may read the answer.
pub(crate) fn open(response: &mut Response<Body>, asked: &HeaderMap) {
    let headers = response.headers_mut();
    headers.insert(
        VARY,
        HeaderValue::from_static("Accept, Authorization, Cookie, Origin"),
    );
    if let Some(origin) = asked.get(ORIGIN) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        for (name, value) in [
            (ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
            (ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}
