//! Random records and queries, of values that are easy to get wrong.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};
use std::fmt;

/// Records, and one query.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) creatures: Vec<Value>,
    pub(crate) conditions: ConditionTree,
    /// Property names, and whether each is descending.
    pub(crate) sort: Vec<(&'static str, bool)>,
    pub(crate) limit: usize,
    pub(crate) skip: usize,
}

/// An object of conditions.
#[derive(Clone, Debug)]
pub(crate) struct ConditionTree {
    pub(crate) properties: Vec<(&'static str, Test)>,
    pub(crate) or: Vec<Self>,
    pub(crate) and: Vec<Self>,
    pub(crate) not: Vec<Self>,
}

/// A condition on one property.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    Equals(Value),
    Operators(Vec<(&'static str, Value)>),
}

const PROPERTIES: [&str; 6] = ["id", "name", "kind", "life", "weight", "tame"];
const TEXTS: [&str; 12] = [
    "", "a", "aa", "B", "b", "\u{e9}", "e\u{301}", "\u{fffd}", "🐉", "🐉a", "a\"\\/\n", "\u{7f}%_",
];
const IDS: [&str; 8] = ["a", "B", "b", "\u{e9}", "\u{fffd}", "🐉", "\"\\", "%_"];
const INTEGERS: [i64; 8] = [
    -9_007_199_254_740_991,
    -10,
    -1,
    0,
    1,
    9,
    10,
    9_007_199_254_740_991,
];
const FLOATS: [f64; 9] = [-1e300, -1.5, -0.0, 0.0, 5e-324, 0.1, 0.5, 10.0, 1.797e308];

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let sort = subsequence(PROPERTIES.to_vec(), 0..4).prop_shuffle();
    let sort = (sort, vec(any::<bool>(), 4));
    let creatures = btree_map(id(), creature(), 0..24).prop_map(|creatures| {
        let creatures = creatures.into_iter();
        let creatures = creatures.map(|(id, mut creature)| {
            creature["id"] = id.into();
            creature
        });
        creatures.collect::<Vec<_>>()
    });
    let all = (
        creatures.prop_shuffle(),
        conditions(),
        sort,
        0..8_usize,
        0..4_usize,
    );
    all.prop_map(
        |(creatures, conditions, (names, directions), limit, skip)| Case {
            creatures,
            conditions,
            sort: names.into_iter().zip(directions).collect(),
            limit,
            skip,
        },
    )
}

pub(crate) fn id() -> impl Strategy<Value = String> {
    (select(&IDS[..]), 0..4_u8).prop_map(|(text, n)| match n {
        0 => text.to_owned(),
        _ => format!("{text}{n}"),
    })
}

pub(crate) fn creature() -> impl Strategy<Value = Value> {
    let values = (
        value("name"),
        value("kind"),
        value("life"),
        value("weight"),
        value("tame"),
    );
    let values = (values, prop::option::weighted(0.3, Just(())));
    values.prop_map(|((name, kind, life, weight, tame), absent)| {
        let mut creature =
            json!({"kind": kind, "life": life, "weight": weight, "tame": tame, "secret": "x"});
        // Missing values and null are stored alike.
        match absent {
            Some(()) if name.as_str() == Some("a") => {}
            Some(()) => creature["name"] = Value::Null,
            None => creature["name"] = name,
        }
        creature
    })
}

/// A value that the property may have or be compared with, except null.
fn value(property: &'static str) -> BoxedStrategy<Value> {
    match property {
        "id" => id().prop_map(Value::from).boxed(),
        "life" => select(&INTEGERS[..]).prop_map(Value::from).boxed(),
        "weight" => select(&FLOATS[..]).prop_map(Value::from).boxed(),
        "tame" => any::<bool>().prop_map(Value::from).boxed(),
        _ => select(&TEXTS[..]).prop_map(Value::from).boxed(),
    }
}

/// A value that the property may be compared with: numbers with any number.
fn operand(property: &'static str) -> BoxedStrategy<Value> {
    match property {
        "life" => prop_oneof![3 => value("life"), 1 => value("weight")].boxed(),
        "weight" => prop_oneof![3 => value("weight"), 1 => value("life")].boxed(),
        _ => value(property),
    }
}

/// The same, or null.
pub(crate) fn value_or_null(property: &'static str) -> impl Strategy<Value = Value> {
    prop_oneof![5 => operand(property), 1 => Just(Value::Null)]
}

fn test(property: &'static str) -> impl Strategy<Value = Test> {
    let words = [
        "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$prefix",
    ];
    let is_text = matches!(property, "id" | "name" | "kind");
    let words = &words[..if is_text { 8 } else { 7 }];
    let operators = subsequence(words.to_vec(), 1..3).prop_flat_map(move |words| {
        let operators = words.into_iter().map(|word| {
            let arg = match word {
                "$ne" => value_or_null(property).boxed(),
                "$in" | "$nin" => vec(value_or_null(property), 0..4)
                    .prop_map(Value::from)
                    .boxed(),
                _ => operand(property),
            };
            (Just(word), arg)
        });
        operators.collect::<Vec<_>>()
    });
    prop_oneof![
        value_or_null(property).prop_map(Test::Equals),
        operators.prop_map(Test::Operators),
    ]
}

fn conditions() -> impl Strategy<Value = ConditionTree> {
    let properties = || {
        subsequence(PROPERTIES.to_vec(), 0..3).prop_flat_map(|names| {
            let properties = names.into_iter().map(|name| (Just(name), test(name)));
            properties.collect::<Vec<_>>()
        })
    };
    let leaf = properties().prop_map(|properties| ConditionTree {
        properties,
        or: Vec::new(),
        and: Vec::new(),
        not: Vec::new(),
    });
    leaf.prop_recursive(3, 12, 3, move |inner| {
        let joined = (
            properties(),
            vec(inner.clone(), 0..3),
            vec(inner.clone(), 0..3),
            vec(inner, 0..2),
        );
        joined.prop_map(|(properties, or, and, not)| ConditionTree {
            properties,
            or,
            and,
            not,
        })
    })
}

impl ConditionTree {
    fn json(&self) -> Value {
        let mut object = serde_json::Map::new();
        for (name, test) in &self.properties {
            let test = match test {
                Test::Equals(value) => value.clone(),
                Test::Operators(all) => all.iter().cloned().collect(),
            };
            object.insert((*name).to_owned(), test);
        }
        for (word, list) in [("$or", &self.or), ("$and", &self.and)] {
            if !list.is_empty() {
                object.insert(word.to_owned(), list.iter().map(Self::json).collect());
            }
        }
        if let Some(not) = self.not.first() {
            object.insert("$not".to_owned(), not.json());
        }
        object.into()
    }
}

impl fmt::Display for ConditionTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.json().fmt(f)
    }
}

impl Case {
    /// Returns the query as a client writes it. The sort is text, since the order of its members is
    /// significant.
    pub(crate) fn query(&self, limit: usize, skip: usize, after: Option<&str>) -> String {
        let mut conditions = self.conditions.to_string();
        conditions.pop();
        let comma = if conditions.len() > 1 { "," } else { "" };
        let direction = |descending: &bool| if *descending { -1 } else { 1 };
        let sort = self
            .sort
            .iter()
            .map(|(name, descending)| format!("\"{name}\":{}", direction(descending)));
        let sort = sort.collect::<Vec<_>>().join(",");
        let after = after
            .map(|after| format!(",\"$after\":\"{after}\""))
            .unwrap_or_default();
        format!(
            "{conditions}{comma}\"$limit\":{limit},\"$skip\":{skip}{after},\"$sort\":{{{sort}}}}}"
        )
    }
}
