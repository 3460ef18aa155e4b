//! Random queries as typed query, as JSON, and as a predicate.

use super::Thing;
use super::property_filter::One;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use sockful::Filter;

/// A random query.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// A property, an operator, and values.
    One(u8, u8, Vec<usize>),
    And(Box<Asked>, Box<Asked>),
    Or(Box<Asked>, Box<Asked>),
    Not(Box<Asked>),
}

pub(super) fn asked() -> impl Strategy<Value = Asked> {
    let one = (0..8_u8, 0..8_u8, vec(0..60_usize, 1..4));
    let one = one.prop_map(|(property, operator, values)| Asked::One(property, operator, values));
    one.prop_recursive(4, 16, 2, |inner| {
        let two = (inner.clone(), inner.clone()).prop_map(|(a, b)| (Box::new(a), Box::new(b)));
        prop_oneof![
            two.clone().prop_map(|(a, b)| Asked::And(a, b)),
            two.prop_map(|(a, b)| Asked::Or(a, b)),
            inner.prop_map(|asked| Asked::Not(Box::new(asked))),
        ]
    })
}

/// A query in three forms: a typed filter, JSON, and whether each record matches.
pub(super) struct Meant {
    pub(super) filter: Filter<Thing>,
    pub(super) json: Value,
    pub(super) holds: Vec<bool>,
}

impl Asked {
    pub(super) fn meant(&self, things: &[Thing]) -> Meant {
        let two = |a: &Self, b: &Self| (a.meant(things), b.meant(things));
        let zip = |a: &Meant, b: &Meant, join: fn(bool, bool) -> bool| {
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
                one.meant(*property)
            }
            Self::And(a, b) => {
                let (a, b) = two(a, b);
                Meant {
                    holds: zip(&a, &b, |a, b| a && b),
                    filter: a.filter & b.filter,
                    json: json!({"$and": [a.json, b.json]}),
                }
            }
            Self::Or(a, b) => {
                let (a, b) = two(a, b);
                Meant {
                    holds: zip(&a, &b, |a, b| a || b),
                    filter: a.filter | b.filter,
                    json: json!({"$or": [a.json, b.json]}),
                }
            }
            Self::Not(asked) => {
                let meant = asked.meant(things);
                Meant {
                    filter: !meant.filter,
                    json: json!({"$not": meant.json}),
                    holds: meant.holds.into_iter().map(|holds| !holds).collect(),
                }
            }
        }
    }
}
