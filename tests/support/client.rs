//! A client that uses tokio-tungstenite, or HTTP in the transport matrix.

use super::http_client::HttpClient;
use super::within;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async};

pub(crate) struct Client {
    transport: Transport,
    next_id: u64,
}

enum Transport {
    Socket(Box<WebSocketStream<TcpStream>>),
    Http(Box<HttpClient>),
}

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> Self {
        Self::connect_at(address, "/").await
    }

    pub(crate) async fn connect_at(address: SocketAddr, path: &str) -> Self {
        let stream = TcpStream::connect(address)
            .await
            .expect("the server listens");
        stream.set_nodelay(true).expect("a TCP option");
        let handshake = client_async(format!("ws://{address}{path}"), stream);
        let (ws, _) = within("the handshake", handshake)
            .await
            .expect("the server upgrades");
        // The ids of `reply` do not collide with ids that tests choose.
        Self {
            transport: Transport::Socket(Box::new(ws)),
            next_id: 1_000_000,
        }
    }

    /// Creates a client that sends its requests over HTTP.
    pub(super) fn over_http(http: HttpClient) -> Self {
        Self {
            transport: Transport::Http(Box::new(http)),
            next_id: 1_000_000,
        }
    }

    fn socket(&mut self) -> &mut WebSocketStream<TcpStream> {
        match &mut self.transport {
            Transport::Socket(socket) => socket,
            Transport::Http(_) => panic!("this requires a WebSocket"),
        }
    }

    /// Sends a text message without encoding it.
    pub(crate) async fn send_text(&mut self, text: impl Into<Utf8Bytes>) {
        self.send_message(Message::Text(text.into())).await;
    }

    /// Sends a frame.
    pub(crate) async fn send(&mut self, frame: Value) {
        self.send_text(frame.to_string()).await;
    }

    /// Sends any message.
    pub(crate) async fn send_message(&mut self, message: Message) {
        within("space in the send buffer", self.socket().send(message))
            .await
            .expect("the connection is open");
    }

    /// Sends many frames with one flush.
    pub(crate) async fn send_all(&mut self, frames: impl IntoIterator<Item = Value>) {
        for frame in frames {
            let message = Message::Text(frame.to_string().into());
            within("space in the send buffer", self.socket().feed(message))
                .await
                .expect("the connection is open");
        }
        within("space in the send buffer", self.socket().flush())
            .await
            .expect("the connection is open");
    }

    /// Returns the next message other than pings and pongs, or `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        loop {
            match within("a message", self.socket().next()).await {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(message)) => return Some(message),
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// Returns the next frame.
    pub(crate) async fn recv(&mut self) -> Value {
        match self.next().await {
            Some(Message::Text(text)) => {
                serde_json::from_str(&text).expect("every message is JSON")
            }
            other => panic!("expected a frame, got {other:?}"),
        }
    }

    /// Sends a frame and returns the next frame.
    pub(crate) async fn ask(&mut self, frame: Value) -> Value {
        if let Transport::Http(http) = &mut self.transport {
            return http.ask(frame).await;
        }
        self.send(frame).await;
        self.recv().await
    }

    /// Sends a text message and returns the next frame.
    pub(crate) async fn ask_text(&mut self, text: &str) -> Value {
        self.send_text(text).await;
        self.recv().await
    }

    /// Sends a request and returns the payload of its reply.
    pub(crate) async fn reply(&mut self, resource: &str, action: &str, payload: Value) -> Value {
        self.next_id += 1;
        let id = self.next_id;
        let mut reply = self.ask(json!([resource, action, payload, id])).await;
        assert_eq!(reply[0], resource, "{reply}");
        assert_eq!(reply[1], action, "{reply}");
        assert_eq!(reply[3], id, "{reply}");
        reply[2].take()
    }

    /// Sends a request that succeeds and returns its result.
    pub(crate) async fn ok(&mut self, resource: &str, action: &str, payload: Value) -> Value {
        let mut reply = self.reply(resource, action, payload).await;
        assert!(reply.get("err").is_none(), "{resource} {action}: {reply}");
        reply
            .get_mut("ok")
            .expect("a reply without an error has a result")
            .take()
    }

    /// Sends a request that fails and returns its error.
    pub(crate) async fn err(&mut self, resource: &str, action: &str, payload: Value) -> Value {
        let mut reply = self.reply(resource, action, payload).await;
        assert!(reply.get("ok").is_none(), "{resource} {action}: {reply}");
        reply
            .get_mut("err")
            .expect("a reply without a result has an error")
            .take()
    }

    /// Sends a request that fails and returns its error code.
    pub(crate) async fn code(&mut self, resource: &str, action: &str, payload: Value) -> String {
        let error = self.err(resource, action, payload).await;
        error["code"]
            .as_str()
            .expect("every error has a code")
            .to_owned()
    }

    /// Returns the sequence number of the newest commit.
    pub(crate) async fn head(&mut self) -> u64 {
        let pong = self.ok("sockful", "ping", Value::Null).await;
        pong["seq"].as_u64().expect("`seq` is an unsigned integer")
    }

    /// Asserts that the server still replies.
    pub(crate) async fn assert_alive(&mut self) {
        self.head().await;
    }

    /// Returns the remaining frames and the close code.
    pub(crate) async fn rest(&mut self) -> (Vec<Value>, Option<u16>) {
        let mut frames = Vec::new();
        loop {
            match self.next().await {
                Some(Message::Text(text)) => {
                    frames.push(serde_json::from_str(&text).expect("every message is JSON"));
                }
                Some(Message::Close(close)) => {
                    return (frames, close.map(|close| close.code.into()));
                }
                Some(other) => panic!("expected a text message, got {other:?}"),
                None => return (frames, None),
            }
        }
    }

    /// Returns the close code, and asserts that no frame precedes it.
    pub(crate) async fn close_code(&mut self) -> Option<u16> {
        let (frames, code) = self.rest().await;
        assert_eq!(frames, Vec::<Value>::new());
        code
    }
}
