//! A client: one WebSocket, and frames as text.

use futures_util::{FutureExt, SinkExt, StreamExt};
use sockful::{Error, Result};
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async};

pub(crate) struct Client(WebSocketStream<TcpStream>);

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let connected = client_async(format!("ws://{address}"), stream).await;
        let mut client = Self(connected.map_err(Error::internal)?.0);
        // The first frame is `hello`.
        client.next().await?;
        Ok(client)
    }

    /// Sends a request and waits for its reply.
    pub(crate) async fn ask(&mut self, frame: String) -> Result<Utf8Bytes> {
        let sent = self.0.send(Message::text(frame)).await;
        sent.map_err(Error::internal)?;
        self.next().await
    }

    /// Sends all frames with this number in flight, and returns the size of the replies in bytes.
    pub(crate) async fn ask_all(
        &mut self,
        frames: impl IntoIterator<Item = String>,
        in_flight: usize,
    ) -> Result<usize> {
        let mut frames = frames.into_iter();
        let (mut waiting, mut bytes) = (0, 0);
        loop {
            for frame in frames.by_ref().take(in_flight - waiting) {
                let fed = self.0.feed(Message::text(frame)).await;
                fed.map_err(Error::internal)?;
                waiting += 1;
            }
            self.0.flush().await.map_err(Error::internal)?;
            if waiting == 0 {
                return Ok(bytes);
            }
            bytes += self.next().await?.len();
            waiting -= 1;
            // Handles every reply that has arrived by now.
            while waiting > 0
                && let Some(reply) = self.next().now_or_never()
            {
                bytes += reply?.len();
                waiting -= 1;
            }
        }
    }

    /// The next reply, which must be `ok`.
    async fn next(&mut self) -> Result<Utf8Bytes> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) if text.contains(r#",{"err":"#) => {
                    return Err(Error::internal(text.as_str().to_owned()));
                }
                Some(Ok(Message::Text(text))) => return Ok(text),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(Error::internal(error)),
                None => return Err(Error::internal("the server closed the connection")),
            }
        }
    }
}
