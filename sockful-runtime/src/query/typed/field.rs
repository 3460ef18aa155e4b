//! Fields, which typed queries are built from.

use super::{Filter, Like, Nullable, Order, Ordered, Plain, Text};
use crate::model::codec::OperandCodec;
use crate::model::reader::Reader;
use crate::model::resource::Resource;
use crate::model::resource_model::sanitize_prefix;
use crate::model::scalar::Scalar;
use crate::query;
use crate::query::{CompareOp, RelatedFilter};
use std::fmt;
use std::marker::PhantomData;

/// A property of `R` with values of type `T`, from which queries are built.
///
/// `P` is [`ParentId<A>`](ParentId) for a property that holds the id of a parent `A`.
pub struct Field<R, T, P = ()> {
    position: usize,
    of: PhantomData<FieldTypes<R, T, P>>,
}

type FieldTypes<R, T, P> = fn() -> (R, T, P);

/// Marks a property that holds the id of a parent `A`.
#[derive(Debug)]
pub struct ParentId<A>(PhantomData<fn() -> A>);

/// The relation of a property.
#[diagnostic::on_unimplemented(
    message = "the property does not refer to a parent",
    label = "only a relation has conditions on other records",
    note = "a relation is declared by #[resource(parent = …)] on a property"
)]
pub trait ToParent {
    /// The resource of the parent.
    type Parent: Resource;
}

impl<A: Resource> ToParent for ParentId<A> {
    type Parent = A;
}

impl<R, T, P> Field<R, T, P> {
    /// Creates the field for the property at `position`.
    #[doc(hidden)]
    pub const fn at(position: usize) -> Self {
        Self {
            position,
            of: PhantomData,
        }
    }

    #[cfg(feature = "client")]
    pub(crate) fn position(self) -> usize {
        self.position
    }
}

/// Conditions. The sanitizers of the property apply to the operands of equality conditions and to
/// prefixes; `gt`, `gte`, `lt` and `lte` compare with the unchanged operand.
impl<R: Resource, T, P> Field<R, T, P> {
    /// Matches if the value equals `value`. Null, which is `None`, equals only null.
    pub fn eq(self, value: impl Like<T>) -> Filter<R> {
        self.compare(CompareOp::Equal, value)
    }

    /// Matches if the value does not equal `value`.
    pub fn ne(self, value: impl Like<T>) -> Filter<R> {
        !self.eq(value)
    }

    /// Matches if the value equals one of these.
    pub fn one_of<V: Like<T>>(self, values: impl IntoIterator<Item = V>) -> Filter<R> {
        let values = values
            .into_iter()
            .map(|value| self.sanitized(value.scalar()))
            .collect();
        Filter::new(query::QueryFilter::one_of(self.position, values))
    }

    /// Matches if the value equals none of these.
    pub fn none_of<V: Like<T>>(self, values: impl IntoIterator<Item = V>) -> Filter<R> {
        !self.one_of(values)
    }

    /// Matches if the value is greater than `value`, and neither is null.
    pub fn gt(self, value: impl Like<T>) -> Filter<R>
    where
        T: Ordered,
    {
        self.compare(CompareOp::Greater, value)
    }

    /// Matches if the value is greater than or equal to `value`, and neither is null.
    pub fn gte(self, value: impl Like<T>) -> Filter<R>
    where
        T: Ordered,
    {
        self.compare(CompareOp::GreaterOrEqual, value)
    }

    /// Matches if the value is less than `value`, and neither is null.
    pub fn lt(self, value: impl Like<T>) -> Filter<R>
    where
        T: Ordered,
    {
        self.compare(CompareOp::Less, value)
    }

    /// Matches if the value is less than or equal to `value`, and neither is null.
    pub fn lte(self, value: impl Like<T>) -> Filter<R>
    where
        T: Ordered,
    {
        self.compare(CompareOp::LessOrEqual, value)
    }

