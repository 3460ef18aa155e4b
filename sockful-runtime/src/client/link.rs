//! A WebSocket connection that sends and receives text until it ends.

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

/// The number of unread messages above which no more are received.
const WAITING: usize = 64;

/// How long the server may take to answer a close frame.
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

    /// Sends a message, unless the connection has ended, which [`next`](Self::next) reports.
    pub(super) fn send(&self, text: String) {
        let _ = self.out.send(text);
    }

    /// Returns the next message; `None` when the connection has ended.
    pub(super) async fn next(&mut self) -> Option<ServerMessage> {
        self.incoming.recv().await
    }

    /// Closes the connection after all messages were sent.
    pub(super) fn close(mut self) {
        self.is_closed = true;
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // A peer that has stopped sending would not answer a close frame. Otherwise the task ends when
        // nothing is left to send.
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
    // Reads and writes concurrently: a server that cannot send may stop reading.
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
            // The library answers a close frame on the next read.
            _ => ServerMessage::Other,
        };
        if into.send(incoming).await.is_err() {
            // The reader is gone; the remaining messages are still sent, and the close frame is
            // answered.
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
    // The server has this long to complete the close.
    tokio::time::sleep(CLOSING).await;
}
