//! One connection: text goes in, text comes out, until it ends.

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// A bidirectional stream of bytes that carries a WebSocket.
pub(crate) trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for T {}

pub(super) type ClientWebSocket = WebSocketStream<Box<dyn ByteStream>>;

/// How many messages wait to be looked at, before no more are read.
const WAITING: usize = 64;

/// How long the server may take to answer that the connection is closed.
const CLOSING: Duration = Duration::from_secs(2);

/// A message of the server.
#[derive(Debug)]
pub(super) enum ServerMessage {
    Text(Utf8Bytes),
    /// The server closes the connection with this code.
    Close(u16),
    /// A message without text, such as a ping.
    Other,
}

#[derive(Debug)]
pub(super) struct Link {
    out: UnboundedSender<String>,
    incoming: mpsc::Receiver<ServerMessage>,
    task: AbortHandle,
    is_closed: bool,
}

impl Link {
    pub(super) fn over(ws: ClientWebSocket) -> Self {
        let (out, outgoing) = mpsc::unbounded_channel();
        let (into, incoming) = mpsc::channel(WAITING);
        let task = tokio::spawn(run(ws, outgoing, into)).abort_handle();
        Self {
            out,
            incoming,
            task,
            is_closed: false,
        }
    }

    /// Sends a message, unless the connection has ended, which [`next`](Self::next) tells.
    pub(super) fn send(&self, text: String) {
        let _ = self.out.send(text);
    }

    /// The next that comes in; `None` when the connection has ended.
    pub(super) async fn next(&mut self) -> Option<ServerMessage> {
        self.incoming.recv().await
    }

    /// Says goodbye, after what was sent.
    pub(super) fn close(mut self) {
        self.is_closed = true;
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Whoever is half open would not answer a close. Else the task ends when nothing is left to send.
        if !self.is_closed {
            self.task.abort();
        }
    }
}

async fn run(
    ws: ClientWebSocket,
    outgoing: UnboundedReceiver<String>,
    into: mpsc::Sender<ServerMessage>,
) {
    let (sink, stream) = ws.split();
    // Both at once: a server that can't get rid of what it has to say may listen no more.
    let reading = read(stream, into);
    tokio::select! {
        () = write(sink, outgoing) => {}
        () = reading => {}
    }
}

async fn read(mut stream: SplitStream<ClientWebSocket>, into: mpsc::Sender<ServerMessage>) {
    while let Some(Ok(message)) = stream.next().await {
        let incoming = match message {
            Message::Text(text) => ServerMessage::Text(text),
            Message::Close(Some(frame)) => ServerMessage::Close(frame.code.into()),
            // A close is answered by reading on.
            _ => ServerMessage::Other,
        };
        if into.send(incoming).await.is_err() {
            // Nobody listens any more; what is still to be sent is sent, and the close is answered.
            while let Some(Ok(_)) = stream.next().await {}
        }
    }
}

async fn write(
    mut sink: SplitSink<ClientWebSocket, Message>,
    mut outgoing: UnboundedReceiver<String>,
) {
    while let Some(text) = outgoing.recv().await {
        if sink.feed(Message::text(text)).await.is_err() {
            return;
        }
        if outgoing.is_empty() && sink.flush().await.is_err() {
            return;
        }
    }
    let _ = timeout(CLOSING, sink.close()).await;
    // What is left is for the server to say.
    tokio::time::sleep(CLOSING).await;
}
