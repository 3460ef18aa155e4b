//! Messages of the server itself, and the schemas that all frames share.

use super::AsyncApiDocument;
use super::frames::Message;
use crate::spec::components;
use crate::spec::components::schema;
use serde_json::{Value, json};

pub(super) fn add(document: &mut AsyncApiDocument) {
    for (name, schema) in shared() {
        document.add_schema(name, schema);
    }
    for (action, text, payload, result) in actions() {
        let key = format!("sockful.{action}");
        document.add_schema(&format!("{key}.payload"), payload);
        document.add_schema(&format!("{key}.result"), result);
        document.add_action("sockful", action, text);
    }
    for (action, text, payload) in notices() {
        let key = format!("sockful.{action}.event");
        document.add_sent(key, text, Message::notice(action, payload));
    }
    let key = "sockful.refusal.event".to_owned();
    document.add_sent(key, REFUSAL, Message::refusal());
}

const REFUSAL: &str =
    "Reply to an invalid frame or an unknown route, with its ack_id if that could be read.";

/// The schemas that frames refer to.
fn shared() -> [(&'static str, Value); 4] {
    let ack = json!({
        "description": "chosen by the client; a request without it gets no reply",
        "anyOf": [
            {"type": "integer", "minimum": 0, "maximum": 9_007_199_254_740_991_i64},
            {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,64}$"},
            {"type": "null"},
        ],
    });
    let options = json!({
        "type": "object",
        "properties": {
            "key": {"type": "string", "format": "uuid", "description": "a UUID of version 7: the request takes effect at most once"},
            "if_rev": {"type": "integer", "description": "the revision that the record must have"},
            "timeout_ms": {"type": "integer", "minimum": 1},
            "traceparent": {"type": "string"},
        },
        "additionalProperties": false,
    });
    [
        ("frame.ack", ack),
        ("frame.options", options),
        ("frame.error", components::error()),
        ("frame.seq", components::seq()),
    ]
}

/// Action, what it does, payload and result.
fn actions() -> [(&'static str, &'static str, Value, Value); 5] {
    let object = || json!({"type": "object"});
    let token = json!({"type": "object", "properties": {"token": {"type": "string"}}});
    let expiry = json!({
        "type": "object",
        "properties": {"expires": {"anyOf": [{"type": "integer"}, {"type": "null"}]}},
    });
    let since = json!({"type": "object", "properties": {"since": object()}, "required": ["since"]});
    let position = json!({
        "type": "object",
        "properties": {"seq": schema("frame.seq"), "epoch": {"type": "string"}, "at": {"type": "string"}},
        "required": ["seq", "epoch"],
    });
    let writes = json!({"type": "array", "items": {"type": "array"}});
    [
        ("schema", "The description of the API.", object(), object()),
        (
            "changes",
            "The differences from an older description.",
            since,
            object(),
        ),
        (
            "authenticate",
            "Authenticates the connection; without a token, it becomes unauthenticated.",
            token,
            expiry,
        ),
        (
            "ping",
            "The last commit whose events all subscriptions of this connection have received.",
            object(),
            position,
        ),
        (
            "commit",
            "Commits several writes atomically; each is [resource, action, payload].",
            writes,
            json!({"type": "array"}),
        ),
    ]
}

/// Returns the action, description and payload of each event of the connection.
fn notices() -> [(&'static str, &'static str, Value); 2] {
    let hello = json!({
        "type": "object",
        "properties": {
            "protocol": {"const": 1},
            "schema": {"type": "string"},
            "time": {"type": "integer"},
            "keys": {"type": "boolean"},
            "limits": {"type": "object"},
        },
        "required": ["protocol", "schema", "time"],
    });
    [
        ("hello", "The first message on each connection.", hello),
        (
            "expired",
            "The identity has expired or was revoked; the client is unauthenticated.",
            json!({"type": "object"}),
        ),
    ]
}
