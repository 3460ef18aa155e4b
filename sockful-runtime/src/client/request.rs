//! A request and its reply, as they are on the wire.

use crate::core::json::object::Object;
use std::borrow::Cow;
use uuid::{NoContext, Timestamp, Uuid};

/// A request.
#[derive(Clone, Debug)]
pub(super) struct OutgoingRequest {
    pub(super) resource: Cow<'static, str>,
    pub(super) action: Cow<'static, str>,
    /// The payload, as JSON.
    pub(super) payload: String,
    pub(super) effect: Effect,
    pub(super) key: Option<Uuid>,
    pub(super) if_rev: Option<u64>,
    /// The time limit of the server, in milliseconds.
    pub(super) timeout_ms: Option<u64>,
}

/// Whether a request changes something, which decides whether it can be sent twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Changes nothing, so it can be sent again.
    ReadOnly,
    /// May change something, so it is sent again only with the same idempotency key.
    Write,
    /// Only the server knows; treated as a write.
    Unknown,
}

/// A reply as JSON.
#[doc(hidden)]
#[derive(Debug)]
pub struct RawReply {
    pub(super) ok: String,
    pub(super) seq: Option<u64>,
    pub(super) rev: Option<u64>,
    /// The cursor of the next page, as JSON.
    pub(super) next: Option<String>,
}

impl OutgoingRequest {
    pub(super) fn reading(action: &'static str, payload: String) -> Self {
        Self {
            resource: "sockful".into(),
            action: action.into(),
            payload,
            effect: Effect::ReadOnly,
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

impl RawReply {
    pub(super) fn parse(reply: &Object<'_>) -> Self {
        let number = |key| reply.take(key).and_then(|raw| raw.parse().ok());
        Self {
            ok: reply.take("ok").unwrap_or("null").to_owned(),
            seq: number("seq"),
            rev: number("rev"),
            next: reply.take("next").map(str::to_owned),
        }
    }
}

/// Creates an idempotency key with the server's time, from which the server derives its age.
pub(super) fn key(now_ms: u64) -> Uuid {
    let nanos = u32::try_from(now_ms % 1_000 * 1_000_000).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(NoContext, now_ms / 1_000, nanos))
}
