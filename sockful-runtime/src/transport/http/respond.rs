//! What a request over HTTP gets: a file, a refusal, or a WebSocket, which goes on in a task of its own.

use crate::core::config::Config;
use crate::core::error::Error;
use crate::core::shutdown::Shutdown;
use crate::engine::session::Session;
use crate::transport::http;
use crate::transport::http::auth_headers::introduce;
use crate::transport::http::description_files;
use crate::transport::http::origin;
use crate::transport::http::rest;
use crate::transport::http::{Body, RequestBody};
use crate::transport::websocket;
use crate::transport::write_timeout::WriteTimeout;
use hyper::header::{
    CONNECTION, HeaderValue, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::upgrade::{OnUpgrade, Parts, Upgraded};
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::time::timeout;
#[cfg(feature = "tls")]
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;

/// The one subprotocol there is.
const SUBPROTOCOL: &str = "sockful.1";

/// Where a WebSocket is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mounted {
    /// At `/` alone.
    AtRoot,
    /// Wherever the application lets requests through.
    #[cfg(feature = "tower")]
    Anywhere,
}

/// Answers a request. Who is to become a WebSocket is let in by `enter` first, and held by what that gives
/// as long as it lasts.
pub(crate) async fn respond<B: RequestBody, G: Send + 'static>(
    request: Request<B>,
    mounted: Mounted,
    session: Arc<Session>,
    enter: impl FnOnce() -> Result<(G, Shutdown), Error>,
) -> Response<Body> {
    let (response, upgrade, headers) = match upgrade(request, mounted, session.config()) {
        Handshake::None(request) => {
            let (parts, body) = request.into_parts();
            if session.config().http.enabled && rest::is_here(parts.uri.path()) {
                return rest::answer(session, parts, body, enter).await;
            }
            let file = description_files::answer(&session, &parts).await;
            let has_page = session.config().http.explorer;
            return file.unwrap_or_else(|| http::answer(&parts, has_page));
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

fn upgrade<B>(mut request: Request<B>, mounted: Mounted, config: &Config) -> Handshake<B> {
    let wanted = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"websocket");
    let is_here = mounted != Mounted::AtRoot || request.uri().path() == "/";
    if !request.headers().get(UPGRADE).is_some_and(wanted) || !is_here {
        return Handshake::None(request);
    }
    if request.extensions().get::<OnUpgrade>().is_none() {
        let text = "this server's connections can't become WebSockets; it has to serve HTTP/1.1 with upgrades\n";
        return Handshake::Refused(http::plain(StatusCode::NOT_IMPLEMENTED, text));
    }
    if !origin::is_allowed(request.headers(), &config.access.allowed_origins) {
        return Handshake::Refused(http::plain(StatusCode::FORBIDDEN, origin::REFUSAL));
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
