//! Schemas of conditions and queries.

use super::{OpenApiDocument, moved};
use crate::engine::call::include;
use crate::model::definition::{KeyForm, KeyKind, Property, Relation};
use crate::model::resource_model::Model;
use crate::model::validation::JsonKind;
use crate::query::{MAX_SKIP, MAX_STEPS, MAX_VALUES};
use crate::spec::components::schema;
use crate::spec::relation_routes::relations;
use serde_json::{Map, Value, json};

/// The type of the values that a property is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    Bool,
    Number,
    Text,
    /// A decimal text, which has no order.
    Wide,
    /// Null alone.
    Opaque,
}

impl Compared {
    const ALL: [Self; 5] = [
        Self::Bool,
        Self::Number,
        Self::Text,
        Self::Wide,
        Self::Opaque,
    ];

    fn of(model: &Model, at: usize) -> Self {
        match model.kind(at) {
            _ if at == model.definition.id && model.kind(at) == JsonKind::Other => Self::Text,
            _ if model.definition.properties[at].wide => Self::Wide,
            JsonKind::Bool => Self::Bool,
            JsonKind::Integer | JsonKind::Number => Self::Number,
            JsonKind::Text => Self::Text,
            JsonKind::Other => Self::Opaque,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Bool => "sockful.boolean",
            Self::Number => "sockful.number",
            Self::Text => "sockful.text",
            Self::Wide => "sockful.wide",
            Self::Opaque => "sockful.opaque",
        }
    }

    pub(super) fn has_order(self) -> bool {
        !matches!(self, Self::Wide | Self::Opaque)
    }

    /// A value, null aside; `None` where there is no other.
    fn value(self) -> Option<Value> {
        match self {
            Self::Bool => Some(json!({"type": "boolean"})),
            Self::Number => Some(json!({"type": "number"})),
            Self::Text => Some(json!({"type": "string"})),
            Self::Wide => Some(json!({"type": "string", "pattern": "^(0|-?[1-9][0-9]*)$"})),
            Self::Opaque => None,
        }
    }
}

/// A property that may be asked for.
pub(super) struct ConditionOperand {
    pub(super) property: &'static Property,
    pub(super) compared: Compared,
    /// The schema of the values of its type, if not every string is valid.
    own: Option<Value>,
}

impl ConditionOperand {
    fn of(model: &Model, at: usize) -> Self {
        let (property, compared) = (&model.definition.properties[at], Compared::of(model, at));
        let is_own = compared == Compared::Text
            && (at != model.definition.id || model.definition.key != KeyKind::Text);
        let own = is_own.then(|| not_null(moved(model.properties[at].schema.as_value())));
        Self {
            property,
            compared,
            own: own.filter(|own| *own != json!({"type": "string"})),
        }
    }

    /// Whether it may be asked what its texts begin with.
    pub(super) fn has_prefix(&self) -> bool {
        self.compared == Compared::Text && self.property.key_form == KeyForm::Json
    }

    /// A value, null aside; `None` where there is no other.
    pub(super) fn value(&self) -> Option<Value> {
        self.own.clone().or_else(|| self.compared.value())
    }

    /// A value, or null.
    pub(super) fn nullable(&self) -> Value {
        let null = json!({"type": "null"});
        match (&self.own, self.compared.value()) {
            (Some(own), _) => json!({"anyOf": [own, null]}),
            (None, Some(mut value)) => {
                value["type"] = json!([value["type"], "null"]);
                value
            }
            (None, None) => null,
        }
    }

    /// The condition, which properties share that take every text.
    fn condition(&self) -> Value {
        match self.own {
            Some(_) => self.own_condition(),
            None => schema(self.compared.name()),
        }
    }

    /// The schema of a condition on such a property: a value, or operators.
    fn own_condition(&self) -> Value {
        let mut operators = json!({"$ne": self.nullable()});
        if let Some(value) = self.value() {
            for word in ["$in", "$nin"] {
                operators[word] =
                    json!({"type": "array", "items": self.nullable(), "maxItems": MAX_VALUES});
            }
            for word in ["$gt", "$gte", "$lt", "$lte"]
                .into_iter()
                .filter(|_| self.compared.has_order())
            {
                operators[word] = value.clone();
            }
        }
        if self.has_prefix() {
            operators["$prefix"] = json!({"type": "string"});
        }
        let operators = json!({
            "type": "object",
            "properties": operators,
            "minProperties": 1,
            "additionalProperties": false,
        });
        json!({"anyOf": [self.nullable(), operators]})
    }
}

/// The properties that may be asked for, each with what it is compared with.
pub(super) fn asked(model: &Model) -> impl Iterator<Item = ConditionOperand> {
    let properties = model.definition.properties.iter().enumerate();
    let sent = properties.filter(|(_, property)| property.access.is_sent());
    sent.map(|(at, _)| ConditionOperand::of(model, at))
}

/// The schema of the values of an `Option` that are not null.
fn not_null(mut schema: Value) -> Value {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [one] = &types[..] {
            schema["type"] = one.clone();
        }
    }
    let option = schema.get("anyOf").and_then(Value::as_array);
    match option.map(Vec::as_slice) {
        Some([one, null]) if null["type"] == "null" => one.clone(),
        _ => schema,
    }
}

/// Adds what the conditions of all resources are made of.
pub(super) fn add_shared(document: &mut OpenApiDocument<'_>) {
    const ANY: &Property = &Property::new("any", "");
    for compared in Compared::ALL {
        let asked = ConditionOperand {
            property: ANY,
            compared,
            own: None,
        };
        document.add_schema(compared.name(), asked.own_condition());
    }
}

