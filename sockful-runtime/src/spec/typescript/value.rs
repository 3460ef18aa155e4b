//! Writes the value of a module: the routes that the client needs at run time.

use super::text::{own_key, string};
use crate::model::definition::Relation;
use crate::model::resource_model::Model;
use crate::model::schema::comparison::compact;
use crate::spec::relation_routes::relations;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// How many bytes of a description a client takes with it: it is sent to learn what has changed, and
/// no frame is larger than 64 KiB. Without it a client learns only that something has.
const MAX_DESCRIPTION: usize = 48 * 1024;

/// Writes the value.
pub(super) fn write(models: &[Model], description: &Value, digest: &str) -> String {
    let (mut wide, mut of, mut with) = (Map::new(), Map::new(), Map::new());
    let (mut reads, mut orders) = (Vec::new(), Map::new());
    for model in models {
        let definition = model.definition;
        let properties = definition.properties.iter();
        let names = properties.filter(|it| it.wide && it.access.is_sent());
        let names: Vec<_> = names.map(|it| it.name).collect();
        if !names.is_empty() {
            wide.insert(definition.name.to_owned(), json!(names));
        }
        let sent = definition
            .properties
            .iter()
            .filter(|it| it.access.is_sent());
        let own = sent.filter_map(|it| Some((it.name.to_owned(), it.key_form.order()?.into())));
        let own: Map<String, Value> = own.collect();
        if !own.is_empty() {
            orders.insert(definition.name.to_owned(), own.into());
        }
        let (mut routes, mut included) = (Map::new(), Map::new());
        for related in relations(model, models) {
            let (name, served) = (related.name().to_owned(), Value::from(related.served()));
            if matches!(related.relation, Relation::Parent | Relation::List) {
                included.insert(name.clone(), served.clone());
            }
            if related.only_reads() {
                reads.push(Value::from(format!("{} {name}", definition.name)));
            }
            routes.insert(name, served);
        }
        for (all, own) in [(&mut of, routes), (&mut with, included)] {
            if !own.is_empty() {
                all.insert(definition.name.to_owned(), own.into());
            }
        }
    }
    let mut value = format!("{{\n  schema: {},\n", string(digest));
    let parts = [
        ("wide", wide.into()),
        ("of", of.into()),
        ("reads", reads.into()),
        ("with", with.into()),
    ];
    let orders = (!orders.is_empty()).then(|| ("orders", orders.into()));
    for (name, part) in parts.into_iter().chain(orders) {
        // Writing to memory does not fail.
        let _ = writeln!(value, "  {name}: {},", literal(&part));
    }
    let compact = compact(description);
    if compact.to_string().len() <= MAX_DESCRIPTION {
        let _ = writeln!(value, "  description: {},", literal(&compact));
    }
    value + "}"
}

/// JSON as JavaScript, where it means the same.
fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => string(text),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(literal).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(properties) => {
            let member =
                |(name, value): (&String, _)| format!("{}:{}", own_key(name), literal(value));
            let members: Vec<_> = properties.iter().map(member).collect();
            format!("{{{}}}", members.join(","))
        }
        other => other.to_string(),
    }
}
