//! The values of one record that a query compares, each parsed at most once.

use super::RelatedFilter;
use crate::core::json::SORTED_BYTES;
use crate::model::definition::KeyForm;
use crate::model::record::Record;
use crate::model::scalar::Scalar;

/// The cost of one comparison in addition to the bytes that it reads, expressed in bytes of JSON that
/// could be parsed instead.
const COMPARISON: usize = 16;

/// A record whose properties can be read one by one.
pub(crate) trait Fields {
    /// The canonical text of the id, see [`key::canonical`](crate::model::key::canonical).
    fn id(&self) -> &str;

    /// The stored JSON of the property at `position`.
    fn json(&self, position: usize) -> &str;

    /// How the property at `position` is compared.
    fn key_form(&self, position: usize) -> KeyForm;

    /// The value of the property at `position` as filters compare it.
    fn scalar(&self, position: usize) -> Scalar<'_> {
        Scalar::keyed(self.json(position), self.key_form(position))
    }

    /// The value of the property at `position` as orders compare it, see [`Scalar::sort_key`].
    fn sort_key(&self, position: usize) -> Scalar<'_> {
        Scalar::sort_key(self.json(position), self.key_form(position))
    }

    /// Returns whether a related record matches. Only a search has the related records.
    fn related(&self, _: &RelatedFilter) -> bool {
        false
    }
}

impl Fields for Record {
    fn id(&self) -> &str {
        self.id()
    }

    fn json(&self, position: usize) -> &str {
        self.value(position)
    }

    fn key_form(&self, position: usize) -> KeyForm {
        self.key_form(position)
    }
}

/// A set of properties, by position. Positions from 63 on share one bit, so the set may contain more
/// than was added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PropertySet(u64);

impl PropertySet {
    pub(crate) fn add(&mut self, position: usize) {
        self.0 |= Self::bit(position);
    }

    pub(crate) fn contains(self, position: usize) -> bool {
        self.0 & Self::bit(position) != 0
    }

    fn bit(position: usize) -> u64 {
        1 << position.min(63)
    }
}

/// The values of one record, for any number of filters: a property that is needed more than once is
/// parsed when it is first compared, and cached.
///
/// A long text is parsed in one pass over its bytes, so the cost of an evaluation is the bytes of
/// the properties and the number of comparisons, not their product.
pub(crate) struct RecordValues<'r, F: ?Sized> {
    fields: &'r F,
    /// The properties whose values are cached.
    repeated: PropertySet,
    kept: Vec<(usize, Scalar<'r>)>,
    parsed: usize,
    compared: usize,
}

impl<'r, F: Fields + ?Sized> RecordValues<'r, F> {
    /// Creates the values of a record that is compared with several filters.
    pub(crate) fn new(fields: &'r F) -> Self {
        Self::with(fields, PropertySet(u64::MAX))
    }

    /// Creates the values of a record whose properties in `repeated` are compared more than once.
    pub(crate) fn with(fields: &'r F, repeated: PropertySet) -> Self {
        Self {
            fields,
            repeated,
            kept: Vec::new(),
            parsed: 0,
            compared: 0,
        }
    }

    /// Returns the result of `f` for the value of a property.
    pub(crate) fn test<T>(&mut self, position: usize, f: impl FnOnce(&Scalar<'r>) -> T) -> T {
        if !self.repeated.contains(position) {
            return f(&self.parse(position));
        }
        if let Some((_, value)) = self.kept.iter().find(|(at, _)| *at == position) {
            return f(value);
        }
        let value = self.parse(position);
        let result = f(&value);
        self.kept.push((position, value));
        result
    }

    fn parse(&mut self, position: usize) -> Scalar<'r> {
        self.parsed += self.fields.json(position).len();
        self.fields.scalar(position)
    }

    /// Returns whether a related record matches.
    pub(super) fn related(&self, related: &RelatedFilter) -> bool {
        self.fields.related(related)
    }

    /// Records that a value is compared `times` times with values such as `operand`.
    pub(super) fn note_comparison(&mut self, times: usize, operand: &Scalar<'_>) {
        let bytes = match operand {
            Scalar::Text(text) => text.len(),
            _ => 0,
        };
        self.note_comparison_of(times, bytes);
    }

    pub(super) fn note_comparison_of(&mut self, times: usize, bytes: usize) {
        self.compared += comparison_cost(times, bytes);
    }

    /// Returns the cost of the comparisons so far, in bytes.
    pub(crate) fn compared(&self) -> usize {
        self.compared
    }

    /// Returns the bytes of JSON that were parsed so far.
    #[cfg(test)]
    pub(crate) fn parsed(&self) -> usize {
        self.parsed
    }

    /// Returns the cost so far: the parsed bytes plus the cost of the comparisons, in bytes.
    pub(crate) fn work(&self) -> usize {
        self.parsed + self.compared
    }
}

/// Returns the cost of comparing a value `times` times with operands of `bytes` bytes.
pub(super) fn comparison_cost(times: usize, bytes: usize) -> usize {
    times * (COMPARISON + bytes.min(SORTED_BYTES))
}