/// Adds the conditions and the query of a resource.
pub(super) fn add(document: &mut OpenApiDocument<'_>, model: &Model) {
    let models = document.source.models;
    if is_child(model, models) {
        for steps in 0..MAX_STEPS {
            let properties = conditions(model, models, steps);
            document.add_schema(&conditions_within(model, steps), object(&properties));
        }
    }
    let mut properties = conditions(model, models, MAX_STEPS);
    document.add_schema(&conditions_name(model), object(&properties));
    let directions: Map<_, _> = sortable(model)
        .map(|name| (name.to_owned(), json!({"enum": [1, -1]})))
        .collect();
    properties.insert("$sort".to_owned(), object(&directions));
    let (_, most) = model.page(document.source.config);
    for (word, value) in words(most) {
        properties.insert(word.to_owned(), value);
    }
    // Only a frame has room for the values of a position.
    let position = json!({"type": "object", "description": "The properties of `$sort` and the id of the record that the list continues behind."});
    if let Some(after) = properties.get_mut("$after") {
        *after = json!({"anyOf": [after, position]});
    }
    properties.extend(shaping(document, model));
    document.add_schema(&query_name(model), object(&properties));
}

fn object(properties: &Map<String, Value>) -> Value {
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

/// Whether conditions on another resource refer to the conditions on this one.
fn is_child(model: &Model, models: &[Model]) -> bool {
    let mut all = models.iter().flat_map(|of| relations(of, models));
    all.any(|it| matches!(it.relation, Relation::List) && it.child.index == model.index)
}

/// The conditions on a resource, by their keys, through at most `steps` relations.
fn conditions(model: &Model, models: &[Model], steps: usize) -> Map<String, Value> {
    let mut conditions: Map<String, Value> = asked(model)
        .map(|it| (it.property.name.to_owned(), it.condition()))
        .collect();
    if steps > 0 {
        conditions.extend(over_relations(model, models, steps));
    }
    let here = schema(&conditions_within(model, steps));
    let list = json!({"type": "array", "items": here, "minItems": 1});
    for (word, joined) in [("$or", list.clone()), ("$and", list), ("$not", here)] {
        conditions.insert(word.to_owned(), joined);
    }
    conditions
}

/// The name of the schema of conditions through at most `steps` relations.
fn conditions_within(model: &Model, steps: usize) -> String {
    let name = conditions_name(model);
    if steps == MAX_STEPS {
        name
    } else {
        format!("{name}Within{steps}")
    }
}

/// The conditions over relations, by their keys, through at most `steps` relations, which is not 0.
fn over_relations(model: &Model, models: &[Model], steps: usize) -> Map<String, Value> {
    let mut conditions = Map::new();
    for found in relations(model, models) {
        let name = found.name();
        match found.relation {
            Relation::Parent => {
                for it in asked(found.of) {
                    conditions.insert(format!("{name}.{}", it.property.name), it.condition());
                }
                if steps > 1 {
                    for (key, condition) in over_relations(found.of, models, steps - 1) {
                        conditions.insert(format!("{name}.{key}"), condition);
                    }
                }
            }
            Relation::List => {
                let of_child = schema(&conditions_within(found.child, steps - 1));
                let quantified = json!({
                    "type": "object",
                    "properties": {"$some": of_child, "$none": of_child},
                    "minProperties": 1,
                    "additionalProperties": false,
                });
                conditions.insert(name.to_owned(), quantified);
            }
            _ => {}
        }
    }
    conditions
}

/// The words of a query that are numbers and texts, where a list has at most so many records.
pub(super) fn words(most: usize) -> [(&'static str, Value); 3] {
    [
        (
            "$limit",
            json!({"type": "integer", "minimum": 0, "maximum": most, "description": "The maximum number of records."}),
        ),
        (
            "$skip",
            json!({"type": "integer", "minimum": 0, "maximum": MAX_SKIP, "description": "The number of records to skip."}),
        ),
        (
            "$after",
            json!({"type": "string", "description": "Continues an earlier list: its `next`, with the same `$sort`."}),
        ),
    ]
}

/// The words that say what is shown of a record.
pub(super) fn shaping(document: &OpenApiDocument<'_>, model: &Model) -> Vec<(String, Value)> {
    let names: Vec<_> = asked(model).map(|it| it.property.name).collect();
    let select = json!({
        "type": "array",
        "items": {"enum": names},
        "minItems": 1,
        "uniqueItems": true,
        "description": "The properties to return.",
    });
    let mut words = vec![("$select".to_owned(), select)];
    let paths = included(model, document.source.models, include::MAX_DEPTH);
    if !paths.is_empty() {
        let with = json!({
            "type": "array",
            "items": {"type": "string", "enum": paths},
            "minItems": 1,
            "description": "The relations to include with each record.",
        });
        words.push(("$with".to_owned(), with));
    }
    words
}

/// The properties that lists are sorted by.
pub(super) fn sortable(model: &Model) -> impl Iterator<Item = &'static str> {
    asked(model)
        .filter(|it| it.compared.has_order())
        .map(|it| it.property.name)
}

pub(super) fn conditions_name(model: &Model) -> String {
    format!("{}.conditions", model.definition.name)
}

pub(super) fn query_name(model: &Model) -> String {
    format!("{}.query", model.definition.name)
}

/// The ways through relations, such as `songs.album`.
fn included(model: &Model, models: &[Model], depth: usize) -> Vec<String> {
    let mut paths = Vec::new();
    for found in relations(model, models) {
        let next = match found.relation {
            Relation::Parent => found.of,
            Relation::List => found.child,
            _ => continue,
        };
        let name = found.name();
        paths.push(name.to_owned());
        if depth > 1 {
            let further = included(next, models, depth - 1);
            paths.extend(further.iter().map(|path| format!("{name}.{path}")));
        }
    }
    paths
}
