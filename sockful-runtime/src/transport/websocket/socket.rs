//! A WebSocket as the connection sees it: complete messages in, frames out, and a close code.

use super::pipe::Pipe;
use crate::core::config::Config;
use futures_util::{Sink, Stream, StreamExt};
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message, Utf8Bytes, error::ProtocolError};

/// How many bytes on the wire each payload byte of a fragmented message may take: a fragment of one
/// byte has a header of six bytes.
const FRAGMENT_OVERHEAD: usize = 8;

/// The first byte of a text frame that contains a complete message.
const FINAL_TEXT: u8 = 0x81;

#[derive(Debug)]
pub(super) struct Socket<S> {
    ws: WebSocketStream<Pipe<S>>,
}

/// An incoming message or the end of the input.
#[derive(Debug)]
pub(super) enum Incoming {
    Text(Utf8Bytes),
    /// A ping or a pong. The WebSocket layer answers pings.
    Control,
    /// No more messages will arrive.
    CloseReason(CloseReason),
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CloseReason {
    /// The peer closed it.
    ByPeer,
    /// The server closes it, with this code and reason.
    ByUs(u16, &'static str),
    /// The connection was lost.
    Lost,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// Takes over a stream after the handshake. `part` contains the bytes that were read beyond it.
    pub(super) async fn new(io: S, part: Vec<u8>, config: &Config) -> Self {
        let patience = config
            .connection
            .max_frame
            .saturating_mul(FRAGMENT_OVERHEAD)
            .saturating_add(config.connection.read_capacity);
        let settings = WebSocketConfig::default()
            .read_buffer_size(config.connection.read_capacity)
            .max_message_size(Some(config.connection.max_frame))
            .max_frame_size(Some(config.connection.max_frame))
            // The pipe is the buffer and accepts all bytes.
            .write_buffer_size(0);
        let pipe = Pipe::new(io, patience);
        Self {
            ws: WebSocketStream::from_partially_read(pipe, part, Role::Server, Some(settings))
                .await,
        }
    }

    pub(super) fn poll_incoming(&mut self, cx: &mut Context<'_>) -> Poll<Incoming> {
        let message = std::task::ready!(Pin::new(&mut self.ws).poll_next(cx));
        let incoming = match message {
            Some(Ok(Message::Text(text))) => Incoming::Text(text),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Incoming::Control,
            Some(Ok(Message::Binary(_))) => {
                Incoming::CloseReason(CloseReason::ByUs(1003, "messages must be text"))
            }
            Some(Ok(Message::Close(_))) | None => Incoming::CloseReason(CloseReason::ByPeer),
            Some(Err(error)) => Incoming::CloseReason(self.end_of(&error)),
        };
        self.pipe().note_message();
        Poll::Ready(incoming)
    }

    fn end_of(&mut self, error: &Error) -> CloseReason {
        match error {
            Error::Capacity(_) => CloseReason::ByUs(1009, "the message is larger than `max_frame`"),
            Error::Utf8(_) => CloseReason::ByUs(1007, "the message is not UTF-8"),
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => CloseReason::Lost,
            Error::Protocol(_) => CloseReason::ByUs(1002, "invalid WebSocket frame"),
            _ if self.pipe().is_flooded() => {
                CloseReason::ByUs(1008, "the message has too many fragments")
            }
            _ => CloseReason::Lost,
        }
    }

    /// Appends a text frame to the output. `write` writes its payload.
    pub(super) fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        // Most replies are longer than 125 bytes, so space is reserved for their header. The
        // payload is moved only if it needs a header of another size.
        const ROOM: usize = 4;
        let out = self.pipe().out();
        let start = out.len();
        out.extend_from_slice(&[0; ROOM]);
        write(out);
        let length = (out.len() - start - ROOM) as u64;
        let bytes @ [.., high, low] = length.to_be_bytes();
        let room = start..start + ROOM;
        match length {
            126..=0xffff => out[room].copy_from_slice(&[FINAL_TEXT, 126, high, low]),
            0..126 => drop(out.splice(room, [FINAL_TEXT, low])),
            _ => drop(out.splice(room, [FINAL_TEXT, 127].into_iter().chain(bytes))),
        }
    }

    /// Appends a ping to the output.
    pub(super) fn ping(&mut self) {
        // Writes go to the pipe, which accepts everything.
        let _ = Pin::new(&mut self.ws).start_send(Message::Ping(Bytes::new()));
    }

    /// Sends the pending output.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.pipe()).poll_flush(cx)
    }

    pub(super) fn pipe(&mut self) -> &mut Pipe<S> {
        self.ws.get_mut()
    }

    /// Closes the connection with its reason, and waits up to the close timeout for the peer to
    /// read it.
    pub(super) async fn close(&mut self, end: CloseReason, config: &Config) {
        // Boxed, so that a connection does not reserve memory for its close for its whole life.
        let _ = timeout(
            config.connection.close_timeout,
            Box::pin(self.send_close(end)),
        )
        .await;
    }

    async fn send_close(&mut self, end: CloseReason) {
        match end {
            CloseReason::Lost => return,
            CloseReason::ByPeer => {}
            CloseReason::ByUs(code, reason) => {
                let frame = CloseFrame {
                    code: CloseCode::from(code),
                    reason: reason.into(),
                };
                let _ = Pin::new(&mut self.ws).start_send(Message::Close(Some(frame)));
            }
        }
        if end == CloseReason::ByPeer {
            // Reading once more appends the reply to the peer's close to the output.
            self.ws.next().await;
        }
        if poll_fn(|cx| self.poll_flush(cx)).await.is_err() || end == CloseReason::ByPeer {
            return;
        }
        self.pipe().resume_reading();
        let mut answered = false;
        while let Some(Ok(message)) = self.ws.next().await {
            answered |= message.is_close();
        }
        if !answered {
            // Closing with unread input would reset the connection, and the peer might never see
            // the code.
            let io = self.pipe().io();
            let _ = io.shutdown().await;
            let mut discarded = [0; 1024];
            while io.read(&mut discarded).await.is_ok_and(|read| read > 0) {}
        }
    }
}
