//! Routes a request over HTTP: to the WebSocket handshake, to the REST routes, or to a file.

use crate::core::error::Error;
use crate::core::shutdown::Shutdown;
use crate::engine::session::Session;
use crate::transport::http;
use crate::transport::http::auth_headers::authenticate_headers;
use crate::transport::http::cors;
use crate::transport::http::description_files;
use crate::transport::http::host;
use crate::transport::http::origin;
use crate::transport::http::rest;
use crate::transport::http::upgrade::{Handshake, accept, run_upgraded};
use crate::transport::http::{Body, Listener, RequestBody};
use hyper::header::{HeaderValue, ORIGIN, VARY};
use hyper::http::request::Parts as HttpParts;
use hyper::{Method, Request, Response, StatusCode};
use std::sync::Arc;
use tokio::time::timeout;

/// The path at which a page learns why its handshake is refused, which browsers do not report.
const HANDSHAKE: &str = "/sockful/handshake";

/// Below this path are files that pages of allowed origins may read.
const FILES: &str = "/sockful/";

/// Responds to a request. A connection that becomes a WebSocket gets its permit from `enter` and
/// holds it until it ends. Once `cut` completes, an unfinished request is answered with 503.
pub(crate) async fn respond<B: RequestBody, G: Send + 'static>(
    request: Request<B>,
    listener: Listener,
    session: Arc<Session>,
    enter: impl FnOnce() -> Result<(G, Shutdown), Error>,
    cut: impl Future<Output = ()>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    if let Err(refused) = host::check(&parts, &session.app.site_access, listener) {
        let mut refused = *refused;
        if parts.uri.path() == HANDSHAKE {
            cors::open_to_all(&mut refused);
        }
        return refused;
    }
    let request = Request::from_parts(parts, body);
    let (response, upgrade, headers) = match accept(request, listener, &session) {
        Handshake::None(request) => {
            let (parts, body) = request.into_parts();
            if session.config().http.enabled && rest::is_rest_path(parts.uri.path()) {
                return rest::answer(session, parts, body, listener, enter, cut).await;
            }
            return file(&session, &parts, listener).await;
        }
        Handshake::Refused(response) => return response,
        Handshake::Accepted(response, upgrade, headers) => (response, upgrade, headers),
    };
    let (permit, shutdown) = match enter() {
        Ok(entered) => entered,
        Err(error) => return http::refusal(&error),
    };
    if let Err(error) = authenticate_headers(&session, &headers).await {
        return http::refusal(&error);
    }
    let patience = session.config().http.handshake_timeout;
    tokio::spawn(async move {
        if let Ok(Ok(upgraded)) = timeout(patience, upgrade).await {
            run_upgraded(session, upgraded, shutdown).await;
        }
        drop(permit);
    });
    response
}

/// Serves a file, which pages of allowed origins may read.
async fn file(session: &Session, request: &HttpParts, listener: Listener) -> Response<Body> {
    let access = &session.app.site_access;
    if request.uri.path() == HANDSHAKE {
        let checked = origin::check(&request.headers, access, listener);
        let mut response = match checked {
            Ok(()) => http::plain(StatusCode::OK, "this origin is allowed\n"),
            Err(refused) => *refused,
        };
        cors::open_to_all(&mut response);
        return response;
    }
    let is_file = request.uri.path().starts_with(FILES);
    let is_page = is_file && request.headers.contains_key(ORIGIN);
    let allowed = is_page.then(|| origin::check(&request.headers, access, listener));
    let is_allowed = matches!(allowed, Some(Ok(())));
    if is_file && request.method == Method::OPTIONS {
        if let Some(Err(refused)) = allowed {
            return *refused;
        }
        let mut response = cors::preflight(&[Method::GET], &request.headers);
        cors::open(&mut response, &request.headers);
        return response;
    }
    let file = description_files::answer(session, request).await;
    let has_page = session.config().http.explorer;
    let mut response = file.unwrap_or_else(|| http::answer(request, has_page));
    if is_allowed {
        cors::open(&mut response, &request.headers);
    } else if is_file {
        let name = HeaderValue::from_static("Origin");
        response.headers_mut().append(VARY, name);
    }
    response
}
