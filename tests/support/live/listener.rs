//! One subscription, over as many connections as it takes.

use super::replica::Replica;
use super::{Log, Seen, Tally, Topic, judge};
use serde_json::{Value, json};

/// One subscription, over as many connections as it takes.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) topic: Topic,
    pub(crate) ack: Value,
    pub(crate) replica: Replica,
    seen: Vec<Seen>,
}

impl Listener {
    pub(super) fn new(topic: Topic, ack: Value) -> Self {
        Self {
            topic,
            ack,
            replica: Replica::default(),
            seen: Vec::new(),
        }
    }

    /// Where it can go on, if it can.
    pub(super) fn from(&self) -> Option<u64> {
        self.replica.token.as_ref().map(|_| self.replica.position)
    }

    /// The request that begins it, or has it go on.
    pub(crate) fn begin(&mut self, reached: bool) -> Value {
        let (resource, action) = self.topic.route();
        let mut payload = self.topic.payload();
        let from = self.from();
        if let (Some(token), Some(seq)) = (&self.replica.token, from) {
            payload["$from"] = json!({"resume": token, "seq": seq});
        }
        let ack = self.ack.clone();
        self.seen.push(Seen::Began { ack, from, reached });
        json!([resource, action, payload, self.ack])
    }

    /// Takes a frame in.
    pub(super) fn take(&mut self, text: &str, frame: &Value, reaches: bool) {
        let text = text.into();
        self.seen.push(Seen::Frame { text, reaches });
        let (name, payload) = (frame[1].as_str().unwrap_or_default(), &frame[2]);
        let whole = if payload.get("ok").is_some() {
            self.replica.reply(payload).unwrap_or_default()
        } else if payload.get("seq").is_some() {
            self.replica.part(name, payload.clone())
        } else {
            None
        };
        if let Some(whole) = whole {
            self.replica.apply(&self.topic, &whole);
        }
    }

    pub(super) fn pong(&mut self, seq: u64) {
        self.seen.push(Seen::Pong(seq));
        self.replica.pong(seq);
    }

    pub(super) fn unsubscribed(&mut self) {
        self.seen.push(Seen::Unsubscribed);
        self.replica.cut();
    }

    pub(super) fn cut(&mut self) {
        self.seen.push(Seen::Cut);
        self.replica.cut();
    }

    /// Judges all that it has seen; it was told of everything up to commit `head`.
    pub(crate) fn judge(&self, log: &Log, head: u64, fold_after: usize) -> Tally {
        match judge(&self.topic, &self.seen, log, head, fold_after) {
            Ok(tally) => tally,
            Err(fault) => {
                let seen = self.seen.iter().map(|it| {
                    let text = format!("{it:?}");
                    text.chars().take(300).collect::<String>()
                });
                let seen: Vec<_> = seen.collect();
                let last = &seen[seen.len().saturating_sub(40)..];
                panic!(
                    "{:?}: {fault}; it saw at last:\n{}",
                    self.topic,
                    last.join("\n")
                );
            }
        }
    }
}
