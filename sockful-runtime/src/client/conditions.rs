//! Typed queries in their form on the wire.

use crate::core::error::{Error, ErrorKind, Result};
use crate::model::resource::Resource;
use crate::model::scalar::Scalar;
use crate::query::typed;
use crate::query::{By, CompareOp, QueryFilter, QueryOrder};
use serde_json::{Map, Value, json};

/// Returns the conditions of `filter` as an object.
pub(super) fn of<R: Resource>(filter: typed::Filter<R>) -> Result<Map<String, Value>> {
    match condition::<R>(filter.into_inner())? {
        Value::Object(map) => Ok(map),
        _ => Ok(Map::new()),
    }
}

/// Returns the value of `$sort`.
pub(super) fn sort<R: Resource>(orders: &[QueryOrder]) -> Value {
    let keys = orders.iter().map(|order| {
        let at = match order.by {
            By::Id => R::DEFINITION.id,
            By::Property(at) => at,
        };
        let direction = if order.descending { -1 } else { 1 };
        (name::<R>(at).to_owned(), Value::from(direction))
    });
    Value::Object(keys.collect())
}

fn name<R: Resource>(at: usize) -> &'static str {
    R::DEFINITION.properties[at].name
}

fn condition<R: Resource>(filter: QueryFilter) -> Result<Value> {
    let of = |at: usize, value: Value| json!({ name::<R>(at): value });
    Ok(match filter {
        QueryFilter::All => json!({}),
        QueryFilter::Compare {
            property,
            is,
            value,
        } => {
            let value = scalar(value)?;
            let word = match is {
                CompareOp::Equal => return Ok(of(property, value)),
                CompareOp::Less => "$lt",
                CompareOp::LessOrEqual => "$lte",
                CompareOp::Greater => "$gt",
                CompareOp::GreaterOrEqual => "$gte",
            };
            of(property, json!({ word: value }))
        }
        QueryFilter::In { property, values } => {
            let values = values.into_iter().map(scalar);
            let values: Vec<Value> = values.collect::<Result<_>>()?;
            of(property, json!({ "$in": values }))
        }
        QueryFilter::Prefix { property, prefix } => of(property, json!({ "$prefix": prefix })),
        QueryFilter::And(each) => json!({ "$and": conditions::<R>(each)? }),
        QueryFilter::Or(any) => json!({ "$or": conditions::<R>(any)? }),
        QueryFilter::Not(inner) => json!({ "$not": condition::<R>(*inner)? }),
    })
}

fn conditions<R: Resource>(filters: Vec<QueryFilter>) -> Result<Vec<Value>> {
    filters.into_iter().map(condition::<R>).collect()
}

fn scalar(scalar: Scalar<'static>) -> Result<Value> {
    Ok(match scalar {
        Scalar::Null => Value::Null,
        Scalar::Bool(value) => value.into(),
        Scalar::Number(value) => number(value),
        Scalar::Text(value) => value.into(),
        Scalar::Time(time) => time.to_string().into(),
        Scalar::Decimal(number) => number.to_string().into(),
        Scalar::Nested => {
            let message = "a filter value must serialize to a single JSON value";
            return Err(Error::new(ErrorKind::InvalidQuery, message));
        }
    })
}

/// A whole number is written as an integer, as integer properties require.
fn number(value: f64) -> Value {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the conversion is checked to be exact"
    )]
    let whole = value as i64;
    #[expect(
        clippy::cast_precision_loss,
        reason = "the comparison detects a lossy conversion"
    )]
    let is_whole = (whole as f64).to_bits() == value.to_bits();
    if is_whole { whole.into() } else { value.into() }
}
