//! Writes the description as an `AsyncAPI` 3.0 document.
//!
//! Schemas are in draft 7 of JSON Schema, the default of `AsyncAPI`: a frame is an array whose slots are
//! listed in `items`.

mod frames;
mod system;

use crate::model::schema::description::Description;
use crate::spec::components;
use crate::spec::components::{Dialect, members, schema};
use frames::Message;
use serde_json::{Map, Value, json};

/// The channel: there is one, the socket.
const CHANNEL: &str = "#/channels/socket";

/// The document, in lines.
pub(crate) fn document(description: &Description) -> String {
    let described = description.value();
    let mut document = AsyncApiDocument::default();
    system::add(&mut document);
    for (name, schema) in members(&described["$defs"]) {
        document.add_schema(&components::definition(name), moved(schema));
    }
    for (name, resource) in members(&described["resources"]) {
        document.add_resource(name, resource);
    }
    let text = serde_json::to_string_pretty(&document.finish(&description.digest));
    text.unwrap_or_default() + "\n"
}

fn moved(schema: &Value) -> Value {
    components::moved(schema, Dialect::Draft7)
}

/// The document in the making.
#[derive(Debug, Default)]
struct AsyncApiDocument {
    operations: Map<String, Value>,
    messages: Map<String, Value>,
    schemas: Map<String, Value>,
}

impl AsyncApiDocument {
    fn add_resource(&mut self, name: &str, resource: &Value) {
        let record = moved(&resource["record"]);
        let shown = format!("{name}.shown");
        self.add_schema(&shown, frames::shown(&record));
        self.add_schema(&format!("{name}.record"), record);
        for (action, said) in members(&resource["actions"]) {
            let key = format!("{name}.{action}");
            self.add_schema(&format!("{key}.payload"), moved(&said["payload"]));
            self.add_schema(
                &format!("{key}.result"),
                components::shown(&said["result"], Dialect::Draft7),
            );
            let text = said["description"].as_str().unwrap_or_default();
            self.add_action(name, action, text);
        }
        for (event, payload) in frames::live(&shown) {
            self.add_event(name, event, "", payload);
        }
        for (event, said) in members(&resource["events"]) {
            let data = format!("{name}.{event}.data");
            self.add_schema(&data, moved(&said["data"]));
            let text = said["description"].as_str().unwrap_or_default();
            self.add_event(name, event, text, frames::definition(&data));
        }
    }

    /// A request, and its reply.
    fn add_action(&mut self, resource: &str, action: &str, text: &str) {
        let key = format!("{resource}.{action}");
        let payload = schema(&format!("{key}.payload"));
        let request = Message::request(resource, action, &payload);
        self.add_message(&key, text, request);
        let replied = format!("{key}.reply");
        let reply = Message::reply(resource, action, &schema(&format!("{key}.result")));
        self.add_message(&replied, "", reply);
        let operation = json!({
            "action": "receive",
            "summary": text,
            "channel": {"$ref": CHANNEL},
            "messages": [of_channel(&key)],
            "reply": {"channel": {"$ref": CHANNEL}, "messages": [of_channel(&replied)]},
        });
        self.operations.insert(key, operation);
    }

    /// Adds an event that the server sends without a request.
    fn add_event(&mut self, resource: &str, event: &str, text: &str, payload: Value) {
        // A method may have the name of an event.
        let key = format!("{resource}.{event}.event");
        self.add_sent(key, text, Message::event(resource, event, payload));
    }

    fn add_sent(&mut self, key: String, text: &str, message: Message) {
        self.add_message(&key, text, message);
        let operation = json!({
            "action": "send",
            "channel": {"$ref": CHANNEL},
            "messages": [of_channel(&key)],
        });
        self.operations.insert(key, operation);
    }

    fn add_message(&mut self, key: &str, text: &str, message: Message) {
        let Message { frame, has_ack } = message;
        let mut written = json!({"name": key, "payload": frame});
        if has_ack {
            let id = json!({"description": "the ack_id", "location": "$message.payload#/3"});
            written["correlationId"] = id;
        }
        if !text.is_empty() {
            written["summary"] = text.into();
        }
        self.messages.insert(key.to_owned(), written);
    }

    fn add_schema(&mut self, key: &str, schema: Value) {
        self.schemas.insert(key.to_owned(), schema);
    }

    fn finish(self, digest: &str) -> Value {
        let messages = self.messages.keys();
        let messages: Map<_, _> = messages
            .map(|key| (key.clone(), reference("messages", key)))
            .collect();
        let headers = json!({
            "type": "object",
            "properties": {"Sec-WebSocket-Protocol": {"type": "string", "const": "sockful.1"}},
        });
        json!({
            "asyncapi": "3.0.0",
            "info": {
                "title": "sockful",
                "version": digest,
                "description": "Every message is text with one JSON array: [resource, action, payload, ack_id]. A request with an ack_id gets one reply with the same ack_id; an event has the ack_id of its subscription.",
            },
            "defaultContentType": "application/json",
            "channels": {"socket": {
                "address": "/",
                "messages": messages,
                "bindings": {"ws": {"method": "GET", "headers": headers, "bindingVersion": "0.1.0"}},
            }},
            "operations": self.operations,
            "components": {"messages": self.messages, "schemas": self.schemas},
        })
    }
}

fn of_channel(key: &str) -> Value {
    json!({"$ref": format!("{CHANNEL}/messages/{key}")})
}

fn reference(of: &str, key: &str) -> Value {
    json!({"$ref": format!("#/components/{of}/{key}")})
}
