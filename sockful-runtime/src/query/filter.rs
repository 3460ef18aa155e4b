//! Filters: conditions that a record matches or does not match.

use crate::model::key;
use crate::model::record::Record;
use crate::model::relation::RelationLink;
use crate::model::resource_model::Model;
use crate::model::scalar::Scalar;
use std::cmp::Ordering;

/// A condition on records, in two-valued logic: a record matches or does not.
///
/// Properties are identified by their position in the definition of the resource.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryFilter {
    /// Matches every record.
    All,
    /// Matches if the property compares like this with a value.
    Compare {
        /// The position of the property.
        property: usize,
        /// The comparison.
        is: CompareOp,
        /// The value on the right side.
        value: Scalar<'static>,
    },
    /// Matches if the property has one of these values.
    In {
        /// The position of the property.
        property: usize,
        /// The values, in ascending order.
        values: Box<[Scalar<'static>]>,
    },
    /// Matches if the property is a string with this prefix.
    Prefix {
        /// The position of the property.
        property: usize,
        /// The prefix.
        prefix: Box<str>,
    },
    /// Matches if all of these match.
    And(Vec<Self>),
    /// Matches if one of these matches.
    Or(Vec<Self>),
    /// Matches if this does not match.
    Not(Box<Self>),
}

/// A comparison of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CompareOp {
    /// Equal; null equals null only.
    Equal,
    /// Less, and not null.
    Less,
    /// Less or equal, and not null.
    LessOrEqual,
    /// Greater.
    Greater,
    /// Greater or equal, and not null.
    GreaterOrEqual,
}

impl QueryFilter {
    /// Returns whether the record matches.
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

    /// Matches the children of one record of the resource `parent`; `id` is the canonical text of its
    /// id, see [`key::canonical`].
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
