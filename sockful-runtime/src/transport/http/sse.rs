//! A subscription as server-sent events.
//!
//! Each stream is an internal connection that speaks the WebSocket protocol, so the same rules
//! apply. Its frames are written as events.

use crate::core::error::{Error, ErrorKind};
use crate::core::shutdown::Shutdown;
use crate::engine::session::Session;
use crate::protocol::frame;
use crate::transport::http;
use crate::transport::http::Body;
use crate::transport::http::refusal::HttpError;
use crate::transport::websocket;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, stream};
use hyper::Response;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::sync::Arc;
use tokio::io::{DuplexStream, duplex};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// The buffer between the connection and the stream, in bytes.
const BUFFER_SIZE: usize = 16 * 1024;

/// A comment that keeps the stream alive.
const HEARTBEAT: &[u8] = b":\n\n";

/// The position of a stream: its resume token, the last commit and the proof of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Position<'a> {
    pub(crate) resume: &'a str,
    pub(crate) seq: u64,
    pub(crate) at: &'a str,
}

impl<'a> Position<'a> {
    /// Parses the id of an event. Other ids are ignored.
    pub(crate) fn parse(id: &'a str) -> Option<Self> {
        let mut parts = id.split('/');
        let (resume, seq) = (parts.next()?, parts.next()?.parse().ok()?);
        // Ids of older servers have no third part.
        let at = parts.next().unwrap_or_default();
        let position = Self { resume, seq, at };
        parts.next().is_none().then_some(position)
    }
}

/// Begins a subscription and responds with its events.
pub(crate) async fn respond<G: Send + 'static>(
    session: Arc<Session>,
    request: Utf8Bytes,
    (permit, shutdown): (G, Shutdown),
) -> Result<Response<Body>, HttpError> {
    let (near, far) = duplex(BUFFER_SIZE);
    tokio::spawn(async move {
        websocket::run(session, far, Vec::new(), shutdown).await;
        drop(permit);
    });
    // These frames come from the server itself, which has limited their size.
    let unbounded = WebSocketConfig::default()
        .max_message_size(None)
        .max_frame_size(None);
    let socket = WebSocketStream::from_raw_socket(near, Role::Client, Some(unbounded)).await;
    let mut events = Events {
        socket,
        resume: String::new(),
        is_over: false,
    };
    let first = events.begin(request).await?;
    let first = stream::iter([first]);
    let rest = stream::unfold(events, async |mut events| {
        Some((events.next().await?, events))
    });
    let mut response = Response::new(http::streamed(first.chain(rest)));
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Proxies must not buffer events.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

struct Events {
    socket: WebSocketStream<DuplexStream>,
    /// The resume token of the subscription.
    resume: String,
    is_over: bool,
}

/// The fields of a frame that matter to the stream.
#[derive(Default, Deserialize)]
struct StreamPosition<'a> {
    ok: Option<IgnoredAny>,
    #[serde(borrow)]
    err: Option<&'a RawValue>,
    seq: Option<u64>,
    resume: Option<String>,
    at: Option<String>,
    #[serde(default)]
    more: bool,
}

impl Events {
    /// Sends the request and returns its reply as an event.
    async fn begin(&mut self, request: Utf8Bytes) -> Result<Bytes, HttpError> {
        let gone = || Error::new(ErrorKind::Unavailable, "the server is shutting down");
        let sent = self.socket.send(Message::Text(request)).await;
        sent.map_err(|_| gone())?;
        while let Some(Ok(message)) = self.socket.next().await {
            let Message::Text(text) = message else {
                continue;
            };
            let Ok(frame) = frame::parse(&text) else {
                continue;
            };
            // The first frame is the hello.
            let fields: StreamPosition<'_> =
                serde_json::from_str(frame.payload).unwrap_or_default();
            match fields {
                StreamPosition { err: Some(raw), .. } => return Err(Error::parse(raw.get()).into()),
                StreamPosition { ok: Some(_), .. } => {
                    return Ok(self.event(&frame.action, frame.payload));
                }
                StreamPosition { .. } => {}
            }
        }
        Err(gone().into())
    }

    /// The next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<Bytes> {
        if self.is_over {
            return None;
        }
        loop {
            match self.socket.next().await?.ok()? {
                Message::Text(text) => {
                    let frame = frame::parse(&text).ok()?;
                    self.is_over = frame.action == "ended";
                    return Some(self.event(&frame.action, frame.payload));
                }
                Message::Ping(_) => return Some(Bytes::from_static(HEARTBEAT)),
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    fn event(&mut self, name: &str, payload: &str) -> Bytes {
        let fields: StreamPosition<'_> = serde_json::from_str(payload).unwrap_or_default();
        if let Some(resume) = fields.resume {
            self.resume = resume;
        }
        // A position is valid only with the last frame of a delivery, the one without `more`.
        let id = match fields.seq {
            Some(seq) if !fields.more => {
                let at = fields.at.unwrap_or_default();
                format!("id: {}/{seq}/{at}\n", self.resume)
            }
            _ => String::new(),
        };
        // Line breaks occur only between JSON tokens, where a space is equivalent.
        let data = payload.replace(['\n', '\r'], " ");
        format!("event: {name}\n{id}data: {data}\n\n").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn position_parses_event_ids() {
        let position = Position {
            resume: "8-2f7",
            seq: 41,
            at: "c4J-",
        };
        assert_eq!(Position::parse("8-2f7/41/c4J-"), Some(position));
        let older = Position::parse("8-2f-7/41").expect("an older id");
        assert_eq!((older.seq, older.at), (41, ""));
        for text in ["", "8-2f-7", "/", "8-2f-7/x", "8-2f7/41/c4J-/"] {
            assert_eq!(Position::parse(text), None, "{text}");
        }
    }
}
