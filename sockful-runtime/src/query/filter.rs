//! Filters: conditions that a record matches or does not match.

use super::RelatedFilter;
use super::values::{Fields, PropertySet, RecordValues};
use crate::model::key;
use crate::model::record::Record;
use crate::model::relation::RelationLink;
use crate::model::resource_model::Model;
use crate::model::scalar::Scalar;
use std::cmp::Ordering;

/// A condition on records, in two-valued logic.
///
/// Properties are identified by their position in the resource definition.
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
    /// Matches if a related record matches.
    Related(Box<RelatedFilter>),
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
    ///
    /// A [condition over a relation](Self::Related) cannot be decided without the related records: here,
    /// it matches no record.
    pub fn matches(&self, record: &Record) -> bool {
        self.evaluate(&mut RecordValues::with(record, self.repeated()))
    }

    /// Returns whether a record with these values matches.
    pub(crate) fn evaluate<F: Fields + ?Sized>(&self, values: &mut RecordValues<'_, F>) -> bool {
        match self {
            Self::All => true,
            Self::Compare {
                property,
                is,
                value,
            } => {
                values.note_comparison(1, value);
                values.test(*property, |stored| is.holds(stored, value))
            }
            Self::In {
                property,
                values: any,
            } => {
                if let Some(one) = any.first() {
                    values.note_comparison(any.len().ilog2() as usize + 1, one);
                }
                values.test(*property, |stored| any.binary_search(stored).is_ok())
            }
            Self::Prefix { property, prefix } => {
                values.note_comparison_of(1, prefix.len());
                values.test(*property, |stored| match stored {
                    Scalar::Text(text) => text.starts_with(&**prefix),
                    _ => false,
                })
            }
            Self::And(each) => each.iter().all(|filter| filter.evaluate(values)),
            Self::Or(any) => any.iter().any(|filter| filter.evaluate(values)),
            Self::Not(filter) => !filter.evaluate(values),
            Self::Related(related) => values.related(related),
        }
    }

    /// Returns the number of values that properties are compared with.
    pub(crate) fn operands(&self) -> usize {
        match self {
            // The ranges of a relation are found when the related records are searched.
            Self::All | Self::Related(_) => 0,
            Self::Compare { .. } | Self::Prefix { .. } => 1,
            Self::In { values, .. } => values.len(),
            Self::And(filters) | Self::Or(filters) => filters.iter().map(Self::operands).sum(),
            Self::Not(filter) => filter.operands(),
        }
    }

    /// Returns the properties that more than one condition compares.
    pub(crate) fn repeated(&self) -> PropertySet {
        let (mut once, mut repeated) = Default::default();
        self.add_properties(&mut once, &mut repeated);
        repeated
    }

    fn add_properties(&self, once: &mut PropertySet, repeated: &mut PropertySet) {
        match self {
            Self::All => {}
            Self::Compare { property, .. }
            | Self::In { property, .. }
            | Self::Prefix { property, .. } => Self::add_property(*property, once, repeated),
            Self::Related(related) => Self::add_property(related.property, once, repeated),
            Self::And(filters) | Self::Or(filters) => {
                for filter in filters {
                    filter.add_properties(once, repeated);
                }
            }
            Self::Not(filter) => filter.add_properties(once, repeated),
        }
    }
    fn add_property(property: usize, once: &mut PropertySet, repeated: &mut PropertySet) {
        if once.contains(property) {
            repeated.add(property);
        }
        once.add(property);
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

    /// Matches if the property has one of these values.
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

/// A filter that is evaluated for many records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matcher<'q> {
    filter: &'q QueryFilter,
    repeated: PropertySet,
    has_relations: bool,
}

impl<'q> Matcher<'q> {
    pub(crate) fn new(filter: &'q QueryFilter) -> Self {
        Self {
            filter,
            repeated: filter.repeated(),
            has_relations: filter.has_relations(),
        }
    }

    /// Returns whether related records decide whether a record matches.
    pub(crate) fn has_relations(&self) -> bool {
        self.has_relations
    }

    /// Returns whether the record matches, and the cost of the evaluation: see [`RecordValues::work`].
    pub(crate) fn matches(&self, fields: &(impl Fields + ?Sized)) -> (bool, usize) {
        let mut values = RecordValues::with(fields, self.repeated);
        (self.filter.evaluate(&mut values), values.work())
    }
}
