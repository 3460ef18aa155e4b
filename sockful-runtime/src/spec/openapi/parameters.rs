//! Parameters in the query string and in headers.

use super::conditions;
use super::conditions::{Compared, ConditionOperand};
use super::{OpenApiDocument, component};
use crate::model::resource_model::Model;
use crate::query::MAX_VALUES;
use crate::spec::components::schema;
use serde_json::{Value, json};

/// Adds what all operations choose from, and what each resource may be asked.
pub(super) fn add_shared(document: &mut OpenApiDocument<'_>) {
    for (name, text, schema) in headers() {
        let header = json!({"name": name, "in": "header", "description": text, "schema": schema});
        document.add_parameter(name, header);
    }
}

fn headers() -> [(&'static str, &'static str, Value); 5] {
    let revision = r#"^"(0|[1-9][0-9]{0,14})"$"#;
    let uuid = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";
    [
        (
            "traceparent",
            "A W3C trace context.",
            json!({"type": "string"}),
        ),
        (
            "Idempotency-Key",
            "A new UUID of version 7: the request takes effect at most once, even if it is sent again.",
            json!({"type": "string", "format": "uuid", "pattern": uuid}),
        ),
        (
            "If-Match",
            "The revision that the record must have, in quotes: its `ETag`.",
            json!({"type": "string", "pattern": revision}),
        ),
        (
            "If-None-Match",
            "The revision that the client already has, in quotes: its `ETag`.",
            json!({"type": "string"}),
        ),
        (
            "Last-Event-ID",
            "Resumes a stream: the `id` of the last event received.",
            json!({"type": "string"}),
        ),
    ]
}

/// Adds the parameters of a resource.
pub(super) fn add(document: &mut OpenApiDocument<'_>, model: &Model) {
    for asked in conditions::asked(model) {
        for (key, parameter) in of_property(model, asked.property.doc, &asked) {
            document.add_parameter(&key, parameter);
        }
    }
    let (_, most) = model.page(document.source.config);
    let joined = schema(&conditions::conditions_name(model));
    let list = json!({"type": "array", "items": joined, "minItems": 1});
    let mut words = vec![("$sort", sort(model))];
    for (name, value) in conditions::words(most) {
        words.push((name, plain(name, value)));
    }
    for (name, text, value) in [
        ("$or", "At least one of these conditions must match.", &list),
        ("$and", "All of these conditions must match.", &list),
        ("$not", "This condition must not match.", &joined),
    ] {
        let text = json!({
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": value,
            "description": text,
        });
        words.push((name, plain(name, text)));
    }
    for (name, parameter) in words {
        document.add_parameter(&key(model, name), parameter);
    }
    for (name, value) in conditions::shaping(document, model) {
        document.add_parameter(&key(model, &name), plain(&name, value));
    }
}

/// The parameters of a count, but for conditions on the property that the address says.
pub(super) fn conditions(model: &Model, said: Option<&str>) -> Vec<Value> {
    let asked = conditions::asked(model).filter(|it| Some(it.property.name) != said);
    let keys = asked.flat_map(|asked| {
        let each = of_property(model, "", &asked);
        each.into_iter().map(|(key, _)| key)
    });
    let joints = ["$or", "$and", "$not"].map(|name| key(model, name));
    keys.chain(joints)
        .map(|key| component("parameters", &key))
        .collect()
}

/// The parameters of a list.
pub(super) fn list(
    document: &OpenApiDocument<'_>,
    model: &Model,
    said: Option<&str>,
) -> Vec<Value> {
    let words = ["$sort", "$limit", "$skip", "$after"];
    let words = words.map(|name| component("parameters", &key(model, name)));
    let all = conditions(model, said).into_iter().chain(words);
    all.chain(shaping(document, model)).collect()
}

/// The parameters of one record.
pub(super) fn shaping(document: &OpenApiDocument<'_>, model: &Model) -> Vec<Value> {
    let words = conditions::shaping(document, model).into_iter();
    words
        .map(|(name, _)| component("parameters", &key(model, &name)))
        .collect()
}

/// The name of a parameter among the components.
fn key(model: &Model, name: &str) -> String {
    let name = name.replace("[$", ".").replace(['$', ']'], "");
    format!("{}.by.{name}", model.definition.name)
}

/// The parameters for conditions on one property, by the names of their components.
fn of_property(model: &Model, doc: &str, asked: &ConditionOperand) -> Vec<(String, Value)> {
    let (name, compared) = (asked.property.name, asked.compared);
    // A text is taken as it is, and can't be null.
    let (value, equal) = match compared {
        Compared::Opaque => return Vec::new(),
        Compared::Bool | Compared::Number => (asked.value(), asked.nullable()),
        Compared::Text | Compared::Wide => (asked.value(), asked.value().unwrap_or_default()),
    };
    let mut found = Vec::new();
    let mut add = |name: &str, schema: &Value, text: &str| {
        let mut parameter = plain(name, schema.clone());
        if !text.is_empty() {
            parameter["description"] = text.into();
        }
        found.push((key(model, name), parameter));
    };
    add(name, &equal, doc);
    add(&format!("{name}[$ne]"), &equal, "");
    let mut item = equal.clone();
    if compared == Compared::Text {
        let no_comma = json!({"type": "string", "pattern": "^[^,]*$"});
        item = if item == json!({"type": "string"}) {
            no_comma
        } else {
            json!({"allOf": [item, no_comma]})
        };
    }
    let list = json!({"type": "array", "items": item, "minItems": 1, "maxItems": MAX_VALUES});
    for word in ["$in", "$nin"] {
        add(&format!("{name}[{word}]"), &list, "");
    }
    for word in ["$gt", "$gte", "$lt", "$lte"]
        .into_iter()
        .filter(|_| compared.has_order())
    {
        add(
            &format!("{name}[{word}]"),
            &value.clone().unwrap_or_default(),
            "",
        );
    }
    if asked.has_prefix() {
        add(&format!("{name}[$prefix]"), &json!({"type": "string"}), "");
    }
    found
}

/// `-life,kind`: each property once, in one direction.
fn sort(model: &Model) -> Value {
    let names: Vec<_> = conditions::sortable(model).collect();
    let keys: Vec<_> = names
        .iter()
        .flat_map(|name| [(*name).to_owned(), format!("-{name}")])
        .collect();
    let both = names.iter().map(|name| {
        let has = |key: String| json!({"contains": {"const": key}});
        json!({"allOf": [has((*name).to_owned()), has(format!("-{name}"))]})
    });
    plain(
        "$sort",
        json!({
            "type": "array",
            "items": {"type": "string", "enum": keys},
            "minItems": 1,
            "uniqueItems": true,
            "not": {"anyOf": both.collect::<Vec<_>>()},
            "description": "The sort keys, most significant first; `-` means descending.",
        }),
    )
}

/// A parameter of a query, of which a list is written with commas.
fn plain(name: &str, mut schema: Value) -> Value {
    let text = schema
        .as_object_mut()
        .and_then(|own| own.remove("description"));
    let is_list = schema["type"] == "array";
    let mut parameter = json!({"name": name, "in": "query", "schema": schema});
    if let Some(text) = text {
        parameter["description"] = text;
    }
    if is_list {
        parameter["style"] = "form".into();
        parameter["explode"] = false.into();
    }
    parameter
}
