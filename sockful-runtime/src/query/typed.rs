//! Typed queries: filters and orders that the compiler checks against the types of properties.

mod field;
mod operand;

pub use field::{Field, ParentId, ToParent};
pub use operand::{Decimal, Like, Nullable, Ordered, Plain, Text, Time};

use crate::model::resource::Resource;
use crate::query;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

/// A condition on the records of `R`, built from its `FIELDS` and combined with `&`, `|` and `!`.
///
/// It has the meaning of a condition on the wire, and may also use properties that are never sent. The
/// type of a property determines its operators: see [`Field`].
pub struct Filter<R> {
    inner: query::QueryFilter,
    resource: PhantomData<fn() -> R>,
}

impl<R> Filter<R> {
    /// Matches every record.
    pub fn all() -> Self {
        Self::new(query::QueryFilter::All)
    }

    pub(crate) fn new(inner: query::QueryFilter) -> Self {
        Self {
            inner,
            resource: PhantomData,
        }
    }

    /// Converts the condition into the untyped form that stores evaluate.
    pub fn into_inner(self) -> query::QueryFilter {
        self.inner
    }
}

/// Matches if both conditions match.
impl<R> BitAnd for Filter<R> {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self::new(match (self.inner, other.inner) {
            (query::QueryFilter::All, one) | (one, query::QueryFilter::All) => one,
            (query::QueryFilter::And(mut each), one) => {
                each.push(one);
                query::QueryFilter::And(each)
            }
            (one, another) => query::QueryFilter::And(vec![one, another]),
        })
    }
}

/// Matches if one of the conditions matches.
impl<R> BitOr for Filter<R> {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self::new(match (self.inner, other.inner) {
            (query::QueryFilter::Or(mut any), one) => {
                any.push(one);
                query::QueryFilter::Or(any)
            }
            (one, another) => query::QueryFilter::Or(vec![one, another]),
        })
    }
}

/// Matches if the condition does not match.
impl<R> Not for Filter<R> {
    type Output = Self;

    fn not(self) -> Self {
        Self::new(self.inner.negated())
    }
}

impl<R> Clone for Filter<R> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone())
    }
}

impl<R> PartialEq for Filter<R> {
    fn eq(&self, other: &Self) -> bool {
        self.inner == other.inner
    }
}

impl<R> Eq for Filter<R> {}

impl<R> fmt::Debug for Filter<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// A key of the order of a list of `R`, created by [`Field::ascending`] and [`Field::descending`].
pub struct Order<R> {
    pub(crate) inner: query::QueryOrder,
    resource: PhantomData<fn() -> R>,
}

impl<R: Resource> Order<R> {
    fn new(position: usize, descending: bool) -> Self {
        let by = if position == R::DEFINITION.id {
            query::By::Id
        } else {
            query::By::Property(position)
        };
        Self {
            inner: query::QueryOrder { by, descending },
            resource: PhantomData,
        }
    }
}

impl<R> Clone for Order<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Order<R> {}

impl<R> fmt::Debug for Order<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
