//! The HTTP side: the page, the health, and the door to the WebSocket.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Method, Request, Response, StatusCode};

/// What is sent over HTTP.
pub(crate) type Body = Full<Bytes>;

const PAGE: &str = include_str!("http/page.html");
const CLIENT: &str = include_str!("http/client.js");
const CLIENT_TYPES: &str = include_str!("http/client.d.ts");
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                           connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Answers a request that is no handshake; with the page, if that is served.
pub(crate) fn answer<B>(request: &Request<B>, has_page: bool) -> Response<Body> {
    let (content_type, body) = match request.uri().path() {
        "/" if has_page => ("text/html; charset=utf-8", PAGE),
        "/" => {
            let text =
                "there is no page here: `explorer` turns it on, which release builds leave off\n";
            return plain(StatusCode::NOT_FOUND, text);
        }
        "/healthz" => ("text/plain; charset=utf-8", "ok\n"),
        "/sockful/client.js" => ("text/javascript; charset=utf-8", CLIENT),
        "/sockful/client.d.ts" => ("text/plain; charset=utf-8", CLIENT_TYPES),
        _ => {
            return plain(
                StatusCode::NOT_FOUND,
                "there is nothing here; the page is at /, the health at /healthz\n",
            );
        }
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let mut response = Response::new(Full::from(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(PAGE_POLICY),
    );
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // A server of another version has another client.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// An answer in plain words.
pub(crate) fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}
