//! HTTP requests that share one connection.

use super::{RawConnection, within};
use serde_json::Value;
use tokio::io::AsyncReadExt;

/// An HTTP response.
#[derive(Debug)]
pub(crate) struct HttpResponse {
    pub(crate) status: u16,
    /// The headers, with names in lower case.
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl HttpResponse {
    /// Returns the value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert_eq!(found.next(), None, "the header appears once");
        value
    }

    /// Parses the body as JSON.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(
            self.header("content-type"),
            Some("application/json"),
            "{self:?}"
        );
        serde_json::from_str(&self.body).expect("the body is JSON")
    }
}

impl RawConnection {
    /// Sends a request with a body. Each of `headers` ends with a line break.
    pub(crate) async fn send_http(&mut self, request: &str, headers: &str, body: &str) {
        let length = body.len();
        self.send(format!(
            "{request} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        ))
        .await;
    }

    /// Sends a request with a body and returns the response. Each of `headers` ends with a line break.
    pub(crate) async fn http(&mut self, request: &str, headers: &str, body: &str) -> HttpResponse {
        self.send_http(request, headers, body).await;
        let is_head = request.starts_with("HEAD ");
        self.answer(is_head).await
    }

    /// Reads the response to a request that was already sent. Reads only its head if the request was `HEAD`.
    pub(crate) async fn answer(&mut self, is_head: bool) -> HttpResponse {
        let head = self.read_head().await;
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let status = status.and_then(|status| status.parse().ok());
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        let mut response = HttpResponse {
            status: status.expect("a status line"),
            headers: headers.collect(),
            body: String::new(),
        };
        let length = response.header("content-length").filter(|_| !is_head);
        let length = length.map_or(0, |length| length.parse().expect("a length"));
        let mut body = vec![0; length];
        let read = self.input.read_exact(&mut body);
        within("the body", read)
            .await
            .expect("the body is complete");
        response.body = String::from_utf8(body).expect("a body is text");
        response
    }
}

/// A stream of server-sent events.
pub(crate) struct EventStream {
    raw: RawConnection,
    unread: String,
}

/// A server-sent event.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    pub(crate) data: Value,
}

impl EventStream {
    /// Sends a request and reads the head of the event stream.
    pub(crate) async fn open(mut raw: RawConnection, address: &str, headers: &str) -> Self {
        raw.send(format!(
            "GET {address} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n{headers}\r\n"
        ))
        .await;
        let head = raw.read_head().await.to_lowercase();
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert!(head.contains("content-type: text/event-stream"), "{head}");
        assert!(head.contains("transfer-encoding: chunked"), "{head}");
        let unread = String::new();
        Self { raw, unread }
    }

    /// Returns the next event and skips comments. Returns `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            while !self.unread.contains("\n\n") {
                let chunk = self.chunk().await?;
                self.unread += &chunk;
            }
            let (event, rest) = self.unread.split_once("\n\n")?;
            let (event, rest) = (event.to_owned(), rest.to_owned());
            self.unread = rest;
            let line = |name: &str| {
                let mut lines = event.lines();
                lines.find_map(|line| line.strip_prefix(name).map(str::to_owned))
            };
            let Some(name) = line("event: ") else {
                assert_eq!(event, ":", "anything but an event is a comment");
                continue;
            };
            let data = line("data: ").expect("an event has data");
            return Some(Event {
                name,
                id: line("id: "),
                data: serde_json::from_str(&data).expect("data is JSON"),
            });
        }
    }

    /// Returns the next event. Panics at the end of the stream.
    pub(crate) async fn event(&mut self) -> Event {
        self.next().await.expect("the stream continues")
    }

    async fn chunk(&mut self) -> Option<String> {
        let mut length = String::new();
        while !length.ends_with("\r\n") {
            let byte = within("a chunk", self.raw.input.read_u8()).await.ok()?;
            length.push(char::from(byte));
        }
        let length = usize::from_str_radix(length.trim_end(), 16).expect("a length");
        let mut chunk = vec![0; length + 2];
        let read = self.raw.input.read_exact(&mut chunk);
        within("a chunk", read).await.ok()?;
        chunk.truncate(length);
        (length > 0).then(|| String::from_utf8(chunk).expect("events are text"))
    }
}
