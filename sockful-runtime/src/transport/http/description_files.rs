//! Serves the API description and the documents generated from it over HTTP.

use crate::engine::session::Session;
use crate::transport::http;
use crate::transport::http::Body;
use crate::transport::http::auth_headers::authenticate_headers;
use crate::transport::http::documents::ApiDocument;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};

/// Responds to a request for one of the documents. Returns `None` for other paths.
pub(crate) async fn answer(session: &Session, request: &Parts) -> Option<Response<Body>> {
    let has_api = session.config().http.enabled;
    let file = ApiDocument::at(request.uri.path())
        .filter(|file| has_api || *file != ApiDocument::OpenApi)?;
    if !matches!(request.method, Method::GET | Method::HEAD) {
        let mut response = http::plain(
            StatusCode::METHOD_NOT_ALLOWED,
            "only GET and HEAD are allowed\n",
        );
        let allowed = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(ALLOW, allowed);
        return Some(response);
    }
    let app = &session.app;
    if !app.config.access.public_schema {
        let known = authenticate_headers(session, &request.headers).await;
        let admit = |()| app.policies.admit_to(&session.caller(), false);
        if let Err(error) = known.and_then(admit) {
            return Some(no_cache(http::refusal(&error)));
        }
    }
    let description = &session.app.description;
    // Another version may generate other types from the same description.
    let tag = format!("\"{}-{}\"", description.digest, env!("CARGO_PKG_VERSION"));
    let mut response = if http::is_known(&request.headers, &tag) {
        let mut response = Response::new(Body::default());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        let body = file.text(&session.app);
        let mut response = Response::new(http::full_body(body));
        let content_type = HeaderValue::from_static(file.content_type());
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        response
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    Some(no_cache(response))
}

/// Makes caches revalidate each time, separately for each caller.
fn no_cache(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(VARY, HeaderValue::from_static("Authorization, Cookie"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
