//! Parses the values that a property is compared with.

use super::path::Path;
use crate::core::bigint;
use crate::core::error::Result;
use crate::model::definition::KeyForm;
use crate::model::resource_model::Model;
use crate::model::scalar::Scalar;
use crate::model::validation::JsonKind;

/// Parses the value that a property is compared with.
pub(super) fn parse(
    model: &Model,
    property: usize,
    raw: &str,
    path: &Path<'_>,
) -> Result<Scalar<'static>> {
    let name = model.definition.properties[property].name;
    let value = Scalar::parse(raw).ok_or_else(|| {
        path.refuse(if raw.starts_with('"') {
            "half a surrogate pair is no text"
        } else {
            "a number beyond ±1.8e308 is never stored"
        })
    })?;
    let kind = model.kind(property);
    match &value {
        Scalar::Nested => {
            Err(path.refuse("objects and arrays are not compared, only plain values and null are"))
        }
        Scalar::Null => Ok(Scalar::Null),
        Scalar::Text(text) if text.contains('\0') => {
            Err(path.refuse("a text with the character U+0000 is never stored"))
        }
        _ if model.definition.properties[property].wide => match &value {
            Scalar::Text(text) if bigint::is_decimal(text) => {
                normalized(model, property, raw, path)
            }
            _ => Err(path.refuse(format!(
                "`{name}` is compared with an integer as a decimal string, such as \"7\""
            ))),
        },
        // Numbers compare by value, even if the type can't hold this one.
        Scalar::Number(_) if fits(kind, &value) => {
            let stored = normalized(model, property, raw, path);
            Ok(stored.unwrap_or_else(|_| value.into_owned()))
        }
        _ if fits(kind, &value) => normalized(model, property, raw, path),
        // A decimal number may be written as a string or as a number.
        Scalar::Number(_) if model.definition.properties[property].key_form == KeyForm::Decimal => {
            normalized(model, property, raw, path)
        }
        _ => Err(path.refuse(match kind {
            JsonKind::Bool => format!("`{name}` is compared with true or false"),
            JsonKind::Integer | JsonKind::Number => format!("`{name}` is compared with a number"),
            JsonKind::Text => format!("`{name}` is compared with a string"),
            JsonKind::Other => opaque(name),
        })),
    }
}

/// Returns the value that the property stores for `raw`, which has the right JSON type: a value may have
/// several spellings and is stored in one.
fn normalized(
    model: &Model,
    property: usize,
    raw: &str,
    path: &Path<'_>,
) -> Result<Scalar<'static>> {
    let definition = &model.definition.properties[property];
    let json = model.normalize(property, raw).map_err(|message| {
        let name = definition.name;
        path.refuse(format!(
            "`{name}` is compared with a value of its type, and this {message}"
        ))
    })?;
    Ok(Scalar::keyed(&json, definition.key_form).into_owned())
}

/// Parses the text that the values of a property begin with.
pub(super) fn prefix(
    model: &Model,
    property: usize,
    raw: &str,
    path: &Path<'_>,
) -> Result<Box<str>> {
    let Some(Scalar::Text(text)) = Scalar::parse(raw) else {
        return Err(path.refuse("`$prefix` takes a string"));
    };
    if text.contains('\0') {
        return Err(path.refuse("a text with the character U+0000 is never stored"));
    }
    Ok(model.normalize_prefix(property, &text))
}

/// Parses one of the values of `$in`, which only scalar properties support.
pub(super) fn one_of(
    model: &Model,
    property: usize,
    raw: &str,
    path: &Path<'_>,
) -> Result<Scalar<'static>> {
    if model.kind(property) == JsonKind::Other {
        return Err(path.refuse(opaque(model.definition.properties[property].name)));
    }
    parse(model, property, raw, path)
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

/// Rejects an order on a big integer, whose text does not sort like the number.
pub(super) fn not_wide(model: &Model, property: usize, path: &Path<'_>) -> Result<()> {
    let property = &model.definition.properties[property];
    if property.wide {
        let name = property.name;
        return Err(path.refuse(format!(
            "`{name}` is wide, so it is compared by equality only"
        )));
    }
    Ok(())
}

fn opaque(name: &str) -> String {
    format!("`{name}` is no plain value, write `null` or `{{\"$ne\": null}}`")
}
