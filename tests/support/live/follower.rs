//! A client that follows subscriptions, over as many connections as it takes.

use super::super::Client;
use super::{Listener, Log, Tally, Topic, Watched};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio_tungstenite::tungstenite::Message;

const PING: &str = "ping";

/// A client that follows subscriptions, over as many connections as it takes.
pub(crate) struct Follower {
    server: Arc<Watched>,
    pub(crate) client: Option<Client>,
    pub(crate) listeners: Vec<Listener>,
    /// Replies to requests that are no subscriptions, in the order that they came.
    pub(crate) others: Vec<Value>,
}

impl Follower {
    /// One of these topics, whose subscriptions are called 0, 1, 2…
    pub(crate) fn new(server: &Arc<Watched>, topics: impl IntoIterator<Item = Topic>) -> Self {
        let listeners = topics.into_iter().enumerate();
        Self {
            server: server.clone(),
            client: None,
            listeners: listeners
                .map(|(ack, topic)| Listener::new(topic, ack.into()))
                .collect(),
            others: Vec::new(),
        }
    }

    /// One that has begun.
    pub(crate) async fn of(server: &Arc<Watched>, topics: impl IntoIterator<Item = Topic>) -> Self {
        let mut follower = Self::new(server, topics);
        follower.begin().await;
        follower
    }

    /// Connects, and has all go on where they were; done when each is answered.
    pub(crate) async fn begin(&mut self) {
        let mut client = self.server.client().await;
        for listener in &mut self.listeners {
            let reached = match listener.from() {
                Some(from) => self.server.reaches(from).await,
                None => false,
            };
            client.send(listener.begin(reached)).await;
        }
        self.client = Some(client);
        let mut missing = self.listeners.len();
        while missing > 0 {
            let frame = self.read().await;
            assert!(frame[2].get("err").is_none(), "{frame}");
            missing -= usize::from(frame[2].get("ok").is_some());
        }
    }

    /// Takes the next frame in.
    pub(crate) async fn read(&mut self) -> Value {
        let client = self.client.as_mut().expect("it is connected");
        let message = client.next().await;
        let Some(Message::Text(text)) = message else {
            panic!("expected a frame, got {message:?}");
        };
        let frame: Value = serde_json::from_str(&text).expect("every message is JSON");
        self.take(&text, &frame).await;
        frame
    }

    async fn take(&mut self, text: &str, frame: &Value) {
        if frame[3] == PING {
            let seq = frame[2]["ok"]["seq"].as_u64().expect("a number");
            self.listeners.iter_mut().for_each(|it| it.pong(seq));
            return;
        }
        let listener = self.listeners.iter_mut().find(|it| it.ack == frame[3]);
        let Some(listener) = listener else {
            self.others.push(frame.clone());
            return;
        };
        // It is asked only where it matters.
        let begins = frame[2]["ok"].is_object() || frame[1] == "reset";
        let reaches = begins && self.server.reaches(listener.replica.position).await;
        listener.take(text, frame, reaches);
    }

    /// Sends a frame, whose reply comes to the others.
    pub(crate) async fn send(&mut self, frame: Value) {
        let client = self.client.as_mut().expect("it is connected");
        client.send(frame).await;
    }

    pub(crate) async fn ping(&mut self) {
        self.send(json!(["sockful", "ping", null, PING])).await;
    }

    /// Reads until it has been told of commit `head`; gives back what came.
    pub(crate) async fn read_up_to(&mut self, head: u64) -> Vec<Value> {
        let mut frames = Vec::new();
        self.ping().await;
        loop {
            let frame = self.read().await;
            if frame[3] != PING {
                frames.push(frame);
                continue;
            }
            if frame[2]["ok"]["seq"].as_u64() >= Some(head) {
                return frames;
            }
            self.ping().await;
        }
    }

    /// Reads up to the newest commit; gives back what came, in short: the event and the id.
    pub(crate) async fn told(&mut self) -> Vec<String> {
        let frames = self.read_up_to(self.server.head().await).await;
        let short = frames.iter().map(|frame| {
            let [name, id] = [&frame[1], &frame[2]["id"]].map(|it| it.as_str().unwrap_or("?"));
            let left = frame[2]["left"] == true;
            format!("{} {id}", if left { "left" } else { name })
        });
        short.collect()
    }

    /// Ends one of its subscriptions, and reads on up to the reply.
    pub(crate) async fn unsubscribe(&mut self, nth: usize) {
        let listener = &self.listeners[nth];
        let payload = json!({"subscription": listener.ack});
        let frame = json!([
            listener.topic.resource,
            "unsubscribe",
            payload,
            "unsubscribe"
        ]);
        self.send(frame).await;
        loop {
            let frame = self.read().await;
            if frame[3] == "unsubscribe" {
                assert_eq!(frame[2], json!({"ok": null}));
                break;
            }
        }
        self.listeners[nth].unsubscribed();
    }

    /// Begins one of its subscriptions again on this connection, and reads on up to the reply.
    pub(crate) async fn subscribe(&mut self, nth: usize) {
        let listener = &mut self.listeners[nth];
        let reached = match listener.from() {
            Some(from) => self.server.reaches(from).await,
            None => false,
        };
        let (frame, ack) = (listener.begin(reached), listener.ack.clone());
        self.send(frame).await;
        loop {
            let frame = self.read().await;
            if frame[3] == ack && frame[2].get("ok").is_some() {
                return;
            }
        }
    }

    /// Reads on to the close; gives its code.
    pub(crate) async fn read_to_close(&mut self) -> Option<u16> {
        loop {
            let client = self.client.as_mut().expect("it is connected");
            match client.next().await {
                Some(Message::Text(text)) => {
                    let frame = serde_json::from_str(&text).expect("every message is JSON");
                    self.take(&text, &frame).await;
                }
                Some(Message::Close(close)) => return close.map(|it| it.code.into()),
                _ => return None,
            }
        }
    }

    /// Cuts the connection.
    pub(crate) fn cut(&mut self) {
        self.client = None;
        self.listeners.iter_mut().for_each(Listener::cut);
    }

    /// Judges all that it has seen; it was told of everything up to commit `head`.
    pub(crate) fn judge(&self, log: &Log, head: u64) -> Vec<Tally> {
        let fold_after = self.server.fold_after;
        let each = self.listeners.iter();
        each.map(|it| it.judge(log, head, fold_after)).collect()
    }

    /// Reads on up to the newest commit, and judges all that it has seen.
    pub(crate) async fn conclude(&mut self) -> Vec<Tally> {
        let head = self.server.head().await;
        self.read_up_to(head).await;
        // More may have been told than was asked for.
        let newest = self.server.head().await;
        self.judge(&self.server.truth.up_to(newest).await, head)
    }
}
