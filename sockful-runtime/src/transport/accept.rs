//! Accepts connections from a listener: connection limits, TLS handshake, HTTP and shutdown.

use crate::core::shutdown;
use crate::core::shutdown::Shutdown;
use crate::engine::app::App;
use crate::engine::session::Session;
use crate::transport::connection_limits::{ConnectionLimits, ConnectionPermit};
use crate::transport::drain::drain;
use crate::transport::http::Listener;
use crate::transport::http::respond::respond;
#[cfg(feature = "tls")]
use crate::transport::tls::TlsConfig;
use crate::transport::write_timeout::WriteTimeout;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// The pause after a failed accept, for example for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The layer between a connection and TCP.
#[derive(Clone, Debug)]
pub(crate) enum Transport {
    /// Plain TCP.
    None,
    /// TLS.
    #[cfg(feature = "tls")]
    Tls(TlsConfig),
}

impl Transport {
    /// Whether bytes are written to TCP without a layer such as TLS.
    pub(crate) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

/// Accepts connections until `shutdown` completes, then drains them.
pub(crate) async fn serve(
    app: Arc<App>,
    limits: &ConnectionLimits,
    listener: TcpListener,
    transport: Transport,
    shutdown: impl Future<Output = ()>,
) {
    let (trigger, connections) = shutdown::channel();
    let mut shutdown = pin!(shutdown);
    let address = listener.local_addr();
    if let Ok(address) = &address {
        let scheme = if transport.is_none() { "http" } else { "https" };
        tracing::info!("listening on {scheme}://{address}");
    }
    let by = Listener {
        is_at_root: true,
        is_tls: !transport.is_none(),
        is_loopback: address.is_ok_and(|address| address.ip().to_canonical().is_loopback()),
    };
    loop {
        let (stream, address) = tokio::select! {
            () = &mut shutdown => break,
            next = accept(&listener) => match next {
                Some(next) => next,
                None => continue,
            },
        };
        let permit = match limits.admit(Some(address.ip())) {
            Ok(permit) => Arc::new(permit),
            Err(setting) => {
                tracing::debug!(%address, setting, "connection refused");
                // Over TLS the response would cost the handshake that the refusal is meant to save.
                if transport.is_none() {
                    limits.refuse(stream, address.ip(), setting);
                }
                continue;
            }
        };
        let session = Session::new(app.clone(), Some(address));
        let shutdown = connections.clone();
        match transport.clone() {
            Transport::None => tokio::spawn(http(session, stream, by, permit, shutdown)),
            #[cfg(feature = "tls")]
            Transport::Tls(tls) => tokio::spawn(https(session, stream, by, tls, permit, shutdown)),
        };
    }
    drop(listener);
    drop(connections);
    drain(&app, trigger).await;
}

/// Accepts the next connection. Returns `None` after an error, which is logged.
async fn accept(listener: &TcpListener) -> Option<(TcpStream, SocketAddr)> {
    match listener.accept().await {
        Ok((stream, address)) => {
            // With Nagle's algorithm, a reply would wait until the peer acknowledges the previous
            // one.
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

/// Performs the TLS handshake, then serves HTTP.
#[cfg(feature = "tls")]
async fn https(
    session: Arc<Session>,
    stream: TcpStream,
    listener: Listener,
    tls: TlsConfig,
    permit: Arc<ConnectionPermit>,
    shutdown: Shutdown,
) {
    let accepted = tokio::select! {
        accepted = tls.accept(stream, session.config().http.handshake_timeout) => accepted,
        () = shutdown.clone().draining() => None,
    };
    if let Some(stream) = accepted {
        http(session, stream, listener, permit, shutdown).await;
    }
}

/// Serves HTTP until the connection ends or becomes a WebSocket, which runs in its own task.
async fn http(
    session: Arc<Session>,
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    listener: Listener,
    permit: Arc<ConnectionPermit>,
    shutdown: Shutdown,
) {
    let config = session.config().clone();
    let (draining, cut) = (shutdown.clone().draining(), shutdown.clone().cut());
    // Requests that are cut off are answered first.
    let cut = async {
        cut.await;
        sleep(config.connection.close_timeout).await;
    };
    let has_request = Arc::new(AtomicBool::new(false));
    let requested = has_request.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        // A proxy may send requests of several clients over one connection, so each request
        // authenticates by itself.
        let (session, permit, shutdown) = (session.fresh(), permit.clone(), shutdown.clone());
        requested.store(true, Relaxed);
        async move {
            let cut = shutdown.clone().cut();
            let enter = || Ok((permit, shutdown));
            Ok::<_, Infallible>(respond(request, listener, session, enter, cut).await)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(config.http.handshake_timeout)
        .max_headers(config.http.max_headers)
        .max_buf_size(config.http.max_header_bytes)
        .serve_connection(
            TokioIo::new(WriteTimeout::new(stream, config.connection.write_timeout)),
            service,
        )
        .with_upgrades();
    let mut connection = pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = draining => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                served = connection => served,
                () = sleep(config.connection.close_timeout), if !has_request.load(Relaxed) => Ok(()),
                () = cut => Ok(()),
            }
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "HTTP connection failed");
    }
}
