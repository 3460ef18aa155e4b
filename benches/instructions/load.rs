//! The load: a fixed number of requests, always in the same order.
//!
//! `instructions-load ADDRESS get|update|create|hit|hitCounted CONNECTIONS DEPTH REQUESTS` sends
//! this number of requests in total. Each connection sends `DEPTH` of them at once and the next
//! ones after all replies arrived.
//!
//! `instructions-load ADDRESS event SUBSCRIBERS EVENTS` subscribes this number of connections to
//! one record and updates it until `EVENTS` events are delivered in total. The next update follows
//! when every subscriber received the event of the last one.
//!
//! Uses blocking sockets and one thread, so that two runs differ as little as possible.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Error, Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

/// How many records the server has.
const RECORDS: usize = 1_000;

/// How long the server may take for one frame. Under valgrind it is up to 100 times slower.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [address, "event", subscribers, events] => {
            let subscribers = number(subscribers)?;
            deliver(address, subscribers, number(events)? / subscribers)
        }
        [address, action, connections, depth, requests] => {
            let (connections, depth) = (number(connections)?, number(depth)?);
            let rounds = number(requests)? / connections / depth;
            request(address, action, connections, depth, rounds)
        }
        _ => Err(Error::other("see the head of load.rs for the arguments")),
    }
}

fn number(argument: &str) -> Result<usize> {
    match argument.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(Error::other(format!(
            "`{argument}` is not a positive number"
        ))),
    }
}

/// Sends `rounds` times `depth` requests on each connection.
fn request(
    address: &str,
    action: &str,
    connections: usize,
    depth: usize,
    rounds: usize,
) -> Result<()> {
    let mut connections = open(address, connections)?;
    let reply = match action {
        "hit" | "hitCounted" => r#",{"ok":null"#,
        _ => r#",{"ok":{"id":"#,
    };
    for round in 0..rounds {
        for (at, connection) in connections.iter_mut().enumerate() {
            for sent in 0..depth {
                let nth = round * depth + sent;
                let request = write_request(action, at, nth)?;
                connection.queue(&request);
            }
            connection.flush()?;
        }
        for connection in &mut connections {
            for _ in 0..depth {
                connection.expect(reply)?;
            }
        }
    }
    Ok(())
}

/// Returns the `nth` request of one connection.
fn write_request(action: &str, connection: usize, nth: usize) -> Result<String> {
    // Connections start at different records.
    let record = (connection * 7_919 + nth) % RECORDS;
    match action {
        "get" => Ok(format!(r#"["creature","get",{{"id":"c{record}"}},{nth}]"#)),
        "hit" | "hitCounted" => Ok(format!(
            r#"["creature","{action}",{{"id":"c{record}","hp":{nth}}},{nth}]"#
        )),
        "update" => Ok(format!(
            r#"["creature","update",{{"id":"c{record}","hp":{nth}}},{nth}]"#
        )),
        "create" => {
            let id = connection * 1_000_000_000 + nth;
            let mut request = String::from(r#"["creature","create",{"#);
            let _ = write!(
                request,
                r#""id":"n{id}","name":"Creature {id}","kind":"dragon","level":1,"#
            );
            request += r#""hp":100,"bio":"A quiet beast of the northern hills that sleeps under old stones.""#;
            let _ = write!(request, "}},{nth}]");
            Ok(request)
        }
        _ => Err(Error::other(format!("unknown action `{action}`"))),
    }
}

/// Updates one record `updates` times while this number of connections subscribe to it.
fn deliver(address: &str, subscribers: usize, updates: usize) -> Result<()> {
    let mut subscribers = open(address, subscribers)?;
    for subscriber in &mut subscribers {
        subscriber.queue(r#"["creature","subscribe",{"id":"c0"},1]"#);
        subscriber.flush()?;
        subscriber.expect(r#"{"ok":"#)?;
    }
    let mut writer = Connection::open(address)?;
    for nth in 0..updates {
        writer.queue(&write_request("update", 0, nth * RECORDS)?);
        writer.flush()?;
        writer.expect(r#"{"ok":{"id":"c0""#)?;
        for subscriber in &mut subscribers {
            subscriber.expect(r#"["creature","updated",{"id":"c0""#)?;
        }
    }
    Ok(())
}

fn open(address: &str, connections: usize) -> Result<Vec<Connection>> {
    (0..connections)
        .map(|_| Connection::open(address))
        .collect()
}

/// A WebSocket connection with only the features that the load needs.
struct Connection {
    socket: BufReader<TcpStream>,
    queued: Vec<u8>,
}

impl Connection {
    fn open(address: &str) -> Result<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(READ_TIMEOUT))?;
        let mut connection = Self {
            socket: BufReader::new(socket),
            queued: Vec::new(),
        };
        connection.socket.get_mut().write_all(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
              Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        )?;
        let mut line = String::new();
        connection.socket.read_line(&mut line)?;
        if !line.starts_with("HTTP/1.1 101") {
            return Err(Error::other(format!("the upgrade failed: {line}")));
        }
        while line != "\r\n" {
            line.clear();
            connection.socket.read_line(&mut line)?;
        }
        connection.expect(r#"["sockful","hello","#)?;
        Ok(connection)
    }

    /// Appends a text frame to those that the next flush sends.
    fn queue(&mut self, text: &str) {
        self.queue_frame(0x1, text.as_bytes());
    }

    fn queue_frame(&mut self, opcode: u8, payload: &[u8]) {
        // The high bits say that the frame is a whole message and that it is masked.
        self.queued.push(0x80 | opcode);
        match u8::try_from(payload.len()) {
            Ok(length) if length < 126 => self.queued.push(0x80 | length),
            _ => {
                let length = u16::try_from(payload.len()).expect("a frame is short");
                self.queued.push(0xfe);
                self.queued.extend(length.to_be_bytes());
            }
        }
        self.queued.extend(MASK);
        let masked = payload.iter().zip(MASK.iter().cycle());
        self.queued.extend(masked.map(|(byte, mask)| byte ^ mask));
    }

    /// Sends all queued frames with one write.
    fn flush(&mut self) -> Result<()> {
        self.socket.get_mut().write_all(&self.queued)?;
        self.queued.clear();
        Ok(())
    }

    /// Reads the next text frame and checks that it contains `part`.
    fn expect(&mut self, part: &str) -> Result<()> {
        let frame = loop {
            let (opcode, frame) = self.read()?;
            match opcode {
                0x1 => break frame,
                // The server closes connections that do not answer its pings.
                0x9 => {
                    self.queue_frame(0xa, &frame);
                    self.flush()?;
                }
                _ => {
                    return Err(Error::other(format!(
                        "unexpected frame with opcode {opcode}"
                    )));
                }
            }
        };
        let text = String::from_utf8_lossy(&frame);
        if text.contains(part) {
            Ok(())
        } else {
            Err(Error::other(format!("expected `{part}` in {text}")))
        }
    }

    /// Reads one frame: its opcode and payload.
    fn read(&mut self) -> Result<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        self.socket.read_exact(&mut head)?;
        let length = match head[1] {
            126 => {
                let mut length = [0; 2];
                self.socket.read_exact(&mut length)?;
                usize::from(u16::from_be_bytes(length))
            }
            length if length < 126 => usize::from(length),
            _ => return Err(Error::other("a frame is masked or too long")),
        };
        let mut payload = vec![0; length];
        self.socket.read_exact(&mut payload)?;
        Ok((head[0] & 0xf, payload))
    }
}
