//! The server that a client connects to.

use super::link::{ByteStream, ClientWebSocket};
use crate::core::error::{Error, ErrorKind, Result};
use futures_util::future::BoxFuture;
use http::header::{HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use http::{HeaderMap, StatusCode, Uri};
use std::fmt;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::{WebSocketStream, client_async};

/// Connects to a server in this process.
pub(crate) trait InProcessConnector: fmt::Debug + Send + Sync {
    /// Opens a connection, as after a handshake with `headers`.
    ///
    /// # Errors
    ///
    /// If the server rejects the credentials in the headers.
    fn connect(&self, headers: HeaderMap) -> BoxFuture<'static, Result<Box<dyn ByteStream>>>;
}

#[derive(Clone, Debug)]
pub(crate) struct ConnectTarget {
    endpoint: Endpoint,
    headers: HeaderMap,
}

#[derive(Clone, Debug)]
enum Endpoint {
    /// A server on the network.
    Url {
        uri: Uri,
        #[cfg(feature = "tls")]
        tls: Option<super::tls::ClientTls>,
    },
    /// A server in this process.
    InProcess(Arc<dyn InProcessConnector>),
}

impl ConnectTarget {
    /// Parses `ws://host:port/path`; `http` means `ws`, and `https` means `wss`.
    pub(super) fn parse(url: &str) -> Result<Self> {
        let invalid = |why: &str| {
            let message = format!("invalid server address `{url}`: {why}");
            Error::new(ErrorKind::Invalid, message)
        };
        let url = match url.strip_prefix("http") {
            Some(rest) => format!("ws{rest}"),
            None => url.to_owned(),
        };
        let uri: Uri = url.parse().map_err(|_| invalid("not a URL"))?;
        if uri.host().is_none() {
            return Err(invalid("it has no host"));
        }
        match uri.scheme_str() {
            Some("ws") => {}
            Some("wss") if cfg!(feature = "tls") => {}
            Some("wss") => return Err(invalid("`wss` needs the feature `tls` of sockful")),
            _ => return Err(invalid("it must start with `ws://` or `wss://`")),
        }
        #[cfg(feature = "tls")]
        let tls = (uri.scheme_str() == Some("wss")).then(super::tls::ClientTls::usual);
        Ok(Self::at(Endpoint::Url {
            uri,
            #[cfg(feature = "tls")]
            tls,
        }))
    }

    /// A server in this process.
    pub(crate) fn in_process(server: impl InProcessConnector + 'static) -> Self {
        Self::at(Endpoint::InProcess(Arc::new(server)))
    }

    fn at(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            headers: HeaderMap::new(),
        }
    }

    pub(super) fn with_headers(self, headers: HeaderMap) -> Self {
        Self { headers, ..self }
    }

    #[cfg(feature = "tls")]
    pub(super) fn trusting(mut self, pem: &str) -> Result<Self> {
        if let Endpoint::Url { tls: Some(tls), .. } = &mut self.endpoint {
            *tls = super::tls::ClientTls::trusting(pem)?;
        }
        Ok(self)
    }

    /// Opens a connection.
    pub(super) async fn open(self) -> Result<ClientWebSocket> {
        match self.endpoint {
            Endpoint::InProcess(server) => {
                let io = server.connect(self.headers).await?;
                Ok(WebSocketStream::from_raw_socket(io, Role::Client, None).await)
            }
            #[cfg(not(feature = "tls"))]
            Endpoint::Url { uri } => {
                shake_hands(&uri, connect(&uri, 80).await?, self.headers).await
            }
            #[cfg(feature = "tls")]
            Endpoint::Url { uri, tls } => {
                let io: Box<dyn ByteStream> = match tls {
                    None => connect(&uri, 80).await?,
                    Some(tls) => tls.connect(&uri, connect(&uri, 443).await?).await?,
                };
                shake_hands(&uri, io, self.headers).await
            }
        }
    }
}

async fn connect(uri: &Uri, usual_port: u16) -> Result<Box<dyn ByteStream>> {
    let port = uri.port_u16().unwrap_or(usual_port);
    // The brackets of an IPv6 address belong to the URL, not to the host.
    let host = uri.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((host, port)).await.map_err(|error| {
        let message = format!("cannot connect to {host}:{port}: {error}");
        Error::new(ErrorKind::Unavailable, message)
    })?;
    stream.set_nodelay(true)?;
    Ok(Box::new(stream))
}

async fn shake_hands(
    uri: &Uri,
    io: Box<dyn ByteStream>,
    headers: HeaderMap,
) -> Result<ClientWebSocket> {
    let mut request = uri.into_client_request().map_err(refused)?;
    request.headers_mut().extend(headers);
    let subprotocol = HeaderValue::from_static("sockful.1");
    request
        .headers_mut()
        .insert(SEC_WEBSOCKET_PROTOCOL, subprotocol);
    let (ws, _) = client_async(request, io).await.map_err(refused)?;
    Ok(ws)
}

/// Returns the error of a failed handshake.
fn refused(error: tungstenite::Error) -> Error {
    let (kind, message) = match error {
        tungstenite::Error::Http(response) => {
            let kind = match response.status() {
                StatusCode::UNAUTHORIZED => ErrorKind::Unauthenticated,
                StatusCode::FORBIDDEN | StatusCode::MISDIRECTED_REQUEST => ErrorKind::Forbidden,
                _ => ErrorKind::Unavailable,
            };
            let body = response.body().as_deref().unwrap_or_default();
            let text = String::from_utf8_lossy(body);
            let status = response.status();
            (
                kind,
                format!("the server answered {status}: {}", text.trim()),
            )
        }
        error => (
            ErrorKind::Unavailable,
            format!("connection failed: {error}"),
        ),
    };
    Error::new(kind, message)
}
