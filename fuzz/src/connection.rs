//! Two clients of one server, over in-memory streams, controlled by a script.
//!
//! Each line is a step of the current client; its first byte selects the step:
//!
//! | | |
//! |---|---|
//! | `&` | switches to the other client |
//! | `!` | sends the rest of the line as raw bytes |
//! | `@` | sends a frame: its first byte, then its payload, with a mask of zeros |
//! | `~` | sends a message in masked fragments, with a ping after each |
//! | `.` | waits one second for each byte of the rest of the line, at most 100 |
//! | `-` `+` | stops reading; resumes reading |
//! | `=` | from now on sends in pieces of as many bytes as the rest of the line has |
//! | else | sends the line as a message |

use super::World;
use super::oracle::{Due, MAX_FRAME, ServerFrame};
use sockful::ServerHandle;
use sockful_runtime::testing::fuzzing;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocket, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

/// The capacity of each stream in bytes.
const IN_FLIGHT: usize = 512;

/// Longer than any request takes.
const LONG: Duration = Duration::from_secs(10);

/// Runs the script and checks what each client received: each readable request has exactly one
/// reply unless the connection ended, nothing else was received, and the connection ends when its
/// client disconnects.
pub fn connection(data: &[u8]) {
    World::run(async |server| {
        let mut clients = [Client::new(server), Client::new(server)];
        let mut current = 0;
        for line in data.split(|byte| *byte == b'\n') {
            match line {
                [b'&', ..] => current = 1 - current,
                [b'.', rest @ ..] => {
                    sleep(Duration::from_secs(rest.len().min(100) as u64)).await;
                }
                line => clients[current].step(line).await,
            }
        }
        for client in clients {
            client.end().await;
        }
    });
}

struct Client {
    output: WriteHalf<DuplexStream>,
    piece: usize,
    is_open: bool,
    sent: Vec<u8>,
    received: Arc<Mutex<Received>>,
    reads: watch::Sender<bool>,
    reader: JoinHandle<()>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Received {
    bytes: Vec<u8>,
    has_ended: bool,
}

impl Client {
    fn new(server: &ServerHandle) -> Self {
        let (ours, theirs) = duplex(IN_FLIGHT);
        let server = server.clone();
        let server = tokio::spawn(async move { fuzzing::serve(&server, theirs).await });
        let (input, output) = split(ours);
        let received = Arc::default();
        let (reads, may_read) = watch::channel(true);
        let reader = tokio::spawn(read(input, may_read, Arc::clone(&received)));
        Self {
            output,
            piece: usize::MAX,
            is_open: true,
            sent: Vec::new(),
            received,
            reads,
            reader,
            server,
        }
    }

    async fn step(&mut self, line: &[u8]) {
        match line {
            [] => {}
            [b'!', bytes @ ..] => self.send(bytes).await,
            [b'@', first, payload @ ..] => self.send(&framed(*first, payload, [0; 4])).await,
            [b'~', message @ ..] => {
                let mut first = 0x01;
                for fragment in message.chunks(7) {
                    self.send(&framed(first, fragment, [1, 2, 3, 4])).await;
                    self.send(&framed(0x89, b"ping", [0; 4])).await;
                    first = 0x00;
                }
                self.send(&framed(0x80 | first, b"", [0; 4])).await;
            }
            [b'-', ..] => drop(self.reads.send(false)),
            [b'+', ..] => drop(self.reads.send(true)),
            [b'=', piece @ ..] => self.piece = piece.len().max(1),
            message => self.send(&framed(0x81, message, [0; 4])).await,
        }
    }

