//! A WebSocket server whose frames are written by the test.

use crate::support::within;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

/// A listener that the test accepts connections from.
pub(super) struct ScriptedServer {
    listener: TcpListener,
}

/// A connection, after the hello.
pub(super) struct ScriptedConnection(WebSocketStream<TcpStream>);

impl ScriptedServer {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Self { listener }
    }

    pub(super) fn url(&self) -> String {
        let address = self
            .listener
            .local_addr()
            .expect("a bound listener has an address");
        format!("ws://{address}")
    }

    /// Accepts a connection and sends the hello with this limit.
    pub(super) async fn accept(&self, max_frame: usize) -> ScriptedConnection {
        let stream = within("a connection", self.listener.accept()).await;
        let (stream, _) = stream.expect("the server listens");
        #[expect(
            clippy::result_large_err,
            reason = "tungstenite's callback returns this error"
        )]
        // The client requires its subprotocol.
        let accepted = accept_hdr_async(stream, |_: &Request, mut response: Response| {
            let subprotocol = HeaderValue::from_static("sockful.1");
            response
                .headers_mut()
                .insert("sec-websocket-protocol", subprotocol);
            Ok(response)
        });
        let socket = within("a handshake", accepted).await;
        let mut connection = ScriptedConnection(socket.expect("a handshake"));
        let hello = json!({
            "protocol": 1, "schema": "one", "keys": true, "time": 1_790_000_000_000_u64,
            "limits": {"max_frame": max_frame},
        });
        connection
            .send(json!(["sockful", "hello", hello, null]))
            .await;
        connection
    }
}

impl ScriptedConnection {
    pub(super) async fn send(&mut self, frame: Value) {
        let sent = self.0.send(Message::text(frame.to_string())).await;
        sent.expect("the client listens");
    }

    /// Sends the reply to a request.
    pub(super) async fn reply(&mut self, request: &Value, payload: Value) {
        let [resource, action, id] = [&request[0], &request[1], &request[3]];
        self.send(json!([resource, action, payload, id])).await;
    }

    /// Returns the next request.
    pub(super) async fn next(&mut self) -> Value {
        loop {
            let message = within("a request", self.0.next()).await;
            if let Message::Text(text) = message.expect("the stream is open").expect("a message") {
                return serde_json::from_str(&text).expect("a frame is JSON");
            }
        }
    }

    /// Closes the connection with a code.
    pub(super) async fn close(mut self, code: u16) {
        let frame = CloseFrame {
            code: code.into(),
            reason: "a test".into(),
        };
        let _ = self.0.close(Some(frame)).await;
        // The client reads the code before the end.
        while let Some(Ok(_)) = within("the end", self.0.next()).await {}
    }
}
