//! The description of a server's resources: JSON Schema of each payload, result and event.

use super::closed;
use super::keywords;
use super::record::{object, record as record_schema_of, record_member, written};
use super::relations;
use crate::core::config::MAX_IDS;
use crate::core::digest::digest;
use crate::model::resource_model::Model;
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

/// The description of a server, which is the same for every client.
#[derive(Debug)]
pub(crate) struct Description {
    /// The description as JSON.
    pub(crate) text: String,
    /// The digest of the text; equal descriptions have equal digests.
    pub(crate) digest: String,
    value: OnceLock<Value>,
}

/// The schema of a remote method.
pub(crate) struct MethodSchema {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) payload: Value,
    pub(crate) result: Value,
}

impl Description {
    /// Describes `models`. `methods` returns the remote methods of a model; it is called for each in
    /// order, since the order of calls determines the names of types that have the same name.
    pub(crate) fn new(
        models: &[Model],
        methods: impl Fn(&Model, &mut SchemaGenerator) -> Vec<MethodSchema>,
        mut generator: SchemaGenerator,
    ) -> Self {
        let mut resources: Map<String, Value> = models
            .iter()
            .map(|model| {
                let resource = resource(model, &methods, &mut generator);
                (model.definition.name.to_owned(), resource)
            })
            .collect();
        relations::add(models, &mut resources);
        let mut body = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "resources": resources,
            "$defs": generator.take_definitions(true),
        });
        keywords::bound_integers(&mut body);
        closed::close_nested(&mut body);
        let digest = digest(&body.to_string());
        body["schema"] = digest.clone().into();
        Self {
            text: body.to_string(),
            digest,
            value: OnceLock::new(),
        }
    }

    /// The description as a value, parsed when it is first requested.
    pub(crate) fn value(&self) -> &Value {
        let read = || serde_json::from_str(&self.text).unwrap_or_default();
        self.value.get_or_init(read)
    }
}

fn resource(
    model: &Model,
    methods: &dyn Fn(&Model, &mut SchemaGenerator) -> Vec<MethodSchema>,
    generator: &mut SchemaGenerator,
) -> Value {
    let definition = model.definition;
    let id = || model.properties[definition.id].schema.clone().to_value();
    let one = object("", "", &[record_member(model, definition.id)]);
    let query = json!({"type": "object", "description": "conditions, $sort, $limit, $skip, $after, $select, $with"});
    // All other places refer to the record and the id by `$ref`.
    let here = format!("#/resources/{}", definition.name);
    let record = json!({"$ref": format!("{here}/record")});
    let list = json!({"type": "array", "items": record});
    let mut actions = Map::new();
    let mut add = |name: &str, description: &str, payload: Value, result: &Value| {
        let action = json!({"description": description, "payload": payload, "result": result});
        if definition.serves(name) {
            actions.insert(name.to_owned(), action);
        }
    };
    add(
        "create",
        "Creates a record.",
        object("", "", &written(model, false)),
        &record,
    );
    add(
        "save",
        "Creates the record, or replaces its writable properties.",
        if definition.serves("create") {
            json!({"$ref": format!("{here}/actions/create/payload")})
        } else {
            object("", "", &written(model, false))
        },
        &record,
    );
    add(
        "update",
        "Updates the given properties.",
        object("", "", &written(model, true)),
        &record,
    );
    add(
        "destroy",
        "Destroys the record and returns its last state.",
        one,
        &record,
    );
    for name in ["find", "all"] {
        let description = "Lists the records that match the conditions.";
        add(name, description, query.clone(), &list);
    }
    add(
        "count",
        "Counts the records that match the conditions.",
        json!({"type": "object"}),
        &json!({"type": "integer"}),
    );
    let ids = json!({"anyOf": [id(), {"type": "array", "items": id(), "maxItems": MAX_IDS}]});
    let names = json!({"type": "array", "items": {"type": "string"}});
    let get = json!({
        "type": "object",
        "properties": {definition.properties[definition.id].name: ids, "$select": names, "$with": names},
        "required": [definition.properties[definition.id].name],
    });
    let maybe = json!({"anyOf": [record, {"type": "null"}]});
    add(
        "get",
        "Reads a record, or several in the order requested.",
        get,
        &json!({"anyOf": [record, {"type": "array", "items": maybe}]}),
    );
    let ack = json!({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string"}]});
    add(
        "subscribe",
        "Lists the records that match the conditions, then sends every change to them.",
        json!({"type": "object", "description": "conditions, $select, $from"}),
        &json!({"anyOf": [
            {"type": "object", "properties": {"records": list}, "required": ["records"]},
            {"type": "object", "properties": {"resumed": {"const": true}}, "required": ["resumed"]},
        ]}),
    );
    add(
        "unsubscribe",
        "Ends a subscription of this connection; the payload is the ack_id of its `subscribe` request.",
        json!({"type": "object", "properties": {"subscription": ack}, "required": ["subscription"]}),
        &json!({"type": "null"}),
    );
    for method in methods(model, generator) {
        add(method.name, method.doc, method.payload, &method.result);
    }
    let events = definition.events.iter().map(|event| {
        let data = (event.schema)(generator).to_value();
        let event_schema = json!({"description": event.doc, "data": data});
        (event.name.to_owned(), event_schema)
    });
    let events: Map<_, _> = events.collect();
    json!({
        "plural": definition.plural,
        "description": definition.doc,
        "record": record_schema_of(model),
        "actions": actions,
        "events": events,
    })
}