    /// Sends bytes as far as the server accepts them.
    async fn send(&mut self, bytes: &[u8]) {
        let mut left = bytes;
        while self.is_open && !left.is_empty() {
            let piece = &left[..left.len().min(self.piece)];
            let Ok(Ok(taken @ 1..)) = timeout(LONG, self.output.write(piece)).await else {
                // The server does not read from a client that does not read, or the connection has
                // ended.
                self.is_open = false;
                return;
            };
            self.sent.extend_from_slice(&left[..taken]);
            left = &left[taken..];
            if self.piece < usize::MAX {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Waits until nothing more arrives, and checks everything that was received.
    async fn end(self) {
        let _ = self.reads.send(true);
        sleep(LONG).await;
        let (has_ended, received) = {
            let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
            (received.has_ended, std::mem::take(&mut received.bytes))
        };
        let (sent, _) = messages(&self.sent, Role::Server);
        let (received, closed) = messages(&received, Role::Client);
        check_replies(&sent, &received, has_ended || closed);
        drop(self.output);
        self.reader.abort();
        let ended = timeout(Duration::from_secs(60), self.server).await;
        ended
            .expect("a connection ends when its client disconnects")
            .expect("a connection does not panic");
    }
}

async fn read(
    mut input: ReadHalf<DuplexStream>,
    mut may_read: watch::Receiver<bool>,
    received: Arc<Mutex<Received>>,
) {
    let mut bytes = vec![0; IN_FLIGHT];
    while may_read.wait_for(|may| *may).await.is_ok() {
        let read = input.read(&mut bytes).await.unwrap_or(0);
        let mut received = received.lock().unwrap_or_else(PoisonError::into_inner);
        received.bytes.extend_from_slice(&bytes[..read]);
        if read == 0 {
            received.has_ended = true;
            return;
        }
    }
}

/// A frame in the form that clients send.
fn framed(first: u8, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut bytes = vec![first];
    if let Ok(short @ 0..=125) = u8::try_from(payload.len()) {
        bytes.push(0x80 | short);
    } else {
        let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
        bytes.push(0xfe);
        bytes.extend(length.to_be_bytes());
    }
    bytes.extend(mask);
    let masks = mask.iter().cycle();
    bytes.extend(payload.iter().zip(masks).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// The text messages in received bytes up to their end, and whether that was a close.
fn messages(bytes: &[u8], role: Role) -> (Vec<String>, bool) {
    let config = match role {
        // Frames from the server have other limits.
        Role::Client => WebSocketConfig::default(),
        Role::Server => WebSocketConfig::default()
            .max_message_size(Some(MAX_FRAME))
            .max_frame_size(Some(MAX_FRAME)),
    };
    let mut socket = WebSocket::from_raw_socket(Recorded(bytes), role, Some(config));
    let mut texts = Vec::new();
    loop {
        match socket.read() {
            Ok(Message::Text(text)) => texts.push(text.as_str().to_owned()),
            Ok(Message::Binary(_)) => {
                assert_eq!(role, Role::Server, "a server sends texts only");
                return (texts, true);
            }
            Ok(Message::Close(close)) => {
                let reason = close.map_or(0, |close| close.reason.len());
                assert!(reason <= 123, "the reason of a close is short");
                return (texts, true);
            }
            Ok(_) => {}
            // The end of the recorded bytes.
            Err(Error::Protocol(_) | Error::Io(_)) if socket.get_ref().0.is_empty() => {
                return (texts, false);
            }
            Err(error) => {
                assert_eq!(
                    role,
                    Role::Server,
                    "frames from the server are readable: {error}"
                );
                return (texts, false);
            }
        }
    }
}

/// Recorded bytes to read from. Writes are discarded.
struct Recorded<'a>(&'a [u8]);

impl Read for Recorded<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        Read::read(&mut self.0, into)
    }
}

impl Write for Recorded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Checks that each message has exactly one expected reply, unless the connection ended before.
fn check_replies(sent: &[String], received: &[String], has_ended: bool) {
    let mut due: BTreeMap<Due, usize> = BTreeMap::new();
    for message in sent {
        *due.entry(Due::of(message)).or_default() += 1;
    }
    let mut take = |to: &Due| match due.get_mut(to) {
        Some(left @ 1..) => {
            *left -= 1;
            true
        }
        _ => false,
    };
    // The newest commit that each subscription received.
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for frame in received {
        let received = ServerFrame::read(frame);
        if received.is_reply() {
            seen.remove(&received.ack_id);
            let is_due = match &*received.ack_id {
                "null" => take(&Due::NoAckId) || take(&Due::MaybeNoAckId),
                id => take(&Due::To(id.to_owned())),
            };
            assert!(is_due, "unexpected reply: {frame}");
        } else if let Some(seq) = received.payload["seq"].as_u64() {
            let before = seen.insert(received.ack_id, seq).unwrap_or(0);
            assert!(before <= seq, "{frame} after {before}");
        }
    }
    let missing = due
        .iter()
        .find(|(due, left)| **due != Due::MaybeNoAckId && **left > 0);
    assert!(
        has_ended || missing.is_none(),
        "still due: {missing:?} of {sent:?}, received {received:?}"
    );
}
