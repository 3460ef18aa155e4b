//! Hand-written WebSocket frames, for input that no client library would send.

use futures_util::FutureExt;
use sockful::Result;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest, Ready};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};

/// The request of a WebSocket handshake.
pub(crate) const HANDSHAKE: &[u8] =
    b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
      Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// Connects from this loopback address; every 127.x.y.z belongs to the machine.
pub(crate) async fn connect(from: Ipv4Addr, to: SocketAddr) -> Result<TcpStream> {
    from_socket(TcpSocket::new_v4()?, from, to).await
}

/// The same with the smallest receive buffer that the system allows.
pub(crate) async fn connect_narrow(from: Ipv4Addr, to: SocketAddr) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4 * 1024)?;
    from_socket(socket, from, to).await
}

async fn from_socket(socket: TcpSocket, from: Ipv4Addr, to: SocketAddr) -> Result<TcpStream> {
    socket.bind(SocketAddr::new(IpAddr::V4(from), 0))?;
    let stream = socket.connect(to).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A frame as a client sends it. The mask is zero, so the payload is not changed.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short @ 0..=125), _) => bytes.push(0x80 | short),
        (_, Ok(middle)) => {
            bytes.push(0xfe);
            bytes.extend(middle.to_be_bytes());
        }
        _ => {
            bytes.push(0xff);
            bytes.extend((payload.len() as u64).to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

/// A complete text message.
pub(crate) fn text(payload: &str) -> Vec<u8> {
    frame(0x81, payload.as_bytes())
}

/// A frame received from the server.
pub(crate) struct RawFrame {
    pub(crate) opcode: u8,
    pub(crate) payload: Vec<u8>,
}

/// Reads frames from the server.
pub(crate) struct Input {
    stream: OwnedReadHalf,
    buffer: Vec<u8>,
}

/// Performs the handshake and returns both directions.
pub(crate) async fn open(mut stream: TcpStream) -> Result<(Input, OwnedWriteHalf)> {
    stream.write_all(HANDSHAKE).await?;
    let (input, output) = stream.into_split();
    let mut input = Input::new(input);
    loop {
        if let Some(end) = input.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            input.buffer.drain(..end + 4);
            return Ok((input, output));
        }
        if !input.fill().await {
            return Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into());
        }
    }
}

impl Input {
    pub(crate) fn new(stream: OwnedReadHalf) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
        }
    }

    /// The next frame, or `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<RawFrame> {
        loop {
            if let Some(frame) = self.take() {
                return Some(frame);
            }
            if !self.fill().await {
                return None;
            }
        }
    }

    /// Reads and discards everything that has arrived.
    pub(crate) async fn forget(&mut self) {
        while self.fill().await {
            self.buffer.clear();
        }
    }

    /// Returns whether the peer has closed the connection, without reading pending data.
    pub(crate) fn is_closed(&self) -> bool {
        let ready = self.stream.ready(Interest::READABLE).now_or_never();
        ready.is_some_and(|ready| ready.map_or(true, Ready::is_read_closed))
    }

    async fn fill(&mut self) -> bool {
        let read = self.stream.read_buf(&mut self.buffer).await;
        read.is_ok_and(|count| count > 0)
    }

    fn take(&mut self) -> Option<RawFrame> {
        let (&[first, second], rest) = self.buffer.split_first_chunk::<2>()?;
        let (length, head) = match second {
            126 => (u64::from(u16::from_be_bytes(*rest.first_chunk()?)), 4),
            127 => (u64::from_be_bytes(*rest.first_chunk()?), 10),
            short => (u64::from(short), 2),
        };
        let end = head + usize::try_from(length).ok()?;
        let payload = self.buffer.get(head..end)?.to_vec();
        self.buffer.drain(..end);
        Some(RawFrame {
            opcode: first & 0x0f,
            payload,
        })
    }
}
