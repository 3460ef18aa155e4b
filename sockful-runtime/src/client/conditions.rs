//! Typed queries in their form on the wire.

use super::payload::text;
use crate::core::error::{Error, ErrorKind, Result};
use crate::model::definition::{Relation, ResourceDef};
use crate::model::resource::Resource;
use crate::model::scalar::Scalar;
use crate::query::typed;
use crate::query::{By, CompareOp, QueryFilter, QueryOrder, RelatedFilter, RelationSide};
use serde_json::{Map, Value, json};

/// Returns the conditions of `filter` as an object.
pub(super) fn of<R: Resource>(filter: typed::Filter<R>) -> Result<Map<String, Value>> {
    match condition(R::DEFINITION, "", filter.into_inner())? {
        Value::Object(map) => Ok(map),
        _ => Ok(Map::new()),
    }
}

/// Returns the payload of a live count with these conditions.
pub(super) fn counted(mut query: Map<String, Value>) -> Result<String> {
    query.insert("$count".to_owned(), true.into());
    text(&query)
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

/// Returns `filter` on a record of the resource `of` that is reached through the parents in `prefix`,
/// such as `album.`: at most one, so conditions on it can be combined outside of the relation.
fn condition(of: &'static ResourceDef, prefix: &str, filter: QueryFilter) -> Result<Value> {
    let named = |at: usize, value: Value| {
        let name = of.properties[at].name;
        json!({ format!("{prefix}{name}"): value })
    };
    let exists = || named(of.id, json!({ "$ne": null }));
    Ok(match filter {
        QueryFilter::All if prefix.is_empty() => json!({}),
        QueryFilter::All => exists(),
        QueryFilter::Compare {
            property,
            is,
            value,
        } => {
            let value = scalar(value)?;
            let word = match is {
                CompareOp::Equal => return Ok(named(property, value)),
                CompareOp::Less => "$lt",
                CompareOp::LessOrEqual => "$lte",
                CompareOp::Greater => "$gt",
                CompareOp::GreaterOrEqual => "$gte",
            };
            named(property, json!({ word: value }))
        }
        QueryFilter::In { property, values } => {
            let values = values.into_iter().map(scalar);
            let values: Vec<Value> = values.collect::<Result<_>>()?;
            named(property, json!({ "$in": values }))
        }
        QueryFilter::Prefix { property, prefix } => named(property, json!({ "$prefix": prefix })),
        QueryFilter::And(each) => json!({ "$and": conditions(of, prefix, each)? }),
        QueryFilter::Or(any) => json!({ "$or": conditions(of, prefix, any)? }),
        QueryFilter::Not(inner) => {
            let not = json!({ "$not": condition(of, prefix, *inner)? });
            if prefix.is_empty() {
                not
            } else {
                json!({ "$and": [exists(), not] })
            }
        }
        QueryFilter::Related(related) => {
            let missing = || Error::internal("the filter uses an unknown relation");
            let name = relation_name(&related, of).ok_or_else(missing)?;
            let (side, to) = (related.side, related.resource);
            match side {
                RelationSide::Parent => condition(to, &format!("{prefix}{name}."), related.filter)?,
                RelationSide::Children => {
                    let some = condition(to, "", related.filter)?;
                    json!({ format!("{prefix}{name}"): { "$some": some } })
                }
            }
        }
    })
}

fn conditions(
    of: &'static ResourceDef,
    prefix: &str,
    filters: Vec<QueryFilter>,
) -> Result<Vec<Value>> {
    let filters = filters.into_iter();
    filters.map(|it| condition(of, prefix, it)).collect()
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

/// Returns the name of the relation of a condition, given the resource of the record itself.
fn relation_name(related: &RelatedFilter, of: &ResourceDef) -> Option<&'static str> {
    let (child, property, relation) = match related.side {
        RelationSide::Parent => (of, related.property, Relation::Parent),
        RelationSide::Children => (related.resource, related.link, Relation::List),
    };
    let parent = child.parents.iter().find(|it| it.property == property);
    parent.map(|parent| parent.name(relation))
}
