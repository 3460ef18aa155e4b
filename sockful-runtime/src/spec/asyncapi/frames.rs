//! Schemas of frames.

use crate::spec::components::schema;
use serde_json::{Value, json};

/// The schema of a frame, and whether the frame has an `ack_id`.
pub(super) struct Message {
    pub(super) frame: Value,
    pub(super) has_ack: bool,
}

impl Message {
    /// The schema of a request. Trailing slots are optional.
    pub(super) fn request(resource: &str, action: &str, payload: &Value) -> Self {
        let payload = json!({"anyOf": [payload, {"type": "null"}]});
        let slots = [payload, schema("frame.ack"), schema("frame.options")];
        Self::of(resource, action, slots.into(), 2)
    }

    /// The schema of the reply to a request.
    pub(super) fn reply(resource: &str, action: &str, result: &Value) -> Self {
        let ok = json!({
            "type": "object",
            "properties": {
                "ok": result,
                "seq": schema("frame.seq"),
                "rev": {"type": "integer"},
                "next": {"type": "string", "description": "the cursor for $after, if the list is truncated"},
                "cut": {"type": "object"},
                "resume": {"type": "string"},
                "at": {"type": "string"},
                "more": {"const": true},
            },
            "required": ["ok"],
        });
        let payload = json!({"anyOf": [ok, err()]});
        Self::of(resource, action, vec![payload, schema("frame.ack")], 4)
    }

    /// The schema of an event of a subscription.
    pub(super) fn event(resource: &str, event: &str, payload: Value) -> Self {
        Self::of(resource, event, vec![payload, schema("frame.ack")], 4)
    }

    /// The schema of an event of the connection, without an `ack_id`.
    pub(super) fn notice(action: &str, payload: Value) -> Self {
        let event = Self::of("sockful", action, vec![payload, json!({"type": "null"})], 4);
        Self {
            has_ack: false,
            ..event
        }
    }

    /// The schema of the reply to an invalid request, which may have any names.
    pub(super) fn refusal() -> Self {
        let slots = vec![err(), schema("frame.ack")];
        Self::named(
            [json!({"type": "string"}), json!({"type": "string"})],
            slots,
            4,
        )
    }

    fn of(resource: &str, action: &str, slots: Vec<Value>, least: usize) -> Self {
        let names = [json!({"const": resource}), json!({"const": action})];
        Self::named(names, slots, least)
    }

    fn named(names: [Value; 2], slots: Vec<Value>, least: usize) -> Self {
        let items: Vec<_> = names.into_iter().chain(slots).collect();
        Self {
            frame: json!({
                "type": "array",
                "items": items,
                "minItems": least,
                "additionalItems": false,
            }),
            has_ack: true,
        }
    }
}

/// The payload of a refusal.
fn err() -> Value {
    json!({
        "type": "object",
        "properties": {"err": schema("frame.error")},
        "required": ["err"],
    })
}

/// The schema of a record in events, from the schema of the complete record.
pub(super) fn shown(record: &Value) -> Value {
    json!({
        "type": "object",
        "description": "the record, or the properties in `$select`, with the relations in `$with`; only the id if the caller may not read the record",
        "properties": record["properties"],
    })
}

/// The payloads of the events that every resource has, by the name of the schema of its record.
pub(super) fn live(record: &str) -> [(&'static str, Value); 7] {
    let (record, id, seq) = (schema(record), json!({}), schema("frame.seq"));
    let list = json!({"type": "array", "items": record});
    let of = |properties: Value, required: &[&str]| {
        let mut object = json!({"type": "object", "properties": properties, "required": required});
        let properties = &mut object["properties"];
        properties["seq"] = seq.clone();
        properties["more"] = json!({"const": true});
        properties["folded"] = json!({"const": true});
        properties["at"] = json!({"type": "string"});
        object
    };
    let changed = || {
        of(
            json!({"id": id, "record": record}),
            &["id", "record", "seq"],
        )
    };
    let listed = || of(json!({"records": list}), &["records", "seq"]);
    let gone = of(json!({"id": id, "left": {"const": true}}), &["id", "seq"]);
    let counted = of(json!({"count": {"type": "integer"}}), &["count", "seq"]);
    let ended = of(json!({"error": schema("frame.error")}), &["error"]);
    [
        ("created", changed()),
        ("updated", changed()),
        ("destroyed", gone),
        ("records", listed()),
        ("reset", listed()),
        ("counted", counted),
        ("ended", ended),
    ]
}

/// The payload of an event that a resource declares; one that is in no commit has no `seq`.
pub(super) fn definition(data: &str) -> Value {
    json!({
        "type": "object",
        "properties": {
            "id": {},
            "data": schema(data),
            "seq": schema("frame.seq"),
            "at": {"type": "string"},
            "more": {"const": true},
        },
        "required": ["id", "data"],
    })
}