    /// Matches if the value begins with `prefix`, compared by bytes.
    pub fn prefix(self, prefix: impl AsRef<str>) -> Filter<R>
    where
        T: Text,
    {
        Filter::new(query::QueryFilter::Prefix {
            property: self.position,
            prefix: self.sanitized_prefix(prefix.as_ref()),
        })
    }

    /// Matches if the value is null.
    pub fn is_null(self) -> Filter<R>
    where
        T: Nullable,
    {
        Filter::new(query::QueryFilter::Compare {
            property: self.position,
            is: CompareOp::Equal,
            value: Scalar::Null,
        })
    }

    /// Matches if the value is not null.
    pub fn is_not_null(self) -> Filter<R>
    where
        T: Nullable,
    {
        !self.is_null()
    }

    /// Orders by the property: null first, then false and true, numbers by value, strings by bytes.
    /// Times and decimal numbers are ordered by value.
    pub fn ascending(self) -> Order<R>
    where
        T: Plain,
    {
        Order::new(self.position, false)
    }

    /// Orders by the property in the exact reverse of [`ascending`](Self::ascending).
    pub fn descending(self) -> Order<R>
    where
        T: Plain,
    {
        Order::new(self.position, true)
    }

    fn compare(self, is: CompareOp, value: impl Like<T>) -> Filter<R> {
        let value = value.scalar();
        let value = match is {
            CompareOp::Equal => self.sanitized(value),
            _ => value,
        };
        Filter::new(query::QueryFilter::Compare {
            property: self.position,
            is,
            value,
        })
    }

    /// Returns the operand as the property stores it.
    fn sanitized(self, value: Scalar<'static>) -> Scalar<'static> {
        let property = &R::DEFINITION.properties[self.position];
        match &value {
            Scalar::Text(text) if !property.sanitizers.is_empty() => {
                let raw = serde_json::Value::from(&**text).to_string();
                let sanitized = self.normalize(&raw);
                sanitized.map_or(value, |json| Scalar::read(&json).into_owned())
            }
            _ => value,
        }
    }

    fn sanitized_prefix(self, prefix: &str) -> Box<str> {
        if R::DEFINITION.properties[self.position]
            .sanitizers
            .is_empty()
        {
            return prefix.into();
        }
        sanitize_prefix(prefix, |raw| self.normalize(raw))
    }

    fn normalize(self, raw: &str) -> Option<String> {
        let properties = R::DEFINITION.properties;
        let read = |reader: &mut Reader<'_>| drop(R::read(reader));
        let normalize = |codec: &dyn OperandCodec| codec.normalize(raw, true);
        Reader::with_codec(properties, self.position, read, normalize)?
    }
}

/// Conditions over the relation that the property declares.
impl<R: Resource, T, P> Field<R, T, P> {
    /// Matches if the record has a parent that matches `filter`. A record without a parent does not
    /// match, whatever the filter.
    pub fn parent(self, filter: Filter<P::Parent>) -> Filter<R>
    where
        P: ToParent,
    {
        let parent = P::Parent::DEFINITION;
        let related = RelatedFilter::parent(self.position, parent, filter.into_inner());
        Filter::new(query::QueryFilter::Related(Box::new(related)))
    }

    /// Matches a parent that has a child that matches `filter`.
    pub fn some(self, filter: Filter<R>) -> Filter<P::Parent>
    where
        P: ToParent,
    {
        let (parent, child) = (P::Parent::DEFINITION, R::DEFINITION);
        let related = RelatedFilter::children(self.position, parent, child, filter.into_inner());
        Filter::new(query::QueryFilter::Related(Box::new(related)))
    }

    /// Matches a parent that has no child that matches `filter`.
    pub fn none(self, filter: Filter<R>) -> Filter<P::Parent>
    where
        P: ToParent,
    {
        !self.some(filter)
    }
}

impl<R, T, P> Clone for Field<R, T, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, T, P> Copy for Field<R, T, P> {}

impl<R: Resource, T, P> fmt::Debug for Field<R, T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = R::DEFINITION.properties[self.position].name;
        f.debug_tuple("Field").field(&name).finish()
    }
}
