//! Parses the values that a property is compared with.

use super::CompareOp;
use super::path::Path;
use crate::core::bigint;
use crate::core::error::Result;
use crate::model::codec::OperandCodec;
use crate::model::definition::{KeyForm, Property};
use crate::model::resource_model::Model;
use crate::model::scalar::Scalar;
use crate::model::validation::JsonKind;
use serde_json::value::RawValue;

/// Parses the value that a property is compared with by `is`.
pub(super) fn parse(
    model: &Model,
    property: usize,
    is: CompareOp,
    raw: &str,
    path: &Path<'_>,
) -> Result<Scalar<'static>> {
    let sanitizes = is == CompareOp::Equal;
    with_parser(model, property, sanitizes, path, |parser| {
        parser.parse(raw, path)
    })
}

/// Parses the values of `$in`, which only scalar properties support.
pub(super) fn one_of(
    model: &Model,
    property: usize,
    raws: &[&RawValue],
    path: &Path<'_>,
) -> Result<Vec<Scalar<'static>>> {
    if model.kind(property) == JsonKind::Other && !raws.is_empty() {
        let name = model.definition.properties[property].name;
        return Err(path.item(0).refuse(opaque(name)));
    }
    with_parser(model, property, true, path, |parser| {
        let raws = raws.iter().enumerate();
        let values = raws.map(|(at, raw)| parser.parse(raw.get(), &path.item(at)));
        values.collect()
    })
}

/// Calls `parse` with a parser for the values that one property is compared with.
fn with_parser<T>(
    model: &Model,
    property: usize,
    sanitizes: bool,
    path: &Path<'_>,
    parse: impl FnOnce(&OperandParser<'_>) -> Result<T>,
) -> Result<T> {
    let parsed = model.with_codec(property, |codec| {
        parse(&OperandParser {
            definition: &model.definition.properties[property],
            kind: model.kind(property),
            codec,
            sanitizes,
        })
    });
    parsed.unwrap_or_else(|| Err(path.refuse("the property has no values to compare with")))
}

/// Parses values that one property is compared with.
struct OperandParser<'a> {
    definition: &'a Property,
    kind: JsonKind,
    codec: &'a dyn OperandCodec,
    /// Whether the sanitizers of the property apply. They apply to equality only, since they need not
    /// preserve the order of values.
    sanitizes: bool,
}

impl OperandParser<'_> {
    fn parse(&self, raw: &str, path: &Path<'_>) -> Result<Scalar<'static>> {
        let (name, kind) = (self.definition.name, self.kind);
        let value = Scalar::parse(raw).ok_or_else(|| {
            path.refuse(if raw.starts_with('"') {
                "a lone surrogate is not a valid string"
            } else {
                "a number beyond ±1.8e308 is never stored"
            })
        })?;
        match &value {
            Scalar::Nested => {
                Err(path.refuse("objects and arrays can't be compared; use a plain value or null"))
            }
            Scalar::Null => Ok(Scalar::Null),
            Scalar::Text(text) if text.contains('\0') => {
                Err(path.refuse("a string with the character U+0000 is never stored"))
            }
            _ if self.definition.wide => match &value {
                Scalar::Text(text) if bigint::is_decimal(text) => self.normalized(raw, path),
                _ => Err(path.refuse(format!(
                    "`{name}` must be compared with an integer as a decimal string, such as \"7\""
                ))),
            },
            // Numbers compare by value, even if the type cannot represent this one.
            Scalar::Number(_) if fits(kind, &value) => {
                let stored = self.stored(raw);
                Ok(stored.unwrap_or_else(|| value.into_owned()))
            }
            _ if fits(kind, &value) => self.normalized(raw, path),
            // A decimal number may be written as a string or as a number.
            Scalar::Number(_) if self.definition.key_form == KeyForm::Decimal => {
                self.normalized(raw, path)
            }
            _ => Err(path.refuse(match kind {
                JsonKind::Bool => format!("`{name}` must be compared with true or false"),
                JsonKind::Integer | JsonKind::Number => {
                    format!("`{name}` must be compared with a number")
                }
                JsonKind::Text => format!("`{name}` must be compared with a string"),
                JsonKind::Other => opaque(name),
            })),
        }
    }

    /// Returns the value that the property stores for `raw`, which has the right JSON type: several
    /// spellings of a value are stored as one.
    fn normalized(&self, raw: &str, path: &Path<'_>) -> Result<Scalar<'static>> {
        self.stored(raw).ok_or_else(|| {
            let (name, message) = (self.definition.name, self.codec.refusal(raw));
            path.refuse(format!(
                "`{name}` must be compared with a value of its type, and this {message}"
            ))
        })
    }

    fn stored(&self, raw: &str) -> Option<Scalar<'static>> {
        let json = self.codec.normalize(raw, self.sanitizes)?;
        Some(Scalar::keyed(&json, self.definition.key_form).into_owned())
    }
}

/// Parses the prefix of a `$prefix` condition.
pub(super) fn prefix(
    model: &Model,
    property: usize,
    raw: &str,
    path: &Path<'_>,
) -> Result<Box<str>> {
    let Some(Scalar::Text(text)) = Scalar::parse(raw) else {
        return Err(path.refuse("`$prefix` must be a string"));
    };
    if text.contains('\0') {
        return Err(path.refuse("a string with the character U+0000 is never stored"));
    }
    Ok(model.normalize_prefix(property, &text))
}

/// Returns whether properties of this kind can have the value; null is always possible.
pub(super) fn fits(kind: JsonKind, value: &Scalar<'_>) -> bool {
    match value {
        Scalar::Null | Scalar::Nested => false,
        Scalar::Bool(_) => kind == JsonKind::Bool,
        Scalar::Number(_) => matches!(kind, JsonKind::Integer | JsonKind::Number),
        Scalar::Text(_) | Scalar::Time(_) | Scalar::Decimal(_) => kind == JsonKind::Text,
    }
}

/// Rejects an order by a wide integer, whose text does not sort like the number.
pub(super) fn not_wide(model: &Model, property: usize, path: &Path<'_>) -> Result<()> {
    let property = &model.definition.properties[property];
    if property.wide {
        let name = property.name;
        return Err(path.refuse(format!(
            "`{name}` is wide, so only equality can be compared"
        )));
    }
    Ok(())
}

fn opaque(name: &str) -> String {
    format!("`{name}` is not a plain value; compare it with `null` or `{{\"$ne\": null}}`")
}
