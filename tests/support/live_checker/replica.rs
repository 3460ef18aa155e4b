//! The records of a subscription as a client computes them from its frames.

use super::live_query::{Frame, LiveQuery};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The records of a subscription as a client computes them from its frames.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replica {
    /// Records by the JSON of their id.
    pub(super) records: BTreeMap<String, Value>,
    /// The commit up to which all events were received.
    pub(crate) position: u64,
    /// The resume token; `None` before the initial result is complete.
    pub(crate) token: Option<Value>,
    /// The proof of the position, if there is one.
    pub(crate) at: Option<Value>,
    /// The frames received so far of one commit or initial result.
    pub(super) parts: Vec<Frame>,
    next_token: Option<Value>,
    next_at: Option<Value>,
    /// Whether the subscription is active.
    is_active: bool,
}

impl Replica {
    /// Returns the number of records.
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// Applies the payload of a reply. Returns the frames of a commit or result that it completes.
    pub(super) fn reply(
        &mut self,
        query: &LiveQuery,
        payload: &Value,
    ) -> Result<Option<Vec<Frame>>, String> {
        let token = payload["resume"].as_str().map(Value::from);
        // A window is never resumed.
        if token.is_some() != query.window.is_none() {
            return Err(format!("no resume token: {payload}"));
        }
        self.is_active = true;
        if payload["ok"] == json!({"resumed": true}) {
            self.token = token;
            self.at = payload.get("at").cloned();
            return Ok(None);
        }
        self.next_token = token;
        let mut list = payload["ok"].clone();
        for key in ["seq", "more", "at"] {
            if let Some(value) = payload.get(key) {
                list[key] = value.clone();
            }
        }
        Ok(self.part("reset", list))
    }

    /// Applies an event. Returns the frames of a commit or result that it completes.
    pub(super) fn part(&mut self, name: &str, mut payload: Value) -> Option<Vec<Frame>> {
        // The server signs the position, and only the server can check the signature.
        let at = payload.as_object_mut().and_then(|it| it.remove("at"));
        self.next_at = at;
        let more = payload["more"] == true;
        self.parts.push((name.to_owned(), payload));
        (!more).then(|| std::mem::take(&mut self.parts))
    }

    /// Applies a complete commit or initial result.
    pub(super) fn apply(&mut self, query: &LiveQuery, frames: &[Frame]) {
        for (name, payload) in frames {
            if name == "reset" {
                self.records.clear();
            }
            for record in payload["records"].as_array().into_iter().flatten() {
                self.records
                    .insert(record[query.id].to_string(), record.clone());
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
        if let Some((_, payload)) = frames.last() {
            self.position = payload["seq"].as_u64().unwrap_or(self.position);
            self.at = self.next_at.take();
        }
        self.token = self.next_token.take().or(self.token.take());
    }

    /// Applies the sequence number of a pong and its proof. It becomes the position if no commit is incomplete.
    pub(super) fn pong(&mut self, seq: u64, at: Option<&Value>) {
        let is_complete = self.is_active && self.token.is_some() && self.parts.is_empty();
        if is_complete && seq > self.position {
            (self.position, self.at) = (seq, at.cloned());
        }
    }

    /// Discards incomplete frames.
    pub(super) fn cut(&mut self) {
        self.is_active = false;
        self.parts.clear();
        self.next_token = None;
    }
}
