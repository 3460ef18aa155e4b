//! A client: one WebSocket, and frames as text.

use futures_util::{SinkExt, StreamExt};
use sockful::{Error, Result};
use std::net::SocketAddr;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async};

pub(crate) struct Client(WebSocketStream<TcpStream>);

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Self::over(stream, address).await
    }

    /// Connects with the smallest receive buffer that the system allows.
    pub(crate) async fn connect_narrow(address: SocketAddr) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(4096)?;
        Self::over(socket.connect(address).await?, address).await
    }

    async fn over(stream: TcpStream, address: SocketAddr) -> Result<Self> {
        let connected = client_async(format!("ws://{address}"), stream).await;
        let mut client = Self(connected.map_err(Error::internal)?.0);
        // The first frame is `hello`.
        client.next().await?;
        Ok(client)
    }

    pub(crate) async fn send(&mut self, frame: String) -> Result<()> {
        let sent = self.0.send(Message::text(frame)).await;
        sent.map_err(Error::internal)
    }

    /// Sends several frames with one flush.
    pub(crate) async fn send_all(&mut self, frames: impl Iterator<Item = String>) -> Result<()> {
        for frame in frames {
            let fed = self.0.feed(Message::text(frame)).await;
            fed.map_err(Error::internal)?;
        }
        self.0.flush().await.map_err(Error::internal)
    }

    pub(crate) async fn next(&mut self) -> Result<Utf8Bytes> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(Error::internal(error)),
                None => return Err(Error::internal("the server closed the connection")),
            }
        }
    }

    /// Sends a request and waits for its reply.
    pub(crate) async fn ask(&mut self, frame: String) -> Result<Utf8Bytes> {
        self.send(frame).await?;
        let reply = self.next().await?;
        if reply.contains(r#",{"err":"#) {
            return Err(Error::internal(reply.as_str().to_owned()));
        }
        Ok(reply)
    }
}
