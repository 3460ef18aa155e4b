//! Types of the records of one resource, and of their properties.

use super::text::{comment, key, one};
use super::types::{Types, is_required};
use crate::model::definition::Relation;
use crate::model::resource_model::Model;
use crate::spec::relation_routes::relations;
use serde_json::Value;
use std::fmt::Write;

/// Writes the record of `model`, what creates and what changes one, its events and its relations.
pub(super) fn write(
    out: &mut String,
    model: &Model,
    models: &[Model],
    description: &Value,
    types: &Types<'_>,
) {
    let definition = model.definition;
    let resource = &description["resources"][definition.name];
    let (record, one) = (types.names.record(definition.name), one(definition.name));
    let doc = match definition.doc {
        "" => format!("{}{}.", one[..1].to_uppercase(), &one[1..]),
        doc => doc.to_owned(),
    };
    let order: Vec<_> = definition.properties.iter().map(|it| it.name).collect();
    let members = |schema: &Value, but: &str| members(schema, &order, but, types);
    interface(out, &doc, record, &members(&resource["record"], ""));
    let actions = &resource["actions"];
    if let Some(payload) = new(actions) {
        let doc = format!("The payload of `create` for {one}.");
        interface(out, &doc, &format!("New{record}"), &members(payload, ""));
    }
    if let Some(update) = actions.get("update") {
        let doc = format!("The payload of `update` for {one}, without its id.");
        let members = members(&update["payload"], model.id_name());
        interface(out, &doc, &format!("{record}Patch"), &members);
    }
    let events = resource["events"].as_object().into_iter().flatten();
    let events = events.map(|(name, event)| {
        let doc = comment(event["description"].as_str().unwrap_or_default(), "  ");
        format!("{doc}  {}: {};\n", key(name), types.of(&event["data"]))
    });
    let doc = format!("The declared events of {one} with their payloads.");
    interface(
        out,
        &doc,
        &format!("{record}Events"),
        &events.collect::<String>(),
    );
    let mut included = String::new();
    for found in relations(model, models) {
        let kind = match found.relation {
            Relation::Parent => "Parent",
            Relation::List => "Many",
            _ => continue,
        };
        let (name, other) = (key(found.name()), types.names.record(found.served()));
        // Writing to memory does not fail.
        let _ = writeln!(
            included,
            "  {name}: sockful.{kind}<{other}, {other}Relations>;"
        );
    }
    let doc = format!("The relations that `$with` can include in {one}.");
    interface(out, &doc, &format!("{record}Relations"), &included);
}

/// The type of a new record, if clients can create records.
pub(super) fn new(actions: &Value) -> Option<&Value> {
    let action = actions.get("create").or_else(|| actions.get("save"))?;
    action.get("payload")
}

/// Writes a type that several others may refer to.
pub(super) fn definition(out: &mut String, name: &str, schema: &Value, types: &Types<'_>) {
    let doc = schema["description"].as_str().unwrap_or_default();
    let combined = [
        "$ref",
        "allOf",
        "anyOf",
        "oneOf",
        "enum",
        "const",
        "patternProperties",
    ];
    let is_plain = schema["type"] == "object"
        && schema.get("properties").is_some()
        && matches!(
            schema.get("additionalProperties"),
            None | Some(Value::Bool(false))
        )
        && !combined.iter().any(|key| schema.get(key).is_some());
    if is_plain {
        interface(out, doc, name, &members(schema, &[], "", types));
    } else {
        let doc = comment(doc, "");
        let _ = writeln!(out, "{doc}export type {name} = {};\n", types.of(schema));
    }
}

fn interface(out: &mut String, doc: &str, name: &str, members: &str) {
    let doc = comment(doc, "");
    let line = if members.is_empty() { "" } else { "\n" };
    let _ = writeln!(out, "{doc}export interface {name} {{{line}{members}}}\n");
}

/// The properties of an object, a line each, in this order and any others after them.
fn members(schema: &Value, order: &[&str], but: &str, types: &Types<'_>) -> String {
    let Some(properties) = schema["properties"].as_object() else {
        return String::new();
    };
    let others = properties.keys().map(String::as_str);
    let others = others.filter(|name| !order.contains(name));
    let names = order.iter().copied().chain(others);
    let mut lines = String::new();
    for name in names.filter(|name| *name != but) {
        let (Some(property), Some(keywords)) = (properties.get(name), schema.as_object()) else {
            continue;
        };
        let doc = comment(property["description"].as_str().unwrap_or_default(), "  ");
        let word = if property["readOnly"] == true {
            "readonly "
        } else {
            ""
        };
        let member = types.member(name, property, is_required(keywords, name));
        let _ = writeln!(lines, "{doc}  {word}{member};");
    }
    lines
}
