//! Decides which replies are expected, without the code under test.

use serde_json::Value;
use serde_json::value::RawValue;

/// The maximum size of a message in bytes.
pub(super) const MAX_FRAME: usize = 2 * 1024;

/// The expected reply to a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// To this `ack_id`.
    To(String),
    /// A reply without `ack_id`: the message is not a frame.
    NoAckId,
    /// A reply without `ack_id`, if there is one.
    MaybeNoAckId,
}

impl Due {
    pub(super) fn of(message: &str) -> Self {
        // Raw values, because a number that is too large makes the payload invalid and not the
        // frame.
        let Ok(slots) = serde_json::from_str::<Vec<&RawValue>>(message) else {
            return Self::NoAckId;
        };
        match slots.get(3).map_or("null", |raw| raw.get()) {
            id if is_ack_id(id) => Self::To(id.to_owned()),
            "null" if slots.len() > 1 => Self::MaybeNoAckId,
            _ => Self::NoAckId,
        }
    }
}

fn is_ack_id(raw: &str) -> bool {
    if let Some(text) = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')) {
        let is_safe = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
        return (1..=64).contains(&text.len()) && text.chars().all(is_safe);
    }
    let digits = raw.chars().all(|c| c.is_ascii_digit());
    digits && raw.parse().is_ok_and(|number: u64| number < 1 << 53)
}

/// A frame from the server.
#[derive(Debug)]
pub(super) struct ServerFrame {
    pub(super) payload: Value,
    /// The `ack_id` as JSON, possibly `null`.
    pub(super) ack_id: String,
}

impl ServerFrame {
    /// Parses a frame, which must have the specified form.
    pub(super) fn read(frame: &str) -> Self {
        let read: serde_json::Result<(String, String, Value, Value)> = serde_json::from_str(frame);
        let (_, _, payload, ack_id) = read.unwrap_or_else(|error| panic!("{error}: {frame}"));
        assert!(payload.is_object(), "{frame}");
        let has = |key| payload.get(key).is_some();
        assert!(!(has("ok") && has("err")), "{frame}");
        // Nothing in the application fails or panics, so there must be no internal errors.
        assert_ne!(payload["err"]["code"], "internal", "{frame}");
        // Private and write-only values must not occur anywhere.
        assert!(!frame.contains("kept to ourselves"), "{frame}");
        Self {
            payload,
            ack_id: ack_id.to_string(),
        }
    }

    pub(super) fn is_reply(&self) -> bool {
        self.payload.get("ok").is_some() || self.payload.get("err").is_some()
    }
}
