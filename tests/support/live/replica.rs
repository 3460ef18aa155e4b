//! What an honest client makes of its frames.

use super::topic::{Frame, Topic};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The records of a subscription as a client keeps them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replica {
    /// By the JSON of their ids.
    pub(super) records: BTreeMap<String, Value>,
    /// Up to where it was told everything.
    pub(crate) position: u64,
    /// What to go on with; nothing before its records were there once.
    pub(crate) token: Option<Value>,
    /// What came so far of one commit, or of one list.
    pub(super) parts: Vec<Frame>,
    next_token: Option<Value>,
    /// Whether it is answered, and not over.
    is_on: bool,
}

impl Replica {
    /// How many records it has.
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// Takes the payload of a reply in. Gives back what became whole by it.
    pub(super) fn reply(&mut self, payload: &Value) -> Result<Option<Vec<Frame>>, String> {
        let token = payload["resume"].as_str();
        let token = token.ok_or(format!("nothing to go on with: {payload}"))?;
        self.is_on = true;
        if payload["ok"] == json!({"resumed": true}) {
            self.token = Some(token.into());
            return Ok(None);
        }
        self.next_token = Some(token.into());
        let mut list = payload["ok"].clone();
        for word in ["seq", "more"] {
            if let Some(value) = payload.get(word) {
                list[word] = value.clone();
            }
        }
        Ok(self.part("reset", list))
    }

    /// Takes an event in. Gives back what became whole by it.
    pub(super) fn part(&mut self, name: &str, payload: Value) -> Option<Vec<Frame>> {
        let more = payload["more"] == true;
        self.parts.push((name.to_owned(), payload));
        (!more).then(|| std::mem::take(&mut self.parts))
    }

    /// Does what something whole says.
    pub(super) fn apply(&mut self, topic: &Topic, whole: &[Frame]) {
        for (name, payload) in whole {
            if name == "reset" {
                self.records.clear();
            }
            for record in payload["records"].as_array().into_iter().flatten() {
                self.records
                    .insert(record[topic.id].to_string(), record.clone());
            }
            match (&**name, payload.get("record")) {
                ("destroyed", _) => {
                    self.records.remove(&payload["id"].to_string());
                }
                (_, Some(record)) => {
                    self.records
                        .insert(payload["id"].to_string(), record.clone());
                }
                _ => {}
            }
        }
        if let Some((_, payload)) = whole.last() {
            self.position = payload["seq"].as_u64().unwrap_or(self.position);
        }
        self.token = self.next_token.take().or(self.token.take());
    }

    /// Notes the number of a ping, which may be a position.
    pub(super) fn pong(&mut self, seq: u64) {
        if self.is_on && self.token.is_some() && self.parts.is_empty() {
            self.position = self.position.max(seq);
        }
    }

    /// Forgets what was not whole.
    pub(super) fn cut(&mut self) {
        self.is_on = false;
        self.parts.clear();
        self.next_token = None;
    }
}
