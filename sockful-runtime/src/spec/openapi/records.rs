//! Schemas of records and of their ids.

use super::{OpenApiDocument, moved};
use crate::core::json::SORTED_BYTES;
use crate::model::definition::{KeyKind, Property, Relation};
use crate::model::resource_model::Model;
use crate::model::validation::JsonKind;
use crate::spec::components::schema;
use crate::spec::relation_routes::relations;
use serde_json::{Map, Value, json};

/// The bytes that an id has at most.
const MAX_ID_BYTES: usize = 256;

/// No control character.
const PLAIN: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";

/// The name of the schema of what is shown of a record.
pub(super) fn shown_name(model: &Model) -> String {
    format!("{}.shown", model.definition.name)
}

/// The schema of a record in responses: selected properties are optional, and included records are added.
pub(super) fn shown(model: &Model) -> Value {
    schema(&shown_name(model))
}

/// Adds the schemas of a record, whole and as it is shown.
pub(super) fn add(document: &mut OpenApiDocument<'_>, model: &Model) {
    let source = document.source;
    let name = model.definition.name;
    let record = moved(&source.description.value()["resources"][name]["record"]);
    let mut properties = record["properties"].clone();
    for found in relations(model, source.models) {
        properties[found.name()] = match found.relation {
            Relation::Parent => json!({"anyOf": [shown(found.of), {"type": "null"}]}),
            Relation::List => json!({"type": "array", "items": shown(found.child)}),
            _ => continue,
        };
    }
    let part = json!({
        "type": "object",
        "description": "The record, or the properties in `$select`, with the relations in `$with`; only the id if the caller may not read the record.",
        "properties": properties,
        "additionalProperties": false,
    });
    document.add_schema(&format!("{name}.record"), record);
    document.add_schema(&shown_name(model), part);
}

/// The schema of the response to a write: the record, or only its id if the caller may not read it.
pub(super) fn written(document: &OpenApiDocument<'_>, model: &Model) -> Value {
    if document.source.has_policies(model) {
        shown(model)
    } else {
        schema(&format!("{}.record", model.definition.name))
    }
}

/// The schema of an id.
pub(super) fn id(model: &Model) -> Value {
    let mut id = moved(model.properties[model.definition.id].schema.as_value());
    bound_id(&mut id, model.definition.key);
    id
}

/// Writes into the properties of a payload what ids and indexed texts may be, which the description
/// leaves to the server.
pub(super) fn bound(payload: &mut Value, model: &Model, models: &[Model]) {
    let Some(properties) = payload["properties"].as_object_mut() else {
        return;
    };
    for (at, property) in model.definition.properties.iter().enumerate() {
        let Some(schema) = properties.get_mut(property.name) else {
            continue;
        };
        if let Some(of) = identified(model, at, models) {
            bound_id(schema, of.definition.key);
        } else if is_bounded(property) && model.kind(at) == JsonKind::Text {
            add_words(schema, [("maxLength", SORTED_BYTES.into())]);
        }
    }
}

fn is_bounded(property: &Property) -> bool {
    property.is_indexed() && !property.wide
}

/// The resource whose ids the property at `at` holds.
fn identified<'a>(model: &'a Model, at: usize, models: &'a [Model]) -> Option<&'a Model> {
    if at == model.definition.id {
        return Some(model);
    }
    let mut parents = model.definition.parents.iter();
    let parent = parents.find(|parent| parent.property == at)?;
    models.iter().find(|it| it.definition.name == parent.of)
}

fn bound_id(schema: &mut Value, kind: KeyKind) {
    if kind == KeyKind::Text {
        let words = [
            ("minLength", 1.into()),
            ("maxLength", MAX_ID_BYTES.into()),
            ("pattern", PLAIN.into()),
        ];
        add_words(schema, words);
    }
}

/// Adds what is not there.
fn add_words<const N: usize>(schema: &mut Value, words: [(&str, Value); N]) {
    let mut own: Map<_, _> = words
        .map(|(word, value)| (word.to_owned(), value))
        .into_iter()
        .collect();
    if let Value::Object(said) = schema {
        own.append(said);
        *said = own;
    }
}
