//! Connections: WebSocket, HTTP, TLS and the limits on how many there are.

pub(crate) mod accept;
pub(crate) mod connection_limits;
pub(crate) mod drain;
pub(crate) mod http;
#[cfg(feature = "tls")]
pub(crate) mod tls;
pub(crate) mod websocket;
pub(crate) mod write_timeout;
