//! From a listener to connections: the door, the handshake, and the way out.

use super::door::{Door, Entry};
use super::files;
use super::introduce::introduce;
use super::layer::Layer;
#[cfg(feature = "tls")]
use super::tls::TlsConfig;
use crate::app::App;
use crate::config::Config;
use crate::connection;
use crate::http::{self, Body};
use crate::origin;
use crate::session::Session;
use crate::shutdown::{self, Shutdown};
use hyper::body::Incoming;
use hyper::header::{
    CONNECTION, HeaderValue, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::{OnUpgrade, Parts, Upgraded};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout, timeout_at};
#[cfg(feature = "tls")]
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;

/// The one subprotocol there is.
const SUBPROTOCOL: &str = "sockful.1";

/// How long to wait after an accept that failed for want of something, such as file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Accepts until `shutdown` is done, then drains.
pub(super) async fn serve(
    app: Arc<App>,
    door: &Door,
    listener: TcpListener,
    layer: Layer,
    shutdown: impl Future<Output = ()>,
) {
    let (mut trigger, connections) = shutdown::channel();
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, address) = tokio::select! {
            () = &mut shutdown => break,
            next = accept(&listener) => match next {
                Some(next) => next,
                None => continue,
            },
        };
        let entry = match door.admit(address.ip()) {
            Ok(entry) => Arc::new(entry),
            Err(setting) => {
                tracing::debug!(%address, setting, "a connection was refused");
                // Over TLS it would take the handshake that is to be saved.
                if layer.is_none() {
                    door.refuse(stream, setting);
                }
                continue;
            }
        };
        let session = Session::new(app.clone(), Some(address));
        let shutdown = connections.clone();
        match layer.clone() {
            Layer::None => tokio::spawn(http(session, stream, entry, shutdown)),
            #[cfg(feature = "tls")]
            Layer::Tls(tls) => tokio::spawn(https(session, stream, tls, entry, shutdown)),
        };
    }
    drop(listener);
    drop(connections);
    let config = &app.shared.config;
    let deadline = Instant::now() + config.shutdown_timeout;
    if timeout_at(deadline, trigger.drain()).await.is_err() {
        tracing::warn!("connections were cut at the end of `shutdown_timeout`");
        trigger.cut();
    }
    let all = u32::try_from(config.max_afterwards).unwrap_or(u32::MAX);
    let ended = timeout_at(deadline, app.shared.afterwards.acquire_many(all));
    if ended.await.is_err() {
        tracing::warn!("`#[after]` hooks were not done at the end of `shutdown_timeout`");
    }
}

/// The next connection.
async fn accept(listener: &TcpListener) -> Option<(TcpStream, SocketAddr)> {
    match listener.accept().await {
        Ok((stream, address)) => {
            // Without it a reply would wait for the peer to acknowledge the one before.
            let _ = stream.set_nodelay(true);
            Some((stream, address))
        }
        Err(error) => {
            tracing::warn!(%error, "accepting a connection failed");
            sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

/// Speaks HTTP within TLS.
#[cfg(feature = "tls")]
async fn https(
    session: Arc<Session>,
    stream: TcpStream,
    tls: TlsConfig,
    entry: Arc<Entry>,
    shutdown: Shutdown,
) {
    let shaken = tokio::select! {
        shaken = tls.accept(stream, session.config().handshake_timeout) => shaken,
        () = shutdown.clone().draining() => None,
    };
    if let Some(stream) = shaken {
        http(session, stream, entry, shutdown).await;
    }
}

/// Speaks HTTP until the connection ends or becomes a WebSocket, which goes on in a task of its own.
async fn http(
    session: Arc<Session>,
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    entry: Arc<Entry>,
    shutdown: Shutdown,
) {
    let config = session.config().clone();
    let draining = shutdown.clone().draining();
    let service = service_fn(move |request: Request<Incoming>| {
        let (session, entry, shutdown) = (session.clone(), entry.clone(), shutdown.clone());
        async move {
            let headers = session.asks_who().then(|| request.headers().clone());
            let (response, upgrade) = match upgrade(request, session.config()) {
                Handshake::None(request) => {
                    let file = files::answer(&session, &request, headers).await;
                    return Ok(file.unwrap_or_else(|| http::answer(&request)));
                }
                Handshake::Refused(response) => return Ok(response),
                Handshake::Accepted(response, upgrade) => (response, upgrade),
            };
            if let Some(headers) = headers
                && let Err(refusal) = introduce(&session, headers).await
            {
                return Ok(*refusal);
            }
            tokio::spawn(async move {
                if let Ok(upgraded) = upgrade.await {
                    websocket(session, upgraded, shutdown).await;
                }
                drop(entry);
            });
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(config.handshake_timeout)
        .max_headers(config.max_headers)
        .max_buf_size(config.max_header_bytes)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    // Who asks and does not read, or does not become a WebSocket, is let go after this.
    let longest = config.handshake_timeout + config.write_timeout;
    let mut connection = pin!(connection);
    let served = tokio::select! {
        served = timeout(longest, connection.as_mut()) => served.unwrap_or(Ok(())),
        () = draining => {
            connection.as_mut().graceful_shutdown();
            // Every answer is at hand, so what still goes on is a peer that has not asked yet.
            timeout(config.close_timeout, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "an HTTP connection failed");
    }
}

async fn websocket(session: Arc<Session>, upgraded: Upgraded, shutdown: Shutdown) {
    // The stream itself is leaner than what hyper wraps it in. What is not plain TCP is boxed, so
    // that a connection which is has no room for it.
    let upgraded = match upgraded.downcast().map(taken_apart::<TcpStream>) {
        Ok((stream, part)) => return connection::run(session, stream, part, shutdown).await,
        Err(upgraded) => upgraded,
    };
    #[cfg(feature = "tls")]
    let upgraded = match upgraded.downcast().map(taken_apart::<TlsStream<TcpStream>>) {
        Ok((stream, part)) => {
            return Box::pin(connection::run(session, stream, part, shutdown)).await;
        }
        Err(upgraded) => upgraded,
    };
    let (stream, part) = (TokioIo::new(upgraded), Vec::new());
    Box::pin(connection::run(session, stream, part, shutdown)).await;
}

/// The stream and what was read beyond the handshake, without hyper's buffer of 8 KiB around it.
fn taken_apart<S>(parts: Parts<TokioIo<S>>) -> (S, Vec<u8>) {
    (parts.io.into_inner(), parts.read_buf.to_vec())
}

/// What a request wants of the WebSocket.
enum Handshake {
    None(Request<Incoming>),
    Refused(Response<Body>),
    Accepted(Response<Body>, OnUpgrade),
}

fn upgrade(mut request: Request<Incoming>, config: &Config) -> Handshake {
    let wanted = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"websocket");
    if !request.headers().get(UPGRADE).is_some_and(wanted) || request.uri().path() != "/" {
        return Handshake::None(request);
    }
    if !origin::is_allowed(request.headers(), &config.allowed_origins) {
        let text = "a page of this origin may not connect; `allowed_origins` says which may\n";
        return Handshake::Refused(http::plain(StatusCode::FORBIDDEN, text));
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
            Handshake::Accepted(response, upgrade)
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
