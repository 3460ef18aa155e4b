//! The description of everything that is served: JSON Schema for each payload, result and event.

mod keywords;
mod live;
mod relations;

pub(crate) use keywords::add as add_rules;

use crate::core::config::MAX_IDS;
use crate::core::error::Result;
use crate::engine::call::method::{Remote, Takes};
use crate::engine::table::{ResourceEntry, Resources};
use crate::model::definition::{Access, Property};
use crate::model::raw_payload;
use crate::model::reader::DescribedProperty;
use crate::model::resource::Resource;
use crate::model::resource_model::{Model, Shape};
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;

/// The description as the text that every client gets, and a digest to compare it by.
#[derive(Debug)]
pub(crate) struct Description {
    pub(crate) text: String,
    pub(crate) digest: String,
    value: OnceLock<Value>,
}

impl Description {
    /// The description as a value, which few ask for.
    pub(crate) fn value(&self) -> &Value {
        // It is our own text.
        let read = || serde_json::from_str(&self.text).unwrap_or_default();
        self.value.get_or_init(read)
    }

    /// The models of what is served, and how they describe themselves.
    ///
    /// # Errors
    ///
    /// Where a default does not keep to its rules, or a payload could never be read.
    pub(crate) fn of(resources: Resources) -> Result<(Vec<Model>, Self)> {
        let mut generator = SchemaSettings::draft2020_12().into_generator();
        let entries = resources.entries();
        let models: Vec<Model> = (0..)
            .zip(entries)
            .map(|(index, entry)| Model::new(&entry.shape, index, &mut generator))
            .collect();
        for (entry, model) in entries.iter().zip(&models) {
            model.check_defaults()?;
            for remote in entry.remotes {
                remote.check(model, &mut generator)?;
            }
        }
        let description = Self::new(entries, &models, generator);
        Ok((models, description))
    }

    fn new(entries: &[ResourceEntry], models: &[Model], mut generator: SchemaGenerator) -> Self {
        let mut resources: Map<String, Value> = entries
            .iter()
            .zip(models)
            .map(|(entry, model)| {
                (
                    model.definition.name.to_owned(),
                    resource(entry, model, &mut generator),
                )
            })
            .collect();
        relations::add(models, &mut resources);
        let mut body = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "resources": resources,
            "$defs": generator.take_definitions(true),
        });
        keywords::bound_integers(&mut body);
        let mut hasher = DefaultHasher::new();
        body.to_string().hash(&mut hasher);
        let digest = format!("{:016x}", hasher.finish());
        body["schema"] = digest.clone().into();
        Self {
            text: body.to_string(),
            digest,
            value: OnceLock::new(),
        }
    }
}

/// The schema of `R` where it is part of a result: what is sent of it.
pub fn record_schema<R: Resource>(generator: &mut SchemaGenerator) -> Schema {
    let model = Model::new(&Shape::of::<R>(), 0, generator);
    Schema::try_from(record(&model)).unwrap_or_default()
}

fn record(model: &Model) -> Value {
    object(
        model.definition.title,
        model.definition.doc,
        &record_properties(model),
    )
}

fn resource(entry: &ResourceEntry, model: &Model, generator: &mut SchemaGenerator) -> Value {
    let definition = model.definition;
    let id = || model.properties[definition.id].schema.clone().to_value();
    let one = object("", "", &[record_member(model, definition.id)]);
    let query = json!({"type": "object", "description": "conditions, $sort, $limit, $skip, $after, $select, $with"});
    // What stands in several places is written once.
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
        "Stores a new record.",
        object("", "", &written(model, false)),
        &record,
    );
    add(
        "save",
        "Creates the record, or replaces what may be written of it.",
        if definition.serves("create") {
            json!({"$ref": format!("{here}/actions/create/payload")})
        } else {
            object("", "", &written(model, false))
        },
        &record,
    );
    add(
        "update",
        "Changes what is given.",
        object("", "", &written(model, true)),
        &record,
    );
    add(
        "destroy",
        "Removes the record, and returns it as it was.",
        one,
        &record,
    );
    for name in ["find", "all"] {
        let description = "Lists the records that meet the conditions.";
        add(name, description, query.clone(), &list);
    }
    add(
        "count",
        "Counts the records that meet the conditions.",
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
        "Reads a record, or several in the order asked.",
        get,
        &json!({"anyOf": [record, {"type": "array", "items": maybe}]}),
    );
    for (name, description, payload, result) in live::actions(&list) {
        add(name, description, payload, &result);
    }
    for remote in entry.remotes {
        add(
            remote.name,
            remote.doc,
            arguments(remote, model, generator),
            &(remote.result)(generator).to_value(),
        );
    }
    let events = definition.events.iter().map(|event| {
        let data = (event.schema)(generator).to_value();
        let told = json!({"description": event.doc, "data": data});
        (event.name.to_owned(), told)
    });
    let events: Map<_, _> = events.collect();
    json!({
        "plural": definition.plural,
        "description": definition.doc,
        "record": self::record(model),
        "actions": actions,
        "events": events,
    })
}

/// A property in an object, and whether it must be there.
struct Member {
    name: &'static str,
    schema: Value,
    required: bool,
}

fn object(title: &str, description: &str, members: &[Member]) -> Value {
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

fn member(model: &Model, at: usize, required: bool) -> Member {
    let property = &model.definition.properties[at];
    Member {
        name: property.name,
        schema: annotated(property, &model.properties[at]),
        required,
    }
}

/// The schema of a property's type, with what the declaration adds.
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
    }
    schema
}

fn record_properties(model: &Model) -> Vec<Member> {
    let sent = |at: &usize| model.definition.properties[*at].access.is_sent();
    (0..model.properties.len())
        .filter(sent)
        .map(|at| record_member(model, at))
        .collect()
}

/// What a record has is always there; a default says nothing about that.
fn record_member(model: &Model, at: usize) -> Member {
    member(model, at, true)
}

/// What a client may write: for a change only the id must be there, else what has no default.
fn written(model: &Model, change: bool) -> Vec<Member> {
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

/// A property in a change: what is left out stays, whatever its default is.
fn changed(model: &Model, at: usize) -> Member {
    let mut member = member(model, at, at == model.definition.id);
    if let Value::Object(schema) = &mut member.schema {
        schema.remove("default");
    }
    member
}

fn arguments(remote: &Remote, model: &Model, generator: &mut SchemaGenerator) -> Value {
    let described = remote.described(generator);
    let id = (remote.takes != Takes::Nothing).then(|| record_member(model, model.definition.id));
    if let (true, [payload]) = (remote.takes_whole(), &*described) {
        let id = id.map(|id| (id.name, id.schema));
        return raw_payload::schema(payload, id, generator.definitions());
    }
    let parameters = remote
        .parameters
        .iter()
        .zip(&described)
        .map(|(parameter, described)| Member {
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
