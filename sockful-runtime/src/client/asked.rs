//! A request and its answer, as they are on the wire.

use crate::core::json::object::Object;
use std::borrow::Cow;
use uuid::{NoContext, Timestamp, Uuid};

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) resource: Cow<'static, str>,
    pub(super) action: Cow<'static, str>,
    /// JSON.
    pub(super) payload: String,
    pub(super) manner: Manner,
    pub(super) key: Option<Uuid>,
    pub(super) if_rev: Option<u64>,
    /// How many milliseconds the server is to take at most.
    pub(super) timeout_ms: Option<u64>,
}

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// It changes nothing, and may be sent again as it is.
    Reads,
    /// It may change something, and is sent again only where a key says that it is the same.
    Writes,
    /// Only the server knows.
    Unknown,
}

/// A reply, in raw text.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) ok: String,
    pub(super) seq: Option<u64>,
    pub(super) rev: Option<u64>,
    /// Where a list that was cut goes on: JSON.
    pub(super) next: Option<String>,
}

impl Asked {
    pub(super) fn reading(action: &'static str, payload: String) -> Self {
        Self {
            resource: "sockful".into(),
            action: action.into(),
            payload,
            manner: Manner::Reads,
            key: None,
            if_rev: None,
            timeout_ms: None,
        }
    }

    pub(super) fn frame(&self, id: u64) -> String {
        let name = |text: &str| serde_json::Value::from(text).to_string();
        let (resource, action) = (name(&self.resource), name(&self.action));
        let mut frame = format!("[{resource},{action},{},{id}", self.payload);
        let key = self.key.map(|key| format!("\"key\":\"{key}\""));
        let if_rev = self.if_rev.map(|rev| format!("\"if_rev\":{rev}"));
        let timeout = self.timeout_ms.map(|ms| format!("\"timeout_ms\":{ms}"));
        let options: Vec<_> = [key, if_rev, timeout].into_iter().flatten().collect();
        if !options.is_empty() {
            frame = format!("{frame},{{{}}}", options.join(","));
        }
        frame.push(']');
        frame
    }
}

impl Answer {
    pub(super) fn of(reply: &Object<'_>) -> Self {
        let number = |key| reply.take(key).and_then(|raw| raw.parse().ok());
        Self {
            ok: reply.take("ok").unwrap_or("null").to_owned(),
            seq: number("seq"),
            rev: number("rev"),
            next: reply.take("next").map(str::to_owned),
        }
    }
}

/// A key for a request, by the time of the server, which judges by it how old a key is.
pub(super) fn key(now_ms: u64) -> Uuid {
    let nanos = u32::try_from(now_ms % 1_000 * 1_000_000).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(NoContext, now_ms / 1_000, nanos))
}
