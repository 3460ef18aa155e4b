//! A TCP connection for requests and frames that no library sends.

use super::within;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;

/// A valid handshake request without the empty line at its end.
pub(crate) const HANDSHAKE: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A TCP connection to the server.
pub(crate) struct RawConnection {
    pub(crate) input: ReadHalf<TcpStream>,
    pub(crate) output: WriteHalf<TcpStream>,
}

/// A received WebSocket frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) opcode: u8,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    /// Returns the code of a close frame.
    pub(crate) fn close_code(&self) -> u16 {
        assert_eq!(
            self.opcode,
            8,
            "{:?}",
            String::from_utf8_lossy(&self.payload)
        );
        assert!(self.payload.len() <= 125, "a control frame is short");
        u16::from_be_bytes([self.payload[0], self.payload[1]])
    }

    /// Parses a text frame as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        assert_eq!(self.opcode, 1, "{self:?}");
        serde_json::from_slice(&self.payload).expect("every message is JSON")
    }
}

/// Encodes a client frame. The mask is zero, so the payload is unchanged.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..=125 => bytes.push(0x80 | u8::try_from(short).expect("at most 125")),
        middle @ 126..=0xffff => {
            bytes.push(0xfe);
            bytes.extend(u16::try_from(middle).expect("at most 65,535").to_be_bytes());
        }
        long => {
            bytes.push(0xff);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

/// Encodes a text message in one frame.
pub(crate) fn text(payload: &str) -> Vec<u8> {
    frame(0x81, payload.as_bytes())
}

impl RawConnection {
    pub(crate) fn new(stream: TcpStream) -> Self {
        stream.set_nodelay(true).expect("a TCP option");
        let (input, output) = tokio::io::split(stream);
        Self { input, output }
    }

    /// Sends bytes.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        within(
            "space in the send buffer",
            self.output.write_all(bytes.as_ref()),
        )
        .await
        .expect("the connection is open");
    }

    /// Reads the head of an HTTP response.
    pub(crate) async fn read_head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(
                within("a response", self.input.read_u8())
                    .await
                    .expect("a complete head"),
            );
        }
        String::from_utf8(head).expect("a head is ASCII")
    }

    /// Reads to the end of the connection.
    pub(crate) async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        // A reset ends the connection too.
        let _ = within("the end", self.input.read_to_end(&mut rest)).await;
        String::from_utf8(rest).expect("a response is text")
    }

    /// Sends a request and returns the status of the response.
    pub(crate) async fn status_of(&mut self, request: impl AsRef<[u8]>) -> String {
        self.send(request).await;
        let head = self.read_head().await;
        head.split(' ').nth(1).expect("a status line").to_owned()
    }

    /// Performs the WebSocket handshake.
    pub(crate) async fn shake_hands(&mut self) {
        assert_eq!(self.status_of(format!("{HANDSHAKE}\r\n")).await, "101");
    }

    /// Reads the next frame.
    pub(crate) async fn read_frame(&mut self) -> Frame {
        within("a frame", self.frame())
            .await
            .expect("the connection stays open")
    }

    /// Reads the next `count` text frames, each shorter than 126 bytes, with large reads.
    pub(crate) async fn read_short_frames(&mut self, count: usize) -> Vec<String> {
        let (mut texts, mut bytes) = (Vec::with_capacity(count), Vec::with_capacity(count * 128));
        while texts.len() < count {
            let read = within("frames", self.input.read_buf(&mut bytes))
                .await
                .expect("the connection stays open");
            assert!(
                read > 0,
                "the connection ended after {} frames",
                texts.len()
            );
            let mut start = 0;
            while let Some(&length) = bytes.get(start + 1) {
                assert!(bytes[start] == 0x81 && length < 126, "a short text frame");
                let end = start + 2 + usize::from(length);
                let Some(payload) = bytes.get(start + 2..end) else {
                    break;
                };
                texts.push(String::from_utf8(payload.to_vec()).expect("text is UTF-8"));
                start = end;
            }
            bytes.drain(..start);
        }
        texts
    }

    /// Reads frames up to the close frame. Returns them and the close code.
    pub(crate) async fn read_to_close(&mut self) -> (Vec<Frame>, u16) {
        let mut frames = Vec::new();
        loop {
            let frame = self.read_frame().await;
            if frame.opcode == 8 {
                return (frames, frame.close_code());
            }
            frames.push(frame);
        }
    }

    /// Waits for the end of the connection and discards everything before it.
    pub(crate) async fn ended(&mut self) {
        let mut discarded = vec![0; 64 * 1024];
        // A reset ends the connection too.
        let ended = async { while matches!(self.input.read(&mut discarded).await, Ok(1..)) {} };
        within("the end of the connection", ended).await;
    }

    async fn frame(&mut self) -> std::io::Result<Frame> {
        let first = self.input.read_u8().await?;
        assert_eq!(
            first & 0xf0,
            0x80,
            "the server does not fragment messages or negotiate extensions"
        );
        let length = match self.input.read_u8().await? {
            short @ 0..=125 => u64::from(short),
            126 => u64::from(self.input.read_u16().await?),
            127 => self.input.read_u64().await?,
            128.. => panic!("a server does not mask"),
        };
        let mut payload = vec![0; usize::try_from(length).expect("a length that fits")];
        self.input.read_exact(&mut payload).await?;
        Ok(Frame {
            opcode: first & 0x0f,
            payload,
        })
    }
}
