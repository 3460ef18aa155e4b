//! Random queries as typed query, as JSON, and as a predicate.

use super::Thing;
use super::property_filter::One;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use sockful::Filter;

/// A random query.
#[derive(Clone, Debug)]
pub(super) enum RandomQuery {
    /// A property, an operator, and values.
    One(u8, u8, Vec<usize>),
    And(Box<RandomQuery>, Box<RandomQuery>),
    Or(Box<RandomQuery>, Box<RandomQuery>),
    Not(Box<RandomQuery>),
}

pub(super) fn random_query() -> impl Strategy<Value = RandomQuery> {
    let one = (0..8_u8, 0..8_u8, vec(0..60_usize, 1..4));
    let one =
        one.prop_map(|(property, operator, values)| RandomQuery::One(property, operator, values));
    one.prop_recursive(4, 16, 2, |inner| {
        let two = (inner.clone(), inner.clone()).prop_map(|(a, b)| (Box::new(a), Box::new(b)));
        prop_oneof![
            two.clone().prop_map(|(a, b)| RandomQuery::And(a, b)),
            two.prop_map(|(a, b)| RandomQuery::Or(a, b)),
            inner.prop_map(|query| RandomQuery::Not(Box::new(query))),
        ]
    })
}

/// A query in three forms: a typed filter, JSON, and whether each record matches.
pub(super) struct QueryForms {
    pub(super) filter: Filter<Thing>,
    pub(super) json: Value,
    pub(super) holds: Vec<bool>,
}

impl RandomQuery {
    pub(super) fn forms(&self, things: &[Thing]) -> QueryForms {
        let two = |a: &Self, b: &Self| (a.forms(things), b.forms(things));
        let zip = |a: &QueryForms, b: &QueryForms, join: fn(bool, bool) -> bool| {
            let pairs = a.holds.iter().zip(&b.holds);
            pairs.map(|(a, b)| join(*a, *b)).collect()
        };
        match self {
            Self::One(property, operator, values) => {
                let operator = *operator;
                let one = One {
                    things,
                    operator,
                    values,
                };
                one.forms(*property)
            }
            Self::And(a, b) => {
                let (a, b) = two(a, b);
                QueryForms {
                    holds: zip(&a, &b, |a, b| a && b),
                    filter: a.filter & b.filter,
                    json: json!({"$and": [a.json, b.json]}),
                }
            }
            Self::Or(a, b) => {
                let (a, b) = two(a, b);
                QueryForms {
                    holds: zip(&a, &b, |a, b| a || b),
                    filter: a.filter | b.filter,
                    json: json!({"$or": [a.json, b.json]}),
                }
            }
            Self::Not(query) => {
                let forms = query.forms(things);
                QueryForms {
                    filter: !forms.filter,
                    json: json!({"$not": forms.json}),
                    holds: forms.holds.into_iter().map(|holds| !holds).collect(),
                }
            }
        }
    }
}
