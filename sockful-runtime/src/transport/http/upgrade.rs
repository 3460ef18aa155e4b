//! The WebSocket handshake: accepts or refuses an upgrade from HTTP.

use crate::core::shutdown::Shutdown;
use crate::engine::session::Session;
use crate::transport::http;
use crate::transport::http::origin;
use crate::transport::http::{Body, Listener};
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
#[cfg(feature = "tls")]
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;

/// The only subprotocol that the server supports.
const SUBPROTOCOL: &str = "sockful.1";

/// Serves an upgraded connection as a WebSocket until it ends.
pub(super) async fn run_upgraded(session: Arc<Session>, upgraded: Upgraded, shutdown: Shutdown) {
    // The stream itself uses less memory than hyper's wrapper. Other streams than plain TCP are
    // boxed, so that plain TCP connections do not reserve space for them.
    let upgraded = match upgraded.downcast().map(into_stream::<TcpStream>) {
        Ok((stream, part)) => return websocket::run(session, stream, part, shutdown).await,
        Err(upgraded) => upgraded,
    };
    #[cfg(feature = "tls")]
    let upgraded = match upgraded.downcast().map(into_stream::<TlsStream<TcpStream>>) {
        Ok((stream, part)) => {
            return Box::pin(websocket::run(session, stream, part, shutdown)).await;
        }
        Err(upgraded) => upgraded,
    };
    let (stream, part) = (TokioIo::new(upgraded), Vec::new());
    Box::pin(websocket::run(session, stream, part, shutdown)).await;
}

/// The stream and what was read beyond the handshake, without hyper's buffer of 8 KiB around it.
fn into_stream<S>(parts: Parts<TokioIo<WriteTimeout<S>>>) -> (S, Vec<u8>) {
    (parts.io.into_inner().into_inner(), parts.read_buf.to_vec())
}

/// The outcome of a handshake.
pub(super) enum Handshake<B> {
    /// The request is not a WebSocket handshake.
    None(Request<B>),
    Refused(Response<Body>),
    /// The response, the future upgraded connection, and the headers, which may authenticate the
    /// client.
    Accepted(Response<Body>, OnUpgrade, HeaderMap),
}

/// Accepts or refuses the WebSocket handshake of a request.
pub(super) fn accept<B>(
    mut request: Request<B>,
    listener: Listener,
    session: &Session,
) -> Handshake<B> {
    let wanted = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"websocket");
    let is_here = !listener.is_at_root || request.uri().path() == "/";
    if !request.headers().get(UPGRADE).is_some_and(wanted) || !is_here {
        return Handshake::None(request);
    }
    if request.extensions().get::<OnUpgrade>().is_none() {
        let text = "this connection can't be upgraded to WebSocket; the server must serve HTTP/1.1 with upgrades\n";
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
                format!("invalid WebSocket handshake: {error}\n"),
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
