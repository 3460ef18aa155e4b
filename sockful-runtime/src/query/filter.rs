//! Filters: conditions that a record matches or does not match.

use crate::model::key;
use crate::model::record::Record;
use crate::model::relation::RelationLink;
use crate::model::resource_model::Model;
use crate::model::scalar::Scalar;
use std::cmp::Ordering;

/// A condition on records, in two-valued logic: each record meets it or does not.
///
/// Properties are named by their position in the resource's table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryFilter {
    /// Every record meets it.
    All,
    /// The value of a property compares so with this one.
    Compare {
        /// Where the property stands.
        property: usize,
        /// How its value compares.
        is: CompareOp,
        /// With what.
        value: Scalar<'static>,
    },
    /// The value of a property is one of these.
    In {
        /// Where the property stands.
        property: usize,
        /// The values, in ascending order.
        values: Box<[Scalar<'static>]>,
    },
    /// The value of a property is a string that begins so.
    Prefix {
        /// Where the property stands.
        property: usize,
        /// The beginning.
        prefix: Box<str>,
    },
    /// Each of these is met.
    And(Vec<Self>),
    /// One of these is met.
    Or(Vec<Self>),
    /// This is not met.
    Not(Box<Self>),
}

/// How a value compares with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareOp {
    /// It equals the other; null equals null and nothing else.
    Equal,
    /// It is less, and not null.
    Less,
    /// It is less or equal, and not null.
    LessOrEqual,
    /// It is greater.
    Greater,
    /// It is greater or equal, and not null.
    GreaterOrEqual,
}

impl QueryFilter {
    /// Whether the record meets the condition.
    pub fn matches(&self, record: &Record) -> bool {
        match self {
            Self::All => true,
            Self::Compare {
                property,
                is,
                value,
            } => is.holds(&Scalar::read(record.value(*property)), value),
            Self::In { property, values } => values
                .binary_search(&Scalar::read(record.value(*property)))
                .is_ok(),
            Self::Prefix { property, prefix } => match Scalar::read(record.value(*property)) {
                Scalar::Text(text) => text.starts_with(&**prefix),
                _ => false,
            },
            Self::And(each) => each.iter().all(|filter| filter.matches(record)),
            Self::Or(any) => any.iter().any(|filter| filter.matches(record)),
            Self::Not(filter) => !filter.matches(record),
        }
    }

    /// Matches the children of one parent record of the resource `parent`; `id` is spelled as
    /// [`key::canonical`] does.
    pub(crate) fn children_of(link: &RelationLink, parent: &Model, id: &str) -> Self {
        Self::Compare {
            property: link.parent.property,
            is: CompareOp::Equal,
            value: Scalar::read(&key::json(id, parent.definition.key)).into_owned(),
        }
    }

    /// Matches records that match each of `filters`.
    pub(crate) fn all_of(mut filters: Vec<Self>) -> Self {
        filters.retain(|filter| *filter != Self::All);
        match filters.len() {
            0 => Self::All,
            1 => filters.swap_remove(0),
            _ => Self::And(filters),
        }
    }

    pub(crate) fn one_of(property: usize, mut values: Vec<Scalar<'static>>) -> Self {
        values.sort_unstable();
        values.dedup();
        Self::In {
            property,
            values: values.into(),
        }
    }

    pub(crate) fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }
}

impl CompareOp {
    fn holds(self, left: &Scalar<'_>, right: &Scalar<'_>) -> bool {
        let order = left.cmp(right);
        // Null sorts first, but is neither less nor greater than anything.
        let neither_null = || !left.is_null() && !right.is_null();
        match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt() && neither_null(),
            Self::LessOrEqual => order.is_le() && neither_null(),
            Self::Greater => order == Ordering::Greater && neither_null(),
            Self::GreaterOrEqual => order.is_ge() && neither_null(),
        }
    }
}
