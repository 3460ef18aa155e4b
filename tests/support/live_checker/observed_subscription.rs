//! One subscription over all of its connections.

use super::replica::Replica;
use super::{Commits, Counts, LiveQuery, Observation, check};
use serde_json::{Value, json};

/// One subscription over all of its connections.
#[derive(Debug)]
pub(crate) struct ObservedSubscription {
    pub(crate) query: LiveQuery,
    pub(crate) ack: Value,
    pub(crate) replica: Replica,
    seen: Vec<Observation>,
}

impl ObservedSubscription {
    pub(super) fn new(query: LiveQuery, ack: Value) -> Self {
        Self {
            query,
            ack,
            replica: Replica::default(),
            seen: Vec::new(),
        }
    }

    /// Returns the position to resume from, if there is a token.
    pub(super) fn from(&self) -> Option<u64> {
        self.replica.token.as_ref().map(|_| self.replica.position)
    }

    /// Returns the request that begins or resumes the subscription.
    pub(crate) fn begin(&mut self, reached: bool) -> Value {
        let (resource, action) = self.query.route();
        let mut payload = self.query.payload();
        let from = self.from();
        if let (Some(token), Some(seq)) = (&self.replica.token, from) {
            payload["$from"] = json!({"resume": token, "seq": seq});
            if let Some(at) = &self.replica.at {
                payload["$from"]["at"] = at.clone();
            }
        }
        let ack = self.ack.clone();
        self.seen
            .push(Observation::Requested { ack, from, reached });
        json!([resource, action, payload, self.ack])
    }

    /// Records and applies a frame.
    pub(super) fn observe(&mut self, text: &str, frame: &Value, reaches: bool) {
        let text = text.into();
        self.seen.push(Observation::Frame { text, reaches });
        let (name, payload) = (frame[1].as_str().unwrap_or_default(), &frame[2]);
        let completed = if payload.get("ok").is_some() {
            self.replica.reply(&self.query, payload).unwrap_or_default()
        } else if payload.get("seq").is_some() {
            self.replica.part(name, payload.clone())
        } else {
            None
        };
        if let Some(frames) = completed {
            self.replica.apply(&self.query, &frames);
        }
    }

    pub(super) fn pong(&mut self, seq: u64, at: Option<&Value>) {
        self.seen.push(Observation::Pong(seq));
        self.replica.pong(seq, at);
    }

    pub(super) fn unsubscribed(&mut self) {
        self.seen.push(Observation::Unsubscribed);
        self.replica.cut();
    }

    pub(super) fn cut(&mut self) {
        self.seen.push(Observation::Cut);
        self.replica.cut();
    }

    /// Checks all observations, given that events up to commit `head` were received.
    pub(crate) fn check(&self, log: &Commits, head: u64, fold_after: usize) -> Counts {
        match check(&self.query, &self.seen, log, head, fold_after) {
            Ok(counts) => counts,
            Err(fault) => {
                let seen = self.seen.iter().map(|observation| {
                    let text = format!("{observation:?}");
                    text.chars().take(300).collect::<String>()
                });
                let seen: Vec<_> = seen.collect();
                let last = &seen[seen.len().saturating_sub(40)..];
                panic!(
                    "{:?}: {fault}; last observations:\n{}",
                    self.query,
                    last.join("\n")
                );
            }
        }
    }
}
