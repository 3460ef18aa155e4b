//! What a request over HTTP gets: a file, a refusal, or a WebSocket, which goes on in a task of its own.

use crate::core::error::Error;
use crate::core::shutdown::Shutdown;
use crate::engine::session::Session;
use crate::transport::http;
use crate::transport::http::auth_headers::introduce;
use crate::transport::http::cors;
use crate::transport::http::description_files;
use crate::transport::http::host;
use crate::transport::http::origin;
use crate::transport::http::rest;
use crate::transport::http::{Body, Listener, RequestBody};
use crate::transport::websocket;
use crate::transport::write_timeout::WriteTimeout;
use hyper::header::{
    CONNECTION, HeaderValue, ORIGIN, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE, VARY,
};
use hyper::http::request::Parts as HttpParts;
use hyper::upgrade::{OnUpgrade, Parts, Upgraded};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::time::timeout;
#[cfg(feature = "tls")]
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;

/// The one subprotocol there is.
const SUBPROTOCOL: &str = "sockful.1";

/// The path that tells a page why its handshake is refused, which browsers do not.
const HANDSHAKE: &str = "/sockful/handshake";

/// Below this path are files that pages of allowed origins may read.
const FILES: &str = "/sockful/";

/// Answers a request. A connection that becomes a WebSocket gets its permit from `enter` and holds it as
/// long as it lasts. Once `cut` completes, a request that is not done is answered with 503.
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
    let (response, upgrade, headers) = match upgrade(request, listener, &session) {
        Handshake::None(request) => {
            let (parts, body) = request.into_parts();
            if session.config().http.enabled && rest::is_here(parts.uri.path()) {
                return rest::answer(session, parts, body, listener, enter, cut).await;
            }
            return file(&session, &parts, listener).await;
        }
        Handshake::Refused(response) => return response,
        Handshake::Accepted(response, upgrade, headers) => (response, upgrade, headers),
    };
    let (entry, shutdown) = match enter() {
        Ok(entered) => entered,
        Err(error) => return http::refusal(&error),
    };
    if let Err(error) = introduce(&session, &headers).await {
        return http::refusal(&error);
    }
    let patience = session.config().http.handshake_timeout;
    tokio::spawn(async move {
        if let Ok(Ok(upgraded)) = timeout(patience, upgrade).await {
            websocket(session, upgraded, shutdown).await;
        }
        drop(entry);
    });
    response
}

/// Answers a request for a file, which pages of allowed origins may read.
async fn file(session: &Session, request: &HttpParts, listener: Listener) -> Response<Body> {
    let access = &session.app.site_access;
    if request.uri.path() == HANDSHAKE {
        let checked = origin::check(&request.headers, access, listener);
        let mut response = match checked {
            Ok(()) => http::plain(StatusCode::OK, "this page may connect\n"),
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

async fn websocket(session: Arc<Session>, upgraded: Upgraded, shutdown: Shutdown) {
    // The stream itself is leaner than what hyper wraps it in. What is not plain TCP is boxed, so
    // that a connection which is has no room for it.
    let upgraded = match upgraded.downcast().map(taken_apart::<TcpStream>) {
        Ok((stream, part)) => return websocket::run(session, stream, part, shutdown).await,
        Err(upgraded) => upgraded,
    };
    #[cfg(feature = "tls")]
    let upgraded = match upgraded.downcast().map(taken_apart::<TlsStream<TcpStream>>) {
        Ok((stream, part)) => {
            return Box::pin(websocket::run(session, stream, part, shutdown)).await;
        }
        Err(upgraded) => upgraded,
    };
    let (stream, part) = (TokioIo::new(upgraded), Vec::new());
    Box::pin(websocket::run(session, stream, part, shutdown)).await;
}

/// The stream and what was read beyond the handshake, without hyper's buffer of 8 KiB around it.
fn taken_apart<S>(parts: Parts<TokioIo<WriteTimeout<S>>>) -> (S, Vec<u8>) {
    (parts.io.into_inner().into_inner(), parts.read_buf.to_vec())
}

/// What a request wants of the WebSocket.
enum Handshake<B> {
    None(Request<B>),
    Refused(Response<Body>),
    /// With the headers, by which it is known who the client is.
    Accepted(Response<Body>, OnUpgrade, HeaderMap),
}

fn upgrade<B>(mut request: Request<B>, listener: Listener, session: &Session) -> Handshake<B> {
    let wanted = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"websocket");
    let is_here = !listener.is_at_root || request.uri().path() == "/";
    if !request.headers().get(UPGRADE).is_some_and(wanted) || !is_here {
        return Handshake::None(request);
    }
    if request.extensions().get::<OnUpgrade>().is_none() {
        let text = "this server's connections can't become WebSockets; it has to serve HTTP/1.1 with upgrades\n";
        return Handshake::Refused(http::plain(StatusCode::NOT_IMPLEMENTED, text));
    }
    let checked = origin::check(request.headers(), &session.app.site_access, listener);
    if let Err(refused) = checked {
        return Handshake::Refused(*refused);
    }
    let upgrade = hyper::upgrade::on(&mut request);
    match create_response_with_body(&request, Body::default) {
        Ok(mut response) => {
            if offers_subprotocol(&request) {
                response.headers_mut().insert(
                    SEC_WEBSOCKET_PROTOCOL,
                    HeaderValue::from_static(SUBPROTOCOL),
                );
            }
            Handshake::Accepted(response, upgrade, request.into_parts().0.headers)
        }
        Err(error) => {
            let mut response = http::plain(
                StatusCode::BAD_REQUEST,
                format!("this is no WebSocket handshake: {error}\n"),
            );
            let headers = response.headers_mut();
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
            headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            Handshake::Refused(response)
        }
    }
}

fn offers_subprotocol<B>(request: &Request<B>) -> bool {
    let offered = request
        .headers()
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .into_iter();
    offered
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|one| one.trim() == SUBPROTOCOL)
}
