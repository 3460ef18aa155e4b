//! A client with subscriptions that are resumed on new connections.

use super::super::Client;
use super::{Commits, Counts, LiveQuery, ObservedSubscription, RecordingServer};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio_tungstenite::tungstenite::Message;

const PING: &str = "ping";

/// A client with subscriptions that are resumed on new connections.
pub(crate) struct Subscriber {
    server: Arc<RecordingServer>,
    pub(crate) client: Option<Client>,
    pub(crate) subscriptions: Vec<ObservedSubscription>,
    /// Replies to other requests, in the order received.
    pub(crate) others: Vec<Value>,
}

impl Subscriber {
    /// Creates a subscriber of these queries, with the ack ids 0, 1, 2…
    pub(crate) fn new(
        server: &Arc<RecordingServer>,
        queries: impl IntoIterator<Item = LiveQuery>,
    ) -> Self {
        let subscriptions = queries.into_iter().enumerate();
        Self {
            server: server.clone(),
            client: None,
            subscriptions: subscriptions
                .map(|(ack, query)| ObservedSubscription::new(query, ack.into()))
                .collect(),
            others: Vec::new(),
        }
    }

    /// Creates a subscriber and begins its subscriptions.
    pub(crate) async fn of(
        server: &Arc<RecordingServer>,
        queries: impl IntoIterator<Item = LiveQuery>,
    ) -> Self {
        let mut subscriber = Self::new(server, queries);
        subscriber.begin().await;
        subscriber
    }

    /// Connects, begins or resumes all subscriptions, and waits for their replies.
    pub(crate) async fn begin(&mut self) {
        let mut client = self.server.client().await;
        for subscription in &mut self.subscriptions {
            let reached = match subscription.from() {
                Some(from) => self.server.reaches(from).await,
                None => false,
            };
            client.send(subscription.begin(reached)).await;
        }
        self.client = Some(client);
        let mut missing = self.subscriptions.len();
        while missing > 0 {
            let frame = self.read().await;
            assert!(frame[2].get("err").is_none(), "{frame}");
            missing -= usize::from(frame[2].get("ok").is_some());
        }
    }

    /// Reads the next frame.
    pub(crate) async fn read(&mut self) -> Value {
        let client = self.client.as_mut().expect("the subscriber is connected");
        let message = client.next().await;
        let Some(Message::Text(text)) = message else {
            panic!("expected a frame, got {message:?}");
        };
        let frame: Value = serde_json::from_str(&text).expect("every message is JSON");
        self.observe(&text, &frame).await;
        frame
    }

    async fn observe(&mut self, text: &str, frame: &Value) {
        if frame[3] == PING {
            let seq = frame[2]["ok"]["seq"]
                .as_u64()
                .expect("`seq` is an unsigned integer");
            let at = frame[2]["ok"].get("at");
            let subscriptions = self.subscriptions.iter_mut();
            subscriptions.for_each(|it| it.pong(seq, at));
            return;
        }
        let subscription = self.subscriptions.iter_mut().find(|it| it.ack == frame[3]);
        let Some(subscription) = subscription else {
            self.others.push(frame.clone());
            return;
        };
        // The check of other frames does not depend on the log.
        let begins = frame[2]["ok"].is_object() || frame[1] == "reset";
        let reaches = begins && self.server.reaches(subscription.replica.position).await;
        subscription.observe(text, frame, reaches);
    }

    /// Sends a frame; its reply is added to `others`.
    pub(crate) async fn send(&mut self, frame: Value) {
        let client = self.client.as_mut().expect("the subscriber is connected");
        client.send(frame).await;
    }

    pub(crate) async fn ping(&mut self) {
        self.send(json!(["sockful", "ping", null, PING])).await;
    }

    /// Reads frames up to commit `head` and returns them.
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

    /// Reads frames up to the newest commit. Returns the event and the id of each as text.
    pub(crate) async fn received(&mut self) -> Vec<String> {
        let frames = self.read_up_to(self.server.head().await).await;
        let short = frames.iter().map(|frame| {
            let [name, id] = [&frame[1], &frame[2]["id"]].map(|it| it.as_str().unwrap_or("?"));
            let left = frame[2]["left"] == true;
            format!("{} {id}", if left { "left" } else { name })
        });
        short.collect()
    }

    /// Ends a subscription and reads frames up to the reply.
    pub(crate) async fn unsubscribe(&mut self, nth: usize) {
        let subscription = &self.subscriptions[nth];
        let payload = json!({"subscription": subscription.ack});
        let frame = json!([
            subscription.query.resource,
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
        self.subscriptions[nth].unsubscribed();
    }

    /// Begins a subscription again on this connection and reads frames up to the reply.
    pub(crate) async fn subscribe(&mut self, nth: usize) {
        let subscription = &mut self.subscriptions[nth];
        let reached = match subscription.from() {
            Some(from) => self.server.reaches(from).await,
            None => false,
        };
        let (frame, ack) = (subscription.begin(reached), subscription.ack.clone());
        self.send(frame).await;
        loop {
            let frame = self.read().await;
            if frame[3] == ack && frame[2].get("ok").is_some() {
                return;
            }
        }
    }

    /// Reads frames up to the close and returns its code.
    pub(crate) async fn read_to_close(&mut self) -> Option<u16> {
        loop {
            let client = self.client.as_mut().expect("the subscriber is connected");
            match client.next().await {
                Some(Message::Text(text)) => {
                    let frame = serde_json::from_str(&text).expect("every message is JSON");
                    self.observe(&text, &frame).await;
                }
                Some(Message::Close(close)) => return close.map(|it| it.code.into()),
                _ => return None,
            }
        }
    }

    /// Drops the connection.
    pub(crate) fn cut(&mut self) {
        self.client = None;
        self.subscriptions
            .iter_mut()
            .for_each(ObservedSubscription::cut);
    }

    /// Checks all observations, given that events up to commit `head` were received.
    pub(crate) fn check(&self, log: &Commits, head: u64) -> Vec<Counts> {
        let fold_after = self.server.fold_after;
        let each = self.subscriptions.iter();
        each.map(|it| it.check(log, head, fold_after)).collect()
    }

    /// Reads frames up to the newest commit and checks all observations.
    pub(crate) async fn conclude(&mut self) -> Vec<Counts> {
        let head = self.server.head().await;
        self.read_up_to(head).await;
        // Events of later commits may have been received too.
        let newest = self.server.head().await;
        self.check(&self.server.history.up_to(newest).await, head)
    }
}
