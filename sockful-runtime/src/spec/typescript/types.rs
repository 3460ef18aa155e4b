//! Translates a JSON Schema into a TypeScript type.

use super::names::Names;
use super::text::{key, string};
use serde_json::{Map, Value};

/// Up to which length an array of a fixed one is a tuple.
const MAX_TUPLE: u64 = 16;

/// Writes types.
#[derive(Debug)]
pub(super) struct Types<'a> {
    pub(super) names: &'a Names,
}

/// A type, and whether it must be set in parentheses beside others.
struct Type {
    text: String,
    is_compound: bool,
}

impl Type {
    fn simple(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_compound: false,
        }
    }

    fn grouped(self) -> String {
        if self.is_compound {
            format!("({})", self.text)
        } else {
            self.text
        }
    }

    fn union(parts: Vec<Self>) -> Self {
        let mut texts = Vec::new();
        let mut alone = None;
        for part in parts {
            if part.text == "unknown" {
                return part;
            }
            if part.text != "never" && !texts.contains(&part.text) {
                texts.push(part.text.clone());
                alone = Some(part);
            }
        }
        match (texts.len(), alone) {
            (0, _) | (_, None) => Self::simple("never"),
            (1, Some(alone)) => alone,
            _ => Self {
                text: texts.join(" | "),
                is_compound: true,
            },
        }
    }

    fn intersection(parts: Vec<Self>) -> Self {
        let mut parts: Vec<_> = parts
            .into_iter()
            .filter(|it| it.text != "unknown")
            .collect();
        match parts.len() {
            0 => Self::simple("unknown"),
            1 => parts.remove(0),
            _ => {
                let texts: Vec<_> = parts.into_iter().map(Self::grouped).collect();
                Self {
                    text: texts.join(" & "),
                    is_compound: true,
                }
            }
        }
    }
}

impl<'a> Types<'a> {
    pub(super) fn new(names: &'a Names) -> Self {
        Self { names }
    }

    /// The type of what `schema` takes.
    pub(super) fn of(&self, schema: &Value) -> String {
        self.schema(schema).text
    }

    fn schema(&self, schema: &Value) -> Type {
        let keywords = match schema {
            Value::Bool(false) => return Type::simple("never"),
            Value::Object(keywords) => keywords,
            _ => return Type::simple("unknown"),
        };
        if let Some(value) = keywords.get("const") {
            return Type::simple(literal(value));
        }
        if let Some(Value::Array(values)) = keywords.get("enum") {
            let values = values.iter().map(|value| Type::simple(literal(value)));
            return Type::union(values.collect());
        }
        let mut parts = Vec::new();
        if let Some(reference) = keywords.get("$ref").and_then(Value::as_str) {
            parts.push(Type::simple(self.names.target(reference)));
        }
        let list = |key: &str| keywords.get(key).and_then(Value::as_array);
        for part in list("allOf").into_iter().flatten() {
            parts.push(self.schema(part));
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(schemas) = list(key) {
                parts.push(Type::union(
                    schemas.iter().map(|it| self.schema(it)).collect(),
                ));
            }
        }
        let says_nothing = keywords.get("type") == Some(&Value::from("object"))
            && !keywords.contains_key("properties")
            && !parts.is_empty();
        if !says_nothing {
            parts.push(self.own(keywords));
        }
        Type::intersection(parts)
    }

    /// The keywords beside the combined schemas.
    fn own(&self, keywords: &Map<String, Value>) -> Type {
        match keywords.get("type") {
            Some(Value::String(name)) => self.named(name, keywords),
            Some(Value::Array(names)) => {
                let names = names.iter().filter_map(Value::as_str);
                Type::union(names.map(|name| self.named(name, keywords)).collect())
            }
            _ if keywords.contains_key("properties") => self.object(keywords),
            _ => Type::simple("unknown"),
        }
    }

    fn named(&self, name: &str, keywords: &Map<String, Value>) -> Type {
        match name {
            "string" if is_wide(keywords) => Type::simple("bigint"),
            "string" | "boolean" | "null" => Type::simple(name),
            "integer" | "number" => Type::simple("number"),
            "array" => self.array(keywords),
            "object" => self.object(keywords),
            _ => Type::simple("unknown"),
        }
    }

    fn array(&self, keywords: &Map<String, Value>) -> Type {
        let items = keywords.get("items");
        let item = items.map_or(Type::simple("unknown"), |items| self.schema(items));
        if let Some(Value::Array(first)) = keywords.get("prefixItems") {
            let first: Vec<_> = first.iter().map(|schema| self.of(schema)).collect();
            return Type::simple(format!("[{}]", first.join(", ")));
        }
        let [least, most] = ["minItems", "maxItems"].map(|key| keywords.get(key)?.as_u64());
        match (least, most) {
            (Some(least), Some(most)) if least == most && most <= MAX_TUPLE => {
                let items = vec![&*item.text; usize::try_from(most).unwrap_or_default()];
                Type::simple(format!("[{}]", items.join(", ")))
            }
            _ => Type::simple(format!("{}[]", item.grouped())),
        }
    }

    fn object(&self, keywords: &Map<String, Value>) -> Type {
        let named = keywords.get("properties").and_then(Value::as_object);
        // Required properties come first.
        let (needed, rest): (Vec<_>, Vec<_>) = named
            .into_iter()
            .flatten()
            .partition(|(name, _)| is_required(keywords, name));
        let needed = needed.into_iter().map(|member| (member, true));
        let all = needed.chain(rest.into_iter().map(|member| (member, false)));
        let mut members: Vec<_> = all
            .map(|((name, schema), is_required)| self.member(name, schema, is_required))
            .collect();
        let patterns = keywords.get("patternProperties").and_then(Value::as_object);
        let others = match patterns.and_then(|patterns| patterns.values().next()) {
            None => keywords.get("additionalProperties"),
            pattern => pattern,
        };
        match others {
            Some(Value::Bool(false)) => {}
            Some(schema) if members.is_empty() => {
                members.push(format!("[key: string]: {}", self.of(schema)));
            }
            // Named properties need not have the type of additional properties.
            Some(_) => members.push("[key: string]: unknown".to_owned()),
            None if members.is_empty() => members.push("[key: string]: unknown".to_owned()),
            None => {}
        }
        Type::simple(match &*members.join("; ") {
            "" => "{}".to_owned(),
            members => format!("{{ {members} }}"),
        })
    }

    /// `name: type`, or `name?: type`.
    pub(super) fn member(&self, name: &str, schema: &Value, is_required: bool) -> String {
        let mark = if is_required { "" } else { "?" };
        format!("{}{mark}: {}", key(name), self.of(schema))
    }
}

pub(super) fn is_required(keywords: &Map<String, Value>, name: &str) -> bool {
    let required = keywords.get("required").and_then(Value::as_array);
    required.is_some_and(|names| names.iter().any(|one| one == name))
}

/// Whether strings of this schema are wide integers, which the client makes `bigint` of.
fn is_wide(keywords: &Map<String, Value>) -> bool {
    let format = keywords.get("format").and_then(Value::as_str);
    format.is_some_and(|format| ["u64", "i64", "u128", "i128"].contains(&format))
}

/// The type of one value.
fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => string(text),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(literal).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(properties) => {
            let member = |(name, value): (&String, _)| format!("{}: {}", key(name), literal(value));
            let members: Vec<_> = properties.iter().map(member).collect();
            format!("{{ {} }}", members.join("; "))
        }
        other => other.to_string(),
    }
}
