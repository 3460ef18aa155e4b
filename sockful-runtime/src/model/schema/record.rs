//! JSON Schema of records, and of other objects that consist of their properties.

use super::keywords;
use super::raw_payload;
use crate::model::definition::{Access, Property};
use crate::model::reader::DescribedProperty;
use crate::model::resource::Resource;
use crate::model::resource_model::{Model, Shape};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// Returns the schema of a record of `R` as clients receive it.
pub fn record_schema<R: Resource>(generator: &mut SchemaGenerator) -> Schema {
    let model = Model::new(&Shape::of::<R>(), 0, generator);
    Schema::try_from(record(&model)).unwrap_or_default()
}

/// Returns the schema of a record as clients receive it.
pub(super) fn record(model: &Model) -> Value {
    object(
        model.definition.title,
        model.definition.doc,
        &record_properties(model),
    )
}

/// A property of an object.
pub(super) struct ObjectMember {
    pub(super) name: &'static str,
    pub(super) schema: Value,
    pub(super) required: bool,
}

/// Returns the schema of an object that has these members and no others.
pub(super) fn object(title: &str, description: &str, members: &[ObjectMember]) -> Value {
    let properties: Map<_, _> = members
        .iter()
        .map(|it| (it.name.to_owned(), it.schema.clone()))
        .collect();
    let required: Vec<_> = members
        .iter()
        .filter(|it| it.required)
        .map(|it| it.name)
        .collect();
    let mut object = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    for (key, text) in [("title", title), ("description", description)] {
        if !text.is_empty() {
            object[key] = text.into();
        }
    }
    object
}

fn member(model: &Model, at: usize, required: bool) -> ObjectMember {
    let property = &model.definition.properties[at];
    ObjectMember {
        name: property.name,
        schema: annotated(property, &model.properties[at]),
        required,
    }
}

/// Returns the schema of a property's type, with the keywords of its definition.
fn annotated(property: &Property, described: &DescribedProperty) -> Value {
    let mut schema = described.schema.clone().to_value();
    if let Value::Object(map) = &mut schema {
        if !property.doc.is_empty() {
            map.insert("description".to_owned(), property.doc.into());
        }
        if let Some(default) = &described.default {
            map.insert("default".to_owned(), default.clone());
        }
        match property.access {
            Access::ReadOnly => _ = map.insert("readOnly".to_owned(), true.into()),
            Access::WriteOnly => _ = map.insert("writeOnly".to_owned(), true.into()),
            Access::Open | Access::Private | Access::Immutable => {}
        }
        keywords::add(property, &described.types, map);
        if let Some(order) = property.key_form.order() {
            map.insert("x-order".to_owned(), order.into());
        }
    }
    schema
}

fn record_properties(model: &Model) -> Vec<ObjectMember> {
    let sent = |at: &usize| model.definition.properties[*at].access.is_sent();
    (0..model.properties.len())
        .filter(sent)
        .map(|at| record_member(model, at))
        .collect()
}

/// Returns a property of a record, which is always present, whether or not it has a default.
pub(super) fn record_member(model: &Model, at: usize) -> ObjectMember {
    member(model, at, true)
}

/// Returns the properties that a client may write. An update requires only the id, a new record every
/// property without a default.
pub(super) fn written(model: &Model, change: bool) -> Vec<ObjectMember> {
    let definition = model.definition;
    let settable = |at: &usize| {
        let access = definition.properties[*at].access;
        if change {
            access.is_changeable()
        } else {
            access.is_settable()
        }
    };
    (0..model.properties.len())
        .filter(settable)
        .map(|at| {
            let described = &model.properties[at];
            if change {
                return changed(model, at);
            }
            let needed = !described.has_default && !described.nullable;
            member(model, at, needed)
        })
        .collect()
}

/// Returns a property of an update: a missing property keeps its value, so there is no default.
fn changed(model: &Model, at: usize) -> ObjectMember {
    let mut member = member(model, at, at == model.definition.id);
    if let Value::Object(schema) = &mut member.schema {
        schema.remove("default");
    }
    member
}

/// Returns the schema of a method's payload. `has_self` means that it includes the id of a record.
pub(crate) fn arguments(
    model: &Model,
    has_self: bool,
    parameters: &[Property],
    described: &[DescribedProperty],
    generator: &SchemaGenerator,
) -> Value {
    let id = has_self.then(|| record_member(model, model.definition.id));
    if let ([_], [payload]) = (parameters, described)
        && parameters[0].is_raw_payload()
    {
        let id = id.map(|id| (id.name, id.schema));
        return raw_payload::schema(payload, id, generator.definitions());
    }
    let parameters = parameters
        .iter()
        .zip(described)
        .map(|(parameter, described)| ObjectMember {
            name: parameter.name,
            schema: annotated(parameter, described),
            required: !described.has_default && !described.nullable,
        });
    object(
        "",
        "",
        &id.into_iter().chain(parameters).collect::<Vec<_>>(),
    )
}
