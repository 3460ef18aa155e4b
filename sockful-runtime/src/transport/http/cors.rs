//! CORS: the response headers for pages of other origins.

use crate::transport::http::Body;
use crate::transport::http::refusal;
use crate::transport::http::refusal::ACCEPT_PATCH;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ALLOW, CACHE_CONTROL, HeaderName, HeaderValue, ORIGIN, VARY,
};
use hyper::{HeaderMap, Method, Response, StatusCode};

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";

/// The request headers that a page may send.
const HEADERS: &str = "authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, traceparent";

/// The response headers that a page may read.
const EXPOSED: &str = "accept-patch, allow, etag, link, location, retry-after";

/// How many seconds a browser may cache a preflight response.
const MAX_AGE: u16 = 600;

/// The response to `OPTIONS` at an address that supports these methods.
pub(crate) fn preflight(methods: &[Method], asked: &HeaderMap) -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(ALLOW, refusal::allowed(methods));
    if methods.contains(&Method::PATCH) {
        headers.insert(ACCEPT_PATCH, HeaderValue::from_static(refusal::PATCHES));
    }
    let methods = HeaderValue::from_static(METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, headers_for(asked));
    headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE.into());
    response
}

/// The headers that a page may send: those of the routes and all others that it requests, such as
/// the headers that a tracing library adds to each request.
fn headers_for(asked: &HeaderMap) -> HeaderValue {
    let mut names = HEADERS.to_owned();
    let asked = asked.get_all(ACCESS_CONTROL_REQUEST_HEADERS).iter();
    let asked = asked.filter_map(|value| value.to_str().ok());
    for name in asked.flat_map(|value| value.split(',')) {
        let name = HeaderName::from_bytes(name.trim().as_bytes());
        if let Ok(name) = name.as_ref().map(HeaderName::as_str)
            && !HEADERS.split(", ").any(|known| known == name)
        {
            names.push_str(", ");
            names.push_str(name);
        }
    }
    HeaderValue::from_str(&names).unwrap_or(HeaderValue::from_static(HEADERS))
}

/// Lets pages of every origin read a response, without credentials.
pub(crate) fn open_to_all(response: &mut Response<Body>) {
    vary(response);
    let all = HeaderValue::from_static("*");
    response
        .headers_mut()
        .insert(ACCESS_CONTROL_ALLOW_ORIGIN, all);
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, no_store);
}

/// Declares to caches that a response depends on the caller and the page.
fn vary(response: &mut Response<Body>) {
    let names = HeaderValue::from_static("Accept, Authorization, Cookie, Origin");
    response.headers_mut().insert(VARY, names);
}

/// Allows the page of this request, whose origin has been checked, to read the response.
pub(crate) fn open(response: &mut Response<Body>, asked: &HeaderMap) {
    vary(response);
    let headers = response.headers_mut();
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
