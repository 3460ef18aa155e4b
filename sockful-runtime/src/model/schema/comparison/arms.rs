//! Splits a schema into alternatives, each of one type.

use super::gap::{Gap, StepBudget, excerpt};
use super::keywords::{Keywords, equal};
use serde_json::{Map, Value};

/// The maximum number of alternatives of a schema.
const MAX_ARMS: usize = 10_000;

/// The maximum nesting of references and alternatives.
const MAX_DEPTH: u8 = 32;

/// The keywords that combine schemas.
const COMBINED: [&str; 4] = ["$ref", "allOf", "anyOf", "oneOf"];

/// One alternative.
#[derive(Clone, Debug)]
pub(super) enum Arm<'a> {
    Any,
    Const(&'a Value),
    Typed(TypeSchema<'a>),
}

/// The values of one type that satisfy some keywords.
#[derive(Clone, Debug)]
pub(super) struct TypeSchema<'a> {
    pub(super) name: &'a str,
    pub(super) keywords: Keywords<'a>,
}

impl Arm<'_> {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Any => "any",
            Self::Const(value) => type_of(value),
            Self::Typed(typed) => typed.name,
        }
    }

    /// Returns the cost of copying the alternative.
    fn weight(&self) -> usize {
        match self {
            Self::Any | Self::Const(_) => 1,
            Self::Typed(typed) => typed.keywords.weight(),
        }
    }

    pub(super) fn is_const(&self) -> bool {
        matches!(self, Self::Const(_))
    }

    /// Returns the alternative as text for a message.
    pub(super) fn to_text(&self) -> String {
        match self {
            Self::Any => "anything".to_owned(),
            Self::Const(Value::Null) => "null".to_owned(),
            Self::Const(value) => format!("`{}`", excerpt(value)),
            Self::Typed(typed) => typed.to_text().to_owned(),
        }
    }
}

impl TypeSchema<'_> {
    pub(super) fn to_text(&self) -> &'static str {
        match self.name {
            "null" => "null",
            "boolean" => "a boolean",
            "integer" => "an integer",
            "number" => "a number",
            "string" => "a string",
            WIDE => "a wide integer",
            "array" => "an array",
            "object" => "an object",
            _ => "something else",
        }
    }
}

/// The type of wide integers: strings in JSON, but not compatible with other strings.
pub(super) const WIDE: &str = "wide";

/// Returns whether a schema of strings describes wide integers.
pub(super) fn is_wide(keywords: &Map<String, Value>) -> bool {
    let format = keywords.get("format").and_then(Value::as_str);
    format.is_some_and(|format| ["u64", "i64", "u128", "i128"].contains(&format))
}

pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Returns the alternatives of a schema in `document`.
pub(super) fn arms<'a>(
    document: &'a Value,
    schema: &'a Value,
    work: &mut StepBudget,
) -> Result<Vec<Arm<'a>>, Gap> {
    let mut split = Split { document, work };
    split.schema(schema, MAX_DEPTH)
}

struct Split<'a, 'w> {
    document: &'a Value,
    work: &'w mut StepBudget,
}

