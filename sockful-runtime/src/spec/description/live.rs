//! The actions of subscriptions.

use serde_json::{Value, json};

/// Name, description, payload and result of each, for the resource of which `list` describes lists.
pub(super) fn actions(list: &Value) -> [(&'static str, &'static str, Value, Value); 2] {
    let ack = json!({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string"}]});
    [
        (
            "subscribe",
            "Lists the records that meet the conditions, and tells every change of them from then on.",
            json!({"type": "object", "description": "conditions, $select, $from"}),
            json!({"anyOf": [
                {"type": "object", "properties": {"records": list}, "required": ["records"]},
                {"type": "object", "properties": {"resumed": {"const": true}}, "required": ["resumed"]},
            ]}),
        ),
        (
            "unsubscribe",
            "Ends a subscription of this connection, by the ack_id that it was begun with.",
            json!({"type": "object", "properties": {"subscription": ack}, "required": ["subscription"]}),
            json!({"type": "null"}),
        ),
    ]
}
