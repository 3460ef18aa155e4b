//! The type `Api`, with the actions of each resource.

use super::records::new;
use super::text::{comment, key, string};
use super::types::Types;
use crate::engine::table::CoreAction;
use crate::model::definition::Relation;
use crate::model::resource_model::Model;
use crate::spec::relation_routes::{RelationRoute, relations};
use serde_json::Value;
use std::fmt::Write;

/// Writes the type of all resources.
pub(super) fn write(out: &mut String, models: &[Model], description: &Value, types: &Types<'_>) {
    out.push_str("/** The resources of the API. */\nexport interface Api {\n");
    for model in models {
        let definition = model.definition;
        let actions = &description["resources"][definition.name]["actions"];
        let related = relations(model, models);
        let mut routes = String::new();
        for (name, action) in actions.as_object().into_iter().flatten() {
            let is_core = CoreAction::names().iter().any(|(core, _)| core == name);
            // The client has something of its own in these places.
            let is_hidden = matches!(&**name, "live" | "then" | "toJSON");
            if !is_core && !is_hidden && !related.iter().any(|it| it.name() == name) {
                let doc = comment(action["description"].as_str().unwrap_or_default(), "    ");
                let _ = writeln!(routes, "{doc}    {};", remote(name, action, types));
            }
        }
        for related in &related {
            let action = &actions[related.name()];
            let doc = comment(action["description"].as_str().unwrap_or_default(), "    ");
            let route = relation(related, description, types);
            let _ = writeln!(routes, "{doc}    {}: {route};", key(related.name()));
        }
        let doc = comment(definition.doc, "  ");
        let own = core(model, actions, types);
        let routes = match &*routes {
            "" => String::new(),
            routes => format!(" & {{\n{routes}  }}"),
        };
        let _ = writeln!(out, "{doc}  {}: {own}{routes};", key(definition.name));
    }
    out.push_str("}\n");
}

/// The core actions, without those that are not served.
fn core(model: &Model, actions: &Value, types: &Types<'_>) -> String {
    let record = types.names.record(model.definition.name);
    let served = |name: &str| actions.get(name).is_some();
    let new = new(actions).map_or("never".to_owned(), |_| format!("New{record}"));
    let patch = if served("update") {
        format!("{record}Patch")
    } else {
        "never".to_owned()
    };
    let id = string(model.id_name());
    let all = format!(
        "sockful.Resource<{id}, {record}, {new}, {patch}, {record}Events, {record}Relations>"
    );
    let names = CoreAction::names().iter().map(|(name, _)| *name);
    let mut missing: Vec<_> = names
        .filter(|name| *name != "unsubscribe" && !served(name))
        .collect();
    if missing.contains(&"subscribe") {
        missing.push("live");
    }
    if missing.is_empty() {
        return all;
    }
    let missing: Vec<_> = missing.into_iter().map(string).collect();
    format!("Omit<{all}, {}>", missing.join(" | "))
}

fn remote(name: &str, action: &Value, types: &Types<'_>) -> String {
    let payload = &action["payload"];
    let required = payload["required"].as_array();
    let is_needed = required.is_some_and(|names| !names.is_empty())
        || ["$ref", "anyOf", "oneOf", "allOf"]
            .iter()
            .any(|key| payload.get(key).is_some());
    let mark = if is_needed { "" } else { "?" };
    let (payload, result) = (types.of(payload), types.of(&action["result"]));
    let name = key(name);
    format!("{name}(payload{mark}: {payload}, options?: sockful.Options): Promise<{result}>")
}

fn relation(related: &RelationRoute<'_>, description: &Value, types: &Types<'_>) -> String {
    let id = |model: &Model| {
        let resource = &description["resources"][model.definition.name];
        types.of(&resource["record"]["properties"][model.id_name()])
    };
    let (child, of) = (related.child, related.of);
    let property = child.definition.properties[related.parent.property].name;
    let parents = format!("{}: {}", key(property), id(of));
    let own = format!("{}: {}", key(child.id_name()), id(child));
    let record = types.names.record(child.definition.name);
    let parent = types.names.record(of.definition.name);
    match related.relation {
        Relation::Parent => format!("sockful.One<{parent}, {{ {own} }}, {parent}Relations>"),
        Relation::By | Relation::List => {
            format!("sockful.List<{record}, {{ {parents} }}, {record}Relations>")
        }
        Relation::Create => format!("sockful.Write<{{ {parents} }} & New{record}, {record}>"),
        Relation::Get => {
            format!("sockful.One<{record}, {{ {parents}; {own} }}, {record}Relations>")
        }
        Relation::Update => {
            format!("sockful.Write<{{ {parents}; {own} }} & {record}Patch, {record}>")
        }
        Relation::Destroy => format!("sockful.Write<{{ {parents}; {own} }}, {record}>"),
        Relation::Subscribe => {
            let id = id(child);
            format!(
                "sockful.Subscribe<{record}, {record}Events, {id}, {{ {parents} }}, {record}Relations>"
            )
        }
    }
}