impl<'a> Split<'a, '_> {
    fn schema(&mut self, schema: &'a Value, depth: u8) -> Result<Vec<Arm<'a>>, Gap> {
        self.work.spend(1)?;
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Gap::Fault("refers to itself endlessly".to_owned()));
        };
        let keywords = match schema {
            Value::Bool(true) => return Ok(vec![Arm::Any]),
            Value::Bool(false) => return Ok(Vec::new()),
            Value::Object(keywords) => keywords,
            _ => {
                return Err(Gap::Fault(
                    "is not a schema: neither an object nor a boolean".into(),
                ));
            }
        };
        if !COMBINED.iter().any(|key| keywords.contains_key(*key)) {
            return self.plain(keywords);
        }
        let mut arms = self.rest(keywords)?;
        if let Some(reference) = keywords.get("$ref") {
            let target = reference.as_str().and_then(|it| it.strip_prefix('#'));
            self.work.spend(target.map_or(0, str::len) / 64)?;
            let target = target.and_then(|it| self.document.pointer(it));
            let fault = || {
                let reference = excerpt(reference);
                Gap::Fault(format!("refers to {reference}, which does not exist"))
            };
            let others = self.schema(target.ok_or_else(fault)?, depth)?;
            arms = self.both(&arms, &others)?;
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(schemas) = keywords.get(key).and_then(Value::as_array) {
                let mut others = Vec::new();
                for schema in schemas {
                    others.extend(self.schema(schema, depth)?);
                }
                arms = self.both(&arms, &others)?;
            }
        }
        for schema in keywords
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let others = self.schema(schema, depth)?;
            arms = self.both(&arms, &others)?;
        }
        Ok(arms)
    }

    /// Returns the alternatives of the keywords other than the combining ones.
    fn rest(&mut self, keywords: &'a Map<String, Value>) -> Result<Vec<Arm<'a>>, Gap> {
        let is_own = |key: &str| !COMBINED.contains(&key) && !is_annotation(key);
        self.work.spend(keywords.len())?;
        if !keywords.keys().any(|key| is_own(key)) {
            return Ok(vec![Arm::Any]);
        }
        self.typed(keywords)
    }

    fn plain(&mut self, keywords: &'a Map<String, Value>) -> Result<Vec<Arm<'a>>, Gap> {
        if let Some(value) = keywords.get("const") {
            return Ok(vec![Arm::Const(value)]);
        }
        if let Some(Value::Array(values)) = keywords.get("enum") {
            self.work.spend(values.len())?;
            return Ok(values.iter().map(Arm::Const).collect());
        }
        self.work.spend(keywords.len())?;
        if keywords.keys().all(|key| is_annotation(key)) {
            return Ok(vec![Arm::Any]);
        }
        self.typed(keywords)
    }

    /// Returns an alternative for each type of a schema.
    fn typed(&mut self, keywords: &'a Map<String, Value>) -> Result<Vec<Arm<'a>>, Gap> {
        let names = types(keywords);
        self.work.spend(names.len())?;
        let typed = |name| TypeSchema {
            name,
            keywords: Keywords::of(keywords),
        };
        Ok(names.into_iter().map(typed).map(Arm::Typed).collect())
    }

    /// Returns the alternatives that both accept: each of `these` combined with each of `others`.
    fn both(&mut self, these: &[Arm<'a>], others: &[Arm<'a>]) -> Result<Vec<Arm<'a>>, Gap> {
        let mut both = Vec::new();
        for this in these {
            for that in others {
                self.work.spend(1)?;
                match (this, that) {
                    (Arm::Any, other) | (other, Arm::Any) => {
                        self.work.spend(other.weight())?;
                        both.push(other.clone());
                    }
                    (Arm::Const(value), Arm::Typed(typed))
                    | (Arm::Typed(typed), Arm::Const(value)) => {
                        if typed.name == type_of(value) || typed.name == UNTYPED {
                            both.push(Arm::Const(value));
                        }
                    }
                    (Arm::Const(one), Arm::Const(other)) => {
                        if equal(one, other, self.work)? {
                            both.push(Arm::Const(one));
                        }
                    }
                    (Arm::Typed(one), Arm::Typed(other)) => {
                        both.extend(merged(one, other, self.work)?.map(Arm::Typed));
                    }
                }
                if both.len() > MAX_ARMS {
                    return Err(Gap::Fault("is too large to compare".to_owned()));
                }
            }
        }
        Ok(both)
    }
}

/// The name of the type of a schema without `type`.
const UNTYPED: &str = "";

fn types(keywords: &Map<String, Value>) -> Vec<&str> {
    let wide = |name| match name {
        "string" if is_wide(keywords) => WIDE,
        name => name,
    };
    match keywords.get("type") {
        Some(Value::String(name)) => vec![wide(name)],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(wide).collect(),
        _ if keywords.contains_key("properties") => vec!["object"],
        _ => vec![UNTYPED],
    }
}

fn merged<'a>(
    one: &TypeSchema<'a>,
    other: &TypeSchema<'a>,
    work: &mut StepBudget,
) -> Result<Option<TypeSchema<'a>>, Gap> {
    let name = match (one.name, other.name) {
        (UNTYPED, name) | (name, UNTYPED) => name,
        (one, other) if one == other => one,
        _ => return Ok(None),
    };
    let keywords = one.keywords.merged(&other.keywords, work)?;
    Ok(Some(TypeSchema { name, keywords }))
}

/// Returns whether a keyword does not restrict values.
fn is_annotation(key: &str) -> bool {
    matches!(
        key,
        "default" | "readOnly" | "writeOnly" | "title" | "description"
    )
}
